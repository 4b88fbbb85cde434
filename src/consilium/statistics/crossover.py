"""What survival might have been without crossover: RPSFT, IPE, two-stage and IPCW.

Each rests on an assumption that the data cannot show: that treatment does the same whenever it
is begun (RPSFT, IPE), or that whatever drives switching was measured (two-stage, IPCW). None
repairs a trial; they bracket it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, ndtri

from consilium.statistics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    StatisticsError,
    columns,
    flags,
    normal_quantile,
    numbers,
    numeric,
    positive,
    times,
)
from consilium.statistics.cox import CoxFit, cox
from consilium.statistics.logrank import log_rank
from consilium.statistics.parametric import fit_parametric

Test = Literal["log-rank", "cox"]


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """Experimental arm over an untreated comparator arm, on the natural scale."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class _Trial:
    time: FloatArray
    event: BoolArray
    arm: BoolArray
    share: FloatArray
    censor_time: FloatArray | None
    modifier: FloatArray
    recensored: BoolArray

    def untreated(self, psi: float) -> tuple[FloatArray, BoolArray]:
        """Times and events had nobody been treated, at ``psi``."""
        speed = np.exp(psi * self.modifier)
        untreated = self.time * ((1 - self.share) + self.share * speed)
        if self.censor_time is None:
            return untreated, self.event
        cut = np.where(self.recensored, self.censor_time * np.minimum(1.0, speed), np.inf)
        return np.minimum(untreated, cut), self.event & (untreated <= cut)

    def z(self, psi: float, test: Test) -> float:
        time, event = self.untreated(psi)
        if not event.any():
            return float("nan")
        if test == "cox":
            fit = cox(time, event, self.arm.astype(np.float64))
            return float(fit.z[0])
        return log_rank(time, event, self.arm).z


