"""What the label of a region lets be given to one patient: never a bare yes or no."""

from __future__ import annotations

from enum import Enum

import msgspec

from consilium.clinical.dates import Day
from consilium.guidance.standing import Answers
from consilium.knowledge.records import Approval
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.conditions import ALWAYS
from consilium.rules.trace import failed, trace


class LabelStatus(Enum):
    """Every value that a label status can have."""

    APPROVED = "approved"
    OUTSIDE = "outside"
    UNDER_REVIEW = "under-review"
    NONE_FOUND = "none-found"
    NOT_RECORDED = "not-recorded"
    CANNOT_TELL = "cannot-tell"


class Label(msgspec.Struct, frozen=True):
    """The label status of a regimen for a patient, region and day.

    ``since`` is when the fitting approval began; ``failing`` are the facts for
    which an approval does not fit, ``missing`` those without which it cannot be
    told; ``approvals`` are the records it rests on.
    """

    status: LabelStatus
    approvals: tuple[str, ...] = ()
    since: Day | None = None
    since_not_stated: bool = False
    failing: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    also: str = ""


def label_of(regimen: str, answers: Answers) -> Label:
    """The label status of one regimen."""
    records = [a for a in answers.knowledge.approvals if regimen in a.regimens]
    approved = [a for a in records if a.status == "approved"]
    reviewed = [a for a in records if a.status == "under-review"]
    fits = {a.id: answers.settle(f"approval:{a.id}") for a in records}

    fitting = [a for a in approved if fits[a.id] is YES]
    if fitting:
        first = min(
            fitting, key=lambda a: a.since.last if isinstance(a.since, Day) else _NEVER.last
        )
        dated = isinstance(first.since, Day)
        return Label(
            LabelStatus.APPROVED,
            tuple(a.id for a in fitting),
            first.since
            if isinstance(first.since, Day)
            else answers.knowledge.edition.starts(first),
            since_not_stated=not dated,
        )
    open_ = [a for a in approved if fits[a.id] is UNKNOWN]
    if open_:
        return Label(
            LabelStatus.CANNOT_TELL,
            tuple(a.id for a in open_),
            missing=_missing(open_, answers),
        )
    review = [a for a in reviewed if fits[a.id] is not NO]
    if review:
        return Label(
            LabelStatus.UNDER_REVIEW,
            tuple(a.id for a in review),
            review[0].since if isinstance(review[0].since, Day) else None,
            missing=_missing([a for a in review if fits[a.id] is UNKNOWN], answers),
            also="approved for other patients" if approved else "",
        )
    if approved:
        return Label(
            LabelStatus.OUTSIDE,
            tuple(a.id for a in approved),
            failing=_failing(approved, answers),
        )
    if any(a.status == "none-found" for a in records):
        found = [a for a in records if a.status == "none-found"]
        return Label(LabelStatus.NONE_FOUND, tuple(a.id for a in found))
    return Label(LabelStatus.NOT_RECORDED)


_NEVER = Day("9999")


def _missing(approvals: list[Approval], answers: Answers) -> tuple[str, ...]:
    named: dict[str, None] = {}
    for approval in approvals:
        named |= dict.fromkeys(answers.patient.missing(approval.when or ALWAYS))
    return tuple(named)


def _failing(approvals: list[Approval], answers: Answers) -> tuple[str, ...]:
    """The facts in the way of the approval that comes nearest."""
    found = []
    for approval in approvals:
        traced = trace(
            approval.when or ALWAYS, answers.patient.facts, answers.knowledge.edition.model
        )
        found.append(tuple(dict.fromkeys(test.fact for test in failed(traced))))
    return min(found, key=len)
