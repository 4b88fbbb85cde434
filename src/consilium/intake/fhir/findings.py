"""What was found in a record, and how several findings become one fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from consilium.clinical.patient import Discordance, Entered, NotUnderstood, Origin, Status
from consilium.intake.fhir.bundle import Resource
from consilium.intake.fhir.codes import short
from consilium.intake.fhir.moments import Moment
from consilium.knowledge.records import FactRecord

_MOST_LISTED = 6
_RESULTS = (Status.KNOWN, Status.EQUIVOCAL)


class Finding(NamedTuple):
    """One statement of the record about one fact."""

    fact: str
    value: str | float | None
    where: str
    on: Moment | None
    rule: str
    written: str = ""
    status: Status = Status.KNOWN

    @property
    def says(self) -> tuple[Status, str | float | None]:
        """What must be equal for two findings to agree."""
        return self.status, self.value

    def __str__(self) -> str:
        said = self.written or (self.status.value if self.value is None else f"{self.value}")
        return f"{said} on {self.on.day}" if self.on else f"{said} (no date)"


class Harvest:
    """Everything that the readers bring home: findings, doubts, and what was left aside."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.not_understood: list[NotUnderstood] = []
        self.discordant: list[Discordance] = []
        self.seen: set[str] = set()
        self._dropped: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def found(self, finding: Finding, resource: Resource) -> None:
        """Keep a finding, and the resource as one that was read."""
        self.findings.append(finding)
        self.seen.add(resource.where)

    def not_read(self, resource: Resource, what: str, why: str, at: str = "") -> None:
        """List something that no fact could be made of."""
        where = f"{resource.where}{at}"
        self.not_understood.append(NotUnderstood(where, short(what), why))
        self.seen.add(resource.where)

    def drop(self, resource: Resource, what: str, why: str) -> None:
        """Leave a resource out; the same kind for the same reason is listed once."""
        self._dropped.setdefault((resource.kind, why), []).append((resource.where, what))
        self.seen.add(resource.where)

    def listed(self) -> tuple[NotUnderstood, ...]:
        """Everything that was not made into facts, what was dropped grouped by its reason."""
        grouped = [
            NotUnderstood(places([where for where, _ in left]), counted(w for _, w in left), why)
            for (_, why), left in self._dropped.items()
        ]
        return (*self.not_understood, *grouped)


def settle(
    findings: Iterable[Finding], facts: Mapping[str, FactRecord]
) -> tuple[dict[str, Entered], list[Discordance]]:
    """One value for each fact: the latest, with every older one that differs shown.

    Measurements that change by nature (laboratory values, performance status)
    have a latest value without contradiction. Where different results carry the
    same date, or none, no value is chosen.
    """
    by_fact: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.fact in facts:
            by_fact.setdefault(finding.fact, []).append(finding)
    entered: dict[str, Entered] = {}
    discordant: list[Discordance] = []
    for name, found in by_fact.items():
        entered[name], contradiction = _settle_one(name, found, facts[name])
        if contradiction is not None:
            discordant.append(contradiction)
    return entered, discordant


def _settle_one(
    name: str, found: list[Finding], fact: FactRecord
) -> tuple[Entered, Discordance | None]:
    results = [one for one in found if one.status in _RESULTS] or found
    last = _latest(results)
    differing = [one for one in results if one.says != last.says]
    on = last.on
    if on is not None and (fact.group == "laboratory" or name == "ecog_ps"):
        # what changes by nature is contradicted by nothing that is certainly older
        differing = [one for one in differing if one.on is None or not on.is_after(one.on)]
    if not differing:
        return _entered(last), None
    shown = " and ".join(dict.fromkeys(str(one) for one in [*differing, last]))
    where = tuple(dict.fromkeys(one.where for one in [*differing, last]))
    if on is not None and all(one.on and on.is_after(one.on) for one in differing):
        return _entered(last), Discordance(name, f"{shown}; the latest counts", where)
    says = f"{shown}; which is the later one is not known, so neither counts"
    origin = Origin(", ".join(where), rule="different results without an order in time")
    return Entered(None, origin, Status.UNKNOWN), Discordance(name, says, where)


def _latest(found: list[Finding]) -> Finding:
    last = found[0]
    for one in found[1:]:
        if one.on is not None and (last.on is None or not last.on.is_after(one.on)):
            last = one
    return last


def _entered(finding: Finding) -> Entered:
    origin = Origin(finding.where, finding.on.day if finding.on else None, finding.rule)
    return Entered(finding.value, origin, finding.status, finding.written)


def counted(labels: Iterable[str]) -> str:
    """Labels with how often each occurs, the most frequent first, the list kept short.

    >>> counted(["Body weight", "Body height", "Body weight"])
    'Body weight ×2, Body height'
    """
    counts = Counter(short(label) for label in labels).most_common()
    parts = [label if n == 1 else f"{label} ×{n}" for label, n in counts[:_MOST_LISTED]]
    rest = len(counts) - _MOST_LISTED
    kinds = "other kind" if rest == 1 else "other kinds"
    return ", ".join(parts) + (f", and {rest} {kinds}" if rest > 0 else "")


def places(where: Iterable[str]) -> str:
    """A few places, and how many more there are."""
    listed = list(dict.fromkeys(where))
    more = len(listed) - 3
    return ", ".join(listed[:3]) + (f" and {more} more" if more > 0 else "")
