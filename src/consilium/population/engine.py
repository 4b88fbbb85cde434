"""What an edition says, on a day in a region, of a chunk of patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consilium.intake.fhir.bulk import Block
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning.making import knowledge_of
from consilium.population.alike import Parts
from consilium.population.answers import Asking
from consilium.population.coding import Coded, Coding
from consilium.population.sheets import Sheet, Sheets


class Planned(NamedTuple):
    """The sheet and the gaps of each row that has a plan; the others with the reason."""

    rows: NDArray[np.int64]
    sheets: list[Sheet]
    sheet_of: NDArray[np.int64]
    gaps: list[tuple[str, ...]]
    gaps_of: NDArray[np.int64]
    problems: dict[int, str]


class Engine:
    """One edition, day and region, ready for any number of chunks."""

    def __init__(self, edition: Edition, as_of: date, region: Region) -> None:
        self.edition, self.as_of, self.region = edition, as_of, region
        self.knowledge = knowledge_of(edition, as_of, region)
        self.parts = Parts(edition.model, self.knowledge.conditions.values())
        self.asking = Asking(self.knowledge, self.parts)
        self.sheets = Sheets(self.knowledge)
        self.coding = Coding(edition, self.parts)
        self._kept: dict[bytes, Sheet] = {}
        self.patients = self.computed = 0

    def frame(self, frame: pl.DataFrame) -> Planned:
        """Plans of the rows of a table."""
        return self.plan(self.coding.frame(frame))

    def records(self, blocks: Sequence[Block]) -> Planned:
        """Plans of records that were read in blocks."""
        return self.plan(self.coding.records(blocks))

    def plan(self, coded: Coded) -> Planned:
        """Plans of all rows that can be planned."""
        problems = dict(coded.problems)
        codes = self.asking.part_codes(coded.columns, coded.size)
        for place, part in enumerate(self.parts.parts):
            said = part.contradictions
            if any(said):
                wrong = np.array([name is not None for name in said])[codes[place]]
                for row in np.flatnonzero(wrong):
                    name = said[int(codes[place][row])] or ""
                    problems.setdefault(int(row), self._cannot_be(name))
        keep = np.ones(coded.size, np.bool_)
        keep[list(problems)] = False
        rows = np.flatnonzero(keep)
        answered = self.asking.answer({p: c[rows] for p, c in codes.items()}, len(rows))
        self.sheets.forget_what_no_sheet_shows(answered.codes)
        keys = np.ascontiguousarray(answered.codes).view(f"S{answered.codes.shape[1]}").reshape(-1)
        # a trailing zero byte is cut from a text of bytes, so that equal texts stay equal
        _, firsts, sheet_of = np.unique(keys, return_index=True, return_inverse=True)
        found = []
        for first in firsts:
            key = answered.codes[first].tobytes()
            sheet = self._kept.get(key)
            if sheet is None:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                sheet = self._kept[key] = self.sheets.sheet(key)
                self.computed += 1
            found.append(sheet)
        self.patients += len(rows)
        gap_rows, gaps_of = np.unique(answered.gaps, axis=0, return_inverse=True)
        gaps = [tuple(answered.facts[g] for g in row if g >= 0) for row in gap_rows]
        return Planned(rows, found, sheet_of.reshape(-1), gaps, gaps_of.reshape(-1), problems)

    def _cannot_be(self, name: str) -> str:
        invariants = {i.id: i.says for i in self.edition.contents.invariants}
        says = invariants.get(name) or f"`{name}` as given does not follow from the other facts"
        return f"this patient cannot be: {says}"


_MOST_KEPT = 100_000


class Changed(NamedTuple):
    """How many patients would be treated differently, and how often each regimen comes or goes."""

    patients: int
    compared: int
    gained: Counter[str]
    lost: Counter[str]
    label: Counter[str]


def changed(before: Planned, after: Planned) -> Changed:
    """The patients whose options, stances or labels differ between two plans of the same rows."""
    place = {int(row): index for index, row in enumerate(before.rows)}
    counts: Counter[tuple[int, int]] = Counter()
    compared = 0
    for index, row in enumerate(after.rows):
        at = place.get(int(row))
        if at is not None:
            compared += 1
            counts[int(before.sheet_of[at]), int(after.sheet_of[index])] += 1
    different, gained, lost, label = 0, Counter[str](), Counter[str](), Counter[str]()
    for (one, other), number in counts.items():
        was, now = _told(before.sheets[one]), _told(after.sheets[other])
        if was == now:
            continue
        different += number
        for regimen in now.keys() - was.keys():
            gained[regimen] += number
        for regimen in was.keys() - now.keys():
            lost[regimen] += number
        for regimen in was.keys() & now.keys():
            if was[regimen][1] != now[regimen][1]:
                label[regimen] += number
    return Changed(different, compared, gained, lost, label)


def _told(sheet: Sheet) -> dict[str, tuple[str, str]]:
    """What a sheet offers: each regimen that is no mere possibility, its stance and its label."""
    return {
        option.regimen: (option.stance, option.label)
        for option in sheet.options
        if option.certainty in ("certain", "extension") or option.label == "approved"
    }
