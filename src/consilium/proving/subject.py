"""An edition as the prover sees it: every statement a formula, and what is read of an answer.

A ``Reading`` says when a statement is answered YES and when NO. Of patients of
whom everything is known one is the opposite of the other; where facts are
missing both may fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import product
from math import ceil, floor
from typing import NamedTuple, Protocol

from consilium.guidance.standing import extensions
from consilium.knowledge.edition import Edition
from consilium.proving.calendar import Calendar
from consilium.proving.coherence import coherent
from consilium.rules.completions import cells, written_out
from consilium.rules.conditions import (
    ALWAYS,
    AllOf,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    Test,
    facts_in,
    tests_in,
)
from consilium.rules.facts import (
    Between,
    FactModel,
    Holding,
    Kind,
    Known,
    NumberKind,
    OneOf,
    nothing_known,
)
from consilium.rules.proving import Example, Formula, Knowing, Literal, Prover, Value


class Told(NamedTuple):
    """The formulas for YES and for NO of one statement."""

    yes: Formula
    no: Formula


class Reading(Protocol):
    """How the statements of an edition are answered for the patients spoken of."""

    def told(self, key: str) -> Told:
        """YES and NO of a statement by its key."""
        ...


class Subject:
    """One edition with its formulas.

    ``also`` are further conditions that will be asked about it; ``seconds``
    bounds each question to the solver. What stands ``beside`` another speaks of
    the same patients, by its own definitions.
    """

    def __init__(
        self,
        edition: Edition,
        *,
        also: Iterable[Condition] = (),
        seconds: float = 10,
        beside: Subject | None = None,
    ) -> None:
        self.edition, self.also, self.seconds = edition, tuple(also), seconds
        self.prover: Prover = (
            beside.prover
            if beside and _alike(edition.model, beside.edition.model)
            else Prover(
                edition.model,
                seconds=seconds,
                tag="old " if beside else "",
                solver=beside.prover.solver if beside else None,
            )
        )
        self.z3 = self.prover.z3
        self.calendar = Calendar(edition)
        self.complete = Complete(self)

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        """The condition of every statement, whenever and wherever it counts."""
        contents = self.edition.contents
        found: dict[str, Condition] = {}
        for position in contents.positions:
            found[f"position:{position.id}"] = position.when
            for index, extended in enumerate(extensions(position)):
                found[f"extension:{position.id}:{index}"] = extended
        for approval in contents.approvals:
            found[f"approval:{approval.id}"] = approval.when or ALWAYS
        for rule in contents.care:
            found[f"care:{rule.id}"] = rule.when
        for scope in contents.scopes.scopes:
            found[f"scope:{scope.id}"] = scope.when
        for exclusion in contents.scopes.exclusions:
            found[f"exclusion:{exclusion.id}"] = exclusion.when
        for one in contents.scopes.unspoken:
            found[f"unspoken:{one.id}"] = one.when
        for trial in contents.trials:
            if trial.eligibility is not None:
                found[f"trial:{trial.id}"] = trial.eligibility
            for result in trial.results:
                if result.holds_for is not None:
                    found[f"result:{result.id}"] = result.holds_for
        return found

    def holds(self, key: str) -> Formula:
        """A statement is true of a patient of whom everything is known."""
        return self.prover.holds(self.conditions[key])

    @cached_property
    def planned(self) -> Formula:
        """A plan is made: no exclusion holds."""
        excluded = [self.prover.holds(e.when) for e in self.edition.contents.scopes.exclusions]
        return self.z3.Not(self.z3.Or(excluded))

    @cached_property
    def coherent(self) -> Formula:
        """The patient is such as one list of earlier therapies would give."""
        return coherent(self.edition, self.prover)

    def find(self, *formulas: Formula) -> Example | None:
        """A patient of whom all formulas are true, a coherent one where there is one."""
        return self.prover.find(*formulas, self.coherent) or self.prover.find(*formulas)

    @cached_property
    def bare(self) -> Prover:
        """A prover that knows the definitions, but not what can never be."""
        return Prover(FactModel(self.edition.model.facts.values()), seconds=self.seconds)

    @cached_property
    def verdicts(self) -> tuple[str, ...]:
        """The facts that follow from others and that a statement asks about."""
        asked = {fact for condition in self.conditions.values() for fact in facts_in(condition)}
        return tuple(f.id for f in self.edition.model.defined if f.id in asked)

    def literals(
        self, values: Mapping[str, Value], without: frozenset[str] = frozenset()
    ) -> list[Literal]:
        """Everything true of an example, as what a smaller example is chosen from."""
        found = []
        for fact, value in values.items():
            if fact not in without:
                found += self._literals_of(fact, value)
        return found

    def _literals_of(self, fact: str, value: Value) -> list[Literal]:
        declared = self.edition.model.facts[fact]
        tests = self._tests.get(fact, ())
        if isinstance(value, frozenset):
            asked = {m for test in tests if isinstance(test, Includes) for m in test.members}
            return [
                Literal(fact, value, member, member in value, 2 if member in value else 1)
                for member in sorted(asked)
            ]
        if declared.follows:
            rank = 1 if fact in self.verdicts else 4
        else:
            rank = 3 if fact in self._behind_verdicts else 0
        if isinstance(value, str):
            lists = [test.values for test in tests if isinstance(test, IsOneOf)]
            told_apart = [value in listed for listed in lists]
            every: tuple[str, ...] = getattr(declared.kind, "values", ())
            alike = tuple(v for v in every if [v in listed for listed in lists] == told_apart)
            named = alike[0] if every[0] in alike else alike[-1]
            return [Literal(fact, named, rank=rank, alike=alike)]
        bounds = [test for test in tests if isinstance(test, Bound)]
        stretch = _stretch(fact, value, bounds)
        return [Literal(fact, _plain(value, stretch, declared.kind), rank=rank, stretch=stretch)]

    @cached_property
    def _behind_verdicts(self) -> frozenset[str]:
        return frozenset(
            fact
            for name in self.verdicts
            for condition in self.edition.model.facts[name].definition.values()
            for fact in facts_in(condition)
        )

    @cached_property
    def _tests(self) -> dict[str, list[Test]]:
        model = self.edition.model
        found: dict[str, dict[Test, None]] = {}
        for condition in (
            *self.conditions.values(),
            *self.also,
            *model.never.values(),
            *(when for fact in model.defined for when in fact.definition.values()),
        ):
            for test in tests_in(condition):
                found.setdefault(test.fact, {})[test] = None
        return {fact: list(tests) for fact, tests in found.items()}


def _alike(one: FactModel, other: FactModel) -> bool:
    """Whether every fact means the same in both, so that their formulas can be shared."""
    return one.facts == other.facts and one.never == other.never


def _stretch(fact: str, value: float, bounds: list[Bound]) -> Bound:
    """The widest range around a number over which no bound changes its answer."""
    below: tuple[float, bool] | None = None
    above: tuple[float, bool] | None = None
    for edge, upper in {edge for bound in bounds for edge in bound.edges}:
        # an edge that belongs to the upper side parts [.., edge) from [edge, ..]
        lies_above = value >= edge if upper else value > edge
        if lies_above and (below is None or (edge, not upper) > below):
            below = (edge, not upper)
        if not lies_above and (above is None or (edge, not upper) < above):
            above = (edge, not upper)
    return Bound(
        fact,
        start=below[0] if below and not below[1] else None,
        above=below[0] if below and below[1] else None,
        below=above[0] if above and not above[1] else None,
        up_to=above[0] if above and above[1] else None,
    )


def _plain(value: float, stretch: Bound, kind: Kind) -> float:
    """The number of a stretch by which one would name it: at an edge, and whole where it can be."""
    assert isinstance(kind, NumberKind)
    candidates = []
    if stretch.start is not None:
        candidates.append(stretch.start)
    if stretch.up_to is not None:
        candidates.append(stretch.up_to)
    if stretch.above is not None:
        candidates.append(floor(stretch.above) + 1)
    if stretch.below is not None:
        candidates.append(ceil(stretch.below) - 1)
    starts = stretch.start if stretch.start is not None else stretch.above
    ends = stretch.up_to if stretch.up_to is not None else stretch.below
    if starts is not None and ends is not None and not kind.whole:
        candidates.append((starts + ends) / 2)
    inside = (c for c in candidates if stretch.holds(c) and kind.low <= c <= kind.high)
    return float(next(inside, value))


class Complete:
    """Patients of whom everything is known: NO is what is not YES."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._kept: dict[str, Told] = {}

    def told(self, key: str) -> Told:
        """YES and NO of a statement by its key."""
        found = self._kept.get(key)
        if found is None:
            holds = self.subject.holds(key)
            found = self._kept[key] = Told(holds, self.subject.prover.logic.no(holds))
        return found


