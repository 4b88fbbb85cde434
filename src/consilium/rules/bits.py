"""Conditions over entered facts as masks of bits, one bit for each distinct test.

A search through completions asks the same conditions thousands of times; on two
whole numbers (the tests that hold, the tests that fail) that costs next to
nothing. A test for one of several members is written as one bit a member.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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
    split_bound,
)
from consilium.rules.facts import Between, FactModel, Holding, Known, NumberKind, OneOf

UNKNOWN_CODE, YES_CODE, NO_CODE = 0, 1, 2
_KEPT = 20_000


class Node(NamedTuple):
    """A condition: at least ``n`` of its positive tests, negated tests and parts hold.

    ``n`` is ``None`` for all of them and 1 for any. ``mask`` has every bit inside.
    """

    n: int | None
    yes: int
    no: int
    parts: tuple[Node, ...]
    mask: int


class Rails(NamedTuple):
    """The tests that hold and the tests that fail."""

    yes: int
    no: int


class Bits:
    """The bits of all tests of a model, and its conditions as nodes."""

    def __init__(self, model: FactModel) -> None:
        self.model = model
        self.order = {fact: place for place, fact in enumerate(model.facts)}
        self.tests: list[Test] = []
        self.by_test: dict[Test, int] = {}
        self.by_fact: dict[str, list[int]] = {}
        self._nodes: dict[int, tuple[Condition, Node]] = {}
        self._choices: dict[tuple[str, Known, int], tuple[Rails, ...]] = {}
        self._values: dict[tuple[str, str], Condition] = {}
        self._verdicts: dict[tuple[str, tuple[str, ...]], Condition] = {}

    def node(self, condition: Condition) -> Node:
        """A condition written out over entered facts; kept, since it never changes."""
        found = self._nodes.get(id(condition))
        if found is None or found[0] is not condition:
            found = self._nodes[id(condition)] = (condition, self._node(condition, positive=True))
        return found[1]

    def verdict(self, fact: str, values: tuple[str, ...]) -> Node:
        """That a fact has none of some values, which an entered verdict rules out."""
        condition = self._verdicts.setdefault((fact, values), Not(IsOneOf(fact, values)))
        return self.node(condition)

    def has_value(self, fact: str, value: str) -> Condition:
        """The test of one value; one object for each, so that its node is kept."""
        return self._values.setdefault((fact, value), IsOneOf(fact, (value,)))

    def _bit(self, test: Test) -> int:
        if test not in self.by_test:
            self.by_test[test] = len(self.tests)
            self.by_fact.setdefault(test.fact, []).append(len(self.tests))
            self.tests.append(test)
        return 1 << self.by_test[test]

    def _node(self, condition: Condition, *, positive: bool) -> Node:
        match condition:
            case Not():
                return self._node(condition.part, positive=not positive)
            case AllOf():
                return self._join(None if positive else 1, condition.parts, positive)
            case AnyOf():
                return self._join(1 if positive else None, condition.parts, positive)
            case AtLeast():
                n = condition.n if positive else len(condition.parts) - condition.n + 1
                return _node(n, [self._node(p, positive=positive) for p in condition.parts])
            case IsOneOf() if self.model.facts[condition.fact].follows:
                definition = self.model.facts[condition.fact].definition
                parts = tuple(definition[value] for value in condition.values)
                return self._join(1 if positive else None, parts, positive)
            case Includes() if len(condition.members) > 1:
                each = tuple(Includes(condition.fact, (m,)) for m in condition.members)
                return self._join(1 if positive else None, each, positive)
            case _:
                bit = self._bit(condition)
                return Node(None, bit if positive else 0, 0 if positive else bit, (), bit)

    def _join(self, n: int | None, parts: tuple[Condition, ...], positive: bool) -> Node:
        return _node(n, [self._node(part, positive=positive) for part in parts])

    def facts_in(self, mask: int) -> set[str]:
        """The facts that the tests within a mask ask about."""
        return {self.tests[index].fact for index in _indexes(mask)}

    def unknowns_in(self, mask: int) -> list[str]:
        """What the tests within a mask need to know, once for each test.

        Each member of a fact with several is a thing of its own.
        """
        found = []
        for index in _indexes(mask):
            test = self.tests[index]
            member = f":{test.members[0]}" if isinstance(test, Includes) else ""
            found.append(test.fact + member)
        return found

    def asks_once(self, node: Node) -> bool:
        """Whether no test stands in a node more than once."""
        seen = 0
        queue = [node]
        while queue:
            part = queue.pop()
            if seen & (part.yes | part.no) or part.yes & part.no:
                return False
            seen |= part.yes | part.no
            queue += part.parts
        return True

    def rails(self, known: Known, fact: str, mask: int) -> Rails:
        """What is known of a fact, as the answers to its tests within a mask."""
        yes = no = 0
        for index in self.by_fact.get(fact, ()):
            if mask >> index & 1:
                said = answer_test(self.tests[index], known)
                if said is YES:
                    yes |= 1 << index
                elif said is NO:
                    no |= 1 << index
        return Rails(yes, no)

    def choices(self, known: Known, index: int, mask: int) -> tuple[Rails, ...]:
        """Every way in which the fact of one test can answer the tests within a mask.

        Of members only the one that is asked about is settled.
        """
        if isinstance(known, Holding):
            return (Rails(1 << index, 0), Rails(0, 1 << index))
        return self.ways(known, self.tests[index].fact, mask)

    def ways(self, known: OneOf | Between, fact: str, mask: int) -> tuple[Rails, ...]:
        """Every way in which one fact can answer the tests within a mask."""
        within = mask & self.mask_of(fact)
        key = (fact, known, within)
        found = self._choices.get(key)
        if found is None:
            if len(self._choices) > _KEPT:
                self._choices.clear()
            cells = self._cells(known, fact, within)
            found = tuple(dict.fromkeys(self.rails(cell, fact, within) for cell in cells))
            self._choices[key] = found
        return found

    def mask_of(self, fact: str) -> int:
        """The bits of all tests of one fact."""
        mask = 0
        for index in self.by_fact.get(fact, ()):
            mask |= 1 << index
        return mask

    def _cells(self, known: OneOf | Between, fact: str, mask: int) -> list[Known]:
        if isinstance(known, OneOf):
            return [OneOf(frozenset({value})) for value in sorted(known.values)]
        kind = self.model.facts[fact].kind
        whole = isinstance(kind, NumberKind) and kind.whole
        bounds = [t for i in _indexes(mask) if isinstance(t := self.tests[i], Bound)]
        points = split_bound(known.low, known.high, bounds, whole)
        return [Between(point, point) for point in points]


def _indexes(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _node(n: int | None, parts: list[Node]) -> Node:
    """Join nodes, drawing single tests and conjunctions of conjunctions together."""
    yes = no = 0
    kept: list[Node] = []
    for part in parts:
        # one bit both ways is `x and not x`, or `x or not x`: no single test
        single = not part.parts and (part.yes | part.no).bit_count() == 1
        single = single and not (part.yes and part.no)
        same = n in (None, 1) and part.n == n
        if (single and n in (None, 1)) or (same and part.mask):
            yes, no = yes | part.yes, no | part.no
            kept += part.parts
        else:
            kept.append(part)
    mask = yes | no
    for part in kept:
        mask |= part.mask
    if len(kept) == 1 and not yes and not no and n in (None, 1):
        return kept[0]
    return Node(n, yes, no, tuple(kept), mask)


def evaluate(node: Node, yes: int, no: int) -> int:
    """The answer of a node as a code, from the tests that hold and those that fail."""
    n = node.n
    if n is None:
        if no & node.yes or yes & node.no:
            return NO_CODE
        open_ = (yes & node.yes) != node.yes or (no & node.no) != node.no
        for part in node.parts:
            code = evaluate(part, yes, no)
            if code == NO_CODE:
                return NO_CODE
            open_ = open_ or code == UNKNOWN_CODE
        return UNKNOWN_CODE if open_ else YES_CODE
    if n == 1:
        if yes & node.yes or no & node.no:
            return YES_CODE
        open_ = (no & node.yes) != node.yes or (yes & node.no) != node.no
        for part in node.parts:
            code = evaluate(part, yes, no)
            if code == YES_CODE:
                return YES_CODE
            open_ = open_ or code == UNKNOWN_CODE
        return UNKNOWN_CODE if open_ else NO_CODE
    codes = [evaluate(part, yes, no) for part in node.parts]
    held = codes.count(YES_CODE)
    if held >= n:
        return YES_CODE
    return UNKNOWN_CODE if held + codes.count(UNKNOWN_CODE) >= n else NO_CODE


def undecided(node: Node, yes: int, no: int) -> int:
    """The index of a test that keeps a node open."""
    open_ = (node.yes | node.no) & ~(yes | no)
    if open_:
        return (open_ & -open_).bit_length() - 1
    for part in node.parts:
        if evaluate(part, yes, no) == UNKNOWN_CODE:
            return undecided(part, yes, no)
    raise ValueError("the node is decided")


def open_tests(node: Node, yes: int, no: int) -> int:
    """The bits of the tests that keep a node open; none when it is decided."""
    if evaluate(node, yes, no) != UNKNOWN_CODE:
        return 0
    found = (node.yes | node.no) & ~(yes | no)
    for part in node.parts:
        found |= open_tests(part, yes, no)
    return found
