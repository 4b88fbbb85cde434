"""Pooling and networks: meaning, properties, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from consilium.statistics.arrays import StatisticsError
from consilium.statistics.bayes import TauPrior, bayes_contrast_network
from consilium.statistics.bayes_arms import bayes_arms_network
from consilium.statistics.network import bucher, network
from consilium.statistics.pooling import (
    METHODS,
    effect_from_interval,
    mantel_haenszel,
    meta_regression,
    pool,
    tau_squared_limits,
)

effects = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1.0)), min_size=3, max_size=12)


@settings(deadline=None)
@given(effects, st.sampled_from(METHODS), st.floats(-3, 3), st.randoms(use_true_random=False))
def test_pooling_shifts_with_its_effects_and_ignores_their_order(studies, method, shift, random):
    y, v = (np.array(column) for column in zip(*studies, strict=True))
    order = list(range(y.size))
    random.shuffle(order)
    one, other = pool(y, v, method=method), pool(y[order] + shift, v[order], method=method)
    assert other.estimate == pytest.approx(one.estimate + shift, abs=1e-6)
    assert other.tau_squared == pytest.approx(one.tau_squared, abs=1e-6, rel=1e-5)
    assert one.lower <= one.estimate <= one.upper
    assert one.tau_squared >= 0


@settings(deadline=None)
@given(effects)
def test_a_common_effect_lies_among_its_effects(studies):
    y, v = (np.array(column) for column in zip(*studies, strict=True))
    assert y.min() - 1e-12 <= pool(y, v, method="FE").estimate <= y.max() + 1e-12


@settings(max_examples=30, deadline=None)
@given(effects, st.booleans())
def test_the_likelihood_is_nowhere_higher(studies, restricted):
    y, v = (np.array(column) for column in zip(*studies, strict=True))
    found = pool(y, v, method="REML" if restricted else "ML").tau_squared

    def height(t):
        w = 1 / (v + t)
        mean = w @ y / w.sum()
        value = -0.5 * (np.log(v + t).sum() + w @ (y - mean) ** 2)
        return value - 0.5 * np.log(w.sum()) if restricted else value

    assert all(height(found) >= height(t) - 1e-9 for t in np.linspace(0, 6, 121))


def test_one_study_pools_to_itself():
    alone = pool([0.3], [0.04])
    assert (alone.estimate, alone.standard_error, alone.tau_squared) == pytest.approx((0.3, 0.2, 0))


@pytest.mark.parametrize("method", METHODS)
def test_one_study_says_nothing_of_how_studies_differ(method):
    alone = pool([-0.3], [0.01], method=method)
    assert alone.q == 0
    assert np.isnan([alone.i_squared, alone.h_squared, alone.q_p, alone.prediction_upper]).all()
    # The other trial has no event in one arm, so that its ratio is not known.
    one_ratio = mantel_haenszel([0, 3], [10, 20], [2, 4], [10, 20])
    assert np.isnan([one_ratio.i_squared, one_ratio.h_squared]).all()


def test_effects_that_are_all_the_same_leave_no_spread_to_test_against():
    alike = pool([-0.3] * 3, [0.01, 0.01, 0.02], knapp_hartung=True)
    assert alike.standard_error == 0 and np.isnan(alike.p)


def test_equal_effects_have_no_heterogeneity():
    alike = pool([0.2] * 4, [0.1, 0.2, 0.3, 0.4], method="REML")
    assert alike.tau_squared == 0
    assert tau_squared_limits([0.2] * 4, [0.1] * 4)[0] == 0


def test_zero_cells_need_no_correction():
    with_zero = mantel_haenszel([0, 3], [50, 60], [2, 5], [50, 60])
    assert np.isfinite(with_zero.estimate)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda: pool([], []), "empty"),
        (lambda: pool([0.1, 0.2], [0.1, 0.0]), "row 1 is 0"),
        (lambda: pool([0.1, 0.2], [0.1, 0.2], method="XX"), "no estimator"),
        (lambda: pool([0.1], [0.1], knapp_hartung=True), "two studies"),
        (lambda: effect_from_interval([0.9], [0.95], [1.2]), "does not lie in its interval"),
        (lambda: effect_from_interval([0.6, 0.7], [0.5], [0.8]), "2 ratios with 1 lower"),
        (lambda: mantel_haenszel([5], [4], [1], [4]), "5 events of 4"),
        (lambda: meta_regression([1, 2, 3], [1, 1, 1], [1, 1, 1]), "follow from one another"),
        (lambda: bucher(0.1, 0.0, 0.2, 0.1), "above zero"),
        (
            lambda: bayes_arms_network(["1", "1"], ["A", "B"], [1, 2], [9, 9], points=100),
            "power of 2",
        ),
    ],
)
def test_bad_input_is_refused_in_words(attempt, said):
    with pytest.raises(StatisticsError, match=said):
        attempt()


TRIALS = ["1", "2", "3", "4", "4", "4", "5"]
FIRST = ["B", "B", "C", "B", "C", "C", "C"]
SECOND = ["A", "A", "A", "A", "A", "B", "B"]
EFFECT = np.array([-0.3, -0.1, -0.5, -0.2, -0.6, -0.4, -0.1])
ERROR = np.sqrt([0.04, 0.09, 0.05, 0.03, 0.04, 0.05, 0.06])


def test_two_trials_of_one_comparison_are_pooled():
    pair = network(["1", "2"], ["B", "B"], ["A", "A"], [-0.3, -0.1], [0.2, 0.3], method="REML")
    alone = pool([-0.3, -0.1], [0.04, 0.09], method="REML")
    assert pair.contrast("B", "A") == pytest.approx((alone.estimate, alone.standard_error))


@pytest.mark.parametrize("method", ["DL", "REML", "ML"])
def test_turning_contrasts_around_and_changing_the_reference_changes_nothing(method):
    rng = np.random.default_rng(3)
    one = network(TRIALS, FIRST, SECOND, EFFECT, ERROR, method=method)
    turned = rng.random(EFFECT.size) < 0.5
    order = rng.permutation(EFFECT.size)
    first = np.where(turned, SECOND, FIRST)[order]
    second = np.where(turned, FIRST, SECOND)[order]
    effect = np.where(turned, -EFFECT, EFFECT)[order]
    other = network(
        np.array(TRIALS)[order], first, second, effect, ERROR[order], method=method, reference="C"
    )
    assert other.random.effects == pytest.approx(one.random.effects, abs=1e-9)
    assert other.random.standard_errors == pytest.approx(one.random.standard_errors, abs=1e-9)
    assert other.tau_squared == pytest.approx(one.tau_squared, abs=1e-9)


def test_the_covariance_of_a_multi_arm_trial_is_the_textbook_one():
    arm_variance = {"A": 0.01, "B": 0.02, "C": 0.03}
    mean = {"A": 0.0, "B": -0.2, "C": -0.6}
    tau_squared = 0.05
    pairs = [("B", "A"), ("C", "A"), ("C", "B")]
    ours = network(
        ["t"] * 3,
        [a for a, _ in pairs],
        [b for _, b in pairs],
        [mean[a] - mean[b] for a, b in pairs],
        [(arm_variance[a] + arm_variance[b]) ** 0.5 for a, b in pairs],
        tau_squared=tau_squared,
    )
    by_hand = [[0.03 + 0.05, 0.01 + 0.025], [0.01 + 0.025, 0.04 + 0.05]]
    assert ours.random.covariance[1:, 1:] == pytest.approx(np.array(by_hand))
    assert ours.multi_arm_inconsistency == ()


def test_rounded_hazard_ratios_of_a_three_arm_trial_are_moved_and_reported():
    ratios, lower, upper = [0.80, 0.62, 0.80], [0.66, 0.50, 0.64], [0.97, 0.77, 1.00]
    effect, error = effect_from_interval(ratios, lower, upper)
    ours = network(["t"] * 3, ["B", "C", "C"], ["A", "A", "B"], effect, error)
    (moved,) = ours.multi_arm_inconsistency
    assert moved.study == "t"
    assert 0 < moved.effect_distance < 0.5
    direct = ours.common.effects
    assert direct[2, 0] == pytest.approx(direct[2, 1] + direct[1, 0])


def test_variances_that_no_arms_have_are_moved_and_reported():
    # 0.01 + 0.01 < 0.09: arm C would need a negative variance.
    ours = network(["t"] * 3, ["B", "C", "C"], ["A", "A", "B"], [0.1, 0.2, 0.1], [0.3, 0.1, 0.1])
    (moved,) = ours.multi_arm_inconsistency
    assert moved.variance_distance > 0.1
    assert (np.linalg.eigvalsh(ours.common.covariance[1:, 1:]) > 0).all()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((["1", "2"], ["B", "D"], ["A", "C"]), "2 pieces"),
        ((["1", "1"], ["B", "C"], ["A", "A"]), "each of the 3 contrasts"),
        ((["1", "2"], ["B", "C"], ["A", "C"]), "with itself"),
    ],
)
def test_networks_that_cannot_be_are_refused(rows, said):
    with pytest.raises(StatisticsError, match=said):
        network(*rows, [0.1, 0.2], [0.1, 0.1])


def test_ranks_carry_their_doubt():
    ours = network(TRIALS, FIRST, SECOND, EFFECT, ERROR)
    ranking = ours.rank(np.random.default_rng(1))
    assert ranking.rank_probability.sum(axis=0) == pytest.approx(np.ones(3))
    assert ranking.rank_probability.sum(axis=1) == pytest.approx(np.ones(3))
    # A P-score is one less the mean rank among the others.
    mean_rank = ranking.rank_probability @ np.arange(3)
    assert ranking.p_score == pytest.approx(1 - mean_rank / 2, abs=0.01)
    assert (ranking.rank_lower <= ranking.rank_upper).all()
    backwards = ours.p_scores(small_is_better=False)
    assert list(backwards.values()) == pytest.approx(1 - ranking.p_score)


def test_consistent_evidence_splits_into_equal_parts():
    mean = {"A": 0.0, "B": -0.2, "C": -0.6}
    effect = [mean[a] - mean[b] for a, b in zip(FIRST, SECOND, strict=True)]
    ours = network([str(i) for i in range(7)], FIRST, SECOND, effect, ERROR)
    for split in ours.split_nodes():
        assert split.difference == pytest.approx(0, abs=1e-9)
    assert ours.q.q == pytest.approx(0, abs=1e-9)


def test_the_posterior_is_the_integral_it_claims_to_be():
    y, s = np.array([-0.4, 0.1, -0.2]), np.array([0.2, 0.3, 0.25])

    def density(d, tau):
        v = s**2 + tau**2
        return np.exp(
            -0.5 * (((y - d) ** 2 / v).sum() + (d / 100) ** 2 + (tau / 0.5) ** 2)
        ) / np.sqrt(v.prod())

    def inner(tau, power):
        return quad(lambda d: d**power * density(d, tau), -4, 4, epsabs=1e-10)[0]

    whole, first = (quad(lambda tau, k=k: inner(tau, k), 0, 4, epsabs=1e-9)[0] for k in (0, 1))
    ours = bayes_contrast_network(["1", "2", "3"], ["B"] * 3, ["A"] * 3, y, s)
    assert ours.contrast("B", "A").mean == pytest.approx(first / whole, abs=1e-7)
    assert ours.contrast("A", "B").q975 == pytest.approx(-ours.contrast("B", "A").q025)


def test_the_posterior_of_arms_is_the_integral_it_claims_to_be():
    # Two trials, one arm without events; baseline, effect of the trial and tau on grids.
    trials = [(0, 30, 4, 30), (5, 50, 9, 50)]
    mu, delta = np.linspace(-25, 10, 701), np.linspace(-9, 14, 461)
    taus = np.linspace(0.05, 2.5, 50)

    def likelihood(dead_0, total_0, dead_1, total_1):
        theta = mu[:, None] + delta
        height = (dead_0 * mu - total_0 * np.logaddexp(0, mu) - 0.5 * (mu / 100) ** 2)[:, None]
        height = height + dead_1 * theta - total_1 * np.logaddexp(0, theta)
        return np.exp(height - height.max()).sum(axis=0)

    each = [likelihood(*trial) for trial in trials]
    apart = delta[:, None] - delta
    given = []
    for tau in taus:
        spread = np.exp(-0.5 * (apart / tau) ** 2)
        spread /= spread.sum(axis=1, keepdims=True)
        given.append(np.prod([spread @ one for one in each], axis=0) * np.exp(-2 * tau**2))
    density = np.array(given) * np.exp(-0.5 * (delta / 100) ** 2)
    density /= density.sum()
    mean = density.sum(axis=0) @ delta
    sd = np.sqrt(density.sum(axis=0) @ (delta - mean) ** 2)
    rows = [
        (i, arm, *trial[2 * k : 2 * k + 2])
        for i, trial in enumerate(trials)
        for k, arm in enumerate("AB")
    ]
    found = bayes_arms_network(*zip(*rows, strict=True), tau_prior=TauPrior("half-normal", 0.5))
    assert found.effects[1].mean == pytest.approx(mean, abs=0.02 * sd)
    assert found.effects[1].sd == pytest.approx(sd, rel=0.02)
    assert found.tau.mean == pytest.approx(density.sum(axis=1) @ taus, abs=0.03)


def test_a_prior_of_tau_counts():
    tight = bayes_contrast_network(
        TRIALS, FIRST, SECOND, EFFECT, ERROR, tau_prior=TauPrior("half-normal", 0.01)
    )
    common = network(TRIALS, FIRST, SECOND, EFFECT, ERROR)
    assert tight.contrast("C", "A").mean == pytest.approx(
        common.contrast("C", "A", "common")[0], abs=1e-3
    )
    wide = bayes_contrast_network(
        TRIALS, FIRST, SECOND, EFFECT, ERROR, tau_prior=TauPrior("uniform", 5)
    )
    assert wide.contrast("C", "A").sd > tight.contrast("C", "A").sd
    with pytest.raises(StatisticsError, match="no prior"):
        TauPrior("cauchy")
