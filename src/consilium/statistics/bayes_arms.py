"""Bayesian network meta-analysis of events in arms: binomial, logit, random effects.

The model of NICE TSD 2, without a Markov chain: the effects of each trial are integrated out by
adaptive Gauss-Hermite quadrature, the treatment effects by quasi-random importance sampling at
each of a set of values of tau, and tau by quadrature. Deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.special import expit, gammaln, logsumexp, ndtri

from consilium.statistics.arrays import FloatArray, IntArray, StatisticsError, numbers, positive
from consilium.statistics.bayes import Posterior, TauPrior
from consilium.statistics.network import Network, network

_NODES = 15  # of a trial of two arms
_GRID = 100
_FREEDOM = 5  # degrees of freedom of the proposal, so that no tail is missed


@dataclass(frozen=True, slots=True)
class BayesianArms:
    """Posterior of log odds ratios against the reference (itself 0), and of tau.

    ``effective_draws`` says how good the proposal was: small numbers (below some hundreds) mean
    that the summaries are rough.
    """

    treatments: tuple[Any, ...]
    reference: Any
    effects: tuple[Posterior, ...]
    tau: Posterior
    effective_draws: float


@dataclass(frozen=True, slots=True)
class _Study:
    arms: IntArray
    events: FloatArray
    total: FloatArray
    nodes: FloatArray
    log_weights: FloatArray


def bayes_arms_network(
    study: Sequence[Any] | ArrayLike,
    treatment: Sequence[Any] | ArrayLike,
    events: ArrayLike,
    total: ArrayLike,
    *,
    tau_prior: TauPrior | None = None,
    prior_sd: float = 100.0,
    reference: Any = None,
    points: int = 2048,
) -> BayesianArms:
    """Random-effects network from arms: one row an arm, with its ``events`` of ``total``.

    Effects of treatments and the log odds of each trial's first arm have normal priors with
    ``prior_sd``; ``tau_prior`` defaults to uniform on 0 to 5. Trial effects of one trial are
    correlated by a half, as multi-arm trials need. ``points`` is a power of 2: draws at each
    value of tau.
    """
    prior = TauPrior("uniform", 5.0) if tau_prior is None else tau_prior
    if points < 2 or points & (points - 1):
        raise StatisticsError(f"`points` is {points}; it must be a power of 2, such as 2048")
    treatments, studies, first_guess = _read(study, treatment, events, total, reference)
    place = treatments.index(first_guess.reference)
    top = prior.scale if prior.kind == "uniform" else 6 * prior.scale
    # A rough pass says where tau lies, a second one follows it.
    coarse, _ = _panels(0.0, top, panels=8, order=2)
    rough = [_at(tau, studies, place, first_guess, prior_sd, 64, None) for tau in coarse]
    height = prior.log_density(coarse) + np.array([r[0] for r in rough])
    kept = np.flatnonzero(height > height.max() - 20)
    edge = float(coarse[kept[-1] + 1]) if kept[-1] + 1 < coarse.size else top
    nodes, widths = _panels(0.0, edge, panels=4, order=5)
    drawn, weights, marginal = [], [], []
    for tau in nodes:
        guide = rough[int(np.argmin(np.abs(coarse - tau)))]
        guide = _at(tau, studies, place, first_guess, prior_sd, 128, guide[3:])
        found = _at(tau, studies, place, first_guess, prior_sd, points, guide[3:])
        marginal.append(found[0])
        drawn.append(found[1])
        weights.append(found[2])
    density = prior.log_density(nodes) + np.array(marginal)
    share = widths * np.exp(density - density.max())
    share /= share.sum()
    weight = (share[:, None] * np.array(weights)).ravel()
    draws = np.insert(np.concatenate(drawn), place, 0.0, axis=1)
    return BayesianArms(
        treatments,
        treatments[place],
        tuple(_summary(draws[:, i], weight) for i in range(len(treatments))),
        _tau(nodes, share, density, edge),
        float(1 / (weight @ weight)),
    )


def _read(
    study: Sequence[Any] | ArrayLike,
    treatment: Sequence[Any] | ArrayLike,
    events: ArrayLike,
    total: ArrayLike,
    reference: Any,
) -> tuple[tuple[Any, ...], list[_Study], Network]:
    r = numbers(events, "events")
    n = positive(total, "total", r.size)
    bad = (r < 0) | (r > n)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise StatisticsError(f"row {row}: {r[row]:g} events of {n[row]:g} patients")
    labels, member = np.unique(np.asarray(study), return_inverse=True)
    names, places = np.unique(np.asarray(treatment), return_inverse=True)
    if member.size != r.size or places.size != r.size:
        raise StatisticsError("`study`, `treatment`, `events` and `total` need as many rows each")
    studies, contrasts = [], []
    for number, label in enumerate(labels.tolist()):
        rows = np.flatnonzero(member == number)
        rows = rows[np.argsort(places[rows])]
        if rows.size < 2 or np.unique(places[rows]).size < rows.size:
            raise StatisticsError(f"study `{label}` needs two or more arms, each of its own")
        x, w = np.polynomial.hermite_e.hermegauss(_NODES if rows.size < 3 else 7)
        grid = np.array(list(product(x, repeat=rows.size)))
        log_weights = np.array(list(product(np.log(w), repeat=rows.size))).sum(axis=1)
        studies.append(
            _Study(
                places[rows].astype(np.int64),
                r[rows],
                n[rows],
                grid,
                log_weights + 0.5 * (grid**2).sum(axis=1),
            )
        )
        a, b = r[rows] + 0.5, n[rows] - r[rows] + 0.5
        for i, j in combinations(range(rows.size), 2):
            contrasts.append(
                (
                    label,
                    names[places[rows[j]]],
                    names[places[rows[i]]],
                    np.log(a[j] / b[j]) - np.log(a[i] / b[i]),
                    np.sqrt(1 / a[i] + 1 / b[i] + 1 / a[j] + 1 / b[j]),
                )
            )
    columns = [np.array(column) for column in zip(*contrasts, strict=True)]
    guess = network(*columns, tau_squared=0.05, reference=reference)
    return tuple(names.tolist()), studies, guess


def _at(
    tau: float,
    studies: list[_Study],
    place: int,
    first_guess: Network,
    prior_sd: float,
    points: int,
    guide: tuple[FloatArray, FloatArray] | None,
) -> tuple[float, FloatArray, FloatArray, FloatArray, FloatArray]:
    """At one tau: log marginal likelihood, draws, their weights, and mean and covariance."""
    if guide is None:
        others = np.delete(np.arange(len(first_guess.treatments)), place)
        mean = first_guess.common.effects[others, place]
        covariance = first_guess.common.covariance[np.ix_(others, others)] * (1 + 20 * tau**2)
    else:
        mean, covariance = guide
    size = mean.size
    root = np.linalg.cholesky(1.3 * covariance)
    z = _student(points, size)
    draws = mean + z @ root.T
    log_proposal = -0.5 * (_FREEDOM + size) * np.log1p((z**2).sum(axis=1) / _FREEDOM)
    log_proposal -= float(np.log(np.diag(root)).sum())
    height = -0.5 * ((draws / prior_sd) ** 2).sum(axis=1)
    full = np.insert(draws, place, 0.0, axis=1)
    for study in studies:
        height = height + _trial_likelihood(study, full, tau, prior_sd)
    log_weights = height - log_proposal
    total = float(logsumexp(log_weights))
    weights = np.exp(log_weights - total)
    centre = weights @ draws
    apart = draws - centre
    spread = (apart * weights[:, None]).T @ apart
    spread += 1e-6 * np.diag(np.diag(covariance))
    # With few effective draws the weighted spread is too small: lean on the proposal.
    effective = 1 / float(weights @ weights)
    if effective < 4 * size:
        spread = 0.5 * spread + 0.5 * covariance
    return total - float(np.log(points)), draws, weights, centre, spread


def _student(points: int, size: int) -> FloatArray:
    """Quasi-random points of a multivariate t."""
    from scipy.stats import chi2, qmc  # noqa: PLC0415 - slow to import, and needed only here

    u = qmc.Sobol(size + 1, seed=20).random(points)
    u = np.clip(u, 1e-12, 1 - 1e-12)
    scale = np.sqrt(chi2.ppf(u[:, -1], _FREEDOM) / _FREEDOM)
    return np.asarray(ndtri(u[:, :-1]) / scale[:, None])


def _trial_likelihood(
    study: _Study, effects: FloatArray, tau: float, prior_sd: float
) -> FloatArray:
    """Log likelihood of one trial at each row of ``effects``.

    That of two arms depends on their difference alone: it is worked out on a grid and
    interpolated.
    """
    if study.arms.size > 2:
        return _study_likelihood(study, effects, tau, prior_sd)
    difference = effects[:, study.arms[1]] - effects[:, study.arms[0]]
    low, high = np.quantile(difference, [0.002, 0.998]).tolist()
    inner = np.linspace(low, high, _GRID)
    outer = np.linspace(difference.min(), difference.max(), _GRID // 2)
    grid = np.unique(np.concatenate((inner, outer)))
    on_grid = np.zeros((grid.size, effects.shape[1]))
    on_grid[:, study.arms[1]] = grid
    return np.asarray(
        PchipInterpolator(grid, _study_likelihood(study, on_grid, tau, prior_sd))(difference)
    )


def _study_likelihood(
    study: _Study, effects: FloatArray, tau: float, prior_sd: float
) -> FloatArray:
    """Log likelihood of one trial at each row of ``effects``, its own effects integrated out."""
    arms = study.arms.size
    mean = effects[:, study.arms] - effects[:, study.arms[:1]]
    # Effects of the trial are the mean plus tau times half-correlated normals.
    others = arms - 1
    half = np.linalg.cholesky((np.eye(others) + np.ones((others, others))) / 2)
    direction = np.zeros((arms, arms))
    direction[:, 0] = 1
    direction[1:, 1:] = tau * half
    precision = np.ones(arms)
    precision[0] = prior_sd**-2
    r, n = study.events, study.total
    start = np.log((r.sum() + 0.5) / (n.sum() - r.sum() + 0.5)) - mean.mean(axis=1)
    u = np.zeros((effects.shape[0], arms))
    u[:, 0] = start
    for _ in range(25):
        p = expit(mean + u @ direction.T)
        gradient = (r - n * p) @ direction - precision * u
        w = n * p * (1 - p)
        hessian = np.einsum("pk,ki,kj->pij", w, direction, direction)
        hessian[:, np.arange(arms), np.arange(arms)] += precision
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        step *= np.minimum(1, 2 / np.maximum(longest, 1e-300))
        u += step
        if float(longest.max()) < 1e-6:
            break
    root = np.linalg.cholesky(np.linalg.inv(hessian))
    at = u[:, None, :] + np.einsum("pij,gj->pgi", root, study.nodes)
    theta = mean[:, None, :] + at @ direction.T
    value = (r * theta - n * np.logaddexp(0, theta)).sum(axis=2)
    value -= 0.5 * (precision * at**2).sum(axis=2)
    constant = float((gammaln(n + 1) - gammaln(r + 1) - gammaln(n - r + 1)).sum())
    log_root = np.log(np.einsum("pii->pi", root)).sum(axis=1)
    return np.asarray(logsumexp(value + study.log_weights, axis=1) + log_root + constant)


def _panels(low: float, high: float, *, panels: int, order: int) -> tuple[FloatArray, FloatArray]:
    x, w = np.polynomial.legendre.leggauss(order)
    cuts = low + (high - low) * np.linspace(0, 1, panels + 1) ** 1.5
    half = np.diff(cuts)[:, None] / 2
    return ((cuts[1:] + cuts[:-1])[:, None] / 2 + half * x).ravel(), (half * w).ravel()


def _summary(values: FloatArray, weights: FloatArray) -> Posterior:
    mean = float(weights @ values)
    sd = float(np.sqrt(weights @ (values - mean) ** 2))
    if not sd:
        return Posterior(mean, 0.0, mean, mean, mean)
    order = np.argsort(values)
    share = np.cumsum(weights[order]) - weights[order] / 2
    low, middle, high = np.interp([0.025, 0.5, 0.975], share, values[order]).tolist()
    return Posterior(mean, sd, low, middle, high)


def _tau(nodes: FloatArray, share: FloatArray, density: FloatArray, edge: float) -> Posterior:

    mean = float(share @ nodes)
    sd = float(np.sqrt(share @ (nodes - mean) ** 2))
    fine = np.linspace(0, edge, 4001)
    height = np.exp(CubicSpline(nodes, density - density.max())(fine))
    cumulative = np.concatenate(([0.0], np.cumsum((height[1:] + height[:-1]) / 2)))
    low, middle, high = np.interp([0.025, 0.5, 0.975], cumulative / cumulative[-1], fine).tolist()
    return Posterior(mean, sd, low, middle, high)
