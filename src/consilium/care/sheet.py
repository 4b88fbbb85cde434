"""The care sheet of one regimen: doses, gates, what happened, and what is said of giving it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from consilium.care.bedside import DoseValues, Told, settled
from consilium.care.calendar import Calendar, calendar
from consilium.care.cycle import cycle_of
from consilium.care.doses import DoseAnswer, Quantity, adjustments, compute, level_of
from consilium.care.events import STRICTNESS, DrugEvent, answer_event
from consilium.care.gates import GateAnswer, gates
from consilium.care.growth_factor import GrowthFactor, growth_factor
from consilium.care.lookalikes import Given, check_fit, same_amount
from consilium.care.parts import Part, parts
from consilium.care.statements import Care, CareError
from consilium.knowledge.giving import Adjustment, DoseSchedule, Gate, Prophylaxis, amount
from consilium.rules.answers import NO, YES
from consilium.rules.completions import Patient

CARE_SCHEMA = "consilium-care/1"


class Asked(msgspec.Struct, frozen=True):
    """What is asked of a sheet beside the patient."""

    values: DoseValues | None = None
    told: Told | None = None
    given: Given | None = None
    weight: Quantity | None = None
    surface: Quantity | None = None
    round_to: Decimal | None = None
    start: date | None = None
    cycles: int = 1
    support: str = ""


class Sheet(msgspec.Struct, frozen=True):
    """Giving one regimen to one patient, in one region, as known on one day.

    ``doses`` are those of the present level, ``next_doses`` what they come to at
    the lower levels that an event leads to.
    """

    schema: str
    regimen: str
    name: str
    region: str
    as_of: str
    doses: tuple[DoseAnswer, ...]
    next_doses: tuple[DoseAnswer, ...]
    warnings: tuple[str, ...]
    gates: tuple[GateAnswer, ...]
    events: tuple[DrugEvent, ...]
    growth_factors: tuple[GrowthFactor, ...]
    parts: tuple[Part, ...]
    calendar: Calendar | None = None


def care_sheet(care: Care, regimen: str, patient: Patient, asked: Asked | None = None) -> Sheet:
    """The whole sheet. Raises ``CareError`` where an answer would not be safe."""
    return _Sheet(care, regimen, patient, asked or Asked()).sheet()


def _not_now(event: DrugEvent) -> Iterator[str]:
    """Why the present dose is not simply given on after an event."""
    said = {
        "hold": "held for what happened",
        "hold-or-stop": "held for what happened",
        "reduce": "lowered for what happened",
    }.get(event.do)
    strict = STRICTNESS.index(event.do)
    if said is not None:
        yield said
    elif any(STRICTNESS.index(found.do) > strict for found in event.possible):
        yield "what to do waits for what was not told"
    elif event.do == "none-read":
        yield "no rule was read for it"


class _Present(msgspec.Struct, frozen=True):
    """What one drug is given at now, and what of the patient changes its dose."""

    schedules: tuple[DoseSchedule, ...]
    held: tuple[Adjustment, ...]
    level: int = 0
    chosen: bool = False


class _Sheet:
    def __init__(self, care: Care, regimen: str, patient: Patient, asked: Asked) -> None:
        self.care, self.regimen, self.patient, self.asked = care, regimen, patient, asked
        self.drugs = care.drugs_of(regimen)
        self.cycle = cycle_of(care, regimen)
        self.warnings = [*self._about_values(), *self._about_pair()]
        self.told = self._on_a_dose_day(asked.told)
        self.growth_factors = tuple(
            growth_factor(care, drug, patient, days, self.cycle.days)
            for drug, days in self.cycle.dose_days.items()
            if any(p.topic == "febrile-neutropenia" for p in care.of(Prophylaxis, drug))
        )

    def sheet(self) -> Sheet:
        """Everything, in the order in which the parts lean on one another."""
        care, asked = self.care, self.asked
        present = {drug: self._present(drug, index) for index, drug in enumerate(self.drugs)}
        events = tuple(
            answer_event(care, drug, self.told, present[drug].level)
            for drug in self.drugs
            if self.told is not None
        )
        found_gates = tuple(g for drug in self.drugs for g in gates(care, drug, asked.values))
        doses: list[DoseAnswer] = []
        lower: list[DoseAnswer] = []
        for drug in self.drugs:
            event = next((e for e in events if e.drug == drug), None)
            held_by = [g for g in found_gates if g.drug == drug and g.answer == "held"]
            doses += self._doses(drug, present[drug], event, held_by)
            lower += self._lower_doses(drug, present[drug], event)
        return Sheet(
            schema=CARE_SCHEMA,
            regimen=self.regimen,
            name=care.edition.regimens[self.regimen].name,
            region=care.region.value,
            as_of=care.as_of.isoformat(),
            doses=tuple(doses),
            next_doses=tuple(lower),
            warnings=tuple(self.warnings),
            gates=found_gates,
            events=events,
            growth_factors=self.growth_factors,
            parts=parts(care, self.drugs, self.patient, self.growth_factors),
            calendar=self._calendar(),
        )

    # --- doses --------------------------------------------------------------------------

    def _present(self, drug: str, index: int) -> _Present:
        """What the drug is given at: as was said of the first drug, otherwise from the start."""
        care, named = self.care, self.asked.given if index == 0 else None
        held, _ = adjustments(care, drug, self.patient)
        if named is None or any(
            a.starts_at and amount(a.starts_at) == named.amount for a in held
        ):  # the starting dose of this patient is computed from the start
            found = care.of(DoseSchedule, drug)
            fitting = [s for s in found if self.patient.settle(s.when) is not NO]
            return _Present(tuple(fitting), held)
        if len(self.drugs) > 1:
            self.warnings.append(f"`{named}` is read as the dose of {care.name(drug)}")
        schedule = check_fit(care, drug, named)
        self.warnings += same_amount(care, drug, named)
        return _Present((schedule,), held, level_of(schedule, named.amount) or 0, chosen=True)

    def _doses(
        self, drug: str, present: _Present, event: DrugEvent | None, held_by: list[GateAnswer]
    ) -> Iterator[DoseAnswer]:
        against = [
            rule.says
            for rule in self.care.choosing(drug)
            if rule.kind == "contraindication" and self.patient.settle(rule.when) is YES
        ]
        not_now = [f"day {gate.day} is held" for gate in held_by]
        if event is not None and event.do == "stop":
            against.append(f"permanently discontinued: {event.told}")
        elif event is not None:
            not_now += _not_now(event)
        for schedule in present.schedules:
            found = self._compute(schedule, present, present.level, against)
            yield msgspec.structs.replace(found, not_now="; ".join(not_now))

    def _lower_doses(
        self, drug: str, present: _Present, event: DrugEvent | None
    ) -> Iterator[DoseAnswer]:
        """The doses at the lower levels that an event may lead to."""
        if event is None or event.do == "stop" or not present.schedules:
            return
        answers = (then for rule in event.holds for then in rule.next_doses)
        levels = {then.level for then in answers if then.level is not None}
        for level in sorted(levels - {present.level}):
            yield self._compute(present.schedules[0], present, level)

    def _compute(
        self, schedule: DoseSchedule, present: _Present, level: int, against: Sequence[str] = ()
    ) -> DoseAnswer:
        return compute(
            schedule,
            level=level,
            weight=self.asked.weight,
            surface=self.asked.surface,
            held=present.held,
            round_to=self.asked.round_to,
            chosen=present.chosen,
            against=against,
        )

    # --- what does not fit ----------------------------------------------------------------

    def _about_values(self) -> Iterator[str]:
        values = self.asked.values
        if values is None:
            return
        gated = {gate.day for drug in self.drugs for gate in self.care.of(Gate, drug)}
        if not gated:
            yield (
                "no gate is held for this regimen here; the values given open and shut nothing, "
                "and the gates of another drug are not used"
            )
        elif values.for_day not in gated | set(self.cycle.all_dose_days):
            days = ", ".join(map(str, sorted(gated | set(self.cycle.all_dose_days))))
            raise CareError(f"day {values.for_day} has no dose; doses are on day {days}")

    def _about_pair(self) -> Iterator[str]:
        components = self.care.edition.regimens[self.regimen].components
        for part in components:
            if len(components) > 1 and part.dose == "not-stated":
                yield (
                    "the sources on this combination state no dose of "
                    f"{self.care.name(part.drug)}; what is shown is said of it alone"
                )

    def _on_a_dose_day(self, told: Told | None) -> Told | None:
        """The report with the day of the next dose, where it names a day without one."""
        day = told.number("day") if told is not None else None
        if told is None or day is None:
            return told
        length, days = self.cycle.days, self.cycle.all_dose_days
        if length is not None and day > length:
            raise CareError(f"there is no day {day:g} in a cycle of {length} days")
        if not days or day in days:
            return told
        later = [dose_day for dose_day in days if dose_day > day]
        due = later[0] if later else days[0]
        self.warnings.append(
            f"day {day:g} has no dose; the next one is that of day {due}"
            + ("" if later else " of the next cycle")
        )
        return Told(told.edition, {**told.given, "day": settled(float(due))})

    # --- calendar -----------------------------------------------------------------------

    def _calendar(self) -> Calendar | None:
        if self.asked.start is None:
            return None
        return calendar(
            self.care,
            self.regimen,
            self.patient,
            start=self.asked.start,
            cycles=self.asked.cycles,
            support=self._support(),
        )

    def _support(self) -> Prophylaxis | None:
        """The G-CSF schedule asked for: by its id, or the first where `yes` was said."""
        wanted = self.asked.support
        if not wanted:
            return None
        described = [p for found in self.growth_factors for p in found.schedules]
        if not described:
            raise CareError("no G-CSF schedule is held for this regimen on this day")
        if wanted == "yes":
            return described[0]
        for found in described:
            if found.id == wanted:
                return found
        known = ", ".join(p.id for p in described)
        raise CareError(f"no G-CSF schedule is called `{wanted}`; known: {known}")
