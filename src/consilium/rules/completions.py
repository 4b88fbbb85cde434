"""What holds in every completion of the missing facts, and what in some.

Kleene's logic can answer "unknown" where every completion agrees, because it
forgets that two tests ask about the same missing fact. Here definitions are
written out down to what was entered, impossible combinations are left out, and
the completions are searched. The search stops after ``BUDGET`` steps; it then
says "possible", never "certain".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from math import inf

from consilium.rules.answering import answer, answer_test, derive
from consilium.rules.answers import NO, UNKNOWN, YES, Answer
from consilium.rules.bits import (
    NO_CODE,
    UNKNOWN_CODE,
    YES_CODE,
    Bits,
    Node,
    Rails,
    evaluate,
    undecided,
)
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
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


def bits_of(model: FactModel) -> Bits:
    """The bits of a model's tests; kept on the model, since its conditions never change."""
    kept: Bits | None = model.__dict__.get("_bits")
    if kept is None:
        kept = model.__dict__["_bits"] = Bits(model)
    return kept


class Patient:
    """What is known of one patient, with what can never be taken into account.

    ``facts`` holds every given fact and all that follows; impossible values are
    gone from it. ``contradiction`` names what cannot be, if anything.
    """

    def __init__(self, model: FactModel, given: Mapping[str, Known]) -> None:
        self.model = model
        self.given = dict(given)
        self.bits = bits_of(model)
        self._yes = self._no = self._looked = 0
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
        node = self.bits.node(condition)
        linked = self._linked(node)
        if linked is None:
            return UNKNOWN
        if not self._some_completion(node, YES_CODE, linked):
            return NO
        if not self._some_completion(node, NO_CODE, linked):
            return YES
        return UNKNOWN

    def missing(self, condition: Condition) -> tuple[str, ...]:
        """The facts to enter before a condition can be told.

        Where a fact that follows from others is missing, what it lacks is named.
        """
        found: dict[str, None] = {}
        for fact in missing_facts(trace(condition, self.facts, self.model)):
            definition = self.model.facts[fact].definition
            if not definition:
                found[fact] = None
                continue
            mask = 0
            for when in definition.values():
                mask |= self.bits.node(when).mask
            yes, no = self._rails(mask)
            asked = self.bits.facts_in(mask & ~(yes | no))
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

    def _open_constraints(self) -> list[Node]:
        """What must not hold, and the verdicts entered, as far as they are still open."""
        found = [
            self.bits.node(never)
            for never in self.model.never.values()
            if self.answer(never) is UNKNOWN
        ]
        for fact in self.model.defined:
            entered = self.given.get(fact.id)
            if isinstance(entered, OneOf):
                values = tuple(sorted(entered.values & set(fact.definition)))
                found.append(self.bits.verdict(fact.id, values))
        return found

    def is_open(self, fact: str) -> bool:
        """Whether an entered fact may still have several values."""
        return fact not in self.given or not is_settled(self.given[fact])

    def _rails(self, mask: int) -> tuple[int, int]:
        """The tests within a mask that hold and that fail for what is known."""
        missing = mask & ~self._looked
        if missing:
            for fact in self.bits.facts_in(missing):
                rails = self.bits.rails(self.model.known(fact, self.given), fact, missing)
                self._yes |= rails.yes
                self._no |= rails.no
            self._looked |= missing
        return self._yes & mask, self._no & mask

    def _linked(self, node: Node) -> list[Node] | None:
        """The constraints that bear on a condition; ``None`` when Kleene was exact already.

        Kleene is exact when each missing fact is asked about once and no
        constraint ties two of them together.
        """
        yes, no = self._rails(node.mask)
        asked = self.bits.unknowns_in(node.mask & ~(yes | no))
        once = len(set(asked)) == len(asked) and self.bits.asks_once(node)
        groups: list[set[str]] = [{unknown} for unknown in set(asked)]
        reached = set(asked)
        linked: list[Node] = []
        left = []
        for constraint in self._constraints:
            held, failed = self._rails(constraint.mask)
            open_ = set(self.bits.unknowns_in(constraint.mask & ~(held | failed)))
            left.append((constraint, open_))
        growing = True
        while growing:
            growing = False
            for pair in list(left):
                constraint, open_ = pair
                if open_ & reached:
                    reached |= open_
                    linked.append(constraint)
                    left.remove(pair)
                    joined = [group for group in groups if group & open_]
                    groups = [group for group in groups if not group & open_]
                    groups.append(set().union(open_, *joined))
                    growing = True
        tied = any(len(group & set(asked)) > 1 for group in groups)
        return linked if tied or not once else None

    def _some_completion(self, asked: Node, wanted: int, never: list[Node]) -> bool:
        """Whether some completion gives a condition the wanted answer."""
        steps = 0
        mask = asked.mask
        for constraint in never:
            mask |= constraint.mask
        bits, given, model = self.bits, self.given, self.model
        choices: dict[int, tuple[Rails, ...]] = {}

        def search(yes: int, no: int, open_: list[Node]) -> bool:
            nonlocal steps
            steps += 1
            if steps > BUDGET:
                return True
            said = evaluate(asked, yes, no)
            if said not in (UNKNOWN_CODE, wanted):
                return False
            left = []
            for constraint in open_:
                kept = evaluate(constraint, yes, no)
                if kept == YES_CODE:
                    return False
                if kept == UNKNOWN_CODE:
                    left.append(constraint)
            if said == UNKNOWN_CODE:
                index = undecided(asked, yes, no)
            elif left:
                index = undecided(left[0], yes, no)
            else:
                return True
            if index not in choices:
                fact = bits.tests[index].fact
                choices[index] = bits.choices(model.known(fact, given), index, mask)
            return any(search(yes | c.yes, no | c.no, left) for c in choices[index])

        return search(*self._rails(mask), never)


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
