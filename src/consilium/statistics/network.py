"""Network meta-analysis by generalised least squares, and Bucher's comparison of two.

Effects are contrasts on a scale on which they add (log hazard ratio and the like), first
treatment less second. A multi-arm trial enters with all its contrasts; the covariance among
them follows from their variances and is kept, also when the variance between trials is
estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import eigh
from scipy.optimize import nnls
from scipy.special import chdtrc, ndtr, stdtrit

from consilium.statistics.arrays import (
    FloatArray,
    IntArray,
    StatisticsError,
    normal_quantile,
    numbers,
    positive,
)
from consilium.statistics.heterogeneity import Heterogeneity

Method = Literal["DL", "REML", "ML"]
Model = Literal["common", "random"]


@dataclass(frozen=True, slots=True)
class League:
    """All pairwise contrasts: row treatment less column treatment.

    ``covariance`` is of the treatments against the reference, whose row and column are zero.
    """

    effects: FloatArray
    standard_errors: FloatArray
    lower: FloatArray
    upper: FloatArray
    covariance: FloatArray


@dataclass(frozen=True, slots=True)
class Inconsistent:
    """A multi-arm trial whose contrasts cannot all be right, and how far they were moved.

    ``effect_distance`` is the largest change of a contrast in its standard errors;
    ``variance_distance`` the largest relative change of a standard error.
    """

    study: Any
    effect_distance: float
    variance_distance: float


@dataclass(frozen=True, slots=True)
class Split:
    """Direct and indirect evidence on ``treatment_1`` less ``treatment_2``.

    ``direct_share`` is of the network estimate's precision; nan where there is only one kind.
    """

    treatment_1: Any
    treatment_2: Any
    studies: int
    direct_share: float
    network: float
    network_standard_error: float
    direct: float
    direct_standard_error: float
    indirect: float
    indirect_standard_error: float
    difference: float
    difference_standard_error: float
    p: float


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """A chi-squared statistic; p is nan on no degrees of freedom."""

    q: float
    degrees_of_freedom: int
    p: float

    @classmethod
    def of(cls, q: float, df: int) -> ChiSquared:
        """With its p value."""
        return cls(q, df, float(chdtrc(df, q)) if df > 0 else float("nan"))


@dataclass(frozen=True, slots=True)
class DesignDecomposition:
    """Q of the network apart into within designs and between them.

    ``between_random`` allows for the variance within designs, ``tau_within`` its root (the
    design-by-treatment interaction model; Krahn and others, BMC Med Res Methodol 2013;13:35).
    """

    total: ChiSquared
    within: ChiSquared
    between: ChiSquared
    between_random: ChiSquared
    tau_within: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """P-scores with what is unsure about them.

    ``p_score`` is how sure one is, on average over the others, that a treatment is better
    (Rücker and Schwarzer, BMC Med Res Methodol 2015;15:58). ``better[i, j]`` is that certainty
    for one pair. ``rank_probability[i, r]`` is the chance of rank r + 1; ``rank_lower`` and
    ``rank_upper`` hold the rank with 95 %. A ranking says nothing of how large a difference is.
    """

    treatments: tuple[Any, ...]
    p_score: FloatArray
    better: FloatArray
    rank_probability: FloatArray
    rank_lower: IntArray
    rank_upper: IntArray


@dataclass(frozen=True)
class Network:
    """A fitted network. ``tau`` and ``tau_squared`` are nan where nothing repeats.

    ``q`` tests heterogeneity and inconsistency together; ``i_squared`` is a share (0 to 1).
    ``prediction_lower`` and ``prediction_upper`` are for a further trial.
    """

    treatments: tuple[Any, ...]
    reference: Any
    method: Method
    level: float
    k: int
    m: int
    common: League
    random: League
    tau_squared: float
    q: ChiSquared
    i_squared: float
    log_likelihood: float
    multi_arm_inconsistency: tuple[Inconsistent, ...]
    prediction_lower: FloatArray
    prediction_upper: FloatArray
    _data: Contrasts = field(repr=False)

    @property
    def tau(self) -> float:
        """Standard deviation between trials, on the scale of the effects."""
        return float(np.sqrt(self.tau_squared))

    def league(self, model: Model = "random") -> League:
        """The contrasts of one model."""
        if model not in ("common", "random"):
            raise StatisticsError(f"`{model}` is no model; use `common` or `random`")
        return self.common if model == "common" else self.random

    def contrast(
        self, treatment_1: Any, treatment_2: Any, model: Model = "random"
    ) -> tuple[float, float]:
        """``treatment_1`` less ``treatment_2``, and the standard error."""
        league = self.league(model)
        i, j = self._place(treatment_1), self._place(treatment_2)
        return float(league.effects[i, j]), float(league.standard_errors[i, j])

    def p_scores(
        self, model: Model = "random", *, small_is_better: bool = True
    ) -> dict[Any, float]:
        """P-score of each treatment."""
        better = self._better(model, small_is_better)
        scores = (better.sum(axis=1)) / (len(self.treatments) - 1)
        return dict(zip(self.treatments, scores.tolist(), strict=True))

    def rank(
        self,
        rng: np.random.Generator,
        model: Model = "random",
        *,
        small_is_better: bool = True,
        draws: int = 20_000,
    ) -> Ranking:
        """P-scores with the distribution of each rank, from ``draws`` of the estimates."""
        league = self.league(model)
        better = self._better(model, small_is_better)
        count = len(self.treatments)
        values, vectors = np.linalg.eigh(league.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0))
        place = self._place(self.reference)
        drawn = league.effects[:, place] + rng.standard_normal((draws, count)) @ root.T
        order = np.argsort(drawn if small_is_better else -drawn, axis=1)
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.arange(count)[None, :], axis=1)
        probability = np.stack([np.bincount(r, minlength=count) for r in ranks.T]) / draws
        bounds = np.quantile(ranks + 1, [0.025, 0.975], axis=0, method="inverted_cdf")
        return Ranking(
            self.treatments,
            better.sum(axis=1) / (count - 1),
            better,
            probability,
            bounds[0].astype(np.int64),
            bounds[1].astype(np.int64),
        )

    def split_nodes(self, model: Model = "random") -> tuple[Split, ...]:
        """Direct against indirect evidence for each pair, by back-calculation.

        The indirect estimate is what the network holds beyond the direct one (Dias and others,
        Stat Med 2010;29:932). Multi-arm trials lend each pair its contrast as if it were alone.
        """
        names = self.treatments
        return tuple(self.split(b, a, model) for a, b in combinations(names, 2))

    def split(self, treatment_1: Any, treatment_2: Any, model: Model = "random") -> Split:
        """Direct against indirect evidence on ``treatment_1`` less ``treatment_2``."""
        league = self.league(model)
        tau_squared = 0.0 if model == "common" else float(np.nan_to_num(self.tau_squared))
        i, j = self._place(treatment_1), self._place(treatment_2)
        first, second = self._data.first, self._data.second
        rows = np.flatnonzero(((first == i) & (second == j)) | ((first == j) & (second == i)))
        return self._split(league, tau_squared, rows, i, j)

    def decompose(self) -> DesignDecomposition:
        """Heterogeneity within designs and inconsistency between them."""
        data = self._data
        within = data.rotated(data.within_designs)
        total, df = self.q.q, self.q.degrees_of_freedom
        df_within = within.degrees_of_freedom
        q_within = _q(within, 0.0) if df_within else 0.0
        tau_within = 0.0
        if df_within:
            tau_within = max(0.0, within.dersimonian_laird()[0])
        whole = data.rotated(data.design)
        q_random = _q(whole, tau_within) - (_q(within, tau_within) if df_within else 0.0)
        return DesignDecomposition(
            self.q,
            ChiSquared.of(q_within, df_within),
            ChiSquared.of(max(0.0, total - q_within), df - df_within),
            ChiSquared.of(max(0.0, q_random), df - df_within),
            tau_within**0.5,
        )

    def _better(self, model: Model, small_is_better: bool) -> FloatArray:
        league = self.league(model)
        if len(self.treatments) < 2:
            raise StatisticsError("one treatment cannot be ranked")
        with np.errstate(divide="ignore", invalid="ignore"):
            z = league.effects / league.standard_errors
        better = np.asarray(ndtr(-z if small_is_better else z))
        np.fill_diagonal(better, 0.0)
        return better

    def _place(self, treatment: Any) -> int:
        try:
            return self.treatments.index(treatment)
        except ValueError:
            raise StatisticsError(f"`{treatment}` is no treatment of this network") from None

    def _split(self, league: League, tau_squared: float, rows: IntArray, i: int, j: int) -> Split:
        nan = float("nan")
        effect, se = float(league.effects[i, j]), float(league.standard_errors[i, j])
        names = (self.treatments[i], self.treatments[j])
        if not rows.size:
            return Split(*names, 0, 0.0, effect, se, nan, nan, effect, se, nan, nan, nan)
        data = self._data
        sign = np.where(data.first[rows] == i, 1.0, -1.0)
        precision = 1 / (data.variance[rows] + tau_squared)
        direct = float(precision @ (sign * data.effect[rows]) / precision.sum())
        direct_se = float(precision.sum() ** -0.5)
        share = (se / direct_se) ** 2
        if share > 1 - 1e-9:
            return Split(
                *names, rows.size, 1.0, effect, se, direct, direct_se, nan, nan, nan, nan, nan
            )
        indirect = (effect - share * direct) / (1 - share)
        indirect_se = se / (1 - share) ** 0.5
        difference, difference_se = direct - indirect, float(np.hypot(direct_se, indirect_se))
        return Split(
            *names,
            rows.size,
            share,
            effect,
            se,
            direct,
            direct_se,
            indirect,
            indirect_se,
            difference,
            difference_se,
            float(2 * ndtr(-abs(difference / difference_se))),
        )


@dataclass(frozen=True, slots=True)
class Bucher:
    """Anchored indirect comparison: the first treatment less the second, each against the same.

    ``effect`` on the scale of the effects, ``ratio`` its exponential with limits.
    """

    effect: float
    standard_error: float
    lower: float
    upper: float
    p: float
    ratio: float
    ratio_lower: float
    ratio_upper: float


def bucher(
    effect_1: float,
    standard_error_1: float,
    effect_2: float,
    standard_error_2: float,
    *,
    level: float = 0.95,
) -> Bucher:
    """Compare two treatments through the comparator that both were randomised against.

    ``effect_1`` is treatment 1 less the comparator, ``effect_2`` treatment 2 less the same, both
    on the log scale where they are ratios (Bucher and others, J Clin Epidemiol 1997;50:683).
    Holds only where the trials are alike in all that changes the effect.
    """
    errors = positive([standard_error_1, standard_error_2], "standard errors", 2)
    effects = numbers([effect_1, effect_2], "effects")
    effect = float(effects[0] - effects[1])
    se = float(np.hypot(*errors))
    width = normal_quantile(level) * se
    limits = np.exp([effect, effect - width, effect + width]).tolist()
    return Bucher(
        effect, se, effect - width, effect + width, float(2 * ndtr(-abs(effect / se))), *limits
    )


def network(
    study: Sequence[Any] | ArrayLike,
    treatment_1: Sequence[Any] | ArrayLike,
    treatment_2: Sequence[Any] | ArrayLike,
    effect: ArrayLike,
    standard_error: ArrayLike,
    *,
    method: Method = "DL",
    tau_squared: float | None = None,
    reference: Any = None,
    level: float = 0.95,
) -> Network:
    """Network meta-analysis of contrasts.

    One row a contrast: ``study``, ``effect`` of ``treatment_1`` less ``treatment_2`` and its
    ``standard_error``. A trial of n arms has n (n - 1) / 2 rows. Its variances must be sums of
    one number per arm and its effects must add up; where rounding broke that, they are moved to
    the nearest set that does, and ``multi_arm_inconsistency`` says how far.

    ``method`` estimates the variance between trials, the same for all contrasts and halved in
    the covariance of two contrasts of one trial: "DL" by moments, "REML", "ML"; or it is given
    as ``tau_squared``. ``reference`` defaults to the first treatment in sorted order.

    Needs transitivity (trials alike in what changes effects), which no test can show.
    Raises ``StatisticsError`` for a network in several pieces or a trial with missing contrasts.
    """
    data = Contrasts.of(study, treatment_1, treatment_2, effect, standard_error, reference)
    model = data.rotated(data.design)
    base = model.fit(0.0)
    df = model.degrees_of_freedom
    if method not in ("DL", "REML", "ML"):
        raise StatisticsError(f"`{method}` is no way to estimate tau²; use `DL`, `REML` or `ML`")
    if tau_squared is not None:
        if not tau_squared >= 0:
            raise StatisticsError(f"`tau_squared` is {tau_squared:g}; a variance is not negative")
        found = float(tau_squared)
    elif df == 0:
        found = float("nan")
    elif method == "DL":
        found = max(0.0, model.dersimonian_laird()[0])
    else:
        found = model.maximum_likelihood(restricted=method == "REML")
    used = 0.0 if np.isnan(found) else found
    fit = model.fit(used)
    q = base.q if df else 0.0
    likelihood = float("nan")
    if df:
        likelihood = model.log_likelihood(used, restricted=method == "REML") + data.log_jacobian
    common = data.league(base.coefficients, base.covariance, level)
    random = data.league(fit.coefficients, fit.covariance, level)
    spread = np.full_like(random.effects, np.nan)
    if df and not np.isnan(found):
        width = float(stdtrit(df, 0.5 + level / 2))
        spread = width * np.sqrt(random.standard_errors**2 + found)
        np.fill_diagonal(spread, 0.0)
    return Network(
        data.treatments,
        data.treatments[data.reference],
        method,
        level,
        len(data.studies),
        data.effect.size,
        common,
        random,
        found,
        ChiSquared.of(q, df),
        max(0.0, (q - df) / q) if df and q > 0 else float("nan") if not df else 0.0,
        likelihood,
        data.inconsistent,
        random.effects - spread,
        random.effects + spread,
        data,
    )


@dataclass(frozen=True)
class _Trial:
    """One trial: its arms, contrasts of the others to its first arm, and their covariance."""

    arms: IntArray
    effect: FloatArray
    covariance: FloatArray


@dataclass(frozen=True)
class Contrasts:
    """The contrasts of a network, checked, with what follows from multi-arm trials."""

    treatments: tuple[Any, ...]
    reference: int
    studies: tuple[Any, ...]
    first: IntArray
    second: IntArray
    effect: FloatArray
    variance: FloatArray
    trials: tuple[_Trial, ...]
    inconsistent: tuple[Inconsistent, ...]

    @classmethod
    def of(
        cls,
        study: Sequence[Any] | ArrayLike,
        treatment_1: Sequence[Any] | ArrayLike,
        treatment_2: Sequence[Any] | ArrayLike,
        effect: ArrayLike,
        standard_error: ArrayLike,
        reference: Any,
    ) -> Contrasts:
        y = numbers(effect, "effect")
        variance = positive(standard_error, "standard_error", y.size) ** 2
        labels = [np.asarray(column) for column in (study, treatment_1, treatment_2)]
        for name, column in zip(("study", "treatment_1", "treatment_2"), labels, strict=True):
            if column.shape != y.shape:
                raise StatisticsError(
                    f"`{name}` has shape {column.shape} where {y.size} rows are needed"
                )
        if not y.size:
            raise StatisticsError("a network needs at least one contrast")
        names, places = np.unique(np.concatenate(labels[1:]), return_inverse=True)
        first, second = places[: y.size].astype(np.int64), places[y.size :].astype(np.int64)
        same = np.flatnonzero(first == second)
        if same.size:
            raise StatisticsError(f"row {same[0]} compares `{names[first[same[0]]]}` with itself")
        treatments = tuple(names.tolist())
        _connected(treatments, first, second)
        studies, member = np.unique(labels[0], return_inverse=True)
        order = np.argsort(member, kind="stable")
        bounds = np.searchsorted(member[order], np.arange(studies.size + 1))
        trials, inconsistent = [], []
        for number, label in enumerate(studies.tolist()):
            rows = order[bounds[number] : bounds[number + 1]]
            trial, distance = _trial(
                label, treatments, first[rows], second[rows], y[rows], variance[rows]
            )
            trials.append(trial)
            if distance is not None:
                inconsistent.append(distance)
        if reference is None:
            place = 0
        elif reference in treatments:
            place = treatments.index(reference)
        else:
            raise StatisticsError(f"the reference `{reference}` is no treatment of this network")
        return cls(
            treatments,
            place,
            tuple(studies.tolist()),
            first,
            second,
            y,
            variance,
            tuple(trials),
            tuple(inconsistent),
        )

    @cached_property
    def design(self) -> FloatArray:
        """Contrasts of each trial in terms of the treatments against the reference."""
        table = np.zeros((self.size, len(self.treatments)))
        row = 0
        for trial in self.trials:
            others = trial.arms.size - 1
            table[np.arange(row, row + others), trial.arms[1:]] = 1
            table[row : row + others, trial.arms[0]] = -1
            row += others
        return np.delete(table, self.reference, axis=1)

    @cached_property
    def within_designs(self) -> FloatArray:
        """The same with effects of their own for each set of treatments compared."""
        kinds = sorted({tuple(trial.arms.tolist()) for trial in self.trials})
        start = dict(zip(kinds, np.cumsum([0, *(len(kind) - 1 for kind in kinds)]), strict=False))
        table = np.zeros((self.size, sum(len(kind) - 1 for kind in kinds)))
        row = 0
        for trial in self.trials:
            begin = start[tuple(trial.arms.tolist())]
            others = trial.arms.size - 1
            table[np.arange(row, row + others), np.arange(begin, begin + others)] = 1
            row += others
        return table

    @property
    def size(self) -> int:
        return sum(trial.arms.size - 1 for trial in self.trials)

    @cached_property
    def rotation(self) -> tuple[tuple[FloatArray, ...], FloatArray]:
        """For each trial the rotation after which its contrasts are independent for every
        tau², and what tau² multiplies then."""
        turns, spreads = [], []
        for trial in self.trials:
            others = trial.arms.size - 1
            if others == 1:
                turns.append(np.ones((1, 1)))
                spreads.append(np.ones(1))
                continue
            between = (np.eye(others) + np.ones((others, others))) / 2
            values, vectors = eigh(between, trial.covariance)
            turns.append(vectors.T)
            spreads.append(values)
        return tuple(turns), np.concatenate(spreads)

    @property
    def log_jacobian(self) -> float:
        """What the rotation adds to the log-likelihood."""
        return float(sum(np.linalg.slogdet(turn)[1] for turn in self.rotation[0] if turn.size > 1))

    def rotated(self, design: FloatArray) -> Heterogeneity:
        turns, spread = self.rotation
        y, x, v = np.empty(self.size), np.array(design), np.ones(self.size)
        row = 0
        for trial, turn in zip(self.trials, turns, strict=True):
            others = trial.arms.size - 1
            if others == 1:
                y[row] = trial.effect[0]
                v[row] = trial.covariance[0, 0]
            else:
                y[row : row + others] = turn @ trial.effect
                x[row : row + others] = turn @ x[row : row + others]
            row += others
        return Heterogeneity(y, x, v, spread)

    def league(self, estimate: FloatArray, covariance: FloatArray, level: float) -> League:
        full = np.insert(estimate, self.reference, 0.0)
        spread = np.insert(np.insert(covariance, self.reference, 0.0, 0), self.reference, 0.0, 1)
        effects = full[:, None] - full[None, :]
        diagonal = np.diag(spread)
        variance = diagonal[:, None] + diagonal[None, :] - 2 * spread
        se = np.sqrt(np.maximum(variance, 0.0))
        np.fill_diagonal(se, 0.0)
        width = normal_quantile(level) * se
        return League(effects, se, effects - width, effects + width, spread)


def _q(model: Heterogeneity, tau_squared: float) -> float:
    return model.fit(tau_squared).q


def _trial(
    label: Any,
    treatments: tuple[Any, ...],
    first: IntArray,
    second: IntArray,
    effect: FloatArray,
    variance: FloatArray,
) -> tuple[_Trial, Inconsistent | None]:
    if first.size == 1:
        low, high = int(min(first[0], second[0])), int(max(first[0], second[0]))
        sign = 1.0 if first[0] == high else -1.0
        return _Trial(np.array([low, high]), sign * effect, variance[:, None]), None
    arms, places = np.unique(np.concatenate((first, second)), return_inverse=True)
    one, two = places[: first.size], places[first.size :]
    pairs = {(min(a, b), max(a, b)) for a, b in zip(one.tolist(), two.tolist(), strict=True)}
    needed = arms.size * (arms.size - 1) // 2
    if len(pairs) != needed or first.size != needed:
        names = ", ".join(f"`{treatments[arm]}`" for arm in arms)
        raise StatisticsError(
            f"study `{label}` compares {names} and needs each of the {needed} contrasts once; it "
            f"has {first.size} rows. Give all of them, or different names to different studies"
        )
    contrast = np.zeros((first.size, arms.size))
    rows = np.arange(first.size)
    contrast[rows, one], contrast[rows, two] = 1, -1
    arm_variance = _arm_variances(np.abs(contrast), variance)
    fitted_variance = np.abs(contrast) @ arm_variance
    scale = 1 / np.sqrt(variance)
    mean = np.linalg.lstsq(contrast * scale[:, None], effect * scale, rcond=None)[0]
    moved = float(np.max(np.abs(contrast @ mean - effect) * scale))
    stretched = float(np.max(np.abs(np.sqrt(fitted_variance / variance) - 1)))
    trial = _Trial(
        arms.astype(np.int64),
        mean[1:] - mean[0],
        np.diag(arm_variance[1:]) + arm_variance[0],
    )
    if max(moved, stretched) < 1e-8:
        return trial, None
    return trial, Inconsistent(label, moved, stretched)


_LEAST_SHARE = 1e-3  # an arm holds at least this share of the smallest variance of its trial


def _arm_variances(incidence: FloatArray, variance: FloatArray) -> FloatArray:
    """Variances of arms whose sums are nearest to those of the contrasts, none negative."""
    scale = 1 / variance
    found = np.linalg.lstsq(incidence * scale[:, None], np.ones(variance.size), rcond=None)[0]
    least = _LEAST_SHARE * float(variance.min())
    if found.min() >= least:
        return np.asarray(found)
    above = nnls(incidence * scale[:, None], 1 - incidence.sum(axis=1) * least * scale)[0]
    return np.asarray(above + least)


def _connected(treatments: tuple[Any, ...], first: IntArray, second: IntArray) -> None:
    piece = np.arange(len(treatments))
    for a, b in zip(first, second, strict=True):
        if piece[a] != piece[b]:
            piece[piece == piece[b]] = piece[a]
    pieces = np.unique(piece)
    if pieces.size > 1:
        parts = "; ".join(
            ", ".join(f"`{treatments[i]}`" for i in np.flatnonzero(piece == code))
            for code in pieces
        )
        raise StatisticsError(
            f"the network is in {pieces.size} pieces that no trial joins: {parts}. Treatments of "
            "different pieces cannot be compared"
        )
