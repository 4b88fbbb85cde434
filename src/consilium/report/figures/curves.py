"""Survival curves: of patients, step by step, or drawn through what a trial published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from consilium.evidence.trials import Estimate, Result, Trial
from consilium.knowledge.edition import Edition
from consilium.planning.figures import arms_in_order
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
    WIDTH,
    Drawing,
    Series,
    drawing,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from consilium.statistics.arrays import FloatArray
    from consilium.statistics.published import PublishedCurve
    from consilium.statistics.survival import SurvivalCurve

_HEIGHT = 190.0
_LEFT, _RIGHT = 44.0, 14.0
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_MOST_TICKS = 6


class _Published(NamedTuple):
    """What was published of one arm's curve: (month, share, low, high) of points, and a median."""

    name: str
    points: tuple[tuple[float, float, float, float], ...]
    median: float | None
    median_ci: tuple[float, float] | None
    said: tuple[tuple[str, str], ...]

    @property
    def curve(self) -> PublishedCurve | None:
        """A curve through the points; None where they contradict each other."""
        from consilium.statistics.arrays import StatisticsError  # noqa: PLC0415  scipy is slow
        from consilium.statistics.published import curve_from_landmarks  # noqa: PLC0415

        try:
            return curve_from_landmarks(self.median, [(t, s) for t, s, _, _ in self.points])
        except StatisticsError:
            return None


def has_points(result: Result) -> bool:
    """Whether shares at stated months were published, so that a curve can be drawn."""
    return any(
        _number(estimate) is not None
        for mark in result.landmarks
        for estimate in mark.arms.values()
    )


def published_curves(trial: Trial, result: Result, edition: Edition, as_of: str) -> Figure:
    """Curves through the medians and landmarks of a result, with their class and its error.

    No curve is digitised and none goes beyond the last published point. Raises
    ``FigureError`` where no share at a month was published.
    """
    if not has_points(result):
        raise FigureError(f"no share at a stated month of `{result.id}` is in the stored sources")
    arms = [_published(trial, result, arm, edition) for arm in arms_in_order(result)]
    last = max(t for arm in arms for t in [p[0] for p in arm.points] + [arm.median or 0.0])
    with drawing(finding(trial, result, edition)) as page:
        axes = _axes(page, last)
        classes: dict[str, PublishedCurve] = {}
        for number, arm in enumerate(arms):
            series = SERIES[number % len(SERIES)]
            curve = arm.curve
            if curve is not None:
                classes[curve.curve_class] = curve
                _smooth(axes, curve, series, result.id)
            _points(axes, arm, series)
        _legend(page, [(arm.name, SERIES[n % len(SERIES)]) for n, arm in enumerate(arms)])
        said = [endpoint_name(result, edition), *who_assessed(result), *in_whom(result)]
        page.paragraph(
            f"{', '.join(said)}. Marks with lines: published figures with their 95 % intervals.",
            colour=SECONDARY,
        )
        page.paragraph(_honest(classes), colour=SECONDARY)
        page.paragraph("Numbers at risk over time are not in the stored sources.", colour=SECONDARY)
        rows = tuple((arm.name, *pair) for arm in arms for pair in arm.said)
        return page.finish(
            Table(("arm", "what was published", "figure (95 % CI)"), rows),
            statements=[result.id],
            sources=sources_of(
                [*result.because, *(c for mark in result.landmarks for c in mark.because)], edition
            ),
            date=as_of,
        )


