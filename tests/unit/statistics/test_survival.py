"""Survival curves, log-rank tests and Cox models: meaning, twins, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from tests.unit.statistics.twins import (
    breslow_likelihood,
    concordance_by_hand,
    survival_by_hand,
)

from consilium.statistics.arrays import StatisticsError
from consilium.statistics.concordance import concordance
from consilium.statistics.cox import NoMaximum, cox
from consilium.statistics.kernels import without_numba
from consilium.statistics.logrank import log_rank
from consilium.statistics.survival import BeyondFollowUp, kaplan_meier, restricted_mean_contrast

RNG = np.random.default_rng(5)
N = 120
TIME = RNG.integers(1, 25, N).astype(float)
EVENT = RNG.random(N) < 0.7
ARM = np.arange(N) % 2
AGE = RNG.normal(55, 9, N)
X = np.column_stack([ARM, AGE])
ENTRY = TIME * RNG.random(N) * 0.6

patients = st.lists(
    st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 1), st.integers(1, 3)),
    min_size=6,
    max_size=30,
).filter(
    lambda rows: len({arm for _, _, arm, _ in rows}) == 2 and sum(e for _, e, _, _ in rows) > 2
)


def columns(rows):
    return (np.array(column, dtype=float) for column in zip(*rows, strict=True))


@settings(deadline=None)
@given(patients)
def test_a_curve_is_what_counting_gives(rows):
    time, event, _, weight = columns(rows)
    for weights in (None, weight):
        curve = kaplan_meier(time, event, weights=weights)
        by_hand = survival_by_hand(time, event, weights)
        assert list(curve.time) == sorted(by_hand)
        assert curve.survival == pytest.approx(list(by_hand.values()), abs=1e-12)


@settings(deadline=None)
@given(patients, st.randoms(use_true_random=False), st.sampled_from([0.25, 2.0, 12.0]))
def test_order_and_unit_of_time_do_not_matter(rows, random, unit):
    time, event, arm, _ = columns(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    one, other = kaplan_meier(time, event), kaplan_meier(time[order] * unit, event[order])
    assert (one.survival == other.survival).all()
    assert other.restricted_mean(float(max(time)) * unit).value == pytest.approx(
        unit * one.restricted_mean(float(max(time))).value
    )
    one, other = log_rank(time, event, arm), log_rank(time[order] * unit, event[order], arm[order])
    assert other.score == pytest.approx(one.score, abs=1e-9)
    assert other.variance == pytest.approx(one.variance, abs=1e-9)


@settings(deadline=None)
@given(patients)
def test_a_weight_is_as_many_patients(rows):
    time, event, _, weight = columns(rows)
    times = np.repeat(np.arange(len(rows)), weight.astype(int))
    one = kaplan_meier(time, event, weights=weight)
    many = kaplan_meier(time[times], event[times])
    assert one.survival == pytest.approx(many.survival, abs=1e-12)
    assert np.nan_to_num(one.standard_error) == pytest.approx(
        np.nan_to_num(many.standard_error), abs=1e-12
    )


def test_weighted_ties_are_broken_row_by_row_at_their_mean_weight():
    curve = kaplan_meier(
        [2, 2, 2, 5], [1, 1, 0, 1], weights=[0.5, 1.5, 1, 2], estimator="fleming-harrington"
    )
    assert curve.cumulative_hazard == pytest.approx([1 / 5 + 1 / 4, 1 / 5 + 1 / 4 + 1])
    variance = curve.cumulative_hazard_standard_error**2
    assert variance == pytest.approx([1 / 25 + 1 / 16, 1 / 25 + 1 / 16 + 1 / 2])


def test_a_row_without_weight_is_nobody():
    curve = kaplan_meier([1, 2, 2, 3, 5], [1, 0, 1, 1, 1], weights=[0, 1, 2, 1, 0])
    without = kaplan_meier([2, 2, 3], [0, 1, 1], weights=[1, 2, 1])
    assert curve.survival_at([1, 2, 3, 5]) == pytest.approx([1, *without.survival_at([2, 3]), 0])
    assert curve.restricted_mean(3).value == pytest.approx(without.restricted_mean(3).value)
    for weights, said in (([0, 0], "all zero"), ([1, -1], "row 1 is -1; it cannot be negative")):
        with pytest.raises(StatisticsError, match=said):
            kaplan_meier([1, 2], [1, 1], weights=weights)


def test_a_weight_is_as_many_patients_for_breslow():
    weight = RNG.integers(1, 4, N)
    rows = np.repeat(np.arange(N), weight)
    one = cox(TIME, EVENT, X, weights=weight, ties="breslow")
    many = cox(TIME[rows], EVENT[rows], X[rows], ties="breslow")
    assert one.coefficients == pytest.approx(many.coefficients, abs=1e-10)
    assert one.covariance == pytest.approx(many.covariance, abs=1e-10)


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_scaling_time_shifting_a_covariate_and_shuffling_leave_cox_alone(ties):
    order = RNG.permutation(N)
    one = cox(TIME, EVENT, X, ties=ties)
    other = cox(TIME[order] * 30.4, EVENT[order], (X + 100)[order], ties=ties)
    assert other.coefficients == pytest.approx(one.coefficients, abs=1e-9)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-8)


def test_ways_with_ties_agree_where_there_are_none():
    time = TIME + RNG.random(N)
    fits = [cox(time, EVENT, X, ties=ties).coefficients for ties in ("efron", "breslow", "exact")]
    assert fits[1] == pytest.approx(fits[0], abs=1e-10)
    assert fits[2] == pytest.approx(fits[0], abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(patients)
def test_breslow_is_the_maximum_of_the_likelihood_as_defined(rows):
    time, event, arm, _ = columns(rows)
    try:
        fit = cox(time, event, arm, ties="breslow")
    except NoMaximum:
        best = minimize_scalar(
            lambda b: -breslow_likelihood(b, time, event, arm), bounds=(-30, 30), method="bounded"
        )
        flat = np.ptp([breslow_likelihood(b, time, event, arm) for b in (-5, 0, 5)]) < 1e-9
        assert flat or abs(best.x) > 8
        return
    there = breslow_likelihood(fit.coefficients[0], time, event, arm)
    assert fit.log_likelihood == pytest.approx(there, abs=1e-8)
    for step in (-0.01, 0.01):
        assert breslow_likelihood(fit.coefficients[0] + step, time, event, arm) <= there + 1e-9


@settings(deadline=None)
@given(patients)
def test_concordance_is_what_counting_pairs_gives(rows):
    time, event, _, score = columns(rows)
    by_hand = concordance_by_hand(time, event, score)
    assert concordance(time, event, score).value == pytest.approx(by_hand, nan_ok=True)


def test_two_groups_of_a_stratified_test_are_tested_within_strata():
    stratum = (AGE > 55).astype(int)
    parts = [log_rank(TIME[stratum == s], EVENT[stratum == s], ARM[stratum == s]) for s in (0, 1)]
    whole = log_rank(TIME, EVENT, ARM, strata=stratum)
    assert whole.score == pytest.approx(sum(part.score for part in parts))
    assert whole.variance == pytest.approx(sum(part.variance for part in parts))


def test_a_score_test_without_ties_is_the_log_rank_test():
    time = TIME + RNG.random(N)
    assert cox(time, EVENT, ARM).score_test == pytest.approx(
        log_rank(time, EVENT, ARM).chi_squared, rel=1e-9
    )


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("delayed", [False, True])
def test_numba_and_numpy_give_the_same(ties, delayed):
    options = {
        "ties": ties,
        "entry": ENTRY if delayed else None,
        "strata": (AGE > 55).astype(int),
        "weights": RNG.random(N) + 0.5,
    }
    compiled = cox(TIME, EVENT, X, **options)
    agreement = compiled.concordance()
    with without_numba():
        plain = cox(TIME, EVENT, X, **options)
        assert plain.concordance().value == pytest.approx(agreement.value, abs=1e-12)
        assert plain.concordance().standard_error == pytest.approx(
            agreement.standard_error, abs=1e-12
        )
    assert plain.coefficients == pytest.approx(compiled.coefficients, abs=1e-10)
    assert plain.covariance == pytest.approx(compiled.covariance, abs=1e-10)


@pytest.mark.parametrize("groups", [ARM, RNG.integers(0, 4, N)])
def test_numba_and_numpy_give_the_same_log_rank_test(groups):
    compiled = log_rank(TIME, EVENT, groups, rho=0.5, gamma=0.5)
    with without_numba():
        plain = log_rank(TIME, EVENT, groups, rho=0.5, gamma=0.5)
    assert plain.observed == pytest.approx(compiled.observed, abs=1e-12)
    assert plain.expected == pytest.approx(compiled.expected, abs=1e-12)
    assert plain.covariance == pytest.approx(compiled.covariance, abs=1e-12)


def test_residuals_add_up():
    fit = cox(TIME, EVENT, X, entry=ENTRY)
    assert fit.martingale_residuals().sum() == pytest.approx(0, abs=1e-8)
    assert fit.score_residuals().sum(axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert fit.schoenfeld_residuals().sum(axis=0) == pytest.approx([0, 0], abs=1e-6)


def test_two_rows_of_one_patient_are_one_row():
    middle = (ENTRY + TIME) / 2
    twice = np.tile(np.arange(N), 2)
    once = cox(TIME, EVENT, X, entry=ENTRY, robust=True)
    split = cox(
        np.concatenate([middle, TIME]),
        np.concatenate([np.zeros(N), EVENT]),
        X[twice],
        entry=np.concatenate([ENTRY, middle]),
        cluster=twice,
    )
    assert split.coefficients == pytest.approx(once.coefficients, abs=1e-9)
    assert split.covariance == pytest.approx(once.covariance, abs=1e-9)


def test_a_restricted_mean_is_not_given_beyond_follow_up():
    curve = kaplan_meier([1, 2, 3], [1, 1, 0])
    with pytest.raises(BeyondFollowUp, match="nobody was followed beyond 3"):
        curve.restricted_mean(4)
    # Where everybody has had the event there is nothing left to see.
    assert kaplan_meier([1, 2, 3], [1, 1, 1]).restricted_mean(4).value == pytest.approx(2)
    with pytest.raises(StatisticsError, match="both arms"):
        restricted_mean_contrast([1, 2], [1, 1], [1, 1], until=1)


@pytest.mark.parametrize(
    ("time", "event", "said"),
    [
        ([], [], "empty"),
        ([1, float("nan")], [1, 1], "row 1 is nan"),
        ([1, -2], [1, 1], "cannot be negative"),
        ([1, 2], [1, 2], "row 1 is 2"),
        ([1, 2], [1], "shape"),
        (["a", "b"], [1, 1], "`time` holds something that is no number"),
        ([1, 2], ["yes", "no"], "`event_observed` holds something that is no number"),
        ([[1], [2, 3]], [1, 1], "different lengths"),
    ],
)
def test_bad_input_is_refused_in_words(time, event, said):
    with pytest.raises(StatisticsError, match=said):
        kaplan_meier(time, event)


@pytest.mark.parametrize(
    ("covariates", "said"),
    [
        (np.ones(N), "same in every row"),
        (np.column_stack([ARM, 2.0 * ARM + 1]), "follows from the other"),
        (np.where(EVENT, 1.0, 0.0), "separat"),
    ],
)
def test_a_model_without_an_answer_says_so(covariates, said):
    with pytest.raises(NoMaximum, match=said):
        cox(np.where(EVENT, 1, 30), EVENT, covariates)


def test_one_covariate_that_separates_has_no_estimate():
    # Its score and its information vanish together, so that the steps look small.
    for ties in ("efron", "breslow", "exact"):
        with pytest.raises(NoMaximum, match="separat"):
            cox([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0], ties=ties)


def test_events_at_one_time_do_not_test_proportional_hazards():
    fit = cox([5, 5, 8, 9], [1, 1, 0, 0], [1, 0, 0.5, 2])
    tested = fit.proportional_hazards_test()
    assert np.isnan(tested.global_p) and np.isnan(tested.p).all()


def test_an_arm_without_events_has_no_ratio_of_time_lost():
    time, arm = [1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1]
    one = restricted_mean_contrast(time, [1, 0, 0, 0, 0, 0], arm, until=3)
    assert one.difference.value == pytest.approx(2 / 3)
    assert one.lost_ratio.value == 0 and np.isnan(one.lost_ratio.upper)
    none = restricted_mean_contrast(time, [0] * 6, arm, until=3)
    assert none.difference.value == 0 and none.ratio.value == 1
    assert np.isnan([none.lost_ratio.value, none.lost_ratio_p, none.ratio_p]).all()


@pytest.mark.parametrize("estimator", ["nelson-aalen", "fleming-harrington"])
def test_a_restricted_mean_has_the_variance_of_its_own_curve(estimator):
    # By the delta method over the steps of the hazard, where the last at risk dies too.
    curve = kaplan_meier([1, 2, 5, 6], [1, 1, 1, 1], entry=[0, 0, 3, 3], estimator=estimator)
    steps = np.diff(curve.cumulative_hazard, prepend=0)
    variance = np.diff(curve.cumulative_hazard_standard_error**2, prepend=0)

    def area(hazards):
        height = np.exp(-np.cumsum(hazards))
        return float(np.diff([0, *curve.time]) @ [1, *height[:-1]])

    slopes = [(area(steps + h) - area(steps - h)) / 2e-6 for h in 1e-6 * np.eye(4)]
    found = curve.restricted_mean(6)
    assert found.standard_error == pytest.approx(np.sqrt(np.square(slopes) @ variance), rel=1e-6)


def test_a_row_must_enter_before_it_leaves():
    with pytest.raises(StatisticsError, match="row 1 enters at 3 and leaves at 2"):
        kaplan_meier([4, 2], [1, 1], entry=[0, 3])
