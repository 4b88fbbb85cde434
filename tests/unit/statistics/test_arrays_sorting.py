"""Rows in the order of their times, against plain sorting."""

from __future__ import annotations

import numpy as np
import pytest

from consilium.statistics.arrays import rising, sorted_rows
from consilium.statistics.kernels import without_numba

RNG = np.random.default_rng(5)
TIMES = {
    "many": RNG.exponential(12, 100_000),
    "tied": np.round(RNG.exponential(12, 20_000), 1),
    "apart only in the last bits": 1 + RNG.random(50_000) * 1e-13,
    "alike": np.full(9, 3.0),
    "of every size": np.array([3.0, 0.0, 1e300, 2.5, 1e-300, 5e-324, -0.0]),
    "one": np.array([4.0]),
    "none": np.array([]),
}


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES)
def test_rows_rise(time) -> None:
    row = rising(time)
    assert np.array_equal(np.sort(row), np.arange(time.size))
    assert np.array_equal(time[row], np.sort(time))


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES)
def test_each_time_keeps_its_event(time) -> None:
    event = RNG.random(time.size) < 0.4
    found = sorted_rows(time, event)
    order = np.lexsort((event, time))
    assert np.array_equal(found[0], time[order])
    assert np.array_equal(found[1], event[order])
    with without_numba():
        plain = sorted_rows(time, event)
    assert np.array_equal(found[0], plain[0])
    assert np.array_equal(found[1], plain[1])
