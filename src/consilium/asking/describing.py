"""A patient described in words, read into facts; what is not said stays unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from consilium.asking.names import Names
from consilium.asking.words import plain, tokens
from consilium.knowledge.edition import Edition


class Course(msgspec.Struct, frozen=True):
    """Earlier treatment as a text tells it: drugs given together, in which setting, why they ended."""

    drugs: tuple[str, ...]
    setting: str = "advanced"
    stopped_for: str = "progression"


class Described(msgspec.Struct, frozen=True):
    """The facts that a text gives of a patient, as `intake` takes them.

    ``courses`` is nothing where the text is silent on earlier treatment, and
    empty where it says that there was none. ``drugs`` are those that are
    asked about or planned, not those of the past.
    """

    facts: dict[str, Any]
    courses: tuple[Course, ...] | None = None
    drugs: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    """What stands for a class or for lines that the text names without their drugs."""

    @property
    def count(self) -> int:
        """How many facts were read; named earlier drugs tell of advanced disease too."""
        return len(self.facts) + (self.courses is not None) + bool(self.courses)

    @property
    def given(self) -> frozenset[str]:
        """The drugs of the past."""
        return frozenset(d for course in self.courses or () for d in course.drugs)


_FACTS: tuple[tuple[str, str, Any], ...] = (
    (r"\btriple[- ]neg\w*|\bm?tnbc\b|\btn disease", "subtype", "triple-negative"),
    (r"\bhr ?\+|hr[- ]pos\w*|hormone[- ]receptor[- ]pos\w*|\ber ?\+|\ber[- ]pos\w*|luminal", "subtype", "hormone-receptor-positive"),
    (r"\bmetasta\w*|\bmets?\b|\bm?tnbc\b(?<!\btnbc)|\badvanced|stage (?:iv|4)\b|\bmbc\b|inoperable|\bmet\.? breast", "setting", "advanced"),
    (r"\bde novo\b", "presentation", "de-novo"),
    (r"\b(?:g|germline )brca[12]? ?(?:1/2)?[ -]?(?:wt\b|wild\w*|neg\w*|no\b)|(?:no|without) (?:a )?(?:germline )?g?brca|brca ?[12]?(?:/2)?[ -](?:wild|wt\b|neg)\w*|germline (?:test(?:ing)? )?(?:is |was )?neg\w*", "germline_brca", "no-variant"),
    (r"brca ?[12]?[^,.;]{0,12}(?:\bvus\b|uncertain significance)", "germline_brca", "uncertain-significance"),
    (r"\bgbrca(?: ?[12])?m?\b(?!\s*(?:status |result )?(?:not|un|pend|test|await|neg|wt|wild|\?))|germline brca(?: ?[12])?(?:/2)?(?!\d)(?!\s*(?:status |result |gene )?(?:not|un|pend|test|await|neg|wt|wild|\?))|brca ?[12]?(?:/2)? (?:mutation )?carrier", "germline_brca", "pathogenic"),
    (r"(?:tumou?r|somatic|ngs|tissue) (?:\w+ ){0,2}brca ?[12]?|somatic brca", "somatic_brca", "pathogenic"),
    (r"palb2 (?:mut|path|carrier)\w*|germline palb2|carries a (?:germline )?palb2", "germline_palb2", "pathogenic"),
    (r"esr1[ -]?(?:mut\w*|m\b)", "esr1", "mutated"),
    (r"\basymptomatic|no symptoms|without symptoms|symptom[- ]free", "symptomatic", "no"),
    (r"(?<!a)\bsymptomatic|with symptoms|very breathless|in pain", "symptomatic", "yes"),
    (r"high[- ](?:volume|burden)|bulky|extensive|widespread|heavy burden", "disease_volume", "high"),
    (r"low[- ](?:volume|burden)|minimal (?:disease|burden)|tiny|small[- ]volume|oligo\w+|single (?:lung|liver|bone|node)|one small|two small", "disease_volume", "low"),
    (r"no visceral|bones?[- ]only|only bones?|without visceral", "visceral_metastases", "no"),
    (r"\bliver|hepatic met|lung (?:met|nod|les)|\blungs\b|pulmonary|visceral met|visceral disease", "visceral_metastases", "yes"),
    (r"(?<!no )(?<!not )(?<!without )visceral crisis", "visceral_crisis", "yes"),
    (r"no (?:brain|cns) met\w*", "brain_metastases", "none"),
    (r"(?:stable|treated) (?:brain|cns) met\w*", "brain_metastases", "treated-stable"),
    (r"(?:active|untreated|progressing|new) (?:brain|cns) met\w*", "brain_metastases", "active"),
    (r"not (?:a |an )?(?:candidate|eligible|fit|suitable) for (?:io|ici|immuno|checkpoint|pembro|pd)|io[- ]ineligible|no io\b|(?:immunotherapy|pembro\w*|checkpoint \w+) (?:is )?(?:contraindicated|not possible|no option)", "checkpoint_inhibitor_candidate", "no"),
    (r"her2[- ]?ultra[- ]?low", "her2_category", "ultralow"),
    (r"her2[- ]?low", "her2_category", "low"),
    (r"no (?:membrane )?staining|without (?:any |membrane )?staining|her2[- ]null|no membrane", "her2_membrane_staining", "no"),
    (r"(?:some|faint) (?:membrane )?staining", "her2_membrane_staining", "yes"),
    (r"\bish ?[- ]?(?:neg\w*|-|not amplified|non-?amplified)", "her2_ish", "not-amplified"),
    (r"\bish ?[- ]?(?:pos\w*|\+|amplified)", "her2_ish", "amplified"),
    (r"her2 ?(?:-(?!low|null|ultra)|neg)", "her2_status", "negative"),
    (r"pd[- ]?l1[- ]?(?:neg\w*|-(?!l|\d))|cps ?(?:<|below|under) ?(?:1|10)\b", "pd_l1_below_10", True),
    (r"(?:history of|previous|earlier|prior|had) (?:an? )?(?:episode of )?febrile neutropenia", "febrile_neutropenia_history", "yes"),
    (r"(?:history of|previous|earlier|prior|had) (?:grade \d )?neutropenia", "neutropenia_history", "yes"),
    (r"corneal (?!exam|check|monitor)|\bkeratitis|\bcornea\b", "corneal_disease", "yes"),
    (r"(?<!not )(?<!non-)\bpregnant", "pregnancy", "pregnant"),
    (r"breast-?feeding|lactating", "breastfeeding", "yes"),
    (r"no (?:history of )?(?:ild|pneumonitis|interstitial lung)", "ild_history", "none"),
    (r"(?:active|current|ongoing|suspected) (?:ild|pneumonitis|interstitial lung)", "ild_history", "active-or-suspected"),
    (r"\*28/\*28|homozygous[^,.;]{0,20}\*?28|ugt1a1 ?28/28", "ugt1a1", "*28/*28"),
    (r"\*1/\*28|heterozygous[^,.;]{0,20}\*?28", "ugt1a1", "*1/*28"),
    (r"\*1/\*1\b", "ugt1a1", "*1/*1"),
    (r"ugt1a1 poor|poor (?:ugt1a1 )?metaboli", "ugt1a1_metaboliser", "poor"),
    (r"(?:dpyd|dpd)[^,.;]{0,12}(?:partial|heterozyg)|partial dpd", "dpyd", "partial-deficiency"),
    (r"complete (?:dpyd|dpd)|(?:dpyd|dpd)[^,.;]{0,12}complete", "dpyd", "complete-deficiency"),
    (r"child[- ]pugh (?:class )?a\b", "child_pugh", "a"),
    (r"child[- ]pugh (?:class )?b\b", "child_pugh", "b"),
    (r"child[- ]pugh (?:class )?c\b", "child_pugh", "c"),
    (r"\bpost-?menopausal", "menopausal_status", "postmenopausal"),
    (r"\bpre-?menopausal", "menopausal_status", "premenopausal"),
    (r"\b(?:multiple|several) comorbidit", "comorbidities", "multiple"),
)  # fmt: skip
_MEASURED: tuple[tuple[str, str, str], ...] = (
    (r"\becog ?(?:ps|of|=|is)? ?([0-4])\b|\bps ?([0-4])\b", "ecog_ps", ""),
    (r"\b(\d{2})[- ]?(?:yo?\b|y/o|y\.o|years?[- ]old|year old)|\b(?:woman|lady|man|patient|female)(?: of|,)? (\d{2})\b", "age", ""),
    (r"\ber[ :=]*(\d{1,3})(?: ?%|(?=[,;/ ]+pr\b))", "er_percent", ""),
    (r"\bpr[ :=]*(\d{1,3})(?: ?%|(?=[,;/ ]+her2))", "pr_percent", ""),
    (r"(?:crcl|creatinine clearance|e?gfr)[^\d,;.]{0,12}(\d{1,3})\b", "creatinine_clearance", "mL/min"),
    (r"bilirubin[^\d,;]{0,15}(\d+(?:\.\d+)?) ?(?:x|×|times)", "bilirubin", "x ULN"),
    (r"(?:lvef|ejection fraction)[^\d,;.]{0,10}(\d{2}) ?%?", "lvef", "%"),
)  # fmt: skip
_ILLNESSES = re.compile(
    r"\bcopd\b|diabet|\bckd\b|kidney disease|heart failure|coronary|hypertension|cirrhosis|\bobes|rheumatoid"
)
_NONE_BEFORE = re.compile(
    r"\buntreated|treatment[- ]na\w+|newly diagnosed|no (?:prior|previous|earlier) (?:systemic )?(?:therap|treatment|line)\w*"
    r"|\bde novo\b(?!.*\b(?:after|progress|treated|received)\b)|no (?:therapy|treatment) (?:for \w+ )?yet|first treatment"
)
_WHICH_LINE = (
    (r"(?:first|1st)[- ]line|\b1l\b|frontline", 1),
    (r"(?:second|2nd)[- ]line|\b2l\b", 2),
    (r"(?:third|3rd)[- ]line|\b3l\b", 3),
)
_PAST = re.compile(
    r"\b(?:after|prog(?:ress\w*)?|pd on|post|following|pretreated|had|prior|previous(?:ly)?|stopped|failed|failing|"
    r"received|treated|since|done|s/p|came|given|last (?:therapy|treatment|line)|relapse\w*|discontinued|refractory)\b"
)
_TO_COME = re.compile(
    r"\?|\b(?:plan(?:ned|ning)?|starts?|starting|will|going to|consider\w*|candidate|options?|can|could|should|would|"
    r"next|now for|asks|asking|about|wants?|wonder\\w*|what|which|whats|is|are|does|do|if|about to|due|eligible|choose|how|any)\b"
)
_CURATIVE = re.compile(
    r"\b(?:neo-?)?adjuvant\w*|\bcurative|\bearly (?:breast|disease|stage)|\bperioperative"
)
_HARMED = re.compile(
    r"intoleran|toxicit|pneumonitis|\bild\b|interstitial|side effect|adverse|neutropenia|stomatitis"
)
_CLASSES = (
    (r"cdk ?4|\bpalbo\b|\bribo\b|\babema\b", "palbociclib", "A CDK4/6 inhibitor"),
    (r"endocrine|\bet\b|hormonal|\bai\b|aromatase", "fulvestrant", "Endocrine therapy"),
    (r"\btaxanes?\b", "paclitaxel", "A taxane"),
    (r"anthracyclines?|\bac-?t\b|\bec-?t\b|\bac\b", "doxorubicin", "An anthracycline"),
    (r"\bac-?t\b|\bec-?t\b", "paclitaxel", "A taxane"),
    (r"platinum\b", "carboplatin", "A platinum"),
)
"""Classes that a text may name without a drug, with the drug that stands for them in a plan."""
_SUPPORTIVE = frozenset(("filgrastim", "pegfilgrastim", "loperamide", "atropine", "dexamethasone"))
_LINES = ("capecitabine", "eribulin", "vinorelbine", "gemcitabine")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
_CLAUSE = re.compile(
    r"((?<=[.;?!])\s+|,\s+|:\s+|\s=\s|\b(?:then|followed by|but)\b|\band (?=with\b)|\s+-\s+)"
)


def described(text: str, names: Names) -> Described:
    """The facts of a patient that a text gives."""
    lowered = plain(text)
    facts: dict[str, Any] = {}
    for pattern, fact, value in _FACTS:
        if fact not in facts and re.search(pattern, lowered):
            facts[fact] = value
    for pattern, fact, unit in _MEASURED:
        if found := re.search(pattern, lowered):
            number = next(g for g in found.groups() if g)
            value = float(number) if "." in number else int(number)
            facts[fact] = {"value": value, "unit": unit} if unit else value
    if "er_percent" in facts:  # the figure tells it
        facts.pop("subtype", None)
    if found := re.search(r"\bcps ?(?:of|=|:|is)? ?(\d{1,3})\b", lowered):
        facts["pd_l1"] = {"score": "cps", "assay": "22c3", "value": int(found[1])}
    if found := re.search(r"\b(?:ihc|her2)[ :]*(?:score |ihc )?(0|1\+|2\+)(?!\.?\d)", lowered):
        facts["her2_ihc"] = found[1]
    ill = set(_ILLNESSES.findall(lowered))
    if ill:
        facts.setdefault("comorbidities", "multiple" if len(ill) > 1 else "some")
    courses, to_come, taken, past = _history(lowered, names)
    found = re.search(r"grade (\d) (?:ild|pneumonitis|interstitial)", lowered)
    given = {d for c in courses for d in c.drugs}
    if found and {"trastuzumab-deruxtecan", "datopotamab-deruxtecan"} & given:
        facts["ild_grade_on_deruxtecan"] = int(found[1])
    ahead = _without(lowered, past)
    for pattern, line in _WHICH_LINE:
        if "line" not in facts and re.search(pattern, ahead):
            facts["line"] = line
    behind = [line for pattern, line in _WHICH_LINE if re.search(pattern, " ".join(past))]
    if behind and "line" not in facts and any(c.setting == "advanced" for c in courses):
        facts["line"] = max(behind) + 1
    told: tuple[Course, ...] | None = tuple(courses)
    if _NONE_BEFORE.search(lowered):  # of advanced disease; what came before was curative
        told = tuple(Course(c.drugs, "adjuvant", "completed") for c in courses)
    elif not courses:
        told = None
    return Described(facts, told, to_come, (*taken, *_supposed(facts)))


def _supposed(facts: dict[str, Any]) -> Iterator[str]:
    """What a plan takes for granted that the text did not tell."""
    hormone = facts.get("subtype") == "hormone-receptor-positive" or "er_percent" in facts
    if hormone and not facts.keys() & {"her2_ihc", "her2_category", "her2_status", "her2_ish"}:
        yield "HER2 was not told; HER2-negative is taken, as in all that is held here."
    if facts.keys() & {"pd_l1", "pd_l1_below_10"}:
        yield "The PD-L1 score is taken as a combined positive score by 22C3."


def _without(text: str, parts: list[str]) -> str:
    for part in parts:
        text = text.replace(part, " ")
    return text


def _history(text: str, names: Names) -> tuple[list[Course], tuple[str, ...], list[str], list[str]]:
    """Courses of the past, drugs to come, what stands for what, and the clauses of the past."""
    courses: list[Course] = []
    to_come: dict[str, None] = {}
    taken: list[str] = []
    past: list[str] = []
    behind: bool | None = None
    apart = True
    for clause, between in _clauses(text):
        asks = _TO_COME.search(clause)
        told = _PAST.search(clause)
        if told and (asks is None or told.start() < asks.start()):
            before, after = (clause, "") if asks is None else _split(clause, asks.start())
            behind = True
        elif asks:
            before, after = _split(clause, told.start() if told else len(clause))[::-1]
            behind = False
        elif behind or _only_drugs(clause, names):
            before, after = clause, ""
        else:
            before, after = "", clause
        to_come |= dict.fromkeys(_drugs(after, names))
        drugs = list(_drugs(before, names))
        for pattern, drug, said in _CLASSES:
            if re.search(pattern, before) and drug not in drugs and (behind or "/" in before):
                drugs.append(drug)
                taken.append(f"{said} was named without its drug; {drug} stands for it here.")
        lines = _chemotherapy_lines(before if asks else clause)
        more = [d for d in _LINES if d not in drugs][
            : max(0, lines - len(set(drugs) & set(_LINES)))
        ]
        if lines and more:
            taken.append(
                f"{lines} earlier lines of chemotherapy were named without their drugs; "
                f"{', '.join(more)} stand for them here."
            )
        if drugs or more or told:
            past.append(before)
        why = "toxicity" if _HARMED.search(before) and "progress" not in before else "progression"
        curative = _CURATIVE.search(before) is not None
        setting, why = ("adjuvant", "completed") if curative else ("advanced", why)
        for drug in drugs:
            last = courses[-1] if courses else None
            if last and not apart and _partners(last, drug, setting, names.edition):
                courses[-1] = Course((*last.drugs, drug), setting, why)
            else:
                courses.append(Course((drug,), setting, why))
            apart = False
        courses += [Course((d,), setting, why) for d in more]
        apart = between
    gone = {d for c in courses for d in c.drugs}
    return courses, tuple(d for d in to_come if d not in gone), taken, past


def _clauses(text: str) -> Iterator[tuple[str, bool]]:
    """The clauses of a text, each with whether what follows it is set apart by more than a comma."""
    parts = _CLAUSE.split(text)
    for clause, between in zip(parts[::2], [*parts[1::2], "."], strict=True):
        if clause.strip():
            yield clause.strip(), between.strip() != ","


def _only_drugs(clause: str, names: Names) -> bool:
    """Whether a clause is a bare list of drugs, as a history is often written."""
    parts = list(names.parts(tokens(clause)))
    named = sum(entity.startswith("drug:") for _, entity in parts)
    return named > 0 and sum(not entity for _, entity in parts) <= named


def _split(clause: str, at: int) -> tuple[str, str]:
    return clause[:at], clause[at:]


def _drugs(text: str, names: Names) -> Iterator[str]:
    for entity in names.named(text).of("drug") if text else ():
        drug = entity.partition(":")[2]
        if drug not in _SUPPORTIVE:
            yield drug


def _partners(last: Course, drug: str, setting: str, edition: Edition) -> bool:
    """Whether a drug named next goes with the course before: what is given with endocrine therapy,
    with a checkpoint inhibitor or as a doublet does; others follow each other."""
    if last.setting != setting:
        return False
    before = {c for d in last.drugs for c in edition.drugs[d].classes}
    classes = set(edition.drugs[drug].classes)
    if {"gemcitabine", "carboplatin"} == {last.drugs[-1], drug}:
        return True
    return any(
        (one & before and other & classes) or (one & classes and other & before)
        for one, other in _PARTNERS
    )


_PARTNERS = (
    (frozenset(("endocrine-therapy",)), frozenset(("cdk4-6-inhibitor", "pi3k-akt-mtor-inhibitor"))),
    (frozenset(("checkpoint-inhibitor",)), frozenset(("chemotherapy",))),
)


def _chemotherapy_lines(text: str) -> int:
    found = re.search(
        r"\b(one|two|three|four|[1-4]) (?:prior |previous |earlier )?(?:chemo\w* lines?|lines? of chemo|chemo\w*\b|prior chemo)",
        text,
    )
    return _NUMBERS.get(found[1]) or int(found[1]) if found else 0


def as_input(described: Described, *, line: bool = True) -> dict[str, Any]:
    """The facts in the shape that `intake` reads; without ``line`` the line to come is left open."""
    facts = described.facts
    apart = ("subtype", "pd_l1_below_10", *(() if line else ("line",)))
    given = {k: v for k, v in facts.items() if k not in apart}
    if "pd_l1_below_10" in facts and "pd_l1" not in given:
        given["pd_l1"] = {"score": "cps", "assay": "22c3", "value": 0}
    match facts.get("subtype"):
        case "triple-negative":
            given |= {"er_status": "negative", "pr_status": "negative"}
        case "hormone-receptor-positive":
            given["er_status"] = "positive"
    if "subtype" in facts or "er_percent" in facts:
        if "her2_ihc" not in given and "her2_category" not in given:
            given["her2_status"] = "negative"
        else:
            given.pop("her2_status", None)
    if described.courses is not None:
        told = _grouped(described.courses, facts.get("line") if line else None)
        given["prior_therapies"] = [
            {"drugs": list(c.drugs), "setting": c.setting, "stopped_for": c.stopped_for}
            for c in told
        ]
        given["prior_therapies_complete"] = "no" if told else "yes"
    if {"visceral_metastases", "prior_therapies"} & given.keys():
        given.setdefault("setting", "advanced")
    return given


def _grouped(courses: tuple[Course, ...], line: int | None) -> list[Course]:
    """The courses, as many of them for advanced disease as the line to come leaves room for."""
    curative = [c for c in courses if c.setting != "advanced"]
    lines = [c for c in courses if c.setting == "advanced"]
    if line == 1:
        return [*curative, *(Course(c.drugs, "adjuvant", "completed") for c in lines)]
    while line is not None and len(lines) > line - 1:
        first, second, *rest = lines
        lines = [Course((*first.drugs, *second.drugs), "advanced", second.stopped_for), *rest]
    return [*curative, *lines]
