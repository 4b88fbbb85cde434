"""What a learner adds to an activity: a vote, a comment, an evaluation; and what comes of it."""

from __future__ import annotations

from collections import Counter

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consilium.knowledge.learning import Activity, Poll
from consilium.statistics.proportions import LEAST_SHOWN
from consilium.web.activity import progress, xapi
from consilium.web.activity.keeping import refuse_identifiers
from consilium.web.activity.models import (
    Comment,
    Earlier,
    Evaluation,
    Notice,
    Report,
    Vote,
)
from consilium.web.activity.shown import premise_of as premise_now
from consilium.web.activity.shown import ties_in_short
from consilium.web.activity.views import context, the_activity
from consilium.web.editions import asking
from consilium.web.limits import costs
from consilium.web.people import audit
from consilium.web.people.once import counted_once
from consilium.web.people.roles import FACULTY, LEARNER, learner, only, roles_of
from consilium.web.refusals import Refused

_LONGEST = 2000


def _here(activity: Activity) -> str:
    return reverse("activity:thoughts", args=[activity.id])


@require_safe
def thoughts(request: HttpRequest, activity: str) -> HttpResponse:
    """The poll, and what learners and faculty say to one another."""
    asked = asking(request)
    found = the_activity(activity, asked.edition)
    shown = Comment.objects.filter(activity=found.id, state=Comment.State.SHOWN)
    page = context(request, found, progress.THOUGHTS) | {
        "polls": [
            part for poll in found.polls if (part := _poll_shown(request, poll, found)) is not None
        ],
        "comments": shown.filter(answers__isnull=True)
        .select_related("learner")
        .prefetch_related("replies")
        .order_by("at")[:200],
        "own": Comment.objects.filter(activity=found.id, learner_id=request.user.pk).order_by("at"),
        "may_answer": FACULTY in roles_of(request.user),
    }
    return render(request, "activity/thoughts.html", page)


def _poll_shown(request: HttpRequest, poll: Poll, activity: Activity) -> dict[str, object] | None:
    """A poll as it stands; nothing for one whose turn has not come."""
    asked = asking(request)
    before = [other for other in activity.polls if other.successor == poll.id]
    if before and not any(
        premise_now(other, asked.edition, asked.as_of).overtaken for other in before
    ):
        return None
    premise = premise_now(poll, asked.edition, asked.as_of)
    own = Vote.objects.filter(learner_id=request.user.pk, poll=poll.id).first()
    counts: Counter[int] = Counter(
        Vote.objects.filter(poll=poll.id).values_list("choice", flat=True)
    )
    total = sum(counts.values())
    may_see = (own is not None or premise.overtaken) and total >= LEAST_SHOWN
    return {
        "poll": poll,
        "premise": premise,
        "open": not premise.overtaken,
        "own": own.choice if own else None,
        "total": total if may_see else None,
        "least": LEAST_SHOWN,
        "results": [
            (option, counts[n], round(100 * counts[n] / total))
            for n, option in enumerate(poll.options)
        ]
        if may_see
        else [],
    }


@require_POST
@only(LEARNER)
def vote(request: HttpRequest, activity: str, poll: str) -> HttpResponse:
    """One vote a learner; a later one takes the place of the first. Closed with its premise."""
    asked = asking(request)
    found = the_activity(activity, asked.edition)
    named = next((each for each in found.polls if each.id == poll), None)
    if named is None:
        raise Refused(404, _("This activity has no poll of that name."))
    # whether it is open is told by today, whatever day the page was asked about
    if premise_now(named, asked.edition, timezone.localdate()).overtaken:
        raise Refused(409, _("This poll is closed: what it supposes has come about."))
    choice = request.POST.get("choice", "")
    if choice not in {str(number) for number in range(len(named.options))}:
        raise Refused(422, _("Choose one of the answers."))
    Vote.objects.update_or_create(
        learner=learner(request),
        poll=poll,
        defaults={"activity": found.id, "choice": int(choice)},
    )
    return HttpResponseRedirect(f"{_here(found)}#{poll}")


@require_POST
@costs(5)
@only(LEARNER)
def comment(request: HttpRequest, activity: str) -> HttpResponse:
    """A comment or a question to the faculty; it is shown once somebody has looked at it."""
    found = the_activity(activity, asking(request).edition)
    text = _text(request)
    with counted_once(request) as new:
        if new:
            Comment.objects.create(
                learner=learner(request),
                activity=found.id,
                text=text,
                to_faculty=request.POST.get("to_faculty") == "yes",
            )
    return HttpResponseRedirect(f"{_here(found)}#own")


