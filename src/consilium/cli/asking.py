"""`consilium ask`: a question, and the cited statements that answer it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from consilium.asking import Answer, Asker
    from consilium.knowledge.edition import Edition

_Meaning = Annotated[
    bool,
    typer.Option("--semantic", help="Rank by meaning too; needs a model: consilium semantic."),
]


def register(app: typer.Typer) -> None:
    """Add the commands that answer questions, to people and to assistants."""
    app.command()(ask)
    app.command("mcp")(serve_tools)
    app.command("semantic")(prepare)


def ask(
    question: Annotated[list[str], typer.Argument(help="The question, in your own words.")],
    scope: Annotated[
        str,
        typer.Option("--scope", help="all: all stored evidence; activity: the source page alone."),
    ] = "all",
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day whose knowledge is used (2026-01-12).")
    ] = "",
    region: Annotated[str, typer.Option("--region", help="Whose labels come first.")] = "US",
    after: Annotated[
        list[str] | None,
        typer.Option("--after", help="An earlier question of the conversation; may be repeated."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The answer object as JSON.")] = False,
    semantic: _Meaning = False,
    edition: Annotated[
        Path | None,
        typer.Option("--edition", help="A folder with another edition than the bundled one."),
    ] = None,
) -> None:
    """Answer a question from stored statements, each with its source."""
    import msgspec  # noqa: PLC0415

    from consilium.cli.commands import UsageError, day, edition_at  # noqa: PLC0415

    if scope not in ("all", "activity"):
        raise UsageError(f"`--scope {scope}` is neither all nor activity")
    answer = _asker(edition_at(edition), semantic).ask(
        " ".join(question),
        as_of=day(as_of),
        scope="activity" if scope == "activity" else "all",
        region=region,
        history=tuple(after or ()),
    )
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
        return
    _show(answer)


def serve_tools(
    transport: Annotated[
        str, typer.Option("--transport", help="stdio, or http on the loopback address.")
    ] = "stdio",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="For http.")] = 8765,
    semantic: _Meaning = False,
    edition: Annotated[
        Path | None,
        typer.Option("--edition", help="A folder with another edition than the bundled one."),
    ] = None,
) -> None:
    """Offer the planner to an assistant as tools (Model Context Protocol)."""
    from consilium.cli.commands import UsageError, edition_at  # noqa: PLC0415

    if transport not in ("stdio", "http"):
        raise UsageError(f"`--transport {transport}` is neither stdio nor http")
    try:
        from consilium.mcp.server import server  # noqa: PLC0415
    except ImportError:
        raise UsageError("the SDK is not installed: pip install 'consilium[mcp]'") from None
    read = edition_at(edition)
    made = server(read, _asker(read, semantic))
    if transport == "stdio":
        made.run("stdio")
    else:
        made.run("streamable-http", host="127.0.0.1", port=port)


def prepare(
    edition: Annotated[
        Path | None,
        typer.Option("--edition", help="A folder with another edition than the bundled one."),
    ] = None,
) -> None:
    """Check the model for ranking by meaning, and say what to run where it is missing."""
    from consilium.asking.nearness import installed  # noqa: PLC0415
    from consilium.cli.commands import edition_at  # noqa: PLC0415

    installed.encoder()
    _asker(edition_at(edition), True)
    typer.echo(
        f"{installed.PACKAGE} {installed.VERSION} is the model that was measured; all statements "
        "are encoded. Use it with `--semantic`, or CONSILIUM_SEMANTIC=yes for a site."
    )


def _asker(edition: Edition, semantic: bool) -> Asker:
    """Answers from an edition, by meaning too where that is asked for."""
    from consilium.asking import Asker  # noqa: PLC0415
    from consilium.knowledge.cache import default_folder  # noqa: PLC0415

    asker = Asker(edition, folder=default_folder())
    if semantic:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress  # noqa: PLC0415

        from consilium.asking.nearness.installed import near  # noqa: PLC0415

        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("statements encoded, once", total=None)
            asker.rank_by_meaning(
                near(default_folder()),
                lambda done, total: progress.update(task, completed=done, total=total),
            )
    return asker


def _show(answer: Answer) -> None:
    from rich.padding import Padding  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from consilium.asking import Said, chip  # noqa: PLC0415
    from consilium.cli.console import console  # noqa: PLC0415

    out = console()

    def said(item: Said) -> None:
        out.print(Padding(Text(f"• {item.text}"), (0, 0, 0, 2)))
        out.print(Padding(Text(f"[{chip(item)}]", style="dim"), (0, 0, 0, 4)))

    if answer.lead:
        out.print(Text(answer.lead, style="bold"))
    if answer.understood:
        out.print(Text(f"Understood: {'; '.join(answer.understood)}."))
    for part in answer.computed:
        out.print(Text(part.text))
    for item in answer.statements:
        said(item)
    if answer.agreement:
        out.print(Text(answer.agreement))
    for text in answer.missing:
        out.print(Text(text))
    if answer.related:
        out.print(Text("Nearest in the stored sources:", style="bold"))
        for item in answer.related:
            said(item)
    for link in answer.links:
        out.print(Text(f"→ {link.text}"))
    scope = "the source page" if answer.scope == "activity" else "all stored evidence"
    how = "ranked by words and by meaning" if answer.meaning else "no model"
    out.print(Text(f"From {scope}, as of {answer.as_of}; {how}.", style="dim"))
