"""Proportions with their interval, and how few are too few to be shown.

Needs nothing but Python, so that a page can use it without loading arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from consilium.errors import ConsiliumError

LEAST_SHOWN = 5
"""The smallest group that is shown; in a smaller one somebody could be recognised."""


class ProportionError(ConsiliumError):
    """Counts that are no part of a whole."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """``events`` of ``total``, with the interval of Wilson at ``level``.

    The score interval stays within 0 and 1 and holds its level in small
    samples (Wilson, J Am Stat Assoc 1927;22:209; Newcombe, Stat Med 1998;17:857).
    """

    events: int
    total: int
    level: float = 0.95

    def __post_init__(self) -> None:
        if not 0 <= self.events <= self.total or self.total == 0:
            raise ProportionError(f"{self.events} of {self.total} is no proportion")
        if not 0 < self.level < 1:
            raise ProportionError(f"a level lies between 0 and 1; {self.level} does not")

    @property
    def value(self) -> float:
        """The share, from 0 to 1."""
        return self.events / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The lower and the upper limit, from 0 to 1."""
        z = NormalDist().inv_cdf((1 + self.level) / 2)
        n, p = self.total, self.value
        centre = p + z * z / (2 * n)
        spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        scale = 1 + z * z / n
        low = 0.0 if self.events == 0 else (centre - spread) / scale
        high = 1.0 if self.events == n else (centre + spread) / scale
        return low, high


def too_few(sizes: Mapping[str, int], least: int = LEAST_SHOWN) -> frozenset[str]:
    """Which groups of one whole are held back.

    Those below ``least``; and when what is held back could be found by taking
    the shown groups from the whole, the next smallest groups too, until at least
    two groups and ``least`` members are hidden together.
    """
    hidden = {name for name, size in sizes.items() if 0 < size < least}
    shown = sorted((size, name) for name, size in sizes.items() if size >= least)
    while hidden and shown and (len(hidden) < 2 or sum(sizes[n] for n in hidden) < least):
        hidden.add(shown.pop(0)[1])
    return frozenset(hidden)
