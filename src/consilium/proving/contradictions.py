"""One source that says two things of one patient which cannot both be meant.

Several regimens named by one position are alternatives. What different people
say against one another is no contradiction: it is listed as a split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, permutations

import msgspec

from consilium.guidance.voices import FAVOURABLE
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Approval, CareRule, Position, Region, Shows, Stance
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions, point_apart
from consilium.proving.findings import Finding, Kind, Patient, example_of, patient_of
from consilium.proving.subject import Subject
from consilium.rules.completions import written_out
from consilium.rules.conditions import ALWAYS, facts_in
from consilium.rules.proving import Example, Formula, Prover

_FIRST = (Stance.RECOMMENDS, Stance.MAY_BE_PREFERRED)


class Split(msgspec.Struct, frozen=True):
    """Two speakers who point apart for some patient: declared, not resolved."""

    positions: tuple[str, str]
    says: str
    example: Patient | None


def contradictions(subject: Subject) -> Iterator[Finding]:
    """Every contradiction within one source, one label, or one definition."""
    yield from _positions(subject)
    yield from _labels(subject)
    yield from _not_found(subject)
    yield from _scopes(subject)
    yield from _definitions(subject)


def clash_within(one: Position, other: Position, edition: Edition) -> str:
    """Why two positions of one source cannot both hold; empty if they can."""
    for p, q in ((one, other), (other, one)):
        shared = set(p.regimens) & set(q.regimens)
        # advice against a class is advice against each of it; for a class, for one of it
        against = set(p.regimens) & _members(q.regimens, edition)
        if p.stance in FAVOURABLE and q.stance is Stance.ADVISES_AGAINST and against:
            return f"advises both for and against {_names(against, edition)}"
        if p.stance in FAVOURABLE and q.stance is Stance.ONLY_IN_TRIAL and shared:
            return f"speaks for {_names(shared, edition)} and keeps it to trials"
        if p.stance is Stance.DEPENDS_ON and q.stance is Stance.RECOMMENDS and shared:
            return f"leaves {_names(shared, edition)} open and recommends it"
    if one.stance not in FAVOURABLE or other.stance not in FAVOURABLE:
        return ""
    worse_of_one, worse_of_other = _members(one.over, edition), _members(other.over, edition)
    better_of_one, better_of_other = (
        _members(one.regimens, edition),
        _members(other.regimens, edition),
    )
    if worse_of_one & better_of_other and worse_of_other & better_of_one:
        return "prefers each of two regimens to the other"
    for p, q in ((one, other), (other, one)):
        passed_over = _members(p.over, edition) & _members(q.regimens, edition)
        if passed_over and q.stance in _FIRST and not set(p.regimens) & set(q.regimens):
            named = [r for r in q.regimens if _members((r,), edition) & passed_over]
            return (
                f"advises {_names(named, edition)} where it prefers {_names(p.regimens, edition)}"
            )
    both_first = one.stance is other.stance is Stance.RECOMMENDS
    person = edition.speakers[one.who].kind == "person"
    if both_first and person and not set(one.regimens) & set(other.regimens):
        return "recommends two different regimens"
    return ""


def _members(regimens: Iterable[str], edition: Edition) -> set[str]:
    found: set[str] = set()
    for name in regimens:
        found |= {name, *edition.regimens[name].any_of}
    return found


def _names(regimens: Iterable[str], edition: Edition) -> str:
    return " or ".join(edition.regimens[name].name for name in sorted(regimens))


def _positions(subject: Subject) -> Iterator[Finding]:
    edition, positions = subject.edition, subject.edition.contents.positions
    for position in positions:
        itself = _members(position.regimens, edition) & _members(position.over, edition)
        if itself:
            says = f"prefers {_names(itself, edition)} to itself"
            yield from _both_held(subject, (position,), says)
    for one, other in combinations(positions, 2):
        says = clash_within(one, other, edition) if one.who == other.who else ""
        if says:
            yield from _both_held(subject, (one, other), says)
    for circle in _circles(subject):
        yield from _both_held(
            subject, circle, "prefers several regimens to one another in a circle"
        )


def _both_held(subject: Subject, held: tuple[Position, ...], says: str) -> Iterator[Finding]:
    """The finding that positions of one speaker clash, if they hold together for anybody."""
    found = together(subject, *held)
    if found is None:
        return
    moment, formula = found
    example = subject.find(formula, subject.planned)
    assert example is not None
    who = subject.edition.speakers[held[0].who].name
    yield Finding(
        Kind.CONTRADICTION,
        tuple(p.id for p in held),
        f"{who} {says}",
        example_of(subject, example.values, formula, moment),
        seen=tuple(Shows(position=p.id) for p in held),
    )


def _circles(subject: Subject) -> Iterator[tuple[Position, ...]]:
    """Three or four positions of one speaker of which each prefers to the next, and so round."""
    edition = subject.edition
    ranking = [p for p in edition.contents.positions if p.over and p.stance in FAVOURABLE]
    better = {p.id: _members(p.regimens, edition) for p in ranking}
    worse = {p.id: _members(p.over, edition) for p in ranking}
    for length in (3, 4):
        for first, *rest in combinations(ranking, length):
            if any(p.who != first.who for p in rest):
                continue
            for order in permutations(rest):
                circle = (first, *order)
                following = (*circle[1:], first)
                if all(worse[p.id] & better[q.id] for p, q in zip(circle, following, strict=True)):
                    yield circle
                    break


def together(
    subject: Subject, *positions: Position, apart: bool = False
) -> tuple[Moment, Formula] | None:
    """When and for whom positions hold together, or two of them point ``apart``, if ever."""
    calendar = subject.calendar
    both = [f"position:{p.id}" for p in positions]
    if calendar.together(both) is None or not subject.prover.possible(
        subject.planned, *(_anyway(subject, p) for p in positions)
    ):
        return None
    overriding = [
        f"position:{q.id}"
        for q in subject.edition.contents.positions
        if {p.id for p in positions} & set(q.overrides)
    ]
    for moment in calendar.moments([*both, *overriding]):
        if not all(calendar.counts(key, moment) for key in both):
            continue
        decisions = Decisions(subject, subject.complete, moment)
        if apart:
            formula = decisions.conflict(*positions)
        else:
            formula = decisions.logic.every(*(decisions.holds(p) for p in positions))
        if subject.prover.possible(formula, subject.planned):
            return moment, formula
    return None


def _anyway(subject: Subject, position: Position) -> Formula:
    """A position's own condition or one of its extensions, whatever overrides it."""
    extended = [
        subject.holds(f"extension:{position.id}:{index}")
        for index in range(len(position.extends_to))
    ]
    return subject.z3.Or([subject.holds(f"position:{position.id}"), *extended])


