"""The reading `answer`: yes, no or unknown for one patient.

``answer`` walks one condition. ``AnswerTable`` answers many at once: it is
compiled to one Python function with a true rail and a false rail, in which
every distinct test is a bit, so that a whole edition costs microseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from math import inf, nextafter

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
    end = min(
        (known.high, True),
        (inf if test.up_to is None else test.up_to, True),
        (inf if test.below is None else test.below, False),
    )
    meets = start[0] < end[0] or (start[0] == end[0] and not start[1] and end[1])
    return UNKNOWN if meets else NO


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

    >>> model = FactModel([FactDeclaration("line", NumberKind(1, 9, whole=True))])
    >>> table = AnswerTable(model, {"first": Bound("line", up_to=1)})
    >>> table.codes({"line": 1}), table.codes({"line": 2}), table.codes({})
    ((1,), (2,), (0,))
    """

    UNKNOWN, YES, NO = 0, 1, 2

    def __init__(self, model: FactModel, conditions: Mapping[str, Condition]) -> None:
        self.ids = tuple(conditions)
        self._evaluate = _Compiler(model, tuple(conditions.values())).function()

    def codes(self, facts: Mapping[str, Value]) -> tuple[int, ...]:
        """One code per condition: ``UNKNOWN``, ``YES`` or ``NO``."""
        return self._evaluate(facts)[0]

    def state(self, facts: Mapping[str, Value]) -> tuple[tuple[int, ...], int, int]:
        """The codes, and the answers to all tests as bits of a true and a false rail.

        Patients with the same rails are alike in every fact that a condition reads.
        """
        return self._evaluate(facts)

    def answers(self, facts: Mapping[str, Value]) -> dict[str, Answer]:
        """The answer to each condition, by its id."""
        words = (UNKNOWN, YES, NO)
        return {name: words[code] for name, code in zip(self.ids, self.codes(facts), strict=True)}


class _Rails(dict[Value, tuple[int, int]]):
    """The bits that a value of one fact sets on the true rail and on the false rail."""

    def __init__(self, kind: Kind, tests: Mapping[Test, int]) -> None:
        super().__init__({None: (0, 0)})
        self.kind, self.tests = kind, tests

    def __missing__(self, value: Value) -> tuple[int, int]:
        rails = _rails(as_known(value) or nothing_known(self.kind), self.tests)
        known_values = () if isinstance(self.kind, NumberKind) else self.kind.values
        if isinstance(value, str) and value not in known_values:
            raise ValueError(f"`{value}` is none of {', '.join(known_values)}")
        self[value] = rails
        return rails


def _rails(known: Known, tests: Mapping[Test, int]) -> tuple[int, int]:
    yes = no = 0
    for test, bit in tests.items():
        match answer_test(test, known):
            case Answer.YES:
                yes |= 1 << bit
            case Answer.NO:
                no |= 1 << bit
    return yes, no


