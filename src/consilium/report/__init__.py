"""One plan as text, Markdown, HTML or JSON."""

from __future__ import annotations

import msgspec

from consilium.knowledge.edition import Edition
from consilium.planning import Plan
from consilium.report.document import Document, document

__all__ = ["Document", "document", "to_html", "to_json", "to_markdown"]


def to_json(made: Plan) -> bytes:
    """The plan in its versioned shape."""
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def to_markdown(made: Plan, edition: Edition) -> str:
    """The whole plan as Markdown."""
    from consilium.report.markdown import markdown  # noqa: PLC0415  only what is asked for

    return markdown(document(made, edition))


def to_html(made: Plan, edition: Edition) -> str:
    """The whole plan as one HTML page."""
    from consilium.report.html import html  # noqa: PLC0415  only what is asked for

    return html(document(made, edition))
