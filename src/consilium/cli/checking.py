"""`consilium check`: an edition as a compiler would look at it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.progress import track

from consilium.knowledge.edition import Edition, bundled_root
from consilium.knowledge.giving import Giving
from consilium.knowledge.loading import load
from consilium.knowledge.records import Approval, CareRule, Position, Shows
from consilium.knowledge.schemas import file_schemas
from consilium.planning.coverage import hold, statements


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
        "statements on giving a drug": len(contents.giving),
        "sources": len(contents.sources),
        "worked cases": len(cases),
        "worked doses and events": len(edition.care_cases()),
        "claims": len(edition.claims()[0]) + len(edition.care_claims()),
    }
    counted = ", ".join(f"{number} {what}" for what, number in holds.items())
    typer.echo(f"edition {edition.info.edition} of {edition.info.date}: {counted}")
    today = date.today()
    if edition.info.date.last > today:
        typer.echo(f"the edition is dated {edition.info.date}, which has not come yet")
        return False
    statements: list[Position | Approval | CareRule | Giving] = [
        *contents.positions,
        *contents.approvals,
        *contents.care,
        *(s for s in contents.giving if isinstance(s, Giving)),
    ]
    overdue = [s.id for s in statements if s.review_by.last < today]
    if overdue:
        typer.echo(f"{len(overdue)} statements are overdue for review, the first `{overdue[0]}`")
    typer.echo("no problem found")
    return True


def check_cases(path: Path | None) -> bool:
    """Run every worked case and name the statements that none of them exercises."""
    root = path or bundled_root()
    edition = Edition(load(root), root)
    held: set[str] = set()
    failed = 0
    for case in track(edition.cases(), "worked cases", console=Console(stderr=True)):
        result = hold(case, edition)
        held |= result.held
        failed += not result.holds
        for expected in result.missing:
            typer.echo(f"{case.id} does not show {_said(expected)}")
        for expected in result.unwanted:
            typer.echo(f"{case.id} shows {_said(expected)}, which it must not")
    every = statements(edition)
    silent = [name for name in every if name not in held]
    typer.echo(f"{len(every) - len(silent)} of {len(every)} statements apply in some worked case")
    for name in silent:
        kind, _, identifier = name.partition(":")
        typer.echo(f"  no case exercises {kind} {identifier}")
    return not failed


def _said(expected: Shows) -> str:
    given = msgspec.to_builtins(expected)
    return ", ".join(f"{key} {value}" for key, value in given.items() if value)


def write_schemas(folder: Path) -> None:
    """Write the JSON Schema of every kind of file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = tuple(Edition.bundled().facts)
    for name, schema in file_schemas(facts).items():
        target = folder / f"{name}.schema.json"
        target.write_bytes(msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n")
        typer.echo(str(target))
