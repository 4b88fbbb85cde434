"""Which facts mCODE and US Core can hold, as what, and why the others have no place there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from consilium.clinical.patient import Entered, PatientCase, Status
from consilium.fhir.resources import LOINC, SNOMED, Resource, coded
from consilium.knowledge.records import FactRecord

_ABSENT = frozenset({Status.UNKNOWN, Status.NOT_TESTED, Status.NOT_APPLICABLE})
EQUIVOCAL = coded(SNOMED, "42425007", text="Equivocal")
_POSITIVE, _NEGATIVE = coded(SNOMED, "10828004"), coded(SNOMED, "260385009")
_SIGNS = {"positive": _POSITIVE, "negative": _NEGATIVE}

_MARKER = "mcode-tumor-marker-test"


class Observed(NamedTuple):
    """A fact that an observation of its own holds: a number in a unit, or one of some words.

    ``ucum`` is the unit in UCUM, empty where it has none; ``again`` says why whoever reads it
    enters it again.
    """

    code: Resource
    profile: str = ""
    unit: str = ""
    ucum: str = ""
    values: Mapping[str, Resource] = {}
    statuses: frozenset[Status] = _ABSENT
    whole: bool = False
    again: str = ""


class Genes(NamedTuple):
    """A fact that a variant observation holds: which genes, of which cells, and what was found.

    Each word gives the answer of the observation and, where there is one, the significance.
    """

    genes: tuple[str, ...]
    source: str
    values: Mapping[str, tuple[str, str]]
    statuses: frozenset[Status] = _ABSENT | {Status.EQUIVOCAL}


class Elsewhere(NamedTuple):
    """A fact that a part of another resource holds; ``values`` are the words that it can say."""

    written_as: str
    values: frozenset[str]
    needs: tuple[tuple[str, str], ...] = ()


class Nowhere(NamedTuple):
    """Why a fact has no place."""

    why: str


Place = Observed | Genes | Elsewhere | Nowhere

_SCORES = {"0": "LA6111-4", "1+": "LA11841-6", "2+": "LA11842-4", "3+": "LA11843-2"}
_PATHOGENIC = {
    "pathogenic": ("LA9633-4", "LA6668-3"),
    "likely-pathogenic": ("LA9633-4", "LA26332-9"),
    "uncertain-significance": ("LA9633-4", "LA26333-7"),
    "no-variant": ("LA9634-2", ""),
}
_MUTATED = {"mutated": ("LA9633-4", ""), "not-mutated": ("LA9634-2", "")}
_BRCA = ("HGNC:1100", "HGNC:1101")
_GERMLINE, _SOMATIC = "LA6683-2", "LA6684-0"
_BREAST = (("primary_cancer", "breast"),)
_ADVANCED = (("setting", "advanced"),)
_WITH_EQUIVOCAL = _ABSENT | {Status.EQUIVOCAL}


def _word(text: str) -> Resource:
    return {"text": text}


PLACES: dict[str, Place] = {
    "primary_cancer": Elsewhere(
        "Condition (primary cancer), SNOMED 254837009", frozenset({"breast"})
    ),
    "setting": Elsewhere("Condition (secondary cancer), SNOMED 128462008", frozenset({"advanced"})),
    "presentation": Elsewhere(
        "clinicalStatus `recurrence` of the Condition of the primary cancer",
        frozenset({"recurrent"}),
        _BREAST,
    ),
    "visceral_metastases": Elsewhere(
        "Condition (secondary cancer) with the body site `viscera`", frozenset({"yes"}), _ADVANCED
    ),
    "subtype": Elsewhere(
        "a second code of the Condition of the primary cancer, SNOMED 706970001",
        frozenset({"triple-negative"}),
        _BREAST,
    ),
    "sex": Elsewhere("gender of the Patient", frozenset({"female", "male"})),
    "er_percent": Observed(coded(LOINC, "85329-1"), _MARKER, "%", "%"),
    "pr_percent": Observed(coded(LOINC, "85325-9"), _MARKER, "%", "%"),
    "er_status": Observed(
        coded(LOINC, "16112-5"), _MARKER, values=_SIGNS, statuses=_WITH_EQUIVOCAL
    ),
    "pr_status": Observed(
        coded(LOINC, "16113-3"), _MARKER, values=_SIGNS, statuses=_WITH_EQUIVOCAL
    ),
    "her2_ihc": Observed(
        coded(LOINC, "85319-2"),
        _MARKER,
        values={score: coded(LOINC, answer) for score, answer in _SCORES.items()},
        statuses=_WITH_EQUIVOCAL,
    ),
    "her2_ish": Observed(
        coded(LOINC, "31150-6"),
        _MARKER,
        values={"amplified": _POSITIVE, "not-amplified": _NEGATIVE},
        statuses=_WITH_EQUIVOCAL,
    ),
    "her2_category": Observed(
        coded(LOINC, "48676-1"),
        _MARKER,
        values={name: _word(f"HER2-{name}") for name in ("low", "ultralow", "null")},
        statuses=frozenset(),
    ),
    "her2_status": Observed(coded(LOINC, "48676-1"), _MARKER, values=_SIGNS, statuses=frozenset()),
    "pd_l1_cps": Observed(
        coded(LOINC, "83052-1", text="PD-L1 combined positive score (CPS) by 22C3"),
        _MARKER,
        "score",
        "{score}",
    ),
    "pd_l1_ic": Observed(
        coded(LOINC, "83057-0", text="PD-L1 immune-cell score (IC) by SP142"), _MARKER, "%", "%"
    ),
    "germline_brca": Genes(_BRCA, _GERMLINE, _PATHOGENIC),
    "somatic_brca": Genes(_BRCA, _SOMATIC, _PATHOGENIC),
    "germline_palb2": Genes(("HGNC:26144",), _GERMLINE, _PATHOGENIC),
    "pik3ca": Genes(("HGNC:8975",), _SOMATIC, _MUTATED),
    "esr1": Genes(("HGNC:3467",), _SOMATIC, _MUTATED),
    "akt1_pten": Genes(("HGNC:391", "HGNC:9588"), _SOMATIC, {"altered": ("LA9633-4", "LA6668-3")}),
    "tmb": Observed(coded(LOINC, "94076-7"), unit="mut/Mb"),
    "microsatellites": Observed(
        coded(LOINC, "81695-9"),
        _MARKER,
        values={
            "unstable": coded(LOINC, "LA26203-2", text="MSI-H"),
            "stable": coded(LOINC, "LA14122-8", text="Stable"),
        },
    ),
    "ecog_ps": Observed(coded(LOINC, "89247-1"), "mcode-ecog-performance-status", whole=True),
    "menopausal_status": Observed(
        _word("Menopausal status"),
        values={
            "premenopausal": coded(SNOMED, "22636003"),
            "postmenopausal": coded(SNOMED, "76498008"),
        },
    ),
    "pregnancy": Observed(
        coded(LOINC, "82810-3"),
        values={
            "pregnant": coded(SNOMED, "77386006"),
            "not-pregnant": coded(SNOMED, "60001007"),
        },
    ),
    "dpyd": Observed(
        coded(LOINC, "45284-7"),
        values={
            "normal": _word("normal DPD function"),
            "partial-deficiency": _word("partial DPD deficiency"),
            "complete-deficiency": _word("complete DPD deficiency"),
        },
    ),
    "ugt1a1": Observed(
        coded(LOINC, "84413-4", text="UGT1A1 genotype"),
        values={
            pair: _word(f"UGT1A1 {pair}")
            for pair in ("*1/*1", "*1/*28", "*28/*28", "*1/*6", "*6/*6", "*6/*28")
        },
    ),
    "anc": Observed(coded(LOINC, "26499-4"), unit="/uL", ucum="/uL"),
    "platelets": Observed(coded(LOINC, "777-3"), unit="10*9/L", ucum="10*9/L"),
    "haemoglobin": Observed(coded(LOINC, "718-7"), unit="g/dL", ucum="g/dL"),
    "lvef": Observed(coded(LOINC, "10230-1"), unit="%", ucum="%"),
    "weight": Observed(
        coded(LOINC, "29463-7"),
        unit="kg",
        ucum="kg",
        again="a weight is that of a day, and a dose asks for that of its own day",
    ),
    "severe_hypersensitivity": Elsewhere(
        "AllergyIntolerance with a severe reaction, one for each drug; none as SNOMED 409137002",
        frozenset(),
    ),
    "age": Nowhere("a Patient holds a date of birth, and none is made up for an age in years"),
    "brain_metastases": Nowhere(
        "a Condition says that there are any, which is written beside `setting`; whether they are "
        "active, or treated and stable, it does not say"
    ),
    "her2_membrane_staining": Nowhere("no code; the category it decides has a place"),
    "hormone_receptor": Nowhere("each receptor has an observation; one for both says not which"),
    "creatinine_clearance": Nowhere("each code names a formula, and the fact does not say which"),
    "bilirubin": Nowhere("a record holds an amount and its limit, and not the multiple of a limit"),
    "transaminases": Nowhere(
        "a record holds each enzyme as an amount, and not the multiple of a limit"
    ),
    "child_pugh": Nowhere("no code of the guides; its parts are what a record holds"),
    "breastfeeding": Nowhere("no profile of the guides"),
    "ild_history": Nowhere(
        "a Condition says that it was; whether steroids were needed or it may be active it does not"
    ),
    "ild_grade_on_deruxtecan": Nowhere("a grade that belongs to a class of drugs has no code"),
    "corneal_disease": Nowhere("a Condition names a disease, and which one is not known here"),
    "neutropenia_history": Nowhere("a Condition does not say that it was on treatment"),
    "febrile_neutropenia_history": Nowhere("a Condition does not say that it was on treatment"),
    "comedication": Nowhere("a record names medicines, and here only their kinds are known"),
    "ugt1a1_metaboliser": Nowhere("follows from the genotype, which has a place"),
    "ascent_03_checkpoint_inhibitor": Nowhere("the entry criteria of one trial are no finding"),
    "comorbidities": Nowhere("a judgement; a record names diseases, and which ones is not known"),
    "organ_dysfunction": Nowhere("which organ is not known here, and a Condition has to name it"),
}
"""Where facts are written; those that are judgements or counts are told by their kind."""

_JUDGEMENT = Nowhere("a judgement of the clinician, for which the guides have no profile")
_DERIVED = Nowhere("follows from the earlier therapies, which are written one by one")
_UNKNOWN = Nowhere("the guides have no profile for it")


def place_of(fact: FactRecord) -> Place:
    """Where a fact is written, or why it is not."""
    found = PLACES.get(fact.id)
    if found is not None:
        return found
    if fact.origin == "derived":
        return _DERIVED
    return _JUDGEMENT if fact.judgement == "yes" else _UNKNOWN


class Told(NamedTuple):
    """A row of the table for people: where a fact goes, and what of it is lost."""

    written_as: str
    lost: str


def told(fact: FactRecord) -> Told:
    """What becomes of a fact, in words; ``written_as`` is empty for one without a place."""
    place = place_of(fact)
    match place:
        case Nowhere():
            return Told("", place.why)
        case Elsewhere() if fact.kind == "members":
            return Told(place.written_as, "that a list is complete, unless it is empty")
        case Elsewhere():
            lost = [f"`{word}`" for word in fact.values if word not in place.values]
            beside = "".join(f"; only beside `{name}: {value}`" for name, value in place.needs)
            statuses = "a reason for not knowing"
            return Told(place.written_as + beside, ", ".join([*lost, statuses]))
    lost = [f"`{word}`" for word in fact.values if word not in place.values]
    lost += [f"`{s.value}`" for s in Status if s is not Status.KNOWN and s not in place.statuses]
    if isinstance(place, Observed):
        unit = f" in `{place.unit}`" if place.unit else ""
        again = f"written, and not read again: {place.again}; " if place.again else ""
        return Told(f"Observation, {_named(place.code)}{unit}", again + ", ".join(lost))
    genes = ", ".join(place.genes)
    source = "germline" if place.source == _GERMLINE else "somatic"
    return Told(f"Observation, LOINC 69548-6, {source}, of {genes}", ", ".join(lost))


def _named(code: Resource) -> str:
    codings = code.get("coding")
    if isinstance(codings, list):
        return f"LOINC {codings[0]['code']}"
    return f"named in words, `{code['text']}`"


def is_held(fact: FactRecord, entered: Entered, case: PatientCase) -> bool:
    """Whether a fact of a case, as it stands, is written whole."""
    place = place_of(fact)
    match place:
        case Nowhere():
            return False
        case Elsewhere() if fact.kind == "members":
            # a record lists what there is, and never says of a list that it is whole
            open_list = entered.status is Status.UNKNOWN and bool(entered.value)
            return open_list or (entered.status is Status.KNOWN and not entered.value)
        case Elsewhere():
            beside = all(
                (other := case.entered.get(name)) is not None and other.value == value
                for name, value in place.needs
            )
            return beside and entered.value in place.values
    if entered.status is not Status.KNOWN:
        return entered.status in place.statuses
    return fact.kind == "number" or entered.value in place.values
