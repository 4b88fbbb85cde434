"""What every written resource shares: codes, addresses, and values that are absent for a reason."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from consilium.clinical.patient import Status
from consilium.knowledge.records import FactRecord

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HGNC = "http://www.genenames.org/geneId"
TERMINOLOGIES = {"LOINC": LOINC, "SNOMED": SNOMED, "RxNorm": RXNORM, "HGNC": HGNC}
UCUM = "http://unitsofmeasure.org"

Resource = dict[str, object]

_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_REASONS = {
    Status.UNKNOWN: "asked-unknown",
    Status.NOT_TESTED: "not-performed",
    Status.NOT_APPLICABLE: "not-applicable",
}


def address(name: str) -> str:
    """An address that is the same for the same name, and says nothing of a person."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'consilium/{name}')}"


PATIENT = address("patient")
SUBJECT: Resource = {"subject": {"reference": PATIENT}}


def coded(system: str, *codes: str, text: str = "") -> Resource:
    """A CodeableConcept with codes of one terminology, its words beside them."""
    found: Resource = {"coding": [{"system": system, "code": code} for code in codes]}
    return found | ({"text": text} if text else {})


def absent(status: Status) -> Resource:
    """Why a value is not there."""
    return {"dataAbsentReason": coded(_ABSENT, _REASONS[status])}


def quantity(value: float, unit: str, code: str = "") -> Resource:
    """A number with its unit; ``code`` is the unit in UCUM, where it has one."""
    number = int(value) if float(value).is_integer() else value
    found: Resource = {"value": number, "unit": unit}
    return found | ({"system": UCUM, "code": code} if code else {})


def data_requirement(fact: FactRecord) -> Resource:
    """What would have to be known: an observation with one of the codes of a fact."""
    coding = [{"system": LOINC, "code": c.code} for c in fact.codes if c.system == "LOINC"]
    found: Resource = {"type": "Observation"}
    return found | ({"codeFilter": [{"path": "code", "code": coding}]} if coding else {})


def collection(entries: list[tuple[str, Resource]]) -> Resource:
    """A Bundle of resources, each with its address."""
    listed = [{"fullUrl": there, "resource": body} for there, body in entries]
    return {"resourceType": "Bundle", "type": "collection", "entry": listed}
