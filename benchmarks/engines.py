"""All statements over a registry by the engines that run where the data are."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import polars as pl

from benchmarks.measuring import Row, cpu_seconds
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning.making import knowledge_of
from consilium.population.alike import Parts
from consilium.population.coding import Coding
from consilium.population.engines import (
    by_duckdb,
    by_polars,
    by_spark,
    conditions_of,
    counted,
    sql_of,
)
from consilium.population.synthetic import write_synthetic

ENGINES = "all statements over a registry"
ON_SPARK = "all statements over a registry, on Spark"
_DAY = date(2026, 11, 20)
_FEW, _MANY = 100_000, 500_000


def engines(edition: Edition) -> Iterator[Row]:
    """What is fixed and what each patient adds, from two sizes; Spark where it is installed."""
    knowledge = knowledge_of(edition, _DAY, Region.US)
    statements = len(conditions_of(knowledge))
    coding = Coding(edition, Parts(edition.model, ()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        registries, facts = {}, {}
        for size in (_FEW, _MANY):
            registries[size] = folder / f"{size}.parquet"
            write_synthetic(registries[size], size, 1)
        counting = cpu_seconds(lambda: _count(registries, facts, coding))
        yield Row(
            benchmark=ENGINES,
            subject="consilium, earlier treatment counted into columns",
            figure=(_FEW + _MANY) / counting,
            unit="patients a CPU second",
            note=f"{_FEW + _MANY} patients",
        )
        columns = pl.read_parquet_schema(facts[_FEW])
        query = sql_of(knowledge, columns, "patient", "duckdb")
        works: dict[str, Callable[[Path], None]] = {
            "Polars": lambda path: by_polars(path, knowledge, "patient", folder / "polars.parquet"),
            "DuckDB": lambda path: by_duckdb(path, query, folder / "duckdb.parquet"),
        }
        for engine, work in works.items():
            yield from _rows(ENGINES, engine, statements, _taken(work, facts, process_time))
        if find_spec("pyspark"):
            written = sql_of(knowledge, columns, "patient", "spark")
            yield from _rows(
                ON_SPARK,
                "Spark, local mode",
                statements,
                _taken(
                    lambda path: by_spark(path, written, folder / "spark.parquet", "local[2]"),
                    facts,
                    _of_java,
                ),
            )


def _count(registries: dict[int, Path], facts: dict[int, Path], coding: Coding) -> None:
    for size, path in registries.items():
        facts[size] = path.with_name(f"facts-{size}.parquet")
        counted(pl.scan_parquet(path), coding).sink_parquet(facts[size])


def _taken(
    work: Callable[[Path], None], facts: dict[int, Path], clock: Callable[[], float]
) -> list[float]:
    """CPU seconds for a few patients, for the same again, and for many."""
    taken = []
    for size in (_FEW, _FEW, _MANY):
        start = clock()
        work(facts[size])
        taken.append(clock() - start)
    return taken


def _of_java() -> float:
    """CPU time of the Java process behind Spark; none before it is started."""
    from pyspark import SparkContext  # noqa: PLC0415  an extra

    gateway = SparkContext._gateway
    if gateway is None:
        return 0.0
    fields = Path(f"/proc/{gateway.proc.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rows(benchmark: str, engine: str, statements: int, times: list[float]) -> Iterator[Row]:
    first, again, many = times
    each = (many - again) / (_MANY - _FEW)
    yield Row(
        benchmark=benchmark,
        subject=f"{engine}, each further patient",
        figure=1 / each,
        unit="patients a CPU second",
        note=f"{statements} statements; from {_FEW} and {_MANY} patients",
    )
    yield Row(
        benchmark=benchmark,
        subject=f"{engine}, before the first patient",
        figure=max(first - _FEW * each, 0.0),
        unit="CPU s",
        note="starting, and reading and planning the query",
    )
