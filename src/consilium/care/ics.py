"""A calendar as iCalendar (RFC 5545): whole days, no patient, the same bytes each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from icalendar import Calendar as ICalendar
from icalendar import Event, vText

from consilium.care.calendar import Calendar, Entry

_NAMESPACE = UUID("6a3f0c52-3d0b-5a5e-9d0a-2f1f6b1d7c11")
_TITLES = {
    "dose": "Dose",
    "gate": "Before the dose",
    "g-csf": "G-CSF",
    "laboratory": "Laboratory",
    "eyes": "Eyes",
    "heart": "Heart",
    "lungs": "Lungs",
    "other-check": "Check",
    "visit": "Visit",
}


def to_icalendar(made: Calendar, *, stamp: datetime) -> bytes:
    """The bytes of an iCalendar file; ``stamp`` is when it was made.

    Events of two files are never taken for the same, so that one patient's days
    do not replace those of another whose treatment begins on the same day.
    """
    found = ICalendar()
    found.add("prodid", "-//consilium//care calendar//EN")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    # the library escapes no text of a name that it does not know
    found.add("x-wr-calname", vText(f"{made.name}, {made.cycles} cycles"))
    for number, entry in enumerate(made.entries):
        found.add_component(_event(made, entry, number, stamp))
    return bytes(found.to_ical())


def _event(made: Calendar, entry: Entry, number: int, stamp: datetime) -> Event:
    event = Event()
    name = f"{stamp.isoformat()}/{made.regimen}/{made.start}/{number}"
    event.add("uid", f"{uuid5(_NAMESPACE, name)}@consilium.invalid")
    event.add("dtstamp", stamp)
    event.add("dtstart", entry.on)
    event.add("dtend", entry.on + timedelta(days=1))
    event.add("summary", f"{_TITLES[entry.kind]}: {entry.text}")
    event.add("description", f"Cycle {entry.cycle}, day {entry.cycle_day}. {entry.note}".strip())
    event.add("categories", [entry.kind])
    event.add("transp", "TRANSPARENT")
    return event
