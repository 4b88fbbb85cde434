"""Proportional hazards: Cox regression and what one asks of its fit.

Newton's method on the partial likelihood, to full convergence. One pass over the sorted rows
gives likelihood, score and information; residuals, tests and the baseline come from the same
sums afterwards, and only when asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtr

from consilium.statistics.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    StatisticsError,
    codes,
    columns,
    entries,
    flags,
    named,
    normal_quantile,
    positive,
    rising,
    times,
)
from consilium.statistics.concordance import Concordance, concordance
from consilium.statistics.kernels import kernel
from consilium.statistics.survival import kaplan_meier

Ties = Literal["efron", "breslow", "exact"]
TimeScale = Literal["km", "identity", "log", "rank"]

_STEPS = 40
_CLOSE = 1e-8  # in standard errors
_VANISHED = 1e-6  # an effect that is known so much less well than at zero runs off
_UNROLLED = 4  # up to so many covariates have a loop compiled for just that number


class NoMaximum(StatisticsError):
    """The likelihood has no single finite maximum."""


@dataclass(frozen=True, slots=True)
class BaselineHazard:
    """Cumulative hazard of a subject whose covariates are all zero, at each time of leaving."""

    stratum: IntArray
    time: FloatArray
    hazard: FloatArray


@dataclass(frozen=True, slots=True)
class ProportionalHazardsTest:
    """Score tests of a coefficient that changes with transformed time.

    One per covariate, and all together; p below 0.05 speaks against proportional hazards.
    """

    transform: TimeScale
    names: tuple[str, ...]
    chi_squared: FloatArray
    p: FloatArray
    global_chi_squared: float
    global_degrees_of_freedom: int
    global_p: float


@dataclass(frozen=True, slots=True)
class CoxFit:
    """A fitted Cox model. Coefficients are log hazard ratios for one unit of a covariate.

    ``covariance`` is the sandwich where ``robust``, and ``naive_covariance`` always the inverse
    information. The score test is of all coefficients zero and never robust; the Wald test uses
    ``covariance``.
    """

    names: tuple[str, ...]
    ties: Ties
    robust: bool
    coefficients: FloatArray
    covariance: FloatArray
    naive_covariance: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    score_test: float
    n: int
    n_event: int
    iterations: int
    _rows: _Rows = field(repr=False)

    @property
    def standard_errors(self) -> FloatArray:
        """Standard errors of the coefficients (log hazard ratios)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def z(self) -> FloatArray:
        """Coefficients over their standard errors."""
        return self.coefficients / self.standard_errors

    @property
    def p(self) -> FloatArray:
        """Two-sided p value of each coefficient."""
        return np.asarray(2 * ndtr(-np.abs(self.z)))

    @property
    def hazard_ratios(self) -> FloatArray:
        """exp(coefficients), on the natural scale."""
        return np.exp(self.coefficients)

    @property
    def likelihood_ratio_test(self) -> float:
        """Chi-squared of all coefficients zero, on as many degrees of freedom as there are."""
        return 2 * (self.log_likelihood - self.log_likelihood_null)

    @property
    def wald_test(self) -> float:
        """Chi-squared of all coefficients zero, from ``covariance``."""
        return float(self.coefficients @ np.linalg.solve(self.covariance, self.coefficients))

    def limits(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Lower and upper limits of the coefficients (log hazard ratios)."""
        width = normal_quantile(level) * self.standard_errors
        return self.coefficients - width, self.coefficients + width

    def concordance(self) -> Concordance:
        """How often the one with the higher predicted hazard had the event first."""
        rows = self._rows
        order = np.argsort(rows.row)
        return concordance(
            rows.time[order],
            rows.event[order],
            rows.linear_predictor(self.coefficients)[order],
            entry=None if rows.entry is None else rows.entry[order],
            strata=rows.stratum[order],
            weights=rows.weight[order],
            cluster=None if rows.cluster is None else rows.cluster[order],
        )

    def baseline_hazard(self) -> BaselineHazard:
        """Cumulative baseline hazard, all covariates zero, at each distinct time of a stratum.

        Breslow's, or with Efron's ties for an Efron fit.
        """
        rows, sums = self._rows, self._sums()
        begins = np.concatenate(
            (
                [True],
                (rows.time[1:] != rows.time[:-1]) | (rows.stratum[1:] != rows.stratum[:-1]),
            )
        )
        first = np.flatnonzero(begins)
        time, stratum = rows.time[first], rows.stratum[first]
        ascending = np.lexsort((time, stratum))
        time, stratum = time[ascending], stratum[ascending]
        return BaselineHazard(
            stratum, time, sums.hazard_until(stratum, time) * np.exp(-sums.offset)
        )

    def martingale_residuals(self) -> FloatArray:
        """Events less expected events of each row, in the order the rows were given."""
        rows, sums = self._rows, self._sums()
        expected = sums.risk * (
            sums.hazard_until(rows.stratum, rows.time)
            - (0.0 if rows.entry is None else sums.hazard_until(rows.stratum, rows.entry))
            - np.where(rows.event, sums.spared(rows), 0.0)
        )
        return rows.in_given_order(rows.event - expected)

    def score_residuals(self) -> FloatArray:
        """Each row's share of the score, one column a covariate, in the order given."""
        return self._rows.in_given_order(self._sums().score_residuals(self._rows))

    def dfbeta(self) -> FloatArray:
        """About how far each row moves the coefficients, in the order given."""
        rows = self._rows
        moved = (self._sums().score_residuals(rows) * rows.weight[:, None]) @ self.naive_covariance
        return rows.in_given_order(moved)

    def schoenfeld_residuals(self) -> FloatArray:
        """Covariates of each event less their mean at risk; by stratum and time of event."""
        rows, sums = self._rows, self._sums()
        dead = np.flatnonzero(rows.event)
        residual = rows.x[dead] - sums.mean_at_death(rows)
        order = np.lexsort((rows.row[dead], rows.time[dead], rows.stratum[dead]))
        return residual[order]

    def proportional_hazards_test(self, transform: TimeScale = "km") -> ProportionalHazardsTest:
        """Score test of each covariate times ``transform`` of time (Grambsch and Therneau,
        Biometrika 1994;81:515), exact rather than by averaged variance.
        """
        rows, sums = self._rows, self._sums()
        clock = _transformed(rows, transform)
        dead = np.flatnonzero(rows.event)
        clock = clock - clock[dead].mean()
        p = self.coefficients.size
        residual = rows.weight[dead, None] * (rows.x[dead] - sums.mean_at_death(rows))
        score = np.concatenate((np.zeros(p), clock[dead] @ residual))
        g = sums.block_values(clock[dead], dead, rows)
        # The clock is the same for all who die at one time.
        spread = sums.weight[:, None, None] * sums.variance()
        plain = spread.sum(axis=0)
        once = np.tensordot(g, spread, 1)
        twice = np.tensordot(g * g, spread, 1)
        information = np.block([[plain, once], [once.T, twice]])
        tested = np.empty(p)
        for column in range(p):
            kept = np.r_[0:p, p + column]
            tested[column] = _score_test(score[kept], information[np.ix_(kept, kept)])
        whole = _score_test(score, information)
        return ProportionalHazardsTest(
            transform,
            self.names,
            tested,
            np.asarray(chdtrc(1, tested)),
            whole,
            p,
            float(chdtrc(p, whole)),
        )

    def _sums(self) -> _DeathSums:
        if self.ties == "exact":
            raise StatisticsError(
                "residuals, baseline and tests of proportionality are for Efron's and Breslow's "
                "ties; fit again with `ties='efron'`"
            )
        return _DeathSums.of(self._rows, self.coefficients, efron=self.ties == "efron")


def cox(
    time: ArrayLike,
    event_observed: ArrayLike,
    covariates: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    robust: bool = False,
    ties: Ties = "efron",
    names: Sequence[str] | None = None,
) -> CoxFit:
    """Cox regression (JRSS B 1972;34:187).

    ``covariates`` is one row a subject and one column a covariate, or one flat column. With
    ``entry`` a row is at risk after ``entry`` up to and at ``time``: delayed entry, or several
    rows a subject (then give ``cluster``). ``strata`` have baseline hazards of their own.
    ``cluster`` or ``robust`` asks for the sandwich covariance (Lin and Wei, JASA 1989;84:1074).
    ``ties``: "efron" (JASA 1977;72:557), "breslow", or "exact", the discrete likelihood, for
    small data without entry or weights.

    Raises ``NoMaximum`` where a covariate is constant, follows from the others, or separates
    the events.
    """
    rows = _Rows.of(time, event_observed, covariates, entry, strata, weights, cluster)
    labels = named(names, rows.x.shape[1])
    if ties == "exact":
        if rows.entry is not None or weights is not None:
            raise StatisticsError("exact ties are for rows without `entry` and without `weights`")
        if cluster is not None or robust:
            raise StatisticsError("exact ties have no robust covariance; use `ties='efron'`")
    elif ties not in ("efron", "breslow"):
        raise StatisticsError(f"`{ties}` is no way with ties; use `efron`, `breslow` or `exact`")
    found = _maximise(rows, labels, ties)
    robust = robust or cluster is not None
    covariance = found.naive
    if robust:
        sums = _DeathSums.of(rows, found.beta, efron=ties == "efron")
        moved = (sums.score_residuals(rows) * rows.weight[:, None]) @ found.naive
        if rows.cluster is not None:
            size = int(rows.cluster.max()) + 1
            moved = np.column_stack([np.bincount(rows.cluster, column, size) for column in moved.T])
        covariance = moved.T @ moved
    return CoxFit(
        labels,
        ties,
        robust,
        found.beta,
        covariance,
        found.naive,
        found.log_likelihood,
        found.log_likelihood_null,
        found.score_test,
        rows.time.size,
        int(rows.event.sum()),
        found.iterations,
        rows,
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows by stratum, then by falling time; ``row`` is where each was given."""

    row: IntArray
    time: FloatArray
    event: BoolArray
    x: FloatArray
    centre: FloatArray
    entry: FloatArray | None
    by_entry: IntArray
    stratum: IntArray
    weight: FloatArray
    cluster: IntArray | None

    @classmethod
    def of(
        cls,
        time: ArrayLike,
        event_observed: ArrayLike,
        covariates: ArrayLike,
        entry: ArrayLike | None,
        strata: ArrayLike | None,
        weights: ArrayLike | None,
        cluster: ArrayLike | None,
    ) -> _Rows:
        leaving = times(time)
        size = leaving.size
        observed = flags(event_observed, "event_observed", size)
        if not observed.any():
            raise StatisticsError("no row has the event; there is nothing to model")
        x = columns(covariates, "covariates", size)
        entered = entries(entry, leaving)
        group = None if cluster is None else codes(cluster, "cluster", size)[0]
        if strata is None:
            order = rising(leaving)[::-1]
            stratum = np.zeros(size, dtype=np.int64)
        else:
            stratum = codes(strata, "strata", size)[0]
            order = np.lexsort((-leaving, stratum))
            stratum = stratum[order]
        weight = np.ones(size)
        if weights is not None:
            weight = positive(weights, "weights", size)[order]
        by_entry = np.empty(0, dtype=np.int64)
        if entered is not None:
            entered = entered[order]
            by_entry = np.lexsort((-entered, stratum)).astype(np.int64)
        centre = x.mean(axis=0)
        x = np.take(x, order, axis=0)
        x -= centre
        return cls(
            order,
            leaving[order],
            observed[order],
            x,
            centre,
            entered,
            by_entry,
            stratum,
            weight,
            None if group is None else group[order],
        )

    def linear_predictor(self, beta: FloatArray) -> FloatArray:
        return np.asarray(self.x @ beta)

    def in_given_order(self, values: FloatArray) -> FloatArray:
        given = np.empty_like(values)
        given[self.row] = values
        return given


@dataclass(frozen=True, slots=True)
class _Maximum:
    beta: FloatArray
    naive: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    score_test: float
    iterations: int


def _maximise(rows: _Rows, names: tuple[str, ...], ties: Ties) -> _Maximum:
    spread = np.sqrt(np.einsum("ij,ij->j", rows.x, rows.x) / rows.time.size)
    flat = np.flatnonzero(spread <= 1e-12 * np.maximum(1.0, np.abs(rows.centre)))
    if flat.size:
        raise NoMaximum(f"`{names[flat[0]]}` is the same in every row; leave it out")

    observed_weight = np.where(rows.event, rows.weight, 0.0)
    observed = observed_weight @ rows.x
    entry = _NOBODY if rows.entry is None else rows.entry
    covariates = rows.x.shape[1]
    each = (0,) * covariates if covariates <= _UNROLLED else np.zeros(covariates, dtype=np.int64)

    def at(beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        if ties == "exact":
            return _exact_pass(rows, beta)
        eta = rows.linear_predictor(beta)
        offset = float(eta.max())
        expected, information, at_risk, times_each = _pass(
            rows.x,
            np.exp(eta - offset),
            rows.weight,
            rows.event,
            rows.time,
            rows.stratum,
            entry,
            rows.by_entry,
            ties == "efron",
            each,
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            lost = float(times_each @ (np.log(at_risk) + offset))
        return float(observed @ beta) - lost, observed - expected, information

    beta = np.zeros(covariates)
    likelihood, score, information = at(beta)
    null = likelihood
    scale = np.sqrt(np.diag(information))
    if (scale <= 0).any():
        column = int(np.flatnonzero(scale <= 0)[0])
        raise NoMaximum(
            f"`{names[column]}` does not vary among those at risk at any event; leave it out"
        )
    first_scale = scale
    score_test = float(score @ _solve(information, score, names))
    step = _solve(information, score, names)
    for iteration in range(1, _STEPS + 1):
        found = at(beta + step)
        halved = 0
        while not (found[0] >= likelihood - 1e-10 * abs(likelihood)) and halved < 40:
            step = step / 2
            found = at(beta + step)
            halved += 1
        beta = beta + step
        likelihood, score, information = found
        scale = np.sqrt(np.maximum(np.diag(information), 0.0))
        if (scale < _VANISHED * first_scale).any():
            break
        step = _solve(information, score, names)
        if np.max(np.abs(step) * scale) < _CLOSE:
            # Newton's method doubles the digits: one more step is free, as it needs no pass.
            naive: FloatArray = np.linalg.inv(information).astype(np.float64)
            return _Maximum(beta + step, naive, likelihood, null, score_test, iteration)
        if np.max(np.abs(beta) * spread) > 40:
            break
    column = int(np.argmax(np.abs(beta) * spread))
    raise NoMaximum(
        f"the likelihood has no finite maximum: `{names[column]}` separates rows with the event "
        "from rows without. Leave it out, or join groups without events"
    )


def _solve(information: FloatArray, score: FloatArray, names: tuple[str, ...]) -> FloatArray:
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    if not values[0] > 1e-11:
        column = int(np.argmax(np.abs(vectors[:, 0])))
        raise NoMaximum(
            f"`{names[column]}` follows from the other covariates, or the events are separated "
            "by it; leave it out"
        )
    return np.asarray(vectors @ ((vectors.T @ (score / scale)) / values) / scale)


_NOBODY = np.empty(0)


def _numpy_pass(
    x: FloatArray,
    risk: FloatArray,
    weight: FloatArray,
    event: BoolArray,
    time: FloatArray,
    stratum: IntArray,
    entry: FloatArray,
    by_entry: IntArray,
    efron: bool,
    each: tuple[int, ...] | IntArray,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Twin of ``_pass``: the same sums by cumulation over whole columns."""
    delayed = entry if entry.size else None
    sums = _DeathSums.build(x, risk, 0.0, weight, event, time, stratum, delayed, by_entry, efron)
    information = np.tensordot(sums.weight, sums.variance(), 1)
    return sums.weight @ sums.mean, information, sums.s0, sums.weight


@kernel(_numpy_pass)
def _pass(  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    x, risk, weight, event, time, stratum, entry, by_entry, efron, each
):
    """Expected covariates of the deaths, the information, and for each death (or all of one
    time, by Breslow) the risk it is out of and how often it counts.

    ``each`` has one place a covariate. The length of a tuple is known when the loop is
    compiled, so that its inner loops are laid out flat, at half the time.
    """
    n, p = x.shape[0], len(each)
    expected = np.zeros(p)
    information = np.zeros((p, p))
    s1, d1 = np.zeros(p), np.zeros(p)
    s2, d2 = np.zeros((p, p)), np.zeros((p, p))
    mean = np.zeros(p)
    deaths = 0
    for i in range(n):
        deaths += event[i]
    at_risk = np.empty(deaths)
    times = np.empty(deaths)
    found = 0
    delayed = entry.size > 0
    s0 = 0.0
    i = 0
    gone = 0
    while i < n:
        block = stratum[i]
        if i == 0 or stratum[i - 1] != block:
            s0 = 0.0
            s1[:] = 0.0
            s2[:, :] = 0.0
            if delayed:
                while gone < n and stratum[by_entry[gone]] != block:
                    gone += 1
        now = time[i]
        begin = i
        dead = 0
        dead_weight = 0.0
        while i < n and time[i] == now and stratum[i] == block:
            r = weight[i] * risk[i]
            s0 += r
            for a in range(p):
                ra = r * x[i, a]
                s1[a] += ra
                for b in range(a + 1):
                    s2[a, b] += ra * x[i, b]
            if event[i]:
                dead += 1
                dead_weight += weight[i]
            i += 1
        if dead == 0:
            continue
        if delayed:
            while gone < n and stratum[by_entry[gone]] == block and entry[by_entry[gone]] >= now:
                j = by_entry[gone]
                r = weight[j] * risk[j]
                s0 -= r
                for a in range(p):
                    ra = r * x[j, a]
                    s1[a] -= ra
                    for b in range(a + 1):
                        s2[a, b] -= ra * x[j, b]
                gone += 1
        if dead == 1 or not efron:
            at_risk[found] = s0
            times[found] = dead_weight
            found += 1
            inverse = 1.0 / s0
            for a in range(p):
                mean[a] = s1[a] * inverse
                scaled = dead_weight * mean[a]
                expected[a] += scaled
                for b in range(a + 1):
                    information[a, b] += dead_weight * inverse * s2[a, b] - scaled * mean[b]
            continue
        d0 = 0.0
        d1[:] = 0.0
        d2[:, :] = 0.0
        for k in range(begin, i):
            if event[k]:
                r = weight[k] * risk[k]
                d0 += r
                for a in range(p):
                    ra = r * x[k, a]
                    d1[a] += ra
                    for b in range(a + 1):
                        d2[a, b] += ra * x[k, b]
        each = dead_weight / dead
        for k in range(dead):
            part = k / dead
            left = s0 - part * d0
            at_risk[found] = left
            times[found] = each
            found += 1
            inverse = 1.0 / left
            for a in range(p):
                mean[a] = (s1[a] - part * d1[a]) * inverse
                scaled = each * mean[a]
                expected[a] += scaled
                for b in range(a + 1):
                    information[a, b] += (
                        each * (s2[a, b] - part * d2[a, b]) * inverse - scaled * mean[b]
                    )
    for a in range(p):
        for b in range(a):
            information[b, a] = information[a, b]
    return expected, information, at_risk[:found], times[:found]


@dataclass(frozen=True, slots=True)
class _DeathSums:
    """Sums over those at risk at each death, deaths at one time taken in turn.

    ``risk`` are relative hazards of the rows over exp(``offset``), counted from covariates
    zero; ``block`` numbers the
    distinct times of death, stratum after stratum and by falling time.
    """

    offset: float
    risk: FloatArray
    weight: FloatArray
    s0: FloatArray
    mean: FloatArray
    second: FloatArray
    share: FloatArray
    block: IntArray
    block_stratum: IntArray
    block_time: FloatArray
    block_of_row: IntArray

    @classmethod
    def of(cls, rows: _Rows, beta: FloatArray, *, efron: bool) -> _DeathSums:
        eta = rows.linear_predictor(beta)
        offset = float(eta.max())
        return cls.build(
            rows.x,
            np.exp(eta - offset),
            offset + float(rows.centre @ beta),
            rows.weight,
            rows.event,
            rows.time,
            rows.stratum,
            rows.entry,
            rows.by_entry,
            efron,
        )

    @classmethod
    def build(
        cls,
        x: FloatArray,
        risk: FloatArray,
        offset: float,
        weight: FloatArray,
        event: BoolArray,
        time: FloatArray,
        stratum: IntArray,
        entry: FloatArray | None,
        by_entry: IntArray,
        efron: bool,
    ) -> _DeathSums:
        n, p = x.shape
        weighted = weight * risk
        table = np.empty((n, 1 + p + p * p))
        table[:, 0] = weighted
        table[:, 1 : 1 + p] = weighted[:, None] * x
        table[:, 1 + p :] = (table[:, 1 : 1 + p, None] * x[:, None, :]).reshape(n, p * p)
        new = np.concatenate(([True], (time[1:] != time[:-1]) | (stratum[1:] != stratum[:-1])))
        number = np.cumsum(new) - 1
        first = np.flatnonzero(new)
        last = np.append(first[1:], n)
        deaths = np.bincount(number, event, first.size).astype(np.int64)
        with_death = np.flatnonzero(deaths)
        at_risk = np.empty((with_death.size, table.shape[1]))
        strata_first = np.flatnonzero(np.concatenate(([True], stratum[1:] != stratum[:-1])))
        strata_last = np.append(strata_first[1:], n)
        block_stratum = stratum[first[with_death]]
        for begin, end in zip(strata_first, strata_last, strict=True):
            mine = block_stratum == stratum[begin]
            running = np.cumsum(table[begin:end], axis=0)
            at_risk[mine] = running[last[with_death][mine] - 1 - begin]
            if entry is not None:
                order = by_entry[begin:end]
                running = np.vstack((np.zeros(table.shape[1]), np.cumsum(table[order], axis=0)))
                entered = np.searchsorted(
                    -entry[order], -time[first[with_death][mine]], side="right"
                )
                at_risk[mine] -= running[entered]
        dying = np.add.reduceat(table * event[:, None], first, axis=0)[with_death]
        count = deaths[with_death]
        block = np.repeat(np.arange(with_death.size), count)
        rank = np.arange(block.size) - np.repeat(np.cumsum(count) - count, count)
        share = rank / count[block] if efron else np.zeros(block.size)
        sums = at_risk[block] - share[:, None] * dying[block]
        dead_weight = np.bincount(number, weight * event, first.size)[with_death] / count
        s0 = sums[:, 0]
        block_of_row = np.full(first.size, -1, dtype=np.int64)
        block_of_row[with_death] = np.arange(with_death.size)
        return cls(
            offset,
            risk,
            dead_weight[block],
            s0,
            sums[:, 1 : 1 + p] / s0[:, None],
            (sums[:, 1 + p :] / s0[:, None]).reshape(-1, p, p),
            share,
            block,
            block_stratum,
            time[first[with_death]],
            block_of_row[number],
        )

    def variance(self) -> FloatArray:
        """Covariance of the covariates at risk, for each death."""
        return self.second - self.mean[:, :, None] * self.mean[:, None, :]

    def by_block(self, values: FloatArray) -> FloatArray:
        """Sum over the deaths of each time."""
        first = np.flatnonzero(np.diff(self.block, prepend=-1))
        return np.asarray(np.add.reduceat(values, first, axis=0))

    def block_values(self, values: FloatArray, dead: IntArray, rows: _Rows) -> FloatArray:
        """A value that all deaths of one time share, for each death."""
        of_block = np.empty(self.block_time.size)
        of_block[self.block_of_row[dead]] = values
        return of_block[self.block]

    def mean_at_death(self, rows: _Rows) -> FloatArray:
        """Mean covariates at risk, averaged over the deaths of one time, for each row that
        died."""
        totals = self.by_block(self.mean)
        counts = np.bincount(self.block).astype(np.float64)
        return np.asarray((totals / counts[:, None])[self.block_of_row[rows.event]])

    def until(self, values: FloatArray, stratum: IntArray, time: FloatArray) -> FloatArray:
        """Sum of ``values`` (one a block) over blocks of the stratum up to and at a time."""
        result = np.zeros((time.size, *values.shape[1:]))
        for code in np.unique(self.block_stratum):
            mine = np.flatnonzero(self.block_stratum == code)[::-1]
            running = np.concatenate(
                (np.zeros((1, *values.shape[1:])), np.cumsum(values[mine], axis=0))
            )
            asked = stratum == code
            place = np.searchsorted(self.block_time[mine], time[asked], side="right")
            result[asked] = running[place]
        return result

    def hazard_until(self, stratum: IntArray, time: FloatArray) -> FloatArray:
        """Cumulative hazard over exp(``offset``) up to and at a time."""
        return self.until(self.by_block(self.weight / self.s0), stratum, time)

    def spared(self, rows: _Rows) -> FloatArray:
        """Hazard that those who die at a tied time escape, for each row."""
        spared = self.by_block(self.share * self.weight / self.s0)
        return np.where(rows.event, spared[self.block_of_row], 0.0)

    def score_residuals(self, rows: _Rows) -> FloatArray:
        step = (self.weight / self.s0)[:, None]
        hazard = self.by_block(step)
        moved = self.by_block(step * self.mean)

        def over(stratum: IntArray, time: FloatArray) -> FloatArray:
            return rows.x * self.until(hazard, stratum, time) - self.until(moved, stratum, time)

        expected = over(rows.stratum, rows.time)
        if rows.entry is not None:
            expected -= over(rows.stratum, rows.entry)
        residual = -self.risk[:, None] * expected
        dead = np.flatnonzero(rows.event)
        block = self.block_of_row[dead]
        spared = self.by_block(self.share[:, None] * step)[block]
        spared_mean = self.by_block(self.share[:, None] * step * self.mean)[block]
        residual[dead] += (
            rows.x[dead]
            - self.mean_at_death(rows)
            + self.risk[dead, None] * (rows.x[dead] * spared - spared_mean)
        )
        return residual


def _score_test(score: FloatArray, information: FloatArray) -> float:
    """Chi-squared of a score; nan where time does not vary enough among events to tell."""
    try:
        return float(score @ np.linalg.solve(information, score))
    except np.linalg.LinAlgError:
        return float("nan")


def _transformed(rows: _Rows, transform: TimeScale) -> FloatArray:
    if transform == "identity":
        return rows.time
    if transform == "log":
        if rows.time.min() <= 0:
            raise StatisticsError("a logarithm of time needs every time above zero")
        return np.log(rows.time)
    if transform == "rank":
        ascending = np.sort(rows.time)
        low = np.searchsorted(ascending, rows.time, side="left")
        high = np.searchsorted(ascending, rows.time, side="right")
        return np.asarray((low + high + 1) / 2)
    if transform == "km":
        curve = kaplan_meier(rows.time, rows.event, entry=rows.entry)
        before = np.concatenate(([1.0], curve.survival))
        return np.asarray(1 - before[np.searchsorted(curve.time, rows.time, side="left")])
    raise StatisticsError(
        f"`{transform}` is no scale of time; use `km`, `identity`, `log` or `rank`"
    )


def _exact_pass(rows: _Rows, beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """The discrete likelihood: who of those at risk are the ones that die.

    The sum over all subsets of the same size, with first and second derivatives, by the
    recursion of Gail, Lubin and Rubinstein (Biometrika 1981;68:703).
    """
    p = beta.size
    eta = rows.linear_predictor(beta)
    likelihood, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    first = 0
    n = eta.size
    stratum_begin = 0
    while first < n:
        if first and rows.stratum[first] != rows.stratum[first - 1]:
            stratum_begin = first
        last = first
        while (
            last < n
            and rows.time[last] == rows.time[first]
            and rows.stratum[last] == rows.stratum[first]
        ):
            last += 1
        dead = np.flatnonzero(rows.event[first:last]) + first
        if dead.size:
            at_risk = slice(stratum_begin, last)
            log_sum, mean, variance = _subsets(eta[at_risk], rows.x[at_risk], dead.size)
            likelihood += float(eta[dead].sum()) - log_sum
            score += rows.x[dead].sum(axis=0) - mean
            information += variance
        first = last
    return likelihood, score, information


def _subsets(eta: FloatArray, x: FloatArray, size: int) -> tuple[float, FloatArray, FloatArray]:
    """Log of the sum over subsets of ``size``, and mean and covariance of a subset's sum."""
    p = x.shape[1]
    offset = float(eta.max())
    risk = np.exp(eta - offset)
    total = np.zeros(size + 1)
    total[0] = 1.0
    first = np.zeros((size + 1, p))
    second = np.zeros((size + 1, p, p))
    log_scale = 0.0
    for r, row in zip(risk, x, strict=True):
        outer = row[:, None] * first[:-1, None, :]
        second[1:] += r * (
            second[:-1]
            + outer
            + np.swapaxes(outer, 1, 2)
            + total[:-1, None, None] * np.outer(row, row)
        )
        first[1:] += r * (first[:-1] + total[:-1, None] * row)
        total[1:] += r * total[:-1]
        largest = float(total.max())
        if largest > 1e200:
            total /= largest
            first /= largest
            second /= largest
            log_scale += float(np.log(largest))
    mean = first[size] / total[size]
    variance = second[size] / total[size] - np.outer(mean, mean)
    return float(np.log(total[size])) + log_scale + size * offset, mean, variance
