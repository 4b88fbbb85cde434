"""The reading `prove` says what `answer` says, of every patient and of every state of knowledge."""

import builtins

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.support import truth_table
from tests.support.strategies import conditions, fact_models, patients

from consilium.rules.answering import answer, derive
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.conditions import AllOf, AnyOf, Bound, Includes, IsOneOf, Not
from consilium.rules.facts import (
    Between,
    ChoiceKind,
    FactDeclaration,
    FactModel,
    Holding,
    MembersKind,
    NumberKind,
    OneOf,
)
from consilium.rules.proving import (
    Knowing,
    Literal,
    Prover,
    ProverMissing,
    solver_module,
)

z3 = pytest.importorskip("z3")
PROBE = settings(max_examples=60, deadline=None)

MODEL = FactModel(
    [
        FactDeclaration("colour", ChoiceKind(("red", "green", "blue"))),
        FactDeclaration("line", NumberKind(1, 9, whole=True)),
        FactDeclaration("earlier", NumberKind(0, 8, whole=True)),
        FactDeclaration("score", NumberKind(0, 100)),
        FactDeclaration("drugs", MembersKind(("one", "two"))),
        FactDeclaration(
            "warm",
            ChoiceKind(("yes", "no")),
            definition={
                "yes": IsOneOf("colour", ("red",)),
                "no": IsOneOf("colour", ("green", "blue")),
            },
        ),
    ],
    {"first": AllOf((Bound("line", up_to=1), Bound("earlier", start=1)))},
)


@st.composite
def questions(draw):
    model = draw(fact_models())
    condition = draw(conditions(model))
    assume(truth_table.is_sound(model, condition))
    return model, condition


@PROBE
@given(questions(), st.data())
def test_a_formula_is_true_of_just_the_patients_whom_the_condition_covers(question, data):
    model, condition = question
    assume(truth_table.how_many(model, {}) <= 2_000)
    every = list(truth_table.completions(model, {}, [condition]))
    assume(every)
    values = data.draw(st.sampled_from(every))
    prover = Prover(model)
    held = prover.holds(condition)
    entered = [_literal(prover, fact, value) for fact, value in values.items()]
    assert prover.possible(*entered)
    assert prover.possible(*entered, held) is truth_table.holds(condition, values)


def _literal(prover, fact, value):
    kind = prover.model.facts[fact].kind
    if isinstance(kind, MembersKind):
        return prover.logic.every(
            *(prover.literal(Literal(fact, value, m, m in value)) for m in kind.values)
        )
    return prover.literal(Literal(fact, value))


@PROBE
@given(questions(), st.data())
def test_the_rails_say_of_any_state_of_knowledge_what_answer_says(question, data):
    model, condition = question
    entered = data.draw(patients(model))
    facts = derive(model, entered)
    assume(not any(isinstance(k, OneOf) and not k.values for k in facts.values()))
    solver = z3.SimpleSolver()
    knowing = Knowing(model, "", solver)
    yes, no = knowing.yes(condition), knowing.no(condition)
    solver.add(*knowing.is_known(entered))
    assert solver.check() == z3.sat
    said = answer(condition, facts, model)
    assert (solver.check(yes) == z3.sat) is (said is YES)
    assert (solver.check(no) == z3.sat) is (said is NO)


@PROBE
@given(questions(), st.data())
def test_what_no_completion_can_change_is_what_settles(question, data):
    model, condition = question
    entered = data.draw(patients(model))
    assume(truth_table.how_many(model, entered) <= 2_000)
    exact = truth_table.settle(condition, model, entered)
    assume(exact is not None)
    prover = Prover(model)
    held = prover.holds(condition)
    given_ = [_known(prover, fact, known) for fact, known in entered.items()]
    can_hold = prover.possible(*given_, held)
    can_fail = prover.possible(*given_, prover.logic.no(held))
    assert {(True, True): UNKNOWN, (True, False): YES, (False, True): NO}[
        can_hold, can_fail
    ] is exact


def _known(prover, fact, known):
    match known:
        case OneOf():
            return prover.logic.some(*(prover.has(fact, v) for v in sorted(known.values)))
        case Between():
            return prover.holds(Bound(fact, start=known.low, up_to=known.high))
        case Holding():
            kind = prover.model.facts[fact].kind
            absent = set(kind.values) - known.has - known.may_have
            return prover.logic.every(
                *(prover.includes(fact, m) for m in sorted(known.has)),
                *(prover.logic.no(prover.includes(fact, m)) for m in sorted(absent)),
            )


def test_learning_more_turns_no_answer_around():
    solver = z3.SimpleSolver()
    before, after = Knowing(MODEL, "before ", solver), Knowing(MODEL, "after ", solver)
    condition = AnyOf((IsOneOf("warm", ("yes",)), Not(Includes("drugs", ("one",)))))
    yes, no = before.yes(condition), after.no(condition)
    solver.add(*before.learns(after))
    assert solver.check(yes) == z3.sat
    assert solver.check(yes, no) == z3.unsat


def test_what_can_never_be_is_no_patient():
    prover = Prover(MODEL)
    first_line = prover.holds(Bound("line", up_to=1))
    assert prover.possible(first_line)
    assert not prover.possible(first_line, prover.holds(Bound("earlier", start=1)))


def test_an_example_has_just_one_value_of_each_fact():
    prover = Prover(MODEL)
    found = prover.find(prover.holds(AllOf((IsOneOf("warm", ("no",)), Bound("score", below=10)))))
    assert found is not None
    assert found.values["colour"] in ("green", "blue")
    assert found.values["warm"] == "no"
    assert 0 <= found.values["score"] < 10


def test_the_smallest_example_keeps_the_verdict_and_lets_the_score_go():
    prover = Prover(MODEL)
    goal = prover.holds(AllOf((IsOneOf("warm", ("yes",)), Bound("score", start=10))))
    literals = [
        Literal("colour", "red", rank=3),
        Literal("warm", "yes", rank=1),
        Literal("score", 10.0),
        Literal("line", 1.0),
        Literal("drugs", frozenset(), "one", there=False, rank=1),
    ]
    kept = prover.smallest(literals, goal)
    assert kept is not None
    assert {one.fact for one in kept} == {"warm", "score"}
    assert prover.smallest(literals[3:], goal) is None, "these facts leave it open"


def test_parts_that_nobody_meets_together_are_named():
    prover = Prover(MODEL)
    parts = [Bound("score", start=5), Bound("line", up_to=1), Bound("earlier", start=2)]
    assert prover.clash(parts) == (parts[1], parts[2])
    assert prover.clash(parts[:2]) == ()


def test_a_definition_that_leaves_a_patient_without_a_value_is_found_when_it_may_be():
    facts = [
        FactDeclaration("colour", ChoiceKind(("red", "green"))),
        FactDeclaration(
            "warm", ChoiceKind(("yes",)), definition={"yes": IsOneOf("colour", ("red",))}
        ),
    ]
    strict, loose = Prover(FactModel(facts)), Prover(FactModel(facts), loose=frozenset({"warm"}))
    green = IsOneOf("colour", ("green",))
    for prover, possible in ((strict, False), (loose, True)):
        prover.has("warm", "yes")
        assert prover.possible(prover.holds(green)) is possible


def test_without_the_solver_a_person_is_told_what_to_install(monkeypatch):
    imported = builtins.__import__

    def refuse(name, *rest):
        if name == "z3":
            raise ImportError
        return imported(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ProverMissing, match=r"consilium\[prove\]"):
        solver_module()
