"""Cycles on days: doses, gates, G-CSF, laboratory, eye and heart checks, visits.

Only what the sources place on a day stands on one. Nothing is put on a day
that the cycle does not have, and nothing names the patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec

from consilium.care.cycle import cycle_of
from consilium.care.growth_factor import window_notes
from consilium.care.statements import Care, CareError
from consilium.knowledge.giving import (
    DoseSchedule,
    Gate,
    Monitoring,
    Prophylaxis,
    Scheduled,
)
from consilium.rules.answers import NO
from consilium.rules.completions import Patient

EntryKind = Literal[
    "dose", "gate", "g-csf", "laboratory", "eyes", "heart", "lungs", "other-check", "visit"
]
_DAYS_OF = {"days": 1, "weeks": 7, "months": 30, "years": 365}
_KIND_OF: dict[str, EntryKind] = {
    "blood-count": "laboratory",
    "kidney": "laboratory",
    "pregnancy": "laboratory",
    "eyes": "eyes",
    "heart": "heart",
    "chest-ct": "lungs",
    "lungs": "lungs",
    "mouth": "other-check",
}
MOST_CYCLES = 60


class CalendarError(CareError):
    """A calendar that cannot be."""


class Entry(msgspec.Struct, frozen=True):
    """One thing on one day of one cycle."""

    on: date
    cycle: int
    cycle_day: int
    kind: EntryKind
    text: str
    statements: tuple[str, ...] = ()
    note: str = ""


class Calendar(msgspec.Struct, frozen=True):
    """N cycles from a day on; ``unplaced`` is what the sources give no day for."""

    regimen: str
    name: str
    start: date
    cycles: int
    cycle_days: int
    entries: tuple[Entry, ...]
    unplaced: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def calendar(
    care: Care,
    regimen: str,
    patient: Patient,
    *,
    start: date,
    cycles: int,
    support: Prophylaxis | None = None,
) -> Calendar:
    """The days of a regimen. ``support`` is the G-CSF schedule that was chosen, if any."""
    if not 1 <= cycles <= MOST_CYCLES:
        raise CalendarError(f"{cycles} cycles cannot be drawn; name 1 to {MOST_CYCLES}")
    drugs = care.drugs_of(regimen)
    plan = _Plan(care, regimen, drugs, patient, start, cycles)
    entries = sorted(
        (*plan.doses(), *plan.gates(), *plan.checks(), *plan.support(support)),
        key=lambda e: (e.on, _ORDER.index(e.kind), e.text),
    )
    return Calendar(
        regimen=regimen,
        name=care.edition.regimens[regimen].name,
        start=start,
        cycles=cycles,
        cycle_days=plan.cycle_days,
        entries=tuple(entries),
        unplaced=tuple(plan.unplaced),
        notes=tuple(plan.notes),
    )


_ORDER: tuple[EntryKind, ...] = (
    "visit",
    "gate",
    "laboratory",
    "eyes",
    "heart",
    "lungs",
    "other-check",
    "dose",
    "g-csf",
)


class _Plan:
    def __init__(
        self,
        care: Care,
        regimen: str,
        drugs: tuple[str, ...],
        patient: Patient,
        start: date,
        cycles: int,
    ) -> None:
        self.care, self.drugs, self.patient = care, drugs, patient
        self.start, self.cycles = start, cycles
        self.unplaced: list[str] = []
        self.notes: list[str] = []
        cycle = cycle_of(care, regimen)
        self.cycle_days = cycle.days or self._page(regimen)
        try:
            self.last = start + timedelta(days=self.cycle_days * cycles)
        except OverflowError:
            raise CalendarError(f"no calendar goes on from {start} for {cycles} cycles") from None
        self.dose_days = cycle.dose_days
        self.unplaced += [
            f"{care.name(drug)}: no day of the cycle is stated"
            for drug, days in cycle.dose_days.items()
            if not days
        ]

    def _page(self, regimen: str) -> int:
        if any(self.care.of(DoseSchedule, drug) for drug in self.drugs):
            self.notes.append("taken every day without cycles; 28 days are drawn as a page")
            return 28
        raise CalendarError(f"no cycle of `{regimen}` is in the stored sources, so no calendar")

    def entry(
        self, cycle: int, day: int, kind: EntryKind, text: str, ids: Iterable[str], note: str = ""
    ) -> Entry:
        """Something on a day of a cycle; refused on a day that the cycle does not have."""
        if not 1 <= day <= self.cycle_days:
            raise CalendarError(f"day {day} is no day of a cycle of {self.cycle_days} days")
        on = self.start + timedelta(days=(cycle - 1) * self.cycle_days + day - 1)
        return Entry(on, cycle, day, kind, text, tuple(ids), note)

    def every_cycle(self) -> range:
        return range(1, self.cycles + 1)

    def doses(self) -> Iterator[Entry]:
        for drug, days in self.dose_days.items():
            ids = [s.id for s in self.care.of(DoseSchedule, drug)]
            name = self.care.name(drug)
            consecutive = len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1))
            for cycle in self.every_cycle():
                if consecutive:
                    yield self.entry(cycle, days[0], "dose", f"{name}: first day", ids)
                    yield self.entry(cycle, days[-1], "dose", f"{name}: last day", ids)
                    continue
                for day in days:
                    yield self.entry(cycle, day, "dose", name, ids)
                    yield self.entry(cycle, day, "visit", f"visit for {name}", ids)

    def gates(self) -> Iterator[Entry]:
        facts = self.care.edition.bedside_facts
        for drug in self.drugs:
            for gate in self.care.of(Gate, drug):
                if gate.day not in self.dose_days[drug]:
                    raise CalendarError(f"`{gate.id}` stands before a dose that day has not")
                needs = " and ".join(facts[name].phrase for name in gate.needs)
                for cycle in self.every_cycle():
                    if gate.cycles == "first" and cycle > 1:
                        continue
                    text = f"gate for {self.care.name(drug)}: {needs}, taken for this dose"
                    yield self.entry(cycle, gate.day, "gate", text, [gate.id])

    def checks(self) -> Iterator[Entry]:
        for drug in self.drugs:
            for watched in self.care.of(Monitoring, drug):
                if self.patient.settle(watched.when) is NO or watched.what == "infusion":
                    continue
                yield from self._check(drug, watched)

    def _check(self, drug: str, watched: Monitoring) -> Iterator[Entry]:
        kind, text = _KIND_OF[watched.what], f"{self.care.name(drug)}: {watched.says}"
        gated = {gate.day for gate in self.care.of(Gate, drug)}
        placed = False
        if "start" in watched.at:
            yield self.entry(1, 1, kind, f"before the start. {text}", [watched.id])
            placed = True
        if "before-each-dose" in watched.at and not watched.after_event:
            for cycle in self.every_cycle():
                for day in self.dose_days[drug]:
                    if day not in gated and not (placed and cycle == 1 and day == 1):
                        yield self.entry(cycle, day, kind, text, [watched.id])
            placed = True
        if watched.every is not None and not watched.after_event:
            yield from self._repeated(watched, kind, text)
            placed = True
        if not placed or "as-needed" in watched.at or "end" in watched.at:
            self.unplaced.append(text)

    def _repeated(self, watched: Monitoring, kind: EntryKind, text: str) -> Iterator[Entry]:
        every = watched.every
        if every is None:
            return
        step = (every.most or every.least) * _DAYS_OF[every.unit]
        until = self.last
        if every.for_months is not None:
            until = min(until, self.start + timedelta(days=every.for_months * _DAYS_OF["months"]))
        span = f"at the latest after {every.most} {every.unit}" if every.most else ""
        on = self.start + timedelta(days=step)
        while on < until:
            day = (on - self.start).days
            cycle, cycle_day = day // self.cycle_days + 1, day % self.cycle_days + 1
            yield self.entry(cycle, cycle_day, kind, text, [watched.id], span)
            on += timedelta(days=step)

    def support(self, chosen: Prophylaxis | None) -> Iterator[Entry]:
        if chosen is None:
            return
        days = self.dose_days.get(chosen.drug, ())
        for note in window_notes(self.care, chosen.gives, days, self.cycle_days):
            self.notes.append(note.says)
        if chosen.flag == "wording-ambiguous":
            self.notes.append(f"the wording of the source is ambiguous: {chosen.says}")
        self.notes += [f"{why}" for why in chosen.interpretation.values()]
        for cycle in self.every_cycle():
            if chosen.cycles and cycle not in chosen.cycles:
                continue
            for part in chosen.gives:
                yield from self._support_days(chosen, part, cycle)

    def _support_days(self, chosen: Prophylaxis, part: Scheduled, cycle: int) -> Iterator[Entry]:
        for day in part.days:
            yield self.entry(cycle, day, "g-csf", part.what, [chosen.id])
