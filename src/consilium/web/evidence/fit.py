"""Does a patient fit a trial: its entry criteria one by one, each yes, no or not known.

The facts come in a form and are gone with the answer. Only what the criteria ask about is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from consilium.evidence.trials import Trial
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import FactRecord
from consilium.rules.answers import Answer
from consilium.rules.completions import Patient
from consilium.rules.conditions import AllOf, Condition, Includes, facts_in, tests_in
from consilium.rules.facts import Between, Holding, Known, MembersKind, OneOf
from consilium.rules.say import say

_ANSWERS = {"yes": "met", "no": "not met", "unknown": "not known"}


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the form. ``choices`` are values with words; a number has none."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    hint: str
    value: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One entry criterion with its answer, in words."""

    text: str
    answer: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer as a whole and criterion by criterion, or why there is none."""

    answer: str
    criteria: tuple[Criterion, ...]
    contradiction: str = ""


def questions(trial: Trial, edition: Edition, given: Mapping[str, str]) -> list[Question]:
    """What the entry criteria ask about; a list of drugs or classes is asked member by member."""
    condition = trial.eligibility or AllOf(())
    asked = facts_in(condition)
    found = []
    for fact in edition.contents.facts:
        if fact.id in asked:
            found += list(_ask(fact, condition, edition, given))
    return found


def _ask(
    fact: FactRecord, condition: Condition, edition: Edition, given: Mapping[str, str]
) -> Iterator[Question]:
    match fact.kind:
        case "choice":
            choices = (("", "not known"), *fact.values.items())
            yield Question(
                fact.id, fact.ask or fact.phrase, choices, fact.hint, given.get(fact.id, "")
            )
        case "number":
            value = given.get(fact.id, "")
            unit = f"{fact.unit}, " if fact.unit else ""
            hint = f"{unit}{fact.low:g} to {fact.high:g}; leave empty when not known"
            problem = (
                "" if not value or _number(value, fact) is not None else "This is no such number."
            )
            yield Question(fact.id, fact.ask or fact.phrase, (), hint, value, problem)
        case _:
            words = edition.model.facts[fact.id].phrases
            for member in _members(fact.id, condition):
                name = f"{fact.id}.{member}"
                label = f"{fact.phrase}: {words.get(member, member)}"
                choices = (("", "not known"), ("yes", "yes"), ("no", "no"))
                yield Question(name, label, choices, "", given.get(name, ""))


def _members(fact: str, condition: Condition) -> list[str]:
    tests = (t for t in tests_in(condition) if isinstance(t, Includes) and t.fact == fact)
    return list(dict.fromkeys(member for test in tests for member in test.members))


def _number(text: str, fact: FactRecord) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    whole = fact.whole == "no" or value == int(value) if isfinite(value) else False
    return value if whole and fact.low <= value <= fact.high else None


def known_from(trial: Trial, edition: Edition, given: Mapping[str, str]) -> dict[str, Known]:
    """What the form says of each fact; what is left open stays unknown."""
    condition = trial.eligibility or AllOf(())
    found: dict[str, Known] = {}
    for name in facts_in(condition):
        fact, value = edition.facts[name], given.get(name, "")
        if fact.kind == "choice" and value in fact.values:
            found[name] = OneOf(frozenset({value}))
        elif fact.kind == "number" and value and (number := _number(value, fact)) is not None:
            found[name] = Between(number, number)
        elif fact.kind == "members":
            kind = edition.model.facts[name].kind
            every = frozenset(kind.values) if isinstance(kind, MembersKind) else frozenset()
            told = {m: given.get(f"{name}.{m}", "") for m in _members(name, condition)}
            has = frozenset(m for m, word in told.items() if word == "yes")
            never = frozenset(m for m, word in told.items() if word == "no")
            if has or never:
                found[name] = Holding(has, every - has - never)
    return found


def fit(trial: Trial, edition: Edition, given: Mapping[str, str]) -> Fit:
    """The entry criteria answered for what the form says."""
    patient = Patient(edition.model, known_from(trial, edition, given))
    if patient.contradiction is not None:
        never = {i.id: i.says for i in edition.contents.invariants}
        says = never.get(patient.contradiction, "what was entered contradicts itself")
        return Fit("", (), says)
    condition = trial.eligibility or AllOf(())
    parts = condition.parts if isinstance(condition, AllOf) else (condition,)
    return Fit(
        _said(patient.settle(condition)),
        tuple(
            Criterion(
                say(part, edition.model),
                _said(answer := patient.settle(part)),
                tuple(edition.facts[f].phrase for f in patient.missing(part))
                if answer is Answer.UNKNOWN
                else (),
            )
            for part in parts
        ),
    )


def _said(answer: Answer) -> str:
    return _ANSWERS[answer.value]
