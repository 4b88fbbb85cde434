"""Proportions: Wilson's interval against another program, and groups that are held back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from consilium.statistics.proportions import LEAST_SHOWN, Proportion, ProportionError, too_few

# Newcombe, Stat Med 1998;17:857, table I, method 3
PUBLISHED = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("events", "total", "low", "high"), PUBLISHED)
def test_published_intervals(events, total, low, high):
    assert Proportion(events, total).interval == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_those_of_scipy(counts):
    events, total = counts
    wanted = binomtest(events, total).proportion_ci(0.95, method="wilson")
    assert Proportion(events, total).interval == pytest.approx(wanted, abs=1e-12)


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_lies_in_its_interval(counts):
    found = Proportion(*counts)
    low, high = found.interval
    assert 0 <= low <= found.value <= high <= 1


@pytest.mark.parametrize(("events", "total"), [(-1, 3), (4, 3), (0, 0)])
def test_no_proportion(events, total):
    with pytest.raises(ProportionError):
        Proportion(events, total)


HELD_BACK = [
    ({"a": 4, "b": 9, "c": 7}, {"a", "c"}),  # alone, `a` could be found by taking the rest away
    ({"a": 4, "b": 4, "c": 7}, {"a", "b"}),
    ({"a": 1, "b": 2, "c": 7, "d": 6}, {"a", "b", "d"}),  # together they are too few as well
    ({"a": 5, "b": 9}, set()),
    ({"a": 4}, {"a"}),
    ({}, set()),
]


@pytest.mark.parametrize(("sizes", "hidden"), HELD_BACK)
def test_which_groups_are_held_back(sizes, hidden):
    assert too_few(sizes) == hidden


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.integers(1, 12), max_size=6))
def test_nothing_held_back_can_be_found_from_the_whole(sizes):
    hidden = too_few(sizes)
    assert {name for name, size in sizes.items() if size < LEAST_SHOWN} <= hidden
    left = sum(sizes[name] for name in hidden)
    assert not hidden or hidden == set(sizes) or (len(hidden) > 1 and left >= LEAST_SHOWN)
