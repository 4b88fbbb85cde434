"""One measured figure, and how it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from time import process_time
from typing import TypeVar

import msgspec

_Subject = TypeVar("_Subject")


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure with its unit; ``met`` is there when a goal was set for it.

    ``ratio`` compares with what ``against`` names: above one is in consilium's favour.
    """

    benchmark: str
    subject: str
    figure: float
    unit: str
    against: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    note: str = ""


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process for one piece of work."""
    start = process_time()
    work()
    return process_time() - start


def ask_each(ask: Callable[[_Subject], object], subjects: Iterable[_Subject]) -> None:
    """Ask about every subject and drop the answers."""
    for subject in subjects:
        ask(subject)


def in_turn(
    works: Sequence[tuple[Callable[[], object], int]], *, repeats: int = 7
) -> list[list[float]]:
    """Seconds for one subject, for each piece of work and repeat.

    A piece of work comes with how many subjects it handles. All have a turn in every repeat, so
    that figures of one repeat were taken under the same load.
    """
    for work, _ in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for times, (work, size) in zip(taken, works, strict=True):
            times.append(cpu_seconds(work) / size)
    return taken


def ratio_of(slower: Sequence[float], faster: Sequence[float]) -> float:
    """Median ratio of two series that were taken in turn."""
    return median(slow / fast for slow, fast in zip(slower, faster, strict=True))
