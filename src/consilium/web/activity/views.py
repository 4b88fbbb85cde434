"""The activity pages: about, what was said, your thoughts, evaluation, done."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity, Question
from consilium.learning.citing import FORMS, cite, export, says_disclosure
from consilium.learning.experts import title_of
from consilium.web.activity import progress, xapi
from consilium.web.activity.shown import (
    compared,
    off_label,
    positions_shown,
    results_shown,
    turns_shown,
    with_supporters,
    worked_cases,
)
from consilium.web.editions import asking
from consilium.web.refusals import Refused

_SUBJECT = "activities"


def the_activity(name: str, edition: Edition) -> Activity:
    """An activity by its id. Raises ``Refused`` (404)."""
    found = edition.activities.get(name)
    if found is None:
        raise Refused(404, _("There is no activity of that name."))
    if any(member.disclosure.status == "unresolved" for member in found.faculty):
        raise Refused(403, _("This activity is not published: a disclosure is unresolved."))
    return found


def context(request: HttpRequest, activity: Activity, here: str) -> dict[str, object]:
    """What every page of an activity has: support first, the steps, where one stands."""
    edition = asking(request).edition
    steps = steps_of(request, activity)
    counted = [step for step in steps if step.kind != "done"]
    return {
        "subject": _SUBJECT,
        "activity": activity,
        "here": here,
        "provider": edition.organisations[activity.provider.organisation],
        "supporters": [
            (edition.organisations[s.organisation].name, s.kind.replace("-", " "))
            for s in activity.supporters
        ],
        "banners": [edition.organisations[b.organisation].name for b in activity.banners],
        "people": [(edition.speakers[m.speaker], m) for m in activity.faculty],
        "steps": steps,
        "steps_done": sum(step.done for step in counted),
        "steps_total": len(counted),
        "resume": next((step.address for step in steps if not step.done), steps[-1].address),
        "citation": cite(activity, edition),
        "forms": tuple(FORMS),
        "page_address": request.build_absolute_uri(reverse("activity:about", args=[activity.id])),
    }


class StepShown(progress.Step, frozen=True):
    """A step with the address of its page."""

    address: str


def steps_of(request: HttpRequest, activity: Activity) -> tuple[StepShown, ...]:
    """The steps of an activity, each done or not."""
    done = progress.done_steps(request, activity)
    titles = {question.id: question.short for question in activity.questions}
    words = {
        progress.ABOUT: _("About"),
        progress.THOUGHTS: _("Your thoughts"),
        progress.TEST: _("Test"),
        progress.EVALUATION: _("Evaluation"),
    }
    found = [
        StepShown(
            name=name,
            kind="question" if name in titles else name,
            title=titles.get(name) or words[name],
            done=name in done,
            address=reverse("activity:question", args=[activity.id, name])
            if name in titles
            else reverse(f"activity:{name}", args=[activity.id]),
        )
        for name in progress.step_names(activity)
    ]
    all_done = all(step.done for step in found)
    address = reverse("activity:done", args=[activity.id])
    return (*found, StepShown("done", "done", _("Done"), all_done, address))


@require_safe
def all_activities(request: HttpRequest) -> HttpResponse:
    """Every activity of the edition, by series."""
    edition = asking(request).edition
    page = {"subject": _SUBJECT, "activities": with_supporters(edition)}
    return render(request, "activity/list.html", page)


@require_safe
def about(request: HttpRequest, activity: str) -> HttpResponse:
    """What an activity is, who paid and who declares what, before anything of its content."""
    edition = asking(request).edition
    found = the_activity(activity, edition)
    page = context(request, found, progress.ABOUT)
    page["disclosed"] = _disclosed(found, edition)
    return render(request, "activity/about.html", page)


@require_safe
def disclosures(request: HttpRequest, activity: str) -> HttpResponse:
    """The conflict ledger of an activity: maker of the drugs, disclosures, supporter."""
    about_ = asking(request)
    edition = about_.edition
    found = the_activity(activity, edition)
    page = context(request, found, "")
    page["disclosed"] = _disclosed(found, edition)
    page["turns"] = [
        (question, turns_shown(question, found, edition, about_.as_of, about_.region))
        for question in found.questions
    ]
    makers: dict[str, list[str]] = {}
    for drug in edition.drugs.values():
        for maker in drug.makers:
            makers.setdefault(maker, []).append(drug.name)
    page["makers"] = sorted(makers.items())
    return render(request, "activity/disclosures.html", page)


def _disclosed(activity: Activity, edition: Edition) -> list[tuple[object, object, object]]:
    return [
        (edition.speakers[member.speaker], member, says_disclosure(member, edition))
        for member in activity.faculty
    ]


@require_safe
def read(request: HttpRequest, activity: str) -> HttpResponse:
    """The whole activity as one article: takeaways, then every question. Made to be printed too."""
    asked = asking(request)
    edition = asked.edition
    found = the_activity(activity, edition)
    page = context(request, found, "read")
    cases = worked_cases(edition)
    page["takeaways"] = [
        (
            takeaway,
            [
                *positions_shown(takeaway.positions, edition, asked.as_of),
                *results_shown(takeaway.results, edition),
            ],
            [(name, title_of(cases[name])) for name in takeaway.try_on],
        )
        for takeaway in found.takeaways
    ]
    page["questions"] = [_question(request, found, question) for question in found.questions]
    return render(request, "activity/read.html", page)


@require_safe
def question_page(request: HttpRequest, activity: str, question: str) -> HttpResponse:
    """One question at its own address, with the experts side by side."""
    found = the_activity(activity, asking(request).edition)
    asked = next((q for q in found.questions if q.id == question), None)
    if asked is None:
        raise Refused(404, _("This activity has no question of that name."))
    page = context(request, found, asked.id)
    return render(
        request, "activity/question.html", page | {"shown": _question(request, found, asked)}
    )


def _question(request: HttpRequest, activity: Activity, question: Question) -> dict[str, object]:
    asked = asking(request)
    edition = asked.edition
    cases = worked_cases(edition)
    comparison = compared(activity, question, edition, asked.as_of, asked.region)
    return {
        "question": question,
        "number": activity.questions.index(question) + 1,
        "turns": turns_shown(question, activity, edition, asked.as_of, asked.region),
        "comparison": comparison,
        "speakers": [edition.speakers[who] for who in comparison.speakers],
        "said": [
            (edition.speakers[each.speaker], edition.speakers[each.with_speaker])
            for each in comparison.said
        ],
        "off_label": off_label(question, edition, asked.as_of, asked.region),
        "objectives": [o for o in activity.objectives if o.id in question.objectives],
        "try_on": [(name, title_of(cases[name])) for name in question.try_on],
    }


@require_POST
def step(request: HttpRequest, activity: str) -> HttpResponse:
    """Mark a step as done and go on to the next one."""
    found = the_activity(activity, asking(request).edition)
    names = progress.step_names(found)
    name = request.POST.get("step", "")
    if name not in names:
        raise Refused(422, _("This activity has no step of that name."))
    following = [s.address for s in steps_of(request, found)]
    response = HttpResponseRedirect(following[names.index(name) + 1])
    progress.mark_done(request, response, found, frozenset({name}))
    if isinstance(request.user, User):
        shown = next(s for s in steps_of(request, found) if s.name == name)
        about = xapi.about_step(shown.address, shown.title, request)
        xapi.say(request.user, "experienced", about, request)
    return response


@require_safe
def cited(request: HttpRequest, activity: str, form: str) -> HttpResponse:
    """The activity in a form that libraries and search engines read."""
    edition = asking(request).edition
    found = the_activity(activity, edition)
    if form not in FORMS:
        raise Refused(404, _("An activity is given as one of: %s.") % ", ".join(FORMS))
    return HttpResponse(export(found, edition, form), content_type=FORMS[form])
