"""What entry criteria demand, fact by fact, and whether two sets can speak of the same patients.

Only what every patient must meet is a demand; facts that stand inside an
alternative are named as conditional.
"""

from __future__ import annotations

from math import inf

import msgspec

from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    facts_in,
)

_RECEPTOR = {"triple-negative": "negative", "hormone-receptor-positive": "positive"}


class Demands(msgspec.Struct, frozen=True):
    """What must hold of every participant.

    ``choices`` are the values that a fact may have, ``bounds`` the numbers
    between which it must lie (both included), ``conditional`` the facts that
    count only in some alternative.
    """

    choices: dict[str, frozenset[str]]
    bounds: dict[str, tuple[float, float]]
    conditional: frozenset[str]

    @property
    def facts(self) -> frozenset[str]:
        """The facts that every participant must meet."""
        return frozenset(self.choices) | frozenset(self.bounds)


def demands(*conditions: Condition | None) -> Demands:
    """What conditions demand together; ``None`` demands nothing.

    A demand on ``line`` is one on the lines before it, earlier lines of
    chemotherapy are lines, and a subtype is a demand on the hormone receptor.
    """
    choices: dict[str, frozenset[str]] = {}
    bounds: dict[str, tuple[float, float]] = {}
    conditional: set[str] = set()

    def bound(fact: str, low: float, high: float) -> None:
        if fact == "line":
            fact, low, high = "prior_lines", low - 1, high - 1
        before = bounds.get(fact, (-inf, inf))
        bounds[fact] = (max(before[0], low), min(before[1], high))

    def take(part: Condition) -> None:
        match part:
            case AllOf():
                for inner in part.parts:
                    take(inner)
            case IsOneOf():
                fact, values = part.fact, frozenset(part.values)
                if fact == "subtype":
                    fact, values = "hormone_receptor", frozenset(_RECEPTOR[v] for v in values)
                choices[fact] = choices.get(fact, values) & values
            case Includes():
                choices[part.fact] = frozenset(part.members)
            case Bound():
                low, high = part.start, part.up_to
                if low is None:
                    low = -inf if part.above is None else part.above + 1
                if high is None:
                    high = inf if part.below is None else part.below - 1
                bound(part.fact, low, high)
            case AnyOf() | AtLeast() | Not():
                conditional.update(facts_in(part))

    for condition in conditions:
        if condition is not None:
            take(condition)
    if "prior_chemotherapy_lines" in bounds and "prior_lines" not in bounds:
        bounds["prior_lines"] = (max(0.0, bounds["prior_chemotherapy_lines"][0]), inf)
    return Demands(choices, bounds, frozenset(conditional))


def apart(one: Demands, other: Demands) -> tuple[str, ...]:
    """The facts on which no patient can meet both."""
    found = [f for f in one.choices if f in other.choices and not one.choices[f] & other.choices[f]]
    for fact in one.bounds:
        if fact in other.bounds:
            (low, high), (other_low, other_high) = one.bounds[fact], other.bounds[fact]
            if max(low, other_low) > min(high, other_high):
                found.append(fact)
    return tuple(sorted(found))


def unlike(one: Demands, other: Demands) -> tuple[str, ...]:
    """The facts on which the demands differ, one-sided ones among them."""
    found = {f for f in one.facts ^ other.facts}
    found |= {f for f in one.choices if one.choices[f] != other.choices.get(f, one.choices[f])}
    found |= {f for f in one.bounds if one.bounds[f] != other.bounds.get(f, one.bounds[f])}
    return tuple(sorted(found))
