"""iCalendar as a calendar program reads it: RFC 5545 from the bytes up, by no library.

Strict where RFC 5545 says MUST: lines end in CRLF and are at most 75 octets, are
unfolded before they are read, text is escaped, a calendar names its version and
maker, an event has one UID, one DTSTAMP in UTC, and a start; a whole day begins
and ends on dates, and ends after it begins.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

_NAME = r"(?:X-[A-Za-z0-9-]+|[A-Za-z0-9-]+)"
_QUOTED = r'"[^"\x00-\x08\x0a-\x1f\x7f]*"'
_SAFE = r'[^";:,\x00-\x08\x0a-\x1f\x7f]*'
_PARAMETER = rf"({_NAME})=((?:{_QUOTED}|{_SAFE})(?:,(?:{_QUOTED}|{_SAFE}))*)"
_LINE = re.compile(rf"({_NAME})((?:;{_PARAMETER})*):(.*)", re.DOTALL)
_TEXT = re.compile(r"(?:\\[\\;,nN]|[^\\;,\x00-\x08\x0a-\x1f\x7f])*")
_TEXTS = {"SUMMARY", "DESCRIPTION", "COMMENT", "X-WR-CALNAME"}
_ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "TRANSP", "CLASS"}


class NoCalendar(Exception):
    """Bytes that a strict reader refuses."""


class Property(NamedTuple):
    """One content line."""

    name: str
    parameters: dict[str, str]
    value: str


class Occasion(NamedTuple):
    """One whole-day event as a calendar shows it."""

    uid: str
    on: date
    ends: date
    summary: str
    description: str


def read(data: bytes) -> list[Occasion]:
    """The events of one calendar. Raises ``NoCalendar`` with the line that is wrong."""
    lines = [_line(text) for text in _unfold(data)]
    if (lines[0].name, lines[0].value, lines[-1].name, lines[-1].value) != (
        *("BEGIN", "VCALENDAR"),
        *("END", "VCALENDAR"),
    ):
        raise NoCalendar("a file is one VCALENDAR")
    found: list[Occasion] = []
    head: list[Property] = []
    event: list[Property] | None = None
    for line in lines[1:-1]:
        if line.name in ("BEGIN", "END") and line.value != "VEVENT":
            raise NoCalendar(f"a component is not known: {line.value}")
        if line.name == "BEGIN":
            if event is not None:
                raise NoCalendar("an event inside an event")
            event = []
        elif line.name == "END":
            if event is None:
                raise NoCalendar("an end without a beginning")
            found.append(_event(event))
            event = None
        elif event is not None:
            event.append(line)
        elif found:
            raise NoCalendar(f"`{line.name}` stands behind an event")
        else:
            head.append(line)
    if event is not None:
        raise NoCalendar("an event without an end")
    for name, value in (("VERSION", "2.0"), ("PRODID", None)):
        (given,) = [line.value for line in head if line.name == name] or [""]
        if not given or (value is not None and given != value):
            raise NoCalendar(f"{name} must be there once")
    if len({one.uid for one in found}) != len(found):
        raise NoCalendar("two events share a UID, so one replaces the other")
    return found


def _unfold(data: bytes) -> list[str]:
    if not data.endswith(b"\r\n"):
        raise NoCalendar("the last line does not end in CRLF")
    raw = data[:-2].split(b"\r\n")
    for line in raw:
        if b"\n" in line or b"\r" in line:
            raise NoCalendar("a line ends in something else than CRLF")
        if len(line) > 75:
            raise NoCalendar(f"a line has {len(line)} octets")
        if not line:
            raise NoCalendar("an empty line")
    joined: list[bytes] = []
    for line in raw:
        if line[:1] in (b" ", b"\t"):
            if not joined:
                raise NoCalendar("the first line is a continuation")
            joined[-1] += line[1:]
        else:
            joined.append(line)
    try:
        return [line.decode("utf-8") for line in joined]
    except UnicodeDecodeError:
        raise NoCalendar("not UTF-8 once unfolded") from None


def _line(text: str) -> Property:
    found = _LINE.fullmatch(text)
    if found is None:
        raise NoCalendar(f"no content line: {text}")
    parameters = {
        name.upper(): value.strip('"') for name, value in re.findall(_PARAMETER, found[2])
    }
    name, value = found[1].upper(), found.groups()[-1]
    if name in _TEXTS and not _TEXT.fullmatch(value):
        raise NoCalendar(f"`{name}` is not escaped: {value}")
    return Property(name, parameters, value)


def _event(lines: list[Property]) -> Occasion:
    named: dict[str, Property] = {}
    for line in lines:
        if line.name in _ONCE and line.name in named:
            raise NoCalendar(f"`{line.name}` is there twice")
        named[line.name] = line
    for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"):
        if name not in named:
            raise NoCalendar(f"an event has no `{name}`")
    if not re.fullmatch(r"\d{8}T\d{6}Z", named["DTSTAMP"].value):
        raise NoCalendar("DTSTAMP is a moment in UTC")
    datetime.strptime(named["DTSTAMP"].value, "%Y%m%dT%H%M%SZ")
    on, ends = _day(named["DTSTART"]), _day(named["DTEND"])
    if ends <= on:
        raise NoCalendar("a day ends on the next one, which no longer belongs to it")
    if named.get("TRANSP", Property("", {}, "OPAQUE")).value not in ("OPAQUE", "TRANSPARENT"):
        raise NoCalendar("TRANSP is OPAQUE or TRANSPARENT")
    described = named.get("DESCRIPTION", Property("", {}, ""))
    return Occasion(
        named["UID"].value,
        on,
        ends,
        _unescaped(named["SUMMARY"].value),
        _unescaped(described.value),
    )


def _day(line: Property) -> date:
    if line.parameters.get("VALUE") != "DATE" or not re.fullmatch(r"\d{8}", line.value):
        raise NoCalendar(f"{line.name} is no whole day: {line.value}")
    return datetime.strptime(line.value, "%Y%m%d").date()


def _unescaped(text: str) -> str:
    return re.sub(
        r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text, flags=re.DOTALL
    )
