"""The OMOP Common Data Model 5.4 as records: each row a resource in the codes of its concept.

No vocabulary comes along: codes are those of the `concept` table of whoever asks. Where a
row was mapped to a standard concept, the source stands beside it, and what the two say of
a receptor must agree; a row in which they differ is set aside. A value whose concept is 0
is read from its source text. Days are dates; times are not looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from consilium.intake.fhir.medications import LINE_CODE, LINE_SYSTEM
from consilium.population.inputs import InputError, of_files
from consilium.population.postgres import connected, shown
from consilium.population.records import Dealt, Line

_FILES = (".csv", ".parquet")
_CONDITION_FIELD = "1147127"
"""The concept of the column `condition_occurrence.condition_occurrence_id`."""

_SYSTEMS = {
    "LOINC": "http://loinc.org",
    "SNOMED": "http://snomed.info/sct",
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "NCIt": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
}
_GENDERS = {"F": "female", "M": "male"}
_COMPARATORS = frozenset({"<", "<=", ">", ">="})
_RECEPTORS = {
    "er": re.compile(r"\bER\b|o?estrogen", re.IGNORECASE),
    "pr": re.compile(r"\bPg?R\b|progesterone", re.IGNORECASE),
    "her2": re.compile(r"\bHER-?2\b|\bERBB2\b|\bHER2/?neu\b", re.IGNORECASE),
}
_STAGE = re.compile(r"\bstage\s*(?:0|[1-4]|I{1,3}|IV)", re.IGNORECASE)
_M_CATEGORY = re.compile(r"\bM[01]\b")
_RELATED = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-related-primary-cancer-condition"

Row = Mapping[str, str]
Resource = dict[str, object]


class _Kind(NamedTuple):
    """One table: its own columns that are read, and the columns that point at concepts."""

    table: str
    own: tuple[str, ...]
    concepts: tuple[str, ...]


_LINKS = (
    "measurement_event_id",
    "meas_event_field_concept_id",
    "modifier_of_event_id",
    "modifier_of_field_concept_id",
)
_KINDS = (
    _Kind(
        "person",
        ("person_id", "year_of_birth", "month_of_birth", "day_of_birth"),
        ("gender_concept_id",),
    ),
    _Kind(
        "condition_occurrence",
        (
            "person_id",
            "condition_occurrence_id",
            "condition_start_date",
            "condition_source_value",
        ),
        ("condition_concept_id", "condition_source_concept_id"),
    ),
    _Kind(
        "measurement",
        (
            "person_id",
            "measurement_id",
            "measurement_date",
            "value_as_number",
            "measurement_source_value",
            "unit_source_value",
            "value_source_value",
            *_LINKS,
        ),
        (
            "measurement_concept_id",
            "measurement_source_concept_id",
            "value_as_concept_id",
            "unit_concept_id",
            "operator_concept_id",
        ),
    ),
    _Kind(
        "observation",
        (
            "person_id",
            "observation_id",
            "observation_date",
            "value_as_number",
            "value_as_string",
            "observation_source_value",
            "unit_source_value",
            "value_source_value",
        ),
        (
            "observation_concept_id",
            "observation_source_concept_id",
            "value_as_concept_id",
            "unit_concept_id",
        ),
    ),
    _Kind(
        "drug_exposure",
        (
            "person_id",
            "drug_exposure_id",
            "drug_exposure_start_date",
            "drug_exposure_end_date",
            "drug_source_value",
        ),
        ("drug_concept_id", "drug_source_concept_id"),
    ),
    _Kind(
        "episode",
        (
            "person_id",
            "episode_id",
            "episode_start_date",
            "episode_end_date",
            "episode_number",
            "episode_concept_id",
        ),
        ("episode_concept_id",),
    ),
)
_EVENTS = "episode_event"
_DRUG_FIELD = "1147094"
"""The concept of the column `drug_exposure.drug_exposure_id`."""
_REGIMEN = ("32531", "Treatment Regimen")
"""The concept of an episode that is a regimen: its id and its name."""


class Tables(Protocol):
    """Where the tables are, and how they are asked."""

    @property
    def fingerprint(self) -> str:
        """Another one means another input."""

    def size(self) -> int:
        """Bytes of all rows as resources, about."""

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table in lower case; none where there is no such table."""

    def rows(self, query: str) -> Iterator[tuple[object, ...]]:
        """The answer to a query, as a stream."""


# --- where the tables are -------------------------------------------------------------------------


