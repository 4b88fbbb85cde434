"""Claims about giving drugs: every report that the statements can tell apart, asked one by one.

A dose or an event is told in a few facts, so nothing has to be solved. Each fact
of the statements concerned is left out, or takes one value between any two
bounds that some statement draws; the answers are those that a care sheet gives.
An example that refutes a claim is a report that can be typed as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain, combinations, product

import msgspec

from consilium.care.bedside import DoseValues, Told, settled
from consilium.care.doses import Quantity, adjustments, compute, schedules
from consilium.care.events import STRICTNESS, DrugEvent, answer_event
from consilium.care.gates import answer_gate
from consilium.care.statements import Care, CareError
from consilium.knowledge.bedside import EVENT
from consilium.knowledge.care_expected import CareClaim, CareClaimed
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import (
    Adjustment,
    DoseSchedule,
    EventRule,
    ForPatients,
    Gate,
    Giving,
    amount,
)
from consilium.knowledge.records import CareRule, Region
from consilium.proving.calendar import Moment
from consilium.rules.answers import YES
from consilium.rules.completions import Patient
from consilium.rules.conditions import (
    Bound,
    Condition,
    Includes,
    IsOneOf,
    facts_in,
    split_bound,
    tests_in,
)
from consilium.rules.facts import Between, ChoiceKind, FactModel, Holding, Known, NumberKind
from consilium.rules.proving import Verdict
from consilium.rules.say import say_known

_MOST_MEMBERS = 4
_WEIGHT, _SURFACE = Quantity(amount("200"), "kg"), Quantity(amount("3"), "m2")


class Report(msgspec.Struct, frozen=True):
    """What refutes a claim: the drug, the moment, and what was told or is known."""

    drug: str
    moment: Moment
    says: str


class CareJudged(msgspec.Struct, frozen=True):
    """A claim with what became of it, and of how many reports it was asked."""

    claim: CareClaim
    verdict: Verdict
    reports: int
    example: Report | None = None
    why: str = ""


def judge_care(edition: Edition, claims: Iterable[CareClaim]) -> Iterator[CareJudged]:
    """Every claim, proved or refuted by a report."""
    for claim in claims:
        yield _Judging(edition, claim).judged()


# --- what can be told apart ---------------------------------------------------------------


def told_apart(
    conditions: Iterable[Condition], model: FactModel, facts: frozenset[str]
) -> Iterator[dict[str, Known]]:
    """Every report on some facts that no condition tells from another; each fact may be missing."""
    listed = [*conditions, *model.never.values()]
    names = sorted(facts)
    values = [(None, *_values(name, listed, model)) for name in names]
    for chosen in product(*values):
        yield {name: known for name, known in zip(names, chosen, strict=True) if known is not None}


def _values(fact: str, conditions: list[Condition], model: FactModel) -> list[Known]:
    tests = [test for c in conditions for test in tests_in(c) if test.fact == fact]
    kind = model.facts[fact].kind
    if isinstance(kind, ChoiceKind):
        return [settled(value) for value in kind.values]
    if isinstance(kind, NumberKind):
        bounds = [test for test in tests if isinstance(test, Bound)]
        points = split_bound(kind.low, kind.high, bounds, kind.whole)
        if fact == "grade":
            points = [float(grade) for grade in range(int(kind.low), int(kind.high) + 1)]
        return [Between(point, point) for point in points]
    named = sorted({m for test in tests if isinstance(test, Includes) for m in test.members})
    some = chain.from_iterable(combinations(named, n) for n in range(len(named) + 1))
    return [Holding(frozenset(members)) for members in some if len(members) <= _MOST_MEMBERS]


# --- one claim ------------------------------------------------------------------------------


class _Refuted(Exception):
    def __init__(self, example: Report, why: str) -> None:
        self.example = example
        self.why = (
            f"{why}: {example.drug}, {example.says} "
            f"({example.moment.region.value}, {example.moment.day})"
        )


class _Judging:
    def __init__(self, edition: Edition, claim: CareClaim) -> None:
        self.edition, self.claim = edition, claim
        self.reports = 0

    def judged(self) -> CareJudged:
        """What becomes of the claim."""
        claim = self.claim
        try:
            for drug in self.drugs:
                for care in self._moments(drug):
                    if claim.tightens_with:
                        self._tightens(care, drug)
                    for expected in claim.shows:
                        self._ask(care, drug, expected, wanted=True)
                    for expected in claim.never_shows:
                        self._ask(care, drug, expected, wanted=False)
        except _Refuted as refuted:
            return CareJudged(claim, Verdict.REFUTED, self.reports, refuted.example, refuted.why)
        if not self.reports:
            return CareJudged(claim, Verdict.REFUTED, 0, why="it speaks of no report at all")
        return CareJudged(claim, Verdict.PROVED, self.reports)

    @cached_property
    def drugs(self) -> tuple[str, ...]:
        """The drugs of the claim; all that anything is said of when it names none."""
        said = dict.fromkeys(s.drug for s in self.edition.contents.giving)
        return self.claim.drugs or tuple(said)

    def _moments(self, drug: str) -> Iterator[Care]:
        """One moment for each set of statements on the drug that ever counts together."""
        edition, claim = self.edition, self.claim
        about = [s for s in edition.contents.giving if s.drug == drug and isinstance(s, Giving)]
        last = edition.info.date.last
        bounds = [d for s in about for d in (edition.starts(s), s.until) if d is not None]
        days = {last, *(d.last for d in bounds if d.last <= last)}
        if claim.dates != "all":
            days = {day.last for day in claim.dates}
        seen: set[frozenset[str]] = set()
        for day in sorted(days, reverse=True):
            begun = edition.in_force(about, day)
            for region in tuple(Region) if claim.regions == "all" else claim.regions:
                counting = frozenset(s.id for s in begun if not s.regions or region in s.regions)
                if counting and counting not in seen:
                    seen.add(counting)
                    yield Care(edition, day, region)

    # --- the three questions --------------------------------------------------------------

    def _ask(self, care: Care, drug: str, expected: CareClaimed, *, wanted: bool) -> None:
        if expected.gate:
            found = self._gates(care, drug, expected, wanted=wanted)
        elif expected.do or expected.next_dose:
            found = self._events(care, drug, expected)
        else:
            found = self._patients(care, drug, expected)
        for says, shown in found:
            self.reports += 1
            if shown is not wanted:
                why = f"it {'does not show' if wanted else 'shows'} {_say(expected)}"
                raise _Refuted(Report(drug, Moment(care.region, care.as_of), says), why)

    def _gates(
        self, care: Care, drug: str, expected: CareClaimed, *, wanted: bool
    ) -> Iterator[tuple[str, bool]]:
        """Values for the dose of a day, and whether the gates of that day stand as expected.

        What must never be shown must not be shown by values for another day either.
        """
        held = [g for g in care.of(Gate, drug) if not expected.of or g.drug in expected.of]
        days = {expected.day} if expected.day else {g.day for g in held} | {1}
        given_for = days if wanted else days | {g.day for g in held} | {22}
        facts = frozenset(name for gate in held for name in gate.needs)
        for told in self._reports([gate.when for gate in held], facts):
            for day, for_day in product(sorted(days), sorted(given_for)):
                values = DoseValues(for_day, told.given)
                said = {answer_gate(g, care, values).answer for g in held if g.day == day}
                stands = next((word for word in ("held", "asks", "open") if word in said), "")
                yield (
                    f"{told.text() or 'no value'}, for the dose of day {for_day}",
                    stands == expected.gate,
                )

    def _events(self, care: Care, drug: str, expected: CareClaimed) -> Iterator[tuple[str, bool]]:
        """Every report of an event, and whether the answer is as expected."""
        for told, answer in self._answers(care, drug):
            rules = [
                found for found in answer.holds if not expected.of or found.drug in expected.of
            ]
            doses = {then.dose for found in rules for then in found.next_doses if not then.missing}
            done = not expected.do or answer.do in expected.do
            if expected.of:
                done = any(found.do in expected.do for found in rules)
            yield (
                told.text(),
                done and (not expected.next_dose or bool(doses & set(expected.next_dose))),
            )

    def _patients(self, care: Care, drug: str, expected: CareClaimed) -> Iterator[tuple[str, bool]]:
        """Every patient, and whether a statement holds or a dose is computed as expected."""
        edition, claim = self.edition, self.claim
        about: list[ForPatients | CareRule] = [
            s for s in care.here if s.drug == drug and isinstance(s, ForPatients)
        ]
        about += care.choosing(drug)
        if expected.holds:
            about = [s for s in about if s.id == expected.holds]
        else:
            about = [s for s in about if isinstance(s, DoseSchedule | Adjustment)]
        conditions = [claim.given, *(s.when for s in about)]
        facts = frozenset(name for condition in conditions for name in facts_in(condition))
        for given in told_apart(conditions, edition.model, facts):
            patient = Patient(edition.model, given)
            if patient.contradiction is None and patient.settle(claim.given) is YES:
                says = ", ".join(
                    say_known(edition.model.facts[name], known) for name, known in given.items()
                )
                yield says or "any patient", self._is_shown(care, drug, expected, about, patient)

    def _is_shown(
        self,
        care: Care,
        drug: str,
        expected: CareClaimed,
        about: Iterable[ForPatients | CareRule],
        patient: Patient,
    ) -> bool:
        if expected.holds:
            return any(patient.settle(s.when) is YES for s in about)
        held, _ = adjustments(care, drug, patient)
        doses = [
            compute(schedule, weight=_WEIGHT, surface=_SURFACE, held=held, chosen=True)
            for schedule in schedules(care, drug, patient)
        ]
        if expected.of:
            return any(care.edition.giving[dose.schedule].drug in expected.of for dose in doses)
        if expected.above:
            most = amount(expected.above)
            return any(not dose.refused and amount(dose.amount.split()[0]) > most for dose in doses)
        computed = any(not dose.refused for dose in doses)
        return computed if expected.mg == "computed" else bool(doses) and not computed

    # --- reports ----------------------------------------------------------------------------

    def _reports(
        self, conditions: Iterable[Condition], facts: Iterable[str], event: str = ""
    ) -> Iterator[Told]:
        """Every report of which the claim speaks."""
        claim, edition = self.claim, self.edition
        asked = (frozenset(facts) | facts_in(claim.told)) - {EVENT} - frozenset(claim.untold)
        named: dict[str, Known] = {EVENT: settled(event)} if event else {}
        for given in told_apart([*conditions, claim.told], edition.bedside_model, asked):
            try:
                told = Told(edition, named | given)
            except CareError:
                continue  # it contradicts itself, so nobody can tell it
            if told.answer(claim.told) is YES:
                yield told

    def _answers(self, care: Care, drug: str) -> Iterator[tuple[Told, DrugEvent]]:
        """Every report of every event that a rule names, with its answer."""
        rules = care.of(EventRule, drug)
        named = (test for test in tests_in(self.claim.told) if isinstance(test, IsOneOf))
        asked = {value for test in named if test.fact == EVENT for value in test.values}
        for event in sorted(asked or {event for rule in rules for event in rule.events}):
            about = [rule for rule in rules if event in rule.events]
            conditions = [c for r in about for c in (r.when, *(then.when for then in r.then))]
            facts = (name for condition in conditions for name in facts_in(condition))
            for told in self._reports(conditions, facts, event):
                yield told, answer_event(care, drug, told)

    def _tightens(self, care: Care, drug: str) -> None:
        """No report is answered more loosely than the same one with a lower grade."""
        strictest: dict[tuple[tuple[str, Known], ...], tuple[int, str]] = {}
        rising = sorted(
            self._answers(care, drug), key=lambda one: one[0].number(self.claim.tightens_with) or 0
        )
        for told, answer in rising:
            if told.number(self.claim.tightens_with) is None:
                continue
            self.reports += 1
            rest = tuple(
                (name, known)
                for name, known in told.given.items()
                if name != self.claim.tightens_with
            )
            strict = STRICTNESS.index(answer.do)
            if answer.floor and answer.holds:
                # the answer stays strict, but two rows of the edition are the wrong way round
                raise _Refuted(
                    Report(drug, Moment(care.region, care.as_of), told.text()), answer.floor
                )
            before, milder = strictest.get(rest, (strict, told.text()))
            if strict < before:
                raise _Refuted(
                    Report(drug, Moment(care.region, care.as_of), told.text()),
                    f"it is answered with `{answer.do}`, and `{STRICTNESS[before]}` for {milder}",
                )
            strictest[rest] = (strict, told.text())


def _say(expected: CareClaimed) -> str:
    named = msgspec.to_builtins(expected)
    return ", ".join(f"{key} {value}" for key, value in named.items() if value)
