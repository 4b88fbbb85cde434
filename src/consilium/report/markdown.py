"""A plan as Markdown."""

from __future__ import annotations

from consilium.report.document import Document, Item, Section


def markdown(text: Document) -> str:
    """The document as Markdown, one heading per section."""
    lines = [f"# {text.title}", "", f"*{text.subtitle}*", ""]
    for section in text.sections:
        lines += _section(section, 2)
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section, level: int) -> list[str]:
    lines = [f"{'#' * level} {section.title}", ""]
    lines += [f"- {_item(item)}" for item in section.items]
    if section.items:
        lines.append("")
    for part in section.parts:
        lines += _section(part, level + 1)
    return lines


def _item(item: Item) -> str:
    text = item.text.replace("*", r"\*").replace("<", r"\<")
    cites = "" if item.kind == "source" else "".join(f" [{number}]" for number in item.cites)
    return f"**{text}**{cites}" if item.kind in ("headline", "stop") else f"{text}{cites}"
