"""Pooling the effects of several studies of one question.

Effects are on a scale on which they add (log hazard ratio, log odds ratio, difference), with
their variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, chdtri, fdtrc, ndtr, stdtr, stdtrit

from consilium.statistics.arrays import (
    FloatArray,
    StatisticsError,
    between_zero_and_one,
    columns,
    named,
    normal_quantile,
    numbers,
    numeric,
    positive,
)
from consilium.statistics.heterogeneity import Heterogeneity, Weighted

Method = Literal["FE", "DL", "PM", "REML", "ML", "HE", "HS", "SJ", "EB"]
METHODS: tuple[Method, ...] = ("FE", "DL", "PM", "REML", "ML", "HE", "HS", "SJ", "EB")


@dataclass(frozen=True, slots=True)
class Pooled:
    """One effect from several studies, on the scale of the effects.

    ``tau_squared`` is the variance between studies; ``q`` with its degrees of freedom and p
    tests that there is none; ``i_squared`` is in per cent. The prediction interval is for the
    true effect of one further study, nan for a common-effect model. ``weights`` add up to 1. One
    study says nothing about how studies differ: what does is nan then, and tau² 0.
    """

    method: Method
    knapp_hartung: bool
    k: int
    estimate: float
    standard_error: float
    lower: float
    upper: float
    p: float
    tau_squared: float
    tau_squared_standard_error: float
    q: float
    q_degrees_of_freedom: int
    q_p: float
    i_squared: float
    h_squared: float
    prediction_lower: float
    prediction_upper: float
    weights: FloatArray


@dataclass(frozen=True, slots=True)
class MetaRegression:
    """Effects of studies by what the studies are like; the intercept comes first.

    ``test`` is of all moderators (chi-squared, or F with Knapp-Hartung), and
    ``explained_percent`` says by how much they lower tau².
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    standard_errors: FloatArray
    covariance: FloatArray
    p: FloatArray
    tau_squared: float
    test: float
    test_p: float
    residual_q: float
    residual_q_p: float
    explained_percent: float


@dataclass(frozen=True, slots=True)
class AsymmetryTest:
    """Do small studies say something else: z or t of the slope on the standard error."""

    statistic: float
    p: float
    slope: float
    limit_estimate: float


