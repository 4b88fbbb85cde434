"""The machine and the versions that figures were taken with."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from benchmarks.measuring import cpu_seconds

_PACKAGES = ("consilium", "msgspec", "numpy", "polars", "zen-engine", "rule-engine")


def describe_machine() -> dict[str, str]:
    """What a reader needs to compare figures with their own."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "pace": f"{_pace():.0f} ms CPU for a million turns of a plain Python loop",
        **{name: _version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    named = [row.partition(":")[2].strip() for row in rows if row.startswith("model name")]
    return named[0] if named else platform.machine()


def _pace() -> float:
    """How fast the interpreter runs here; usually some tens of milliseconds."""

    def count() -> None:
        total = 0
        for number in range(1_000_000):
            total += number

    return 1000 * median(cpu_seconds(count) for _ in range(5))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
