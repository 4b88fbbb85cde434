"""The Ask page. A question travels in the body; only one that describes nobody gets an address."""

from __future__ import annotations

from time import perf_counter
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consilium.asking.answer import Answer, Said, Scope, chip
from consilium.asking.asked import MOST_CHARACTERS
from consilium.web.asking.asker import the_asker
from consilium.web.asking.misses import note_flag, note_miss
from consilium.web.editions import asking
from consilium.web.limits import spend

_MOST_EARLIER = 6
# Where a record of each kind is shown.
_PAGES = {
    "trial": "trials",
    "drug": "drugs",
    "position": "positions",
    "approval": "approvals",
    "care": "care",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_page(request: HttpRequest) -> HttpResponse:
    """The form, and below it the answer to what was asked."""
    given = request.POST if request.method == "POST" else request.GET
    question = given.get("q", "").strip()[:MOST_CHARACTERS]
    scope: Scope = "activity" if given.get("scope") == "activity" else "all"
    earlier = [q[:MOST_CHARACTERS] for q in given.getlist("earlier") if q][-_MOST_EARLIER:]
    about = asking(request)
    shown: dict[str, object] = {"question": question, "scope": scope, "subject": "ask"}
    if question:
        spend(request, 1)
        began = perf_counter()
        answer = the_asker().ask(
            question, as_of=about.as_of, scope=scope, region=about.region.value, history=earlier
        )
        reports = request.method == "POST" and bool(given.get("flag"))
        if not reports and not given.get("forget"):
            note_miss(answer)
        shown |= {
            "answer": answer,
            "seconds": f"{perf_counter() - began:.2f}",
            "statements": [_shown(s) for s in answer.statements],
            "related": [_shown(s) for s in answer.related],
            "links": [(link.text, _target(link.to, answer)) for link in answer.links],
            "address": _address(request, answer),
            "may_report": bool(settings.ASK_MISSES)
            and answer.may_log
            and answer.kind != "declined",
            "reported": reports and note_flag(answer),
            "before": earlier,
            "earlier": [*earlier, question] if answer.may_log else earlier,
        }
    return render(request, "asking/ask.html", shown)


def _shown(said: Said) -> tuple[Said, str, str]:
    kind, _, name = said.page.partition("/")
    page = ""
    if kind == "activity":
        page = reverse("activity:read", args=[name])
    elif kind in _PAGES:
        page = reverse("evidence:record", args=[_PAGES[kind], name])
    return said, chip(said), page


def _address(request: HttpRequest, answer: Answer) -> str:
    """An address for the answer, for a question that describes nobody."""
    if not answer.may_log or answer.kind == "declined":
        return ""
    query = urlencode({"q": answer.question, "scope": answer.scope, "as_of": answer.as_of})
    return request.build_absolute_uri(f"{reverse('asking:ask')}?{query}")


def _target(to: str, answer: Answer) -> str:
    match to:
        case "plan" | "care":
            return reverse("planner:plan")
        case "compare" | "evidence":
            return reverse("evidence:index")
        case "ask" if answer.may_log:
            query = urlencode({"q": answer.question, "scope": "all"})
            return f"{reverse('asking:ask')}?{query}"
        case _:
            return reverse("asking:ask")
