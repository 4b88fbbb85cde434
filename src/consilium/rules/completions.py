"""What holds in every completion of the missing facts, and what in some.

Kleene's logic can answer "unknown" where every completion agrees, because it
forgets that two tests ask about the same missing fact. Here definitions are
written out down to what was entered, impossible combinations are left out, and
the completions are searched. The search stops after ``BUDGET`` steps; it then
says "possible", never "certain".
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import chain, product
from math import inf
from typing import NamedTuple

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
)
from consilium.rules.trace import missing_facts, trace

BUDGET = 20_000
_ROUNDS = 4


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


def rests_on(condition: Condition, model: FactModel) -> dict[str, None]:
    """The facts that a condition asks about, each followed by those that it follows from."""
    found: dict[str, None] = {}
    for fact in sorted(facts_in(condition)):
        found[fact] = None
        for when in model.facts[fact].definition.values():
            found |= rests_on(when, model)
    return found


def bits_of(model: FactModel) -> Bits:
    """The bits of a model's tests; kept on the model, since its conditions never change."""
    kept: Bits | None = model.__dict__.get("_bits")
    if kept is None:
        kept = model.__dict__["_bits"] = Bits(model)
    return kept


class Share(NamedTuple):
    """What is known of some facts that no definition and no invariant ties to any other."""

    given: dict[str, Known]
    facts: dict[str, Known]
    ties: list[tuple[set[str], list[Node]]]


