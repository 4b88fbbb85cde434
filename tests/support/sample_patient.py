"""One patient that several faces are asked about."""

UNTREATED = {
    "setting": "advanced",
    "er_percent": 0,
    "pr_percent": 0,
    "her2_ihc": "1+",
    "pd_l1": {"score": "cps", "assay": "22c3", "value": 3},
    "germline_brca": "no-variant",
    "prior_therapies": [],
    "prior_therapies_complete": "yes",
    "checkpoint_inhibitor_candidate": "no",
}
"""Triple-negative, advanced, before any treatment, with a low PD-L1 score."""
