"""Questions and what must come back, one behaviour each."""

from __future__ import annotations

from collections import Counter
from datetime import date

import msgspec
import pytest
from tests.ask.corrupting import corruptions
from tests.ask.scoring import ASKED, forbidden, questions, right, run, uncited
from tests.ask.sweep import swept

from consilium.asking import Answer, Asker
from consilium.asking.index import Index
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


CLAIMS = [
    ("Is it true that ASCENT-03 allowed crossover?", "yes"),
    ("Is it true that TROPION-Breast02 permitted crossover?", "no"),
    ("Is it correct that the payload of SG is SN-38?", "yes"),
    ("Is it true that the payload of SG is exatecan?", "no"),
    ("Does Dato-DXd have a DAR of 8?", "no"),
    ("Is it true that Dr Cortes presented TROPION-Breast02?", "no"),
    ("Confirm that PRIMED was a phase III trial", "no"),
    ("Is it true that median PFS with chemotherapy in ASCENT-03 was 6.9 months?", "yes"),
    ("Is it true that median PFS with SG in ASCENT-03 was 6.9 months?", "not-said"),
    ("Is it true that chemotherapy improved PFS over SG in ASCENT-03?", "no"),
    ("Since PARP inhibitors improve OS over chemo, should they go first?", "no"),
    ("Given that ASCENT-03 showed an OS benefit, should SG be first line?", "open"),
]


@pytest.mark.parametrize(("question", "verdict"), CLAIMS)
def test_what_a_question_asserts_is_held_against_the_sources(asker, question, verdict) -> None:
    assert ask(asker, question).verdict == verdict


def test_a_corrupted_sentence_is_never_affirmed(asker: Asker) -> None:
    affirmed = [
        corrupted
        for corrupted in corruptions(asker, 500)
        if ask(asker, corrupted.question).verdict == "yes"
    ]
    assert affirmed == []


def test_a_following_question_keeps_what_it_is_about(asker: Asker) -> None:
    first = "What was the PFS in TROPION-Breast02?"
    after = asker.ask("and OS?", as_of=DAY, history=[first])
    assert "23.7" in after.text()
    other = asker.ask("what about ASCENT-03?", as_of=DAY, history=[first])
    assert "9.7" in other.text()


def test_nothing_of_after_the_page_is_said_in_its_name(asker: Asker) -> None:
    answer = ask(asker, "When did the FDA approve SG first line?", "activity")
    assert "2026-06" not in answer.text()
    assert "June 2026" not in answer.text()
    assert answer.as_of == "2026-01-12"


def test_what_was_not_known_on_a_day_is_not_said(asker: Asker) -> None:
    answer = asker.ask("FDA approval of SG first line TNBC", as_of=date(2026, 1, 12))
    assert "24 June 2026" not in answer.text()


def test_a_described_patient_is_planned_and_never_logged(asker: Asker) -> None:
    answer = ask(
        asker, "untreated TNBC, CPS 3, BRCA1 carrier, liver metastases, symptomatic: what first?"
    )
    assert answer.kind == "plan"
    assert any("BRCA" in fact for fact in answer.understood)
    assert answer.statements
    assert not answer.may_log


def test_g_csf_is_dated_from_a_dose(asker: Asker) -> None:
    answer = ask(asker, "when is the next G-CSF if SG was given on 3 March?")
    assert answer.kind == "computed"
    assert "4 March 2026" in answer.text()
    assert "10 March 2026" in answer.text()


def test_an_indirect_comparison_comes_with_its_warning(asker: Asker) -> None:
    answer = ask(asker, "indirect comparison of sacituzumab govitecan and datopotamab deruxtecan")
    assert "not a randomised one" in answer.lead
    assert all(part.uses for part in answer.computed)


def test_the_index_is_rebuilt_only_where_something_changed(asker: Asker) -> None:
    held = list(asker.index.by_id.values())
    index = Index(held)
    assert index.update(held) == (0, 0)
    other = msgspec.structs.replace(held[0], text=held[0].text + " Otherwise.")
    assert index.update([other, *held[1:-1]]) == (1, 1)


@pytest.fixture(scope="module")
def reported():
    return run("reporting")


BARS = [(ASKED, 0.90), (("decline",), 0.95), (("gap",), 0.90)]


def missed(found, kinds) -> tuple[float, list[str]]:
    """The share that is right, and the questions that are not."""
    rows = [pair for kind in kinds for pair in found.get(kind, ())]
    wrong = [row["q"] for row, answer in rows if not right(row, answer)]
    return 1 - len(wrong) / len(rows), wrong


@pytest.fixture(scope="module")
def tuned():
    return run("tuning")


@pytest.mark.parametrize(("kinds", "least"), BARS)
def test_what_was_mended_stays_mended(tuned, kinds, least) -> None:
    share, wrong = missed(tuned, kinds)
    assert share >= least, wrong


@pytest.mark.parametrize(("kinds", "least"), BARS)
def test_the_reporting_part_is_answered(reported, kinds, least) -> None:
    share, wrong = missed(reported, kinds)
    assert share >= least, wrong


def test_nothing_is_said_without_a_source_and_nothing_forbidden(reported) -> None:
    rows = [pair for found in reported.values() for pair in found]
    assert sum(uncited(answer) for _, answer in rows) == 0
    assert [row["q"] for row, answer in rows if forbidden(row, answer)] == []


def test_the_set_is_as_large_as_it_says() -> None:
    parts = {part: questions(part) for part in ("tuning", "reporting")}
    rows = {row["q"]: row for part in parts.values() for row in part}.values()
    assert sum(row["kind"] in ASKED for row in rows) >= 200
    assert sum(row["kind"] == "decline" for row in rows) >= 100
    for part in parts.values():
        assert len({row["id"] for row in part}) == len(part)


def test_what_a_plain_question_asks_for_comes_back(asker: Asker) -> None:
    total: Counter[str] = Counter()
    met: Counter[str] = Counter()
    silent = []
    for statement, question, fine, _ in swept(asker, every=4):
        total[statement.kind] += 1
        met[statement.kind] += fine
        if not fine:
            silent.append(question)
    assert set(total) >= {"trial", "result", "harm", "gap", "drug", "approval", "care"}
    assert {kind: n for kind, n in total.items() if met[kind] < 0.9 * n} == {}, silent
