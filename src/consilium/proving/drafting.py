"""Draft cases that would notice what no worked case does, and proofs that nothing can.

For each mutant that survives, the prover looks for a patient, a region and a
day on which a plan shows something else. There is none: the mutant is
equivalent. Otherwise as many mutants as can be noticed in one patient are put
into one draft, for a clinician to confirm against the sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from consilium.clinical.dates import Day
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region, Shows, WorkedCase
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions
from consilium.proving.differences import STATUSES
from consilium.proving.findings import Patient, example_of
from consilium.proving.killing import conditions_of, statement_of
from consilium.proving.mutants import Mutant, mutated
from consilium.proving.subject import Reading, Subject, Told
from consilium.rules.completions import written_out
from consilium.rules.proving import Formula


class Sign(NamedTuple):
    """How one plan tells a mutant: what is shown (or is not), and of which patients."""

    expected: Shows
    shows: bool
    formula: Formula


class Draft(NamedTuple):
    """A worked case as it would be filed, and the mutants that it notices."""

    case: WorkedCase
    patient: Patient
    mutants: tuple[Mutant, ...]


class _Swapped:
    """A reading in which some statements are answered as a mutant would."""

    def __init__(self, base: Reading, told: dict[str, Told]) -> None:
        self.base, self._told = base, told

    def told(self, key: str) -> Told:
        """YES and NO of a statement by its key."""
        return self._told.get(key) or self.base.told(key)


class Drafting:
    """Looks for the patients in whom mutants show."""

    def __init__(
        self, edition: Edition, survivors: Iterable[Mutant], *, seconds: float = 10
    ) -> None:
        self.edition, self.survivors = edition, tuple(survivors)
        edited = [m.condition for m in self.survivors if m.condition is not None]
        self.subject = Subject(edition, also=edited, seconds=seconds)
        self.logic = self.subject.prover.logic
        self._decisions: dict[Moment, Decisions] = {}

    def signs(self, mutant: Mutant) -> Iterator[tuple[Moment, list[Sign]]]:
        """Every moment at which a mutant may show, with the ways in which it does."""
        kind = mutant.key.split(":")[0]
        if kind == "definition":
            yield from self._of_definition(mutant)
            return
        for moment in self._moments(mutant):
            now = self._now(moment)
            then = self._then(mutant, moment)
            signs = []
            for expected in self._expectations(mutant, moment):
                here, there = now.shown(expected), then.shown(expected)
                if not here.eq(there):
                    no, every = self.logic.no, self.logic.every
                    signs.append(Sign(expected, True, every(here, no(there))))
                    signs.append(Sign(expected, False, every(no(here), there)))
            if signs:
                yield moment, signs

    def _now(self, moment: Moment) -> Decisions:
        if moment not in self._decisions:
            self._decisions[moment] = Decisions(self.subject, self.subject.complete, moment)
        return self._decisions[moment]

    def _then(self, mutant: Mutant, moment: Moment) -> Decisions:
        """What is decided under a mutant."""
        edited = mutated(self.edition, mutant)
        told: dict[str, Told] = {}
        if mutant.condition is not None:
            for key, condition in conditions_of(edited, mutant.key).items():
                holds = self.subject.prover.holds(condition)
                told[key] = Told(holds, self.logic.no(holds))
        found = Decisions(self.subject, _Swapped(self.subject.complete, told), moment)
        found.edition = edited
        contents, region = edited.contents, moment.region
        found.positions = tuple(
            p
            for p in edited.in_force(contents.positions, moment.day)
            if not p.regions or region in p.regions
        )
        found.approvals = tuple(
            a for a in edited.in_force(contents.approvals, moment.day) if region in a.regions
        )
        found.care = tuple(
            c
            for c in edited.in_force(contents.care, moment.day)
            if not c.regions or region in c.regions
        )
        return found

    def _moments(self, mutant: Mutant) -> Iterator[Moment]:
        kind = mutant.key.split(":")[0]
        if kind in ("scope", "exclusion", "trial"):
            yield Moment(Region.US, self.edition.info.date.last)
            return
        statement = statement_of(self.edition, mutant.key)
        regions = statement.regions or tuple(Region)
        if mutant.kind == "time" and mutant.statement is not None:
            for region in regions:
                for day in _days_between(statement, mutant.statement):
                    yield Moment(region, day)
            return
        calendar = self.subject.calendar
        for moment in calendar.moments(self._bearing(mutant), regions):
            if calendar.counts(mutant.key, moment):
                yield moment

    def _bearing(self, mutant: Mutant) -> list[str]:
        """The statements beside which a mutant may show or not."""
        kind, name = mutant.key.split(":")
        contents = self.edition.contents
        if kind == "position":
            position = self.edition.positions[name]
            near = {name, *position.overrides}
            near |= {p.id for p in contents.positions if near & set(p.overrides)}
            return [f"position:{one}" for one in sorted(near)]
        if kind == "approval":
            regimens = set(self.edition.approvals[name].regimens)
            return [f"approval:{a.id}" for a in contents.approvals if regimens & set(a.regimens)]
        regimens = set(self._regimens_with(self.edition.care[name].drug))
        return [
            mutant.key,
            *(f"position:{p.id}" for p in contents.positions if regimens & set(p.regimens)),
            *(f"approval:{a.id}" for a in contents.approvals if regimens & set(a.regimens)),
        ]

    def _regimens_with(self, drug: str) -> list[str]:
        return [name for name in self.edition.regimens if drug in self.edition.drugs_of(name)]

    def _expectations(self, mutant: Mutant, moment: Moment) -> list[Shows]:
        """What a plan may show otherwise under a mutant."""
        kind, name = mutant.key.split(":")
        match kind:
            case "position":
                overridden = self.edition.positions[name].overrides
                return [Shows(position=one) for one in (name, *overridden)]
            case "approval":
                regimens = self.edition.approvals[name].regimens
                return [
                    Shows(regimen=r, label=s)  # type: ignore[arg-type]
                    for r in regimens
                    for s in STATUSES
                ]
            case "care":
                drug = self.edition.care[name].drug
                return [Shows(regimen=r, caution=name) for r in self._regimens_with(drug)]
            case "trial":
                return [Shows(trial=name, fit="yes")]
            case "scope":
                return [Shows(scope=name)]
            case _:
                return [Shows(excluded=name)]

    def _of_definition(self, mutant: Mutant) -> Iterator[tuple[Moment, list[Sign]]]:
        """Another definition may show anywhere: every scope, label, position and care rule."""
        edited = mutated(self.edition, mutant)
        asked = [
            key
            for key in self.subject.conditions
            if key.split(":")[0] in ("position", "approval", "care", "scope", "exclusion", "trial")
        ]
        changed: dict[str, Told] = {}
        for key in asked:
            condition = self.subject.conditions[key]
            here = written_out(condition, self.edition.model)
            there = written_out(condition, edited.model)
            if here != there:
                holds = self.subject.prover.holds(there)
                changed[key] = Told(holds, self.logic.no(holds))
        moment = Moment(Region.US, self.edition.info.date.last)
        regions = {
            region
            for key in changed
            if key in self.subject.calendar.statements
            for region in self.subject.calendar.statements[key].regions
        }
        for region in (moment.region, *sorted(regions - {moment.region}, key=lambda r: r.value)):
            here_now = Moment(region, moment.day)
            now = self._now(here_now)
            then = Decisions(self.subject, _Swapped(self.subject.complete, changed), here_now)
            signs = []
            for expected in self._everything(changed, now):
                one, other = now.shown(expected), then.shown(expected)
                if not one.eq(other):
                    no, every = self.logic.no, self.logic.every
                    signs.append(Sign(expected, True, every(one, no(other))))
                    signs.append(Sign(expected, False, every(no(one), other)))
            if signs:
                yield here_now, signs

    def _everything(self, changed: Iterable[str], now: Decisions) -> Iterator[Shows]:
        for key in changed:
            kind, name = key.split(":")[:2]
            if kind == "scope":
                yield Shows(scope=name)
            elif kind == "exclusion":
                yield Shows(excluded=name)
            elif kind == "trial":
                yield Shows(trial=name, fit="yes")
            elif kind == "position":
                yield Shows(position=name)
            elif kind == "approval":
                for regimen in self.edition.approvals[name].regimens:
                    yield Shows(regimen=regimen, label="approved")
            else:
                for regimen in self._regimens_with(self.edition.care[name].drug):
                    yield Shows(regimen=regimen, caution=name)

    # --- drafts -----------------------------------------------------------------------------------

    def drafts(self) -> tuple[list[Draft], list[Mutant]]:
        """As few patients as show all mutants, and the mutants that no patient shows."""
        waiting: dict[Moment, list[tuple[Mutant, list[Sign]]]] = {}
        equivalent: list[Mutant] = []
        for mutant in self.survivors:
            found = self._first_sign(mutant)
            if found is None:
                equivalent.append(mutant)
            else:
                waiting.setdefault(found[0], []).append((mutant, found[1]))
        made: list[Draft] = []
        for moment, group in waiting.items():
            left = group
            while left:
                draft, left = self._one_draft(moment, left, len(made))
                made.append(draft)
        return made, equivalent

    def _first_sign(self, mutant: Mutant) -> tuple[Moment, list[Sign]] | None:
        for moment, signs in self.signs(mutant):
            possible = [
                sign
                for sign in signs
                if sign.formula is not self.logic.false and self._possible(sign.formula)
            ]
            if possible:
                return moment, possible
        return None

    def _possible(self, *formulas: Formula) -> bool:
        return self.subject.prover.possible(*formulas)

    def _one_draft(
        self, moment: Moment, group: list[tuple[Mutant, list[Sign]]], number: int
    ) -> tuple[Draft, list[tuple[Mutant, list[Sign]]]]:
        """One patient who shows the first mutant and as many others as can be shown with it."""
        chosen: list[tuple[Mutant, Sign]] = []
        left: list[tuple[Mutant, list[Sign]]] = []
        formula = self.logic.true
        for mutant, signs in group:
            for sign in signs:
                joined = self.logic.every(formula, sign.formula)
                if len(chosen) < MOST and self._possible(joined):
                    formula = joined
                    chosen.append((mutant, sign))
                    break
            else:
                left.append((mutant, signs))
        example = self.subject.prover.find(formula)
        assert example is not None
        patient = example_of(self.subject, example.values, formula, moment)
        assert patient is not None
        shows = dict.fromkeys(sign.expected for _, sign in chosen if sign.shows)
        never = dict.fromkeys(sign.expected for _, sign in chosen if not sign.shows)
        named = list(dict.fromkeys(mutant.id for mutant, _ in chosen))
        case = WorkedCase(
            id=f"edge-{moment.region.value.lower()}-{moment.day}-{number + 1:02d}",
            why=f"notices edits of {', '.join(named)}",
            as_of=Day(moment.day.isoformat()),
            region=moment.region,
            patient=dict(patient.facts),
            shows=tuple(shows),
            never_shows=tuple(never),
        )
        return Draft(case, patient, tuple(mutant for mutant, _ in chosen)), left


MOST = 24
"""Mutants that one draft may notice; more of them in one patient cannot be checked by reading."""


def _days_between(one: object, other: object) -> list[date]:
    """The days on which just one of two versions of a statement counts."""
    found = []
    for field in ("since", "until"):
        was, becomes = getattr(one, field), getattr(other, field)
        if isinstance(was, Day) and isinstance(becomes, Day) and was != becomes:
            found.append(min(was.last, becomes.last))
    return found
