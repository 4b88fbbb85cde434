"""Severe reactions to drugs, from the allergies of a record."""

from __future__ import annotations

from consilium.clinical.patient import Entered, Origin, Status
from consilium.intake.fhir.bundle import Resource, Resources
from consilium.intake.fhir.codes import concept, mappings, words
from consilium.intake.fhir.findings import Harvest, places
from consilium.intake.fhir.moments import first_moment
from consilium.intake.plain import NOT_COMPLETE
from consilium.intake.vocabulary import Vocabulary

HYPERSENSITIVITY = "severe_hypersensitivity"

_NONE = frozenset({"409137002", "716186003"})
_REFUTED = frozenset({"refuted", "entered-in-error", "unconfirmed"})


def severe_hypersensitivity(
    vocabulary: Vocabulary, resources: Resources, harvest: Harvest
) -> Entered | None:
    """The drugs of the edition with a severe reaction; a record never says that there are no more.

    An allergy to none, as stated, is none. Where a record states both, the drugs count.
    """
    if HYPERSENSITIVITY not in vocabulary.facts:
        return None
    drugs: set[str] = set()
    named: list[Resource] = []
    denied: list[Resource] = []
    for resource in resources.of("AllergyIntolerance"):
        code = concept(resource.body.get("code"))
        statuses = concept(resource.body.get("verificationStatus")).codings
        if any(one.code in _REFUTED for one in statuses):
            continue
        if code.has("SNOMED", _NONE):
            denied.append(resource)
            continue
        severities = {words(r.get("severity")) for r in mappings(resource.body.get("reaction"))}
        found = {d for c in code.codings if (d := vocabulary.drug_by_code(c.system, c.code))}
        found |= {d for text in code.texts for d in vocabulary.drugs_in(text).drugs}
        if found and "severe" in severities and resource.body.get("type") != "intolerance":
            drugs |= found
            named.append(resource)
    read = named or denied
    if not read:
        return None
    for resource in read:
        harvest.seen.add(resource.where)
    dated = [on for r in read if (on := first_moment(r.body, "recordedDate", "onsetDateTime"))]
    last = max(dated, key=lambda on: on.day.last, default=None)
    rule = NOT_COMPLETE if named else "no allergy, as stated"
    origin = Origin(places(r.where for r in read), last.day if last else None, rule)
    status = Status.UNKNOWN if named else Status.KNOWN
    return Entered(frozenset(drugs), origin, status, ", ".join(sorted(drugs)))
