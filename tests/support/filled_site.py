"""A site with people on it: the demonstration, and what waits for its editors. For pictures and tests of pages."""

from __future__ import annotations

from random import Random

PASSWORD = "a long enough phrase 7"
LEARNER, FACULTY, EDITOR, ADMINISTRATOR = (
    "demo-learner-01",
    "demo-faculty",
    "demo-editor",
    "demo-admin",
)
CODE = "0123456789abcdef"
"""The code of a certificate on it."""


def fill() -> None:
    """Into an empty database; Django is set up before."""
    from django.contrib.auth.models import User

    from consilium.web.activity.models import Attempt, Certificate, Comment, Notice, Report
    from consilium.web.activity.synthetic import seed
    from consilium.web.editions import the_edition
    from consilium.web.people.models import ProposedEdition

    edition = the_edition()
    seed(edition, PASSWORD, Random(7))
    learner, editor = (User.objects.get(username=name) for name in (LEARNER, EDITOR))
    activity = edition.contents.activities[0].id
    shown = Comment.objects.filter(state=Comment.State.SHOWN)[0]
    Report.objects.create(comment=shown, learner=learner)
    Comment.objects.create(
        learner=learner, activity=activity, text="Synthetic: a comment that waits."
    )
    Comment.objects.create(
        learner=editor, activity=activity, text="Synthetic: an answer.", answers=shown,
        role="medical oncologist", disclosure="nothing to declare", state=Comment.State.SHOWN,
    )  # fmt: skip
    Notice.objects.create(learner=learner, text="Your comment is shown.", address="/activities/")
    ProposedEdition.objects.create(
        name="2026.12", hash="0" * 64, archive=b"", report="1 position changed", proposed_by=editor
    )
    Attempt.objects.create(
        learner=learner, activity=activity, number=1, answers={}, right=[], of=6, passed=False,
        edition=edition.info.edition,
    )  # fmt: skip
    Certificate.objects.create(
        learner=learner, activity=activity, code=CODE, name="Synthetic Learner",
        edition=edition.info.edition, on=edition.info.date.last,
    )  # fmt: skip
