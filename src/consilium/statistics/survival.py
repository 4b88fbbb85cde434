"""Survival curves from patients: Kaplan-Meier, Nelson-Aalen and Fleming-Harrington.

A curve is a step function with its domain and numbers at risk. Restricted means and quantiles
are asked of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from consilium.statistics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    StatisticsError,
    between_zero_and_one,
    entries,
    flags,
    normal_quantile,
    not_negative,
    sorted_rows,
    times,
    total,
)

Estimator = Literal["kaplan-meier", "nelson-aalen", "fleming-harrington"]
LimitScale = Literal["log", "log-log", "plain"]


class BeyondFollowUp(StatisticsError):
    """A question about a time that nobody was followed to."""


@dataclass(frozen=True, slots=True)
class RiskTable:
    """Who was at risk, and what happened, at each distinct time (ascending)."""

    time: FloatArray
    n_risk: FloatArray
    n_event: FloatArray
    n_censor: FloatArray


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Times by which a share of all had the event; nan where the curve never gets there."""

    share: FloatArray
    time: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error and interval, all on the scale of the number."""

    value: float
    standard_error: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A survival curve as steps at the distinct times of events and censorings.

    ``survival[i]`` holds from ``time[i]`` up to the next time; before the first it is 1.
    ``standard_error`` is of the survival itself (Greenwood), ``cumulative_hazard`` is
    Nelson-Aalen for the estimators "kaplan-meier" and "nelson-aalen".
    """

    estimator: Estimator
    time: FloatArray
    n_risk: FloatArray
    n_event: FloatArray
    n_censor: FloatArray
    survival: FloatArray
    standard_error: FloatArray
    cumulative_hazard: FloatArray
    cumulative_hazard_standard_error: FloatArray

    @property
    def followed_to(self) -> float:
        """The last time at which anybody was seen."""
        return float(self.time[-1])

    def survival_at(self, moments: ArrayLike) -> FloatArray:
        """Survival at each of ``moments``; nan after the last time unless survival is 0."""
        return self._at(self.survival, 1.0, moments)

    def cumulative_hazard_at(self, moments: ArrayLike) -> FloatArray:
        """Cumulative hazard at each of ``moments``; nan after the last time."""
        return self._at(self.cumulative_hazard, 0.0, moments)

    def n_risk_at(self, moments: ArrayLike) -> FloatArray:
        """Number at risk just before each of ``moments`` (of those seen from zero)."""
        place = np.searchsorted(self.time, np.asarray(moments, dtype=np.float64), side="left")
        return np.append(self.n_risk, 0.0)[place]

    def limits(
        self, scale: LimitScale = "log-log", level: float = 0.95
    ) -> tuple[FloatArray, FloatArray]:
        """Pointwise lower and upper limits of survival, from Greenwood's error on ``scale``.

        nan where survival is 0 on a logarithmic scale. Coverage near the tails is best on the
        log-log scale (Borgan and Liestøl, Scand J Stat 1990;17:35).
        """
        z = normal_quantile(level)
        s, se = self.survival, self.standard_error
        with np.errstate(divide="ignore", invalid="ignore"):
            if scale == "plain":
                lower, upper = s - z * se, s + z * se
            elif scale == "log":
                width = z * se / s
                lower, upper = s * np.exp(-width), s * np.exp(width)
            elif scale == "log-log":
                log_s = np.log(s)
                width = np.where(s == 1, 0.0, z * se / s / log_s)
                lower = np.exp(log_s * np.exp(-width))
                upper = np.exp(log_s * np.exp(width))
            else:
                raise StatisticsError(
                    f"`{scale}` is no scale of limits; use `log`, `log-log` or `plain`"
                )
        if scale != "plain":
            nobody = s <= 0
            lower, upper = np.where(nobody, np.nan, lower), np.where(nobody, np.nan, upper)
        return np.clip(lower, 0, 1), np.clip(upper, 0, 1)

    def quantiles(
        self,
        shares: ArrayLike = (0.25, 0.5, 0.75),
        *,
        scale: LimitScale = "log-log",
        level: float = 0.95,
    ) -> Quantiles:
        """Times by which each of ``shares`` had the event, with limits.

        Limits are where the limits of the curve cross (Brookmeyer and Crowley, Biometrics
        1982;38:29). Where the curve runs level at exactly the share, the middle of that step.
        """
        asked = np.atleast_1d(np.asarray(shares, dtype=np.float64))
        if ((asked <= 0) | (asked >= 1)).any():
            raise StatisticsError("shares of a quantile lie between 0 and 1")
        lower, upper = self.limits(scale, level)
        found = [
            np.array([_crossing(self.time, curve, share) for share in asked])
            for curve in (self.survival, lower, upper)
        ]
        return Quantiles(asked, *found)

    def restricted_mean(self, until: float, level: float = 0.95) -> Estimate:
        """Average event-free time within the first ``until``: the area under the curve.

        The standard error is Greenwood's for an area, sum of (area after t)^2 d / (n (n - d)); the
        other estimators have the variance of their own hazard in place of d / (n (n - d)). It is
        not the spread of min(T, until) between patients (Royston and Parmar, BMC Med Res
        Methodol 2013;13:152). Raises ``BeyondFollowUp`` rather than extrapolate.
        """
        if not until > 0:
            raise StatisticsError(f"a restricted mean needs a time above zero, not {until:g}")
        if until > self.followed_to and self.survival[-1] > 0:
            raise BeyondFollowUp(
                f"nobody was followed beyond {self.followed_to:g}; a restricted mean to {until:g} "
                f"would credit survival that was not observed. Ask for at most "
                f"{self.followed_to:g}"
            )
        z = normal_quantile(level)
        used = self.time < until
        edges = np.concatenate(([0.0], self.time[used], [until]))
        heights = np.concatenate(([1.0], self.survival[used]))
        pieces = heights * np.diff(edges)
        area = float(pieces.sum())
        after = np.cumsum(pieces[::-1])[::-1][1:]
        if self.estimator == "kaplan-meier":
            n, d = self.n_risk[used], self.n_event[used]
            with np.errstate(divide="ignore", invalid="ignore"):
                step = np.where((d > 0) & (after > 0), d / (n * (n - d)), 0.0)
        else:
            step = np.diff(self.cumulative_hazard_standard_error[used] ** 2, prepend=0.0)
        se = float(np.sqrt(after**2 @ step))
        return Estimate(area, se, area - z * se, area + z * se)

    def _at(self, steps: FloatArray, start: float, moments: ArrayLike) -> FloatArray:
        asked = np.asarray(moments, dtype=np.float64)
        place = np.searchsorted(self.time, asked, side="right")
        found = np.concatenate(([start], steps))[place]
        beyond = (asked > self.time[-1]) & (self.survival[-1] > 0)
        return np.asarray(np.where(beyond, np.nan, found))


