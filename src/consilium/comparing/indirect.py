"""An indirect ratio from two published ones, through their common comparator."""

from __future__ import annotations

from math import log

from consilium.comparing.comparison import Contrasted
from consilium.comparing.sides import ComparisonError
from consilium.evidence.trials import Result
from consilium.knowledge.edition import Edition

_Z = 1.959963984540054


class MissingFact(ComparisonError):
    """A fact that an output was computed from is not in the edition."""

    def __init__(self, fact: str, needed_by: str) -> None:
        super().__init__(f"`{fact}` is not in this edition, and {needed_by} rests on it")
        self.fact = fact


def indirect_ratio(edition: Edition, one: str, other: str) -> Contrasted:
    """The ratio of two hazard ratios that share a comparator, with its 95 % interval.

    ``one`` and ``other`` are ids of results; the standard error of each logarithm
    is taken from its published interval (``statistics.network.bucher``). Natural
    scale. Raises ``MissingFact`` for a result that is not there,
    ``ComparisonError`` for one without a ratio and interval.
    """
    first, second = (
        _result(edition, name, f"the ratio of `{one}` to `{other}`") for name in (one, other)
    )
    from consilium.statistics.network import bucher  # noqa: PLC0415  scipy is slow to import

    found = bucher(*log_ratio(first), *log_ratio(second))
    value, low, high = found.ratio, found.ratio_lower, found.ratio_upper
    return Contrasted(
        "hazard_ratio",
        value,
        (low, high),
        "comparator",
        f"HR {value:.2f} (95 % CI {low:.2f} to {high:.2f})",
    )


def log_ratio(result: Result) -> tuple[float, float]:
    """The natural logarithm of a published ratio and its standard error, from its 95 % interval."""
    contrast = result.contrast
    if (
        contrast is None
        or contrast.measure != "hazard_ratio"
        or not isinstance(contrast.value, int | float)
        or contrast.ci95 is None
        or not all(isinstance(limit, int | float) for limit in contrast.ci95)
    ):
        raise ComparisonError(f"`{result.id}` has no hazard ratio with an interval to compute from")
    low, high = (float(limit) for limit in contrast.ci95)
    return log(contrast.value), (log(high) - log(low)) / (2 * _Z)


def _result(edition: Edition, name: str, needed_by: str) -> Result:
    if name not in edition.results:
        raise MissingFact(name, needed_by)
    return edition.results[name]
