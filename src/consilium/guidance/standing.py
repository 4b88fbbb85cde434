"""Which statements hold for one patient: the four outcomes of a position, and labels.

One table per edition, date and region answers every statement at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from enum import Enum
from functools import cached_property

from consilium.evidence.trials import Result
from consilium.guidance.interests import Interest, ledger
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Approval, CareRule, Position, Region
from consilium.rules.answering import AnswerTable
from consilium.rules.answers import NO, UNKNOWN, YES, Answer
from consilium.rules.completions import Patient, bits_of
from consilium.rules.conditions import (
    ALWAYS,
    AllOf,
    Condition,
    facts_in,
    replace_tests,
)


class Standing(Enum):
    """How a position stands for one patient."""

    APPLIES = "applies"
    EXTENDS = "extends"
    OVERRIDDEN = "overridden"
    CANNOT_TELL = "cannot-tell"
    DOES_NOT_APPLY = "does-not-apply"


class Knowledge:
    """What an edition holds for one region on one day, ready to be asked."""

    def __init__(self, edition: Edition, as_of: date, region: Region) -> None:
        self.edition, self.as_of, self.region = edition, as_of, region
        here = _here(region)
        contents = edition.contents
        self.positions = tuple(p for p in edition.in_force(contents.positions, as_of) if here(p))
        self.approvals = tuple(a for a in edition.in_force(contents.approvals, as_of) if here(a))
        self.care = tuple(c for c in edition.in_force(contents.care, as_of) if here(c))
        self.trials = tuple(t for t in contents.trials if t.eligibility is not None)
        self.choosing: dict[str, Condition] = dict(self._choosing())
        self.bedside: dict[str, Condition] = dict(self._bedside())
        self.conditions = self.choosing | self.bedside
        self.overriding: dict[str, tuple[str, ...]] = {
            p.id: tuple(q.id for q in self.positions if p.id in q.overrides) for p in self.positions
        }

    def _choosing(self) -> Iterable[tuple[str, Condition]]:
        """What decides which options there are."""
        for position in self.positions:
            yield f"position:{position.id}", position.when
            for index, extended in enumerate(extensions(position)):
                yield f"extension:{position.id}:{index}", extended
        for approval in self.approvals:
            yield f"approval:{approval.id}", approval.when or ALWAYS
        for scope in self.edition.contents.scopes.scopes:
            yield f"scope:{scope.id}", scope.when
        for exclusion in self.edition.contents.scopes.exclusions:
            yield f"exclusion:{exclusion.id}", exclusion.when

    def _bedside(self) -> Iterable[tuple[str, Condition]]:
        """What is asked beside the choice: of an option once it is one, and of the sources."""
        for one in self.edition.contents.scopes.unspoken:
            yield f"unspoken:{one.id}", one.when
        for rule in self.care:
            yield f"care:{rule.id}", rule.when
        for trial in self.trials:
            if trial.eligibility is not None:
                yield f"trial:{trial.id}", trial.eligibility
        for result in self.results.values():
            if result.holds_for is not None:
                yield f"result:{result.id}", result.holds_for

    @cached_property
    def table(self) -> AnswerTable:
        """Every condition on which the choice rests, answered together."""
        return AnswerTable(self.edition.model, self.choosing)

    @cached_property
    def bedside_table(self) -> AnswerTable:
        """Care rules and trials, answered together."""
        return AnswerTable(self.edition.model, self.bedside)

    @cached_property
    def results(self) -> dict[str, Result]:
        """The results that were public, without those a later one replaces."""
        return self.edition.results_known(self.as_of)

    @cached_property
    def interests(self) -> dict[str, Interest]:
        """What is on record of each position's speaker and of the makers of what it names."""
        return ledger(self.edition, self.as_of)

    @cached_property
    def asks(self) -> dict[str, frozenset[str]]:
        """The entered facts on which each condition of the choice rests."""
        bits = bits_of(self.edition.model)
        return {
            key: frozenset(bits.facts_in(bits.node(condition).mask))
            for key, condition in self.choosing.items()
        }

    @cached_property
    def later_approvals(self) -> tuple[Approval, ...]:
        """Approvals of this region that began only after this day."""
        here = _here(self.region)
        known = {approval.id for approval in self.approvals}
        until = self.edition.info.date.last
        return tuple(
            a
            for a in self.edition.in_force(self.edition.contents.approvals, until)
            if here(a) and a.id not in known and a.status == "approved"
        )


def extensions(position: Position) -> tuple[Condition, ...]:
    """The condition of a position with the tests of each extension put in place of its own."""
    found = []
    for extension in position.extends_to:
        parts = extension.parts if isinstance(extension, AllOf) else (extension,)
        replaced = {next(iter(facts_in(part))): part for part in parts}
        found.append(replace_tests(position.when, replaced))
    return tuple(found)


class Answers:
    """The answers of every statement for one patient.

    ``fast`` answers are Kleene's; ``settle`` asks the completions where Kleene
    leaves a statement open.
    """

    def __init__(self, knowledge: Knowledge, patient: Patient) -> None:
        self.knowledge, self.patient = knowledge, patient
        self._fast = knowledge.table.answers(patient.facts) | knowledge.bedside_table.answers(
            patient.facts
        )
        self._settled: dict[str, Answer] = {}

    def settle(self, key: str) -> Answer:
        """The exact answer of one condition by its key."""
        fast = self._fast[key]
        if fast is not UNKNOWN:
            return fast
        if key not in self._settled:
            self._settled[key] = self.patient.settle_open(self.knowledge.conditions[key])
        return self._settled[key]

    def standing(self, position: Position) -> Standing:
        """How a position stands; an exception that is open leaves its base open."""
        held = self.settle(f"position:{position.id}")
        if held is NO:
            extended = [
                self.settle(f"extension:{position.id}:{index}")
                for index in range(len(position.extends_to))
            ]
            held = YES if YES in extended else NO
            if held is NO:
                return Standing.CANNOT_TELL if UNKNOWN in extended else Standing.DOES_NOT_APPLY
            return self._unless_overridden(position, Standing.EXTENDS)
        if held is UNKNOWN:
            return Standing.CANNOT_TELL
        return self._unless_overridden(position, Standing.APPLIES)

    def _unless_overridden(self, position: Position, otherwise: Standing) -> Standing:
        others = [
            self.standing(self.knowledge.edition.positions[name])
            for name in self.knowledge.overriding.get(position.id, ())
        ]
        if Standing.APPLIES in others or Standing.EXTENDS in others:
            return Standing.OVERRIDDEN
        return Standing.CANNOT_TELL if Standing.CANNOT_TELL in others else otherwise


def _here(region: Region) -> Callable[[Position | Approval | CareRule], bool]:
    def holds(statement: Position | Approval | CareRule) -> bool:
        return not statement.regions or region in statement.regions

    return holds
