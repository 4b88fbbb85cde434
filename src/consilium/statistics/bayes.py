"""Bayesian network meta-analysis of contrasts, by quadrature over the variance between trials.

Given tau everything is Gaussian and known in closed form, so that what is left is one integral:
exact, with no Monte Carlo error, and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.linalg import solve_triangular
from scipy.optimize import brentq
from scipy.special import ndtr

from consilium.statistics.arrays import FloatArray, StatisticsError
from consilium.statistics.heterogeneity import Heterogeneity
from consilium.statistics.network import Contrasts


@dataclass(frozen=True, slots=True)
class TauPrior:
    """Prior of the standard deviation between trials, on the scale of the effects.

    ``kind`` "half-normal" with standard deviation ``scale``, or "uniform" from 0 to ``scale``.
    """

    kind: Literal["half-normal", "uniform"] = "half-normal"
    scale: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in ("half-normal", "uniform"):
            raise StatisticsError(f"`{self.kind}` is no prior; use `half-normal` or `uniform`")
        if not self.scale > 0:
            raise StatisticsError(f"the scale of a prior is {self.scale:g}; it must be above 0")

    def log_density(self, tau: FloatArray) -> FloatArray:
        """Logarithm of the density, up to a constant."""
        if self.kind == "half-normal":
            return np.asarray(-0.5 * (tau / self.scale) ** 2)
        return np.asarray(np.where(tau <= self.scale, 0.0, -np.inf))


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is known of one number after the data."""

    mean: float
    sd: float
    q025: float
    median: float
    q975: float


@dataclass(frozen=True)
class BayesianNetwork:
    """Posterior of treatment effects against the reference, and of tau.

    ``effects`` follow ``treatments`` (the reference is 0). ``better[i, j]`` is the probability
    that treatment i has the smaller effect. The mixture over tau is kept for other contrasts.
    """

    treatments: tuple[Any, ...]
    reference: Any
    effects: tuple[Posterior, ...]
    tau: Posterior
    better: FloatArray
    _weights: FloatArray
    _means: FloatArray
    _covariances: FloatArray

    def contrast(self, treatment_1: Any, treatment_2: Any) -> Posterior:
        """Posterior of ``treatment_1`` less ``treatment_2``."""
        for treatment in (treatment_1, treatment_2):
            if treatment not in self.treatments:
                raise StatisticsError(f"`{treatment}` is no treatment of this network")
        i, j = self.treatments.index(treatment_1), self.treatments.index(treatment_2)
        mean = self._means[:, i] - self._means[:, j]
        cov = self._covariances
        return _mixture(self._weights, mean, cov[:, i, i] + cov[:, j, j] - 2 * cov[:, i, j])


def bayes_contrast_network(
    study: Sequence[Any] | ArrayLike,
    treatment_1: Sequence[Any] | ArrayLike,
    treatment_2: Sequence[Any] | ArrayLike,
    effect: ArrayLike,
    standard_error: ArrayLike,
    *,
    tau_prior: TauPrior | None = None,
    effect_prior_sd: float = 100.0,
    reference: Any = None,
) -> BayesianNetwork:
    """Random-effects network of contrasts (NICE TSD 2, normal likelihood on differences).

    Rows as for ``network``: ``effect`` is of ``treatment_1`` less ``treatment_2``. The effects
    against the reference have independent normal priors with mean 0 and ``effect_prior_sd``;
    ``tau_prior`` defaults to a half-normal with standard deviation 0.5.
    """
    prior = TauPrior() if tau_prior is None else tau_prior
    if not effect_prior_sd > 0:
        raise StatisticsError(f"`effect_prior_sd` is {effect_prior_sd:g}; it must be above zero")
    data = Contrasts.of(study, treatment_1, treatment_2, effect, standard_error, reference)
    model = data.rotated(data.design)

    def log_posterior(tau: FloatArray) -> FloatArray:
        likelihood = np.array([_given(model, t, effect_prior_sd)[0] for t in tau])
        return np.asarray(prior.log_density(tau) + likelihood)

    edge = _edge(log_posterior, prior)
    nodes, weights = _panels(edge, panels=12, order=10)
    given = [_given(model, t, effect_prior_sd) for t in nodes]
    height = prior.log_density(nodes) + np.array([g[0] for g in given])
    density = np.exp(height - height.max())
    weights = weights * density
    weights /= weights.sum()
    count = len(data.treatments)
    others = np.delete(np.arange(count), data.reference)
    means = np.zeros((nodes.size, count))
    covariances = np.zeros((nodes.size, count, count))
    means[:, others] = [g[1] for g in given]
    covariances[np.ix_(np.arange(nodes.size), others, others)] = [g[2] for g in given]
    diagonal = np.einsum("kii->ki", covariances)
    effects = tuple(_mixture(weights, means[:, i], diagonal[:, i]) for i in range(count))
    apart = means[:, :, None] - means[:, None, :]
    variance = diagonal[:, :, None] + diagonal[:, None, :] - 2 * covariances
    with np.errstate(divide="ignore", invalid="ignore"):
        better = np.einsum("k,kij->ij", weights, ndtr(-apart / np.sqrt(variance)))
    np.fill_diagonal(better, 0.0)
    return BayesianNetwork(
        data.treatments,
        data.treatments[data.reference],
        effects,
        _of_density(nodes, weights, height, edge),
        better,
        weights,
        means,
        covariances,
    )


