"""Sequences held to a recursion in R and to a closed form."""

import numpy as np
from tests.reference.golden import Agreement, expected, matrix, numbers

from consilium.sequencing.lines import LineOfTreatment
from consilium.sequencing.renewal import outlook
from consilium.sequencing.trace import LineProbabilities, sequence_trace

_WAYS = ("on_next", "on_death", "on_disc", "off_next", "off_death")


def trace():
    found = Agreement("sequence_trace", 1e-12)
    held = expected("sequence_trace.json")
    lines = [LineProbabilities(*(numbers(line[way]) for way in _WAYS)) for line in held["tp"]]
    made = sequence_trace(lines, numbers(held["bsc_death"]), held["TH"])
    for name in ("on", "off", "entrants"):
        found.near(name, getattr(made, name), matrix(held[name]))
    found.near("dead", made.dead, held["dead"])
    found.near("reach", made.reach, held["cumulative_reach_line"])
    found.near("life cycles", made.life_cycles, held["life_cycles"])
    return found


def closed_form():
    """Months, at weekly cells."""
    found = Agreement("sequence_closed_form", 0.01)
    held = expected("sequence_closed_form.json")
    lines = [
        LineOfTreatment(f"line {n}", 1 / rate, go_on=q, die=1 - q)
        for n, (rate, q) in enumerate(
            zip(held["rates"], [*held["q_next"], 0.0], strict=True), start=1
        )
    ]
    made = outlook(lines, supportive_months=0, horizon_months=240)
    found.near("reach", made.reach, held["reach"])
    near = {
        "median": (made.median_months(), held["median_OS"]),
        "mean": (made.restricted_mean_months(240), held["mean_OS"]),
        "mean to 24": (made.restricted_mean_months(24), held["rmst24"]),
    }
    for what, (ours, theirs) in near.items():
        found.near(f"{what}, months apart", ours - theirs, 0.0)
    found.near("survival", np.interp(held["t"], made.months, made.alive), held["survival"])
    return found
