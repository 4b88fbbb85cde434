"""The positions of an edition as PlanDefinitions: who would do what, for whom, because of what."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from consilium.evidence.sources import Citation
from consilium.fhir.resources import Resource, collection, data_requirement
from consilium.guidance.voices import STANCE_WORDS
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Position
from consilium.rules.conditions import facts_in
from consilium.rules.say import say

_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
_TREE = "application/json"
"""The language of a condition: its tree, as `consilium export --format json` has it."""


def as_plan_definitions(edition: Edition) -> Resource:
    """A collection of PlanDefinitions, one for each position of an edition.

    A condition stands in words, and as its tree, which is the same as in the plain JSON. An
    action is one regimen; what is said of it, in favour or against, leads its title.
    """
    return collection(
        [(_address(one.id), _definition(one, edition)) for one in edition.positions.values()]
    )


def _address(name: str) -> str:
    return f"urn:consilium:position:{name}"


def _definition(position: Position, edition: Edition) -> Resource:
    speaker = edition.speakers[position.who]
    stance = STANCE_WORDS[position.stance].rstrip(":")
    names = [edition.regimens[name].name for name in position.regimens]
    body: Resource = {
        "resourceType": "PlanDefinition",
        "id": position.id,
        "url": _address(position.id),
        "version": edition.info.edition,
        "title": " ".join([speaker.name, stance, *([", ".join(names)] if names else [])]),
        "type": {"coding": [{"system": _TYPE, "code": "eca-rule"}]},
        "status": "active",
        "date": str(edition.info.date),
        "publisher": edition.info.title,
        "description": " ".join(filter(None, (f"{speaker.name} {stance}.", position.caveat))),
        "author": [{"name": speaker.name}],
        "lastReviewDate": str(position.checked),
        "relatedArtifact": _cited(position.because, edition),
        "action": [_action(position, stance, name, edition) for name in position.regimens]
        or [_action(position, stance, "", edition)],
    }
    period = {
        key: str(on)
        for key, on in (("start", position.since), ("end", position.until))
        if on is not None and on != "not-stated"
    }
    if period:
        body["effectivePeriod"] = period
    if position.regions:
        body["jurisdiction"] = [
            {"coding": [{"system": "urn:iso:std:iso:3166", "code": _country(region.value)}]}
            for region in position.regions
        ]
    if position.interpretation:
        body["usage"] = "; ".join(f"{k}: {said}" for k, said in position.interpretation.items())
    return body


def _country(region: str) -> str:
    return {"UK": "GB"}.get(region, region)


def _action(position: Position, stance: str, regimen: str, edition: Edition) -> Resource:
    name = edition.regimens[regimen].name if regimen else ""
    over = [edition.regimens[other].name for other in position.over]
    preferred = f"preferred to {', '.join(over)}" if over else ""
    waiting = "only where it is approved" if position.premise == "approved" else ""
    asked = sorted(facts_in(position.when))
    action: Resource = {
        "title": f"{stance}: {name}" if name else stance,
        "code": [{"text": position.stance.value}],
        "condition": [
            {
                "kind": "applicability",
                "expression": {
                    "description": say(position.when, edition.model),
                    "language": _TREE,
                    "expression": msgspec.json.encode(position.when).decode(),
                },
            }
        ],
        "documentation": _cited(position.because, edition),
    }
    if asked:
        action["input"] = [data_requirement(edition.facts[fact]) for fact in asked]
    if preferred or waiting:
        action["description"] = "; ".join(filter(None, (preferred, waiting)))
    if regimen:
        action["definitionUri"] = f"urn:consilium:regimen:{regimen}"
    return action


def _cited(because: Iterable[Citation], edition: Edition) -> list[Resource]:
    listed: list[Resource] = []
    for one in because:
        source = edition.sources[one.source]
        artifact: Resource = {
            "type": "citation",
            "label": one.source,
            "display": ": ".join(filter(None, (one.at, one.says))),
            "citation": source.reference,
        }
        address = f"https://doi.org/{source.doi}" if source.doi else source.url
        listed.append(artifact | ({"url": address} if address else {}))
    return listed
