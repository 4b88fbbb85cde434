"""Answering the questions of the published set, over ten times the bundled statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median

import msgspec
import yaml

from benchmarks.measuring import Row, cpu_seconds
from consilium.asking import Asker
from consilium.asking.index import Index
from consilium.asking.statements import Statement
from consilium.knowledge.edition import Edition

_TIMES = 10
_DAY = date(2026, 11, 20)
_SET = Path(__file__).parents[1] / "tests" / "ask"


def asking_questions(edition: Edition) -> Iterator[Row]:
    """CPU time for one answer, and for taking one changed statement into the index."""
    asker = Asker(edition)
    whole = list(asker.index.by_id.values())
    copies = [_copy(s, n) for n in range(_TIMES) for s in whole]
    building = cpu_seconds(lambda: setattr(asker, "index", Index(copies)))
    rows = [
        row
        for part in ("tuning", "reporting")
        for row in yaml.safe_load((_SET / f"{part}.yaml").read_text(encoding="utf-8"))
    ]
    times = []
    for row in rows:
        asked, scope = row["q"], row["scope"]
        times.append(1000 * cpu_seconds(lambda a=asked, s=scope: asker.ask(a, as_of=_DAY, scope=s)))
    times.sort()
    p95 = times[int(0.95 * len(times))]
    note = f"{len(copies)} statements, {len(rows)} questions, each asked once"
    yield Row("asking", "one answer, median", median(times), "ms CPU", note=note)
    yield Row("asking", "one answer, 95th of 100", p95, "ms CPU", goal="under 20 ms", met=p95 < 20)
    yield Row("asking", "the index of all statements from nothing", 1000 * building, "ms CPU")
    changed = [msgspec.structs.replace(copies[0], text=copies[0].text + " Changed."), *copies[1:]]
    again = 1000 * cpu_seconds(lambda: asker.index.update(changed))
    yield Row(
        "asking",
        "the same after one statement changed",
        again,
        "ms CPU",
        against="from nothing",
        ratio=1000 * building / again,
    )


def _copy(statement: Statement, n: int) -> Statement:
    """The same statement about other things, so that the store grows and the answers do not."""
    if n == 0:
        return statement
    about = tuple(f"{entity}-copy-{n}" for entity in statement.about)
    return msgspec.structs.replace(statement, id=f"{statement.id}~{n}", about=about)
