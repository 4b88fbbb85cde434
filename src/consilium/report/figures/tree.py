"""What may follow an option, line after line, as a tree."""

from __future__ import annotations

from collections.abc import Iterator

from consilium.knowledge.edition import Edition
from consilium.planning.plan import NextLine, Option
from consilium.report.figures.figure import Figure, FigureError, Table
from consilium.report.figures.naming import sources_of
from consilium.report.figures.style import GAP, SECONDARY, SERIES, TEXT, WIDTH, Drawing, drawing

_COLUMNS = ("line", "after", "regimens", "standing", "note")
_INDENT = 18.0


def sequence_tree(option: Option, edition: Edition, as_of: str) -> Figure:
    """An option and the lines after it, as far as the same rules can tell now.

    Of several regimens that are named alike, what follows is drawn after the
    first. Raises ``FigureError`` where nothing follows.
    """
    if not option.next_lines:
        raise FigureError(f"what may follow {option.name} is not in the stored sources")
    regimen = edition.regimens[option.regimen]
    names = " or ".join(option.next_lines[0].names)
    title = f"After progression on {regimen.short or regimen.name}: {names}"
    if len(option.next_lines) > 1:
        title += ", among others"
    with drawing(title) as page:
        page.paragraph(option.name, size=TEXT, bold=True)
        page.y += GAP / 2
        _branches(page, option.next_lines, 0, page.y)
        page.paragraph(
            "Each branch: what the same statements say of the patient after progression; "
            "facts that may change by then count as unknown. Where several are named, what "
            "follows is drawn after the first.",
            colour=SECONDARY,
        )
        return page.finish(
            Table(
                ("line", "after", "regimens", "standing", "note"),
                tuple(_below(option.next_lines, option.name)),
            ),
            statements=[voice.position for voice in option.voices],
            sources=sources_of((c for voice in option.voices for c in voice.because), edition),
            date=as_of,
        )


def _branches(page: Drawing, lines: tuple[NextLine, ...], depth: int, top: float) -> None:
    series = SERIES[depth % len(SERIES)]
    trunk = depth * _INDENT + 6
    last = top
    for line in lines:
        last = page.y + TEXT * 0.65
        page.line((trunk, trunk + 8), (last, last), colour=series.colour, width=1.5)
        _node(page, line, trunk + 12)
        if line.then:
            _branches(page, line.then, depth + 1, page.y - GAP / 2)
    page.line((trunk, trunk), (top, last), colour=series.colour, width=1.5)


def _node(page: Drawing, line: NextLine, x: float) -> None:
    words = f"Line {line.line}: {' or '.join(line.names)}"
    page.paragraph(words, x=x, width=WIDTH - x, size=TEXT)
    said = "; ".join((line.says, *dict.fromkeys(line.again)))
    page.paragraph(said, x=x, width=WIDTH - x, colour=SECONDARY)
    page.y += GAP


def _below(lines: tuple[NextLine, ...], after: str) -> Iterator[tuple[str, ...]]:
    for line in lines:
        again = "; ".join(dict.fromkeys(line.again))
        yield (str(line.line), after, " or ".join(line.names), line.says, again)
        yield from _below(line.then, line.names[0])
