"""The case loop: the plan one intends, then the experts, then what that did to the plan.

Nobody sees the options before the own plan is said. What is sent goes into the
body of the next form and nowhere else, until somebody who is signed in asks
that the case be kept; then it is kept without them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity, Question, Takeaway
from consilium.knowledge.records import WorkedCase
from consilium.learning.experts import favoured_by, plan_of, title_of
from consilium.learning.identifiers import find_identifiers
from consilium.learning.outcomes import CaseRecord, Impact
from consilium.planning import Plan, heard_by
from consilium.report.document import document
from consilium.web.activity.models import KeptCase
from consilium.web.activity.shown import worked_cases
from consilium.web.activity.views import context, the_activity
from consilium.web.editions import asking
from consilium.web.limits import costs
from consilium.web.people.once import counted_once
from consilium.web.planner.showing import sources
from consilium.web.refusals import Refused

NONE_OF_THESE = "none-of-these"
REASONS = {
    "experts": gettext_lazy("what the experts say"),
    "results": gettext_lazy("results of trials"),
    "label": gettext_lazy("the label here"),
    "guideline": gettext_lazy("a guideline"),
    "safety": gettext_lazy("safety, or how it is given"),
    "patient": gettext_lazy("what the patient wants or can take"),
    "access": gettext_lazy("cost or availability"),
    "missing": gettext_lazy("a fact I had not asked for"),
}
IMPACTS = {
    Impact.CHANGED: gettext_lazy("It changed my plan"),
    Impact.CONFIRMED: gettext_lazy("It confirmed my plan"),
    Impact.NO_IMPACT: gettext_lazy("It had no impact on my plan"),
}
_SALT = "consilium.activity.case"
_A_DAY = 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
@costs(1)
def case_page(request: HttpRequest, activity: str, case: str) -> HttpResponse:
    """One worked case of an activity: intended plan, experts, impact."""
    asked = asking(request)
    found = the_activity(activity, asked.edition)
    worked = _the_case(case, found, asked.edition)
    made = plan_of(worked, asked.edition, asked.as_of, asked.region)
    page = context(request, found, "case") | {
        "case": worked,
        "title": title_of(worked),
        "patient": _patient(made),
        "choices": _choices(asked.edition),
        "prophylaxis": _prophylaxis(worked, found),
    }
    if request.method != "POST":
        return render(request, "activity/case.html", page)
    intended, preventing = _intended(request, worked, found, asked.edition)
    if not intended:
        page["problem"] = _("Say first what you would do; then the experts are shown.")
        return render(request, "activity/case.html", page, status=422)
    if "impact" in request.POST:
        return _keep(request, worked, made, intended, preventing, found)
    page |= {
        "intended": _name(intended, asked.edition),
        "preventing": preventing,
        "signed": signing.dumps([worked.id, intended, preventing], salt=_SALT),
        "document": document(made, asked.edition, brief=True),
        "sources": sources(made),
        "experts": _experts(made, intended),
        "impacts": [(impact.value, words) for impact, words in IMPACTS.items()],
        "reasons": list(REASONS.items()),
    }
    return render(request, "activity/case.html", page)


def _keep(
    request: HttpRequest,
    worked: WorkedCase,
    made: Plan,
    intended: str,
    preventing: list[str],
    activity: Activity,
) -> HttpResponse:
    """Keep a finished case without its clinician; only somebody signed in can ask for that."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    posted: dict[str, object] = {name: request.POST.get(name, "") for name in request.POST}
    posted["reasons"] = request.POST.getlist("reasons")
    posted["prevent"] = request.POST.getlist("prevent")
    if posted.get("afterwards") not in ("", None, NONE_OF_THESE) and posted["afterwards"] not in (
        asking(request).edition.regimens
    ):
        raise Refused(422, _("The plan afterwards is none of those to choose from."))
    record = record_of(worked, made, intended, preventing, posted, activity)
    why = request.POST.get("why", "").strip()[:200]
    refuse_identifiers(why)
    with counted_once(request) as new:
        if new:
            KeptCase.objects.create(
                on=timezone.localdate(),
                activity=activity.id,
                scenario=worked.id,
                record=msgspec.to_builtins(record),
                why=why,
            )
    return render(
        request,
        "activity/kept.html",
        context(request, activity, "case") | {"title": title_of(worked), "record": record},
    )


