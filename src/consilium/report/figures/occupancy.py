"""Where a cohort is over time: on each line, resting, or dead; and what moves a difference."""

from __future__ import annotations

import numpy as np

from consilium.knowledge.edition import Edition
from consilium.report.figures.figure import Figure, FigureError, Table
from consilium.report.figures.naming import sources_of
from consilium.report.figures.style import (
    GAP,
    INK,
    RULE,
    SECONDARY,
    SERIES,
    SMALL,
    WIDTH,
    drawing,
)
from consilium.sequencing.scenario import Scenario, Strategy

_SHOWN_MONTHS = 60
_STEP = 6
_HATCHES = ("", "//", "..", "xx", "\\\\")


def occupancy_figure(made: Scenario, strategy: Strategy, edition: Edition) -> Figure:
    """The shares on each line of one sequence over time, stacked from below.

    Raises ``FigureError`` where survival is withheld, since the top of the stack is survival.
    """
    if made.withheld:
        raise FigureError(made.withheld)
    outlook = strategy.outlook
    inside = outlook.months <= _SHOWN_MONTHS
    shares = [*outlook.on_line, outlook.supportive.sum(axis=0)]
    labels = [
        *(f"line {n}: {label}" for n, label in enumerate(outlook.labels, start=1)),
        "after the last treatment",
    ]
    title = (
        f"{strategy.name}: {strategy.reach_conjugate.middle:.0%} ever have a conjugate, in a model "
        "of stated assumptions"
    )
    with drawing(title) as page:
        axes = page.panel(170, left=46)
        below = np.zeros(int(inside.sum()))
        for number, share in enumerate(shares):
            series = SERIES[number % len(SERIES)]
            top = below + share[inside]
            axes.fill_between(
                outlook.months[inside],
                below,
                top,
                facecolor=series.colour,
                alpha=0.35,
                linewidth=0,
                hatch=_HATCHES[number % len(_HATCHES)],
                edgecolor=series.colour,
            )
            axes.plot(outlook.months[inside], top, color=series.colour, linestyle=series.dash)
            below = top
        axes.set_xlim(0, _SHOWN_MONTHS)
        axes.set_ylim(0, 1)
        axes.set_xticks(range(0, _SHOWN_MONTHS + 1, 12))
        axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        page.y += 18
        page.text(WIDTH / 2, page.y + 6, "months from the start of the first line", align="center")
        page.y += 18
        for number, label in enumerate(labels):
            series = SERIES[number % len(SERIES)]
            page.line((4, 28), (page.y + 8, page.y + 8), colour=series.colour, dash=series.dash)
            page.text(36, page.y + 8, label, size=SMALL)
            page.y += 17
        page.paragraph(made.caveat, colour=SECONDARY)
        months = [m for m in range(0, _SHOWN_MONTHS + 1, _STEP)]
        rows = tuple(
            (f"{m}", *(f"{np.interp(m, outlook.months, share):.1%}" for share in shares))
            for m in months
        )
        return page.finish(
            Table(("month", *labels), rows),
            statements=made.uses,
            sources=_sources(made, edition),
            date=str(edition.info.date),
        )


def tornado_figure(made: Scenario, edition: Edition) -> Figure:
    """How far the difference of the first two sequences moves with each parameter.

    Raises ``FigureError`` with fewer than two sequences.
    """
    if made.difference is None or not made.swings:
        raise FigureError("a tornado needs two sequences that differ")
    shown = made.swings[:8]
    ends = [end for swing in shown for end in (swing.low, swing.high)] + [0.0]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return 12 + (WIDTH - 24) * (value - low) / span

    most = made.numbers[shown[0].parameter].parameter.says
    title = f"What the difference in {made.measure} rests on most: {most}"
    with drawing(title) as page:
        middle = place(made.difference.middle)
        rows = []
        for swing in shown:
            number = made.numbers[swing.parameter]
            a, b = number.interval
            mark = "assumption" if number.assumed else "from figures"
            page.paragraph(f"{number.parameter.says} ({mark})", size=SMALL)
            left, right = sorted((place(swing.low), place(swing.high)))
            page.box(left, page.y + 2, max(right - left, 1), 11, fill=SERIES[0].colour)
            page.line((middle, middle), (page.y - 1, page.y + 16), colour=INK, width=1.5)
            page.y += 17 + GAP / 2
            rows.append(
                (
                    number.parameter.says,
                    f"{a:.2f} to {b:.2f}",
                    f"{swing.low:.1f} to {swing.high:.1f}",
                    f"{swing.share_of_doubt:.0%}",
                )
            )
        page.line((12, WIDTH - 12), (page.y, page.y), colour=RULE, width=0.8)
        page.text(12, page.y + 9, f"{low:.1f}")
        page.text(WIDTH - 12, page.y + 9, f"{high:.1f}", align="right")
        page.text(middle, page.y + 9, f"{made.difference.middle:.1f}", align="center", bold=True)
        page.y += 22
        page.paragraph(f"Difference in {made.measure}. {made.caveat}", colour=SECONDARY, size=SMALL)
        return page.finish(
            Table(
                ("parameter", "95 % range", "difference at its ends, months", "share of the doubt"),
                tuple(rows),
            ),
            statements=made.uses,
            sources=_sources(made, edition),
            date=str(edition.info.date),
        )


def _sources(made: Scenario, edition: Edition) -> list[tuple[str, str]]:
    cited = [c for use in made.uses if use in edition.results for c in edition.results[use].because]
    return sources_of(cited, edition)
