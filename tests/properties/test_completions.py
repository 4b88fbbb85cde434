"""What is certain and what is possible: ``Patient.settle`` against listing every completion."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.support import truth_table
from tests.support.strategies import conditions, fact_models, patients

from consilium.rules.answers import UNKNOWN
from consilium.rules.completions import Patient, written_out
from consilium.rules.conditions import facts_in
from consilium.rules.facts import FactModel, Known

PROBE = settings(max_examples=100, deadline=None)


@st.composite
def small_questions(draw):
    """A question whose completions can all be listed."""
    model: FactModel = draw(fact_models())
    entered: dict[str, Known] = draw(patients(model))
    condition = draw(conditions(model))
    assume(truth_table.is_sound(model, condition))
    assume(truth_table.how_many(model, entered) <= 3_000)
    return model, condition, entered


@PROBE
@given(small_questions())
def test_settle_says_what_every_completion_says(question):
    model, condition, entered = question
    exact = truth_table.settle(condition, model, entered)
    assume(exact is not None)
    patient = Patient(model, entered)
    assert patient.contradiction is None
    assert patient.settle(condition) is exact


@PROBE
@given(small_questions())
def test_settle_never_takes_kleenes_answer_back(question):
    model, condition, entered = question
    patient = Patient(model, entered)
    assume(patient.contradiction is None)
    kleene = patient.answer(condition)
    assert patient.settle(condition) is kleene or kleene is UNKNOWN


@settings(PROBE, suppress_health_check=[HealthCheck.filter_too_much])  # few patients cannot be
@given(small_questions())
def test_a_contradiction_is_only_found_where_there_is_no_completion(question):
    model, condition, entered = question
    if Patient(model, entered).contradiction is not None:
        assert truth_table.settle(condition, model, entered) is None


@PROBE
@given(small_questions(), st.data())
def test_learning_a_fact_never_turns_a_settled_answer_around(question, data):
    model, condition, entered = question
    before = truth_table.settle(condition, model, entered)
    assume(before not in (None, UNKNOWN))
    values = data.draw(st.sampled_from(list(truth_table.completions(model, entered, [condition]))))
    fact = data.draw(st.sampled_from([f for f in model.facts if not model.facts[f].follows]))
    learnt = entered | truth_table.as_facts({fact: values[fact]})
    assert Patient(model, learnt).settle(condition) is before


@PROBE
@given(small_questions())
def test_writing_a_condition_out_changes_nothing(question):
    model, condition, entered = question
    written = written_out(condition, model)
    assert not any(model.facts[fact].follows for fact in facts_in(written))
    for values in truth_table.completions(model, entered, [condition]):
        assert truth_table.holds(written, values) is truth_table.holds(condition, values)


@PROBE
@given(small_questions())
def test_what_is_missing_settles_the_answer_once_it_is_known(question):
    """Entering every fact named as missing leaves nothing to ask."""
    model, condition, entered = question
    patient = Patient(model, entered)
    assume(patient.contradiction is None)
    missing = patient.missing(condition)
    assert (missing == ()) is (patient.answer(condition) is not UNKNOWN)
    for values in truth_table.completions(model, entered, [condition]):
        learnt = entered | truth_table.as_facts({name: values[name] for name in missing})
        assert Patient(model, learnt).settle(condition) is not UNKNOWN
