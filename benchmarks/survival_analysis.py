"""Survival and network meta-analysis against lifelines and the PyPI package `survival`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import combinations
from statistics import median
from time import perf_counter
from typing import Any

import lifelines
import numpy as np
import pandas as pd
import survival
from lifelines.statistics import logrank_test

from benchmarks.measuring import Row
from consilium.statistics.cox import cox
from consilium.statistics.logrank import log_rank
from consilium.statistics.network import network
from consilium.statistics.survival import kaplan_meier

_GOALS = {10_000: {"lifelines": 50, "survival": 5}, 1_000_000: {"lifelines": 45, "survival": 10}}
_COVARIATES = ("arm", "marker", "visceral")


def a_trial(size: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Times, events and three covariates, the first of them the arm."""
    x = np.column_stack(
        (np.arange(size) % 2, rng.normal(size=size), rng.random(size) < 0.4)
    ).astype(np.float64)
    lived = rng.exponential(12 * np.exp(-x @ [-0.3, 0.2, 0.1]))
    censor = rng.uniform(2, 36, size)
    return np.minimum(lived, censor), lived <= censor, x


def survival_analysis(sizes: tuple[int, ...] = (10_000, 1_000_000)) -> Iterator[Row]:
    """Two Kaplan-Meier curves, a log-rank test and a Cox model, wall time, in one run."""
    for size in sizes:
        time, event, x = a_trial(size, np.random.default_rng(1))
        works = {
            "consilium": _ours(time, event, x),
            "lifelines": _lifelines(time, event, x),
            "survival": _survival(time, event, x),
        }
        taken = _in_turn(works, repeats=5 if size <= 10_000 else 1)
        ours = taken["consilium"]
        subject = f"two curves, log-rank, Cox with 3 covariates, {size:,} rows"
        yield Row("survival analysis", subject, 1e3 * median(ours), "ms")
        for peer, goal in _GOALS[size].items():
            ratio = median(a / b for a, b in zip(taken[peer], ours, strict=True))
            yield Row(
                "survival analysis",
                f"the same by {peer}",
                1e3 * median(taken[peer]),
                "ms",
                peer,
                ratio,
                f"{goal} times",
                ratio >= goal,
            )


def networks() -> Iterator[Row]:
    """A network of 20 treatments from start to league table."""
    rows = _a_network(np.random.default_rng(7))
    for method, goal in (("DL", 5.0), ("REML", 15.0)):
        network(*rows, method=method)
        taken = []
        for _ in range(40):
            start = perf_counter()
            network(*rows, method=method)
            taken.append(perf_counter() - start)
        figure = 1e3 * min(taken)
        yield Row(
            "network meta-analysis",
            f"20 treatments, 55 trials, {method}",
            figure,
            "ms (quickest of 40)",
            goal=f"below {goal:g} ms",
            met=figure < goal,
        )


def _a_network(rng: np.random.Generator) -> tuple[list[Any], ...]:
    """55 trials of 20 treatments, a few of them with three arms."""
    truth = rng.normal(0, 0.3, 20)
    rows: list[tuple[str, str, str, float, float]] = []
    for trial in range(55):
        arms = 3 if trial % 5 == 4 else 2
        first = trial % 20
        others = rng.choice(np.delete(np.arange(20), first), arms - 1, replace=False)
        chosen = sorted([first, *others.tolist()])
        variance = rng.uniform(0.01, 0.06, arms)
        seen = truth[chosen] + rng.normal(0, np.sqrt(variance + 0.005))
        for i, j in combinations(range(arms), 2):
            rows.append(
                (
                    f"S{trial:02}",
                    f"T{chosen[j]:02}",
                    f"T{chosen[i]:02}",
                    float(seen[j] - seen[i]),
                    float(np.sqrt(variance[i] + variance[j])),
                )
            )
    return tuple(list(column) for column in zip(*rows, strict=True))


def _in_turn(works: dict[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Wall time: peers use threads of their own, which CPU time would count twice."""
    works["consilium"]()
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            start = perf_counter()
            work()
            taken[name].append(perf_counter() - start)
    return taken


def _ours(time: Any, event: Any, x: Any) -> Callable[[], None]:
    arm = x[:, 0]
    parts = [(time[arm == code], event[arm == code]) for code in (0, 1)]

    def work() -> None:
        for part in parts:
            kaplan_meier(*part)
        log_rank(time, event, arm)
        cox(time, event, x)

    return work


def _lifelines(time: Any, event: Any, x: Any) -> Callable[[], None]:
    arm = x[:, 0]
    parts = [(time[arm == code], event[arm == code]) for code in (0, 1)]
    frame = pd.DataFrame(x, columns=list(_COVARIATES))
    frame["time"], frame["event"] = time, event

    def work() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for part in parts:
                lifelines.KaplanMeierFitter().fit(*part)
            logrank_test(parts[0][0], parts[1][0], parts[0][1], parts[1][1])
            lifelines.CoxPHFitter().fit(frame, "time", "event")

    return work


def _survival(time: Any, event: Any, x: Any) -> Callable[[], None]:
    data = {"time": time, "event": event.astype(np.int64)}
    data |= dict(zip(_COVARIATES, x.T, strict=True))

    def work() -> None:
        survival.survfit("Surv(time, event) ~ arm", data)
        survival.survdiff("Surv(time, event) ~ arm", data)
        survival.coxph(f"Surv(time, event) ~ {' + '.join(_COVARIATES)}", data)

    return work
