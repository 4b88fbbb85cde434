"""The editorial desk: what is overdue, waiting, asked and unanswered; roles, audit, editions."""

from __future__ import annotations

import json
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consilium.web.activity.measuring import outcomes_of
from consilium.web.activity.models import Comment, LearningStatement, Notice
from consilium.web.asking.misses import answered, flags, top_misses
from consilium.web.editions import asking
from consilium.web.limits import costs
from consilium.web.people import audit, examining, proposals
from consilium.web.people.models import Examination, ProposedEdition
from consilium.web.people.roles import (
    ADMINISTRATOR,
    AUTHOR,
    DESK,
    EDITOR,
    ROLES,
    give_role,
    learner,
    only,
    roles_of,
)
from consilium.web.refusals import Refused

_SOON = timedelta(days=30)
_MOST_OPEN = 5
_PARTS = Examination.Part.values


@require_safe
@only(*DESK)
def desk(request: HttpRequest) -> HttpResponse:
    """What there is to do."""
    asked = asking(request)
    contents = asked.edition.contents
    dated = [*contents.positions, *contents.approvals, *contents.care, *contents.giving]
    results = [result for trial in contents.trials for result in trial.results]
    due = sorted(
        ((s.review_by, s.id) for s in (*dated, *results) if hasattr(s, "review_by")),
        key=lambda pair: (pair[0].last, pair[1]),
    )
    page = {
        "overdue": [(day, name) for day, name in due if day.last < asked.as_of],
        "due": [(d, n) for d, n in due if asked.as_of <= d.last <= asked.as_of + _SOON],
        "unresolved": [
            (activity, member.speaker)
            for activity in contents.activities
            for member in activity.faculty
            if member.disclosure.status == "unresolved"
        ],
        "outcomes": [(each, outcomes_of(each.id)) for each in contents.activities],
        "misses": top_misses(20),
        "answered": (kinds := answered()),
        "declined": 100 * kinds.get("declined", 0) // max(1, sum(kinds.values())),
        "flags": flags(20),
        "waiting": Comment.objects.filter(state=Comment.State.WAITING).order_by("at")[:100],
        "reported": Comment.objects.filter(reports__isnull=False, state=Comment.State.SHOWN)
        .distinct()
        .order_by("at")[:100],
        "unanswered": Comment.objects.filter(
            to_faculty=True, state=Comment.State.SHOWN, replies__isnull=True
        ).order_by("at")[:100],
        "editions": ProposedEdition.objects.defer("archive")
        .prefetch_related("examinations")
        .order_by("-at")[:20],
        "chain": audit.verify_here(),
        "roles": ROLES,
        "mine": roles_of(request.user),
    }
    return render(request, "people/desk.html", page)


@require_POST
@only(EDITOR, ADMINISTRATOR)
def moderate(request: HttpRequest) -> HttpResponse:
    """Show a comment or remove it; whoever wrote it is told."""
    state = request.POST.get("state", "")
    if state not in (Comment.State.SHOWN, Comment.State.REMOVED):
        raise Refused(422, _("A comment is shown or removed."))
    with transaction.atomic():
        comment = Comment.objects.select_for_update().filter(pk=_number(request, "comment")).first()
        if comment is None:
            raise Refused(404, _("There is no such comment."))
        comment.state = state
        comment.save()
        comment.reports.all().delete()
        audit.note(learner(request).username, f"comment {state}", f"comment {comment.pk}")
        address = reverse("activity:thoughts", args=[comment.activity])
        said = _("Your comment is shown.") if state == "shown" else _("Your comment was removed.")
        Notice.objects.create(learner=comment.learner, text=said, address=address)
        if comment.answers is not None and state == Comment.State.SHOWN:
            Notice.objects.create(
                learner=comment.answers.learner, text=_("You have an answer."), address=address
            )
    return HttpResponseRedirect(reverse("people:desk"))


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0


@require_POST
@only(ADMINISTRATOR)
def roles(request: HttpRequest) -> HttpResponse:
    """Give somebody a role."""
    role = request.POST.get("role", "")
    user = User.objects.filter(username=request.POST.get("username", "")).first()
    if role not in ROLES or user is None:
        raise Refused(422, _("Name somebody who has joined, and a role."))
    with transaction.atomic():
        give_role(user, role)
        audit.note(learner(request).username, "role given", user.username, role=role)
    return HttpResponseRedirect(reverse("people:desk"))


@require_safe
@only(ADMINISTRATOR)
def statements(request: HttpRequest) -> HttpResponse:
    """Every xAPI statement, as a list."""
    found = LearningStatement.objects.order_by("pk").values_list("statement", flat=True)
    audit.note(learner(request).username, "statements exported")
    return HttpResponse(json.dumps(list(found)), content_type="application/json")


