"""When something in a record was, as exactly as the record says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from consilium.clinical.dates import DateError, Day

_DATE = re.compile(r"(\d{4}(?:-\d{2}(?:-\d{2})?)?)(T.*)?", re.DOTALL)
_FULL_DATE = 10


class Moment(NamedTuple):
    """A day, and the time of that day where the record gives one with its zone."""

    day: Day
    time: datetime | None = None

    def is_after(self, other: Moment) -> bool:
        """Whether this is certainly later than the other."""
        if self.time is not None and other.time is not None:
            return self.time > other.time
        return self.day.first > other.day.last


def moment(value: object) -> Moment | None:
    """A FHIR date, dateTime or instant; nothing for anything else."""
    return _moment(value) if isinstance(value, str) else None


@lru_cache(maxsize=1 << 14)
def _moment(value: str) -> Moment | None:
    found = _DATE.fullmatch(value.strip())
    if not found:
        return None
    try:
        day = Day(found[1])
    except DateError:
        return None
    return Moment(day, _time(value.strip()) if found[2] and len(found[1]) == _FULL_DATE else None)


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return time if time.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None


def first_moment(body: Mapping[str, object], *keys: str) -> Moment | None:
    """The first of these elements that holds a date; of a period its start."""
    for key in keys:
        value = body.get(key)
        found = moment(value.get("start")) if isinstance(value, dict) else moment(value)
        if found is not None:
            return found
    return None
