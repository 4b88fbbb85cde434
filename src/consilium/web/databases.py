"""Where the web face keeps what it keeps: SQLite in the data folder, or PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_SQLITE_OPTIONS = {
    # readers do not wait for the writer, and a killed process leaves a database that opens
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
}


def database(url: str, data_folder: Path) -> dict[str, Any]:
    """Django's description of the database at ``url``; SQLite in the folder where it is empty.

    Raises ``ImproperlyConfigured`` for an address that is no PostgreSQL one.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data_folder / "consilium.sqlite3",
            "OPTIONS": _SQLITE_OPTIONS,
        }
    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    if parts.scheme not in ("postgres", "postgresql") or not name:
        raise ImproperlyConfigured(
            "the database is no address of PostgreSQL; "
            "write postgres://user:password@host:5432/name, or leave it out for SQLite"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
