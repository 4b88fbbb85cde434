"""Small records in FHIR, and requests of a client, that say only what matters."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

LOINC, SNOMED, RXNORM = (
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
)
INSTANCE = str(UUID(int=7))


def coded(system: str, code: str, display: str = "") -> dict[str, Any]:
    """A CodeableConcept with one code."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}


def resource(kind: str, name: str, **body: Any) -> dict[str, Any]:
    """A resource of the patient `p1`."""
    return {"resourceType": kind, "id": name, "subject": {"reference": "Patient/p1"}, **body}


def observation(name: str, loinc: str, **value: Any) -> dict[str, Any]:
    """A final observation of this year."""
    said = {"status": "final", "effectiveDateTime": "2026-10-01", "code": coded(LOINC, loinc)}
    return resource("Observation", name, **said, **value)


def searchset(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The result of a search."""
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


def the_patient() -> dict[str, Any]:
    """Somebody."""
    return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1966-02-03"}


def prefetch() -> dict[str, Any]:
    """Triple-negative disease in the liver, nothing given yet that the record knows of."""
    negative = {"valueCodeableConcept": coded(SNOMED, "260385009")}
    return {
        "patient": the_patient(),
        "conditions": searchset(
            resource("Condition", "c1", code=coded(SNOMED, "254837009")),
            resource("Condition", "c2", code=coded(SNOMED, "94381002")),
        ),
        "markers": searchset(
            observation("er", "16112-5", **negative),
            observation("pr", "16113-3", **negative),
            observation("her2", "85319-2", valueCodeableConcept=coded(LOINC, "LA11841-6")),
        ),
        "genomics": None,
        "labs": searchset(),
        "performance": searchset(observation("ecog", "89247-1", valueInteger=1)),
        "medRequests": searchset(),
        "medAdmins": searchset(),
        "procedures": searchset(),
    }


def request(hook: str = "patient-view", **changed: Any) -> dict[str, Any]:
    """A whole request of a client; `None` for a key of the request leaves it out."""
    body: dict[str, Any] = {
        "hook": hook,
        "hookInstance": INSTANCE,
        "context": {"userId": "Practitioner/1", "patientId": "p1"},
        "prefetch": prefetch(),
    }
    return {key: value for key, value in (body | changed).items() if value is not None}


def ordering(hook: str, *names: str, **changed: Any) -> dict[str, Any]:
    """A request about drafted orders of drugs by name."""
    drafts = [
        resource(
            "MedicationRequest",
            f"m{place}",
            status="draft",
            intent="order",
            medicationCodeableConcept={"text": name},
        )
        for place, name in enumerate(names)
    ]
    context = {
        "userId": "Practitioner/1",
        "patientId": "p1",
        "draftOrders": searchset(*drafts),
        "selections": [f"MedicationRequest/m{place}" for place in range(len(names))],
    }
    return request(hook, **{"context": context, **changed})


def as_bytes(body: object) -> bytes:
    """As it goes over the wire."""
    return json.dumps(body).encode()