class Partial:
    """Patients of whom anything may be known, answered as Kleene's logic does."""

    def __init__(self, subject: Subject, knowing: Knowing) -> None:
        self.subject, self.knowing = subject, knowing

    def told(self, key: str) -> Told:
        """YES and NO of a statement by its key."""
        condition = self.subject.conditions[key]
        return Told(self.knowing.yes(condition), self.knowing.no(condition))


class Missing:
    """Patients of whom some facts are missing and all others known.

    YES is what holds whichever value the missing facts have, among those that
    can be beside what is ``given``; so is NO. What is certain with still more
    missing is certain here too, so nothing certain is overlooked.
    """

    def __init__(self, subject: Subject, facts: tuple[str, ...], given: Condition = ALWAYS) -> None:
        self.subject, self.facts = subject, facts
        self._kept: dict[str, Told] = {}
        model, z3 = subject.edition.model, subject.z3
        can_be = [Not(written_out(n, model)) for n in model.never.values()]
        bearing = [n for n in (*can_be, written_out(given, model)) if facts_in(n) & set(facts)]
        self._can_be = subject.prover.holds(AllOf(tuple(bearing)))
        every = [written_out(c, model) for c in subject.conditions.values()] + bearing
        choices: list[list[Known]] = [
            cells(nothing_known(model.facts[fact].kind), model, fact, every) for fact in facts
        ]
        self.cells = [
            [
                pair
                for fact, cell in zip(facts, chosen, strict=True)
                for pair in self._pairs(fact, cell)
            ]
            for chosen in product(*choices)
        ]
        self._open = [z3.substitute(self._can_be, *cell) for cell in self.cells]

    def _pairs(self, fact: str, cell: Known) -> list[tuple[Formula, Formula]]:
        prover, z3 = self.subject.prover, self.subject.z3
        kind = self.subject.edition.model.facts[fact].kind
        match cell:
            case OneOf():
                return [
                    (prover.has(fact, v), z3.BoolVal(v in cell.values))
                    for v in getattr(kind, "values", ())
                ]
            case Holding():
                return [
                    (prover.includes(fact, m), z3.BoolVal(m in cell.has))
                    for m in getattr(kind, "values", ())
                ]
            case Between():
                number = prover.number(fact)
                value = z3.RealVal(repr(cell.low))
                return [(number, z3.IntVal(int(cell.low)) if number.is_int() else value)]

    def told(self, key: str) -> Told:
        """YES and NO of a statement by its key."""
        found = self._kept.get(key)
        if found is None:
            model, z3 = self.subject.edition.model, self.subject.z3
            holds = self.subject.prover.holds(written_out(self.subject.conditions[key], model))
            placed = [z3.substitute(holds, *cell) for cell in self.cells]
            pairs = list(zip(self._open, placed, strict=True))
            found = self._kept[key] = Told(
                z3.And([z3.Implies(open_, holds) for open_, holds in pairs]),
                z3.And([z3.Implies(open_, z3.Not(holds)) for open_, holds in pairs]),
            )
        return found


class Least:
    """The one patient of whom nothing is known but that a condition holds.

    What is certain of this patient stays certain for everybody of whom more is
    known, since learning a fact never turns a certain answer around.
    """

    def __init__(self, subject: Subject, given: Formula) -> None:
        self.subject, self.given = subject, given
        self._kept: dict[str, Told] = {}

    def told(self, key: str) -> Told:
        """YES and NO of a statement by its key, each settled already."""
        found = self._kept.get(key)
        if found is None:
            prover, holds = self.subject.prover, self.subject.holds(key)
            logic = prover.logic
            always = not prover.possible(self.given, logic.no(holds))
            never = not prover.possible(self.given, holds)
            found = self._kept[key] = Told(
                logic.true if always else logic.false, logic.true if never else logic.false
            )
        return found
