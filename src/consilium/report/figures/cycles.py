"""The calendar of a regimen: one row for each cycle, one column for each day.

Letters carry the meaning; the shade of a dose only repeats it.
"""

from __future__ import annotations

from consilium.care.calendar import Calendar, Entry
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import Silence
from consilium.report.figures.figure import Figure, Table
from consilium.report.figures.naming import sources_of
from consilium.report.figures.style import (
    GAP,
    RULE,
    SECONDARY,
    SERIES,
    SMALL,
    TEXT,
    WIDTH,
    Drawing,
    drawing,
)

_MARKS = {
    "dose": ("D", "dose"),
    "gate": ("?", "gate before the dose"),
    "g-csf": ("G", "G-CSF"),
    "laboratory": ("L", "laboratory"),
    "eyes": ("E", "eyes"),
    "heart": ("H", "heart"),
    "lungs": ("C", "chest"),
    "other-check": ("o", "other check"),
    "visit": ("v", "visit"),
}
_ROW = 14.0
_WEEK = 7


def cycle_calendar(made: Calendar, edition: Edition, as_of: str) -> Figure:
    """The days of a calendar as letters, and every entry of it as a row of the table."""
    title = (
        f"{made.name}: {_count(made.cycles, 'cycle')} of {made.cycle_days} days from {made.start}"
    )
    statements = [name for entry in made.entries for name in entry.statements]
    records = {**edition.giving, **edition.care}
    named = [records[name] for name in statements if name in records]
    cited = [c for record in named if not isinstance(record, Silence) for c in record.because]
    regimen = edition.regimens[made.regimen]
    cited += [*regimen.because, *(c for part in regimen.components for c in part.because)]
    with drawing(title) as page:
        _days(page, made.cycle_days)
        for cycle in range(1, made.cycles + 1):
            _cycle(page, made, cycle)
        kinds = [kind for kind in _MARKS if any(entry.kind == kind for entry in made.entries)]
        page.paragraph("; ".join(" ".join(_MARKS[kind]) for kind in kinds))
        for note in (*made.notes, *(f"without a day in the sources: {u}" for u in made.unplaced)):
            page.paragraph(f"{note[0].upper()}{note[1:].rstrip('.')}.", colour=SECONDARY)
        return page.finish(
            Table(
                ("date", "cycle", "day", "what"),
                tuple(
                    (str(entry.on), str(entry.cycle), str(entry.cycle_day), entry.text)
                    for entry in made.entries
                ),
            ),
            statements=statements,
            sources=sources_of(cited, edition),
            date=as_of,
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _days(page: Drawing, days: int) -> None:
    cell = WIDTH / days
    page.text(0, page.y + SMALL * 0.65, "Day of the cycle", colour=SECONDARY)
    page.y += SMALL * 1.4
    for day in range(1, days + 1, _WEEK):
        middle = (day - 0.5) * cell
        page.text(middle, page.y + SMALL * 0.65, f"{day}", align="center", colour=SECONDARY)
    page.y += SMALL * 1.4


def _cycle(page: Drawing, made: Calendar, cycle: int) -> None:
    cell = WIDTH / made.cycle_days
    marks = {
        day: _letters([e for e in made.entries if (e.cycle, e.cycle_day) == (cycle, day)])
        for day in range(1, made.cycle_days + 1)
    }
    page.paragraph(f"Cycle {cycle}", size=TEXT, bold=True)
    height = _ROW * max(1, *(len(letters) for letters in marks.values())) + 4
    for day, letters in marks.items():
        x = (day - 1) * cell
        if "D" in letters:
            page.box(x, page.y, cell, height, fill=SERIES[0].colour, opacity=0.25)
        page.box(x, page.y, cell, height, edge=RULE)
        for row, letter in enumerate(letters):
            middle = page.y + _ROW * (row + 0.5) + 2
            page.text(x + cell / 2, middle, letter, bold=True, align="center")
    page.y += height + GAP


def _letters(here: list[Entry]) -> list[str]:
    kinds = {entry.kind for entry in here}
    return [letter for kind, (letter, _) in _MARKS.items() if kind in kinds]
