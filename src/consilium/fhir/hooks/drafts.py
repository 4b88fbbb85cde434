"""The cancer drugs that somebody is about to order."""

from __future__ import annotations

from collections.abc import Mapping

from consilium.intake.fhir.bundle import Resource, Resources
from consilium.intake.fhir.codes import concept, mappings
from consilium.intake.vocabulary import Vocabulary

_ORDERS = ("MedicationRequest",)


def drafted(context: Mapping[str, object], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Drugs of the edition among the drafts; of those chosen where a choice is sent along."""
    drafts = context.get("draftOrders")
    entries = mappings(drafts.get("entry")) if isinstance(drafts, Mapping) else []
    bodies = [entry["resource"] for entry in entries if isinstance(entry.get("resource"), Mapping)]
    resources = Resources(bodies, several=True)
    chosen = context.get("selections")
    found: dict[str, None] = {}
    for resource in resources.of(*_ORDERS):
        if isinstance(chosen, list) and resource.where not in chosen:
            continue
        found |= dict.fromkeys(_drugs(resource, resources, vocabulary))
    return tuple(drug for drug in found if not vocabulary.is_supportive((drug,)))


def _drugs(resource: Resource, resources: Resources, vocabulary: Vocabulary) -> tuple[str, ...]:
    body = resource.body
    medication = body.get("medicationCodeableConcept")
    if medication is None:
        other = resources.resolve(body.get("medicationReference"), resource)
        medication = other.body.get("code") if other else body.get("medicationReference")
    named = concept(medication)
    coded = [vocabulary.drug_by_code(c.system, c.code) for c in named.codings]
    found = [drug for drug in coded if drug]
    if not found:
        found = [drug for text in named.texts for drug in vocabulary.drugs_in(text).drugs]
    if not found and isinstance(medication, Mapping):
        display = medication.get("display")
        found = list(vocabulary.drugs_in(display).drugs) if isinstance(display, str) else []
    return tuple(dict.fromkeys(found))
