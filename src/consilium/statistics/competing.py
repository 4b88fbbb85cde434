"""Competing risks: the probability of each of several events, one preventing the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from consilium.statistics.arrays import (
    FloatArray,
    IntArray,
    StatisticsError,
    numbers,
    times,
    total,
)


@dataclass(frozen=True, slots=True)
class StateProbabilities:
    """Probability of each state over time, for those who start event-free.

    The first column is event-free; then one column per cause, in the order of ``causes``. Steps
    hold from their time on.
    """

    causes: tuple[int, ...]
    time: FloatArray
    probability: FloatArray
    _leaving: FloatArray
    _cause: IntArray
    _at_risk: FloatArray
    _hazard: FloatArray

    def at(self, moments: ArrayLike) -> FloatArray:
        """State probabilities at each of ``moments``, one row each."""
        asked = self._asked(moments)
        start = np.zeros((1, self.probability.shape[1]))
        start[0, 0] = 1
        steps = np.vstack((start, self.probability))
        return np.asarray(steps[np.searchsorted(self.time, asked, side="right")])

    def standard_errors_at(self, moments: ArrayLike) -> FloatArray:
        """Their standard errors, by the infinitesimal jackknife over patients."""
        asked = self._asked(moments)
        return np.stack([self._standard_error(moment) for moment in asked])

    def mean_time(self, until: float | None = None) -> FloatArray:
        """Expected time spent in each state up to ``until`` (default: the end of follow-up)."""
        end = float(self.time[-1]) if until is None else float(until)
        self._asked([end])
        used = self.time < end
        start = np.zeros((1, self.probability.shape[1]))
        start[0, 0] = 1
        edges = np.concatenate(([0.0], self.time[used], [end]))
        return np.asarray(np.diff(edges) @ np.vstack((start, self.probability[used])))

    def _asked(self, moments: ArrayLike) -> FloatArray:
        asked = np.atleast_1d(np.asarray(moments, dtype=np.float64))
        if asked.max(initial=0) > self.time[-1]:
            raise StatisticsError(
                f"nobody was followed beyond {self.time[-1]:g}; {asked.max():g} was asked for"
            )
        return asked

    def _standard_error(self, moment: float) -> FloatArray:
        upto = int(np.searchsorted(self.time, moment, side="right"))
        count = len(self.causes)
        if not upto:
            return np.zeros(count + 1)
        at_risk, hazard = self._at_risk[:upto], self._hazard[:upto]
        all_causes = hazard.sum(axis=1)
        free = self.probability[:upto, 0]
        before = np.concatenate(([1.0], free[:-1]))
        with np.errstate(divide="ignore", invalid="ignore"):
            leave = np.where(all_causes < 1, 1 / (at_risk * (1 - all_causes)), 0.0)
        exposure = np.cumsum(all_causes * leave)
        exposure_before = np.concatenate(([0.0], exposure[:-1]))
        place = np.searchsorted(self.time[:upto], self._leaving, side="right") - 1
        seen = np.searchsorted(self.time[:upto], self._leaving, side="left") < upto
        died = (self._cause >= 0) & seen
        influence = np.empty((self._leaving.size, count + 1))
        gained = np.where(died, leave[place], 0.0)
        influence[:, 0] = -free[-1] * (gained - exposure[place])
        for k in range(count):
            flow = before * hazard[:, k]
            reached = np.cumsum(flow)
            inside = np.cumsum(flow * exposure_before)[place]
            later = reached[-1] - reached[place]
            lost = np.cumsum(flow / at_risk)[place]
            own = np.where(died & (self._cause == k), before[place] / at_risk[place], 0.0)
            influence[:, k + 1] = inside + exposure[place] * later - gained * later + own - lost
        return np.asarray(np.sqrt(np.einsum("ij,ij->j", influence, influence)))


def aalen_johansen(time: ArrayLike, cause: ArrayLike) -> StateProbabilities:
    """State probabilities of one group (Aalen and Johansen, Scand J Stat 1978;5:141).

    ``cause`` is 0 for a censored row and 1, 2, ... for which event came first. One less a
    Kaplan-Meier curve that censors the other events overstates each of them.
    """
    leaving = times(time)
    code = numbers(cause, "cause", size=leaving.size)
    whole = code.astype(np.int64)
    if (code != whole).any() or whole.min() < 0:
        raise StatisticsError("`cause` is 0 for censored, and 1, 2, ... for the events")
    causes = np.unique(whole[whole > 0])
    if not causes.size:
        raise StatisticsError("no row has an event; there is no probability to estimate")
    distinct, place = np.unique(leaving, return_inverse=True)
    at_risk = np.cumsum(np.bincount(place)[::-1])[::-1].astype(np.float64)
    hazard = (
        np.column_stack(
            [total(place, (whole == code).astype(np.float64), distinct.size) for code in causes]
        )
        / at_risk[:, None]
    )
    free = np.cumprod(1 - hazard.sum(axis=1))
    before = np.concatenate(([1.0], free[:-1]))
    reached = np.cumsum(before[:, None] * hazard, axis=0)
    index = np.where(whole > 0, np.searchsorted(causes, whole), -1)
    return StateProbabilities(
        tuple(causes.tolist()),
        distinct,
        np.column_stack((free, reached)),
        leaving,
        index,
        at_risk,
        hazard,
    )
