"""The reading `answer`: yes, no or unknown for one patient.

``answer`` walks one condition. ``AnswerTable`` answers many at once: each value
of a fact is looked up and says its part of every answer in one go, so that a
whole edition costs microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import inf
from struct import Struct
from typing import Any

from consilium.rules.answers import NO, UNKNOWN, YES, Answer, all_of, any_of, at_least, not_
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
    parts_of,
    tests_in,
)
from consilium.rules.facts import (
    Between,
    FactDeclaration,
    FactModel,
    Holding,
    Kind,
    Known,
    NumberKind,
    OneOf,
    nothing_known,
)

Value = str | float | frozenset[str] | Known | None
"""A fact's value as ``AnswerTable`` takes it: a settled one, what is known of it, or nothing."""


def as_known(value: Value) -> Known | None:
    """What a value says is known: a settled fact, a partly known one, or nothing."""
    if value is None or isinstance(value, OneOf | Between | Holding):
        return value
    if isinstance(value, str):
        return OneOf(frozenset({value}))
    if isinstance(value, frozenset):
        return Holding(value)
    return Between(value, value)


def answer_test(test: Test, known: Known) -> Answer:
    """One test over what is known of its fact."""
    match test, known:
        case IsOneOf(), OneOf():
            allowed = frozenset(test.values)
            if known.values <= allowed:
                return YES
            return UNKNOWN if known.values & allowed else NO
        case Bound(), Between():
            return _answer_bound(test, known)
        case Includes(), Holding():
            members = frozenset(test.members)
            if known.has & members:
                return YES
            return UNKNOWN if known.may_have & members else NO
    raise TypeError(f"{test} does not fit {known}")


def _answer_bound(test: Bound, known: Between) -> Answer:
    """YES when the whole range lies within, NO when none of it does."""
    if test.holds(known.low) and test.holds(known.high):
        return YES
    # each end with whether it is itself left out, so that the narrower of two is the greater
    start = max(
        (known.low, False),
        (-inf if test.start is None else test.start, False),
        (-inf if test.above is None else test.above, True),
    )
    # and with whether it is taken in, so that the narrower of two is the lesser
    end = min(
        (known.high, True),
        (inf if test.up_to is None else test.up_to, True),
        (inf if test.below is None else test.below, False),
    )
    nothing = start[0] > end[0] or (start[0] == end[0] and (start[1] or not end[1]))
    return NO if nothing else UNKNOWN


def answer(condition: Condition, facts: Mapping[str, Known], model: FactModel) -> Answer:
    """One condition over what is known; a fact that is not given may have every value."""
    match condition:
        case AllOf():
            return all_of(answer(part, facts, model) for part in condition.parts)
        case AnyOf():
            return any_of(answer(part, facts, model) for part in condition.parts)
        case AtLeast():
            return at_least(condition.n, (answer(part, facts, model) for part in condition.parts))
        case Not():
            return not_(answer(condition.part, facts, model))
        case _:
            return answer_test(condition, model.known(condition.fact, facts))


def derive(model: FactModel, given: Mapping[str, Known]) -> dict[str, Known]:
    """The given facts, and what follows from them by definition.

    A fact that was given and also follows keeps the values that both allow;
    none left means that the two contradict one another.
    """
    facts = dict(given)
    for fact in model.defined:
        possible = frozenset(
            value for value, when in fact.definition.items() if answer(when, facts, model) is not NO
        )
        entered = given.get(fact.id)
        if isinstance(entered, OneOf):
            possible &= entered.values
        facts[fact.id] = OneOf(possible)
    return facts


