"""One test for each golden file of crossover, matching and value of information."""

import pytest
from tests.reference import crossover_agreement as agreement


@pytest.mark.parametrize("name", ["xo_a", "xo_b", "immdef"])
def test_rpsftm(name):
    agreement.structural(name).check()


@pytest.mark.parametrize("name", ["xo_a", "xo_b"])
def test_trtswitch(name):
    agreement.switching(name).check()


@pytest.mark.parametrize("name", ["xo_a", "xo_b"])
def test_ipcw(name):
    agreement.weighting(name).check()


def test_maic():
    agreement.matching().check()


def test_voi():
    agreement.information().check()
