"""Which statements the worked cases exercise, and whether the cases hold."""

from __future__ import annotations

import msgspec

from consilium.clinical.patient import PatientError
from consilium.guidance.standing import Answers
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Shows, WorkedCase
from consilium.planning.expectations import Outcome, outcome, shown
from consilium.rules.answers import YES


class CaseResult(msgspec.Struct, frozen=True):
    """What a worked case says that its plan does not show, and what it shows against it."""

    case: str
    missing: tuple[Shows, ...]
    unwanted: tuple[Shows, ...]
    held: frozenset[str]

    @property
    def holds(self) -> bool:
        """Whether the plan shows just what the case says."""
        return not self.missing and not self.unwanted


def hold(case: WorkedCase, edition: Edition) -> CaseResult:
    """Plan the patient of one case and compare."""
    try:
        patient = patient_from_mapping(case.patient, edition, case.id)
    except PatientError as problem:
        seen = Outcome(None, None, str(problem))
    else:
        seen = outcome(patient, edition, as_of=case.as_of.last, region=case.region)
    return CaseResult(
        case.id,
        tuple(expected for expected in case.shows if not shown(expected, seen)),
        tuple(expected for expected in case.never_shows if shown(expected, seen)),
        _held(seen.answers),
    )


def statements(edition: Edition) -> tuple[str, ...]:
    """Every statement with a condition, by the key under which it is answered."""
    return (
        *(f"position:{name}" for name in edition.positions),
        *(f"approval:{name}" for name in edition.approvals),
        *(f"care:{name}" for name in edition.care),
        *(f"trial:{t.id}" for t in edition.contents.trials if t.eligibility is not None),
        *(f"scope:{scope.id}" for scope in edition.contents.scopes.scopes),
        *(f"exclusion:{exclusion.id}" for exclusion in edition.contents.scopes.exclusions),
    )


def _held(answers: Answers | None) -> frozenset[str]:
    if answers is None:
        return frozenset()
    return frozenset(k for k in answers.knowledge.conditions if answers.settle(k) is YES)
