"""The case loop: the plan one intends, then the experts, then what that did to the plan.

Nobody sees the options before the own plan is said. What is sent goes into the
body of the next form and nowhere else, until somebody who is signed in asks
that the case be kept; then it is kept without them.
"""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity, Question, Takeaway
from consilium.knowledge.records import WorkedCase
from consilium.learning.experts import favoured_by, plan_of, title_of
from consilium.planning import Plan, heard_by
from consilium.report.document import document
from consilium.web.activity.keeping import IMPACT_QUESTION, NONE_OF_THESE, keep
from consilium.web.activity.shown import worked_cases
from consilium.web.activity.views import context, the_activity
from consilium.web.editions import asking
from consilium.web.limits import costs
from consilium.web.planner.showing import sources
from consilium.web.refusals import Refused

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
    }
    page |= IMPACT_QUESTION
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
    served = {
        name
        for question in activity.questions
        if worked.id in question.try_on
        for name in question.objectives
    }
    new = keep(
        request,
        activity=activity.id,
        scenario=worked.id,
        made=made,
        intended=intended,
        edition=asking(request).edition,
        objectives=tuple(sorted(served)),
        prophylaxis={name: name in preventing for name in _prophylaxis(worked, activity)},
    )
    return render(
        request,
        "activity/kept.html",
        context(request, activity, "case") | {"title": title_of(worked), "new": new},
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
