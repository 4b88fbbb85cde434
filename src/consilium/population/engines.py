"""The answers to all statements by engines that run where the data are.

Each engine gives Kleene's answers, one nullable Boolean for each statement and patient:
what ``answer`` gives of the same facts. ``cohort`` itself also asks what every completion
of the missing facts has in common.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from consilium.errors import ConsiliumError
from consilium.guidance.standing import Knowledge
from consilium.population.coding import HISTORY, Coding
from consilium.population.sheets import statements_shown
from consilium.rules.conditions import Condition
from consilium.rules.facts import Between, Holding, Known, OneOf
from consilium.rules.sql import select

ENGINES = ("duckdb", "polars", "spark")


class EngineError(ConsiliumError):
    """An engine that is not there, or does not know what it is asked."""


def conditions_of(knowledge: Knowledge) -> dict[str, Condition]:
    """The statements that `cohort` rests on."""
    return {key: knowledge.conditions[key] for key in statements_shown(knowledge)}


def sql_of(knowledge: Knowledge, columns: Iterable[str], key: str, dialect: str) -> str:
    """All statements as one SELECT over a table `patients`.

    Raises ``EngineError`` for a dialect that is not spoken.
    """
    try:
        return select(
            conditions_of(knowledge),
            knowledge.edition.model,
            frozenset(columns),
            keys=(key,) if key else (),
            dialect=dialect,
        )
    except ValueError as problem:
        raise EngineError(str(problem)) from None


def counted(table: pl.LazyFrame, coding: Coding) -> pl.LazyFrame:
    """A table whose earlier treatment, told as JSON, is counted into columns of its own.

    Each distinct history is counted once; the rows stay where they are and stream. Raises
    ``EngineError`` for a history that cannot be read.
    """
    columns = table.collect_schema().names()
    if "prior_therapies" not in columns:
        return table
    present = [name for name in HISTORY if name in columns]
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in present]
    distinct = table.select(texts).unique().collect(engine="streaming")
    rows = []
    for values in distinct.iter_rows():
        told = dict(zip(present, values, strict=True))
        known = coding.known_history(*(told.get(name, "") for name in HISTORY))
        if isinstance(known, str):
            raise EngineError(known)
        rows.append(
            dict(part for fact, what in known.items() for part in _parts(fact, what, coding))
        )
    names = sorted({name for row in rows for name in row})
    found = distinct.with_columns(
        pl.Series(name, [row.get(name) for row in rows], dtype=_type(name)) for name in names
    )
    told_alike = table.with_columns(texts)
    return told_alike.join(found.lazy(), on=present, how="left", maintain_order="left").drop(
        present
    )


def _parts(fact: str, known: Known, coding: Coding) -> list[tuple[str, object]]:
    match known:
        case OneOf(values):
            return [(fact, min(values))] if len(values) == 1 else []
        case Between(low, high):
            return [(f"{fact}:low", low), (f"{fact}:high", high)]
        case Holding(has, may_have):
            kind = coding.edition.model.facts[fact].kind
            members = getattr(kind, "values", ())
            return [
                (f"{fact}:{member}", member in has) for member in members if member not in may_have
            ]


def _type(name: str) -> pl.DataType | type[pl.DataType]:
    side = name.partition(":")[2]
    if not side:
        return pl.String
    return pl.Float64 if side in ("low", "high") else pl.Boolean


def by_duckdb(path: Path, query: str, out: Path) -> None:
    """Run a query over a Parquet file, and write what it gives."""
    try:
        import duckdb  # noqa: PLC0415  an extra
    except ImportError:
        raise EngineError("DuckDB is not installed; install `consilium[sql]`") from None
    with duckdb.connect() as connection:
        source = connection.read_parquet(str(path))
        source.create_view("patients")
        connection.sql(query).write_parquet(str(out))


def by_spark(path: Path, query: str, out: Path, master: str) -> None:
    """Run a query over a Parquet file or folder on Spark, and write a folder of Parquet.

    ``master`` is the cluster as Spark names it: ``local[2]``, ``yarn``, ``spark://host:7077``.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415  an extra
    except ImportError:
        raise EngineError("Spark is not installed; install `consilium[spark]`") from None
    session = (
        SparkSession.builder.master(master)
        .appName("consilium")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.debug.maxToStringFields", "1000")
        .getOrCreate()
    )
    session.read.parquet(str(path)).createOrReplaceTempView("patients")
    session.sql(query).write.mode("overwrite").parquet(str(out))


def by_polars(path: Path, knowledge: Knowledge, key: str, out: Path) -> None:
    """The same by Polars expressions, streaming."""
    from consilium.rules.columns import polars_expression  # noqa: PLC0415

    scan = pl.scan_parquet(path)
    columns = scan.collect_schema().names()
    answers = {
        name: polars_expression(condition, knowledge.edition.model, columns)
        for name, condition in conditions_of(knowledge).items()
    }
    kept = [pl.col(key)] if key else []
    scan.select(*kept, **answers).sink_parquet(out)
