"""Statements and tests that change nothing: dead, shadowed, constant, redundant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from consilium.guidance.voices import FAVOURABLE
from consilium.knowledge.records import (
    CareRule,
    Position,
    Region,
    Shows,
    Stance,
)
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions
from consilium.proving.findings import Finding, Kind, Patient, example_of
from consilium.proving.subject import Subject
from consilium.rules.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    parts_of,
)
from consilium.rules.proving import Formula
from consilium.rules.say import say

NEVER = AnyOf(())
"""The condition that nobody meets."""


def dead(subject: Subject) -> Iterator[Finding]:
    """Statements that no patient reaches, or that count on no day."""
    for key, condition in subject.conditions.items():
        kind, name = key.split(":", 1)
        statement = name.split(":")[0]
        if key in subject.calendar.statements and not subject.calendar.ever(key):
            yield Finding(
                Kind.DEAD,
                (statement,),
                f"`{statement}` counts on no day: it ends before it begins"
                " or is superseded at once",
            )
            continue
        what = f"an extension of `{statement}`" if kind == "extension" else f"`{statement}`"
        asked = subject.holds(key)
        if subject.prover.possible(asked):
            if kind != "exclusion" and not subject.prover.possible(asked, subject.planned):
                yield Finding(
                    Kind.DEAD,
                    (statement,),
                    f"{what} speaks only of patients for whom no plan is made",
                    _anybody(subject, asked, key),
                    seen=_refusal(subject, asked),
                )
            continue
        parts = condition.parts if isinstance(condition, AllOf) else (condition,)
        clash = subject.prover.clash(parts)
        said = "; ".join(say(part, subject.edition.model) for part in clash)
        yield Finding(
            Kind.DEAD,
            (statement,),
            f"no patient reaches {what}: nobody meets together: {said}",
            _nearest(subject, parts, clash, key),
            unseen=_ways(subject, key)[:1],
        )
    yield from _dead_meanings(subject)


def _dead_meanings(subject: Subject) -> Iterator[Finding]:
    """Values of a fact that follow for nobody, and impossible combinations that nobody could be."""
    model, prover, bare = subject.edition.model, subject.prover, subject.bare
    for fact in model.defined:
        for value, when in fact.definition.items():
            if not prover.possible(prover.holds(when)):
                says = f"`{fact.id}` is {value} for nobody: {say(when, model)}"
                yield Finding(Kind.DEAD, (fact.id,), says)
    for invariant in subject.edition.contents.invariants:
        if not bare.possible(bare.holds(invariant.never)):
            said = say(invariant.never, model)
            says = f"`{invariant.id}` forbids what nobody could be: {said}"
            yield Finding(Kind.DEAD, (invariant.id,), says)


def _anybody(subject: Subject, asked: Formula, key: str) -> Patient | None:
    example = subject.find(asked, subject.planned) or subject.find(asked)
    moment = _moment(subject, key)
    return None if example is None else example_of(subject, example.values, asked, moment)


def _nearest(
    subject: Subject, parts: tuple[Condition, ...], clash: tuple[Condition, ...], key: str
) -> Patient | None:
    """A patient who meets all of a condition but the last of the parts that clash."""
    left = [subject.prover.holds(p) for p in parts if not clash or p is not clash[-1]]
    wanted = subject.z3.And(left)
    example = subject.find(wanted, subject.planned)
    if example is None:
        return None
    return example_of(subject, example.values, wanted, _moment(subject, key))


def _moment(subject: Subject, key: str) -> Moment:
    base = f"position:{key.split(':')[1]}" if key.startswith("extension:") else key
    if base in subject.calendar.statements:
        found = subject.calendar.together([base])
        if found is not None:
            return found
    return Moment(Region.US, subject.edition.info.date.last)


def _refusal(subject: Subject, asked: Formula) -> tuple[Shows, ...]:
    """Why no plan is made for anybody of whom a formula is true, if it is one reason."""
    for exclusion in subject.edition.contents.scopes.exclusions:
        if not subject.prover.possible(asked, subject.z3.Not(subject.prover.holds(exclusion.when))):
            return (Shows(excluded=exclusion.id),)
    return ()


def _ways(subject: Subject, key: str) -> tuple[Shows, ...]:
    """The ways in which a plan may show that a statement holds."""
    kind, name = key.split(":")[:2]
    edition = subject.edition
    match kind:
        case "position" | "extension":
            return (Shows(position=name),)
        case "trial":
            return (Shows(trial=name, fit="yes"),)
        case "scope" | "unspoken":
            return (Shows(scope=name),)
        case "exclusion":
            return (Shows(excluded=name),)
        case "approval":
            approval = edition.approvals[name]
            return tuple(Shows(regimen=r, label=approval.status) for r in approval.regimens)
        case "care":
            drug = edition.care[name].drug
            named = [r for r in edition.regimens if drug in edition.drugs_of(r)]
            return tuple(Shows(regimen=r, caution=name) for r in named)
    return ()


def _shown(subject: Subject, asked: Formula, moment: Moment, *keys: str) -> tuple[Shows, ...]:
    """How the plan of some patient of whom a formula is true shows that statements hold."""
    decisions = Decisions(subject, subject.complete, moment)
    for ways in zip(*(_ways(subject, key) for key in keys), strict=False):
        if subject.prover.possible(asked, *(decisions.shown(one) for one in ways)):
            return ways
    return ()


def _example(
    subject: Subject, asked: Formula, moment: Moment, seen: tuple[Shows, ...]
) -> Patient | None:
    """A patient of whom a formula is true and whose plan shows what it should."""
    decisions = Decisions(subject, subject.complete, moment)
    goal = subject.prover.logic.every(asked, *(decisions.shown(one) for one in seen))
    example = subject.find(goal, subject.planned) or subject.find(goal)
    return None if example is None else example_of(subject, example.values, goal, moment)


# --- shadowed -------------------------------------------------------------------------------------


def shadowed(subject: Subject) -> Iterator[Finding]:
    """Statements that another of the same source says for all their patients already."""
    yield from _overridden(subject)
    yield from _extended_to_nobody(subject)
    contents = subject.edition.contents
    positions = [(f"position:{p.id}", p) for p in contents.positions]
    for index, (key, one) in enumerate(positions):
        for other_index, (other_key, other) in enumerate(positions):
            if index != other_index and _says_no_more(one, other):
                yield from _covered(subject, key, other_key, later=index > other_index)
    approvals = [(f"approval:{a.id}", a) for a in contents.approvals]
    for index, (key, a) in enumerate(approvals):
        for other_index, (other_key, b) in enumerate(approvals):
            if index != other_index and a.status == b.status and set(a.regimens) <= set(b.regimens):
                yield from _covered(subject, key, other_key, later=index > other_index)
    rules = [(f"care:{c.id}", c) for c in contents.care]
    for index, (key, rule) in enumerate(rules):
        for other_index, (other_key, other_rule) in enumerate(rules):
            if index != other_index and _same_rule(rule, other_rule):
                yield from _covered(subject, key, other_key, later=index > other_index)


def _same_rule(one: CareRule, other: CareRule) -> bool:
    return (one.drug, one.kind, one.who, one.says) == (
        other.drug,
        other.kind,
        other.who,
        other.says,
    )


def _strength(stance: Stance) -> int:
    return FAVOURABLE.index(stance) if stance in FAVOURABLE else -1


def _says_no_more(one: Position, other: Position) -> bool:
    """Whether a position adds nothing where the other holds too."""
    if one.who != other.who or not set(one.regimens) <= set(other.regimens):
        return False
    if one.stance in FAVOURABLE:
        weaker = other.stance in FAVOURABLE and _strength(other.stance) <= _strength(one.stance)
    else:
        weaker = one.stance is other.stance and set(one.facts) <= set(other.facts)
    return (
        weaker
        and set(one.over) <= set(other.over)
        and set(one.overrides) - {other.id} <= set(other.overrides)
        and other.premise in ("", one.premise)
    )


def _covered(subject: Subject, key: str, other: str, *, later: bool) -> Iterator[Finding]:
    calendar, z3, prover = subject.calendar, subject.z3, subject.prover
    if not calendar.within(key, other) or not calendar.ever(key):
        return
    if (
        calendar.within(other, key)
        and not later
        and not prover.possible(subject.holds(other), z3.Not(subject.holds(key)))
    ):
        return  # the two say the same: the later one is the one too many
    one_name, other_name = key.split(":", 1)[1], other.split(":", 1)[1]
    moment = calendar.together([key, other])
    if moment is None:
        return
    if key.startswith("position:"):
        decisions = Decisions(subject, subject.complete, moment)
        edition = subject.edition
        one, covering = (
            decisions.holds(edition.positions[name]) for name in (one_name, other_name)
        )
    else:
        one, covering = (subject.holds(k) for k in (key, other))
    if prover.possible(one, subject.planned, z3.Not(covering)):
        return
    if not prover.possible(one, subject.planned):
        return
    both = z3.And(one, covering)
    seen = _shown(subject, both, moment, key, other)
    yield Finding(
        Kind.SHADOWED,
        (one_name, other_name),
        f"`{one_name}` adds nothing: `{other_name}` holds for all its patients and says as much",
        _example(subject, both, moment, seen),
        seen=seen,
    )


def _overridden(subject: Subject) -> Iterator[Finding]:
    """Positions that exceptions take away from every one of their patients."""
    prover, calendar = subject.prover, subject.calendar
    for position in subject.edition.contents.positions:
        key = f"position:{position.id}"
        overriding = [
            q.id for q in subject.edition.contents.positions if position.id in q.overrides
        ]
        if not overriding or not calendar.ever(key):
            continue
        if not prover.possible(subject.holds(key), subject.planned):
            continue
        reached = False
        for moment in calendar.moments([key, *(f"position:{name}" for name in overriding)]):
            if calendar.counts(key, moment):
                decisions = Decisions(subject, subject.complete, moment)
                reached = prover.possible(subject.planned, decisions.holds(position))
                if reached:
                    break
        if reached:
            continue
        moment = _moment(subject, key)
        formula = subject.holds(key)
        example = subject.find(formula, subject.planned)
        assert example is not None
        yield Finding(
            Kind.SHADOWED,
            (position.id, *overriding),
            f"`{position.id}` is overridden for every one of its patients",
            example_of(subject, example.values, formula, moment),
            unseen=(Shows(position=position.id),),
        )


def _extended_to_nobody(subject: Subject) -> Iterator[Finding]:
    """Extensions to patients of whom the position speaks anyway."""
    for position in subject.edition.contents.positions:
        key = f"position:{position.id}"
        for index in range(len(position.extends_to)):
            extended = subject.holds(f"extension:{position.id}:{index}")
            beyond = subject.z3.Not(subject.holds(key))
            meets = subject.prover.possible(extended, subject.planned)
            if meets and not subject.prover.possible(extended, subject.planned, beyond):
                moment = _moment(subject, key)
                seen = _shown(subject, extended, moment, key)
                yield Finding(
                    Kind.SHADOWED,
                    (position.id,),
                    f"an extension of `{position.id}` reaches nobody of whom it does not speak",
                    _example(subject, extended, moment, seen),
                    seen=seen,
                )


# --- constant and redundant -----------------------------------------------------------------------


class _Place(NamedTuple):
    """A part of a condition, with the whole once it is held true and once false."""

    part: Condition
    without: Condition
    against: Condition


def idle_tests(subject: Subject) -> Iterator[Finding]:
    """Parts of conditions that are always the same, or that change no answer."""
    for key, condition in subject.conditions.items():
        if key.startswith("extension:") or not subject.prover.possible(subject.holds(key)):
            continue
        yield from _idle_in(subject, key, condition)
    for fact in subject.edition.model.defined:
        for value, when in fact.definition.items():
            if subject.prover.possible(subject.prover.holds(when)):
                yield from _idle_in(subject, f"fact:{fact.id}:{value}", when)


def _idle_in(subject: Subject, key: str, condition: Condition) -> Iterator[Finding]:
    prover, bare, z3, model = subject.prover, subject.bare, subject.z3, subject.edition.model
    name = key.split(":", 2)[1]
    whole = prover.holds(condition)
    reported: list[Condition] = []
    for place in _places(condition):
        if any(place.part in _inside(parent) for parent in reported) or place.part == ALWAYS:
            continue
        part = prover.holds(place.part)
        found: tuple[Kind, str] | None = None
        said = say(place.part, model)
        if not prover.possible(part):
            found = Kind.CONSTANT, f"nobody meets a part of `{name}`: {said}"
        elif not prover.possible(z3.Not(part)):
            found = Kind.CONSTANT, f"everybody meets a part of `{name}`: {said}"
        elif place.part is not condition:
            for changed in (place.without, place.against):
                # what only an impossible combination makes idle is what the source says, and stays
                if not bare.possible(z3.Xor(bare.holds(condition), bare.holds(changed))):
                    found = Kind.REDUNDANT, f"a test of `{name}` changes no answer: {said}"
                    break
        if found is None:
            continue
        reported.append(place.part)
        kind, says = found
        moment = _moment(subject, key)
        seen = _shown(subject, whole, moment, key)
        yield Finding(kind, (name,), says, _example(subject, whole, moment, seen), seen=seen)


def _inside(condition: Condition) -> Iterator[Condition]:
    yield condition
    for part in parts_of(condition):
        yield from _inside(part)


def _places(condition: Condition) -> Iterator[_Place]:
    """Every part, from the whole inwards, with the whole as it would be without it."""
    yield _Place(condition, ALWAYS, NEVER)
    for index, part in enumerate(parts_of(condition)):
        for inner in _places(part):
            yield _Place(
                inner.part,
                _with(condition, index, inner.without),
                _with(condition, index, inner.against),
            )


def _with(condition: Condition, index: int, part: Condition) -> Condition:
    """A condition with one of its parts replaced."""
    match condition:
        case AllOf() | AnyOf():
            return type(condition)((*condition.parts[:index], part, *condition.parts[index + 1 :]))
        case AtLeast():
            return AtLeast(
                condition.n, (*condition.parts[:index], part, *condition.parts[index + 1 :])
            )
        case Not():
            return Not(part)
        case IsOneOf() | Bound() | Includes():
            return condition
