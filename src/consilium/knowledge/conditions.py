"""Conditions as written in YAML, typed against the facts of the edition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import yaml

from consilium.errors import nearest
from consilium.knowledge.problems import Problem
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    split_bound,
)
from consilium.rules.facts import ChoiceKind, Kind, MembersKind, NumberKind

_BOUNDS = ("below", "up_to", "above", "from")
_COMBINING = ("any", "all", "not", "at_least")
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?)(?:\s+(\S.*))?")


class FactForm(NamedTuple):
    """What a test may say of a fact: its kind, and the units it can be written in."""

    kind: Kind
    units: Mapping[str, float]


class ConditionReader:
    """Reads conditions; unknown facts, values and units become problems with their line."""

    def __init__(self, forms: Mapping[str, FactForm]) -> None:
        self.forms = forms

    def read(self, node: yaml.Node, path: str, problems: list[Problem]) -> Condition:
        """A mapping as a conjunction of its tests and combinations."""
        return _Reading(self.forms, path, problems).conjunction(node)


class _Reading:
    def __init__(self, forms: Mapping[str, FactForm], path: str, problems: list[Problem]) -> None:
        self.forms, self.path, self.problems = forms, path, problems

    def problem(self, node: yaml.Node, message: str) -> Condition:
        self.problems.append(Problem(self.path, node.start_mark.line + 1, message))
        return AllOf(())

    def conjunction(self, node: yaml.Node) -> Condition:
        if not isinstance(node, yaml.MappingNode):
            return self.problem(node, "a condition is a mapping of facts to tests")
        parts: list[Condition] = []
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                self.problem(key, f"`{name}` is here twice; put the second under `all`")
            seen.add(name)
            parts.append(self._part(name, key, value))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _part(self, name: str, key: yaml.Node, value: yaml.Node) -> Condition:
        match name:
            case "any":
                return AnyOf(self._several(value))
            case "all":
                return AllOf(self._several(value))
            case "not":
                return Not(self.conjunction(value))
            case "at_least":
                return self._at_least(value)
            case _:
                return self._test(name, key, value)

    def _several(self, node: yaml.Node) -> tuple[Condition, ...]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.problem(node, "a list of conditions belongs here, with at least one in it")
            return ()
        return tuple(self.conjunction(part) for part in node.value)

    def _at_least(self, node: yaml.Node) -> Condition:
        pairs = self._pairs(node)
        if set(pairs) != {"n", "of"}:
            return self.problem(node, "write `at_least: {n: 2, of: [...]}`")
        count = pairs["n"].value
        if not isinstance(count, str) or not re.fullmatch("[1-9][0-9]{0,3}", count):
            return self.problem(pairs["n"], "`n` is a whole number, one or more")
        parts = self._several(pairs["of"])
        if int(count) > len(parts):
            return self.problem(pairs["n"], f"{count} of {len(parts)} can never hold")
        return AtLeast(int(count), parts)

    def _test(self, name: str, key: yaml.Node, value: yaml.Node) -> Condition:
        form = self.forms.get(name)
        if form is None:
            hint = nearest(name, (*self.forms, *_COMBINING))
            return self.problem(key, f"`{name}` is no fact of `vocabulary/facts.yaml`.{hint}")
        match form.kind:
            case ChoiceKind():
                return self._choice(name, form.kind, value)
            case MembersKind():
                return self._includes(name, form.kind, value)
            case NumberKind():
                return self._number(name, form, value)

    def _words(self, name: str, allowed: tuple[str, ...], node: yaml.Node) -> tuple[str, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not nodes:
            self.problem(node, f"`{name}` needs a value; a test of none never holds")
        words = []
        for part in nodes:
            word = part.value if isinstance(part, yaml.ScalarNode) else None
            if word not in allowed:
                hint = nearest(str(word), allowed) or f" It is one of {', '.join(allowed[:12])}."
                self.problem(part, f"`{name}` has no value `{_shown(part)}`.{hint}")
            else:
                words.append(str(word))
        return tuple(words)

    def _choice(self, name: str, kind: ChoiceKind, node: yaml.Node) -> Condition:
        if isinstance(node, yaml.MappingNode):
            return self.problem(node, f"`{name}` takes a value or a list of values, no bounds")
        return IsOneOf(name, self._words(name, kind.values, node))

    def _includes(self, name: str, kind: MembersKind, node: yaml.Node) -> Condition:
        pairs = self._pairs(node)
        if set(pairs) != {"includes"}:
            return self.problem(
                node, f"`{name}` has several values; write `{name}: {{includes: ...}}`"
            )
        return Includes(name, self._words(name, kind.values, pairs["includes"]))

    def _number(self, name: str, form: FactForm, node: yaml.Node) -> Condition:
        if isinstance(node, yaml.SequenceNode) and node.value:
            return AnyOf(tuple(self._number(name, form, part) for part in node.value))
        if isinstance(node, yaml.ScalarNode):
            value = self._amount(name, form, node)
            return Bound(name, start=value, up_to=value)
        pairs = self._pairs(node)
        for word in pairs:
            if word not in _BOUNDS:
                hint = nearest(word, _BOUNDS) or f" Use {', '.join(_BOUNDS)}."
                return self.problem(pairs[word], f"`{word}` is no bound.{hint}")
        if not pairs:
            return self.problem(node, f"`{name}` needs a bound: {', '.join(_BOUNDS)}")
        before = len(self.problems)
        given = {word: self._amount(name, form, value) for word, value in pairs.items()}
        bound = Bound(
            name,
            below=given.get("below"),
            up_to=given.get("up_to"),
            above=given.get("above"),
            start=given.get("from"),
        )
        if len(self.problems) == before and not _can_hold(bound, form.kind):
            self.problem(node, f"no value of `{name}` lies within these bounds")
        return bound

    def _amount(self, name: str, form: FactForm, node: yaml.Node) -> float:
        found = _AMOUNT.fullmatch(node.value) if isinstance(node, yaml.ScalarNode) else None
        if not found:
            self.problem(node, f"`{_shown(node)}` is no number for `{name}`")
            return 0
        number, unit = float(found[1]), found[2]
        if len(set(form.units.values())) > 1 and unit is None:
            self.problem(node, f"`{name}` needs a unit: {', '.join(form.units)}")
        elif unit is not None and unit not in form.units:
            hint = (
                nearest(unit, form.units)
                or f" It is measured in {', '.join(form.units) or 'no unit'}."
            )
            self.problem(node, f"`{name}` has no unit `{unit}`.{hint}")
        else:
            number = float(f"{number * form.units.get(unit or '', 1):.12g}")
        kind = form.kind
        if isinstance(kind, NumberKind) and not kind.low <= number <= kind.high:
            self.problem(
                node, f"`{name}` runs from {kind.low:g} to {kind.high:g}; found {number:g}"
            )
        elif isinstance(kind, NumberKind) and kind.whole and number != int(number):
            self.problem(node, f"`{name}` is counted in whole numbers; found {number:g}")
        return number

    def _pairs(self, node: yaml.Node) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if str(key.value) in found:
                self.problem(key, f"`{key.value}` is here twice")
            found[str(key.value)] = value
        return found


def _can_hold(bound: Bound, kind: Kind) -> bool:
    """Whether any value at all lies within a bound."""
    if not isinstance(kind, NumberKind):
        return False
    points = split_bound(kind.low, kind.high, [bound], kind.whole)
    return any(bound.holds(point) for point in points)


def _shown(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "..."
