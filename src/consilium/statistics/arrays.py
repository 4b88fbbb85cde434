"""Arrays as they come in: checked once, refused with a sentence, then trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from consilium.errors import ConsiliumError
from consilium.statistics.kernels import kernel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class StatisticsError(ConsiliumError):
    """Numbers that a method cannot take, or an answer that does not exist."""


def numeric(values: ArrayLike, name: str) -> FloatArray:
    """Numbers of whatever shape, or a sentence about what is none."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise StatisticsError(
            f"`{name}` holds something that is no number, or rows of different lengths"
        ) from None


def numbers(values: ArrayLike, name: str, *, size: int | None = None) -> FloatArray:
    """One finite column of numbers, of ``size`` rows where that is given."""
    column = np.ascontiguousarray(numeric(values, name))
    if column.ndim != 1:
        raise StatisticsError(f"`{name}` must be one column; it has {column.ndim} dimensions")
    if size is not None and column.size != size:
        raise StatisticsError(f"`{name}` has {column.size} rows where {size} are needed")
    bad = ~np.isfinite(column)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise StatisticsError(f"`{name}` row {row} is {column[row]}; every row needs a number")
    return column


def times(values: ArrayLike, name: str = "time") -> FloatArray:
    """Times that are finite, not negative, and at least one."""
    column = numbers(values, name)
    if not column.size:
        raise StatisticsError(f"`{name}` is empty; at least one row is needed")
    if column.min() < 0:
        row = int(column.argmin())
        raise StatisticsError(f"`{name}` row {row} is {column[row]:g}; times cannot be negative")
    return column


def flags(values: ArrayLike, name: str, size: int) -> BoolArray:
    """Yes or no for each row, given as booleans or as 0 and 1."""
    if isinstance(values, np.ndarray) and values.dtype == np.bool_:
        column: FloatArray | BoolArray = values
    else:
        column = numeric(values, name)
    if column.shape != (size,):
        raise StatisticsError(f"`{name}` has shape {column.shape} where {size} rows are needed")
    known = (column == 0) | (column == 1)
    if not known.all():
        row = int(np.flatnonzero(~known)[0])
        raise StatisticsError(
            f"`{name}` row {row} is {column[row]:g}; it must be 1 (yes) or 0 (no)"
        )
    return np.asarray(column != 0)


def positive(values: ArrayLike, name: str, size: int) -> FloatArray:
    """Numbers above zero, such as weights and standard errors."""
    column = numbers(values, name, size=size)
    if (column <= 0).any():
        row = int(column.argmin())
        raise StatisticsError(f"`{name}` row {row} is {column[row]:g}; it must be above zero")
    return column


def not_negative(values: ArrayLike, name: str, size: int) -> FloatArray:
    """Numbers from zero on, of which one at least is above it, such as how often a row counts."""
    column = numbers(values, name, size=size)
    if column.min() < 0:
        row = int(column.argmin())
        raise StatisticsError(f"`{name}` row {row} is {column[row]:g}; it cannot be negative")
    if not column.any():
        raise StatisticsError(f"`{name}` are all zero; nobody is left")
    return column


def entries(values: ArrayLike | None, time: FloatArray) -> FloatArray | None:
    """Times of delayed entry, each before its exit; None where everybody is seen from zero."""
    if values is None:
        return None
    entry = numbers(values, "entry", size=time.size)
    late = entry >= time
    if late.any():
        row = int(np.flatnonzero(late)[0])
        raise StatisticsError(
            f"row {row} enters at {entry[row]:g} and leaves at {time[row]:g}; "
            "a row must enter before it leaves"
        )
    return entry


def codes(values: ArrayLike, name: str, size: int) -> tuple[IntArray, tuple[Any, ...]]:
    """Groups as 0, 1, ... in sorted order of their labels, and the labels."""
    column = np.asarray(values)
    if column.shape != (size,):
        raise StatisticsError(f"`{name}` has shape {column.shape} where {size} rows are needed")
    if column.dtype == np.bool_:
        column = column.astype(np.int64)
    labels, inverse = np.unique(column, return_inverse=True)
    return inverse.astype(np.int64, copy=False), tuple(labels.tolist())


