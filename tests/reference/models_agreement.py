"""Competing risks and parametric models held to survival and flexsurv."""

import numpy as np
from tests.reference.golden import Agreement, expected, matrix, numbers, table

from consilium.statistics.competing import aalen_johansen
from consilium.statistics.parametric import fit_parametric
from consilium.statistics.splines import fit_spline

PARAMETRIC = ["lung", "veteran", "simties", "simnph"]
FAMILIES = {
    "exp": "exponential",
    "weibull": "weibull",
    "weibullPH": "weibull-ph",
    "gompertz": "gompertz",
    "gamma": "gamma",
    "lnorm": "lognormal",
    "llogis": "loglogistic",
    "gengamma": "generalised-gamma",
}


def competing():
    found = Agreement("competing", 1e-9)
    golden, rows = expected("competing.json"), table("competing.csv")
    strata, asked = np.array(golden["strata"]), numbers(golden["time"])
    probability, error = matrix(golden["pstate"]), matrix(golden["se"])
    for arm in (0, 1):
        mine = rows["arm"] == arm
        ours = aalen_johansen(rows["time"][mine], rows["event"][mine])
        shown = strata == f"arm={arm}"
        found.near(f"arm {arm}", ours.at(asked[shown]), probability[shown])
        found.near(f"arm {arm} se", ours.standard_errors_at(asked[shown]), error[shown])
        theirs = [golden["mean_time_in_state"][f"arm={arm}, {s}"] for s in golden["states"]]
        # The times add up to the horizon that was asked of survfit.
        found.near(f"arm {arm} mean time", ours.mean_time(sum(theirs)), theirs)
    return found


def parametric(name):
    found = Agreement(f"param_{name}", 1e-5)
    golden, rows = expected(f"param_{name}.json"), table(f"surv_{name}.csv")
    time = rows["time"] / rows["time"].max() * 24
    event, arm = rows["status"], rows["arm"]
    grid = golden["tgrid"]
    for key, reference in golden["survreg"].items():
        fit = fit_parametric(time, event, arm, family=key)
        ours = fit.location_scale()
        found.near(f"survreg {key} coefficients", ours.coefficients, reference["coef"])
        found.near(f"survreg {key} scale", ours.scale, reference["scale"])
        found.near(f"survreg {key} covariance", ours.covariance, matrix(reference["var"]), 1e-3)
        short_by(found, f"survreg {key}", fit, reference)
    for key, reference in golden["flexsurvreg"].items():
        model_results(
            found, key, fit_parametric(time, event, arm, family=FAMILIES[key]), reference, grid
        )
    for key, reference in golden["flexsurvspline"].items():
        scale, k = key.split("_k")
        fit = fit_spline(time, event, arm, k=int(k), scale=scale)
        found.near(f"{key} knots", fit.knots, reference["knots_log"], 1e-9)
        model_results(found, key, fit, reference, grid)
    return found


def short_by(found, what, fit, reference):
    """By how much our likelihood is below theirs; above is no fault."""
    found.near(
        f"{what} log-likelihood short by",
        max(0.0, reference["loglik"] - fit.log_likelihood),
        0.0,
        1e-6,
    )


def model_results(found, what, fit, reference, grid):
    short_by(found, what, fit, reference)
    # Where R stopped short of the maximum its results are off by the root of what it missed.
    missed = max(0.0, fit.log_likelihood - reference["loglik"]) ** 0.5
    loose, tight, spread = 1e-4 + 0.5 * missed, 1e-5 + 0.05 * missed, 1e-3 + missed
    found.near(f"{what} parameters", fit.parameters, list(reference["pars"].values()), loose)
    theirs = matrix(reference["cov_transformed"])
    scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
    found.near(f"{what} covariance", fit.covariance / scale, theirs / scale, spread)
    for arm in (0, 1):
        survival, hazard = fit.survival(grid, arm), fit.hazard(grid, arm)
        found.near(f"{what} survival {arm}", survival, reference["surv"][f"arm={arm}"], tight)
        found.near(f"{what} hazard {arm}", hazard, reference["hazard"][f"arm={arm}"], 10 * tight)
        found.near(
            f"{what} restricted mean {arm}",
            fit.restricted_mean(24, arm),
            reference["rmst24"][f"arm={arm}"],
            tight,
        )
        found.near(
            f"{what} median {arm}", fit.median(arm), reference["median"][f"arm={arm}"], 10 * tight
        )
