"""The cycle of a regimen: how long it is, and on which of its days each drug is given."""

from __future__ import annotations

import msgspec

from consilium.care.statements import Care
from consilium.knowledge.giving import DoseSchedule


class Cycle(msgspec.Struct, frozen=True):
    """Days of a cycle; none where it is taken every day. No days of a drug: none is stated."""

    days: int | None
    dose_days: dict[str, tuple[int, ...]]

    @property
    def all_dose_days(self) -> tuple[int, ...]:
        """The days on which any drug is given."""
        return tuple(sorted({day for days in self.dose_days.values() for day in days}))


def cycle_of(care: Care, regimen: str) -> Cycle:
    """The cycle as the regimen states it, otherwise as the doses of its drugs do."""
    found = care.edition.regimens[regimen]
    schedules = {
        part.drug: care.of(DoseSchedule, part.drug) for part in found.components if not part.days
    }
    lengths = [
        schedule.every_days
        for part in found.components
        for schedule in care.of(DoseSchedule, part.drug)
        if schedule.every_days
    ]
    days = found.cycle_length_days or next(iter(lengths), None)
    dose_days = {part.drug: part.days for part in found.components}
    if len(dose_days) == 1 and days is not None:
        for drug, held in schedules.items():
            fitting = [schedule for schedule in held if schedule.every_days == days]
            dose_days[drug] = (fitting[0].days or (1,)) if fitting else ()
    return Cycle(days, dose_days)
