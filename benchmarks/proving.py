"""Proving the edition whole, and comparing two days of it: processes started anew."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.measuring import Row
from benchmarks.starting import cpu_seconds

_ASKED = (
    ("consilium prove, the whole bundled edition", ["prove"], 20, 2),
    (
        "consilium diff 2026-01-12 2026-11-20, all regions",
        ["diff", "2026-01-12", "2026-11-20"],
        5,
        3,
    ),
)


def proving() -> Iterator[Row]:
    """CPU time, user and system, of the commands; the solver is the only peer there is."""
    with TemporaryDirectory() as folder:
        environment = os.environ | {"XDG_CACHE_HOME": folder}
        program = str(Path(sys.executable).with_name("consilium"))
        cpu_seconds([program, "check"], environment)  # compiles the edition once
        for subject, arguments, goal, repeats in _ASKED:
            times = [cpu_seconds([program, *arguments], environment) for _ in range(repeats)]
            found = median(times)
            yield Row("proving", subject, found, "s CPU", goal=f"under {goal} s", met=found < goal)
