"""Royston-Parmar models: a natural cubic spline of log time, on one of three scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_ndtr

from consilium.statistics.arrays import BoolArray, FloatArray, StatisticsError, named, numbers
from consilium.statistics.models import Fitted, patients

Scale = Literal["hazard", "odds", "normal"]
_LOOKED_AT = 500  # places between the boundaries at which the spline must not turn down


@dataclass(frozen=True, slots=True)
class SplineFit(Fitted):
    """A fitted spline: ``gamma0``, ``gamma1``, ... then covariates, none of them transformed.

    ``knots`` are log times, boundaries first and last.
    """

    scale: Scale
    knots: FloatArray

    @property
    def _covariate_count(self) -> int:
        return self.transformed.size - self.knots.size

    def _log_survival(self, moments: FloatArray, subject: FloatArray) -> FloatArray:
        asked = np.maximum(moments, 1e-300)
        survival = _parts(self.scale, self._at(asked, subject)[0])[3]
        return np.where(moments > 0, survival, 0.0)

    def _log_hazard(self, moments: FloatArray, subject: FloatArray) -> FloatArray:
        eta, slope = self._at(moments, subject)
        event, _, _, survival, _, _ = _parts(self.scale, eta)
        with np.errstate(divide="ignore", invalid="ignore"):
            return event + np.log(slope) - np.log(moments) - survival

    def _at(self, moments: FloatArray, subject: FloatArray) -> tuple[FloatArray, FloatArray]:
        basis, slope = _basis(np.log(moments), self.knots)
        count = self.knots.size
        eta = basis @ self.transformed[:count] + subject @ self.transformed[count:]
        return eta, slope @ self.transformed[:count]


def fit_spline(
    time: ArrayLike,
    event_observed: ArrayLike,
    covariates: ArrayLike | None = None,
    *,
    k: int = 1,
    scale: Scale = "hazard",
    knots: ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> SplineFit:
    """Fit a Royston-Parmar model (Stat Med 2002;21:2175) by Newton's method.

    ``scale`` says what the spline of log time is: "hazard" log cumulative hazard (covariates
    are log hazard ratios), "odds" log odds of the event, "normal" the probit of it. ``k`` inner
    knots lie at quantiles of the log times of events, the boundaries at the first and the last;
    or give all ``knots`` as log times. Beyond the boundaries the spline is straight: an
    extrapolation, and no more than that. Raises ``StatisticsError`` where the spline with the
    highest likelihood would let survival rise between events.
    """
    if scale not in ("hazard", "odds", "normal"):
        raise StatisticsError(f"`{scale}` is no scale; use `hazard`, `odds` or `normal`")
    leaving, observed, x = patients(time, event_observed, covariates)
    labels = named(names, x.shape[1])
    log_time = np.log(leaving)
    if knots is None:
        if k < 0:
            raise StatisticsError(f"`k` is {k}; a spline has no fewer than 0 inner knots")
        places = np.quantile(log_time[observed], np.linspace(0, 1, k + 2))
    else:
        places = numbers(knots, "knots")
    if places.size < 2 or (np.diff(places) <= 0).any():
        raise StatisticsError(
            f"the knots {np.round(places, 3).tolist()} must rise; there are too few distinct times "
            "of events for so many knots. Ask for fewer (`k`)"
        )
    basis, slope = _basis(log_time, places)
    design = np.column_stack((basis, x))
    slopes = np.column_stack((slope, np.zeros_like(x)))[observed]
    theta, height, information = _newton(scale, design, slopes, observed, leaving)
    rise = _basis(np.linspace(places[0], places[-1], _LOOKED_AT), places)[1] @ theta[: places.size]
    if rise.min() < 0:
        raise StatisticsError(
            "survival would rise between events: too many knots for so few events. Ask for fewer "
            "(`k`)"
        )
    return SplineFit(
        names=(*(f"gamma{i}" for i in range(places.size)), *labels),
        parameters=theta,
        transformed=theta,
        covariance=np.asarray(np.linalg.inv(information), dtype=np.float64),
        log_likelihood=height - float(log_time[observed].sum()),
        n=leaving.size,
        n_event=int(observed.sum()),
        scale=scale,
        knots=places,
    )


def _basis(x: FloatArray, knots: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Natural cubic spline and its slope: constant, straight, one column per inner knot."""
    low, high = knots[0], knots[-1]
    basis, slope = [np.ones_like(x), x], [np.zeros_like(x), np.ones_like(x)]
    for knot in knots[1:-1]:
        share = (high - knot) / (high - low)
        parts = [np.maximum(x - place, 0) for place in (knot, low, high)]
        basis.append(parts[0] ** 3 - share * parts[1] ** 3 - (1 - share) * parts[2] ** 3)
        slope.append(3 * (parts[0] ** 2 - share * parts[1] ** 2 - (1 - share) * parts[2] ** 2))
    return np.column_stack(basis), np.column_stack(slope)


