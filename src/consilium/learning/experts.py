"""Experts side by side: who says to agree, and where their positions meet for a patient.

Two readings of agreement are kept apart. That a speaker says to agree is a
relation between turns. That two speakers' positions meet is computed for one
patient at a time, by the planner, and holds for that patient only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from consilium.guidance.voices import FAVOURABLE, STANCE_WORDS, Agreement, Voice, agreement
from consilium.intake import read_patient
from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity, Question
from consilium.knowledge.records import Region, Stance, WorkedCase
from consilium.planning import Plan, heard_by, plan

AGREEMENT_WORDS = {
    Agreement.AGREE: "they have a drug in common",
    Agreement.SPLIT: "they do not name the same drugs",
    Agreement.ONE_SPEAKS: "one speaks for this patient",
    Agreement.NOBODY_SPEAKS: "neither speaks for this patient",
}


class SaidToAgree(msgspec.Struct, frozen=True):
    """One speaker who says to agree with the turn of another."""

    speaker: str
    with_speaker: str
    at: str


class Cell(msgspec.Struct, frozen=True):
    """What one expert says for one patient; empty where nothing of theirs holds."""

    speaker: str
    says: tuple[str, ...]
    favours: tuple[str, ...]


class Row(msgspec.Struct, frozen=True):
    """One patient, what each expert says for them, and whether they meet."""

    case: str
    title: str
    cells: tuple[Cell, ...]
    agreement: Agreement
    says: str


class Comparison(msgspec.Struct, frozen=True):
    """The experts of one question: what they say of one another, and patient by patient."""

    question: str
    speakers: tuple[str, ...]
    said: tuple[SaidToAgree, ...]
    rows: tuple[Row, ...]


def compare_experts(
    activity: Activity,
    question: Question,
    cases: Mapping[str, WorkedCase],
    edition: Edition,
    as_of: date,
    region: Region,
) -> Comparison:
    """The experts of a question side by side, on those of the worked ``cases`` it can be tried on.

    A question of which no turn takes a position has no rows.
    """
    by_turn = {turn.id: turn.speaker for turn in activity.turns}
    speakers = tuple(dict.fromkeys(turn.speaker for turn in question.turns))
    said = tuple(
        SaidToAgree(turn.speaker, by_turn[name], turn.at)
        for turn in question.turns
        for name in turn.agrees_with
    )
    rows: tuple[Row, ...] = ()
    if any(turn.positions for turn in question.turns):
        rows = tuple(
            _row(cases[name], speakers, edition, as_of, region) for name in question.try_on
        )
    return Comparison(question.id, speakers, said, rows)


def plan_of(case: WorkedCase, edition: Edition, as_of: date, region: Region) -> Plan:
    """The plan of a worked case, on another day and in another region than its own."""
    found = read_patient(msgspec.json.encode(case.patient), edition)
    return plan(found, edition, as_of=as_of, region=region.value)


def title_of(case: WorkedCase) -> str:
    """The title of a worked case, or what it is there to show."""
    return case.title or case.why[:1].upper() + case.why[1:]


def favoured_by(voices: Iterable[Voice]) -> tuple[str, ...]:
    """The regimens for which these voices speak, whether or not they wait for an approval."""
    return tuple(
        dict.fromkeys(
            name
            for voice in voices
            if voice.holds and voice.stance in FAVOURABLE
            for name in voice.regimens
        )
    )


def _row(
    case: WorkedCase, speakers: tuple[str, ...], edition: Edition, as_of: date, region: Region
) -> Row:
    made = plan_of(case, edition, as_of, region)
    heard = [v for voices in heard_by(made).values() for v in voices if v.who in speakers]
    found, _ = agreement(heard)
    return Row(
        case.id,
        title_of(case),
        tuple(
            Cell(who, tuple(dict.fromkeys(_says(v, edition) for v in own)), favoured_by(own))
            for who in speakers
            for own in [[v for v in heard if v.who == who]]
        ),
        found,
        AGREEMENT_WORDS[found],
    )


def _says(voice: Voice, edition: Edition) -> str:
    named = (edition.regimens[name] for name in voice.regimens)
    regimens = ", ".join(regimen.short or regimen.name for regimen in named)
    words = f"{STANCE_WORDS[voice.stance]} {regimens}"
    if voice.stance is Stance.DEPENDS_ON:
        facts = " and ".join(edition.facts[fact].phrase for fact in voice.facts)
        words = f"lets {facts} decide between {regimens}"
    return f"{words} (once approved here)" if voice.waiting else words
