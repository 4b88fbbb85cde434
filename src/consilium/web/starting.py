"""Starts Django for the command line and for servers: a data folder, a key, the settings."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from consilium.errors import ConsiliumError


class StartingError(ConsiliumError):
    """Something in the environment that keeps the site from starting."""


def prepare(*, data: Path | None = None, database: str = "") -> None:
    """Fill what the environment leaves out, so that the settings can be read.

    The secret key is made once and kept in the data folder, readable by its owner only.
    Raises ``StartingError`` when the data folder cannot be written.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consilium.web.settings")
    if data is not None:
        os.environ["CONSILIUM_DATA"] = str(data)
    if database:
        os.environ["CONSILIUM_DATABASE"] = database
    if not os.environ.get("CONSILIUM_SECRET_KEY"):
        os.environ["CONSILIUM_SECRET_KEY"] = _kept_key(_data_folder())


def set_up(*, data: Path | None = None, database: str = "") -> None:
    """``prepare``, and load Django; then its models and commands can be used."""
    prepare(data=data, database=database)
    import django  # noqa: PLC0415  only once the environment is complete

    django.setup()


def make_ready() -> None:
    """Bring the database to this version and write the static files under hashed names.

    Raises ``StartingError`` when the database cannot be used.
    """
    from django.core.management import call_command  # noqa: PLC0415  after set_up
    from django.db import DatabaseError, connections  # noqa: PLC0415

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as problem:
        raise StartingError(f"the database cannot be used: {str(problem).strip()}") from None
    call_command("collectstatic", interactive=False, verbosity=0)
    connections.close_all()


def _data_folder() -> Path:
    named = os.environ.get("CONSILIUM_DATA")
    folder = Path(named).expanduser() if named else Path.home() / ".local/share/consilium"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StartingError(
            f"cannot make the data folder `{folder}`: {problem.strerror}; "
            "name another one with --data or CONSILIUM_DATA"
        ) from None
    return folder


def _kept_key(folder: Path) -> str:
    path = folder / "secret-key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise StartingError(
            f"cannot write in the data folder `{folder}`: {problem.strerror}; "
            "name another one with --data or CONSILIUM_DATA"
        ) from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key := secrets.token_urlsafe(64))
    return key
