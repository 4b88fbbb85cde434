"""Conditions and staging: which cancer it is, whether it has spread, and since when."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from consilium.clinical.patient import Discordance
from consilium.intake.fhir.bundle import Resource, Resources
from consilium.intake.fhir.codes import Concept, concept, items, mappings, words
from consilium.intake.fhir.findings import Finding, Harvest
from consilium.intake.fhir.moments import Moment, first_moment
from consilium.intake.fhir.observations import moment_of, withdrawn
from consilium.intake.fhir.stages import Stage, metastasis_category, stage_in_words, stage_of
from consilium.intake.fhir.values import Value, value_of
from consilium.intake.fhir.verdicts import NEGATIVE, POSITIVE, verdicts

_BREAST = frozenset(
    {"254837009", "372064008", "408643008", "353431000119107", "706970001", "278054005"}
)
_TRIPLE_NEGATIVE = "706970001"
_TRIPLE_NEGATIVE_WORDS = re.compile(r"\btriple[- ]negative\b|\bTNBC\b", re.IGNORECASE)
_MALIGNANT_UNPLACED = frozenset({"363346000", "372087000"})
_BREAST_SITES = frozenset({"76752008", "80248007", "73056007", "181131000"})
_BREAST_WORDS = re.compile(
    r"\bbreasts?\b|\bmammary\b|mamma(?:karzinom|rio|ire)|brustkrebs|\bdu sein\b|\bde mama\b"
    r"|\bmammella\b|乳癌|乳がん",
    re.IGNORECASE,
)
_CANCER_WORDS = re.compile(
    r"malignan|carcinoma|\bcancer\b|leuk(?:a)?emia|lymphoma|melanoma|sarcoma|myeloma|blastoma"
    r"|karzinom|krebs|carcinome|\bcáncer\b|乳癌|乳がん",
    re.IGNORECASE,
)
# A cancer in words is one of another site only where its site, or its kind, is named.
_OTHER_SITE_WORDS = re.compile(
    r"\b(?:lung|bronch\w*|pleura\w*|mesotheli\w*|colon|colorectal|rect(?:um|al)|prostat\w*|ovar\w*"
    r"|uter\w*|endometri\w*|cervix|cervical|vulva\w*|vagin\w*|fallopian|kidney|renal|bladder|urothel\w*"
    r"|liver|hepat\w*|cholangio\w*|bil\w*|gallbladder|pancrea\w*|stomach|gastric|o?esophag\w*"
    r"|duoden\w*|intestin\w*|append\w*|an(?:al|us)|thyroid|parathyroid|adrenal|thym\w*|skin|basal"
    r"|squamous|merkel|head|neck|laryn\w*|\w*pharyn\w*|oral|mouth|tongue|tonsil|lip|salivary|parotid"
    r"|test\w+|penis|penile|brain|glio\w*|astrocyt\w*|eye|retin\w*|bone|neuroendocrine|carcinoid"
    r"|leuk\w+|lymphoma|melanoma|\w*sarcoma|myeloma|\w*blastoma|peritone\w*)\b",
    re.IGNORECASE,
)
_NO_CANCER_NOW = re.compile(
    r"history of|family|screening|suspected|suspicion|in situ|benign|risk|fear|\bat risk\b|"
    r"premalignant|non-?malignant|\bno\b|without|exclu|surveillance|education|counsel|"
    r"rule[ds]? out|rule[- ]out|\br/o\b|\bhx\b|\bh/o\b|survivor|possible|probable|\?|"
    r"verdacht|ausschluss|zustand nach|\bz\.\s?n\.|familiär|antécédent|sospecha|antecedente|疑い|"
    r"suscept|predispos|carrier|encounter|due to|associated|related|induced|secondary to|"
    r"effusion|ascites|an(?:a)?emia|pain|fatigue|hypercalc|cachexia|"
    r"malignant (?:hypertens|hypertherm|hyperpyrex|neurolept|otitis)",
    re.IGNORECASE,
)
_ICD_NEOPLASM = re.compile(r"[CD]")
_ICD_PRIMARY = re.compile(r"C(?:[0-6]\d|7[0-6]|8[1-9]|9[0-6]|7A)")

# Secondary malignant neoplasms: each code with its site.
_SECONDARY = {
    "128462008": "",
    "315004001": "",
    "94222008": "bone",
    "94381002": "liver",
    "94391008": "lung",
    "94493005": "pleura",
    "94225005": "brain",
    "94161006": "adrenal gland",
    "94181007": "axillary lymph nodes",
    "94392001": "lymph nodes",
}
_FROM_BREAST = "315004001"
_FROM_BREAST_WORDS = re.compile(
    r"(?:from|carcinoma of|cancer of)\s+(?:malignant\s+\w+\s+of\s+)?(?:the\s+)?breast"
    r"|metastatic\s+(?:[\w+/-]+\s+){0,4}breast\s+(?:cancer|carcinoma)"
    r"|breast\s+(?:cancer|carcinoma)\s+(?:metasta|with\s+(?:\w+\s+)?metasta)"
    r"|mammakarzinom|brustkrebs|cancer du sein|cáncer de mama|乳癌|乳がん",
    re.IGNORECASE,
)
_SECONDARY_WORDS = re.compile(
    r"\bsecondary (?:malignant|carcinoma|cancer|adenocarcinoma|neoplasm)"
    r"|\bmetasta(?:tic|sis|ses|si[sz]ed)\b|metastasiert|metastasen\b|métasta|metastásic|転移",
    re.IGNORECASE,
)
_SITE_IN_WORDS = re.compile(
    r"(?:neoplasm|neoplastic disease|carcinoma|cancer|disease|tumou?r"
    r"|metasta(?:sis|ses|tic|si[sz]ed))\s+(?:of|to|in)\s+(?:the\s+)?([^()\[\]]+)",
    re.IGNORECASE,
)
_NODES = re.compile(r"lymph|nod(?:e|al)\b", re.IGNORECASE)
_DISTANT_NODES = re.compile(
    r"abdom|pelvi|inguinal|mesenter|retroperiton|para-?aortic|mediastin|hilar|distant|lower limb",
    re.IGNORECASE,
)
_VISCERA = re.compile(
    r"\b(?:lungs?|liver|hepatic|pleura|pleural|peritoneum|peritoneal|viscera|visceral)\b",
    re.IGNORECASE,
)
_BRAIN = re.compile(r"\b(?:brain|cerebr\w+|cerebell\w+|mening\w+|leptomening\w+)\b", re.IGNORECASE)

_ICD_SECONDARY = re.compile(r"C7[789](?:\.?\d+)?$")
_ICD_REGIONAL_NODES = re.compile(r"C77(?:\.?[01389].*)?$")
_ICD_NOT_SPREAD = re.compile(r"C79\.?81")
_ICD_VISCERA = re.compile(r"C78\.?[0267]")
_ICD_BRAIN = re.compile(r"C79\.?3")

_HISTORY_OF_METASTASIS = frozenset({"1287652008", "1098951000119108"})
_HISTORY_WORDS = re.compile(r"history of .*metasta|history of secondary", re.IGNORECASE)

_STAGE_CODES = {
    ("SNOMED", "399537006"),
    ("SNOMED", "399588009"),
    ("SNOMED", "385356007"),
    ("LOINC", "21908-9"),
    ("LOINC", "21902-2"),
    ("LOINC", "21914-7"),
}
_METASTASIS_CODES = {
    ("SNOMED", "399387003"),
    ("SNOMED", "371497001"),
    ("SNOMED", "277208005"),
    ("LOINC", "21907-1"),
    ("LOINC", "21901-4"),
}
_NO = "373067005"
_NOT_CONFIRMED = frozenset({"provisional", "differential", "unconfirmed"})
_REFUTED = frozenset({"refuted", "entered-in-error"})
_PRIMARY_OF_SECONDARY = ("mcode-related-primary-cancer-condition", "condition-related")

_MENOPAUSE = {"76498008": "postmenopausal", "22636003": "premenopausal"}

_RECEPTOR_STATUS = {"Z17.0": "positive", "Z17.1": "negative"}

# Conditions that bear on a fact which a code alone does not settle.
_BEARS_ON = (
    (
        "germline_brca",
        re.compile(r"^(?!.*\bfamily\b).*\bBRCA[- ]?[12]?\b", re.I),
        re.compile(r"Z15\.?01"),
        "whether the variant is pathogenic, and of the germline, is not recorded",
    ),
    (
        "ild_history",
        re.compile(r"interstitial (?:lung|pulmonary|pneum)|pneumonitis|pulmonary fibrosis", re.I),
        re.compile(r"J84|J70\.[2-4]"),
        "whether it is active, resolved, and with steroids is not recorded",
    ),
    (
        "febrile_neutropenia_history",
        re.compile(r"febrile neutropenia", re.I),
        None,
        "whether it was on treatment of this cancer is not recorded",
    ),
    (
        "neutropenia_history",
        re.compile(r"^(?!.*febrile).*neutropeni", re.I),
        re.compile(r"D70"),
        "whether it was on treatment of this cancer is not recorded",
    ),
)


class Spread(NamedTuple):
    """One piece of evidence that the disease has spread."""

    says: str
    where: str
    on: Moment | None
    rule: str


class Staged(NamedTuple):
    """A stated stage, and where."""

    stage: Stage
    where: str
    on: Moment | None


class Extent(NamedTuple):
    """How far the disease is known to have spread, and since when."""

    spread: tuple[Spread, ...] = ()

    @property
    def since(self) -> Moment | None:
        """The first dated evidence of metastasis."""
        dated = [one.on for one in self.spread if one.on is not None]
        return min(dated, key=lambda on: on.day.last, default=None)


class ConditionReader:
    """Reads diagnoses, metastases, stages, and the M category into the extent of the disease."""

    def __init__(self, resources: Resources, harvest: Harvest) -> None:
        self.resources, self.harvest = resources, harvest
        self.breast: list[tuple[Resource, str]] = []
        self.others: list[Resource] = []
        self.spread: list[Spread] = []
        self.staged: list[Staged] = []
        self.no_spread: list[Spread] = []

    def read(self) -> Extent:
        """Read everything, and say where and since when the disease has spread."""
        for resource in self.resources.of("Condition"):
            self._diagnosis(resource)
        # A stage belongs to a cancer, so the cancers come first.
        for resource in self.resources.of("Condition"):
            self._secondary(resource)
        for resource in self.resources.observations(lambda code: any(_tells(code))):
            self._staging(resource)
        self._primary_cancer()
        self._setting()
        return Extent(tuple(self.spread))

    # --- which cancer -----------------------------------------------------------------------

    def _diagnosis(self, resource: Resource) -> None:
        code = resource.code
        status = _status(resource, "verificationStatus")
        if status in _REFUTED:
            self.harvest.drop(resource, code.label, status.replace("-", " "))
            return
        secondary = is_secondary(code)
        site = is_breast_cancer(code, resource)
        if secondary and not site:
            return
        is_cancer = site or is_other_cancer(code) or _is_unplaced_cancer(code)
        if is_cancer and status in _NOT_CONFIRMED:
            self.harvest.not_read(resource, code.label, f"the diagnosis is {status}, not confirmed")
        elif site:
            self.breast.append((resource, site))
            if code.has("SNOMED", (_TRIPLE_NEGATIVE,)):
                self._found("subtype", "triple-negative", resource, "diagnosis by its code")
            elif any(map(_TRIPLE_NEGATIVE_WORDS.search, code.texts)):
                self._found("subtype", "triple-negative", resource, "diagnosis by its words")
            if _status(resource, "clinicalStatus") == "recurrence":
                self._found("presentation", "recurrent", resource, "the cancer is back, as stated")
            self._stages_of(resource)
        elif is_cancer and not is_other_cancer(code):
            why = "a cancer whose site is not recorded"
            self.harvest.not_read(resource, code.label, f"{why}; answer `primary_cancer`")
        elif is_cancer:
            self.others.append(resource)
        else:
            self._bears_on(resource, code)

    def _bears_on(self, resource: Resource, code: Concept) -> None:
        for menopause in {_MENOPAUSE[c] for c in code.codes("SNOMED") if c in _MENOPAUSE}:
            self._found("menopausal_status", menopause, resource, "condition by its code")
        for status in {
            _RECEPTOR_STATUS[c] for c in code.codes("ICD-10-CM") if c in _RECEPTOR_STATUS
        }:
            self._found("er_status", status, resource, "receptor status as a code of ICD-10-CM")
        for fact, named, icd, why in _BEARS_ON:
            coded = icd is not None and any(icd.match(c) for c in code.codes("ICD-10-CM"))
            if coded or any(named.search(text) for text in code.texts):
                self.harvest.not_read(resource, code.label, f"{why}; answer `{fact}`")

    def _primary_cancer(self) -> None:
        for resource, rule in self.breast:
            self._found("primary_cancer", "breast", resource, rule)
        for resource in self.others:
            label = resource.code.label
            if self.breast:
                self.harvest.not_read(
                    resource,
                    label,
                    "another cancer beside breast cancer; it is not planned for here",
                )
            else:
                self._found(
                    "primary_cancer", "other", resource, "cancer of another site by its code"
                )

    # --- spread -----------------------------------------------------------------------------

    def _secondary(self, resource: Resource) -> None:
        code = resource.code
        status = _status(resource, "verificationStatus")
        if status in _REFUTED:
            return
        if _is_history_of_metastasis(code):
            self._spread("history of metastatic cancer", resource, "history of metastatic cancer")
            return
        if not is_secondary(code):
            return
        if status in _NOT_CONFIRMED:
            self.harvest.not_read(
                resource, code.label, f"the metastasis is {status}, not confirmed"
            )
            return
        elsewhere = self._other_primary(resource)
        if elsewhere:
            why = "the metastasis belongs to another cancer than breast cancer"
            self.harvest.not_read(resource, code.label, why)
            return
        if may_be_regional(code, resource):
            self.harvest.not_read(
                resource,
                code.label,
                "nodes that may be regional do not make the disease advanced by themselves",
            )
            return
        if any(_ICD_NOT_SPREAD.match(c) for c in code.codes("ICD-10-CM")):
            why = "a second tumour in a breast does not say how far the disease has spread"
            self.harvest.not_read(resource, code.label, why)
            return
        self._spread(code.label, resource, "metastasis by its code")
        if _in(code, resource, _VISCERA, _ICD_VISCERA):
            self._found(
                "visceral_metastases", "yes", resource, "metastasis in lung, liver or serosa"
            )
        if _in(code, resource, _BRAIN, _ICD_BRAIN):
            self.harvest.not_read(
                resource,
                code.label,
                "whether the brain metastases are active, or treated and stable, is not recorded; "
                "answer `brain_metastases`",
            )

    def _other_primary(self, resource: Resource) -> bool:
        """Whether the record ties a metastasis to a cancer of another site."""
        for extension in mappings(resource.body.get("extension")):
            if words(extension.get("url")).rsplit("/", 1)[-1] in _PRIMARY_OF_SECONDARY:
                primary = self.resources.resolve(extension.get("valueReference"), resource)
                if primary is not None and primary in self.others:
                    return True
        return False

    def _staging(self, resource: Resource) -> None:
        code = resource.code
        is_stage, _, is_history = _tells(code)
        why = withdrawn(resource.body)
        if why:
            self.harvest.drop(resource, code.label, why)
            return
        if self._about_another_cancer(resource):
            self.harvest.not_read(
                resource, code.label, "it is about another cancer than breast cancer"
            )
            return
        value = value_of(resource.body)
        if is_history:
            self._history(resource, value)
        elif value.absent is not None or value.is_empty:
            self.harvest.not_read(resource, code.label, f"no value is given ({value})")
        elif is_stage:
            self._stage(resource, value.concept, value.path, moment_of(resource.body))
        else:
            self._category(resource, value.concept)

    def _history(self, resource: Resource, value: Value) -> None:
        """History of metastatic cancer; without a value it is there, and ``false`` denies it."""
        said = verdicts(value.concept)
        denied = value.flag is False or said == {NEGATIVE} or value.concept.has("SNOMED", (_NO,))
        if denied:
            self.no_spread.append(
                Spread(
                    "no history of metastatic cancer", resource.where, moment_of(resource.body), ""
                )
            )
            self.harvest.not_read(
                resource,
                "no history of metastatic cancer",
                "by itself it does not make the disease early",
            )
        elif value.flag or value.is_empty or said == {POSITIVE}:
            rule = "history of metastatic cancer, which counts as present unless it is denied"
            self._spread("history of metastatic cancer", resource, rule)
        else:
            label = resource.code.label
            self.harvest.not_read(resource, label, f"its value is neither yes nor no ({value})")

    def _category(self, resource: Resource, value: Concept) -> None:
        category = metastasis_category(value)
        if category == "M1":
            self._spread("M1", resource, "M category of the TNM stage")
        elif category == "M0":
            self.no_spread.append(Spread("M0", resource.where, moment_of(resource.body), ""))
            self.harvest.seen.add(resource.where)
        else:
            self.harvest.not_read(resource, value.label, "it says neither M0 nor M1")

    def _stages_of(self, resource: Resource) -> None:
        for text in resource.code.texts:
            if stage_in_words(text):
                self._stage(resource, Concept((), text), ".code", condition_moment(resource))
                break
        for index, stage in enumerate(mappings(resource.body.get("stage"))):
            summary = concept(stage.get("summary"))
            if summary == Concept():
                continue
            when = None
            for reference in items(stage.get("assessment")):
                assessed = self.resources.resolve(reference, resource)
                if assessed is not None and stage_of(value_of(assessed.body).concept) == stage_of(
                    summary
                ):
                    when = when or moment_of(assessed.body)
            self._stage(resource, summary, f".stage[{index}].summary", when)

    def _stage(self, resource: Resource, value: Concept, at: str, on: Moment | None) -> None:
        stage = stage_of(value)
        if stage is None:
            self.harvest.not_read(resource, value.label, "it is no stage that is read here", at)
            return
        where = f"{resource.where}{at}"
        self.harvest.seen.add(resource.where)
        if stage.group == "IV":
            self.spread.append(Spread(f"stage {stage}", where, on, "stage IV"))
        elif stage.group == "0":
            self.harvest.not_read(resource, value.label, "stage 0 is no invasive cancer", at)
        else:
            self.staged.append(Staged(stage, where, on))

    def _about_another_cancer(self, resource: Resource) -> bool:
        focused = [
            found
            for one in mappings(resource.body.get("focus"))
            if (found := self.resources.resolve(one, resource)) is not None
        ]
        return bool(focused) and all(one in self.others for one in focused)

    # --- the setting ------------------------------------------------------------------------

    def _setting(self) -> None:
        self._contradictions()
        if self.spread:
            first = min(
                self.spread,
                key=lambda one: (one.on is None, one.on.day.last.isoformat() if one.on else ""),
            )
            self.harvest.findings.append(
                Finding("setting", "advanced", first.where, first.on, first.rule, first.says)
            )
        elif self.staged:
            last = self.staged[-1]
            for one in self.staged:
                if one.on is not None and (last.on is None or one.on.is_after(last.on)):
                    last = one
            rule = "stage I to III is stated, and no metastasis is recorded"
            self.harvest.findings.append(
                Finding("setting", "early", last.where, last.on, rule, f"stage {last.stage}")
            )

    def _contradictions(self) -> None:
        """Stages that differ, and stages or denials that metastases do not simply outdate."""
        stages = [one for one in self.staged]
        differing = [
            (one, other)
            for index, one in enumerate(stages)
            for other in stages[index + 1 :]
            if not one.stage.agrees_with(other.stage)
        ]
        if differing:
            named = [stage for pair in differing for stage in pair]
            shown = " and ".join(dict.fromkeys(f"stage {one.stage}" for one in named))
            where = tuple(dict.fromkeys(one.where for one in named))
            self.harvest.discordant.append(
                Discordance("setting", f"{shown} are both recorded; either is early disease", where)
            )
        against = [*((f"stage {s.stage}", s.where, s.on) for s in stages)]
        against += [(one.says, one.where, one.on) for one in self.no_spread]
        for says, where_against, on in against:
            unordered = [
                one
                for one in self.spread
                if one.on is None or on is None or not one.on.is_after(on)
            ]
            if self.spread and len(unordered) == len(self.spread):
                one = unordered[0]
                self.harvest.discordant.append(
                    Discordance(
                        "setting",
                        f"{one.says} and {says} are both recorded; metastasis counts",
                        (one.where, where_against),
                    )
                )

    # --- keeping ----------------------------------------------------------------------------

    def _found(self, fact: str, value: str, resource: Resource, rule: str) -> None:
        self.harvest.found(
            Finding(
                fact,
                value,
                f"{resource.where}.code",
                condition_moment(resource),
                rule,
                resource.code.label,
            ),
            resource,
        )

    def _spread(self, says: str, resource: Resource, rule: str) -> None:
        on = condition_moment(resource) or moment_of(resource.body)
        self.spread.append(Spread(says, resource.where, on, rule))
        self.harvest.seen.add(resource.where)


def condition_moment(resource: Resource) -> Moment | None:
    """When a condition began, or else when somebody recorded it."""
    return first_moment(resource.body, "onsetDateTime", "onsetPeriod", "recordedDate")


def is_breast_cancer(code: Concept, resource: Resource) -> str:
    """Why a diagnosis is breast cancer; empty when it is not."""
    if code.has("SNOMED", _BREAST):
        return "breast cancer by its SNOMED code"
    if any(c.startswith("C50") for c in code.codes("ICD-10-CM")):
        return "breast cancer by its ICD-10 code"
    if code.has("SNOMED", _MALIGNANT_UNPLACED):
        sites = [concept(one) for one in items(resource.body.get("bodySite"))]
        if any(site.has("SNOMED", _BREAST_SITES) for site in sites):
            return "malignant disease by its code, in the breast by its body site"
        return ""
    if is_secondary(code):
        from_breast = any(map(_FROM_BREAST_WORDS.search, code.texts))
        coded = code.has("SNOMED", (_FROM_BREAST,))
        return "metastasis from breast cancer" if coded or from_breast else ""
    if _is_cancer_in_words(code, breast=True):
        return "breast cancer by the words beside its code"
    return ""


def is_other_cancer(code: Concept) -> bool:
    """Whether a diagnosis is a cancer of another site than the breast."""
    icd = code.codes("ICD-10-CM")
    if any(_ICD_PRIMARY.match(c) and not c.startswith(("C50", "C44")) for c in icd):
        return True
    if code.has("SNOMED", _MALIGNANT_UNPLACED):
        return False
    return _is_cancer_in_words(code, breast=False) and any(
        map(_OTHER_SITE_WORDS.search, code.texts)
    )


def _is_unplaced_cancer(code: Concept) -> bool:
    return not code.has("SNOMED", _MALIGNANT_UNPLACED) and _is_cancer_in_words(code, breast=False)


def _is_cancer_in_words(code: Concept, *, breast: bool) -> bool:
    icd = code.codes("ICD-10-CM")
    # a code of another chapter (a family history, a follow-up) outweighs the words beside it
    if icd and not any(map(_ICD_NEOPLASM.match, icd)):
        return False
    return any(
        _CANCER_WORDS.search(text)
        and not _NO_CANCER_NOW.search(text)
        and bool(_BREAST_WORDS.search(text)) is breast
        for text in code.texts
    )


def is_secondary(code: Concept) -> bool:
    """Whether a condition is a metastasis."""
    if code.has("SNOMED", _SECONDARY) or any(map(_ICD_SECONDARY.match, code.codes("ICD-10-CM"))):
        return True
    return any(
        _SECONDARY_WORDS.search(text) and not _NO_CANCER_NOW.search(text) for text in code.texts
    )


def may_be_regional(code: Concept, resource: Resource) -> bool:
    """Whether a metastasis is in lymph nodes that may be those of the breast."""
    icd = [c for c in code.codes("ICD-10-CM") if _ICD_SECONDARY.match(c)]
    if icd:
        return all(_ICD_REGIONAL_NODES.match(c) for c in icd)
    sites = _sites(code, resource)
    return bool(sites) and all(_NODES.search(s) and not _DISTANT_NODES.search(s) for s in sites)


def _in(code: Concept, resource: Resource, site: re.Pattern[str], icd: re.Pattern[str]) -> bool:
    coded = any(icd.match(c) for c in code.codes("ICD-10-CM"))
    return coded or any(site.search(named) for named in _sites(code, resource))


def _sites(code: Concept, resource: Resource) -> list[str]:
    """Where a metastasis is: by its code, in words, or by the body site beside it."""
    coded = [_SECONDARY[c] for c in code.codes("SNOMED") if c in _SECONDARY]
    named = [site for site in coded if site] or [
        found[1] for text in code.texts if (found := _SITE_IN_WORDS.search(text))
    ]
    beside = [t for one in items(resource.body.get("bodySite")) for t in concept(one).texts]
    return named or beside


@lru_cache(maxsize=1024)
def _tells(code: Concept) -> tuple[bool, bool, bool]:
    """Whether an observation is of a stage, of the M category, of a history of metastasis."""
    keys = {(c.system, c.code) for c in code.codings}
    is_stage, is_category = bool(keys & _STAGE_CODES), bool(keys & _METASTASIS_CODES)
    return is_stage, is_category, _is_history_of_metastasis(code)


def _is_history_of_metastasis(code: Concept) -> bool:
    return code.has("SNOMED", _HISTORY_OF_METASTASIS) or any(
        _HISTORY_WORDS.search(text) and not re.search(r"\b(?:no|family)\b", text, re.IGNORECASE)
        for text in code.texts
    )


def _status(resource: Resource, key: str) -> str:
    found = concept(resource.body.get(key))
    return found.codings[0].code if found.codings else found.text
