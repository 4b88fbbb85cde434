"""What holds of every condition and every patient: the reading ``answer`` and those beside it."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.support import truth_table
from tests.support.strategies import conditions, fact_models, patients

from consilium.rules.answering import AnswerTable, answer, derive
from consilium.rules.answers import UNKNOWN
from consilium.rules.facts import FactModel, Known
from consilium.rules.trace import deciding, failed, missing_facts, trace

PROBE = settings(max_examples=100, deadline=None)


@st.composite
def questions(draw):
    """A model, a condition over its facts, and what is known of one patient."""
    model = draw(fact_models())
    condition = draw(conditions(model))
    assume(truth_table.is_sound(model, condition))
    return model, condition, draw(patients(model))


def derived(model: FactModel, given_facts: dict[str, Known]) -> dict[str, Known]:
    """What follows, for patients whose entered verdicts do not contradict what they follow from."""
    facts = derive(model, given_facts)
    assume(all(facts[fact.id].values for fact in model.defined))
    return facts


@PROBE
@given(questions())
def test_answer_is_kleenes_truth_table(question):
    model, condition, facts = question
    facts = derived(model, facts)
    assert answer(condition, facts, model) is truth_table.kleene(condition, facts, model)


@PROBE
@given(st.data())
def test_a_table_answers_many_conditions_as_answer_does_each(data):
    model = data.draw(fact_models())
    asked = {
        str(index): condition
        for index, condition in enumerate(data.draw(st.lists(conditions(model), max_size=5)))
    }
    entered = data.draw(patients(model))
    facts = derived(model, entered)
    one_by_one = {name: answer(condition, facts, model) for name, condition in asked.items()}
    table = AnswerTable(model, asked)
    assert table.answers(facts) == one_by_one
    assert table.answers(entered) == one_by_one


@PROBE
@given(questions())
def test_a_trace_answers_alike_and_says_what_is_missing(question):
    model, condition, facts = question
    facts = derived(model, facts)
    traced = trace(condition, facts, model)
    assert traced.answer is answer(condition, facts, model)
    assert (missing_facts(traced) == ()) is (traced.answer is not UNKNOWN)
    open_facts = {test.fact for test, said in deciding(traced) if said is UNKNOWN}
    assert set(missing_facts(traced)) <= open_facts
    assert failed(traced) == () or traced.answer is not truth_table.YES


@PROBE
@given(questions())
def test_derive_never_loses_a_possible_value(question):
    model, condition, entered = question
    assume(truth_table.how_many(model, entered) <= 3_000)
    facts = derive(model, entered)
    for values in truth_table.completions(model, entered, [condition]):
        for fact in model.defined:
            assert values[fact.id] in facts[fact.id].values


@PROBE
@given(questions(), st.data())
def test_learning_a_fact_never_turns_a_settled_answer_around(question, data):
    model, condition, entered = question
    before = answer(condition, derived(model, entered), model)
    assume(before is not UNKNOWN)
    entered_facts = [name for name, fact in model.facts.items() if not fact.follows]
    fact = data.draw(st.sampled_from(entered_facts))
    left = truth_table.values_of(model, fact, model.known(fact, entered), [condition])
    learnt = entered | truth_table.as_facts({fact: data.draw(st.sampled_from(left))})
    assert answer(condition, derived(model, learnt), model) is before
