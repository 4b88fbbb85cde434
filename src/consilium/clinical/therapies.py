"""What follows from the list of earlier therapies, by one way of counting.

Labels and trials count differently; each derived fact says what it counts, and
a statement names the count it means. A list that is not known to be complete
gives lower bounds: what it lacks is unknown, not absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import msgspec

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientCase, Therapy, TherapyList

_LONGEST_MONTH_DAYS = 31
_CURATIVE = ("neoadjuvant", "adjuvant")


class DrugProfile(msgspec.Struct, frozen=True):
    """What the counting needs of a drug."""

    classes: frozenset[str]
    target: str = ""
    payload_class: str = ""


class Count(msgspec.Struct, frozen=True):
    """A number of which ``low`` are there and ``high`` are possible."""

    low: float
    high: float | None


class Members(msgspec.Struct, frozen=True):
    """Members that are there; more are possible unless the list is complete."""

    has: frozenset[str]
    complete: bool


class Word(msgspec.Struct, frozen=True):
    """A settled word."""

    value: str


Derived = Count | Members | Word | None
"""A derived fact; ``None`` when the list does not tell."""

_NOT_SYSTEMIC = frozenset({"growth-factor", "supportive"})


class _History:
    """The courses of a list, sorted by what they count as."""

    def __init__(self, case: PatientCase, profiles: Mapping[str, DrugProfile]) -> None:
        self.case, self.profiles = case, profiles
        listed: TherapyList = case.therapies
        self.courses = [t for t in listed.therapies if self.is_systemic(t)]
        self.lines = _lines([t for t in self.courses if t.setting == "advanced"])
        self.unplaced = any(t.setting == "unknown" for t in self.courses)
        self.unread = any(t.unread for t in self.courses)
        self.complete = listed.complete
        self.continuing = any(t.ongoing and t.setting == "advanced" for t in self.courses)
        self.settled = not (self.unplaced or self.unread or self.continuing) and listed.complete

    def is_systemic(self, therapy: Therapy) -> bool:
        """Whether a course counts as treatment of the cancer."""
        classes = [self.classes(drug) for drug in therapy.drugs]
        return bool(therapy.unread) or any(not (named & _NOT_SYSTEMIC) for named in classes)

    def classes(self, drug: str) -> frozenset[str]:
        """The classes of a drug, none when it is not in the vocabulary."""
        profile = self.profiles.get(drug)
        return profile.classes if profile else frozenset()

    def holds(self, courses: Iterable[Therapy], drug_class: str) -> bool:
        """Whether any course held a drug of a class."""
        return any(drug_class in self.classes(d) for t in courses for d in t.drugs)

    def count(self, low: int) -> Count:
        """A count that the list settles, or at least bounds from below."""
        return Count(low, low if self.settled else None)

    def yes_or_open(self, holds: bool) -> Derived:
        """YES when it is there; NO only from a complete list."""
        if holds:
            return Word("yes")
        return Word("no") if self.complete and not self.unread else None

    def members(self, found: Iterable[str]) -> Members:
        """Members that are there, with the mark whether there may be more."""
        return Members(frozenset(found), self.complete and not self.unread)


def _lines(courses: list[Therapy]) -> list[list[Therapy]]:
    """Courses for advanced disease as completed lines.

    They belong together by their number where it is given, else each is a line
    of its own. A line of which any course goes on is not completed.
    """
    lines: dict[object, list[Therapy]] = {}
    last: object = None
    for index, course in enumerate(courses):
        if not (course.same_line and lines):
            last = course.line if course.line is not None else ("course", index)
        lines.setdefault(last, []).append(course)
    return [line for line in lines.values() if not any(course.ongoing for course in line)]


def _lines_with(history: _History, drug_class: str, *, held: bool) -> Count:
    found = sum(history.holds(line, drug_class) is held for line in history.lines)
    if not held:
        # a line whose drugs were not all read may yet hold the class
        found -= sum(
            any(t.unread for t in line) and not history.holds(line, drug_class)
            for line in history.lines
        )
    return history.count(found)


def _months_to_relapse(history: _History, *, chemotherapy_only: bool) -> Derived:
    relapsed = history.case.relapsed_on
    curative = [t for t in history.courses if t.setting in _CURATIVE]
    counted = [t for t in curative if not chemotherapy_only or history.holds([t], "chemotherapy")]
    ends = [t.ended for t in counted if t.ended is not None]
    # a course without an end, or one that may count and may not, could have ended last
    doubtful = len(ends) < len(counted) or any(t.unread for t in curative if t not in counted)
    if relapsed is None or not ends or doubtful or history.unplaced or not history.complete:
        return None
    last = max(ends, key=lambda day: day.last)
    shortest = _months(last.last, relapsed.first)
    longest = _months(last.first, relapsed.last)
    return Count(max(shortest, 0.0), max(longest, 0.0))


def _months(start: date, end: date) -> float:
    """Months by the calendar: from the 12th to the 12th of the next is one, whatever its days."""
    whole = (end.year - start.year) * 12 + end.month - start.month
    return round(whole + (end.day - start.day) / _LONGEST_MONTH_DAYS, 2)


def _checkpoint_settings(history: _History) -> Members:
    found = []
    for course in history.courses:
        if history.holds([course], "checkpoint-inhibitor"):
            if course.setting == "advanced":
                found.append("advanced")
            elif course.setting in _CURATIVE:
                found.append("curative")
    named = history.members(found)
    return Members(named.has, named.complete and not history.unplaced)


def _drugs(history: _History, kept: Callable[[Therapy], bool]) -> list[str]:
    return [d for t in history.case.therapies.therapies if kept(t) for d in t.drugs]


def _profile_words(history: _History, field: str) -> Members:
    words = [
        getattr(history.profiles[d], field)
        for t in history.courses
        for d in t.drugs
        if d in history.profiles
    ]
    return history.members(word for word in words if word)


def _progressed(course: Therapy) -> bool:
    return course.outcome == "progression" or course.stopped_for == "progression"


def _told_why(course: Therapy) -> bool:
    """Whether it is said why a course ended; a best response does not say that none followed it."""
    return _progressed(course) or course.stopped_for not in ("", "unknown") or course.ongoing


def _progressed_on_endocrine(history: _History) -> Derived:
    lines = [c for line in history.lines for c in line]
    endocrine = [c for c in lines if history.holds([c], "endocrine-therapy")]
    if any(_progressed(c) for c in endocrine):
        return Word("yes")
    if not history.settled or not all(_told_why(c) for c in endocrine):
        return None
    return Word("no")


def _progressed_on(history: _History) -> Members:
    told = all(_told_why(c) for c in history.courses)
    named = history.members(_drugs(history, _progressed))
    return Members(named.has, named.complete and told)


def _not_tolerated(history: _History) -> Members:
    told = all(c.stopped_for not in ("", "unknown") or c.ongoing for c in history.courses)
    named = history.members(_drugs(history, lambda c: c.stopped_for == "toxicity"))
    return Members(named.has, named.complete and told)


def _systemic_therapies(history: _History) -> Count:
    # a change within a course, marked as the same line, is no course of its own
    others = sum(t.setting != "advanced" and not t.same_line for t in history.courses)
    low = others + len(history.lines)
    return Count(low, low if history.complete and not history.continuing else None)


def _line_now(history: _History) -> Count:
    count = history.count(len(history.lines))
    return Count(count.low + 1, None if count.high is None else count.high + 1)


DERIVED_FACTS: dict[str, Callable[[_History], Derived]] = {
    "line": _line_now,
    "prior_lines": lambda h: h.count(len(h.lines)),
    "prior_chemotherapy_lines": lambda h: _lines_with(h, "chemotherapy", held=True),
    "prior_nonendocrine_lines": lambda h: _lines_with(h, "endocrine-therapy", held=False),
    "prior_endocrine_lines": lambda h: _lines_with(h, "endocrine-therapy", held=True),
    "prior_systemic_therapies": _systemic_therapies,
    "prior_chemotherapy": lambda h: h.yes_or_open(h.holds(h.courses, "chemotherapy")),
    "prior_endocrine_therapy": lambda h: h.yes_or_open(h.holds(h.courses, "endocrine-therapy")),
    "progressed_on_endocrine_line": _progressed_on_endocrine,
    "prior_drugs": lambda h: h.members(_drugs(h, lambda _: True)),
    "progressed_on": _progressed_on,
    "not_tolerated": _not_tolerated,
    "prior_classes": lambda h: h.members(
        c for t in h.courses for d in t.drugs for c in h.classes(d)
    ),
    "prior_payload_classes": lambda h: _profile_words(h, "payload_class"),
    "prior_adc_targets": lambda h: _profile_words(h, "target"),
    "prior_checkpoint_inhibitor": _checkpoint_settings,
    "months_to_relapse": lambda h: _months_to_relapse(h, chemotherapy_only=False),
    "months_from_curative_chemotherapy_to_relapse": lambda h: _months_to_relapse(
        h, chemotherapy_only=True
    ),
}
"""How each derived fact follows from the list of therapies."""


def derive_from_therapies(
    case: PatientCase, profiles: Mapping[str, DrugProfile]
) -> dict[str, Derived]:
    """Every derived fact of a case.

    Nothing is derived from an empty list that is not known to be complete.
    """
    if not case.therapies.therapies and not case.therapies.complete:
        return {}
    history = _History(case, profiles)
    return {name: derive(history) for name, derive in DERIVED_FACTS.items()}


def after_progression_on(
    case: PatientCase, drugs: tuple[str, ...], on: Day | None = None
) -> PatientCase:
    """The same patient as they would be after progression on one more line."""
    line = Therapy(
        drugs=drugs,
        setting="advanced",
        ended=on,
        outcome="progression",
        stopped_for="progression",
    )
    listed = case.therapies
    return msgspec.structs.replace(
        case, therapies=TherapyList((*listed.therapies, line), listed.complete)
    )