def patient_curves(
    curves: Sequence[tuple[str, SurvivalCurve]], *, title: str, source: str, as_of: str
) -> Figure:
    """Kaplan-Meier curves with their 95 % intervals (log-log), and under them who was at risk,
    censored and had the event by then.

    ``source`` says what the patients are from. The axis ends where the last is followed to. The
    table is what Morris and others' readers preferred (BMJ Open 2019;9:e030215). Raises
    ``FigureError`` without a curve.
    """
    if not curves:
        raise FigureError("there is no curve to draw")
    longest = max(curve.followed_to for _, curve in curves)
    with drawing(title) as page:
        axes = _axes(page, longest)
        ticks = [float(t) for t in axes.get_xticks()]
        for number, (_, curve) in enumerate(curves):
            _steps(axes, curve, SERIES[number % len(SERIES)])
        named = [(name, SERIES[n % len(SERIES)]) for n, (name, _) in enumerate(curves)]
        _legend(page, named, marks=False)
        rows = []
        for name, curve in curves:
            rows += _risk_rows(page, name, curve, ticks, longest)
        page.paragraph(
            "Shade: 95 % interval at each time. Ticks: censored. Below: at risk, then censored and "
            "with the event up to that time.",
            colour=SECONDARY,
        )
        columns = ("arm", "month", "at risk", "censored", "events", "free of the event (95 % CI)")
        return page.finish(
            Table(columns, tuple(rows)), statements=(), sources=[("", source)], date=as_of
        )


def _published(trial: Trial, result: Result, arm: str, edition: Edition) -> _Published:
    points: list[tuple[float, float, float, float]] = []
    said: list[tuple[str, str]] = []
    for mark in sorted(result.landmarks, key=lambda mark: mark.month):
        estimate = mark.arms.get(arm)
        share = _number(estimate)
        if estimate is None or share is None:
            continue
        low, high = _interval(estimate.ci95) or (share * 100, share * 100)
        points.append((mark.month, share, low / 100, high / 100))
        said.append((f"at {mark.month:g} months", f"{100 * share:g} %{_ci(estimate.ci95)}"))
    whole = result.arms.get(arm)
    median = whole.median_months if whole else None
    known = float(median) if isinstance(median, int | float) else None
    interval = _interval(whole.ci95) if whole and known is not None else None
    if whole and known is not None:
        said.append(("median", f"{known:g} months{_ci(whole.ci95)}"))
    return _Published(arm_name(trial, arm, edition), tuple(points), known, interval, tuple(said))


def _number(estimate: Estimate | None) -> float | None:
    percent = estimate.percent if estimate is not None else None
    return float(percent) / 100 if isinstance(percent, int | float) else None


def _interval(limits: tuple[object, object] | None) -> tuple[float, float] | None:
    if limits is None:
        return None
    low, high = limits
    if isinstance(low, int | float) and isinstance(high, int | float):
        return float(low), float(high)
    return None


def _ci(limits: tuple[object, object] | None) -> str:
    found = _interval(limits)
    return f" ({found[0]:g} to {found[1]:g})" if found else ""


def _honest(classes: dict[str, PublishedCurve]) -> str:
    if not classes:
        return "No curve is drawn: the published points do not lie on one that falls."
    said = [
        f"class {name} ({curve.error.basis}): such curves were off by up to "
        f"{100 * curve.error.largest:.0f} points in half of the trials whose curves are known, by "
        f"up to {100 * curve.error.largest_p90:.0f} in nine of ten"
        for name, curve in sorted(classes.items())
    ]
    return f"No curve was digitised; lines are drawn through published points: {'; '.join(said)}."


def _axes(page: Drawing, last: float) -> Axes:
    axes = page.panel(_HEIGHT, left=_LEFT, right=_RIGHT)
    step = next((s for s in _STEPS if last / s <= _MOST_TICKS), _STEPS[-1])
    axes.set_xlim(0, last * 1.02)
    axes.set_xticks(np.arange(0, last * 1.02, step))
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    axes.axhline(0.5, color=SECONDARY, linewidth=0.8, linestyle=(0, (1, 3)))
    page.y += 18
    page.text(WIDTH / 2, page.y + 6, "months", align="center")
    page.y += 18
    return axes


def _smooth(axes: Axes, curve: PublishedCurve, series: Series, statement: str) -> None:
    moments = np.linspace(0, curve.known_to, 160)
    (drawn,) = axes.plot(
        moments, curve.survival_at(moments), color=series.colour, linestyle=series.dash
    )
    drawn.set_gid(f"statement:{statement}")


