"""Claims about every patient: proved over regions and dates, or refuted by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
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
            Missing(subject, claim.unknown, claim.given) if claim.unknown else subject.complete
        )
        self.missing = frozenset(claim.unknown)

    def judged(self) -> Judged:
        """What becomes of the claim."""
        if set(facts_in(self.claim.given)) & self.missing:
            return self._wrong("asks in `given` about a fact that it lists as `unknown`")
        if not self.subject.prover.possible(self.given):
            return self._wrong("speaks of nobody: no patient meets `given`")
        asked = 0
        for expected in self.claim.never_shows:
            if self._needs_a_plan(expected) and not self.planned:
                continue
            for moment in self._moments(expected):
                asked += 1
                finding = self._shown_after_all(expected, moment)
                if finding is not None:
                    return Judged(self.claim, Verdict.REFUTED, asked, finding)
        for expected in self.claim.shows:
            for moment in self._moments(expected):
                asked += 1
                finding = self._not_shown(expected, moment)
                if finding is not None:
                    return Judged(self.claim, Verdict.REFUTED, asked, finding)
        return Judged(self.claim, Verdict.PROVED, asked)

    @cached_property
    def planned(self) -> bool:
        """Whether a plan is made for anybody of whom the claim speaks."""
        return self.subject.prover.possible(self.given, self.subject.planned)

    def _needs_a_plan(self, expected: Shows) -> bool:
        return not (expected.excluded or expected.label)

    def _wrong(self, says: str) -> Judged:
        finding = Finding(Kind.CLAIM, (self.claim.id,), f"`{self.claim.id}` {says}")
        return Judged(self.claim, Verdict.REFUTED, 0, finding)

    def _moments(self, expected: Shows) -> Iterator[Moment]:
        """One moment for each set of bearing statements that ever counts together."""
        claim = self.claim
        regions = tuple(Region) if claim.regions == "all" else claim.regions
        days = None if claim.dates == "all" else [day.last for day in claim.dates]
        yield from self.subject.calendar.moments(self._bearing(expected), regions, days)

    def _bearing(self, expected: Shows) -> list[str]:
        """The statements on which it hangs whether something is shown."""
        edition = self.subject.edition
        contents = edition.contents
        regimens = (
            {expected.regimen} if isinstance(expected.regimen, str) else set(expected.regimen)
        )
        regimens -= {""}
        warned = bool(expected.caution or expected.kind or expected.without)
        if warned and not regimens:
            regimens = {name for p in contents.positions for name in p.regimens}
            regimens |= {name for a in contents.approvals for name in a.regimens}
        only_label = expected.label and not (expected.stance or warned or expected.certainty)
        positions = {expected.position, *expected.conflict} - {""}
        if expected.preference:
            better, worse = expected.preference
            positions |= {
                p.id for p in contents.positions if better in p.regimens and worse in p.over
            }
        if regimens and not only_label:
            positions |= {p.id for p in contents.positions if regimens & set(p.regimens)}
        if expected.stance and not (regimens or positions):
            positions |= set(edition.positions)
        growing = True
        while growing:
            overriding = {p.id for p in contents.positions if positions & set(p.overrides)}
            growing = not overriding <= positions
            positions |= overriding
        for name in positions:
            if edition.positions[name].premise:
                regimens |= set(edition.positions[name].regimens)
        found = [f"position:{p.id}" for p in contents.positions if p.id in positions]
        found += [f"approval:{a.id}" for a in contents.approvals if regimens & set(a.regimens)]
        if warned:
            drugs = {drug for name in regimens for drug in edition.drugs_of(name)}
            found += [f"care:{rule.id}" for rule in contents.care if rule.drug in drugs]
        return found

    def _decisions(self, reading: Reading, moment: Moment) -> Decisions:
        return Decisions(self.subject, reading, moment)

    def _shown_after_all(self, expected: Shows, moment: Moment) -> Finding | None:
        formula = self._decisions(self.reading, moment).shown(expected)
        example = self.subject.find(self.given, formula)
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
        # a patient of whom everything is known is the clearest example; of those for whom no plan
        # is made a claim speaks only when it says so
        formula = self._decisions(self.reading, moment).shown(expected)
        asked = self.given if expected.excluded else self.z3.And(self.given, self.subject.planned)
        example = self.subject.find(asked, self.z3.Not(formula))
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
            example = self.subject.find(*left)
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
