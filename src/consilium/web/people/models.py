"""What is kept of people, and the audit of what they did."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Profile(models.Model):
    """What a learner says of themselves; each optional.
    What a board asks for is encrypted, but for which board it is.
    """

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile"
    )
    name = models.CharField(max_length=150, blank=True)
    profession = models.CharField(max_length=80, blank=True)
    board = models.CharField(max_length=40, blank=True)
    board_number = models.TextField(blank=True)
    given_name = models.TextField(blank=True)
    family_name = models.TextField(blank=True)
    birth_day = models.TextField(blank=True)


class AuditEntry(models.Model):
    """One act, chained to the one before by its hash. Nothing changes or removes an entry."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.CharField(max_length=40)
    actor = models.CharField(max_length=150)
    act = models.CharField(max_length=60)
    about = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    before = models.CharField(max_length=64)
    seal = models.CharField(max_length=64, unique=True)


class AuditHead(models.Model):
    """The end of the chain; its one row is locked while an entry is added."""

    number = models.PositiveBigIntegerField(default=0)
    seal = models.CharField(max_length=64, default="")


class SentForm(models.Model):
    """That a form has been sent, by nobody in particular (``people.once``)."""

    seal = models.CharField(max_length=64, primary_key=True)


class ProposedEdition(models.Model):
    """An edition that somebody handed in; another person has to activate it."""

    class State(models.TextChoices):
        """Where it stands."""

        PROPOSED = "proposed"
        ACTIVE = "active"
        REFUSED = "refused"
        REPLACED = "replaced"

    name = models.CharField(max_length=60)
    hash = models.CharField(max_length=64)
    archive = models.BinaryField()
    report = models.TextField(blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposed_editions"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="decided_editions",
    )
    at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("proposed_by")),
                name="an_edition_needs_a_second_person",
            ),
        )


class Examination(models.Model):
    """One part of the examination of an edition that was handed in (``people.examining``)."""

    class Part(models.TextChoices):
        """What is asked, in this order."""

        CHECK = "check"
        AFFECTED = "affected"
        DIFF = "diff"
        PROVE = "prove"

    edition = models.ForeignKey(
        ProposedEdition, on_delete=models.CASCADE, related_name="examinations"
    )
    part = models.CharField(max_length=8, choices=Part)
    holds = models.BooleanField(null=True)
    says = models.TextField(blank=True)
    asked = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)

    @property
    def headline(self) -> str:
        """The first line of what was found."""
        return self.says.partition("\n")[0]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("edition", "part"), name="one_examination_a_part"),
        )
