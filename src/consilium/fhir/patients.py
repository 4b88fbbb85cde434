"""A case as an mCODE bundle: every fact that has a place there, and no identifier of anybody.

What a fact is written as, and which facts have no place, is told by ``holding``. A fact that was
not tested, or not known, is written as such. Earlier therapies are written one drug at a time,
with the intent, the period and the reason for stopping; lines are counted again by whoever reads.
"""

from __future__ import annotations

from consilium.clinical.patient import Entered, PatientCase, Status, Therapy
from consilium.fhir.holding import EQUIVOCAL, Genes, Observed, is_held, place_of
from consilium.fhir.resources import (
    HGNC,
    LOINC,
    PATIENT,
    RXNORM,
    SNOMED,
    SUBJECT,
    Resource,
    absent,
    address,
    coded,
    collection,
    quantity,
)
from consilium.intake.vocabulary import HasVocabulary
from consilium.knowledge.records import Drug

_MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_INTENTS = {"advanced": "363676003", "adjuvant": "373846009", "neoadjuvant": "373847000"}
_REASONS: dict[str, Resource] = {
    "progression": coded(SNOMED, "266721009"),
    "toxicity": coded(SNOMED, "407563006"),
    "preference": coded(SNOMED, "105480006"),
    "other": {"text": "another reason"},
    "unknown": {"text": "reason not known"},
}
_OUTCOMES = {"progression": "271299001", "response": "268910001", "stable": "359746009"}
_NO_TIME: Resource = {
    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "valueCode": "unknown",
}
_SPREAD = "128462008"
_BRAIN = "94225005"
_HYPERSENSITIVITY = "severe_hypersensitivity"

_Entries = list[tuple[str, Resource]]


def as_mcode(case: PatientCase, edition: HasVocabulary) -> Resource:
    """A collection of the facts of a case that mCODE and US Core can hold."""
    held = {
        name: entered
        for name, entered in case.entered.items()
        if is_held(edition.facts[name], entered, case)
    }
    sex = held.get("sex")
    patient: Resource = {"resourceType": "Patient"} | ({"gender": sex.value} if sex else {})
    entries: _Entries = [(PATIENT, patient), *_conditions(case, held)]
    for name, entered in held.items():
        place = place_of(edition.facts[name])
        if isinstance(place, Observed):
            entries.append((address(name), _observation(place, entered)))
        elif isinstance(place, Genes):
            entries.append((address(name), _variant(place, entered)))
    if _HYPERSENSITIVITY in held:
        entries += _allergies(held[_HYPERSENSITIVITY], edition)
    for index, therapy in enumerate(case.therapies.therapies):
        entries += _therapy(index, therapy, edition)
    return collection(entries)


# --- the disease ----------------------------------------------------------------------------------


def _conditions(case: PatientCase, held: dict[str, Entered]) -> _Entries:
    entries: _Entries = []
    if "primary_cancer" in held:
        codes = ("254837009", *(("706970001",) if "subtype" in held else ()))
        body = _condition("primary", held["primary_cancer"], coded(SNOMED, *codes))
        if "presentation" in held:
            body["clinicalStatus"] = coded(f"{_HL7}condition-clinical", "recurrence")
        entries.append((address("primary_cancer"), body))
    if "setting" in held:
        # The code of a metastasis is the nearest that there is; the words say what was meant.
        said = "Advanced disease: inoperable and locally advanced, or metastatic"
        body = _condition("secondary", held["setting"], coded(SNOMED, _SPREAD, text=said))
        entries.append((address("setting"), body))
        brain = case.entered.get("brain_metastases")
        if brain is not None and brain.value in ("active", "treated-stable"):
            body = _condition("secondary", brain, coded(SNOMED, _BRAIN))
            entries.append((address("brain_metastases"), body))
    if "visceral_metastases" in held:
        body = _condition("secondary", held["visceral_metastases"], coded(SNOMED, _SPREAD))
        body["bodySite"] = [{"text": "viscera"}]
        entries.append((address("visceral_metastases"), body))
    return entries


def _condition(kind: str, entered: Entered, code: Resource) -> Resource:
    recorded = {"recordedDate": str(entered.origin.on)} if entered.origin.on else {}
    return {
        "resourceType": "Condition",
        "meta": {"profile": [f"{_MCODE}mcode-{kind}-cancer-condition"]},
        "code": code,
        **SUBJECT,
        **recorded,
    }


# --- observations ---------------------------------------------------------------------------------


def _observation(place: Observed, entered: Entered) -> Resource:
    # the profile asks for a value, so what has none claims no profile
    claimed = place.profile if entered.status is Status.KNOWN else ""
    return _observed(claimed, place.code, entered) | _value(place, entered)


def _observed(profile: str, code: Resource, entered: Entered) -> Resource:
    claimed = {"meta": {"profile": [f"{_MCODE}{profile}"]}} if profile else {}
    dated = {"effectiveDateTime": str(entered.origin.on)} if entered.origin.on else {}
    return {
        "resourceType": "Observation",
        **claimed,
        "status": "final",
        "code": code,
        **SUBJECT,
        **dated,
    }