class Patient:
    """What is known of one patient, with what can never be taken into account.

    ``facts`` holds every given fact and all that follows; impossible values are
    gone from it. ``contradiction`` names what cannot be, if anything.
    """

    def __init__(self, model: FactModel, given: Mapping[str, Known]) -> None:
        self.model = model
        self.given = dict(given)
        self.bits = bits_of(model)
        self._begin()
        self.contradiction = self._propagate()
        self.facts = derive(model, self.given)
        if self.contradiction is None:
            self.contradiction = next(
                (name for name, known in self.facts.items() if _is_empty(known)), None
            )
        self._constraints = self._open_constraints()
        self._tied: list[tuple[set[str], list[Node]]] | None = None
        self._bound_by_verdicts()

    @classmethod
    def of(cls, model: FactModel, shares: Sequence[Share]) -> Patient:
        """Somebody of whom only this is known, without working out again what follows."""
        patient = cls.__new__(cls)
        patient.model, patient.bits, patient.contradiction = model, bits_of(model), None
        patient.given = {f: known for share in shares for f, known in share.given.items()}
        patient.facts = {f: known for share in shares for f, known in share.facts.items()}
        patient._tied = list(chain.from_iterable(share.ties for share in shares))
        patient._begin()
        return patient

    def _begin(self) -> None:
        self._yes = self._no = self._looked = 0
        self._completion = Rails(0, 0)
        self._lacking: dict[str, set[str]] = {}

    def share(self, facts: Collection[str]) -> Share:
        """What is known of some facts that nothing ties to any other."""
        return Share(
            {fact: known for fact, known in self.given.items() if fact in facts},
            {fact: known for fact, known in self.facts.items() if fact in facts},
            [
                tied
                for tied in self._ties()
                if any(not self.bits.facts_in(node.mask).isdisjoint(facts) for node in tied[1])
            ],
        )

    def open_to(self, mask: int) -> Hashable:
        """All of what is known that the completions of the tests within a mask can rest on."""
        yes, no = self._rails(mask)
        asked = self.bits.unknowns_in(mask & ~(yes | no))
        linked = self._linked_to(asked)
        for constraint in linked:
            mask |= constraint.mask
        yes, no = self._rails(mask)
        ways = [
            self.bits.ways(known, fact, mask)
            for fact in sorted(self.bits.facts_in(mask & ~(yes | no)))
            # of members each is told by its own test
            if not isinstance(known := self.model.known(fact, self.given), Holding)
        ]
        return yes, no, tuple(map(id, linked)), tuple(ways)

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
        # written out, it may be decided where a verdict that follows was not told apart
        said = evaluate(node, *self._rails(node.mask))
        if said != UNKNOWN_CODE:
            return YES if said == YES_CODE else NO
        linked = self._linked(node)
        if linked is None:
            return UNKNOWN
        if not self._some_completion(node, YES_CODE, linked):
            return NO
        if not self._some_completion(node, NO_CODE, linked):
            return YES
        return UNKNOWN

    def missing(self, condition: Condition) -> tuple[str, ...]:
        """The facts to enter before a condition can be told, in the order of their declaration.

        Where a fact that follows from others is missing, what it lacks is named.
        """
        return tuple(sorted(self._lacks(condition), key=self.bits.order.__getitem__))

    def _lacks(self, condition: Condition) -> set[str]:
        found: set[str] = set()
        for fact in missing_facts(trace(condition, self.facts, self.model)):
            if fact not in self._lacking:
                below = [self._lacks(when) for when in self.model.facts[fact].definition.values()]
                self._lacking[fact] = set().union(*below) or {fact}
            found |= self._lacking[fact]
        return found

    def _propagate(self) -> str | None:
        """Take away values that some impossible combination rules out on its own."""
        for _ in range(_ROUNDS):
            changed = False
            for name, never in self.model.never.items():
                node = self.bits.node(never)
                yes, no = self._rails(node.mask)
                said = evaluate(node, yes, no)
                if said == YES_CODE:
                    return name
                if said == NO_CODE:
                    continue
                missing = self.bits.facts_in(node.mask & ~(yes | no))
                if len(missing) == 1 and self._narrow(fact := missing.pop(), never):
                    self._looked &= ~self.bits.mask_of(fact)
                    changed = True
            if not changed:
                break
        return None

    def _narrow(self, fact: str, never: Condition) -> bool:
        """Drop the values of one fact for which the impossible would hold."""
        node = self.bits.node(never)
        others = self.bits.mask_of(fact)
        yes, no = (rail & ~others for rail in self._rails(node.mask))

        def impossible(value: Known) -> bool:
            rails = self.bits.rails(value, fact, node.mask)
            return evaluate(node, yes | rails.yes, no | rails.no) == YES_CODE

        known = narrowed = self.model.known(fact, self.given)
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
        nodes = (self.bits.node(never) for never in self.model.never.values())
        found = [n for n in nodes if evaluate(n, *self._rails(n.mask)) == UNKNOWN_CODE]
        for fact in self.model.defined:
            entered = self.given.get(fact.id)
            if isinstance(entered, OneOf):
                values = tuple(sorted(entered.values & set(fact.definition)))
                found.append(self.bits.verdict(fact.id, values))
        return found

    def _bound_by_verdicts(self) -> None:
        """Drop the values that an entered verdict leaves no room for.

        A bare "HER2-negative" bounds the category and the score it rests on.
        """
        below: dict[str, None] = {}
        for fact in self.model.defined:
            if isinstance(self.given.get(fact.id), OneOf):
                for when in fact.definition.values():
                    below |= rests_on(when, self.model)
        for name in below:
            known = self.model.known(name, self.facts)
            if isinstance(known, OneOf) and len(known.values) > 1:
                left = frozenset(
                    value
                    for value in known.values
                    if self.settle(self.bits.has_value(name, value)) is not NO
                )
                if left and left != known.values:
                    self.facts[name] = OneOf(left)
                    if not self.model.facts[name].follows:
                        self.given[name] = OneOf(left)
                        self._looked &= ~self.bits.mask_of(name)
                        self._completion = Rails(0, 0)
                        self._tied = None

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
        constraint bears on any of them: several together can rule a value out
        that each alone leaves open.
        """
        yes, no = self._rails(node.mask)
        asked = self.bits.unknowns_in(node.mask & ~(yes | no))
        linked = self._linked_to(asked)
        once = len(set(asked)) == len(asked) and self.bits.asks_once(node)
        return linked if linked or not once else None

    def _linked_to(self, asked: list[str]) -> list[Node]:
        """The open constraints that bear on some unknowns, each on its own or through others."""
        return [
            constraint
            for unknowns, constraints in self._ties()
            if not unknowns.isdisjoint(asked)
            for constraint in constraints
        ]

    def _ties(self) -> list[tuple[set[str], list[Node]]]:
        """The open constraints in groups that share no unknown, with the unknowns of each."""
        if self._tied is None:
            groups: list[tuple[set[str], list[Node]]] = []
            for constraint in self._constraints:
                held, failed = self._rails(constraint.mask)
                unknowns = set(self.bits.unknowns_in(constraint.mask & ~(held | failed)))
                touched = [group for group in groups if not unknowns.isdisjoint(group[0])]
                groups = [group for group in groups if unknowns.isdisjoint(group[0])]
                groups.append(
                    (
                        unknowns.union(*(group[0] for group in touched)),
                        [node for group in touched for node in group[1]] + [constraint],
                    )
                )
            self._tied = groups
        return self._tied

    def _some_completion(self, asked: Node, wanted: int, never: list[Node]) -> bool:
        """Whether some completion gives a condition the wanted answer."""
        steps = 0
        mask = asked.mask
        for constraint in never:
            mask |= constraint.mask
        bits, given, model = self.bits, self.given, self.model
        choices: dict[int, tuple[Rails, ...]] = {}

        def search(yes: int, no: int, open_: list[Node], new: int) -> bool:
            nonlocal steps
            steps += 1
            if steps > BUDGET:
                return True
            said = evaluate(asked, yes, no)
            if said not in (UNKNOWN_CODE, wanted):
                return False
            left = []
            for constraint in open_:
                if not constraint.mask & new:
                    left.append(constraint)
                    continue
                kept = evaluate(constraint, yes, no)
                if kept == YES_CODE:
                    return False
                if kept == UNKNOWN_CODE:
                    left.append(constraint)
            if said == UNKNOWN_CODE:
                index = undecided(asked, yes, no)
            elif self._completed(yes, no, left):
                return True
            else:
                index = undecided(left[0], yes, no)
            if index not in choices:
                fact = bits.tests[index].fact
                choices[index] = bits.choices(model.known(fact, given), index, mask)
            return any(search(yes | c.yes, no | c.no, left, c.yes | c.no) for c in choices[index])

        return search(*self._rails(mask), never, mask)

    def _completed(self, yes: int, no: int, left: list[Node]) -> bool:
        """Whether nothing is left, or what was found before for the other facts also fits here."""
        before = self._completion
        if left:
            # a fact is settled for all its tests at once, so that no fact is taken from both
            yes, no = yes | before.yes & ~no, no | before.no & ~yes
            if any(evaluate(constraint, yes, no) != NO_CODE for constraint in left):
                return False
        self._completion = Rails(yes, no)
        return True


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
