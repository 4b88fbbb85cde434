"""What learners do in an activity. A case belongs to nobody; everything else to its learner."""

from __future__ import annotations

from django.conf import settings
from django.db import models

_LEARNER = settings.AUTH_USER_MODEL


class DoneStep(models.Model):
    """A step that a learner has marked as done."""

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)
    activity = models.SlugField(max_length=80)
    step = models.SlugField(max_length=80)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("learner", "activity", "step"), name="a_step_is_done_once"
            ),
        )


class KeptCase(models.Model):
    """One finished case loop, without its clinician: the day, the record, and why."""

    on = models.DateField()
    activity = models.SlugField(max_length=80)
    scenario = models.SlugField(max_length=80)
    record = models.JSONField()
    why = models.CharField(max_length=200, blank=True)
    synthetic = models.BooleanField(default=False)


class Vote(models.Model):
    """The one vote of a learner in a poll; a later one takes its place."""

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)
    activity = models.SlugField(max_length=80)
    poll = models.SlugField(max_length=80)
    choice = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("learner", "poll"), name="one_vote_a_learner"),
        )


class Comment(models.Model):
    """A comment or a question to the faculty, or an answer to one."""

    class State(models.TextChoices):
        """Whether others may read it."""

        WAITING = "waiting"
        SHOWN = "shown"
        REMOVED = "removed"

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)
    activity = models.SlugField(max_length=80)
    text = models.TextField(max_length=2000)
    to_faculty = models.BooleanField(default=False)
    answers = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies"
    )
    role = models.CharField(max_length=80, blank=True)
    disclosure = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    at = models.DateTimeField(auto_now_add=True)
    edited = models.DateTimeField(null=True)


class Earlier(models.Model):
    """The text of a comment before it was edited."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="earlier")
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)


class Report(models.Model):
    """Somebody asks that a comment be looked at."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reports")
    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("comment", "learner"), name="one_report_a_learner"),
        )


class Notice(models.Model):
    """A message to a learner inside the site."""

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE, related_name="notices")
    text = models.CharField(max_length=200)
    address = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    seen = models.BooleanField(default=False)


class Evaluation(models.Model):
    """How a learner judges an activity: one answer for each objective, 1 to 5."""

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)
    activity = models.SlugField(max_length=80)
    answers = models.JSONField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("learner", "activity"), name="one_evaluation_a_learner"
            ),
        )


class Attempt(models.Model):
    """A test that a learner handed in: number 0 before the activity, from 1 on after it.

    That a number stands once for a learner is what keeps two browsers from
    having one attempt twice.
    """

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)
    activity = models.SlugField(max_length=80)
    number = models.PositiveSmallIntegerField()
    answers = models.JSONField()
    right = models.JSONField()
    of = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    edition = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("learner", "activity", "number"), name="an_attempt_is_made_once"
            ),
        )


class Permission(models.Model):
    """What a learner allowed or took back, with the words that were agreed to; the last counts."""

    class What(models.TextChoices):
        """To what."""

        BOARD = "board", "reports to a board"
        STORE = "store", "a learning record store"

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)
    what = models.CharField(max_length=8, choices=What)
    given = models.BooleanField()
    words = models.CharField(max_length=300)
    at = models.DateTimeField(auto_now_add=True)


class Certificate(models.Model):
    """That a learner completed an activity; ``credit`` is empty where no credit is given."""

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)
    activity = models.SlugField(max_length=80)
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=150)
    edition = models.CharField(max_length=40)
    on = models.DateField()
    scheme = models.SlugField(max_length=80, blank=True)
    credit = models.CharField(max_length=300, blank=True)
    keep_until = models.DateField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("learner", "activity"), name="one_certificate_a_learner"
            ),
        )


class LearningStatement(models.Model):
    """An xAPI statement, as it can be exported or pushed to a store."""

    learner = models.ForeignKey(_LEARNER, on_delete=models.CASCADE)
    statement = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
    pushed = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
