"""Pooling, indirect comparison and network meta-analysis held to metafor, netmeta and JAGS."""

import numpy as np
from tests.reference.golden import Agreement, expected, matrix, numbers, table

from consilium.statistics.bayes import bayes_contrast_network
from consilium.statistics.bayes_arms import bayes_arms_network
from consilium.statistics.heterogeneity import Heterogeneity
from consilium.statistics.network import bucher, network
from consilium.statistics.pooling import (
    METHODS,
    effect_from_interval,
    egger,
    leave_one_out,
    mantel_haenszel,
    meta_regression,
    peto,
    pool,
    tau_squared_limits,
)

ITERATIVE = ("PM", "REML", "ML", "EB")
# Where metafor was left at its own stopping rule (a change of tau² below 1e-5; for Q-profile a root
# within 1e-4) its answer is short of the maximum: `test_ours_is_the_maximum` shows whose is.
STOPPED_EARLY = 3e-5


def pairwise():
    found = Agreement("pairwise_meta", 1e-8)
    for golden in expected("pairwise_meta.json").values():
        pooled(found, golden)
    golden, rows = expected("pairwise_meta.json")["A"], table("meta_bcg.csv")
    y, v = numbers(golden["yi"]), numbers(golden["vi"])
    reference = golden["metareg_ablat_REML"]
    ours = meta_regression(y, v, rows["ablat"], method="REML")
    found.near("regression coefficients", ours.coefficients, reference["beta"], STOPPED_EARLY)
    found.near("regression se", ours.standard_errors, reference["se"], STOPPED_EARLY)
    found.near("regression tau²", ours.tau_squared, reference["tau2"], STOPPED_EARLY)
    found.near("regression test", ours.test, reference["QM"], 10 * STOPPED_EARLY)
    found.near("regression explained", ours.explained_percent, reference["R2"], 3 * STOPPED_EARLY)
    arms = (rows["tpos"], rows["tpos"] + rows["tneg"], rows["cpos"], rows["cpos"] + rows["cneg"])
    for key, method in (("mantel_haenszel_OR", mantel_haenszel), ("peto_OR", peto)):
        ours, reference = method(*arms), golden[key]
        found.near(key, ours.estimate, reference["logOR"]["intrcpt"])
        found.near(f"{key} se", ours.standard_error, reference["se"])
    return found


def published_ratios():
    found = Agreement("meta_hr_published", 1e-8)
    golden, rows = expected("pairwise_meta.json")["B"], table("meta_hr_published.csv")
    log_ratio, se = effect_from_interval(rows["hr"], rows["lower"], rows["upper"])
    found.near("log hazard ratio", log_ratio, golden["loghr"])
    found.near("se", se, golden["se"])
    return found


def pooled(found, golden):
    y, v = numbers(golden["yi"]), numbers(golden["vi"])
    name = golden["name"]
    for method in METHODS:
        tolerance = 1e-6 if method in ITERATIVE else 1e-8
        for suffix, knapp_hartung in (("z", False), ("knha", True)):
            reference = golden.get(f"{method}_{suffix}")
            if reference is None:
                continue
            ours = pool(y, v, method=method, knapp_hartung=knapp_hartung)
            pairs = {
                "est": ours.estimate,
                "se": ours.standard_error,
                "ci": [ours.lower, ours.upper],
                "tau2": ours.tau_squared,
                "se_tau2": ours.tau_squared_standard_error,
                "Q": ours.q,
                "Qp": ours.q_p,
                "I2": ours.i_squared,
                "H2": ours.h_squared,
                "pi": [ours.prediction_lower, ours.prediction_upper],
            }
            for key, mine in pairs.items():
                if reference[key] is not None:
                    found.near(f"{name} {method} {suffix} {key}", mine, reference[key], tolerance)
    found.near(
        f"{name} Q-profile", tau_squared_limits(y, v), golden["tau2_ci_Qprofile"], STOPPED_EARLY
    )
    test = egger(y, v)
    found.near(f"{name} Egger", test.statistic, golden["egger"]["z_or_t"], STOPPED_EARLY)
    found.near(f"{name} Egger p", test.p, golden["egger"]["p"], STOPPED_EARLY)
    without = leave_one_out(y, v, method="REML")
    reference = golden["leave1out_REML"]
    found.near(
        f"{name} without one", [p.estimate for p in without], reference["est"], STOPPED_EARLY
    )
    found.near(
        f"{name} without one se",
        [p.standard_error for p in without],
        reference["se"],
        STOPPED_EARLY,
    )
    found.near(
        f"{name} without one tau²",
        [p.tau_squared for p in without],
        reference["tau2"],
        STOPPED_EARLY,
    )


