"""Parameters of a model as numbers: a middle, a spread, and draws of their own.

A draw of a parameter depends on (seed, parameter, draw) and on nothing else, so a figure that
changes moves its own draws only. Times and factors vary on the log scale, shares on the
logit scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from consilium.evidence.parameters import FigureOf, ModelFile, Parameter
from consilium.evidence.trials import Estimate
from consilium.knowledge.edition import Edition
from consilium.sequencing.errors import SequenceError
from consilium.sequencing.microsimulation import key_of, uniforms

Array = NDArray[np.float64]

_Z = 1.959963984540054
_LARGEST = 1000.0  # months, or a factor
_SHARES = ("going-on", "dying", "crossover")


class MissingFigure(SequenceError):
    """A figure that a parameter rests on is not in the edition."""

    def __init__(self, fact: str, needed_by: str) -> None:
        super().__init__(f"`{fact}` is not in this edition, and `{needed_by}` rests on it")
        self.fact = fact


@dataclass(frozen=True, slots=True)
class Number:
    """A parameter with its middle and its 95 % range on the natural scale.

    ``error`` is the standard error on the log scale (times, factors) or the logit scale
    (shares). ``uses`` are the results it rests on; none for an assumption.
    """

    parameter: Parameter
    middle: float
    error: float
    uses: tuple[str, ...]

    @property
    def is_share(self) -> bool:
        """Whether it varies on the logit scale."""
        return self.parameter.quantity in _SHARES

    @property
    def assumed(self) -> bool:
        """Whether it is our choice and not a figure of a source."""
        return self.parameter.assumed is not None and not self.parameter.updated_by

    def at(self, errors: Array) -> Array:
        """Its value so many standard errors from the middle."""
        if self.is_share:
            return np.asarray(expit(log(self.middle / (1 - self.middle)) + self.error * errors))
        return np.asarray(self.middle * np.exp(self.error * errors))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % range."""
        low, high = self.at(np.array([-_Z, _Z]))
        return float(low), float(high)

    def draws(self, seed: int, many: int) -> Array:
        """Draws of its own."""
        own = key_of(seed ^ crc32(self.parameter.id.encode()))
        return self.at(ndtri(uniforms(own, np.arange(many, dtype=np.uint64), 0)))


def numbers(edition: Edition, model: ModelFile) -> dict[str, Number]:
    """Every parameter of a model by id. Raises ``MissingFigure`` by name."""
    return {parameter.id: _number(edition, parameter) for parameter in model.parameters}


def changed(held: Mapping[str, Number], values: Mapping[str, float]) -> dict[str, Number]:
    """The same with some middles replaced, as a reader of an assumption may wish.

    Raises ``SequenceError`` for a name that is not a parameter, a share outside 0 to 1, or a
    time or factor that nobody could have.
    """
    made = dict(held)
    for name, value in values.items():
        if name not in held:
            raise SequenceError(f"`{name}` is no parameter; known: {', '.join(held)}")
        if not 0 < value <= _LARGEST or (held[name].is_share and value >= 1):
            raise SequenceError(f"`{name}` cannot be {value:g}")
        before = held[name]
        made[name] = Number(before.parameter, value, before.error, before.uses)
    return made


def estimate(edition: Edition, of: FigureOf, needed_by: str) -> Estimate:
    """The estimate that a figure names. Raises ``MissingFigure`` by name."""
    result = edition.results.get(of.result)
    if result is None:
        raise MissingFigure(of.result, needed_by)
    if of.month is None:
        found = result.arms.get(of.arm)
    else:
        found = next((m.arms.get(of.arm) for m in result.landmarks if m.month == of.month), None)
    if found is None:
        place = f"{of.result}/{of.arm}" + (f" at {of.month:g} months" if of.month else "")
        raise MissingFigure(place, needed_by)
    return found


