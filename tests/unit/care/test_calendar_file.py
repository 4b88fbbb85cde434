"""The calendar file, read from the bytes up by a strict reader that shares nothing with its writer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from tests.support.rfc5545 import NoCalendar, Occasion, read

from consilium.care.calendar import Calendar, CalendarError, calendar
from consilium.care.ics import to_icalendar
from consilium.care.statements import Care
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.rules.completions import Patient

EDITION = Edition.bundled()
STAMP = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SUPPORT = EDITION.giving["sacituzumab-govitecan-tolaney-schedule"]
REGIMENS = [name for name, found in EDITION.regimens.items() if not found.any_of]


def drawn(regimen: str, region: Region = Region.US, start: date = date(2028, 2, 29)) -> Calendar:
    care = Care(EDITION, date(2026, 11, 20), region)
    support = SUPPORT if regimen == "sacituzumab-govitecan" else None
    return calendar(
        care, regimen, Patient(EDITION.model, {}), start=start, cycles=4, support=support
    )


def test_every_calendar_is_read_as_what_it_says() -> None:
    read_back = 0
    for regimen in REGIMENS:
        for region in (Region.US, Region.EU):
            try:
                made = drawn(regimen, region)
            except CalendarError:
                continue  # no cycle is in the stored sources
            found = read(to_icalendar(made, stamp=STAMP))
            assert [(one.on, one.summary.split(": ", 1)[1]) for one in found] == [
                (entry.on, entry.text) for entry in made.entries
            ]
            assert all(one.ends - one.on == timedelta(days=1) for one in found)
            read_back += len(found)
    assert read_back > 200


def test_long_lines_and_awkward_letters_survive() -> None:
    made = drawn("sacituzumab-govitecan")
    text = "ANC ≥ 1,000 /µL; see \\ the “label”\nsecond line, " + "ü" * 90
    entries = (msgspec.structs.replace(made.entries[0], text=text, note=text),)
    (found,) = read(to_icalendar(msgspec.structs.replace(made, entries=entries), stamp=STAMP))
    assert found.summary.endswith(text) and text in found.description


def test_a_leap_day_is_a_day() -> None:
    found = read(to_icalendar(drawn("sacituzumab-govitecan"), stamp=STAMP))
    doses = [one.on for one in found if one.summary.startswith("Dose")]
    assert doses[:3] == [date(2028, 2, 29), date(2028, 3, 7), date(2028, 3, 21)]


def test_two_files_never_replace_one_another_and_one_is_the_same_each_time() -> None:
    made = drawn("sacituzumab-govitecan")
    later = STAMP + timedelta(seconds=1)
    one, other = (read(to_icalendar(made, stamp=stamp)) for stamp in (STAMP, later))
    assert not {e.uid for e in one} & {e.uid for e in other}
    assert to_icalendar(made, stamp=STAMP) == to_icalendar(made, stamp=STAMP)


def test_nothing_in_the_file_can_name_a_patient() -> None:
    data = to_icalendar(drawn("sacituzumab-govitecan"), stamp=STAMP).decode()
    names = set(re.findall(r"^([A-Z-]+)[;:]", data, re.MULTILINE))
    assert names <= {
        *("BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "X-WR-CALNAME"),
        *("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "CATEGORIES", "TRANSP"),
    }
    assert (
        "ATTENDEE" not in data
        and "ORGANIZER" not in data
        and "@" not in re.sub(r"[0-9a-f-]{36}@consilium\.invalid", "", data.replace("\r\n ", ""))
    )


def spoiled(change: Callable[[bytes], bytes]) -> list[Occasion]:
    return read(change(to_icalendar(drawn("sacituzumab-govitecan"), stamp=STAMP)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data.replace(b"\r\n", b"\n"), "CRLF"),
        (lambda data: data.replace(b"\r\n ", b""), "octets"),
        (lambda data: re.sub(rb"UID:[^\r]*\r\n( [^\r]*\r\n)?", b"", data, count=1), "no `UID`"),
        (lambda data: data.replace(b"DTSTAMP:20261120T120000Z", b"DTSTAMP:20261120T120000"), "UTC"),
        (lambda data: data.replace(b";VALUE=DATE", b"", 1), "no whole day"),
        (lambda data: data.replace(b"\\,", b",", 1), "not escaped"),
        (lambda data: data.replace(b"VERSION:2.0\r\n", b""), "VERSION"),
        (lambda data: data.replace(b"END:VEVENT\r\n", b"", 1), "event inside"),
        (
            lambda data: data.replace(b"DTEND;VALUE=DATE:20280301", b"DTEND;VALUE=DATE:20280229"),
            "ends",
        ),
    ],
)
def test_the_reader_refuses_what_a_calendar_program_refuses(
    change: Callable[[bytes], bytes], why: str
) -> None:
    with pytest.raises(NoCalendar, match=why):
        spoiled(change)
