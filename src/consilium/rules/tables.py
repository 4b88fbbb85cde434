"""Tables of patients, made ready for the reading `columns`.

A column bears the name of its fact. A fact with several members has one column
for each, ``fact:member``; a number known only as a range has ``fact:low`` and
``fact:high`` in place of its own. What is missing in a column is unknown, and
so is a fact that has no column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consilium.rules.facts import ChoiceKind, FactDeclaration, FactModel, MembersKind, NumberKind

Array = NDArray[Any]
Column = pl.Series | Array


def column_names(model: FactModel) -> dict[str, FactDeclaration]:
    """Every name that a column can have, with the fact it tells of."""
    found: dict[str, FactDeclaration] = {}
    for fact in model.facts.values():
        match fact.kind:
            case MembersKind(values):
                found |= {f"{fact.id}:{member}": fact for member in values}
            case NumberKind():
                found |= {name: fact for name in (fact.id, f"{fact.id}:low", f"{fact.id}:high")}
            case _:
                found[fact.id] = fact
    return found


class Columns:
    """The facts of many patients, checked and ready to be asked.

    Choices become codes in the order of their declaration and members 1 or 0, with the largest
    number of their type where nothing is known; numbers become floats, NaN where nothing is
    known. A Polars column of a choice holds its words, or their codes; an integer array holds
    codes, with -1 (or the largest number of an unsigned type) where nothing is known.
    """

    def __init__(self, model: FactModel, given: Mapping[str, Column] | pl.DataFrame) -> None:
        named = column_names(model)
        columns = {name: given[name] for name in _names(given)}
        for name in columns:
            if name not in named:
                raise ValueError(f"`{name}` is no column of the facts of this model")
            fact, _, side = name.partition(":")
            if side in ("low", "high") and isinstance(named[name].kind, NumberKind):
                if fact in columns:
                    raise ValueError(f"`{fact}` has a column of its own and one for its {side}")
                if not {f"{fact}:low", f"{fact}:high"} <= columns.keys():
                    raise ValueError(f"`{fact}` has only one of `{fact}:low` and `{fact}:high`")
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
            return np.ascontiguousarray(_numbers(column, missing))
        case ChoiceKind(values):
            return np.ascontiguousarray(_codes(name, column, values))
        case MembersKind():
            return np.ascontiguousarray(_codes(name, _member_codes(column), ("no", "yes")))


def _numbers(column: Column, missing: float | None) -> Array:
    """Floats; what is missing is NaN, or the number that stands for it."""
    if isinstance(column, pl.Series):
        column = column.cast(pl.Float64).to_numpy()
    numbers = column.astype(np.float64, copy=False)
    return numbers if missing is None else np.where(np.isnan(numbers), missing, numbers)


def _codes(name: str, column: Column, values: tuple[str, ...]) -> Array:
    """Places in ``values``; what is missing has the largest number of the type."""
    kind = np.dtype(np.uint8 if len(values) < 255 else np.uint16)
    if isinstance(column, np.ndarray):
        if column.dtype.kind in "iu":
            return _checked(name, column, len(values), kind)
        column = pl.Series(name, column)
    if column.dtype.is_integer():
        return _checked(name, column.cast(pl.Int64).fill_null(-1).to_numpy(), len(values), kind)
    places = _words(name, column, values).to_physical()
    if kind == np.uint8:
        return places.cast(pl.UInt8).fill_null(255).to_numpy()
    return places.cast(pl.UInt16).fill_null(65535).to_numpy()


def _member_codes(column: Column) -> Column:
    """Whether one member is there, as codes."""
    if isinstance(column, pl.Series):
        return column.cast(pl.Int8) if column.dtype == pl.Boolean else column
    return column.view(np.uint8) if column.dtype == np.bool_ else column


def _words(name: str, column: pl.Series, values: tuple[str, ...]) -> pl.Series:
    kind = pl.Enum(values)
    if column.dtype == kind:
        return column
    words = column.cast(pl.String)
    strange = set(words.drop_nulls().unique()) - set(values)
    if strange:
        raise ValueError(f"`{min(strange)}` is none of the values of `{name}`")
    return words.cast(kind)


def _checked(name: str, codes: Array, size: int, kind: np.dtype[Any]) -> Array:
    """Codes of the wanted type, when each is one of ``size`` values or missing."""
    missing = -1 if codes.dtype.kind == "i" else int(np.iinfo(codes.dtype).max)
    known = codes != missing
    if bool((known & ((codes < 0) | (codes >= size))).any()):
        raise ValueError(f"`{name}` has a code that is none of its {size} values")
    if codes.dtype == kind:
        return codes
    return np.where(known, codes, np.iinfo(kind).max).astype(kind)
