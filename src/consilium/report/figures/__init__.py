"""Figures: pictures with real text, each with its numbers as a table, its sources and its date.

Nothing here imports the library that draws before something is drawn.
"""

from consilium.report.figures.figure import Figure, FigureError, Table

__all__ = ["Figure", "FigureError", "Table"]
