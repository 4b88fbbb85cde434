"""What must hold across an activity: who speaks, what is declared, what each turn rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from consilium.errors import nearest
from consilium.knowledge.contents import Contents
from consilium.knowledge.learning import Activity, Turn

_Found = tuple[object, str]


def parts_of_activities(activities: Iterable[Activity]) -> dict[str, list[msgspec.Struct]]:
    """The parts of activities that have an id of their own, by kind."""
    found: dict[str, list[msgspec.Struct]] = {
        kind: []
        for kind in ("objective", "question", "turn", "remark", "takeaway", "poll", "test question")
    }
    for activity in activities:
        found["objective"] += activity.objectives
        found["question"] += activity.questions
        found["turn"] += activity.turns
        found["remark"] += [remark for turn in activity.turns for remark in turn.remarks]
        found["takeaway"] += activity.takeaways
        found["poll"] += activity.polls
        found["test question"] += activity.test.questions if activity.test else ()
    return found


def activity_problems(contents: Contents) -> Iterator[_Found]:
    """Each record of an activity, a drug or an organisation that is wrong, and what is wrong."""
    spellings = {s for organisation in contents.organisations for s in organisation.spellings}
    for organisation in contents.organisations:
        if organisation.name not in organisation.spellings:
            yield organisation, f"`{organisation.name}` is missing among its own spellings"
    for drug in contents.drugs:
        for maker in drug.makers:
            if maker not in spellings:
                yield drug, _unknown(maker, spellings)
    kinds = {speaker.id: speaker.kind for speaker in contents.speakers}
    whose = {each.id: each.who for each in contents.positions if each.who in kinds}
    for activity in contents.activities:
        yield from _faculty(activity, spellings, kinds)
        yield from _questions(activity, whose)
        yield from _takeaways(activity)
        yield from _polls(activity)
        yield from _test(activity)
        yield from _credit(activity)


def _unknown(spelling: str, spellings: set[str]) -> str:
    hint = nearest(spelling, spellings)
    return f"no organisation is spelled `{spelling}`; add it to its `spellings`.{hint}"


def _faculty(activity: Activity, spellings: set[str], kinds: Mapping[str, str]) -> Iterator[_Found]:
    named = [member.speaker for member in activity.faculty]
    if len(set(named)) != len(named):
        yield activity, "a member of the faculty is listed twice"
    for member in activity.faculty:
        declared = member.disclosure
        if kinds.get(member.speaker, "person") != "person":
            yield member, f"`{member.speaker}` is no person and discloses nothing"
        if (declared.status == "declared") != bool(declared.relationships):
            yield member, "a disclosure is `declared` exactly when it lists `relationships`"
        if not declared.at:
            yield member, "a disclosure names its place in the source under `at`"
        for relationship in declared.relationships:
            if not (relationship.organisations or relationship.patents):
                yield relationship, f"`{relationship.kind}` names nobody and no patent"
            for spelling in relationship.organisations:
                if spelling not in spellings:
                    yield relationship, _unknown(spelling, spellings)
    for turn in activity.turns:
        if turn.speaker not in named:
            yield turn, f"`{turn.speaker}` speaks and is not among the faculty"


def _questions(activity: Activity, whose: Mapping[str, str]) -> Iterator[_Found]:
    before: list[str] = []
    objectives = {objective.id for objective in activity.objectives}
    for question in activity.questions:
        if not question.turns:
            yield question, "a question needs at least one turn"
        if not question.objectives or not set(question.objectives) <= objectives:
            yield question, "a question serves objectives of its own activity"
        for turn in question.turns:
            yield from _turn(turn, before, whose)
            before.append(turn.id)
    served = {name for question in activity.questions for name in question.objectives}
    for objective in activity.objectives:
        if objective.id not in served:
            yield objective, "no question serves this objective"


def _turn(turn: Turn, before: list[str], whose: Mapping[str, str]) -> Iterator[_Found]:
    backed = (turn.positions, turn.results, turn.harms, turn.care, turn.trials, turn.remarks)
    if not turn.says:
        yield turn, "a turn says something"
    if not any(backed):
        yield turn, "a turn rests on statements, or has a remark where it takes no stance"
    for name in turn.agrees_with:
        if name not in before:
            yield turn, f"one agrees with a turn before one's own, and `{name}` is none"
    for name in turn.positions:
        if whose.get(name, turn.speaker) != turn.speaker:
            yield turn, f"`{name}` is a position of {whose[name]}, not of {turn.speaker}"
    for remark in turn.remarks:
        if bool(remark.flag) != bool(remark.reason):
            yield remark, "a `flag` has a `reason`, and a `reason` a `flag`"


def _takeaways(activity: Activity) -> Iterator[_Found]:
    questions = {question.id for question in activity.questions}
    for takeaway in activity.takeaways:
        if takeaway.question not in questions:
            yield takeaway, f"`{takeaway.question}` is no question of this activity"
        if not (takeaway.positions or takeaway.results or takeaway.harms or takeaway.trials):
            yield takeaway, "a takeaway rests on statements"


def _polls(activity: Activity) -> Iterator[_Found]:
    polls = {poll.id for poll in activity.polls}
    for poll in activity.polls:
        if len(set(poll.options)) != len(poll.options) or len(poll.options) < 2:
            yield poll, "a poll offers at least two options, each of them once"
        if poll.successor and (poll.successor not in polls or poll.successor == poll.id):
            yield poll, "a poll is followed by another poll of its activity"
        if poll.successor and poll.premise is None:
            yield poll, "a poll has a successor when its premise can be overtaken"
        if poll.premise and not (poll.premise.approvals or poll.premise.positions):
            yield poll.premise, "a premise names the statements by which it becomes so"


def _test(activity: Activity) -> Iterator[_Found]:
    if activity.test is None:
        return
    if activity.credit is None or "test" not in activity.credit.requires:
        yield activity.test, "a test belongs to a scheme under `credit` that requires it"
    if not activity.test.questions:
        yield activity.test, "a test has at least one question"
    objectives = {objective.id for objective in activity.objectives}
    for question in activity.test.questions:
        if len(set(question.options)) != len(question.options) or len(question.options) < 2:
            yield question, "a question offers at least two answers, each of them once"
        if question.right not in question.options:
            yield question, "the `right` answer is one of the `options`, word for word"
        if not question.statements:
            yield question, "the right answer rests on statements of the edition"
        if not question.objectives or not set(question.objectives) <= objectives:
            yield question, "a question serves objectives of its own activity"


def _credit(activity: Activity) -> Iterator[_Found]:
    scheme = activity.credit
    if scheme is None:
        return
    tested = "test" in scheme.requires
    if not scheme.requires or len(set(scheme.requires)) != len(scheme.requires):
        yield scheme, "a scheme requires something, each thing once"
    if tested and activity.test is None:
        yield scheme, "a scheme that requires the test needs an activity that has one"
    if tested and (scheme.pass_percent is None or scheme.attempts is None):
        yield scheme, "a scheme that requires the test states `pass_percent` and `attempts`"
    if scheme.pass_percent is not None and not 0 < scheme.pass_percent <= 100:
        yield scheme, f"`pass_percent: {scheme.pass_percent}` does not lie between 1 and 100"
    if scheme.attempts is not None and scheme.attempts < 1:
        yield scheme, f"`attempts: {scheme.attempts}` leaves nobody a try"
    if scheme.keep_years < 1:
        yield scheme, f"`keep_years: {scheme.keep_years}` keeps no record"
