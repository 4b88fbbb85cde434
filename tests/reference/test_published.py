"""Published sets of curves, and the patients that are made of them."""

import numpy as np
from tests.reference import published_agreement as agreement


def test_kmdata_mbc():
    agreement.published_sets().check()


def test_patients_are_as_near_as_the_goal_asks():
    gaps, ratios = agreement.reconstructions()
    assert np.median(gaps) <= 0.008
    assert np.median(ratios) <= 0.003
