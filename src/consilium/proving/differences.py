"""What an edit changes: which statements, for which patients, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property

import msgspec

from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Approval, CareRule, Position, Region
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions
from consilium.proving.findings import Patient, example_of
from consilium.proving.subject import Subject
from consilium.rules.conditions import ALWAYS, Condition
from consilium.rules.proving import Formula, Undecided
from consilium.rules.say import say

STATUSES = ("approved", "cannot-tell", "under-review", "outside", "none-found", "not-recorded")
CERTAINTIES = ("certain", "extension", "waiting", "label-only")


class Side(msgspec.Struct, frozen=True):
    """One edition as known on one day."""

    edition: Edition
    day: date
    name: str


class StatementChange(msgspec.Struct, frozen=True):
    """A statement that is on one side only, or says something else on the other."""

    statement: str
    kind: str
    how: str
    says: str
    regions: tuple[str, ...] = ()


class PlanChange(msgspec.Struct, frozen=True):
    """One kind of change, in which regions, with the smallest patient who meets it."""

    kind: str
    about: str
    before: str
    after: str
    regions: tuple[Region, ...]
    example: Patient | None

    @property
    def says(self) -> str:
        """The change in words."""
        return f"{self.about}: {self.before} -> {self.after}"


class Difference(msgspec.Struct, frozen=True):
    """Everything that differs; ``complete`` when it is proved that nothing else does."""

    old: str
    new: str
    statements: tuple[StatementChange, ...]
    changes: tuple[PlanChange, ...]
    complete: bool
    undecided: tuple[str, ...] = ()


def differences(
    old: Side, new: Side, *, regions: Iterable[Region] = tuple(Region), seconds: float = 10
) -> Difference:
    """What differs between two editions, or between two days of one."""
    subject = Subject(new.edition, seconds=seconds)
    same = old.edition is new.edition
    before = subject if same else Subject(old.edition, seconds=seconds, beside=subject)
    changes: list[PlanChange] = []
    undecided: list[str] = []
    complete = True
    known: dict[tuple[object, ...], PlanChange | None] = {}
    for kinds in (("position", "approval"), ("care",)):
        seen: dict[tuple[object, ...], list[Region]] = {}
        for region in regions:
            counting = _counting(before, subject, region, old.day, new.day, kinds)
            seen.setdefault(counting, []).append(region)
        for alike in seen.values():
            here = _Region(before, subject, old.day, new.day, tuple(alike), known)
            try:
                changes += here.changes(kinds)
                complete &= here.complete(kinds)
            except Undecided as problem:
                undecided.append(f"{', '.join(r.value for r in alike)}: {problem}")
                complete = False
    return Difference(
        old.name,
        new.name,
        tuple(_statements(before, subject, old.day, new.day)),
        tuple(_merged(changes)),
        complete,
        tuple(undecided),
    )


def _merged(changes: Iterable[PlanChange]) -> Iterator[PlanChange]:
    """The same change of the same patients in several regions, said once."""
    found: dict[tuple[object, ...], PlanChange] = {}
    for change in changes:
        facts = tuple(change.example.words) if change.example else ()
        key = (change.kind, change.about, change.before, change.after, facts)
        first = found.get(key)
        regions = change.regions if first is None else (*first.regions, *change.regions)
        found[key] = msgspec.structs.replace(first or change, regions=regions)
    return iter(found.values())


def _counting(
    before: Subject,
    after: Subject,
    region: Region,
    old: date,
    new: date,
    kinds: tuple[str, ...],
) -> tuple[object, ...]:
    return tuple(
        subject.calendar.in_force(kind, Moment(region, day))
        for subject, day in ((before, old), (after, new))
        for kind in kinds
    )


class _Region:
    """The changes of the regions for which the same statements count."""

    def __init__(
        self,
        before: Subject,
        after: Subject,
        old: date,
        new: date,
        regions: tuple[Region, ...],
        known: dict[tuple[object, ...], PlanChange | None],
    ) -> None:
        self.before, self.after, self.regions, self.known = before, after, regions, known
        self.prover, self.logic = after.prover, after.prover.logic
        self.then = Decisions(before, before.complete, Moment(regions[0], old))
        self.now = Decisions(after, after.complete, Moment(regions[0], new))
        self.reported: list[Formula] = []

    @cached_property
    def planned(self) -> Formula:
        """A plan is made on both sides."""
        return self.logic.every(self.then.planned, self.now.planned)

    def changes(self, kinds: tuple[str, ...]) -> Iterator[PlanChange]:
        """Every kind of change that some patient meets."""
        if "care" in kinds:
            yield from self._conditions("care")
            return
        yield from self._refusals()
        yield from self._positions()
        yield from self._regimens()
        yield from self._conditions("scope", "trial", "result")

    def complete(self, kinds: tuple[str, ...]) -> bool:
        """Whether whoever meets no reported change has the same plan on both sides."""
        same = [self._same(then, now) for then, now in self._atoms(kinds)]
        differs = self.logic.no(self.logic.every(*same))
        left = self.logic.no(self.logic.some(*self.reported))
        return not self.prover.possible(differs, left)

    def _atoms(self, kinds: tuple[str, ...]) -> Iterator[tuple[Formula, Formula]]:
        """Whatever a plan is made of, on the one side and on the other."""
        if "care" in kinds:
            for key in self._keys("care"):
                then, now = self._both_sides(key)
                yield self.logic.every(then, self.planned), self.logic.every(now, self.planned)
            return
        yield self.then.planned, self.now.planned
        for name in self._all("positions"):
            one, other = (self._position(side, name) for side in (self.then, self.now))
            yield self.logic.every(one, self.planned), self.logic.every(other, self.planned)
        for regimen in self._regimens_named():
            for status in STATUSES:
                yield self.then.label(regimen, status), self.now.label(regimen, status)
        for key in self._keys("scope", "trial", "result"):
            then, now = self._both_sides(key)
            yield self.logic.every(then, self.planned), self.logic.every(now, self.planned)

    def _both_sides(self, key: str) -> tuple[Formula, Formula]:
        """A condition as it counts on the one side and on the other."""
        return self._told(self.before, self.then, key), self._told(self.after, self.now, key)

    def _same(self, one: Formula, other: Formula) -> Formula:
        return self.logic.true if one is other or one.eq(other) else one == other

    def _told(self, subject: Subject, side: Decisions, key: str) -> Formula:
        counts = key in subject.conditions and (
            key not in subject.calendar.statements or subject.calendar.counts(key, side.moment)
        )
        return subject.holds(key) if counts else self.logic.false

    def _all(self, field: str) -> list[str]:
        named = dict.fromkeys(s.id for s in getattr(self.then, field))
        named |= dict.fromkeys(s.id for s in getattr(self.now, field))
        return list(named)

    def _keys(self, *kinds: str) -> list[str]:
        found = dict.fromkeys((*self.before.conditions, *self.after.conditions))
        return [key for key in found if key.split(":")[0] in kinds]

    def _regimens_named(self) -> list[str]:
        found: dict[str, None] = {}
        for side in (self.then, self.now):
            for position in side.positions:
                found |= dict.fromkeys(position.regimens)
            for approval in side.approvals:
                found |= dict.fromkeys(approval.regimens)
        return list(found)

    def _position(self, side: Decisions, name: str) -> Formula:
        position = next((p for p in side.positions if p.id == name), None)
        return self.logic.false if position is None else side.holds(position)

    def _meets(
        self, kind: str, about: str, before: str, after: str, formula: Formula, given: Formula
    ) -> Iterator[PlanChange]:
        if formula is self.logic.false:
            return
        asked = self.logic.every(given, formula)
        key = (kind, about, before, after, asked.get_id())
        if key not in self.known:
            example = self.after.find(asked)
            self.known[key] = None
            if example is not None:
                patient = example_of(self.after, example.values, formula, self.now.moment)
                self.known[key] = PlanChange(kind, about, before, after, self.regions, patient)
        change = self.known[key]
        if change is not None:
            self.reported.append(asked)
            yield msgspec.structs.replace(change, regions=self.regions)

    def _refusals(self) -> Iterator[PlanChange]:
        if self.then.planned.eq(self.now.planned):
            return
        no, every = self.logic.no, self.logic.every
        about, always = "a plan", self.logic.true
        ends = every(self.then.planned, no(self.now.planned))
        begins = every(no(self.then.planned), self.now.planned)
        yield from self._meets("refusal", about, "made", "not made", ends, always)
        yield from self._meets("refusal", about, "not made", "made", begins, always)

    def _positions(self) -> Iterator[PlanChange]:
        for name in self._all("positions"):
            then, now = self._position(self.then, name), self._position(self.now, name)
            yield from self._turned("position", name, "not said", "said", then, now)

    def _turned(
        self, kind: str, name: str, without: str, held: str, then: Formula, now: Formula
    ) -> Iterator[PlanChange]:
        if then.eq(now):
            return
        begins = self.logic.every(self.logic.no(then), now)
        ends = self.logic.every(then, self.logic.no(now))
        yield from self._meets(kind, name, without, held, begins, self.planned)
        yield from self._meets(kind, name, held, without, ends, self.planned)

    def _regimens(self) -> Iterator[PlanChange]:
        for regimen in self._regimens_named():
            yield from self._moved(
                "label",
                f"label of {regimen}",
                {s: self.then.label(regimen, s) for s in STATUSES},
                {s: self.now.label(regimen, s) for s in STATUSES},
                self.logic.true,
            )
            then, now = self.then.certainty(regimen), self.now.certainty(regimen)
            yield from self._moved(
                "option", regimen, self._listed(then), self._listed(now), self.planned
            )

    def _listed(self, certainty: dict[str, Formula]) -> dict[str, Formula]:
        found = {name: certainty[name] for name in CERTAINTIES}
        found["not listed"] = self.logic.no(self.logic.some(*found.values()))
        return found

    def _moved(
        self,
        kind: str,
        about: str,
        then: dict[str, Formula],
        now: dict[str, Formula],
        given: Formula,
    ) -> Iterator[PlanChange]:
        if all(then[name].eq(now[name]) for name in then):
            return
        for before, was in then.items():
            if was is self.logic.false or not self.prover.possible(given, was):
                continue
            for after, becomes in now.items():
                if before != after:
                    formula = self.logic.every(was, becomes)
                    yield from self._meets(kind, about, before, after, formula, given)

    def _conditions(self, *kinds: str) -> Iterator[PlanChange]:
        """Care rules, scopes, trials, results: who meets one on one side only."""
        for key in self._keys(*kinds):
            kind, name = key.split(":", 1)
            then, now = self._both_sides(key)
            yield from self._turned(kind, name, "no", "yes", then, now)


# --- statements -------------------------------------------------------------------------------


def _statements(before: Subject, after: Subject, old: date, new: date) -> Iterator[StatementChange]:
    """Statements that begin, end, come, go or say something else."""
    for field, kind, condition_of in (
        ("positions", "position", lambda s: s.when),
        ("approvals", "approval", lambda s: s.when or ALWAYS),
        ("care", "care", lambda s: s.when),
    ):
        yield from _dated(before, after, old, new, field, kind, condition_of)
    for kind, then_records, now_records in (
        ("scope", _scopes(before), _scopes(after)),
        ("trial", _trials(before), _trials(after)),
        ("fact", _facts(before), _facts(after)),
    ):
        for name in dict.fromkeys((*then_records, *now_records)):
            was, becomes = then_records.get(name), now_records.get(name)
            if was != becomes:
                how = "added" if was is None else "removed" if becomes is None else "changed"
                yield StatementChange(name, kind, how, _change(was, becomes))


def _dated(
    before: Subject,
    after: Subject,
    old: date,
    new: date,
    field: str,
    kind: str,
    condition_of: Callable[[Position | Approval | CareRule], Condition],
) -> Iterator[StatementChange]:
    then = {s.id: s for s in getattr(before.edition.contents, field)}
    now = {s.id: s for s in getattr(after.edition.contents, field)}
    for name in dict.fromkeys((*then, *now)):
        key = f"{kind}:{name}"
        counted, counts = _counts(before, key, old), _counts(after, key, new)
        statement = now.get(name) or then[name]
        regions = tuple(region.value for region in statement.regions)
        condition = say(condition_of(statement), after.edition.model) if name in now else ""
        if counted and counts:
            if then[name] != now[name]:
                yield StatementChange(
                    name, kind, "changed", _change(then[name], now[name]), regions
                )
        elif counts:
            how = "begins" if name in then else "added"
            yield StatementChange(name, kind, how, condition, regions)
        elif counted:
            how = "ends" if name in now else "removed"
            yield StatementChange(name, kind, how, condition, regions)
        elif name in then and name in now and then[name] != now[name]:
            yield StatementChange(name, kind, "changed", _change(then[name], now[name]), regions)


def _counts(subject: Subject, key: str, day: date) -> bool:
    return key in subject.calendar.statements and any(
        subject.calendar.counts(key, Moment(region, day)) for region in Region
    )


def _scopes(subject: Subject) -> dict[str, msgspec.Struct]:
    scopes = subject.edition.contents.scopes
    found: dict[str, msgspec.Struct] = {scope.id: scope for scope in scopes.scopes}
    return found | {exclusion.id: exclusion for exclusion in scopes.exclusions}


def _trials(subject: Subject) -> dict[str, msgspec.Struct]:
    return {trial.id: trial for trial in subject.edition.contents.trials}


def _facts(subject: Subject) -> dict[str, msgspec.Struct]:
    contents = subject.edition.contents
    found: dict[str, msgspec.Struct] = {fact.id: fact for fact in contents.facts}
    return found | {invariant.id: invariant for invariant in contents.invariants}


def _change(was: msgspec.Struct | None, becomes: msgspec.Struct | None) -> str:
    """Which keys of a record differ."""
    if was is None or becomes is None:
        return ""
    names = [n for n in becomes.__struct_fields__ if getattr(was, n) != getattr(becomes, n)]
    return ", ".join(names)
