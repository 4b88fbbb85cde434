"""Claims about every patient: proved over regions and dates, or refuted by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from consilium.intake import patient_from_mapping
from consilium.knowledge.records import Claim, Region, Shows
from consilium.planning.expectations import outcome, shown
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions, NotProvable
from consilium.proving.findings import Finding, Kind, Patient, example_of, patient_of
from consilium.proving.subject import Complete, Least, Missing, Reading, Subject
from consilium.rules.conditions import facts_in
from consilium.rules.proving import Formula, Undecided, Verdict

_TRIES = 12


class Judged(NamedTuple):
    """A claim with what became of it, and over how many different moments it was asked."""

    claim: Claim
    verdict: Verdict
    moments: int
    finding: Finding | None = None


def judge(subject: Subject, claims: Iterable[Claim]) -> Iterator[Judged]:
    """Every claim, proved, refuted by the smallest patient, or not decided."""
    for claim in claims:
        try:
            yield _Judging(subject, claim).judged()
        except Undecided as problem:
            finding = Finding(Kind.CLAIM, (claim.id,), f"`{claim.id}` is {problem}")
            yield Judged(claim, Verdict.NOT_DECIDED, 0, finding)
        except NotProvable as problem:
            finding = Finding(Kind.CLAIM, (claim.id,), f"`{claim.id}` cannot be proved: {problem}")
            yield Judged(claim, Verdict.NOT_DECIDED, 0, finding)


class _Judging:
    def __init__(self, subject: Subject, claim: Claim) -> None:
        self.subject, self.claim, self.z3 = subject, claim, subject.z3
        self.given: Formula = subject.prover.holds(claim.given)
        self.reading: Complete | Missing = (
            Missing(subject, claim.unknown) if claim.unknown else subject.complete
        )
        self.missing = frozenset(claim.unknown)

    def judged(self) -> Judged:
        """What becomes of the claim."""
        if set(facts_in(self.claim.given)) & self.missing:
            return self._wrong("asks in `given` about a fact that it lists as `unknown`")
        if not self.subject.prover.possible(self.given):
            return self._wrong("speaks of nobody: no patient meets `given`")
        asked = 0
        for moment in self._moments():
            asked += 1
            for expected in self.claim.never_shows:
                finding = self._shown_after_all(expected, moment)
                if finding is not None:
                    return Judged(self.claim, Verdict.REFUTED, asked, finding)
            for expected in self.claim.shows:
                finding = self._not_shown(expected, moment)
                if finding is not None:
                    return Judged(self.claim, Verdict.REFUTED, asked, finding)
        return Judged(self.claim, Verdict.PROVED, asked)

    def _wrong(self, says: str) -> Judged:
        finding = Finding(Kind.CLAIM, (self.claim.id,), f"`{self.claim.id}` {says}")
        return Judged(self.claim, Verdict.REFUTED, 0, finding)

    def _moments(self) -> Iterator[Moment]:
        """One moment for each set of bearing statements that ever counts together."""
        regions = tuple(Region) if self.claim.regions == "all" else self.claim.regions
        if self.claim.dates != "all":
            for region in regions:
                for day in self.claim.dates:
                    yield Moment(region, day.last)
            return
        yield from self.subject.calendar.moments(self._bearing(), regions)

    def _bearing(self) -> list[str]:
        contents = self.subject.edition.contents
        every = (*self.claim.shows, *self.claim.never_shows)
        regimens: set[str] = set()
        positions: set[str] = set()
        everything = False
        for expected in every:
            if expected.regimen:
                named = expected.regimen
                regimens |= {named} if isinstance(named, str) else set(named)
            elif expected.caution or expected.kind or expected.stance:
                everything = True
            positions |= {expected.position, *expected.conflict}
            if expected.preference:
                positions |= {
                    p.id for p in contents.positions if expected.preference[0] in p.regimens
                }
        for position in contents.positions:
            if position.id in positions or regimens & set(position.regimens):
                positions.add(position.id)
                regimens |= set(position.regimens)
        positions |= {p.id for p in contents.positions if positions & set(p.overrides)}
        drugs = {d for name in regimens for d in self.subject.edition.drugs_of(name)}
        found = [f"position:{p.id}" for p in contents.positions if everything or p.id in positions]
        found += [
            f"approval:{a.id}"
            for a in contents.approvals
            if everything or regimens & set(a.regimens)
        ]
        if everything or any(e.caution or e.kind or e.without for e in every):
            found += [f"care:{c.id}" for c in contents.care if everything or c.drug in drugs]
        return found

    def _decisions(self, reading: Reading, moment: Moment) -> Decisions:
        return Decisions(self.subject, reading, moment)

    def _shown_after_all(self, expected: Shows, moment: Moment) -> Finding | None:
        formula = self._decisions(self.reading, moment).shown(expected)
        example = self.subject.prover.find(self.given, formula)
        if example is None:
            return None
        goal = self.z3.And(self.given, formula)
        return Finding(
            Kind.CLAIM,
            (self.claim.id, *self.claim.rests_on),
            f"`{self.claim.id}` does not hold: {self.claim.says}",
            example_of(self.subject, example.values, goal, moment, without=self.missing),
            seen=(expected,),
        )

    def _not_shown(self, expected: Shows, moment: Moment) -> Finding | None:
        # a patient of whom everything is known is the clearest example
        formula = self._decisions(self.reading, moment).shown(expected)
        example = self.subject.prover.find(self.given, self.z3.Not(formula))
        if example is not None:
            goal = self.z3.And(self.given, self.z3.Not(formula))
            patient = example_of(self.subject, example.values, goal, moment, without=self.missing)
            return self._lacking(expected, patient)
        if self.missing:
            return None
        # what is certain of the least known patient is certain of all of them
        least = self._decisions(Least(self.subject, self.given), moment).shown(expected)
        if not self.subject.prover.possible(self.z3.Not(least)):
            return None
        return self._lacking(expected, self._little_known(expected, moment))

    def _lacking(self, expected: Shows, patient: Patient | None) -> Finding:
        return Finding(
            Kind.CLAIM,
            (self.claim.id, *self.claim.rests_on),
            f"`{self.claim.id}` does not hold: {self.claim.says}",
            patient,
            unseen=(expected,),
        )

    def _little_known(self, expected: Shows, moment: Moment) -> Patient | None:
        """A patient of whom no more is known than makes `given` certain, and the plan silent."""
        prover, left = self.subject.prover, [self.given]
        for _ in range(_TRIES):
            example = prover.find(*left)
            if example is None:
                return None
            kept = prover.smallest(self.subject.literals(example.values), self.given) or ()
            patient = patient_of(self.subject.edition, kept, moment)
            case = patient_from_mapping(patient.facts, self.subject.edition, "example")
            seen = outcome(case, self.subject.edition, as_of=moment.day, region=moment.region)
            if not shown(expected, seen):
                return patient
            left.append(self.z3.Not(self.z3.And([prover.literal(one) for one in kept])))
        return None
