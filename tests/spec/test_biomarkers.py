"""From what a laboratory reports to what a label asks for.

``|`` separates values that are all still possible.
"""

import pytest
from tests.support.builders import possible_words, the_edition

MODEL = the_edition().model
EVERY_CATEGORY = "positive|low|ultralow|null"


def given(**facts: object) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value not in ("", None)}


def assert_possible(fact: str, expected: str, **facts: object) -> None:
    assert possible_words(MODEL, fact, **given(**facts)) == set(expected.split("|"))


@pytest.mark.parametrize(
    ("ihc", "ish", "staining", "category"),
    [
        ("0", "", "", "ultralow|null"),
        ("0", "", "yes", "ultralow"),
        ("0", "", "no", "null"),
        ("0", "not-amplified", "", "ultralow|null"),
        ("1+", "", "", "low"),
        ("1+", "not-amplified", "", "low"),
        ("2+", "", "", "positive|low"),
        ("2+", "not-amplified", "", "low"),
        ("2+", "amplified", "", "positive"),
        ("2+", "", "yes", "positive|low"),
        ("3+", "", "", "positive"),
        ("3+", "not-amplified", "", "positive"),
        ("", "", "", EVERY_CATEGORY),
        ("", "not-amplified", "", EVERY_CATEGORY),
        ("", "", "no", "positive|low|null"),
        ("", "", "yes", "positive|low|ultralow"),
    ],
)
def test_her2_category(ihc, ish, staining, category):
    facts = {"her2_ihc": ihc, "her2_ish": ish, "her2_membrane_staining": staining}
    assert_possible("her2_category", category, **facts)


@pytest.mark.parametrize(
    ("verdict", "ihc", "category"),
    [
        ("negative", "", "low|ultralow|null"),
        ("negative", "0", "ultralow|null"),
        ("negative", "2+", "low"),
        ("positive", "", "positive"),
        ("positive", "2+", "positive"),
    ],
)
def test_a_bare_her2_verdict(verdict, ihc, category):
    assert_possible("her2_category", category, her2_status=verdict, her2_ihc=ihc)


@pytest.mark.parametrize(
    ("verdict", "scores"),
    [("negative", "0|1+|2+"), ("positive", "2+|3+")],
)
def test_a_bare_her2_verdict_bounds_the_score(verdict, scores):
    assert_possible("her2_ihc", scores, her2_status=verdict)


def test_a_2_plus_read_as_negative_was_not_amplified():
    assert_possible("her2_ish", "not-amplified", her2_status="negative", her2_ihc="2+")


@pytest.mark.parametrize(
    ("percent", "status"),
    [
        (0, "negative"),
        (0.9, "negative"),
        (1, "positive"),
        (10, "positive"),
        (100, "positive"),
        (None, "positive|negative"),
    ],
)
@pytest.mark.parametrize("receptor", ["er", "pr"])
def test_a_receptor_is_positive_from_one_per_cent(receptor, percent, status):
    assert_possible(f"{receptor}_status", status, **{f"{receptor}_percent": percent})


@pytest.mark.parametrize(
    ("er", "pr", "hormone_receptor"),
    [
        (0, 0, "negative"),
        (0.9, 0.9, "negative"),
        (1, 0, "positive"),
        (0, 1, "positive"),
        (1, None, "positive"),
        (0, None, "positive|negative"),
        (None, None, "positive|negative"),
    ],
)
def test_hormone_receptor(er, pr, hormone_receptor):
    assert_possible("hormone_receptor", hormone_receptor, er_percent=er, pr_percent=pr)


@pytest.mark.parametrize(
    ("hormone_receptor", "her2", "subtype"),
    [
        ("negative", "negative", "triple-negative"),
        ("positive", "negative", "hormone-receptor-positive"),
        ("negative", "positive", "her2-positive"),
        ("positive", "positive", "her2-positive"),
        ("", "positive", "her2-positive"),
        ("", "negative", "triple-negative|hormone-receptor-positive"),
        ("negative", "", "triple-negative|her2-positive"),
        ("positive", "", "hormone-receptor-positive|her2-positive"),
        ("", "", "triple-negative|hormone-receptor-positive|her2-positive"),
    ],
)
def test_subtype(hormone_receptor, her2, subtype):
    facts = {"hormone_receptor": hormone_receptor, "her2_status": her2}
    assert_possible("subtype", subtype, **facts)


def test_a_bare_subtype_bounds_what_it_follows_from():
    assert_possible("her2_category", "low|ultralow|null", subtype="triple-negative")
    assert_possible("er_status", "negative", subtype="triple-negative")
    assert_possible("her2_ihc", "0|1+|2+", subtype="hormone-receptor-positive")


@pytest.mark.parametrize(
    ("genotype", "metaboliser"),
    [
        ("*1/*1", "normal"),
        ("*1/*28", "intermediate"),
        ("*1/*6", "intermediate"),
        ("*28/*28", "poor"),
        ("*6/*6", "poor"),
        ("*6/*28", "poor"),
        ("", "normal|intermediate|poor"),
    ],
)
def test_ugt1a1(genotype, metaboliser):
    assert_possible("ugt1a1_metaboliser", metaboliser, ugt1a1=genotype)
