"""Published curves: Cox, medians, restricted means, and how well patients are reconstructed."""

import numpy as np
from tests.reference.golden import Agreement, expected, numbers, table

from consilium.statistics.cox import cox
from consilium.statistics.logrank import log_rank
from consilium.statistics.reconstruction import reconstruct
from consilium.statistics.survival import kaplan_meier


def trials():
    rows = table("kmdata_mbc_ipd.csv")
    for name, reference in expected("kmdata_mbc.json")["trials"].items():
        mine = rows["dataset"] == name
        yield name, reference, rows["time"][mine], rows["event"][mine], rows["arm"][mine]


def published_sets():
    found = Agreement("kmdata_mbc", 1e-9)
    for name, reference, time, event, arm in trials():

        def near(what, ours, theirs, tolerance=None, name=name):
            found.near(f"{name} {what}", ours, theirs, tolerance)

        fit = cox(time, event, arm)
        # R was left at its own stopping rule here, up to 2e-9 short of the maximum.
        near("log hazard ratio", fit.coefficients[0], reference["cox_loghr"], 3e-9)
        near("se", fit.standard_errors[0], reference["cox_se"])
        near("proportionality p", fit.proportional_hazards_test("km").global_p, reference["zph_p"])
        near("log-rank", log_rank(time, event, arm).chi_squared, reference["logrank_chisq"])
        for number in (0, 1):
            curve = kaplan_meier(time[arm == number], event[arm == number])
            median = curve.quantiles([0.5], scale="log-log")
            theirs = [reference[key][number] for key in ("median", "median_lcl", "median_ucl")]
            near(f"median {number}", [median.time[0], median.lower[0], median.upper[0]], theirs)
            mean = curve.restricted_mean(reference["tau"])
            near(f"restricted mean {number}", mean.value, reference["rmst"][number])
            near(f"restricted mean se {number}", mean.standard_error, reference["rmst_se"][number])
            risk = reference["risk_table"][number]
            near(f"at risk {number}", curve.n_risk_at(risk["time"]), risk["n_risk"])
            seen = numbers(risk["time"]) <= curve.followed_to  # R goes on, ours is silent
            ours = curve.survival_at(risk["time"])
            assert np.isnan(ours[~seen]).all()
            near(f"survival {number}", ours[seen], numbers(risk["surv"])[seen])
            near(f"n {number}", curve.n_risk[0], reference["n"][number])
            near(f"events {number}", curve.n_event.sum(), reference["events"][number])
        if reference["quality_percent"] == 100:
            published = np.log(reference["published_HR"])
            near("published hazard ratio", fit.coefficients[0], published, 0.05)
    return found


def reconstructions(seed=1, noise=0.002):
    """For each arm max |dS|; for each set |d log HR|; points as read off, to three decimals."""
    rng = np.random.default_rng(seed)
    gaps, ratios = [], []
    for _, reference, time, event, arm in trials():
        parts = []
        for number in (0, 1):
            mine = arm == number
            truth = kaplan_meier(time[mine], event[mine])
            drops = truth.n_event > 0
            points = np.append(truth.time[drops], truth.time[-1])
            heights = np.append(truth.survival[drops], truth.survival[-1])
            heights = np.clip(np.round(heights + rng.normal(0, noise, heights.size), 3), 0, 1)
            risk = reference["risk_table"][number]
            ours = reconstruct(
                points, heights, risk["time"], risk["n_risk"], events=int(event[mine].sum())
            )
            shown = numbers(risk["time"])
            kept = shown <= points[-1]
            at_risk = [(ours.time >= t).sum() for t in shown[kept]]
            assert at_risk == list(numbers(risk["n_risk"])[kept])
            assert ours.n_event == event[mine].sum()
            curve = kaplan_meier(ours.time, ours.event_observed)
            grid = np.unique(np.concatenate((truth.time, curve.time)))
            grid = grid[grid <= min(truth.followed_to, curve.followed_to)]
            gaps.append(np.abs(truth.survival_at(grid) - curve.survival_at(grid)).max())
            parts.append((ours.time, ours.event_observed, np.full(ours.n, number)))
        again = cox(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        ratios.append(abs(again.coefficients[0] - reference["cox_loghr"]))
    return np.array(gaps), np.array(ratios)
