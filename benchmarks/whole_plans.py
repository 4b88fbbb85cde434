"""A whole plan with reasons, gaps and next lines, for every worked case."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Iterator
from functools import partial
from statistics import median, quantiles

from benchmarks.measuring import Row, in_turn
from benchmarks.worked_cases import Case, worked_cases
from consilium.knowledge.edition import Edition
from consilium.planning import Plan, plan

_GOAL_MS = 5.0


def whole_plans(edition: Edition) -> Iterator[Row]:
    """CPU time of ``plan``; the edition is read and its conditions are compiled already."""
    cases = worked_cases(edition)
    taken = in_turn([(partial(_plan, case, edition), 1) for case in cases], repeats=5)
    times = [1000 * median(repeats) for repeats in taken]
    slowest = max(zip(times, cases, strict=True), key=lambda pair: pair[0])
    yield Row(
        benchmark="a whole plan",
        subject=f"consilium, plan, median of {len(cases)} worked cases",
        figure=median(times),
        unit="ms CPU a plan",
        goal=f"under {_GOAL_MS:g} ms",
        met=median(times) < _GOAL_MS,
        note=f"19 of 20 under {quantiles(times, n=20)[-1]:.1f} ms, "
        f"slowest {slowest[0]:.1f} ms ({slowest[1].id})",
    )


def _plan(case: Case, edition: Edition) -> Plan:
    return plan(case.patient, edition, as_of=case.as_of, region=case.region)


def profile_plans(edition: Edition) -> None:
    """Print where the time of all plans goes."""
    cases = worked_cases(edition)
    profile = cProfile.Profile()
    profile.enable()
    for case in cases:
        _plan(case, edition)
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)
