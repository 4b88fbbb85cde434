"""How earlier treatment is counted, from the list of courses.

A list that is not known to be complete bounds the counts from below: ``2+`` is two or more. A
count or a word that the list does not tell is ``?``.
"""

import pytest
from tests.support.builders import a_case, a_course, the_edition

from consilium.clinical.therapies import Count, Members, Word, derive_from_therapies

PROFILES = the_edition().profiles

PACLITAXEL = a_course("paclitaxel")
CAPECITABINE = a_course("capecitabine")
LETROZOLE = a_course("letrozole", "palbociclib")
FULVESTRANT = a_course("fulvestrant", outcome="progression")
GOVITECAN = a_course("sacituzumab-govitecan")
NEOADJUVANT = a_course("paclitaxel", "carboplatin", setting="neoadjuvant")
ADJUVANT = a_course("capecitabine", setting="adjuvant")


def counted(*courses, complete=True, **rest):
    return derive_from_therapies(a_case(*courses, complete=complete, **rest), PROFILES)


def said(value) -> str:
    match value:
        case Count(low, high) if low == high:
            return f"{low:g}"
        case Count(low, high):
            return f"{low:g}+" if high is None else f"{low:g}-{high:g}"
        case Word():
            return value.value
        case None:
            return "?"


@pytest.mark.parametrize(
    ("courses", "line", "lines", "chemotherapy", "endocrine", "not_endocrine", "therapies"),
    [
        ((), "1", "0", "0", "0", "0", "0"),
        ((PACLITAXEL,), "2", "1", "1", "0", "1", "1"),
        ((PACLITAXEL, CAPECITABINE), "3", "2", "2", "0", "2", "2"),
        ((LETROZOLE,), "2", "1", "0", "1", "0", "1"),
        ((LETROZOLE, FULVESTRANT, CAPECITABINE), "4", "3", "1", "2", "1", "3"),
        # curative treatment is no line, and each course of it is a therapy
        ((NEOADJUVANT, ADJUVANT), "1", "0", "0", "0", "0", "2"),
        ((NEOADJUVANT, PACLITAXEL), "2", "1", "1", "0", "1", "2"),
        ((NEOADJUVANT, ADJUVANT, PACLITAXEL), "2", "1", "1", "0", "1", "3"),
        # a conjugate is a line and a therapy, and no chemotherapy
        ((GOVITECAN,), "2", "1", "0", "0", "1", "1"),
        ((PACLITAXEL, GOVITECAN), "3", "2", "1", "0", "2", "2"),
    ],
)
def test_counts_of_a_complete_list(
    courses, line, lines, chemotherapy, endocrine, not_endocrine, therapies
):
    found = counted(*courses)
    assert {name: said(found[name]) for name in COUNTS} == {
        "line": line,
        "prior_lines": lines,
        "prior_chemotherapy_lines": chemotherapy,
        "prior_endocrine_lines": endocrine,
        "prior_nonendocrine_lines": not_endocrine,
        "prior_systemic_therapies": therapies,
    }


COUNTS = (
    "line",
    "prior_lines",
    "prior_chemotherapy_lines",
    "prior_endocrine_lines",
    "prior_nonendocrine_lines",
    "prior_systemic_therapies",
)


