"""The reading `columns`: conditions over tables of patients.

``PackedConditions`` answers many conditions at once, eight patients to a byte.
``polars_expression`` is one condition as a nullable Boolean, for tables that
stay in Polars. Both answer as ``answer`` does over what ``derive`` gives: a
defined fact needs no column, and one that it has holds entered verdicts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consilium.rules.answering import AnswerTable, answer_test
from consilium.rules.answers import UNKNOWN, YES
from consilium.rules.circuit import FALSE, TRUE, Circuit, Gate, Input
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
from consilium.rules.facts import LARGEST_NUMBER, FactDeclaration, FactModel, nothing_known
from consilium.rules.tables import Column, Columns, column_names

_CHUNK = 1 << 17
"""Patients at a time: their rails stay in a processor's own cache. A multiple of 64."""


# -- packed bits -----------------------------------------------------------------------------------


class Counts(NamedTuple):
    """How many patients a condition holds for, does not hold for, and leaves open."""

    yes: int
    no: int
    unknown: int


class PackedAnswers:
    """The answers of many conditions for many patients, one bit of each rail for every patient.

    ``true`` and ``false`` have a row for each condition; the first patient is the lowest bit of
    its first byte. Bits beyond the last patient are not set.
    """

    def __init__(self, ids: tuple[str, ...], size: int) -> None:
        self.ids, self.size = ids, size
        self.rails: NDArray[np.uint8] = np.zeros((2 * len(ids), -(-size // 64) * 8), np.uint8)
        self.true, self.false = self.rails[: len(ids)], self.rails[len(ids) :]
        self._rows = {name: row for row, name in enumerate(ids)}

    def counts(self, name: str) -> Counts:
        """How often a condition has each answer."""
        row = self._rows[name]
        yes, no = (
            int(np.bitwise_count(rail[row].view(np.uint64)).sum(dtype=np.int64))
            for rail in (self.true, self.false)
        )
        return Counts(yes, no, self.size - yes - no)

    def codes(self, name: str) -> NDArray[np.int8]:
        """The answer of every patient, coded as in ``AnswerTable``."""
        row = self._rows[name]
        yes, no = (
            np.unpackbits(rail[row], count=self.size, bitorder="little").view(np.int8)
            for rail in (self.true, self.false)
        )
        return yes * np.int8(AnswerTable.YES) + no * np.int8(AnswerTable.NO)


class PackedConditions:
    """Many conditions, answered together for many patients."""

    def __init__(self, model: FactModel, conditions: Mapping[str, Condition]) -> None:
        self.model, self.conditions = model, dict(conditions)
        self._programs: dict[frozenset[str], _Program] = {}

    def answer(self, columns: Columns | Mapping[str, Column] | pl.DataFrame) -> PackedAnswers:
        """All answers for all patients."""
        ready = columns if isinstance(columns, Columns) else Columns(self.model, columns)
        names = frozenset(ready.arrays)
        program = self._programs.get(names)
        if program is None:
            circuit = Circuit(self.model, names)
            rails = [circuit.rails(condition) for condition in self.conditions.values()]
            outputs = [*(r.true for r in rails), *(r.false for r in rails)]
            program = self._programs[names] = _Program(circuit, outputs)
        answers = PackedAnswers(tuple(self.conditions), ready.size)
        program.run(ready, answers.rails)
        return answers


class _Asking(NamedTuple):
    """An input: a comparison of a column, with itself where there is no number."""

    compare: np.ufunc
    column: str
    number: float | None
    row: int


class _Combining(NamedTuple):
    """A gate: two rows combined into a third, and copied to these rails of the answers."""

    combine: np.ufunc
    left: int
    right: int
    into: int
    rails: tuple[int, ...]


class _Program:
    """A circuit as operations on rows of bits, one stretch of patients after the other.

    Rows 0 and 1 are the constant rails. The rows of inputs come next, those of gates last; they
    are used again as soon as nothing reads them any more.
    """

    def __init__(self, circuit: Circuit, outputs: list[int]) -> None:
        needed = circuit.needed(outputs)
        inputs = {p: node for p in needed if isinstance(node := circuit.nodes[p], Input)}
        gates = {p: node for p in needed if isinstance(node := circuit.nodes[p], Gate)}
        # Side by side by column, so that a column is read from memory once.
        by_column = sorted(inputs, key=lambda place: inputs[place])
        rows = {FALSE: 0, TRUE: 1} | {place: row for row, place in enumerate(by_column, start=2)}
        self.asking = [_asking(inputs[place], rows[place]) for place in by_column]
        self.first_free = self.size = len(rows)
        self.copied = [
            (rail, rows[p]) for rail, p in enumerate(outputs) if p in rows and p != FALSE
        ]
        self.combining: list[_Combining] = []
        read_last = {read: p for p, gate in gates.items() for read in (gate.left, gate.right)}
        free: list[int] = []
        for place, gate in gates.items():
            left, right = rows[gate.left], rows[gate.right]
            free += [
                rows[read]
                for read in {gate.left, gate.right}
                if read_last[read] == place and rows[read] >= self.first_free
            ]
            if not free:
                free.append(self.size)
                self.size += 1
            rows[place] = free.pop()
            rails = tuple(rail for rail, output in enumerate(outputs) if output == place)
            self.combining.append(_Combining(_GATES[gate.does], left, right, rows[place], rails))
            if place not in read_last:
                free.append(rows[place])

    def run(self, columns: Columns, rails: NDArray[np.uint8]) -> None:
        """Write the rails of all outputs."""
        flags = np.empty(_CHUNK, np.bool_)
        bits = np.empty((self.size, _CHUNK // 8), np.uint8)
        bits[FALSE], bits[TRUE] = 0, 255
        for start in range(0, columns.size, _CHUNK):
            stop = min(start + _CHUNK, columns.size)
            span = slice(start // 8, -(-stop // 8))
            rows = list(bits[:, : span.stop - span.start])
            asked = flags[: stop - start]
            for compare, column, number, row in self.asking:
                values = columns.arrays[column][start:stop]
                compare(values, values if number is None else number, out=asked)
                rows[row] = np.packbits(asked, bitorder="little")
            for combine, left, right, into, copies in self.combining:
                combine(rows[left], rows[right], out=rows[into])
                for rail in copies:
                    rails[rail, span] = rows[into]
            for rail, row in self.copied:
                rails[rail, span] = rows[row]
        if columns.size % 8:
            rails[:, columns.size // 8] &= (1 << columns.size % 8) - 1


_GATES: dict[str, np.ufunc] = {
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}


def _asking(asked: Input, row: int) -> _Asking:
    match asked.asks:
        case "is":
            return _Asking(np.equal, asked.column, int(asked.value), row)
        case "from":
            return _Asking(np.greater_equal, asked.column, asked.value, row)
        case "above":
            return _Asking(np.greater, asked.column, asked.value, row)
        case "known":
            # A number is known unless it is NaN, which is not equal to itself.
            return _Asking(np.equal, asked.column, None, row)
        case "coded":
            return _Asking(np.less, asked.column, asked.value, row)


# -- Polars ----------------------------------------------------------------------------------------

_ALWAYS = pl.repeat(True, pl.len(), dtype=pl.Boolean)
_NEVER = pl.repeat(False, pl.len(), dtype=pl.Boolean)
_OPEN = pl.repeat(None, pl.len(), dtype=pl.Boolean)


def polars_expression(
    condition: Condition, model: FactModel, columns: Collection[str] | None = None
) -> pl.Expr:
    """A condition as a nullable Boolean: true, false, or null where it is unknown.

    ``columns`` are those that the table has; left out, it has one for every fact that is not
    defined, and no ranges. Choices are words, members Booleans.
    """
    if columns is None:
        ranges = (":low", ":high")
        named = column_names(model).items()
        columns = [n for n, fact in named if not fact.follows and not n.endswith(ranges)]
    return _Expressions(model, frozenset(columns)).of(condition)


class _Expressions:
    def __init__(self, model: FactModel, columns: frozenset[str]) -> None:
        self.model, self.columns = model, columns

    def of(self, condition: Condition) -> pl.Expr:
        match condition:
            case AllOf(parts):
                return reduce(and_, map(self.of, parts)) if parts else _ALWAYS
            case AnyOf(parts):
                return reduce(or_, map(self.of, parts)) if parts else _NEVER
            case AtLeast(n, parts):
                if not parts:
                    return _ALWAYS if n <= 0 else _NEVER
                each = [self.of(part) for part in parts]
                certain = pl.sum_horizontal(part.fill_null(False) for part in each) >= n
                possible = pl.sum_horizontal(part.fill_null(True) for part in each) >= n
                return _told(certain, ~possible)
            case Not(part):
                return ~self.of(part)
            case _:
                return self._test(condition)

    def _test(self, test: Test) -> pl.Expr:
        fact = self.model.facts[test.fact]
        match test:
            case IsOneOf(name, values):
                if fact.follows:
                    return self._defined(fact, values)
                known = [pl.col(name) == value for value in values if name in self.columns]
            case Includes(name, members):
                columns = [f"{name}:{member}" for member in members]
                known = [pl.col(c) if c in self.columns else _OPEN for c in columns]
            case Bound():
                known = self._bound(fact, test)
        asked = reduce(or_, known) if known else _OPEN
        # A fact of which nothing is known can still answer: any value would.
        untold = answer_test(test, nothing_known(fact.kind))
        return asked if untold is UNKNOWN else asked.fill_null(untold is YES)

    def _bound(self, fact: FactDeclaration, test: Bound) -> list[pl.Expr]:
        if fact.id in self.columns:
            number = _numbers_of(fact.id)
            return [~(_below(number, test) | _beyond(number, test))]
        if not {f"{fact.id}:low", f"{fact.id}:high"} <= self.columns:
            return []
        kind = fact.kind
        low, high = (
            _numbers_of(f"{fact.id}:{side}").fill_null(getattr(kind, side))
            for side in ("low", "high")
        )
        fails = _below(high, test) | _beyond(low, test)
        return [_told(~(_below(low, test) | _beyond(high, test)), fails)]

    def _defined(self, fact: FactDeclaration, values: tuple[str, ...]) -> pl.Expr:
        """A defined fact has a value for certain when every other one is excluded."""
        excluded = {}
        for value, when in fact.definition.items():
            excluded[value] = (~self.of(when)).fill_null(False)
            if fact.id in self.columns:
                excluded[value] |= (pl.col(fact.id) != value).fill_null(False)
        others = [gone for value, gone in excluded.items() if value not in values]
        these = [gone for value, gone in excluded.items() if value in values]
        # Where a verdict contradicts its definition nothing is left, and `answer` says yes.
        return _told(_all(others), _all(these))


def _all(rails: list[pl.Expr]) -> pl.Expr:
    return reduce(and_, rails) if rails else _ALWAYS


def _told(true: pl.Expr, false: pl.Expr) -> pl.Expr:
    """True where the one holds, false where only the other does, null elsewhere."""
    return pl.when(true).then(True).when(false).then(False)


def _numbers_of(column: str) -> pl.Expr:
    """The numbers of a column; NaN, which Polars would call the largest of all, and the infinite
    ones are null."""
    number = pl.col(column).cast(pl.Float64)
    return pl.when(number.is_between(-LARGEST_NUMBER, LARGEST_NUMBER)).then(number)


def _below(number: pl.Expr, test: Bound) -> pl.Expr:
    """Whether a number is below the lower bound."""
    lower = []
    if test.start is not None:
        lower.append(number < test.start)
    if test.above is not None:
        lower.append(number <= test.above)
    return reduce(or_, lower) if lower else pl.lit(False)


def _beyond(number: pl.Expr, test: Bound) -> pl.Expr:
    """Whether a number is beyond the upper bound."""
    upper = []
    if test.below is not None:
        upper.append(number >= test.below)
    if test.up_to is not None:
        upper.append(number > test.up_to)
    return reduce(or_, upper) if upper else pl.lit(False)
