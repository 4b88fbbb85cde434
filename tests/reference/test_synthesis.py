"""One test for each golden file of pooling, indirect comparison and networks."""

import pytest
from tests.reference import synthesis_agreement as agreement


def test_pairwise_meta():
    agreement.pairwise().check()


def test_meta_hr_published():
    agreement.published_ratios().check()


def test_ours_is_the_maximum_where_metafor_stopped_early():
    pairs = agreement.maxima()
    assert all(ours >= theirs - 1e-13 for ours, theirs in pairs)
    assert any(ours > theirs for ours, theirs in pairs)


@pytest.mark.parametrize("name", agreement.NETWORKS)
def test_nma(name):
    agreement.network_of(name).check()


@pytest.mark.parametrize("name", agreement.FULL)
def test_nmafullv(name):
    agreement.full(name).check()


def test_bucher():
    agreement.indirect().check()


def test_bayes_contrast():
    agreement.bayes_contrasts().check()


@pytest.mark.slow
def test_bayes_nma():
    agreement.bayes_arms().check()