@pytest.mark.parametrize(
    ("why", "courses", "lines", "therapies"),
    [
        ("one number, one line", (a_course("paclitaxel", line=1), a_course("letrozole", line=1)), "1", "1"),
        ("two numbers, two lines", (a_course("paclitaxel", line=1), a_course("letrozole", line=2)), "2", "2"),
        ("a swap stays in its line", (PACLITAXEL, a_course("docetaxel", same_line=True)), "1", "1"),
        ("maintenance stays in its line", (PACLITAXEL, a_course("letrozole", same_line=True), CAPECITABINE), "2", "2"),
        ("what goes on is not completed", (PACLITAXEL, a_course("capecitabine", ongoing=True)), "1+", "1+"),
        (
            "a line goes on while one of its courses does",
            (a_course("paclitaxel", line=1), a_course("letrozole", line=1, ongoing=True)),
            "0+",
            "0+",
        ),
        (
            "a line goes on while the course that it continues as does",
            (PACLITAXEL, a_course("letrozole", same_line=True, ongoing=True)),
            "0+",
            "0+",
        ),
        ("a setting not known may be advanced", (PACLITAXEL, a_course("docetaxel", setting="unknown")), "1+", "2"),
        ("an unread drug is a line", (PACLITAXEL, a_course(unread=("elixir",))), "2+", "2"),
        ("a growth factor is none", (PACLITAXEL, a_course("filgrastim")), "1", "1"),
        ("a supportive medicine is none", (PACLITAXEL, a_course("denosumab")), "1", "1"),
        ("beside a drug it changes nothing", (a_course("paclitaxel", "filgrastim"),), "1", "1"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)  # fmt: skip
def test_what_makes_a_line(why, courses, lines, therapies):
    found = counted(*courses)
    assert said(found["prior_lines"]) == lines
    assert said(found["prior_systemic_therapies"]) == therapies


@pytest.mark.parametrize("courses", [(PACLITAXEL,), (NEOADJUVANT, LETROZOLE, GOVITECAN)])
def test_an_incomplete_list_bounds_every_count_from_below(courses):
    whole, partial = counted(*courses), counted(*courses, complete=False)
    for name in COUNTS:
        assert said(partial[name]) == f"{said(whole[name])}+"


def test_nothing_listed_is_not_nothing_given():
    assert counted(complete=False) == {}
    assert said(counted(complete=True)["prior_chemotherapy"]) == "no"


@pytest.mark.parametrize(
    ("courses", "complete", "chemotherapy", "endocrine"),
    [
        ((NEOADJUVANT,), True, "yes", "no"),
        ((NEOADJUVANT,), False, "yes", "?"),
        ((GOVITECAN,), True, "no", "no"),
        ((GOVITECAN,), False, "?", "?"),
        ((LETROZOLE,), True, "no", "yes"),
        ((a_course(unread=("elixir",)),), True, "?", "?"),
    ],
)
def test_chemotherapy_and_endocrine_therapy_in_any_setting(
    courses, complete, chemotherapy, endocrine
):
    found = counted(*courses, complete=complete)
    assert said(found["prior_chemotherapy"]) == chemotherapy
    assert said(found["prior_endocrine_therapy"]) == endocrine


@pytest.mark.parametrize(
    ("course", "complete", "expected"),
    [
        (a_course("letrozole", outcome="progression"), True, "yes"),
        (a_course("letrozole", stopped_for="progression"), False, "yes"),
        (a_course("letrozole", stopped_for="toxicity"), True, "no"),
        (a_course("letrozole", stopped_for="toxicity"), False, "?"),
        (a_course("letrozole"), True, "?"),
        (a_course("letrozole", setting="adjuvant", outcome="progression"), True, "no"),
        (a_course("paclitaxel", outcome="progression"), True, "no"),
    ],
)
def test_progression_on_endocrine_therapy_for_advanced_disease(course, complete, expected):
    assert said(counted(course, complete=complete)["progressed_on_endocrine_line"]) == expected


@pytest.mark.parametrize(
    ("fact", "course", "members"),
    [
        ("prior_drugs", LETROZOLE, "letrozole palbociclib"),
        ("prior_classes", PACLITAXEL, "chemotherapy taxane"),
        (
            "prior_classes",
            a_course("datopotamab-deruxtecan"),
            "antibody-drug-conjugate deruxtecan-adc trop-2-directed-adc",
        ),
        ("prior_payload_classes", GOVITECAN, "topoisomerase-1-inhibitor"),
        ("prior_adc_targets", GOVITECAN, "trop-2"),
        ("prior_adc_targets", a_course("trastuzumab-deruxtecan"), "her2"),
        ("prior_adc_targets", PACLITAXEL, ""),
        ("progressed_on", a_course("paclitaxel", outcome="progression"), "paclitaxel"),
        ("progressed_on", a_course("paclitaxel", stopped_for="toxicity"), ""),
        ("not_tolerated", a_course("paclitaxel", stopped_for="toxicity"), "paclitaxel"),
        (
            "prior_checkpoint_inhibitor",
            a_course("pembrolizumab", setting="neoadjuvant"),
            "curative",
        ),
        ("prior_checkpoint_inhibitor", a_course("pembrolizumab"), "advanced"),
    ],
)
def test_members(fact, course, members):
    has = frozenset(members.split())
    assert counted(course)[fact] == Members(has, complete=True)
    assert counted(course, complete=False)[fact] == Members(has, complete=False)


@pytest.mark.parametrize("fact", ["progressed_on", "not_tolerated"])
def test_a_course_whose_end_is_not_told_may_have_ended_either_way(fact):
    assert counted(PACLITAXEL)[fact] == Members(frozenset(), complete=False)


def test_an_unread_drug_leaves_every_list_of_members_open():
    found = counted(PACLITAXEL, a_course(unread=("elixir",)))
    for fact in ("prior_drugs", "prior_classes", "prior_adc_targets", "prior_payload_classes"):
        assert not found[fact].complete


@pytest.mark.parametrize(
    ("ended", "relapsed", "months"),
    [
        ("2024-01-12", "2025-01-12", "12"),
        ("2024-01-12", "2024-07-12", "6"),
        ("2023-07-12", "2024-01-12", "6"),
        ("2024-01-12", "2024-07-11", "5.97"),
        ("2024-01-12", "2024-07-13", "6.03"),
        ("2024-01-12", "2024-01-12", "0"),
        # the month is known and the day is not
        ("2024-01", "2024-07-31", "6-6.97"),
        ("2024-01-31", "2024-07", "5.03-6"),
        ("2024-01", "2024-07", "5.03-6.97"),
        ("2023", "2024-07", "6.03-18.97"),
        # relapse before treatment ended
        ("2024-06-01", "2024-05-01", "0"),
    ],
)
def test_months_to_relapse(ended, relapsed, months):
    course = a_course("paclitaxel", setting="adjuvant", ended=ended)
    found = counted(course, relapsed_on=relapsed)
    assert said(found["months_to_relapse"]) == months
    assert said(found["months_from_curative_chemotherapy_to_relapse"]) == months


def adjuvant(drug: str, ended: str | None):
    return a_course(drug, setting="adjuvant", **({"ended": ended} if ended else {"ongoing": True}))


@pytest.mark.parametrize(
    ("why", "courses", "any_therapy", "chemotherapy"),
    [
        ("the last end counts", (adjuvant("paclitaxel", "2023-01-12"), adjuvant("capecitabine", "2023-07-12")), "12", "12"),
        ("endocrine is no chemotherapy", (adjuvant("paclitaxel", "2023-01-12"), adjuvant("letrozole", "2024-01-12")), "6", "18"),
        ("an end that is not told may be last", (adjuvant("paclitaxel", "2023-01-12"), a_course("capecitabine", setting="adjuvant")), "?", "?"),
        ("what goes on has no end", (adjuvant("paclitaxel", "2023-01-12"), adjuvant("letrozole", None)), "?", "18"),
        ("an advanced line does not count", (adjuvant("paclitaxel", "2023-01-12"), a_course("capecitabine", ended="2024-06-01")), "18", "18"),
        ("nor does a setting not known settle it", (adjuvant("paclitaxel", "2023-01-12"), a_course("capecitabine", setting="unknown")), "?", "?"),
        ("an unread drug may be chemotherapy", (adjuvant("paclitaxel", "2023-01-12"), a_course(unread=("elixir",), setting="adjuvant", ended="2023-07-12")), "12", "?"),
        ("no curative treatment", (CAPECITABINE,), "?", "?"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)  # fmt: skip
def test_which_end_the_months_count_from(why, courses, any_therapy, chemotherapy):
    found = counted(*courses, relapsed_on="2024-07-12")
    assert said(found["months_to_relapse"]) == any_therapy
    assert said(found["months_from_curative_chemotherapy_to_relapse"]) == chemotherapy


def test_an_incomplete_list_tells_no_months():
    found = counted(adjuvant("paclitaxel", "2023-01-12"), complete=False, relapsed_on="2024-07-12")
    assert said(found["months_to_relapse"]) == "?"
