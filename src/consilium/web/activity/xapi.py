"""xAPI statements of what a learner did: kept in a table, exported, pushed only when asked."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from consilium.knowledge.learning import Activity
from consilium.web.activity.models import LearningStatement

_ADL = "http://adlnet.gov/expapi"
_VERBS = {
    **{
        verb: f"{_ADL}/verbs/{verb}"
        for verb in ("experienced", "answered", "completed", "passed", "failed")
    },
    "evaluated": "http://activitystrea.ms/schema/1.0/rate",
}
_COURSE, _PART, _QUESTION, _TEST = (
    f"{_ADL}/activities/{kind}" for kind in ("course", "module", "question", "assessment")
)


def about_activity(activity: Activity, request: HttpRequest) -> dict[str, Any]:
    """The activity as the object of a statement."""
    return _object(reverse("activity:about", args=[activity.id]), activity.title, _COURSE, request)


def about_step(address: str, title: str, request: HttpRequest) -> dict[str, Any]:
    """A step of an activity as the object of a statement."""
    return _object(address, title, _PART, request)


def about_test(activity: Activity, request: HttpRequest, question: str = "") -> dict[str, Any]:
    """The test of an activity, or one of its questions, as the object of a statement."""
    address = reverse("activity:test", args=[activity.id])
    asked = {q.id: q.asks for q in activity.test.questions} if activity.test else {}
    if question:
        return _object(f"{address}#{question}", asked[question], _QUESTION, request)
    return _object(address, f"Test: {activity.title}", _TEST, request)


def _object(address: str, name: str, kind: str, request: HttpRequest) -> dict[str, Any]:
    return {
        "objectType": "Activity",
        "id": request.build_absolute_uri(address),
        "definition": {"name": {"en": name}, "type": kind},
    }


def say(
    learner: User,
    verb: str,
    about: dict[str, Any],
    request: HttpRequest,
    result: dict[str, Any] | None = None,
) -> None:
    """Keep a statement; the learner is a number that only this site can tell."""
    name = sha256(f"{settings.SECRET_KEY}:{learner.pk}".encode()).hexdigest()[:20]
    statement = {
        "id": str(uuid4()),
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": request.build_absolute_uri("/"), "name": name},
        },
        "verb": {"id": _VERBS[verb], "display": {"en": verb}},
        "object": about,
        "timestamp": timezone.now().isoformat(),
        "version": "1.0.3",
    }
    if result is not None:
        statement["result"] = result
    LearningStatement.objects.create(learner=learner, statement=statement)
