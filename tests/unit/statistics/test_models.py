"""Competing risks, parametric families and splines: meaning, twins, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from consilium.statistics.arrays import StatisticsError
from consilium.statistics.competing import aalen_johansen
from consilium.statistics.parametric import fit_parametric
from consilium.statistics.splines import fit_spline
from consilium.statistics.survival import kaplan_meier

FAMILIES = [
    "exponential",
    "weibull",
    "weibull-ph",
    "gompertz",
    "gamma",
    "lognormal",
    "loglogistic",
    "generalised-gamma",
]
RNG = np.random.default_rng(11)
N = 300
TIME = 9 * RNG.weibull(1.3, N) + 0.01
CENSOR = RNG.uniform(2, 20, N)
EVENT = TIME <= CENSOR
SEEN = np.minimum(TIME, CENSOR)
ARM = np.arange(N) % 2
FITS = [*((family, None) for family in FAMILIES), ("hazard", 2), ("odds", 2), ("normal", 2)]


def fit(kind, k, time=SEEN, event=EVENT, covariates=ARM):
    if k is None:
        return fit_parametric(time, event, covariates, family=kind)
    return fit_spline(time, event, covariates, k=k, scale=kind)


@pytest.mark.parametrize(("kind", "k"), FITS)
def test_hazard_density_and_area_belong_to_one_curve(kind, k):
    model = fit(kind, k)
    for arm in (0, 1):
        moments = np.array([0.5, 3.0, 9.0, 20.0])
        step = 1e-5
        slope = (
            model.cumulative_hazard(moments + step, arm)
            - model.cumulative_hazard(moments - step, arm)
        ) / (2 * step)
        assert model.hazard(moments, arm) == pytest.approx(slope, rel=1e-5)
        area = quad(lambda t, arm=arm: float(model.survival(t, arm)[0]), 0, 18, limit=200)[0]
        assert model.restricted_mean(18, arm) == pytest.approx(area, abs=1e-5)
        assert model.survival(model.median(arm), arm) == pytest.approx([0.5])


@pytest.mark.parametrize(("kind", "k"), FITS)
@pytest.mark.parametrize("unit", [0.01, 30.4])
def test_the_unit_of_time_is_only_a_unit(kind, k, unit):
    one, other = fit(kind, k), fit(kind, k, time=SEEN * unit)
    assert other.survival(unit * 7.0, 1) == pytest.approx(one.survival(7.0, 1), abs=1e-6)
    shift = -EVENT.sum() * np.log(unit)
    assert other.log_likelihood == pytest.approx(one.log_likelihood + shift, abs=1e-5)
    arm = one.names.index("x1")
    assert other.covariance[arm, arm] == pytest.approx(one.covariance[arm, arm], rel=1e-4)


def test_the_exponential_is_events_over_time():
    model = fit_parametric(SEEN, EVENT, family="exponential")
    assert model.parameters == pytest.approx([EVENT.sum() / SEEN.sum()])
    assert model.covariance == pytest.approx(np.array([[1 / EVENT.sum()]]), rel=1e-6)


def test_families_within_families_are_nested():
    heights = {family: fit(family, None).log_likelihood for family in FAMILIES}
    for inner in ("weibull", "lognormal", "exponential", "gamma"):
        assert heights["generalised-gamma"] >= heights[inner] - 1e-6
    assert heights["weibull"] == pytest.approx(heights["weibull-ph"], abs=1e-8)
    assert fit("hazard", 0).log_likelihood == pytest.approx(heights["weibull"], abs=1e-8)
    assert fit("odds", 0).log_likelihood == pytest.approx(heights["loglogistic"], abs=1e-8)
    assert fit("normal", 0).log_likelihood == pytest.approx(heights["lognormal"], abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(25, 200),
    st.integers(0, 3),
    st.sampled_from(["hazard", "odds", "normal"]),
)
def test_a_spline_starts_on_whatever_times_there_are(seed, n, k, scale):
    rng = np.random.default_rng(seed)
    time = rng.choice([1.0, 4.0, 0.1]) * rng.weibull(rng.uniform(0.4, 3), n) + 0.01
    censor = rng.uniform(0.2, 3, n) * np.median(time) * 1.5
    seen, event = np.minimum(time, censor), time <= censor
    if event.sum() < 15:
        return
    try:
        model = fit_spline(seen, event, k=k, scale=scale)
    except StatisticsError as refused:  # many knots for few events
        assert "would rise" in str(refused) and k > 0
        return
    grid = np.linspace(seen[event].min(), seen[event].max(), 50)
    assert (np.diff(model.survival(grid)) <= 1e-12).all()
    curve = kaplan_meier(seen, event)
    assert np.abs(model.survival(grid) - curve.survival_at(grid)).max() < 0.35


def test_draws_centre_on_the_estimate():
    model = fit("weibull", None)
    draws = model.draws(np.random.default_rng(1), 20_000)
    assert draws.mean(axis=0) == pytest.approx(model.transformed, abs=0.01)
    assert np.cov(draws.T) == pytest.approx(model.covariance, abs=1e-3)


def test_risks_add_up_and_one_cause_alone_is_kaplan_meier():
    cause = np.where(EVENT, 1 + (RNG.random(N) < 0.3), 0)
    both = aalen_johansen(SEEN, cause)
    assert both.probability.sum(axis=1) == pytest.approx(np.ones(both.time.size))
    assert both.mean_time().sum() == pytest.approx(both.time[-1])
    curve = kaplan_meier(SEEN, EVENT)
    assert both.probability[:, 0] == pytest.approx(curve.survival)
    alone = aalen_johansen(SEEN, EVENT.astype(int))
    moments = [2.0, 5.0, 8.0]
    greenwood = curve.standard_error[np.searchsorted(curve.time, moments, side="right") - 1]
    assert alone.standard_errors_at(moments)[:, 0] == pytest.approx(greenwood, rel=0.02)
    assert alone.standard_errors_at(moments)[:, 1] == pytest.approx(
        alone.standard_errors_at(moments)[:, 0]
    )


def test_the_jackknife_is_what_leaving_one_out_gives():
    cause = np.where(EVENT, 1 + (RNG.random(N) < 0.3), 0)[:80]
    time = SEEN[:80]
    ours = aalen_johansen(time, cause).standard_errors_at([5.0])[0]
    left = np.stack(
        [aalen_johansen(np.delete(time, i), np.delete(cause, i)).at([5.0])[0] for i in range(80)]
    )
    jackknife = np.sqrt(((left - left.mean(axis=0)) ** 2).sum(axis=0) * 79 / 80)
    assert ours == pytest.approx(jackknife, rel=0.03)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda: fit_parametric([0, 1, 2], [1, 1, 1]), "needs times above zero"),
        (lambda: fit_parametric([1, 2], [0, 0]), "no row has the event"),
        (lambda: fit_parametric([1, 2], [1, 1], family="normal"), "no family"),
        (lambda: fit_spline([1, 1, 1], [1, 1, 1], k=1), "too few distinct times"),
        (lambda: fit_spline([1, 2, 3], [1, 1, 1], scale="log"), "no scale"),
        (lambda: fit("weibull", None).survival(3), "1 covariates and 0 were given"),
        (lambda: fit("weibull", None).hazard(0, 1), "above zero"),
        (lambda: aalen_johansen([1, 2], [0, 0.5]), "0 for censored"),
        (lambda: aalen_johansen([1, 2], [0, 1]).at([3]), "nobody was followed beyond 2"),
    ],
)
def test_bad_input_is_refused_in_words(attempt, said):
    with pytest.raises(StatisticsError, match=said):
        attempt()
