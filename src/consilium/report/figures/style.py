"""The one style sheet of all figures: measures, colours, dashes, and a page that grows downwards.

Units are those of the SVG. A figure is as wide as a phone's column, so that
its text keeps its size there; a wider page enlarges the whole.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from consilium.report.figures.figure import Figure, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

WIDTH = 328.0
TEXT, SMALL, TITLE = 13.0, 12.0, 15.0
LEADING = 1.3
GAP = 8.0

INK, SECONDARY, RULE, PAPER = "#17202A", "#4A5763", "#D5DBE0", "#FFFFFF"


class Series(NamedTuple):
    """One kind of line or mark. Colour repeats what dash, shape and the direct label say."""

    colour: str
    dash: tuple[float, tuple[float, ...]] | Literal["-"]
    marker: str


SERIES = (
    Series("#0072B2", "-", "o"),
    Series("#D55E00", (0, (5, 2)), "s"),
    Series("#009E73", (0, (1.5, 1.5)), "^"),
    Series("#CC79A7", (0, (6, 2, 1.5, 2)), "D"),
)
"""Okabe and Ito's colours that hold on white and on black, in the order of use."""

_RC: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "consilium",
    "font.family": "DejaVu Sans",  # ships with matplotlib; wider than what readers have
    "font.size": SMALL,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": SECONDARY,
    "axes.labelcolor": INK,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.grid": False,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "xtick.color": SECONDARY,
    "ytick.color": SECONDARY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "lines.linewidth": 2.0,
    "figure.dpi": 72,
    "savefig.dpi": 72,
}
# matplotlib's settings are one table for the whole process
_DRAWING = Lock()


@contextmanager
def drawing(title: str) -> Iterator[Drawing]:
    """An empty page under a title, in the style of all figures; one at a time."""
    import matplotlib  # noqa: PLC0415  slow to import

    with _DRAWING, matplotlib.rc_context(_RC):
        yield Drawing(title)


def pixels(canvas: Canvas, scale: float) -> bytes:
    """A finished canvas as PNG."""
    import matplotlib  # noqa: PLC0415

    written = io.BytesIO()
    with _DRAWING, matplotlib.rc_context(_RC):
        canvas.savefig(
            written, format="png", dpi=72 * scale, facecolor=PAPER, metadata={"Software": None}
        )
    return written.getvalue()


