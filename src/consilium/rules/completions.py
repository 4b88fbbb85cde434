"""What holds in every completion of the missing facts, and what in some.

Kleene's logic can answer "unknown" where every completion agrees, because it
forgets that two tests ask about the same missing fact. Here definitions are
written out down to what was entered, impossible combinations are left out, and
the completions are searched. The search stops after ``BUDGET`` steps; it then
says "possible", never "certain".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product
from math import inf
from typing import NamedTuple

from consilium.rules.answering import answer, answer_test, derive
from consilium.rules.answers import NO, UNKNOWN, YES, Answer
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
    facts_in,
    split_bound,
    tests_in,
)
from consilium.rules.facts import (
    Between,
    FactModel,
    Holding,
    Known,
    NumberKind,
    OneOf,
    is_settled,
)
from consilium.rules.trace import missing_facts, trace

BUDGET = 20_000


def written_out(condition: Condition, model: FactModel) -> Condition:
    """The condition over entered facts only, every definition put in its place."""
    match condition:
        case AllOf() | AnyOf():
            return type(condition)(tuple(written_out(part, model) for part in condition.parts))
        case AtLeast():
            return AtLeast(condition.n, tuple(written_out(part, model) for part in condition.parts))
        case Not():
            return Not(written_out(condition.part, model))
        case IsOneOf() if model.facts[condition.fact].follows:
            definition = model.facts[condition.fact].definition
            return AnyOf(tuple(written_out(definition[value], model) for value in condition.values))
        case _:
            return condition


class Written(NamedTuple):
    """A condition written out over entered facts, with its tests in order."""

    condition: Condition
    tests: tuple[Test, ...]
    facts: frozenset[str]


def write_out(condition: Condition, model: FactModel) -> Written:
    """A condition over entered facts only; kept on the model, since it never changes."""
    kept: dict[int, tuple[Condition, Written]] = model.__dict__.setdefault("_written", {})
    found = kept.get(id(condition))
    if found is None or found[0] is not condition:
        written = written_out(condition, model)
        tests = tuple(tests_in(written))
        found = (condition, Written(written, tests, frozenset(test.fact for test in tests)))
        kept[id(condition)] = found
    return found[1]


class Patient:
    """What is known of one patient, with what can never be taken into account.

    ``facts`` holds every given fact and all that follows; impossible values are
    gone from it. ``contradiction`` names what cannot be, if anything.
    """

    def __init__(self, model: FactModel, given: Mapping[str, Known]) -> None:
        self.model = model
        self.given = dict(given)
        self.contradiction = self._propagate()
        self.facts = derive(model, self.given)
        if self.contradiction is None:
            self.contradiction = next(
                (name for name, known in self.facts.items() if _is_empty(known)), None
            )
        self._constraints = self._open_constraints()

    def answer(self, condition: Condition) -> Answer:
        """Kleene's answer."""
        return answer(condition, self.facts, self.model)

    def settle(self, condition: Condition) -> Answer:
        """The exact answer: YES or NO when every completion agrees, else UNKNOWN."""
        kleene = self.answer(condition)
        return self.settle_open(condition) if kleene is UNKNOWN else kleene

    def settle_open(self, condition: Condition) -> Answer:
        """The exact answer to a condition that Kleene's logic leaves open."""
        written = write_out(condition, self.model)
        linked = self._linked(written)
        if linked is None:
            return UNKNOWN
        if not self._some_completion(written, YES, linked):
            return NO
        if not self._some_completion(written, NO, linked):
            return YES
        return UNKNOWN

    def missing(self, condition: Condition) -> tuple[str, ...]:
        """The facts to enter before a condition can be told.

        Where a fact that follows from others is missing, what it lacks is named.
        """
        found: dict[str, None] = {}
        for fact in missing_facts(trace(condition, self.facts, self.model)):
            asked = {
                test.fact
                for when in self.model.facts[fact].definition.values()
                for test in write_out(when, self.model).tests
                if answer_test(test, self.model.known(test.fact, self.given)) is UNKNOWN
            }
            found |= dict.fromkeys([f for f in self.model.facts if f in asked] or [fact])
        return tuple(found)

    def _propagate(self) -> str | None:
        """Take away values that some impossible combination rules out on its own."""
        for _ in range(4):
            changed = False
            facts = derive(self.model, self.given)
            for name, never in self.model.never.items():
                said = answer(never, facts, self.model)
                if said is YES:
                    return name
                if said is NO:
                    continue
                missing = [f for f in facts_in(never) if not is_settled(self.model.known(f, facts))]
                if len(missing) == 1 and not self.model.facts[missing[0]].follows:
                    changed |= self._narrow(missing[0], never, facts)
            if not changed:
                break
        return None

    def _narrow(self, fact: str, never: Condition, facts: dict[str, Known]) -> bool:
        """Drop the values of one fact for which the impossible would hold."""

        def impossible(value: Known) -> bool:
            return answer(never, facts | {fact: value}, self.model) is YES

        known = narrowed = self.model.known(fact, facts)
        match known:
            case OneOf():
                narrowed = OneOf(
                    frozenset(v for v in known.values if not impossible(OneOf(frozenset({v}))))
                )
            case Between():
                low, high = known.low, known.high
                kind = self.model.facts[fact].kind
                if isinstance(kind, NumberKind) and kind.whole:
                    while low < high and impossible(Between(low, low)):
                        low += 1
                    while high > low and impossible(Between(high, high)):
                        high -= 1
                narrowed = Between(low, high)
            case Holding():
                narrowed = Holding(
                    known.has,
                    frozenset(
                        m for m in known.may_have if not impossible(Holding(known.has | {m}))
                    ),
                )
        if narrowed == known:
            return False
        self.given[fact] = narrowed
        return True

    def _open_constraints(self) -> list[Written]:
        """What must not hold, and the verdicts entered, as far as they are still open."""
        found = []
        for never in self.model.never.values():
            if self.answer(never) is UNKNOWN:
                found.append(write_out(never, self.model))
        for fact in self.model.defined:
            entered = self.given.get(fact.id)
            if isinstance(entered, OneOf):
                verdict = AnyOf(
                    tuple(
                        written_out(fact.definition[value], self.model)
                        for value in sorted(entered.values)
                        if value in fact.definition
                    )
                )
                if answer(verdict, self.given, self.model) is UNKNOWN:
                    tests = tuple(tests_in(verdict))
                    found.append(Written(Not(verdict), tests, frozenset(t.fact for t in tests)))
        return found

    def is_open(self, fact: str) -> bool:
        """Whether an entered fact may still have several values."""
        return fact not in self.given or not is_settled(self.given[fact])

    def _linked(self, written: Written) -> list[Written] | None:
        """The constraints that bear on a condition; ``None`` when Kleene was exact already.

        Kleene is exact when each missing fact is asked about once and no
        constraint ties two of them together.
        """
        asked = Counter(
            test.fact
            for test in written.tests
            if self.is_open(test.fact)
            and answer_test(test, self.model.known(test.fact, self.given)) is UNKNOWN
        )
        reached = set(asked)
        groups: list[set[str]] = [{fact} for fact in asked]
        linked: list[Written] = []
        left = [(c, {f for f in c.facts if self.is_open(f)}) for c in self._constraints]
        growing = True
        while growing:
            growing = False
            for pair in list(left):
                constraint, touched = pair
                if touched & reached:
                    reached |= touched
                    linked.append(constraint)
                    left.remove(pair)
                    joined = [group for group in groups if group & touched]
                    groups = [group for group in groups if not group & touched]
                    groups.append(set().union(touched, *joined))
                    growing = True
        tied = any(len(group & set(asked)) > 1 for group in groups)
        if max(asked.values(), default=0) <= 1 and not tied:
            return None
        return linked

    def _some_completion(self, asked: Written, wanted: Answer, never: list[Written]) -> bool:
        """Whether some completion gives a condition the wanted answer."""
        steps = 0
        model = self.model
        every = [asked.condition, *(constraint.condition for constraint in never)]

        def next_fact(written: Written, facts: dict[str, Known]) -> str:
            return next(
                test.fact
                for test in written.tests
                if answer_test(test, model.known(test.fact, facts)) is UNKNOWN
            )

        def search(facts: dict[str, Known], open_: list[Written]) -> bool:
            nonlocal steps
            steps += 1
            if steps > BUDGET:
                return True
            said = answer(asked.condition, facts, model)
            if said is not UNKNOWN and said is not wanted:
                return False
            undecided = []
            for constraint in open_:
                kept = answer(constraint.condition, facts, model)
                if kept is YES:
                    return False
                if kept is UNKNOWN:
                    undecided.append(constraint)
            if said is UNKNOWN:
                fact = next_fact(asked, facts)
            elif undecided:
                fact = next_fact(undecided[0], facts)
            else:
                return True
            known = model.known(fact, facts)
            return any(
                search(facts | {fact: cell}, undecided) for cell in cells(known, model, fact, every)
            )

        return search(dict(self.given), never)


