"""``python -m benchmarks``: measure, print, and write results.json and results.md beside this."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import track

from benchmarks.asking_questions import asking_questions
from benchmarks.engines import ON_SPARK, engines
from benchmarks.machine import describe_machine
from benchmarks.many_patients import many_patients
from benchmarks.measuring import Row
from benchmarks.one_patient import one_patient, whole_edition
from benchmarks.proving import proving
from benchmarks.registries import registries
from benchmarks.sequences import sequences
from benchmarks.serving import serving
from benchmarks.sizing import write_sizing
from benchmarks.starting import starting
from benchmarks.survival_analysis import networks, survival_analysis
from benchmarks.whole_plans import profile_plans, whole_plans
from consilium.knowledge.edition import Edition

_HERE = Path(__file__).parent
_HEADINGS = ("benchmark", "subject", "figure", "unit", "compared", "goal", "beside it")


def main() -> None:
    """Measure everything, or print where the time of plans goes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--profile", action="store_true", help="profile the plans of the worked cases and stop"
    )
    parser.add_argument(
        "--only", metavar="NAME", help="measure just one piece, and keep the other figures"
    )
    arguments = parser.parse_args()
    edition = Edition.bundled()
    if arguments.profile:
        profile_plans(edition)
        return
    machine = describe_machine()
    rows: list[Row] = []
    benchmarks: dict[str, Callable[[], Iterable[Row]]] = {
        "one-patient": one_patient,
        "whole-edition": partial(whole_edition, edition),
        "whole-plans": partial(whole_plans, edition),
        "many-patients": many_patients,
        "registries": partial(registries, edition),
        "engines": partial(engines, edition),
        "sequences": sequences,
        "starting": partial(starting, edition),
        "asking": partial(asking_questions, edition),
        "survival": survival_analysis,
        "networks": networks,
        "serving": serving,
        "proving": proving,
    }
    if arguments.only and arguments.only not in benchmarks:
        parser.error(f"--only is one of {', '.join(benchmarks)}")
    chosen = [arguments.only] if arguments.only else list(benchmarks)
    for name in track(chosen, "measuring", console=Console(stderr=True), transient=True):
        rows += benchmarks[name]()
    _print(machine, rows)
    _write(machine, _with_those_kept(rows, all_of_them=not arguments.only))


def _with_those_kept(rows: Sequence[Row], *, all_of_them: bool) -> list[Row]:
    """The figures, with earlier ones of what was not measured now.

    After a whole run these are only those of Spark, which most environments lack.
    """
    held = msgspec.json.decode((_HERE / "results.json").read_bytes(), type=_Results)
    subjects = {(row.benchmark, row.subject) for row in rows}
    kept = [
        row
        for row in held.rows
        if (row.benchmark, row.subject) not in subjects
        and (not all_of_them or row.benchmark == ON_SPARK)
    ]
    if all_of_them:
        return [*rows, *kept]
    # in the place where the benchmark stood
    places = [row.benchmark for row in held.rows]
    before = [row for row in kept if row.benchmark not in {r.benchmark for r in rows}]
    first = min(
        (places.index(r.benchmark) for r in rows if r.benchmark in places), default=len(places)
    )
    return [*before[:first], *rows, *before[first:]]


class _Results(msgspec.Struct):
    machine: dict[str, str]
    rows: list[Row]


def _said(row: Row) -> list[str]:
    """What there is to say of a figure: the comparison, the goal, and what goes with it."""
    compared = "" if row.ratio is None else f"{row.ratio:.1f} × {row.against}"
    met = {True: f"met: {row.goal}", False: f"NOT MET: {row.goal}", None: ""}[row.met]
    return [compared, met, row.note]


def _print(machine: dict[str, str], rows: Sequence[Row]) -> None:
    for name, value in machine.items():
        print(f"{name}: {value}")
    last = ""
    for row in rows:
        if row.benchmark != last:
            last = row.benchmark
            print(f"\n{last}")
        print(f"{_number(row.figure):>10} {row.unit:<30} {row.subject}")
        said = "; ".join(part for part in _said(row) if part)
        if said:
            print(f"{'':41} {said}")


def _number(figure: float) -> str:
    """Three digits are all that such a measurement carries."""
    return f"{float(f'{figure:.3g}'):g}"


def _cells(row: Row) -> list[str]:
    return [row.benchmark, row.subject, _number(row.figure), row.unit, *_said(row)]


def _write(machine: dict[str, str], rows: Sequence[Row]) -> None:
    results = msgspec.json.encode({"machine": machine, "rows": rows})
    (_HERE / "results.json").write_bytes(msgspec.json.format(results, indent=2) + b"\n")
    lines = [
        "# Measured",
        "",
        "Written by `make bench`. CPU time, medians; `compared` is the median of ratios taken in",
        "turn in one run. Wrong answers are those that the plain reading does not give.",
        "",
        *(f"- {name}: {value}" for name, value in machine.items()),
        "",
        f"| {' | '.join(_HEADINGS)} |",
        f"|{'---|' * len(_HEADINGS)}",
        *(f"| {' | '.join(_cells(row))} |" for row in rows),
    ]
    (_HERE / "results.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_sizing()


if __name__ == "__main__":
    main()
