"""``Patient`` on the facts of the bundled edition: what is missing, and what cannot be."""

import pytest
from tests.support.builders import known, the_edition

from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.completions import Patient
from consilium.rules.conditions import AllOf, AnyOf, Bound, IsOneOf, Not
from consilium.rules.facts import Between, FactDeclaration, FactModel, Holding, NumberKind, OneOf

MODEL = the_edition().model
TRIPLE_NEGATIVE = IsOneOf("subtype", ("triple-negative",))
HER2_LOW = IsOneOf("her2_category", ("low",))
FIRST_LINE = Bound("line", start=1, up_to=1)
DE_NOVO = {"setting": "advanced", "presentation": "de-novo"}
TROP_2_AT_LEAST = Holding(frozenset({"trop-2"}), frozenset({"her2"}))


def a_patient(**facts) -> Patient:
    patient = Patient(MODEL, known(**facts))
    assert patient.contradiction is None
    return patient


@pytest.mark.parametrize(
    ("condition", "facts", "missing"),
    [
        (TRIPLE_NEGATIVE, {"subtype": "triple-negative"}, ()),
        (AllOf((TRIPLE_NEGATIVE, FIRST_LINE)), {"subtype": "triple-negative"}, ("line",)),
        (TRIPLE_NEGATIVE, {"her2_status": "negative", "er_percent": 0}, ("pr_percent",)),
        (TRIPLE_NEGATIVE, {"er_percent": 0, "pr_percent": 0, "her2_ihc": "2+"}, ("her2_ish",)),
        (HER2_LOW, {"her2_ihc": "2+"}, ("her2_ish",)),
        (HER2_LOW, {"her2_ihc": "2+", "her2_status": "negative"}, ()),
        (IsOneOf("her2_category", ("null",)), {"her2_ihc": "0"}, ("her2_membrane_staining",)),
        (HER2_LOW, {"her2_ihc": "0"}, ()),
    ],
)
def test_only_what_is_not_known_by_a_verdict_is_missing(condition, facts, missing):
    assert a_patient(**facts).missing(condition) == missing


@pytest.mark.parametrize(
    ("facts", "contradiction"),
    [
        ({"line": 1, "prior_lines": 1}, "line-follows-prior-lines"),
        ({"line": 2, "prior_lines": 0}, "no-line-without-prior-lines"),
        ({"er_percent": 0, "er_status": "positive"}, "er_status"),
        ({"her2_ihc": "3+", "her2_status": "negative"}, "her2_status"),
        ({"setting": "early", "prior_lines": 1}, "early-disease-has-no-line"),
    ],
)
def test_a_patient_who_cannot_be(facts, contradiction):
    assert Patient(MODEL, known(**facts)).contradiction == contradiction


@pytest.mark.parametrize(
    ("given", "fact", "left"),
    [
        ({"line": 1}, "prior_lines", Between(0, 0)),
        ({"line": 2}, "prior_lines", Between(1, 19)),
        ({"prior_lines": 0}, "prior_chemotherapy_lines", Between(0, 0)),
        ({"prior_endocrine_therapy": "no"}, "prior_endocrine_lines", Between(0, 0)),
        ({"her2_status": "positive"}, "her2_ihc", OneOf(frozenset({"2+", "3+"}))),
        ({"subtype": "triple-negative"}, "er_status", OneOf(frozenset({"negative"}))),
        # what else she may have had changes nothing in what she had
        (DE_NOVO | {"prior_adc_targets": TROP_2_AT_LEAST}, "line", Between(2, 20)),
    ],
)
def test_what_can_never_be_is_gone_from_the_facts(given, fact, left):
    assert a_patient(**given).facts[fact] == left


def test_members_that_can_never_be_are_gone():
    patient = a_patient(prior_lines=0)
    had = patient.facts.get("prior_checkpoint_inhibitor", Holding(frozenset()))
    assert isinstance(had, Holding)
    assert "advanced" not in had.has | had.may_have


@pytest.mark.parametrize(
    ("condition", "facts", "answer"),
    [
        # open by Kleene's tables, settled because every completion agrees
        (AnyOf((HER2_LOW, Not(HER2_LOW))), {}, YES),
        (AllOf((HER2_LOW, IsOneOf("her2_ihc", ("0",)))), {}, NO),
        (IsOneOf("her2_category", ("ultralow", "null")), {"her2_ihc": "0"}, YES),
        (IsOneOf("her2_category", ("ultralow",)), {"her2_ihc": "0"}, UNKNOWN),
        (HER2_LOW, {"her2_ihc": "0"}, NO),
        (AnyOf((FIRST_LINE, Bound("prior_lines", start=1))), {}, YES),
    ],
)
def test_settled_by_every_completion(condition, facts, answer):
    assert a_patient(**facts).settle(condition) is answer


def test_a_contradiction_in_terms_is_not_taken_for_one_of_its_tests():
    """`x, or not x and x` is `x`: a value that nobody can have must not make it certain."""
    model = FactModel([FactDeclaration("age", NumberKind(0, 120))])
    old = Bound("age", start=65)
    patient = Patient(model, {})
    assert patient.settle(AnyOf((old, AllOf((Not(old), old))))) is UNKNOWN
    assert patient.settle(AllOf((old, AnyOf((Not(old), old))))) is UNKNOWN


def test_a_fact_that_follows_from_itself_is_refused():
    circle = {"yes": IsOneOf("it", ("no",)), "no": IsOneOf("it", ("yes",))}
    model = FactModel([FactDeclaration("it", OneOf(frozenset()), definition=circle)])
    with pytest.raises(ValueError, match="`it` is defined by itself"):
        _ = model.defined
