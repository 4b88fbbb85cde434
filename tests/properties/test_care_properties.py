"""What holds of giving a drug, for every drug, grade, region and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilium.care import events
from consilium.care.bedside import DoseValues, Told, settled
from consilium.care.calendar import Calendar, CalendarError, calendar
from consilium.care.doses import Quantity, amounts, compute, lowered
from consilium.care.events import STRICTNESS, answer_event
from consilium.care.gates import answer_gate, gates
from consilium.care.growth_factor import window_notes
from consilium.care.sheet import Asked, care_sheet
from consilium.care.statements import Care
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import (
    AmountError,
    DoseLevel,
    DoseSchedule,
    EventRule,
    Gate,
    NextDose,
    Prophylaxis,
    Scheduled,
    Silence,
    Window,
)
from consilium.knowledge.records import Region
from consilium.rules.completions import Patient

EDITION = Edition.bundled()
DAYS = (date(2024, 6, 1), date(2026, 1, 12), date(2026, 11, 20))
TODAY = [Care(EDITION, DAYS[-1], region) for region in Region]
CARES = [
    *TODAY,
    *(Care(EDITION, day, region) for day in DAYS[:-1] for region in (Region.US, Region.EU)),
]
US = TODAY[0]
NOBODY = Patient(EDITION.model, {})
DRUGS = sorted({statement.drug for statement in EDITION.contents.giving})
CONJUGATES = (
    "sacituzumab-govitecan",
    "datopotamab-deruxtecan",
    "trastuzumab-deruxtecan",
    "sacituzumab-tirumotecan",
)
REGIMENS = [name for name, found in EDITION.regimens.items() if not found.any_of]
CIRCUMSTANCES = (
    {},
    {"controlled": "no"},
    {"controlled": "yes"},
    {"prolonged": "yes", "lasting_days": 8.0},
    {"delay_days": 15.0},
    {"certainty": "confirmed"},
    {"certainty": "suspected"},
)


def cares_of(drug: str) -> list[Care]:
    """One moment for each set of statements on a drug that counts together."""
    found = {
        frozenset(s.id for s in (*care.here, *care.silences) if s.drug == drug): care
        for care in CARES
    }
    return list(found.values())


def events_of(drug: str) -> set[str]:
    """Every event that some statement on a drug names."""
    return {
        event
        for statement in EDITION.contents.giving
        if statement.drug == drug and isinstance(statement, EventRule | Silence)
        for event in statement.events
    }


@cache
def told(event: str, **facts: float | str) -> Told:
    known = {name: settled(value) for name, value in facts.items()}
    return Told(EDITION, {"event": settled(event), **known})


def loosened(care: Care, drug: str) -> Iterator[str]:
    """Where a worse grade is answered more loosely than a milder one."""
    for event in sorted(events_of(drug)):
        for facts in CIRCUMSTANCES:
            strict = [
                STRICTNESS.index(
                    answer_event(care, drug, told(event, grade=float(grade), **facts)).do
                )
                for grade in (1, 2, 3, 4)
            ]
            if strict != sorted(strict):
                yield f"{drug}, {event}, {care.region}, {care.as_of}, {facts}: {strict}"


def raised(care: Care, drug: str) -> Iterator[str]:
    """Where the dose after an event is above the one before it."""
    for schedule in care.of(DoseSchedule, drug)[:1]:
        for level, now in enumerate(amounts(schedule)):
            for event in sorted(events_of(drug)):
                for grade in (1.0, 2.0, 3.0, 4.0):
                    found = answer_event(care, drug, told(event, grade=grade), level)
                    for then in (n for rule in found.holds for n in rule.next_doses):
                        if then.amount and Decimal(then.amount.split()[0]) > now:
                            yield f"{drug}, {event}, grade {grade}, level {level}: {then.amount}"


@pytest.mark.parametrize("drug", DRUGS)
def test_the_action_never_loosens_as_the_grade_rises(drug: str) -> None:
    assert [found for care in cares_of(drug) for found in loosened(care, drug)] == []


@pytest.mark.parametrize("drug", DRUGS)
def test_no_dose_rises_after_an_event(drug: str) -> None:
    assert [found for care in cares_of(drug) for found in raised(care, drug)] == []


@settings(deadline=None)
@given(
    st.sampled_from([s for s in EDITION.giving.values() if isinstance(s, DoseSchedule)]), st.data()
)
def test_a_reduction_goes_down_and_stops_after_the_last_level(
    schedule: DoseSchedule, data: st.DataObject
) -> None:
    level = data.draw(st.integers(0, len(schedule.levels) - 1))
    by = data.draw(st.integers(1, 5))
    below = lowered(schedule, level, by)
    if below is None:
        assert level + by >= len(schedule.levels)
    else:
        assert amounts(schedule)[below] < amounts(schedule)[level]


@settings(deadline=None)
@given(
    st.sampled_from([s for s in EDITION.giving.values() if isinstance(s, DoseSchedule)]),
    st.decimals("30", "200", places=1),
    st.one_of(st.none(), st.sampled_from([Decimal(1), Decimal(5), Decimal(10), Decimal("0.5")])),
    st.data(),
)
def test_milligrams_are_exact_and_never_above_the_label(
    schedule: DoseSchedule, measure: Decimal, step: Decimal | None, data: st.DataObject
) -> None:
    level = data.draw(st.integers(0, len(schedule.levels) - 1))
    found = compute(
        schedule,
        level=level,
        weight=Quantity(measure, "kg"),
        surface=Quantity(measure / 50, "m2"),
        round_to=step,
        chosen=True,
    )
    if found.refused:
        assert step is not None and found.mg == ""
        return
    size = {"mg/kg": Fraction(measure), "mg/m2": Fraction(measure) / 50, "mg": Fraction(1)}
    most = Fraction(amounts(schedule)[level]) * size[schedule.unit]
    cap = schedule.levels[level].cap_mg
    if cap:
        most = min(most, Fraction(cap))
    mg = Fraction(found.mg)
    assert mg <= most
    if step is None:
        assert mg == most
    else:
        assert most - mg < Fraction(step) and mg % Fraction(step) == 0


@settings(deadline=None)
@given(
    st.sampled_from([g for g in EDITION.giving.values() if isinstance(g, Gate)]),
    st.integers(0, 5000),
    st.integers(0, 300),
    st.integers(1, 21),
)
def test_a_gate_answers_only_to_values_of_its_own_day(
    gate: Gate, anc: int, platelets: int, day: int
) -> None:
    care = US
    values = DoseValues(day, {"anc": settled(float(anc)), "platelets": settled(float(platelets))})
    answer = answer_gate(gate, care, values)
    assert (answer.answer == "asks") == (day != gate.day)
    assert answer_gate(gate, care, None).answer == "asks"
    if day == gate.day:
        none = Told(EDITION, {name: values.given[name] for name in gate.needs})
        assert (answer.answer == "held") == (none.answer(gate.when).value == "yes")


@settings(deadline=None)
@given(
    st.sampled_from(["filgrastim", "pegfilgrastim"]),
    st.lists(st.integers(1, 28), min_size=1, max_size=4, unique=True).map(tuple),
    st.sampled_from([((1, 8), 21), ((1,), 21), ((1,), 14), ((1, 8, 15), 28)]),
)
def test_no_schedule_puts_g_csf_inside_a_window_without_a_note(
    drug: str, days: tuple[int, ...], cycle: tuple[tuple[int, ...], int]
) -> None:
    care = US
    dose_days, length = cycle
    notes = window_notes(care, (Scheduled(drug, drug, days),), dose_days, length)
    (window,) = care.of(Window, drug)
    doses = [day + length * n for n in range(3) for day in dose_days]
    for day in days:
        inside = any(
            0 <= (day - dose) * 24 < window.hours_after
            or 0 < (dose - day) * 24 < window.hours_before
            for dose in doses
        )
        if inside and day <= length:
            assert any(note.day == day for note in notes), (drug, day, dose_days)


def test_every_described_schedule_of_the_edition_was_checked_against_the_windows() -> None:
    care = US
    described = [
        p for p in care.of(Prophylaxis, "sacituzumab-govitecan") if any(g.days for g in p.gives)
    ]
    assert described
    for schedule in described:
        notes = window_notes(care, schedule.gives, (1, 8), 21)
        assert [(n.drug, n.day, n.other_day) for n in notes] == [("pegfilgrastim", 9, 22)]


def misplaced(made: Calendar) -> Iterator[str]:
    """What stands on a day that the cycle has not, or twice before one dose."""
    for entry in made.entries:
        days = (entry.on - made.start).days
        within = 1 <= entry.cycle_day <= made.cycle_days and 1 <= entry.cycle <= made.cycles
        if not within or days != (entry.cycle - 1) * made.cycle_days + entry.cycle_day - 1:
            yield f"{entry.text} on {entry.on}"
    gated = Counter(
        (entry.on, EDITION.giving[entry.statements[0]].drug)
        for entry in made.entries
        if entry.kind == "gate"
    )
    yield from (f"{drug} has {n} gates on {on}" for (on, drug), n in gated.items() if n > 1)
    dosed = {entry.on for entry in made.entries if entry.kind == "dose"}
    yield from (f"a gate without a dose on {on}" for on, _ in gated if on not in dosed)


@pytest.mark.parametrize("regimen", REGIMENS)
def test_a_calendar_stays_within_its_cycles(regimen: str) -> None:
    for care in CARES:
        support = next(
            (
                p
                for drug in care.drugs_of(regimen)
                for p in care.of(Prophylaxis, drug)
                if any(g.days for g in p.gives) and p.topic == "febrile-neutropenia"
            ),
            None,
        )
        try:
            made = calendar(
                care, regimen, NOBODY, start=date(2026, 12, 1), cycles=7, support=support
            )
        except CalendarError:
            continue  # no cycle is in the stored sources
        assert list(misplaced(made)) == []


@pytest.mark.parametrize("drug", CONJUGATES)
def test_nothing_of_one_conjugate_is_said_for_another(drug: str) -> None:
    for care in CARES:
        values = DoseValues(1, {"anc": settled(900.0), "platelets": settled(40.0)})
        sheet = care_sheet(care, drug, NOBODY, Asked(values=values))
        others = set(CONJUGATES) - {drug}
        named = {line.statement for part in sheet.parts for line in part.lines if line.statement}
        for name in named:
            statement = EDITION.giving.get(name) or EDITION.care[name]
            assert statement.drug not in others
        assert all(gate.drug == drug for gate in gates(care, drug, values))
        for event in sorted(events_of(drug)):
            found = answer_event(care, drug, told(event, grade=3.0))
            for answer in (*found.holds, *found.possible, *found.elsewhere):
                assert EDITION.giving[answer.rule].drug == drug


# --- each property can fail ------------------------------------------------------------------


def changed(name: str, **fields: object) -> Care:
    """What an edition with one other rule holds today in the United States."""
    giving = tuple(
        msgspec.structs.replace(s, **fields) if s.id == name else s for s in EDITION.contents.giving
    )
    return Care(
        Edition(msgspec.structs.replace(EDITION.contents, giving=giving)), DAYS[-1], Region.US
    )


def test_an_unread_row_would_loosen_the_action(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_never_looser", lambda care, drug, told, do: (do, ""))
    care = US
    assert any("grade" not in found for found in loosened(care, "trastuzumab-deruxtecan"))


def test_a_reduction_that_raises_is_noticed_or_refused() -> None:
    with pytest.raises(AmountError, match="a share off the dose"):
        NextDose("reduce", percent=-25)
    with pytest.raises(AmountError, match="one level or more"):
        NextDose("reduce", levels=-1)
    care = changed("trastuzumab-deruxtecan-us-dose", note="levels the wrong way round")
    (schedule,) = care.of(DoseSchedule, "trastuzumab-deruxtecan")
    msgspec.structs.force_setattr(schedule, "levels", (DoseLevel("4.4"), DoseLevel("5.4")))
    assert list(raised(care, "trastuzumab-deruxtecan"))


def test_a_gate_on_a_day_without_a_dose_is_refused_and_a_second_gate_is_noticed() -> None:
    stray = changed("sacituzumab-govitecan-us-anc-day-8", day=15)
    with pytest.raises(CalendarError, match="before a dose that day has not"):
        calendar(stray, "sacituzumab-govitecan", NOBODY, start=date(2026, 12, 1), cycles=1)
    twice = changed("sacituzumab-govitecan-us-anc-day-8", day=1)
    made = calendar(twice, "sacituzumab-govitecan", NOBODY, start=date(2026, 12, 1), cycles=1)
    assert list(misplaced(made)) == ["sacituzumab-govitecan has 2 gates on 2026-12-01"]


def test_an_entry_on_another_day_is_noticed() -> None:
    care = US
    made = calendar(care, "sacituzumab-govitecan", NOBODY, start=date(2026, 12, 1), cycles=1)
    moved = msgspec.structs.replace(made.entries[-1], on=made.entries[-1].on + timedelta(days=20))
    late = msgspec.structs.replace(made, entries=(*made.entries[:-1], moved))
    assert list(misplaced(late))


def test_a_window_that_the_edition_forgot_leaves_no_note() -> None:
    care = US
    inside = (Scheduled("pegfilgrastim", "pegfilgrastim", (9,)),)
    assert window_notes(care, inside, (1, 8), 21)
    forgotten = changed("pegfilgrastim-window", hours_before=13 * 24)
    assert window_notes(forgotten, inside, (1, 8), 21) == ()


def test_two_label_wordings_on_neutropenia_never_hold_together() -> None:
    for care in CARES:
        rules = care.of(EventRule, "sacituzumab-govitecan")
        labels = {r.id for r in rules if r.topic == "neutropenia"}
        assert len(labels) <= 1
