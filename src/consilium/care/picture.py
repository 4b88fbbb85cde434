"""A calendar as a picture: one row per cycle, one column per day (SVG)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from consilium.care.calendar import Calendar, Entry

_CELL, _LEFT, _TOP, _ROW = 30, 96, 62, 46
_MARKS = {
    "dose": ("D", "#1b4f72"),
    "gate": ("?", "#943126"),
    "g-csf": ("G", "#1e8449"),
    "laboratory": ("L", "#6c3483"),
    "eyes": ("E", "#0e6655"),
    "heart": ("H", "#922b5b"),
    "lungs": ("C", "#7e5109"),
    "other-check": ("o", "#424949"),
}
_NAMES = {
    "dose": "dose",
    "gate": "gate before the dose",
    "g-csf": "G-CSF",
    "laboratory": "laboratory",
    "eyes": "eyes",
    "heart": "heart",
    "lungs": "chest",
    "other-check": "other check",
}


def to_svg(made: Calendar) -> str:
    """The picture as text. Letters carry the meaning, colours only repeat it."""
    width = _LEFT + _CELL * made.cycle_days + 20
    height = _TOP + _ROW * made.cycles + 40 + 18 * len(_kinds(made))
    title = f"{made.name}: {made.cycles} cycles of {made.cycle_days} days from {made.start}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label={quoteattr(title)} '
        'font-family="sans-serif" font-size="11">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="22" font-size="14" fill="#111111">{escape(title)}</text>',
        *_days(made),
        *_rows(made),
        *_legend(made),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _days(made: Calendar) -> Iterator[str]:
    for day in range(1, made.cycle_days + 1):
        x = _LEFT + (day - 1) * _CELL + _CELL / 2
        yield f'<text x="{x}" y="{_TOP - 8}" text-anchor="middle" fill="#333333">{day}</text>'


def _rows(made: Calendar) -> Iterator[str]:
    for cycle in range(1, made.cycles + 1):
        y = _TOP + (cycle - 1) * _ROW
        yield f'<text x="10" y="{y + 24}" fill="#111111">cycle {cycle}</text>'
        for day in range(1, made.cycle_days + 1):
            x = _LEFT + (day - 1) * _CELL
            here = [e for e in made.entries if (e.cycle, e.cycle_day) == (cycle, day)]
            said = "; ".join(f"{e.on}: {e.text}" for e in here)
            yield f"<g>{f'<title>{escape(said)}</title>' if said else ''}"
            yield (
                f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_ROW - 8}" '
                'fill="none" stroke="#cccccc"/>'
            )
            yield from _marks(here, x, y)
            yield "</g>"


def _marks(here: list[Entry], x: int, y: int) -> Iterator[str]:
    kinds = [kind for kind in _MARKS if any(entry.kind == kind for entry in here)]
    for index, kind in enumerate(kinds):
        letter, colour = _MARKS[kind]
        column, row = index % 2, index // 2
        yield (
            f'<text x="{x + 8 + 14 * column}" y="{y + 15 + 15 * row}" text-anchor="middle" '
            f'font-weight="bold" fill="{colour}">{letter}</text>'
        )


def _legend(made: Calendar) -> Iterator[str]:
    y = _TOP + _ROW * made.cycles + 24
    for index, kind in enumerate(_kinds(made)):
        letter, colour = _MARKS[kind]
        yield (
            f'<text x="10" y="{y + 18 * index}"><tspan font-weight="bold" fill="{colour}">'
            f"{letter}</tspan><tspan dx='8' fill='#333333'>{_NAMES[kind]}</tspan></text>"
        )


def _kinds(made: Calendar) -> list[str]:
    return [kind for kind in _MARKS if any(entry.kind == kind for entry in made.entries)]
