"""The test of an activity: once before it, without a word on the answers; after it, a few times.

Each attempt has a number, and a number counts once: who hands the same form in
twice, or in two browsers, has made one attempt.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consilium.knowledge.learning import Activity, CreditScheme, KnowledgeTest
from consilium.learning.credit import Marked, expired_on, mark, passes
from consilium.web.activity import progress, xapi
from consilium.web.activity.models import Attempt
from consilium.web.activity.views import context, the_activity
from consilium.web.editions import asking
from consilium.web.limits import costs
from consilium.web.people.roles import LEARNER, learner, only
from consilium.web.refusals import Refused

BEFORE = 0
"""The number of the test that is taken before the activity."""


def _test_of(activity: Activity) -> tuple[KnowledgeTest, CreditScheme]:
    if activity.test is None or activity.credit is None:
        raise Refused(404, _("This activity has no test."))
    return activity.test, activity.credit


def _made(request: HttpRequest, activity: Activity) -> list[Attempt]:
    """The attempts after the activity of whoever asks, in their order."""
    own = Attempt.objects.filter(
        learner_id=request.user.pk, activity=activity.id, number__gt=BEFORE
    )
    return list(own.order_by("number"))


@require_http_methods(["GET", "HEAD", "POST"])
@costs(1)
def before(request: HttpRequest, activity: str) -> HttpResponse:
    """The test before the activity, of one's own free will: once, and nothing is told of it."""
    asked = asking(request)
    found = the_activity(activity, asked.edition)
    test = _test_of(found)[0]
    own = {"learner_id": request.user.pk, "activity": found.id}
    page = context(request, found, "before") | {
        "questions": test.questions,
        "test": test,
        "taken": Attempt.objects.filter(number=BEFORE, **own).exists(),
        "too_late": Attempt.objects.filter(number__gt=BEFORE, **own).exists(),
    }
    if request.method != "POST":
        return render(request, "activity/before.html", page)
    user = _signed_in(request)
    if page["taken"] or page["too_late"]:
        raise Refused(409, _("The test before the activity is taken once, and before the other."))
    answers = _answers(request, test)
    if answers is None:
        page["problem"] = _("Answer each question.")
        return render(request, "activity/before.html", page, status=422)
    _keep(user, found, BEFORE, answers, mark(test, answers), False, asked.edition.info.edition)
    return HttpResponseRedirect(reverse("activity:before", args=[found.id]))


@require_http_methods(["GET", "HEAD", "POST"])
@costs(1)
def test(request: HttpRequest, activity: str) -> HttpResponse:
    """The test after the activity: the next attempt, or how the last one ended."""
    asked = asking(request)
    found = the_activity(activity, asked.edition)
    questions, scheme = _test_of(found)
    made = _made(request, found)
    allowed = scheme.attempts or 1
    passed = any(each.passed for each in made)
    expired = expired_on(found, timezone.localdate())
    page = context(request, found, progress.TEST) | {
        "questions": questions.questions,
        "test": questions,
        "scheme": scheme,
        "made": made,
        "next_number": len(made) + 1,
        "left": 0 if passed else max(0, allowed - len(made)),
        "passed": passed,
        "expired": expired,
    }
    if request.method != "POST":
        return render(request, "activity/test.html", page)
    user = _signed_in(request)
    if expired is not None:
        raise Refused(410, said_expired(str(expired)))
    number = request.POST.get("attempt", "")
    if number in {str(each.number) for each in made}:
        # the same form again, or a second browser: it has been counted
        return HttpResponseRedirect(_result(found, int(number)))
    if passed:
        raise Refused(409, _("The test is passed; there is nothing more to try."))
    if len(made) >= allowed:
        raise Refused(409, _("All %d attempts have been made.") % allowed)
    answers = _answers(request, questions)
    if number != str(len(made) + 1) or answers is None:
        page["problem"] = _("Answer each question; this has not been counted.")
        return render(request, "activity/test.html", page, status=422)
    marked = mark(questions, answers)
    with transaction.atomic():
        new = _keep(
            user,
            found,
            len(made) + 1,
            answers,
            marked,
            passes(marked, scheme),
            asked.edition.info.edition,
        )
        if new:
            _say(user, found, marked, passes(marked, scheme), request)
    return HttpResponseRedirect(_result(found, len(made) + 1))


def said_expired(day: str) -> str:
    """That nothing is given any more for an activity that ended on a day."""
    return (
        _("This activity ended on %s: nothing is given for it any more. It can still be read.")
        % day
    )


def _result(activity: Activity, number: int) -> str:
    return reverse("activity:attempt", args=[activity.id, number])


def _signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Refused(403, _("Sign in, so that a test can be kept."))
    return request.user


def _answers(request: HttpRequest, test: KnowledgeTest) -> dict[str, str] | None:
    """The chosen options in words by question; nothing unless each question has one of its own."""
    found = {}
    for question in test.questions:
        chosen = request.POST.get(question.id, "")
        if chosen not in {str(n) for n in range(len(question.options))}:
            return None
        found[question.id] = question.options[int(chosen)]
    return found


def _keep(
    user: User,
    activity: Activity,
    number: int,
    answers: dict[str, str],
    marked: Marked,
    passed: bool,
    edition: str,
) -> bool:
    """Keep an attempt; ``False`` when its number has just been made elsewhere."""
    try:
        with transaction.atomic():
            Attempt.objects.create(
                learner=user,
                activity=activity.id,
                number=number,
                answers=answers,
                right=sorted(marked.right),
                of=marked.of,
                passed=passed,
                edition=edition,
            )
    except IntegrityError:
        return False
    return True


def _say(
    user: User, activity: Activity, marked: Marked, passed: bool, request: HttpRequest
) -> None:
    """Say which questions were answered rightly and how the test ended; never what was chosen."""
    assert activity.test is not None
    for question in activity.test.questions:
        about = xapi.about_test(activity, request, question.id)
        xapi.say(user, "answered", about, request, {"success": question.id in marked.right})
    share = round(len(marked.right) / marked.of, 4)
    score = {"scaled": share, "raw": len(marked.right), "min": 0, "max": marked.of}
    verb = "passed" if passed else "failed"
    result = {"success": passed, "score": score}
    xapi.say(user, verb, xapi.about_test(activity, request), request, result)


@require_safe
@only(LEARNER)
def attempt(request: HttpRequest, activity: str, number: int) -> HttpResponse:
    """One's own attempt, with the statements to read again.

    The right answers are told once the test is passed or no attempt is left.
    """
    found = the_activity(activity, asking(request).edition)
    questions, scheme = _test_of(found)
    made = _made(request, found)
    own = next((each for each in made if each.number == number), None)
    if own is None:
        raise Refused(404, _("There is no such attempt of yours."))
    allowed = scheme.attempts or 1
    settled = any(each.passed for each in made) or len(made) >= allowed
    page = context(request, found, progress.TEST) | {
        "attempt": own,
        "rows": [
            (question, own.answers.get(question.id, ""), question.id in own.right)
            for question in questions.questions
        ],
        "right": len(own.right),
        "settled": settled,
        "scheme": scheme,
        "left": 0 if settled else allowed - len(made),
        "learner": learner(request),
    }
    return render(request, "activity/attempt.html", page)
