"""The reading `columns`: conditions over tables of patients.

``PackedConditions`` answers many conditions over ready columns, eight patients
to a byte. ``polars_expression`` is one condition as a nullable Boolean column,
for tables that are in Polars already. Both answer as ``answer`` does.

A column bears the name of its fact. A fact with several members has one column
for each, ``fact:member``; a number known only as a range has ``fact:low`` and
``fact:high``. What is missing in a column is unknown, and so is a fact that has
no column. A defined fact needs none; where it has one, that is an entered
verdict, and counts as in ``derive``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consilium.rules.answering import AnswerTable, answer_test
from consilium.rules.answers import UNKNOWN, YES
from consilium.rules.circuit import FALSE, TRUE, Circuit, Gate, Input, columns_of
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    Test,
)
from consilium.rules.facts import (
    ChoiceKind,
    FactDeclaration,
    FactModel,
    MembersKind,
    NumberKind,
    nothing_known,
)

Array = NDArray[Any]
Column = pl.Series | Array

_CHUNK = 1 << 16
"""Patients at a time: their rails stay in a processor's own cache. A multiple of 64."""

_MISSING = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}


class Columns:
    """The facts of many patients, checked and ready to be asked.

    Choices become codes in the order of their declaration and members 1 or 0, with the largest
    number of their type where nothing is known; numbers become floats, NaN where nothing is
    known. A Polars column of a choice holds its words, or their codes; an integer array holds
    codes, with -1 (or the largest number of an unsigned type) where nothing is known.
    """

    def __init__(self, model: FactModel, given: Mapping[str, Column] | pl.DataFrame) -> None:
        named = columns_of(model)
        columns = {name: given[name] for name in _names(given)}
        for name in columns:
            if name not in named:
                raise ValueError(f"`{name}` is no column of the facts of this model")
            fact, _, side = name.partition(":")
            if side in ("low", "high") and fact in columns:
                raise ValueError(f"`{fact}` has a column of its own and one for its {side}")
        sizes = {len(column) for column in columns.values()}
        if len(sizes) > 1:
            raise ValueError(f"the columns have {' and '.join(map(str, sorted(sizes)))} rows")
        self.size = sizes.pop() if sizes else 0
        self.arrays = {name: _ready(named[name], name, col) for name, col in columns.items()}


def _names(given: Mapping[str, Column] | pl.DataFrame) -> Iterable[str]:
    return given.columns if isinstance(given, pl.DataFrame) else given


def _ready(fact: FactDeclaration, name: str, column: Column) -> Array:
    match fact.kind:
        case NumberKind(low, high):
            missing = {"low": low, "high": high}.get(name.partition(":")[2])
            return _ready_numbers(column, missing)
        case ChoiceKind(values):
            return _ready_codes(name, column, values)
        case MembersKind():
            if isinstance(column, pl.Series) and column.dtype == pl.Boolean:
                column = column.cast(pl.UInt8)
            elif not isinstance(column, pl.Series) and column.dtype == np.bool_:
                return column.view(np.uint8)
            return _ready_codes(name, column, ("no", "yes"))


def _ready_numbers(column: Column, missing: float | None) -> Array:
    """Floats; what is missing is NaN, or the number that stands for it."""
    if isinstance(column, pl.Series):
        column = column.cast(pl.Float64).to_numpy()
    numbers = np.ascontiguousarray(column, dtype=np.float64)
    return numbers if missing is None else np.where(np.isnan(numbers), missing, numbers)


def _ready_codes(name: str, column: Column, values: tuple[str, ...]) -> Array:
    kind: np.dtype[Any] = np.dtype(np.uint8 if len(values) < 255 else np.uint16)
    if not isinstance(column, pl.Series):
        if column.dtype.kind in "iu":
            return _checked_codes(name, column, values, kind)
        column = pl.Series(name, column)
    if not column.dtype.is_integer():
        words = column if isinstance(column.dtype, pl.Enum) else column.cast(pl.String)
        try:
            column = words.cast(pl.Enum(values)).to_physical()
        except pl.exceptions.InvalidOperationError:
            strange = sorted(set(words.drop_nulls().cast(pl.String).unique()) - set(values))
            raise ValueError(f"`{strange[0]}` is no value of `{name}`") from None
    codes = column.cast(pl.Int32).fill_null(-1).to_numpy() if column.null_count() else None
    return _checked_codes(name, column.to_numpy() if codes is None else codes, values, kind)


def _checked_codes(
    name: str, codes: Array, values: tuple[str, ...], kind: np.dtype[Any]
) -> Array:
    missing = -1 if codes.dtype.kind == "i" else np.iinfo(codes.dtype).max
    known = codes[codes != missing]
    if known.size and not 0 <= int(known.min()) <= int(known.max()) < len(values):
        raise ValueError(f"`{name}` has a code that is none of {len(values)} values")
    if codes.dtype == kind:
        return np.ascontiguousarray(codes)
    ready = codes.astype(kind)
    ready[codes == missing] = _MISSING[kind]
    return ready