def maxima():
    """(ours, theirs) restricted log-likelihoods where metafor stopped early."""
    data = expected("pairwise_meta.json")
    pairs = []
    for golden in data.values():
        y, v = numbers(golden["yi"]), numbers(golden["vi"])
        for left, theirs in enumerate(golden["leave1out_REML"]["tau2"]):
            kept = np.arange(y.size) != left
            model = Heterogeneity(y[kept], np.ones((kept.sum(), 1)), v[kept], np.ones(kept.sum()))
            ours = model.maximum_likelihood(restricted=True)
            pairs.append(tuple(model.log_likelihood(t, restricted=True) for t in (ours, theirs)))
    return pairs


NETWORKS = ["senn2013", "smoking", "parkinson", "sim20", "star_nohead"]
FULL = ["senn2013", "smoking", "parkinson", "sim20"]


def contrasts(name):
    rows = table(f"nma_{name}.csv")
    return [
        *(_labels(rows[column]) for column in ("studlab", "treat1", "treat2")),
        rows["TE"],
        rows["seTE"],
    ]


def _labels(column):
    return [str(int(v)) if isinstance(v, np.floating) else str(v) for v in column]


def network_of(name):
    found = Agreement(f"nma_{name}", 1e-9)
    for method, reference in expected(f"nma_{name}.json").items():
        if not isinstance(reference, dict) or "TE_common" not in reference:
            continue
        # netmeta's REML and ML leave out the covariance of multi-arm trials (see `full`): there
        # its tau² is given, and the rest must follow.
        given = None if method == "DL" else reference["tau2"]
        ours = network(*contrasts(name), method=method, tau_squared=given)
        network_results(found, method, ours, reference)
    return found


def network_results(found, method, ours, reference):
    def near(what, mine, theirs, tolerance=None):
        found.near(f"{method} {what}", mine, theirs, tolerance)

    assert [str(t) for t in ours.treatments] == [str(t) for t in reference["trts"]]
    near(
        "size", [ours.k, ours.m, len(ours.treatments)], [reference[k] for k in ("k", "m", "ntreat")]
    )
    for model in ("common", "random"):
        league = ours.league(model)
        near(f"{model} contrasts", league.effects, matrix(reference[f"TE_{model}"]))
        near(f"{model} se", league.standard_errors, matrix(reference[f"se_{model}"]))
        scores = ours.p_scores(model)
        theirs = reference[f"pscore_{model}"]
        near(f"{model} P-scores", list(scores.values()), [theirs[str(t)] for t in scores])
    near("lower", ours.random.lower, matrix(reference["lower_random"]))
    near("upper", ours.random.upper, matrix(reference["upper_random"]))
    off = ~np.eye(len(ours.treatments), dtype=bool)
    near("prediction lower", ours.prediction_lower[off], matrix(reference["lower_predict"])[off])
    near("prediction upper", ours.prediction_upper[off], matrix(reference["upper_predict"])[off])
    near("tau", ours.tau, reference["tau"])
    near("tau²", ours.tau_squared, reference["tau2"])
    near("I²", ours.i_squared, reference["I2"])
    near("Q", [ours.q.q, ours.q.degrees_of_freedom], [reference["Q"], reference["df_Q"]])
    near("p of Q", ours.q.p, reference["p_Q"])
    parts = ours.decompose()
    near(
        "Q within and between designs",
        [
            parts.within.q,
            parts.within.degrees_of_freedom,
            parts.between.q,
            parts.between.degrees_of_freedom,
        ],
        [reference[k] for k in ("Q_het", "df_Q_het", "Q_inc", "df_Q_inc")],
    )
    theirs = reference["decomp_design"]["Q_decomp"]
    rows = (parts.total, parts.within, parts.between)
    near("decomposition Q", [row.q for row in rows], theirs["Q"])
    near("decomposition df", [row.degrees_of_freedom for row in rows], theirs["df"])
    near("decomposition p", [row.p for row in rows], theirs["pval"])
    theirs = reference["decomp_design"]["Q_inc_random"]
    row = parts.between_random
    near(
        "random inconsistency",
        [row.q, row.degrees_of_freedom, row.p],
        [theirs[k] for k in ("Q", "df", "pval")],
    )
    near("tau within designs", parts.tau_within, theirs["tau.within"])
    theirs = reference["netsplit_random"]
    if theirs:
        near_splits(near, ours, theirs)


