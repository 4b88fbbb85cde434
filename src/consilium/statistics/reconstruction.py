"""Patients from a published curve: times and events that redraw it.

After Guyot and others (BMC Med Res Methodol 2012;12:9), with two differences: the curve is
followed at its height, so that rounding never adds up, and the risk table and the number of
events bind. Patients are not recovered, only a set that gives the same curve; they carry no
covariates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from consilium.statistics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    StatisticsError,
    numbers,
)


class UnlikelyCurve(StatisticsError):
    """Points, risk table and events that cannot belong to one curve."""


@dataclass(frozen=True, slots=True)
class Reconstructed:
    """Patients that redraw a curve, in order of time.

    ``max_distance`` is the largest gap between their Kaplan-Meier curve and the points.
    """

    time: FloatArray
    event_observed: BoolArray
    max_distance: float

    @property
    def n(self) -> int:
        """Number of patients."""
        return int(self.time.size)

    @property
    def n_event(self) -> int:
        """Number of events."""
        return int(self.event_observed.sum())


def reconstruct(
    time: ArrayLike,
    survival: ArrayLike,
    risk_time: ArrayLike,
    n_risk: ArrayLike,
    *,
    events: int | None = None,
    tolerance: float = 0.02,
) -> Reconstructed:
    """Patients whose Kaplan-Meier curve runs through the points of one arm.

    ``time`` and ``survival`` (0 to 1) are points read off the curve, from left to right, each
    after its drop; ``risk_time`` and ``n_risk`` the table below the figure, which starts at 0;
    ``events`` the published number of events, where there is one. Without a table give
    ``risk_time=[0]`` and the number of patients.

    The table is hit exactly and so is ``events``. Events lie at the points, those censored
    evenly between the times of the table. A point may rise above an earlier one, or the table
    stray from the curve, by ``tolerance``, which is what reading off costs; beyond it
    ``UnlikelyCurve`` says what does not fit.
    """
    moments, heights = _points(time, survival, tolerance)
    starts, counts = _table(risk_time, n_risk, moments)
    _table_fits(moments, heights, starts, counts, tolerance)
    if events is not None and not 0 <= events <= counts[0]:
        raise UnlikelyCurve(f"{events} events of {counts[0]} patients cannot be")
    arm = _Arm(moments, _falling(heights), starts, counts)
    arm.follow(events)
    result = arm.patients()
    if events is not None and result.n_event != events:
        raise UnlikelyCurve(
            f"the curve and the risk table hold {result.n_event} events where {events} were "
            "published; look for a curve of another endpoint or cut-off"
        )
    if arm.beyond_a_patient() > 3 * tolerance:
        raise UnlikelyCurve(
            f"patients that fit the risk table"
            f"{'' if events is None else f' and {events} events'} miss the curve by "
            f"{result.max_distance:.3f}; look for points or a table of another arm"
        )
    return result


def _points(
    time: ArrayLike, survival: ArrayLike, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    moments = numbers(time, "time")
    heights = numbers(survival, "survival", size=moments.size)
    if not moments.size:
        raise UnlikelyCurve("no points of the curve were given")
    if moments.min() < 0:
        raise UnlikelyCurve(f"a point lies at time {moments.min():g}, before the start")
    back = np.flatnonzero(np.diff(moments) < 0)
    if back.size:
        row = int(back[0])
        raise UnlikelyCurve(
            f"point {row + 1} at time {moments[row + 1]:g} comes after point {row} at "
            f"{moments[row]:g}; give the points from left to right"
        )
    if heights.max() > 1 + tolerance or heights.min() < -tolerance:
        hint = " (in per cent? divide by 100)" if heights.max() > 1.5 else ""
        row = int(np.argmax(np.abs(heights - 0.5)))
        raise UnlikelyCurve(
            f"point {row} has survival {heights[row]:g}, which is not between 0 and 1{hint}"
        )
    lowest = np.minimum.accumulate(heights)
    rise = heights - lowest
    if rise.max() > tolerance:
        row = int(rise.argmax())
        before = int(np.argmin(heights[:row]))
        raise UnlikelyCurve(
            f"survival rises from {heights[before]:g} at time {moments[before]:g} to "
            f"{heights[row]:g} at time {moments[row]:g}; a survival curve only falls"
        )
    heights = np.clip(heights, 0, 1)
    # Of several points at one time the last, lowest one is after the drop.
    last = np.append(moments[1:] != moments[:-1], True)
    moments, heights = moments[last], heights[last]
    if moments[0] > 0:
        moments, heights = np.append(0.0, moments), np.append(1.0, heights)
    return moments, heights


def _table(
    risk_time: ArrayLike, n_risk: ArrayLike, moments: FloatArray
) -> tuple[FloatArray, IntArray]:
    starts = numbers(risk_time, "risk_time")
    given = numbers(n_risk, "n_risk", size=starts.size)
    if not starts.size or starts[0] != 0:
        raise UnlikelyCurve("the risk table must start at time 0 with the number of patients")
    if (np.diff(starts) <= 0).any():
        row = int(np.flatnonzero(np.diff(starts) <= 0)[0]) + 1
        raise UnlikelyCurve(
            f"the risk table's time {starts[row]:g} comes after {starts[row - 1]:g}"
        )
    counts = np.rint(given).astype(np.int64)
    if (counts != given).any() or counts.min() < 0 or counts[0] < 1:
        raise UnlikelyCurve("numbers at risk are whole, not negative, and start above zero")
    rise = np.flatnonzero(np.diff(counts) > 0)
    if rise.size:
        row = int(rise[0])
        raise UnlikelyCurve(
            f"numbers at risk rise from {counts[row]} at {starts[row]:g} to {counts[row + 1]} at "
            f"{starts[row + 1]:g}"
        )
    # What the table says after the last point, or of nobody, cannot be drawn.
    kept = (starts <= moments[-1]) & (counts > 0)
    kept[0] = True
    return starts[kept], counts[kept]


def _table_fits(
    moments: FloatArray,
    heights: FloatArray,
    starts: FloatArray,
    counts: IntArray,
    tolerance: float,
) -> None:
    at = heights[np.searchsorted(moments, starts, side="left").clip(1) - 1]
    for i in range(starts.size - 1):
        high, low = at[i] - tolerance, at[i + 1] + tolerance
        needed = counts[i] * (1 - low / high) if high > low else 0.0
        left = int(counts[i] - counts[i + 1])
        if needed > left + 1:
            raise UnlikelyCurve(
                f"the curve falls from {at[i]:.3f} at {starts[i]:g} to {at[i + 1]:.3f} at "
                f"{starts[i + 1]:g}, which takes at least {needed:.0f} events, but only {left} "
                f"patients leave the risk table ({counts[i]} to {counts[i + 1]})"
            )
    share = counts / counts[0]
    high = np.flatnonzero(share > at + tolerance + 1 / counts[0])
    if high.size:
        row = int(high[0])
        raise UnlikelyCurve(
            f"{counts[row]} of {counts[0]} are at risk at {starts[row]:g}, more than the curve "
            f"leaves alive ({at[row]:.3f}); look for a table of another arm"
        )


def _falling(heights: FloatArray) -> FloatArray:
    """The nearest curve that only falls (pooling adjacent violators)."""
    values: list[float] = []
    sizes: list[int] = []
    for height in heights:
        value, size = float(height), 1
        while values and values[-1] < value:
            size_before = sizes.pop()
            value = (values.pop() * size_before + value * size) / (size_before + size)
            size += size_before
        values.append(value)
        sizes.append(size)
    fitted = np.repeat(values, sizes)
    fitted[0] = heights[0]
    return np.asarray(np.minimum(fitted, fitted[0]))


@dataclass(slots=True)
class _Piece:
    """The points between two times of the table, and what happens there.

    ``leaving`` is None after the last time of the table; then ``at_end`` are still there when
    the curve ends. ``censored`` lie evenly through the piece.
    """

    points: IntArray
    start: float
    end: float
    n: int
    leaving: int | None
    deaths: IntArray
    censored: int = 0
    at_end: int = 0


class _Arm:
    """Follows one curve from piece to piece."""

    def __init__(
        self, moments: FloatArray, heights: FloatArray, starts: FloatArray, counts: IntArray
    ) -> None:
        self.moments, self.heights = moments, heights
        ends = np.append(starts[1:], moments[-1])
        self.pieces: list[_Piece] = []
        for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
            last = i == starts.size - 1
            # At risk at a time of the table: events at that very time are still to come.
            inside = (moments >= start) & ((moments < end) | last) & (moments > 0)
            points = np.flatnonzero(inside)
            leaving = None if last else int(counts[i] - counts[i + 1])
            none = np.zeros(points.size, dtype=np.int64)
            self.pieces.append(_Piece(points, start, end, int(counts[i]), leaving, none))

    @property
    def events(self) -> int:
        """How many have the event."""
        return sum(int(piece.deaths.sum()) for piece in self.pieces)

    def follow(self, events: int | None) -> None:
        """Place events and censorings; with ``events`` that many, as near as can be."""
        height = 1.0
        for piece in self.pieces[:-1]:
            self._between(piece, height)
            height = self._after(piece, height)
        wanted = None if events is None else events - self.events
        self._tail(self.pieces[-1], height, wanted)
        while events is not None and self.events != events:
            if not self._convert(1 if events > self.events else -1):
                return

    def _between(self, piece: _Piece, height: float) -> None:
        """Between two times of the table: those who leave are given, and who of them had the
        event follows from the curve."""
        assert piece.leaving is not None
        low, high = 0, piece.leaving
        # More censored leave fewer at risk, so fewer events for the same fall.
        while low < high:
            middle = (low + high) // 2
            if int(self._deaths(piece, height, middle).sum()) + middle >= piece.leaving:
                high = middle
            else:
                low = middle + 1
        deaths = self._deaths(piece, height, low)
        surplus = int(deaths.sum()) + low - piece.leaving
        for place in range(deaths.size - 1, -1, -1):
            taken = min(max(surplus, 0), int(deaths[place]))
            deaths[place] -= taken
            surplus -= taken
        piece.deaths = deaths
        piece.censored = piece.leaving - int(deaths.sum())

    def _tail(self, piece: _Piece, height: float, wanted: int | None) -> None:
        """After the last time of the table nobody knows who left early: as many as make the
        number of events right, or else all who do not have the event."""
        low, high = 0, piece.n
        while low < high:
            middle = (low + high) // 2
            found = int(self._deaths(piece, height, middle).sum())
            if found <= (piece.n - middle if wanted is None else wanted):
                high = middle
            else:
                low = middle + 1
        if wanted is None:
            low = self._spread_evenly(piece, height)
        piece.deaths = self._deaths(piece, height, low)
        free = piece.n - int(piece.deaths.sum())
        piece.censored = min(low, free)
        piece.at_end = free - piece.censored

    def _spread_evenly(self, piece: _Piece, height: float) -> int:
        """The largest number censored along the tail that leaves nobody at its end."""
        low, high = 0, piece.n
        while low < high:
            middle = (low + high + 1) // 2
            if int(self._deaths(piece, height, middle).sum()) + middle <= piece.n:
                low = middle
            else:
                high = middle - 1
        return low

    def _convert(self, by: int) -> bool:
        """One censoring becomes an event (``by`` 1), or an event a censoring (-1), where that
        moves the curve least from its points; the risk table stays."""
        fitted = self._fitted()
        best, choice = np.inf, None
        for piece in self.pieces:
            there = self._present(piece, piece.deaths, piece.censored)
            for place, point in enumerate(piece.points):
                free = piece.censored + piece.at_end if by > 0 else piece.deaths[place]
                if free <= 0 or there[place] < piece.deaths[place] + by:
                    continue
                alive = there[place] - piece.deaths[place]
                factor = (alive - by) / alive if alive > 0 else 1.0
                moved = fitted.copy()
                moved[point:] *= factor
                misfit = float(((moved - self.heights) ** 2).sum())
                if misfit < best:
                    best, choice = misfit, (piece, place)
        if choice is None:
            return False
        piece, place = choice
        piece.deaths[place] += by
        if by > 0 and piece.at_end:
            piece.at_end -= 1
        else:
            piece.censored -= by
        return True

    def _deaths(self, piece: _Piece, height: float, censored: int) -> IntArray:
        """Events at each point that keep the curve nearest to it."""
        targets = self.heights[piece.points].tolist()
        present = self._uncensored(piece, censored).tolist()
        deaths = np.zeros(len(targets), dtype=np.int64)
        gone = 0
        for place, (target, there) in enumerate(zip(targets, present, strict=True)):
            n = there - gone
            if target >= height or n <= 0:
                continue
            d = min(round(n * (1 - target / height)), n)
            if d:
                deaths[place] = d
                gone += d
                height *= 1 - d / n
        return deaths

    def _uncensored(self, piece: _Piece, censored: int) -> IntArray:
        """Those not yet censored at each point of a piece, events aside."""
        times = _evenly(piece.start, piece.end, censored)
        return np.asarray(piece.n - np.searchsorted(times, self.moments[piece.points], side="left"))

    def _present(self, piece: _Piece, deaths: IntArray, censored: int) -> IntArray:
        """Those at risk at each point of a piece."""
        return self._uncensored(piece, censored) - (np.cumsum(deaths) - deaths)

    def _after(self, piece: _Piece, height: float) -> float:
        there = np.maximum(self._present(piece, piece.deaths, piece.censored), 1)
        return float(height * np.prod(1 - np.minimum(piece.deaths / there, 1)))

    def _fitted(self) -> FloatArray:
        fitted = np.ones(self.moments.size)
        height = 1.0
        for piece in self.pieces:
            there = np.maximum(self._present(piece, piece.deaths, piece.censored), 1)
            steps = height * np.cumprod(1 - np.minimum(piece.deaths / there, 1))
            fitted[piece.points] = steps
            height = float(steps[-1]) if steps.size else height
        return fitted

    def beyond_a_patient(self) -> float:
        """The largest gap between curve and points that one patient more or fewer among those
        at risk does not explain."""
        fitted = self._fitted()
        gap = np.abs(fitted - self.heights)
        for piece in self.pieces:
            there = np.maximum(self._present(piece, piece.deaths, piece.censored), 1)
            before = fitted[np.maximum(piece.points - 1, 0)]
            gap[piece.points] -= 1.5 * before / there
        return float(gap.max())

    def patients(self) -> Reconstructed:
        """The patients, in order of time."""
        times: list[FloatArray] = []
        events: list[BoolArray] = []
        for piece in self.pieces:
            dead = np.repeat(self.moments[piece.points], piece.deaths)
            censored = _evenly(piece.start, piece.end, piece.censored)
            censored = np.append(censored, np.full(piece.at_end, self.moments[-1]))
            times += [dead, censored]
            events += [np.ones(dead.size, dtype=bool), np.zeros(censored.size, dtype=bool)]
        time, event = np.concatenate(times), np.concatenate(events)
        order = np.lexsort((~event, time))
        distance = np.abs(self._fitted() - self.heights).max()
        return Reconstructed(time[order], event[order], float(distance))


def _evenly(start: float, end: float, count: int) -> FloatArray:
    return start + (end - start) * (np.arange(count) + 0.5) / max(count, 1)
