"""Concordance: how often the higher score has the event first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from consilium.statistics.arrays import (
    FloatArray,
    IntArray,
    codes,
    entries,
    flags,
    numbers,
    positive,
    times,
)
from consilium.statistics.kernels import kernel


@dataclass(frozen=True, slots=True)
class Concordance:
    """Share of comparable pairs whose order agrees, ties in the score counting half.

    A pair is comparable when the earlier of two times is an event and the other was at risk.
    The standard error is the infinitesimal jackknife over rows, or over clusters.
    """

    value: float
    standard_error: float
    concordant: float
    discordant: float
    tied_score: float


def concordance(
    time: ArrayLike,
    event_observed: ArrayLike,
    score: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> Concordance:
    """Harrell's concordance of ``score`` (higher: sooner) with times of event.

    Pairs are compared within strata.
    """
    leaving = times(time)
    size = leaving.size
    observed = flags(event_observed, "event_observed", size)
    predicted = numbers(score, "score", size=size)
    weight = np.ones(size) if weights is None else positive(weights, "weights", size)
    entered = entries(entry, leaving)
    stratum = np.zeros(size, np.int64) if strata is None else codes(strata, "strata", size)[0]
    place = np.unique(predicted, return_inverse=True)[1].astype(np.int64)
    pairs = np.zeros((size, 3))
    for code in range(int(stratum.max()) + 1):
        rows = np.flatnonzero(stratum == code)
        pairs[rows] = _pairs(
            leaving[rows],
            observed[rows],
            place[rows],
            weight[rows],
            np.empty(0) if entered is None else entered[rows],
        )
    # Each pair is counted at both of its members.
    agree, disagree, tied = (weight @ pairs) / 2
    comparable = agree + disagree + tied
    if not comparable:
        return Concordance(float("nan"), float("nan"), 0.0, 0.0, 0.0)
    value = (agree + tied / 2) / comparable
    influence = weight * (pairs[:, 0] + pairs[:, 2] / 2 - value * pairs.sum(axis=1)) / comparable
    if cluster is not None:
        member = codes(cluster, "cluster", size)[0]
        influence = np.bincount(member, influence)
    return Concordance(
        float(value),
        float(np.sqrt(influence @ influence)),
        float(agree),
        float(disagree),
        float(tied),
    )


def _numpy_pairs(
    time: FloatArray,
    event: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    place: IntArray,
    weight: FloatArray,
    entry: FloatArray,
) -> FloatArray:
    """Twin of ``_pairs``: every event against every row, one event at a time."""
    found = np.zeros((time.size, 3))
    for i in np.flatnonzero(event):
        later = (time > time[i]) | ((time == time[i]) & ~event)
        if entry.size:
            later &= entry < time[i]
        kinds = (place[later] < place[i], place[later] > place[i], place[later] == place[i])
        rows = np.flatnonzero(later)
        for kind, which in enumerate(kinds):
            found[i, kind] += weight[rows[which]].sum()
            found[rows[which], kind] += weight[i]
    return found


@kernel(_numpy_pairs)
def _pairs(time, event, place, weight, entry):  # type: ignore[no-untyped-def] # pragma: no cover
    """For each row, weight of agreeing, disagreeing and tied partners, by Fenwick trees."""
    n = time.size
    size = place.max() + 2 if n else 2
    found = np.zeros((n, 3))
    tree = np.zeros(size + 1)
    alone = np.zeros(size + 1)
    total = 0.0
    # Falling time: partners who were still there when this one had the event.
    order = np.argsort(-time)
    leaving_first = np.argsort(-entry) if entry.size else order
    gone = 0
    first = 0
    while first < n:
        last = first
        while last < n and time[order[last]] == time[order[first]]:
            last += 1
        for k in range(first, last):
            i = order[k]
            if not event[i]:
                j = place[i] + 1
                alone[place[i]] += weight[i]
                total += weight[i]
                while j <= size:
                    tree[j] += weight[i]
                    j += j & -j
        if entry.size:
            now = time[order[first]]
            while gone < n and entry[leaving_first[gone]] >= now:
                i = leaving_first[gone]
                alone[place[i]] -= weight[i]
                total -= weight[i]
                j = place[i] + 1
                while j <= size:
                    tree[j] -= weight[i]
                    j += j & -j
                gone += 1
        for k in range(first, last):
            i = order[k]
            if event[i]:
                below = 0.0
                j = place[i]
                while j > 0:
                    below += tree[j]
                    j -= j & -j
                same = alone[place[i]]
                found[i, 0] += below
                found[i, 1] += total - below - same
                found[i, 2] += same
        for k in range(first, last):
            i = order[k]
            if event[i]:
                alone[place[i]] += weight[i]
                total += weight[i]
                j = place[i] + 1
                while j <= size:
                    tree[j] += weight[i]
                    j += j & -j
        first = last
    # Rising time: events that this one outlived, less those before its entry.
    tree[:] = 0.0
    alone[:] = 0.0
    total = 0.0
    entering = 0
    stop = n
    while stop > 0:
        begin = stop
        while begin > 0 and time[order[begin - 1]] == time[order[stop - 1]]:
            begin -= 1
        now = time[order[stop - 1]]
        if entry.size:
            while entering < n and entry[leaving_first[n - 1 - entering]] < now:
                i = leaving_first[n - 1 - entering]
                below = 0.0
                j = place[i]
                while j > 0:
                    below += tree[j]
                    j -= j & -j
                same = alone[place[i]]
                found[i, 0] -= total - below - same
                found[i, 1] -= below
                found[i, 2] -= same
                entering += 1
        for dead_turn in range(2):
            for k in range(begin, stop):
                i = order[k]
                if event[i] != (dead_turn == 0):
                    continue
                below = 0.0
                j = place[i]
                while j > 0:
                    below += tree[j]
                    j -= j & -j
                same = alone[place[i]]
                found[i, 0] += total - below - same
                found[i, 1] += below
                found[i, 2] += same
            if dead_turn == 0:
                for k in range(begin, stop):
                    i = order[k]
                    if event[i]:
                        alone[place[i]] += weight[i]
                        total += weight[i]
                        j = place[i] + 1
                        while j <= size:
                            tree[j] += weight[i]
                            j += j & -j
        stop = begin
    return found