def _given(
    model: Heterogeneity, tau: float, prior_sd: float
) -> tuple[float, FloatArray, FloatArray]:
    """Log marginal likelihood, posterior mean and covariance of the effects, given tau."""
    weights = 1 / (model.v + tau**2 * model.d)
    weighted = model.x * weights[:, None]
    precision = model.x.T @ weighted
    precision[np.diag_indices_from(precision)] += prior_sd**-2
    root = np.linalg.cholesky(precision)
    inverse = solve_triangular(root, np.eye(root.shape[0]), lower=True)
    half = inverse @ (weighted.T @ model.y)
    likelihood = 0.5 * (
        float(np.log(weights).sum())
        - float(weights @ model.y**2)
        + float(half @ half)
        - 2 * float(np.log(np.diag(root)).sum())
    )
    return likelihood, inverse.T @ half, inverse.T @ inverse


def _edge(log_posterior: Any, prior: TauPrior) -> float:
    """Where the posterior of tau has fallen to nothing."""
    if prior.kind == "uniform":
        top, last = prior.scale, prior.scale
    else:
        top, last = 8 * prior.scale, 8 * prior.scale
    grid = np.geomspace(top * 1e-4, top, 60)
    height = log_posterior(grid)
    kept = np.flatnonzero(height > height.max() - 36)
    return float(grid[kept[-1] + 1]) if kept[-1] + 1 < grid.size else last


def _panels(edge: float, *, panels: int, order: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights on pieces of 0 to ``edge``, closer together near 0."""
    x, w = np.polynomial.legendre.leggauss(order)
    cuts = edge * np.linspace(0, 1, panels + 1) ** 1.5
    half = np.diff(cuts) / 2
    middle = (cuts[1:] + cuts[:-1]) / 2
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()


def _mixture(weights: FloatArray, mean: FloatArray, variance: FloatArray) -> Posterior:
    """Moments and quantiles of a mixture of normals."""
    centre = float(weights @ mean)
    spread = float(np.sqrt(weights @ (variance + (mean - centre) ** 2)))
    if spread == 0:
        return Posterior(centre, 0.0, centre, centre, centre)
    sd = np.sqrt(variance)

    def quantile(share: float) -> float:
        return float(
            brentq(
                lambda x: float(weights @ ndtr((x - mean) / sd)) - share,
                centre - 40 * spread,
                centre + 40 * spread,
                xtol=1e-12,
            )
        )

    return Posterior(centre, spread, quantile(0.025), quantile(0.5), quantile(0.975))


def _of_density(
    nodes: FloatArray, weights: FloatArray, height: FloatArray, edge: float
) -> Posterior:
    centre = float(weights @ nodes)
    spread = float(np.sqrt(weights @ (nodes - centre) ** 2))
    fine = np.linspace(0, edge, 20_001)
    density = np.exp(CubicSpline(nodes, height - height.max())(fine))
    cumulative = np.concatenate(([0.0], np.cumsum((density[1:] + density[:-1]) / 2)))
    low, middle, high = np.interp([0.025, 0.5, 0.975], cumulative / cumulative[-1], fine).tolist()
    return Posterior(centre, spread, low, middle, high)
