"""A plan as one HTML page that needs nothing else: no script, no request."""

from __future__ import annotations

from html import escape

from consilium.report.document import Document, Item, Section

_STYLE = """
body { font: 16px/25px system-ui, sans-serif; color: #17202A; background: #fff;
  max-width: 70ch; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 28px; line-height: 1.2 }
h2 { font-size: 21px; border-top: 1px solid #D5DBE0; padding-top: .75rem }
h3 { font-size: 17px; margin-bottom: .25rem }
ul { padding-left: 1.1rem }
.sub { color: #4A5763 }
.headline, .stop { font-weight: 600 }
.stop { color: #9B1C1C; background: #FDECEC }
.caution { color: #7A4A00; background: #FFF3D6 }
.cites { color: #0B5C6B; font-variant-numeric: tabular-nums }
@media (prefers-color-scheme: dark) {
  body { color: #E8EDF1; background: #14191E }
  .sub { color: #B4C0CA } h2 { border-color: #3A454F }
  .stop { color: #FFB4B4; background: #4A1616 } .caution { color: #FFDFA3; background: #3D2A00 }
  .cites { color: #7FD0DF }
}
@media print {
  body { font-size: 10pt; line-height: 1.3; color: #000; background: #fff; max-width: none }
  h3, li { break-inside: avoid } .stop, .caution { color: #000; background: none }
}
"""


def html(text: Document) -> str:
    """The document as a page; every text is escaped."""
    body = "".join(_section(section, 2) for section in text.sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(text.title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{escape(text.title)}</h1><p class="sub">{escape(text.subtitle)}</p>{body}'
        "</main></body></html>\n"
    )


def _section(section: Section, level: int) -> str:
    items = "".join(f"<li>{_item(item)}</li>" for item in section.items)
    parts = "".join(_section(part, level + 1) for part in section.parts)
    listed = f"<ul>{items}</ul>" if items else ""
    return f"<section><h{level}>{escape(section.title)}</h{level}>{listed}{parts}</section>"


def _item(item: Item) -> str:
    numbers = "" if item.kind == "source" else "".join(f" [{number}]" for number in item.cites)
    cites = f'<span class="cites">{numbers}</span>' if numbers else ""
    return f'<span class="{escape(item.kind)}">{escape(item.text)}</span>{cites}'
