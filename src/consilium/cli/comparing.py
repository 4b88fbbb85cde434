"""`consilium compare`: two therapies, trials or sequences, and whether they may be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command that compares."""
    app.command()(compare)


def compare(
    one: Annotated[
        str, typer.Argument(help="A drug, regimen, class or trial; `A then B` for a sequence.")
    ],
    other: Annotated[str, typer.Argument(help="What it is set beside.")],
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day whose knowledge is used (2026-01-12).")
    ] = "",
    format: Annotated[str, typer.Option("--format", help="text, markdown, html or json")] = "text",
    full: Annotated[
        bool, typer.Option("--full", help="Pairs that cannot be compared at all, too.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", help="Draw which trials join them into this .svg or .png file."),
    ] = None,
    edition: Annotated[
        Path | None,
        typer.Option("--edition", help="A folder with another edition than the bundled one."),
    ] = None,
) -> None:
    """Set two therapies side by side, and say whether they may be compared at all."""
    from consilium.cli.commands import UsageError, day, edition_at  # noqa: PLC0415
    from consilium.cli.console import console  # noqa: PLC0415
    from consilium.comparing import compare as weigh  # noqa: PLC0415
    from consilium.report.comparison import comparison_document, comparison_json  # noqa: PLC0415

    held = edition_at(edition)
    made = weigh(held, one, other, as_of=day(as_of))
    if save is not None:
        from consilium.comparing.sides import side  # noqa: PLC0415
        from consilium.report.figures.network import trial_network  # noqa: PLC0415

        asked = [name for words in (one, other) for name in side(held, words).regimens]
        trial_network(held, day(as_of), asked=asked).save(save)
    match format:
        case "text":
            from consilium.report.terminal import print_document  # noqa: PLC0415

            print_document(comparison_document(made, held, brief=not full), console())
        case "markdown":
            from consilium.report.markdown import markdown  # noqa: PLC0415

            typer.echo(markdown(comparison_document(made, held)), nl=False)
        case "html":
            from consilium.report.html import html  # noqa: PLC0415

            typer.echo(html(comparison_document(made, held)), nl=False)
        case "json":
            typer.echo(comparison_json(made).decode(), nl=False)
        case _:
            raise UsageError(f"`--format {format}` is not text, markdown, html or json")