def effect_from_interval(
    value: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Logarithms of published ratios and their standard errors, from the intervals.

    Raises where a ratio lies outside its interval.
    """
    given = [np.atleast_1d(numeric(x, "interval")) for x in (value, lower, upper)]
    if len({x.shape for x in given}) > 1:
        raise StatisticsError(
            f"{given[0].size} ratios with {given[1].size} lower and {given[2].size} upper limits"
        )
    ratio, low, high = given
    bad = ~((low > 0) & (low <= ratio) & (ratio <= high) & (low < high))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise StatisticsError(
            f"row {row}: {ratio[row]:g} does not lie in its interval {low[row]:g} to "
            f"{high[row]:g}, or the interval is empty; look for swapped columns"
        )
    return np.log(ratio), np.log(high / low) / (2 * normal_quantile(level))


def pool(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    method: Method = "REML",
    knapp_hartung: bool = False,
    level: float = 0.95,
) -> Pooled:
    """Pool effects that have ``variances`` (squared standard errors).

    ``method`` estimates tau²: "FE" none (common effect), "DL" DerSimonian-Laird, "PM"
    Paule-Mandel, "REML", "ML", "HE" Hedges, "HS" Hunter-Schmidt, "SJ" Sidik-Jonkman, "EB"
    empirical Bayes; formulae as in Viechtbauer (J Educ Behav Stat 2005;30:261) and the metafor
    package. ``knapp_hartung`` widens the interval by the spread that is seen and uses t
    (Stat Med 2003;22:2693); with few studies leave it on.
    """
    y, v = _effects(effects, variances)
    model = Heterogeneity(y, np.ones((y.size, 1)), v, np.ones(y.size))
    tau_squared, tau_se = _tau_squared(model, method)
    common = model.fit(0.0)
    df = model.degrees_of_freedom
    fit = model.fit(tau_squared)
    se = float(np.sqrt(fit.covariance[0, 0]))
    if knapp_hartung:
        if df < 1:
            raise StatisticsError("Knapp and Hartung's interval needs at least two studies")
        se *= float(np.sqrt(fit.q / df))
    crit = _critical(df, level, knapp_hartung)
    estimate = float(fit.coefficients[0])
    q = common.q if df else 0.0
    spread = float("nan")
    if method == "FE" or not df:
        i_squared, h_squared = _excess(q, df)
    else:
        typical = df / float(np.trace(model.projection()))
        i_squared = 100 * tau_squared / (typical + tau_squared)
        h_squared = tau_squared / typical + 1
        spread = crit * float(np.sqrt(se**2 + tau_squared))
    return Pooled(
        method,
        knapp_hartung,
        y.size,
        estimate,
        se,
        estimate - crit * se,
        estimate + crit * se,
        _p(estimate / se, df, knapp_hartung) if se else float("nan"),
        tau_squared,
        tau_se,
        q,
        df,
        float(chdtrc(df, q)) if df else float("nan"),
        i_squared,
        h_squared,
        estimate - spread,
        estimate + spread,
        fit.weights / fit.weights.sum(),
    )


def tau_squared_limits(
    effects: ArrayLike, variances: ArrayLike, level: float = 0.95
) -> tuple[float, float]:
    """Interval of tau² by Q-profile (Viechtbauer, Stat Med 2007;26:37)."""
    y, v = _effects(effects, variances)
    model = Heterogeneity(y, np.ones((y.size, 1)), v, np.ones(y.size))
    df = model.degrees_of_freedom
    if df < 1:
        raise StatisticsError("heterogeneity needs at least two studies")
    outside = (1 - between_zero_and_one(level, "level")) / 2
    low, high = (float(chdtri(df, share)) for share in (outside, 1 - outside))
    return model.q_profile(low), model.q_profile(high)


def leave_one_out(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    method: Method = "REML",
    knapp_hartung: bool = False,
    level: float = 0.95,
) -> tuple[Pooled, ...]:
    """The pooled effect without each study in turn."""
    y, v = _effects(effects, variances)
    if y.size < 2:
        raise StatisticsError("leaving one out needs at least two studies")
    kept = ~np.eye(y.size, dtype=bool)
    return tuple(
        pool(y[rows], v[rows], method=method, knapp_hartung=knapp_hartung, level=level)
        for rows in kept
    )


def meta_regression(
    effects: ArrayLike,
    variances: ArrayLike,
    moderators: ArrayLike,
    *,
    method: Method = "REML",
    knapp_hartung: bool = False,
    names: Sequence[str] | None = None,
) -> MetaRegression:
    """Mixed-effects regression of effects on ``moderators``, one column each.

    A relation between studies is not one between patients (ecological bias).
    """
    y, v = _effects(effects, variances)
    table = columns(moderators, "moderators", y.size)
    x = np.column_stack((np.ones(y.size), table))
    labels = ("intercept", *named(names, table.shape[1]))
    model = Heterogeneity(y, x, v, np.ones(y.size))
    df = model.degrees_of_freedom
    if df < 1:
        raise StatisticsError(f"{y.size} studies are too few for {x.shape[1]} coefficients")
    tau_squared, _ = _tau_squared(model, method)
    fit = model.fit(tau_squared)
    covariance = fit.covariance * (fit.q / df if knapp_hartung else 1.0)
    se = np.sqrt(np.diag(covariance))
    slopes = fit.coefficients[1:]
    test = float(slopes @ np.linalg.solve(covariance[1:, 1:], slopes))
    if knapp_hartung:
        test /= slopes.size
    alone = _tau_squared(replace(model, x=np.ones((y.size, 1))), method)[0]
    residual_q = model.fit(0.0).q
    return MetaRegression(
        labels,
        fit.coefficients,
        se,
        covariance,
        np.array([_p(z, df, knapp_hartung) for z in fit.coefficients / se]),
        tau_squared,
        test,
        float(fdtrc(slopes.size, df, test)) if knapp_hartung else float(chdtrc(slopes.size, test)),
        residual_q,
        float(chdtrc(df, residual_q)),
        max(0.0, 100 * (alone - tau_squared) / alone) if alone else float("nan"),
    )


def egger(
    effects: ArrayLike, variances: ArrayLike, *, method: Method | Literal["lm"] = "REML"
) -> AsymmetryTest:
    """Egger's test of funnel asymmetry: the slope of effects on standard errors.

    ``method`` a way to estimate tau² gives the mixed-effects form (z); "lm" the weighted
    regression of the paper (t; BMJ 1997;315:629). Below ten studies it has little power, and
    asymmetry has other reasons than missing studies.
    """
    y, v = _effects(effects, variances)
    if y.size < 3:
        raise StatisticsError("a test of asymmetry needs at least three studies")
    se = np.sqrt(v)
    model = Heterogeneity(y, np.column_stack((np.ones(y.size), se)), v, np.ones(y.size))
    linear = method == "lm"
    fit: Weighted = model.fit(0.0 if linear else _tau_squared(model, method)[0])  # type: ignore[arg-type]
    df = model.degrees_of_freedom
    scale = fit.q / df if linear else 1.0
    statistic = float(fit.coefficients[1] / np.sqrt(scale * fit.covariance[1, 1]))
    return AsymmetryTest(
        statistic, _p(statistic, df, linear), float(fit.coefficients[1]), float(fit.coefficients[0])
    )


def mantel_haenszel(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_0: ArrayLike,
    total_0: ArrayLike,
    *,
    level: float = 0.95,
) -> Pooled:
    """Pooled log odds ratio of arm 1 over arm 0 by Mantel and Haenszel (1959).

    Variance of Robins, Breslow and Greenland (Biometrics 1986;42:311). Cells of zero need no
    correction; trials without an event, or with nothing but events, do not count.
    """
    a, b, c, d = _fourfold(events_1, total_1, events_0, total_0)
    n = a + b + c + d
    r, s = a * d / n, b * c / n
    if not (r.sum() > 0 and s.sum() > 0):
        raise StatisticsError("one arm has no event, or nothing but events, in all trials")
    p, q = (a + d) / n, (b + c) / n
    total_r, total_s = r.sum(), s.sum()
    variance = (
        (p * r).sum() / total_r**2
        + (p * s + q * r).sum() / (total_r * total_s)
        + (q * s).sum() / total_s**2
    ) / 2
    estimate = float(np.log(total_r / total_s))
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = np.log(a * d / (b * c))
        weights = 1 / (1 / a + 1 / b + 1 / c + 1 / d)
    return _counted(estimate, float(np.sqrt(variance)), effects, weights, s / total_s, level)


def peto(
    events_1: ArrayLike,
    total_1: ArrayLike,
    events_0: ArrayLike,
    total_0: ArrayLike,
    *,
    level: float = 0.95,
) -> Pooled:
    """Pooled log odds ratio of arm 1 over arm 0 by Peto (Yusuf, Prog Cardiovasc Dis 1985;27:335).

    For rare events and arms of like size; biased otherwise.
    """
    a, b, c, d = _fourfold(events_1, total_1, events_0, total_0)
    n = a + b + c + d
    variance = (a + b) * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1))
    counted = variance > 0
    if not counted.any():
        raise StatisticsError("no trial has both patients with and without the event")
    difference = a - (a + b) * (a + c) / n
    estimate = float(difference[counted].sum() / variance[counted].sum())
    se = float(1 / np.sqrt(variance[counted].sum()))
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = difference / variance
    return _counted(estimate, se, effects, variance, variance / variance.sum(), level)


def _counted(
    estimate: float,
    se: float,
    effects: FloatArray,
    weights: FloatArray,
    shares: FloatArray,
    level: float,
) -> Pooled:
    known = np.isfinite(effects) & (weights > 0)
    df = int(known.sum()) - 1
    q = float(weights[known] @ (effects[known] - estimate) ** 2)
    z = normal_quantile(level)
    return Pooled(
        "FE",
        False,
        effects.size,
        estimate,
        se,
        estimate - z * se,
        estimate + z * se,
        _p(estimate / se, df, False),
        0.0,
        float("nan"),
        q,
        df,
        float(chdtrc(df, q)) if df > 0 else float("nan"),
        *_excess(q, df),
        float("nan"),
        float("nan"),
        shares,
    )


def _excess(q: float, df: int) -> tuple[float, float]:
    """I² in per cent and H² of a common-effect model, from Q."""
    if df < 1:
        return float("nan"), float("nan")
    return (max(0.0, 100 * (q - df) / q) if q > 0 else 0.0), q / df


def _fourfold(
    events_1: ArrayLike, total_1: ArrayLike, events_0: ArrayLike, total_0: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    a = numbers(events_1, "events_1")
    n1 = positive(total_1, "total_1", a.size)
    c = numbers(events_0, "events_0", size=a.size)
    n0 = positive(total_0, "total_0", a.size)
    for name, events, total in (("1", a, n1), ("0", c, n0)):
        bad = (events < 0) | (events > total)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise StatisticsError(
                f"row {row}: {events[row]:g} events of {total[row]:g} patients in arm {name}"
            )
    return a, n1 - a, c, n0 - c


def _effects(effects: ArrayLike, variances: ArrayLike) -> tuple[FloatArray, FloatArray]:
    y = numbers(effects, "effects")
    if not y.size:
        raise StatisticsError("`effects` is empty; at least one study is needed")
    return y, positive(variances, "variances", y.size)


def _tau_squared(model: Heterogeneity, method: Method) -> tuple[float, float]:
    """tau² and its standard error."""
    nan = float("nan")
    k, df = model.y.size, model.degrees_of_freedom
    if method == "FE":
        return 0.0, nan
    if method not in METHODS:
        raise StatisticsError(
            f"`{method}` is no estimator of tau²; use one of {', '.join(METHODS)}"
        )
    if df < 1:
        # One study says nothing about how studies differ.
        return 0.0, nan
    if method in ("PM", "EB"):
        found = model.paule_mandel()
        weights = model.fit(found).weights
        return found, float(np.sqrt(2 * k**2 / df) / weights.sum())
    if method in ("REML", "ML"):
        restricted = method == "REML"
        found = model.maximum_likelihood(restricted=restricted)
        return found, float(model.information(found, restricted=restricted) ** -0.5)
    if method in ("DL", "HS"):
        p = model.projection()
        if method == "DL":
            found, trace = model.dersimonian_laird()
        else:
            trace = float((1 / model.v).sum())
            found = (model.fit().q - k) / trace
        found = max(0.0, found)
        return found, _moment_se(2 * df, float(np.trace(p)), float((p * p).sum()), found, 1 / trace)
    if method == "HE":
        unweighted = replace(model, v=np.ones(k))
        p = unweighted.projection()
        pv = p * model.v
        found = max(0.0, (unweighted.fit().q - float(np.trace(pv))) / df)
        return found, _moment_se(
            2 * float((pv * pv.T).sum()), float(np.trace(pv)), df, found, 1 / df
        )
    start = replace(model, v=np.ones(k)).fit().q / k  # Sidik and Jonkman
    scaled = replace(model, v=model.v + start)
    p = scaled.projection()
    pv = p * model.v
    found = start * scaled.fit().q / df
    return found, _moment_se(
        2 * float((pv * pv.T).sum()),
        float((pv * p).sum()),
        float((p * p).sum()),
        found,
        start / df,
    )


def _moment_se(constant: float, linear: float, square: float, tau: float, scale: float) -> float:
    return float(scale * np.sqrt(constant + 4 * tau * linear + 2 * tau**2 * square))


def _critical(df: int, level: float, student: bool) -> float:
    if student:
        return float(stdtrit(df, 0.5 + between_zero_and_one(level, "level") / 2))
    return normal_quantile(level)


def _p(statistic: float, df: int, student: bool) -> float:
    below = -abs(statistic)
    return float(2 * (stdtr(df, below) if student else ndtr(below)))
