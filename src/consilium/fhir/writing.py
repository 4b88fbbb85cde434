"""A case as an mCODE bundle, and a plan as a CarePlan with what is missing.

What a profile has no place for is left out: mCODE holds no line of therapy, menopausal status
or disease volume. Facts that were not tested are written as such; no identifier is made up.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from consilium.clinical.patient import Entered, PatientCase, Status
from consilium.guidance.labels import LabelStatus
from consilium.knowledge.edition import Edition
from consilium.planning.plan import Option, Plan

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
_MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_PATIENT = "urn:uuid:" + str(uuid5(NAMESPACE_URL, "consilium/patient"))

_SIGNS = {"positive": "10828004", "negative": "260385009"}
_SCORES = {"0": "LA6111-4", "1+": "LA11841-6", "2+": "LA11842-4", "3+": "LA11843-2"}
_CHOICES = {"er_status": "16112-5", "pr_status": "16113-3"}
_NUMBERS = {
    "er_percent": ("85329-1", "%"),
    "pr_percent": ("85325-9", "%"),
    "platelets": ("777-3", "10*9/L"),
    "haemoglobin": ("718-7", "g/dL"),
    "lvef": ("10230-1", "%"),
}
HELD = ("sex", "primary_cancer", "setting", "her2_ihc", "ecog_ps", *_CHOICES, *_NUMBERS)
"""The facts that are written; the others have no place that every reader understands."""

_Resource = dict[str, object]


def as_mcode(case: PatientCase) -> _Resource:
    """A collection of the facts of a case that mCODE can hold."""
    entries = [{"fullUrl": _PATIENT, "resource": _patient(case)}]
    for fact in HELD:
        entered = case.entered.get(fact)
        resource = _resource(fact, entered) if entered is not None else None
        if resource is not None:
            name = uuid5(NAMESPACE_URL, f"consilium/{fact}")
            entries.append({"fullUrl": f"urn:uuid:{name}", "resource": resource})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _patient(case: PatientCase) -> _Resource:
    sex = case.entered.get("sex")
    told = {"gender": sex.value} if sex is not None and sex.status is Status.KNOWN else {}
    return {"resourceType": "Patient", **told}


def _resource(fact: str, entered: Entered) -> _Resource | None:
    subject = {"subject": {"reference": _PATIENT}}
    if fact in ("primary_cancer", "setting"):
        wanted = {"primary_cancer": ("breast", "254837009"), "setting": ("advanced", "128462008")}
        value, code = wanted[fact]
        if entered.value != value:
            return None
        kind = "primary" if fact == "primary_cancer" else "secondary"
        return {
            "resourceType": "Condition",
            "meta": {"profile": [f"{_MCODE}mcode-{kind}-cancer-condition"]},
            "code": _coded(SNOMED, code),
            **subject,
        }
    code = _NUMBERS[fact][0] if fact in _NUMBERS else _CHOICES.get(fact, "")
    code = {"her2_ihc": "85319-2", "ecog_ps": "89247-1"}.get(fact, code)
    if not code:
        return None
    profile = "mcode-ecog-performance-status" if fact == "ecog_ps" else "mcode-tumor-marker-test"
    dated = {"effectiveDateTime": str(entered.origin.on)} if entered.origin.on else {}
    return {
        "resourceType": "Observation",
        "meta": {"profile": [f"{_MCODE}{profile}"]},
        "status": "final",
        "code": _coded(LOINC, code),
        **subject,
        **dated,
        **_value(fact, entered),
    }


def _value(fact: str, entered: Entered) -> _Resource:
    if entered.status is not Status.KNOWN:
        absent = "not-performed" if entered.status is Status.NOT_TESTED else "unknown"
        return {"dataAbsentReason": _coded(_ABSENT, absent)}
    match entered.value:
        case float() | int() as number if fact == "ecog_ps":
            return {"valueInteger": int(number)}
        case float() | int() as number:
            unit = _NUMBERS[fact][1]
            return {
                "valueQuantity": {
                    "value": number,
                    "unit": unit,
                    "system": "http://unitsofmeasure.org",
                    "code": unit,
                }
            }
        case str() as word if fact == "her2_ihc":
            return {"valueCodeableConcept": _coded(LOINC, _SCORES[word])}
        case word:
            return {"valueCodeableConcept": _coded(SNOMED, _SIGNS[str(word)])}


def _coded(system: str, code: str) -> _Resource:
    return {"coding": [{"system": system, "code": code}]}


# -- plans -----------------------------------------------------------------------------------------


def as_care_plan(made: Plan, edition: Edition) -> _Resource:
    """A plan as CarePlan, RequestGroup and GuidanceResponse: proposals, never orders."""
    group: _Resource = {
        "resourceType": "RequestGroup",
        "status": "draft",
        "intent": "proposal",
        "subject": {"reference": _PATIENT},
    }
    actions = [_action(rank, option, edition) for rank, option in enumerate(made.options, start=1)]
    if actions:
        group["action"] = actions
    care: _Resource = {
        "resourceType": "CarePlan",
        "status": "draft",
        "intent": "proposal",
        "subject": {"reference": _PATIENT},
        "title": f"What sources would do, as known on {made.as_of}, region {made.region}",
        "activity": [{"reference": {"reference": _address("group")}}],
    }
    guidance: _Resource = {
        "resourceType": "GuidanceResponse",
        "moduleUri": f"urn:consilium:edition:{made.edition}",
        "status": "data-required" if made.gaps else "success",
        "subject": {"reference": _PATIENT},
        "result": {"reference": _address("care")},
    }
    if made.gaps:
        guidance["dataRequirement"] = [_missing(gap.fact, edition) for gap in made.gaps]
        guidance["note"] = [{"text": gap.ask} for gap in made.gaps]
    resources = {"care": care, "group": group, "guidance": guidance}
    entries = [{"fullUrl": _address(n), "resource": body} for n, body in resources.items()]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _address(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'consilium/{name}')}"


def _action(rank: int, option: Option, edition: Edition) -> _Resource:
    cited = {c.source: c for voice in option.voices for c in voice.because}
    action: _Resource = {
        "prefix": str(rank),
        "title": option.name,
        "description": f"{option.headline}. {_LABELS[option.label.status]}",
    }
    if cited:
        action["documentation"] = [
            {"type": "citation", "citation": edition.sources[name].reference} for name in cited
        ]
    return action


_LABELS = {
    LabelStatus.APPROVED: "Approved here.",
    LabelStatus.OUTSIDE: "Outside the label here.",
    LabelStatus.UNDER_REVIEW: "Under review here.",
    LabelStatus.NONE_FOUND: "No approval found here when checked.",
    LabelStatus.NOT_RECORDED: "Approval here not recorded.",
    LabelStatus.CANNOT_TELL: "Whether its label covers this patient cannot be told.",
}


def _missing(fact: str, edition: Edition) -> _Resource:
    codes = [c for c in edition.facts[fact].codes if c.system == "LOINC"]
    if not codes:
        return {"type": "Observation"}
    coding = [{"system": LOINC, "code": one.code} for one in codes]
    return {"type": "Observation", "codeFilter": [{"path": "code", "code": coding}]}
