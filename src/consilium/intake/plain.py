"""A patient in our own words: a mapping from facts to values, as a form or a file gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, NamedTuple, TypeVar, cast, get_args

from consilium.clinical.dates import DateError, Day
from consilium.clinical.patient import (
    Discordance,
    Entered,
    Impossible,
    NotUnderstood,
    Origin,
    PatientCase,
    PatientError,
    Status,
    Therapy,
    TherapyList,
)
from consilium.errors import nearest
from consilium.intake.pd_l1 import ASSAYS, SCORES, PdL1Score
from consilium.intake.quantities import NumberError
from consilium.intake.vocabulary import HasVocabulary, Vocabulary
from consilium.intake.written import (
    Contradicted,
    WrittenError,
    a_day,
    a_line,
    a_list,
    a_number,
    a_text,
    a_word,
    choice,
    clipped,
    is_identifier,
    one_of,
    only_keys,
    shown,
    status_of,
    with_note,
    yes_or_no,
)
from consilium.knowledge.records import FactRecord

Setting = Literal["neoadjuvant", "adjuvant", "advanced", "unknown"]
Outcome = Literal["", "response", "stable", "progression", "unknown"]
StoppedFor = Literal["", "progression", "toxicity", "completed", "preference", "other", "unknown"]

NOT_COMPLETE = "the list is not complete: it may hold others"
"""The rule of a fact with several members that was entered as ``{has: [...], complete: no}``.

