"""What changed between two days: statements that begin, end or are replaced."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from consilium.knowledge.edition import Edition
from consilium.proving.calendar import Calendar
from consilium.proving.records import statement_changes
from consilium.web.evidence.page import Item, Section, items
from consilium.web.evidence.shelf import Shelf

_TITLES = {
    "approval": "Approvals",
    "position": "Positions",
    "result": "Results",
    "care": "Rules for choosing a drug",
    "giving": "Rules on giving a drug",
}
_WORDS = {"begins": "now counts", "ends": "no longer counts"}


def what_changed(shelf: Shelf, since: date) -> tuple[Section, ...]:
    """By kind, what counts on the later day and not on the earlier one, and the other way round."""
    days = sorted((since, shelf.as_of))
    calendar = calendar_of(shelf.edition)
    found: dict[str, dict[str, list[Item]]] = {kind: {"begins": [], "ends": []} for kind in _TITLES}
    for change in statement_changes(calendar, calendar, *days):
        if change.how in _WORDS and change.kind in found:
            statement = shelf.statements[change.statement]
            notes = (f"For {change.says}.",) if change.says else ()
            line = Item((shelf.statement(statement),), shelf.chips(statement), (), notes)
            found[change.kind][change.how].append(line)
    return tuple(
        Section(
            kind,
            title,
            tuple(
                b
                for how, listed in found[kind].items()
                for b in items(listed, _WORDS[how].capitalize())
            ),
            "Nothing begins and nothing ends",
        )
        for kind, title in _TITLES.items()
    )


@lru_cache(maxsize=2)
def calendar_of(edition: Edition) -> Calendar:
    """The days of an edition, cut once."""
    return Calendar(edition)
