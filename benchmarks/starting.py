"""From nothing to a finished plan: processes started anew."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.measuring import Row
from consilium.knowledge.edition import Edition

_REPEATS = 5
_LOAD = """
import sys
from pathlib import Path
from time import process_time
from consilium.knowledge.edition import Edition
start = process_time()
Edition.{call}
print(process_time() - start)
"""


def starting(edition: Edition) -> Iterator[Row]:
    """CPU time, user and system, of the command and of reading the edition."""
    with TemporaryDirectory() as folder:
        environment = os.environ | {"XDG_CACHE_HOME": folder}
        example = next(c for c in edition.cases() if c.example == "yes")
        patient = Path(folder) / "patient.json"
        patient.write_bytes(msgspec.json.encode(example.patient))
        command = [str(Path(sys.executable).with_name("consilium")), "plan", str(patient)]
        cpu_seconds(command, environment)  # compiles the edition once
        times = [1000 * cpu_seconds(command, environment) for _ in range(_REPEATS)]
        yield _row("consilium plan, command to finished plan", times, 400)
        empty = [
            1000 * cpu_seconds([sys.executable, "-c", ""], environment) for _ in range(_REPEATS)
        ]
        yield Row("starting", "Python alone, for comparison", median(empty), "ms CPU")
        cached = [_load(f"bundled(Path({folder!r}) / 'consilium')") for _ in range(_REPEATS)]
        yield _row("the edition from its compiled copy", cached, 150)
        whole = [_load("read(Edition.bundled().root)") for _ in range(_REPEATS)]
        yield Row("starting", "the edition from its files, all checks", median(whole), "ms CPU")


def _row(subject: str, times: Sequence[float], goal_ms: float) -> Row:
    found = median(times)
    return Row(
        "starting", subject, found, "ms CPU", goal=f"under {goal_ms:g} ms", met=found < goal_ms
    )


def cpu_seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    """CPU seconds of a process and what it waited for; it must succeed."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"`{' '.join(command)}` ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def _load(call: str) -> float:
    """Milliseconds of CPU time to read the edition in a new process, imports not counted."""
    said = subprocess.run(
        [sys.executable, "-c", _LOAD.format(call=call)], capture_output=True, text=True, check=True
    )
    return 1000 * float(said.stdout)
