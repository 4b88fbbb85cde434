"""The same sequence patient by patient: a check of the exact engine, and material for pictures.

Random numbers are a function of (seed, patient, draw) by SplitMix64's finaliser (Steele, Lea and
Flood, OOPSLA 2014), so every strategy meets the same patients, and results depend neither on the
number of cores nor on how patients are cut into batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilium.sequencing.errors import SequenceError
from consilium.sequencing.lines import LineOfTreatment
from consilium.statistics.kernels import kernel

Array = NDArray[np.float64]

BATCH = 250_000
"""Patients simulated at a time, so that progress can be shown and a run be stopped."""

_DRAWS_A_LINE = 2
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
) -> Simulated:
    """Simulate so many patients. Arguments are those of ``renewal.outlook``.

    The same seed gives the same patients on any machine, up to the last digits of its
    logarithms and powers.
    """
    parts = list(
        batches(
            lines,
            supportive_months=supportive_months,
            patients=patients,
            seed=seed,
            frailty=frailty,
        )
    )
    return Simulated(
        np.concatenate([part.survival for part in parts]),
        np.concatenate([part.on_line for part in parts]),
        np.concatenate([part.started for part in parts]),
    )


def batches(
    lines: Sequence[LineOfTreatment],
    *,
    supportive_months: float,
    patients: int,
    seed: int,
    frailty: Sequence[tuple[float, float]] = ((1.0, 1.0),),
) -> Iterator[Simulated]:
    """The same, a batch at a time: show progress between them, or stop."""
    if patients < 1 or not lines:
        raise SequenceError("a simulation needs a patient and a line")
    scale = np.array([line.scale_months for line in lines])
    power = np.array([1 / line.shape for line in lines])
    go_on = np.array([line.go_on for line in lines])
    go_on[-1] = 0.0
    die = np.array([line.die for line in lines])
    steps = np.cumsum([share for _, share in frailty])
    multipliers = np.array([value for value, _ in frailty])
    for first in range(0, patients, BATCH):
        many = min(BATCH, patients - first)
        yield Simulated(
            *_run(
                first,
                many,
                key_of(seed),
                scale,
                power,
                go_on,
                die,
                supportive_months,
                steps,
                multipliers,
            )
        )


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


def _in_numpy(
    first: int,
    many: int,
    key: np.uint64,
    scale: Array,
    power: Array,
    go_on: Array,
    die: Array,
    supportive_months: float,
    steps: Array,
    multipliers: Array,
) -> tuple[Array, Array, NDArray[np.int8]]:
    patients = np.arange(first, first + many, dtype=np.uint64)
    group = np.minimum(
        np.searchsorted(steps, uniforms(key, patients, 0), side="left"), len(steps) - 1
    )
    hazard = multipliers[group]
    on_line = np.zeros((many, len(scale)))
    started = np.zeros(many, dtype=np.int8)
    here = np.ones(many, dtype=bool)
    rests = np.zeros(many, dtype=bool)
    for line in range(len(scale)):
        started += here
        wait = -np.log(uniforms(key, patients, 1 + _DRAWS_A_LINE * line)) / hazard
        months = scale[line] * wait ** power[line]
        on_line[here, line] = months[here]
        way = uniforms(key, patients, 2 + _DRAWS_A_LINE * line)
        rests |= here & (way >= go_on[line] + die[line])
        here &= way < go_on[line]
    survival = on_line.sum(axis=1)
    if supportive_months > 0:
        rest = -np.log(uniforms(key, patients, 1 + _DRAWS_A_LINE * len(scale)))
        survival = survival + np.where(rests, rest * supportive_months, 0.0)
    return survival, on_line, started


@kernel(_in_numpy)
def _run(
    first: int,
    many: int,
    key: np.uint64,
    scale: Array,
    power: Array,
    go_on: Array,
    die: Array,
    supportive_months: float,
    steps: Array,
    multipliers: Array,
) -> tuple[Array, Array, NDArray[np.int8]]:
    lines = len(scale)
    survival = np.zeros(many)
    on_line = np.zeros((many, lines))
    started = np.zeros(many, dtype=np.int8)
    golden = np.uint64(0x9E3779B97F4A7C15)
    mix_one = np.uint64(0xBF58476D1CE4E5B9)
    mix_two = np.uint64(0x94D049BB133111EB)
    for patient in range(many):
        base = key + np.uint64(first + patient) * np.uint64(64)
        hazard = multipliers[0]
        if len(steps) > 1:
            mixed = base * golden
            mixed = (mixed ^ (mixed >> np.uint64(30))) * mix_one
            mixed = (mixed ^ (mixed >> np.uint64(27))) * mix_two
            mixed = mixed ^ (mixed >> np.uint64(31))
            draw = (np.float64(mixed >> np.uint64(11)) + 0.5) * 2.0**-53
            group = 0
            while group < len(steps) - 1 and steps[group] < draw:
                group += 1
            hazard = multipliers[group]
        total = 0.0
        rests = False
        for line in range(lines):
            started[patient] += 1
            mixed = (base + np.uint64(1 + 2 * line)) * golden
            mixed = (mixed ^ (mixed >> np.uint64(30))) * mix_one
            mixed = (mixed ^ (mixed >> np.uint64(27))) * mix_two
            mixed = mixed ^ (mixed >> np.uint64(31))
            draw = (np.float64(mixed >> np.uint64(11)) + 0.5) * 2.0**-53
            months = scale[line] * (-np.log(draw) / hazard) ** power[line]
            on_line[patient, line] = months
            total += months
            mixed = (base + np.uint64(2 + 2 * line)) * golden
            mixed = (mixed ^ (mixed >> np.uint64(30))) * mix_one
            mixed = (mixed ^ (mixed >> np.uint64(27))) * mix_two
            mixed = mixed ^ (mixed >> np.uint64(31))
            draw = (np.float64(mixed >> np.uint64(11)) + 0.5) * 2.0**-53
            if draw >= go_on[line]:
                rests = draw >= go_on[line] + die[line]
                break
        if rests and supportive_months > 0:
            mixed = (base + np.uint64(1 + 2 * lines)) * golden
            mixed = (mixed ^ (mixed >> np.uint64(30))) * mix_one
            mixed = (mixed ^ (mixed >> np.uint64(27))) * mix_two
            mixed = mixed ^ (mixed >> np.uint64(31))
            draw = (np.float64(mixed >> np.uint64(11)) + 0.5) * 2.0**-53
            total += -np.log(draw) * supportive_months
        survival[patient] = total
    return survival, on_line, started
