"""G-CSF: who is at risk before cycle 1, which schedules are described, and the label windows.

A window that a schedule breaks is an information note and no block: the usual
practice breaks one by a day, and the decision is the clinician's.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from consilium.care.statements import Care
from consilium.evidence.sources import Citation
from consilium.knowledge.giving import CareEvidence, Prophylaxis, RiskList, Scheduled, Window
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.completions import Patient
from consilium.rules.conditions import Condition

_TOPIC = "febrile-neutropenia"
_HOURS = 24


class FactorAnswer(msgspec.Struct, frozen=True):
    """One factor: ``present``, ``absent``, ``unknown`` with what is missing, or ``judge``."""

    says: str
    answer: str
    missing: tuple[str, ...] = ()


class RiskAnswer(msgspec.Struct, frozen=True):
    """One source's factors for one patient."""

    statement: str
    who: str
    says: str
    factors: tuple[FactorAnswer, ...]
    because: tuple[Citation, ...]
    elsewhere: bool = False
    note: str = ""

    @property
    def present(self) -> tuple[str, ...]:
        """The factors that the patient has."""
        return tuple(f.says for f in self.factors if f.answer == "present")


class WindowNote(msgspec.Struct, frozen=True):
    """A support drug on a day that its label keeps free."""

    statement: str
    drug: str
    day: int
    other_day: int
    says: str
    because: tuple[Citation, ...]


class GrowthFactor(msgspec.Struct, frozen=True):
    """Everything on G-CSF with one drug."""

    drug: str
    risks: tuple[RiskAnswer, ...]
    advice: tuple[Prophylaxis, ...]
    schedules: tuple[Prophylaxis, ...]
    notes: tuple[WindowNote, ...]
    evidence: tuple[CareEvidence, ...]


def growth_factor(
    care: Care, drug: str, patient: Patient, dose_days: tuple[int, ...], cycle_days: int | None
) -> GrowthFactor:
    """The risk before cycle 1, who advises what, the schedules and their windows."""
    prophylaxis = [p for p in care.of(Prophylaxis, drug) if p.topic == _TOPIC]
    described = tuple(p for p in prophylaxis if any(part.days for part in p.gives))
    notes = [
        note
        for schedule in described
        for note in window_notes(care, schedule.gives, dose_days, cycle_days)
    ]
    return GrowthFactor(
        drug=drug,
        risks=risks(care, drug, patient),
        advice=tuple(p for p in prophylaxis if p not in described),
        schedules=described,
        notes=tuple(dict.fromkeys(notes)),
        evidence=tuple(e for e in care.of(CareEvidence, drug) if e.topic == _TOPIC),
    )


def risks(care: Care, drug: str, patient: Patient) -> tuple[RiskAnswer, ...]:
    """Each source's list of factors, answered; lists of other regions are marked as such."""
    here = [(found, False) for found in care.of(RiskList, drug)]
    there = [(found, True) for found in care.of_elsewhere(RiskList, drug)]
    return tuple(
        RiskAnswer(
            statement=found.id,
            who=found.who,
            says=found.says,
            factors=tuple(_factor(f.says, f.when, patient) for f in found.factors),
            because=found.because,
            elsewhere=elsewhere,
            note=found.note,
        )
        for found, elsewhere in (*here, *there)
    )


def _factor(says: str, when: Condition | None, patient: Patient) -> FactorAnswer:
    if when is None:
        return FactorAnswer(says, "judge")
    answer = patient.settle(when)
    words = {YES: "present", NO: "absent", UNKNOWN: "unknown"}
    missing = patient.missing(when) if answer is UNKNOWN else ()
    return FactorAnswer(says, words[answer], missing)


def window_notes(
    care: Care, gives: Iterable[Scheduled], dose_days: tuple[int, ...], cycle_days: int | None
) -> tuple[WindowNote, ...]:
    """Where a schedule of support drugs meets a window that its label keeps free.

    Days are counted from day 1 of a cycle; the doses of the next cycle follow.
    """
    if not dose_days or cycle_days is None:
        return ()
    doses = sorted({*dose_days, *(day + cycle_days for day in dose_days)})
    found: list[WindowNote] = []
    for part in gives:
        if not part.drug:
            continue
        for window in care.of(Window, part.drug):
            for day in part.days:
                found += _breaks(window, care.name(part.drug), day, doses)
    return tuple(found)


def _breaks(window: Window, name: str, day: int, doses: list[int]) -> Iterable[WindowNote]:
    after = next((dose for dose in doses if dose >= day and dose != day), None)
    before = next((dose for dose in reversed(doses) if dose <= day), None)
    if after is not None and (after - day) * _HOURS < window.hours_before:
        yield WindowNote(
            window.id,
            window.drug,
            day,
            after,
            f"{name} on day {day} and the next dose on day {after} lie {after - day} days apart; "
            f"the label keeps {_span(window.hours_before)} before a dose free. For information, "
            "not a block: record the decision",
            window.because,
        )
    if before is not None and (day - before) * _HOURS < window.hours_after:
        yield WindowNote(
            window.id,
            window.drug,
            day,
            before,
            f"{name} on day {day} comes less than {_span(window.hours_after)} after the dose of "
            f"day {before}. For information, not a block: record the decision",
            window.because,
        )


def _span(hours: int) -> str:
    return f"{hours // _HOURS} days" if hours % _HOURS == 0 and hours > _HOURS else f"{hours} hours"
