"""The same answers from every engine on the same invented patients."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.support.builders import the_edition
from typer.testing import CliRunner

from consilium.cli.commands import app
from consilium.knowledge.records import Region
from consilium.population.engine import Engine
from consilium.population.engines import conditions_of
from consilium.rules.answering import AnswerTable

DAY = "2026-11-20"


def made(size: int, folder: Path) -> Path:
    path = folder / "registry.parquet"
    assert CliRunner().invoke(app, ["synthesize", str(size), "--out", str(path)]).exit_code == 0
    return path


def answered(engine: str, registry: Path, folder: Path) -> pl.DataFrame:
    words = ["cohort", str(registry), "--engine", engine, "--out", str(folder), "--as-of", DAY]
    found = CliRunner().invoke(app, words, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    written = folder / f"answers-{engine}.parquet"
    read = pl.read_parquet(written / "*.parquet" if written.is_dir() else written)
    return read.sort("patient")


def by_table(registry: Path) -> pl.DataFrame:
    """What `plan` asks first, one patient after the other."""
    engine = Engine(the_edition(), date.fromisoformat(DAY), Region.US)
    frame = pl.read_parquet(registry)
    conditions = conditions_of(engine.knowledge)
    table = AnswerTable(the_edition().model, conditions)
    coded = engine.coding.frame(frame)
    words = {AnswerTable.YES: True, AnswerTable.NO: False, AnswerTable.UNKNOWN: None}
    alphabets = engine.parts.alphabets
    rows = []
    for row in range(frame.height):
        known = {f: alphabets[f].known[codes[row]] for f, codes in coded.columns.items()}
        codes = table.codes({f: k for f, k in known.items() if k is not None})
        rows.append([words[code] for code in codes])
    columns = {name: [row[place] for row in rows] for place, name in enumerate(conditions)}
    return pl.DataFrame({"patient": frame["patient"], **columns}).sort("patient")


def held_alike(size: int, folder: Path) -> None:
    registry = made(size, folder)
    wanted = by_table(registry)
    for engine in ("duckdb", "polars"):
        said = answered(engine, registry, folder / engine)
        assert said.columns == wanted.columns
        assert said.equals(wanted)


def test_duckdb_polars_and_plan_answer_alike(tmp_path: Path) -> None:
    held_alike(400, tmp_path)


@pytest.mark.slow
def test_duckdb_polars_and_plan_answer_alike_a_hundred_thousand_times(tmp_path: Path) -> None:
    held_alike(100_000, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed (make test-spark)"
)
def test_spark_answers_as_duckdb_does(tmp_path: Path) -> None:
    registry = made(100_000, tmp_path)
    wanted = answered("duckdb", registry, tmp_path / "duckdb")
    assert answered("spark", registry, tmp_path / "spark").equals(wanted)


def test_sql_for_a_warehouse_is_printed(tmp_path: Path) -> None:
    found = CliRunner().invoke(
        app, ["cohort", str(made(10, tmp_path)), "--print-sql", "snowflake", "--as-of", DAY]
    )
    assert found.exit_code == 0 and "SELECT" in found.output
    assert "position:tolaney-tn-1l-adc-upfront" in found.output


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--engine", "pandas"], "none of duckdb"), (["--print-sql", "klingon"], "klingon")],
)
def test_what_is_no_engine_is_refused_in_words(words, says, tmp_path: Path) -> None:
    found = CliRunner().invoke(
        app, ["cohort", str(made(10, tmp_path)), "--out", str(tmp_path / "o"), *words]
    )
    assert says in str(found.exception)
