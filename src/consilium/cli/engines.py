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


def _ready(source: str, key: str, edition: Edition) -> tuple[pl.DataFrame, str]:
    path = Path(source)
    if path.suffix != ".parquet" or not path.is_file():
        raise EngineError(f"`{source}` is no Parquet file, and engines read nothing else")
    coding = Coding(edition, Parts(edition.model, ()))
    table = Table(path, key)
    coding.check(table.columns())
    return counted(pl.read_parquet(path), coding), key_of(table.columns(), key)


def show_sql(
    source: str, key: str, dialect: str, edition: Edition, as_of: date, region: Region
) -> None:
    """Print the SELECT for the columns of a table."""
    frame, named = _ready(source, key, edition)
    typer.echo(sql_of(knowledge_of(edition, as_of, region), frame.columns, named, dialect))


def answer_by(
    engine: str,
    source: str,
    key: str,
    out: Path,
    edition: Edition,
    as_of: date,
    region: Region,
) -> None:
    """Write the answers to all statements as Parquet."""
    if engine not in ENGINES:
        raise EngineError(f"`--engine {engine}` is none of {', '.join(ENGINES)}")
    frame, named = _ready(source, key, edition)
    out.mkdir(parents=True, exist_ok=True)
    facts, answers = out / "facts.parquet", out / f"answers-{engine}.parquet"
    frame.write_parquet(facts)
    knowledge = knowledge_of(edition, as_of, region)
    if engine == "polars":
        by_polars(facts, knowledge, named, answers)
    else:
        dialect = "spark" if engine == "spark" else "duckdb"
        query = sql_of(knowledge, frame.columns, named, dialect)
        (by_spark if engine == "spark" else by_duckdb)(facts, query, answers)
    typer.echo(f"{frame.height} patients; read {answers}")
