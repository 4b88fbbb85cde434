"""Sequences against closed forms and the discrete trace of other software."""

import numpy as np
import pytest
from tests.reference.golden import expected

from consilium.sequencing.lines import LineOfTreatment
from consilium.sequencing.renewal import outlook
from consilium.sequencing.trace import LineProbabilities, sequence_trace


def test_the_trace_is_that_of_the_recursion():
    held = expected("sequence_trace.json")
    lines = [
        LineProbabilities(
            *(
                np.array(one[key])
                for key in ("on_next", "on_death", "on_disc", "off_next", "off_death")
            )
        )
        for one in held["tp"]
    ]
    made = sequence_trace(lines, np.array(held["bsc_death"]), held["TH"])
    for name in ("on", "off", "entrants"):
        np.testing.assert_allclose(
            getattr(made, name), np.array(held[name]["data"]), atol=1e-12, rtol=0
        )
    np.testing.assert_allclose(made.dead, held["dead"], atol=1e-12, rtol=0)
    np.testing.assert_allclose(made.reach, held["cumulative_reach_line"], rtol=1e-12)
    assert made.life_cycles == pytest.approx(held["life_cycles"], rel=1e-12)


def test_exponential_lines_are_within_a_hundredth_of_a_month_of_their_closed_form():
    held = expected("sequence_closed_form.json")
    go_on = [*held["q_next"], 0.0]
    lines = [
        LineOfTreatment(f"line {n}", 1 / rate, go_on=q, die=1 - q)
        for n, (rate, q) in enumerate(zip(held["rates"], go_on, strict=True), start=1)
    ]
    made = outlook(lines, supportive_months=0, horizon_months=240)
    assert made.reach == pytest.approx(held["reach"], abs=1e-12)
    assert made.median_months() == pytest.approx(held["median_OS"], abs=0.01)
    assert made.restricted_mean_months(240) == pytest.approx(held["mean_OS"], abs=0.01)
    assert made.restricted_mean_months(24) == pytest.approx(held["rmst24"], abs=0.01)
    alive = np.interp(held["t"], made.months, made.alive)
    np.testing.assert_allclose(alive, held["survival"], atol=5e-5)
