"""The evidence pages: lists, one page for each record, what changed, and whether a patient fits.

They hold no patient but in the answer to a form, so they may be kept by a
browser: each has an ETag that changes with the edition, the day, the region and
the program.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache, wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from consilium.knowledge.edition import Edition
from consilium.report.figures import Figure
from consilium.web.caching import kept
from consilium.web.editions import Asking, a_day, asking
from consilium.web.evidence.changes import what_changed
from consilium.web.evidence.fit import fit, questions
from consilium.web.evidence.listing import KINDS, every_row, listing
from consilium.web.evidence.others import biomarker_page, source_page, speaker_page
from consilium.web.evidence.page import Block, Link, Page
from consilium.web.evidence.parts import Part, parts_of, slots_of
from consilium.web.evidence.shelf import Shelf, address, biomarkers
from consilium.web.evidence.statements import changelog, statement_page
from consilium.web.evidence.therapies import drug_figure, drug_page, regimen_page
from consilium.web.evidence.trials import figures_shown, trial_page
from consilium.web.limits import costs

View = Callable[..., HttpResponse]
_WEEK = timedelta(days=7)
WHOLE = "whole"
"""Below a record that is read in parts: all of it on one page."""


@cache
def _program() -> str:
    """What of the program may change a page, in short."""
    files = sorted(Path(__file__).parents[2].rglob("*.*"))
    stated = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.is_file()]
    return hashlib.sha256(repr(stated).encode()).hexdigest()[:12]


def kept_page(view: View) -> View:
    """Decorate a page that holds no patient: it may be kept, and asked whether it is still so.

    A page for somebody who is signed in names them, and every page carries the token of its ask
    box, so session and token belong to what it is made of.
    """

    @require_safe
    @wraps(view)
    def keeping(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        asked = asking(request)
        get_token(request)
        session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        made_of = (
            asked.edition.hash,
            asked.as_of,
            asked.region.value,
            asked.density,
            asked.today,
            session,
            request.META["CSRF_COOKIE"],
            _program(),
        )
        return kept(request, made_of, lambda: view(request, *args, **kwargs))

    return keeping


def _weeks_before(day: date, weeks: int) -> date:
    return day - min(weeks * _WEEK, day - date.min)


def _shelf(asked: Asking) -> Shelf:
    return Shelf(asked.edition, asked.as_of, asked.region)


@kept_page
def index(request: HttpRequest) -> HttpResponse:
    """What there is, and how much of it."""
    shelf = _shelf(asking(request))
    counts = [
        (kind, title, len(every_row(shelf.edition, shelf.as_of, shelf.region, kind)))
        for kind, (title, _, _) in KINDS.items()
    ]
    return _render(request, "index.html", kinds=counts, month_ago=_weeks_before(shelf.as_of, 4))


@kept_page
def listed(request: HttpRequest, kind: str) -> HttpResponse:
    """One list with its filters."""
    if kind not in KINDS:
        raise Http404
    found = listing(_shelf(asking(request)), kind, request.GET.dict())
    return _render(request, "list.html", listing=found)


_PAGES: dict[str, tuple[Callable[[Edition], Mapping[str, Any]], Callable[[Shelf, Any], Page]]] = {
    "drugs": (lambda edition: edition.drugs, drug_page),
    "regimens": (lambda edition: edition.regimens, regimen_page),
    "trials": (lambda edition: edition.trials, trial_page),
    "sources": (lambda edition: edition.sources, source_page),
    "biomarkers": (lambda edition: {f.id: f for f in biomarkers(edition)}, biomarker_page),
    "speakers": (lambda edition: edition.speakers, speaker_page),
}


@kept_page
def record(request: HttpRequest, kind: str, name: str, slot: str = "") -> HttpResponse:
    """The page of one record; of a heavy one the first part, or the part that holds a slot."""
    shelf = _shelf(asking(request))
    if kind not in _PAGES:
        raise Http404
    records_of, page_of = _PAGES[kind]
    found = records_of(shelf.edition).get(name)
    if found is None:
        raise Http404
    return _read(request, page_of(shelf, found), slot)


@kept_page
def statement(request: HttpRequest, name: str) -> HttpResponse:
    """A statement at its permanent address."""
    shelf = _shelf(asking(request))
    if name not in shelf.statements:
        raise Http404
    return _read(request, statement_page(shelf, shelf.statements[name]), "")


def _read(request: HttpRequest, page: Page, slot: str) -> HttpResponse:
    """A part of a page, all of it to print, or the way to the part in which a slot is read."""
    about = {"asking": asking(request)}

    def write(block: Block) -> SafeString:
        return render_to_string("evidence/block.html", {"block": block, **about})

    parts = parts_of(page, write)
    record = address(page.kind, page.id)
    many = len(parts) if len(parts) > 1 else 0
    if slot == WHOLE and many:
        return _render(
            request,
            "record.html",
            page=page,
            number=0,
            many=many,
            slots=[Link(section.title, f"#{section.id}") for section in page.sections],
            sections=page.sections,
            sources=page.sources,
        )
    place = next((n for n, part in enumerate(parts) if part.slot == slot), None)
    if place is None:
        return redirect(_way(request, parts, record, slot))
    part = parts[place]
    before, after = (
        Link(parts[n].sections[0].title, parts[n].address(record)) if 0 <= n < len(parts) else None
        for n in (place - 1, place + 1)
    )
    return _render(
        request,
        "record.html",
        page=page,
        number=place + 1,
        many=many,
        whole=f"{record}/{WHOLE}",
        slots=slots_of(parts, part, record),
        sections=part.sections,
        sources=part.sources,
        first=Link(page.title, record),
        before=before,
        after=after,
    )


def _way(request: HttpRequest, parts: tuple[Part, ...], record: str, slot: str) -> str:
    """Where a slot is read now: parts move with the edition, an address of a slot stays."""
    if slot == WHOLE:
        return f"{record}{_query(request)}"
    for name in (slot, slot.rstrip("0123456789").removesuffix("-")):
        for part in parts:
            if part.holds(name):
                return f"{part.address(record)}{_query(request)}#{name}"
    raise Http404


def _query(request: HttpRequest) -> str:
    asked = request.GET.urlencode()
    return f"?{asked}" if asked else ""


@kept_page
def trial_picture(request: HttpRequest, name: str) -> HttpResponse:
    """The first figure of a trial as PNG."""
    asked = asking(request)
    if name not in asked.edition.trials:
        raise Http404
    found = figures_shown(asked.edition, name, asked.as_of)
    return _picture(found[0] if found else None)


@kept_page
def drug_picture(request: HttpRequest, name: str) -> HttpResponse:
    """The figure of a drug as PNG."""
    asked = asking(request)
    if name not in asked.edition.drugs:
        raise Http404
    return _picture(drug_figure(asked.edition, name, asked.as_of))


def _picture(figure: Figure | None) -> HttpResponse:
    if figure is None:
        raise Http404
    return HttpResponse(figure.png(), content_type="image/png")


@kept_page
def changes(request: HttpRequest) -> HttpResponse:
    """What changed between two days: `?since=2026-01-12`, up to the day of the page."""
    shelf = _shelf(asking(request))
    said = request.GET.get("since", "")
    since = a_day(said) if said else _weeks_before(shelf.as_of, 26)
    changed = what_changed(shelf, since)
    told = changelog(shelf.edition.root) if shelf.edition.root else ()
    return _render(request, "changes.html", changed=changed, since=since, told=[t for _, t in told])


@require_http_methods(["GET", "HEAD", "POST"])
@costs(0.2)
def trial_fit(request: HttpRequest, name: str) -> HttpResponse:
    """A form of what a trial's entry criteria ask, and the answer to each of them."""
    asked = asking(request)
    trial = asked.edition.trials.get(name)
    if trial is None or trial.eligibility is None:
        raise Http404
    given = {key: str(value).strip()[:40] for key, value in request.POST.items()}
    form = questions(trial, asked.edition, given)
    wrong = any(question.problem for question in form)
    known = asked.edition.facts
    readings = [(known[f].phrase if f in known else f, w) for f, w in trial.interpretation.items()]
    answer = fit(trial, asked.edition, given) if request.method == "POST" and not wrong else None
    shown = {"trial": trial, "form": form, "fit": answer, "wrong": wrong, "readings": readings}
    return _render(request, "fit.html", status=422 if wrong else 200, **shown)


def _render(
    request: HttpRequest, template: str, status: int = 200, **shown: object
) -> HttpResponse:
    return render(request, f"evidence/{template}", {"subject": "evidence", **shown}, status=status)
