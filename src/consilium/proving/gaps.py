"""Patients in a declared scope whom no position covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consilium.guidance.voices import FAVOURABLE
from consilium.knowledge.records import Region, Scope, Shows, Stance, Waiver
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions
from consilium.proving.findings import Finding, Kind, patient_of
from consilium.proving.subject import Subject
from consilium.rules.proving import Example, Formula, Literal
from consilium.rules.trace import failed, trace

COVERS: tuple[Stance, ...] = (*FAVOURABLE, Stance.DEPENDS_ON, Stance.ONLY_IN_TRIAL)
"""Stances that say something to do; advice against a regimen alone covers nobody."""

MOST = 25
"""Gaps of one scope that are listed one by one."""


def gaps(subject: Subject, waivers: Iterable[Waiver]) -> Iterator[Finding]:
    """Every group of patients of a scope, on the edition's day, for whom no position holds.

    Scopes of which the edition says that it holds nothing are not asked about.
    """
    listed = [w for w in waivers if w.finding == "gap"]
    for waiver in listed:
        yield from _unfit(subject, waiver)
    yield from _in_no_scope(subject)
    for scope in subject.edition.contents.scopes.scopes:
        if scope.covers == "none":
            continue
        yield from _all_waived(subject, scope, listed)
        seen: set[frozenset[str]] = set()
        for region in Region:
            moment = Moment(region, subject.edition.info.date.last)
            counting = frozenset(subject.calendar.in_force("position", moment))
            if counting not in seen:
                seen.add(counting)
                yield from _gaps_of(subject, scope, moment, listed)


def uncovered(subject: Subject, moment: Moment) -> Formula:
    """No position that says something to do holds."""
    decisions = Decisions(subject, subject.complete, moment)
    held = [decisions.holds(p) for p in decisions.positions if p.stance in COVERS]
    return subject.z3.Not(subject.z3.Or(held))


def _gaps_of(
    subject: Subject, scope: Scope, moment: Moment, waivers: list[Waiver]
) -> Iterator[Finding]:
    z3, prover = subject.z3, subject.prover
    gap = z3.And(subject.holds(f"scope:{scope.id}"), uncovered(subject, moment))
    left = [gap, subject.planned]
    for waiver in waivers:
        if waiver.scope != scope.id or waiver.when is None:
            continue
        example = subject.find(gap, subject.planned, prover.holds(waiver.when))
        if example is not None:
            yield _finding(subject, scope, moment, example, _kept(subject, example, gap), waiver)
        left.append(z3.Not(prover.holds(waiver.when)))
    # an example of what no waiver explains holds what tells it from what one does
    unexplained = z3.And([gap, *left[2:]])
    for _ in range(MOST):
        example = subject.find(*left)
        if example is None:
            return
        kept = _kept(subject, example, unexplained)
        yield _finding(subject, scope, moment, example, kept)
        left.append(z3.Not(z3.And([prover.literal(one) for one in kept])))


def _kept(subject: Subject, example: Example, gap: Formula) -> tuple[Literal, ...]:
    kept = subject.prover.smallest(subject.literals(example.values), gap)
    assert kept is not None
    return kept


def _finding(
    subject: Subject,
    scope: Scope,
    moment: Moment,
    example: Example,
    kept: tuple[Literal, ...],
    waiver: Waiver | None = None,
) -> Finding:
    known = example.known()
    near = sorted(
        (len(failed(trace(p.when, known, subject.edition.model))), p.id)
        for p in Decisions(subject, subject.complete, moment).positions
        if p.stance in COVERS
    )
    nearest = tuple(name for count, name in near if count == near[0][0])[:3]
    return Finding(
        Kind.GAP,
        (scope.id, *nearest),
        f"no position covers this patient of the scope `{scope.id}`",
        patient_of(subject.edition, kept, moment),
        unseen=(Shows(stance=COVERS),),
        waived=waiver.reason if waiver else "",
        waiver=waiver.id if waiver else "",
    )


def _in_no_scope(subject: Subject) -> Iterator[Finding]:
    """Patients for whom a plan is made and of whom no scope says what is held."""
    scopes = subject.edition.contents.scopes.scopes
    none = subject.z3.Not(subject.z3.Or([subject.holds(f"scope:{s.id}") for s in scopes]))
    example = subject.find(none, subject.planned)
    if example is None:
        return
    known = example.known()
    near = sorted((len(failed(trace(s.when, known, subject.edition.model))), s.id) for s in scopes)
    yield Finding(
        Kind.GAP,
        tuple(name for count, name in near if count == near[0][0])[:3],
        "no scope says what the edition holds for this patient",
        patient_of(
            subject.edition,
            _kept(subject, example, none),
            Moment(Region.US, subject.edition.info.date.last),
        ),
        unseen=tuple(Shows(scope=scope.id) for scope in scopes),
    )


def _all_waived(subject: Subject, scope: Scope, waivers: list[Waiver]) -> Iterator[Finding]:
    """Several waivers must not waive between them what none of them may alone."""
    named = [w for w in waivers if w.scope == scope.id and w.when is not None]
    left = [subject.z3.Not(subject.prover.holds(w.when)) for w in named if w.when is not None]
    if len(named) > 1 and not subject.prover.possible(subject.holds(f"scope:{scope.id}"), *left):
        yield Finding(
            Kind.WAIVER,
            tuple(w.id for w in named),
            f"together they waive the whole scope `{scope.id}`",
        )


def _unfit(subject: Subject, waiver: Waiver) -> Iterator[Finding]:
    """A waiver of a gap must name a scope, and only a part of it."""
    scopes = {scope.id: scope for scope in subject.edition.contents.scopes.scopes}
    if waiver.scope not in scopes or waiver.when is None:
        yield Finding(
            Kind.WAIVER, (waiver.id,), f"`{waiver.id}` names no scope and `when` of a gap"
        )
        return
    inside = subject.holds(f"scope:{waiver.scope}")
    if not subject.prover.possible(inside, subject.z3.Not(subject.prover.holds(waiver.when))):
        yield Finding(
            Kind.WAIVER, (waiver.id,), f"`{waiver.id}` waives the whole scope `{waiver.scope}`"
        )
