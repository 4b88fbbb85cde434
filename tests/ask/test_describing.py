"""Patients in words, and the facts that are read from them; what is not said stays unknown."""

from __future__ import annotations

import pytest

from consilium.asking.describing import Course, as_input, described
from consilium.asking.names import Names
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition

EDITION = Edition.bundled()
NAMES = Names(EDITION)

FACTS = [
    ("mTNBC 1L CPS 12 gBRCA wt", {"subtype": "triple-negative", "line": 1, "germline_brca": "no-variant"}),
    ("ER 90 %, PR 5 %, HER2 1+ metastatic disease", {"er_percent": 90, "pr_percent": 5, "her2_ihc": "1+"}),
    ("HER2 IHC 2+/ISH-", {"her2_ihc": "2+", "her2_ish": "not-amplified"}),
    ("a 54-year-old woman, ECOG 1", {"age": 54, "ecog_ps": 1}),
    ("germline BRCA1 VUS", {"germline_brca": "uncertain-significance"}),
    ("tumour NGS BRCA2 mutated, germline negative", {"somatic_brca": "pathogenic", "germline_brca": "no-variant"}),
    ("CrCl 26 mL/min", {"creatinine_clearance": {"value": 26, "unit": "mL/min"}}),
    ("bilirubin 3.6 x ULN", {"bilirubin": {"value": 3.6, "unit": "x ULN"}}),
    ("UGT1A1 *28/*28", {"ugt1a1": "*28/*28"}),
    ("known corneal dystrophy", {"corneal_disease": "yes"}),
    ("14 weeks pregnant", {"pregnancy": "pregnant"}),
    ("COPD, diabetes and CKD", {"comorbidities": "multiple"}),
    ("no brain metastases, liver metastases", {"brain_metastases": "none", "visceral_metastases": "yes"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "facts"), FACTS)
def test_a_fact_is_read_as_it_is_written(text: str, facts: dict[str, object]) -> None:
    found = described(text, NAMES).facts
    assert {name: found.get(name) for name in facts} == facts


@pytest.mark.parametrize(
    "text",
    ["gBRCA not tested", "BRCA status unknown", "ISH not done", "not pregnant", "PD-L1 pending"],
)
def test_what_is_not_known_is_no_fact(text: str) -> None:
    found = described(text, NAMES).facts
    assert not found.keys() & {"germline_brca", "her2_ish", "pregnancy", "pd_l1"}


def line(*drugs: str, stopped: str = "progression") -> Course:
    return Course(drugs, "advanced", stopped)


HISTORIES = [
    ("metastatic TNBC after capecitabine then Trodelvy: what next?", (line("capecitabine"), line("sacituzumab-govitecan")), ()),
    ("HR+ disease, progressed on letrozole plus ribociclib", (line("letrozole", "ribociclib"),), ()),
    ("TNBC after pembrolizumab, gemcitabine and carboplatin", (line("pembrolizumab", "gemcitabine", "carboplatin"),), ()),
    ("newly diagnosed metastatic TNBC, she had paclitaxel four years ago", (Course(("paclitaxel",), "adjuvant", "completed"),), ()),
    ("stopped T-DXd for intolerance, is SG an option?", (line("trastuzumab-deruxtecan", stopped="toxicity"),), ("sacituzumab-govitecan",)),
    ("TNBC after SG, T-DXd planned", (line("sacituzumab-govitecan"),), ("trastuzumab-deruxtecan",)),
    ("untreated metastatic TNBC: is Dato-DXd an option?", (), ("datopotamab-deruxtecan",)),
    ("metastatic TNBC: what would be given?", None, ()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "courses", "drugs"), HISTORIES)
def test_the_past_is_told_from_what_is_asked_about(text, courses, drugs) -> None:
    found = described(text, NAMES)
    assert found.courses == courses
    assert found.drugs == drugs


def test_every_description_is_one_that_intake_takes() -> None:
    for text, *_ in (*FACTS, *HISTORIES):
        patient_from_mapping(as_input(described(text, NAMES)), EDITION)


def test_a_line_that_is_behind_is_not_the_line_to_come() -> None:
    found = described("TNBC after first-line SG and second-line carboplatin: what now?", NAMES)
    assert found.facts["line"] == 3


def test_what_is_taken_for_granted_is_said() -> None:
    assert any(
        "HER2 was not told" in t for t in described("ER 90 % metastatic disease", NAMES).taken
    )
    assert not any("HER2" in t for t in described("ER 90 %, HER2 1+", NAMES).taken)
    assert any("22C3" in t for t in described("mTNBC, CPS 3", NAMES).taken)


def test_a_share_of_one_receptor_leaves_the_subtype() -> None:
    assert described("triple-negative, PR 0 %", NAMES).facts["subtype"] == "triple-negative"
