"""Survival curves, tests and Cox models held to R, file by file."""

import numpy as np
from tests.reference.golden import Agreement, expected, matrix, table

from consilium.statistics.cox import cox
from consilium.statistics.logrank import log_rank
from consilium.statistics.survival import kaplan_meier, restricted_mean_contrast

SURVIVAL = ["lung", "ovarian", "veteran", "colon", "simties", "simnph"]
ESTIMATORS = {"breslow_surv": "nelson-aalen", "fh2_surv": "fleming-harrington"}
TESTS = {"logrank": 0.0, "peto_peto_rho1": 1.0, "rho_half": 0.5}


def survival(name):
    found = Agreement(f"surv_{name}", 1e-9)
    golden, rows = expected(f"surv_{name}.json"), table(f"surv_{name}.csv")
    curves(found, golden, rows)
    tests(found, golden["logrank"], rows)
    for model, reference in golden["cox"].items():
        cox_model(found, model, reference, rows)
    return found


def curves(found, golden, rows):
    golden = golden["km"]
    arms = sorted(key for key in golden if key in ("arm0", "arm1"))
    for number, arm in enumerate(arms):
        mine = rows["arm"] == number
        time, event = rows["time"][mine], rows["status"][mine]
        curve, reference = kaplan_meier(time, event), golden[arm]
        found.near(f"{arm} time", curve.time, reference["time"])
        found.near(f"{arm} n at risk", curve.n_risk, reference["n_risk"])
        found.near(f"{arm} events", curve.n_event, reference["n_event"])
        found.near(f"{arm} censored", curve.n_censor, reference["n_censor"])
        found.near(f"{arm} survival", curve.survival, reference["surv"])
        found.near(f"{arm} Greenwood", curve.standard_error, reference["se_surv"])
        found.near(f"{arm} Nelson-Aalen", curve.cumulative_hazard, reference["cumhaz_na"])
        found.near(
            f"{arm} Nelson-Aalen se",
            curve.cumulative_hazard_standard_error,
            reference["se_cumhaz"],
        )
        for scale in ("log", "log-log", "plain"):
            lower, upper = curve.limits(scale)
            found.near(f"{arm} {scale} lower", lower, reference[f"lower_{scale}"])
            found.near(f"{arm} {scale} upper", upper, reference[f"upper_{scale}"])
            theirs = reference[f"quantiles_{scale}"]
            ours = curve.quantiles(theirs["p"], scale=scale)
            found.near(f"{arm} {scale} quantiles", ours.time, theirs["q"])
            found.near(f"{arm} {scale} quantiles lower", ours.lower, theirs["lower"])
            found.near(f"{arm} {scale} quantiles upper", ours.upper, theirs["upper"])
        for key, estimator in ESTIMATORS.items():
            if key in golden:
                curve = kaplan_meier(time, event, estimator=estimator)
                shown = curve.survival[curve.n_event > 0]
                found.near(f"{arm} {estimator}", shown, golden[key][number])
    restricted_means(found, golden, rows)


def restricted_means(found, golden, rows):
    reference = golden["rmst_survRM2"]
    ours = restricted_mean_contrast(
        rows["time"], rows["status"], rows["arm"], until=reference["tau"]
    )
    for key, mine in {
        "arm0": ours.mean_0,
        "arm1": ours.mean_1,
        "rmtl0": ours.lost_0,
        "rmtl1": ours.lost_1,
    }.items():
        theirs = [reference[key][k] for k in ("Est.", "se", "lower .95", "upper .95")]
        found.near(
            f"restricted mean {key}",
            [mine.value, mine.standard_error, mine.lower, mine.upper],
            theirs,
        )
    contrasts = matrix(reference["contrasts"])
    for row, mine, p in (
        (0, ours.difference, ours.difference_p),
        (1, ours.ratio, ours.ratio_p),
        (2, ours.lost_ratio, ours.lost_ratio_p),
    ):
        found.near(
            f"restricted mean contrast {row}",
            [mine.value, mine.lower, mine.upper, p],
            contrasts[row],
        )
    theirs = golden["rmst_survfit"]
    found.near("restricted means", [ours.mean_0.value, ours.mean_1.value], theirs["rmst"])
    found.near(
        "restricted mean se",
        [ours.mean_0.standard_error, ours.mean_1.standard_error],
        theirs["se"],
    )


def tests(found, golden, rows):
    for key, reference in golden.items():
        stratified = key == "stratified"
        ours = log_rank(
            rows["time"],
            rows["status"],
            rows["arm"],
            rho=TESTS.get(key, 0.0),
            strata=rows["stratum"] if stratified else None,
        )
        found.near(f"{key} n", ours.n, reference["n"])
        found.near(f"{key} observed", ours.observed, reference["obs"])
        found.near(f"{key} expected", ours.expected, reference["exp"])
        found.near(f"{key} covariance", ours.covariance, matrix(reference["var"]))
        found.near(f"{key} chi-squared", ours.chi_squared, reference["chisq"])
        found.near(f"{key} p", ours.p, reference["p"])


