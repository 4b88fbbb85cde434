"""Thirty rules over millions of patients with missing facts."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import numpy as np
import polars as pl

from benchmarks.measuring import Row, in_turn, ratio_of
from benchmarks.thirty_rules import MODEL, RULES, a_frame
from consilium.rules.columns import PackedConditions, polars_expression
from consilium.rules.tables import Columns

_PATIENTS = 2_000_000
_GOAL = 20.0


def many_patients() -> Iterator[Row]:
    """Patients for each second of CPU time; both readings must count alike."""
    frame = a_frame(_PATIENTS, np.random.default_rng(20))
    packed = PackedConditions(MODEL, RULES)
    ready = Columns(MODEL, frame)
    expressions = {name: polars_expression(rule, MODEL) for name, rule in RULES.items()}
    packed_ready, packed_frame, polars = in_turn(
        [
            (lambda: packed.answer(ready), _PATIENTS),
            (lambda: packed.answer(frame), _PATIENTS),
            (lambda: frame.select(**expressions), _PATIENTS),
        ]
    )
    alike = _counted_alike(packed, ready, frame.select(**expressions))
    name, unit = f"{_PATIENTS / 1e6:g} million patients, 30 rules", "million patients a CPU second"
    pace = 1e-6 / median(packed_ready)
    yield Row(
        benchmark=name,
        subject="consilium, PackedConditions, ready columns",
        figure=pace,
        unit=unit,
        against="Polars expressions",
        ratio=ratio_of(polars, packed_ready),
        goal=f"at least {_GOAL:g} million",
        met=pace >= _GOAL,
        note=alike,
    )
    yield Row(
        benchmark=name,
        subject="consilium, PackedConditions, from a Polars table",
        figure=1e-6 / median(packed_frame),
        unit=unit,
        against="Polars expressions",
        ratio=ratio_of(polars, packed_frame),
        note="making columns ready included",
    )
    yield Row(
        benchmark=name,
        subject="consilium, polars_expression",
        figure=1e-6 / median(polars),
        unit=unit,
        note=alike,
    )


def _counted_alike(packed: PackedConditions, ready: Columns, answered: pl.DataFrame) -> str:
    answers = packed.answer(ready)
    wrong = 0
    for name in RULES:
        yes, no, unknown = answers.counts(name)
        said = answered[name]
        counted = (said.sum(), (~said).sum(), said.null_count())
        wrong += (yes, no, unknown) != counted
    return "both readings count alike" if not wrong else f"{wrong} RULES COUNTED DIFFERENTLY"