class AnswerTable:
    """Many conditions, answered together for one patient.

    Each condition is written as alternatives, each a conjunction of tests; Kleene's logic is
    distributive and allows that. An alternative is a byte of one wide integer: its lowest bit is
    set as soon as a test is not a YES, the bit above it as soon as a test is a NO. What a value of
    a fact says of all alternatives is then one integer, kept by value; facts combine by ``|``, and
    the alternatives of a condition by ``&``.

    >>> model = FactModel([FactDeclaration("line", NumberKind(1, 9, whole=True))])
    >>> table = AnswerTable(model, {"first": Bound("line", up_to=1)})
    >>> table.codes({"line": 1}), table.codes({"line": 2}), table.codes({})
    ((1,), (2,), (0,))
    """

    UNKNOWN, YES, NO = 0, 1, 2

    def __init__(self, model: FactModel, conditions: Mapping[str, Condition]) -> None:
        self.ids = tuple(conditions)
        compiled = _Compiler(model, tuple(conditions.values())).functions()
        self.codes: _Codes = compiled[0]
        """One code per condition: ``UNKNOWN``, ``YES`` or ``NO``."""
        self.state: _State = compiled[1]
        """The codes, and the answers to all tests as bits of a true and a false rail.

        Patients with the same rails are alike in every fact that a condition reads.
        """

    def answers(self, facts: Mapping[str, Value]) -> dict[str, Answer]:
        """The answer to each condition, by its id."""
        words = (UNKNOWN, YES, NO)
        return {name: words[code] for name, code in zip(self.ids, self.codes(facts), strict=True)}


_Literal = tuple[Condition, bool]
"""A test, or a knot that is read like one, and whether it must hold or must not."""

_Alternative = tuple[_Literal, ...]
_Codes = Callable[[Mapping[str, Value]], tuple[int, ...]]
_State = Callable[[Mapping[str, Value]], tuple[tuple[int, ...], int, int]]

_MOST_ALTERNATIVES = 8
"""A condition with more of them is a knot: it is answered first, and then read like a test."""

_MOST_KEPT = 4096
"""So many values of a fact are kept with what they say; measurements could have any number."""

# The two bits of an alternative; with the lower one turned over they are its code.
_HOLDS, _OPEN, _FAILS = 0, 1, 3
_ANSWERS = {_HOLDS: YES, _OPEN: UNKNOWN, _FAILS: NO}


class _Reading:
    """What each value of one fact says of all alternatives, as far as values were met."""

    def __init__(self, kind: Kind, says: Callable[[Known], int], always: int) -> None:
        self.kind, self.says, self.always = kind, says, always
        self.kept: dict[Value, int] = {}

    def of(self, value: Value) -> int:
        """What a value says, kept for the next patient who has it."""
        said = self.kept.get(value)
        if said is None:
            if isinstance(value, str):
                words = () if isinstance(self.kind, NumberKind) else self.kind.values
                if value not in words:
                    raise ValueError(f"`{value}` is none of {', '.join(words)}")
            said = self.always | self.says(as_known(value) or nothing_known(self.kind))
            if len(self.kept) >= _MOST_KEPT:
                self.kept.clear()
            self.kept[value] = said
        return said


class _Step(dict[int, int]):
    """What a defined fact or a knot says of all alternatives, by the bits that it rests on."""

    def __init__(
        self, start: int, sizes: list[int], says: Callable[[tuple[Answer, ...]], int]
    ) -> None:
        super().__init__()
        self.start, self.sizes, self.says = start, sizes, says

    @property
    def mask(self) -> int:
        """The bits that it rests on, once they are shifted down by ``start``."""
        return (1 << 2 * sum(self.sizes)) - 1

    def __missing__(self, bits: int) -> int:
        answers, left = [], bits
        for size in self.sizes:
            best = _FAILS
            for _ in range(size):
                best &= left & 3
                left >>= 2
            answers.append(_ANSWERS[best])
        if len(self) >= _MOST_KEPT:
            self.clear()
        said = self[bits] = self.says(tuple(answers))
        return said


