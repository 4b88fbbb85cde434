"""Parametric survival models: eight families, with covariates on the location."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaincc, gammaln, log_ndtr

from consilium.statistics.arrays import FloatArray, StatisticsError, named
from consilium.statistics.models import Fitted, patients

Family = Literal[
    "exponential",
    "weibull",
    "weibull-ph",
    "gompertz",
    "gamma",
    "lognormal",
    "loglogistic",
    "generalised-gamma",
]

_Law = Callable[[FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


class _Shape(NamedTuple):
    """How a family is written: its parameters, which are logarithms, where the location is,
    and log density and log survival at log times, shapes and locations."""

    names: tuple[str, ...]
    logs: tuple[bool, ...]
    location: int
    law: _Law
    start: Callable[[float, FloatArray], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class LocationScale:
    """A model of log time: coefficients (intercept first), scale, and the covariance of the
    coefficients and log scale (of the coefficients alone where the scale is fixed at 1)."""

    coefficients: FloatArray
    scale: float
    covariance: FloatArray


@dataclass(frozen=True, slots=True)
class ParametricFit(Fitted):
    """A fitted family; see ``fit_parametric`` for its parameters."""

    family: Family

    @property
    def _covariate_count(self) -> int:
        return self.transformed.size - len(_FAMILIES[self.family].names)

    def _log_survival(self, moments: FloatArray, subject: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.where(moments > 0, self._laws(np.maximum(moments, 1e-300), subject)[1], 0.0)

    def _log_hazard(self, moments: FloatArray, subject: FloatArray) -> FloatArray:
        density, survival = self._laws(moments, subject)
        return density - survival

    def _laws(self, moments: FloatArray, subject: FloatArray) -> tuple[FloatArray, FloatArray]:
        return _laws(_FAMILIES[self.family], np.log(moments), subject[None, :], self.transformed)

    def location_scale(self) -> LocationScale:
        """The same model as a regression of log time, for exponential, Weibull, lognormal and
        log-logistic fits."""
        theta, cov = self.transformed, self.covariance
        if self.family == "exponential":
            return LocationScale(-theta, 1.0, cov)
        if self.family not in ("weibull", "loglogistic", "lognormal"):
            raise StatisticsError(f"the {self.family} family is no regression of log time")
        sign = 1.0 if self.family == "lognormal" else -1.0
        shape = 1 if self.family == "lognormal" else 0
        order = [1 - shape, *range(2, theta.size), shape]
        turn = np.ones(theta.size)
        turn[-1] = sign
        return LocationScale(
            theta[order[:-1]],
            float(np.exp(sign * theta[shape])),
            cov[np.ix_(order, order)] * np.outer(turn, turn),
        )


def fit_parametric(
    time: ArrayLike,
    event_observed: ArrayLike,
    covariates: ArrayLike | None = None,
    *,
    family: Family = "weibull",
    names: Sequence[str] | None = None,
) -> ParametricFit:
    """Fit one family by maximum likelihood.

    Parameters in this order, covariates (log scale, or mean of log time) after them:

    - "exponential": rate
    - "weibull": shape, scale; survival exp(-(t / scale)^shape); a covariate multiplies the scale
    - "weibull-ph": shape, scale; exp(-scale t^shape); a covariate multiplies the hazard
    - "gompertz": shape (any sign, not a logarithm), rate; hazard rate exp(shape t)
    - "gamma": shape, rate
    - "lognormal": meanlog, sdlog
    - "loglogistic": shape, scale; 1 / (1 + (t / scale)^shape)
    - "generalised-gamma": mu, sigma, q (Prentice, Biometrika 1974;61:539); lognormal at q = 0,
      Weibull at q = 1

    Raises ``StatisticsError`` where the likelihood has no maximum.
    """
    if family not in _FAMILIES:
        raise StatisticsError(f"`{family}` is no family; use one of {', '.join(_FAMILIES)}")
    leaving, observed, x = patients(time, event_observed, covariates)
    labels = named(names, x.shape[1])
    shape = _FAMILIES[family]
    # The clock is set so that a typical time is 1, and set back at the end.
    unit = float(leaving.sum() / observed.sum())
    log_time = np.log(leaving / unit)

    def log_likelihood(theta: FloatArray) -> float:
        with np.errstate(all="ignore"):
            density, survival = _laws(shape, log_time, x, theta)
            return float(np.where(observed, density, survival).sum())

    first = np.concatenate((shape.start(unit, log_time[observed]), np.zeros(x.shape[1])))
    theta, information = _maximise(log_likelihood, first, family)
    covariance: FloatArray = np.linalg.inv(information).astype(np.float64)
    theta, turn = _set_back(family, theta, unit)
    covariance = turn @ covariance @ turn.T
    log_scale = np.array([*shape.logs, *([False] * x.shape[1])])
    return ParametricFit(
        names=(*shape.names, *labels),
        parameters=np.where(log_scale, np.exp(theta), theta),
        transformed=theta,
        covariance=covariance,
        log_likelihood=_log_likelihood_in(family, leaving, observed, x, theta),
        n=leaving.size,
        n_event=int(observed.sum()),
        family=family,
    )


def _log_likelihood_in(
    family: Family,
    time: FloatArray,
    observed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    x: FloatArray,
    theta: FloatArray,
) -> float:
    """Log-likelihood of transformed parameters, in the given unit of time."""
    density, survival = _laws(_FAMILIES[family], np.log(time), x, theta)
    return float(np.where(observed, density, survival).sum())


def _laws(
    shape: _Shape, log_time: FloatArray, x: FloatArray, theta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    count = len(shape.names)
    location = theta[shape.location] + x @ theta[count:]
    others = np.delete(theta[:count], shape.location)
    return shape.law(log_time, others, location)


def _set_back(family: Family, theta: FloatArray, unit: float) -> tuple[FloatArray, FloatArray]:
    """Parameters for the unit of time that was given, and what that does to their spread."""
    theta, turn = theta.copy(), np.eye(theta.size)
    log_unit = float(np.log(unit))
    if family in ("exponential", "gamma"):
        theta[_FAMILIES[family].location] -= log_unit
    elif family == "weibull-ph":
        shape = float(np.exp(theta[0]))
        theta[1] -= shape * log_unit
        turn[1, 0] = -shape * log_unit
    elif family == "gompertz":
        theta[0] /= unit
        theta[1] -= log_unit
        turn[0, 0] = 1 / unit
    else:
        theta[_FAMILIES[family].location] += log_unit
    return theta, turn


_SMALL = 1e-300


def _exponential(x: FloatArray, _: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    hazard = -np.exp(m + x)
    return m + hazard, hazard


def _weibull(x: FloatArray, s: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    a = np.exp(s[0])
    z = a * (x - m)
    survival = -np.exp(z)
    return s[0] + z - x + survival, survival


def _weibull_ph(x: FloatArray, s: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    a = np.exp(s[0])
    survival = -np.exp(m + a * x)
    return m + s[0] + (a - 1) * x + survival, survival


def _gompertz(x: FloatArray, s: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    t, a = np.exp(x), s[0]
    growth = np.expm1(a * t) / a if abs(a) > 1e-10 else t * (1 + a * t / 2)
    survival = -np.exp(m) * growth
    return m + a * t + survival, survival


def _gamma(x: FloatArray, s: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    a = np.exp(s[0])
    u = np.exp(m + x)
    density = a * (m + x) - x - u - gammaln(a)
    return density, np.log(np.maximum(gammaincc(a, u), _SMALL))


def _lognormal(x: FloatArray, s: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    z = (x - m) / np.exp(s[0])
    return -0.5 * z**2 - s[0] - x - 0.5 * np.log(2 * np.pi), log_ndtr(-z)


def _loglogistic(x: FloatArray, s: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    z = np.exp(s[0]) * (x - m)
    survival = -np.logaddexp(0, z)
    return s[0] + z - x + 2 * survival, survival


def _generalised_gamma(
    x: FloatArray, s: FloatArray, m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    log_sigma, q = s
    if abs(q) < 1e-4:
        return _lognormal(x, s[:1], m)
    w = q * (x - m) / np.exp(log_sigma)
    k = q**-2
    u = k * np.exp(w)
    density = np.log(abs(q)) * (1 - 2 * k) + k * (w - np.exp(w)) - gammaln(k) - log_sigma - x
    tail = gammaincc(k, u) if q > 0 else gammainc(k, u)
    return density, np.log(np.maximum(tail, _SMALL))


def _spread(log_time: FloatArray) -> float:
    return float(np.log(max(0.3, float(np.std(log_time)))))


_FAMILIES: dict[Family, _Shape] = {
    "exponential": _Shape(("rate",), (True,), 0, _exponential, lambda _, x: (0.0,)),
    "weibull": _Shape(("shape", "scale"), (True, True), 1, _weibull, lambda _, x: (0.0, 0.0)),
    "weibull-ph": _Shape(("shape", "scale"), (True, True), 1, _weibull_ph, lambda _, x: (0.0, 0.0)),
    "gompertz": _Shape(("shape", "rate"), (False, True), 1, _gompertz, lambda _, x: (0.01, 0.0)),
    "gamma": _Shape(("shape", "rate"), (True, True), 1, _gamma, lambda _, x: (0.0, 0.0)),
    "lognormal": _Shape(
        ("meanlog", "sdlog"),
        (False, True),
        0,
        _lognormal,
        lambda _, x: (float(np.mean(x)), _spread(x)),
    ),
    "loglogistic": _Shape(
        ("shape", "scale"),
        (True, True),
        1,
        _loglogistic,
        lambda _, x: (-_spread(x), float(np.median(x))),
    ),
    "generalised-gamma": _Shape(
        ("mu", "sigma", "q"),
        (False, True, False),
        0,
        _generalised_gamma,
        lambda _, x: (float(np.mean(x)), _spread(x), 0.5),
    ),
}


def _maximise(
    height: Callable[[FloatArray], float], first: FloatArray, what: str
) -> tuple[FloatArray, FloatArray]:
    """Damped Newton on derivatives by central differences; the point and its information."""
    theta, here = first, height(first)
    if not np.isfinite(here):
        raise StatisticsError(f"the {what} family cannot describe these times")
    for _ in range(100):
        gradient, information = _derivatives(height, theta)
        values, vectors = np.linalg.eigh(information)
        safe = np.maximum(np.abs(values), 1e-6 * np.abs(values).max())
        step = vectors @ ((vectors.T @ gradient) / safe)
        longest = float(np.abs(step).max())
        if longest > 2:
            step *= 2 / longest
        gain = float(gradient @ step)
        for _ in range(30):
            there = height(theta + step)
            if there >= here - 1e-9:
                break
            step = step / 2
        else:
            break
        theta, here = theta + step, there
        if gain < 1e-13 * max(1.0, abs(here)):
            if values[0] <= 0:
                break
            return theta, _derivatives(height, theta)[1]
    gradient, information = _derivatives(height, theta)
    values = np.linalg.eigvalsh(information)
    if values[0] > 0 and float(gradient @ np.linalg.solve(information, gradient)) < 1e-8:
        return theta, information
    raise StatisticsError(
        f"the likelihood of the {what} family has no maximum for these times; too few events, or "
        "a covariate that separates them"
    )


_STEP = 3e-4


def _derivatives(
    height: Callable[[FloatArray], float], theta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient and negative second derivatives, to fourth order on the diagonal."""
    p = theta.size
    gradient, information = np.empty(p), np.empty((p, p))
    unit = np.eye(p) * _STEP
    centre = height(theta)
    for i in range(p):
        one, other = height(theta + unit[i]), height(theta - unit[i])
        two, twice = height(theta + 2 * unit[i]), height(theta - 2 * unit[i])
        gradient[i] = (8 * (one - other) - (two - twice)) / (12 * _STEP)
        information[i, i] = (30 * centre - 16 * (one + other) + two + twice) / (12 * _STEP**2)
        for j in range(i):
            mixed = (
                height(theta + unit[i] + unit[j])
                - height(theta + unit[i] - unit[j])
                - height(theta - unit[i] + unit[j])
                + height(theta - unit[i] - unit[j])
            )
            information[i, j] = information[j, i] = -mixed / (4 * _STEP**2)
    return gradient, information
