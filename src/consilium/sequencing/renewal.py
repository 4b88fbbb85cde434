"""What follows over successive lines, exactly: a renewal process in cells of time.

Entrants of a line are the entrants of the line before convolved with the density of moving
on. Entry is taken as spread evenly over its cell, so the error is of second order in the
cell; a trace that makes entrants wait for the next cycle is late by half a cell on each line. The
method is that of renewal equations (Cox, Renewal Theory, 1962); Snowsill, Med Decis Making
2019, used transforms for the same sums. There is no sampling error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from consilium.sequencing.errors import SequenceError
from consilium.sequencing.lines import LineOfTreatment

Array = NDArray[np.float64]

WEEK_MONTHS = 12 / (365.25 / 7)
"""One week in months."""

_FINE = 8


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a cohort is over time, from the start of the first line.

    ``months`` are the moments; ``on_line`` (lines x moments), ``supportive`` and ``dead``
    (moments) are shares that sum to 1 at each moment; ``reach`` is the share that ever starts
    each line, without end of follow-up.
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

    def restricted_mean_months(self, until: float) -> float:
        """Months alive within the first ``until`` months, on average."""
        return _area(self.months, self.alive, until)

    def months_on_line(self, until: float) -> Array:
        """Months spent on each line within the first ``until`` months, on average over all."""
        return np.array([_area(self.months, line, until) for line in self.on_line])

    def median_months(self) -> float:
        """The time by which half have died; NaN where that is not reached."""
        return crossing(self.months, self.alive, 0.5)


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
    months: Array = np.arange(cells) * np.float64(cell_months)
    on_line = np.zeros((len(lines), cells))
    supportive = np.zeros(cells)
    reach = np.zeros(len(lines))
    for multiplier, share in frailty:
        on, resting, reached = _one(
            [line.slowed(multiplier) for line in lines], supportive_months, cells, cell_months
        )
        on_line += share * on
        supportive += share * resting
        reach += share * reached
    dead = 1 - on_line.sum(axis=0) - supportive
    return Outlook(tuple(line.label for line in lines), months, on_line, supportive, dead, reach)


def _one(
    lines: Sequence[LineOfTreatment], supportive_months: float, cells: int, step: float
) -> tuple[Array, Array, Array]:
    grid: Array = np.arange(cells + 1) * np.float64(step)
    on = np.zeros((len(lines), cells))
    resting = np.zeros(cells)
    reach = np.ones(len(lines))
    entering: Array | None = None  # mass by cell of entry; None: everyone at the start
    for number, line in enumerate(lines):
        if number:
            reach[number] = reach[number - 1] * lines[number - 1].go_on
        staying = line.staying(grid[:cells])
        if entering is None:
            on[number] = staying
            leaving = np.diff(line.left(grid))
        else:
            area = _integral(line.staying, grid)
            on[number] = _spread(entering, np.diff(area) / step, cells)
            inner = _integral(line.left, grid)
            # mass that leaves k cells after a cell of entry, averaged over entry within it
            second = np.concatenate([[inner[1]], inner[2:] - 2 * inner[1:-1] + inner[:-2]]) / step
            leaving = _convolve(entering, second, cells)
        last = number == len(lines) - 1
        onward = 0.0 if last else line.go_on
        rest = 1 - line.die - onward
        if supportive_months > 0 and rest > 0:
            resting += _resting(rest * leaving, supportive_months, cells, step)
        entering = onward * leaving
    return on, resting, reach


def _resting(entering: Array, mean_months: float, cells: int, step: float) -> Array:
    rate = step / mean_months
    kernel = np.exp(-rate * np.arange(cells)) * (-np.expm1(-rate)) / rate
    return _spread(entering, kernel, cells)


def _spread(entering: Array, kernel: Array, cells: int) -> Array:
    """Present at the start of each cell: those who entered in the cells before it."""
    held = _convolve(entering, kernel, cells)
    return np.concatenate([[0.0], held[: cells - 1]])


def _convolve(one: Array, other: Array, cells: int) -> Array:
    size = next_fast_len(2 * cells, real=True)
    product = irfft(rfft(one[:cells], size) * rfft(other[:cells], size), size)
    return np.asarray(np.maximum(product[:cells], 0.0))


def _integral(function: Callable[[Array], Array], grid: Array) -> Array:
    """The integral from 0 to each moment of the grid, by Simpson's rule on finer cells."""
    step = grid[1] - grid[0]
    fine = np.arange((len(grid) - 1) * _FINE + 1) * (step / _FINE)
    values = function(fine)
    thirds = (values[:-2:2] + 4 * values[1:-1:2] + values[2::2]) * (step / _FINE / 3)
    whole = thirds.reshape(len(grid) - 1, _FINE // 2).sum(axis=1)
    return np.concatenate([[0.0], np.cumsum(whole)])


def _area(months: Array, share: Array, until: float) -> float:
    if until > months[-1] + 1e-9:
        raise SequenceError(
            f"{until:g} months lie beyond the horizon of {months[-1]:g}; ask for a longer one"
        )
    inside = months <= until
    times = np.append(months[inside], until)
    values = np.append(share[inside], np.interp(until, months, share))
    return float(np.trapezoid(values, times))