Its value holds the members that are there and its status is UNKNOWN, so that nobody takes
it for the whole list.
"""

_BESIDES_FACTS = (
    "pd_l1",
    "prior_therapies",
    "prior_therapies_complete",
    "relapsed_on",
    "decision_date",
)
_MOST_NAMED = 100
_VALUE_KEYS = ("value", "unit", "date", "note")
_THERAPY_KEYS = (
    "drugs",
    "other_drugs",
    "setting",
    "line",
    "started",
    "ended",
    "outcome",
    "stopped_for",
    "ongoing",
    "same_line",
)

_Read = TypeVar("_Read")


def patient_from_mapping(
    mapping: Mapping[str, object],
    edition: HasVocabulary,
    where: str = "input",
    *,
    decision_date: Day | None = None,
) -> PatientCase:
    """A patient case from a mapping whose keys are facts of the edition.

    ``decision_date`` stands in where the mapping gives none. Raises
    ``PatientError`` with every problem of the mapping at once, up to a hundred; ``Impossible``
    where each value can be read and they contradict each other.
    """
    return _Reader(Vocabulary.of(edition), where).case(mapping, decision_date)


class _PdL1Result(NamedTuple):
    kind: PdL1Score
    entered: Entered
    shown: str


class _Reader:
    def __init__(self, vocabulary: Vocabulary, where: str) -> None:
        self.vocabulary, self.where = vocabulary, where
        self.problems: list[str] = []
        self.contradictions = 0  # of the problems
        self.entered: dict[str, Entered] = {}
        self.not_understood: list[NotUnderstood] = []
        self.discordant: list[Discordance] = []

    def case(self, mapping: Mapping[str, object], decision_date: Day | None) -> PatientCase:
        for key, value in mapping.items():
            if self.full:
                break
            fact = self.vocabulary.facts.get(key)
            if fact is not None:
                self.attempt(key, partial(self.enter, fact, value))
            elif key not in _BESIDES_FACTS:
                self.problems.append(self.unknown_key(key))
        self.attempt("pd_l1", lambda: self.pd_l1(mapping.get("pd_l1", ())))
        therapies = self.therapies(mapping.get("prior_therapies"))
        complete = self.attempt(
            "prior_therapies_complete",
            lambda: yes_or_no(mapping.get("prior_therapies_complete", "no")),
        )
        relapsed = self.attempt("relapsed_on", lambda: a_day(mapping.get("relapsed_on")))
        decided = self.attempt("decision_date", lambda: a_day(mapping.get("decision_date")))
        if complete and mapping.get("prior_therapies") is None:
            self.contradictions += 1
            self.problems.append(
                "prior_therapies_complete: says that the list is complete, and there is none; "
                "write `prior_therapies: []` for a patient without earlier treatment"
            )
        if self.problems:
            readable = self.contradictions == len(self.problems)
            if self.full:
                self.problems.append(f"there are more than these {_MOST_NAMED}; mend them first")
            raise (Impossible if readable else PatientError)(
                "\n  ".join([self.where, *self.problems])
            )
        return PatientCase(
            entered=self.entered,
            therapies=TherapyList(therapies, bool(complete)),
            relapsed_on=relapsed,
            decision_date=decided or decision_date,
            not_understood=tuple(self.not_understood),
            discordant=tuple(self.discordant),
            source="patient in our JSON",
        )

    @property
    def full(self) -> bool:
        """Whether as many problems are named as anybody reads; more are not looked for."""
        return len(self.problems) >= _MOST_NAMED

    def attempt(self, path: str, read: Callable[[], _Read]) -> _Read | None:
        try:
            return read()
        except (WrittenError, NumberError, DateError) as problem:
            self.contradictions += isinstance(problem, Contradicted)
            self.problems.append(f"{path}: {problem}")
            return None

    def unknown_key(self, key: object) -> str:
        if not isinstance(key, str):
            return f"{shown(key)} is no key; keys are the names of facts"
        if is_identifier(key):
            return (
                f"`{clipped(key)}` looks like an identifier of a person, and none are "
                "taken or kept here; leave it out (the age goes under `age`)"
            )
        known = [*self.vocabulary.facts, *_BESIDES_FACTS]
        return f"`{clipped(key)}` is not a fact of this edition.{nearest(key, known)}"

    # --- one fact -------------------------------------------------------------------------

    def enter(self, fact: FactRecord, value: object) -> None:
        origin = Origin(where=fact.id)
        note = ""
        unit = ""
        if isinstance(value, Mapping) and not (fact.kind == "members" and "has" in value):
            only_keys(value, _VALUE_KEYS)
            if "value" not in value:
                raise WrittenError("has no `value`; write {value: ..., unit: ..., date: ...}")
            origin = Origin(where=fact.id, on=a_day(value.get("date")))
            note = a_text(value.get("note", ""), "note")
            unit = a_text(value.get("unit") or "", "unit")
            value = value["value"]
            if unit and fact.kind != "number":
                raise WrittenError("has a unit, and it is no number")
        status = status_of(value, fact)
        if status is not None:
            self.entered[fact.id] = Entered(None, origin, status, note)
            return
        self.entered[fact.id] = self.known(fact, value, unit, origin, note)

    def known(
        self, fact: FactRecord, value: object, unit: str, origin: Origin, note: str
    ) -> Entered:
        match fact.kind:
            case "choice":
                word = choice(fact, value)
                return Entered(word, origin, as_written=with_note(word, note))
            case "number":
                number, written = a_number(fact, value, unit)
                return Entered(number, origin, as_written=with_note(written, note))
            case "members":
                return self.members(fact, value, origin, note)

    def members(self, fact: FactRecord, value: object, origin: Origin, note: str) -> Entered:
        complete = True
        listed = value
        if isinstance(value, Mapping):
            only_keys(value, ("has", "complete"))
            complete = yes_or_no(value.get("complete", "yes"))
            listed = value.get("has")
        if listed == "none":
            listed = []
        if not isinstance(listed, list | tuple):
            raise WrittenError(
                f"is {shown(listed)}; write a list, `[]` for none, or {{has: [...], complete: no}}"
            )
        allowed = self.vocabulary.members(fact)
        found = {self.member(fact, one, allowed) for one in listed}
        written = with_note(", ".join(sorted(found)), note)
        if complete:
            return Entered(frozenset(found), origin, as_written=written)
        partial = Origin(origin.where, origin.on, NOT_COMPLETE)
        return Entered(frozenset(found), partial, Status.UNKNOWN, written)

    def member(self, fact: FactRecord, value: object, allowed: frozenset[str]) -> str:
        word = a_text(value, "each member")
        if word in allowed:
            return word
        if fact.vocabulary == "drugs":
            return self.drug(word)
        raise WrittenError(
            f"holds `{clipped(word)}`, which is none of its members.{one_of(word, allowed)}"
        )

    def drug(self, name: str) -> str:
        found = self.vocabulary.drug_by_name(name)
        if found is None:
            raise WrittenError(
                f"names `{clipped(name)}`, which is no drug of this edition."
                f"{nearest(name.casefold(), self.vocabulary.drug_names)}"
            )
        return found

    # --- PD-L1 ------------------------------------------------------------------------------

    def pd_l1(self, value: object) -> None:
        fact = self.vocabulary.facts.get("pd_l1_cps")
        status = status_of(value, fact) if fact else None
        if status is not None:
            for name in ("pd_l1_cps", "pd_l1_ic"):
                if name in self.vocabulary.facts:
                    self.entered.setdefault(name, Entered(None, Origin("pd_l1"), status))
            return
        listed = value if isinstance(value, list | tuple) else [value]
        results: dict[str, list[Entered]] = {}
        for index, one in enumerate(listed):
            if self.full:
                break
            path = f"pd_l1[{index}]" if isinstance(value, list | tuple) else "pd_l1"
            result = self.attempt(path, partial(self.pd_l1_result, one, path))
            if result is None:
                continue
            about = result.kind.fact
            if about is None or about not in self.vocabulary.facts:
                said = f"{result.kind}: {result.shown}"
                self.not_understood.append(NotUnderstood(path, said, result.kind.why_no_fact))
            else:
                results.setdefault(about, []).append(result.entered)
        for name, found in results.items():
            given = [self.entered[name]] if name in self.entered else []
            self.entered[name] = self.latest(name, [*given, *found])

    def pd_l1_result(self, value: object, path: str) -> _PdL1Result:
        if not isinstance(value, Mapping):
            raise WrittenError(
                f"is {shown(value)}; write {{score: cps, assay: 22c3, value: 10}}, because a "
                "PD-L1 score counts only with its assay"
            )
        only_keys(value, ("score", "assay", "value", "date", "note"))
        for key, allowed in (("score", SCORES), ("assay", ASSAYS)):
            if key not in value:
                raise WrittenError(
                    f"names no {key}; write one of {', '.join(allowed)}"
                    + (" (`other` when it is not known)" if key == "assay" else "")
                )
        score = a_word(value["score"], SCORES, "score")
        assay = a_word(value["assay"], ASSAYS, "assay")
        kind = PdL1Score(score, assay)
        origin = Origin(path, a_day(value.get("date")), f"{kind}")
        note = a_text(value.get("note", ""), "note")
        given = value.get("value")
        fact = self.vocabulary.facts.get(kind.fact or "")
        status = status_of(given, fact)
        if status is not None:
            return _PdL1Result(kind, Entered(None, origin, status, note), status.value)
        if fact is None:
            return _PdL1Result(kind, Entered(None, origin, Status.UNKNOWN), clipped(str(given)))
        number, written = a_number(fact, given, "")
        return _PdL1Result(
            kind, Entered(number, origin, as_written=with_note(written, note)), written
        )

    def latest(self, name: str, found: list[Entered]) -> Entered:
        """The one result, or of several different ones the last, provided that all are dated."""
        said = {(one.status, one.value) for one in found}
        if len(said) == 1:
            return found[-1]
        places = tuple(one.origin.where for one in found)
        results = " and ".join(
            (one.as_written or one.status.value) + (f" on {one.origin.on}" if one.origin.on else "")
            for one in found
        )
        dates = [one.origin.on for one in found if one.origin.on is not None]
        if len(dates) == len(found):
            last = max(found, key=lambda one: cast(Day, one.origin.on).first)
            day = cast(Day, last.origin.on)
            others = [one for one in found if (one.status, one.value) != (last.status, last.value)]
            if all(cast(Day, one.origin.on).last < day.first for one in others):
                says = f"{results}; the latest counts"
                self.discordant.append(Discordance(name, says, places))
                return last
        says = f"{results}; which is the later one is not known, so neither counts"
        self.discordant.append(Discordance(name, says, places))
        return Entered(None, Origin(", ".join(places)), Status.UNKNOWN)

    # --- earlier treatment --------------------------------------------------------------------

    def therapies(self, value: object) -> tuple[Therapy, ...]:
        if value is None or value == Status.UNKNOWN.value:
            return ()
        if not isinstance(value, list | tuple):
            self.problems.append(
                f"prior_therapies: is {shown(value)}; write a list, with `[]` for none"
            )
            return ()
        found: list[Therapy] = []
        for index, one in enumerate(value):
            if self.full:
                break
            path = f"prior_therapies[{index}]"
            therapy = self.attempt(path, partial(self.therapy, one, path))
            if therapy is not None:
                found.append(therapy)
        return tuple(found)

    def therapy(self, value: object, path: str) -> Therapy:
        if not isinstance(value, Mapping):
            raise WrittenError(f"is {shown(value)}; write {{drugs: [...], setting: ...}}")
        only_keys(value, _THERAPY_KEYS)
        drugs = self.drugs(value.get("drugs"))
        unread = tuple(a_text(name, "each other drug") for name in a_list(value.get("other_drugs")))
        if not drugs and not unread:
            raise WrittenError("names no drug; write {drugs: [...], setting: ...}")
        if "setting" not in value:
            raise WrittenError(f"has no `setting`; write one of {', '.join(get_args(Setting))}")
        setting = a_word(value["setting"], get_args(Setting), "setting")
        started, ended = a_day(value.get("started")), a_day(value.get("ended"))
        ongoing = yes_or_no(value.get("ongoing", "no"))
        line = a_line(value.get("line"))
        if started and ended and ended.last < started.first:
            raise Contradicted(f"ended on {ended}, before it started on {started}")
        if ongoing and ended:
            raise Contradicted(f"is ongoing and ended on {ended}; keep one of the two")
        if line is not None and setting in ("neoadjuvant", "adjuvant"):
            raise Contradicted(f"has a line and is {setting}; lines count in advanced disease only")
        return Therapy(
            drugs=drugs,
            setting=cast(Setting, setting),
            line=line,
            started=started,
            ended=ended,
            ongoing=ongoing,
            outcome=cast(Outcome, a_word(value.get("outcome", ""), get_args(Outcome), "outcome")),
            stopped_for=cast(
                StoppedFor,
                a_word(value.get("stopped_for", ""), get_args(StoppedFor), "stopped_for"),
            ),
            unread=unread,
            origin=Origin(path),
            same_line=yes_or_no(value.get("same_line", "no")),
        )

    def drugs(self, value: object) -> tuple[str, ...]:
        found: list[str] = []
        for name in a_list(value):
            text = a_text(name, "each drug")
            named = self.vocabulary.drugs_in(text)
            found += named.drugs if named.drugs and not named.rest else (self.drug(text),)
        return tuple(dict.fromkeys(found))
