"""What a test is worth and what a scheme of credit asks for. No credit is given here, only told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from consilium.clinical.dates import Day
from consilium.knowledge.learning import Activity, CreditScheme, KnowledgeTest


class Marked(msgspec.Struct, frozen=True):
    """A test that was handed in: which of its questions were answered rightly."""

    right: frozenset[str]
    of: int

    @property
    def percent(self) -> float:
        """Right answers of all, from 0 to 100."""
        return 100 * len(self.right) / self.of


def mark(test: KnowledgeTest, answers: Mapping[str, str]) -> Marked:
    """Mark a test; ``answers`` are words of options by the id of their question."""
    right = frozenset(q.id for q in test.questions if answers.get(q.id) == q.right)
    return Marked(right, len(test.questions))


def passes(marked: Marked, scheme: CreditScheme) -> bool:
    """Whether the share of right answers reaches the pass mark; without one, always."""
    return 100 * len(marked.right) >= (scheme.pass_percent or 0) * marked.of


def expired_on(activity: Activity, day: date) -> Day | None:
    """The day after which nothing is given for an activity, when ``day`` is later; else nothing."""
    named = [activity.expires, activity.credit.expires if activity.credit else "never"]
    over = [each for each in named if isinstance(each, Day) and each.last < day]
    return min(over, key=lambda each: each.last, default=None)


def missing(scheme: CreditScheme, met: Iterable[str]) -> tuple[str, ...]:
    """What a scheme still asks for, in its own order: `steps`, `evaluation`, `test`."""
    done = set(met)
    return tuple(each for each in scheme.requires if each not in done)


def credit_in_words(scheme: CreditScheme, names: Mapping[str, str]) -> str:
    """What is given, in words; ``names`` are those of organisations by id. Empty without credit."""
    return "; ".join(
        f"{each.amount} {each.unit} {each.type}, given by {names[each.given_by]}"
        for each in scheme.credits
    )


def kept_until(scheme: CreditScheme, day: date) -> date:
    """The last day on which the record of a completion of ``day`` is kept."""
    try:
        return day.replace(year=day.year + scheme.keep_years)
    except ValueError:  # the last of February
        return day.replace(year=day.year + scheme.keep_years, day=28)
