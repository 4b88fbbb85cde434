"""Survival curves from what was published: a few points, a median, a hazard ratio.

Each curve carries a class, A to E, and the error that curves of that class were measured to have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from consilium.statistics.arrays import FloatArray, StatisticsError, numbers
from consilium.statistics.survival import SurvivalCurve

CurveClass = Literal["A", "B", "C", "D", "E"]


@dataclass(frozen=True, slots=True)
class CurveError:
    """How far curves of one class were from the truth: median and 90th percentile over arms.

    ``largest`` is max |S - true S|, ``mean`` the mean of it over time, and ``restricted_mean``
    the relative error of the restricted mean.
    """

    basis: str
    largest: float
    largest_p90: float
    mean: float
    restricted_mean: float
    restricted_mean_p90: float

    def draw_restricted_mean(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Relative errors of the restricted mean: of either sign, and with a Weibull spread
        through the measured median and 90th percentile."""
        shape = np.log(np.log(10) / np.log(2)) / np.log(
            self.restricted_mean_p90 / self.restricted_mean
        )
        scale = self.restricted_mean / np.log(2) ** (1 / shape)
        return np.asarray(scale * rng.weibull(shape, size) * rng.choice([-1.0, 1.0], size))


CURVE_ERRORS: dict[CurveClass, CurveError] = {
    "A": CurveError("digitised curve, risk table and events", 0.0074, 0.012, 0.0020, 0.0019, 0.006),
    "B": CurveError("eight points", 0.058, 0.18, 0.010, 0.0077, 0.042),
    "C": CurveError("another arm's curve and the hazard ratio", 0.064, 0.13, 0.019, 0.0067, 0.033),
    "D": CurveError("median and two landmarks", 0.095, 0.21, 0.023, 0.033, 0.097),
    "E": CurveError("median alone", 0.126, 0.21, 0.044, 0.042, 0.19),
}
"""Measured on 298 published two-arm sets (kmdata, MIT licence) whose full curves are known."""


@dataclass(frozen=True, slots=True)
class PublishedCurve:
    """A survival curve known at a few points, between which log cumulative hazard runs smooth
    and rising in log time; straight (Weibull) outside them.

    ``known_to`` is the last time that anything published speaks of; what comes after is
    extrapolated.
    """

    curve_class: CurveClass
    time: FloatArray
    log_hazard: FloatArray
    before: float
    after: float
    known_to: float

    @property
    def error(self) -> CurveError:
        """What curves of this class were measured to be off by."""
        return CURVE_ERRORS[self.curve_class]

    def survival_at(self, moments: ArrayLike) -> FloatArray:
        """Survival at each of ``moments``."""
        return np.exp(-self.cumulative_hazard_at(moments))

    def cumulative_hazard_at(self, moments: ArrayLike) -> FloatArray:
        """Cumulative hazard at each of ``moments``."""
        asked = np.atleast_1d(np.asarray(moments, dtype=np.float64))
        if not (asked >= 0).all():
            raise StatisticsError("survival is asked at times from zero on")
        with np.errstate(divide="ignore"):
            x = np.log(asked)
        knots, y = np.log(self.time), self.log_hazard
        if knots.size > 1:
            inside = PchipInterpolator(knots, y)(np.clip(x, knots[0], knots[-1]))
        else:
            inside = np.full_like(x, y[0])
        log_hazard = np.where(
            x < knots[0],
            y[0] + self.before * (x - knots[0]),
            np.where(x > knots[-1], y[-1] + self.after * (x - knots[-1]), inside),
        )
        return np.asarray(np.exp(log_hazard))

    def restricted_mean(self, until: float) -> float:
        """Mean event-free time within the first ``until``."""
        if not until > 0:
            raise StatisticsError(f"a restricted mean needs a time above zero, not {until:g}")
        x, w = np.polynomial.legendre.leggauss(16)
        cuts = np.unique(
            np.concatenate((until * np.linspace(0, 1, 9) ** 2, self.time[self.time < until]))
        )
        half = np.diff(cuts)[:, None] / 2
        middle = (cuts[1:] + cuts[:-1])[:, None] / 2
        heights = self.survival_at((middle + half * x).ravel()).reshape(half.size, -1)
        return float((half * w * heights).sum())

    def quantile(self, share: float) -> float:
        """Time by which ``share`` had the event."""
        if not 0 < share < 1:
            raise StatisticsError(f"`share` is {share:g}; it must lie between 0 and 1")
        target = -np.log1p(-share)
        high = float(self.time[-1])
        while float(self.cumulative_hazard_at(high)[0]) < target:
            high *= 2
            if high > 1e12:
                return float("inf")
        return float(
            brentq(lambda t: float(self.cumulative_hazard_at(t)[0]) - target, 0.0, high, xtol=1e-12)
        )

    def raised_to(self, hazard_ratio: float) -> PublishedCurve:
        """The curve of an arm whose hazard is ``hazard_ratio`` times this one's: class C."""
        if not hazard_ratio > 0:
            raise StatisticsError(f"a hazard ratio is above zero, not {hazard_ratio:g}")
        return PublishedCurve(
            max("C", self.curve_class),
            self.time,
            self.log_hazard + float(np.log(hazard_ratio)),
            self.before,
            self.after,
            self.known_to,
        )

    def moved(self, relative_error: float, until: float) -> PublishedCurve:
        """The curve with its hazard scaled so that the restricted mean to ``until`` is off by
        ``relative_error``, as far as a curve can be; with draws of ``error`` this carries the
        error of the class into a simulation."""
        mean = self.restricted_mean(until)
        target = min(max(mean * (1 + relative_error), 0.01 * until), until * (1 - 1e-6))

        def off(log_ratio: float) -> float:
            return self._scaled(log_ratio).restricted_mean(until) - target

        return self._scaled(float(brentq(off, -40.0, 40.0, xtol=1e-10)))

    def _scaled(self, log_ratio: float) -> PublishedCurve:
        return PublishedCurve(
            self.curve_class,
            self.time,
            self.log_hazard + log_ratio,
            self.before,
            self.after,
            self.known_to,
        )


