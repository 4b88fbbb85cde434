"""Scenarios: what is anchored, what is withheld, and what every number rests on."""

import msgspec
import numpy as np
import pytest

from consilium import Edition
from consilium.sequencing.errors import SequenceError
from consilium.sequencing.numbers import MissingFigure, numbers
from consilium.sequencing.scenario import scenario

MODEL = "triple-negative-first-line"
DATO_FIRST = ("datopotamab-deruxtecan", "chemotherapy", "chemotherapy")
SG_FIRST = ("sacituzumab-govitecan", "chemotherapy", "chemotherapy")
SG_LATER = ("chemotherapy", "sacituzumab-govitecan", "chemotherapy")


@pytest.fixture(scope="module")
def edition():
    return Edition.bundled()


def made(edition, *sequences, **options):
    given = {"draws": 200, "patients": 2_000} | options
    return scenario(edition, MODEL, sequences, **given)


@pytest.fixture(scope="module")
def dato(edition):
    return made(edition, DATO_FIRST, SG_LATER)


def test_the_model_predicts_what_trials_published(dato):
    """Third treatment, second progression and survival of both arms of both first-line trials."""
    assert len(dato.misfits) == 12
    assert {m.check.predicts for m in dato.misfits} == {
        "third-treatment",
        "leaving-second-line",
        "overall-survival",
    }
    assert [m.check.id for m in dato.misfits if not m.inside] == []
    assert dato.withheld == ""


def test_no_check_rests_on_the_figure_that_it_predicts(edition):
    held = edition.models[MODEL]
    used = {use for number in numbers(edition, held).values() for use in number.uses}
    assert not used & {check.arm.result for check in held.checks}


def test_a_model_that_misses_survival_withholds_it(edition):
    broken = made(edition, DATO_FIRST, SG_LATER, assume={"supportive-care": 0.5})
    assert "published" in broken.withheld and "predicted" in broken.withheld
    assert all(
        s.survival_median is s.survival_mean is s.patient_range is None for s in broken.strategies
    )
    assert broken.measure == "months on a conjugate"


def test_conjugates_of_two_trials_are_not_ranked(edition):
    both = made(edition, DATO_FIRST, SG_FIRST)
    assert both.difference is None and not both.swings
    assert "no trial in the model randomised" in both.unranked
    assert all(s.survival_median is None for s in both.strategies)


def test_a_first_line_is_set_against_the_comparator_of_its_own_trial(edition, dato):
    govitecan = made(edition, SG_FIRST, SG_LATER)
    chemotherapy = [
        s.outlook.months_on_line(36)[0] for s in (dato.strategies[1], govitecan.strategies[1])
    ]
    # 5.6 months until the next treatment in TROPION-Breast02, 7.9 in ASCENT-03
    assert chemotherapy[0] < chemotherapy[1]
    assert govitecan.difference.middle < dato.difference.middle


def test_reaching_a_conjugate_follows_from_attrition(edition, dato):
    first, later = dato.strategies
    assert (first.reach_conjugate.low, first.reach_conjugate.high) == (1.0, 1.0)
    assert later.reach_conjugate.middle == pytest.approx(
        dato.numbers["going-on-after-first-line"].middle
    )
    worse = made(edition, DATO_FIRST, SG_LATER, assume={"going-on-after-first-line": 0.5})
    assert worse.strategies[1].reach_conjugate.middle == pytest.approx(0.5)


def test_a_second_conjugate_with_the_same_payload_is_a_range_and_never_a_fixed_number(edition):
    twice = ("datopotamab-deruxtecan", "sacituzumab-govitecan", "chemotherapy")
    both = made(edition, twice, DATO_FIRST)
    factor = both.numbers["later-conjugate-same-payload"]
    low, high = factor.interval
    assert low < factor.middle < high and high / low > 1.5
    assert len(factor.uses) >= 3, "each series that updates it is named"
    assert "later-conjugate-same-payload" in {swing.parameter for swing in both.swings}


def test_the_same_seed_gives_the_same_answer(edition, dato):
    again = made(edition, DATO_FIRST, SG_LATER)
    other = made(edition, DATO_FIRST, SG_LATER, seed=2)
    assert again.difference == dato.difference
    assert other.difference != dato.difference
    assert other.difference.middle == dato.difference.middle


def test_a_number_that_changes_moves_its_own_draws_only(edition):
    held = numbers(edition, edition.models[MODEL])
    before = {name: number.draws(7, 50) for name, number in held.items()}
    result = edition.results["tropion-breast02-tfst"]
    arm = msgspec.structs.replace(
        result.arms["datopotamab-deruxtecan"], median_months=9.0, ci95=(8.0, 10.0)
    )
    moved = replaced(
        edition,
        msgspec.structs.replace(result, arms={**result.arms, "datopotamab-deruxtecan": arm}),
    )
    after = {name: n.draws(7, 50) for name, n in numbers(moved, moved.models[MODEL]).items()}
    differ = {name for name in before if not np.array_equal(before[name], after[name])}
    assert differ == {"first-line-datopotamab-deruxtecan"}


def test_deleting_any_figure_makes_the_answer_fail_by_name(edition, dato):
    assert len(dato.uses) > 12
    for gone in dato.uses:
        with pytest.raises(MissingFigure, match=gone):
            made(without(edition, gone), DATO_FIRST, SG_LATER, draws=10)


@pytest.mark.parametrize(
    ("sequences", "options", "says"),
    [
        (
            [("trastuzumab-deruxtecan", "chemotherapy")],
            {},
            "holds no time on trastuzumab deruxtecan",
        ),
        ([("olaparib",)], {}, "none is made up"),
        ([], {}, "at least one sequence"),
        ([DATO_FIRST], {"assume": {"nothing": 1}}, "is no parameter"),
        ([DATO_FIRST], {"assume": {"going-on-after-first-line": 1.2}}, "cannot be 1.2"),
        ([DATO_FIRST], {"draws": 3}, "at least 10 draws"),
    ],
)
def test_what_the_model_does_not_hold_is_said(edition, sequences, options, says):
    with pytest.raises(SequenceError, match=says):
        made(edition, *sequences, **options)


def test_every_assumption_is_marked_and_every_figure_named(dato):
    for name, number in dato.numbers.items():
        assert number.assumed or number.uses, name
        assert number.parameter.says
        if number.assumed:
            assert number.parameter.assumed.why


def without(edition, gone):
    trials = tuple(
        msgspec.structs.replace(t, results=tuple(r for r in t.results if r.id != gone))
        for t in edition.contents.trials
    )
    return Edition(msgspec.structs.replace(edition.contents, trials=trials))


def replaced(edition, result):
    trials = tuple(
        msgspec.structs.replace(
            t, results=tuple(result if r.id == result.id else r for r in t.results)
        )
        for t in edition.contents.trials
    )
    return Edition(msgspec.structs.replace(edition.contents, trials=trials))
