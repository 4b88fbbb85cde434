"""`consilium prove`: questions about every patient at once."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from consilium.cli import PROBLEM
from consilium.errors import nearest
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region

if TYPE_CHECKING:
    from consilium.proving.differences import Side


def register(app: typer.Typer) -> None:
    """Add the commands that prove."""
    app.command()(prove)
    app.command()(diff)
    app.command()(draw)


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
    cases: Annotated[
        bool, typer.Option("--cases", help="Which small faults does no worked case notice?")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="With --cases: write the draft cases into this folder."),
    ] = None,
) -> None:
    """Prove an edition: gaps, contradictions, dead statements and claims, each with a patient."""
    if cases:
        _notice(path, seconds, write)
        return
    from consilium.cli.commands import edition_at  # noqa: PLC0415
    from consilium.proving.proof import prove as ask  # noqa: PLC0415
    from consilium.proving.telling import proof_json, proof_text  # noqa: PLC0415

    edition = edition_at(path)
    claims, waivers = edition.claims()
    proof = ask(
        edition,
        claims=claims,
        care_claims=edition.care_claims(),
        waivers=waivers,
        seconds=seconds,
        progress=_step,
    )
    _step("")
    if format == "json":
        typer.echo(proof_json(proof).decode())
    else:
        for line in proof_text(proof, full=full):
            typer.echo(line)
    if not proof.holds:
        raise typer.Exit(PROBLEM)


def _notice(path: Path | None, seconds: float, write: Path | None) -> None:
    from rich.progress import Progress  # noqa: PLC0415

    from consilium.cli.commands import edition_at  # noqa: PLC0415
    from consilium.proving.noticing import draft_files, notice, noticed_text  # noqa: PLC0415

    edition = edition_at(path)
    with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("mutants")
        found = notice(
            edition,
            edition.cases(),
            seconds=seconds,
            step=lambda done, total: progress.update(task, completed=done, total=total),
        )
    for line in noticed_text(edition, found):
        typer.echo(line)
    if write is not None:
        for name, text in draft_files(found):
            (write / name).parent.mkdir(parents=True, exist_ok=True)
            (write / name).write_text(text, "utf-8")
        typer.echo(f"written into {write}, for somebody to confirm against the sources")
    if not found.complete:
        raise typer.Exit(PROBLEM)


def diff(
    old: Annotated[
        str, typer.Argument(help="A folder with an edition, a day (2026-01-12), or a git revision.")
    ],
    new: Annotated[str, typer.Argument(help="The same, for the other side.")],
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day on which folders and revisions are compared.")
    ] = "",
    region: Annotated[Region | None, typer.Option("--region", help="Only one region.")] = None,
    format: Annotated[str, typer.Option("--format", help="text, markdown or json")] = "text",
) -> None:
    """What an edit, or some months, changed: statements, and which patients get another plan."""
    from consilium.proving.differences import differences  # noqa: PLC0415
    from consilium.proving.telling import (  # noqa: PLC0415
        difference_json,
        difference_markdown,
        difference_text,
    )

    regions = tuple(Region) if region is None else (region,)
    with TemporaryDirectory() as folder:
        before, after = _sides(old, new, as_of, Path(folder))
        found = differences(before, after, regions=regions)
    if format == "json":
        typer.echo(difference_json(found).decode())
    else:
        tell = difference_markdown if format == "markdown" else difference_text
        for line in tell(found):
            typer.echo(line)
    if not found.complete:
        raise typer.Exit(PROBLEM)


def draw(
    scope: Annotated[str, typer.Argument(help="A scope of `vocabulary/scopes.yaml`.")],
    format: Annotated[str, typer.Option("--format", help="mermaid or svg")] = "mermaid",
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day; that of the edition when left out.")
    ] = "",
    region: Annotated[Region, typer.Option("--region", help="The region.")] = Region.US,
    edition: Annotated[
        Path | None, typer.Option("--edition", help="A folder with another edition.")
    ] = None,
) -> None:
    """Draw the decision of a scope, from the conditions themselves."""
    from consilium.cli.commands import UsageError, day, edition_at  # noqa: PLC0415
    from consilium.proving.calendar import Moment  # noqa: PLC0415
    from consilium.proving.drawing import draw as drawn  # noqa: PLC0415
    from consilium.proving.drawing import mermaid, svg  # noqa: PLC0415

    read = edition_at(edition)
    scopes = {one.id: one for one in read.contents.scopes.scopes}
    if scope not in scopes:
        raise UsageError(
            f"no scope is called `{scope}`.{nearest(scope, scopes)} Known: {', '.join(scopes)}"
        )
    on = day(as_of) if as_of else read.info.date.last
    made = drawn(read, scopes[scope], Moment(region, on))
    typer.echo(svg(made) if format == "svg" else mermaid(made), nl=False)


def _sides(old: str, new: str, as_of: str, folder: Path) -> tuple[Side, Side]:
    """The two editions with their days; the bundled one is read once."""
    from consilium.cli.commands import day, edition_at  # noqa: PLC0415
    from consilium.proving.differences import Side as OneSide  # noqa: PLC0415

    bundled: list[Edition] = []

    def side(name: str, where: Path) -> Side:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
            if not bundled:
                bundled.append(edition_at(None))
            return OneSide(bundled[0], day(name), name)
        path = Path(name)
        edition = edition_at(path if path.is_dir() else _revision(name, where))
        on = day(as_of) if as_of else edition.info.date.last
        return OneSide(edition, on, f"{name} as of {on}")

    return side(old, folder / "old"), side(new, folder / "new")


def _revision(name: str, where: Path) -> Path:
    """The edition of a git revision, written out into a folder."""
    from consilium.cli.commands import UsageError  # noqa: PLC0415
    from consilium.knowledge.edition import bundled_root  # noqa: PLC0415

    root = bundled_root()
    where.mkdir()
    asked = ["git", "-C", str(root), "archive", "--format=tar", name, "."]
    try:
        packed = subprocess.run(asked, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise UsageError(
            f"`{name}` is no folder with an edition, no day such as 2026-01-12, and no revision of "
            f"the repository that holds {root}"
        ) from None
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(where, filter="data")
    return where


def _step(name: str) -> None:
    """One line on the terminal that says what is being asked; nothing in a pipe."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{name + ' ...' if name else ''}")
        sys.stderr.flush()
