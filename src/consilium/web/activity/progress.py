"""How far somebody has come in an activity: a signed cookie for visitors, rows for learners."""

from __future__ import annotations

import msgspec
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse

from consilium.knowledge.learning import Activity
from consilium.web.activity.models import Attempt, DoneStep, Evaluation

_COOKIE = "consilium-progress"
_SALT = "consilium.activity.progress"
_HALF_A_YEAR = 182 * 24 * 3600
ABOUT, THOUGHTS, TEST, EVALUATION = "about", "thoughts", "test", "evaluation"
_PROVEN = frozenset({TEST, EVALUATION})
"""Steps that a learner does by handing something in; to say that they are done is not enough."""


class Step(msgspec.Struct, frozen=True):
    """One step of an activity: its name, the place of its page, and whether it is done."""

    name: str
    kind: str
    title: str
    done: bool


def step_names(activity: Activity) -> tuple[str, ...]:
    """The steps of an activity in their order."""
    questions = tuple(question.id for question in activity.questions)
    return (ABOUT, *questions, THOUGHTS, *((TEST,) if activity.test else ()), EVALUATION)


def done_steps(request: HttpRequest, activity: Activity) -> frozenset[str]:
    """The steps that this visitor or learner has marked as done, or done by handing them in."""
    if isinstance(request.user, User):
        own = {"learner": request.user, "activity": activity.id}
        done = set(DoneStep.objects.filter(**own).values_list("step", flat=True)) - _PROVEN
        if Attempt.objects.filter(passed=True, number__gt=0, **own).exists():
            done.add(TEST)
        if Evaluation.objects.filter(**own).exists():
            done.add(EVALUATION)
        return frozenset(done) & set(step_names(activity))
    return frozenset(_in_cookie(request).get(activity.id, ())) & set(step_names(activity))


def mark_done(
    request: HttpRequest, response: HttpResponse, activity: Activity, steps: frozenset[str]
) -> None:
    """Add steps to what is done, and keep it after the browser is closed."""
    if isinstance(request.user, User):
        for name in steps - _PROVEN:
            DoneStep.objects.get_or_create(learner=request.user, activity=activity.id, step=name)
        return
    kept = _in_cookie(request)
    known = done_steps(request, activity) | steps
    kept[activity.id] = [name for name in step_names(activity) if name in known]
    response.set_cookie(
        _COOKIE,
        signing.dumps(kept, salt=_SALT, compress=True),
        max_age=_HALF_A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def carry_over(request: HttpRequest, learner: User) -> None:
    """What somebody did as a visitor goes with them when they sign in."""
    for activity, names in _in_cookie(request).items():
        for name in set(names) - _PROVEN:
            DoneStep.objects.get_or_create(learner=learner, activity=activity, step=name)


def _in_cookie(request: HttpRequest) -> dict[str, list[str]]:
    try:
        found = signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_SALT, max_age=_HALF_A_YEAR)
        return msgspec.convert(found, dict[str, list[str]])
    except (signing.BadSignature, msgspec.ValidationError):
        return {}