@dataclass(frozen=True, slots=True)
class RestrictedMeanContrast:
    """Restricted means of two arms to the same time, and what lies between them.

    ``difference`` is arm 1 minus arm 0, ``ratio`` and ``lost_ratio`` (of the time lost) are arm
    1 over arm 0 on the natural scale; their ``standard_error`` is of the logarithm. P values
    are two-sided.
    """

    until: float
    mean_0: Estimate
    mean_1: Estimate
    lost_0: Estimate
    lost_1: Estimate
    difference: Estimate
    difference_p: float
    ratio: Estimate
    ratio_p: float
    lost_ratio: Estimate
    lost_ratio_p: float


def kaplan_meier(
    time: ArrayLike,
    event_observed: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    estimator: Estimator = "kaplan-meier",
) -> SurvivalCurve:
    """Survival curve of one group.

    ``time`` is when each row left, ``event_observed`` whether with the event (1) or censored
    (0), ``entry`` when it came under observation (left truncation), ``weights`` how many
    patients it stands for (0 is nobody). A censoring at the time of an event comes after it.

    ``estimator`` "kaplan-meier" (JASA 1958;53:457); "nelson-aalen" gives exp(-H) of that
    hazard; "fleming-harrington" breaks ties row by row in H, as Efron does.
    """
    table = risk_table(time, event_observed, entry=entry, weights=weights)
    n, d = table.n_risk, table.n_event
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(n > 0, d / n, 0.0)
        if estimator == "fleming-harrington":
            rows = d if weights is None else risk_table(time, event_observed).n_event
            step, step_variance = _one_by_one(n, d, rows)
        else:
            step = share
            step_variance = np.where(n > 0, share / n, 0.0)
    hazard = np.cumsum(step)
    hazard_se = np.sqrt(np.cumsum(step_variance))
    if estimator == "kaplan-meier":
        survival = np.cumprod(1 - share)
        with np.errstate(divide="ignore", invalid="ignore"):
            greenwood = np.where(d > 0, share / (n - d), 0.0)
            se = np.where(survival > 0, survival * np.sqrt(np.cumsum(greenwood)), np.nan)
    elif estimator in ("nelson-aalen", "fleming-harrington"):
        survival = np.exp(-hazard)
        se = survival * hazard_se
    else:
        raise StatisticsError(
            f"`{estimator}` is no estimator; use `kaplan-meier`, `nelson-aalen` or "
            "`fleming-harrington`"
        )
    return SurvivalCurve(
        estimator, table.time, n, d, table.n_censor, survival, se, hazard, hazard_se
    )


