"""Every worked case of the edition, held against the plan made for its patient."""

import pytest

from consilium.knowledge.edition import Edition
from consilium.planning.coverage import hold, statements

EDITION = Edition.bundled()
CASES = EDITION.cases()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_plan_shows_what_the_case_says(case):
    result = hold(case, EDITION)
    assert not result.missing, "not shown"
    assert not result.unwanted, "shown against the case"


def test_there_are_enough_cases_and_each_says_why():
    assert len(CASES) >= 70
    assert all(case.why and case.shows + case.never_shows for case in CASES)


def test_every_position_trial_scope_and_approval_applies_in_some_case():
    """A statement that no case exercises can change without anybody noticing."""
    held = frozenset().union(*(hold(case, EDITION).held for case in CASES))
    silent = [name for name in statements(EDITION) if name not in held]
    assert [name for name in silent if not name.startswith("care:")] == []
