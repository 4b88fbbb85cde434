"""The same sequence patient by patient: a check of the exact engine, and material for pictures.

Random numbers are a function of (seed, patient, draw) by SplitMix64's finaliser (Steele, Lea and
Flood, OOPSLA 2014), so every strategy meets the same patients, and results depend neither on the
number of cores nor on how patients are cut into batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilium.sequencing.errors import SequenceError
from consilium.sequencing.lines import LineOfTreatment
from consilium.statistics.kernels import kernel

Array = NDArray[np.float64]

BATCH = 250_000
"""Patients simulated at a time, so that progress can be shown and a run be stopped."""

_CELLS = 2048
_TAIL = _CELLS // 32
"""Quantiles are read from a table by straight lines, but exactly in the outer thirty-seconds."""

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB


@dataclass(frozen=True, slots=True)
class Simulated:
    """What happened to each simulated patient, in months from the start of the first line.

    ``survival`` (patients) is the time of death; ``on_line`` (patients x lines) the time spent on
    each line, 0 where it was never started; ``started`` (patients) the number of lines started.
    """

    survival: Array
    on_line: Array
    started: NDArray[np.int8]

    def reach(self, line: int) -> float:
        """The share that started a line, the first being 1."""
        return float((self.started >= line).mean())


def simulate(
    lines: Sequence[LineOfTreatment],
    *,
    supportive_months: float,
    patients: int,
    seed: int,
    frailty: Sequence[tuple[float, float]] = ((1.0, 1.0),),
    after_batch: Callable[[int], None] = lambda done: None,
) -> Simulated:
    """Simulate so many patients. Arguments are those of ``renewal.outlook``.

    The same seed gives the same patients on any machine, up to the last digits of its
    logarithms and powers. ``after_batch`` is told how many are done: show progress there, or
    raise to stop. Times are read from a table of quantiles, within 0.0001 of the scale.
    """
    if patients < 1 or not lines:
        raise SequenceError("a simulation needs a patient and a line")
    power = np.array([*(1 / line.shape for line in lines), 1.0])
    multipliers = np.array([value for value, _ in frailty])
    rows = _Rows(
        key=key_of(seed),
        scale=np.array([line.scale_months for line in lines])
        * multipliers[:, None] ** -power[None, :-1],
        power=power,
        table=(-np.log1p(-np.arange(_CELLS) / _CELLS))[None, :] ** power[:, None],
        go_on=np.array([*(line.go_on for line in lines[:-1]), 0.0]),
        die=np.array([line.die for line in lines]),
        supportive_months=supportive_months,
        steps=np.cumsum([share for _, share in frailty]),
    )
    survival = np.zeros(patients)
    on_line = np.zeros((patients, len(lines)))
    started = np.zeros(patients, dtype=np.int8)
    for first in range(0, patients, BATCH):
        part = slice(first, first + BATCH)
        _run(first, survival[part], on_line[part], started[part], *rows)
        after_batch(min(first + BATCH, patients))
    return Simulated(survival, on_line, started)


class _Rows(NamedTuple):
    """What the loop reads: scales (groups x lines), the rest by line."""

    key: np.uint64
    scale: Array
    power: Array
    table: Array
    go_on: Array
    die: Array
    supportive_months: float
    steps: Array


def key_of(seed: int) -> np.uint64:
    """The key under which a seed draws."""
    return np.uint64((seed * _GOLDEN) & 0xFFFFFFFFFFFFFFFF)


def uniforms(key: np.uint64, patients: NDArray[np.uint64], draw: int) -> Array:
    """The uniform numbers of a draw, strictly between 0 and 1, one for each patient."""
    with np.errstate(over="ignore"):
        mixed = key + patients * np.uint64(64) + np.uint64(draw)
        mixed = mixed * np.uint64(_GOLDEN)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FIRST)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return np.asarray((np.float64(mixed >> np.uint64(11)) + 0.5) * 2.0**-53)


def _quantiles(table: Array, power: float, share: Array) -> Array:
    at = share * _CELLS
    cell = np.minimum(at.astype(np.int64), _CELLS - 2)
    read = table[cell] + (table[cell + 1] - table[cell]) * (at - cell)
    outer = (cell < _TAIL) | (cell >= _CELLS - _TAIL)
    return np.asarray(np.where(outer, (-np.log1p(-share)) ** power, read))


def _in_numpy(
    first: int,
    survival: Array,
    on_line: Array,
    started: NDArray[np.int8],
    key: np.uint64,
    scale: Array,
    power: Array,
    table: Array,
    go_on: Array,
    die: Array,
    supportive_months: float,
    steps: Array,
) -> None:
    many, lines = on_line.shape
    patients = np.arange(first, first + many, dtype=np.uint64)
    group = np.minimum(
        np.searchsorted(steps, uniforms(key, patients, 0), side="left"), len(steps) - 1
    )
    here = np.ones(many, dtype=bool)
    rests = np.zeros(many, dtype=bool)
    for line in range(lines):
        started += here
        stay = _quantiles(table[line], power[line], uniforms(key, patients, 1 + 2 * line))
        on_line[here, line] = (scale[group, line] * stay)[here]
        way = uniforms(key, patients, 2 + 2 * line)
        rests |= here & (way >= go_on[line] + die[line])
        here &= way < go_on[line]
    survival[:] = on_line.sum(axis=1)
    if supportive_months > 0:
        rest = _quantiles(table[lines], 1.0, uniforms(key, patients, 1 + 2 * lines))
        survival += np.where(rests, rest * supportive_months, 0.0)


@kernel(_in_numpy)
def _run(
    first: int,
    survival: Array,
    on_line: Array,
    started: NDArray[np.int8],
    key: np.uint64,
    scale: Array,
    power: Array,
    table: Array,
    go_on: Array,
    die: Array,
    supportive_months: float,
    steps: Array,
) -> None:
    golden = np.uint64(0x9E3779B97F4A7C15)
    one, two = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
    lines = on_line.shape[1]
    cells = table.shape[1]
    tail = cells // 32
    for patient in range(len(survival)):
        base = key + np.uint64(first + patient) * np.uint64(64)
        group = 0
        total = 0.0
        line = 0
        rests = False
        # draw 0 is the group; then two for each line, stay and way; the last is the rest
        draw = 0 if len(steps) > 1 else 1
        while True:
            mixed = (base + np.uint64(draw)) * golden
            mixed = (mixed ^ (mixed >> np.uint64(30))) * one
            mixed = (mixed ^ (mixed >> np.uint64(27))) * two
            mixed = mixed ^ (mixed >> np.uint64(31))
            share = (np.float64(mixed >> np.uint64(11)) + 0.5) * 2.0**-53
            if draw == 0:
                while group < len(steps) - 1 and steps[group] < share:
                    group += 1
                draw = 1
            elif draw % 2:
                at = share * cells
                cell = min(int(at), cells - 2)
                if cell < tail or cell >= cells - tail:
                    stay = (-np.log1p(-share)) ** power[line]
                else:
                    low = table[line, cell]
                    stay = low + (table[line, cell + 1] - low) * (at - cell)
                if rests:
                    total += stay * supportive_months
                    break
                stay *= scale[group, line]
                on_line[patient, line] = stay
                total += stay
                draw += 1
            elif share < go_on[line]:
                line += 1
                draw += 1
            else:
                started[patient] = line + 1
                rests = supportive_months > 0 and share >= go_on[line] + die[line]
                if not rests:
                    break
                line, draw = lines, 1 + 2 * lines
        survival[patient] = total
