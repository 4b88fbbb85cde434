"""A discrete-time semi-Markov trace of successive lines, exact by convolution.

Each line has one-cycle probabilities by cycles since its start; who stops treatment early
keeps the clock of the line. A line is a renewal: entrants of the next line are the entrants
of this one convolved with the density of moving on (Howard, Dynamic Probabilistic Systems,
1971), so that no state per cycle of stay is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve

from consilium.sequencing.errors import SequenceError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LineProbabilities:
    """One-cycle probabilities of one line, by cycles since the line began (index 0 is its first).

    ``on_next``, ``on_death`` and ``on_stop`` are for those on treatment: going on to the next
    line, dying, stopping treatment; ``off_next`` and ``off_death`` for those who stopped.
    """

    on_next: Array
    on_death: Array
    on_stop: Array
    off_next: Array
    off_death: Array

    def __post_init__(self) -> None:
        for name in self.__slots__:
            object.__setattr__(self, name, _probabilities(getattr(self, name), name))
        cycles = {name: len(getattr(self, name)) for name in self.__slots__}
        if len(set(cycles.values())) > 1:
            told = ", ".join(f"`{name}` {count}" for name, count in cycles.items())
            raise SequenceError(f"a line needs as many cycles of each probability; it has {told}")
        on = self.on_next + self.on_death + self.on_stop
        off = self.off_next + self.off_death
        for name, total in (("on", on), ("off", off)):
            if np.any(total > 1 + 1e-12):
                at = int(np.argmax(total > 1 + 1e-12))
                raise SequenceError(
                    f"the ways of leaving {name} treatment sum to {total[at]:g} in cycle {at}"
                )


def _probabilities(values: ArrayLike, name: str) -> Array:
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise SequenceError(f"`{name}` holds something that is no number") from None
    if found.ndim != 1:
        raise SequenceError(f"`{name}` must be one column, a probability for each cycle")
    bad = np.flatnonzero(~((found >= 0) & (found <= 1 + 1e-12)))
    if bad.size:
        raise SequenceError(
            f"`{name}` is {found[bad[0]]:g} in cycle {bad[0]}; a probability lies between 0 and 1"
        )
    return found


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a cohort that starts the first line at cycle 0 is at the start of each cycle.

    ``on`` (cycles x lines + 1) is the share on treatment by line, its last column those on
    supportive care after the last line; ``off`` (cycles x lines) those who stopped treatment
    and have not moved on; ``dead`` (cycles) the rest. ``entrants`` (cycles x lines + 1) is the
    share that starts a line in a cycle.
    """

    on: Array
    off: Array
    dead: Array
    entrants: Array

    @property
    def reach(self) -> Array:
        """The share that ever starts each line within the horizon, supportive care last."""
        return np.asarray(self.entrants.sum(axis=0))

    @property
    def life_cycles(self) -> float:
        """Cycles alive within the horizon, counted at the start of each cycle."""
        return float((1 - self.dead).sum())


def sequence_trace(
    lines: Sequence[LineProbabilities], supportive_death: ArrayLike, cycles: int
) -> Trace:
    """The trace of a sequence of lines over ``cycles`` cycles.

    ``supportive_death`` is the one-cycle probability of death by cycles since supportive care
    began. Every array must cover the horizon; raises ``SequenceError`` otherwise.
    """
    dying = _probabilities(supportive_death, "supportive_death")
    short = [len(part) for part in (*(one.on_next for one in lines), dying) if len(part) < cycles]
    if not lines or cycles < 1:
        raise SequenceError("a sequence needs a line and at least one cycle")
    if short:
        raise SequenceError(f"a table of {short[0]} cycles does not cover a horizon of {cycles}")
    entrants = np.zeros((cycles, len(lines) + 1))
    on = np.zeros((cycles, len(lines) + 1))
    off = np.zeros((cycles, len(lines)))
    entrants[0, 0] = 1.0
    for number, line in enumerate(lines):
        on_stay, off_stay, moving = _stays(line, cycles)
        entering = entrants[:, number]
        on[:, number] = _convolved(entering, on_stay)
        off[:, number] = _convolved(entering, off_stay)
        entrants[1:, number + 1] = _convolved(entering, moving)[:-1]
    stay = np.concatenate([[1.0], np.cumprod(1 - dying[: cycles - 1])])
    on[:, -1] = _convolved(entrants[:, -1], stay)
    return Trace(on, off, 1 - on.sum(axis=1) - off.sum(axis=1), entrants)


def _stays(line: LineProbabilities, cycles: int) -> tuple[Array, Array, Array]:
    """By cycles since entry: on treatment, stopped but not moved on, and moving on in the cycle."""
    leaving = (line.on_next + line.on_death + line.on_stop)[:cycles]
    on = np.concatenate([[1.0], np.cumprod(1 - leaving)])[:cycles]
    kept = 1 - (line.off_next + line.off_death)[:cycles]
    off = np.zeros(cycles)
    for cycle in range(cycles - 1):
        off[cycle + 1] = off[cycle] * kept[cycle] + on[cycle] * line.on_stop[cycle]
    return on, off, on * line.on_next[:cycles] + off * line.off_next[:cycles]


def _convolved(entering: Array, staying: Array) -> Array:
    if np.count_nonzero(entering) == 1:
        # a single moment of entry: the convolution is a shift
        at = int(np.argmax(entering != 0))
        return np.asarray(np.concatenate([np.zeros(at), entering[at] * staying])[: len(entering)])
    return np.asarray(fftconvolve(entering, staying)[: len(entering)])
