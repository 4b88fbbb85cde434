"""Intervals cover at the rate they claim, within Monte Carlo error; by simulation."""

import numpy as np
import pytest

from consilium.statistics.cox import cox
from consilium.statistics.crossover import rpsft
from consilium.statistics.network import network
from consilium.statistics.pooling import pool
from consilium.statistics.survival import kaplan_meier, restricted_mean_contrast

pytestmark = pytest.mark.slow


def covered(hits, slack=0.0):
    """Within three Monte Carlo errors of 95 %, and of what the method itself is known to miss."""
    rate, error = np.mean(hits), (0.95 * 0.05 / len(hits)) ** 0.5
    return abs(rate - 0.95) <= 3 * error + slack, rate


def an_arm(rng, n, rate):
    lived, censor = rng.exponential(1 / rate, n), rng.uniform(6, 30, n)
    return np.minimum(lived, censor), lived <= censor


def test_survival_median_and_restricted_mean():
    rng = np.random.default_rng(1)
    at_12, median, mean = [], [], []
    for _ in range(600):
        curve = kaplan_meier(*an_arm(rng, 150, 0.08))
        lower, upper = curve.limits("log-log")
        place = np.searchsorted(curve.time, 12, side="right") - 1
        at_12.append(lower[place] <= np.exp(-0.96) <= upper[place])
        quantiles = curve.quantiles([0.5])
        median.append(quantiles.lower[0] <= np.log(2) / 0.08 <= quantiles.upper[0])
        within = curve.restricted_mean(12)
        truth = (1 - np.exp(-0.96)) / 0.08
        mean.append(within.lower <= truth <= within.upper)
    for hits in (at_12, median, mean):
        good, rate = covered(hits, 0.005)
        assert good, rate


def test_hazard_ratios_and_differences_of_restricted_means():
    rng = np.random.default_rng(2)
    arm = np.repeat([0, 1], 120)
    ratio, difference = [], []
    for _ in range(400):
        parts = [an_arm(rng, 120, rate) for rate in (0.08, 0.056)]
        time, event = (np.concatenate(column) for column in zip(*parts, strict=True))
        lower, upper = cox(time, event, arm).limits()
        ratio.append(lower[0] <= np.log(0.7) <= upper[0])
        both = restricted_mean_contrast(time, event, arm, until=12).difference
        truth = (1 - np.exp(-0.672)) / 0.056 - (1 - np.exp(-0.96)) / 0.08
        difference.append(both.lower <= truth <= both.upper)
    for hits in (ratio, difference):
        good, rate = covered(hits, 0.005)
        assert good, rate


def test_knapp_and_hartung_hold_their_level_with_few_studies():
    rng = np.random.default_rng(3)
    hits, plain = [], []
    for _ in range(800):
        variance = rng.uniform(0.02, 0.06, 6)
        effects = rng.normal(-0.3, np.sqrt(variance + 0.04))
        for knapp_hartung, kept in ((True, hits), (False, plain)):
            pooled = pool(effects, variance, method="DL", knapp_hartung=knapp_hartung)
            kept.append(pooled.lower <= -0.3 <= pooled.upper)
    good, rate = covered(hits, 0.01)
    assert good, rate
    assert np.mean(plain) < np.mean(hits)  # why it is there


def test_contrasts_of_a_network():
    rng = np.random.default_rng(4)
    truth = {"A": 0.0, "B": -0.2, "C": -0.5}
    pairs = [*[("B", "A")] * 4, *[("C", "A")] * 4, *[("C", "B")] * 4]
    hits = []
    for _ in range(300):
        error = rng.uniform(0.1, 0.25, len(pairs))
        effect = [truth[a] - truth[b] for a, b in pairs] + rng.normal(0, error)
        net = network(range(len(pairs)), *zip(*pairs, strict=True), effect, error)
        estimate, se = net.contrast("C", "A", "common")
        hits.append(abs(estimate + 0.5) <= 1.96 * se)
    good, rate = covered(hits)
    assert good, rate


def test_psi_after_crossover():
    rng = np.random.default_rng(5)
    arm = np.arange(120) % 2
    hits = []
    for _ in range(80):
        untreated = rng.exponential(14, 120)
        progression = untreated * rng.uniform(0.3, 0.8, 120)
        switch = (arm == 0) & (rng.random(120) < 0.5)
        stretch = np.exp(0.4)
        lived = np.where(
            arm == 1,
            untreated * stretch,
            np.where(switch, progression + (untreated - progression) * stretch, untreated),
        )
        censor = rng.uniform(20, 50, 120)
        time, event = np.minimum(lived, censor), lived <= censor
        share = np.where(
            arm == 1, 1.0, np.where(switch & (progression < time), 1 - progression / time, 0.0)
        )
        ours = rpsft(time, event, arm, np.maximum(share, 0), censor_time=censor, search=(-1.6, 1.0))
        lower, upper = np.nan_to_num(ours.lower, nan=-9), np.nan_to_num(ours.upper, nan=9)
        hits.append(lower <= -0.4 <= upper)
    good, rate = covered(hits)
    assert good, rate
