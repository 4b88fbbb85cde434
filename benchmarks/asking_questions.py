"""Answering the questions of the published set, over ten times the bundled statements."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import yaml

from benchmarks.measuring import Row, cpu_seconds
from consilium.asking import Asker
from consilium.asking.index import Index
from consilium.asking.nearness import installed
from consilium.asking.statements import Statement
from consilium.asking.wordings import Wordings, bundled
from consilium.knowledge.cache import default_folder
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
    asked = [(_named(name, n), question) for n in range(_TIMES) for name, question in bundled()]
    asker.wordings = Wordings(asker.names, asker.index.by_id, asked)
    rows = [
        row
        for part in ("tuning", "reporting")
        for row in yaml.safe_load((_SET / f"{part}.yaml").read_text(encoding="utf-8"))
    ]
    gc.collect()
    gc.freeze()  # as a site does before it serves
    times = _each(asker, rows)
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
    yield from _by_meaning(asker, rows)


def _by_meaning(asker: Asker, rows: list[dict[str, Any]]) -> Iterator[Row]:
    """The same with nearness in meaning, where its model is installed."""
    if installed.folder() is None:
        return
    asker.rank_by_meaning(installed.near(default_folder()))
    times = _each(asker, rows)
    p95 = times[int(0.95 * len(times))]
    yield Row("asking", "one answer by meaning too, median", median(times), "ms CPU")
    yield Row(
        "asking",
        "one answer by meaning too, 95th of 100",
        p95,
        "ms CPU",
        goal="under 60 ms",
        met=p95 < 60,
        note=f"{installed.PACKAGE} {installed.VERSION}; for the questions that need it",
    )


def _each(asker: Asker, rows: list[dict[str, Any]]) -> list[float]:
    """CPU time of each question, in ms, shortest first."""
    return sorted(
        1000 * cpu_seconds(lambda r=row: asker.ask(r["q"], as_of=_DAY, scope=r["scope"]))
        for row in rows
    )


def _copy(statement: Statement, n: int) -> Statement:
    """The same statement about other things, so that the store grows and the answers do not."""
    if n == 0:
        return statement
    about = tuple(f"{entity}-copy-{n}" for entity in statement.about)
    return msgspec.structs.replace(statement, id=_named(statement.id, n), about=about)


def _named(name: str, n: int) -> str:
    """The name of a copy; the first is the statement itself."""
    return f"{name}~{n}" if n else name
