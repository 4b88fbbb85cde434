"""`cohort` from databases: the answers of `plan` from OMOP tables, DuckDB and PostgreSQL."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import duckdb
import polars as pl
import psycopg
import pytest
from tests.functional.test_cohort import cohort, read_back
from tests.support.builders import the_edition

from consilium.intake import patient_from_mapping, read_patient
from consilium.planning import plan
from consilium.population.inputs import InputError
from consilium.population.omop import InDuckDB, Omop
from consilium.population.running import RunError

DAY = date(2026, 11, 20)
SERVER = os.environ.get("CONSILIUM_TEST_POSTGRES", "")
on_a_server = [
    pytest.mark.postgres,
    pytest.mark.skipif(not SERVER, reason="no PostgreSQL server in CONSILIUM_TEST_POSTGRES"),
]


def written(row: dict[str, object]) -> dict[str, object]:
    """What `cohort` wrote of a patient."""
    options = {
        o["regimen"]: (o["certainty"], o["stance"], o["label"], o["contraindicated"])
        for o in row["options"] or ()
    }
    return {"refused": row["refused"], "options": options, "gaps": row["gaps"]}


def planned(said: dict[str, object]) -> dict[str, object]:
    """The same of a patient in our words, by `plan`."""
    made = plan(patient_from_mapping(said, the_edition()), the_edition(), as_of=DAY, region="US")
    if made.refusal is not None:
        return {"refused": made.refusal.exclusion, "options": {}, "gaps": []}
    options = {
        o.regimen: (o.certainty, o.stance, o.label.status.value, o.contraindicated)
        for o in (*made.options, *made.possible, *made.labels_only)
    }
    return {"refused": "", "options": options, "gaps": [gap.fact for gap in made.gaps]}


def answers(folder: Path) -> dict[str, dict[str, object]]:
    return {row["patient"]: written(row) for row in read_back(folder).iter_rows(named=True)}


# --- OMOP -----------------------------------------------------------------------------------------

CONCEPTS = [
    (0, "No matching concept", "None", "No matching concept", "Undefined"),
    (8532, "FEMALE", "Gender", "F", "Gender"),
    (1, "Malignant neoplasm of breast", "SNOMED", "254837009", "Disorder"),
    (2, "Secondary malignant neoplasm of liver", "SNOMED", "94381002", "Disorder"),
    (3, "Malignant neoplasm of female breast", "ICD10CM", "C50.9", "ICD10 code"),
    (10, "Estrogen receptor [Interpretation] in Tissue", "LOINC", "16112-5", "Lab Test"),
    (11, "Progesterone receptor [Interpretation] in Tissue", "LOINC", "16113-3", "Lab Test"),
    (12, "HER2 [Presence] in Breast cancer specimen by Immune stain", "LOINC", "85319-2", "Lab"),
    (13, "Neutrophils [#/volume] in Blood", "LOINC", "26499-4", "Lab Test"),
    (14, "ECOG performance status", "LOINC", "89247-1", "Survey"),
    (20, "Negative", "SNOMED", "260385009", "Qualifier Value"),
    (21, "Positive", "SNOMED", "10828004", "Qualifier Value"),
    (30, "thousand per cubic millimeter", "UCUM", "10*3/uL", "Unit"),
    (40, "capecitabine 500 MG Oral Tablet", "RxNorm", "200328", "Clinical Drug"),
    (50, "Metastasis to Liver", "Cancer Modifier", "OMOP4998856", "Metastasis"),
    (51, "AJCC/UICC 8th clinical Stage 4", "Cancer Modifier", "c-8th_AJCC/UICC-Stage-4", "Staging"),
    (60, "ER-positive breast cancer marker", "HemOnc", "901", "Condition"),
]

PERSONS = {
    # triple-negative, metastasis as a condition, one line of capecitabine, scores in source text
    "1": {
        "primary_cancer": "breast",
        "setting": "advanced",
        "visceral_metastases": "yes",
        "sex": "female",
        "age": 60,
        "er_status": "negative",
        "pr_status": "negative",
        "her2_ihc": "1+",
        "anc": {"value": 4.2, "unit": "10*3/uL"},
        "ecog_ps": 1,
        "prior_therapies": [
            {
                "drugs": ["capecitabine"],
                "setting": "advanced",
                "started": "2026-02-01",
                "ended": "2026-06-01",
            }
        ],
    },
    # the metastasis is a modifier of the cancer, in the spelling of version 5.4
    "2": {
        "primary_cancer": "breast",
        "setting": "advanced",
        "visceral_metastases": "yes",
        "sex": "female",
        "er_status": "positive",
    },
    # the stage is a modifier, in the older spelling
    "3": {"primary_cancer": "breast", "setting": "advanced", "sex": "female"},
    # the source says oestrogen receptor, the mapping says HER2: neither is read
    "4": {
        "primary_cancer": "breast",
        "setting": "advanced",
        "sex": "female",
        "visceral_metastases": "yes",
    },
}

MEASUREMENT = [
    "measurement_id",
    "person_id",
    "measurement_concept_id",
    "measurement_date",
    "value_as_number",
    "value_as_concept_id",
    "unit_concept_id",
    "measurement_source_value",
    "measurement_source_concept_id",
    "unit_source_value",
    "value_source_value",
]


def measured(number: int, person: int, concept: int, **more: object) -> dict[str, object]:
    row = dict.fromkeys(MEASUREMENT) | {
        "measurement_id": number,
        "person_id": person,
        "measurement_concept_id": concept,
        "measurement_date": "2026-01-10",
        "value_as_concept_id": 0,
        "measurement_source_concept_id": 0,
    }
    return row | more


def omop_tables(*, spelling: str) -> dict[str, pl.DataFrame]:
    """Four invented persons; ``spelling`` is that of the link from a modifier."""
    event, field = {
        "5.4": ("measurement_event_id", "meas_event_field_concept_id"),
        "oncology": ("modifier_of_event_id", "modifier_of_field_concept_id"),
    }[spelling]
    conditions = [
        (101, 1, 1, 3, "2026-01-05"),
        (102, 1, 2, 0, "2026-01-06"),
        (103, 2, 1, 3, "2026-01-05"),
        (104, 3, 1, 0, "2026-01-05"),
        (105, 4, 1, 0, "2026-01-05"),
        (106, 4, 2, 0, "2026-01-05"),
    ]
    measurements = [
        measured(1, 1, 10, value_as_concept_id=20, value_source_value="neg"),
        measured(2, 1, 11, value_as_concept_id=20),
        measured(3, 1, 12, value_source_value="1+"),
        measured(4, 1, 13, value_as_number=4.2, unit_concept_id=30),
        measured(5, 1, 14, value_as_number=1),
        measured(6, 2, 10, value_as_concept_id=21),
        measured(7, 2, 50, **{event: 103, field: 1147127}),
        measured(8, 3, 51, **{event: 104, field: 1147127}),
        measured(9, 4, 12, value_as_concept_id=21, measurement_source_concept_id=60),
    ]
    for row in measurements:
        row.setdefault(event, None)
        row.setdefault(field, None)
    return {
        "concept": pl.DataFrame(
            CONCEPTS,
            orient="row",
            schema=[
                "concept_id",
                "concept_name",
                "vocabulary_id",
                "concept_code",
                "concept_class_id",
            ],
        ),
        "person": pl.DataFrame(
            {
                "person_id": [1, 2, 3, 4],
                "gender_concept_id": [8532] * 4,
                "year_of_birth": [1966, None, None, None],
                "month_of_birth": [2, None, None, None],
                "day_of_birth": [3, None, None, None],
            },
        ),
        "condition_occurrence": pl.DataFrame(
            conditions,
            orient="row",
            schema=[
                "condition_occurrence_id",
                "person_id",
                "condition_concept_id",
                "condition_source_concept_id",
                "condition_start_date",
            ],
        ),
        "measurement": pl.DataFrame(measurements, infer_schema_length=None),
        "drug_exposure": pl.DataFrame(
            {
                "drug_exposure_id": [1],
                "person_id": [1],
                "drug_concept_id": [40],
                "drug_exposure_start_date": ["2026-02-01"],
                "drug_exposure_end_date": ["2026-06-01"],
            }
        ),
    }


def as_expected(folder: Path) -> None:
    assert answers(folder) == {person: planned(said) for person, said in PERSONS.items()}
    aside = pl.read_csv(folder / "set-aside-lines.csv")
    assert aside.rows() == [
        ("measurement:9", "is mapped to another receptor than its source names")
    ]


@pytest.mark.parametrize("spelling", ["5.4", "oncology"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_omop_files_give_the_answers_of_plan(tmp_path: Path, spelling: str, form: str) -> None:
    source = tmp_path / "cdm"
    source.mkdir()
    for name, table in omop_tables(spelling=spelling).items():
        path = source / f"{name.upper()}.{form}"
        table.write_csv(path) if form == "csv" else table.write_parquet(path)
    cohort(source, "--out", tmp_path / "out", "--as-of", DAY.isoformat())
    as_expected(tmp_path / "out")


@pytest.mark.parametrize("linked", [True, False])
def test_regimens_of_an_omop_database_are_lines_as_it_numbers_them(
    tmp_path: Path, linked: bool
) -> None:
    """Two drugs a month apart are one line by rule, and two where the episodes say so."""
    tables = omop_tables(spelling="5.4") | {
        "drug_exposure": pl.DataFrame(
            {
                "drug_exposure_id": [1, 2],
                "person_id": [1, 1],
                "drug_concept_id": [40, 40],
                "drug_exposure_start_date": ["2026-02-01", "2026-03-10"],
                "drug_exposure_end_date": ["2026-02-20", "2026-04-01"],
            }
        ),
        "episode": pl.DataFrame(
            {
                "episode_id": [7, 8, 9],
                "person_id": [1, 1, 1],
                "episode_concept_id": [32531, 32531, 32528],
                "episode_number": [1, 2, None],
                "episode_start_date": ["2026-02-01", "2026-03-10", "2026-01-01"],
                "episode_end_date": ["2026-02-20", None, None],
            }
        ),
    }
    if linked:
        events = {"episode_id": [7, 8], "event_id": [1, 2]}
        tables["episode_event"] = pl.DataFrame(
            events | {"episode_event_field_concept_id": [1147094, 1147094]}
        )
    found = {}
    for kept in (("episode", "episode_event"), ()):
        source = tmp_path / f"cdm{len(kept)}"
        source.mkdir()
        for name, table in tables.items():
            if not name.startswith("episode") or name in kept:
                table.write_csv(source / f"{name}.csv")
        lines = Omop(InDuckDB(source), tmp_path / "work").lines()
        record = b"\n".join(line.text for line in lines if line.patient == b"1")
        case = read_patient(record, the_edition())
        found[bool(kept)] = [one.same_line for one in case.therapies.therapies]
    assert found == {True: [False, False], False: [False]}


def test_an_omop_database_of_duckdb_gives_the_answers_of_plan(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as connection:
        for name, table in omop_tables(spelling="5.4").items():
            table.write_parquet(tmp_path / f"{name}.parquet")
            file = tmp_path / f"{name}.parquet"
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{file}')")
    cohort(tmp_path / "cdm.duckdb", "--out", tmp_path / "out", "--as-of", DAY.isoformat())
    as_expected(tmp_path / "out")


# --- a table of PostgreSQL -------------------------------------------------------------------------


@pytest.fixture
def database() -> Iterator[str]:
    """The address of a new database on the server of the tests."""
    name = f"cohort_{uuid4().hex[:12]}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(SERVER)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def loaded(address: str, name: str, table: pl.DataFrame, types: dict[str, str]) -> None:
    """A table of a database with the rows of a frame."""
    columns = ", ".join(f'"{c}" {types.get(c, "text")}' for c in table.columns)
    with psycopg.connect(address) as connection:
        connection.execute(f"CREATE TABLE {name} ({columns})")
        copy = f"COPY {name} FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(copy) as rows:
            for row in table.iter_rows():
                rows.write_row(row)


class TestOnAServer:
    """What only a real server shows."""

    pytestmark = on_a_server

    def test_omop_tables_give_the_answers_of_plan(self, tmp_path: Path, database: str) -> None:
        for name, table in omop_tables(spelling="5.4").items():
            types = {c: "bigint" for c in table.select(pl.col(pl.Int64)).columns} | {
                c: "date" for c in table.columns if c.endswith("_date")
            }
            loaded(database, name, table, types | {"value_as_number": "numeric"})
        cohort(database, "--out", tmp_path / "out", "--as-of", DAY.isoformat())
        as_expected(tmp_path / "out")

    def test_a_table_gives_the_answers_of_the_same_file(
        self, tmp_path: Path, database: str
    ) -> None:
        history = [{"drugs": ["capecitabine"], "setting": "advanced"}]
        table = pl.DataFrame(
            {
                "patient": [f"p{n:03}" for n in range(100)],
                "primary_cancer": ["breast"] * 100,
                "setting": ["advanced"] * 100,
                "er_percent": [float(n) for n in range(100)],
                "her2_ihc": ["0", "1+"] * 50,
                "prior_therapies": [json.dumps(history if n % 2 else []) for n in range(100)],
                "prior_therapies_complete": ["yes"] * 100,
            }
        )
        table.write_parquet(tmp_path / "registry.parquet")
        loaded(database, "registry", table, {"er_percent": "numeric", "prior_therapies": "jsonb"})
        words = ("--as-of", DAY.isoformat(), "--chunk", "7")
        cohort(database, "--table", "registry", "--out", tmp_path / "one", *words)
        cohort(tmp_path / "registry.parquet", "--out", tmp_path / "other", *words)
        assert answers(tmp_path / "one") == answers(tmp_path / "other")
        assert len(answers(tmp_path / "one")) == 100

    def test_an_interrupted_run_goes_on_and_another_table_is_another_run(
        self, tmp_path: Path, database: str
    ) -> None:
        table = pl.DataFrame({"patient": [f"p{n}" for n in range(20)], "line": ["1"] * 20})
        loaded(database, "registry", table, {"line": "integer"})
        words = (database, "--table", "registry", "--out", tmp_path / "out", "--chunk", "5")
        cohort(*words)
        whole = answers(tmp_path / "out")
        (tmp_path / "out" / "summary-000002.json").unlink()
        (tmp_path / "out" / "patients-000002.parquet").unlink()
        cohort(*words)
        assert answers(tmp_path / "out") == whole
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE registry SET line = 2 WHERE patient = 'p3'")
        with pytest.raises(RunError, match="another run"):
            cohort(*words)

    def test_a_password_stands_in_no_message_and_in_no_file(
        self, tmp_path: Path, database: str
    ) -> None:
        parts = urlsplit(database)
        secret = parts._replace(
            netloc=f"{parts.username}:opensesame@{parts.hostname}:{parts.port}"
        ).geturl()
        with pytest.raises(InputError) as refused:
            cohort(secret, "--table", "nowhere", "--out", tmp_path / "out")
        assert "opensesame" not in str(refused.value)
        loaded(database, "registry", pl.DataFrame({"patient": ["a"], "line": ["1"]}), {})
        cohort(secret, "--table", "registry", "--out", tmp_path / "out")
        for path in (tmp_path / "out").iterdir():
            assert b"opensesame" not in path.read_bytes()
