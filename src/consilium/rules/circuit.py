"""Conditions as a circuit of gates over rails of bits.

Every condition has two rails: where it certainly holds, and where it certainly
does not; where neither is set it is unknown. A rail is an input or a gate, and
equal ones are built once, however many conditions share them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from consilium.rules.answering import answer_test
from consilium.rules.answers import NO, YES
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    Test,
)
from consilium.rules.facts import (
    ChoiceKind,
    FactDeclaration,
    FactModel,
    nothing_known,
)

FALSE, TRUE = 0, 1
"""The two rails that are the same for every patient."""


class Input(NamedTuple):
    """A question to one column.

    Of a number: is it known, is it ``value`` or more, is it above. Of a code: is it among the
    first ``value`` ones (the missing one comes after all others), is it this one.
    """

    column: str
    asks: Literal["known", "from", "above", "coded", "is"]
    value: float = 0


class Gate(NamedTuple):
    """Two rails combined; ``xor`` with ``TRUE`` turns a rail over."""

    does: Literal["and", "or", "xor"]
    left: int
    right: int


class Rails(NamedTuple):
    """Where a condition certainly holds, and where it certainly does not."""

    true: int
    false: int


_OPEN = Rails(FALSE, FALSE)


class Circuit:
    """Builds rails for conditions over the columns that a table has."""

    def __init__(self, model: FactModel, columns: Collection[str]) -> None:
        self.model, self.columns = model, columns
        self.nodes: list[Input | Gate | None] = [None, None]
        self._places: dict[Input | Gate, int] = {}
        self._rails: dict[Condition, Rails] = {}
        self._excluded: dict[str, dict[str, int]] = {}

    def rails(self, condition: Condition) -> Rails:
        """The rails of a condition, built once."""
        found = self._rails.get(condition)
        if found is None:
            found = self._rails[condition] = self._build(condition)
        return found

    def _build(self, condition: Condition) -> Rails:
        match condition:
            case AllOf(parts):
                rails = [self.rails(part) for part in parts]
                return Rails(self.all(r.true for r in rails), self.any(r.false for r in rails))
            case AnyOf(parts):
                rails = [self.rails(part) for part in parts]
                return Rails(self.any(r.true for r in rails), self.all(r.false for r in rails))
            case AtLeast(n, parts):
                rails = [self.rails(part) for part in parts]
                return Rails(
                    self._count(n, [r.true for r in rails]),
                    self._count(len(parts) - n + 1, [r.false for r in rails]),
                )
            case Not(part):
                opposite = self.rails(part)
                return Rails(opposite.false, opposite.true)
            case _:
                return self._test(condition)

    # -- gates ----------------------------------------------------------------------------------

    def both(self, left: int, right: int) -> int:
        """Set where both are."""
        if FALSE in (left, right):
            return FALSE
        if right in (left, TRUE):
            return left
        return right if left == TRUE else self._place(Gate("and", *sorted((left, right))))

    def either(self, left: int, right: int) -> int:
        """Set where at least one is."""
        if TRUE in (left, right):
            return TRUE
        if right in (left, FALSE):
            return left
        return right if left == FALSE else self._place(Gate("or", *sorted((left, right))))

    def without(self, rail: int, part: int) -> int:
        """Set where a rail is, except in a part of it."""
        if part == FALSE:
            return rail
        return FALSE if rail == part else self._place(Gate("xor", *sorted((rail, part))))

    def all(self, rails: Iterable[int]) -> int:
        """Set where every one is."""
        found = TRUE
        for rail in rails:
            found = self.both(found, rail)
        return found

    def any(self, rails: Iterable[int]) -> int:
        """Set where at least one is."""
        found = FALSE
        for rail in rails:
            found = self.either(found, rail)
        return found

    def _count(self, n: int, rails: list[int]) -> int:
        """Set where at least ``n`` are: after each rail, for every smaller number too."""
        reached = [TRUE] + [FALSE] * max(n, 0)
        for rail in rails:
            for number in range(len(reached) - 1, 0, -1):
                one_more = self.both(reached[number - 1], rail)
                reached[number] = self.either(reached[number], one_more)
        return reached[-1]

    def _place(self, node: Input | Gate) -> int:
        place = self._places.get(node)
        if place is None:
            place = self._places[node] = len(self.nodes)
            self.nodes.append(node)
        return place

    def needed(self, outputs: Iterable[int]) -> list[int]:
        """The inputs and gates that some rails rest on, each after those it rests on itself."""
        found: set[int] = set()
        queue = list(outputs)
        while queue:
            place = queue.pop()
            if place not in found:
                found.add(place)
                node = self.nodes[place]
                if isinstance(node, Gate):
                    queue += (node.left, node.right)
        return sorted(found - {FALSE, TRUE})

    # -- tests ----------------------------------------------------------------------------------

    def _test(self, test: Test) -> Rails:
        fact = self.model.facts[test.fact]
        if isinstance(test, IsOneOf):
            if fact.follows:
                return self._defined(fact, test)
            rails = self._choice(fact, test.values)
        elif isinstance(test, Bound):
            rails = self._number(fact, test)
        else:
            rails = self._members(test)
        # A fact of which nothing is known can still answer: any value would.
        untold = answer_test(test, nothing_known(fact.kind))
        if untold is YES:
            return Rails(self.without(TRUE, rails.false), rails.false)
        if untold is NO:
            return Rails(rails.true, self.without(TRUE, rails.true))
        return rails

    def _choice(self, fact: FactDeclaration, values: Iterable[str]) -> Rails:
        if fact.id not in self.columns or not isinstance(fact.kind, ChoiceKind):
            return _OPEN
        codes = sorted(fact.kind.values.index(value) for value in values)
        size = len(fact.kind.values)
        if size == 2:
            known = self.any(self._place(Input(fact.id, "is", code)) for code in (0, 1))
        else:
            known = self._place(Input(fact.id, "coded", size))
        true = self.any(self._place(Input(fact.id, "is", code)) for code in codes)
        return Rails(true, self.without(known, true))

    def _number(self, fact: FactDeclaration, test: Bound) -> Rails:
        if fact.id in self.columns:
            low = high = fact.id
            known = self._place(Input(fact.id, "known"))
        elif {f"{fact.id}:low", f"{fact.id}:high"} <= set(self.columns):
            low, high = f"{fact.id}:low", f"{fact.id}:high"
            known = TRUE
        else:
            return _OPEN
        reached = self.both(known, self._reaches(low, test))
        exceeded = self._exceeds(high, test)
        true = self.without(reached, self.both(reached, exceeded))
        if low == high:
            return Rails(true, self.without(known, true))
        too_low = self.without(TRUE, self._reaches(high, test))
        return Rails(true, self.either(too_low, self._exceeds(low, test)))

    def _reaches(self, column: str, test: Bound) -> int:
        """Where a number is not below the lower bound."""
        return self.both(
            TRUE if test.start is None else self._place(Input(column, "from", test.start)),
            TRUE if test.above is None else self._place(Input(column, "above", test.above)),
        )

    def _exceeds(self, column: str, test: Bound) -> int:
        """Where a number is beyond the upper bound."""
        return self.either(
            FALSE if test.below is None else self._place(Input(column, "from", test.below)),
            FALSE if test.up_to is None else self._place(Input(column, "above", test.up_to)),
        )

    def _members(self, test: Includes) -> Rails:
        columns = [f"{test.fact}:{member}" for member in test.members]
        given = [column in self.columns for column in columns]
        there = [self._place(Input(c, "is", 1)) for c, g in zip(columns, given, strict=True) if g]
        gone = [self._place(Input(c, "is", 0)) for c, g in zip(columns, given, strict=True) if g]
        return Rails(self.any(there), self.all(gone) if all(given) else FALSE)

    def _defined(self, fact: FactDeclaration, test: IsOneOf) -> Rails:
        """A defined fact has a value for certain when every other one is excluded."""
        excluded = self._excluded.get(fact.id)
        if excluded is None:
            excluded = self._excluded[fact.id] = {
                value: self.either(self.rails(when).false, self._choice(fact, (value,)).false)
                for value, when in fact.definition.items()
            }
        true = self.all(rail for value, rail in excluded.items() if value not in test.values)
        false = self.all(rail for value, rail in excluded.items() if value in test.values)
        # Where a verdict contradicts its definition nothing is left, and `answer` says yes.
        return Rails(true, self.without(false, self.both(true, false)))
