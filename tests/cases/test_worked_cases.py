"""Every worked case of the edition, held against the plan made for its patient."""

import pytest

from consilium.clinical.patient import PatientError
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.planning.expectations import Outcome, outcome, shown

EDITION = Edition.bundled()
CASES = EDITION.cases()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_plan_shows_what_the_case_says(case):
    try:
        patient = patient_from_mapping(case.patient, EDITION, case.id)
    except PatientError as problem:
        seen = Outcome(None, None, str(problem))
    else:
        seen = outcome(patient, EDITION, as_of=case.as_of.last, region=case.region)
    missing = [expected for expected in case.shows if not shown(expected, seen)]
    unwanted = [expected for expected in case.never_shows if shown(expected, seen)]
    assert not missing, f"{case.id} does not show {missing}; {seen.contradiction}"
    assert not unwanted, f"{case.id} shows {unwanted}"


def test_there_are_enough_cases_and_each_says_why():
    assert len(CASES) >= 70
    assert all(case.why and case.shows + case.never_shows for case in CASES)


def test_every_position_and_every_approval_is_exercised():
    """A statement that no case names can change without anybody noticing."""
    named = {expected.position for case in CASES for expected in case.shows}
    named |= {name for case in CASES for expected in case.shows for name in expected.conflict}
    silent = sorted(set(EDITION.positions) - named)
    assert silent == []
