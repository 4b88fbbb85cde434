"""`consilium cohort --engine` and `--print-sql`: the statements where the data are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import typer

from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning.making import knowledge_of
from consilium.population.alike import Parts
from consilium.population.coding import Coding
from consilium.population.engines import (
    ENGINES,
    EngineError,
    by_duckdb,
    by_polars,
    by_spark,
    counted,
    sql_of,
)
from consilium.population.inputs import Table, key_of


def _ready(source: str, key: str, edition: Edition) -> tuple[pl.LazyFrame, str]:
    path = Path(source)
    parquet = any(path.glob("*.parquet")) if path.is_dir() else path.suffix == ".parquet"
    if not parquet or not path.exists():
        raise EngineError(
            f"`{source}` is no Parquet file or folder of them, and engines read nothing else"
        )
    coding = Coding(edition, Parts(edition.model, ()))
    table = Table(path, key)
    names = table.columns()
    coding.check(names)
    return counted(pl.scan_parquet(table.files), coding), key_of(names, key)


def show_sql(
    source: str, key: str, dialect: str, edition: Edition, as_of: date, region: Region
) -> None:
    """Print the SELECT for the columns of a table."""
    table, named = _ready(source, key, edition)
    columns = table.collect_schema().names()
    typer.echo(sql_of(knowledge_of(edition, as_of, region), columns, named, dialect))


def answer_by(
    engine: str,
    source: str,
    key: str,
    out: Path,
    master: str,
    edition: Edition,
    as_of: date,
    region: Region,
) -> None:
    """Write the answers to all statements as Parquet."""
    if engine not in ENGINES:
        raise EngineError(f"`--engine {engine}` is none of {', '.join(ENGINES)}")
    table, named = _ready(source, key, edition)
    out.mkdir(parents=True, exist_ok=True)
    facts, answers = out / "facts.parquet", out / f"answers-{engine}.parquet"
    table.sink_parquet(facts)
    knowledge = knowledge_of(edition, as_of, region)
    if engine == "polars":
        by_polars(facts, knowledge, named, answers)
    else:
        query = sql_of(knowledge, pl.read_parquet_schema(facts), named, engine)
        if engine == "spark":
            by_spark(facts, query, answers, master)
        else:
            by_duckdb(facts, query, answers)
    patients = pl.scan_parquet(facts).select(pl.len()).collect().item()
    typer.echo(f"{patients} patients; read {answers}")