def splits(subject: Subject) -> Iterator[Split]:
    """Every pair of different speakers who point apart for some patient."""
    for one, other in combinations(subject.edition.contents.positions, 2):
        if one.who == other.who:
            continue
        says = point_apart(one, other)
        found = together(subject, one, other, apart=True) if says else None
        if found is None:
            continue
        moment, formula = found
        example = subject.find(formula, subject.planned)
        assert example is not None
        yield Split((one.id, other.id), says, example_of(subject, example.values, formula, moment))


# --- labels -----------------------------------------------------------------------------------


def _forbidding(subject: Subject) -> Iterator[tuple[Approval, CareRule, Moment]]:
    """Every approval with a contraindication of the same drug that counts with it."""
    edition = subject.edition
    for approval in edition.contents.approvals:
        if approval.status != "approved":
            continue
        drugs = {d for r in approval.regimens for d in edition.drugs_of(r)}
        for rule in edition.contents.care:
            if rule.kind != "contraindication" or rule.drug not in drugs:
                continue
            moment = subject.calendar.together([f"approval:{approval.id}", f"care:{rule.id}"])
            if moment is not None:
                yield approval, rule, moment


def _meets(subject: Subject, approval: Approval, rule: CareRule) -> bool:
    """Whether a contraindication takes back what its own label indicates.

    One that asks about other facts than the indication is an exception to it;
    one that asks about the same facts, or that holds for all it is for, is not.
    """
    model = subject.edition.model
    asked = facts_in(written_out(approval.when or ALWAYS, model))
    shared = asked & facts_in(written_out(rule.when, model))
    indicated, forbidden = (
        subject.holds(f"approval:{approval.id}"),
        subject.holds(f"care:{rule.id}"),
    )
    prover = subject.prover
    if not prover.possible(indicated, forbidden):
        return False
    return bool(shared) or not prover.possible(indicated, subject.z3.Not(forbidden))


