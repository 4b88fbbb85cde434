"""SQL answers as `answer` does, in DuckDB, and can be written for any warehouse."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import polars as pl
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot.dialects.dialect import Dialects
from tests.support.strategies import conditions, fact_models, patients

from consilium.rules.answering import answer, derive
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.columns import polars_expression
from consilium.rules.conditions import AllOf, AnyOf, AtLeast, Bound, Includes, IsOneOf, Not
from consilium.rules.facts import (
    Between,
    ChoiceKind,
    FactDeclaration,
    FactModel,
    Holding,
    Known,
    MembersKind,
    NumberKind,
    OneOf,
)
from consilium.rules.sql import WITHOUT_BOOLEANS, select

WORDS = {YES: True, NO: False, UNKNOWN: None}


def table_of(model: FactModel, known: list[dict[str, Known]]) -> pl.DataFrame:
    """Patients as a table; partly known choices are left out by the strategy."""
    columns: dict[str, pl.Series] = {}
    for fact in model.facts.values():
        told = [one.get(fact.id) for one in known]
        match fact.kind:
            case ChoiceKind():
                words = [
                    min(k.values) if isinstance(k, OneOf) and len(k.values) == 1 else None
                    for k in told
                ]
                columns[fact.id] = pl.Series(words, dtype=pl.String)
            case NumberKind():
                for side in ("low", "high"):
                    numbers = [getattr(k, side) if isinstance(k, Between) else None for k in told]
                    columns[f"{fact.id}:{side}"] = pl.Series(numbers, dtype=pl.Float64)
            case MembersKind(values):
                for member in values:
                    flags = [
                        None
                        if not isinstance(k, Holding) or member in k.may_have - k.has
                        else member in k.has
                        for k in told
                    ]
                    columns[f"{fact.id}:{member}"] = pl.Series(flags, dtype=pl.Boolean)
    return pl.DataFrame(columns)


def asked(query: str, patients: pl.DataFrame) -> list[bool | None]:
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = str(Path(folder) / "patients.parquet")
        patients.write_parquet(path)
        connection.read_parquet(path).create_view("patients")
        return [row[0] for row in connection.execute(query).fetchall()]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_sql_answers_as_answer_does(data: st.DataObject) -> None:
    model = data.draw(fact_models())
    condition = data.draw(conditions(model))
    known = data.draw(st.lists(patients(model, narrowed_choices=False), min_size=1, max_size=4))
    table = table_of(model, known)
    said = asked(select({"it": condition}, model, table.columns), table)
    assert said == [WORDS[answer(condition, derive(model, one), model)] for one in known]


def in_sqlite(query: str, patients: pl.DataFrame) -> list[bool | None]:
    """A database without NaN and without a type for true and false."""
    names = ", ".join(f'"{name}"' for name in patients.columns)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE patients ({names})")
        places = ", ".join("?" * patients.width)
        connection.executemany(f"INSERT INTO patients VALUES ({places})", patients.rows())
        answers = [row[0] for row in connection.execute(query)]
    return [None if answer is None else bool(answer) for answer in answers]


DIALECTS = sorted({dialect.value for dialect in Dialects} - {""} - WITHOUT_BOOLEANS)


@settings(deadline=None, max_examples=80)
@given(st.data(), st.sampled_from(DIALECTS))
def test_every_dialect_answers_as_answer_does(data: st.DataObject, dialect: str) -> None:
    """What SQLGlot writes for a dialect, read back by its rules, run in DuckDB; SQLite natively."""
    model = data.draw(fact_models())
    condition = data.draw(conditions(model))
    known = data.draw(st.lists(patients(model, narrowed_choices=False), min_size=1, max_size=3))
    table = table_of(model, known)
    wanted = [WORDS[answer(condition, derive(model, one), model)] for one in known]
    query = select({"it": condition}, model, table.columns, dialect=dialect)
    (understood,) = sqlglot.transpile(query, read=dialect, write="duckdb")
    assert asked(understood, table) == wanted
    natively = select({"it": condition}, model, table.columns, dialect="sqlite")
    assert in_sqlite(natively, table) == wanted


def test_most_of_what_sqlglot_speaks_is_spoken() -> None:
    assert len(DIALECTS) >= 24
    assert {"spark", "databricks", "snowflake", "bigquery", "postgres", "mysql"} <= set(DIALECTS)


@pytest.mark.parametrize("dialect", sorted(WITHOUT_BOOLEANS))
def test_a_dialect_without_booleans_is_refused_in_words(dialect: str) -> None:
    with pytest.raises(ValueError, match="true, false or null"):
        select({"it": AllOf(())}, MODEL, [], dialect=dialect)


MODEL = FactModel(
    [
        FactDeclaration("choice", ChoiceKind(("a", "b'c"))),
        FactDeclaration("number", NumberKind(0, 10)),
        FactDeclaration("members", MembersKind(("m", "n"))),
    ]
)


@pytest.mark.parametrize(
    ("condition", "row", "wanted"),
    [
        (IsOneOf("choice", ("b'c",)), {"choice": "b'c"}, True),
        (IsOneOf("choice", ("a", "b'c")), {"choice": None}, True),
        (Bound("number", below=5), {"number": float("nan")}, None),
        (Bound("number", below=5), {"number": float("inf")}, None),
        (Not(Bound("number", below=5)), {"number": float("-inf")}, None),
        (Bound("number", below=5), {"number": 0.0}, True),
        (Bound("number", below=5), {"number": 4.9}, True),
        (Bound("number", start=0, up_to=10), {"number": None}, True),
        (Includes("members", ("m", "n")), {"members:m": True}, True),
        (Includes("members", ("m", "n")), {"members:m": False}, None),
        (AllOf(()), {"number": 1.0}, True),
        (AnyOf(()), {"number": 1.0}, False),
        (Not(Bound("number", above=3)), {"number": 3.0}, True),
        (
            AtLeast(
                2,
                (Bound("number", above=3), IsOneOf("choice", ("a",)), Includes("members", ("m",))),
            ),
            {"number": 4.0, "choice": "a"},
            True,
        ),
        (AtLeast(2, (Bound("number", above=3), IsOneOf("choice", ("a",)))), {"number": 4.0}, None),
    ],
)
def test_rows(condition, row, wanted) -> None:
    table = pl.DataFrame(
        {k: pl.Series([v], dtype=_TYPES.get(k, pl.Boolean)) for k, v in row.items()}
    )
    assert asked(select({"it": condition}, MODEL, table.columns), table) == [wanted]
    assert in_sqlite(select({"it": condition}, MODEL, table.columns, dialect="sqlite"), table) == [
        wanted
    ]
    assert table.select(polars_expression(condition, MODEL, table.columns)).item() is wanted


_TYPES = {"choice": pl.String, "number": pl.Float64}


def test_a_dialect_that_nobody_speaks_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="cannot be written for `klingon`"):
        select({"it": AllOf(())}, MODEL, [], dialect="klingon")


def test_numbers_keep_their_digits() -> None:
    value = float(np.nextafter(3.0, 4.0))
    table = pl.DataFrame({"number": [3.0, value]})
    said = asked(select({"it": Bound("number", above=3.0)}, MODEL, ["number"]), table)
    assert said == [False, True]
