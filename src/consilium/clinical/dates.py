"""Days as clinical documents give them: to the day, to the month, or to the year."""

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache

import msgspec

from consilium.errors import ConsiliumError

_FORM = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class DateError(ConsiliumError):
    """Something that is no date."""


class Day(msgspec.Struct, frozen=True, order=True):
    """A date as written: ``2026-01-12``, ``2026-01`` or ``2026``.

    A date known to the month or the year counts from its last day.

    >>> Day("2025-04").last
    datetime.date(2025, 4, 30)
    """

    text: str

    def __post_init__(self) -> None:
        found = _FORM.fullmatch(self.text)
        if not found:
            raise DateError(f"`{self.text}` is no date; write 2026-01-12, 2026-01 or 2026")
        year, month, day = (int(part) if part else None for part in found.groups())
        try:
            date(year or 0, month or 1, day or 1)
        except ValueError as problem:
            raise DateError(f"`{self.text}` is no date: {problem}") from None

    @property
    def first(self) -> date:
        """The earliest day that the text can mean."""
        return _first(self.text)

    @property
    def last(self) -> date:
        """The latest day that the text can mean."""
        return _last(self.text)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=1 << 14)
def _first(text: str) -> date:
    return date.fromisoformat((text + "-01-01")[:10])


@lru_cache(maxsize=1 << 14)
def _last(text: str) -> date:
    first = _first(text)
    if len(text) == 4:
        return date(first.year, 12, 31)
    if len(text) == 7:
        return date(first.year, first.month, monthrange(first.year, first.month)[1])
    return first