class Drawing:
    """A page on which ``y`` is where the next thing goes; it grows until ``finish``.

    ``ink`` are the axes of the whole page in its units, from the top left.
    ``panel`` gives ordinary axes for a chart.
    """

    def __init__(self, title: str) -> None:
        from matplotlib.figure import Figure as Canvas  # noqa: PLC0415

        self.title, self.y = title, 0.0
        self.canvas = Canvas()
        self.ink = self.canvas.add_axes((0, 0, 1, 1))
        self.ink.axis("off")
        self.ink.set_xlim(0, WIDTH)
        self._panels: list[tuple[Axes, tuple[float, float, float, float]]] = []
        self.paragraph(title, size=TITLE, bold=True)
        self.y += GAP

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = SMALL,
        colour: str = INK,
        bold: bool = False,
        align: Literal["left", "center", "right"] = "left",
    ) -> None:
        """Words on one row whose middle is ``y``."""
        self.ink.text(
            x,
            y + size * 0.36,
            words,
            fontsize=size,
            color=colour,
            fontweight="bold" if bold else "normal",
            horizontalalignment=align,
            verticalalignment="baseline",
        )

    def paragraph(
        self,
        words: str,
        *,
        x: float = 0.0,
        width: float = WIDTH,
        size: float = SMALL,
        colour: str = INK,
        bold: bool = False,
    ) -> None:
        """Words on as many rows as they need; ``y`` moves below them."""
        for row in broken(words, width, size, bold=bold):
            self.text(x, self.y + size * LEADING / 2, row, size=size, colour=colour, bold=bold)
            self.y += size * LEADING

    def line(
        self,
        xs: tuple[float, ...],
        ys: tuple[float, ...],
        *,
        colour: str = INK,
        width: float = 2.0,
        dash: Any = "-",
        statement: str = "",
    ) -> None:
        """A line through points of the page."""
        (drawn,) = self.ink.plot(
            xs,
            ys,
            color=colour,
            linewidth=width,
            linestyle=dash,
            solid_capstyle="butt",
            clip_on=False,
        )
        _key(drawn, statement)

    def mark(
        self, x: float, y: float, series: Series, *, size: float = 8.0, statement: str = ""
    ) -> None:
        """The mark of a series at a point."""
        (drawn,) = self.ink.plot(
            (x,),
            (y,),
            marker=series.marker,
            markersize=size,
            color=series.colour,
            linestyle="none",
            markeredgewidth=0,
            clip_on=False,
        )
        _key(drawn, statement)

    def arrow(self, x: float, y: float, colour: str, *, leftwards: bool = False) -> None:
        """A head on a line that goes on."""
        self.ink.plot(
            (x,),
            (y,),
            marker="<" if leftwards else ">",
            markersize=7,
            color=colour,
            linestyle="none",
            markeredgewidth=0,
            clip_on=False,
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = "none",
        edge: str = "none",
        dash: Any = "-",
        opacity: float | None = None,
        statement: str = "",
    ) -> None:
        """A rectangle from its top left."""
        from matplotlib.patches import Rectangle  # noqa: PLC0415

        drawn = Rectangle(
            (x, y),
            width,
            height,
            facecolor=fill,
            edgecolor=edge,
            linestyle=dash,
            linewidth=1,
            alpha=opacity,
            clip_on=False,
        )
        self.ink.add_patch(drawn)
        _key(drawn, statement)

    def panel(self, height: float, *, left: float = 40.0, right: float = 8.0) -> Axes:
        """Ordinary axes of a height across the page; room for what hangs below is ``y``'s."""
        axes = self.canvas.add_axes((0, 0, 1, 1))
        self._panels.append((axes, (left, self.y, WIDTH - left - right, height)))
        self.y += height
        return axes

    def finish(
        self,
        table: Table,
        *,
        statements: Iterable[str],
        sources: Iterable[tuple[str, str]],
        date: str,
    ) -> Figure:
        """Write sources and date under the picture and close it.

        ``sources`` are ids with what is printed of them.
        """
        named = dict(sources)
        self.y += GAP
        self.line((0, WIDTH), (self.y, self.y), colour=RULE, width=0.8)
        self.y += GAP
        self.paragraph(_sources(list(named.values())), colour=SECONDARY)
        self.paragraph(f"As of {date}.", colour=SECONDARY)
        height = self.y + 2
        self.canvas.set_size_inches(WIDTH / 72, height / 72)
        self.ink.set_ylim(height, 0)
        for axes, (left, top, wide, high) in self._panels:
            axes.set_position(
                (left / WIDTH, 1 - (top + high) / height, wide / WIDTH, high / height)
            )
        from consilium.report.figures.svg import inline  # noqa: PLC0415

        written = io.BytesIO()
        self.canvas.savefig(
            written, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
        described = "; ".join(
            ", ".join(f"{c}: {cell}" for c, cell in zip(table.columns, row, strict=True) if cell)
            for row in table.rows
        )
        return Figure(
            title=self.title,
            svg=inline(written.getvalue(), self.title, described),
            table=table,
            statements=tuple(dict.fromkeys(statements)),
            sources=tuple(named),
            date=date,
            canvas=self.canvas,
        )


_MOST_SOURCES = 3


def _sources(named: list[str]) -> str:
    if not named:
        return "No source is named."
    shown = "; ".join(dict.fromkeys(named[:_MOST_SOURCES]))
    more = len(named) - _MOST_SOURCES
    return f"Source: {shown}{f'; and {more} more' if more > 0 else ''}."


def _key(artist: Any, statement: str) -> None:
    if statement:
        artist.set_gid(f"statement:{statement}")


@lru_cache(maxsize=4096)
def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """How wide words are, in the font that figures are measured with."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415
    from matplotlib.textpath import text_to_path  # noqa: PLC0415

    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(words, font, ismath=False)[0])


def broken(words: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Words in rows that are at most ``width`` wide; a longer word stands alone."""
    width -= size * 0.8  # words set together are not exactly as wide as the words
    space = text_width("n n", size, bold=bold) - text_width("nn", size, bold=bold)
    rows: list[list[str]] = []
    used = width
    for word in words.split():
        needed = text_width(word, size, bold=bold)
        if rows and used + space + needed <= width:
            rows[-1].append(word)
            used += space + needed
        else:
            rows.append([word])
            used = needed
    return [" ".join(row) for row in rows]
