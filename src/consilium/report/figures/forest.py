"""Ratios of results with their intervals, side by side and never pooled; medians beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain

from consilium.evidence.trials import Contrast, Result, Trial
from consilium.knowledge.edition import Edition
from consilium.planning.figures import compared_with, say_arms, say_ratio
from consilium.report.figures.figure import Figure, FigureError, Table
from consilium.report.figures.naming import (
    arm_name,
    endpoint_name,
    finding,
    in_whom,
    sources_of,
    who_assessed,
)
from consilium.report.figures.style import (
    GAP,
    SECONDARY,
    SERIES,
    SMALL,
    TEXT,
    WIDTH,
    Drawing,
    drawing,
)

_TICKS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
_COLUMNS = ("result", "by arm", "hazard ratio (95 % CI)", "against", "maturity")
_LEFT, _RIGHT = 12.0, WIDTH - 12.0


def can_stand_in_a_forest(result: Result) -> bool:
    """Whether a result holds a ratio that a forest plot can place."""
    return _placed(result.contrast) is not None


def forest(
    results: Sequence[tuple[Trial, Result]], edition: Edition, as_of: str, title: str = ""
) -> Figure:
    """A forest plot of hazard ratios on a log axis.

    The results stand one under another as their trials measured them; nothing
    is pooled. The title says the first of them unless one is given. Raises
    ``FigureError`` where none holds a hazard ratio.
    """
    shown = [(t, r, c) for t, r in results if (c := _placed(r.contrast)) is not None]
    if not shown:
        raise FigureError("no result with a hazard ratio is in the stored sources")
    several = len({trial.id for trial, _, _ in shown}) > 1
    trial, first, _ = shown[0]
    title = title or finding(trial, first, edition)
    labels = _told_apart(
        [_label(trial, result, edition, several=several) for trial, result, _ in shown],
        [result.maturity for _, result, _ in shown],
    )
    place = _Scale([*chain.from_iterable(_ends(c) for _, _, c in shown)])
    rows = []
    with drawing(title) as page:
        for label, (_, result, contrast) in zip(labels, shown, strict=True):
            figures, said = say_arms(result), say_ratio(contrast)
            page.paragraph(label, size=TEXT, bold=True)
            page.text(0, page.y + SMALL * 0.65, figures, colour=SECONDARY)
            page.text(WIDTH, page.y + SMALL * 0.65, said, align="right")
            page.y += SMALL * 1.3 + 9
            _interval(page, contrast, place, result.id)
            page.y += 9 + GAP
            rows.append(
                (label, figures, said, compared_with(result, edition.regimens), result.maturity)
            )
        _axis(page, place, shown, edition)
        return page.finish(
            Table(
                ("result", "by arm", "hazard ratio (95 % CI)", "against", "maturity"), tuple(rows)
            ),
            statements=[result.id for _, result, _ in shown],
            sources=sources_of([c for _, r, _ in shown for c in r.because], edition),
            date=as_of,
        )


def _placed(contrast: Contrast | None) -> Contrast | None:
    """The contrast, when it is a hazard ratio with a number."""
    if contrast is None or contrast.measure != "hazard_ratio":
        return None
    return contrast if isinstance(contrast.value, int | float) else None


def _numbers(values: Iterable[object]) -> list[float]:
    return [float(v) for v in values if isinstance(v, int | float)]


def _ends(contrast: Contrast) -> list[float]:
    return _numbers((contrast.value, *(contrast.ci95 or ())))


def _label(trial: Trial, result: Result, edition: Edition, *, several: bool) -> str:
    parts = [trial.names[0]] if several else []
    parts.append(endpoint_name(result, edition))
    return ", ".join((*parts, *who_assessed(result), *in_whom(result)))


def _told_apart(labels: list[str], maturities: list[str]) -> list[str]:
    """Two results that would be called alike carry how mature each is."""
    return [
        f"{label} ({maturity})" if labels.count(label) > 1 and maturity != "not-stated" else label
        for label, maturity in zip(labels, maturities, strict=True)
    ]


class _Scale:
    """Places ratios on the page, on a log scale that holds them all and one."""

    def __init__(self, values: list[float]) -> None:
        low, high = min(0.8, *values), max(1.25, *values)
        self.ticks = [
            tick
            for index, tick in enumerate(_TICKS)
            if _TICKS[min(index + 1, len(_TICKS) - 1)] > low and _TICKS[max(index - 1, 0)] < high
        ]
        self._low = math.log(min(low, self.ticks[0]))
        self._high = math.log(max(high, self.ticks[-1]))

    def __call__(self, value: float) -> float:
        share = (math.log(value) - self._low) / (self._high - self._low)
        return _LEFT + share * (_RIGHT - _LEFT)


def _interval(page: Drawing, contrast: Contrast, place: _Scale, statement: str) -> None:
    series, one = SERIES[0], place(1)
    page.line((one, one), (page.y - 9, page.y + 9), colour=SECONDARY, width=1, dash=(0, (3, 2)))
    if contrast.ci95 is not None:
        low, high = contrast.ci95
        start = place(low) if isinstance(low, int | float) else _LEFT
        end = place(high) if isinstance(high, int | float) else _RIGHT
        page.line((start, end), (page.y, page.y), colour=series.colour, statement=statement)
        for limit, x in ((low, start), (high, end)):
            if isinstance(limit, int | float):
                page.line((x, x), (page.y - 4, page.y + 4), colour=series.colour)
            else:
                page.arrow(x, page.y, series.colour, leftwards=x == _LEFT)
    page.mark(place(_numbers((contrast.value,))[0]), page.y, series, size=9, statement=statement)


def _axis(
    page: Drawing, place: _Scale, shown: Sequence[tuple[Trial, Result, Contrast]], edition: Edition
) -> None:
    page.line((_LEFT, _RIGHT), (page.y, page.y), colour=SECONDARY, width=0.8)
    page.y += 4
    for tick in place.ticks:
        x = place(tick)
        page.line((x, x), (page.y - 4, page.y), colour=SECONDARY, width=0.8)
        page.text(x, page.y + SMALL * 0.8, f"{tick:g}", align="center", colour=SECONDARY)
    page.y += SMALL * 1.7
    page.paragraph("Hazard ratio, log scale; line: 95 % interval", colour=SECONDARY)
    pairs = {
        (arm_name(t, c.experimental, edition), arm_name(t, c.comparator, edition))
        for t, _, c in shown
    }
    first, other = pairs.pop() if len(pairs) == 1 else ("the experimental arm", "the comparator")
    page.paragraph(f"Below 1 favours {first}, above 1 {other}.")
    if len({trial.id for trial, _, _ in shown}) > 1:
        page.paragraph(
            "Each as its own report gives it: not compared with one another, nothing pooled here."
        )
