"""The same answers from every engine on the same invented patients."""

from __future__ import annotations

import hashlib
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from tests.support.builders import the_edition
from tests.support.cohorts import as_planned, as_written, case_of
from typer.testing import CliRunner

from consilium.cli.commands import app
from consilium.knowledge.records import Region
from consilium.planning import plan
from consilium.planning.known import given_by
from consilium.population.answers import Answered
from consilium.population.engine import Engine
from consilium.population.engines import conditions_of
from consilium.rules.answering import AnswerTable, derive
from consilium.rules.answers import NO, UNKNOWN, YES

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


def the_engine() -> Engine:
    return Engine(the_edition(), date.fromisoformat(DAY), Region.US)


def planned(frame: pl.DataFrame) -> list[tuple[bytes, bytes]]:
    """Of each patient the plain answer to every condition, and what `plan` writes: options, gaps,
    trials."""
    knowledge = the_engine().knowledge
    conditions = conditions_of(knowledge)
    found = []
    for said in frame.drop("patient").iter_rows(named=True):
        case = case_of(said)
        facts = derive(the_edition().model, given_by(case, the_edition())[0])
        fast = knowledge.table.answers(facts) | knowledge.bedside_table.answers(facts)
        options = as_planned(plan(case, the_edition(), as_of=date.fromisoformat(DAY)))
        found.append((bytes(CODES[fast[name]] for name in conditions), digest(options)))
    return found


CODES = {YES: AnswerTable.YES, NO: AnswerTable.NO, UNKNOWN: AnswerTable.UNKNOWN}


def digest(written: dict[str, object]) -> bytes:
    """As short as a comparison needs; regimens and trials in no order."""
    parts = [
        (name, sorted(said.items()) if isinstance(said, dict) else said)
        for name, said in sorted(written.items())
    ]
    return hashlib.sha256(repr(parts).encode()).digest()


def held_alike(registry: Path, folder: Path, *, processes: int) -> int:
    """Every condition and every option of every patient, by each engine as by `plan`.

    `plan` is asked once for each distinct patient; how many there were is given back.
    """
    frame = pl.read_parquet(registry).sort("patient")
    engine = the_engine()
    names = list(conditions_of(engine.knowledge))
    facts = frame.drop("patient").with_row_index("row")
    firsts = facts.group_by(facts.columns[1:], maintain_order=True).agg(pl.col("row"))
    distinct = frame[[rows[0] for rows in firsts["row"]]]
    parts = [distinct[n : n + 500] for n in range(0, distinct.height, 500)]
    if processes > 1:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            by_plan = [one for part in pool.map(planned, parts) for one in part]
    else:
        by_plan = [one for part in parts for one in planned(part)]
    kleene = np.zeros((frame.height, len(names)), np.int8)
    options: list[bytes] = [b""] * frame.height
    for (codes, written), rows in zip(by_plan, firsts["row"], strict=True):
        for row in rows:
            kleene[row] = np.frombuffer(codes, np.int8)
            options[row] = written
    coded = engine.coding.frame(frame)
    exact = engine.asking.answer(engine.asking.part_codes(coded.columns, coded.size), frame.height)
    assert exact.ids == tuple(names)
    for name in ("duckdb", "polars"):
        said = answered(name, registry, folder / name)
        assert said.columns == ["patient", *names]
        assert said["patient"].equals(frame["patient"])
        codes = codes_of(said.drop("patient"))
        assert np.array_equal(codes, kleene), name
        # what an engine leaves open, the completions may settle; nothing else may change
        known = codes != AnswerTable.UNKNOWN
        assert np.array_equal(codes[known], exact.codes[known])
        settled = np.where(known, codes, exact.codes)
        assert options_by(engine, settled, exact) == options, name
    return distinct.height


def codes_of(said: pl.DataFrame) -> NDArray[np.int8]:
    words = {True: AnswerTable.YES, False: AnswerTable.NO}
    return np.column_stack(
        [
            column.replace_strict(words, return_dtype=pl.Int8)
            .fill_null(AnswerTable.UNKNOWN)
            .to_numpy()
            for column in said
        ]
    )


def options_by(engine: Engine, codes: NDArray[np.int8], exact: Answered) -> list[bytes]:
    kept: dict[tuple[bytes, bytes], bytes] = {}
    found = []
    for row, gaps in zip(codes, exact.gaps, strict=True):
        key = (row.tobytes(), gaps.tobytes())
        if key not in kept:
            named = tuple(exact.facts[g] for g in gaps if g >= 0)
            kept[key] = digest(as_written(engine.sheets.sheet(key[0]), named))
        found.append(kept[key])
    return found


def test_duckdb_polars_and_plan_give_every_condition_and_option_alike(tmp_path: Path) -> None:
    held_alike(made(150, tmp_path), tmp_path, processes=1)


@pytest.mark.slow
def test_so_they_do_for_a_hundred_thousand_patients(tmp_path: Path) -> None:
    distinct = held_alike(made(100_000, tmp_path), tmp_path, processes=2)
    assert distinct > 90_000


@pytest.mark.spark
def test_spark_answers_as_duckdb_does_for_a_hundred_thousand_patients(tmp_path: Path) -> None:
    registry = made(100_000, tmp_path)
    wanted = answered("duckdb", registry, tmp_path / "duckdb")
    assert wanted.height == 100_000
    assert answered("spark", registry, tmp_path / "spark").equals(wanted)


def test_a_folder_of_tables_is_answered_as_one(tmp_path: Path) -> None:
    registry = made(60, tmp_path)
    folder = tmp_path / "parts"
    folder.mkdir()
    whole = pl.read_parquet(registry)
    for n in range(3):
        whole[n * 20 : n * 20 + 20].write_parquet(folder / f"{n}.parquet")
    one = answered("duckdb", registry, tmp_path / "one")
    assert answered("duckdb", folder, tmp_path / "many").equals(one)


def test_sql_for_a_warehouse_is_printed(tmp_path: Path) -> None:
    found = CliRunner().invoke(
        app, ["cohort", str(made(10, tmp_path)), "--print-sql", "snowflake", "--as-of", DAY]
    )
    assert found.exit_code == 0 and "SELECT" in found.output
    assert "position:tolaney-tn-1l-adc-upfront" in found.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--engine", "pandas"], "none of duckdb"),
        (["--print-sql", "klingon"], "klingon"),
        (["--print-sql", "tsql"], "no column that is true, false or null"),
    ],
)
def test_what_is_no_engine_is_refused_in_words(words, says, tmp_path: Path) -> None:
    found = CliRunner().invoke(
        app, ["cohort", str(made(10, tmp_path)), "--out", str(tmp_path / "o"), *words]
    )
    assert says in str(found.exception)
