"""How large a machine or cluster a registry needs: computed from measured rates, never guessed.

``python -m benchmarks.sizing`` writes the table in docs/how-to/plan-a-registry.md again.
"""

from __future__ import annotations

import math
from pathlib import Path

import msgspec

_HERE = Path(__file__).parent
_PAGE = _HERE.parent / "docs" / "how-to" / "plan-a-registry.md"
_BEGINS, _ENDS = "<!-- sizing: written by benchmarks.sizing -->\n", "<!-- sizing ends -->\n"
_SIZES = {f"{size:,} patients": size for size in (10**6, 10**8, 10**9)}
_CORES_HERE, _CORES_THERE = 2, 200

WORK = {
    "`cohort`, whole plans": ("a registry", "consilium, cohort", ""),
    "earlier treatment counted": (
        "all statements over a registry",
        "consilium, earlier treatment",
        "",
    ),
    "`--engine polars`": (
        "all statements over a registry",
        "Polars, each further",
        "Polars, before",
    ),
    "`--engine duckdb`": (
        "all statements over a registry",
        "DuckDB, each further",
        "DuckDB, before",
    ),
    "`--engine spark`": (
        "all statements over a registry, on Spark",
        "Spark, local mode, each further",
        "Spark, local mode, before",
    ),
}
"""A piece of work, and where its rate and its fixed part stand among the results."""


class _Figure(msgspec.Struct):
    benchmark: str
    subject: str
    figure: float


class _Results(msgspec.Struct):
    rows: list[_Figure]


def table(results: bytes) -> str:
    """The sizing table as Markdown; a piece of work that was not measured says so."""
    rows = msgspec.json.decode(results, type=_Results).rows
    lines = [
        f"| work | measured: patients a CPU second | {' | '.join(_SIZES)} |",
        f"|---|---|{'---|' * len(_SIZES)}",
    ]
    for work, (benchmark, each, before) in WORK.items():
        rate = _figure(rows, benchmark, each)
        if rate is None:
            lines.append(f"| {work} | not measured |{' |' * len(_SIZES)}")
            continue
        fixed = (_figure(rows, benchmark, before) or 0.0) if before else 0.0
        cells = [_said(fixed, size / rate) for size in _SIZES.values()]
        lines.append(f"| {work} | {_digits(rate)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _said(fixed: float, spread: float) -> str:
    here, there = (_time(fixed + spread / cores) for cores in (_CORES_HERE, _CORES_THERE))
    return f"{_time(fixed + spread)} CPU: {here} on {_CORES_HERE} cores, {there} on {_CORES_THERE}"


def _figure(rows: list[_Figure], benchmark: str, subject: str) -> float | None:
    found = (r.figure for r in rows if r.benchmark == benchmark and r.subject.startswith(subject))
    return next(found, None)


def _time(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{_digits(seconds / size)} {unit}"
    return f"{_digits(seconds)} s"


def _digits(figure: float) -> str:
    """Two digits are all that such a computation carries."""
    if not figure:
        return "0"
    places = 1 - math.floor(math.log10(abs(figure)))
    return f"{round(figure, places):,.{max(places, 0)}f}"


def page(text: str, results: bytes) -> str:
    """The page with its table computed from the results."""
    before, rest = text.split(_BEGINS)
    _, after = rest.split(_ENDS)
    return f"{before}{_BEGINS}{table(results)}{_ENDS}{after}"


def write_sizing() -> None:
    """Write the table in the page again."""
    results = (_HERE / "results.json").read_bytes()
    _PAGE.write_text(page(_PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    write_sizing()
