"""Crossover, matching and value of information: meaning, properties, refusals."""

import numpy as np
import pytest

from consilium.statistics.arrays import StatisticsError
from consilium.statistics.crossover import ipcw, ipe, rpsft, two_stage
from consilium.statistics.information import evpi, evppi, probability_best
from consilium.statistics.matching import maic


def a_trial(psi=-0.4, n=400, seed=3):
    """Comparator patients may switch at progression; treatment multiplies life by exp(-psi)."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    untreated = rng.exponential(14, n)
    progression = untreated * rng.uniform(0.3, 0.8, n)
    switch = (arm == 0) & (rng.random(n) < 0.5)
    stretch = np.exp(-psi)
    time = np.where(
        arm == 1,
        untreated * stretch,
        np.where(switch, progression + (untreated - progression) * stretch, untreated),
    )
    progression = np.where(arm == 1, progression * stretch, progression)
    censor = rng.uniform(20, 50, n)
    seen, event = np.minimum(time, censor), time <= censor
    progressed = progression < seen
    switch &= progressed
    share = np.where(arm == 1, 1.0, np.where(switch, (seen - progression) / seen, 0.0))
    return {
        "time": seen,
        "event_observed": event,
        "arm": arm,
        "treated_share": share,
        "censor_time": censor,
    }, {
        "progressed": progressed,
        "progression_time": np.where(progressed, progression, seen),
        "switched": switch,
    }


def test_an_arm_that_complied_is_not_recensored():
    trial, _ = a_trial()
    spared = rpsft(**trial)
    everybody = rpsft(**trial, autoswitch=False)
    treated = trial["arm"] == 1
    time, event = spared.untreated(0.5)
    assert (time[treated] == trial["time"][treated] * np.exp(0.5)).all()
    assert (event[treated] == trial["event_observed"][treated]).all()
    assert abs(everybody.z(0.5)[0] - spared.z(0.5)[0]) > 0.05


def test_every_crossing_of_z_is_reported():
    trial, _ = a_trial()
    for psi in (-0.6, -0.4, -0.2):
        ours = rpsft(**a_trial(psi=psi, n=120, seed=9)[0])
        assert ours.psi in ours.crossings
        for crossing in ours.crossings:
            before, after = ours.z([crossing - 1e-9, crossing + 1e-9])
            assert before * after <= 0
        assert ours.lower < min(ours.crossings) <= max(ours.crossings) < ours.upper
    assert len(rpsft(**trial).crossings) % 2 == 1


def test_psi_is_found_by_every_method():
    trial, switching = a_trial(n=3000)
    assert rpsft(**trial).psi == pytest.approx(-0.4, abs=0.12)
    assert ipe(**trial, family="exponential").psi == pytest.approx(-0.4, abs=0.12)
    staged = two_stage(
        trial["time"],
        trial["event_observed"],
        trial["arm"],
        **switching,
        switch_time=switching["progression_time"],
        censor_time=trial["censor_time"],
        covariates=np.log(switching["progression_time"]),
    )
    assert staged.psi == pytest.approx(-0.4, abs=0.15)
    assert staged.lower < staged.psi < staged.upper


def test_without_crossover_nothing_is_adjusted():
    trial, _ = a_trial()
    trial["treated_share"] = trial["arm"].astype(float)
    ours = rpsft(**trial)
    time, event = ours.untreated()
    control = trial["arm"] == 0
    assert (time[control] == trial["time"][control]).all()
    assert (event[control] == trial["event_observed"][control]).all()


def test_weights_stand_for_those_who_switched():
    trial, switching = a_trial(n=2000)
    ours = ipcw(
        trial["time"],
        trial["event_observed"],
        trial["arm"],
        **switching,
        switch_covariates=np.log(switching["progression_time"]),
    )
    weighted = ours.weight > 1
    progressed = (trial["arm"] == 0) & switching["progressed"]
    assert ours.weight[weighted].sum() == pytest.approx(progressed.sum(), rel=0.1)
    assert (ours.start < ours.stop).all()
    lost = switching["switched"] & trial["event_observed"]
    assert ours.event_observed.sum() == trial["event_observed"].sum() - lost.sum()


def test_times_of_what_did_not_happen_may_be_missing():
    trial, switching = a_trial()
    known = {key: trial[key] for key in ("time", "event_observed", "arm")}
    progressed, switched = switching["progressed"], switching["switched"]
    at = switching["progression_time"]
    holes = np.where(progressed, at, np.nan)
    with np.errstate(invalid="ignore"):
        marker = np.log(holes)
    when = np.where(switched, at, np.nan)
    one = two_stage(**known, **switching, switch_time=at, covariates=np.log(at))
    holed = {**switching, "progression_time": holes}
    other = two_stage(**known, **holed, switch_time=when, covariates=marker)
    assert other.psi == one.psi
    one = ipcw(**known, **switching, switch_covariates=np.log(at))
    other = ipcw(**known, **holed, switch_covariates=marker)
    assert other.fit.coefficients == pytest.approx(one.fit.coefficients, abs=1e-12)
    with pytest.raises(StatisticsError, match="is nan"):
        ipcw(**known, **{**switching, "progression_time": when}, switch_covariates=marker)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"treated_share": 1.2}, "share of time"),
        ({"censor_time": 0.0}, "after its `censor_time`"),
        ({"arm": 1}, "both arms"),
        ({"test": "wilcoxon"}, "no test"),
        ({"search": (2.0, 3.0)}, "does not cross zero"),
    ],
)
def test_bad_trials_are_refused_in_words(change, said):
    trial, _ = a_trial(n=60)
    for key, value in change.items():
        trial[key] = np.full(60, value) if isinstance(value, int | float) else value
    with pytest.raises(StatisticsError, match=said):
        rpsft(**trial)


def test_matched_patients_have_the_target_means():
    rng = np.random.default_rng(5)
    table = np.column_stack([rng.normal(60, 10, 200), rng.random(200) < 0.4])
    ours = maic(table, [57, 0.5], target_sds=[8, np.nan])
    share = ours.weights / ours.weights.sum()
    assert share @ table == pytest.approx([57, 0.5], abs=1e-8)
    assert share @ table[:, 0] ** 2 - 57**2 == pytest.approx(64, abs=1e-6)
    assert ours.rescaled.sum() == pytest.approx(200)
    assert 0 < ours.effective_sample_size < 200
    same = maic(table, table.mean(axis=0))
    assert same.effective_sample_size == pytest.approx(200)
    with pytest.raises(StatisticsError, match="outside the patients"):
        maic(table, [120, 0.5])


def test_evppi_is_within_three_per_cent_of_the_closed_form_on_average():
    rng = np.random.default_rng(8)
    found = []
    for _ in range(15):
        x, y = rng.normal(1200, 2200, 5000), rng.normal(900, 1500, 5000)
        benefit = np.column_stack([np.zeros(5000), x + y])
        found.append([evppi(benefit, x).value, evppi(benefit, y).value])
    exact = np.array([199.7178247417574, 55.0022140626981])
    spread = np.std(found, axis=0) / 15**0.5 / exact
    assert (np.abs(np.mean(found, axis=0) / exact - 1) < 0.03 + 2 * spread).all()


def test_knowing_more_is_worth_more():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 3000))
    benefit = np.column_stack([np.zeros(3000), np.sin(x) + y, 0.3 + x * y])
    whole, one = evpi(benefit).value, evppi(benefit, x).value
    both = evppi(benefit, np.column_stack([x, y])).value
    assert 0 <= one <= both <= whole * 1.02
    assert probability_best(benefit).sum() == pytest.approx(1)
    assert evppi(benefit, rng.normal(size=3000)).value == pytest.approx(0, abs=0.02)
    with pytest.raises(StatisticsError, match="two or more strategies"):
        evpi([[1.0], [2.0]])
