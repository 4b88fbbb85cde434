"""`consilium survival`: patients of a table followed to an event, by arm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command that draws survival."""
    app.command()(survival)


def survival(
    table: Annotated[Path, typer.Argument(help="A CSV file, one line a patient.")],
    time: Annotated[str, typer.Option("--time", help="The column of months followed.")] = "time",
    event: Annotated[
        str, typer.Option("--event", help="The column of events: 1, or 0 for censored.")
    ] = "event",
    arm: Annotated[str, typer.Option("--arm", help="The column of arms, if there are any.")] = "",
    until: Annotated[
        float | None, typer.Option("--months", min=0.001, help="Means within so many months.")
    ] = None,
    cuts: Annotated[
        list[float] | None,
        typer.Option("--cut", help="A month at which a new hazard ratio begins; repeatable."),
    ] = None,
    format: Annotated[str, typer.Option("--format", help="text, markdown, html or json")] = "text",
    save: Annotated[
        Path | None, typer.Option("--save", help="Draw the curves into this .svg or .png file.")
    ] = None,
) -> None:
    """Describe survival by arm: curves, medians, restricted means, and what lies between two."""
    from datetime import date  # noqa: PLC0415

    from consilium.cli.commands import UsageError  # noqa: PLC0415
    from consilium.report.survival import (  # noqa: PLC0415  scipy is slow to import
        read_followed,
        survival_document,
        survival_figure,
        survival_report,
    )

    if format not in ("text", "markdown", "html", "json"):
        raise UsageError(f"`--format {format}` is not text, markdown, html or json")
    arms = read_followed(table, time=time, event=event, arm=arm)
    made = survival_report(arms, until=until, cuts=cuts or ())
    if save is not None:
        survival_figure(arms, table.name, str(date.today())).save(save)
    if format == "json":
        import msgspec  # noqa: PLC0415

        typer.echo(msgspec.json.format(msgspec.json.encode(made), indent=2).decode())
        return
    document = survival_document(made, table.name)
    if format == "text":
        from consilium.cli.console import console  # noqa: PLC0415
        from consilium.report.terminal import print_document  # noqa: PLC0415

        print_document(document, console())
    elif format == "markdown":
        from consilium.report.markdown import markdown  # noqa: PLC0415

        typer.echo(markdown(document), nl=False)
    else:
        from consilium.report.html import html  # noqa: PLC0415

        typer.echo(html(document), nl=False)
