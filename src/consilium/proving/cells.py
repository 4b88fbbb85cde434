"""The slow, obvious twin: every cell of a small scope, one after the other.

A cell is one way in which the tests of some conditions can be answered. It uses
the reading `answer` and no solver, so that the two can be held together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product
from typing import NamedTuple

from consilium.guidance.standing import extensions
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Position, Scope
from consilium.proving.gaps import COVERS
from consilium.rules.answering import AnswerTable, answer, answer_test, derive
from consilium.rules.answers import NO, Answer
from consilium.rules.completions import cells
from consilium.rules.conditions import AllOf, AnyOf, Bound, Condition, IsOneOf, facts_in, tests_in
from consilium.rules.facts import (
    Between,
    FactModel,
    Known,
    NumberKind,
    OneOf,
    is_settled,
    nothing_known,
)

LARGEST = 10_000
"""Cells beyond which a scope is too large to be enumerated."""


class Counted(NamedTuple):
    """What enumeration found in a scope: cells, those without a position, and what overlaps."""

    cells: int
    uncovered: int
    reached: frozenset[str]
    together: frozenset[tuple[str, str]]


class TooLarge(ValueError):
    """A scope has more cells than can be looked at one by one."""


def count(edition: Edition, scope: Scope, positions: Iterable[Position]) -> Counted:
    """Look at every cell of a scope; raises ``TooLarge`` when there are too many."""
    model = edition.model
    inside = derive(model, known_of(scope.when, model))
    conditions = {p.id: AnyOf((p.when, *extensions(p))) for p in positions}
    # what is NO for the whole scope asks about facts that no cell needs
    listed = [p for p in positions if answer(conditions[p.id], inside, model) is not NO]
    overriding = {p.id: [q.id for q in listed if p.id in q.overrides] for p in listed}
    covering = {p.id for p in listed if p.stance in COVERS}
    asked = {"in": scope.when} | {p.id: conditions[p.id] for p in listed}
    never = {
        f"out {exclusion.id}": exclusion.when for exclusion in edition.contents.scopes.exclusions
    }
    table = AnswerTable(model, asked)
    found = uncovered = 0
    reached: set[str] = set()
    together: set[tuple[str, str]] = set()
    for facts in patients(model, asked.values(), never.values(), inside):
        told = dict(zip(table.ids, table.codes(facts), strict=True))
        if told["in"] != AnswerTable.YES:
            continue
        found += 1
        names = [p.id for p in listed if _holds(p.id, told, overriding)]
        uncovered += not covering & set(names)
        reached.update(names)
        together.update(combinations(names, 2))
    return Counted(found, uncovered, frozenset(reached), frozenset(together))


def _holds(name: str, told: dict[str, int], overriding: dict[str, list[str]]) -> bool:
    return told[name] == AnswerTable.YES and not any(
        _holds(other, told, overriding) for other in overriding[name]
    )


def known_of(condition: Condition, model: FactModel) -> dict[str, Known]:
    """What is known of everybody whom a conjunction of tests covers."""
    found: dict[str, Known] = {}
    for part in condition.parts if isinstance(condition, AllOf) else (condition,):
        if isinstance(part, IsOneOf):
            found[part.fact] = OneOf(frozenset(part.values))
        elif isinstance(part, Bound):
            kind = model.facts[part.fact].kind
            if isinstance(kind, NumberKind) and part.below is None and part.above is None:
                low = kind.low if part.start is None else part.start
                high = kind.high if part.up_to is None else part.up_to
                found[part.fact] = Between(low, high)
    return found


def patients(
    model: FactModel,
    asked: Iterable[Condition],
    never: Iterable[Condition],
    inside: dict[str, Known],
) -> Iterator[dict[str, Known]]:
    """One patient for every way in which the tests of some conditions can be answered.

    ``inside`` is known of all of them, and none meets ``never``.
    """
    wanted = [*asked]
    facts: dict[str, None] = {}
    while wanted:
        for name in sorted(facts_in(wanted.pop())):
            if name not in facts:
                facts[name] = None
                wanted += model.facts[name].definition.values()
    tied = _tied(model, facts)
    impossible = [n for n in (*never, *model.never.values()) if facts_in(n) <= {*facts, *tied}]
    every = [*asked, *impossible]
    every += [when for fact in facts for when in model.facts[fact].definition.values()]
    table = AnswerTable(model, {str(index): n for index, n in enumerate(impossible)})
    follows = [f for f in facts if model.facts[f].follows]
    behind = {
        fact
        for name in follows
        for when in model.facts[name].definition.values()
        for fact in facts_in(when)
    }
    choices = [
        (fact, told_apart(inside, model, fact, every))
        for fact in facts
        if fact not in behind and fact not in follows
    ]
    others = [(fact, told_apart(inside, model, fact, every)) for fact in tied]
    scored = [
        scores
        for scores in _scores(model, every, follows)
        if all(_fits(known, inside.get(fact)) for fact, known in scores.items())
    ]
    # what an impossible combination can concern comes first, so that it is asked about once
    concerned = {fact for never in impossible for fact in facts_in(never)}
    first = [(fact, values) for fact, values in choices if fact in concerned]
    then = [(fact, values) for fact, values in choices if fact not in concerned]
    seen = 0
    for scores, chosen in product(scored, product(*(values for _, values in first))):
        given = scores | dict(zip((fact for fact, _ in first), chosen, strict=True))
        if not _can_be(given, others, table):
            continue
        names = [fact for fact, _ in then]
        for rest in product(*(values for _, values in then)):
            seen += 1
            if seen > LARGEST:
                raise TooLarge
            yield given | dict(zip(names, rest, strict=True))


def told_apart(
    inside: dict[str, Known], model: FactModel, fact: str, every: list[Condition]
) -> list[Known]:
    """One value of a fact for every way in which its tests can be answered together."""
    known = inside.get(fact) or nothing_known(model.facts[fact].kind)
    tests = {test for condition in every for test in tests_in(condition) if test.fact == fact}
    kept: dict[tuple[Answer, ...], Known] = {}
    for cell in cells(known, model, fact, every):
        kept.setdefault(tuple(answer_test(test, cell) for test in tests), cell)
    return list(kept.values())


def _tied(model: FactModel, facts: Iterable[str]) -> list[str]:
    """The facts not asked about that impossible combinations tie to those that are."""
    reached = set(facts)
    found: list[str] = []
    growing = True
    while growing:
        growing = False
        for never in model.never.values():
            named = facts_in(never)
            new = [f for f in sorted(named - reached) if not model.facts[f].follows]
            if named & reached and new:
                found += new
                reached |= set(new)
                growing = True
    return found


def _can_be(
    given: dict[str, Known], others: list[tuple[str, list[Known]]], impossible: AnswerTable
) -> bool:
    """Whether the facts tied to those of a patient can have any values beside them."""
    if AnswerTable.YES in impossible.codes(given):
        return False
    if not others:
        return True
    (fact, values), *rest = others
    return any(_can_be(given | {fact: value}, rest, impossible) for value in values)


def _fits(known: Known, allowed: Known | None) -> bool:
    if isinstance(known, OneOf) and isinstance(allowed, OneOf):
        return known.values <= allowed.values
    if isinstance(known, Between) and isinstance(allowed, Between):
        return allowed.low <= known.low and known.high <= allowed.high
    return True


def _scores(model: FactModel, every: list[Condition], follows: list[str]) -> list[dict[str, Known]]:
    """One combination of scores for every combination of the verdicts that follow from them."""
    behind: dict[str, None] = {}
    for name in follows:
        for when in model.facts[name].definition.values():
            behind |= dict.fromkeys(f for f in sorted(facts_in(when)) if not model.facts[f].follows)
    combined: list[dict[str, Known]] = [{}]
    for name in behind:
        values = cells(nothing_known(model.facts[name].kind), model, name, every)
        combined = [given | {name: value} for given in combined for value in values]
    kept: dict[tuple[Known, ...], dict[str, Known]] = {}
    for given in combined:
        facts = derive(model, given)
        told = tuple(facts[f] for f in follows)
        if all(is_settled(known) for known in told):
            kept.setdefault(told, given | dict(zip(follows, told, strict=True)))
    return list(kept.values())
