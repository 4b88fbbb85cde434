"""Conditions over tables: as ``answer`` says for each patient, whatever the columns look like."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.strategies import conditions, fact_models, patients

from consilium.rules import columns as columns_module
from consilium.rules.answering import AnswerTable, answer, derive
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.columns import Counts, PackedConditions, polars_expression
from consilium.rules.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
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
    Known,
    MembersKind,
    NumberKind,
    OneOf,
)
from consilium.rules.tables import Columns

CODES = {UNKNOWN: AnswerTable.UNKNOWN, YES: AnswerTable.YES, NO: AnswerTable.NO}
FROM_POLARS = {None: AnswerTable.UNKNOWN, True: AnswerTable.YES, False: AnswerTable.NO}

MODEL = FactModel(
    [
        FactDeclaration("receptor", ChoiceKind(("positive", "negative"))),
        FactDeclaration("score", ChoiceKind(("0", "1+", "2+", "3+"))),
        FactDeclaration("cps", NumberKind(0, 100)),
        FactDeclaration("line", NumberKind(1, 9, whole=True)),
        FactDeclaration("drugs", MembersKind(("one", "two"))),
        FactDeclaration(
            "low",
            ChoiceKind(("yes", "no")),
            definition={
                "yes": IsOneOf("score", ("1+", "2+")),
                "no": IsOneOf("score", ("0", "3+")),
            },
        ),
    ]
)
NEGATIVE = IsOneOf("receptor", ("negative",))


def as_frame(model: FactModel, rows: Sequence[Mapping[str, Known]]) -> pl.DataFrame:
    """Patients as a table; numbers as ranges, and choices as words."""
    columns: dict[str, pl.Series] = {}
    for name, fact in model.facts.items():
        known = [row.get(name) for row in rows]
        match fact.kind:
            case ChoiceKind(values):
                words = [next(iter(k.values)) if isinstance(k, OneOf) else None for k in known]
                columns[name] = pl.Series(words, dtype=pl.Enum(values))
            case NumberKind():
                for side in ("low", "high"):
                    ends = [getattr(k, side) if isinstance(k, Between) else None for k in known]
                    columns[f"{name}:{side}"] = pl.Series(ends, dtype=pl.Float64)
            case MembersKind(values):
                for member in values:
                    there = [_has(k, member) for k in known]
                    columns[f"{name}:{member}"] = pl.Series(there, dtype=pl.Boolean)
    return pl.DataFrame(columns)


def _has(known: Known | None, member: str) -> bool | None:
    if not isinstance(known, Holding) or member in known.may_have:
        return None
    return member in known.has


def packed_codes(model, condition, columns) -> list[int]:
    return PackedConditions(model, {"it": condition}).answer(columns).codes("it").tolist()


def polars_codes(model, condition, frame) -> list[int]:
    said = frame.select(it=polars_expression(condition, model, frame.columns))["it"]
    return [FROM_POLARS[value] for value in said.to_list()]


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_both_readings_agree_with_answer(data):
    model = data.draw(fact_models())
    condition = data.draw(conditions(model))
    rows = data.draw(st.lists(patients(model, narrowed_choices=False), min_size=1, max_size=20))
    expected = [CODES[answer(condition, derive(model, row), model)] for row in rows]
    frame = as_frame(model, rows)
    assert packed_codes(model, condition, frame) == expected
    assert polars_codes(model, condition, frame) == expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_column_of_numbers_is_a_range_with_equal_ends(data):
    model = data.draw(fact_models())
    condition = data.draw(conditions(model))
    known = st.fixed_dictionaries({}, optional={n: _settled(f) for n, f in model.facts.items()})
    rows = data.draw(st.lists(known, min_size=1, max_size=20))
    frame = as_frame(model, rows)
    frame = frame.select(pl.exclude("^.*:high$")).rename(lambda name: name.removesuffix(":low"))
    expected = [CODES[answer(condition, derive(model, row), model)] for row in rows]
    assert packed_codes(model, condition, frame) == expected
    assert polars_codes(model, condition, frame) == expected


def _settled(fact: FactDeclaration) -> st.SearchStrategy[Known]:
    match fact.kind:
        case ChoiceKind(values):
            return st.sampled_from(values).map(lambda value: OneOf(frozenset({value})))
        case MembersKind(values):
            return st.frozensets(st.sampled_from(values)).map(Holding)
        case NumberKind(low, high):
            return st.integers(int(low), int(high)).map(lambda n: Between(float(n), float(n)))


@pytest.mark.parametrize("size", [0, 1, 7, 8, 63, 64, 65, 129, 300])
def test_any_number_of_patients_is_counted_right(monkeypatch, size):
    monkeypatch.setattr(columns_module, "_CHUNK", 128)
    codes = np.arange(size, dtype=np.uint8) % 3
    codes[codes == 2] = 255
    packed = PackedConditions(MODEL, {"negative": NEGATIVE, "all": ALWAYS, "none": Not(ALWAYS)})
    answers = packed.answer({"receptor": codes})
    expected = [{0: 2, 1: 1, 255: 0}[code] for code in codes.tolist()]
    assert answers.codes("negative").tolist() == expected
    assert answers.counts("negative") == Counts(
        expected.count(1), expected.count(2), expected.count(0)
    )
    assert answers.counts("all") == Counts(size, 0, 0)
    assert answers.counts("none") == Counts(0, size, 0)
    assert answers.codes("negative").dtype == np.int8


@pytest.mark.parametrize(
    "column",
    [
        pl.Series(["negative", "positive", None], dtype=pl.Enum(["positive", "negative"])),
        pl.Series(["negative", "positive", None], dtype=pl.Enum(["negative", "other", "positive"])),
        pl.Series(["negative", "positive", None], dtype=pl.Categorical),
        pl.Series(["negative", "positive", None]),
        pl.Series([1, 0, None]),
        np.array([1, 0, -1]),
        np.array([1, 0, 255], dtype=np.uint8),
        np.array([1, 0, 4294967295], dtype=np.uint32),
        np.array(["negative", "positive", None], dtype=object),
    ],
)
def test_a_choice_may_be_words_or_codes(column):
    assert packed_codes(MODEL, NEGATIVE, {"receptor": column}) == [1, 2, 0]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([10, 9, None]),
        pl.Series([10.0, 9.5, None]),
        pl.Series([10.0, 9.5, float("nan")]),
        np.array([10.0, 9.5, np.nan]),
        np.array([10.0, 9.5, np.nan], dtype=np.float32),
    ],
)
def test_numbers_may_be_of_any_type(column):
    bound = Bound("cps", start=10)
    assert packed_codes(MODEL, bound, {"cps": column}) == [1, 2, 0]
    frame = pl.DataFrame({"cps": column})
    assert polars_codes(MODEL, bound, frame) == [1, 2, 0]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([True, False, None]),
        np.array([1, 0, -1], dtype=np.int8),
        np.array([1, 0, 255], dtype=np.uint8),
    ],
)
def test_a_member_has_a_column_of_its_own(column):
    columns = {"drugs:one": column, "drugs:two": np.array([False, False, False])}
    assert packed_codes(MODEL, Includes("drugs", ("one", "two")), columns) == [1, 2, 0]


def test_a_list_of_which_a_member_has_no_column_may_hold_it():
    columns = {"drugs:one": np.array([True, False])}
    assert packed_codes(MODEL, Includes("drugs", ("one", "two")), columns) == [1, 0]
    assert packed_codes(MODEL, Includes("drugs", ("one",)), columns) == [1, 2]


def test_a_range_answers_what_both_its_ends_agree_on():
    columns = {"cps:low": np.array([10.0, 0, np.nan, 5]), "cps:high": np.array([np.nan, 9, 9, 20])}
    assert packed_codes(MODEL, Bound("cps", start=10), columns) == [1, 2, 2, 0]


def test_an_entered_verdict_and_its_definition_count_together():
    frame = pl.DataFrame({"score": ["1+", None, None], "low": [None, "no", None]})
    said = IsOneOf("low", ("yes",))
    assert packed_codes(MODEL, said, frame) == [1, 2, 0]
    assert polars_codes(MODEL, said, frame) == [1, 2, 0]


def test_a_fact_without_a_column_is_unknown():
    frame = pl.DataFrame({"line": [1, 2]})
    either = AnyOf((NEGATIVE, Bound("line", start=2)))
    assert packed_codes(MODEL, either, frame) == [0, 1]
    assert polars_codes(MODEL, either, frame) == [0, 1]


def test_a_test_that_every_value_meets_holds_of_the_unknown():
    frame = pl.DataFrame({"line": [None], "receptor": [None]})
    for condition in (Bound("line", start=1), IsOneOf("receptor", ("positive", "negative"))):
        assert packed_codes(MODEL, condition, frame) == [1]
        assert polars_codes(MODEL, condition, frame) == [1]


def test_conditions_share_what_they_have_in_common():
    packed = PackedConditions(
        MODEL,
        {
            "a": AllOf((NEGATIVE, Bound("line", up_to=1))),
            "b": AllOf((NEGATIVE, Bound("line", up_to=1), Bound("cps", below=10))),
            "c": AtLeast(2, (NEGATIVE, Bound("line", up_to=1), Bound("cps", below=10))),
        },
    )
    frame = pl.DataFrame(
        {"receptor": ["negative", "negative", None], "line": [1, None, 1], "cps": [3.0, 3.0, 30.0]}
    )
    answers = packed.answer(Columns(MODEL, frame))
    assert [answers.codes(name).tolist() for name in "abc"] == [[1, 0, 0], [1, 0, 2], [1, 1, 0]]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"recptor": np.array([1])}, "`recptor` is no column"),
        ({"receptor": pl.Series(["positive", "maybe"])}, "`maybe` is none of the values"),
        ({"receptor": np.array([0, 2])}, "code that is none of its 2 values"),
        ({"receptor": np.array([0]), "line": np.array([1, 2])}, "1 and 2 rows"),
        ({"cps": np.array([1.0]), "cps:low": np.array([1.0])}, "column of its own"),
        ({"cps:low": np.array([1.0])}, "only one of"),
        ({"receptor": pl.Series([True])}, "`true` is none of the values"),
    ],
)
def test_columns_that_cannot_be_are_refused(columns, said):
    with pytest.raises(ValueError, match=said):
        Columns(MODEL, columns)