def _value(place: Observed, entered: Entered) -> Resource:
    if entered.status is Status.EQUIVOCAL:
        return {"valueCodeableConcept": EQUIVOCAL}
    if entered.status is not Status.KNOWN:
        return absent(entered.status)
    match entered.value:
        case float() | int() as number if place.whole:
            return {"valueInteger": int(number)}
        case float() | int() as number:
            return {"valueQuantity": quantity(number, place.unit, place.ucum)}
        case word:
            return {"valueCodeableConcept": place.values[str(word)]}


def _variant(place: Genes, entered: Entered) -> Resource:
    parts: list[Resource] = [_part("48018-6", coded(HGNC, gene)) for gene in place.genes]
    parts.append(_part("48002-0", coded(LOINC, place.source)))
    if entered.status is Status.EQUIVOCAL:
        value: Resource = {"valueCodeableConcept": coded(LOINC, "LA11884-6", text="Indeterminate")}
    elif entered.status is not Status.KNOWN:
        value = absent(entered.status)
    else:
        answer, significance = place.values[str(entered.value)]
        value = {"valueCodeableConcept": coded(LOINC, answer)}
        if significance:
            parts.append(_part("53037-8", coded(LOINC, significance)))
    body = _observed("mcode-genomic-variant", coded(LOINC, "69548-6"), entered)
    return body | value | {"component": parts}


def _part(code: str, value: Resource) -> Resource:
    return {"code": coded(LOINC, code), "valueCodeableConcept": value}


# --- allergies and therapies ----------------------------------------------------------------------


def _allergies(entered: Entered, edition: HasVocabulary) -> _Entries:
    drugs = sorted(entered.value) if isinstance(entered.value, frozenset) else []
    codes = [(drug, _medicine(edition.drugs[drug])) for drug in drugs]
    listed = codes or [("none", coded(SNOMED, "409137002"))]
    return [
        (
            address(f"allergy/{name}"),
            {
                "resourceType": "AllergyIntolerance",
                "clinicalStatus": coded(f"{_HL7}allergyintolerance-clinical", "active"),
                "verificationStatus": coded(f"{_HL7}allergyintolerance-verification", "confirmed"),
                "code": code,
                "patient": {"reference": PATIENT},
                **({"recordedDate": str(entered.origin.on)} if entered.origin.on else {}),
                **({"type": "allergy", "reaction": [_SEVERE]} if codes else {}),
            },
        )
        for name, code in listed
    ]


_SEVERE: Resource = {"manifestation": [{"text": "hypersensitivity"}], "severity": "severe"}


def _medicine(drug: Drug) -> Resource:
    codes = [code.code for code in drug.codes if code.system == "RxNorm" and not code.note]
    return coded(RXNORM, *codes, text=drug.name) if codes else {"text": drug.name}


def _therapy(index: int, therapy: Therapy, edition: HasVocabulary) -> _Entries:
    named = [(drug, _medicine(edition.drugs[drug])) for drug in therapy.drugs]
    named += [(name, {"text": name}) for name in therapy.unread]
    entries: _Entries = [
        (address(f"therapy/{index}/{name}"), _administration(therapy, medicine))
        for name, medicine in named
    ]
    if therapy.outcome in _OUTCOMES:
        status: Resource = {
            "resourceType": "Observation",
            "meta": {"profile": [f"{_MCODE}mcode-cancer-disease-status"]},
            "status": "final",
            "partOf": [{"reference": there} for there, _ in entries],
            "code": coded(LOINC, "97509-4"),
            **SUBJECT,
            "valueCodeableConcept": coded(SNOMED, _OUTCOMES[therapy.outcome]),
        }
        entries.append((address(f"therapy/{index}/outcome"), status))
    return entries


def _administration(therapy: Therapy, medicine: Resource) -> Resource:
    period: Resource = {}
    if therapy.started is not None:
        period["start"] = str(therapy.started)
    if therapy.ended is not None:
        period["end"] = str(therapy.ended)
    if not period:
        period["extension"] = [_NO_TIME]  # R4 asks for a time, or for the reason that there is none
    status = "in-progress" if therapy.ongoing else "completed"
    body: Resource = {
        "resourceType": "MedicationAdministration",
        "meta": {"profile": [f"{_MCODE}mcode-cancer-related-medication-administration"]},
        "status": "stopped" if therapy.stopped_for in _REASONS else status,
        "medicationCodeableConcept": medicine,
        **SUBJECT,
        "effectivePeriod": period,
    }
    if therapy.setting in _INTENTS:
        intent = coded(SNOMED, _INTENTS[therapy.setting])
        body["extension"] = [
            {"url": f"{_MCODE}mcode-procedure-intent", "valueCodeableConcept": intent}
        ]
    if therapy.stopped_for in _REASONS:
        body["statusReason"] = [_REASONS[therapy.stopped_for]]
    return body
