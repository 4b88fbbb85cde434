"""What follows over successive lines, exactly: a renewal process in cells of time.

Entrants of a line are the entrants of the line before convolved with the density of moving
on. Entry is taken as spread evenly over its cell, so the error is of second order in the
cell; a trace that makes entrants wait for the next cycle is late by half a cell on each line. The
method is that of renewal equations (Cox, Renewal Theory, 1962); Snowsill, Med Decis Making
2019, used transforms for the same sums. There is no sampling error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from consilium.sequencing.errors import SequenceError
from consilium.sequencing.lines import LineOfTreatment

Array = NDArray[np.float64]
Transform = NDArray[np.complex128]

WEEK_MONTHS = 12 / (365.25 / 7)
"""One week in months."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a cohort is over time, from the start of the first line.

    ``months`` are the moments; ``on_line`` and ``supportive`` (lines x moments; those who left a
    line for no further one) and ``dead`` (moments) are shares that sum to 1 at each moment;
    ``reach`` is the share that ever starts each line, without end of follow-up.
    """

    labels: tuple[str, ...]
    months: Array
    on_line: Array
    supportive: Array
    dead: Array
    reach: Array

    @property
    def alive(self) -> Array:
        """The share alive at each moment."""
        return np.asarray(1 - self.dead)

    def without_event(self, lines: int) -> Array:
        """The share alive who have not left so many lines for a further one.

        With 1: not yet a second treatment, dead or alive; with 2: not yet a third.
        """
        free = self.on_line[:lines].sum(axis=0) + self.supportive[:lines].sum(axis=0)
        return np.asarray(free)

    def without_progression(self, lines: int) -> Array:
        """The share alive on one of the first lines, or resting after an earlier one than the last.

        With 2 it is what trials call progression-free survival on the next treatment, as far as
        leaving a line is progression.
        """
        free = self.on_line[:lines].sum(axis=0) + self.supportive[: lines - 1].sum(axis=0)
        return np.asarray(free)

    def restricted_mean_months(self, until: float) -> float:
        """Months alive within the first ``until`` months, on average."""
        return _area(self.months, self.alive, until)

    def months_on_line(self, until: float) -> Array:
        """Months spent on each line within the first ``until`` months, on average over all."""
        return np.array([_area(self.months, line, until) for line in self.on_line])

    def median_months(self) -> float:
        """The time by which half have died; NaN where that is not reached."""
        return crossing(self.months, self.alive, 0.5)


def mixture(parts: Sequence[Outlook], shares: Sequence[float]) -> Outlook:
    """The outlook of a cohort in which these shares have these courses, as many lines each."""
    weights = np.asarray(shares, dtype=np.float64)
    first = parts[0]
    on_line, supportive, dead, reach = (
        np.tensordot(weights, np.stack([getattr(part, name) for part in parts]), axes=1)
        for name in ("on_line", "supportive", "dead", "reach")
    )
    labels = zip(*(part.labels for part in parts), strict=True)
    return Outlook(
        tuple(" or ".join(dict.fromkeys(line)) for line in labels),
        first.months,
        on_line,
        supportive,
        dead,
        reach,
    )


def crossing(months: Array, share: Array, level: float) -> float:
    """When a falling curve first meets a level, straight between moments; NaN if never."""
    below = np.flatnonzero(share <= level)
    if not len(below) or below[0] == 0:
        return float("nan") if not len(below) else float(months[0])
    at = below[0]
    high, low = share[at - 1], share[at]
    return float(months[at - 1] + (high - level) / (high - low) * (months[at] - months[at - 1]))


def outlook(
    lines: Sequence[LineOfTreatment],
    *,
    supportive_months: float,
    horizon_months: float,
    cell_months: float = WEEK_MONTHS,
    frailty: Sequence[tuple[float, float]] = ((1.0, 1.0),),
) -> Outlook:
    """The outlook of a sequence of lines.

    ``supportive_months`` is the mean survival of those who leave a line for no further one (0:
    they die at that moment). ``frailty`` are pairs of a multiplier of every hazard of leaving
    and the share of patients who have it; the cohort is their mixture. Raises
    ``SequenceError`` where shares do not sum to one or nothing is followed.
    """
    if not lines or horizon_months <= cell_months or cell_months <= 0:
        raise SequenceError("a sequence needs a line and a horizon longer than one cell")
    weights = np.array([share for _, share in frailty])
    if abs(weights.sum() - 1) > 1e-9 or np.any(weights < 0):
        raise SequenceError(f"the shares of frailty sum to {weights.sum():g} and not to 1")
    cells = int(np.ceil(horizon_months / cell_months)) + 1
    slowed = [[line.slowed(multiplier) for line in lines] for multiplier, _ in frailty]
    many = occupancy(
        scale_months=np.array([[line.scale_months for line in row] for row in slowed]),
        shape=np.array([[line.shape for line in row] for row in slowed]),
        go_on=np.array([[line.go_on for line in row] for row in slowed]),
        die=np.array([[line.die for line in row] for row in slowed]),
        supportive_months=np.full(len(slowed), supportive_months),
        cells=cells,
        cell_months=cell_months,
    )
    on_line, supportive, reach = (np.tensordot(weights, part, axes=1) for part in many)
    return Outlook(
        tuple(line.label for line in lines),
        np.arange(cells) * np.float64(cell_months),
        on_line,
        supportive,
        1 - on_line.sum(axis=0) - supportive.sum(axis=0),
        reach,
    )


def occupancy(
    *,
    scale_months: Array,
    shape: Array,
    go_on: Array,
    die: Array,
    supportive_months: Array,
    cells: int,
    cell_months: float,
) -> tuple[Array, Array, Array]:
    """Many cohorts at once: the shares on each line, resting after each line, and the reach.

    The first four arguments are (cohorts x lines), ``supportive_months`` is (cohorts). Gives
    two arrays (cohorts x lines x cells) and one (cohorts x lines). The last line has no next
    one, whatever its ``go_on``: those who would go on rest.
    """
    cohorts, lines = scale_months.shape
    on = np.zeros((cohorts, lines, cells))
    resting = np.zeros((cohorts, lines, cells))
    reach = np.ones((cohorts, lines))
    rest_kernel = _rest_kernel(supportive_months, cells, cell_months)
    entering: Transform | None = None  # the transform of the mass by cell of entry; None: all at 0
    for line in range(lines):
        stay, area = _staying(scale_months[:, line], shape[:, line], cells, cell_months)
        if entering is None:
            on[:, line] = stay[:, :cells]
            leaving = -np.diff(stay, axis=1)
        else:
            reach[:, line] = reach[:, line - 1] * go_on[:, line - 1]
            on[:, line] = _later(_product(entering, np.diff(area, axis=1) / cell_months, cells))
            inner = np.arange(cells + 1) * np.float64(cell_months) - area
            second = np.diff(inner, n=2, axis=1, prepend=0.0) / cell_months
            second[:, 0] = inner[:, 1] / cell_months
            leaving = _product(entering, second[:, :cells], cells)
        last = line == lines - 1
        onward = np.zeros(cohorts) if last else go_on[:, line]
        rest = np.maximum(1 - die[:, line] - onward, 0.0)
        gone = _transform(leaving, cells)
        if np.any(rest * supportive_months > 0):
            resting[:, line] = _later(_product(gone * rest[:, None], rest_kernel, cells))
        entering = gone * onward[:, None]
    return on, resting, reach


def _staying(scale: Array, shape: Array, cells: int, step: float) -> tuple[Array, Array]:
    """The share still on a line at each boundary of a cell, and its integral by Simpson's rule."""
    fine = np.arange(2 * cells + 1) * np.float64(step / 2)
    with np.errstate(divide="ignore"):
        power = shape[:, None] * (np.log(fine)[None, :] - np.log(scale)[:, None])
    stay = np.exp(-np.exp(power))
    pieces = (stay[:, :-2:2] + 4 * stay[:, 1:-1:2] + stay[:, 2::2]) * (step / 6)
    area = np.concatenate([np.zeros((len(scale), 1)), np.cumsum(pieces, axis=1)], axis=1)
    return stay[:, ::2], area


