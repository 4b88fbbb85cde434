"""The sheet as a PDF file, set by WeasyPrint from the same page and style sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

_STATIC = Path(__file__).parents[1] / "static"


class PdfError(Exception):
    """Why no PDF can be made here."""


def to_pdf(context: dict[str, object]) -> bytes:
    """The page as bytes. Raises ``PdfError`` where the library or Pango is missing."""
    try:
        import weasyprint  # noqa: PLC0415  an extra, and slow to import
    except (ImportError, OSError):
        raise PdfError(
            _(
                "A PDF needs the extra `pdf` (pip install consilium[pdf]) and Pango from the "
                "system (apt install libpango-1.0-0 libpangoft2-1.0-0). "
                "The print page needs neither: print it to a file."
            )
        ) from None
    page = render_to_string("planner/sheet.html", context)
    made: Any = weasyprint.HTML(string=page, url_fetcher=_no_fetching)
    styles = [weasyprint.CSS(filename=_STATIC / name) for name in ("consilium.css", "paper.css")]
    return bytes(made.write_pdf(stylesheets=styles))


def _no_fetching(url: str, *_rest: object, **_more: object) -> NoReturn:
    raise ValueError("a sheet asks nobody for anything")
