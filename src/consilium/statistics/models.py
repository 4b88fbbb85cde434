"""What every fitted survival model answers: survival, hazard, restricted mean, quantiles."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from consilium.statistics.arrays import (
    BoolArray,
    FloatArray,
    StatisticsError,
    columns,
    flags,
    times,
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A survival model fitted by maximum likelihood.

    ``parameters`` are on the natural scale, ``transformed`` on the scale of estimation (the
    logarithm of whatever must be positive), and ``covariance`` belongs to ``transformed``.
    Effects of covariates come last.
    """

    names: tuple[str, ...]
    parameters: FloatArray
    transformed: FloatArray
    covariance: FloatArray
    log_likelihood: float
    n: int
    n_event: int

    @property
    def aic(self) -> float:
        """Akaike's criterion; smaller is better."""
        return 2 * self.transformed.size - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of rows; smaller is better."""
        return float(np.log(self.n)) * self.transformed.size - 2 * self.log_likelihood

    def survival(self, moments: ArrayLike, covariates: ArrayLike = ()) -> FloatArray:
        """Survival at ``moments`` of one subject with ``covariates``."""
        return np.exp(self._log_survival(self._moments(moments), self._subject(covariates)))

    def cumulative_hazard(self, moments: ArrayLike, covariates: ArrayLike = ()) -> FloatArray:
        """Cumulative hazard at ``moments``."""
        return -self._log_survival(self._moments(moments), self._subject(covariates))

    def hazard(self, moments: ArrayLike, covariates: ArrayLike = ()) -> FloatArray:
        """Hazard per unit of time at ``moments``, which must be above zero."""
        asked = self._moments(moments)
        if asked.min() <= 0:
            raise StatisticsError("a hazard is asked at a time above zero")
        return np.exp(self._log_hazard(asked, self._subject(covariates)))

    def restricted_mean(self, until: float, covariates: ArrayLike = ()) -> float:
        """Mean event-free time within the first ``until``."""
        if not until > 0:
            raise StatisticsError(f"a restricted mean needs a time above zero, not {until:g}")
        x, w = np.polynomial.legendre.leggauss(240)
        u = (x + 1) / 2
        moments = until * u**4  # more nodes where a hazard may be steep
        subject = self._subject(covariates)
        return float(until * (w * 2 * u**3) @ np.exp(self._log_survival(moments, subject)))

    def quantile(self, share: float, covariates: ArrayLike = ()) -> float:
        """Time by which ``share`` had the event; infinite where that never comes."""
        if not 0 < share < 1:
            raise StatisticsError(f"`share` is {share:g}; it must lie between 0 and 1")
        subject = self._subject(covariates)
        target = float(np.log1p(-share))

        def above(log_time: float) -> float:
            return float(self._log_survival(np.exp([log_time]), subject)[0]) - target

        low, high = -2.0, 2.0
        while above(low) < 0:
            low -= 4
        while above(high) > 0:
            high += 2
            if high > 60:
                return float("inf")
        return float(np.exp(brentq(above, low, high, xtol=1e-14)))

    def median(self, covariates: ArrayLike = ()) -> float:
        """Time by which half had the event."""
        return self.quantile(0.5, covariates)

    def draws(self, rng: np.random.Generator, size: int) -> FloatArray:
        """``size`` draws of ``transformed`` from the normal law of its estimate."""
        return rng.multivariate_normal(self.transformed, self.covariance, size)

    @abstractmethod
    def _log_survival(self, moments: FloatArray, subject: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _log_hazard(self, moments: FloatArray, subject: FloatArray) -> FloatArray: ...

    @property
    @abstractmethod
    def _covariate_count(self) -> int: ...

    def _subject(self, covariates: ArrayLike) -> FloatArray:
        subject = np.atleast_1d(np.asarray(covariates, dtype=np.float64))
        count = self._covariate_count
        if subject.shape != (count,):
            raise StatisticsError(f"the model has {count} covariates and {subject.size} were given")
        return subject

    @staticmethod
    def _moments(moments: ArrayLike) -> FloatArray:
        asked = np.atleast_1d(np.asarray(moments, dtype=np.float64))
        if not (asked >= 0).all():
            raise StatisticsError("survival is asked at times from zero on")
        return asked


def patients(
    time: ArrayLike, event_observed: ArrayLike, covariates: ArrayLike | None
) -> tuple[FloatArray, BoolArray, FloatArray]:
    """Rows that a parametric model can take: times above zero, an event at least."""
    leaving = times(time)
    observed = flags(event_observed, "event_observed", leaving.size)
    if leaving.min() <= 0:
        raise StatisticsError(
            f"`time` row {int(leaving.argmin())} is 0; a parametric model needs times above zero"
        )
    if not observed.any():
        raise StatisticsError("no row has the event; there is nothing to model")
    if covariates is None:
        return leaving, observed, np.empty((leaving.size, 0))
    return leaving, observed, columns(covariates, "covariates", leaving.size)
