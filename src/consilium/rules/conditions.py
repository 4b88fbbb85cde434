"""The syntax of conditions: a handful of frozen nodes.

A condition is a question about one patient's facts. It is written as plain
YAML (`knowledge` reads it), holds no expression to parse and nothing to
execute. Its readings are the other modules of this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import msgspec


class IsOneOf(msgspec.Struct, frozen=True, tag="is"):
    """A choice that is any of ``values``."""

    fact: str
    values: tuple[str, ...]


class Bound(msgspec.Struct, frozen=True, tag="bound"):
    """A number within bounds; ``None`` leaves a side open."""

    fact: str
    below: float | None = None
    up_to: float | None = None
    above: float | None = None
    start: float | None = None  # `from` in YAML

    def holds(self, value: float) -> bool:
        """Whether a number lies within."""
        return (
            (self.below is None or value < self.below)
            and (self.up_to is None or value <= self.up_to)
            and (self.above is None or value > self.above)
            and (self.start is None or value >= self.start)
        )

    @property
    def edges(self) -> tuple[tuple[float, bool], ...]:
        """Where the answer changes: the value, and whether it belongs to the upper side."""
        found = []
        for value, upper in (
            (self.below, True),
            (self.up_to, False),
            (self.above, False),
            (self.start, True),
        ):
            if value is not None:
                found.append((value, upper))
        return tuple(found)


class Includes(msgspec.Struct, frozen=True, tag="includes"):
    """A fact with several values that has any of ``members`` among them."""

    fact: str
    members: tuple[str, ...]


class AllOf(msgspec.Struct, frozen=True, tag="all"):
    """Every part holds; true when there is none."""

    parts: tuple[Condition, ...]


class AnyOf(msgspec.Struct, frozen=True, tag="any"):
    """At least one part holds."""

    parts: tuple[Condition, ...]


class Not(msgspec.Struct, frozen=True, tag="not"):
    """The part does not hold."""

    part: Condition


class AtLeast(msgspec.Struct, frozen=True, tag="at_least"):
    """At least ``n`` of the parts hold."""

    n: int
    parts: tuple[Condition, ...]


Test = IsOneOf | Bound | Includes
Condition = IsOneOf | Bound | Includes | AllOf | AnyOf | Not | AtLeast

ALWAYS = AllOf(())


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions directly inside one; none for a test."""
    match condition:
        case AllOf() | AnyOf() | AtLeast():
            return condition.parts
        case Not():
            return (condition.part,)
        case _:
            return ()


def tests_in(condition: Condition) -> Iterator[Test]:
    """Every test, from left to right."""
    if isinstance(condition, IsOneOf | Bound | Includes):
        yield condition
    for part in parts_of(condition):
        yield from tests_in(part)


def facts_in(condition: Condition) -> frozenset[str]:
    """The names of the facts that a condition asks about."""
    return frozenset(test.fact for test in tests_in(condition))


def replace_tests(condition: Condition, replaced: dict[str, Condition]) -> Condition:
    """The same condition with every test of some facts replaced."""
    match condition:
        case IsOneOf() | Bound() | Includes():
            return replaced.get(condition.fact, condition)
        case AllOf():
            return AllOf(tuple(replace_tests(part, replaced) for part in condition.parts))
        case AnyOf():
            return AnyOf(tuple(replace_tests(part, replaced) for part in condition.parts))
        case AtLeast():
            return AtLeast(
                condition.n, tuple(replace_tests(part, replaced) for part in condition.parts)
            )
        case Not():
            return Not(replace_tests(condition.part, replaced))


def split_bound(kind_low: float, kind_high: float, bounds: list[Bound], whole: bool) -> list[float]:
    """One number for every stretch over which no bound changes its answer.

    ``kind_low`` and ``kind_high`` bound the numbers that are possible at all.
    """
    edges = sorted({edge for bound in bounds for edge in bound.edges})
    points = [kind_low]
    for value, upper in edges:
        for candidate in (value, value + 1 if whole else _between(value, edges, kind_high)):
            if kind_low <= candidate <= kind_high:
                points.append(candidate)
        if whole and kind_low <= value - 1 <= kind_high and upper:
            points.append(value - 1)
    points.append(kind_high)
    seen: dict[tuple[bool, ...], float] = {}
    for point in sorted(points):
        seen.setdefault(tuple(bound.holds(point) for bound in bounds), point)
    return sorted(seen.values())


def _between(value: float, edges: list[tuple[float, bool]], high: float) -> float:
    above = [edge for edge, _ in edges if edge > value]
    following = min(above) if above else high
    return (value + following) / 2 if following != inf else value + 1
