"""What is told of one dose or one event, and how it is read from a line of text.

A value counts for the dose it was given for, and for no other. Nothing here
reads a patient's record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from consilium.care.statements import CareError
from consilium.errors import nearest
from consilium.knowledge.bedside import EVENT
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import FactRecord
from consilium.rules.answers import Answer
from consilium.rules.completions import Patient
from consilium.rules.conditions import Condition
from consilium.rules.facts import Between, Known, OneOf
from consilium.rules.say import say, say_known

ReadAmount = Callable[[FactRecord, str], float]
"""Reads a number with its unit for a fact; raises where the unit is missing or wrong."""

_GRADE = re.compile(r"(?:(?P<event>.*?)\s+)?(?:grade|gr\.?|g)\s*(?P<grade>[1-5])", re.IGNORECASE)
_GRADE_FIRST = re.compile(r"(?:grade|gr\.?|g)\s*(?P<grade>[1-5])\s+(?P<event>\D.*)", re.IGNORECASE)
_NO_GRADE = re.compile(r"(?:.*\s)?(?:grade|gr\.?)(?:\s+(?![1-5]$)\S+)?", re.IGNORECASE)
_OCCURRENCE = re.compile(
    r"^(?:(first|second|third|fourth)\s+(?:occurrence|time)|occurrence\s+(\d+))$", re.IGNORECASE
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_PHRASES = (
    (re.compile(r"^day\s+(\d+)$", re.IGNORECASE), "day"),
    (
        re.compile(r"^(?:temperature|temp|fever(?: of)?)\s+(\S+\s*°?C)$", re.IGNORECASE),
        "temperature",
    ),
    (re.compile(r"^fever for\s+(.+)$", re.IGNORECASE), "fever_hours"),
    (re.compile(r"^(?:lasting|for)\s+(.+)$", re.IGNORECASE), "lasting_days"),
    (
        re.compile(r"^(?:delay(?:ed|s|ing)?(?: by)?|dose delayed by)\s+(.+)$", re.IGNORECASE),
        "delay_days",
    ),
    (re.compile(r"^resolved (?:after|in|within)\s+(.+)$", re.IGNORECASE), "resolved_after_days"),
    (re.compile(r"^(?:fall|fell)(?: of| by)?\s+(.+)$", re.IGNORECASE), "lvef_fall"),
)
_WORDS = {
    "prolonged": ("prolonged", "yes"),
    "not prolonged": ("prolonged", "no"),
    "controlled": ("controlled", "yes"),
    "not controlled": ("controlled", "no"),
    "uncontrolled": ("controlled", "no"),
    "suspected": ("certainty", "suspected"),
    "confirmed": ("certainty", "confirmed"),
    "life-threatening": ("life_threatening", "yes"),
    "not life-threatening": ("life_threatening", "no"),
    "transfusion-dependent": ("transfusion_dependent", "yes"),
    "not transfusion-dependent": ("transfusion_dependent", "no"),
    "repeat recovered": ("lvef_repeat", "recovered"),
    "repeat not recovered": ("lvef_repeat", "not-recovered"),
    "repeat confirmed": ("lvef_repeat", "confirmed-low"),
    "repeat not confirmed": ("lvef_repeat", "not-confirmed"),
}
_MEASURES = {
    "hb": "haemoglobin",
    "hemoglobin": "haemoglobin",
    "ast": "transaminases",
    "alt": "transaminases",
    "neutrophils": "anc",
}


_EVENT_OF = {
    "lvef": "left ventricular dysfunction",
    "anc": "neutropenia",
    "platelets": "thrombocytopenia",
    "haemoglobin": "anaemia",
    "temperature": "febrile neutropenia",
}


class Told:
    """What was told of one dose or event, with what follows and what contradicts itself."""

    def __init__(self, edition: Edition, given: Mapping[str, Known]) -> None:
        self.edition = edition
        self.model = edition.bedside_model
        self.given = dict(given)
        self.patient = Patient(self.model, self.given)
        if self.patient.contradiction is not None:
            never = {n.id: n for n in edition.contents.bedside.never}
            broken = never.get(self.patient.contradiction)
            why = broken.says if broken else self.patient.contradiction
            raise CareError(f"this contradicts itself: {self.text()}; {why}")

    def answer(self, condition: Condition) -> Answer:
        """Whether a condition holds for what was told."""
        return self.patient.settle(condition)

    def missing(self, condition: Condition) -> tuple[str, ...]:
        """The facts to tell before a condition can be answered."""
        return self.patient.missing(condition)

    def say(self, condition: Condition) -> str:
        """A condition as words."""
        return say(condition, self.model)

    def number(self, fact: str) -> float | None:
        """A number that was told."""
        known = self.given.get(fact)
        return known.low if isinstance(known, Between) and known.low == known.high else None

    def word(self, fact: str) -> str:
        """A word that was told; nothing when it was not."""
        known = self.given.get(fact)
        if isinstance(known, OneOf) and len(known.values) == 1:
            return next(iter(known.values))
        return ""

    def text(self) -> str:
        """What was told, in words."""
        return ", ".join(
            say_known(self.model.facts[name], known) for name, known in self.given.items()
        )

    def only(self, *facts: str) -> Told:
        """The same with nothing told but some facts."""
        return Told(self.edition, {f: self.given[f] for f in facts if f in self.given})


class DoseValues(msgspec.Struct, frozen=True):
    """Values taken for the dose of one day of the cycle; they answer for no other day."""

    for_day: int
    given: dict[str, Known]


def settled(value: float | str) -> Known:
    """One value as what is known."""
    return OneOf(frozenset({value})) if isinstance(value, str) else Between(value, value)


def read_values(
    values: Mapping[str, str], for_day: int, edition: Edition, read_amount: ReadAmount
) -> DoseValues:
    """Values with their units, given for the dose of one day."""
    given: dict[str, Known] = {}
    for name, text in values.items():
        fact = edition.bedside_facts.get(_MEASURES.get(name, name))
        if fact is None or fact.group != "laboratory":
            known = [f.id for f in edition.bedside_facts.values() if f.group == "laboratory"]
            raise CareError(f"`{name}` is no value for a dose.{nearest(name, known)}")
        given[fact.id] = settled(read_amount(fact, text))
    return DoseValues(for_day, given)


def read_told(text: str, edition: Edition, read_amount: ReadAmount) -> Told:
    """One event as a line of words with commas between them.

    ``neutropenia grade 3, day 8, ANC 900/mm3``. Raises ``CareError`` for words
    that mean nothing here: what was not understood is never left out.
    """
    reader = _Line(edition, read_amount)
    for part in re.split(r"[,;](?!\d{3}\b)", text):
        if part.strip():
            reader.read_whole(" ".join(part.split()))
    if EVENT not in reader.given:
        meant = next((name for fact, name in _EVENT_OF.items() if fact in reader.given), "")
        example = f"{meant}, {text}" if meant else "neutropenia grade 3, day 8"
        raise CareError(f"`{text}` names no event; begin with it: {example}")
    return Told(edition, reader.given)


class NotUnderstood(CareError):
    """Words that mean nothing here."""


class _Line:
    def __init__(self, edition: Edition, read_amount: ReadAmount) -> None:
        self.facts, self.read_amount = edition.bedside_facts, read_amount
        self.given: dict[str, Known] = {}
        self.events = {
            word.casefold(): term.id
            for term in edition.contents.adverse_events
            for word in (term.id, term.id.replace("-", " "), term.name, term.short, *term.names)
            if word
        }

    def read_whole(self, part: str) -> None:
        """A part between two commas; where commas were left out, the longest piece first."""
        words = part.split()
        problem: CareError = NotUnderstood(self._not_understood(part))
        for count in range(len(words), 0, -1):
            before = dict(self.given)
            try:
                self.read(" ".join(words[:count]))
            except CareError as found:
                self.given = before
                if isinstance(problem, NotUnderstood) and not isinstance(found, NotUnderstood):
                    problem = found
                continue
            if count < len(words):
                self.read_whole(" ".join(words[count:]))
            return
        raise problem

    def read(self, part: str) -> None:
        """One piece, as a whole."""
        grade = _GRADE.fullmatch(part) or _GRADE_FIRST.fullmatch(part)
        if grade:
            if grade["grade"] == "5":
                raise CareError("grade 5 is death; there is no next dose")
            self._set("grade", float(grade["grade"]), part)
            if grade["event"]:
                self.read(grade["event"])
            return
        lowered = part.casefold()
        if lowered in self.events:
            self._set(EVENT, self.events[lowered], part)
            return
        if lowered in _WORDS:
            self._set(*_WORDS[lowered], part)
            return
        occurrence = _OCCURRENCE.fullmatch(part)
        if occurrence:
            count = _ORDINALS.get((occurrence[1] or "").lower()) or int(occurrence[2] or 0)
            self._set("occurrence", float(count), part)
            return
        for pattern, fact in _PHRASES:
            found = pattern.fullmatch(part)
            if found:
                value = found[1].replace("°", "")
                self._set(fact, self.read_amount(self.facts[fact], value), part)
                return
        self._measure(part)

    def _measure(self, part: str) -> None:
        names = {**_MEASURES, **{f.id: f.id for f in self.facts.values()}}
        names |= {f.phrase.casefold(): f.id for f in self.facts.values()}
        for name in sorted(names, key=len, reverse=True):
            if part.casefold().startswith(name.casefold() + " "):
                fact = self.facts[names[name]]
                if fact.kind == "number":
                    amount = part[len(name) :].strip().removeprefix("of ")
                    self._set(fact.id, self.read_amount(fact, amount), part)
                    return
        raise NotUnderstood

    def _not_understood(self, part: str) -> str:
        said = f"`{part}` was not understood, and nothing is answered without it."
        if _NO_GRADE.fullmatch(part):
            return f"{said} A grade is a number from 1 to 4: grade 3"
        graded = _GRADE.fullmatch(part)
        word = graded["event"] if graded and graded["event"] else part
        hint = nearest(word.casefold(), (*self.events, *_WORDS))
        known = sorted({name for name in self.events if " " not in name and "-" not in name})
        return said + (hint or f" Events known here: {', '.join(known)}, and others.")

    def _set(self, fact: str, value: float | str, part: str) -> None:
        known = settled(value)
        if self.given.get(fact, known) != known:
            raise CareError(f"`{part}` contradicts what was said before it")
        self.given[fact] = known
