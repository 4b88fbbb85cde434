"""A table of a PostgreSQL database: streamed by a cursor of the server, never held whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import polars as pl

from consilium.population.inputs import Chunk, InputError, key_of, table_chunk

if TYPE_CHECKING:
    import psycopg

SCHEMES = ("postgres://", "postgresql://")


def is_address(source: str) -> bool:
    """Whether a source is the address of a PostgreSQL database."""
    return source.startswith(SCHEMES)


def shown(address: str) -> str:
    """An address without user and password, as a report may name it."""
    parts = urlsplit(address)
    return f"{parts.hostname or 'localhost'}{parts.path}"


@contextmanager
def connected(address: str) -> Iterator[psycopg.Connection]:
    """A connection that only reads, in one unchanging view of the database.

    Numbers come as numbers and JSON as its text. Raises ``InputError``, without the password.
    """
    try:
        import psycopg  # noqa: PLC0415  an extra
        from psycopg.types.json import set_json_loads  # noqa: PLC0415
        from psycopg.types.numeric import FloatLoader  # noqa: PLC0415
    except ImportError:
        raise InputError("psycopg is not installed; install `consilium[postgres]`") from None
    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.adapters.register_loader("numeric", FloatLoader)
            set_json_loads(_as_text, context=connection)
            yield connection
    except psycopg.Error as problem:
        said = (str(problem).strip() or type(problem).__name__).splitlines()[0][:200]
        raise InputError(f"`{shown(address)}` cannot be read: {said}") from None


def _as_text(data: bytes | str) -> str:
    return data.decode() if isinstance(data, bytes) else data


class PostgresTable:
    """One table or view, in the order of the column that names the patient."""

    def __init__(self, address: str, table: str, key: str = "") -> None:
        self.address, self.table, self.key = address, table, key

    @property
    def fingerprint(self) -> str:
        """What tells whether the rows are the same ones: their number and all that they hold."""
        from psycopg.sql import SQL  # noqa: PLC0415

        asked = SQL(
            "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} t"
        )
        with connected(self.address) as connection:
            row = connection.execute(asked.format(self._name)).fetchone()
        said = f"{shown(self.address)}/{self.table}|{row}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def _name(self) -> psycopg.sql.Identifier:
        from psycopg.sql import Identifier  # noqa: PLC0415

        if not self.table:
            raise InputError("a database has several tables; name one with `--table`")
        return Identifier(*self.table.split("."))

    def columns(self) -> list[str]:
        """The columns of the table."""
        from psycopg.sql import SQL  # noqa: PLC0415

        name = self._name
        with connected(self.address) as connection:
            found = connection.execute(SQL("SELECT * FROM {} LIMIT 0").format(name))
            return [column.name for column in found.description or ()]

    def total(self) -> int | None:
        """The number of rows."""
        from psycopg.sql import SQL  # noqa: PLC0415

        name = self._name
        with connected(self.address) as connection:
            row = connection.execute(SQL("SELECT count(*) FROM {}").format(name)).fetchone()
        return int(row[0]) if row else 0

    def chunks(self, size: int, done: frozenset[int]) -> Iterator[Chunk]:
        """Stretches of rows."""
        from psycopg.sql import SQL, Identifier  # noqa: PLC0415

        columns, name = self.columns(), self._name
        key = key_of(columns, self.key)
        # without a name for the patient any order will do that is the same the next time
        by = SQL(", ").join([*([Identifier(key)] if key else []), SQL("t::text")])
        query = SQL("SELECT t.* FROM {} t ORDER BY {}").format(name, by)
        with connected(self.address) as connection, connection.cursor("cohort") as cursor:
            cursor.execute(query)
            for index, rows in enumerate(iter(lambda: cursor.fetchmany(size), [])):
                if index not in done:
                    frame = pl.DataFrame(
                        rows, schema=columns, orient="row", infer_schema_length=None
                    )
                    yield table_chunk(index, frame, key, index * size)
