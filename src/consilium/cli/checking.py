"""`consilium check`: an edition as a compiler would look at it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import typer

from consilium.knowledge.edition import Edition, bundled_root
from consilium.knowledge.loading import load
from consilium.knowledge.records import Approval, CareRule, Position
from consilium.knowledge.schemas import file_schemas


def check_edition(path: Path | None) -> bool:
    """Load an edition from its files, never from a compiled copy, and say what it holds.

    Raises ``EditionError`` with every problem; returns whether all is well.
    """
    root = path or bundled_root()
    contents = load(root)
    edition = Edition(contents, root)
    cases = edition.cases()
    holds = {
        "positions": len(contents.positions),
        "approvals": len(contents.approvals),
        "results": len(edition.results) + len(edition.harms),
        "trials and cohorts": len(contents.trials),
        "care rules": len(contents.care),
        "sources": len(contents.sources),
        "worked cases": len(cases),
    }
    counted = ", ".join(f"{number} {what}" for what, number in holds.items())
    typer.echo(f"edition {edition.info.edition} of {edition.info.date}: {counted}")
    today = date.today()
    if edition.info.date.last > today:
        typer.echo(f"the edition is dated {edition.info.date}, which has not come yet")
        return False
    statements: list[Position | Approval | CareRule] = [
        *contents.positions,
        *contents.approvals,
        *contents.care,
    ]
    overdue = [s.id for s in statements if s.review_by.last < today]
    if overdue:
        typer.echo(f"{len(overdue)} statements are overdue for review, the first `{overdue[0]}`")
    typer.echo("no problem found")
    return True


def write_schemas(folder: Path) -> None:
    """Write the JSON Schema of every kind of file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = tuple(Edition.bundled().facts)
    for name, schema in file_schemas(facts).items():
        target = folder / f"{name}.schema.json"
        target.write_bytes(msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n")
        typer.echo(str(target))
