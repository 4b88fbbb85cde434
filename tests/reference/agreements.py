"""Every golden file beside the check that holds it, and the public table of how near ours comes.

``python -m tests.reference.agreements docs/reference/agreement-with-r.md`` writes the table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.reference import (
    crossover_agreement,
    models_agreement,
    published_agreement,
    sequence_agreement,
    survival_agreement,
    synthesis_agreement,
)
from tests.reference.golden import Agreement

Check = Callable[[], Agreement]

CHECKS: dict[str, tuple[Check, str]] = {
    **{
        f"surv_{name}": (
            partial(survival_agreement.survival, name),
            "survival 3.5-3, survRM2 1.0-4",
        )
        for name in survival_agreement.SURVIVAL
    },
    "cox_exact_ovarian": (survival_agreement.exact_ties, "survival 3.5-3"),
    "startstop_heart": (survival_agreement.counting_process, "survival 3.5-3"),
    **{
        f"wlogrank_{name}": (partial(survival_agreement.weighted_log_rank, name), "trtswitch 0.1.7")
        for name in ("simnph", "simties")
    },
    "competing": (models_agreement.competing, "survival 3.5-3"),
    **{
        f"param_{name}": (
            partial(models_agreement.parametric, name),
            "survival 3.5-3, flexsurv 2.3.2",
        )
        for name in models_agreement.PARAMETRIC
    },
    "kmdata_mbc": (published_agreement.published_sets, "survival 3.5-3"),
    "pairwise_meta": (synthesis_agreement.pairwise, "metafor 3.8-1"),
    "meta_hr_published": (synthesis_agreement.published_ratios, "metafor 3.8-1"),
    **{
        f"nma_{name}": (partial(synthesis_agreement.network_of, name), "netmeta 3.2-0")
        for name in synthesis_agreement.NETWORKS
    },
    **{
        f"nmafullv_{name}": (partial(synthesis_agreement.full, name), "GLS in R, metafor::rma.mv")
        for name in synthesis_agreement.FULL
    },
    "bucher": (synthesis_agreement.indirect, "closed form, netmeta 3.2-0"),
    "bayes_contrast": (synthesis_agreement.bayes_contrasts, "JAGS 4.3.1, in Monte Carlo errors"),
    "bayes_nma": (synthesis_agreement.bayes_arms, "JAGS 4.3.1, in Monte Carlo errors"),
    **{
        f"rpsftm_{name}": (partial(crossover_agreement.structural, name), "rpsftm 1.2.9")
        for name in ("immdef", "xo_a", "xo_b")
    },
    **{
        f"trtswitch_{name}": (partial(crossover_agreement.switching, name), "trtswitch 0.1.7")
        for name in ("xo_a", "xo_b")
    },
    **{
        f"ipcw_{name}": (partial(crossover_agreement.weighting, name), "survival 3.5-3")
        for name in ("xo_a", "xo_b")
    },
    "maic": (crossover_agreement.matching, "Newton in R, maicplus 0.1.2"),
    "sequence_trace": (sequence_agreement.trace, "recursion in R"),
    "sequence_closed_form": (sequence_agreement.closed_form, "closed form"),
    "voi": (crossover_agreement.information, "closed form"),
}

_HEAD = """# Agreement with R

Written by `make reference` from the reference files; never by hand. *Furthest* is the largest difference of any number in a
file, relative where it is above one, among the numbers that are held to the tolerance beside it; both are rounded up to a power of
ten. The looser tolerances of a file, and why, stand in `tests/reference`.

| file | made with | tolerance | numbers | furthest |
|---|---|---|---|---|
"""


def write(page: Path) -> None:
    """Run every check and write the table."""
    rows = []
    for file, (check, made_with) in CHECKS.items():
        try:
            found = check()
        except pytest.skip.Exception:
            sys.exit(f"{file} is not here: the table is written where all reference files are")
        found.check()
        held: dict[str, list[float]] = {}
        for _, apart, tolerance in sorted(found.rows, key=lambda row: row[2]):
            held.setdefault(_power(tolerance), []).append(apart)
        rows += [
            f"| `{file}` | {made_with} | {tolerance} | {len(apart)} | {_power(max(apart))} |"
            for tolerance, apart in held.items()
        ]
    page.write_text(_HEAD + "\n".join(rows) + "\n", encoding="utf-8")


def _power(value: float) -> str:
    """Rounded up to a power of ten; below 1e-15 it is the last digit of the machine."""
    if not value:
        return "0"
    power = max(-15, math.ceil(round(math.log10(value), 9)))
    return f"1e{power}" if power < 0 else f"{value:.1f}"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