class InDuckDB:
    """Tables in a DuckDB file, or as CSV and Parquet files in a folder that DuckDB reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = table_files(path) if path.is_dir() else {}

    @property
    def fingerprint(self) -> str:
        """Names, sizes and times of change."""
        return of_files([*self.files.values()] or [self.path])

    def size(self) -> int:
        """Some times what the files take, of which all but CSV are packed."""
        files = [file for name, file in self.files.items() if name != "concept"] or [self.path]
        return sum(
            (_OF_TEXT if file.suffix.lower() == ".csv" else _OF_PACKED) * file.stat().st_size
            for file in files
        )

    @contextmanager
    def _open(self) -> Iterator[object]:
        try:
            import duckdb  # noqa: PLC0415  an extra
        except ImportError:
            raise InputError("DuckDB is not installed; install `consilium[sql]`") from None
        try:
            if self.files:
                connection = duckdb.connect()
            else:
                connection = duckdb.connect(str(self.path), read_only=True)
            with connection:
                connection.execute("SET memory_limit = '500MB'; SET threads = 1")
                for table, file in self.files.items():
                    quoted = str(file).replace("'", "''")
                    reads = (
                        f"read_parquet('{quoted}')"
                        if file.suffix.lower() == ".parquet"
                        else f"read_csv('{quoted}', all_varchar = true)"
                    )
                    connection.execute(f'CREATE VIEW "{table}" AS SELECT * FROM {reads}')
                yield connection
        except duckdb.Error as problem:
            said = str(problem).splitlines()[0][:200]
            raise InputError(f"`{self.path.name}` cannot be read: {said}") from None

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table."""
        with self._open() as connection:
            asked = "SELECT lower(column_name) FROM information_schema.columns"
            found = connection.execute(f"{asked} WHERE lower(table_name) = ?", [table]).fetchall()  # type: ignore[attr-defined]
        return frozenset(row[0] for row in found)

    def rows(self, query: str) -> Iterator[tuple[object, ...]]:
        """The answer, some thousand rows at a time."""
        with self._open() as connection:
            found = connection.execute(query)  # type: ignore[attr-defined]
            while some := found.fetchmany(_AT_A_TIME):
                yield from some