def _parts(
    scale: Scale, eta: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Log density over the slope, and log survival, with two derivatives each."""
    one = np.ones_like(eta)
    if scale == "hazard":
        hazard = np.exp(np.minimum(eta, 700))
        return eta - hazard, one - hazard, -hazard, -hazard, -hazard, -hazard
    if scale == "odds":
        p = expit(eta)
        survival = -np.logaddexp(0, eta)
        bend = -p * (1 - p)
        return eta + 2 * survival, one - 2 * p, 2 * bend, survival, -p, bend
    survival = log_ndtr(-eta)
    density = -0.5 * (eta**2 + np.log(2 * np.pi))
    mills = np.exp(density - survival)
    return density, -eta, -one, survival, -mills, -mills * (mills - eta)


def _newton(
    scale: Scale,
    design: FloatArray,
    slopes: FloatArray,
    observed: BoolArray,
    leaving: FloatArray,
) -> tuple[FloatArray, float, FloatArray]:
    def at(theta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        rise = slopes @ theta
        if rise.min() <= 0:
            return -np.inf, theta, np.empty((0, 0))
        parts = _parts(scale, design @ theta)
        value, first, second = (
            np.where(observed, event, censored)
            for event, censored in zip(parts[:3], parts[3:], strict=True)
        )
        height = float(value.sum() + np.log(rise).sum())
        gradient = first @ design + (1 / rise) @ slopes
        scaled = slopes / rise[:, None]
        information = scaled.T @ scaled - design.T @ (second[:, None] * design)
        return height, gradient, information

    # Any straight line that rises is a model; this one has the right number of events.
    theta = np.zeros(design.shape[1])
    theta[1] = 1.0
    theta[0] = np.log(observed.sum() / leaving.sum())
    if scale == "normal":
        theta[1] = 0.6
        theta[0] = -0.6 * float(np.mean(design[:, 1])) - 0.2
    height, gradient, information = at(theta)
    for _ in range(200):
        values, vectors = np.linalg.eigh(information)
        safe = np.maximum(np.abs(values), 1e-12 * np.abs(values).max())
        step = vectors @ ((vectors.T @ gradient) / safe)
        gain = float(gradient @ step)
        found = at(theta + step)
        while not found[0] >= height - 1e-11 * abs(height):
            step = step / 2
            if np.abs(step).max() < 1e-14:
                break
            found = at(theta + step)
        if not np.isfinite(found[0]):
            break
        theta = theta + step
        height, gradient, information = found
        if gain < 1e-14 * max(1.0, abs(height)):
            break
    if not (gain < 1e-7 and np.linalg.eigvalsh(information)[0] > 0):
        raise StatisticsError(
            "the spline has no maximum of its likelihood for these times: too many knots for so "
            "few events, or a covariate that separates them"
        )
    return theta, height, information
