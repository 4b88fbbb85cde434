"""Every dose and event that was worked out by hand, against the edition."""

import pytest
from tests.support.care_cases import run, shown

from consilium.knowledge.care_expected import CareCase
from consilium.knowledge.edition import Edition

EDITION = Edition.bundled()
CASES = EDITION.care_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_care_case_shows_what_it_must(case: CareCase) -> None:
    outcome = run(case, EDITION)
    stops = any(wanted.stops for wanted in case.shows)
    assert stops or not outcome.stopped, outcome.stopped
    for wanted in case.shows:
        assert shown(wanted, outcome), f"{case.id} does not show {wanted}"
    for unwanted in case.never_shows:
        assert not shown(unwanted, outcome), f"{case.id} shows {unwanted}"


def test_there_are_forty_cases_and_the_dangerous_traps_are_among_them() -> None:
    assert len(CASES) >= 40
    assert sum(1 for case in CASES if case.dangerous) >= 20
