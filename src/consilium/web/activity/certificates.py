"""Completing an activity: what is still asked for, the certificate, and one's own transcript."""

from __future__ import annotations

from datetime import date
from secrets import token_hex

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity
from consilium.learning.credit import credit_in_words, expired_on, kept_until, missing
from consilium.web.activity import progress, xapi
from consilium.web.activity.models import Attempt, Certificate, Evaluation
from consilium.web.activity.permissions import asked_of
from consilium.web.activity.testing import said_expired
from consilium.web.activity.views import context, the_activity
from consilium.web.editions import asking
from consilium.web.limits import costs
from consilium.web.people import audit
from consilium.web.people.models import Profile
from consilium.web.people.roles import LEARNER, learner, only
from consilium.web.refusals import Refused

ASKED_FOR = {
    "steps": gettext_lazy("every step, marked as read"),
    "evaluation": gettext_lazy("an evaluation"),
    "test": gettext_lazy("a passed test"),
}


def still_missing(request: HttpRequest, activity: Activity) -> tuple[str, ...]:
    """What the scheme of an activity still asks of whoever asks, in words."""
    if activity.credit is None:
        return ()
    done = progress.done_steps(request, activity)
    proven = {progress.EVALUATION: "evaluation", progress.TEST: "test"}
    met = {proven[step] for step in done & set(proven)}
    if set(progress.step_names(activity)) - set(proven) <= done:
        met.add("steps")
    return tuple(str(ASKED_FOR[each]) for each in missing(activity.credit, met))


@require_safe
def done(request: HttpRequest, activity: str) -> HttpResponse:
    """What was done of an activity, what is left, and the certificate."""
    found = the_activity(activity, asking(request).edition)
    page = context(request, found, "done") | {
        "certificate": Certificate.objects.filter(
            learner_id=request.user.pk, activity=found.id
        ).first(),
        "missing": still_missing(request, found),
        "expired": expired_on(found, timezone.localdate()),
    }
    return render(request, "activity/done.html", page)


@require_POST
@only(LEARNER)
def certify(request: HttpRequest, activity: str) -> HttpResponse:
    """A certificate for a learner who has done all that the scheme asks for; once."""
    edition = asking(request).edition
    found = the_activity(activity, edition)
    scheme = found.credit
    if scheme is None:
        raise Refused(404, _("No certificate is given for this activity."))
    user = learner(request)
    own = Certificate.objects.filter(learner=user, activity=found.id).first()
    if own is not None:
        return HttpResponseRedirect(reverse("activity:certificate", args=[own.code]))
    today = timezone.localdate()
    expired = expired_on(found, today)
    if expired is not None:
        raise Refused(410, said_expired(str(expired)))
    open_ = still_missing(request, found)
    if open_:
        raise Refused(409, _("For a certificate there is still missing: %s.") % ", ".join(open_))
    profile = Profile.objects.filter(learner=user).first()
    names = {each.id: each.name for each in edition.organisations.values()}
    with transaction.atomic():
        made, new = Certificate.objects.get_or_create(
            learner=user,
            activity=found.id,
            defaults={
                "code": token_hex(8),
                "name": (profile.name if profile else "") or user.username,
                "edition": edition.info.edition,
                "on": today,
                "scheme": scheme.id,
                "credit": credit_in_words(scheme, names)[:300],
                "keep_until": kept_until(scheme, today),
            },
        )
        if new:
            audit.note(user.username, "certificate", found.id, code=made.code)
            xapi.say(user, "completed", xapi.about_activity(found, request), request)
    return HttpResponseRedirect(reverse("activity:certificate", args=[made.code]))


@require_safe
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """A certificate by its code: whoever has the code can verify it, and nobody can list them."""
    page = _certificate(code, asking(request).edition, request)
    return render(request, "activity/certificate.html", page)


def _certificate(code: str, edition: Edition, request: HttpRequest) -> dict[str, object]:
    made = Certificate.objects.filter(code=code).first()
    if made is None:
        raise Refused(404, _("There is no certificate with this code."))
    return {
        "subject": "activities",
        "certificate": made,
        "activity": edition.activities.get(made.activity),
        "address": request.build_absolute_uri(reverse("activity:certificate", args=[code])),
    }


@require_safe
@costs(30)
def certificate_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a PDF file, where the extra `pdf` and Pango are there."""
    from django.template.loader import render_to_string  # noqa: PLC0415

    page = _certificate(code, asking(request).edition, request)
    try:
        from weasyprint import HTML  # noqa: PLC0415  an extra
    except (ImportError, OSError):
        raise Refused(501, _("This site makes no PDF; print the page instead.")) from None
    made = HTML(
        string=render_to_string("activity/certificate_paper.html", page),
        url_fetcher=_nothing_from_elsewhere,
    ).write_pdf()
    return HttpResponse(made, content_type="application/pdf")


def _nothing_from_elsewhere(url: str, *args: object, **kwargs: object) -> dict[str, object]:
    raise ValueError(f"a certificate needs nothing from {url}")


# --- one's own transcript ------------------------------------------------------------------------


@require_safe
@only(LEARNER)
def transcript(request: HttpRequest) -> HttpResponse:
    """What the learner who asks has completed, with every attempt, and what they allow."""
    edition = asking(request).edition
    user = learner(request)
    attempts = Attempt.objects.filter(learner=user, number__gt=0).order_by("number")
    titles = {name: activity.title for name, activity in edition.activities.items()}
    page = {
        "subject": "activities",
        "completed": [
            (
                made,
                titles.get(made.activity, made.activity),
                [each for each in attempts if each.activity == made.activity],
            )
            for made in Certificate.objects.filter(learner=user).order_by("on", "pk")
        ],
        "permissions": asked_of(user),
    }
    return render(request, "activity/transcript.html", page)


def forget_past(today: date) -> int:
    """Remove certificates that were to be kept until before ``today``, with their tests.

    Returns how many. Completions whose scheme named no end are left alone.
    """
    with transaction.atomic():
        over = list(Certificate.objects.select_for_update().filter(keep_until__lt=today))
        for each in over:
            own = {"learner_id": each.learner_id, "activity": each.activity}
            Attempt.objects.filter(**own).delete()
            Evaluation.objects.filter(**own).delete()
            each.delete()
        if over:
            audit.note("consilium forget", "completions removed", removed=len(over))
    return len(over)