def restricted_mean_contrast(
    time: ArrayLike,
    event_observed: ArrayLike,
    arm: ArrayLike,
    *,
    until: float,
    level: float = 0.95,
) -> RestrictedMeanContrast:
    """Compare restricted mean survival to ``until`` between arm 1 and arm 0.

    Needs no proportional hazards. Ratios use the delta method on the logarithm (Uno and
    others, J Clin Oncol 2014;32:2380); where an arm loses no time, the ratio of the time lost has
    no error and no interval (nan).
    """
    leaving = times(time)
    observed = flags(event_observed, "event_observed", leaving.size)
    treated = flags(arm, "arm", leaving.size)
    z = normal_quantile(level)
    if treated.all() or not treated.any():
        raise StatisticsError("`arm` needs rows of both arms, 0 and 1")
    means = [
        kaplan_meier(leaving[rows], observed[rows]).restricted_mean(until, level)
        for rows in (~treated, treated)
    ]
    lost = [
        Estimate(until - m.value, m.standard_error, until - m.upper, until - m.lower) for m in means
    ]
    difference = means[1].value - means[0].value
    se = float(np.hypot(means[0].standard_error, means[1].standard_error))
    ratio, ratio_p = _log_ratio(means[1], means[0], z)
    lost_ratio, lost_p = _log_ratio(lost[1], lost[0], z)
    return RestrictedMeanContrast(
        float(until),
        means[0],
        means[1],
        lost[0],
        lost[1],
        Estimate(difference, se, difference - z * se, difference + z * se),
        _two_sided(difference, se),
        ratio,
        ratio_p,
        lost_ratio,
        lost_p,
    )


def risk_table(
    time: ArrayLike,
    event_observed: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> RiskTable:
    """Numbers at risk, with the event and censored at each distinct time of leaving."""
    leaving = times(time)
    observed = flags(event_observed, "event_observed", leaving.size)
    entered = entries(entry, leaving)
    if weights is not None:
        weight = not_negative(weights, "weights", leaving.size)
        return _weighted_table(leaving, observed, entered, weight)
    sorted_times, happened = sorted_rows(leaving, observed)
    distinct, first = _distinct(sorted_times)
    left = np.diff(first, append=leaving.size).astype(np.float64)
    if distinct.size == leaving.size:
        events = happened.astype(np.float64)
    else:
        events = np.add.reduceat(happened, first, dtype=np.float64)
    at_risk = (leaving.size - first).astype(np.float64)
    if entered is not None:
        # Who enters at t is at risk only after t.
        at_risk -= leaving.size - np.searchsorted(np.sort(entered), distinct, side="left")
    return RiskTable(distinct, at_risk, events, left - events)


def _weighted_table(
    leaving: FloatArray, observed: BoolArray, entered: FloatArray | None, weight: FloatArray
) -> RiskTable:
    distinct, place = np.unique(leaving, return_inverse=True)
    events = total(place, weight * observed, distinct.size)
    left = total(place, weight, distinct.size)
    at_risk = np.cumsum(left[::-1])[::-1]
    if entered is not None:
        order = np.argsort(entered)
        later = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
        at_risk = at_risk - later[np.searchsorted(entered[order], distinct, side="left")]
    censored = total(place, weight * ~observed, distinct.size)
    return RiskTable(distinct, at_risk, events, censored)


def _distinct(ascending: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distinct values of a sorted column and where each begins."""
    if not ascending.size:
        return ascending, np.empty(0, dtype=np.int64)
    begins = np.empty(ascending.size, dtype=np.bool_)
    begins[0] = True
    np.not_equal(ascending[1:], ascending[:-1], out=begins[1:])
    first = np.flatnonzero(begins)
    return ascending[first], first


def _one_by_one(n: FloatArray, d: FloatArray, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Hazard and variance of each time when the rows with the event, ``rows`` of them, leave one
    after another, each with their mean weight."""
    counts = rows.astype(np.int64)
    owner = np.repeat(np.arange(n.size), counts)
    rank = np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)
    each = (d / np.maximum(counts, 1))[owner]
    left = n[owner] - rank * each
    counted = each > 0
    owner, each, left = owner[counted], each[counted], left[counted]
    return total(owner, each / left, n.size), total(owner, each / left**2, n.size)


_LEVEL = 1.5e-8  # survival this close to a share counts as equal to it


def _crossing(time: FloatArray, survival: FloatArray, share: float) -> float:
    between_zero_and_one(share, "share")
    known = ~np.isnan(survival)
    if not known.any():
        return float("nan")
    gone, seen = 1 - survival[known], time[known]
    reached = np.flatnonzero(gone >= share - _LEVEL)
    if not reached.size:
        return float("nan")
    passed = np.flatnonzero(gone > share + _LEVEL)
    if passed.size and passed[0] == reached[0]:
        return float(seen[reached[0]])
    end = seen[passed[0]] if passed.size else time[-1]
    return float((seen[reached[0]] + end) / 2)


def _log_ratio(top: Estimate, bottom: Estimate, z: float) -> tuple[Estimate, float]:
    if not (top.value > 0 and bottom.value > 0):
        nan = float("nan")
        share = nan if top.value == bottom.value else 0.0 if top.value <= 0 else float("inf")
        return Estimate(share, nan, nan, nan), nan
    log_ratio = float(np.log(top.value / bottom.value))
    se = float(np.hypot(top.standard_error / top.value, bottom.standard_error / bottom.value))
    low, middle, high = np.exp([log_ratio - z * se, log_ratio, log_ratio + z * se])
    return Estimate(float(middle), se, float(low), float(high)), _two_sided(log_ratio, se)


def _two_sided(value: float, se: float) -> float:
    return float(2 * ndtr(-abs(value / se))) if se else float("nan")
