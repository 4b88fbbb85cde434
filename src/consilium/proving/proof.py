"""The proof of a whole edition: every question asked, every finding with its patient."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from consilium.knowledge.care_expected import CareClaim
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Claim, Region, Shows, Waiver
from consilium.proving import cells
from consilium.proving.calendar import Moment
from consilium.proving.claims import Judged, judge
from consilium.proving.contradictions import Split, contradictions, exceptions, splits
from consilium.proving.decisions import Decisions
from consilium.proving.findings import Finding, Kind, enlarged, is_shown, located
from consilium.proving.gaps import gaps, uncovered
from consilium.proving.giving import CareJudged, judge_care
from consilium.proving.idle import dead, idle_tests, shadowed
from consilium.proving.knowing import turned_around
from consilium.proving.places import Places
from consilium.proving.subject import Subject
from consilium.rules.proving import Undecided, Verdict

Progress = Callable[[str], None]


class Agreement(msgspec.Struct, frozen=True):
    """What enumeration of a scope's cells said beside the solver."""

    scope: str
    cells: int
    agrees: bool
    too_large: bool = False
    says: str = ""


class Proof(msgspec.Struct, frozen=True):
    """Everything that was asked of an edition, and what came of it.

    ``undecided`` are the questions that the solver left open within its budget.
    """

    edition: str
    findings: tuple[Finding, ...]
    claims: tuple[Judged, ...]
    giving: tuple[CareJudged, ...]
    splits: tuple[Split, ...]
    exceptions: int
    twin: tuple[Agreement, ...]
    undecided: tuple[str, ...]
    scopes: tuple[str, ...]
    statements: int
    waivers: int
    questions: int
    seconds: float

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings that no line of the edition explains."""
        return tuple(f for f in self.findings if not f.waived)

    @property
    def explained(self) -> tuple[Finding, ...]:
        """Findings that a line of the edition explains."""
        return tuple(f for f in self.findings if f.waived)

    @property
    def holds(self) -> bool:
        """Whether nothing is left to mend."""
        return (
            not self.open
            and not self.undecided
            and all(one.agrees for one in self.twin)
            and all(one.verdict is Verdict.PROVED for one in self.giving)
            and all(one.verdict is Verdict.PROVED for one in self.claims if not _waived(one, self))
        )


def _waived(judged: Judged, proof: Proof) -> bool:
    return any(
        f.kind is Kind.CLAIM and f.statements[0] == judged.claim.id and f.waived
        for f in proof.findings
    )


def prove(
    edition: Edition,
    *,
    claims: Iterable[Claim] = (),
    care_claims: Iterable[CareClaim] = (),
    waivers: Iterable[Waiver] = (),
    seconds: float = 10,
    progress: Progress = lambda _: None,
) -> Proof:
    """Ask everything of an edition; ``seconds`` bounds each single question."""
    return _Proving(
        edition, tuple(claims), tuple(care_claims), tuple(waivers), seconds, progress
    ).proof()


class _Proving:
    def __init__(
        self,
        edition: Edition,
        claims: tuple[Claim, ...],
        care_claims: tuple[CareClaim, ...],
        waivers: tuple[Waiver, ...],
        seconds: float,
        progress: Progress,
    ) -> None:
        self.edition, self.claims, self.waivers = edition, claims, waivers
        self.care_claims, self.progress = care_claims, progress
        also = [c.given for c in claims] + [w.when for w in waivers if w.when is not None]
        self.subject = Subject(edition, also=also, seconds=seconds)
        self.undecided: list[str] = []
        self.places = Places(edition.root)

    def proof(self) -> Proof:
        started = time.process_time()
        found: list[Finding] = []
        subject = self.subject
        for name, asked in (
            ("gaps", lambda: gaps(subject, self.waivers)),
            ("contradictions", lambda: contradictions(subject)),
            ("dead statements", lambda: dead(subject)),
            ("shadowed statements", lambda: shadowed(subject)),
            ("idle tests", lambda: idle_tests(subject)),
            ("what learning a fact changes", lambda: turned_around(subject)),
        ):
            found += self._asked(name, asked)
        self.progress("claims")
        judged = tuple(judge(subject, self.claims))
        found += [one.finding for one in judged if one.finding is not None]
        self.progress("giving drugs")
        giving = tuple(judge_care(self.edition, self.care_claims))
        self.progress("splits")
        apart = tuple(self._apart(one) for one in self._asked("splits", lambda: splits(subject)))
        twin = tuple(self._asked("enumeration", self._twin))
        excepted = self._asked("exceptions", lambda: iter((exceptions(subject),)))
        findings = tuple(self._explained(self._confirmed(located(f, self.places))) for f in found)
        findings += tuple(self._drifted(findings))
        findings += tuple(self._stale(findings))
        return Proof(
            edition=edition_name(self.edition),
            findings=findings,
            claims=judged,
            giving=giving,
            splits=apart,
            exceptions=sum(excepted),
            twin=twin,
            undecided=tuple(self.undecided),
            scopes=tuple(s.id for s in self.edition.contents.scopes.scopes if s.covers != "none"),
            statements=len(subject.conditions),
            waivers=len(self.waivers),
            questions=subject.prover.questions,
            seconds=round(time.process_time() - started, 2),
        )

    def _asked(self, name: str, asked: Callable[[], Iterator[object]]) -> list:  # type: ignore[type-arg]
        self.progress(name)
        found: list[object] = []
        try:
            for one in asked():
                found.append(one)
        except Undecided as problem:
            self.undecided.append(f"{name}: {problem}")
        return found

    def _confirmed(self, finding: Finding) -> Finding:
        """A finding whose example is entered so far that the plan shows what the finding says."""
        example = finding.example
        if example is None or is_shown(self.edition, finding):
            return finding
        larger = enlarged(self.edition, example, lambda one: is_shown(self.edition, finding, one))
        return finding if larger is None else msgspec.structs.replace(finding, example=larger)

    def _apart(self, split: Split) -> Split:
        """A split whose example is entered so far that the plan shows the conflict."""
        seen = (Shows(conflict=split.positions),)
        finding = Finding(Kind.CONTRADICTION, split.positions, split.says, split.example, seen)
        return msgspec.structs.replace(split, example=self._confirmed(finding).example)

    def _explained(self, finding: Finding) -> Finding:
        """A finding with the reason of the waiver that names just these statements."""
        if finding.waived:
            return finding
        for waiver in self.waivers:
            if waiver.finding != finding.kind.value or waiver.finding == "gap":
                continue
            named = set(waiver.statements)
            about = set(
                finding.statements[:1] if finding.kind is Kind.CLAIM else finding.statements
            )
            if named == about:
                return msgspec.structs.replace(finding, waived=waiver.reason, waiver=waiver.id)
        return finding

    def _drifted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Examples whose plan does not show what the finding says: the prover is then wrong."""
        for finding in findings:
            if not is_shown(self.edition, finding):
                yield Finding(
                    Kind.CLAIM,
                    finding.statements,
                    f"the plan of the example does not show it: {finding.says}",
                    finding.example,
                )

    def _stale(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        used = {finding.waiver for finding in findings}
        for waiver in self.waivers:
            if waiver.id not in used:
                found = Finding(
                    Kind.WAIVER, (waiver.id,), f"`{waiver.id}` waives nothing that is found"
                )
                yield located(found, self.places)

    def _twin(self) -> Iterator[Agreement]:
        moment = Moment(Region.US, self.edition.info.date.last)
        decisions = Decisions(self.subject, self.subject.complete, moment)
        prover = self.subject.prover
        for scope in self.edition.contents.scopes.scopes:
            try:
                counted = cells.count(self.edition, scope, decisions.positions)
            except cells.TooLarge:
                yield Agreement(scope.id, cells.LARGEST, agrees=True, too_large=True)
                continue
            here = self.subject.z3.And(
                self.subject.holds(f"scope:{scope.id}"), self.subject.planned
            )
            holds = {p.id: decisions.holds(p) for p in decisions.positions}
            reached = {name for name, held in holds.items() if prover.possible(here, held)}
            listed = [p.id for p in decisions.positions if p.id in reached]
            together = {
                (one, other)
                for index, one in enumerate(listed)
                for other in listed[index + 1 :]
                if prover.possible(here, holds[one], holds[other])
            }
            gap = prover.possible(here, uncovered(self.subject, moment))
            differs = []
            if gap != bool(counted.uncovered):
                differs.append("whether there is a gap")
            if reached != counted.reached:
                differs.append("which positions are reached")
            if together != counted.together:
                differs.append("which positions hold together")
            yield Agreement(scope.id, counted.cells, not differs, says=", ".join(differs))


def edition_name(edition: Edition) -> str:
    """How an edition is called in what is printed."""
    return f"{edition.info.edition} of {edition.info.date}"
