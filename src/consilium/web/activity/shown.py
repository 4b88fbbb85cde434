"""What the activity pages show, arranged from the edition; nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache

import msgspec

from consilium.clinical.dates import Day
from consilium.guidance.interests import declared_with, ledger
from consilium.guidance.voices import STANCE_WORDS
from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity, FacultyMember, Poll, Question, Turn
from consilium.knowledge.records import Approval, Position, Region, Stance, WorkedCase
from consilium.learning.experts import Comparison, compare_experts, plan_of, title_of
from consilium.planning import heard_by
from consilium.planning.figures import say_result
from consilium.rules.say import say

FLAGS = {
    "wording-ambiguous": "wording of the source unclear",
    "true-in-context-only": "true in its context only",
    "overtaken": "overtaken since",
}


def with_supporters(edition: Edition) -> list[tuple[Activity, list[str]]]:
    """The activities of an edition, each with the names of those who support it."""
    return [
        (activity, [edition.organisations[s.organisation].name for s in activity.supporters])
        for activity in edition.activities.values()
    ]


class Backed(msgspec.Struct, frozen=True):
    """A statement behind what is said: its kind, id, words, and a mark."""

    kind: str
    id: str
    says: str
    mark: str = ""
    interest: str = ""


class TurnShown(msgspec.Struct, frozen=True):
    """One turn, ready for the page."""

    turn: Turn
    name: str
    credentials: str
    ties: str
    agrees_with: tuple[str, ...]
    backing: tuple[Backed, ...]
    try_on: tuple[tuple[str, str], ...]


class Premise(msgspec.Struct, frozen=True):
    """Whether what a poll supposes has come true: since when, and by what."""

    overtaken: bool
    since: str = ""
    by: tuple[str, ...] = ()


@cache
def worked_cases(edition: Edition) -> dict[str, WorkedCase]:
    """The worked cases of an edition by id, read once."""
    return {case.id: case for case in edition.cases()}


@lru_cache(maxsize=256)
def compared(
    activity: Activity, question: Question, edition: Edition, as_of: date, region: Region
) -> Comparison:
    """The experts of a question side by side; kept, since it plans several patients."""
    cases = worked_cases(edition)
    return compare_experts(activity, question, cases, edition, as_of, region)


@lru_cache(maxsize=256)
def _tried_on(
    turn: Turn, question: Question, edition: Edition, as_of: date, region: Region
) -> tuple[tuple[str, str], ...]:
    """The worked patients whom a turn speaks of; all of the question where it takes no position."""
    cases = [worked_cases(edition)[name] for name in question.try_on]
    spoken_of = [
        case
        for case in cases
        if any(
            voice.position in turn.positions
            for voices in heard_by(plan_of(case, edition, as_of, region)).values()
            for voice in voices
        )
    ]
    return tuple((case.id, title_of(case)) for case in spoken_of or cases)


def turns_shown(
    question: Question, activity: Activity, edition: Edition, as_of: date, region: Region
) -> tuple[TurnShown, ...]:
    """The turns of a question with the statements behind them."""
    speakers = {turn.id: edition.speakers[turn.speaker].name for turn in activity.turns}
    members = {member.speaker: member for member in activity.faculty}
    return tuple(
        TurnShown(
            turn,
            edition.speakers[turn.speaker].name,
            edition.speakers[turn.speaker].credentials,
            ties_in_short(members[turn.speaker], activity, edition),
            tuple(speakers[name] for name in turn.agrees_with),
            tuple(_backing(turn, edition, as_of)),
            _tried_on(turn, question, edition, as_of, region),
        )
        for turn in question.turns
    )


def ties_in_short(member: FacultyMember, activity: Activity, edition: Edition) -> str:
    """How many organisations somebody declares, and whether the supporter is among them."""
    named = {
        organisation.id
        for relationship in member.disclosure.relationships
        for spelling in relationship.organisations
        for organisation in edition.organisations_spelled[spelling]
    }
    said = f"declares ties to {len(named)} organisations"
    for support in activity.supporters:
        supporter = edition.organisations[support.organisation]
        if declared_with(member.disclosure, supporter, edition):
            said += f", {supporter.name} among them, which supported this activity"
    return said


def position_in_words(position: Position, edition: Edition) -> str:
    """A position as a sentence: who, stance, regimens, for whom."""
    who = edition.speakers[position.who]
    regimens = ", ".join(edition.regimens[name].name for name in position.regimens)
    words = f"{STANCE_WORDS[position.stance]} {regimens}"
    if position.stance is Stance.DEPENDS_ON:
        facts = " and ".join(edition.facts[fact].phrase for fact in position.facts)
        words = f"lets {facts} decide between {regimens}"
    over = ", ".join(edition.regimens[name].name for name in position.over)
    rather = f" over {over}" if over else ""
    premise = ", once approved" if position.premise else ""
    whom = say(position.when, edition.model)
    return f"{who.short or who.name} {words}{rather}{premise}. For: {whom}"


def _backing(turn: Turn, edition: Edition, as_of: date) -> Iterator[Backed]:
    yield from positions_shown(turn.positions, edition, as_of)
    yield from results_shown(turn.results, edition)
    trials = {harm.id: trial for trial in edition.contents.trials for harm in trial.harms}
    for name in turn.harms:
        term = edition.adverse_events.get(edition.harms[name].term)
        words = term.name if term else name
        yield Backed("harm", name, f"{trials[name].names[0]}: {words}")
    for name in turn.care:
        statement = edition.care.get(name) or edition.giving[name]
        yield Backed("care", name, statement.says)
    measured = {r.id: t.id for t in edition.contents.trials for r in t.results}
    shown = {measured[name] for name in turn.results}
    for name in turn.trials:
        if name not in shown:
            trial = edition.trials[name]
            yield Backed(
                "trial",
                name,
                f"{trial.names[0]}, {trial.status.value.replace('-', ' ')}, "
                f"checked {trial.status.checked}",
            )
    for remark in turn.remarks:
        flag = FLAGS.get(remark.flag, "")
        yield Backed(
            "remark",
            remark.id,
            f"{remark.says} ({remark.about}; no stance rests on it)",
            f"{flag}: {remark.reason}" if flag else "",
        )


def positions_shown(names: tuple[str, ...], edition: Edition, as_of: date) -> Iterator[Backed]:
    """Positions in words, each with its entry of the conflict ledger."""
    interests = ledger(edition, as_of)
    for name in names:
        position = edition.positions[name]
        overdue = (
            f"review overdue since {position.review_by}" if position.review_by.last < as_of else ""
        )
        yield Backed(
            "position", name, position_in_words(position, edition), overdue, interests[name].says
        )


def results_shown(names: tuple[str, ...], edition: Edition) -> Iterator[Backed]:
    """Results in words, each with the trial that measured it."""
    trials = {result.id: trial for trial in edition.contents.trials for result in trial.results}
    for name in names:
        result = edition.results[name]
        endpoint = edition.endpoints[result.endpoint]
        words = say_result(result, endpoint.short or endpoint.name, edition.regimens)
        yield Backed(
            "result",
            name,
            f"{trials[name].names[0]}: {words}",
            result.maturity if result.maturity != "not-stated" else "",
        )


def premise_of(poll: Poll, edition: Edition, as_of: date) -> Premise:
    """Whether a poll is still about what may come, as known on a day."""
    if poll.premise is None:
        return Premise(False)
    statements: list[Approval | Position] = [
        *(edition.approvals[name] for name in poll.premise.approvals),
        *(edition.positions[name] for name in poll.premise.positions),
    ]
    begun = [s for s in statements if isinstance(s.since, Day) and s.since.last <= as_of]
    if not begun:
        return Premise(False)
    first = min(s.since.last for s in begun if isinstance(s.since, Day))
    words = []
    for statement in sorted(begun, key=lambda s: str(s.since)):
        names = ", ".join(edition.regimens[name].name for name in statement.regimens)
        if isinstance(statement, Position):
            words.append(
                f"{edition.speakers[statement.who].name} names {names} ({statement.since})"
            )
        else:
            regions = ", ".join(region.value for region in statement.regions)
            words.append(f"{names} approved, {regions} ({statement.since})")
    return Premise(True, str(first), tuple(words))


def off_label(question: Question, edition: Edition, as_of: date, region: Region) -> tuple[str, ...]:
    """Regimens named in a question without any approval in force in a region; learners are told.

    An approval for other patients does not make the use that is spoken of one
    on the label: that the planner tells, patient by patient.
    """
    named = dict.fromkeys(
        name
        for turn in question.turns
        for position in turn.positions
        for name in edition.positions[position].regimens
    )
    approved = {
        name
        for approval in edition.in_force(edition.contents.approvals, as_of)
        if region in approval.regions and approval.status == "approved"
        for name in approval.regimens
    }
    return tuple(
        edition.regimens[name].name
        for name in named
        if name not in approved and edition.regimens[name].components
    )
