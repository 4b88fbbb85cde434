"""What an edit changes: which statements, for which patients, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property

import msgspec

from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning.making import knowledge_of
from consilium.planning.options import evidence_of
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions
from consilium.proving.findings import Patient, example_of
from consilium.proving.records import StatementChange, records_of, statement_changes
from consilium.proving.restating import restated
from consilium.proving.subject import Subject
from consilium.rules.proving import Formula, Undecided

STATUSES = ("approved", "cannot-tell", "under-review", "outside", "none-found", "not-recorded")
CERTAINTIES = ("certain", "extension", "waiting", "label-only")


class Side(msgspec.Struct, frozen=True):
    """One edition as known on one day."""

    edition: Edition
    day: date
    name: str


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
    for one in {before, subject}:
        # an example is read of the facts asked about so far: here, of all on either side
        for condition in one.conditions:
            one.holds(condition)
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
        tuple(statement_changes(before.calendar, subject.calendar, old.day, new.day)),
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
            yield from self._restated("care")
            return
        yield from self._refusals()
        yield from self._positions()
        yield from self._regimens()
        yield from self._approvals()
        yield from self._conditions("scope", "unspoken", "trial")
        yield from self._restated("position", "approval", "scope", "unspoken", "exclusion", "trial")
        yield from self._results()
        yield from self._regimens_restated()

    def complete(self, kinds: tuple[str, ...]) -> bool:
        """Whether whoever meets no reported change has the same plan on both sides.

        What a plan is made of is looked at on its own here, whatever the changes were
        made from.
        """
        same = [self._same(then, now) for then, now in self._atoms(kinds)]
        differs = self.logic.no(self.logic.every(*same))
        left = self.logic.no(self.logic.some(*self.reported))
        return not self.prover.possible(differs, left)

    def _atoms(self, kinds: tuple[str, ...]) -> Iterator[tuple[Formula, Formula]]:
        """Whatever a plan is made of, on the one side and on the other."""
        if "care" in kinds:
            for key in self._keys("care"):
                yield from self._pairs(key)
            return
        yield self.then.planned, self.now.planned
        for name in self._all("positions"):
            then, now = self._said(self.then, name), self._said(self.now, name)
            for way in ("said", "said as an extension"):
                yield self._planned(then[way]), self._planned(now[way])
            held = self.logic.every(*(self.logic.no(said["not said"]) for said in (then, now)))
            if self._says_otherwise(f"position:{name}"):
                yield self._planned(held), self.logic.false
        for regimen in self._regimens_named():
            for status in STATUSES:
                yield self.then.label(regimen, status), self.now.label(regimen, status)
        for key in self._keys("scope", "unspoken", "trial"):
            yield from self._pairs(key)
        for name in self._all("approvals"):
            then, now = self._counted(self.then, name), self._counted(self.now, name)
            yield self._planned(then), self._planned(now)
            if self._says_otherwise(f"approval:{name}"):
                yield self._planned(self.logic.every(then, now)), self.logic.false
        for result in self._results_named():
            then, now = self._known(self.then, result), self._known(self.now, result)
            yield self._planned(then), self._planned(now)

    def _pairs(self, key: str) -> Iterator[tuple[Formula, Formula]]:
        """Whom a record is for on either side, and those to whom it says something else."""
        then, now = self._both_sides(key)
        yield self._planned(then), self._planned(now)
        if self._says_otherwise(key):
            yield self._planned(self.logic.every(then, now)), self.logic.false

    def _planned(self, formula: Formula) -> Formula:
        return self.logic.every(formula, self.planned)

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

    def _said(self, side: Decisions, name: str) -> dict[str, Formula]:
        """The ways in which a position is or is not said on one side."""
        position = next((p for p in side.positions if p.id == name), None)
        no, none = self.logic.no, self.logic.false
        if position is None:
            return {"not said": self.logic.true, "said": none, "said as an extension": none}
        standing = side.standings(position)
        return {
            "not said": no(self.logic.some(standing.applies, standing.extends)),
            "said": standing.applies,
            "said as an extension": standing.extends,
        }

    @cached_property
    def _records(self) -> tuple[dict[str, msgspec.Struct], dict[str, msgspec.Struct]]:
        """Whatever a plan prints of, by its key, on the one side and on the other."""
        return records_of(self.before.edition), records_of(self.after.edition)

    def _says_otherwise(self, key: str) -> tuple[str, str] | None:
        """What a record said and what it says now, where both sides hold it."""
        then, now = (records.get(key) for records in self._records)
        return None if then is None or now is None or then is now else restated(then, now)

    def _restated(self, *kinds: str) -> Iterator[PlanChange]:
        """Records that are for a patient on both sides, and say something else."""
        for key in self._records[1]:
            kind, name = key.split(":", 1)
            said = self._says_otherwise(key) if kind in kinds else None
            if said is None:
                continue
            if kind == "position":
                ways = (self._said(self.then, name), self._said(self.now, name))
                both = self.logic.every(*(self.logic.no(one["not said"]) for one in ways))
            elif kind == "approval":
                sides = (self.then, self.now)
                both = self.logic.every(*(self._counted(side, name) for side in sides))
            else:
                both = self.logic.every(*self._both_sides(key))
            given = self.logic.true if kind == "exclusion" else self.planned
            yield from self._meets(kind, name, *said, both, given)

    def _meets(
        self, kind: str, about: str, before: str, after: str, formula: Formula, given: Formula
    ) -> Iterator[PlanChange]:
        if formula is self.logic.false:
            return
        asked = self.logic.every(given, formula)
        key = (kind, about, before, after, asked.get_id())
        if key not in self.known:
            self.known[key] = None
            patient = self._met_before(key[:4], formula, asked)
            example = None if patient else self.after.find(asked)
            if example is not None:
                patient = example_of(self.after, example.values, formula, self.now.moment)
            if patient or example:
                self.known[key] = PlanChange(kind, about, before, after, self.regions, patient)
        change = self.known[key]
        if change is not None:
            self.reported.append(asked)
            yield msgspec.structs.replace(change, regions=self.regions)

    def _met_before(
        self, key: tuple[object, ...], formula: Formula, asked: Formula
    ) -> Patient | None:
        """The patient in whom another region shows the same change, if this one does too."""
        for known, change in self.known.items():
            if known[:4] == key and change is not None and change.example is not None:
                meets = [self.prover.literal(one) for one in change.example.kept]
                certain = not self.prover.possible(*meets, self.logic.no(formula))
                if certain and self.prover.possible(*meets, asked):
                    return change.example
        return None

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
            then, now = self._said(self.then, name), self._said(self.now, name)
            yield from self._moved("position", name, then, now, self.planned)

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

    def _counted(self, side: Decisions, name: str) -> Formula:
        """An approval is what the label of one of its regimens rests on."""
        approval = next((a for a in side.approvals if a.id == name), None)
        if approval is None:
            return self.logic.false
        shown = (side.label(regimen, approval.status) for regimen in approval.regimens)
        return self.logic.every(side.subject.holds(f"approval:{name}"), self.logic.some(*shown))

    def _approvals(self) -> Iterator[PlanChange]:
        """Approvals on which a label rests on one side only, though its status is the same."""
        every, some = self.logic.every, self.logic.some
        for name in self._all("approvals"):
            then, now = self._counted(self.then, name), self._counted(self.now, name)
            named = {
                regimen
                for side in (self.then, self.now)
                for approval in side.approvals
                if approval.id == name
                for regimen in approval.regimens
            }
            alike = some(
                *(
                    every(self.then.label(r, status), self.now.label(r, status))
                    for r in sorted(named)
                    for status in STATUSES
                )
            )
            yield from self._turned(
                "approval", name, "not shown", "shown", every(then, alike), every(now, alike)
            )

    def _results_named(self) -> list[str]:
        return list(dict.fromkeys((*self._bearing[0], *self._bearing[1])))

    @cached_property
    def _bearing(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """The results that a plan may print on either side, each with the regimens."""
        found: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
        for side, results in zip((self.then, self.now), found, strict=True):
            known = knowledge_of(side.edition, side.moment.day, side.moment.region)
            for regimen in self._regimens_named():
                for _, key in evidence_of(known, regimen):
                    results.setdefault(key.result, []).append(regimen)
        return found

    def _known(self, side: Decisions, name: str) -> Formula:
        """A result is public, of a population to which the patient belongs, for a listed option."""
        regimens = self._bearing[side is self.now].get(name)
        if not regimens:
            return self.logic.false
        trial = next(
            t for t in side.edition.contents.trials if any(r.id == name for r in t.results)
        )
        if trial.eligibility is None:
            return self.logic.false
        listed = self.logic.some(*(side.listed(regimen) for regimen in regimens))
        fits, narrower = side.subject.holds(f"trial:{trial.id}"), f"result:{name}"
        whom = side.subject.holds(narrower) if narrower in side.subject.conditions else fits
        return self.logic.every(listed, fits, whom)

    def _results(self) -> Iterator[PlanChange]:
        """Results of an option on both sides that were not public, or that a later one replaced."""
        for name in self._results_named():
            then, now = self._known(self.then, name), self._known(self.now, name)
            before, after = (side.get(name, []) for side in self._bearing)
            listed = self.logic.some(
                *(
                    self.logic.every(self.then.listed(r), self.now.listed(r))
                    for r in dict.fromkeys((*before, *after))
                )
            )
            yield from self._turned(
                "result",
                name,
                "not beside an option",
                "beside an option",
                self.logic.every(then, listed),
                self.logic.every(now, listed),
            )
            said = self._says_otherwise(f"result:{name}")
            if said is not None:
                both = self.logic.every(then, now)
                yield from self._meets("result", name, *said, both, self.planned)

    def _regimens_restated(self) -> Iterator[PlanChange]:
        """Regimens listed on both sides whose record, or that of a drug in them, differs."""
        for regimen in self._regimens_named():
            drugs = {d for side in (self.then, self.now) for d in _drugs_of(side.edition, regimen)}
            keys = [f"regimen:{regimen}", *(f"drug:{drug}" for drug in sorted(drugs))]
            for key in keys:
                said = self._says_otherwise(key)
                if said is not None:
                    both = self.logic.every(self.then.listed(regimen), self.now.listed(regimen))
                    kind, name = key.split(":")
                    about = name if name == regimen else f"{name} in {regimen}"
                    yield from self._meets(kind, about, *said, both, self.planned)

    def _conditions(self, *kinds: str) -> Iterator[PlanChange]:
        """Care rules, scopes, trials: who meets one on one side only."""
        for key in self._keys(*kinds):
            kind, name = key.split(":", 1)
            then, now = self._both_sides(key)
            yield from self._turned(kind, name, "no", "yes", then, now)


def _drugs_of(edition: Edition, regimen: str) -> tuple[str, ...]:
    return tuple(edition.drugs_of(regimen)) if regimen in edition.regimens else ()
