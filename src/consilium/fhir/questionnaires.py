"""The facts of an edition as a Questionnaire; its answers are read back by ``intake``."""

from __future__ import annotations

from itertools import groupby

from consilium.clinical.patient import Status
from consilium.fhir.resources import TERMINOLOGIES, UCUM, Resource
from consilium.intake.fhir.answers import (
    COMPLETE,
    DATES,
    SYSTEM,
    THERAPIES,
    THERAPY_PARTS,
    WHY_NOT,
    questionnaire_address,
)
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import FactRecord

_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
_STATUSES = {
    Status.UNKNOWN: "not known",
    Status.NOT_TESTED: "not tested",
    Status.EQUIVOCAL: "equivocal",
    Status.NOT_APPLICABLE: "does not apply",
}


def as_questionnaire(edition: Edition) -> Resource:
    """A Questionnaire whose link ids are the names of the facts.

    Beside every fact stands a question why it has no value, because not tested, not known,
    equivocal and not applicable are four answers, and none of them is a no.
    """
    groups = groupby(edition.contents.facts, key=lambda fact: fact.group)
    items: list[Resource] = [
        {
            "linkId": f"group/{number}",
            "text": group.capitalize(),
            "type": "group",
            "item": [_item(fact, edition) for fact in facts],
        }
        for number, (group, facts) in enumerate(groups, start=1)
    ]
    return {
        "resourceType": "Questionnaire",
        "id": f"consilium-{edition.info.edition}",
        "url": questionnaire_address(),
        "version": edition.info.edition,
        "title": edition.info.title,
        "status": "active",
        "date": str(edition.info.date),
        "subjectType": ["Patient"],
        "description": edition.info.intended_use,
        "item": [*items, *_therapies(edition)],
    }


def _item(fact: FactRecord, edition: Edition) -> Resource:
    item: Resource = {
        "linkId": fact.id,
        "text": fact.ask or fact.phrase,
        "type": {"choice": "choice", "members": "choice", "number": "quantity"}[fact.kind],
    }
    codes = [
        {"system": TERMINOLOGIES[c.system], "code": c.code, "display": c.display}
        for c in fact.codes
        if c.system in TERMINOLOGIES
    ]
    if codes:
        item["code"] = codes
    if fact.kind == "number":
        item |= _number(fact)
    else:
        item["answerOption"] = _options(_words(fact, edition))
        if fact.kind == "members":
            item["repeats"] = True
    item["item"] = [
        {
            "linkId": f"{fact.id}{WHY_NOT}",
            "text": "If there is no value, why not?",
            "type": "choice",
            "answerOption": _options({s.value: said for s, said in _STATUSES.items()}),
        }
    ]
    return item


def _number(fact: FactRecord) -> Resource:
    if not fact.unit and fact.whole == "yes":
        bounds: list[Resource] = [
            {"url": f"{_EXTENSION}{end}Value", "valueInteger": int(value)}
            for end, value in (("min", fact.low), ("max", fact.high))
        ]
        return {"type": "integer", "extension": bounds}
    if not fact.unit:
        return {"type": "decimal"}
    units = [
        {
            "url": f"{_EXTENSION}questionnaire-unitOption",
            "valueCoding": {"system": UCUM, "code": unit, "display": unit},
        }
        for unit in fact.units or (fact.unit,)
    ]
    return {"extension": units}


def _words(fact: FactRecord, edition: Edition) -> dict[str, str]:
    match fact.vocabulary:
        case "drugs":
            return {drug.id: drug.name for drug in edition.drugs.values()}
        case "classes":
            return {one.id: one.name for one in edition.classes.values()}
        case _:
            return dict(fact.values)


def _options(words: dict[str, str]) -> list[Resource]:
    return [
        {"valueCoding": {"system": SYSTEM, "code": word, "display": said}}
        for word, said in words.items()
    ]


def _therapies(edition: Edition) -> list[Resource]:
    drugs = {drug.id: drug.name for drug in edition.drugs.values()}
    parts: list[Resource] = []
    for name, part in THERAPY_PARTS.items():
        item: Resource = {"linkId": f"{THERAPIES}/{name}", "text": part.ask, "type": part.type}
        if part.type == "choice":
            words = drugs if name == "drugs" else {word: word for word in part.words}
            item["answerOption"] = _options(words)
        if part.repeats:
            item["repeats"] = True
        parts.append(item)
    dates: list[Resource] = [
        {"linkId": name, "text": ask, "type": "date"} for name, ask in DATES.items()
    ]
    return [
        {
            "linkId": THERAPIES,
            "text": "Earlier systemic therapies, one group for each course",
            "type": "group",
            "repeats": True,
            "item": parts,
        },
        {"linkId": COMPLETE, "text": "Is this list complete?", "type": "boolean"},
        *dates,
    ]
