"""``AnswerTable``: what its lay-out must not change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.strategies import conditions, fact_models, patients

from consilium.rules import answering
from consilium.rules.answering import AnswerTable, answer, derive
from consilium.rules.conditions import ALWAYS, AllOf, AnyOf, AtLeast, Bound, IsOneOf, Not
from consilium.rules.facts import Between, ChoiceKind, FactDeclaration, FactModel, NumberKind

MODEL = FactModel(
    [
        FactDeclaration("colour", ChoiceKind(("red", "green", "blue"))),
        FactDeclaration("age", NumberKind(0, 120)),
    ]
)
RED = IsOneOf("colour", ("red",))


@pytest.mark.parametrize("alternatives", [1, 2, 8])
def test_how_many_alternatives_a_condition_may_have_changes_no_answer(alternatives):
    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def probe(data):
        model = data.draw(fact_models())
        asked = dict(enumerate(data.draw(st.lists(conditions(model), min_size=1, max_size=4))))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(answering, "_MOST_ALTERNATIVES", alternatives)
            table = AnswerTable(model, asked)
        for facts in data.draw(st.lists(patients(model), min_size=1, max_size=3)):
            derived = derive(model, facts)
            expected = {name: answer(when, derived, model) for name, when in asked.items()}
            assert table.answers(facts) == table.answers(derived) == expected

    probe()


@pytest.mark.parametrize(
    "condition",
    [
        AllOf(tuple(AnyOf((RED, Bound("age", start=n), Bound("age", below=n))) for n in range(9))),
        AtLeast(3, tuple(Bound("age", start=n) for n in range(7))),
        Not(AtLeast(6, tuple(Bound("age", start=n) for n in range(7)))),
        AtLeast(1, (RED,)),
        AnyOf(()),
        ALWAYS,
    ],
)
@pytest.mark.parametrize("facts", [{}, {"age": 5}, {"age": 4.5, "colour": "red"}, {"age": 2}])
def test_any_shape_of_condition_is_answered(condition, facts):
    known = {name: answering.as_known(value) for name, value in facts.items()}
    assert AnswerTable(MODEL, {"it": condition}).answers(facts)["it"] is answer(
        condition, known, MODEL
    )


def test_a_table_of_nothing_answers_nothing():
    assert AnswerTable(MODEL, {}).state({"age": 3}) == ((), 0, 0)


def test_measurements_without_end_are_answered_all_the_same(monkeypatch):
    monkeypatch.setattr(answering, "_MOST_KEPT", 3)
    table = AnswerTable(MODEL, {"old": Bound("age", start=65)})
    assert [table.codes({"age": age})[0] for age in range(60, 70)] == [2] * 5 + [1] * 5
    assert table.codes({"age": Between(60, 70)}) == (0,)


def test_patients_with_equal_rails_are_alike_in_every_test():
    table = AnswerTable(MODEL, {"old": Bound("age", start=65), "any": AnyOf((RED, Not(RED)))})
    assert table.state({"age": 70}) == table.state({"age": 80})
    assert table.state({"colour": "red"})[1:] != table.state({"colour": "blue"})[1:]
    assert table.state({"colour": "red"})[1:] != table.state({})[1:]


def test_a_word_that_is_none_of_the_values_is_refused():
    with pytest.raises(ValueError, match="`pink` is none of red, green, blue"):
        AnswerTable(MODEL, {"red": RED}).codes({"colour": "pink"})
