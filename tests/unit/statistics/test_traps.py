"""Errors that other packages made, each of which ours must not make."""

import lifelines
import numpy as np
import pytest
from lifelines.utils import restricted_mean_survival_time
from tests.reference.golden import expected
from tests.reference.published_agreement import trials
from tests.reference.synthesis_agreement import contrasts

from consilium.statistics.cox import cox
from consilium.statistics.network import network
from consilium.statistics.survival import kaplan_meier

RNG = np.random.default_rng(21)
N = 200
TIME = RNG.exponential(10, N)
CENSOR = RNG.uniform(2, 25, N)
EVENT = TIME <= CENSOR
SEEN = np.minimum(TIME, CENSOR)


def test_the_error_of_a_restricted_mean_is_not_the_spread_between_patients():
    ours = kaplan_meier(SEEN, EVENT).restricted_mean(12)
    fitter = lifelines.KaplanMeierFitter().fit(SEEN, EVENT)
    mean, variance = restricted_mean_survival_time(fitter, t=12, return_variance=True)
    assert ours.value == pytest.approx(mean, rel=1e-6)
    draws = []
    for _ in range(300):
        rows = RNG.integers(0, N, N)
        draws.append(kaplan_meier(SEEN[rows], EVENT[rows]).restricted_mean(12).value)
    assert ours.standard_error == pytest.approx(np.std(draws), rel=0.15)
    assert variance**0.5 > 3 * ours.standard_error


def test_the_variance_between_trials_sees_the_covariance_of_multi_arm_trials():
    # netmeta's REML for these contrasts is .4275, with the covariance left out.
    ours = network(*contrasts("smoking"), method="REML")
    assert ours.tau_squared == pytest.approx(0.45023, abs=1e-5)
    assert expected("nma_smoking.json")["REML"]["tau2"] == pytest.approx(0.42746, abs=1e-5)


def test_cox_coefficients_are_those_of_the_maximum():
    x = np.column_stack([np.arange(N) % 2, RNG.normal(60, 10, N)])
    fit = cox(SEEN, EVENT, x)
    # At a maximum the Schoenfeld residuals add up to nothing.
    assert np.abs(fit.schoenfeld_residuals().sum(axis=0)).max() < 1e-8


def test_the_direction_of_a_published_ratio_is_the_arms_own():
    """The sign of the log ratio follows the order of the arms, and turns with it."""
    for _, reference, time, event, arm in trials():
        published = np.log(reference["published_HR"])
        ours = cox(time, event, arm).coefficients[0]
        turned = cox(time, event, 1 - arm).coefficients[0]
        assert turned == pytest.approx(-ours, abs=1e-10)
        if reference["quality_percent"] == 100:
            assert abs(ours - published) < abs(turned - published)
