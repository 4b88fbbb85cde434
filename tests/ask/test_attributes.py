"""Attributes that are seldom told: asked for by name, and answered only by a sentence that tells them."""

from __future__ import annotations

import pytest

from consilium.asking.attributes import asked_for, untold

ROWS = [
    ("At which hospital does Dr Dent work?", "an institution"),
    ("Who chaired the webinar?", "who led or reviewed it"),
    ("Which PD-L1 assay was used in ASCENT-03?", "an assay"),
    ("How long a washout is needed between two ADCs?", "a wash-out"),
    ("Should talazoparib be taken with food?", "how it goes with food"),
    ("What is the prevalence of germline BRCA in TNBC?", "a prevalence"),
    ("How old were the patients in PRIMED?", "an age"),
]
NOT_ASKED = [
    "What percentage of patients never receive a second line?",
    "dose in moderate renal impairment",
    "Which clinical feature matters besides volume?",
    "What is the brand name of Dato-DXd?",
]


@pytest.mark.parametrize(("question", "attribute"), ROWS)
def test_an_attribute_is_seen_and_missed_where_nothing_tells_it(question, attribute) -> None:
    assert asked_for(question) == (attribute,)
    assert untold(question, ["TROPION-Breast02 was presented at the congress."]) == (attribute,)


@pytest.mark.parametrize("question", NOT_ASKED)
def test_a_word_inside_another_asks_for_nothing(question: str) -> None:
    assert asked_for(question) == ()


def test_a_sentence_that_tells_it_answers() -> None:
    assert untold("How old were they?", ["Their median age was 53 years."]) == ()
    assert untold("Which assay was used?", ["PD-L1 by 22C3, CPS 10 or more."]) == ()
