"""From what a person names to patients: which kind of input it is, told by what it holds."""

from __future__ import annotations

from pathlib import Path

from consilium.knowledge.edition import Edition
from consilium.population.alike import Parts
from consilium.population.coding import Coding
from consilium.population.inputs import (
    DATABASES,
    RECORDS,
    TABLES,
    Database,
    InputError,
    Lines,
    Source,
    Table,
    key_of,
)
from consilium.population.omop import InDuckDB, InPostgres, Omop, is_omop, table_files
from consilium.population.postgres import PostgresTable, is_address, shown
from consilium.population.records import Dealt, Resources, one_patient_a_line, record_files
from consilium.population.running import Summary


class Opened:
    """An input, what to call it, and what is left to say of it at the end."""

    def __init__(self, source: Source, name: str, key: str = "") -> None:
        self.source, self.name, self.key = source, name, key

    def unread(self, edition: Edition) -> tuple[str, ...]:
        """The columns that are not read.

        Raises ``TableError`` for a table none of whose columns is.
        """
        columns = self.source.columns()
        if not columns:
            return ()
        found = Coding(edition, Parts(edition.model, ())).check(columns)
        return tuple(name for name in found if name != key_of(columns, self.key))

    def finish(self, folder: Path, summary: Summary) -> None:
        """Put aside what belongs to no patient, and remove what was dealt out."""
        if isinstance(self.source, Dealt):
            self.source.finish(folder, summary)


def opened(source: str, *, table: str, key: str, work: Path) -> Opened:
    """The patients that a path or an address names."""
    if is_address(source):
        if not table and is_omop(tables := InPostgres(source)):
            return Opened(Omop(tables, work), shown(source))
        return Opened(PostgresTable(source, table, key), f"{shown(source)}/{table}", key)
    path = Path(source)
    if path.is_dir():
        return Opened(_folder(path, key, work), path.name, key)
    if not path.is_file():
        raise InputError(f"there is no `{source}`")
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return Opened(Table(path, key), path.name, key)
    if suffix in DATABASES and not table and is_omop(InDuckDB(path)):
        return Opened(Omop(InDuckDB(path), work), path.name)
    if suffix in DATABASES:
        return Opened(Database(path, table, key), path.name, key)
    if suffix in RECORDS or path.name.endswith(".ndjson.gz"):
        return Opened(_records([path], work), path.name)
    raise InputError(
        f"`{path.name}` is of no kind that is read; give Parquet, CSV, NDJSON, a folder of FHIR "
        "NDJSON, OMOP tables, a DuckDB file, or the address of a PostgreSQL database"
    )


def _folder(path: Path, key: str, work: Path) -> Source:
    if {"person", "concept"} <= table_files(path).keys():
        return Omop(InDuckDB(path), work)
    if any(path.glob("*.parquet")):
        return Table(path, key)
    return _records(record_files(path), work)


def _records(files: list[Path], work: Path) -> Source:
    return Lines(files) if one_patient_a_line(files[0]) else Resources(files, work)