@dataclass(frozen=True, slots=True)
class Rpsft:
    """A rank-preserving structural failure time model.

    ``psi`` is the log of how much time off treatment one unit of time on it is worth: below 0,
    treatment prolongs life, by ``acceleration_factor`` = exp(-psi). Z(psi) is a step function
    and may cross zero more than once: ``crossings`` holds every place, ``psi`` the middle one.
    ``lower`` and ``upper`` are the outermost places where Z leaves its acceptance region, nan
    where that is outside the search.
    """

    psi: float
    lower: float
    upper: float
    crossings: tuple[float, ...]
    lower_crossings: tuple[float, ...]
    upper_crossings: tuple[float, ...]
    hazard_ratio: HazardRatio
    itt_p: float
    test: Test
    _trial: _Trial = field(repr=False)

    @property
    def acceleration_factor(self) -> float:
        """How many times longer life is on treatment."""
        return float(np.exp(-self.psi))

    def z(self, psi: ArrayLike) -> FloatArray:
        """The test of equal untreated times between the arms at each ``psi``."""
        return np.array([self._trial.z(float(p), self.test) for p in np.atleast_1d(psi)])

    def untreated(self, psi: float | None = None) -> tuple[FloatArray, BoolArray]:
        """Times and events of all rows had nobody been treated, recensored."""
        return self._trial.untreated(self.psi if psi is None else psi)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An effect adjusted for crossover through a model of times (IPE, two-stage).

    ``psi`` as in ``Rpsft``; ``lower`` and ``upper`` nan where the method gives none. ``time``
    and ``event`` are of all rows, with those who switched set back to no treatment.
    """

    psi: float
    lower: float
    upper: float
    hazard_ratio: HazardRatio
    time: FloatArray
    event_observed: BoolArray


@dataclass(frozen=True, slots=True)
class Ipcw:
    """Patients censored where they switch, the others weighted for it.

    Rows are intervals: ``row`` is the patient each belongs to. ``switch_coefficients`` are of
    the logistic model of switching, intercept first. ``fit`` is the weighted Cox model with
    the arm first; ``unweighted`` and ``intention_to_treat`` the same model without the weights,
    and with nobody censored for switching.
    """

    row: IntArray
    start: FloatArray
    stop: FloatArray
    event_observed: BoolArray
    weight: FloatArray
    switch_coefficients: FloatArray
    switch_standard_errors: FloatArray
    fit: CoxFit
    unweighted: CoxFit
    intention_to_treat: CoxFit


def rpsft(
    time: ArrayLike,
    event_observed: ArrayLike,
    arm: ArrayLike,
    treated_share: ArrayLike,
    *,
    censor_time: ArrayLike | None = None,
    autoswitch: bool = True,
    treatment_modifier: ArrayLike | None = None,
    test: Test = "log-rank",
    search: tuple[float, float] = (-3.0, 3.0),
    level: float = 0.95,
) -> Rpsft:
    """Estimate psi by g-estimation (Robins and Tsiatis, Commun Stat 1991;20:2609).

    ``arm`` 1 experimental, 0 comparator, as randomised; ``treated_share`` the share of its time
    that each row spent on experimental treatment (0 to 1). With ``censor_time``, when each row
    would have been censored at the latest, untreated times are recensored; ``autoswitch``
    spares an arm in which everybody was treated throughout, or nobody. ``treatment_modifier``
    multiplies psi, row by row. ``test`` "log-rank", or "cox" for a Wald test.

    The effect must be the same per unit of time whoever begins whenever. Raises where Z never
    crosses zero within ``search``.
    """
    trial = _trial(
        time, event_observed, arm, treated_share, censor_time, autoswitch, treatment_modifier
    )
    if test not in ("log-rank", "cox"):
        raise StatisticsError(f"`{test}` is no test; use `log-rank` or `cox`")
    low, high = search
    if not low < high:
        raise StatisticsError(f"the search from {low:g} to {high:g} is empty")
    grid = np.linspace(low, high, 481)
    z = np.array([trial.z(float(psi), test) for psi in grid])
    critical = normal_quantile(level)
    crossings = _crossings(trial, test, grid, z, 0.0)
    if not crossings:
        raise StatisticsError(
            f"Z does not cross zero between psi {low:g} and {high:g}; the arms differ too much "
            "for this model, or the search is too narrow"
        )
    below = _crossings(trial, test, grid, z, critical)
    above = _crossings(trial, test, grid, z, -critical)
    psi = crossings[len(crossings) // 2]
    untreated, event = trial.untreated(psi)
    ratio, p = _hazard_ratio(
        trial,
        np.where(trial.arm, trial.time, untreated),
        np.where(trial.arm, trial.event, event),
        level,
    )
    return Rpsft(
        psi,
        below[0] if below else float("nan"),
        above[-1] if above else float("nan"),
        crossings,
        below,
        above,
        ratio,
        p,
        test,
        trial,
    )


def ipe(
    time: ArrayLike,
    event_observed: ArrayLike,
    arm: ArrayLike,
    treated_share: ArrayLike,
    *,
    censor_time: ArrayLike | None = None,
    covariates: ArrayLike | None = None,
    family: Literal["weibull", "exponential", "lognormal", "loglogistic"] = "weibull",
    search: tuple[float, float] = (-3.0, 3.0),
    level: float = 0.95,
) -> Adjusted:
    """Iterative parameter estimation (Branson and Whitehead, Stat Med 2002;21:2449).

    psi is where an accelerated model of the experimental arm as observed, and the comparator
    arm set back to no treatment by psi, gives psi again. Arguments as for ``rpsft``.
    """
    trial = _trial(time, event_observed, arm, treated_share, censor_time, True, None)
    x = _design(trial.arm, covariates)

    def set_back(psi: float) -> tuple[FloatArray, BoolArray]:
        untreated, event = trial.untreated(psi)
        return np.where(trial.arm, trial.time, untreated), np.where(trial.arm, trial.event, event)

    def excess(psi: float) -> float:
        seen, event = set_back(psi)
        fit = fit_parametric(seen, event, x, family=family)
        return psi + float(fit.location_scale().coefficients[1])

    psi = _nearest_root(excess, search)
    seen, event = set_back(psi)
    ratio, _ = _hazard_ratio(trial, seen, event, level, x)
    return Adjusted(psi, float("nan"), float("nan"), ratio, seen, event)


def two_stage(
    time: ArrayLike,
    event_observed: ArrayLike,
    arm: ArrayLike,
    progressed: ArrayLike,
    progression_time: ArrayLike,
    switched: ArrayLike,
    switch_time: ArrayLike,
    *,
    censor_time: ArrayLike | None = None,
    covariates: ArrayLike | None = None,
    outcome_covariates: ArrayLike | None = None,
    family: Literal["weibull", "exponential", "lognormal", "loglogistic"] = "weibull",
    offset: float = 0.0,
    level: float = 0.95,
) -> Adjusted:
    """Simple two-stage estimation (Latimer and others, Med Decis Making 2014;34:387).

    Among comparator patients who progressed, an accelerated model of the time from progression
    compares those who switched with those who did not, given ``covariates`` at progression;
    the time after a switch is shrunk by exp(psi), and with ``censor_time`` the comparator arm
    is recensored. Times of a progression or a switch that did not happen are not read, and may
    be nan. Valid where nothing else
    drives both switching and survival, and switches follow progression at once. ``offset`` is
    added to the time from progression. ``outcome_covariates`` enter the final Cox model.
    """
    leaving = times(time)
    size = leaving.size
    observed = flags(event_observed, "event_observed", size)
    treated = flags(arm, "arm", size)
    moved_on = flags(progressed, "progressed", size)
    crossed = flags(switched, "switched", size)
    progression = numbers(
        _needed(moved_on, progression_time, "progression_time"), "progression_time"
    )
    crossing = numbers(_needed(crossed, switch_time, "switch_time"), "switch_time")
    late = crossed & (crossing > leaving)
    if late.any():
        row = int(np.flatnonzero(late)[0])
        raise StatisticsError(f"row {row} switches at {crossing[row]:g}, after it left")
    used = ~treated & moved_on & (leaving - progression + offset > 0)
    if not (crossed[used].any() and (~crossed[used]).any()):
        raise StatisticsError(
            "two-stage estimation needs comparator patients who progressed and switched, and "
            "others who progressed and did not"
        )
    x = crossed[used].astype(np.float64)[:, None]
    if covariates is not None:
        table = columns(_needed(used, covariates, "covariates"), "covariates", size)
        x = np.column_stack((x, table[used]))
    fit = fit_parametric((leaving - progression + offset)[used], observed[used], x, family=family)
    model = fit.location_scale()
    psi = -float(model.coefficients[1])
    width = normal_quantile(level) * float(np.sqrt(model.covariance[1, 1]))
    shrunk = crossed & ~treated
    speed = float(np.exp(psi))
    untreated = np.where(shrunk, crossing + (leaving - crossing) * speed, leaving)
    event = observed
    if censor_time is not None:
        last = numbers(censor_time, "censor_time", size=size)
        cut = np.where(treated, np.inf, last * min(1.0, speed))
        untreated, event = np.minimum(untreated, cut), observed & (untreated <= cut)
    design = _design(treated, outcome_covariates)
    adjusted = cox(untreated, event, design)
    lower, upper = adjusted.limits(level)
    ratio = np.exp([adjusted.coefficients[0], lower[0], upper[0]]).tolist()
    return Adjusted(psi, psi - width, psi + width, HazardRatio(*ratio), untreated, event)


def ipcw(
    time: ArrayLike,
    event_observed: ArrayLike,
    arm: ArrayLike,
    progressed: ArrayLike,
    progression_time: ArrayLike,
    switched: ArrayLike,
    switch_covariates: ArrayLike,
    *,
    outcome_covariates: ArrayLike | None = None,
) -> Ipcw:
    """Inverse-probability-of-censoring weights for switching at progression
    (Robins and Finkelstein, Biometrics 2000;56:779).

    Comparator patients who switch are censored at progression; those who progress and do not
    switch weigh, from then on, the inverse of their probability of not switching, from a
    logistic model of ``switch_covariates`` (one row a patient) among those who progressed.
    Everything that drives switching and survival must be among them. Rows of patients who did not
    progress are not read of ``progression_time`` and ``switch_covariates``, and may be nan. The Cox
    model has the arm and
    ``outcome_covariates``, with a robust covariance by patient.
    """
    leaving = times(time)
    size = leaving.size
    observed = flags(event_observed, "event_observed", size)
    treated = flags(arm, "arm", size)
    moved_on = flags(progressed, "progressed", size) & ~treated
    crossed = flags(switched, "switched", size) & moved_on
    progression = numbers(
        _needed(moved_on, progression_time, "progression_time"), "progression_time"
    )
    z = columns(
        _needed(moved_on, switch_covariates, "switch_covariates"), "switch_covariates", size
    )
    design = _design(treated, outcome_covariates)
    beta, covariance = _logistic(
        np.column_stack((np.ones(int(moved_on.sum())), z[moved_on])), crossed[moved_on]
    )
    stays = 1 - expit(np.column_stack((np.ones(size), z)) @ beta)
    goes_on = moved_on & ~crossed & (progression < leaving)
    first = np.arange(size)
    second = np.flatnonzero(goes_on)
    row = np.concatenate((first, second))
    start = np.concatenate((np.zeros(size), progression[second]))
    stop = np.concatenate((np.where(goes_on | crossed, progression, leaving), leaving[second]))
    event = np.concatenate((observed & ~goes_on & ~crossed, observed[second]))
    weight = np.concatenate((np.ones(size), 1 / stays[second]))
    order = np.lexsort((start, row))
    row, start, stop = row[order], start[order], stop[order]
    event, weight = event[order], weight[order]
    kept = stop > start
    row, start, stop = row[kept], start[kept], stop[kept]
    event, weight = event[kept], weight[kept]
    return Ipcw(
        row,
        start,
        stop,
        event,
        weight,
        beta,
        np.sqrt(np.diag(covariance)),
        cox(stop, event, design[row], entry=start, weights=weight, cluster=row),
        cox(stop, event, design[row], entry=start),
        cox(leaving, observed, design),
    )


def _trial(
    time: ArrayLike,
    event_observed: ArrayLike,
    arm: ArrayLike,
    treated_share: ArrayLike,
    censor_time: ArrayLike | None,
    autoswitch: bool,
    treatment_modifier: ArrayLike | None,
) -> _Trial:
    leaving = times(time)
    size = leaving.size
    observed = flags(event_observed, "event_observed", size)
    treated = flags(arm, "arm", size)
    share = numbers(treated_share, "treated_share", size=size)
    outside = (share < 0) | (share > 1)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise StatisticsError(
            f"`treated_share` row {row} is {share[row]:g}; it is a share of time, 0 to 1"
        )
    if treated.all() or not treated.any():
        raise StatisticsError("`arm` needs rows of both arms, 0 and 1")
    last = None
    if censor_time is not None:
        last = numbers(censor_time, "censor_time", size=size)
        early = last < leaving
        if early.any():
            row = int(np.flatnonzero(early)[0])
            raise StatisticsError(
                f"row {row} left at {leaving[row]:g}, after its `censor_time` {last[row]:g}"
            )
    recensored = np.ones(size, dtype=bool)
    if autoswitch:
        for code in (False, True):
            mine = share[treated == code]
            if (mine == 1).all() or (mine == 0).all():
                recensored &= treated != code
    modifier = np.ones(size)
    if treatment_modifier is not None:
        modifier = positive(treatment_modifier, "treatment_modifier", size)
    return _Trial(leaving, observed, treated, share, last, modifier, recensored)


def _needed(rows: BoolArray, values: ArrayLike, name: str) -> FloatArray:
    """A column or table that only ``rows`` need; 0 in the others, whatever stands there."""
    given = numeric(values, name)
    if given.shape[:1] != rows.shape:
        raise StatisticsError(f"`{name}` has shape {given.shape} where {rows.size} rows are needed")
    return np.where(rows if given.ndim == 1 else rows[:, None], given, 0.0)


def _design(arm: BoolArray, covariates: ArrayLike | None) -> FloatArray:
    """The arm, then the covariates."""
    first = arm.astype(np.float64)[:, None]
    if covariates is None:
        return first
    return np.column_stack((first, columns(covariates, "covariates", arm.size)))


def _crossings(
    trial: _Trial, test: Test, grid: FloatArray, z: FloatArray, height: float
) -> tuple[float, ...]:
    """Every place where Z steps over ``height``, to the last digit."""
    found = []
    above = z > height
    known = np.isfinite(z)
    for i in np.flatnonzero((above[1:] != above[:-1]) & known[1:] & known[:-1]):
        low, high = float(grid[i]), float(grid[i + 1])
        side = bool(above[i])
        while high - low > 1e-12:
            middle = (low + high) / 2
            if (trial.z(middle, test) > height) == side:
                low = middle
            else:
                high = middle
        found.append((low + high) / 2)
    return tuple(found)


def _nearest_root(excess: Callable[[float], float], search: tuple[float, float]) -> float:
    """Where ``excess`` changes sign, nearest to the effect as randomised (where psi = 0 leads):
    recensoring can make it change sign again far away."""
    low, high = search
    start = float(np.clip(-excess(0.0), low, high))
    below = above = (start, excess(start))
    while below[0] > low or above[0] < high:
        for edge, step in ((above, 0.1), (below, -0.1)):
            there = float(np.clip(edge[0] + step, low, high))
            value = excess(there)
            if value * edge[1] <= 0:
                return float(brentq(excess, min(there, edge[0]), max(there, edge[0]), xtol=1e-10))
            if step > 0:
                above = (there, value)
            else:
                below = (there, value)
    raise StatisticsError(f"no psi between {low:g} and {high:g} gives itself again")


def _hazard_ratio(
    trial: _Trial,
    time: FloatArray,
    event: BoolArray,
    level: float,
    x: FloatArray | None = None,
) -> tuple[HazardRatio, float]:
    """Cox's ratio with an interval that has the p value of the trial's own log-rank test:
    setting times back adds no evidence against no effect."""
    itt = log_rank(trial.time, trial.event, trial.arm)
    design = _design(trial.arm, None) if x is None else x
    coefficient = float(cox(time, event, design).coefficients[0])
    se = abs(coefficient) / max(-float(ndtri(itt.p / 2)), 1e-12)
    width = normal_quantile(level) * se
    values = np.exp([coefficient, coefficient - width, coefficient + width]).tolist()
    return HazardRatio(*values), itt.p


def _logistic(x: FloatArray, y: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Logistic regression by Newton's method: coefficients and covariance."""
    if y.all() or not y.any():
        raise StatisticsError("everybody who progressed switched, or nobody; there is no model")
    beta = np.zeros(x.shape[1])
    for _ in range(60):
        p = expit(x @ beta)
        information = x.T @ ((p * (1 - p))[:, None] * x)
        if np.linalg.cond(information) > 1e13:
            break
        step = np.linalg.solve(information, x.T @ (y - p))
        beta = beta + step
        if np.abs(step).max() < 1e-11:
            return beta, np.linalg.inv(information).astype(np.float64)
    raise StatisticsError(
        "a covariate of the switching model separates those who switched, is the same in everybody "
        "or follows from the others; leave it out"
    )
