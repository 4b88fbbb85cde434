"""Hazard ratios by period: one Cox model with a coefficient each, by another road."""

import numpy as np
import pytest
from scipy.stats import chi2

from consilium.statistics.arrays import StatisticsError
from consilium.statistics.cox import cox
from consilium.statistics.piecewise import piecewise_hazard_ratio

RNG = np.random.default_rng(11)
N = 400
ARM = np.arange(N) % 2
TIME = np.ceil(RNG.exponential(12, N) * 4) / 4  # with ties, some of them at the cuts
EVENT = RNG.random(N) < 0.75
CUTS = [3.0, 9.0, 15.0]


def split(time, event, arm, cuts):
    """Rows as a person would write them: one for each period that a patient enters."""
    rows = []
    for t, e, a in zip(time, event, arm, strict=True):
        for number, (begin, end) in enumerate(
            zip([0.0, *cuts], [*cuts, float("inf")], strict=True)
        ):
            if t > begin:
                covariates = [a if number == k else 0 for k in range(len(cuts) + 1)]
                rows.append((begin, min(t, end), bool(e) and t <= end, covariates))
    return rows


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_it_is_one_model_with_a_coefficient_for_each_period(ties):
    rows = split(TIME, EVENT, ARM, CUTS)
    entry, leaving, happened, covariates = zip(*rows, strict=True)
    whole = cox(leaving, happened, np.array(covariates), entry=entry, ties=ties)
    parts = piecewise_hazard_ratio(TIME, EVENT, ARM, CUTS, ties=ties)
    assert parts.log_hazard_ratio == pytest.approx(whole.coefficients, abs=1e-9)
    assert parts.standard_error == pytest.approx(whole.standard_errors, abs=1e-9)
    assert np.abs(whole.covariance - np.diag(np.diag(whole.covariance))).max() < 1e-12
    assert parts.n_event.sum() == EVENT.sum()
    assert list(parts.n_risk) == [(c < TIME).sum() for c in (0, *CUTS)]
    assert list(parts.ends) == [*CUTS, np.inf]
    assert parts.limits()[0] == pytest.approx(whole.limits()[0], abs=1e-9)
    assert parts.hazard_ratios == pytest.approx(whole.hazard_ratios, abs=1e-9)


def test_the_test_of_one_ratio_is_walds():
    parts = piecewise_hazard_ratio(TIME, EVENT, ARM, CUTS)
    b, v = parts.log_hazard_ratio, parts.standard_error**2
    contrast = np.eye(4)[1:] - np.eye(4)[0]
    wald = contrast @ b @ np.linalg.solve(contrast @ np.diag(v) @ contrast.T, contrast @ b)
    assert parts.chi_squared == pytest.approx(wald)
    assert parts.p == pytest.approx(chi2.sf(wald, 3))


def test_without_cuts_it_is_cox():
    whole = cox(TIME, EVENT, ARM)
    one = piecewise_hazard_ratio(TIME, EVENT, ARM, [])
    assert one.log_hazard_ratio == pytest.approx(whole.coefficients, abs=1e-12)
    assert np.isnan(one.p)


def test_a_late_effect_is_seen_late_and_only_there():
    """Delayed separation: no effect for six months, half the hazard after."""
    rng = np.random.default_rng(2)
    arm = np.arange(20_000) % 2
    early = rng.exponential(12, arm.size)
    late = 6 + rng.exponential(np.where(arm == 1, 24, 12))
    parts = piecewise_hazard_ratio(np.where(early <= 6, early, late), np.ones(arm.size), arm, [6.0])
    lower, upper = parts.limits(0.999)
    assert (lower < np.log([1.0, 0.5])).all() and (np.log([1.0, 0.5]) < upper).all()
    assert parts.p < 1e-6


@pytest.mark.parametrize(
    ("cuts", "says"),
    [
        ([0.0, 3.0], "rise from above zero"),
        ([3.0, 3.0], "rise from above zero"),
        ([5.0, 2.0], "rise from above zero"),
        ([np.nan], "row 0"),
        ([1000.0], "after 1000"),
        ([0.01], "and up to 0.01"),
    ],
)
def test_cuts_that_give_no_answer_are_refused(cuts, says):
    with pytest.raises(StatisticsError, match=says):
        piecewise_hazard_ratio(TIME, EVENT, ARM, cuts)


def test_a_period_in_which_one_arm_alone_has_events_is_refused():
    with pytest.raises(StatisticsError, match="tell the arms apart"):
        piecewise_hazard_ratio([1, 2, 5, 6, 7], [1, 1, 1, 1, 1], [0, 0, 0, 1, 1], [3])


def test_who_leaves_at_zero_counts_in_the_first_period():
    time, event, arm = [0, 1, 2, 3, 5, 6, 7], [1] * 7, [0, 1, 0, 1, 0, 1, 0]
    assert piecewise_hazard_ratio(time, event, arm, [4]).n_event.tolist() == [4, 3]
