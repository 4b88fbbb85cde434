"""How a position stands for one patient, with its exceptions and its extensions."""

from datetime import date

import pytest
from tests.support.builders import a_tiny_edition, known

from consilium.guidance.standing import Answers, Knowledge, Standing
from consilium.knowledge.records import Region
from consilium.rules.completions import Patient

APPLIES, EXTENDS, OVERRIDDEN, CANNOT_TELL, DOES_NOT_APPLY = Standing
TRIPLE_NEGATIVE, OTHER = {"subtype": "triple-negative"}, {"subtype": "other"}


def a_position(name: str, when: str, who: str = "an-expert", **keys: str) -> str:
    written = {"since": "2026-01-20", "when": when} | keys
    return f"""\
- id: {name}
  who: {who}
  stance: recommends
  regimens: [example-drug]
  checked: 2026-02-01
  review_by: 2026-08-01
  because: [{{source: a-paper}}]
""" + "".join(f"  {key}: {value}\n" for key, value in written.items())


BASE = a_position("base", "{subtype: triple-negative, line: 1}")
EXCEPTION = a_position("exception", "{line: 1, score: {below: 10}}", overrides="[base]")
EXCEPTION_TO_IT = a_position("exception-to-it", "{stage: 0}", overrides="[exception]")
EXTENDED = a_position(
    "base", "{subtype: triple-negative, line: 1}", extends_to="[{subtype: other}]"
)


@pytest.fixture
def standing(tmp_path):
    def of(name, *positions, as_of=date(2026, 3, 1), region=Region.US, **facts):
        edition = a_tiny_edition(tmp_path, {"positions/first-line.yaml": "".join(positions)})
        knowledge = Knowledge(edition, as_of, region)
        patient = Patient(edition.model, known(**facts))
        return Answers(knowledge, patient).standing(edition.positions[name])

    return of


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (TRIPLE_NEGATIVE | {"line": 1}, APPLIES),
        (TRIPLE_NEGATIVE | {"line": 2}, DOES_NOT_APPLY),
        (OTHER, DOES_NOT_APPLY),
        (TRIPLE_NEGATIVE, CANNOT_TELL),
        ({}, CANNOT_TELL),
    ],
)
def test_one_position_alone(standing, facts, expected):
    assert standing("base", BASE, **facts) is expected


@pytest.mark.parametrize(
    ("score", "base", "exception"),
    [
        (9, OVERRIDDEN, APPLIES),
        (10, APPLIES, DOES_NOT_APPLY),
        # an exception that is open leaves its base open, never silently true
        (None, CANNOT_TELL, CANNOT_TELL),
    ],
)
def test_an_exception_of_the_same_speaker(standing, score, base, exception):
    facts = TRIPLE_NEGATIVE | {"line": 1, "score": score}
    assert standing("base", BASE, EXCEPTION, **facts) is base
    assert standing("exception", BASE, EXCEPTION, **facts) is exception


@pytest.mark.parametrize(
    ("stage", "base", "exception"),
    [("0", APPLIES, OVERRIDDEN), ("1+", OVERRIDDEN, APPLIES), (None, CANNOT_TELL, CANNOT_TELL)],
)
def test_an_exception_to_an_exception(standing, stage, base, exception):
    positions = BASE, EXCEPTION, EXCEPTION_TO_IT
    facts = TRIPLE_NEGATIVE | {"line": 1, "score": 9, "stage": stage}
    assert standing("base", *positions, **facts) is base
    assert standing("exception", *positions, **facts) is exception


def test_a_base_that_does_not_apply_is_not_overridden(standing):
    facts = OTHER | {"line": 1, "score": 9}
    assert standing("base", BASE, EXCEPTION, **facts) is DOES_NOT_APPLY


def test_an_exception_not_yet_given_overrides_nothing(standing):
    later = EXCEPTION.replace("since: 2026-01-20", "since: 2026-02-20")
    facts = TRIPLE_NEGATIVE | {"line": 1, "score": 9}
    assert standing("base", BASE, later, as_of=date(2026, 2, 19), **facts) is APPLIES
    assert standing("base", BASE, later, as_of=date(2026, 2, 20), **facts) is OVERRIDDEN


def test_an_exception_for_another_region_overrides_nothing(standing):
    european = EXCEPTION + "  regions: [EU]\n"
    facts = TRIPLE_NEGATIVE | {"line": 1, "score": 9}
    assert standing("base", BASE, european, **facts) is APPLIES
    assert standing("base", BASE, european, region=Region.EU, **facts) is OVERRIDDEN


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (TRIPLE_NEGATIVE | {"line": 1}, APPLIES),
        (OTHER | {"line": 1}, EXTENDS),
        (OTHER | {"line": 2}, DOES_NOT_APPLY),
        (OTHER, CANNOT_TELL),
        ({"line": 1}, CANNOT_TELL),
    ],
)
def test_an_extension(standing, facts, expected):
    assert standing("base", EXTENDED, **facts) is expected


def test_an_extension_can_be_overridden_too(standing):
    facts = OTHER | {"line": 1, "score": 9}
    assert standing("base", EXTENDED, EXCEPTION, **facts) is OVERRIDDEN


def test_a_condition_that_every_completion_meets_applies(standing):
    """Kleene's logic leaves it open; whichever the stage is, it holds."""
    either = a_position("base", '{any: [{stage: ["0", 1+]}, {stage: [yes, NO]}]}')
    assert standing("base", either) is APPLIES


def test_what_can_never_be_does_not_keep_a_position_open(standing):
    """Line 9 is never of another subtype, so in line 9 the subtype need not be known."""
    assert standing("base", a_position("base", "{subtype: triple-negative, line: 9}"), line=9) is (
        APPLIES
    )