def curve_from_points(
    time: ArrayLike, survival: ArrayLike, *, curve_class: CurveClass | None = None
) -> PublishedCurve:
    """A curve through published points: a median is the point with survival 0.5.

    A monotone Hermite curve of log cumulative hazard in log time (Fritsch and Carlson, SIAM J
    Numer Anal 1980;17:238). Five points or more are class B, two to four class D, one class E
    (exponential). Points must fall strictly and lie between 0 and 1, both excluded.
    """
    moments = numbers(time, "time")
    heights = numbers(survival, "survival", size=moments.size)
    if not moments.size:
        raise StatisticsError("no point of the curve was given")
    order = np.argsort(moments, kind="stable")
    moments, heights = moments[order], heights[order]
    if moments[0] <= 0 or (np.diff(moments) <= 0).any():
        raise StatisticsError("points of a curve need different times above zero")
    if heights.min() <= 0 or heights.max() >= 1:
        bad = float(heights[(heights <= 0) | (heights >= 1)][0])
        hint = " (in per cent? divide by 100)" if bad > 1 else ""
        raise StatisticsError(f"survival {bad:g} does not lie between 0 and 1{hint}")
    if (np.diff(heights) >= 0).any():
        row = int(np.flatnonzero(np.diff(heights) >= 0)[0])
        raise StatisticsError(
            f"survival does not fall from time {moments[row]:g} ({heights[row]:g}) to "
            f"{moments[row + 1]:g} ({heights[row + 1]:g})"
        )
    y = np.log(-np.log(heights))
    before = after = 1.0
    if moments.size > 1:
        slopes = np.diff(y) / np.diff(np.log(moments))
        before, after = float(slopes[0]), float(slopes[-1])
    found: CurveClass = "B" if moments.size >= 5 else "D" if moments.size > 1 else "E"
    return PublishedCurve(
        found if curve_class is None else curve_class,
        moments,
        y,
        before,
        after,
        float(moments[-1]),
    )


def curve_from_median(median: float) -> PublishedCurve:
    """An exponential curve from its median alone: class E."""
    return curve_from_points([median], [0.5])


def curve_from_landmarks(
    median: float | None, landmarks: Sequence[tuple[float, float]]
) -> PublishedCurve:
    """A curve from a median and (time, survival) landmarks; one that the other implies is kept
    once."""
    points = [*landmarks, *([] if median is None else [(median, 0.5)])]
    distinct = sorted(set(points))
    return curve_from_points([t for t, _ in distinct], [s for _, s in distinct])


def curve_from_patients(curve: SurvivalCurve) -> PublishedCurve:
    """A smooth curve through the steps of a (reconstructed) Kaplan-Meier curve: class A."""
    kept = (curve.survival < 1) & (curve.survival > 0) & (curve.n_event > 0)
    if not kept.any():
        raise StatisticsError("the curve has no step between 1 and 0")
    return curve_from_points(curve.time[kept], curve.survival[kept], curve_class="A")
