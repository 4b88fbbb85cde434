"""Matching-adjusted indirect comparison: patients weighted to look like another trial's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from consilium.statistics.arrays import FloatArray, StatisticsError, columns, numbers, numeric


@dataclass(frozen=True, slots=True)
class Matched:
    """Weights of patients that give a table's columns their target means.

    ``rescaled`` add up to the number of patients. The smaller the effective sample size beside
    that number, the less alike the trials are.
    """

    alpha: FloatArray
    weights: FloatArray
    rescaled: FloatArray
    effective_sample_size: float
    means: FloatArray


def maic(
    table: ArrayLike, target_means: ArrayLike, *, target_sds: ArrayLike | None = None
) -> Matched:
    """Weights exp(alpha (x - target)) by the method of moments (Signorovitch and others,
    Pharmacoeconomics 2010;28:935).

    ``table`` is one row a patient and one column an effect modifier (or, for an unanchored
    comparison, anything prognostic); ``target_means`` what the other trial published.
    ``target_sds`` also matches standard deviations; nan for columns where there is none.

    Raises where no weights can do it: the target lies outside the patients.
    """
    x = numeric(table, "table")
    x = columns(x, "table", len(np.atleast_1d(x)))
    if not x.shape[0]:
        raise StatisticsError("`table` is empty; at least one patient is needed")
    target = numbers(target_means, "target_means", size=x.shape[1])
    if target_sds is not None:
        sds = numeric(target_sds, "target_sds")
        if sds.shape != target.shape:
            raise StatisticsError(f"`target_sds` needs {target.size} values, nan where unknown")
        known = np.isfinite(sds)
        x = np.column_stack((x, x[:, known] ** 2))
        target = np.concatenate((target, target[known] ** 2 + sds[known] ** 2))
    centred = x - target
    scale = centred.std(axis=0)
    if (scale == 0).any():
        column = int(np.flatnonzero(scale == 0)[0])
        raise StatisticsError(f"column {column} is the same in every patient; leave it out")
    alpha = _balance(centred / scale) / scale
    weights = np.exp(centred @ alpha)
    total = float(weights.sum())
    return Matched(
        alpha,
        weights,
        weights * (weights.size / total),
        float(total**2 / (weights @ weights)),
        weights @ x[:, : np.asarray(target_means).size] / total,
    )


def _balance(x: FloatArray) -> FloatArray:
    """The minimum of log sum exp(x alpha), by damped Newton steps."""
    alpha = np.zeros(x.shape[1])

    def height(at: FloatArray) -> float:
        eta = x @ at
        top = float(eta.max())
        return top + float(np.log(np.exp(eta - top).sum()))

    here = height(alpha)
    for _ in range(200):
        eta = x @ alpha
        share = np.exp(eta - eta.max())
        share /= share.sum()
        gradient = share @ x
        if np.abs(gradient).max() < 1e-13:
            return alpha
        spread = (x * share[:, None]).T @ x - np.outer(gradient, gradient)
        if np.linalg.cond(spread) > 1e14:
            break
        step = -np.linalg.solve(spread, gradient)
        size = 1.0
        while size > 1e-10 and not height(alpha + size * step) <= here + 1e-15 * abs(here):
            size /= 2
        alpha = alpha + size * step
        here = height(alpha)
        if np.abs(size * step).max() < 1e-14:
            break
    eta = x @ alpha
    share = np.exp(eta - eta.max())
    if np.abs(share @ x / share.sum()).max() < 1e-8:
        return alpha
    raise StatisticsError(
        "no weights give these means: the target lies outside the patients, or columns follow "
        "from one another"
    )
