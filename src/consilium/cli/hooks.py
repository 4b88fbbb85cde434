"""`consilium validate-cards`: a CDS service held against the rules of CDS Hooks."""

from __future__ import annotations

from typing import Annotated

import typer

from consilium.cli import PROBLEM
from consilium.cli.commands import UsageError, read_input
from consilium.errors import ConsiliumError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("validate-cards")(validate_cards)


def validate_cards(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|URL",
            help="A file with a discovery, cards or feedback document, `-`, or the address of "
            "`cds-services`.",
        ),
    ],
) -> None:
    """Hold what a CDS service says against the rules of CDS Hooks 2.0."""
    from consilium.fhir.hooks.conformance import breaks, check  # noqa: PLC0415

    data = _fetched(source) if source.startswith(("http://", "https://")) else read_input(source)
    found = check(data)
    for one in found:
        typer.echo(f"{one.strength:6}  {one.where}: {one.says}")
    if breaks(found):
        raise typer.Exit(PROBLEM)
    typer.echo("it keeps the rules" + (", and leaves some advice aside" if found else ""))


def _fetched(address: str) -> bytes:
    import httpx  # noqa: PLC0415

    try:
        answer = httpx.get(address, timeout=10, follow_redirects=False)
    except httpx.HTTPError as problem:
        raise ConsiliumError(f"`{address}` does not answer: {problem}") from None
    if answer.status_code != 200:
        raise ConsiliumError(f"`{address}` answers with status {answer.status_code}, not 200")
    if "json" not in answer.headers.get("content-type", ""):
        raise UsageError(f"`{address}` answers with something else than JSON")
    return answer.content