def median_of(edition: Edition, of: FigureOf, needed_by: str) -> float:
    """A median in months. Raises ``MissingFigure`` where none is stated."""
    found = estimate(edition, of, needed_by).median_months
    if not isinstance(found, int | float):
        raise MissingFigure(f"{of.result}/{of.arm} median", needed_by)
    return float(found)


def _number(edition: Edition, parameter: Parameter) -> Number:
    if parameter.updated_by:
        return _updated(edition, parameter)
    if parameter.assumed is not None:
        value = parameter.assumed
        error = _log_error((value.low, value.high), share=parameter.quantity in _SHARES)
        return Number(parameter, value.value, error, ())
    figure = parameter.figure
    assert figure is not None  # a parameter has one or the other
    held = estimate(edition, figure, parameter.id)
    uses = (figure.result,)
    if parameter.quantity == "shape":
        return Number(parameter, _shape(edition, parameter), _spread(parameter.spread), uses)
    if parameter.quantity in _SHARES:
        if held.percent is None:
            raise MissingFigure(f"{figure.result}/{figure.arm} share", parameter.id)
        share = held.percent / 100
        error = (held.n * share * (1 - share)) ** -0.5 if held.n else _spread(parameter.spread)
        return Number(parameter, share, max(error, _spread(parameter.spread)), uses)
    middle = median_of(edition, figure, parameter.id)
    if parameter.less is not None:
        before = median_of(edition, parameter.less, parameter.id)
        mean = (middle - before) / log(2)
        return Number(parameter, mean, _spread(parameter.spread), (*uses, parameter.less.result))
    return Number(parameter, middle, _median_error(held, parameter.spread), uses)


def _shape(edition: Edition, parameter: Parameter) -> float:
    """The Weibull shape through a median and a landmark."""
    figure, landmark = parameter.figure, parameter.landmark
    if figure is None or landmark is None or landmark.month is None:
        raise SequenceError(f"`{parameter.id}` needs a median and a landmark with its month")
    median = median_of(edition, figure, parameter.id)
    share = estimate(edition, landmark, parameter.id).percent
    if share is None or not 0 < share < 100:
        raise MissingFigure(f"{landmark.result}/{landmark.arm} share", parameter.id)
    return log(log(share / 100) / log(0.5)) / log(landmark.month / median)


def _median_error(held: Estimate, spread: float) -> float:
    if held.ci95 is not None:
        low, high = held.ci95
        if isinstance(low, int | float) and isinstance(high, int | float):
            return _log_error((float(low), float(high)), share=False)
    return _spread(spread)


def _updated(edition: Edition, parameter: Parameter) -> Number:
    """A prior on the log scale, updated by series: the error of each, and that between them."""
    prior = parameter.assumed
    if prior is None:
        raise SequenceError(f"`{parameter.id}` is updated by series and has no prior")
    precision = _log_error((prior.low, prior.high), share=False) ** -2
    mean = log(prior.value)
    uses = []
    for ratio in parameter.updated_by:
        later, earlier = (
            estimate(edition, of, parameter.id) for of in (ratio.later, ratio.earlier)
        )
        seen = log(
            median_of(edition, ratio.later, parameter.id)
            / median_of(edition, ratio.earlier, parameter.id)
        )
        variance = (
            _median_error(later, parameter.spread) ** 2
            + _median_error(earlier, parameter.spread) ** 2
            + _spread(parameter.between_series) ** 2
        )
        mean = (mean * precision + seen / variance) / (precision + 1 / variance)
        precision += 1 / variance
        uses += [ratio.later.result, ratio.earlier.result]
    return Number(parameter, exp(mean), precision**-0.5, tuple(dict.fromkeys(uses)))


def _log_error(interval: tuple[float, float], *, share: bool) -> float:
    low, high = interval
    if share:
        return (log(high / (1 - high)) - log(low / (1 - low))) / (2 * _Z)
    return log(high / low) / (2 * _Z)


def _spread(factor: float) -> float:
    return log(factor) / _Z
