"""Weighted least squares with one variance between studies, and the ways to estimate it.

The model is y ~ N(X b, diag(v + tau² d)). Pooling has d = 1; a network with multi-arm trials is
brought to this form by a rotation of each trial (``network``), so that both share one code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import brentq

from consilium.statistics.arrays import FloatArray, StatisticsError


@dataclass(frozen=True, slots=True)
class Weighted:
    """A fit at one tau². ``q`` is the weighted sum of squared residuals."""

    coefficients: FloatArray
    covariance: FloatArray
    residuals: FloatArray
    weights: FloatArray
    q: float


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the score of tau² needs at one tau²."""

    q: float
    trace_p: float
    trace_p_squared: float
    log_likelihood: float
    restricted: float


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Effects ``y``, design ``x``, variances within ``v``, and what tau² multiplies ``d``."""

    y: FloatArray
    x: FloatArray
    v: FloatArray
    d: FloatArray

    @property
    def degrees_of_freedom(self) -> int:
        """Rows less coefficients."""
        return int(self.x.shape[0] - self.x.shape[1])

    def fit(self, tau_squared: float = 0.0) -> Weighted:
        """Least squares with weights 1 / (v + tau² d)."""
        weights = 1 / (self.v + tau_squared * self.d)
        root = np.sqrt(weights)
        scaled = self.x * root[:, None]
        q, r = np.linalg.qr(scaled)
        diagonal = np.abs(np.diag(r))
        if not diagonal.size or diagonal.min() <= 1e-12 * diagonal.max():
            raise StatisticsError(
                "the columns of the design follow from one another; leave one out"
            )
        inverse = solve_triangular(r, np.eye(r.shape[0]))
        coefficients = inverse @ (q.T @ (root * self.y))
        residuals = self.y - self.x @ coefficients
        return Weighted(
            coefficients,
            inverse @ inverse.T,
            residuals,
            weights,
            float(weights @ residuals**2),
        )

    def dersimonian_laird(self) -> tuple[float, float]:
        """Moment estimate of tau² from the weights of the common-effect model, not truncated,
        and tr(P D) (DerSimonian and Laird, Control Clin Trials 1986;7:177; with covariances,
        Jackson, White and Thompson, Stat Med 2010;29:1282)."""
        sums = self._sums(0.0)
        return (sums.q - self.degrees_of_freedom) / sums.trace_p, sums.trace_p

    def paule_mandel(self) -> float:
        """tau² at which Q equals its degrees of freedom, or 0."""
        return self._root(lambda t: self.fit(t).q - self.degrees_of_freedom)

    def q_profile(self, quantile: float) -> float:
        """tau² at which Q equals ``quantile``, or 0 (Viechtbauer, Stat Med 2007;26:37)."""
        return self._root(lambda t: self.fit(t).q - quantile)

    def maximum_likelihood(self, *, restricted: bool) -> float:
        """tau² of the highest (restricted) likelihood.

        The score is searched for every place where the likelihood has a maximum, and the best
        of them is taken, zero included.
        """

        def score(tau_squared: float) -> float:
            return float(self._scores(np.array([tau_squared]), restricted)[0])

        def height(tau_squared: float) -> float:
            sums = self._sums(tau_squared)
            return sums.restricted if restricted else sums.log_likelihood

        largest = float(np.max(self.fit(0.0).residuals ** 2 / self.d)) + float(
            np.max(self.v / self.d)
        )
        grid = np.concatenate(([0.0], largest * np.geomspace(1e-6, 4.0, 14)))
        scores = self._scores(grid, restricted)
        tops = [0.0] if scores[0] <= 0 else []
        for low, high, before, after in zip(grid, grid[1:], scores, scores[1:], strict=False):
            if before > 0 >= after:
                tops.append(float(brentq(score, low, high, xtol=1e-15, rtol=1e-14)))
        if not tops:
            raise StatisticsError("the heterogeneity of these effects has no finite estimate")
        return tops[0] if len(tops) == 1 else max(tops, key=height)

    def log_likelihood(self, tau_squared: float, *, restricted: bool) -> float:
        """Log-likelihood at its best coefficients, without the constant of 2 pi."""
        sums = self._sums(tau_squared)
        return sums.restricted if restricted else sums.log_likelihood

    def information(self, tau_squared: float, *, restricted: bool) -> float:
        """Expected information on tau²."""
        if restricted:
            return self._sums(tau_squared).trace_p_squared / 2
        weights = 1 / (self.v + tau_squared * self.d)
        return float(np.sum((weights * self.d) ** 2)) / 2

    def projection(self, tau_squared: float = 0.0) -> FloatArray:
        """P = W - W X (X'WX)^-1 X'W."""
        fit = self.fit(tau_squared)
        weighted = fit.weights[:, None] * self.x
        return np.diag(fit.weights) - weighted @ fit.covariance @ weighted.T

    def _sums(self, tau_squared: float) -> _Sums:
        weights = 1 / (self.v + tau_squared * self.d)
        weighted = self.x * weights[:, None]
        information = self.x.T @ weighted
        root = np.linalg.cholesky(information)
        half = solve_triangular(root, weighted.T, lower=True, check_finite=False)
        right = half @ self.y
        residuals = self.y - (half.T @ right) / weights
        q = float(weights @ residuals**2)
        wd = weights * self.d
        leverage = half * np.sqrt(self.d)
        inner = leverage @ leverage.T
        twice = half * np.sqrt(self.d * wd)
        trace_p = float(wd.sum() - np.trace(inner))
        trace_p_squared = float(
            wd @ wd - 2 * np.einsum("ij,ij->", twice, twice) + np.einsum("ij,ij->", inner, inner)
        )
        likelihood = -0.5 * (q - float(np.log(weights).sum()))
        return _Sums(
            q,
            trace_p,
            trace_p_squared,
            likelihood,
            likelihood - float(np.log(np.diag(root)).sum()),
        )

    def _scores(self, tau_squared: FloatArray, restricted: bool) -> FloatArray:
        """Twice the derivative of the log-likelihood at each tau²."""
        n, p = self.x.shape
        weights = 1 / (self.v + tau_squared[:, None] * self.d)
        squares = (self.x[:, :, None] * self.x[:, None, :]).reshape(n, p * p)
        inverse = np.linalg.inv((weights @ squares).reshape(-1, p, p))
        coefficients = np.einsum("gij,gj->gi", inverse, (weights * self.y) @ self.x)
        residuals = weights * (self.y - coefficients @ self.x.T)
        trace = weights @ self.d
        if restricted:
            spread = ((weights**2 * self.d) @ squares).reshape(-1, p, p)
            trace = trace - np.einsum("gij,gji->g", inverse, spread)
        return np.asarray(residuals**2 @ self.d - trace)

    def _root(self, falling: Callable[[float], float]) -> float:
        if falling(0.0) <= 0:
            return 0.0
        high = float(np.var(self.y) + np.max(self.v / self.d))
        while falling(high) > 0:
            high *= 4
        return float(brentq(falling, 0.0, high, xtol=1e-15, rtol=1e-14))