def cells(
    known: Known, model: FactModel, fact: str, conditions: Iterable[Condition]
) -> list[Known]:
    """One settled value for every way in which a fact can answer the conditions' tests."""
    tests = [t for condition in conditions for t in tests_in(condition) if t.fact == fact]
    match known:
        case OneOf():
            seen: dict[tuple[Answer, ...], Known] = {}
            for value in sorted(known.values):
                one = OneOf(frozenset({value}))
                seen.setdefault(tuple(answer_test(t, one) for t in tests), one)
            return list(seen.values())
        case Between():
            kind = model.facts[fact].kind
            whole = isinstance(kind, NumberKind) and kind.whole
            bounds = [t for t in tests if isinstance(t, Bound)]
            points = split_bound(known.low, known.high, bounds, whole)
            return [Between(point, point) for point in points]
        case Holding():
            asked = {m for t in tests if isinstance(t, Includes) for m in t.members}
            free = sorted(asked & known.may_have)
            return [
                Holding(known.has | {m for m, there in zip(free, chosen, strict=True) if there})
                for chosen in product((False, True), repeat=len(free))
            ]


def _is_empty(known: Known) -> bool:
    return (isinstance(known, OneOf) and not known.values) or (
        isinstance(known, Between) and (known.low > known.high or known.low == inf)
    )
