"""The reading `say`: a condition as English."""

from __future__ import annotations

from collections.abc import Iterable

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
from consilium.rules.facts import Between, FactDeclaration, FactModel, Holding, Known, NumberKind

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def say(condition: Condition, model: FactModel) -> str:
    """A clause that is true of just the patients whom the condition covers.

    >>> model = FactModel([FactDeclaration("line", NumberKind(1, 9, whole=True), phrase="line")])
    >>> say(AllOf((Bound("line", start=2), Not(Bound("line", above=4)))), model)
    'line 2 or more and not line above 4'
    """
    return _say(condition, model, inner=False)


def _say(condition: Condition, model: FactModel, *, inner: bool) -> str:
    match condition:
        case AllOf(parts=()):
            return "any patient"
        case AllOf() | AnyOf():
            word = " and " if isinstance(condition, AllOf) else " or "
            said = word.join(_say(part, model, inner=True) for part in condition.parts)
            return f"({said})" if inner and len(condition.parts) > 1 else said
        case AtLeast():
            said = "; ".join(_say(part, model, inner=False) for part in condition.parts)
            return f"(at least {_count(condition.n)} of: {said})"
        case Not():
            return f"not {_say(condition.part, model, inner=True)}"
        case IsOneOf() if inner and len(condition.values) > 1:
            return f"({say_test(condition, model)})"
        case _:
            return say_test(condition, model)


def say_test(test: Test, model: FactModel) -> str:
    """One test as words."""
    fact = model.facts[test.fact]
    match test:
        case IsOneOf():
            return _either([say_value(fact, value) for value in test.values])
        case Includes():
            return f"{fact.phrase} including {_either([_word(fact, m) for m in test.members])}"
        case Bound():
            return f"{fact.phrase} {_say_bounds(test, fact)}"


def say_value(fact: FactDeclaration, value: str) -> str:
    """A fact with one of its values, as words."""
    return fact.phrases.get(value) or f"{fact.phrase} {value}"


def say_known(fact: FactDeclaration, known: Known) -> str:
    """What is known of a fact, as words."""
    match known:
        case Between():
            unit = (
                f" {fact.kind.unit}" if isinstance(fact.kind, NumberKind) and fact.kind.unit else ""
            )
            if known.low == known.high:
                return f"{fact.phrase} {known.low:g}{unit}"
            if isinstance(fact.kind, NumberKind) and known.high < fact.kind.high:
                return f"{fact.phrase} {known.low:g} to {known.high:g}{unit}"
            return f"{fact.phrase} {known.low:g}{unit} or more"
        case Holding():
            named = ", ".join(_word(fact, member) for member in sorted(known.has))
            said = f"{fact.phrase}: {named or 'none'}"
            return f"{said} (list may be incomplete)" if known.may_have else said
        case _:
            return _either([say_value(fact, value) for value in sorted(known.values)])


def say_stretch(
    fact: FactDeclaration, point: float, known: Between, bounds: Iterable[Bound]
) -> str:
    """The stretch of numbers around a point over which no bound changes its answer.

    >>> cps = FactDeclaration("cps", NumberKind(0, 100), phrase="CPS")
    >>> say_stretch(cps, 0, Between(0, 100), [Bound("cps", below=10)])
    'CPS below 10'
    """
    edges = sorted({edge for bound in bounds for edge in bound.edges})
    # an edge is a value, and whether the value itself lies above it
    under = [(v, upper) for v, upper in edges if (v <= point if upper else v < point)]
    over = [(v, upper) for v, upper in edges if (v > point if upper else v >= point)]
    if isinstance(fact.kind, NumberKind) and fact.kind.whole:
        low = max([known.low, *(v if upper else v + 1 for v, upper in under)])
        high = min([known.high, *(v - 1 if upper else v for v, upper in over)])
        last = f" to {high:g}" if high > low else ""
        return f"{fact.phrase} {low:g}{last if over else ' or more'}"
    words = []
    if under:
        value, upper = under[-1]
        words.append(f"{'from' if upper else 'above'} {value:g}")
    if over:
        value, upper = over[0]
        words.append(f"{'below' if upper else 'up to'} {value:g}")
    return f"{fact.phrase} {' and '.join(words) or format(point, 'g')}"


def _word(fact: FactDeclaration, value: str) -> str:
    return fact.phrases.get(value) or value.replace("-", " ")


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _count(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)


def _say_bounds(test: Bound, fact: FactDeclaration) -> str:
    unit = f" {fact.kind.unit}" if isinstance(fact.kind, NumberKind) and fact.kind.unit else ""
    if test.start is not None and test.start == test.up_to:
        return f"{test.start:g}{unit}"
    said = []
    if test.start is not None:
        said.append(f"{test.start:g}{unit} or more")
    if test.above is not None:
        said.append(f"above {test.above:g}{unit}")
    if test.up_to is not None:
        said.append(f"up to {test.up_to:g}{unit}")
    if test.below is not None:
        said.append(f"below {test.below:g}{unit}")
    return " and ".join(said)
