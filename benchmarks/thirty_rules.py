"""Thirty rules over thirteen facts, and invented patients with missing facts.

The shapes are those of real selection criteria: conjunctions, bounds, lists of
values, alternatives and exceptions. The rules advise nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from consilium.rules.conditions import AllOf, AnyOf, Bound, Condition, IsOneOf, Not
from consilium.rules.facts import ChoiceKind, FactDeclaration, FactModel, NumberKind

Patient = dict[str, str | float]
"""What is known of one patient; a missing fact is left out."""

_YES_NO = ("yes", "no")
_CHOICES = {
    "receptor": ("positive", "negative"),
    "germline_brca": ("pathogenic", "likely-pathogenic", "vus", "no-variant"),
    "her2_ihc": ("0", "1+", "2+"),
    "her2_ish": ("amplified", "not-amplified"),
    "pd_l1_assay": ("22c3", "sp142", "other"),
    "disease_volume": ("low", "high"),
    "symptomatic": _YES_NO,
    "visceral_crisis": _YES_NO,
    "brain_metastases": ("none", "treated-stable", "active"),
    "checkpoint_candidate": _YES_NO,
}
_NUMBERS = {
    "line": NumberKind(1, 6, whole=True),
    "pd_l1_cps": NumberKind(0, 100),
    "ecog": NumberKind(0, 4, whole=True),
}

MODEL = FactModel(
    [
        *(FactDeclaration(name, ChoiceKind(values)) for name, values in _CHOICES.items()),
        *(FactDeclaration(name, kind) for name, kind in _NUMBERS.items()),
    ]
)


def _is(fact: str, *values: str) -> Condition:
    return IsOneOf(fact, values)


def _all(*parts: Condition) -> Condition:
    return AllOf(parts)


def _any(*parts: Condition) -> Condition:
    return AnyOf(parts)


_tn, _hr = _is("receptor", "negative"), _is("receptor", "positive")
_first, _second = Bound("line", up_to=1), Bound("line", start=2)
_second_exactly, _third = Bound("line", start=2, up_to=2), Bound("line", start=3)
_pd_l1_low, _pd_l1_high = Bound("pd_l1_cps", below=10), Bound("pd_l1_cps", start=10)
_fit, _frail = Bound("ecog", up_to=1), Bound("ecog", above=2)
_carrier = _is("germline_brca", "pathogenic", "likely-pathogenic")
_no_variant = _is("germline_brca", "no-variant", "vus")
_checkpoint, _no_checkpoint = (_is("checkpoint_candidate", word) for word in _YES_NO)
_low_volume, _high_volume = (_is("disease_volume", word) for word in ("low", "high"))
_symptoms, _no_symptoms = (_is("symptomatic", word) for word in _YES_NO)
_crisis, _no_crisis = (_is("visceral_crisis", word) for word in _YES_NO)
_brain_quiet = _is("brain_metastases", "none", "treated-stable")
_brain_active = _is("brain_metastases", "active")
_ihc0, _ihc1, _ihc2 = (_is("her2_ihc", score) for score in ("0", "1+", "2+"))
_ish_negative = _is("her2_ish", "not-amplified")
_her2_low = _any(_ihc1, _all(_ihc2, _ish_negative))
_assay = _is("pd_l1_assay", "22c3")

RULES: dict[str, Condition] = {
    "r01": _all(_tn, _first, _pd_l1_low),
    "r02": _all(_tn, _first, _pd_l1_high, _assay, _checkpoint),
    "r03": _all(_tn, _first, _no_checkpoint),
    "r04": _all(_tn, _first, _any(_pd_l1_low, _no_checkpoint)),
    "r05": _all(_tn, _first, _any(_high_volume, _symptoms), _fit),
    "r06": _all(_carrier, _low_volume, _no_symptoms, _pd_l1_low),
    "r07": _all(_carrier, _first),
    "r08": _all(_carrier, _any(_low_volume, _no_symptoms), Not(_crisis)),
    "r09": _all(_tn, _second, _no_variant),
    "r10": _all(_tn, _second, _fit, _brain_quiet),
    "r11": _all(_tn, _third),
    "r12": _all(_hr, _second, _her2_low),
    "r13": _all(_hr, _second_exactly, _her2_low, _fit),
    "r14": _all(_hr, _third, Not(_her2_low)),
    "r15": _all(_hr, _carrier, Not(_crisis)),
    "r16": _all(_hr, _crisis),
    "r17": _all(_hr, _first, _any(_crisis, _all(_symptoms, _high_volume))),
    "r18": _all(_second, _her2_low),
    "r19": _all(_second, _ihc0),
    "r20": _all(_second, _any(_tn, _her2_low), _brain_quiet),
    "r21": _all(_brain_active, _fit),
    "r22": _all(_brain_active, Not(_any(_frail, _crisis))),
    "r23": _frail,
    "r24": _all(_frail, _any(_tn, _third)),
    "r25": Not(_any(_crisis, _brain_active, _frail)),
    "r26": _all(_tn, Not(_any(_carrier, _all(_checkpoint, _pd_l1_high)))),
    "r27": _all(_first, _no_crisis, _no_symptoms, _low_volume),
    "r28": _all(_first, _any(_all(_tn, _pd_l1_low), _all(_hr, _crisis))),
    "r29": _all(_pd_l1_high, Not(_assay)),
    "r30": _any(_all(_tn, _carrier), _all(_hr, _carrier, _second), _all(_third, _her2_low)),
}


def a_frame(size: int, rng: np.random.Generator) -> pl.DataFrame:
    """Invented patients as a table; every fact is missing in 10 to 30 % of them."""
    columns: dict[str, pl.Series] = {}
    for name, values in _CHOICES.items():
        codes = pl.Series(rng.integers(0, len(values), size, dtype=np.uint8))
        columns[name] = codes.replace_strict(
            range(len(values)), values, return_dtype=pl.Enum(values)
        )
    for name, kind in _NUMBERS.items():
        low, high = int(kind.low), int(kind.high)
        columns[name] = pl.Series(rng.integers(low, high + 1, size).astype(np.float64))
    for name, column in columns.items():
        present = pl.Series(rng.random(size) >= rng.uniform(0.1, 0.3))
        columns[name] = pl.select(pl.when(present).then(column)).to_series()
    return pl.DataFrame(columns)


def patients(frame: pl.DataFrame) -> Iterator[Patient]:
    """The rows of a table, without what is missing."""
    for row in frame.iter_rows(named=True):
        yield {name: value for name, value in row.items() if value is not None}
