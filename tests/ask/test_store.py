"""What the store of statements holds, and how its sentences are worded."""

from __future__ import annotations

import re

import pytest

from consilium.asking.derive import statements
from consilium.asking.statements import Statement
from consilium.asking.wordings import bundled
from consilium.knowledge.edition import Edition


@pytest.fixture(scope="module")
def store() -> dict[str, Statement]:
    return {s.id: s for s in statements(Edition.bundled())}


def test_every_statement_has_questions_it_answers_and_no_question_lacks_one(store) -> None:
    assert {name for name, _ in bundled()} == set(store)


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ("term/febrile-neutropenia/fact-definition-by-ctcae", "below 1000 /mm3"),
        ("term/febrile-neutropenia/fact-definition-by-guidelines", "500 /mm3"),
        ("term/nausea/fact-antiemetics-for-high-risk-by-asco", "olanzapine"),
        ("fact/pd_l1_cps/fact-cut-off-and-assay-for-pembrolizumab", "22C3 pharmDx"),
        ("pembrolizumab/fact-maximum-duration-of-treatment", "24 months"),
        ("speaker/nccn/fact-date-of-version-1-2026", "16 January 2026"),
    ],
)
def test_a_sourced_sentence_of_the_vocabulary_is_a_statement(store, statement, holds) -> None:
    assert holds in store[statement].text
    assert store[statement].citations


def test_a_sourced_sentence_is_about_the_drugs_and_panels_it_names(store) -> None:
    about = store["term/nausea/fact-antiemetics-for-high-risk-by-asco"].about
    assert "person:asco" in about
    assert (
        "drug:pembrolizumab"
        in store["fact/pd_l1_cps/fact-cut-off-and-assay-for-pembrolizumab"].about
    )


def test_the_order_of_answers_to_a_question_is_told(store) -> None:
    said = store["trop2-roles-2026/question-after-t-dxd"].text
    assert said.endswith("Dr Tolaney, then Dr Cortes, then Dr Tolaney.")


def test_what_somebody_does_not_disclose_is_told(store) -> None:
    lacking = store["trop2-roles-2026/sara-m-tolaney-kinds"].text.split("None is listed under:")[1]
    assert "stock" in lacking
    assert "honoraria" in lacking
    assert "consultant" not in lacking


def test_a_plain_word_stands_beside_the_term_of_the_field(store) -> None:
    plain = re.compile(r"\bconjugates?\b")
    term = re.compile(r"\bADCs?\b|antibody.drug", re.IGNORECASE)
    assert [s.id for s in store.values() if plain.search(s.text) and not term.search(s.text)] == []


def test_a_part_of_a_trial_tells_its_patients(store) -> None:
    said = store["destiny-breast04-pfs-bicr-hr-positive-prior-cdk4-6"].text
    assert "trastuzumab deruxtecan (T-DXd) 233 (149 events)" in said


def test_what_was_not_verified_is_a_gap_unless_another_page_holds_it(store) -> None:
    gap = store["not-verified/sacituzumab-govitecan-cap-mg"]
    assert (gap.kind, bool(gap.citations)) == ("gap", True)
    records = Edition.bundled().contents.not_verified
    held = {r.id for r in records if r.held_otherwise}
    assert held
    assert not {f"not-verified/{name}" for name in held} & set(store)


def test_a_gap_that_nothing_was_read_for_is_left_out() -> None:
    edition = Edition.bundled()
    found = {s.id for s in statements(edition) if s.id.startswith("not-verified/")}
    names = {f"not-verified/{r.id}" for r in edition.contents.not_verified}
    assert found < names
    assert "not-verified/paclitaxel-doses" in names - found
    assert all(s.citations for s in statements(edition))
