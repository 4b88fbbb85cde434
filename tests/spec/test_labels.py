"""What a label status says: six values, and never a bare yes or no."""

from datetime import date

import pytest
from tests.support.builders import a_tiny_edition, known

from consilium.guidance.labels import LabelStatus, label_of
from consilium.guidance.standing import Answers, Knowledge
from consilium.knowledge.records import Region
from consilium.rules.completions import Patient

TODAY = date(2026, 3, 1)
FITS = {"subtype": "triple-negative", "line": 1}
FIRST_LINE = "{subtype: triple-negative, line: 1}"
LATER_LINES = "{subtype: triple-negative, line: {from: 2}}"
ANY_TRIPLE_NEGATIVE = "{subtype: triple-negative}"


def an_approval(name: str, when: str = "", status: str = "approved", **keys: str) -> str:
    written = {"regions": "[US]", "since": "2026-01-10"} | keys | ({"when": when} if when else {})
    return f"""\
- id: {name}
  regulator: fda
  regimens: [example-drug]
  status: {status}
  checked: 2026-02-01
  review_by: 2026-08-01
  because: [{{source: a-paper}}]
""" + "".join(f"  {key}: {value}\n" for key, value in written.items())


def label(folder, *approvals, as_of=TODAY, region=Region.US, regimen="example-drug", **facts):
    changed = {"approvals/example-drug.yaml": "".join(approvals) or None}
    edition = a_tiny_edition(folder, changed)
    patient = Patient(edition.model, known(**facts))
    return label_of(regimen, Answers(Knowledge(edition, as_of, region), patient))


def test_approved_for_this_patient_since_a_date(tmp_path):
    found = label(tmp_path, an_approval("first", FIRST_LINE), **FITS)
    assert found.status is LabelStatus.APPROVED
    assert (found.approvals, str(found.since)) == (("first",), "2026-01-10")


def test_of_two_that_fit_the_earlier_says_since_when(tmp_path):
    found = label(
        tmp_path,
        an_approval("later", FIRST_LINE, since="2026-02-01"),
        an_approval("earlier", ANY_TRIPLE_NEGATIVE, since="2025-11-01"),
        **FITS,
    )
    assert set(found.approvals) == {"later", "earlier"}
    assert str(found.since) == "2025-11-01"


def test_approved_but_not_for_this_patient(tmp_path):
    found = label(tmp_path, an_approval("first", FIRST_LINE), subtype="triple-negative", line=2)
    assert found.status is LabelStatus.OUTSIDE
    assert found.failing == ("line",)


def test_the_nearest_of_several_approvals_says_what_is_in_the_way(tmp_path):
    found = label(
        tmp_path,
        an_approval("far", "{subtype: other, line: {from: 2}}"),
        an_approval("near", LATER_LINES),
        **FITS,
    )
    assert (found.status, found.failing) == (LabelStatus.OUTSIDE, ("line",))


def test_cannot_be_told_with_what_is_missing(tmp_path):
    found = label(tmp_path, an_approval("first", FIRST_LINE), subtype="triple-negative")
    assert found.status is LabelStatus.CANNOT_TELL
    assert found.missing == ("line",)


def test_one_open_approval_beside_one_that_does_not_fit_cannot_be_told(tmp_path):
    approvals = an_approval("first", FIRST_LINE), an_approval("other", "{subtype: other}")
    found = label(tmp_path, *approvals, subtype="triple-negative")
    assert (found.status, found.approvals) == (LabelStatus.CANNOT_TELL, ("first",))


def test_two_open_approvals_of_which_one_must_fit_are_still_two_open_ones(tmp_path):
    """Whether one fits is certain; which of them, and so since when, is not."""
    approvals = an_approval("first", FIRST_LINE), an_approval("later", LATER_LINES)
    found = label(tmp_path, *approvals, subtype="triple-negative")
    assert (found.status, found.missing) == (LabelStatus.CANNOT_TELL, ("line",))


def test_under_review(tmp_path):
    found = label(tmp_path, an_approval("filed", FIRST_LINE, "under-review"), **FITS)
    assert (found.status, str(found.since)) == (LabelStatus.UNDER_REVIEW, "2026-01-10")


def test_under_review_here_and_approved_for_others(tmp_path):
    filed = an_approval("filed", FIRST_LINE, "under-review")
    found = label(tmp_path, filed, an_approval("later", LATER_LINES), **FITS)
    assert found.status is LabelStatus.UNDER_REVIEW
    assert found.also == "approved for other patients"


def test_under_review_for_other_patients_is_no_review_for_this_one(tmp_path):
    filed = an_approval("filed", "{subtype: other}", "under-review")
    found = label(tmp_path, filed, an_approval("later", LATER_LINES), **FITS)
    assert found.status is LabelStatus.OUTSIDE


def test_none_found_when_checked(tmp_path):
    found = label(tmp_path, an_approval("none", status="none-found", since="not-stated"), **FITS)
    assert found.status is LabelStatus.NONE_FOUND


@pytest.mark.parametrize(
    "elsewhere", [{"region": Region.EU}, {"regimen": "other-drug"}], ids=["region", "drug"]
)
def test_what_is_not_recorded_is_not_refused(tmp_path, elsewhere):
    found = label(tmp_path, an_approval("first", FIRST_LINE), **elsewhere, **FITS)
    assert found.status is LabelStatus.NOT_RECORDED


@pytest.mark.parametrize(
    ("since", "until", "as_of", "status"),
    [
        ("2026-01-10", "", date(2026, 1, 9), LabelStatus.NOT_RECORDED),
        ("2026-01-10", "", date(2026, 1, 10), LabelStatus.APPROVED),
        # a month counts from its last day
        ("2026-01", "", date(2026, 1, 30), LabelStatus.NOT_RECORDED),
        ("2026-01", "", date(2026, 1, 31), LabelStatus.APPROVED),
        # `until` is the first day on which it no longer counts
        ("2025-01-10", "2026-01-10", date(2026, 1, 9), LabelStatus.APPROVED),
        ("2025-01-10", "2026-01-10", date(2026, 1, 10), LabelStatus.NOT_RECORDED),
    ],
)
def test_from_when_to_when(tmp_path, since, until, as_of, status):
    dates = {"since": since} | ({"until": until} if until else {})
    found = label(tmp_path, an_approval("first", FIRST_LINE, **dates), as_of=as_of, **FITS)
    assert found.status is status


def test_a_later_approval_takes_the_place_of_the_one_it_supersedes(tmp_path):
    old = an_approval("old", ANY_TRIPLE_NEGATIVE, since="2025-01-10")
    new = an_approval("new", LATER_LINES, since="2026-01-10", supersedes="[old]")
    assert label(tmp_path, old, new, as_of=date(2026, 1, 9), **FITS).status is LabelStatus.APPROVED
    assert label(tmp_path, old, new, as_of=date(2026, 1, 10), **FITS).status is LabelStatus.OUTSIDE
