"""Which things a question names: drugs, classes, trials, people, companies, registry numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from consilium.asking.words import STOP, close, facets_of, plain, tokens
from consilium.knowledge.edition import Edition

# Short and lay forms that no record of the edition spells.
_MORE: dict[str, tuple[str, ...]] = {
    "drug:sacituzumab-govitecan": ("sacituzumab", "govitecan", "saci", "sacituzumab gov", "saci gov", "sg", "imu 132"),
    "drug:datopotamab-deruxtecan": ("datopotamab", "dato", "data dxd", "dato d", "datodxd"),
    "drug:trastuzumab-deruxtecan": ("tdxd", "t dxd", "trastuzumab dxd"),
    "drug:sacituzumab-tirumotecan": ("sactmt", "sac tmt", "tirumotecan", "sacituzumab tirumotecan tmt", "skb 264"),
    "drug:pembrolizumab": ("pembro",),
    "drug:olaparib": ("ola",),
    "drug:talazoparib": ("tala",),
    "drug:nab-paclitaxel": ("nab pac",),
    "drug:capecitabine": ("cape",),
    "drug:palbociclib": ("palbo",),
    "drug:filgrastim": ("gcsf", "g csf", "granulocyte colony stimulating factor", "growth factor", "growth factors", "granulocyte colony"),
    "drug:pegfilgrastim": ("peg filgrastim", "peg gcsf", "neulasta", "long acting g csf"),
    "drug:loperamide": ("imodium",),
    "class:parp-inhibitor": ("parp inhibitor", "parp inhibitors", "parp", "parpi", "parpis"),
    "class:trop-2-directed-adc": (
        "trop 2 adc", "trop 2 adcs", "trop 2 directed adc", "trop 2 directed adcs", "trop 2 directed", "anti trop 2", "trop adc", "trop adcs",
        "trop 2 conjugate", "trop 2 conjugates", "trop 2", "trop 2 directed antibody drug conjugate", "trop 2 directed antibody drug conjugates",
    ),
    "class:antibody-drug-conjugate": ("adc", "adcs", "antibody drug conjugate", "antibody drug conjugates", "conjugate", "conjugates"),
    "class:checkpoint-inhibitor": ("checkpoint inhibitor", "checkpoint inhibitors", "ici", "immunotherapy", "immune therapy"),
    "class:chemotherapy": ("chemo", "chemotherapy", "chemotherapies", "single agent chemotherapy"),
    "class:cdk4-6-inhibitor": ("cdk 4 6 inhibitor", "cdk 4 6", "cdk"),
    "class:endocrine-therapy": ("endocrine therapy",),
    "person:tolaney": ("tolaney", "sara tolaney", "sara m tolaney"),
    "person:cortes": ("cortes", "cortés", "javier cortes"),
    "person:dent": ("dent", "rebecca dent"),
    "person:li": ("dr li", "doctor li"),
    "person:garrido-castro": ("garrido castro", "garrido"),
    "person:nccn": ("nccn",),
    "person:esmo": ("esmo guideline", "esmo guidelines", "esmo recommendation", "esmo recommendations", "esmo recommend", "esmo on", "esmo say", "esmo says", "esmo advise", "esmo advises", "esmo prefer", "esmo prefers", "esmo position", "esmo view", "esmo living guideline", "esmo mbc guideline"),
    "person:eortc": ("eortc",),
    "trial:tropics-02-ever-132-002-pooled": (
        "tropics 2 and ever 132 2 pooled", "pooled tropics 2 and ever 132 2", "tropics 2 ever 132 2 pooled",
        "pooled analysis of tropics 2 and ever 132 2", "pooled tropics 2 ever 132 2", "tropics ever pooled",
    ),
    "person:asco": ("asco guideline", "asco guidelines", "asco update", "asco 2026 update", "asco recommendation", "asco recommendations", "asco recommend", "asco recommends", "asco advice", "asco advise", "asco advises", "asco rapid update", "asco risk", "asco on", "asco prefer", "asco prefers", "asco position", "asco view", "asco say", "asco says"),
    "trial:ascent": ("ascent 1",),
    "trial:ascent-03": ("ascent three", "ascent o 3"),
    "trial:tropion-breast02": ("tropion b 2", "tropion 2", "tropionbreast 2", "tropion breast"),
    "trial:tropion-breast01": ("tropion b 1", "tropion 1", "tropionbreast 1"),
    "trial:destiny-breast04": ("db 4", "destiny 4", "destinybreast 4"),
    "trial:destiny-breast06": ("db 6", "destiny 6", "destinybreast 6"),
    "trial:optitrop-breast01": ("optitrop 1", "optitropbreast 1", "opti trop breast 1"),
    "trial:optitrop-breast02": ("optitrop 2", "optitropbreast 2", "opti trop breast 2"),
    "trial:keynote-355": ("kn 355",),
    "trial:keynote-119": ("kn 119",),
    "trial:trade-dxd": ("tradedxd", "trade", "tbcrc 64"),
    "trial:trofuse-010": ("trofuse", "tro fuse 10", "trofuse 10"),
    "trial:series": ("series trial", "series study"),
    "trial:tropics-02": ("tropics",),
    "trial:ever-132-002": ("ever 132",),
}  # fmt: skip

_BODIES = (
    ("person:asco", re.compile(r"\basco(?:'s)?\b(?! ?(?:/cap|20\d\d|'?\d\d\b|annual|congress|meeting|abstract|pres|poster))(?<!at asco)(?<!from asco)")),
    ("person:esmo", re.compile(r"\besmo(?:'s)?\b(?! ?(?:20\d\d|'?\d\d\b|asia|breast|congress|annual|meeting|abstract|pres|late))(?<!at esmo)(?<!after esmo)(?<!from esmo)")),
)  # fmt: skip
"""Bodies whose names are also those of their congresses."""
_POOLED = re.compile(r"\bpool|combined|together|individual[- ]patient|meta-?analys")
_UNKNOWN_DRUG = re.compile(
    r"\b[a-z]{3,}(?:mab|tinib|ciclib|parib|tecan|lisib|sertib|rafenib|platin|taxel|rubicin|degib"
    r"|zomib|vedotin|mafodotin|ravtansine|soravtansine|duocarmazine|ozogamicin|pelisib|estrant"
    r"|metinib|limus|nostat|tansine)\b"
)
_MODIFIED = re.compile(
    r"\b(?:trastuzumab|sacituzumab|datopotamab|patritumab|ladiratuzumab|enfortumab|raludotatug|"
    r"telisotuzumab|tisotumab) ([a-z]{5,})"
)
_NCT = re.compile(r"\bnct[ -]?0*(\d{5,9})\b")
_TRIALISH = re.compile(
    r"\b((?:[A-Z]{3,}[A-Za-z]*|[A-Z][a-z]*[A-Z]{2,}[A-Za-z]*)(?:[- ]?[A-Z][a-z]+(?:[A-Z][a-z]+)?|-[A-Z]{1,4})?[- ]?\d{1,4}[A-Za-z]?)\b"
)
_TRIAL_NAMED = re.compile(
    r"\b(?:the )?([A-Z][A-Z0-9]{3,}[A-Za-z0-9-]*)(?: phase \w+)? (?:trial|study)\b"
)
_FAMILY = re.compile(
    r"\b(ascent|tropion[- ]?breast|tropion[- ]?lung|destiny[- ]?(?:breast|lung|gastric)|"
    r"opti ?trop[- ]?(?:breast|lung)|keynote|\bdb|\btb|trofuse|tropics|primed|olympia|embraca|series)"
    r"[- ]?(\d{1,4})\b"
)
_CONGRESS = re.compile(
    r"(?:ESMO|ASCO|ECOG|CSF|GCSF|ANC|AUC|LVEF|AST|ALT|ULN|GFR|EGFR|BSA|BMI|INR|TMB|SPO|NRS|VAS|WHO|QLQ|EORTC|CTCAE|RECIST|CYP|UGT|LOINC|HGNC|SNOMED|PMID|DOI|HER|TROP|SABCS|AACR|NCCN|FDA|EMA|LBA|GRADE|LINE|DAY|CPS|IHC|COVID|STAGE|BRCA|CDK|DSM?)[- ]?",
    re.IGNORECASE,
)
_OF_COHORT = re.compile(r"[^\W\d_]{5,}|[a-z]{3,}\d{1,3}")
_CONGRESSES = frozenset(
    """sabcs adc review mtnbc second first conjugate study series cohort records subgroup report trial abstract
    curr oncol breast cancer european german italian dutch french chemotherapy patients growth factor research
    clinical oncology nature npj lancet annals journal translational portugal primary final pooled paper mirror
    elderly medicare treatment attrition hospital network data systematic multicentre chart""".split()
)
_NOT_TRIALS = frozenset(
    "HER2 BRCA1 BRCA2 TROP2 TROP-2 ESMO ASCO SABCS SN-38 SN38 CL2A UGT1A1 PD-L1 PDL1 CYP3A4 CYP3A "
    "CTLA4 IHC COVID-19 PFS2 CDK4 GRADE TNBC LINE PHASE DAY CYCLE CPS IGG1 PALB2 ESR1 PIK3CA AKT1 "
    "MBC NSCLC SKB264 SKB-264 DS-8201 DS-1062 DS8201 DS1062 IMMU-132 IMMU132 MK-2870 MK-3475 "
    "ECOG FDA NCCN EUDRACT".split()
)


class Named(msgspec.Struct, frozen=True):
    """What a text names, in order; ``unknown`` are names that look like drugs or trials and are
    none of the edition's."""

    entities: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    """Every mention in order; a name with its abbreviation right behind it counts once."""

    def of(self, kind: str) -> tuple[str, ...]:
        """The entities of one kind, such as `trial`."""
        return tuple(e for e in self.entities if e.startswith(f"{kind}:"))


