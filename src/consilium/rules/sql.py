"""The reading `sql`: conditions as SQL text, for databases here and clusters elsewhere.

SQL's three-valued logic is Kleene's: a condition is a nullable Boolean. SQLGlot writes it in
the dialect that is asked for. A table has the columns of ``tables``; a choice holds words, a
member a Boolean. Facts that follow from others are worked out first, in a step of their own
each, so that a definition is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import reduce
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from consilium.rules.answering import answer_test
from consilium.rules.answers import UNKNOWN, YES
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
    tests_in,
)
from consilium.rules.facts import (
    LARGEST_NUMBER,
    FactDeclaration,
    FactModel,
    NumberKind,
    nothing_known,
)

Written = Any
"""An expression of SQLGlot, whose own types change from release to release."""

_TRUE, _FALSE = exp.true(), exp.false()
_NOTHING = exp.paren(exp.EQ(this=exp.Literal.number(1), expression=exp.null()))
"""Null as a Boolean: a column of nothing but NULL has a type that other programs cannot read."""

WITHOUT_BOOLEANS = frozenset(
    {"dax", "fabric", "oracle", "prql", "solr", "tableau", "teradata", "tsql"}
)
"""What SQLGlot writes for, and cannot hold a nullable Boolean or is no SQL over tables."""


def select(
    conditions: Mapping[str, Condition],
    model: FactModel,
    columns: Collection[str],
    *,
    table: str = "patients",
    keys: Collection[str] = (),
    dialect: str = "duckdb",
) -> str:
    """A SELECT with one nullable Boolean for each condition, and the ``keys`` unchanged.

    ``columns`` are those that the table has. Raises ``ValueError`` for a dialect that
    SQLGlot does not speak or that holds no nullable Boolean.
    """
    if dialect.lower() in WITHOUT_BOOLEANS:
        raise ValueError(
            f"SQL cannot be written for `{dialect}`: it holds no column that is true, false or null"
        )
    reading = _Reading(model, frozenset(columns))
    needed = _needed(conditions.values(), model)
    source: str = table
    steps: list[tuple[str, exp.Select]] = []
    for fact in model.defined:
        if fact.id not in needed:
            continue
        worked_out = [
            exp.alias_(reading.excluded(fact, value), _rail(fact.id, value), quoted=True)
            for value in fact.definition
        ]
        name = f"with_{fact.id}"
        steps.append((name, exp.select("*", *worked_out).from_(exp.to_table(source))))
        source = name
    answers = [
        exp.alias_(reading.of(condition), name, quoted=True)
        for name, condition in conditions.items()
    ]
    kept = [exp.column(key, quoted=True) for key in keys]
    query = exp.select(*kept, *answers).from_(exp.to_table(source))
    for name, step in steps:
        query = query.with_(name, as_=step)
    try:
        return query.sql(dialect=dialect, pretty=True)
    except (SqlglotError, ValueError) as problem:
        raise ValueError(f"SQL cannot be written for `{dialect}`: {problem}") from None


def _needed(conditions: Collection[Condition], model: FactModel) -> set[str]:
    found: set[str] = set()
    waiting = [test.fact for condition in conditions for test in tests_in(condition)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            for when in model.facts[name].definition.values():
                waiting += [test.fact for test in tests_in(when)]
    return found


def _rail(fact: str, value: str) -> str:
    """The column that says that a fact has this value for certain not."""
    return f"{fact} is not {value}"


class _Reading:
    def __init__(self, model: FactModel, columns: frozenset[str]) -> None:
        self.model, self.columns = model, columns

    def of(self, condition: Condition) -> Written:
        """A condition as a nullable Boolean."""
        match condition:
            case AllOf(parts):
                return _join(exp.And, [self.of(part) for part in parts], _TRUE)
            case AnyOf(parts):
                return _join(exp.Or, [self.of(part) for part in parts], _FALSE)
            case AtLeast(n, parts):
                return self._at_least(n, [self.of(part) for part in parts])
            case Not(part):
                return exp.not_(exp.paren(self.of(part)))
            case _:
                return self._test(condition)

    @staticmethod
    def _at_least(n: int, parts: list[Written]) -> Written:
        if not parts:
            return _TRUE.copy() if n <= 0 else _FALSE.copy()
        held = [exp.func("COALESCE", part.copy(), _FALSE.copy()) for part in parts]
        possible = [exp.func("COALESCE", part.copy(), _TRUE.copy()) for part in parts]
        return _told(_count(held, n), exp.not_(exp.paren(_count(possible, n))))

    def _test(self, test: Test) -> Written:
        fact = self.model.facts[test.fact]
        known: list[Written]
        match test:
            case IsOneOf(name, values):
                if fact.follows:
                    return self._defined(fact, values)
                known = [
                    exp.EQ(this=_column(name), expression=exp.Literal.string(value))
                    for value in values
                    if name in self.columns
                ]
            case Includes(name, members):
                places = [f"{name}:{member}" for member in members]
                known = [
                    _column(place) if place in self.columns else _NOTHING.copy() for place in places
                ]
            case Bound():
                known = self._bound(fact, test)
        asked = _join(exp.Or, known, _NOTHING.copy())
        untold = answer_test(test, nothing_known(fact.kind))
        if untold is UNKNOWN:
            return asked
        return exp.func("COALESCE", asked, _TRUE.copy() if untold is YES else _FALSE.copy())

    def _bound(self, fact: FactDeclaration, test: Bound) -> list[Written]:
        if fact.id in self.columns:
            number = _number(fact.id)
            outside = _join(exp.Or, [*_below(number, test), *_beyond(number, test)], _FALSE)
            return [exp.not_(exp.paren(outside))]
        kind = fact.kind
        if not {f"{fact.id}:low", f"{fact.id}:high"} <= self.columns:
            return []
        assert isinstance(kind, NumberKind)
        low, high = (
            exp.func("COALESCE", _number(f"{fact.id}:{side}"), _literal(getattr(kind, side)))
            for side in ("low", "high")
        )
        fails = _join(exp.Or, [*_below(high, test), *_beyond(low, test)], _FALSE)
        open_ = _join(exp.Or, [*_below(low, test), *_beyond(high, test)], _FALSE)
        return [_told(exp.not_(exp.paren(open_)), fails)]

    def _defined(self, fact: FactDeclaration, values: tuple[str, ...]) -> Written:
        others = [_column(_rail(fact.id, v)) for v in fact.definition if v not in values]
        these = [_column(_rail(fact.id, v)) for v in fact.definition if v in values]
        return _told(_join(exp.And, others, _TRUE), _join(exp.And, these, _TRUE))

    def excluded(self, fact: FactDeclaration, value: str) -> Written:
        """That a defined fact has a value for certain not: by definition, or by a verdict."""
        by_definition = exp.not_(exp.paren(self.of(fact.definition[value])))
        found: list[Written] = [exp.func("COALESCE", by_definition, _FALSE.copy())]
        if fact.id in self.columns:
            other = exp.NEQ(this=_column(fact.id), expression=exp.Literal.string(value))
            found.append(exp.func("COALESCE", other, _FALSE.copy()))
        return _join(exp.Or, found, _FALSE)


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _number(name: str) -> Written:
    """A number; NaN and the infinite ones are null.

    NaN is the largest of all in some databases, compares as false in others, and cannot be
    written down in some: none of them finds it between two numbers.
    """
    number = exp.cast(_column(name), "DOUBLE")
    known = exp.Between(this=number, low=_literal(-LARGEST_NUMBER), high=_literal(LARGEST_NUMBER))
    return exp.paren(exp.case().when(known, number.copy()))


def _literal(number: float) -> Written:
    return exp.cast(exp.Literal.number(repr(float(number))), "DOUBLE")


def _below(number: Written, test: Bound) -> list[Written]:
    found: list[Written] = []
    if test.start is not None:
        found.append(exp.LT(this=number.copy(), expression=_literal(test.start)))
    if test.above is not None:
        found.append(exp.LTE(this=number.copy(), expression=_literal(test.above)))
    return found


def _beyond(number: Written, test: Bound) -> list[Written]:
    found: list[Written] = []
    if test.below is not None:
        found.append(exp.GTE(this=number.copy(), expression=_literal(test.below)))
    if test.up_to is not None:
        found.append(exp.GT(this=number.copy(), expression=_literal(test.up_to)))
    return found


def _join(kind: Callable[..., Written], parts: list[Written], empty: Written) -> Written:
    if not parts:
        return empty.copy()
    wrapped = [exp.paren(part.copy()) for part in parts]
    return reduce(lambda left, right: kind(this=left, expression=right), wrapped)


def _count(parts: list[Written], n: int) -> Written:
    ones: list[Written] = [
        exp.case().when(part, exp.Literal.number(1)).else_(exp.Literal.number(0)) for part in parts
    ]
    total: Written = reduce(lambda left, right: exp.Add(this=left, expression=right), ones)
    return exp.GTE(this=exp.paren(total), expression=exp.Literal.number(n))


def _told(true: Written, false: Written) -> Written:
    return exp.case().when(true, _TRUE.copy()).when(false, _FALSE.copy())