class _Compiler:
    def __init__(self, model: FactModel, conditions: tuple[Condition, ...]) -> None:
        self.model, self.conditions = model, conditions
        self.bits: dict[Test, int] = {}
        needed = self._needed_facts(conditions)
        self.defined = [fact for fact in model.defined if fact.id in needed]
        self.by_fact: dict[str, dict[Test, int]] = {}
        for condition in (
            *conditions,
            *(when for fact in self.defined for when in fact.definition.values()),
        ):
            for test in tests_in(condition):
                bit = self.bits.setdefault(test, len(self.bits))
                self.by_fact.setdefault(test.fact, {})[test] = bit
        self.scope: dict[str, object] = {"bisect": bisect_right, "as_known": as_known}

    def _needed_facts(self, conditions: Iterable[Condition]) -> set[str]:
        needed: set[str] = set()
        queue = [test.fact for condition in conditions for test in tests_in(condition)]
        while queue:
            name = queue.pop()
            if name not in needed:
                needed.add(name)
                for when in self.model.facts[name].definition.values():
                    queue.extend(test.fact for test in tests_in(when))
        return needed

    def function(self) -> Callable[[Mapping[str, Value]], tuple[tuple[int, ...], int, int]]:
        lines = ["def evaluate(facts):", " get = facts.get", " T = F = 0"]
        names = {fact.id for fact in self.defined}
        for index, (name, tests) in enumerate(self.by_fact.items()):
            if name not in names:
                lines += self._read_entered(f"_{index}", name, tests)
        for index, fact in enumerate(self.defined):
            lines += self._read_defined(f"d{index}", fact)
        codes = [
            f"1 if {self._true(condition)} else 2 if {self._false(condition)} else 0"
            for condition in self.conditions
        ]
        lines.append(f" return ({', '.join(codes)}{',' if codes else ''}), T, F")
        exec(compile("\n".join(lines), "<conditions>", "exec"), self.scope)
        return self.scope["evaluate"]  # type: ignore[return-value]

    def _read_entered(self, slot: str, name: str, tests: dict[Test, int]) -> list[str]:
        kind = self.model.facts[name].kind
        if isinstance(kind, NumberKind):
            edges = sorted(
                {
                    value if upper else nextafter(value, inf)
                    for test in tests
                    if isinstance(test, Bound)
                    for value, upper in test.edges
                }
            )
            points = [-inf, *edges]
            self.scope[f"e{slot}"] = edges
            self.scope[f"r{slot}"] = [_rails(Between(point, point), tests) for point in points]
            self.scope[f"p{slot}"] = _Rails(kind, tests).__getitem__
            return [
                f" v = get({name!r})",
                " if v is not None:",
                f"  t, f = r{slot}[bisect(e{slot}, v)] if v.__class__ in (int, float)"
                f" else p{slot}(v)",
                "  T |= t; F |= f",
            ]
        self.scope[f"r{slot}"] = _Rails(kind, tests)
        return [f" t, f = r{slot}[get({name!r})]", " T |= t; F |= f"]

    def _read_defined(self, slot: str, fact: FactDeclaration) -> list[str]:
        values = tuple(fact.definition)
        tests = self.by_fact.get(fact.id, {})
        self.scope[f"r{slot}"] = [
            _rails(OneOf(frozenset(v for i, v in enumerate(values) if mask >> i & 1)), tests)
            if mask
            else (0, 0)
            for mask in range(1 << len(values))
        ]
        masks = {OneOf(frozenset({value})): 1 << index for index, value in enumerate(values)}

        def mask_of(value: Value) -> int:
            known = as_known(value)
            if not isinstance(known, OneOf):
                return (1 << len(values)) - 1
            return sum(masks[OneOf(frozenset({v}))] for v in known.values if v in values)

        self.scope[f"m{slot}"] = mask_of
        terms = " | ".join(
            f"(0 if {self._false(when)} else {1 << index})"
            for index, when in enumerate(fact.definition.values())
        )
        return [
            f" k = {terms}",
            f" v = get({fact.id!r})",
            f" if v is not None: k &= m{slot}(v)",
            f" t, f = r{slot}[k]",
            " T |= t; F |= f",
        ]

    def _true(self, condition: Condition) -> str:
        return self._rail(condition, "T", "F")

    def _false(self, condition: Condition) -> str:
        return self._rail(_negated(condition), "T", "F")

    def _rail(self, condition: Condition, true: str, false: str) -> str:
        match condition:
            case AllOf() | AnyOf():
                every = isinstance(condition, AllOf)
                yes = no = 0
                terms = []
                for part in condition.parts:
                    if isinstance(part, IsOneOf | Bound | Includes):
                        yes |= 1 << self.bits[part]
                    elif isinstance(part, Not) and isinstance(
                        part.part, IsOneOf | Bound | Includes
                    ):
                        no |= 1 << self.bits[part.part]
                    else:
                        terms.append(f"({self._rail(part, true, false)})")
                for mask, rail in ((no, false), (yes, true)):
                    if mask:
                        whole = f"{rail} & {mask} == {mask}" if every else f"{rail} & {mask}"
                        terms.insert(0, whole)
                return (" and " if every else " or ").join(terms) or str(every)
            case AtLeast():
                terms = [f"bool({self._rail(part, true, false)})" for part in condition.parts]
                return f"{' + '.join(terms) or '0'} >= {condition.n}"
            case Not():
                if isinstance(condition.part, IsOneOf | Bound | Includes):
                    return f"{false} & {1 << self.bits[condition.part]}"
                return self._rail(_negated(condition.part), true, false)
            case _:
                return f"{true} & {1 << self.bits[condition]}"


def _negated(condition: Condition) -> Condition:
    """The condition that is certainly true where this one is certainly false."""
    match condition:
        case AllOf():
            return AnyOf(tuple(_negated(part) for part in condition.parts))
        case AnyOf():
            return AllOf(tuple(_negated(part) for part in condition.parts))
        case AtLeast():
            # fewer than n hold: at least (all - n + 1) do not
            return AtLeast(
                len(condition.parts) - condition.n + 1,
                tuple(_negated(part) for part in condition.parts),
            )
        case Not():
            return condition.part
        case _:
            return Not(condition)
