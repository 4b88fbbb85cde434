"""Calendars: the days of the sources, a picture, and a file that calendars read."""

from datetime import date
from xml.etree import ElementTree

import pytest

from consilium.care.calendar import CalendarError, calendar
from consilium.care.statements import Care
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.report.figures.cycles import cycle_calendar
from consilium.rules.completions import Patient

EDITION = Edition.bundled()
NOBODY = Patient(EDITION.model, {})
SCHEDULE = EDITION.giving["sacituzumab-govitecan-tolaney-schedule"]


def drawn(regimen, *, region=Region.US, cycles=2, support=None):
    care = Care(EDITION, date(2026, 11, 20), region)
    return calendar(care, regimen, NOBODY, start=date(2026, 12, 1), cycles=cycles, support=support)


def days(made, kind):
    return [(entry.cycle, entry.cycle_day) for entry in made.entries if entry.kind == kind]


def test_doses_gates_and_growth_factor_of_two_cycles():
    made = drawn("sacituzumab-govitecan", support=SCHEDULE)
    twice = [(1, 1), (1, 8), (2, 1), (2, 8)]
    assert days(made, "dose") == days(made, "gate") == twice
    assert days(made, "g-csf") == [(c, d) for c in (1, 2) for d in (2, 3, 4, 9)]
    assert any("13 days apart" in note for note in made.notes)
    assert made.entries[-1].on == date(2026, 12, 30)


def test_without_a_choice_no_growth_factor_stands_on_a_day():
    assert days(drawn("sacituzumab-govitecan"), "g-csf") == []


def test_eyes_belong_to_one_conjugate_and_the_heart_to_another():
    datopotamab = drawn("datopotamab-deruxtecan", cycles=20)
    trastuzumab = drawn("trastuzumab-deruxtecan", cycles=20)
    assert days(datopotamab, "eyes")[0] == (1, 1) and len(days(datopotamab, "eyes")) == 2
    assert days(datopotamab, "heart") == [] and days(datopotamab, "gate") == []
    assert days(trastuzumab, "heart") == [(1, 1)]
    assert days(trastuzumab, "eyes") == [] and days(trastuzumab, "gate") == []
    assert len(days(trastuzumab, "laboratory")) == 20


def test_a_chest_ct_interval_of_one_region_stays_there():
    assert len(days(drawn("trastuzumab-deruxtecan", region=Region.UK, cycles=9), "lungs")) == 3
    assert len(days(drawn("trastuzumab-deruxtecan", cycles=9), "lungs")) == 1


def test_tablets_on_many_days_show_their_first_and_last():
    made = drawn("capecitabine", cycles=1)
    assert days(made, "dose") == [(1, 1), (1, 14)]


def test_monthly_counts_of_a_drug_taken_every_day():
    assert len(days(drawn("talazoparib", cycles=4), "laboratory")) == 3


@pytest.mark.parametrize("cycles", [0, -1, 61])
def test_a_number_of_cycles_that_cannot_be(cycles):
    with pytest.raises(CalendarError, match="cannot be drawn"):
        drawn("sacituzumab-govitecan", cycles=cycles)


def test_no_cycle_no_calendar():
    with pytest.raises(CalendarError, match="no cycle"):
        drawn("vinorelbine")


def test_the_picture_has_a_letter_for_every_dose_and_the_table_every_entry():
    made = drawn("sacituzumab-govitecan", support=SCHEDULE)
    figure = cycle_calendar(made, EDITION, "2026-11-20")
    letters = [
        element.text
        for element in ElementTree.fromstring(figure.svg).iter()
        if element.text in ("D", "G", "?")
    ]
    assert letters.count("D") == 4
    assert letters.count("G") == 8
    assert [row[0] for row in figure.table.rows] == [str(entry.on) for entry in made.entries]
    assert [row[3] for row in figure.table.rows] == [entry.text for entry in made.entries]
    assert {name for entry in made.entries for name in entry.statements} == set(figure.statements)
    assert figure.sources
