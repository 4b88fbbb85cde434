"""Where speakers agree, where they point apart, and what a voice carries."""

from datetime import date

import pytest
from tests.spec.test_standing import a_position
from tests.support.builders import a_tiny_edition, known

from consilium.guidance.labels import LabelStatus
from consilium.guidance.standing import Answers, Knowledge, Standing
from consilium.guidance.voices import Agreement, agreement, conflicts, voices
from consilium.knowledge.records import Region
from consilium.rules.completions import Patient

EVERYBODY = "{subtype: triple-negative}"
SPEAKERS = """\
- {id: an-expert, name: An Expert, kind: person}
- {id: another-expert, name: Another Expert, kind: person}
- {id: a-panel, name: A Panel, kind: guideline}
"""


@pytest.fixture
def heard(tmp_path):
    def of(*positions, labels=None, as_of=date(2026, 3, 1), **facts):
        changed = {
            "positions/first-line.yaml": "".join(positions),
            "vocabulary/speakers.yaml": SPEAKERS,
        }
        edition = a_tiny_edition(tmp_path, changed)
        patient = Patient(edition.model, known(**({"subtype": "triple-negative"} | facts)))
        return voices(Answers(Knowledge(edition, as_of, Region.US), patient), labels or {})

    return of


def says(name: str, who: str, stance: str, regimens: str, **keys: str) -> str:
    """A position that applies to everybody in these tests."""
    written = a_position(name, keys.pop("when", EVERYBODY), who, **keys)
    return written.replace("recommends", stance).replace(
        "  regimens: [example-drug]\n", f"  regimens: {regimens}\n"
    )


ONE, OTHER = "[example-drug]", "[other-drug]"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (says("b", "another-expert", "recommends", OTHER), "they recommend different regimens"),
        (says("b", "another-expert", "recommends", "[example-drug, other-drug]"), None),
        (says("b", "another-expert", "would_consider", OTHER), None),
        (
            says("b", "another-expert", "advises_against", ONE),
            "one advises against what the other speaks for",
        ),
        (says("b", "another-expert", "advises_against", OTHER), None),
        (
            says("b", "a-panel", "acceptable", OTHER, over=ONE),
            "one prefers another regimen over the one that the other speaks for",
        ),
        # nobody conflicts with themselves, nor with what does not apply
        (says("b", "an-expert", "recommends", OTHER), None),
        (says("b", "another-expert", "recommends", OTHER, when="{subtype: other}"), None),
        (says("b", "another-expert", "recommends", OTHER, when="{line: 1}"), None),
    ],
)
def test_two_positions_that_point_apart(heard, second, expected):
    found = conflicts(heard(says("a", "an-expert", "recommends", ONE), second))
    assert [conflict.says for conflict in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ((), Agreement.NOBODY_SPEAKS),
        ((("a-panel", "recommends", ONE),), Agreement.NOBODY_SPEAKS),
        ((("an-expert", "recommends", ONE),), Agreement.ONE_SPEAKS),
        ((("an-expert", "recommends", ONE), ("an-expert", "acceptable", OTHER)), Agreement.ONE_SPEAKS),
        ((("an-expert", "recommends", ONE), ("another-expert", "acceptable", ONE)), Agreement.AGREE),
        ((("an-expert", "recommends", ONE), ("another-expert", "recommends", OTHER)), Agreement.SPLIT),
        ((("an-expert", "recommends", ONE), ("another-expert", "advises_against", ONE)), Agreement.SPLIT),
    ],
)  # fmt: skip
def test_what_the_people_who_speak_have_in_common(heard, positions, expected):
    written = [says(f"p{index}", *position) for index, position in enumerate(positions)]
    filler = says("nobody-here", "a-panel", "acceptable", ONE, when="{subtype: other}")
    assert agreement(heard(*written, filler))[0] is expected


def test_naming_the_deciding_facts_is_no_agreement(heard):
    first = says("a", "an-expert", "recommends", ONE)
    second = says("b", "another-expert", "depends_on", ONE, facts="[score]")
    assert agreement(heard(first, second))[0] is Agreement.SPLIT


@pytest.mark.parametrize(
    ("labels", "waiting"),
    [
        ({"example-drug": LabelStatus.APPROVED}, ()),
        ({"example-drug": LabelStatus.UNDER_REVIEW}, ("example-drug",)),
        ({}, ("example-drug",)),
    ],
)
def test_a_position_whose_premise_is_an_approval_waits_for_it(heard, labels, waiting):
    position = says("a", "an-expert", "recommends", ONE, premise="approved")
    (voice,) = heard(position, labels=labels)
    assert voice.waiting == waiting


def test_reasons_name_the_tests_that_made_it_apply(heard):
    (voice,) = heard(
        says("a", "an-expert", "recommends", ONE, when="{subtype: triple-negative, line: 1}"),
        line=1,
    )
    assert [(reason.fact, reason.text) for reason in voice.reasons] == [
        ("subtype", "triple-negative"),
        ("line", "line 1"),
    ]


def test_an_open_position_gives_no_reasons_and_names_what_is_missing(heard):
    (voice,) = heard(says("a", "an-expert", "recommends", ONE, when="{line: 1}"))
    assert (voice.standing, voice.reasons, voice.missing) == (Standing.CANNOT_TELL, (), ("line",))


def test_a_position_held_open_by_its_exception_names_what_the_exception_lacks(heard):
    base = says("a", "an-expert", "recommends", ONE)
    exception = says(
        "b", "an-expert", "recommends", OTHER, when="{score: {below: 10}}", overrides="[a]"
    )
    found = {voice.position: voice for voice in heard(base, exception)}
    assert found["a"].missing == ("score",)


def test_an_overridden_position_says_by_which(heard):
    base = says("a", "an-expert", "recommends", ONE)
    exception = says("b", "an-expert", "recommends", OTHER, overrides="[a]")
    found = {voice.position: voice for voice in heard(base, exception)}
    assert (found["a"].standing, found["a"].overridden_by) == (Standing.OVERRIDDEN, ("b",))
    assert not found["a"].holds


@pytest.mark.parametrize(
    ("as_of", "overdue"), [(date(2026, 8, 1), ""), (date(2026, 8, 2), "2026-08-01")]
)
def test_a_position_that_nobody_looked_at_again_in_time_says_so(heard, as_of, overdue):
    (voice,) = heard(says("a", "an-expert", "recommends", ONE), as_of=as_of)
    assert voice.overdue_since == overdue
