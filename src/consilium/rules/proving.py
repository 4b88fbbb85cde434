"""The reading `prove`: conditions as formulas of a solver, over every patient at once.

``Prover`` speaks of patients of whom everything is known; its formulas are true
of just the patients whom a condition covers. ``Knowing`` speaks of what may be
known of a patient: a fact may be settled, narrowed, or missing altogether, and
a condition has a formula for YES and one for NO, exactly as ``answer`` gives
them. The solver is Z3, an optional part of the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from math import inf
from typing import Any

import msgspec

from consilium.errors import ConsiliumError
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
    Between,
    ChoiceKind,
    FactDeclaration,
    FactModel,
    Holding,
    Known,
    MembersKind,
    NumberKind,
    OneOf,
)

Formula = Any
"""A formula of the solver; the solver has no types of its own."""

Value = str | float | frozenset[str]
"""The one value that a fact has: a word, a number, or the members that are there."""


class ProverMissing(ConsiliumError):
    """The solver is not installed."""


class Undecided(ConsiliumError):
    """The solver found neither a proof nor an example within its budget."""


def solver_module() -> Any:
    """Z3, imported only by those who prove."""
    try:
        import z3  # noqa: PLC0415  an optional part, and slow to import
    except ImportError:
        raise ProverMissing(
            "proving needs the Z3 solver, which is not installed; it comes with the extra `prove`: "
            "pip install 'consilium[prove]'"
        ) from None
    return z3


class Logic:
    """And, or and not, straight to the solver and simplified where a part is constant.

    The solver's own constructors spend most of their time on checking what they
    are given; a whole edition is built here hundreds of times.
    """

    def __init__(self) -> None:
        z3 = self.z3 = solver_module()
        self.true, self.false = z3.BoolVal(True), z3.BoolVal(False)
        self._context = self.true.ctx

    def every(self, *parts: Formula) -> Formula:
        """All of the parts."""
        return self._join(parts, self.z3.Z3_mk_and, self.true, self.false)

    def some(self, *parts: Formula) -> Formula:
        """Any of the parts."""
        return self._join(parts, self.z3.Z3_mk_or, self.false, self.true)

    def no(self, part: Formula) -> Formula:
        """Not the part."""
        if part is self.true or part is self.false:
            return self.false if part is self.true else self.true
        made = self.z3.Z3_mk_not(self._context.ref(), part.as_ast())
        return self.z3.BoolRef(made, self._context)

    def _join(
        self, parts: tuple[Formula, ...], make: Any, idle: Formula, final: Formula
    ) -> Formula:
        left = {}
        for part in parts:
            if part is final:
                return final
            if part is not idle:
                left[part.as_ast().value] = part
        if len(left) < 2:
            return next(iter(left.values()), idle)
        listed = (self.z3.Ast * len(left))(*(part.as_ast() for part in left.values()))
        return self.z3.BoolRef(make(self._context.ref(), len(left), listed), self._context)


class Verdict(Enum):
    """What became of a question about all patients."""

    PROVED = "proved"
    REFUTED = "refuted"
    NOT_DECIDED = "not-decided"


class Example(msgspec.Struct, frozen=True):
    """A patient of whom everything is known that was asked about."""

    values: dict[str, Value]

    def known(self) -> dict[str, Known]:
        """The patient as the other readings take one."""
        return {fact: settled(value) for fact, value in self.values.items()}


def settled(value: Value) -> Known:
    """What is known when a fact has one value."""
    if isinstance(value, str):
        return OneOf(frozenset({value}))
    if isinstance(value, frozenset):
        return Holding(value)
    return Between(value, value)


class Literal(msgspec.Struct, frozen=True):
    """One thing true of an example: a fact's value, or one member there or not.

    ``alike`` are the values, and ``stretch`` the numbers, that no condition
    tells from this one. What has the higher ``rank`` is let go first when an
    example is made smaller: a score before the verdict that it led to.
    """

    fact: str
    value: Value
    member: str = ""
    there: bool = True
    rank: int = 0
    alike: tuple[str, ...] = ()
    stretch: Bound | None = None


class Prover:
    """Every condition of a model as a formula over patients who can be.

    ``seconds`` bounds each single question; what is not settled by then raises
    ``Undecided``. The facts in ``loose`` may have no value, or two, where their
    definitions give none or two. Provers that share a ``solver`` speak of the
    same patients; ``tag`` keeps apart what follows by definitions of their own.
    """

    def __init__(
        self,
        model: FactModel,
        *,
        seconds: float = 10,
        tag: str = "",
        loose: frozenset[str] = frozenset(),
        solver: Any = None,
    ) -> None:
        self.model, self.tag, self.loose = model, tag, loose
        self.logic = Logic()
        self.z3 = self.logic.z3
        self._kept: dict[Condition, Formula] = {}
        self._names: dict[Literal, Formula] = {}
        self._declared: set[str] = set()
        self.solver = self.z3.SimpleSolver() if solver is None else solver
        self.solver.set("timeout", int(seconds * 1000))
        self.questions = 0
        for never in model.never.values():
            self.solver.add(self.z3.Not(self.holds(never)))

    # --- formulas -----------------------------------------------------------------------------

    def holds(self, condition: Condition) -> Formula:
        """The formula that is true of just the patients whom the condition covers."""
        found = self._kept.get(condition)
        if found is None:
            found = self._kept[condition] = self._formula(condition)
        return found

    def _formula(self, condition: Condition) -> Formula:
        logic = self.logic
        match condition:
            case AllOf():
                return logic.every(*(self.holds(part) for part in condition.parts))
            case AnyOf():
                return logic.some(*(self.holds(part) for part in condition.parts))
            case AtLeast():
                return self.at_least(condition.n, [self.holds(part) for part in condition.parts])
            case Not():
                return logic.no(self.holds(condition.part))
            case IsOneOf():
                self._declare(condition.fact)
                return logic.some(*(self.has(condition.fact, value) for value in condition.values))
            case Includes():
                return logic.some(*(self.includes(condition.fact, m) for m in condition.members))
            case Bound():
                self._declare(condition.fact)
                return within(self.z3, condition, self.number(condition.fact))

    def at_least(self, n: int, parts: Sequence[Formula]) -> Formula:
        """At least ``n`` of several formulas."""
        return self.z3.AtLeast(*parts, n) if parts else self.z3.BoolVal(n <= 0)

    def has(self, fact: str, value: str) -> Formula:
        """A choice has a value."""
        self._declare(fact)
        return self.z3.Bool(f"{self._prefix(fact)}{fact} is {value}")

    def includes(self, fact: str, member: str) -> Formula:
        """A fact with several values has a member."""
        return self.z3.Bool(f"{fact} includes {member}")

    def number(self, fact: str) -> Formula:
        """A number; whole ones are whole for the solver too."""
        self._declare(fact)
        kind = self.model.facts[fact].kind
        whole = isinstance(kind, NumberKind) and kind.whole
        make = self.z3.Int if whole else self.z3.Real
        return make(fact)

    def _prefix(self, fact: str) -> str:
        """What follows by definition is named for the edition whose definition it is."""
        return self.tag if self.model.facts[fact].follows else ""

    def _declare(self, fact: str) -> None:
        """What is possible for one fact, told to the solver once."""
        if fact in self._declared:
            return
        self._declared.add(fact)
        z3, declared = self.z3, self.model.facts[fact]
        kind = declared.kind
        if isinstance(kind, NumberKind):
            number = self.number(fact)
            self.solver.add(number >= _number(z3, kind.low), number <= _number(z3, kind.high))
        elif isinstance(kind, ChoiceKind):
            values = [self.has(fact, value) for value in kind.values]
            if fact not in self.loose:
                self.solver.add(z3.Or(values))
            for value, when in declared.definition.items():
                self.solver.add(self.has(fact, value) == self.holds(when))
            if not declared.follows:
                for index, one in enumerate(values):
                    for other in values[index + 1 :]:
                        self.solver.add(z3.Or(z3.Not(one), z3.Not(other)))

    # --- questions ----------------------------------------------------------------------------

    def find(self, *formulas: Formula) -> Example | None:
        """A patient of whom all formulas are true; none when there can be none."""
        self.solver.push()
        try:
            self.solver.add(*formulas)
            if not self._check():
                return None
            return self._example()
        finally:
            self.solver.pop()

    def possible(self, *formulas: Formula) -> bool:
        """Whether some patient meets all formulas."""
        self.solver.push()
        try:
            self.solver.add(*formulas)
            return self._check()
        finally:
            self.solver.pop()

    def always(self, formula: Formula) -> bool:
        """Whether a formula is true of every patient."""
        return not self.possible(self.z3.Not(formula))

    def _check(self, *assumed: Formula) -> bool:
        self.questions += 1
        said = self.solver.check(*assumed)
        if said == self.z3.unknown:
            raise Undecided(f"not decided within the budget: {self.solver.reason_unknown()}")
        return bool(said == self.z3.sat)

    def _example(self) -> Example:
        found = self.solver.model()
        said = {name.name(): found[name] for name in found.decls() if name.arity() == 0}
        values: dict[str, Value] = {}
        for fact in self.model.facts.values():
            if fact.id in self._declared or isinstance(fact.kind, MembersKind):
                values[fact.id] = self._value(said, fact)
        return Example(values)

    def _value(self, said: Mapping[str, Any], fact: FactDeclaration) -> Value:
        """The value of one fact in a found patient; its least where nothing depends on it."""
        tag = self._prefix(fact.id)

        def true(name: str) -> bool:
            return name in said and bool(self.z3.is_true(said[name]))

        match fact.kind:
            case ChoiceKind():
                named = (v for v in fact.kind.values if true(f"{tag}{fact.id} is {v}"))
                return next(named, fact.kind.values[-1])
            case MembersKind():
                return frozenset(m for m in fact.kind.values if true(f"{fact.id} includes {m}"))
            case NumberKind():
                number = said.get(fact.id)
                if number is None:
                    return fact.kind.low
                if fact.kind.whole:
                    return float(number.as_long())
                exact = number.as_fraction()
                return float(exact.numerator) / float(exact.denominator)

    def literal(self, literal: Literal) -> Formula:
        """One thing true of an example, as a formula."""
        if literal.member:
            there = self.includes(literal.fact, literal.member)
            return there if literal.there else self.z3.Not(there)
        if literal.alike:
            return self.z3.Or([self.has(literal.fact, value) for value in literal.alike])
        if literal.stretch is not None:
            return self.holds(literal.stretch)
        if isinstance(literal.value, str):
            return self.has(literal.fact, literal.value)
        assert isinstance(literal.value, float | int)
        return self.number(literal.fact) == _number(self.z3, literal.value)

    def smallest(self, literals: Sequence[Literal], goal: Formula) -> tuple[Literal, ...] | None:
        """As few of the literals as make the goal certain, whatever else is true of the patient.

        None when even all of them together leave it open. What has the higher
        rank is let go first.
        """
        ordered = sorted(literals, key=lambda one: -one.rank)
        names = [self._name_of(one) for one in ordered]
        self.solver.push()
        try:
            self.solver.add(self.logic.no(goal))
            if self._check(*names):
                return None
            kept = list(range(len(ordered)))
            # first whole ranks, so that no score stands in for the verdict it led to
            for rank in sorted({one.rank for one in ordered}, reverse=True):
                fewer = [i for i in kept if ordered[i].rank < rank]
                if len(fewer) < len(kept) and not self._check(*(names[i] for i in fewer)):
                    kept = fewer
            self._check(*(names[i] for i in kept))
            kept = self._core(names, kept)
            for index in list(kept):
                fewer = [i for i in kept if i != index]
                if index in kept and not self._check(*(names[i] for i in fewer)):
                    kept = self._core(names, fewer)
            return tuple(ordered[i] for i in sorted(kept, reverse=True))
        finally:
            self.solver.pop()

    def _name_of(self, literal: Literal) -> Formula:
        """A name whose truth makes a literal true; told to the solver once."""
        name = self._names.get(literal)
        if name is None:
            name = self._names[literal] = self.z3.Bool(f"?{self.tag}{len(self._names)}")
            self.solver.add(self.logic.some(self.logic.no(name), self.literal(literal)))
        return name

    def _core(self, names: list[Formula], kept: list[int]) -> list[int]:
        """Those of the names last checked that sufficed for the contradiction."""
        core = {name.get_id() for name in self.solver.unsat_core()}
        return [i for i in kept if names[i].get_id() in core]

    def clash(self, parts: Iterable[Condition]) -> tuple[Condition, ...]:
        """As few of several conditions as no patient meets together; none when one does."""
        z3 = self.z3
        listed = list(parts)
        names = [z3.Bool(f"?{self.tag}part{index}") for index in range(len(listed))]
        formulas = [self.holds(part) for part in listed]
        self.solver.push()
        try:
            for name, formula in zip(names, formulas, strict=True):
                self.solver.add(z3.Implies(name, formula))
            if self._check(*names):
                return ()
            kept = list(range(len(listed)))
            for index in list(kept):
                fewer = [i for i in kept if i != index]
                if not self._check(*(names[i] for i in fewer)):
                    kept = fewer
            return tuple(listed[i] for i in kept)
        finally:
            self.solver.pop()


def _number(z3: Any, value: float) -> Any:
    return z3.IntVal(int(value)) if float(value).is_integer() else z3.RealVal(repr(float(value)))


def within(z3: Any, bound: Bound, number: Formula) -> Formula:
    """A number lies within bounds."""
    parts = []
    if bound.below is not None:
        parts.append(number < _number(z3, bound.below))
    if bound.up_to is not None:
        parts.append(number <= _number(z3, bound.up_to))
    if bound.above is not None:
        parts.append(number > _number(z3, bound.above))
    if bound.start is not None:
        parts.append(number >= _number(z3, bound.start))
    return z3.And(parts)


def outside(z3: Any, bound: Bound, low: Formula, high: Formula) -> Formula:
    """No number from ``low`` to ``high`` lies within bounds."""
    parts = [z3.BoolVal(_is_empty(bound))]
    if bound.below is not None:
        parts.append(low >= _number(z3, bound.below))
    if bound.up_to is not None:
        parts.append(low > _number(z3, bound.up_to))
    if bound.above is not None:
        parts.append(high <= _number(z3, bound.above))
    if bound.start is not None:
        parts.append(high < _number(z3, bound.start))
    return z3.Or(parts)


def _is_empty(bound: Bound) -> bool:
    """Whether no number at all lies within."""
    start = max(
        (-inf if bound.start is None else bound.start, False),
        (-inf if bound.above is None else bound.above, True),
    )
    end = min(
        (inf if bound.up_to is None else bound.up_to, True),
        (inf if bound.below is None else bound.below, False),
    )
    return start[0] > end[0] or (start[0] == end[0] and (start[1] or not end[1]))


class Knowing:
    """What may be known of a patient, as formulas: a rail for YES and one for NO.

    Each fact has the values that are still possible. ``yes`` and ``no`` say of a
    state of knowledge what ``answer`` says of it; a fact that follows has the
    values its definitions leave open, narrowed by a verdict that was entered.
    """

    def __init__(self, model: FactModel, tag: str, solver: Any) -> None:
        self.model, self.tag, self.solver = model, tag, solver
        self.z3 = solver_module()
        self._rails: dict[Condition, tuple[Formula, Formula]] = {}
        self._declared: set[str] = set()

    def yes(self, condition: Condition) -> Formula:
        """The condition is answered YES."""
        return self._rail(condition)[0]

    def no(self, condition: Condition) -> Formula:
        """The condition is answered NO."""
        return self._rail(condition)[1]

    def _rail(self, condition: Condition) -> tuple[Formula, Formula]:
        found = self._rails.get(condition)
        if found is None:
            found = self._rails[condition] = self._rail_of(condition)
        return found

    def _rail_of(self, condition: Condition) -> tuple[Formula, Formula]:
        z3 = self.z3
        match condition:
            case Not():
                yes, no = self._rail(condition.part)
                return no, yes
            case AllOf() | AnyOf():
                rails = [self._rail(part) for part in condition.parts]
                yeses, noes = [rail[0] for rail in rails], [rail[1] for rail in rails]
                if isinstance(condition, AllOf):
                    return z3.And(yeses), z3.Or(noes)
                return z3.Or(yeses), z3.And(noes)
            case AtLeast():
                rails = [self._rail(part) for part in condition.parts]
                short = len(rails) - condition.n + 1
                return (
                    z3.AtLeast(*(rail[0] for rail in rails), condition.n),
                    z3.AtLeast(*(rail[1] for rail in rails), short),
                )
            case _:
                return self._test(condition)

    def _test(self, test: Test) -> tuple[Formula, Formula]:
        z3 = self.z3
        self._declare(test.fact)
        match test:
            case IsOneOf():
                kind = self.model.facts[test.fact].kind
                assert isinstance(kind, ChoiceKind)
                others = [v for v in kind.values if v not in test.values]
                return (
                    z3.And([z3.Not(self.may_be(test.fact, v)) for v in others]),
                    z3.And([z3.Not(self.may_be(test.fact, v)) for v in test.values]),
                )
            case Includes():
                return (
                    z3.Or([self.member_there(test.fact, m) for m in test.members]),
                    z3.And([z3.Not(self.member_possible(test.fact, m)) for m in test.members]),
                )
            case Bound():
                low, high = self.ends(test.fact)
                yes = z3.And(within(z3, test, low), within(z3, test, high))
                return yes, outside(z3, test, low, high)

    def may_be(self, fact: str, value: str) -> Formula:
        """A choice may have a value."""
        return self.z3.Bool(f"{self.tag}{fact} may be {value}")

    def verdict_allows(self, fact: str, value: str) -> Formula:
        """What was entered for a fact that follows leaves a value open."""
        return self.z3.Bool(f"{self.tag}{fact} entered as {value}")

    def member_there(self, fact: str, member: str) -> Formula:
        """A member is certainly there."""
        return self.z3.Bool(f"{self.tag}{fact} has {member}")

    def member_possible(self, fact: str, member: str) -> Formula:
        """A member is there or may be."""
        return self.z3.Bool(f"{self.tag}{fact} may have {member}")

    def ends(self, fact: str) -> tuple[Formula, Formula]:
        """The lowest and the highest number that is still possible."""
        kind = self.model.facts[fact].kind
        make = self.z3.Int if isinstance(kind, NumberKind) and kind.whole else self.z3.Real
        return make(f"{self.tag}{fact} low"), make(f"{self.tag}{fact} high")

    def _declare(self, fact: str) -> None:
        if fact in self._declared:
            return
        self._declared.add(fact)
        z3, declared = self.z3, self.model.facts[fact]
        match declared.kind:
            case ChoiceKind():
                for value, when in declared.definition.items():
                    allowed = self.verdict_allows(fact, value)
                    self.solver.add(
                        self.may_be(fact, value) == z3.And(z3.Not(self.no(when)), allowed)
                    )
                self.solver.add(z3.Or([self.may_be(fact, v) for v in declared.kind.values]))
            case NumberKind():
                low, high = self.ends(fact)
                self.solver.add(
                    low >= _number(z3, declared.kind.low),
                    low <= high,
                    high <= _number(z3, declared.kind.high),
                )
            case MembersKind():
                for member in declared.kind.values:
                    self.solver.add(
                        z3.Implies(
                            self.member_there(fact, member), self.member_possible(fact, member)
                        )
                    )

    def is_known(self, given: Mapping[str, Known]) -> list[Formula]:
        """That just this is known, of every fact that a condition so far asked about."""
        z3 = self.z3
        found: list[Formula] = []
        for fact in sorted(self._declared):
            kind, known = self.model.facts[fact].kind, given.get(fact)
            match kind:
                case ChoiceKind():
                    name = self.verdict_allows if self.model.facts[fact].follows else self.may_be
                    allowed = known.values if isinstance(known, OneOf) else kind.values
                    found += [name(fact, v) == z3.BoolVal(v in allowed) for v in kind.values]
                case NumberKind():
                    low, high = self.ends(fact)
                    lowest = known.low if isinstance(known, Between) else kind.low
                    highest = known.high if isinstance(known, Between) else kind.high
                    found += [low == _number(z3, lowest), high == _number(z3, highest)]
                case MembersKind():
                    has = known.has if isinstance(known, Holding) else frozenset()
                    may = has | known.may_have if isinstance(known, Holding) else set(kind.values)
                    for m in kind.values:
                        found.append(self.member_there(fact, m) == z3.BoolVal(m in has))
                        found.append(self.member_possible(fact, m) == z3.BoolVal(m in may))
        return found

    def learns(self, later: Knowing) -> list[Formula]:
        """That ``later`` knows all that this knows, and perhaps more."""
        z3 = self.z3
        found: list[Formula] = []
        for fact in sorted(self._declared | later._declared):
            self._declare(fact)
            later._declare(fact)
            kind = self.model.facts[fact].kind
            match kind:
                case ChoiceKind():
                    follows = self.model.facts[fact].follows
                    for v in kind.values:
                        now = (later.verdict_allows if follows else later.may_be)(fact, v)
                        before = (self.verdict_allows if follows else self.may_be)(fact, v)
                        found.append(z3.Implies(now, before))
                case NumberKind():
                    (low, high), (low_later, high_later) = self.ends(fact), later.ends(fact)
                    found += [low <= low_later, high_later <= high]
                case MembersKind():
                    for m in kind.values:
                        found.append(
                            z3.Implies(self.member_there(fact, m), later.member_there(fact, m))
                        )
                        found.append(
                            z3.Implies(
                                later.member_possible(fact, m), self.member_possible(fact, m)
                            )
                        )
        return found