def _rest_kernel(mean_months: Array, cells: int, step: float) -> Array:
    with np.errstate(divide="ignore"):
        rate = np.where(mean_months > 0, step / mean_months, np.inf)[:, None]
    within = np.where(np.isfinite(rate), -np.expm1(-rate) / rate, 0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        decay = np.exp(-np.minimum(rate * np.arange(cells), 700.0))
    return np.asarray(within * np.nan_to_num(decay))


def _transform(mass: Array, cells: int) -> Transform:
    size = next_fast_len(2 * cells, real=True)
    return np.asarray(rfft(mass[:, :cells], size, axis=1), dtype=np.complex128)


def _product(one: Transform, other: Array, cells: int) -> Array:
    size = next_fast_len(2 * cells, real=True)
    product = irfft(one * _transform(other, cells), size, axis=1)
    return np.asarray(np.maximum(product[:, :cells], 0.0))


def _later(held: Array) -> Array:
    """Present at the start of a cell: those who entered in the cells before it."""
    return np.concatenate([np.zeros((len(held), 1)), held[:, :-1]], axis=1)


def _area(months: Array, share: Array, until: float) -> float:
    if until > months[-1] + 1e-9:
        raise SequenceError(
            f"{until:g} months lie beyond the horizon of {months[-1]:g}; ask for a longer one"
        )
    inside = months <= until
    times = np.append(months[inside], until)
    values = np.append(share[inside], np.interp(until, months, share))
    return float(np.trapezoid(values, times))
