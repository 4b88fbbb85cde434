"""What to do when something happens, and what the next dose is.

Every rule that holds is shown with its label date and region; rules of two
labels are never merged. A row that was not read says so, and a worse grade is
never handled more loosely than a milder one for want of its row.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from consilium.care.bedside import Told, settled
from consilium.care.doses import amounts, lowered, lowered_by_percent, plain
from consilium.care.statements import Care
from consilium.evidence.sources import Citation
from consilium.knowledge.bedside import EVENT
from consilium.knowledge.giving import DoseSchedule, EventRule, NextDose, Silence
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.conditions import AnyOf

STRICTNESS = (
    "none-read",
    "continue",
    "watch",
    "slow-or-interrupt-infusion",
    "reduce",
    "hold",
    "hold-or-stop",
    "stop",
)
"""What to do now, from the loosest to the strictest."""

_DO = {
    "continue": "go on",
    "watch": "go on, and do what is named",
    "slow-or-interrupt-infusion": "slow or interrupt the infusion",
    "reduce": "lower the dose",
    "hold": "hold the dose",
    "hold-or-stop": "hold the dose, or end the treatment, by severity",
    "stop": "end this drug for good",
}


class NextDoseAnswer(msgspec.Struct, frozen=True):
    """The dose after an event: ``dose`` as the rule has it, and the amount where it is known."""

    dose: str
    text: str
    amount: str = ""
    level: int | None = None
    missing: tuple[str, ...] = ()


class EventAnswer(msgspec.Struct, frozen=True):
    """One rule as it answers an event; ``read_as`` is how its words were read."""

    rule: str
    drug: str
    do: str
    text: str
    says: str
    who: str
    since: str
    until: str
    next_doses: tuple[NextDoseAnswer, ...]
    also: tuple[str, ...]
    because: tuple[Citation, ...]
    missing: tuple[str, ...] = ()
    read_as: tuple[str, ...] = ()


class DrugEvent(msgspec.Struct, frozen=True):
    """What is held on one event for one drug.

    ``do`` is the strictest that holds, and the end where no dose may follow.
    ``possible`` rules wait for a fact, ``elsewhere`` are rules of other regions,
    ``not_read`` rows that were looked for; ``floor`` says where an unread grade
    leans on a milder one.
    """

    drug: str
    told: str
    do: str
    holds: tuple[EventAnswer, ...] = ()
    possible: tuple[EventAnswer, ...] = ()
    elsewhere: tuple[EventAnswer, ...] = ()
    not_read: tuple[str, ...] = ()
    floor: str = ""


def answer_event(care: Care, drug: str, told: Told, level: int = 0) -> DrugEvent:
    """What to do now and what the next dose is, for one drug at its present level."""
    event = told.word(EVENT)
    rules = _about(care.of(EventRule, drug), event)
    schedule = next(iter(care.of(DoseSchedule, drug)), None)
    holds: list[EventAnswer] = []
    possible: list[EventAnswer] = []
    unread: list[str] = []
    for rule in rules:
        held = told.answer(rule.when)
        if held is NO:
            continue
        if rule.later_occurrences == "not-read" and (told.number("occurrence") or 1) > 1:
            unread.append(
                f"{rule.says}: this is the row of a first occurrence; "
                "the rows of later occurrences were not read"
            )
            continue
        found = _answer(rule, told, schedule, level, open_=held is UNKNOWN)
        (holds if held is YES else possible).append(found)
    silent = [s for s in care.silent(drug) if event in s.events and told.answer(s.when) is not NO]
    unread += [_say_silence(s, care) for s in silent]
    do = max((found.do for found in holds), key=STRICTNESS.index, default="none-read")
    do, floor = _never_looser(care, drug, told, do)
    if any(_leaves_no_dose(found) for found in holds):
        do = "stop"
    if do == "stop":  # nothing that might hold besides matters any more
        possible = [found for found in possible if found.do == "stop"]
    elsewhere = [
        _answer(rule, told, None, level, open_=told.answer(rule.when) is UNKNOWN)
        for rule in _about(care.of_elsewhere(EventRule, drug), event)
        if not holds and told.answer(rule.when) is not NO
    ]
    if not holds and not possible and not unread:
        unread.append(
            "no row on this event fits what was told; the rows held are: "
            + "; ".join(rule.says for rule in rules)
            if rules
            else f"no rule on this event for {care.name(drug)} is in the stored sources"
        )
    return DrugEvent(
        drug=drug,
        told=told.text(),
        do=do,
        holds=tuple(holds),
        possible=tuple(possible),
        elsewhere=tuple(elsewhere),
        not_read=tuple(unread),
        floor=floor,
    )


def _leaves_no_dose(found: EventAnswer) -> bool:
    """Whether whatever may follow is the end: confirmed, or after the last level."""
    return bool(found.next_doses) and all(
        then.dose == "stop" and not then.missing for then in found.next_doses
    )


def _never_looser(care: Care, drug: str, told: Told, do: str) -> tuple[str, str]:
    """At least what holds for a milder grade of the same event, where the row is missing."""
    grade = told.number("grade")
    rules = _about(care.of(EventRule, drug), told.word(EVENT))
    if grade is None or not rules:
        return do, ""
    bare = {name: known for name, known in told.given.items() if not _tied_to_grade(name)}
    strictest, from_grade = do, 0
    for milder in range(1, int(grade)):
        other = Told(told.edition, {**bare, "grade": settled(float(milder))})
        for rule in rules:
            worse = STRICTNESS.index(rule.do) > STRICTNESS.index(strictest)
            if worse and other.answer(rule.when) is YES:
                strictest, from_grade = rule.do, milder
    if not from_grade:
        return do, ""
    return strictest, (
        f"the row for grade {grade:g} was not read; grade {from_grade} already says: "
        f"{_DO[strictest]}, and a worse grade is not handled more loosely (our reading)"
    )


def _tied_to_grade(name: str) -> bool:
    return name in ("anc", "platelets", "haemoglobin", "lvef", "transaminases", "bilirubin")


def _about(rules: Iterable[EventRule], event: str) -> tuple[EventRule, ...]:
    return tuple(rule for rule in rules if event in rule.events)


def _answer(
    rule: EventRule, told: Told, schedule: DoseSchedule | None, level: int, *, open_: bool
) -> EventAnswer:
    until = _until(rule, told)
    text = _DO[rule.do]
    if until:
        text += f" until {until}"
    return EventAnswer(
        rule=rule.id,
        drug=rule.drug,
        do=rule.do,
        text=text,
        says=rule.says,
        who=rule.who,
        since=str(rule.since),
        until=until,
        next_doses=tuple(_next_doses(rule, told, schedule, level)),
        also=rule.also,
        because=rule.because,
        missing=told.missing(rule.when) if open_ else (),
        read_as=tuple(filter(None, (*rule.interpretation.values(), rule.note))),
    )


def _until(rule: EventRule, told: Told) -> str:
    """Until when to hold, as far as it concerns the day of the next dose."""
    until = rule.hold_until
    if until is None:
        return ""
    if isinstance(until, AnyOf):
        that_day = told.only("day")
        parts = tuple(part for part in until.parts if that_day.answer(part) is not NO)
        until = parts[0] if len(parts) == 1 else AnyOf(parts or until.parts)
    return told.say(until)


def _next_doses(
    rule: EventRule, told: Told, schedule: DoseSchedule | None, level: int
) -> Iterable[NextDoseAnswer]:
    for then in rule.then:
        held = told.answer(then.when)
        if held is NO:
            continue
        missing = told.missing(then.when) if held is UNKNOWN else ()
        condition = f"if {told.say(then.when)}: " if held is UNKNOWN else ""
        yield _next_dose(then, schedule, level, condition, missing)


def _next_dose(
    then: NextDose,
    schedule: DoseSchedule | None,
    level: int,
    condition: str,
    missing: tuple[str, ...],
) -> NextDoseAnswer:
    match then.dose:
        case "same":
            return _same(then.dose, "the same dose again", schedule, level, condition, missing)
        case "none-named":
            return _same(then.dose, "no reduction is named", schedule, level, condition, missing)
        case "not-read":
            return NextDoseAnswer(
                "not-read", condition + "the dose after it was not read", missing=missing
            )
        case "stop":
            return NextDoseAnswer("stop", condition + "permanently discontinued", missing=missing)
    words = {
        "reduce": "",
        "same-or-reduce": "the same dose, or ",
        "reduce-or-stop": "ended, or ",
    }[then.dose]
    if then.percent is not None:
        text, amount = f"{then.percent} % less", ""
        below: int | None = None
        if schedule is not None and level == 0:
            lower = lowered_by_percent(schedule, level, then.percent)
            amount = f"{plain(lower)} {schedule.unit}"
            text = f"{text}: {amount}"
            found = amounts(schedule)
            below = found.index(lower) if lower in found else None
        return NextDoseAnswer(then.dose, condition + words + text, amount, below, missing)
    if schedule is None or schedule.levels_stated == "start-only":
        return NextDoseAnswer(
            then.dose,
            condition + words + "one level down; the levels were not read here",
            missing=missing,
        )
    lower_level = lowered(schedule, level, then.levels)
    if lower_level is None:
        after = (
            "there is no lower level: permanently discontinued"
            if schedule.after_last == "stop"
            else "there is no lower level, and what follows it was not read"
        )
        dose = "stop" if schedule.after_last == "stop" else "not-read"
        return NextDoseAnswer(dose, condition + words + after, missing=missing)
    amount = f"{plain(amounts(schedule)[lower_level])} {schedule.unit}"
    count = "one level" if then.levels == 1 else f"{then.levels} levels"
    again = "; not raised again" if schedule.re_escalation == "never" else ""
    return NextDoseAnswer(
        then.dose,
        f"{condition}{words}{count} down: {amount}{again}",
        amount,
        lower_level,
        missing,
    )


def _same(
    dose: str,
    text: str,
    schedule: DoseSchedule | None,
    level: int,
    condition: str,
    missing: tuple[str, ...],
) -> NextDoseAnswer:
    amount = f"{plain(amounts(schedule)[level])} {schedule.unit}" if schedule else ""
    shown = f"{condition}{text}{f': {amount}' if amount else ''}"
    return NextDoseAnswer(dose, shown, amount, level, missing)


def _say_silence(silence: Silence, care: Care) -> str:
    others = ", ".join(care.name(drug) for drug in silence.not_from)
    from_others = f"; the rules of {others} do not hold here" if others else ""
    return f"not in the stored sources: {silence.says}{from_others}"