def _labels(subject: Subject) -> Iterator[Finding]:
    for approval, rule, moment in _forbidding(subject):
        if not _meets(subject, approval, rule):
            continue
        formula = subject.z3.And(
            subject.holds(f"approval:{approval.id}"), subject.holds(f"care:{rule.id}")
        )
        example = subject.find(formula, subject.planned)
        if example is None:
            continue
        yield Finding(
            Kind.CONTRADICTION,
            (approval.id, rule.id),
            f"the label of {rule.drug} is for a patient to whom it must not be given",
            example_of(subject, example.values, formula, moment),
            seen=(
                Shows(regimen=approval.regimens[0], label="approved"),
                Shows(regimen=approval.regimens[0], caution=rule.id),
            ),
        )


def _not_found(subject: Subject) -> Iterator[Finding]:
    """An approval, and the record that none was found, for the same patient."""
    approvals = subject.edition.contents.approvals
    for none in (a for a in approvals if a.status == "none-found"):
        for other in (a for a in approvals if a.status != "none-found"):
            shared = [r for r in other.regimens if r in none.regimens]
            keys = [f"approval:{none.id}", f"approval:{other.id}"]
            moment = subject.calendar.together(keys) if shared else None
            if moment is None:
                continue
            formula = subject.z3.And([subject.holds(key) for key in keys])
            example = subject.find(formula, subject.planned)
            if example is not None:
                decisions = Decisions(subject, subject.complete, moment)
                status = next(
                    s
                    for s in ("approved", other.status)
                    if subject.prover.possible(formula, decisions.label(shared[0], s))
                )
                yield Finding(
                    Kind.CONTRADICTION,
                    (none.id, other.id),
                    f"one record of {shared[0]} says {other.status}, another that none was found",
                    example_of(subject, example.values, formula, moment),
                    seen=(Shows(regimen=shared[0], label=status),),
                )


def _scopes(subject: Subject) -> Iterator[Finding]:
    """Two scopes that say of one patient what the edition covers."""
    moment = Moment(Region.US, subject.edition.info.date.last)
    for one, other in combinations(subject.edition.contents.scopes.scopes, 2):
        formula = subject.z3.And([subject.holds(f"scope:{s.id}") for s in (one, other)])
        example = subject.find(formula, subject.planned)
        if example is not None:
            yield Finding(
                Kind.CONTRADICTION,
                (one.id, other.id),
                f"`{one.id}` and `{other.id}` both speak of this patient",
                example_of(subject, example.values, formula, moment),
                seen=(Shows(scope=one.id), Shows(scope=other.id)),
            )


def exceptions(subject: Subject) -> int:
    """How many contraindications are exceptions to an indication by other facts."""
    return sum(not _meets(subject, a, rule) for a, rule, _ in _forbidding(subject))


# --- definitions ------------------------------------------------------------------------------


def _definitions(subject: Subject) -> Iterator[Finding]:
    """A fact that has two values at once, or none, for a patient of whom all else is known."""
    model = subject.edition.model
    moment = Moment(Region.US, subject.edition.info.date.last)
    for fact in model.defined:
        prover = Prover(model, loose=frozenset({fact.id}))
        z3 = prover.z3
        values = {value: prover.has(fact.id, value) for value in fact.definition}
        for one, other in combinations(values, 2):
            both = z3.And(values[one], values[other])
            example = prover.find(both)
            if example is not None:
                yield Finding(
                    Kind.CONTRADICTION,
                    (fact.id,),
                    f"the definition of `{fact.id}` makes one patient both {one} and {other}",
                    _entered(subject, prover, example, both, moment),
                )
        none = z3.Not(z3.Or(list(values.values())))
        example = prover.find(none)
        if example is not None:
            yield Finding(
                Kind.GAP,
                (fact.id,),
                f"the definition of `{fact.id}` gives this patient no value",
                _entered(subject, prover, example, none, moment),
                seen=(Shows(contradiction=fact.id),),
            )


def _entered(
    subject: Subject, prover: Prover, example: Example, goal: Formula, moment: Moment
) -> Patient | None:
    """An example by what is entered, since a verdict would hide what is wrong with it."""
    follows = frozenset(f.id for f in subject.edition.model.defined)
    kept = prover.smallest(subject.literals(example.values, follows), goal)
    return None if kept is None else patient_of(subject.edition, kept, moment)
