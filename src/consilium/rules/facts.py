"""What can be known of a patient, and how much of it is.

A fact has a kind: one value out of several (``ChoiceKind``), a number in a
unit (``NumberKind``), or any number of members (``MembersKind``). What is known
of it is the set of values it may still have; a fact about which nothing is
known may have all of them. Nothing here knows a drug or a disease.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from consilium.rules.conditions import Condition

LARGEST_NUMBER = 1e100
"""A column's number beyond it, on either side, is none: not a number, or infinite."""


class ChoiceKind(msgspec.Struct, frozen=True, tag="choice"):
    """One of ``values``, in the order in which a person would list them."""

    values: tuple[str, ...]


class NumberKind(msgspec.Struct, frozen=True, tag="number"):
    """A number from ``low`` to ``high``, in ``unit``; counts and scores are ``whole``."""

    low: float
    high: float
    unit: str = ""
    whole: bool = False


class MembersKind(msgspec.Struct, frozen=True, tag="members"):
    """Any number of members out of ``values``, none included."""

    values: tuple[str, ...]


Kind = ChoiceKind | NumberKind | MembersKind


class OneOf(msgspec.Struct, frozen=True, tag="one_of"):
    """A choice that is one of ``values``; known when there is just one."""

    values: frozenset[str]


class Between(msgspec.Struct, frozen=True, tag="between"):
    """A number from ``low`` to ``high``, both included; known when they are equal."""

    low: float
    high: float


class Holding(msgspec.Struct, frozen=True, tag="holding"):
    """Members that are certainly there, and those that may be there besides."""

    has: frozenset[str]
    may_have: frozenset[str] = frozenset()


Known = OneOf | Between | Holding


def nothing_known(kind: Kind) -> Known:
    """Every value that the kind allows."""
    match kind:
        case ChoiceKind():
            return OneOf(frozenset(kind.values))
        case NumberKind():
            return Between(kind.low, kind.high)
        case MembersKind():
            return Holding(frozenset(), frozenset(kind.values))


def is_settled(known: Known) -> bool:
    """Whether only one value is left."""
    match known:
        case OneOf():
            return len(known.values) == 1
        case Between():
            return known.low == known.high
        case Holding():
            return not known.may_have


class FactDeclaration(msgspec.Struct, frozen=True):
    """A fact as the edition declares it.

    ``definition`` gives, for a fact that follows from others, the condition
    under which it has each value; ``phrase`` and ``phrases`` are how a sentence
    speaks of it.
    """

    id: str
    kind: Kind
    phrase: str = ""
    phrases: dict[str, str] = {}
    definition: dict[str, Condition] = {}

    @property
    def follows(self) -> bool:
        """Whether the fact follows from others by definition."""
        return bool(self.definition)


class FactModel:
    """All facts, the definitions among them, and what can never be.

    ``never`` are conditions that no patient meets (a line-1 patient with an
    earlier line of treatment for advanced disease).
    """

    def __init__(
        self,
        facts: Iterable[FactDeclaration],
        never: Mapping[str, Condition] | None = None,
    ) -> None:
        self.facts: dict[str, FactDeclaration] = {fact.id: fact for fact in facts}
        self.never: dict[str, Condition] = dict(never or {})

    @cached_property
    def defined(self) -> tuple[FactDeclaration, ...]:
        """The facts that follow from others, each after those it follows from."""
        from consilium.rules.conditions import facts_in  # noqa: PLC0415  conditions build on facts

        ordered: dict[str, FactDeclaration] = {}

        def place(fact: FactDeclaration, path: tuple[str, ...]) -> None:
            if fact.id in path:
                raise ValueError(f"`{fact.id}` is defined by itself: {' -> '.join(path)}")
            for condition in fact.definition.values():
                for other in sorted(facts_in(condition)):
                    if self.facts[other].follows and other not in ordered:
                        place(self.facts[other], (*path, fact.id))
            ordered[fact.id] = fact

        for fact in self.facts.values():
            if fact.follows and fact.id not in ordered:
                place(fact, ())
        return tuple(ordered.values())

    def known(self, name: str, given: Mapping[str, Known]) -> Known:
        """What is known of a fact, everything where nothing was given."""
        known = given.get(name)
        return nothing_known(self.facts[name].kind) if known is None else known
