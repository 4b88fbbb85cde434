"""Conditions as English."""

import pytest

from consilium.rules.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
)
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
from consilium.rules.say import say, say_known

MODEL = FactModel(
    [
        FactDeclaration("line", NumberKind(1, 9, whole=True), "line"),
        FactDeclaration("clearance", NumberKind(0, 300, "mL/min"), "clearance"),
        FactDeclaration(
            "volume", ChoiceKind(("low", "high")), "volume", {"low": "low-volume disease"}
        ),
        FactDeclaration(
            "drugs", MembersKind(("a-drug", "b-drug")), "earlier drugs", {"a-drug": "A drug"}
        ),
    ]
)
LOW, HIGH = IsOneOf("volume", ("low",)), IsOneOf("volume", ("high",))
FIRST, LATER = Bound("line", start=1, up_to=1), Bound("line", start=2)


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (ALWAYS, "any patient"),
        (FIRST, "line 1"),
        (LATER, "line 2 or more"),
        (Bound("clearance", below=30), "clearance below 30 mL/min"),
        (Bound("clearance", up_to=30), "clearance up to 30 mL/min"),
        (Bound("clearance", above=30), "clearance above 30 mL/min"),
        (
            Bound("clearance", start=30, below=60),
            "clearance 30 mL/min or more and below 60 mL/min",
        ),
        # a value has its own phrase, or the fact's
        (LOW, "low-volume disease"),
        (HIGH, "volume high"),
        (IsOneOf("volume", ("low", "high")), "low-volume disease or volume high"),
        (Includes("drugs", ("a-drug", "b-drug")), "earlier drugs including A drug or b drug"),
        (AllOf((LOW, FIRST)), "low-volume disease and line 1"),
        (AnyOf((LOW, FIRST)), "low-volume disease or line 1"),
        (Not(LOW), "not low-volume disease"),
        # brackets wherever two readings would be possible
        (AllOf((AnyOf((LOW, HIGH)), FIRST)), "(low-volume disease or volume high) and line 1"),
        (Not(AllOf((LOW, FIRST))), "not (low-volume disease and line 1)"),
        (Not(IsOneOf("volume", ("low", "high"))), "not (low-volume disease or volume high)"),
        (AllOf((AnyOf((LOW,)), FIRST)), "low-volume disease and line 1"),
        (
            AtLeast(2, (LOW, FIRST, Bound("clearance", below=30))),
            "(at least two of: low-volume disease; line 1; clearance below 30 mL/min)",
        ),
    ],
)
def test_a_condition(condition: Condition, sentence: str):
    assert say(condition, MODEL) == sentence


@pytest.mark.parametrize(
    ("fact", "known", "sentence"),
    [
        ("line", Between(2, 2), "line 2"),
        ("line", Between(2, 9), "line 2 or more"),
        ("clearance", Between(45, 45), "clearance 45 mL/min"),
        ("clearance", Between(45, 60), "clearance 45 to 60 mL/min"),
        ("clearance", Between(45, 300), "clearance 45 mL/min or more"),
        ("volume", OneOf(frozenset({"low"})), "low-volume disease"),
        ("drugs", Holding(frozenset({"a-drug"})), "earlier drugs: A drug"),
        ("drugs", Holding(frozenset()), "earlier drugs: none"),
        (
            "drugs",
            Holding(frozenset({"a-drug"}), frozenset({"b-drug"})),
            "earlier drugs: A drug (list may be incomplete)",
        ),
    ],
)
def test_what_is_known(fact, known, sentence):
    assert say_known(MODEL.facts[fact], known) == sentence
