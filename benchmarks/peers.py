"""The thirty rules in other engines, each in a form that suits it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import rule_engine  # type: ignore[import-untyped]  # it ships no types
import zen

from benchmarks.thirty_rules import MODEL, RULES, Patient
from consilium.rules.answering import AnswerTable
from consilium.rules.conditions import AllOf, AnyOf, AtLeast, Bound, Condition, Includes, IsOneOf

Codes = tuple[int, ...]
Ask = Callable[[Patient], Any]
Read = Callable[[Any], Codes]
"""From what an engine returns to one code per rule, as in ``AnswerTable``."""

_SIGNS = {"start": ">=", "above": ">", "up_to": "<=", "below": "<"}


def _bounds(test: Bound) -> list[str]:
    given = {sign: getattr(test, name) for name, sign in _SIGNS.items()}
    return [f"{sign} {value:g}" for sign, value in given.items() if value is not None]


def as_expression(condition: Condition) -> str:
    """A condition in the infix notation that both peers share."""
    match condition:
        case IsOneOf(fact, values):
            return f"({' or '.join(f'{fact} == {value!r}' for value in values)})"
        case Bound(fact):
            return f"({' and '.join(f'{fact} {bound}' for bound in _bounds(condition))})"
        case AllOf(parts) | AnyOf(parts):
            word = " and " if isinstance(condition, AllOf) else " or "
            return f"({word.join(map(as_expression, parts))})"
        case AtLeast() | Includes():
            raise NotImplementedError("the thirty rules have none of these")
        case _:
            return f"(not {as_expression(condition.part)})"


# -- zen -------------------------------------------------------------------------------------------


def zen_with_expressions() -> Ask:
    """One decision table with one expression for each rule."""
    rows = [{"_id": name, "when": as_expression(rule)} for name, rule in RULES.items()]
    return _zen([{"id": "when", "name": "when", "type": "expression"}], rows)


def zen_with_columns() -> Ask:
    """One decision table with a column for each fact, and one for what does not fit there."""
    columns = [
        *({"id": f, "name": f, "field": f, "type": "expression"} for f in MODEL.facts),
        {"id": "besides", "name": "besides", "type": "expression"},
    ]
    return _zen(columns, [_cells(name, rule) for name, rule in RULES.items()])


def _cells(name: str, rule: Condition) -> dict[str, str]:
    cells, besides = {"_id": name}, []
    for part in rule.parts if isinstance(rule, AllOf) else (rule,):
        if isinstance(part, IsOneOf):
            cells[part.fact] = ", ".join(repr(value) for value in part.values)
        elif isinstance(part, Bound):
            cells[part.fact] = " and ".join(_bounds(part))
        else:
            besides.append(as_expression(part))
    return cells | ({"besides": " and ".join(besides)} if besides else {})


def _zen(columns: list[dict[str, str]], rows: list[dict[str, str]]) -> Ask:
    """A table that collects the rules that match, asked the fast way: kept by a loader."""
    place = {"x": 0, "y": 0}
    table = {
        "hitPolicy": "collect",
        "inputs": columns,
        "outputs": [{"id": "rule", "name": "rule", "field": "rule", "type": "expression"}],
        "rules": [row | {"rule": repr(row["_id"])} for row in rows],
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": place},
        {"id": "rules", "type": "decisionTableNode", "name": "rules", "position": place}
        | {"content": table},
        {"id": "out", "type": "outputNode", "name": "out", "position": place},
    ]
    edges = [
        {"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"}
        for a, b in (("in", "rules"), ("rules", "out"))
    ]
    content = zen.ZenDecisionContent(json.dumps({"nodes": nodes, "edges": edges}))
    engine = zen.ZenEngine({"loader": {"rules": content}.__getitem__})
    evaluate = engine.evaluate
    return lambda patient: evaluate("rules", patient)


def read_zen(said: Any) -> Codes:
    """A rule that matched holds; of any other, zen says that it does not."""
    matched = {row["rule"] for row in said["result"]}
    return tuple(AnswerTable.YES if name in matched else AnswerTable.NO for name in RULES)


# -- rule-engine -----------------------------------------------------------------------------------


def rule_engine_strict() -> Ask:
    """One compiled rule each; a missing fact is an error, which is read as unknown."""
    rules = [rule_engine.Rule(as_expression(rule)) for rule in RULES.values()]

    def ask(patient: Patient) -> Codes:
        return tuple(_status(rule, patient) for rule in rules)

    return ask


def _status(rule: Any, patient: Patient) -> int:
    try:
        return AnswerTable.YES if rule.matches(patient) else AnswerTable.NO
    except rule_engine.errors.SymbolResolutionError:
        return AnswerTable.UNKNOWN
