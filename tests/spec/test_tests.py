"""What one test says of one fact, at the edge values and where only part is known."""

import pytest
import yaml

from consilium.knowledge.conditions import ConditionReader, FactForm
from consilium.rules.answering import answer, as_known
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.conditions import Condition
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

FORMS = {
    "score": FactForm(NumberKind(0, 100), {}),
    "line": FactForm(NumberKind(1, 9, whole=True), {}),
    "neutrophils": FactForm(NumberKind(0, 500_000, "/mm3"), {"/mm3": 1, "x10^9/L": 1000}),
    "haemoglobin": FactForm(NumberKind(0, 30, "g/dL"), {"g/dL": 1, "g/L": 0.1}),
    "volume": FactForm(ChoiceKind(("low", "middle", "high")), {}),
    "drugs": FactForm(MembersKind(("a", "b", "c")), {}),
}
MODEL = FactModel(FactDeclaration(name, form.kind) for name, form in FORMS.items())


def written(text: str) -> Condition:
    problems = []
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    condition = ConditionReader(FORMS).read(node, "a file", problems)
    assert problems == []
    return condition


def said(text: str, known) -> object:
    condition = written(text)
    fact = text.strip("{").split(":")[0]
    return answer(condition, {fact: as_known(known)} if known is not None else {}, MODEL)


@pytest.mark.parametrize(
    ("bound", "fits", "does_not"),
    [
        ("{below: 10}", [0, 9, 9.99], [10, 10.01, 100]),
        ("{up_to: 10}", [0, 9.99, 10], [10.01, 11, 100]),
        ("{above: 10}", [10.01, 11, 100], [0, 9.99, 10]),
        ("{from: 10}", [10, 10.01, 100], [0, 9, 9.99]),
        ("{from: 1, below: 10}", [1, 5, 9.99], [0, 0.99, 10]),
        ("{above: 1, up_to: 10}", [1.01, 10], [0, 1, 10.01]),
        ("10", [10], [0, 9.99, 10.01]),
        ("[1, 10]", [1, 10], [0, 5, 10.01]),
    ],
)
def test_bounds(bound, fits, does_not):
    assert {said(f"score: {bound}", value) for value in fits} == {YES}
    assert {said(f"score: {bound}", value) for value in does_not} == {NO}
    assert said(f"score: {bound}", None) is UNKNOWN


@pytest.mark.parametrize(
    ("bound", "low", "high", "expected"),
    [
        ("{below: 10}", 0, 9.9, YES),
        ("{below: 10}", 0, 10, UNKNOWN),
        ("{below: 10}", 10, 20, NO),
        ("{up_to: 10}", 0, 10, YES),
        ("{up_to: 10}", 10, 20, UNKNOWN),
        ("{up_to: 10}", 10.1, 20, NO),
        ("{above: 10}", 10.1, 20, YES),
        ("{above: 10}", 10, 20, UNKNOWN),
        ("{above: 10}", 0, 10, NO),
        ("{from: 10}", 10, 20, YES),
        ("{from: 10}", 0, 10, UNKNOWN),
        ("{from: 10}", 0, 9.9, NO),
        ("{from: 5, below: 10}", 0, 100, UNKNOWN),
        ("{from: 5, below: 10}", 0, 4.9, NO),
        ("{from: 5, below: 10}", 10, 100, NO),
        ("{from: 3, above: 5}", 0, 4, NO),
        ("{up_to: 5, below: 3}", 4, 9, NO),
    ],
)
def test_a_number_of_which_only_the_range_is_known(bound, low, high, expected):
    assert said(f"score: {bound}", Between(low, high)) is expected


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        # one count in either unit
        ("neutrophils: {below: 1500 /mm3}", 1499, YES),
        ("neutrophils: {below: 1500 /mm3}", 1500, NO),
        ("neutrophils: {below: 1.5 x10^9/L}", 1499, YES),
        ("neutrophils: {below: 1.5 x10^9/L}", 1500, NO),
        ("haemoglobin: {from: 90 g/L}", 9, YES),
        ("haemoglobin: {from: 90 g/L}", 8.9, NO),
        ("haemoglobin: {from: 9.1 g/dL}", 9.1, YES),
        ("haemoglobin: {from: 91 g/L}", 9.1, YES),
    ],
)
def test_units(text, known, expected):
    assert said(text, known) is expected


def test_1500_per_mm3_is_1_5_x_10_9_per_litre():
    assert written("neutrophils: {from: 1500 /mm3}") == written("neutrophils: {from: 1.5 x10^9/L}")


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("volume: low", {"low"}, YES),
        ("volume: low", {"low", "high"}, UNKNOWN),
        ("volume: low", {"middle", "high"}, NO),
        ("volume: [low, high]", {"low"}, YES),
        ("volume: [low, high]", {"low", "high"}, YES),
        ("volume: [low, high]", {"low", "middle"}, UNKNOWN),
        ("volume: [low, high]", {"middle"}, NO),
        ("volume: [low, middle, high]", {"low", "middle", "high"}, YES),
    ],
)
def test_a_choice(text, values, expected):
    assert said(text, OneOf(frozenset(values))) is expected


@pytest.mark.parametrize(
    ("text", "has", "may_have", "expected"),
    [
        ("drugs: {includes: a}", "a", "", YES),
        ("drugs: {includes: a}", "", "", NO),
        ("drugs: {includes: a}", "b", "", NO),
        ("drugs: {includes: a}", "b", "a", UNKNOWN),
        ("drugs: {includes: a}", "a", "b", YES),
        ("drugs: {includes: [a, b]}", "b", "", YES),
        ("drugs: {includes: [a, b]}", "c", "b", UNKNOWN),
        ("drugs: {includes: [a, b]}", "c", "", NO),
    ],
)
def test_members(text, has, may_have, expected):
    assert said(text, Holding(frozenset(has), frozenset(may_have))) is expected


@pytest.mark.parametrize("text", ["line: 1", "volume: low", "drugs: {includes: a}"])
def test_nothing_known_is_unknown_and_never_no(text):
    assert said(text, None) is UNKNOWN
    assert said(f"not: {{{text}}}", None) is UNKNOWN
