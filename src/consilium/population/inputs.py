"""Where patients come from: tables and folders of records, a chunk at a time.

Every source gives the same chunks in the same order whenever it is asked, so that
a run can go on where it was killed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import polars as pl

from consilium.errors import ConsiliumError

KEYS = ("patient", "patient_id", "person_id", "id", "subject")
"""Columns that name the patient, the first one that is there."""

CHUNK_BYTES = 100_000_000
"""Records of so many bytes make a chunk, however few they are."""

TABLES = {".parquet", ".csv", ".tsv"}
DATABASES = {".duckdb", ".ddb"}
RECORDS = {".ndjson", ".jsonl"}


class InputError(ConsiliumError):
    """An input that cannot be found or told apart."""


class Chunk(NamedTuple):
    """Some patients: rows of a table, or one record of bytes each."""

    number: int
    keys: list[str]
    frame: pl.DataFrame | None = None
    records: list[list[bytes]] | None = None
    repeated: tuple[int, ...] = ()
    """The places of patients who were named before, in this chunk or in an earlier one."""


class Source(Protocol):
    """Patients in chunks."""

    @property
    def fingerprint(self) -> str:
        """Another one means another input."""

    def columns(self) -> list[str]:
        """The columns of a table; none for records."""

    def chunks(self, size: int, done: frozenset[int]) -> Iterator[Chunk]:
        """The chunks that are not done yet."""

    def total(self) -> int | None:
        """How many patients there are, when that is known without reading them."""


def of_files(paths: list[Path]) -> str:
    """What tells whether files are the same ones: their names, sizes and times of change."""
    found = hashlib.sha256()
    for path in paths:
        stat = path.stat()
        found.update(f"{path.name}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return found.hexdigest()[:16]


class Table:
    """A Parquet, CSV or TSV file, or a folder of Parquet files."""

    def __init__(self, path: Path, key: str = "") -> None:
        self.path, self.key = path, key
        self.files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]

    @property
    def fingerprint(self) -> str:
        """Names, sizes and times of change."""
        return of_files(self.files)

    def _scan(self) -> pl.LazyFrame:
        suffix = self.files[0].suffix.lower()
        if suffix == ".parquet":
            return pl.scan_parquet(self.files)
        separator = "\t" if suffix == ".tsv" else ","
        # everything as text: what a value means is for the vocabulary to say
        return pl.scan_csv(self.files, separator=separator, infer_schema=False)

    def columns(self) -> list[str]:
        """The names in the head of the table."""
        try:
            return self._scan().collect_schema().names()
        except (pl.exceptions.PolarsError, OSError) as problem:
            said = str(problem).splitlines()[0][:200]
            raise InputError(f"`{self.path.name}` cannot be read as a table: {said}") from None

    def total(self) -> int | None:
        """The number of rows of a Parquet file, which knows it."""
        if self.files[0].suffix.lower() != ".parquet":
            return None
        return int(self._scan().select(pl.len()).collect().item())

    def chunks(self, size: int, done: frozenset[int]) -> Iterator[Chunk]:
        """Stretches of rows."""
        key = key_of(self.columns(), self.key)
        total = self.total()
        if total is None:
            batches = self._scan().collect_batches(chunk_size=size, maintain_order=True)
            for index, frame in enumerate(_even(batches, size)):
                if index not in done:
                    yield table_chunk(index, frame, key, index * size)
            return
        for index, start in enumerate(range(0, total, size)):
            if index not in done:
                frame = self._scan().slice(start, size).collect()
                yield table_chunk(index, frame, key, start)


def _even(batches: Iterator[pl.DataFrame], size: int) -> Iterator[pl.DataFrame]:
    """Batches of just this size, so that a chunk is always the same one."""
    held: pl.DataFrame | None = None
    for batch in batches:
        held = batch if held is None else pl.concat([held, batch])
        while held.height >= size:
            yield held[:size]
            held = held[size:]
    if held is not None and held.height:
        yield held


def key_of(columns: list[str], asked: str) -> str:
    """The column that names the patient; empty for the number of the row."""
    if asked and asked not in columns:
        raise InputError(f"there is no column `{asked}` that could name the patient")
    return asked or next((name for name in KEYS if name in columns), "")


def table_chunk(index: int, frame: pl.DataFrame, key: str, start: int) -> Chunk:
    """A chunk of a table whose rows are named by a column or counted."""
    rows = [str(n) for n in range(start + 1, start + frame.height + 1)]
    keys = rows
    if key:
        named = frame[key].cast(pl.String).to_list()
        keys = [name if name else f"row {row}" for name, row in zip(named, rows, strict=True)]
        frame = frame.drop(key)
    return Chunk(index, keys, frame)


class Database:
    """A table of a DuckDB file, read in the order in which its rows were written."""

    def __init__(self, path: Path, table: str, key: str = "") -> None:
        self.path, self.table, self.key = path, table, key

    @property
    def fingerprint(self) -> str:
        """Name, size and time of change of the file, and the table."""
        return f"{of_files([self.path])}/{self.table}"

    def _asked(self, query: str) -> pl.DataFrame:
        try:
            import duckdb  # noqa: PLC0415  an extra
        except ImportError:
            raise InputError("DuckDB is not installed; install `consilium[sql]`") from None
        try:
            with duckdb.connect(str(self.path), read_only=True) as connection:
                found = connection.execute(query)
                names = [column[0] for column in found.description or ()]
                rows = found.fetchall()
        except duckdb.Error as problem:
            said = str(problem).splitlines()[0][:200]
            raise InputError(f"`{self.path.name}` cannot be read: {said}") from None
        return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)

    @property
    def _name(self) -> str:
        return '"' + self.table.replace('"', '""') + '"'

    def columns(self) -> list[str]:
        """The columns of the table."""
        if not self.table:
            raise InputError("a database has several tables; name one with `--table`")
        return self._asked(f"SELECT * FROM {self._name} LIMIT 0").columns

    def total(self) -> int | None:
        """The number of rows."""
        return int(self._asked(f"SELECT count(*) FROM {self._name}").item())

    def chunks(self, size: int, done: frozenset[int]) -> Iterator[Chunk]:
        """Stretches of rows."""
        key = key_of(self.columns(), self.key)
        for index, start in enumerate(range(0, self.total() or 0, size)):
            if index not in done:
                query = f"SELECT * FROM {self._name} ORDER BY rowid LIMIT {size} OFFSET {start}"
                yield table_chunk(index, self._asked(query), key, start)


class Lines:
    """NDJSON with one patient in each line: a Bundle, or a patient in our JSON."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files

    @property
    def fingerprint(self) -> str:
        """Names, sizes and times of change."""
        return of_files(self.files)

    def columns(self) -> list[str]:
        """A record has no columns."""
        return []

    def total(self) -> int | None:
        """Not known before the end."""
        return None

    def chunks(self, size: int, done: frozenset[int]) -> Iterator[Chunk]:
        """Stretches of lines, each named by its file and number; long lines make them shorter."""
        from consilium.population.records import lines_of  # noqa: PLC0415

        index, held, keys, records = 0, 0, list[str](), list[list[bytes]]()
        for path in self.files:
            for number, line in lines_of(path):
                keys.append(f"{path.name}:{number}")
                records.append([line])
                held += len(line)
                if len(keys) == size or held >= CHUNK_BYTES:
                    if index not in done:
                        yield Chunk(index, keys, records=records)
                    index, keys, records, held = index + 1, [], [], 0
        if keys and index not in done:
            yield Chunk(index, keys, records=records)
