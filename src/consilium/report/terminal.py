"""A plan on a terminal: one screen, in colour where the terminal has it."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from consilium.report.document import Document, Item, Section

_STYLES = {
    "headline": "bold",
    "label": "cyan",
    "result": "",
    "stop": "bold red",
    "caution": "yellow",
    "next": "dim",
    "more": "dim",
    "agreement": "bold",
    "conflict": "magenta",
    "gap": "",
}
_MARKS = {"stop": "✕ ", "caution": "! ", "conflict": "≠ ", "gap": "? ", "next": "→ "}
_PLAIN_MARKS = {"stop": "x ", "caution": "! ", "conflict": "# ", "gap": "? ", "next": "> "}


def print_document(text: Document, console: Console) -> None:
    """Print a document; pipes get plain text, narrow terminals wrap."""
    console.print(Text.assemble((text.title, "bold"), ("  " + text.subtitle, "dim")))
    for section in text.sections:
        _print_section(section, console)


def _print_section(section: Section, console: Console) -> None:
    console.print(
        Rule(
            Text(section.title, style="bold"), align="left", style="dim", characters=_line(console)
        )
    )
    for item in section.items:
        console.print(_item(item, console, indent=0))
    for number, part in enumerate(section.parts):
        letter = chr(ord("A") + number) if number < 26 else str(number)
        style = "bold red" if part.kind == "stop" else "bold"
        console.print(Text.assemble((f"{letter}  ", "dim"), (part.title, style)))
        for item in part.items:
            console.print(_item(item, console, indent=3))


def _line(console: Console) -> str:
    return "─" if console.encoding.lower().startswith("utf") else "-"


def _item(item: Item, console: Console, *, indent: int) -> Padding:
    marks = _MARKS if console.encoding.lower().startswith("utf") else _PLAIN_MARKS
    cites = "" if item.kind == "source" else "".join(f" [{number}]" for number in item.cites)
    text = Text.assemble(
        (marks.get(item.kind, ""), _STYLES.get(item.kind, "")),
        (item.text, _STYLES.get(item.kind, "")),
        (cites, "dim"),
    )
    return Padding(text, (0, 0, 0, indent))
