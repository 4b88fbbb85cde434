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


def label_status(regimen: str, answers: Answers) -> LabelStatus:
    """The status alone of one regimen."""
    return _sorted_out(regimen, answers)[0]


def label_of(regimen: str, answers: Answers) -> Label:
    """The label status of one regimen, with what it rests on."""
    status, records = _sorted_out(regimen, answers)
    names = tuple(a.id for a in records)
    match status:
        case LabelStatus.APPROVED:
            first = min(
                records, key=lambda a: a.since.last if isinstance(a.since, Day) else _NEVER.last
            )
            dated = isinstance(first.since, Day)
            edition = answers.knowledge.edition
            since = first.since if isinstance(first.since, Day) else edition.starts(first)
            return Label(status, names, since, since_not_stated=not dated)
        case LabelStatus.CANNOT_TELL:
            return Label(status, names, missing=_missing(records, answers))
        case LabelStatus.UNDER_REVIEW:
            open_ = [a for a in records if answers.settle(f"approval:{a.id}") is UNKNOWN]
            others = [a for a in answers.knowledge.approvals if regimen in a.regimens]
            return Label(
                status,
                names,
                records[0].since if isinstance(records[0].since, Day) else None,
                missing=_missing(open_, answers),
                also="approved for other patients"
                if any(a.status == "approved" for a in others)
                else "",
            )
        case LabelStatus.OUTSIDE:
            return Label(status, names, failing=_failing(records, answers))
        case _:
            return Label(status, names)


def _sorted_out(regimen: str, answers: Answers) -> tuple[LabelStatus, list[Approval]]:
    """The status with the records it rests on."""
    records = [a for a in answers.knowledge.approvals if regimen in a.regimens]
    approved = [a for a in records if a.status == "approved"]
    fits = {a.id: answers.settle(f"approval:{a.id}") for a in records}
    for status, resting in (
        (LabelStatus.APPROVED, [a for a in approved if fits[a.id] is YES]),
        (LabelStatus.CANNOT_TELL, [a for a in approved if fits[a.id] is UNKNOWN]),
        (
            LabelStatus.UNDER_REVIEW,
            [a for a in records if a.status == "under-review" and fits[a.id] is not NO],
        ),
        (LabelStatus.OUTSIDE, approved),
        (LabelStatus.NONE_FOUND, [a for a in records if a.status == "none-found"]),
    ):
        if resting:
            return status, resting
    return LabelStatus.NOT_RECORDED, []


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
