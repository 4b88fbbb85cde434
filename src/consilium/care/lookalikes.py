"""A dose and schedule that do not fit the drug they are named for.

Two names, two antibodies and two payloads are shared among four conjugates.
Where a dose fits another drug better than the one named, nothing is computed
and both names are shown.
"""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from consilium.care.doses import amounts, often, plain
from consilium.care.statements import Care, CareError
from consilium.knowledge.giving import DoseSchedule, Interchange

_GIVEN = re.compile(
    r"(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>mg/kg|mg/m2|mg/m²|mg)"
    r"(?:\s*(?P<times>twice (?:daily|a day)|bid|once (?:daily|a day)|daily|qd))?"
    r"(?:[ ,]+(?:on\s+)?d(?:ays?)?\s*(?P<days>\d+(?:\s*(?:,|and|\+)\s*\d+)*))?"
    r"(?:[ ,]+(?P<weekly>weekly|(?:of|every|q)\s*(?P<every>\d+)"
    r"(?:\s*-?\s*(?P<every_unit>d(?:ays?)?|w(?:eeks?|ks?)?))?))?\s*",
    re.IGNORECASE,
)


class Given(msgspec.Struct, frozen=True):
    """A dose as somebody wrote it, with as much of its schedule as was written."""

    amount: Decimal
    unit: str
    days: tuple[int, ...] = ()
    every_days: int | None = None
    times_a_day: int | None = None

    def __str__(self) -> str:
        parts = [f"{plain(self.amount)} {self.unit}"]
        if self.times_a_day:
            parts.append("twice daily" if self.times_a_day == 2 else "once daily")
        if self.days:
            parts.append("day " + " and ".join(map(str, self.days)))
        if self.every_days:
            parts.append(f"every {self.every_days} days")
        return ", ".join(parts)


class LookAlikeError(CareError):
    """A dose that does not fit the drug it is named for."""


def read_given(text: str) -> Given:
    """A dose such as ``7.5 mg/kg day 1 and 8 of 21``.

    >>> str(read_given("5 mg/kg every 14 days"))
    '5 mg/kg, every 14 days'
    """
    found = _GIVEN.fullmatch(text.strip())
    if not found:
        raise CareError(f"`{text}` is no dose; write `7.5 mg/kg day 1 and 8 of 21`")
    every = int(found["every"]) if found["every"] else 1 if found["weekly"] else None
    if every and (not found["every"] or (found["every_unit"] or "").lower().startswith("w")):
        every *= 7
    times = (found["times"] or "").lower()
    return Given(
        Decimal(found["amount"]),
        found["unit"].replace("²", "2").lower(),
        tuple(int(day) for day in re.findall(r"\d+", found["days"] or "")),
        every,
        None if not times else 2 if times.startswith(("twice", "bid")) else 1,
    )


def fits(schedule: DoseSchedule, given: Given) -> bool:
    """Whether a dose is one of a schedule, as far as it was written.

    An interval without days means one dose in it, and fits no cycle with several.
    """
    return (
        given.unit == schedule.unit
        and given.amount in amounts(schedule)
        and (not given.days or not schedule.days or given.days == schedule.days)
        and not (given.every_days and not given.days and len(schedule.days) > 1)
        and (not given.every_days or given.every_days == (schedule.every_days or given.every_days))
        and (not given.times_a_day or given.times_a_day == schedule.times_a_day)
    )


def check_fit(care: Care, drug: str, given: Given) -> DoseSchedule:
    """The schedule of a drug that a dose belongs to.

    Raises ``LookAlikeError`` with both names when the dose fits another drug,
    or none. Labels of every region help to tell drugs apart; only those that
    hold here are computed with.
    """
    everywhere = _schedules(care, drug)
    if not everywhere:
        raise CareError(f"no dose of {care.name(drug)} is held in this edition")
    if not any(fits(schedule, given) for schedule in everywhere):
        raise LookAlikeError(_not_fitting(care, drug, given, everywhere))
    here = [schedule for schedule in care.of(DoseSchedule, drug) if fits(schedule, given)]
    if not here:
        raise CareError(
            f"the dose levels of {care.name(drug)} for {care.region.value} are not in the stored "
            "sources; those of another region's label are not used in their place"
        )
    return here[0]


def same_amount(care: Care, drug: str, given: Given) -> tuple[str, ...]:
    """Look-alikes of a drug for which the same dose would fit too, said as a warning."""
    return tuple(
        f"the same dose fits {care.name(name)} ({describe(other)}): make sure which is meant"
        for name in care.edition.drugs[drug].not_to_be_confused_with
        for other in _schedules(care, name)
        if fits(other, given)
    )


def _schedules(care: Care, drug: str) -> tuple[DoseSchedule, ...]:
    return (*care.of(DoseSchedule, drug), *care.of_elsewhere(DoseSchedule, drug))


def _not_fitting(care: Care, drug: str, given: Given, everywhere: tuple[DoseSchedule, ...]) -> str:
    described = "; ".join(dict.fromkeys(describe(schedule) for schedule in everywhere))
    alike = care.edition.drugs[drug].not_to_be_confused_with
    # outside the known look-alikes a flat dose in mg fits by chance only
    others = care.edition.drugs if given.unit != "mg" else ()
    first = [*alike, *(name for name in others if name not in alike)]
    matching = next(
        (
            (name, other)
            for name in first
            if name != drug
            for other in _schedules(care, name)
            if fits(other, given)
        ),
        None,
    )
    warned = "".join(
        f" {note.says[0].upper()}{note.says[1:]}." for note in care.of(Interchange, drug)
    )
    if matching is not None:
        name, other = matching
        return (
            f"`{given}` does not fit {care.name(drug)} ({described}). It fits {care.name(name)} "
            f"({describe(other)}). Nothing is computed until it is settled which drug is "
            f"meant.{warned}"
        )
    names = ", ".join(care.name(name) for name in alike)
    confused = f" Not to be confused with {names}." if names else ""
    return (
        f"`{given}` does not fit {care.name(drug)} ({described}), nor any other drug of this "
        f"edition.{confused}{warned}"
    )


def describe(schedule: DoseSchedule) -> str:
    """A schedule in a few words, its levels downwards."""
    listed = ", ".join(plain(found) for found in amounts(schedule))
    text = f"{listed} {schedule.unit}"
    if len(schedule.days) > 2:
        return f"{text} {often(schedule)}"
    if schedule.days and schedule.every_days:
        text += f" on day {' and '.join(map(str, schedule.days))} of {schedule.every_days}"
    elif schedule.every_days:
        text += f" every {schedule.every_days} days"
    elif schedule.times_a_day > 1:
        text += f", {schedule.times_a_day} times a day"
    return text
