"""Three engines for one process: exact, simulated, and a slow one that follows each event."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilium.sequencing.errors import SequenceError
from consilium.sequencing.lines import LineOfTreatment
from consilium.sequencing.microsimulation import key_of, simulate, uniforms
from consilium.sequencing.renewal import outlook
from consilium.sequencing.trace import LineProbabilities, sequence_trace
from consilium.statistics.kernels import without_numba

THREE = [
    LineOfTreatment("first", 10.0, 1.3, go_on=0.6, die=0.2),
    LineOfTreatment("second", 6.0, 0.9, go_on=0.5, die=0.1),
    LineOfTreatment("third", 4.0, 1.1, go_on=0.0, die=0.3),
]
FRAIL = [(0.5, 0.3), (1.0, 0.4), (2.0, 0.3)]
HORIZON = 240.0


def event_by_event(lines, supportive, patients, seed, frailty):
    """One patient after the other, one event after the other: slow and obvious."""
    rng = np.random.default_rng(seed)
    died, time_on, started = [], np.zeros((patients, len(lines))), np.zeros(len(lines))
    for patient in range(patients):
        hazard = rng.choice([m for m, _ in frailty], p=[s for _, s in frailty])
        now, number = 0.0, 0
        while True:
            line = lines[number]
            started[number] += 1
            stay = line.scale_months * (rng.exponential() / hazard) ** (1 / line.shape)
            time_on[patient, number] = stay
            now += stay
            way = rng.random()
            go_on = line.go_on if number + 1 < len(lines) else 0.0
            if way < go_on:
                number += 1
                continue
            if way >= go_on + line.die:
                now += rng.exponential() * supportive
            died.append(now)
            break
    return np.array(died), time_on, started / patients


def within(values, expected, errors=3.0):
    """Whether the mean of a sample lies within so many standard errors of a number."""
    return abs(values.mean() - expected) <= errors * values.std(ddof=1) / math.sqrt(len(values))


@pytest.mark.parametrize("frailty", [[(1.0, 1.0)], FRAIL])
@pytest.mark.parametrize("supportive", [0.0, 5.0])
def test_the_engines_agree(frailty, supportive):
    exact = outlook(THREE, supportive_months=supportive, horizon_months=HORIZON, frailty=frailty)
    drawn = simulate(
        THREE, supportive_months=supportive, patients=100_000, seed=11, frailty=frailty
    )
    slow = event_by_event(THREE, supportive, 10_000, 12, frailty)
    for died, time_on in ((drawn.survival, drawn.on_line), slow[:2]):
        assert within(np.minimum(died, HORIZON), exact.restricted_mean_months(HORIZON))
        for until in (6.0, 12.0, 24.0, 48.0):
            alive = (died > until).astype(float)
            assert within(alive, np.interp(until, exact.months, exact.alive))
        for line, months in enumerate(exact.months_on_line(HORIZON)):
            assert within(time_on[:, line], months)
    for line in range(3):
        assert drawn.reach(line + 1) == pytest.approx(exact.reach[line], abs=0.006)
        assert slow[2][line] == pytest.approx(exact.reach[line], abs=0.016)


def test_numba_and_numpy_give_the_same_patients():
    args = {"supportive_months": 4.0, "patients": 5_000, "seed": 3, "frailty": FRAIL}
    compiled = simulate(THREE, **args)
    with without_numba():
        plain = simulate(THREE, **args)
    np.testing.assert_allclose(compiled.survival, plain.survival, rtol=1e-12)
    np.testing.assert_allclose(compiled.on_line, plain.on_line, rtol=1e-12)
    assert (compiled.started == plain.started).all()


def test_a_patient_does_not_depend_on_the_batch_they_are_in(monkeypatch):
    whole = simulate(THREE, supportive_months=4.0, patients=1_000, seed=5)
    monkeypatch.setattr("consilium.sequencing.microsimulation.BATCH", 137)
    done = []
    parts = simulate(THREE, supportive_months=4.0, patients=1_000, seed=5, after_batch=done.append)
    assert done == [137, 274, 411, 548, 685, 822, 959, 1000]
    np.testing.assert_array_equal(whole.survival, parts.survival)


def test_a_long_run_can_be_stopped():
    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(THREE, supportive_months=4.0, patients=1_000, seed=5, after_batch=stop)


def test_the_table_of_quantiles_is_near_the_quantiles():
    only = [LineOfTreatment("only", 10.0, 0.8, go_on=0.0, die=1.0)]
    drawn = simulate(only, supportive_months=0, patients=50_000, seed=9).survival
    share = uniforms(key_of(9), np.arange(50_000, dtype=np.uint64), 1)
    np.testing.assert_allclose(drawn, 10.0 * (-np.log1p(-share)) ** (1 / 0.8), atol=0.001)


def test_the_same_patients_meet_every_strategy():
    """With common numbers the difference of two strategies varies far less than with other ones."""
    other = [LineOfTreatment("first", 11.0, 1.3, go_on=0.6, die=0.2), *THREE[1:]]
    one = simulate(THREE, supportive_months=4.0, patients=20_000, seed=5).survival
    same = simulate(other, supportive_months=4.0, patients=20_000, seed=5).survival
    apart = simulate(other, supportive_months=4.0, patients=20_000, seed=6).survival
    assert (same - one).var() < (apart - one).var() / 10


def test_the_draws_are_even_and_unrelated():
    patients = np.arange(200_000, dtype=np.uint64)
    first, second = (uniforms(key_of(1), patients, draw) for draw in (1, 2))
    other_seed = uniforms(key_of(2), patients, 1)
    for drawn in (first, second, other_seed):
        counts, _ = np.histogram(drawn, bins=100, range=(0, 1))
        assert ((counts - 2000) ** 2 / 2000).sum() < 160  # chi-squared, 99 degrees, p about 1e-4
        assert drawn.min() > 0 and drawn.max() < 1
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.01
    assert abs(np.corrcoef(first, other_seed)[0, 1]) < 0.01
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.01


shares = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda p: (p[0], p[1] * (1 - p[0])))


@given(
    st.lists(st.tuples(st.floats(0.5, 40), st.floats(0.5, 2.5), shares), min_size=1, max_size=4),
    st.floats(0, 20),
)
@settings(max_examples=40, deadline=None)
def test_shares_are_shares_and_nobody_is_lost(rows, supportive):
    lines = [
        LineOfTreatment(str(n), scale, shape, go_on, die)
        for n, (scale, shape, (go_on, die)) in enumerate(rows)
    ]
    made = outlook(lines, supportive_months=supportive, horizon_months=60)
    total = made.on_line.sum(axis=0) + made.supportive.sum(axis=0) + made.dead
    np.testing.assert_allclose(total, 1, atol=1e-9)
    for share in (*made.on_line, *made.supportive, made.dead):
        assert share.min() > -1e-3 and share.max() < 1 + 1e-3
    assert (np.diff(made.reach) < 1e-12).all()


def test_a_finer_cell_changes_the_answer_in_the_second_order():
    means = [
        outlook(
            THREE, supportive_months=4.0, horizon_months=HORIZON, cell_months=cell
        ).restricted_mean_months(HORIZON)
        for cell in (1.0, 0.5, 0.25, 0.125)
    ]
    errors = [abs(mean - means[-1]) for mean in means[:-1]]
    assert errors[0] < 0.05 and errors[1] < errors[0] / 2.5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"go_on": 0.9, "die": 0.3}, "sum to at most 1"),
        ({"scale_months": 0.0}, "above 0"),
        ({"shape": -1.0}, "above 0"),
    ],
)
def test_a_line_that_cannot_be_is_refused(change, says):
    with pytest.raises(SequenceError, match=says):
        LineOfTreatment(**({"label": "a", "scale_months": 5.0} | change))


def test_beyond_the_horizon_nothing_is_said():
    made = outlook(THREE, supportive_months=4.0, horizon_months=24)
    with pytest.raises(SequenceError, match="beyond the horizon"):
        made.restricted_mean_months(36)


def test_a_trace_of_plain_lists_follows_each_share_by_hand():
    ways = [[0.3, 0.1, 0.0], [0.1, 0.2, 0.3], [0.2, 0.0, 0.1], [0.4, 0.5, 0.1], [0.1, 0.0, 0.2]]
    followed = sequence_trace([LineProbabilities(*ways)], [0.25, 0.5, 0.5], 3)
    assert followed.on[:, 0] == pytest.approx([1, 0.4, 0.4 * 0.7])
    assert followed.off[:, 0] == pytest.approx([0, 0.2, 0.2 * 0.5])
    assert followed.entrants[:, 1] == pytest.approx([0, 0.3, 0.4 * 0.1 + 0.2 * 0.5])
    assert followed.on[:, 1] == pytest.approx([0, 0.3, 0.3 * 0.75 + 0.14])
    assert followed.dead == pytest.approx([0, 0.1, 0.1 + 0.4 * 0.2 + 0.3 * 0.25])


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ([[0.6], [0.5], [0.0], [0.0], [0.0]], "leaving on treatment sum to 1.1 in cycle 0"),
        ([[0.1], [0.1], [0.0], [0.7], [0.4]], "leaving off treatment sum to 1.1"),
        ([[-0.1], [0.1], [0.0], [0.0], [0.0]], "`on_next` is -0.1 in cycle 0"),
        ([["x"], [0.1], [0.0], [0.0], [0.0]], "`on_next` holds something that is no number"),
        ([[0.1, 0.1], [0.1], [0.0], [0.0], [0.0]], "as many cycles of each"),
        ([[[0.1]], [0.1], [0.0], [0.0], [0.0]], "one column"),
    ],
)
def test_probabilities_that_cannot_be_are_refused(ways, said):
    with pytest.raises(SequenceError, match=said):
        LineProbabilities(*ways)


def test_a_trace_needs_tables_for_its_whole_horizon():
    line = LineProbabilities(*([0.1] * 3 for _ in range(5)))
    with pytest.raises(SequenceError, match="3 cycles does not cover a horizon of 4"):
        sequence_trace([line], [0.1] * 4, 4)
    with pytest.raises(SequenceError, match="needs a line"):
        sequence_trace([], [0.1] * 4, 4)
