"""What better knowledge would be worth: expected value of perfect (partial) information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from consilium.statistics.arrays import FloatArray, StatisticsError, columns, numeric


@dataclass(frozen=True, slots=True)
class InformationValue:
    """An expected value in units of net benefit, and its Monte Carlo standard error.

    The error is of the draws: with few of them it is far larger than that of the method.
    """

    value: float
    standard_error: float


def evpi(net_benefit: ArrayLike) -> InformationValue:
    """Expected value of knowing everything.

    ``net_benefit`` is one row a draw and one column a strategy; more is better.
    """
    return _regret(_table(net_benefit))


def probability_best(net_benefit: ArrayLike) -> FloatArray:
    """Share of draws in which each strategy is the best; ties are shared."""
    table = _table(net_benefit)
    best = table == table.max(axis=1, keepdims=True)
    return np.asarray((best / best.sum(axis=1, keepdims=True)).mean(axis=0))


def evppi(
    net_benefit: ArrayLike, parameters: ArrayLike, *, most_knots: int = 6
) -> InformationValue:
    """Expected value of knowing ``parameters`` (one column each, drawn with the rows).

    The net benefit is regressed on natural cubic splines of the parameters, with products of
    their straight parts (Strong, Oakley and Brennan, Med Decis Making 2014;34:311); Schwarz's
    criterion chooses how many knots, none to ``most_knots``. Needs a few hundred draws.
    """
    table = _table(net_benefit)
    known = columns(parameters, "parameters", table.shape[0])
    gain = table[:, 1:] - table[:, :1]  # what all strategies share does not matter
    n = table.shape[0]
    best, fitted = np.inf, np.zeros_like(gain)
    for knots in range(most_knots + 1):
        basis = _basis(known, knots)
        terms = basis.shape[1]
        if n < 10 * terms:
            if not knots:
                raise StatisticsError(f"{n} draws are too few for a regression on {terms} terms")
            break
        q, r = np.linalg.qr(basis)
        q = q[:, np.abs(np.diag(r)) > 1e-9 * np.abs(r[0, 0])]
        guess = q @ (q.T @ gain)
        left = np.maximum(((gain - guess) ** 2).sum(axis=0), 1e-300)
        criterion = float((n * np.log(left / n)).sum()) + gain.shape[1] * terms * float(np.log(n))
        if criterion < best:
            best, fitted = criterion, guess
    return _regret(np.column_stack((np.zeros(n), fitted)))


def _regret(table: FloatArray) -> InformationValue:
    """What the strategy that is best on average loses against the best of each row."""
    chosen = int(table.mean(axis=0).argmax())
    lost = table.max(axis=1) - table[:, chosen]
    return InformationValue(float(lost.mean()), float(lost.std() / np.sqrt(lost.size)))


def _table(net_benefit: ArrayLike) -> FloatArray:
    table = numeric(net_benefit, "net_benefit")
    if table.ndim != 2 or table.shape[1] < 2 or not table.shape[0]:
        raise StatisticsError("`net_benefit` needs one row a draw and two or more strategies")
    return columns(table, "net_benefit", table.shape[0])


def _basis(known: FloatArray, knots: int) -> FloatArray:
    parts = [np.ones((known.shape[0], 1))]
    straight = []
    for column in known.T:
        spread = float(column.std())
        if not spread:
            continue
        x = (column - column.mean()) / spread
        straight.append(x)
        parts.append(x[:, None])
        places = np.unique(np.quantile(x, np.linspace(0.02, 0.98, knots + 2)))
        low, high = places[0], places[-1]
        for knot in places[1:-1]:
            share = (high - knot) / (high - low)
            bend = (
                np.maximum(x - knot, 0) ** 3
                - share * np.maximum(x - low, 0) ** 3
                - (1 - share) * np.maximum(x - high, 0) ** 3
            )
            parts.append(bend[:, None])
    parts += [(a * b)[:, None] for i, a in enumerate(straight) for b in straight[i + 1 :]]
    return np.hstack(parts)