class InPostgres:
    """Tables in a PostgreSQL database, in the schemas of its search path."""

    def __init__(self, address: str) -> None:
        self.address = address

    @property
    def fingerprint(self) -> str:
        """How much the tables hold, and what was last written to them."""
        asked = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM"
        said = [
            str(next(self.rows(f"{asked} {kind.table} t")))
            for kind in _KINDS
            if self.columns(kind.table)
        ]
        return f"{shown(self.address)}|{'|'.join(said)}"

    def size(self) -> int:
        """Some times what the tables take on the disk of the server."""
        names = ", ".join(f"'{kind.table}'" for kind in _KINDS)
        asked = "SELECT coalesce(sum(pg_total_relation_size(to_regclass(n))), 0)::bigint"
        (row,) = self.rows(f"{asked} FROM unnest(ARRAY[{names}]) n")
        return _OF_TEXT * int(str(row[0]))

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table."""
        asked = "SELECT lower(attname) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
        found = self.rows(f"{asked} AND attrelid = to_regclass('{table}')")
        return frozenset(str(row[0]) for row in found)

    def rows(self, query: str) -> Iterator[tuple[object, ...]]:
        """The answer by a cursor of the server."""
        with connected(self.address) as connection, connection.cursor("cohort") as cursor:
            cursor.itersize = _AT_A_TIME
            cursor.execute(query)
            yield from cursor


_AT_A_TIME = 5_000
_OF_TEXT, _OF_PACKED = 12, 40
"""How many bytes a resource has for each byte of its row."""


def table_files(folder: Path) -> dict[str, Path]:
    """The files of a folder that are tables of the model, by the name of the table."""
    names = {kind.table for kind in _KINDS} | {"concept", _EVENTS}
    return {
        path.stem.lower(): path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _FILES and path.stem.lower() in names
    }


def is_omop(tables: Tables) -> bool:
    """Whether the tables are those of the model."""
    return "concept_id" in tables.columns("concept") and "person_id" in tables.columns("person")


# --- rows as resources ----------------------------------------------------------------------------


class Omop(Dealt):
    """The patients of an OMOP database, dealt out to disk as records."""

    def __init__(self, tables: Tables, work: Path) -> None:
        super().__init__(work)
        self.tables = tables

    @property
    def fingerprint(self) -> str:
        """That of the tables."""
        return self.tables.fingerprint

    def size(self) -> int:
        """What the rows will take as resources."""
        return self.tables.size()

    def lines(self) -> Iterator[Line]:
        """Every row as a resource of its patient."""
        for kind in _KINDS:
            present = self.tables.columns(kind.table)
            if not present:
                continue
            query, names = _query(kind, present)
            if kind.table == "episode" and self.tables.columns(_EVENTS):
                query, names = _with_events(query), [*names, "events"]
            for number, values in enumerate(self.tables.rows(query), start=1):
                row = {
                    name: "" if value is None else str(value).strip()
                    for name, value in zip(names, values, strict=True)
                }
                place = f"{kind.table}:{row.get(f'{kind.table}_id') or number}"
                person = row["person_id"]
                said = _contradicted(kind.table, row)
                if said:
                    yield Line(place, b"", b"", said)
                    continue
                body = _READ[kind.table](row)
                if body is not None:
                    subject = {"subject": {"reference": f"Patient/{person}"}}
                    body |= subject if kind.table != "person" else {}
                    yield Line(place, person.encode(), json.dumps(body).encode())


def _query(kind: _Kind, present: frozenset[str]) -> tuple[str, list[str]]:
    """All rows of a table with the concepts that they point at; every value as text."""
    names, parts, joins = [], [], []
    for column in kind.own:
        names.append(column)
        parts.append(f"CAST(t.{column} AS VARCHAR)" if column in present else "NULL")
    for index, column in enumerate(kind.concepts):
        there = column in present
        for part in ("vocabulary_id", "concept_code", "concept_name", "concept_class_id"):
            names.append(f"{column}.{part}")
            parts.append(f"CAST(c{index}.{part} AS VARCHAR)" if there else "NULL")
        if there:
            joins.append(
                f"LEFT JOIN concept c{index} ON CAST(c{index}.concept_id AS BIGINT) = "
                f"CAST(t.{column} AS BIGINT) AND CAST(t.{column} AS BIGINT) <> 0"
            )
    return f"SELECT {', '.join(parts)} FROM {kind.table} t {' '.join(joins)}", names


def _with_events(query: str) -> str:
    """The same episodes with the drug exposures that each holds, between blanks."""
    kept = f"CAST(episode_event_field_concept_id AS VARCHAR) = '{_DRUG_FIELD}'"
    events = (
        "SELECT CAST(episode_id AS VARCHAR) AS episode, "
        f"string_agg(CAST(event_id AS VARCHAR), ' ') AS events FROM {_EVENTS} "
        f"WHERE {kept} GROUP BY 1"
    )
    selected, _, rest = query.partition(" FROM ")
    return (
        f"{selected}, v.events FROM {rest} LEFT JOIN ({events}) v "
        "ON v.episode = CAST(t.episode_id AS VARCHAR)"
    )


def _coding(row: Row, column: str) -> Resource | None:
    code, vocabulary = row[f"{column}.concept_code"], row[f"{column}.vocabulary_id"]
    if not code:
        return None
    system = _SYSTEMS.get(vocabulary, f"urn:omop:{vocabulary}")
    return {"system": system, "code": code, "display": row[f"{column}.concept_name"]}


def _concept(row: Row, *columns: str, text: str = "") -> Resource | None:
    """A standard concept and its source; the source text alone where neither is known."""
    codings = [coding for column in columns if (coding := _coding(row, column))]
    if codings:
        return {"coding": codings}
    return {"text": row[text]} if text and row[text] else None


def _day(text: str) -> str:
    return text[:10]


def _contradicted(table: str, row: Row) -> str:
    """Why the mapping of a row is not believed; empty where nothing speaks against it."""
    if table not in ("measurement", "observation"):
        return ""
    standard = _receptors(row[f"{table}_concept_id.concept_name"])
    beside = (row[f"{table}_source_concept_id.concept_name"], row[f"{table}_source_value"])
    source = frozenset[str]().union(*map(_receptors, beside))
    if standard and source and standard != source:
        return "is mapped to another receptor than its source names"
    return ""


def _receptors(text: str) -> frozenset[str]:
    return frozenset(name for name, words in _RECEPTORS.items() if words.search(text))


def _person(row: Row) -> Resource:
    parts = [row["year_of_birth"], row["month_of_birth"], row["day_of_birth"]]
    born = []
    for part, width in zip(parts, (4, 2, 2), strict=True):
        if not part:
            break
        born.append(part.zfill(width))
    body: Resource = {"resourceType": "Patient", "id": row["person_id"]}
    gender = _GENDERS.get(row["gender_concept_id.concept_code"])
    body |= {"gender": gender} if gender else {}
    return body | ({"birthDate": "-".join(born)} if born else {})


def _condition(row: Row) -> Resource | None:
    columns = ("condition_concept_id", "condition_source_concept_id")
    code = _concept(row, *columns, text="condition_source_value")
    if code is None:
        return None
    name = row["condition_occurrence_id"]
    return _about_condition(code, f"condition-{name}", row["condition_start_date"])


def _about_condition(code: Resource, name: str, on: str) -> Resource:
    body: Resource = {"resourceType": "Condition", "id": name, "code": code}
    return body | ({"onsetDateTime": _day(on)} if on else {})


def _measurement(row: Row) -> Resource | None:
    name, on = f"measurement-{row['measurement_id']}", row["measurement_date"]
    focus = _condition_of(row)
    kind, said = (
        row[f"measurement_concept_id.{part}"] for part in ("vocabulary_id", "concept_name")
    )
    if kind == "Cancer Modifier":
        if "metasta" in said.casefold() and not _M_CATEGORY.search(said):
            body = _about_condition({"text": said}, name, on)
            related = {"url": _RELATED, "valueReference": focus}
            return body | ({"extension": [related]} if focus else {})
        staged = "21908-9" if _STAGE.search(said) else "21907-1" if _M_CATEGORY.search(said) else ""
        if staged:
            code: Resource = {"coding": [{"system": _SYSTEMS["LOINC"], "code": staged}]}
            value: Resource = {"valueCodeableConcept": {"text": said}}
            return _observed(name, code, on, value, focus)
    columns = ("measurement_concept_id", "measurement_source_concept_id")
    found = _concept(row, *columns, text="measurement_source_value")
    return None if found is None else _observed(name, found, on, _value(row), focus)


def _observation(row: Row) -> Resource | None:
    columns = ("observation_concept_id", "observation_source_concept_id")
    found = _concept(row, *columns, text="observation_source_value")
    name = f"observation-{row['observation_id']}"
    return (
        None
        if found is None
        else _observed(name, found, row["observation_date"], _value(row), None)
    )


def _observed(
    name: str, code: Resource, on: str, value: Resource, focus: Resource | None
) -> Resource:
    body: Resource = {"resourceType": "Observation", "id": name, "status": "final", "code": code}
    body |= {"effectiveDateTime": _day(on)} if on else {}
    body |= {"focus": [focus]} if focus else {}
    return body | value


def _condition_of(row: Row) -> Resource | None:
    """The condition that a modifier belongs to, in either spelling of the link."""
    for event, field in (_LINKS[:2], _LINKS[2:]):
        if row[event] and row[field] in (_CONDITION_FIELD, ""):
            return {"reference": f"Condition/condition-{row[event]}"}
    return None


def _value(row: Row) -> Resource:
    number, source = row["value_as_number"], row["value_source_value"]
    if number:
        quantity: Resource = {"value": json.loads(_number(number))}
        code, printed = row["unit_concept_id.concept_code"], row["unit_source_value"]
        quantity |= {"code": code} if code else {}
        quantity |= {"unit": printed} if printed else {}
        comparator = row.get("operator_concept_id.concept_name", "")
        quantity |= {"comparator": comparator} if comparator in _COMPARATORS else {}
        return {"valueQuantity": quantity}
    answer = _coding(row, "value_as_concept_id")
    if answer is not None:
        beside = {"text": source} if source else {}
        return {"valueCodeableConcept": {"coding": [answer], **beside}}
    text = row.get("value_as_string") or source
    return {"valueString": text} if text else {}


def _number(text: str) -> str:
    """A number as JSON writes it."""
    try:
        value = float(text)
    except ValueError:
        return "null"
    return repr(int(value)) if value.is_integer() else repr(value)


def _episode(row: Row) -> Resource | None:
    """A regimen as the line of therapy that its number says."""
    kind = (row["episode_concept_id"], row["episode_concept_id.concept_name"])
    number = row["episode_number"].removesuffix(".0")
    if not number.isdecimal() or not any(map(_REGIMEN.__contains__, kind)):
        return None
    drugs = row.get("events", "").split()
    return {
        "resourceType": "Observation",
        "id": f"episode-{row['episode_id']}",
        "status": "final",
        "code": {"coding": [{"system": LINE_SYSTEM, "code": LINE_CODE}]},
        "valueInteger": int(number),
        "effectivePeriod": _period(row, "episode_start_date", "episode_end_date"),
        "partOf": [{"reference": f"MedicationAdministration/drug-{drug}"} for drug in drugs],
    }


def _period(row: Row, start: str, end: str) -> Resource:
    return {name: _day(row[of]) for name, of in (("start", start), ("end", end)) if row[of]}


def _drug(row: Row) -> Resource | None:
    medicine = _concept(row, "drug_concept_id", "drug_source_concept_id", text="drug_source_value")
    if medicine is None:
        return None
    return {
        "resourceType": "MedicationAdministration",
        "id": f"drug-{row['drug_exposure_id']}",
        "status": "completed",
        "medicationCodeableConcept": medicine,
        "effectivePeriod": _period(row, "drug_exposure_start_date", "drug_exposure_end_date"),
    }


_READ = {
    "person": _person,
    "condition_occurrence": _condition,
    "measurement": _measurement,
    "observation": _observation,
    "drug_exposure": _drug,
    "episode": _episode,
}