def _text(request: HttpRequest) -> str:
    text = request.POST.get("text", "").strip()
    if not text or len(text) > _LONGEST:
        raise Refused(422, _("Write something, of at most 2000 characters."))
    refuse_identifiers(text)
    return text


@require_POST
@costs(5)
@only(LEARNER)
def edit(request: HttpRequest, activity: str, comment: int) -> HttpResponse:
    """Change one's own comment; what stood before is kept, and it waits again to be shown."""
    found = the_activity(activity, asking(request).edition)
    text = _text(request)
    with counted_once(request) as new:
        own = (
            Comment.objects.select_for_update()
            .filter(pk=comment, learner=learner(request), activity=found.id)
            .exclude(state=Comment.State.REMOVED)
            .first()
        )
        if own is None:
            raise Refused(404, _("There is no such comment of yours."))
        if new:
            Earlier.objects.create(comment=own, text=own.text)
            own.text, own.edited, own.state = text, timezone.now(), Comment.State.WAITING
            own.save()
    return HttpResponseRedirect(f"{_here(found)}#own")


@require_POST
@only(LEARNER)
def report(request: HttpRequest, activity: str, comment: int) -> HttpResponse:
    """Ask that a comment be looked at."""
    found = the_activity(activity, asking(request).edition)
    named = Comment.objects.filter(pk=comment, activity=found.id, state=Comment.State.SHOWN).first()
    if named is None:
        raise Refused(404, _("There is no such comment."))
    Report.objects.get_or_create(comment=named, learner=learner(request))
    return HttpResponseRedirect(_here(found))


@require_POST
@only(FACULTY)
def answer(request: HttpRequest, activity: str, comment: int) -> HttpResponse:
    """An answer of the faculty, with role and what is declared."""
    edition = asking(request).edition
    found = the_activity(activity, edition)
    asked = Comment.objects.filter(
        pk=comment, activity=found.id, state=Comment.State.SHOWN, answers__isnull=True
    ).first()
    if asked is None:
        raise Refused(404, _("There is no such question."))
    role, declares = (
        request.POST.get("role", "").strip(),
        request.POST.get("disclosure", "").strip(),
    )
    speaker = request.POST.get("speaker", "")
    member = next((m for m in found.faculty if m.speaker == speaker), None)
    if member is not None:
        role, declares = member.role, ties_in_short(member, found, edition)
    if not role or not declares:
        raise Refused(422, _("An answer stands with a role and with what is declared, or none."))
    text = _text(request)
    with counted_once(request) as new:
        if not new:
            return HttpResponseRedirect(_here(found))
        Comment.objects.create(
            learner=learner(request),
            activity=found.id,
            text=text,
            answers=asked,
            role=role[:80],
            disclosure=declares[:300],
            state=Comment.State.SHOWN,
        )
        Notice.objects.create(
            learner=asked.learner, text=_("The faculty has answered you."), address=_here(found)
        )
        audit.note(learner(request).username, "answered", f"comment {asked.pk}")
    return HttpResponseRedirect(_here(found))


@require_http_methods(["GET", "HEAD", "POST"])
def evaluation(request: HttpRequest, activity: str) -> HttpResponse:
    """Whether the objectives were met; kept for somebody who is signed in."""
    found = the_activity(activity, asking(request).edition)
    page = context(request, found, progress.EVALUATION)
    own = Evaluation.objects.filter(learner_id=request.user.pk, activity=found.id).first()
    page["answers"] = [
        (objective, (own.answers if own else {}).get(objective.id))
        for objective in found.objectives
    ]
    page["steps_of_five"] = [
        ("1", _("not at all")),
        ("2", _("hardly")),
        ("3", _("partly")),
        ("4", _("mostly")),
        ("5", _("fully")),
    ]
    if request.method != "POST":
        return render(request, "activity/evaluation.html", page)
    if not isinstance(request.user, User):
        raise Refused(403, _("Sign in, so that an evaluation can be kept."))
    said = {o.id: request.POST.get(o.id, "") for o in found.objectives}
    if not all(value in {"1", "2", "3", "4", "5"} for value in said.values()):
        page["problem"] = _("Answer for each objective.")
        return render(request, "activity/evaluation.html", page, status=422)
    Evaluation.objects.update_or_create(
        learner=request.user, activity=found.id, defaults={"answers": said}
    )
    xapi.say(request.user, "evaluated", xapi.about_activity(found, request), request)
    return HttpResponseRedirect(reverse("activity:done", args=[found.id]))
