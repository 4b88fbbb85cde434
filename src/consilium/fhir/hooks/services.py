"""The services that are offered, and the queries they would like answered beforehand.

CDS Hooks 2.0.1 (HL7), `Discovery` and `Prefetch Template`; the queries stay within
reading by id and searching by reference, code, category, count and sort, which every
client supports.
"""

from __future__ import annotations

from typing import NamedTuple

PATIENT = "{{context.patientId}}"
_LOINC = "http://loinc.org|"

_MARKERS = """
    16112-5 85337-4 40556-3 14228-1 85329-1 14130-9 16113-3 85339-0 40557-1 14230-7 85325-9
    48676-1 85319-2 18474-7 72383-3 85318-4 31150-6 96893-3 49683-6 74860-8 74885-5
    83052-1 83054-7 85147-7 83055-4 83056-2 85148-5 83057-0 85149-3 83053-9 81695-9 94076-7
"""
_GENES = "69548-6 21636-6 38530-2 53041-0 51968-6 53037-8"
_PERFORMANCE = "89247-1 89243-0"


def _search(kind: str, extra: str = "") -> str:
    return f"{kind}?patient={PATIENT}{extra}"


def _coded(codes: str) -> str:
    return "&code=" + ",".join(f"{_LOINC}{code}" for code in codes.split())


PREFETCH: dict[str, str] = {
    "patient": f"Patient/{PATIENT}",
    "conditions": _search("Condition"),
    "markers": _search("Observation", _coded(_MARKERS)),
    "genomics": _search("Observation", _coded(_GENES)),
    "labs": _search("Observation", "&category=laboratory&_sort=-date&_count=100"),
    "performance": _search("Observation", _coded(_PERFORMANCE)),
    "medRequests": _search("MedicationRequest"),
    "medAdmins": _search("MedicationAdministration"),
    "procedures": _search("Procedure"),
}
"""What each service asks to be sent along; all of it may be missing but the conditions."""

NEEDED = "conditions"
"""Without the conditions it cannot be told whether a patient is meant at all."""


class Service(NamedTuple):
    """One service: the hook it answers and what it is for."""

    id: str
    hook: str
    title: str
    description: str


SERVICES = (
    Service(
        "consilium-plan",
        "patient-view",
        "What sources would do",
        "For HER2-negative metastatic breast cancer: what experts, labels and guidelines would "
        "do for this patient, what is missing, and a link to the whole plan.",
    ),
    Service(
        "consilium-order-select",
        "order-select",
        "A chosen drug against the plan",
        "Holds a cancer drug that is being chosen against what sources say of this patient and "
        "against what speaks against giving it.",
    ),
    Service(
        "consilium-order-sign",
        "order-sign",
        "Orders to sign against the plan",
        "Holds the cancer drugs about to be ordered against what sources say of this patient and "
        "against what speaks against giving them.",
    ),
)
BY_ID = {service.id: service for service in SERVICES}


def discovery() -> dict[str, object]:
    """The body of ``GET {base}/cds-services``."""
    return {
        "services": [
            {
                "hook": service.hook,
                "id": service.id,
                "title": service.title,
                "description": service.description,
                "prefetch": PREFETCH,
                "usageRequirements": "Answers from what is sent along; fetches nothing unless the "
                "site has allowed it.",
            }
            for service in SERVICES
        ]
    }
