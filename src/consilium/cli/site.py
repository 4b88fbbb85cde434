"""The commands that keep a site: a demonstration, audit, backup and restore, push, forget."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import typer

from consilium.errors import ConsiliumError
from consilium.web.starting import make_ready, set_up


class SiteError(ConsiliumError):
    """Something about a site that somebody has to look at."""


def demonstrate(host: str, port: int, data: Path | None) -> None:
    """Serve a site that is filled with invented learners, each marked synthetic."""
    folder = data or Path(mkdtemp(prefix="consilium-demo-"))
    set_up(data=folder)
    make_ready()
    from consilium.web.activity.synthetic import STAFF, seed  # noqa: PLC0415  after set_up
    from consilium.web.editions import the_edition  # noqa: PLC0415
    from consilium.web.serving import serve  # noqa: PLC0415

    password = secrets.token_urlsafe(12)
    if seed(the_edition(), password, Random(7)):
        names = ", ".join((*STAFF, "demo-learner-01"))
        typer.echo(f"Synthetic accounts: {names}; the password of each is {password}")
    typer.echo(f"The demonstration is at http://{host}:{port}/, kept in {folder} (Ctrl-C ends it).")
    serve(host=host, port=port, workers=1, threads=4, data=folder)


def check_audit(file: Path | None, data: Path | None, database: str, export: Path | None) -> None:
    """Follow the chain of a site, or of an exported file, and say where it is not whole."""
    set_up(data=data, database=database)
    from consilium.web.people import audit  # noqa: PLC0415  after set_up

    if file is not None:
        try:
            found = audit.verify(json.loads(file.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            raise SiteError(f"`{file}` is no exported audit") from None
    else:
        make_ready()
        found = audit.verify_here()
        if export is not None:
            export.write_text(json.dumps(audit.entries(), ensure_ascii=False, indent=1), "utf-8")
    if found.flaw:
        raise SiteError(f"the audit is not whole: {found.flaw}")
    typer.echo(f"whole to entry {found.entries}, seal {found.seal or 'none yet'}")


def keep(file: Path, data: Path | None, database: str) -> None:
    """Write a backup."""
    set_up(data=data, database=database)
    make_ready()
    from consilium.web.people.keeping import backup  # noqa: PLC0415  after set_up

    found = backup(file)
    typer.echo(f"kept in {file}; audit whole to entry {found.entries}, seal {found.seal}")


def put_back(file: Path, data: Path | None, database: str) -> None:
    """Put a backup back into an empty site."""
    set_up(data=data, database=database)
    make_ready()
    from consilium.web.people.keeping import restore  # noqa: PLC0415  after set_up

    found = restore(file)
    typer.echo(f"restored from {file}; audit whole to entry {found.entries}, seal {found.seal}")


def push_statements(data: Path | None, database: str) -> None:
    """Send what learners allow to the learning record store that is set."""
    set_up(data=data, database=database)
    make_ready()
    from django.conf import settings  # noqa: PLC0415  after set_up

    from consilium.web.activity.pushing import Store, push  # noqa: PLC0415

    if not settings.LRS_URL:
        raise SiteError("no learning record store is set; name one with CONSILIUM_LRS_URL")
    found = push(Store(settings.LRS_URL, settings.LRS_KEY))
    typer.echo(f"taken {found.taken}, refused {found.refused}, left for another run {found.left}")
    if found.left:
        raise SiteError("the store is not well; run this again later")


def forget(data: Path | None, database: str) -> None:
    """Remove the records of completions whose time is over."""
    set_up(data=data, database=database)
    make_ready()
    from django.utils import timezone  # noqa: PLC0415  after set_up

    from consilium.web.activity.certificates import forget_past  # noqa: PLC0415

    typer.echo(f"removed {forget_past(timezone.localdate())}")
