"""The answers to our own Questionnaire as a patient: the same words as in our JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, get_args

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientCase
from consilium.intake.fhir.codes import mappings, words
from consilium.intake.plain import Outcome, Setting, StoppedFor, patient_from_mapping
from consilium.intake.vocabulary import HasVocabulary

SYSTEM = "urn:consilium:words"
WHY_NOT = "/why-not"
THERAPIES, COMPLETE = "prior_therapies", "prior_therapies_complete"
DATES = {
    "relapsed_on": "When did the disease come back?",
    "decision_date": "On which day is the decision made?",
}
_ADDRESS = "urn:consilium:questionnaire"


class Part(NamedTuple):
    """One question on a course of treatment."""

    ask: str
    type: str
    words: tuple[str, ...] = ()
    repeats: bool = False


THERAPY_PARTS = {
    "drugs": Part("Which drugs?", "choice", repeats=True),
    "other_drugs": Part("Which drugs that are not in the list?", "string", repeats=True),
    "setting": Part("In which setting?", "choice", get_args(Setting)),
    "line": Part("As which line for advanced disease?", "integer"),
    "started": Part("When did it start?", "date"),
    "ended": Part("When did it end?", "date"),
    "ongoing": Part("Does it go on?", "boolean"),
    "same_line": Part("Does it belong to the line of the course before?", "boolean"),
    "outcome": Part("How did the disease go?", "choice", tuple(filter(None, get_args(Outcome)))),
    "stopped_for": Part("Why did it stop?", "choice", tuple(filter(None, get_args(StoppedFor)))),
}


def questionnaire_address() -> str:
    """The canonical address of the Questionnaire, without its version."""
    return _ADDRESS


def is_answered(body: Mapping[str, object]) -> bool:
    """Whether a resource holds answers to our Questionnaire."""
    asked = words(body.get("questionnaire")).split("|", maxsplit=1)[0]
    return body.get("resourceType") == "QuestionnaireResponse" and asked == _ADDRESS


def patient_from_answers(
    body: Mapping[str, object],
    edition: HasVocabulary,
    where: str = "input",
    *,
    decision_date: Day | None = None,
) -> PatientCase:
    """A patient case from a QuestionnaireResponse to our Questionnaire.

    Raises ``PatientError`` as for our JSON, whose names the link ids are.
    """
    said: dict[str, object] = {}
    courses: list[dict[str, object]] = []
    for item in _items(body):
        name, answers = words(item.get("linkId")), mappings(item.get("answer"))
        if name == THERAPIES:
            courses.append(_course(item))
            continue
        values = [value for one in answers if (value := _value(one)) is not None]
        if name.startswith("group/") or not values:
            continue
        fact = edition.facts.get(name.removesuffix(WHY_NOT))
        if name.endswith(WHY_NOT):
            said.setdefault(name.removesuffix(WHY_NOT), values[0])
        elif fact is not None and fact.kind == "members":
            said[name] = values
        else:
            said[name] = values[0] if len(values) == 1 else values
    if courses or said.get(COMPLETE) == "yes":
        said[THERAPIES] = courses
    return patient_from_mapping(said, edition, where, decision_date=decision_date)


def _items(body: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Every item, those of groups and of answers included; a course keeps its own."""
    waiting = mappings(body.get("item"))
    while waiting:
        item = waiting.pop(0)
        yield item
        if item.get("linkId") != THERAPIES:
            waiting += mappings(item.get("item"))
            waiting += [
                i for one in mappings(item.get("answer")) for i in mappings(one.get("item"))
            ]


def _course(item: Mapping[str, object]) -> dict[str, object]:
    course: dict[str, object] = {}
    for part in mappings(item.get("item")):
        name = words(part.get("linkId")).removeprefix(f"{THERAPIES}/")
        values = [v for one in mappings(part.get("answer")) if (v := _value(one)) is not None]
        known = THERAPY_PARTS.get(name)
        if values:
            course[name] = values if known is not None and known.repeats else values[0]
    return course


def _value(answer: Mapping[str, object]) -> object:
    """One answer in the words of our JSON."""
    coding, amount = answer.get("valueCoding"), answer.get("valueQuantity")
    if isinstance(coding, Mapping):
        return words(coding.get("code")) or None
    if isinstance(amount, Mapping):
        unit = words(amount.get("code")) or words(amount.get("unit"))
        return {"value": amount.get("value"), **({"unit": unit} if unit else {})}
    if isinstance(answer.get("valueBoolean"), bool):
        return "yes" if answer["valueBoolean"] else "no"
    for key in ("valueInteger", "valueDecimal", "valueString", "valueDate"):
        if key in answer:
            return answer[key]
    return None
