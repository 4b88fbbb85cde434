"""An edition as the prover sees it: every statement a formula, and what is read of an answer.

A ``Reading`` says when a statement is answered YES and when NO. Of patients of
whom everything is known one is the opposite of the other; where facts are
missing both may fail.
"""

from __future__ import annotations

from functools import cached_property
from itertools import product
from typing import NamedTuple, Protocol

from consilium.guidance.standing import extensions
from consilium.knowledge.edition import Edition
from consilium.proving.calendar import Calendar
from consilium.rules.completions import cells, written_out
from consilium.rules.conditions import ALWAYS, AllOf, Condition, Includes, Not, facts_in, tests_in
from consilium.rules.facts import Between, Holding, Known, OneOf, nothing_known
from consilium.rules.proving import Formula, Knowing, Literal, Prover, Value


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
    """One edition with its formulas; ``seconds`` bounds each question to the solver."""

    def __init__(self, edition: Edition, *, seconds: float = 10) -> None:
        self.edition = edition
        self.prover = Prover(edition.model, seconds=seconds)
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
        for trial in contents.trials:
            if trial.eligibility is not None:
                found[f"trial:{trial.id}"] = trial.eligibility
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
    def verdicts(self) -> tuple[str, ...]:
        """The facts that follow from others and that a statement asks about."""
        asked = {fact for condition in self.conditions.values() for fact in facts_in(condition)}
        return tuple(f.id for f in self.edition.model.defined if f.id in asked)

    def literals(
        self, values: dict[str, Value], without: frozenset[str] = frozenset()
    ) -> list[Literal]:
        """Everything true of an example, as what a smaller example is chosen from."""
        model = self.edition.model
        found = []
        behind = {
            fact
            for verdict in model.defined
            for condition in verdict.definition.values()
            for fact in facts_in(condition)
        }
        for fact, value in values.items():
            if fact in without:
                continue
            if model.facts[fact].follows:
                rank = 1 if fact in self.verdicts else 4
            else:
                rank = 3 if fact in behind else 0
            if isinstance(value, frozenset):
                kind = model.facts[fact].kind
                asked = self._asked_members.get(fact, frozenset())
                for member in sorted(asked & frozenset(getattr(kind, "values", ()))):
                    there = member in value
                    found.append(Literal(fact, value, member, there, 2 if there else 1))
            else:
                found.append(Literal(fact, value, rank=rank))
        return found

    @cached_property
    def _asked_members(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        every = [*self.conditions.values(), *self.edition.model.never.values()]
        for condition in every:
            for test in tests_in(condition):
                if isinstance(test, Includes):
                    found.setdefault(test.fact, set()).update(test.members)
        return {fact: frozenset(members) for fact, members in found.items()}


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
            found = self._kept[key] = Told(holds, self.subject.z3.Not(holds))
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
    can be; so is NO. What is certain with still more missing is certain here
    too, so nothing certain is overlooked.
    """

    LARGEST = 512

    def __init__(self, subject: Subject, facts: tuple[str, ...]) -> None:
        self.subject, self.facts = subject, facts
        self._kept: dict[str, Told] = {}
        model, z3 = subject.edition.model, subject.z3
        self.written: dict[str, Condition] = {}
        never = [Not(written_out(n, model)) for n in model.never.values()]
        bearing = [n for n in never if facts_in(n) & set(facts)]
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
            yes = z3.And([z3.Implies(o, p) for o, p in zip(self._open, placed, strict=True)])
            no = z3.And([z3.Implies(o, z3.Not(p)) for o, p in zip(self._open, placed, strict=True)])
            found = self._kept[key] = Told(yes, no)
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
            z3, holds = self.subject.z3, self.subject.holds(key)
            found = self._kept[key] = Told(
                z3.BoolVal(not self.subject.prover.possible(self.given, z3.Not(holds))),
                z3.BoolVal(not self.subject.prover.possible(self.given, holds)),
            )
        return found
