"""The same thirty rules in other engines, each in the form that suits it best."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import rule_engine
import zen

from benchmarks.thirty_rules import MODEL, RULES, Patient
from consilium.rules.answering import AnswerTable
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
)

Codes = tuple[int, ...]
Engine = Callable[[Patient], Any]


def as_expression(condition: Condition, *, any_of: str = "in") -> str:
    """A condition in the infix notation that zen and rule-engine share."""
    match condition:
        case IsOneOf(fact, values):
            return " or ".join(f"{fact} == '{value}'" for value in values).join("()")
        case Bound():
            signs = {"start": ">=", "above": ">", "up_to": "<=", "below": "<"}
            bounds = {name: getattr(condition, name) for name in signs}
            return " and ".join(
                f"{condition.fact} {signs[name]} {value:g}"
                for name, value in bounds.items()
                if value is not None
            ).join("()")
        case AllOf(parts) | AnyOf(parts):
            word = " and " if isinstance(condition, AllOf) else " or "
            return word.join(as_expression(part) for part in parts).join("()")
        case Not(part):
            return f"(not {as_expression(part)})"
        case AtLeast() | Includes():
            raise NotImplementedError("the thirty rules need neither")