@require_safe
@only(ADMINISTRATOR)
def audit_chain(request: HttpRequest) -> HttpResponse:
    """The whole chain, to be verified elsewhere by `consilium audit`."""
    return HttpResponse(
        json.dumps(audit.entries(), ensure_ascii=False, indent=1), content_type="application/json"
    )


@require_POST
@costs(100)
@only(AUTHOR, EDITOR, ADMINISTRATOR)
def propose(request: HttpRequest) -> HttpResponse:
    """Hand in an edition: it is read and checked whole, compared with this one, and waits."""
    file = request.FILES.get("archive")
    if file is None:
        raise Refused(422, _("Choose the archive of an edition."))
    archive = file.read()
    if Examination.objects.filter(ended=None).values("edition").distinct().count() >= _MOST_OPEN:
        raise Refused(429, _("Other editions are being examined; hand it in later."))
    found = proposals.examine(archive, asking(request).edition)
    with transaction.atomic():
        made = ProposedEdition.objects.create(
            name=found.name,
            hash=found.hash,
            archive=archive,
            report=found.report,
            proposed_by=learner(request),
        )
        audit.note(
            learner(request).username,
            "edition proposed",
            found.name,
            number=made.pk,
            hash=found.hash,
        )
        examining.begin(made.pk)
    return HttpResponseRedirect(reverse("people:edition", args=[made.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK)
def edition_page(request: HttpRequest, number: int) -> HttpResponse:
    """An edition that was handed in, what its examination found, and the decision on it."""
    if request.method == "POST":
        return _decide(request, number)
    proposed = _proposed(number)
    page = {
        "proposed": proposed,
        "ended": examining.ended(proposed),
        "given_up": examining.given_up(proposed),
        "sound": all(part.holds for part in proposed.examinations.all()),
        "examinations": sorted(
            proposed.examinations.all(), key=lambda part: _PARTS.index(part.part)
        ),
        "may_decide": bool(roles_of(request.user) & {EDITOR, ADMINISTRATOR})
        and proposed.proposed_by_id != request.user.pk,
        "mine": roles_of(request.user),
    }
    return render(request, "people/edition.html", page)


def _proposed(number: int) -> ProposedEdition:
    found = (
        ProposedEdition.objects.defer("archive")
        .select_related("proposed_by", "decided_by")
        .prefetch_related("examinations")
        .filter(pk=number)
        .first()
    )
    if found is None:
        raise Refused(404, _("There is no such edition."))
    return found


@only(EDITOR, ADMINISTRATOR)
def _decide(request: HttpRequest, number: int) -> HttpResponse:
    """Activate an edition, or refuse it, never by whoever handed it in; or examine it again."""
    decision = request.POST.get("decision", "")
    user = learner(request)
    with transaction.atomic():
        proposed = ProposedEdition.objects.select_for_update().filter(pk=number).first()
        if proposed is None or proposed.state != ProposedEdition.State.PROPOSED:
            raise Refused(404, _("There is no such edition to decide on."))
        if decision == "examine":
            examining.begin(proposed.pk)
            return HttpResponseRedirect(reverse("people:edition", args=[proposed.pk]))
        if proposed.proposed_by_id == user.pk:
            raise Refused(403, _("A second person has to decide on an edition."))
        accepted = decision == "activate"
        if accepted and not examining.ended(proposed):
            raise Refused(409, _("The edition is not examined yet; wait for what is found."))
        flaws = [part.part for part in proposed.examinations.all() if not part.holds]
        if accepted and flaws and request.POST.get("knowing") != "yes":
            raise Refused(
                409, _("Say that you have read what does not hold: %s.") % ", ".join(flaws)
            )
        if accepted:
            proposals.unpack(bytes(proposed.archive), settings.DATA_FOLDER / "edition")
            ProposedEdition.objects.filter(state=ProposedEdition.State.ACTIVE).update(
                state=ProposedEdition.State.REPLACED
            )
        proposed.state = ProposedEdition.State.ACTIVE if accepted else ProposedEdition.State.REFUSED
        proposed.decided_by = user
        try:
            proposed.save()
        except IntegrityError:
            raise Refused(403, _("A second person has to decide on an edition.")) from None
        audit.note(
            user.username,
            f"edition {proposed.state}",
            proposed.name,
            number=proposed.pk,
            hash=proposed.hash,
            flaws=flaws,
        )
    return HttpResponseRedirect(reverse("people:desk"))
