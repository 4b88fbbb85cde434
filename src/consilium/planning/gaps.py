"""The missing facts that matter, what each answer would change, and which to ask first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from consilium.clinical.patient import PatientCase
from consilium.guidance.standing import Answers, Knowledge
from consilium.guidance.voices import FAVOURABLE
from consilium.knowledge.records import Position, Stance
from consilium.planning.plan import Gap, WouldChange
from consilium.rules.answering import AnswerTable
from consilium.rules.answers import UNKNOWN
from consilium.rules.completions import Patient, cells
from consilium.rules.conditions import Bound, Condition, Includes, tests_in
from consilium.rules.facts import (
    Between,
    FactDeclaration,
    Holding,
    Known,
    OneOf,
    is_settled,
)
from consilium.rules.say import say_known, say_stretch

_SHOWN = 8
_CHANGES_SHOWN = 4
_CLOSING = 0.2
_WEIGHTS = {"exclusion": 0.2, "position": 3.0, "approval": 2.0, "scope": 0.5}


def gaps(answers: Answers, case: PatientCase) -> tuple[Gap, ...]:
    """Missing facts in the order of what they would change."""
    knowledge, patient = answers.knowledge, answers.patient
    model = knowledge.edition.model
    open_keys = {
        key
        for key in knowledge.table.ids
        if key.split(":", 1)[0] in _WEIGHTS and answers.settle(key) is UNKNOWN
    }
    if not open_keys:
        return ()
    asked: dict[str, None] = {}
    for key in knowledge.table.ids:
        if key in open_keys:
            asked |= dict.fromkeys(sorted(knowledge.asks[key]))
    before = knowledge.table.codes(patient.facts)
    found = []
    for fact in asked:
        record = knowledge.edition.facts[fact]
        known = model.known(fact, patient.facts)
        if is_settled(known) or not record.ask:
            continue
        gap = _gap(fact, known, before, open_keys, answers, case)
        if gap is not None:
            found.append(gap)
    return tuple(sorted(found, key=lambda gap: -gap.weight)[:_SHOWN])


def _gap(
    fact: str,
    known: Known,
    before: tuple[int, ...],
    open_keys: set[str],
    answers: Answers,
    case: PatientCase,
) -> Gap | None:
    knowledge = answers.knowledge
    record = knowledge.edition.facts[fact]
    table = knowledge.table
    declaration = knowledge.edition.model.facts[fact]
    by_effect: dict[tuple[str, ...], list[str]] = {}
    weight = 0.0
    # a verdict that follows from this fact must not hold its own answer back
    given = {
        k: v
        for k, v in answers.patient.facts.items()
        if not knowledge.edition.model.facts[k].follows
    }
    given |= {k: v for k, v in answers.patient.given.items()}
    for cell in _answers_to(fact, known, knowledge):
        after = table.codes(given | {fact: cell})
        changed = [
            (key, code)
            for key, was, code in zip(table.ids, before, after, strict=True)
            if was == AnswerTable.UNKNOWN and code != AnswerTable.UNKNOWN and key in open_keys
        ]
        changed.sort(key=lambda part: not part[0].startswith("exclusion:"))
        # rounded, so that the order of a sum decides no tie
        weight = max(weight, round(sum(_weight(key, code) for key, code in changed), 6))
        effect = (
            *(_says(key, code, knowledge) for key, code in changed),
            *_label_changes(before, after, knowledge),
        )
        shown = tuple(dict.fromkeys(text for text in effect if text))
        by_effect.setdefault(shown, []).append(
            _word(cell, known, declaration, _asking(knowledge, fact))
        )
    if weight == 0:
        return None
    entered = case.entered.get(fact)
    return Gap(
        fact=fact,
        ask=record.ask,
        status=entered.status.value if entered else "unknown",
        weight=weight,
        would_change=tuple(
            WouldChange(" or ".join(words), "; ".join(effect[:_CHANGES_SHOWN]))
            for effect, words in by_effect.items()
            if effect
        ),
        hint=record.hint,
    )


def _weight(key: str, code: int) -> float:
    kind = key.split(":", 1)[0]
    # to learn that one more label does not fit is worth little
    closes = kind == "approval" and code == AnswerTable.NO
    return _WEIGHTS[kind] * (_CLOSING if closes else 1)


def _answers_to(fact: str, known: Known, knowledge: Knowledge) -> list[Known]:
    """The answers that a person can give: each word, each stretch, no member and each alone."""
    asking = _asking(knowledge, fact)
    if isinstance(known, OneOf):
        named = knowledge.edition.facts[fact].values
        return [OneOf(frozenset({value})) for value in named if value in known.values]
    if isinstance(known, Holding):
        members = {m for test in asking if isinstance(test, Includes) for m in test.members}
        open_ = sorted(members & known.may_have)
        return [Holding(known.has), *(Holding(known.has | {member}) for member in open_)]
    if isinstance(known, OneOf):
        # every answer, so that each is named beside those of the same effect
        declared = knowledge.edition.facts[fact].values
        return [OneOf(frozenset({value})) for value in declared if value in known.values]
    return cells(known, knowledge.edition.model, fact, asking)


def _asking(knowledge: Knowledge, fact: str) -> tuple[Condition, ...]:
    return tests_by_fact(knowledge).get(fact, ())


@cache
def tests_by_fact(knowledge: Knowledge) -> dict[str, tuple[Condition, ...]]:
    """Every test of every fact that any statement or definition asks."""
    found: dict[str, dict[Condition, None]] = {}
    definitions = [
        when for fact in knowledge.edition.model.defined for when in fact.definition.values()
    ]
    for condition in (*knowledge.choosing.values(), *definitions):
        for test in tests_in(condition):
            found.setdefault(test.fact, {})[test] = None
    return {fact: tuple(tests) for fact, tests in found.items()}


def _word(
    cell: Known, known: Known, declaration: FactDeclaration, asking: tuple[Condition, ...]
) -> str:
    match cell, known:
        case Between(), Between():
            bounds = [test for test in asking if isinstance(test, Bound)]
            return say_stretch(declaration, cell.low, known, bounds)
        case Holding(), Holding():
            added = sorted(cell.has - known.has)
            words = [declaration.phrases.get(m, m) for m in added]
            named = f"{declaration.phrase} {', '.join(words)}"
            return named if words else "none of those asked about"
        case _:
            return say_known(declaration, cell)


def _label_changes(
    before: tuple[int, ...], after: tuple[int, ...], knowledge: Knowledge
) -> Iterator[str]:
    """Whose label an answer settles; a drug is outside only when no approval of it fits."""
    edition = knowledge.edition
    places = {key: place for place, key in enumerate(knowledge.table.ids)}
    by_regimen: dict[str, list[int]] = {}
    regulator = ""
    for approval in knowledge.approvals:
        if approval.status == "approved":
            regulator = approval.regulator.upper()
            for regimen in approval.regimens:
                by_regimen.setdefault(regimen, []).append(places[f"approval:{approval.id}"])
    settled: dict[str, list[str]] = {}
    for regimen, found in by_regimen.items():
        was, now = (_label_word([codes[place] for place in found]) for codes in (before, after))
        if now and not was:
            named = edition.regimens[regimen]
            settled.setdefault(now, []).append(named.short or named.name)
    for word in ("within", "outside"):
        if word in settled:
            yield f"{word} the {regulator} label: {', '.join(settled[word])}"


def _label_word(codes: list[int]) -> str:
    if AnswerTable.YES in codes:
        return "within"
    return "" if AnswerTable.UNKNOWN in codes else "outside"


def _says(key: str, code: int, knowledge: Knowledge) -> str:
    kind, name = key.split(":", 1)
    edition = knowledge.edition
    yes = code == AnswerTable.YES
    if kind == "position" and yes:
        position: Position = edition.positions[name]
        speaker = edition.speakers[position.who]
        named = ", ".join(
            edition.regimens[r].short or edition.regimens[r].name for r in position.regimens
        )
        if position.stance in FAVOURABLE:
            return f"{speaker.short or speaker.name} {_VERBS[position.stance.value]} {named}"
        if position.stance is Stance.DEPENDS_ON:
            facts = " and ".join(edition.facts[fact].phrase for fact in position.facts)
            return f"{speaker.short or speaker.name} lets {facts} decide between {named}"
        stance = position.stance.value.replace("_", " ")
        return f"{speaker.short or speaker.name}: {stance} {named}".strip()
    if kind == "exclusion" and yes:
        return "outside what this edition covers"
    return ""


_VERBS = {
    "recommends": "recommends",
    "may_be_preferred": "says may be preferred:",
    "would_consider": "would consider",
    "acceptable": "says one can choose",
}


# -- the same weights, one statement at a time ----------------------------------------------------
#
# What a fact is worth is a sum over statements. For many patients each summand is worked out once
# for all who are alike in what that one statement reads.


class Asked(NamedTuple):
    """The facts that can be gaps: the answers to each, and when each is first asked."""

    knowledge: Knowledge
    cells: dict[str, tuple[str, ...]]
    ranks: dict[str, dict[str, int]]


@cache
def asked_of(knowledge: Knowledge) -> Asked:
    """What can be asked on a day in a region."""
    ranks: dict[str, dict[str, int]] = {}
    cells_of: dict[str, tuple[str, ...]] = {}
    rank = 0
    for key in knowledge.table.ids:
        if key.split(":", 1)[0] not in _WEIGHTS:
            continue
        for fact in sorted(knowledge.asks[key]):
            if not knowledge.edition.facts[fact].ask:
                continue
            rank += 1
            ranks.setdefault(key, {})[fact] = rank
            if fact not in cells_of:
                whole = knowledge.edition.model.known(fact, {})
                found = (
                    _cell_name(cell, whole, fact, knowledge)
                    for cell in _answers_to(fact, whole, knowledge)
                )
                cells_of[fact] = tuple(dict.fromkeys(found))
    return Asked(knowledge, cells_of, ranks)


@cache
def _table_of(knowledge: Knowledge, key: str) -> AnswerTable:
    return AnswerTable(knowledge.edition.model, {key: knowledge.choosing[key]})


def changes_of(key: str, patient: Patient, asked: Asked) -> dict[tuple[str, str], int]:
    """What each answer adds to the weight of its fact through one open statement, in tenths."""
    knowledge = asked.knowledge
    model, table = knowledge.edition.model, _table_of(knowledge, key)
    if key not in asked.ranks or table.codes(patient.facts)[0] != AnswerTable.UNKNOWN:
        return {}
    entered = {k: v for k, v in patient.facts.items() if not model.facts[k].follows}
    given = entered | patient.given
    found = {}
    for fact in asked.ranks[key]:
        known = model.known(fact, patient.facts)
        if is_settled(known):
            continue
        for cell in _answers_to(fact, known, knowledge):
            code = table.codes(given | {fact: cell})[0]
            if code != AnswerTable.UNKNOWN:
                name = _cell_name(cell, known, fact, knowledge)
                found[fact, name] = round(10 * _weight(key, code))
    return found


def _cell_name(cell: Known, known: Known, fact: str, knowledge: Knowledge) -> str:
    match cell, known:
        case OneOf(values), _:
            return min(values)
        case Between(low), _:
            bounds = [test for test in _asking(knowledge, fact) if isinstance(test, Bound)]
            return "".join("y" if bound.holds(low) else "n" for bound in bounds)
        case Holding(has), Holding(had):
            return ",".join(sorted(has - had))
    raise TypeError(f"{cell} is no answer to {fact}")
