"""`consilium prove`: questions about every patient at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from consilium.cli import PROBLEM


def register(app: typer.Typer) -> None:
    """Add the commands that prove."""
    app.command()(prove)


def prove(
    path: Annotated[
        Path | None, typer.Argument(help="A folder with an edition; the bundled one when left out.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="text or json")] = "text",
    full: Annotated[
        bool, typer.Option("--full", help="List splits and what the edition explains, too.")
    ] = False,
    seconds: Annotated[
        float, typer.Option("--budget", help="Seconds for each single question.")
    ] = 10,
) -> None:
    """Prove an edition: gaps, contradictions, dead statements and claims, each with a patient."""
    from consilium.cli.commands import edition_at  # noqa: PLC0415
    from consilium.proving.proof import prove as ask  # noqa: PLC0415
    from consilium.proving.telling import proof_json, proof_text  # noqa: PLC0415

    edition = edition_at(path)
    claims, waivers = edition.claims()
    proof = ask(edition, claims=claims, waivers=waivers, seconds=seconds, progress=_step)
    _step("")
    if format == "json":
        typer.echo(proof_json(proof).decode())
    else:
        for line in proof_text(proof, full=full):
            typer.echo(line)
    if not proof.holds:
        raise typer.Exit(PROBLEM)


def _step(name: str) -> None:
    """One line on the terminal that says what is being asked; nothing in a pipe."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{name + ' ...' if name else ''}")
        sys.stderr.flush()
