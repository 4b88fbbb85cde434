"""Learning a missing fact never turns a certain YES or NO around."""

from __future__ import annotations

from collections.abc import Iterator

from consilium.knowledge.records import Region
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions
from consilium.proving.findings import Finding, Kind
from consilium.proving.subject import Partial, Subject
from consilium.rules.proving import Formula, Knowing, Undecided


class Knowledgeable:
    """Two states of knowledge of one patient, the second knowing all that the first does."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.z3 = subject, subject.z3
        self.solver = self.z3.SimpleSolver()
        self.solver.set("timeout", int(subject.seconds * 1000))
        self.before = Knowing(subject.edition.model, "before ", self.solver)
        self.after = Knowing(subject.edition.model, "after ", self.solver)
        for never in subject.edition.model.never.values():
            self.solver.add(self.z3.Not(self.after.yes(never)))
        for condition in subject.conditions.values():
            self.before.yes(condition)
            self.after.yes(condition)
        self.solver.add(*self.before.learns(self.after))

    def turned(self, before: Formula, after: Formula) -> bool:
        """Whether something certain before can be otherwise after."""
        said = self.solver.check(before, after)
        if said == self.z3.unknown:
            raise Undecided(f"not decided within the budget: {self.solver.reason_unknown()}")
        return bool(said == self.z3.sat)


def turned_around(subject: Subject) -> Iterator[Finding]:
    """Statements, standings and labels that a fact learned later would turn around."""
    known = Knowledgeable(subject)
    z3 = known.z3
    for key, condition in subject.conditions.items():
        before, after = known.before, known.after
        turned = z3.Or(
            z3.And(before.yes(condition), z3.Not(after.yes(condition))),
            z3.And(before.no(condition), z3.Not(after.no(condition))),
        )
        if known.turned(turned, z3.BoolVal(True)):
            name = key.split(":")[1]
            yield Finding(
                Kind.KNOWING, (name,), f"learning a fact can turn the answer of `{name}` around"
            )
    seen: set[frozenset[str]] = set()
    for region in Region:
        moment = Moment(region, subject.edition.info.date.last)
        counting = frozenset(
            key
            for kind in ("position", "approval")
            for key in subject.calendar.in_force(kind, moment)
        )
        if counting not in seen:
            seen.add(counting)
            yield from _decisions(subject, known, moment)


def _decisions(subject: Subject, known: Knowledgeable, moment: Moment) -> Iterator[Finding]:
    z3 = known.z3
    before = Decisions(subject, Partial(subject, known.before), moment)
    after = Decisions(subject, Partial(subject, known.after), moment)
    for position in before.positions:
        if known.turned(before.holds(position), z3.Not(after.holds(position))):
            yield Finding(
                Kind.KNOWING,
                (position.id,),
                f"learning a fact can take back `{position.id}`, which was certain",
            )
    regimens = dict.fromkeys(r for a in before.approvals for r in a.regimens)
    for regimen in regimens:
        for status in ("approved", "outside"):
            was, stays = before.label(regimen, status), after.label(regimen, status)
            if known.turned(was, z3.Not(stays)):
                named = tuple(a.id for a in before.approvals if regimen in a.regimens)
                yield Finding(
                    Kind.KNOWING,
                    named,
                    f"learning a fact can change the label of {regimen}, which was {status}",
                )
