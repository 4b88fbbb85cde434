"""What the API says of statements and of what changed; the records themselves are `/evidence`."""

from __future__ import annotations

from datetime import date

import msgspec
from django.http import HttpRequest, HttpResponse

from consilium.errors import nearest
from consilium.evidence.sources import citations_in
from consilium.knowledge.giving import Silence
from consilium.proving.records import statement_changes
from consilium.web.caching import kept
from consilium.web.editions import a_day, asked_by_program
from consilium.web.evidence.changes import calendar_of
from consilium.web.evidence.shelf import Shelf, address
from consilium.web.refusals import Refused


class StatementSaid(msgspec.Struct, frozen=True):
    """A statement at its permanent address, as known on a day.

    ``overdue_days`` is how long its review is overdue on that day; ``supersedes``
    and ``superseded_by`` are its history.
    """

    id: str
    kind: str
    says: str
    address: str
    as_of: date
    counts: bool
    since: str
    checked: str
    review_by: str
    overdue_days: int
    depths: tuple[str, ...]
    sources: tuple[str, ...]
    supersedes: tuple[str, ...] = ()
    superseded_by: tuple[str, ...] = ()


class ChangeSaid(msgspec.Struct, frozen=True):
    """A statement that counts on one of two days and not on the other."""

    statement: str
    kind: str
    how: str
    says: str
    address: str


class ChangesSaid(msgspec.Struct, frozen=True):
    """What changed between two days, in one edition."""

    edition: str
    since: date
    until: date
    changes: tuple[ChangeSaid, ...]


def statement(request: HttpRequest, name: str) -> HttpResponse:
    """One statement with its history, on the day that is asked about."""
    asked = asked_by_program(request)
    shelf = Shelf(asked.edition, asked.as_of, asked.region)
    found = shelf.statements.get(name)
    if found is None:
        known = nearest(name, shelf.statements)
        raise Refused(404, f"No statement is called `{name[:60]}`.{known}")
    dated = None if isinstance(found, Silence) else found
    said = StatementSaid(
        id=name,
        kind=shelf.kind(found),
        says=shelf.title(found),
        address=address("statement", name),
        as_of=asked.as_of,
        counts=name in shelf.current,
        since=str(dated.since) if dated else "",
        checked=str(dated.checked) if dated else "",
        review_by=str(dated.review_by) if dated else "",
        overdue_days=max((asked.as_of - dated.review_by.last).days, 0) if dated else 0,
        depths=tuple(depth.value for depth in shelf.depths(dated.because)) if dated else (),
        sources=tuple(dict.fromkeys(cited.source for cited in citations_in(found))),
        supersedes=getattr(found, "supersedes", ()),
        superseded_by=tuple(
            other.id
            for other in shelf.statements.values()
            if name in getattr(other, "supersedes", ())
        ),
    )
    return kept(request, (asked.edition.hash, asked.as_of), lambda: _json(said))


def changes(request: HttpRequest) -> HttpResponse:
    """What counts on the day asked about and not on `since`, and the other way round."""
    asked = asked_by_program(request)
    since = a_day(request.GET.get("since", ""))
    calendar = calendar_of(asked.edition)
    said = ChangesSaid(
        asked.edition.info.edition,
        since,
        asked.as_of,
        tuple(
            ChangeSaid(
                change.statement,
                change.kind,
                change.how,
                change.says,
                address("statement", change.statement),
            )
            for change in statement_changes(calendar, calendar, since, asked.as_of)
        ),
    )
    return kept(request, (asked.edition.hash, asked.as_of), lambda: _json(said))


def _json(value: object) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(value), content_type="application/json")
