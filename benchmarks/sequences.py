"""Sequences of treatment: the simulation, its floor, SimPy, and doubt about the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from time import perf_counter

import numpy as np
import simpy
from numba import njit

from benchmarks.measuring import Row, in_turn, ratio_of
from consilium.sequencing.lines import LineOfTreatment
from consilium.sequencing.microsimulation import key_of, simulate
from consilium.sequencing.renewal import occupancy

_PATIENTS = 1_000_000
_FEW = 20_000
_LINES = [
    LineOfTreatment("first", 10.0, 1.2, go_on=1.0),
    LineOfTreatment("second", 6.0, 0.9, go_on=1.0),
    LineOfTreatment("third", 4.0, 1.1, go_on=0.0),
]
_SUPPORTIVE = 5.0
_STRATEGIES, _DRAWS = 12, 10_000


def sequences() -> Iterator[Row]:
    """A million patients over three lines, and 10,000 draws of 12 strategies."""
    floor, simulated, peer = in_turn(
        [
            (lambda: _numbers_only(_PATIENTS, key_of(7)), _PATIENTS),
            (_simulated, _PATIENTS),
            (lambda: _with_simpy(_FEW), _FEW),
        ],
        repeats=5,
    )
    name = "a million patients, three lines"
    above = ratio_of(simulated, floor)
    faster = ratio_of(peer, simulated)
    unit = "ns CPU a patient"
    yield Row(
        benchmark=name,
        subject="consilium, microsimulation",
        figure=1e9 * median(simulated),
        unit=unit,
        against="the random numbers, logarithms and powers alone (above one is slower)",
        ratio=above,
        goal="under 1.3 times their time",
        met=above < 1.3,
    )
    yield Row(
        benchmark=name,
        subject="random numbers, logarithms and powers alone",
        figure=1e9 * median(floor),
        unit=unit,
    )
    yield Row(
        benchmark=name,
        subject="SimPy, one process a patient",
        figure=1e9 * median(peer),
        unit=unit,
        against="consilium, microsimulation is faster",
        ratio=faster,
        goal="at least 300 times",
        met=faster >= 300,
        note=f"{_FEW} patients",
    )
    began = perf_counter()
    part = _DRAWS // 10
    for strategy in range(_STRATEGIES):
        _drawn(part, strategy)
    seconds = (perf_counter() - began) * 10
    yield Row(
        benchmark="doubt about the numbers",
        subject=f"consilium, {_DRAWS} draws of {_STRATEGIES} strategies, exact",
        figure=seconds,
        unit="s",
        goal="under 30 s",
        met=seconds < 30,
        note=f"{part} draws of each, times ten; ten years in half months",
    )


def _simulated() -> None:
    simulate(_LINES, supportive_months=_SUPPORTIVE, patients=_PATIENTS, seed=7)


def _drawn(many: int, strategy: int) -> None:
    rng = np.random.default_rng(strategy)
    occupancy(
        scale_months=rng.uniform(3, 15, (many, 3)),
        shape=rng.uniform(0.8, 1.3, (many, 3)),
        go_on=rng.uniform(0.5, 0.8, (many, 3)),
        die=np.full((many, 3), 0.1),
        supportive_months=rng.uniform(2, 8, many),
        cells=241,
        cell_months=0.5,
    )


@njit(error_model="numpy")
def _numbers_only(patients: int, key: np.uint64) -> float:
    """What no simulation can do without: the same draws, logarithms and powers, added up."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    one, two = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
    power = np.array([1 / 1.2, 1 / 0.9, 1 / 1.1])
    total = 0.0
    for patient in range(patients):
        base = key + np.uint64(patient) * np.uint64(64)
        for draw in range(1, 8):
            mixed = (base + np.uint64(draw)) * golden
            mixed = (mixed ^ (mixed >> np.uint64(30))) * one
            mixed = (mixed ^ (mixed >> np.uint64(27))) * two
            mixed = mixed ^ (mixed >> np.uint64(31))
            uniform = (np.float64(mixed >> np.uint64(11)) + 0.5) * 2.0**-53
            if draw == 7:
                total += -np.log(uniform)
            elif draw % 2:
                total += (-np.log(uniform)) ** power[draw // 2]
            else:
                total += uniform
    return total


def _with_simpy(patients: int) -> None:
    rng = np.random.default_rng(7)

    def patient(environment: simpy.Environment) -> Iterator[simpy.Event]:
        for line in _LINES:
            stay = line.scale_months * (-math.log(rng.random())) ** (1 / line.shape)
            yield environment.timeout(stay)
            if rng.random() >= line.go_on:
                break
        yield environment.timeout(rng.exponential() * _SUPPORTIVE)

    environment = simpy.Environment()
    for _ in range(patients):
        environment.process(patient(environment))
    environment.run()
