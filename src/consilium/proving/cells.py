"""The slow, obvious twin: every cell of a small scope, one after the other.

A cell is one way in which the tests of some conditions can be answered. It uses
the reading `answer` and no solver, so that the two can be held together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from consilium.guidance.standing import extensions
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Position, Scope
from consilium.proving.gaps import COVERS
from consilium.rules.answering import answer, derive
from consilium.rules.answers import NO, YES
from consilium.rules.completions import cells
from consilium.rules.conditions import AnyOf, Condition, facts_in
from consilium.rules.facts import FactModel, Known, is_settled, nothing_known

LARGEST = 60_000
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
    listed = tuple(positions)
    overriding = {p.id: [q for q in listed if p.id in q.overrides] for p in listed}
    conditions = {p.id: AnyOf((p.when, *extensions(p))) for p in listed}
    excluded = [e.when for e in edition.contents.scopes.exclusions]
    found = uncovered = 0
    reached: set[str] = set()
    together: set[tuple[str, str]] = set()
    asked = [scope.when, *conditions.values()]
    for facts in patients(edition.model, asked, scope.when):
        if any(answer(e, facts, edition.model) is YES for e in excluded):
            continue
        found += 1
        meets = {n: answer(c, facts, edition.model) is YES for n, c in conditions.items()}
        held: dict[str, bool] = {}

        def holds(position: Position, meets: dict[str, bool], held: dict[str, bool]) -> bool:
            if position.id not in held:
                held[position.id] = meets[position.id] and not any(
                    holds(other, meets, held) for other in overriding[position.id]
                )
            return held[position.id]

        names = [p.id for p in listed if holds(p, meets, held)]
        uncovered += not any(held[p.id] for p in listed if p.stance in COVERS)
        reached.update(names)
        together.update((a, b) for i, a in enumerate(names) for b in names[i + 1 :])
    return Counted(found, uncovered, frozenset(reached), frozenset(together))


def patients(
    model: FactModel, asked: Iterable[Condition], scope: Condition
) -> Iterator[dict[str, Known]]:
    """One patient of a scope for every way in which the tests can be answered."""
    conditions = [*asked, *model.never.values()]
    facts: dict[str, None] = {}
    wanted = [*asked]
    while wanted:
        for name in sorted(facts_in(wanted.pop())):
            if name not in facts:
                facts[name] = None
                wanted += model.facts[name].definition.values()
    every = [*conditions, *(w for f in facts for w in model.facts[f].definition.values())]
    verdicts = _verdicts(model, every, [f for f in facts if model.facts[f].follows])
    behind = {
        f
        for verdict in model.defined
        for when in verdict.definition.values()
        for f in facts_in(when)
    }
    free = [f for f in facts if not model.facts[f].follows and f not in behind]
    budget = [LARGEST]
    for verdict in verdicts:
        if answer(scope, verdict, model) is not NO:
            yield from _filled(model, verdict, free, every, scope, budget)


def _verdicts(
    model: FactModel, every: list[Condition], follows: list[str]
) -> list[dict[str, Known]]:
    """One combination of scores for every combination of the verdicts that follow from them."""
    behind: dict[str, None] = {}
    for name in follows:
        for when in model.facts[name].definition.values():
            behind |= dict.fromkeys(f for f in sorted(facts_in(when)) if not model.facts[f].follows)
    asked = {f for condition in every for f in facts_in(condition) if f in behind}
    kept: dict[tuple[Known, ...], dict[str, Known]] = {}
    scores: list[dict[str, Known]] = [{}]
    for name in behind:
        values = cells(nothing_known(model.facts[name].kind), model, name, every)
        scores = [given | {name: value} for given in scores for value in values]
    for given in scores:
        facts = derive(model, given)
        told = {f: facts[f] for f in follows}
        if all(is_settled(known) for known in told.values()):
            direct = tuple(given[f] for f in sorted(asked) if _asked_directly(f, every, model))
            kept.setdefault((*told.values(), *direct), given | told)
    return list(kept.values())


def _asked_directly(fact: str, every: list[Condition], model: FactModel) -> bool:
    inside = {id(when) for f in model.defined for when in f.definition.values()}
    return any(fact in facts_in(c) for c in every if id(c) not in inside)


def _filled(
    model: FactModel,
    given: dict[str, Known],
    free: list[str],
    every: list[Condition],
    scope: Condition,
    budget: list[int],
) -> Iterator[dict[str, Known]]:
    if any(answer(n, given, model) is YES for n in model.never.values()):
        return
    if answer(scope, given, model) is NO:
        return
    left = next((f for f in free if f not in given), None)
    if left is None:
        budget[0] -= 1
        if budget[0] < 0:
            raise TooLarge
        yield given
        return
    for value in cells(nothing_known(model.facts[left].kind), model, left, every):
        yield from _filled(model, given | {left: value}, free, every, scope, budget)
