"""Doses in exact decimals: levels, caps, reductions and milligrams, step by step.

Nothing is computed that the source does not state: no level between two, none
above the first, none after the last, and no dose raised again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, Decimal

import msgspec

from consilium.care.statements import Care, CareError
from consilium.evidence.sources import Citation
from consilium.knowledge.giving import Adjustment, DoseSchedule, amount
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.completions import Patient

_PERCENT = Decimal(100)


class Quantity(msgspec.Struct, frozen=True):
    """A number with its unit; two units are never mixed."""

    value: Decimal
    unit: str

    def __post_init__(self) -> None:
        if not self.value.is_finite() or self.value <= 0:
            raise CareError(f"`{self.value} {self.unit}` is no amount above zero")

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


class Step(msgspec.Struct, frozen=True):
    """One step of a dose: what was done, and what came of it."""

    says: str
    result: str


class DoseAnswer(msgspec.Struct, frozen=True):
    """One dose in milligrams with its steps, or why there is none.

    ``often`` is when it is given; ``not_now`` says why it is not given at present.
    """

    drug: str
    schedule: str
    level: int
    amount: str
    mg: str
    steps: tuple[Step, ...]
    often: str = ""
    refused: str = ""
    not_now: str = ""
    because: tuple[Citation, ...] = ()


def plain(number: Decimal) -> str:
    """A decimal as a person writes it.

    >>> plain(Decimal("540.00")), plain(Decimal("7.50"))
    ('540', '7.5')
    """
    text = format(number.normalize(), "f")
    return text if text != "-0" else "0"


def often(schedule: DoseSchedule) -> str:
    """When a dose is given, as far as its source says."""
    count, days, every = schedule.times_a_day, schedule.days, schedule.every_days
    times = {1: "", 2: "twice a day"}.get(count, f"{count} times a day")
    on = (
        "" if len(days) < 2 else f"on days {days[0]} {'and' if len(days) == 2 else 'to'} {days[-1]}"
    )
    cycle = "" if every is None else f"of {every} days" if on else f"every {every} days"
    return " ".join(filter(None, (times, on, cycle)))


def amounts(schedule: DoseSchedule) -> tuple[Decimal, ...]:
    """The levels of a schedule, downwards."""
    return tuple(amount(level.amount) for level in schedule.levels)


def level_of(schedule: DoseSchedule, given: Decimal) -> int | None:
    """Which level an amount is; nothing when it is none."""
    found = amounts(schedule)
    return found.index(given) if given in found else None


def lowered(schedule: DoseSchedule, level: int, by: int = 1) -> int | None:
    """The level so many steps down; nothing after the last. A dose never rises."""
    if by < 1:
        raise CareError("a reduction goes down by one level or more")
    if not 0 <= level < len(schedule.levels):
        raise CareError(f"{schedule.drug} has no level {level + 1}")
    below = level + by
    return below if below < len(schedule.levels) else None


def lowered_by_percent(schedule: DoseSchedule, level: int, percent: int) -> Decimal:
    """The amount a share below the one of a level."""
    return amounts(schedule)[level] * (_PERCENT - percent) / _PERCENT


def schedules(care: Care, drug: str, patient: Patient | None = None) -> tuple[DoseSchedule, ...]:
    """The dose schedules of a drug that hold here and are not for other patients."""
    found = care.of(DoseSchedule, drug)
    if patient is None:
        return found
    return tuple(s for s in found if patient.settle(s.when) is not NO)


def adjustments(
    care: Care, drug: str, patient: Patient
) -> tuple[tuple[Adjustment, ...], tuple[Adjustment, ...]]:
    """The interactions and impaired organs of a drug that hold, and those that cannot be told."""
    held, open_ = [], []
    for found in care.of(Adjustment, drug):
        answer = patient.settle(found.when)
        if answer is YES:
            held.append(found)
        elif answer is UNKNOWN:
            open_.append(found)
    return tuple(held), tuple(open_)


def compute(
    schedule: DoseSchedule,
    *,
    level: int = 0,
    weight: Quantity | None = None,
    surface: Quantity | None = None,
    held: Iterable[Adjustment] = (),
    round_to: Decimal | None = None,
    chosen: bool = False,
    against: Sequence[str] = (),
) -> DoseAnswer:
    """The milligrams of one dose, each step named.

    ``chosen`` says that the level was given by name, where a source leaves a range;
    ``against`` is what forbids the drug, and then nothing is computed.
    ``weight`` is in kg and ``surface`` in m2. Rounding goes down, so that the
    dose of the source is never exceeded; no source states a rule of rounding.
    """
    work = _Working(schedule, level)
    try:
        work.begin(tuple(held), chosen=chosen, against=against)
        work.multiply(weight, surface)
        work.cap()
        work.round(round_to)
    except CareError as reason:
        return work.answer(refused=str(reason))
    return work.answer()


class _Working:
    def __init__(self, schedule: DoseSchedule, level: int) -> None:
        if not 0 <= level < len(schedule.levels):
            raise CareError(f"{schedule.drug} has no level {level + 1}; the treatment ends there")
        self.schedule, self.level = schedule, level
        self.steps: list[Step] = []
        self.dose = amounts(schedule)[level]
        self.mg: Decimal | None = None
        self.because = list(schedule.because)

    def begin(self, held: tuple[Adjustment, ...], *, chosen: bool, against: Sequence[str]) -> None:
        schedule = self.schedule
        if schedule.starting_range and not chosen:
            low, high = schedule.starting_range
            raise CareError(
                f"the source gives a range, {low} to {high} {schedule.unit}; name the amount given"
            )
        which = "starting dose" if self.level == 0 else f"level {self.level + 1}"
        self.steps.append(Step(which, f"{plain(self.dose)} {schedule.unit}"))
        changing = [a for a in held if a.effect in ("dose", "percent", "next-lower-level")]
        stopping = [*against, *(a.says for a in held if a.effect in ("do-not-give", "no-data"))]
        if stopping:
            raise CareError("; ".join(stopping))
        if len(changing) > 1:
            named = "; ".join(a.says for a in changing)
            raise CareError(f"more than one change holds and no source combines them: {named}")
        if changing and self.level > 0:
            raise CareError(
                f"no source says how a reduced level goes with this: {changing[0].says}"
            )
        for change in changing:
            self._apply(change)

    def _apply(self, change: Adjustment) -> None:
        unit = self.schedule.unit
        self.because += change.because
        if change.effect == "dose":
            self.dose = min(self.dose, amount(change.starts_at))
        elif change.effect == "percent" and change.percent is not None:
            self.dose = self.dose * change.percent / _PERCENT
        elif change.effect == "next-lower-level":
            below = lowered(self.schedule, self.level)
            if below is None:
                raise CareError(f"there is no lower level: {change.says}")
            self.level = below
            self.dose = amounts(self.schedule)[below]
        self.steps.append(Step(change.says, f"{plain(self.dose)} {unit}"))

    def multiply(self, weight: Quantity | None, surface: Quantity | None) -> None:
        unit = self.schedule.unit
        if unit == "mg":
            self.mg = self.dose
            return
        measure, wanted, what = (
            (weight, "kg", "body weight") if unit == "mg/kg" else (surface, "m2", "body surface")
        )
        if measure is None:
            raise CareError(f"the {what} in {wanted} is needed for a dose in {unit}")
        if measure.unit != wanted:
            raise CareError(f"the {what} is wanted in {wanted}, not in `{measure.unit}`")
        self.mg = self.dose * measure.value
        self.steps.append(Step(f"{plain(self.dose)} {unit} x {measure}", f"{plain(self.mg)} mg"))

    def cap(self) -> None:
        cap = self.schedule.levels[self.level].cap_mg
        if not cap or self.mg is None:
            return
        most = amount(cap)
        if self.mg > most:
            self.mg = most
            self.steps.append(
                Step(f"capped at {plain(most)} mg at this level", f"{plain(most)} mg")
            )
        else:
            self.steps.append(Step(f"within the cap of {plain(most)} mg", f"{plain(self.mg)} mg"))

    def round(self, round_to: Decimal | None) -> None:
        if self.mg is None:
            return
        if round_to is None:
            if self.schedule.unit != "mg":
                self.steps.append(
                    Step("not rounded: no source states a rule", f"{plain(self.mg)} mg")
                )
            return
        if round_to <= 0 or not round_to.is_finite():
            raise CareError("rounding goes to a step above zero, such as 10 mg")
        down = (self.mg / round_to).to_integral_value(rounding=ROUND_FLOOR) * round_to
        if down <= 0:
            raise CareError(f"rounding to {plain(round_to)} mg would leave no dose")
        self.mg = down
        self.steps.append(
            Step(
                f"rounded down to full {plain(round_to)} mg, your rule and no source's",
                f"{plain(down)} mg",
            )
        )

    def answer(self, refused: str = "") -> DoseAnswer:
        return DoseAnswer(
            drug=self.schedule.drug,
            schedule=self.schedule.id,
            level=self.level,
            amount=f"{plain(self.dose)} {self.schedule.unit}",
            mg="" if refused or self.mg is None else plain(self.mg),
            steps=tuple(self.steps),
            often=often(self.schedule),
            refused=refused,
            because=tuple(self.because),
        )
