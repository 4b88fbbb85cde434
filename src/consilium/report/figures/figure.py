"""A figure as a value: what it finds, the picture, and the same numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from consilium.errors import ConsiliumError

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


class FigureError(ConsiliumError):
    """A figure that cannot be drawn, or a file that none can be written to."""


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a figure, as printed in it: one row for each mark or group of marks."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise FigureError(f"a row of {len(row)} cells under {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that can stand alone, and what it rests on.

    ``title`` states the finding. ``svg`` is an ``<svg>`` element for a page: real
    text, presentation attributes only, ink in ``currentColor``. ``statements``
    are the ids of what is drawn, ``sources`` of the documents, ``date`` says as
    of when.
    """

    title: str
    svg: str
    table: Table
    statements: tuple[str, ...]
    sources: tuple[str, ...]
    date: str
    canvas: Canvas = field(repr=False, compare=False)

    def document(self) -> str:
        """The picture as a file of its own, dark ink on a white ground."""
        from consilium.report.figures.svg import standing_alone  # noqa: PLC0415

        return standing_alone(self.svg)

    def png(self, scale: float = 3) -> bytes:
        """The picture as pixels, ``scale`` of them for each unit of the SVG."""
        from consilium.report.figures.style import pixels  # noqa: PLC0415

        return pixels(self.canvas, scale)

    def save(self, path: Path) -> None:
        """Write an SVG or a PNG file, by the ending of its name.

        Raises ``FigureError`` for another ending and where the file cannot be written.
        """
        match path.suffix.lower():
            case ".svg":
                data = self.document().encode()
            case ".png":
                data = self.png()
            case other:
                raise FigureError(
                    f"`{path}`: a figure is saved as .svg or .png, not `{other or 'no ending'}`"
                )
        try:
            path.write_bytes(data)
        except OSError as problem:
            raise FigureError(f"cannot write `{path}`: {problem.strerror}") from None
