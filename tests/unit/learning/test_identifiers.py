"""What is refused as identifying, and what may be said."""

from itertools import pairwise

import pytest

from consilium.learning.identifiers import find_identifiers

FOUND = [
    ("Mrs Example came", {"name"}),
    ("Dr. Ångström agreed", {"name"}),
    ("patient Anna wants tablets", {"name"}),
    ("Jane Doe asked for it", {"name"}),
    ("J. Smith, 64", {"name"}),
    ("seen with J.R. Tolkien", {"name"}),
    ("name: Okafor", {"name"}),
    ("born 12 March 1956", {"date of birth"}),
    ("DOB 3/4/56", {"date of birth"}),
    ("12.03.1956", {"date"}),
    ("1956-03-12", {"date"}),
    ("March 12, 1956", {"date"}),
    ("12th of March 1956", {"date"}),
    ("MRN 4471882", {"record number"}),
    ("hospital no. A-44718", {"record number"}),
    ("Patient ID: XK44-90", {"record number"}),
    ("NHS 943 476 5919", {"telephone number"}),
    ("943 476 5919", {"telephone number"}),
    ("+49 (0)30 1234567", {"telephone number"}),
    ("4471882", {"telephone number", "long number"}),
    ("someone@example.org", {"e-mail address"}),
    ("see https://example.org/p/7", {"web address"}),
    ("92-year-old", {"age above 89"}),
]


@pytest.mark.parametrize(("text", "kinds"), FOUND)
def test_it_is_found(text, kinds):
    found = find_identifiers(text)
    assert found and {each.kind for each in found} <= kinds


PASSES = [
    "",
    "prefers a tablet; lives far from the day ward",
    "HR 0.62 (0.50 to 0.77), ANC 1500 /mm3",
    "ASCENT-03 and TROPION-Breast02 convinced me",
    "progression in May 2026 on T-DXd",
    "CPS 10 by 22C3; ECOG 1; HER2 IHC 1+",
    "79 years old, creatinine clearance 45 ml/min",
    "The label in the European Union does not cover it",
    "Sacituzumab Govitecan is not reimbursed here",
    "no visceral crisis. After 15 months the lung lesions grew",
    "Not available. No trial nearby.",
]  # fmt: skip


@pytest.mark.parametrize("text", PASSES)
def test_it_passes(text):
    assert find_identifiers(text) == ()


def test_what_is_found_does_not_overlap_and_points_into_the_text():
    text = "Mrs Jane Doe, born 12 March 1956, MRN 4471882, phone +44 20 7946 0958"
    found = find_identifiers(text)
    assert [each.kind for each in found] == [
        "name",
        "date of birth",
        "record number",
        "telephone number",
    ]
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert "4471882" not in "".join(text[one.end : other.start] for one, other in pairwise(found))
