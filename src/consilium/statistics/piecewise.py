"""Hazard ratios by period of follow-up, for arms whose hazards are not proportional."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from consilium.statistics.arrays import (
    BoolArray,
    FloatArray,
    StatisticsError,
    flags,
    normal_quantile,
    numbers,
    times,
)
from consilium.statistics.cox import NoMaximum, Ties, cox


@dataclass(frozen=True, slots=True)
class PiecewiseHazardRatio:
    """The hazard of arm 1 over that of arm 0 in each period, and whether one ratio would do.

    A period lasts from after ``begins`` up to and at ``ends``, the last one without end.
    ``log_hazard_ratio`` and ``standard_error`` are on the log scale; periods share no event and
    are independent given who reached them. ``n_risk`` and ``n_event`` are of both arms. The test
    is Wald's of equal ratios, on one degree of freedom fewer than there are periods; p is nan
    for one period alone.

    A later period compares those whom the earlier ones left, so its ratio is not what
    randomisation balanced (Hernán, Epidemiology 2010;21:13).
    """

    begins: FloatArray
    ends: FloatArray
    n_risk: FloatArray
    n_event: FloatArray
    log_hazard_ratio: FloatArray
    standard_error: FloatArray
    chi_squared: float
    degrees_of_freedom: int
    p: float

    @property
    def hazard_ratios(self) -> FloatArray:
        """exp(log hazard ratios), on the natural scale."""
        return np.exp(self.log_hazard_ratio)

    def limits(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Lower and upper limits of the log hazard ratios."""
        width = normal_quantile(level) * self.standard_error
        return self.log_hazard_ratio - width, self.log_hazard_ratio + width


def piecewise_hazard_ratio(
    time: ArrayLike,
    event_observed: ArrayLike,
    arm: ArrayLike,
    cuts: ArrayLike,
    *,
    ties: Ties = "efron",
) -> PiecewiseHazardRatio:
    """Hazard ratios of arm 1 against arm 0 in the periods between ``cuts``.

    ``cuts`` are rising times above zero, in the unit of ``time``; choose them before looking at
    the curves. Each period is a Cox model of those still at risk when it begins, censored when it
    ends, which is the model with one coefficient a period (Therneau and Grambsch, Modeling
    Survival Data, 2000). Raises ``StatisticsError`` where a period has no event to
    tell the arms apart.
    """
    leaving = times(time)
    observed = flags(event_observed, "event_observed", leaving.size)
    treated = flags(arm, "arm", leaving.size)
    inner = numbers(cuts, "cuts")
    if inner.size and (inner[0] <= 0 or (np.diff(inner) <= 0).any()):
        raise StatisticsError("`cuts` must rise from above zero, without repeats")
    begins, ends = np.append(0.0, inner), np.append(inner, np.inf)
    periods = [
        _one(leaving, observed, treated, begin, end, ties)
        for begin, end in zip(begins, ends, strict=True)
    ]
    n_risk, n_event, ratio, error = (np.array(column) for column in zip(*periods, strict=True))
    precision = error**-2
    common = float(precision @ ratio / precision.sum())
    chi_squared = float(precision @ (ratio - common) ** 2)
    freedom = ratio.size - 1
    p = float(chdtrc(freedom, chi_squared)) if freedom else float("nan")
    return PiecewiseHazardRatio(
        begins, ends, n_risk, n_event, ratio, error, chi_squared, freedom, p
    )


def _one(
    leaving: FloatArray,
    observed: BoolArray,
    treated: BoolArray,
    begin: float,
    end: float,
    ties: Ties,
) -> tuple[float, float, float, float]:
    """At risk, events, log hazard ratio and its standard error of one period."""
    # Who leaves at zero belongs to the first period; after that a period begins after its start.
    here = leaving > begin if begin else np.ones(leaving.size, dtype=np.bool_)
    happened = observed[here] & (leaving[here] <= end)
    name = f"after {begin:g}" + ("" if end == np.inf else f" and up to {end:g}")
    if not happened.any():
        raise StatisticsError(f"no row has the event {name}; choose other cuts")
    try:
        fit = cox(np.minimum(leaving[here], end), happened, treated[here], ties=ties)
    except NoMaximum:
        raise StatisticsError(
            f"the events {name} do not tell the arms apart: each arm needs one while the other "
            "is at risk; choose other cuts"
        ) from None
    return (
        float(here.sum()),
        float(fit.n_event),
        float(fit.coefficients[0]),
        float(fit.standard_errors[0]),
    )