class Names:
    """The alias table of an edition."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.table: dict[tuple[str, ...], str] = {}
        self._slip = lru_cache(maxsize=4096)(self._meant)
        for drug in edition.contents.drugs:
            for name in (drug.id, drug.name, drug.short, *drug.brands, *drug.names):
                self._add(name, f"drug:{drug.id}")
        for class_ in edition.contents.classes:
            self._add(class_.name, f"class:{class_.id}")
            self._add(f"{class_.name}s", f"class:{class_.id}")
        for trial in edition.contents.trials:
            if trial.kind in ("cohort", "benchmark-set"):
                continue
            for name in (*trial.names, trial.nct, trial.id):
                self._add(name, f"trial:{trial.id}")
        for organisation in edition.contents.organisations:
            for name in (organisation.name, *organisation.spellings):
                self._add(name, f"company:{organisation.id}")
        for entity, names in _MORE.items():
            for name in names:
                self._add(name, entity)
        self._add("gilead", "company:gilead")
        self._of_cohorts: set[str] = set()
        self._add_cohorts(edition)
        self.table.pop(("series",), None)
        self.senses: dict[str, Any] = {}
        self.spelled: dict[str, set[str]] = {}
        for key, entity in self.table.items():
            self.spelled.setdefault(entity, set()).update(key)
        self.longest = max(len(key) for key in self.table)
        self.ncts = {
            t.nct[3:].lstrip("0"): f"trial:{t.id}" for t in edition.contents.trials if t.nct
        }

    def _add_cohorts(self, edition: Edition) -> None:
        """Cohorts by the first authors of their papers and the registries that name them."""
        found: dict[str, set[str]] = {}
        for trial in edition.contents.trials:
            if trial.kind not in ("cohort", "benchmark-set"):
                continue
            because = [c for r in trial.results for c in r.because]
            for citation in (*because, *(c for h in trial.harms for c in h.because)):
                source = edition.sources[citation.source]
                words = {source.reference.split()[0], *source.id.split("-")}
                for word in words:
                    found.setdefault(word.lower(), set()).add(trial.id)
        taken = {t for key in self.table for t in key} | _ENGLISH | STOP | _CONGRESSES
        for word, trials in found.items():
            if len(trials) == 1 and _OF_COHORT.fullmatch(word) and word not in taken:
                self._add(word, f"trial:{next(iter(trials))}")
                self._of_cohorts.add(word)

    def _add(self, name: str, entity: str) -> None:
        key = tokens(name)
        if key and not all(t in STOP for t in key):
            self.table.setdefault(key, entity)

    @cached_property
    def _single(self) -> dict[int, list[tuple[str, str]]]:
        """Long one-word names by length, for slips of the fingers."""
        found: dict[int, list[tuple[str, str]]] = {}
        for key, entity in self.table.items():
            exact_only = entity.startswith("company:") or key[0] in self._of_cohorts
            if len(key) == 1 and len(key[0]) >= 6 and not exact_only:
                found.setdefault(len(key[0]), []).append((key[0], entity))
        for words, entity in self.table.items():
            for word in words:
                if len(words) > 1 and entity.startswith(("drug:", "trial:")) and len(word) >= 7:
                    exact = self.table.get((word,))
                    found.setdefault(len(word), []).append((word, exact or entity))
        return found

    def _meant(self, word: str) -> str | None:
        """The long name of which a word is a slip of the fingers."""
        most = 1 if len(word) < 8 else 2
        for length in range(len(word) - most, len(word) + most + 1):
            for name, _ in self._single.get(length, ()):
                if name[0] == word[0] and close(word, name, most):
                    return name
        return None

    def repaired(self, text: str) -> tuple[str, ...]:
        """The tokens of a question, slips in long names put right."""
        found = []
        for token in tokens(text):
            known = not token.isalpha() or len(token) < 6 or (token,) in self.table
            slipped = not known and token not in self._words and not facets_of(token)
            found.append((self._slip(token) if slipped else None) or token)
        return tuple(found)

    @cached_property
    def _words(self) -> frozenset[str]:
        """Words that stand in names or are plain English, and are no slips."""
        return self._inside | _ENGLISH

    @cached_property
    def _inside(self) -> frozenset[str]:
        return frozenset(word for key in self.table for word in key)

    def named(self, text: str, *, repair: bool = True) -> Named:
        """The entities that a text names, longest name first, in the order of the text.

        Without ``repair`` the text is taken as free of slips and of unknown
        names, as our own sentences are.
        """
        words = self.repaired(text) if repair else tokens(text)
        found: dict[str, None] = {}
        mentions: list[str] = []
        behind = ""  # the entity right before: a name with its abbreviation counts once
        for _, entity in self.parts(words):
            if entity:
                found[entity] = None
                if entity != behind:
                    mentions.append(entity)
            behind = entity
        lower = plain(text)
        if "SERIES" in text or re.search(r"\bseries\b.{0,12}\b(trial|study|nct)", lower):
            found["trial:series"] = None
        if re.search(r"\bli\b", lower) and re.search(r"\bLi\b|\bdr\.? li\b", text + lower):
            found["person:li"] = None
        for number in _NCT.findall(lower):
            if number in self.ncts:
                found[self.ncts[number]] = None
        for body, meant in _BODIES:
            if meant.search(lower):
                found[body] = None
        pooled = {"trial:tropics-02", "trial:ever-132-002"}
        if pooled <= found.keys() and _POOLED.search(lower):
            found = dict.fromkeys(e for e in found if e not in pooled)
            found["trial:tropics-02-ever-132-002-pooled"] = None
        unknown = tuple(dict.fromkeys(self._unknown(text, words))) if repair else ()
        for name in unknown:  # ASCENT-09 is not ASCENT
            family = _FAMILY.match(plain(name))
            if family:
                found.pop(f"trial:{family[1].replace(' ', '-')}", None)
                for entity in [e for e in found if e.startswith("trial:")]:
                    if _same_family(entity, family[1]) and not self._written(entity, text):
                        found.pop(entity)
        return Named(tuple(found), unknown, tuple(mentions))

    def parts(self, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """The words one by one, the longest names as one part with their entity."""
        i = 0
        while i < len(words):
            for length in range(min(self.longest, len(words) - i), 0, -1):
                entity = self.table.get(words[i : i + length])
                if entity is not None:
                    yield " ".join(words[i : i + length]), entity
                    i += length
                    break
            else:
                yield words[i], ""
                i += 1

    def masked(self, text: str) -> tuple[str, ...]:
        """The words of a question, each name replaced by its kind, such as `<drug>`."""
        return tuple(
            f"<{entity.partition(':')[0]}>" if entity else word
            for word, entity in self.parts(self.repaired(text))
        )

    def cohorts(self, text: str) -> tuple[str, ...]:
        """The words of a text that name a cohort of several: they tell which one is meant."""
        held = {tokens(word) for word in self._of_cohorts}
        return tuple(w for w, entity in self.parts(tokens(text)) if entity and tokens(w) in held)

    def _written(self, entity: str, text: str) -> bool:
        words = tokens(text)
        return any(
            words[i : i + len(key)] == key
            for key, e in self.table.items()
            if e == entity and any(t.isdigit() for t in key)
            for i in range(len(words))
        )

    def _unknown(self, text: str, words: tuple[str, ...]) -> Iterable[str]:
        lower = plain(text)
        known = self._inside
        for number in _NCT.findall(lower):
            if number.lstrip("0") not in self.ncts:
                yield f"NCT{number.zfill(8)}"
        for match in _FAMILY.finditer(lower):
            if self._lookup(match[0]) is None:
                yield text[match.start() : match.end()] if len(text) == len(lower) else match[0]
        for match in _TRIALISH.finditer(text):
            name = match[1]
            if _CONGRESS.match(name):
                continue
            if name.upper().replace(" ", "-") in _NOT_TRIALS or name.upper() in _NOT_TRIALS:
                continue
            if facets_of(re.sub(r"[\d -]+$", "", name)):
                continue  # `PFS 5` is no trial
            if self._lookup(name) is None and not _FAMILY.match(plain(name)):
                first = tokens(name)[:1]
                other = re.search(r"-([A-Za-z]+)\d", name)  # PRIMED-BC2 is not PRIMED
                if other and first in self.table and self._slip(other[1].lower()) is None:
                    yield name
                if first in self.table or first in (("nct",), ("day",)):
                    continue
                yield name
        for match in _TRIAL_NAMED.finditer(text):
            name = match[1]
            first_word = tokens(name)[0]
            if name.upper() in _NOT_TRIALS or re.match(r"(?:HER2|BRCA|PD|TROP|TNBC)[-\d/]", name):
                continue
            if (
                self._lookup(name) is None
                and first_word not in known
                and not self._slip(first_word)
            ):
                yield name
        for match in _UNKNOWN_DRUG.finditer(lower):
            word = match[0]
            if word not in known and self._slip(word) is None and word not in _ENGLISH:
                yield word
        for match in _MODIFIED.finditer(lower):
            word = match[1]
            if word not in known and self._slip(word) is None and word not in _ENGLISH | STOP:
                yield match[0]

    def _lookup(self, name: str) -> str | None:
        return self.table.get(tokens(name))

    def say(self, entity: str) -> str:
        """An entity by its name."""
        kind, _, name = entity.partition(":")
        edition = self.edition
        match kind:
            case "drug":
                return edition.drugs[name].name
            case "class":
                return edition.classes[name].name
            case "trial":
                return edition.trials[name].names[0]
            case "person":
                bodies = ("nccn", "asco", "eortc", "esmo")
                return f"Dr {name.title()}" if name not in bodies else name.upper()
            case "company":
                return next((o.name for o in edition.contents.organisations if o.id == name), name)
        return name.replace("-", " ")


def _same_family(entity: str, family: str) -> bool:
    return (
        plain(entity)
        .replace("-", "")
        .startswith(f"trial:{family.replace('-', '').replace(' ', '')}")
    )


_ENGLISH = frozenset(
    """patients patient treatment therapy tumour cancer breast disease metastatic advanced overall
    survival progression chemotherapy response clinical study trials results improve improved
    improvement improves between differ difference different compare compared comparison recommend
    recommended recommends recommendation experts expert doctor oncologist question answer approved
    approval approvals evidence believe believed because before during without within should could
    would against versus allowed allow crossover neutropenia febrile diarrhoea prophylaxis primary
    secondary infusion adverse events effects reduction increase increased significant significantly
    antibody payload linker mechanism target bystander sequence sequencing hormone receptor positive
    negative triple germline mutation carriers volume symptomatic asymptomatic visceral untreated
    previously treated eligible ineligible immunotherapy immune checkpoint inhibitor inhibitors
    randomised median hazard months percent patients safety toxicity quality oncology activity
    released release supported support funding educational disclosure disclose disclosures conflict
    interest series people physician physicians choice single agent second third fourth recent recently
    presented present presenter congress ongoing recruiting immature mature statistically describe
    explain summary summarise purpose another either neither common common commonly practice usually
    schedule schedules started starting history comorbidities warning warnings boxed label labels
    optimal current currently please actually really change changed number numbers similar analysis
    subgroup exploratory planned testing central status studies report reported reports figures
    intolerance intolerant metastases resistance topoisomerase cleavable humanised exatecan
    camptothecin tetrapeptide hydrolysable capable eliciting standard frontline upfront earlier later
    delay delayed survive deteriorate deterioration receive received country region europe united
    states china american european tolerated setting settings single intended audience objective
    objectives learning author authors faculty provider provided title webinar banner grant takeaway
    takeaways olympia estrogen oestrogen endocrine refractory resistant luminal recurrent inoperable""".split()
)
