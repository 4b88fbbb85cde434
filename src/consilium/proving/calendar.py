"""When each statement of an edition counts, as stretches of days over which nothing changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Approval, CareRule, Position, Region

Statement = Position | Approval | CareRule

_DAY = timedelta(days=1)


class Moment(NamedTuple):
    """One region on one day."""

    region: Region
    day: date


class Calendar:
    """The days of an edition, cut where a statement begins or ends.

    Every question about all dates is a question about one day of each stretch.
    """

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        contents = edition.contents
        self.statements: dict[str, Statement] = {}
        self._keys: dict[int, str] = {}
        for kind, listed in (
            ("position", contents.positions),
            ("approval", contents.approvals),
            ("care", contents.care),
        ):
            for statement in listed:
                self.statements[f"{kind}:{statement.id}"] = statement
        self._bounds = {key: self._bound(s) for key, s in self.statements.items()}

    def _bound(self, statement: Statement) -> tuple[date, date]:
        start = self.edition.starts(statement)
        until = statement.until
        return (start.last if start else date.min, until.last if until else date.max)

    @cached_property
    def starts(self) -> tuple[date, ...]:
        """The first day of every stretch; the first stretch lies before anything began."""
        last = self.edition.info.date.last
        edges = {d for bound in self._bounds.values() for d in bound if date.min < d <= last}
        return tuple(sorted({min(edges, default=last) - _DAY, *edges}))

    def day_of(self, index: int) -> date:
        """The last day of a stretch, by which it is named; of the last one, the edition's own."""
        if index + 1 == len(self.starts):
            return self.edition.info.date.last
        return self.starts[index + 1] - _DAY

    @cached_property
    def _counts(self) -> dict[str, int]:
        """For each statement a bit per stretch on which it counts."""
        raw = {
            key: sum(1 << i for i, day in enumerate(self.starts) if start <= day < end)
            for key, (start, end) in self._bounds.items()
        }
        counts = dict(raw)
        for key, statement in self.statements.items():
            kind = key.split(":", 1)[0]
            for old in getattr(statement, "supersedes", ()):
                if f"{kind}:{old}" in counts:
                    counts[f"{kind}:{old}"] &= ~raw[key]
        return counts

    def counts(self, key: str, moment: Moment) -> bool:
        """Whether a statement counts in a region on a day."""
        return self.here(key, moment.region) and bool(
            self._counts[key] >> self._index(moment.day) & 1
        )

    def here(self, key: str, region: Region) -> bool:
        """Whether a statement speaks of a region at all."""
        regions = self.statements[key].regions
        return not regions or region in regions

    def ever(self, key: str) -> bool:
        """Whether there is any day on which a statement counts."""
        return bool(self._counts[key])

    def _index(self, day: date) -> int:
        return max(bisect_right(self.starts, day) - 1, 0)

    def together(self, keys: Iterable[str]) -> Moment | None:
        """A region and a day on which all these statements count, as late as can be."""
        listed = list(keys)
        stretches = (1 << len(self.starts)) - 1
        for key in listed:
            stretches &= self._counts[key]
        if not stretches:
            return None
        region = next((r for r in Region if all(self.here(key, r) for key in listed)), None)
        if region is None:
            return None
        return Moment(region, self.day_of(stretches.bit_length() - 1))

    def within(self, one: str, other: str) -> bool:
        """Whether the second counts wherever and whenever the first does."""
        regions = all(self.here(other, r) for r in Region if self.here(one, r))
        return regions and not self._counts[one] & ~self._counts[other]

    def in_force(self, kind: str, moment: Moment) -> tuple[str, ...]:
        """The keys of the statements of one kind that count."""
        return tuple(
            key
            for key in self.statements
            if key.startswith(f"{kind}:") and self.counts(key, moment)
        )

    def moments(
        self,
        keys: Iterable[str],
        regions: Iterable[Region] = tuple(Region),
        days: Iterable[date] | None = None,
    ) -> Iterator[Moment]:
        """One moment for each different set of these statements that ever counts together.

        With ``days`` only those days are looked at.
        """
        listed = list(keys)
        seen: set[frozenset[str]] = set()
        stretches = (
            [(index, self.day_of(index)) for index in reversed(range(len(self.starts)))]
            if days is None
            else [(self._index(day), day) for day in days]
        )
        for region in regions:
            here = [key for key in listed if self.here(key, region)]
            for index, day in stretches:
                counting = frozenset(key for key in here if self._counts[key] >> index & 1)
                if counting not in seen:
                    seen.add(counting)
                    yield Moment(region, day)