class _Compiler:
    """Lays out the wide integer, from its lowest bits: steps, rails of the tests, conditions.

    The conditions take planes of one byte each: their first alternatives, their second ones, and
    so on, a missing one being one that fails. There are 1, 2, 4 or 8 planes, so that they can be
    folded in halves.
    """

    def __init__(self, model: FactModel, conditions: tuple[Condition, ...]) -> None:
        self.model, self.size = model, len(conditions)
        self.width = 0
        self.where: dict[_Literal, int] = {}  # the lowest bits of the alternatives it stands in
        self.steps: list[_Step] = []
        self.values: dict[str, dict[str, int]] = {}  # where a defined fact's values are laid out
        needed = self._needed_facts(conditions)
        for fact in model.defined:
            if fact.id in needed:
                self._define(fact)
        every = [self._alternatives(condition) for condition in conditions]
        self.tests = self._lay_rails(every)
        self.planes = self._lay_planes(every)

    def _needed_facts(self, conditions: Iterable[Condition]) -> dict[str, None]:
        needed: dict[str, None] = {}
        queue = [test.fact for condition in conditions for test in tests_in(condition)]
        while queue:
            name = queue.pop()
            if name not in needed:
                needed[name] = None
                for when in self.model.facts[name].definition.values():
                    queue.extend(test.fact for test in tests_in(when))
        return needed

    # -- alternatives ---------------------------------------------------------------------------

    def _alternatives(self, condition: Condition, *, holds: bool = True) -> list[_Alternative]:
        """The alternatives of a condition, or of its opposite."""
        match condition:
            case Not():
                return self._alternatives(condition.part, holds=not holds)
            case IsOneOf() | Bound() | Includes():
                return [((condition, holds),)]
        parts, n = condition.parts, _number_wanted(condition)
        if not holds:  # fewer than n hold: at least (all - n + 1) do not
            n = len(parts) - n + 1
        if n <= 0:
            return [()]
        if n > len(parts):
            return []
        found: list[_Alternative] = []
        if n == 1:
            found = [one for part in parts for one in self._alternatives(part, holds=holds)]
        elif n == len(parts):
            found = [()]
            for part in parts:
                each = self._alternatives(part, holds=holds)
                found = [tuple(dict.fromkeys((*a, *b))) for a in found for b in each]
                if len(found) > _MOST_ALTERNATIVES:
                    break
        if 1 < n < len(parts) or len(found) > _MOST_ALTERNATIVES:
            self._tie(condition)
            return [((condition, holds),)]
        return list(dict.fromkeys(found))

    def _stand(self, alternatives: list[_Alternative], bits: Iterable[int]) -> int:
        """Give alternatives their places, each with its lowest bit."""
        used = 0
        for alternative, bit in zip(alternatives, bits, strict=False):
            used |= 1 << bit
            for literal in alternative:
                self.where[literal] = self.where.get(literal, 0) | 1 << bit
        return used

    def _step(
        self, parts: Iterable[Condition], says: Callable[[tuple[Answer, ...]], int]
    ) -> list[int]:
        """Lay out conditions from which something follows; where each of them is."""
        every = [self._alternatives(part) for part in parts]
        self.steps.append(_Step(self.width, [len(each) for each in every], says))
        found = []
        for each in every:
            end = self.width + 2 * len(each)
            found.append(self._stand(each, range(self.width, end, 2)))
            self.width = end
        return found

    def _tie(self, knot: Condition) -> None:
        if (knot, True) in self.where:
            return
        self.where[knot, True] = 0
        n = _number_wanted(knot)
        self._step(parts_of(knot), lambda answers: self._say(knot, at_least(n, answers)))

    def _define(self, fact: FactDeclaration) -> None:
        names = tuple(fact.definition)

        def says(answers: tuple[Answer, ...]) -> int:
            possible = frozenset(n for n, a in zip(names, answers, strict=True) if a is not NO)
            return self._say_tests(fact.id, OneOf(possible))

        places = self._step(fact.definition.values(), says)
        self.values[fact.id] = dict(zip(names, places, strict=True))

    def _lay_rails(self, every: list[list[_Alternative]]) -> dict[str, dict[Test, int]]:
        """A bit for every test on the true rail, by fact; the false rail lies above it."""
        found: dict[str, dict[Test, int]] = {}
        literals = (literal for each in every for one in each for literal in one)
        self.rails = self.width
        for test, _ in (*self.where, *literals):
            if isinstance(test, IsOneOf | Bound | Includes):
                of_fact = found.setdefault(test.fact, {})
                if test not in of_fact:
                    of_fact[test] = self.width
                    self.width += 1
        self.rail_size = self.width - self.rails
        self.width += self.rail_size
        return found

    def _lay_planes(self, every: list[list[_Alternative]]) -> int:
        """How many planes there are; ``base`` is the wide integer before any fact is read."""
        planes = 1
        while planes < max(map(len, every), default=1):
            planes *= 2
        self.starts, self.base = self.width, 0
        for index, each in enumerate(every):
            places = [self.starts + 8 * (index + self.size * plane) for plane in range(planes)]
            self._stand(each, places)
            for missing in places[len(each) :]:
                self.base |= _FAILS << missing
        return planes

    # -- what is said ---------------------------------------------------------------------------

    def _say(self, atom: Condition, answer: Answer) -> int:
        wanted, unwanted = self.where.get((atom, True), 0), self.where.get((atom, False), 0)
        match answer:
            case Answer.YES:
                return _FAILS * unwanted
            case Answer.NO:
                return _FAILS * wanted
            case _:
                return _OPEN * (wanted | unwanted)

    def _say_tests(self, fact: str, known: Known) -> int:
        said = 0
        for test, bit in self.tests.get(fact, {}).items():
            answered = answer_test(test, known)
            said |= self._say(test, answered)
            if answered is not UNKNOWN:
                said |= 1 << (bit if answered is YES else bit + self.rail_size)
        return said

    def _say_verdict(self, fact: str, known: Known) -> int:
        """An entered verdict on a defined fact: every other value fails."""
        said = 0
        if isinstance(known, OneOf):
            for value, places in self.values[fact].items():
                if value not in known.values:
                    said |= _FAILS * places
        return said

    # -- the function ---------------------------------------------------------------------------

    def functions(self) -> tuple[_Codes, _State]:
        """The two functions of a table, as straight-line code."""
        readings: dict[str, _Reading] = {}
        for name in dict.fromkeys((*self.tests, *self.values)):
            say = self._say_verdict if name in self.values else self._say_tests
            always = 0 if readings else self.base  # said once, by the fact that is read first
            kind = self.model.facts[name].kind
            readings[name] = _Reading(kind, partial(say, name), always)

        def learn(facts: Mapping[str, Value]) -> int:
            said = 0
            for name, reading in readings.items():
                said |= reading.of(facts.get(name))
            return said

        slots = [f"r{index}[get({name!r})]" for index, name in enumerate(readings)]
        read = " | ".join(slots) or str(self.base)
        rail = (1 << self.rail_size) - 1
        turned = sum(1 << 8 * index for index in range(self.size))
        codes = f"unpack((best ^ {turned}).to_bytes({self.size}, 'little'))"
        rails = (f"w >> {at} & {rail}" for at in (self.rails, self.rails + self.rail_size))
        body = [
            " get = facts.get",
            f" try: w = {read}",
            " except KeyError: w = learn(facts)",
            *(f" w |= s{i}[w >> {s.start} & {s.mask}]" for i, s in enumerate(self.steps)),
            f" best = w >> {self.starts}",
            *(
                f" best &= best >> {8 * self.size * half}"
                for half in (4, 2, 1)
                if half < self.planes
            ),
        ]
        scope: dict[str, Any] = {
            "learn": learn,
            "unpack": Struct(f"{self.size}B").unpack,
            **{f"r{index}": reading.kept for index, reading in enumerate(readings.values())},
            **{f"s{index}": step for index, step in enumerate(self.steps)},
        }
        source = ["def codes(facts):", *body, f" return {codes}"]
        source += ["def state(facts):", *body, f" return {codes}, {', '.join(rails)}"]
        exec(compile("\n".join(source), "<conditions>", "exec"), scope)
        return scope["codes"], scope["state"]


def _number_wanted(condition: Condition) -> int:
    """How many of its parts a condition wants."""
    match condition:
        case AtLeast():
            return condition.n
        case AnyOf():
            return 1
        case _:
            return len(parts_of(condition))
