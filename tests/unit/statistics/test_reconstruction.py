"""Patients and curves from what was published: meaning, bounds, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilium.statistics.arrays import StatisticsError
from consilium.statistics.published import (
    CURVE_ERRORS,
    curve_from_landmarks,
    curve_from_median,
    curve_from_patients,
    curve_from_points,
)
from consilium.statistics.reconstruction import UnlikelyCurve, reconstruct
from consilium.statistics.survival import kaplan_meier


def published(rng, n, *, noise=0.002, step=3.0):
    """An arm, its points read off with noise, its risk table."""
    time = np.round(rng.exponential(10, n) + 0.05, 2)
    censor = np.round(rng.uniform(4, 30, n), 2)
    seen, event = np.minimum(time, censor), time <= censor
    curve = kaplan_meier(seen, event)
    drops = curve.n_event > 0
    points = np.append(curve.time[drops], curve.time[-1])
    heights = np.append(curve.survival[drops], curve.survival[-1])
    heights = np.clip(np.round(heights + rng.normal(0, noise, heights.size), 3), 0, 1)
    table = np.arange(0, seen.max(), step)
    counts = [(seen >= t).sum() for t in table]
    return seen, event, points, heights, table, counts


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 300))
def test_table_and_events_are_hit_exactly(seed, n):
    rng = np.random.default_rng(seed)
    seen, event, points, heights, table, counts = published(rng, n)
    ours = reconstruct(points, heights, table, counts, events=int(event.sum()))
    assert (ours.n, ours.n_event) == (n, event.sum())
    assert [(ours.time >= t).sum() for t in table] == counts
    curve, truth = kaplan_meier(ours.time, ours.event_observed), kaplan_meier(seen, event)
    grid = np.linspace(0.1, min(curve.followed_to, truth.followed_to), 60)
    kept = truth.n_risk_at(grid) >= 20
    assert np.abs(curve.survival_at(grid) - truth.survival_at(grid))[kept].max(initial=0) < 0.04


def test_a_flat_tail_with_late_censoring_invents_no_deaths():
    # All events in the first year; then 60 of 100 are censored late, on a level curve.
    points = [*np.arange(1, 13), 24, 36, 48]
    heights = [*(1 - 0.03 * np.arange(1, 13)), 0.64, 0.64, 0.64]
    table, counts = [0, 12, 24, 36], [100, 66, 60, 22]
    for events in (None, 36):
        ours = reconstruct(points, heights, table, counts, events=events)
        assert ours.n_event == 36
        assert ours.time[ours.event_observed].max() <= 12
        assert [(ours.time >= t).sum() for t in table] == counts


def test_without_a_table_the_events_say_how_many_left():
    rng = np.random.default_rng(2)
    seen, event, points, heights, _, _ = published(rng, 150)
    ours = reconstruct(points, heights, [0], [150], events=int(event.sum()))
    assert (ours.n, ours.n_event) == (150, event.sum())
    curve, truth = kaplan_meier(ours.time, ours.event_observed), kaplan_meier(seen, event)
    grid = np.linspace(0.1, 15, 60)
    assert np.abs(curve.survival_at(grid) - truth.survival_at(grid)).max() < 0.03


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"survival": [0.9, 0.7, 0.8, 0.5]}, "only falls"),
        ({"survival": [90, 70, 60, 50]}, "in per cent"),
        ({"time": [1, 3, 2, 4]}, "from left to right"),
        ({"time": [-1, 2, 3, 4]}, "before the start"),
        ({"n_risk": [100, 120]}, "rise from 100"),
        ({"risk_time": [1, 2]}, "must start at time 0"),
        ({"risk_time": [0, 0]}, "comes after"),
        ({"n_risk": [100, 99]}, "more than the curve|takes at least"),
        ({"n_risk": [100, 70.5]}, "whole"),
        ({"events": 101}, "101 events of 100"),
        ({"events": 95}, "events"),
        ({"survival": [0.9, 0.7]}, "rows"),
    ],
)
def test_what_cannot_be_one_curve_is_refused_in_words(change, said):
    given_ = {
        "time": [1, 2, 3, 4],
        "survival": [0.9, 0.7, 0.6, 0.5],
        "risk_time": [0, 3],
        "n_risk": [100, 70],
        "events": None,
    } | change
    with pytest.raises(StatisticsError, match=said):
        reconstruct(**given_)


def test_a_table_that_the_curve_contradicts_is_refused():
    with pytest.raises(UnlikelyCurve, match=r"takes at least 2\d events, but only 5"):
        reconstruct([1, 2, 3], [0.8, 0.5, 0.5], [0, 1.5, 2.5], [100, 80, 75])


def test_classes_and_their_errors():
    assert curve_from_median(9.0).curve_class == "E"
    assert curve_from_landmarks(9.0, [(6, 0.7), (12, 0.4)]).curve_class == "D"
    many = curve_from_points([2, 4, 6, 8, 12, 18, 24, 30], [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1])
    assert many.curve_class == "B"
    assert many.raised_to(0.7).curve_class == "C"
    assert curve_from_median(9.0).raised_to(0.7).curve_class == "E"
    assert many.error is CURVE_ERRORS["B"]
    means = [CURVE_ERRORS[letter].mean for letter in "ABCDE"]
    assert means == sorted(means)


@settings(deadline=None)
@given(
    st.lists(st.floats(0.5, 60), min_size=1, max_size=8, unique_by=lambda t: round(t, 2)),
    st.floats(0.3, 0.95),
)
def test_a_curve_goes_through_its_points_and_only_falls(times, share):
    times = sorted(times)
    heights = share ** np.arange(1, len(times) + 1)
    curve = curve_from_points(times, heights)
    assert curve.survival_at(times) == pytest.approx(heights, abs=1e-9)
    grid = np.linspace(0, 80, 300)
    assert (np.diff(curve.survival_at(grid)) <= 1e-12).all()
    assert curve.survival_at(0)[0] == 1
    halved = curve.survival_at(grid) ** 0.5
    assert curve.raised_to(0.5).survival_at(grid) == pytest.approx(halved, abs=1e-9)


def test_an_exponential_from_its_median():
    curve = curve_from_median(9.0)
    rate = np.log(2) / 9
    assert curve.restricted_mean(24) == pytest.approx((1 - np.exp(-24 * rate)) / rate, abs=1e-9)
    assert curve.quantile(0.75) == pytest.approx(18)


def test_the_error_of_a_class_is_drawn_as_it_was_measured():
    for error in CURVE_ERRORS.values():
        drawn = np.abs(error.draw_restricted_mean(np.random.default_rng(4), 40_000))
        assert np.median(drawn) == pytest.approx(error.restricted_mean, rel=0.05)
        assert np.quantile(drawn, 0.9) == pytest.approx(error.restricted_mean_p90, rel=0.05)
    curve = curve_from_landmarks(9.0, [(6, 0.7), (12, 0.4)])
    moved = curve.moved(0.05, 24)
    assert moved.restricted_mean(24) == pytest.approx(1.05 * curve.restricted_mean(24))


def test_a_smooth_curve_through_patients_is_class_a():
    rng = np.random.default_rng(1)
    curve = kaplan_meier(rng.exponential(10, 200), np.ones(200))
    smooth = curve_from_patients(curve)
    assert smooth.curve_class == "A"
    assert smooth.restricted_mean(12) == pytest.approx(curve.restricted_mean(12).value, rel=0.02)


@pytest.mark.parametrize(
    ("times", "heights", "said"),
    [
        ([6, 12], [0.5, 0.6], "does not fall"),
        ([6, 12], [70, 50], "in per cent"),
        ([0, 12], [0.9, 0.5], "above zero"),
        ([], [], "no point"),
    ],
)
def test_points_that_cannot_be_are_refused(times, heights, said):
    with pytest.raises(StatisticsError, match=said):
        curve_from_points(times, heights)