def columns(values: ArrayLike, name: str, size: int) -> FloatArray:
    """A table of ``size`` rows; one column may be given flat."""
    table = numeric(values, name)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or table.shape[0] != size:
        raise StatisticsError(f"`{name}` has shape {table.shape} where {size} rows are needed")
    if not np.isfinite(table).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(table))[0])
        raise StatisticsError(
            f"`{name}` row {row}, column {column} is {table[row, column]}; "
            "every cell needs a number"
        )
    return table


def total(group: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sum of ``values`` for each group 0, 1, ... ``size`` - 1."""
    return np.bincount(group, values, size).astype(np.float64, copy=False)


def sorted_rows(time: FloatArray, event: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Times that are not negative in rising order, each with its event.

    The bits of such numbers order as they do; the sign's bit is free to carry the event, so
    that one sort of whole numbers does for both.
    """
    key = (time + 0.0).view(np.uint64)
    key <<= np.uint64(1)
    key |= event.view(np.uint8)
    key = _sorted(key)
    happened = (key & np.uint64(1)).astype(np.bool_)
    key >>= np.uint64(1)
    return key.view(np.float64), happened


def rising(time: FloatArray) -> IntArray:
    """The rows of times that are not negative in rising order; of equal times in any.

    The number of the row takes the place of the last bits of each time, so that one sort of
    whole numbers does; the few that only those bits tell apart are put right after.
    """
    size = time.size
    bits = np.uint64(max(1, (size - 1).bit_length()))
    key = (time + 0.0).view(np.uint64) << np.uint64(1)
    key >>= bits
    key <<= bits
    key |= np.arange(size, dtype=np.uint64)
    key = _sorted(key)
    key &= (np.uint64(1) << bits) - np.uint64(1)
    return _settled(key.view(np.int64), time)


def _numpy_sorted(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Twin of ``_sorted``."""
    return np.sort(key)


@kernel(_numpy_sorted)
def _sorted(key):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    # by eleven bits at a time from the last; what is alike in all takes no turn
    size = key.size
    counts = np.zeros((6, 2048), dtype=np.int64)
    for i in range(size):
        for turn in range(6):
            counts[turn, (key[i] >> np.uint64(11 * turn)) & np.uint64(2047)] += 1
    other = np.empty_like(key)
    for turn in range(6):
        shift = np.uint64(11 * turn)
        if size and counts[turn, (key[0] >> shift) & np.uint64(2047)] == size:
            continue
        at = 0
        for digit in range(2048):
            here = counts[turn, digit]
            counts[turn, digit] = at
            at += here
        for i in range(size):
            digit = (key[i] >> shift) & np.uint64(2047)
            other[counts[turn, digit]] = key[i]
            counts[turn, digit] += 1
        key, other = other, key
    return key


def _numpy_settled(row: IntArray, time: FloatArray) -> IntArray:
    """Twin of ``_settled``: everything sorted, whatever was there."""
    return np.argsort(time, kind="stable")


@kernel(_numpy_settled)
def _settled(row, time):  # type: ignore[no-untyped-def] # pragma: no cover - compiled
    for i in range(1, row.size):
        one = row[i]
        at = time[one]
        j = i - 1
        while j >= 0 and time[row[j]] > at:
            row[j + 1] = row[j]
            j -= 1
        row[j + 1] = one
    return row


def named(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Names of columns: those given, or x1, x2, ..."""
    if names is None:
        return tuple(f"x{number}" for number in range(1, count + 1))
    if len(names) != count:
        raise StatisticsError(f"{len(names)} names were given for {count} columns")
    return tuple(names)


def between_zero_and_one(value: float, name: str) -> float:
    """A probability that is neither 0 nor 1, such as the level of an interval."""
    if not 0 < value < 1:
        raise StatisticsError(f"`{name}` is {value:g}; it must lie between 0 and 1")
    return float(value)


def normal_quantile(level: float) -> float:
    """Half-width of a two-sided interval in standard errors: 1.96 for 0.95."""
    return float(ndtri(0.5 + between_zero_and_one(level, "level") / 2))
