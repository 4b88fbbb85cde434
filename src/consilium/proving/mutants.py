"""Small faults put into an edition on purpose: which of them does no worked case notice?

A mutant is one edit of one statement: a bound moved, a value dropped, a test
negated, the statement removed or moved by a day, an exception forgotten. One
that changes no plan of any patient is equivalent, and proved so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import msgspec

from consilium.clinical.dates import Day
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Approval, CareRule, Position
from consilium.rules.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    parts_of,
)
from consilium.rules.facts import FactModel, NumberKind
from consilium.rules.say import say, say_test

Statement = Position | Approval | CareRule
_FIELDS = {"position": "positions", "approval": "approvals", "care": "care"}


class Mutant(NamedTuple):
    """One edit: of a condition (``condition``), or of the statement itself (``statement``).

    A removed statement has neither. ``asked`` is the test that was edited, in words.
    """

    key: str
    kind: str
    says: str
    condition: Condition | None = None
    statement: Statement | None = None
    asked: str = ""

    @property
    def id(self) -> str:
        """The statement that is edited."""
        return self.key.split(":")[1]


def mutants(edition: Edition) -> Iterator[Mutant]:
    """Every mutant of every statement that a worked case can speak of."""
    contents, model = edition.contents, edition.model
    for kind, field in _FIELDS.items():
        for statement in getattr(contents, field):
            key = f"{kind}:{statement.id}"
            for how, says, asked, condition in _edits(statement.when or ALWAYS, model):
                yield Mutant(key, how, says, condition, asked=asked)
            yield Mutant(key, "removed", "the statement is removed")
            yield from _moved(key, statement)
            for name in getattr(statement, "overrides", ()):
                left = tuple(n for n in statement.overrides if n != name)
                edited = msgspec.structs.replace(statement, overrides=left)
                yield Mutant(key, "exception", f"no exception to {name}", statement=edited)
    for scope in contents.scopes.scopes:
        for how, says, asked, condition in _edits(scope.when, model):
            yield Mutant(f"scope:{scope.id}", how, says, condition, asked=asked)
    for one in contents.scopes.unspoken:
        for how, says, asked, condition in _edits(one.when, model):
            yield Mutant(f"unspoken:{one.id}", how, says, condition, asked=asked)
    for exclusion in contents.scopes.exclusions:
        for how, says, asked, condition in _edits(exclusion.when, model):
            yield Mutant(f"exclusion:{exclusion.id}", how, says, condition, asked=asked)
    for trial in contents.trials:
        if trial.eligibility is not None:
            for how, says, asked, condition in _edits(trial.eligibility, model):
                yield Mutant(f"trial:{trial.id}", how, says, condition, asked=asked)
    for fact in model.defined:
        for value, when in fact.definition.items():
            for how, says, asked, condition in _edits(when, model):
                yield Mutant(f"definition:{fact.id}:{value}", how, says, condition, asked=asked)


def mutated(edition: Edition, mutant: Mutant) -> Edition:
    """The edition with one fault in it."""
    kind, *names = mutant.key.split(":")
    contents = edition.contents
    if kind == "definition":
        facts = tuple(
            msgspec.structs.replace(
                fact, definition={**fact.definition, names[1]: mutant.condition}
            )
            if fact.id == names[0]
            else fact
            for fact in contents.facts
        )
        return _with(edition, facts=facts)
    if kind in _FIELDS:
        field = _FIELDS[kind]
        listed = []
        for statement in getattr(contents, field):
            if statement.id != names[0]:
                listed.append(statement)
            elif mutant.condition is not None:
                listed.append(msgspec.structs.replace(statement, when=mutant.condition))
            elif mutant.statement is not None:
                listed.append(mutant.statement)
        return _with(edition, **{field: tuple(listed)})
    if kind == "trial":
        trials = tuple(
            msgspec.structs.replace(trial, eligibility=mutant.condition)
            if trial.id == names[0]
            else trial
            for trial in contents.trials
        )
        return _with(edition, trials=trials)
    scopes = contents.scopes
    field = {"scope": "scopes", "unspoken": "unspoken"}.get(kind, "exclusions")
    edited = tuple(
        msgspec.structs.replace(one, when=mutant.condition) if one.id == names[0] else one
        for one in getattr(scopes, field)
    )
    return _with(edition, scopes=msgspec.structs.replace(scopes, **{field: edited}))


def _with(edition: Edition, **fields: object) -> Edition:
    return Edition(msgspec.structs.replace(edition.contents, **fields), edition.root)


def _moved(key: str, statement: Statement) -> Iterator[Mutant]:
    """The statement begins or ends a day earlier or later."""
    for field in ("since", "until"):
        day = getattr(statement, field)
        if not isinstance(day, Day):
            continue
        for days, word in ((-1, "earlier"), (1, "later")):
            moved = Day((day.last + timedelta(days=days)).isoformat())
            edited = msgspec.structs.replace(statement, **{field: moved})
            verb = "begins" if field == "since" else "ends"
            yield Mutant(key, "time", f"{verb} a day {word}, on {moved}", statement=edited)


def _edits(condition: Condition, model: FactModel) -> Iterator[tuple[str, str, str, Condition]]:
    """Every edit of one test inside a condition, with what was done, and the test as it was."""
    match condition:
        case IsOneOf() | Includes() | Bound():
            said = say_test(condition, model)
            yield "negated", f"not {said}", said, Not(condition)
            for how, edited in _of_test(condition, model):
                yield how, f"{say(edited, model)} instead of {said}", said, edited
        case _:
            for index, part in enumerate(parts_of(condition)):
                for how, says, asked, edited in _edits(part, model):
                    yield how, says, asked, _replaced(condition, index, edited)


def _of_test(test: IsOneOf | Includes | Bound, model: FactModel) -> Iterator[tuple[str, Condition]]:
    match test:
        case IsOneOf():
            for value in test.values if len(test.values) > 1 else ():
                left = tuple(v for v in test.values if v != value)
                yield "dropped", IsOneOf(test.fact, left)
        case Includes():
            for member in test.members if len(test.members) > 1 else ():
                left = tuple(m for m in test.members if m != member)
                yield "dropped", Includes(test.fact, left)
        case Bound():
            kind = model.facts[test.fact].kind
            assert isinstance(kind, NumberKind)
            for field in ("below", "up_to", "above", "start"):
                edge = getattr(test, field)
                if edge is None:
                    continue
                for step in (-1, 1):
                    moved = msgspec.structs.replace(test, **{field: edge + step})
                    if kind.low <= edge + step <= kind.high:
                        yield "moved", moved
                if not kind.whole and test.start != test.up_to:
                    # the edge itself passes to the other side
                    other = {"below": "up_to", "up_to": "below", "above": "start", "start": "above"}
                    swapped = {field: None, other[field]: edge}
                    yield "moved", msgspec.structs.replace(test, **swapped)


def _replaced(condition: Condition, index: int, part: Condition) -> Condition:
    match condition:
        case AllOf() | AnyOf():
            return type(condition)((*condition.parts[:index], part, *condition.parts[index + 1 :]))
        case AtLeast():
            parts = (*condition.parts[:index], part, *condition.parts[index + 1 :])
            return AtLeast(condition.n, parts)
        case Not():
            return Not(part)
        case _:
            return condition