def refuse_identifiers(text: str) -> None:
    """Raises ``Refused`` (422) for a text that could identify somebody, without repeating it."""
    found = find_identifiers(text)
    if found:
        kinds = ", ".join(dict.fromkeys(each.kind for each in found))
        raise Refused(
            422,
            _("Nothing was kept: the text seems to hold what could identify a person (%s). ")
            % kinds
            + _("Say it without names, dates, numbers of records and addresses."),
        )


def _the_case(name: str, activity: Activity, edition: Edition) -> WorkedCase:
    parts: list[Question | Takeaway] = [*activity.questions, *activity.takeaways]
    named = {name for part in parts for name in part.try_on}
    found = worked_cases(edition).get(name) if name in named else None
    if found is None:
        raise Refused(404, _("This activity has no case of that name."))
    return found


def _patient(made: Plan) -> tuple[str, ...]:
    """The patient as entered, in words."""
    return tuple(
        dict.fromkeys(f.text for f in made.case if f.origin and not f.how.startswith("follows"))
    )


def _choices(edition: Edition) -> list[tuple[str, str]]:
    found = sorted((r.name, r.id) for r in edition.contents.regimens)
    return [(id_, name) for name, id_ in found] + [(NONE_OF_THESE, str(_("none of these")))]


def _name(regimen: str, edition: Edition) -> str:
    return (
        edition.regimens[regimen].name if regimen in edition.regimens else str(_("none of these"))
    )


def _prophylaxis(case: WorkedCase, activity: Activity) -> list[str]:
    """What is asked about at this case: whether one would give it from the start."""
    asked = [q.prophylaxis for q in activity.questions if case.id in q.try_on]
    return list(dict.fromkeys(name for names in asked for name in names))


def _intended(
    request: HttpRequest, case: WorkedCase, activity: Activity, edition: Edition
) -> tuple[str, list[str]]:
    """Plan and prophylaxis before anything was shown: just chosen, or signed a step before."""
    signed = request.POST.get("signed", "")
    if signed:
        try:
            name, intended, preventing = signing.loads(signed, salt=_SALT, max_age=_A_DAY)
        except (signing.BadSignature, ValueError):
            raise Refused(422, _("The form is too old; begin the case again.")) from None
        return (str(intended), list(preventing)) if name == case.id else ("", [])
    chosen = request.POST.get("intended", "")
    known = chosen in edition.regimens or chosen == NONE_OF_THESE
    said = request.POST.getlist("prevent")
    return chosen if known else "", [n for n in _prophylaxis(case, activity) if n in said]


def _experts(made: Plan, intended: str) -> list[tuple[str, tuple[str, ...], bool]]:
    """Each person, what they favour for this patient, and whether the intended plan is in it."""
    heard = heard_by(made)
    return [
        (name, favoured, intended in favoured)
        for name, voices in heard.items()
        if (favoured := favoured_by(voices)) or voices
    ]


def record_of(
    case: WorkedCase,
    made: Plan,
    intended: str,
    preventing: list[str],
    posted: Mapping[str, object],
    activity: Activity,
) -> CaseRecord:
    """The case record of a finished loop. Raises ``Refused`` (422) when an answer is missing."""
    try:
        impact = Impact(posted.get("impact", ""))
    except ValueError:
        raise Refused(422, _("Say whether it changed, confirmed or left your plan.")) from None
    people = {
        voices[0].who: favoured_by(voices)
        for voices in heard_by(made).values()
        if voices[0].kind == "person"
    }
    served = {
        name
        for question in activity.questions
        if case.id in question.try_on
        for name in question.objectives
    }
    reasons, now = posted.get("reasons", ()), posted.get("prevent", ())
    return CaseRecord(
        scenario=case.id,
        intended=intended,
        experts=people,
        impact=impact,
        objectives=tuple(sorted(served)),
        reasons=tuple(r for r in REASONS if isinstance(reasons, list) and r in reasons),
        afterwards=str(posted.get("afterwards", "")) if impact is Impact.CHANGED else "",
        prophylaxis={
            name: (name in preventing, isinstance(now, list) and name in now)
            for name in _prophylaxis(case, activity)
        },
    )