def near_splits(near, ours, theirs):
    assert len(ours.split_nodes()) == len(theirs["comparison"])
    splits = [ours.split(*pair.split(":")) for pair in theirs["comparison"]]
    for key, attribute in {
        "k": "studies",
        "prop_direct": "direct_share",
        "direct": "direct",
        "direct_se": "direct_standard_error",
        "indirect": "indirect",
        "indirect_se": "indirect_standard_error",
        "diff": "difference",
        "diff_se": "difference_standard_error",
        "diff_p": "p",
    }.items():
        near(f"split {key}", [getattr(split, attribute) for split in splits], theirs[key])


def full(name):
    """REML and ML with the covariance of multi-arm trials, held to a GLS in R and rma.mv."""
    found = Agreement(f"nmafullv_{name}", 1e-6)
    golden = expected(f"nmafullv_{name}.json")
    for method in ("REML", "ML"):
        reference = golden[method]
        ours = network(*contrasts(name), method=method, reference=str(reference["reference"]))
        places = [ours.treatments.index(str(t)) for t in reference["treat"]]
        against = ours.treatments.index(str(reference["reference"]))
        found.near(f"{method} tau²", ours.tau_squared, reference["tau2"])
        found.near(
            f"{method} estimates",
            ours.random.effects[places, against],
            reference["est_vs_reference"],
        )
        found.near(
            f"{method} covariance", ours.random.covariance[np.ix_(places, places)], reference["cov"]
        )
        likelihood = reference["restricted_or_ml_loglik_no_constant"]
        found.near(f"{method} log-likelihood", ours.log_likelihood, likelihood)
    return found


def indirect():
    found = Agreement("bucher", 1e-12)
    golden, rows = expected("bucher.json"), table("bucher.csv")
    log_ratio, se = effect_from_interval(rows["hr"], rows["lo"], rows["up"])
    pooled_arms = {}
    for arm, treatment in (("A", "SG"), ("B", "Dato")):
        mine = rows["treat1"] == treatment
        pooled_arms[arm] = pool(log_ratio[mine], se[mine] ** 2, method="FE")
        found.near(arm, pooled_arms[arm].estimate, golden[arm]["est"])
        found.near(f"{arm} se", pooled_arms[arm].standard_error, golden[arm]["se"])
    a, b = pooled_arms["A"], pooled_arms["B"]
    ours = bucher(a.estimate, a.standard_error, b.estimate, b.standard_error)
    found.near("difference", ours.effect, golden["logHR_A_vs_B"])
    found.near("se", ours.standard_error, golden["se"])
    found.near("ratio", ours.ratio, golden["HR"])
    found.near("ratio interval", [ours.ratio_lower, ours.ratio_upper], golden["ci"])
    found.near("p", ours.p, golden["p"])
    by_network = network(rows["studlab"], rows["treat1"], rows["treat2"], log_ratio, se)
    found.near(
        "as a network",
        by_network.contrast("SG", "Dato", "common"),
        [golden["netmeta_common"], golden["netmeta_common_se"]],
    )
    return found


def bayes_contrasts():
    """In Monte Carlo standard errors of JAGS; ours has none."""
    found = Agreement("bayes_contrast", 4.0)
    golden, rows = expected("bayes_contrast.json"), table("bayes_contrast.csv")
    ours = bayes_contrast_network(
        rows["studlab"], rows["treat1"], rows["treat2"], rows["TE"], rows["seTE"]
    )
    against_jags(found, golden, (*ours.effects, ours.tau))
    return found


def against_jags(found, golden, posteriors):
    """Means within 4 Monte Carlo errors; spread and quantiles within what 4 of those are worth
    (the error of a tail quantile is about 2.7 times that of a mean)."""
    for name, mcse, posterior, *theirs in zip(
        golden["parameter"],
        golden["mcse"],
        posteriors,
        *(golden[key] for key in ("mean", "sd", "q025", "median", "q975")),
        strict=True,
    ):
        if not mcse:
            continue
        keys = ("mean", "sd", "q025", "median", "q975")
        for key, value, worth in zip(keys, theirs, (1, 1, 2.7, 1.3, 2.7), strict=True):
            found.near(f"{name} {key} in MCSE", (getattr(posterior, key) - value) / mcse / worth, 0)


def bayes_arms():
    found = Agreement("bayes_nma", 4.0)
    golden, rows = expected("bayes_nma.json"), table("bayes_nma_arms.csv")
    ours = bayes_arms_network(rows["study"], rows["treat"], rows["r"], rows["n"])
    assert list(ours.treatments) == golden["treatments"]
    against_jags(found, golden, (*ours.effects, ours.tau))
    return found
