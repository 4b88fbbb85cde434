"""PyPI `survival` and lifelines as independent witnesses."""

import lifelines
import numpy as np
import pytest
import survival as r

from consilium.statistics.cox import cox
from consilium.statistics.logrank import log_rank
from consilium.statistics.survival import kaplan_meier

RNG = np.random.default_rng(31)
N = 250
TIME = RNG.integers(1, 40, N).astype(float)
EVENT = RNG.random(N) < 0.65
ARM = (np.arange(N) % 2).astype(float)
AGE = RNG.normal(60, 9, N)
X = np.column_stack([ARM, AGE])
DATA = {
    "time": TIME.tolist(),
    "event": EVENT.astype(int).tolist(),
    "arm": ARM.tolist(),
    "age": AGE.tolist(),
}


def test_curves():
    ours = kaplan_meier(TIME, EVENT)
    fitter = lifelines.KaplanMeierFitter().fit(TIME, EVENT)
    assert ours.survival_at(ours.time) == pytest.approx(
        fitter.survival_function_at_times(ours.time).to_numpy(), abs=1e-12
    )


def test_log_rank_tests():
    for rho in (0.0, 1.0):
        ours = log_rank(TIME, EVENT, ARM, rho=rho)
        theirs = r.survdiff("Surv(time, event) ~ arm", DATA, rho=rho)
        assert ours.chi_squared == pytest.approx(theirs.chisq, rel=1e-8)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_models(ties):
    ours = cox(TIME, EVENT, X, ties=ties)
    theirs = r.coxph("Surv(time, event) ~ arm + age", DATA, ties=ties)
    assert ours.coefficients == pytest.approx(np.asarray(r.coef(theirs)), abs=1e-6)
    assert ours.covariance == pytest.approx(np.asarray(r.vcov(theirs)), abs=1e-6)
