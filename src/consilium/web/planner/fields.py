"""The questions of the form, made from the facts that the edition declares; none is written here.

A field is named after its fact. ``NAME.unit`` is the unit of a number, ``NAME.all``
says that a list of members is the whole list, ``answer.NAME`` is an answer given
beside the plan, which replaces the one in the form. Earlier therapies come in rows:
``t0.drugs``, ``t0.setting`` and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec
from django.utils.translation import gettext as _

from consilium.intake.quantities import unit_is_needed
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import FactRecord

FIRST = (
    "setting",
    "subtype",
    "her2_ihc",
    "line",
    "pd_l1_cps",
    "checkpoint_inhibitor_candidate",
    "germline_brca",
    "disease_volume",
    "symptomatic",
)
"""Asked first: with the setting preset, eight answers make a plan."""

PRESET = {"setting": "advanced"}
"""What a new form says already, in plain sight: the subject of the edition."""

_GROUPS = ("earlier treatment", "disease", "receptors", "biomarkers", "patient", "laboratory")
_NOT_TESTED = ("receptors", "biomarkers", "laboratory")
MOST_THERAPIES = 20
_EMPTY_ROWS = 1


class Choice(msgspec.Struct, frozen=True):
    """One answer to choose, and whether it is chosen."""

    value: str
    text: str
    chosen: bool = False


class Field(msgspec.Struct, frozen=True):
    """One question with the answer given so far."""

    name: str
    label: str
    kind: str
    ask: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    units: tuple[Choice, ...] = ()
    unit: str = ""
    value: str = ""
    whole_list: bool = False
    problem: str = ""

    @property
    def listed(self) -> bool:
        """Whether it takes names of which it must be said that they are all."""
        return self.kind.startswith("names-") and "." not in self.name

    @property
    def answered(self) -> bool:
        """Whether anything is entered."""
        return bool(self.value or any(choice.chosen for choice in self.choices))


class Row(msgspec.Struct, frozen=True):
    """One earlier therapy of the form."""

    number: int
    fields: tuple[Field, ...]
    problem: str = ""


class Group(msgspec.Struct, frozen=True):
    """Questions under one heading, opened where something is wrong."""

    id: str
    title: str
    fields: tuple[Field, ...]
    answered: int
    open: bool


class Form(msgspec.Struct, frozen=True):
    """The whole form."""

    first: tuple[Field, ...]
    therapies: tuple[Row, ...]
    therapies_known: Field
    dates: tuple[Field, ...]
    groups: tuple[Group, ...]
    therapies_said: int
    therapies_open: bool


def form(edition: Edition, said: Mapping[str, list[str]], problems: Mapping[str, str]) -> Form:
    """The form with what was said and what is wrong with it, by the name of the field."""
    blank = _blank(edition)

    def filled(name: str) -> Field:
        return _filled(blank[name], said, problems.get(name, ""))

    groups = []
    for group in _GROUPS:
        fields = tuple(
            filled(fact.id)
            for fact in edition.contents.facts
            if fact.group == group and fact.id in blank and fact.id not in FIRST
        )
        wrong = any(field.problem for field in fields)
        answered = sum(field.answered for field in fields)
        title = group[0].upper() + group[1:]
        groups.append(Group(group.replace(" ", "-"), title, fields, answered, wrong))
    rows = _rows(edition, said, problems)
    known = _filled(_THERAPIES_KNOWN, said, problems.get("prior_therapies_complete", ""))
    dates = tuple(_filled(field, said, problems.get(field.name, "")) for field in DATES)
    wrong = any(field.problem for field in (known, *dates)) or any(row.problem for row in rows)
    return Form(
        tuple(filled(n) for n in FIRST if n in blank),
        rows,
        known,
        dates,
        tuple(groups),
        sum(any(field.answered for field in row.fields) for row in rows),
        wrong,
    )


def field_of(edition: Edition, fact: str, said: Mapping[str, list[str]]) -> Field | None:
    """The question on one fact, to be answered beside the plan."""
    blank = _blank(edition).get(fact)
    return None if blank is None else _filled(blank, said, "")


def answer_texts(edition: Edition) -> dict[str, str]:
    """Label of each question, for messages."""
    return {name: field.label for name, field in _blank(edition).items()}


@lru_cache(maxsize=8)
def _blank(edition: Edition) -> dict[str, Field]:
    return {fact.id: _field(fact, edition) for fact in edition.contents.facts if fact.ask}


def _field(fact: FactRecord, edition: Edition) -> Field:
    hint = fact.hint
    label = fact.phrase[0].upper() + fact.phrase[1:]
    if fact.id in _REPEATED:
        label = f"{label}, {_REPEATED[fact.id]}"
    match fact.kind:
        case "choice":
            choices = [Choice(value, text) for value, text in _short(fact).items()]
            if fact.group in _NOT_TESTED and fact.origin == "entered":
                choices += [
                    Choice("not-tested", _("not tested")),
                    Choice("equivocal", _("equivocal")),
                ]
            return Field(fact.id, label, "choice", fact.ask, hint, tuple(choices))
        case "number":
            units = tuple(Choice(unit, unit) for unit in fact.units) if unit_is_needed(fact) else ()
            return Field(fact.id, label, "number", fact.ask, hint, units=units, unit=fact.unit)
        case "members":
            if fact.vocabulary:
                return Field(fact.id, label, f"names-{fact.vocabulary}", fact.ask, hint)
            members = tuple(Choice(value, text) for value, text in fact.values.items())
            return Field(fact.id, label, "members", fact.ask, hint, members)


# Facts that share their phrase with another one are told apart by what is entered.
_REPEATED = {
    "er_percent": "%",
    "er_status": "verdict",
    "pr_percent": "%",
    "pr_status": "verdict",
    "her2_category": "category",
    "her2_status": "verdict",
}


def _short(fact: FactRecord) -> dict[str, str]:
    """The words of the answers, without what all of them repeat of the question."""
    plain = {"yes": _("yes"), "no": _("no")}
    if set(fact.values) == {"yes", "no"}:
        return {value: plain[value] for value in fact.values}
    texts = list(fact.values.values())
    if all(fact.phrase in text and text != fact.phrase for text in texts):
        texts = [" ".join(text.replace(fact.phrase, "").split()) for text in texts]
        texts = [text.replace(" ,", ",") for text in texts]
    words = [text.split() for text in texts]
    for end in (0, -1):
        while all(len(said) > 1 and said[end] == words[0][end] for said in words):
            for said in words:
                said.pop(end)
    return {value: " ".join(said) for value, said in zip(fact.values, words, strict=True)}


_SETTINGS = ("neoadjuvant", "adjuvant", "advanced", "unknown")
_OUTCOMES = ("response", "stable", "progression", "unknown")
_STOPPED = ("progression", "toxicity", "completed", "preference", "other", "unknown")


def _words(values: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value, value) for value in values)


_THERAPIES_KNOWN = Field(
    "therapies",
    "The list of earlier treatment",
    "choice",
    "Is the list complete?",
    choices=(
        Choice("none", "no systemic treatment yet, in any setting"),
        Choice("all", "is complete"),
        Choice("some", "may lack some"),
    ),
)
DATES = (
    Field("relapsed_on", "Relapse on", "date", "When did the disease come back?"),
    Field("decision_date", "Decision on", "date", "When is the choice made, if not today?"),
)
_ROW = (
    Field("drugs", "Drugs", "names-drugs", "Which drugs were given together?"),
    Field("other_drugs", "Other drugs", "text", "Which were given that this edition lacks?"),
    Field("setting", "Setting", "choice", "In which setting?", choices=_words(_SETTINGS)),
    Field("line", "Line", "number", "Which line for advanced disease?"),
    Field("outcome", "Outcome", "choice", "What came of it?", choices=_words(_OUTCOMES)),
    Field("stopped_for", "Stopped for", "choice", "Why was it stopped?", choices=_words(_STOPPED)),
    Field("started", "From", "date", "When did it start?"),
    Field("ended", "To", "date", "When did it end?"),
    Field("ongoing", "Ongoing", "tick", "Is it still being given?"),
    Field("same_line", "Same line as before", "tick", "Does it belong to the line before it?"),
)
ROW_KEYS = tuple(field.name for field in _ROW)


def _rows(
    edition: Edition, said: Mapping[str, list[str]], problems: Mapping[str, str]
) -> tuple[Row, ...]:
    filled = [
        n for n in range(MOST_THERAPIES) if any(said.get(f"t{n}.{k}", [""])[-1] for k in ROW_KEYS)
    ]
    count = min(MOST_THERAPIES, (filled[-1] + 1 if filled else 0) + _EMPTY_ROWS)
    rows = []
    for n in range(count):
        fields = tuple(
            _filled(msgspec.structs.replace(f, name=f"t{n}.{f.name}"), said, "") for f in _ROW
        )
        rows.append(Row(n, fields, problems.get(f"t{n}", "")))
    return tuple(rows)


def _filled(field: Field, said: Mapping[str, list[str]], problem: str) -> Field:
    given = [text for text in said.get(field.name, []) if text]
    if not given and not problem and f"{field.name}.all" not in said:
        return field
    chosen = set(given)
    return msgspec.structs.replace(
        field,
        value="" if field.kind in ("choice", "members") else (given[-1] if given else ""),
        choices=tuple(Choice(c.value, c.text, c.value in chosen) for c in field.choices),
        units=tuple(
            Choice(u.value, u.text, u.value in said.get(f"{field.name}.unit", []))
            for u in field.units
        ),
        whole_list=bool(said.get(f"{field.name}.all")),
        problem=problem,
    )