def _points(axes: Axes, arm: _Published, series: Series) -> None:
    def mark(x: float, y: float) -> None:
        axes.plot(
            [x],
            [y],
            linestyle="none",
            marker=series.marker,
            markersize=7,
            markeredgewidth=0,
            color=series.colour,
        )

    for month, share, low, high in arm.points:
        axes.plot([month, month], [low, high], color=series.colour, linewidth=1.2)
        mark(month, share)
    if arm.median is not None:
        low, high = arm.median_ci or (arm.median, arm.median)
        axes.plot([low, high], [0.5, 0.5], color=series.colour, linewidth=1.2)
        mark(arm.median, 0.5)


def _steps(axes: Axes, curve: SurvivalCurve, series: Series) -> None:
    time = np.concatenate(([0.0], curve.time))
    lower, upper = curve.limits()
    axes.step(
        time,
        np.concatenate(([1.0], curve.survival)),
        where="post",
        color=series.colour,
        linestyle=series.dash,
    )
    axes.fill_between(
        time,
        np.concatenate(([1.0], lower)),
        np.concatenate(([1.0], upper)),
        step="post",
        color=series.colour,
        alpha=0.15,
        linewidth=0,
    )
    censored = curve.n_censor > 0
    axes.plot(
        curve.time[censored],
        curve.survival[censored],
        linestyle="none",
        marker="|",
        markersize=7,
        color=series.colour,
    )


def _legend(page: Drawing, named: Sequence[tuple[str, Series]], *, marks: bool = True) -> None:
    for name, series in named:
        middle = page.y + SMALL * 0.7
        page.line((4, 30), (middle, middle), colour=series.colour, dash=series.dash)
        if marks:
            page.mark(17, middle, series, size=7)
        page.text(38, middle, name)
        page.y += 18
    page.y += GAP / 2


def _risk_rows(
    page: Drawing,
    name: str,
    curve: SurvivalCurve,
    ticks: Sequence[float],
    longest: float,
) -> list[tuple[str, ...]]:
    """Three rows of numbers under the axis, and the same for the table."""
    page.text(0, page.y + SMALL * 0.7, name, bold=True)
    page.y += 16
    lower, upper = curve.limits()
    width = WIDTH - _LEFT - _RIGHT
    cells = []
    for tick in ticks:
        before = curve.time <= tick
        shares = (curve.survival_at([tick])[0], *_held(curve, lower, upper, tick))
        cells.append(
            (
                f"{curve.n_risk_at([tick])[0]:g}",
                f"{curve.n_censor[before].sum():g}",
                f"{curve.n_event[before].sum():g}",
                _share(*shares),
            )
        )
    for label, place in (("risk", 0), ("cens.", 1), ("event", 2)):
        middle = page.y + SMALL * 0.6
        page.text(0, middle, label, colour=SECONDARY)
        for tick, cell in zip(ticks, cells, strict=True):
            x = _LEFT + width * tick / (longest * 1.02)
            page.text(x, middle, cell[place], align="center")
        page.y += 15
    page.y += GAP / 2
    return [(name, f"{tick:g}", *cell) for tick, cell in zip(ticks, cells, strict=True)]


def _held(
    curve: SurvivalCurve, lower: FloatArray, upper: FloatArray, tick: float
) -> tuple[float, float]:
    """The interval that holds at a time."""
    place = int(np.searchsorted(curve.time, tick, side="right")) - 1
    return (1.0, 1.0) if place < 0 else (float(lower[place]), float(upper[place]))


def _share(share: float, low: float, high: float) -> str:
    if np.isnan(share):
        return "not followed"
    between = "" if np.isnan(low) else f" ({100 * low:.0f} to {100 * high:.0f})"
    return f"{100 * share:.0f} %{between}"
