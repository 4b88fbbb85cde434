"""A plan on a terminal: one screen, in colour where the terminal has it."""

from __future__ import annotations

from string import ascii_uppercase

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
        console.print(_text(item, console))
    for number, part in enumerate(section.parts):
        letter = chr(ord("A") + number) if number < len(ascii_uppercase) else str(number)
        style = "bold red" if part.kind == "stop" else "bold"
        title = Text.assemble((f"{letter}  ", "dim"), (part.title, style))
        items = list(part.items)
        if items and items[0].kind == "label":
            label = _text(items.pop(0), console)
            together = Text.assemble(title, "   ", label)
            if together.cell_len <= console.width:
                title = together
            else:
                items.insert(0, part.items[0])
        console.print(title)
        for item in items:
            console.print(Padding(_text(item, console), (0, 0, 0, 3)))


def _line(console: Console) -> str:
    return "─" if console.encoding.lower().startswith("utf") else "-"


def _text(item: Item, console: Console) -> Text:
    marks = _MARKS if console.encoding.lower().startswith("utf") else _PLAIN_MARKS
    cites = "" if item.kind == "source" else "".join(f" [{number}]" for number in item.cites)
    style = _STYLES.get(item.kind, "")
    return Text.assemble((marks.get(item.kind, ""), style), (item.text, style), (cites, "dim"))
