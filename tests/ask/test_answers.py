"""Questions and what must come back, one behaviour each."""

from __future__ import annotations

from datetime import date

import pytest

from consilium.asking import Answer, Asker
from consilium.knowledge.edition import Edition

DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker(Edition.bundled())


def ask(asker: Asker, question: str, scope: str = "all") -> Answer:
    return asker.ask(question, as_of=DAY, scope=scope)  # type: ignore[arg-type]


def test_every_statement_of_the_store_has_a_source(asker: Asker) -> None:
    assert len(asker.index.by_id) > 1000
    assert all(s.citations for s in asker.index.by_id.values())


def test_a_trial_that_refused_crossover_is_not_said_to_have_allowed_it(asker: Asker) -> None:
    answer = ask(asker, "Was crossover allowed in TROPION-Breast02?", "activity")
    assert answer.verdict == "no"
    assert "did not allow" in answer.statements[0].text


def test_the_page_holds_no_hazard_ratio_and_the_evidence_does(asker: Asker) -> None:
    question = "What was the hazard ratio for PFS in ASCENT-03?"
    assert ask(asker, question, "activity").kind == "not-in-sources"
    assert "0.62" in ask(asker, question).text()


@pytest.mark.parametrize("question", ["Results of ASCENT-09?", "What is known of NCT01234567?"])
def test_a_name_that_nobody_holds_is_said_to_be_unknown(asker: Asker, question: str) -> None:
    assert ask(asker, question).reason == "unknown-name"
