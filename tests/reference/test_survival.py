"""One test for each golden file of survival curves and Cox models."""

import pytest
from tests.reference import survival_agreement as agreement


@pytest.mark.parametrize("name", agreement.SURVIVAL)
def test_surv(name):
    agreement.survival(name).check()


def test_cox_exact_ovarian():
    agreement.exact_ties().check()


def test_startstop_heart():
    agreement.counting_process().check()


@pytest.mark.parametrize("name", ["simnph", "simties"])
def test_wlogrank(name):
    agreement.weighted_log_rank(name).check()
