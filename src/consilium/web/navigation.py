"""The rows of the main navigation; each subject adds its own."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Place(NamedTuple):
    """One entry: its words, the name of its address, and what the body of its pages is called."""

    label: Promise
    url_name: str
    subject: str


NAVIGATION: tuple[Place, ...] = (
    Place(_("Plan"), "planner:plan", "plan"),
    Place(_("Evidence"), "evidence:index", "evidence"),
    Place(_("Compare"), "weighing:compare", "compare"),
    Place(_("Simulate"), "weighing:simulate", "simulate"),
    Place(_("Activities"), "activity:list", "activities"),
    Place(_("Ask"), "asking:ask", "ask"),
)
