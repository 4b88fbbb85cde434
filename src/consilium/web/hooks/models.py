"""What became of cards, without anything that points at a person."""

from __future__ import annotations

from django.db import models


class CardFeedback(models.Model):
    """One outcome of one card; a day, and no time, card, patient, user or free text."""

    service = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10)
    reason = models.CharField(max_length=40, blank=True)
    suggestions = models.PositiveSmallIntegerField(default=0)
    on = models.DateField()

    class Meta:
        app_label = "hooks"