def cox_model(found, name, reference, rows, tolerance=None, **options):
    terms = reference["terms"]
    terms = [terms] if isinstance(terms, str) else terms
    fit = cox(
        rows["time"] if "time" in rows else rows["stop"],
        rows["status"] if "status" in rows else rows["event"],
        np.column_stack([rows[term] for term in terms]),
        names=terms,
        ties="exact" if "exact" in name else "breslow" if "breslow" in name else "efron",
        strata=rows["stratum"] if "_strat_" in name else None,
        robust="robust" in name,
        **options,
    )

    def near(what, ours, theirs, tol=tolerance):
        found.near(f"{name} {what}", ours, theirs, tol)

    near("coefficients", fit.coefficients, reference["coef"])
    near("covariance", fit.covariance, matrix(reference["var"]))
    if reference["naive_var"] is not None:
        near("naive covariance", fit.naive_covariance, matrix(reference["naive_var"]))
    near("log-likelihood", fit.log_likelihood, reference["loglik"])
    near("log-likelihood at zero", fit.log_likelihood_null, reference["loglik_null"])
    near("score test", fit.score_test, reference["score_test"])
    near("likelihood ratio test", fit.likelihood_ratio_test, reference["lr_test"])
    near("Wald test, two decimals", round(fit.wald_test, 2), reference["wald_test"])
    near("n", [fit.n, fit.n_event], [reference["n"], reference["nevent"]])
    ours = fit.concordance()
    near("concordance", ours.value, reference["concordance"])
    near("concordance se", ours.standard_error, reference["concordance_se"])
    if "basehaz" in reference:
        hazard = fit.baseline_hazard()
        near("baseline time", hazard.time, reference["basehaz"]["time"])
        near("baseline hazard", hazard.hazard, reference["basehaz"]["hazard"])
    for transform, theirs in reference.get("cox_zph", {}).items():
        test = fit.proportional_hazards_test(transform)
        near(f"proportionality {transform}", test.global_chi_squared, theirs["chisq"])
        near(f"proportionality {transform} p", test.global_p, theirs["p"])
    if "martingale_first20" in reference:
        theirs = reference["martingale_first20"]
        near("martingale residuals", fit.martingale_residuals()[: len(theirs)], theirs)
    if "schoenfeld_first10" in reference:
        theirs = reference["schoenfeld_first10"]
        ours = fit.schoenfeld_residuals()[: len(theirs), 0]
        near("Schoenfeld residuals", ours, theirs)


def exact_ties():
    found = Agreement("cox_exact_ovarian", 1e-8)
    for name, reference in expected("cox_exact_ovarian.json").items():
        if name != "input":
            cox_model(found, name, reference, table("surv_ovarian.csv"))
    return found


def counting_process():
    found = Agreement("startstop_heart", 1e-8)
    golden, rows = expected("startstop_heart.json"), table("startstop_heart.csv")
    cox_model(
        found,
        "cox_efron_cluster",
        golden["cox_efron_cluster"],
        rows,
        entry=rows["start"],
        cluster=rows["id"],
    )
    reference = golden["km_lefttrunc"]
    curve = kaplan_meier(rows["stop"], rows["event"], entry=rows["start"])
    shown = np.isin(curve.time, reference["time"])
    found.near("left-truncated time", curve.time[shown], reference["time"])
    found.near("left-truncated n at risk", curve.n_risk[shown], reference["n_risk"])
    found.near("left-truncated events", curve.n_event[shown], reference["n_event"])
    found.near("left-truncated survival", curve.survival[shown], reference["surv"])
    found.near("left-truncated Greenwood", curve.standard_error[shown], reference["se"])
    return found


def weighted_log_rank(name):
    found = Agreement(f"wlogrank_{name}", 1e-8)
    golden, rows = expected(f"wlogrank_{name}.json"), table(f"surv_{name}.csv")
    for key, reference in golden["tests"].items():
        rho, gamma = int(key[2]), int(key[3])
        ours = log_rank(rows["time"], rows["status"], rows["arm"], rho=rho, gamma=gamma)
        found.near(f"{key} score", ours.score, reference["uscore"])
        found.near(f"{key} variance", ours.variance, reference["vscore"])
        found.near(f"{key} z", ours.z, reference["logRankZ"])
        found.near(f"{key} one-sided p", ours.one_sided_p, reference["logRankPValue"])
    return found
