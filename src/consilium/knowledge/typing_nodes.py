"""YAML nodes to records: strict, with the line of every problem.

Scalars are text until a record types them, so that `NO`, `1+` and `0` mean
what was written. All problems are collected; none is mended silently.
"""

from __future__ import annotations

import re
import types
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

from consilium.clinical.dates import Day
from consilium.errors import ConsiliumError, nearest
from consilium.evidence.references import Bedside, Ref
from consilium.knowledge.conditions import ConditionReader
from consilium.knowledge.problems import Place, Problem
from consilium.rules.conditions import ALWAYS, Condition

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MISSING = object()
_CONDITION = set(get_args(Condition))
_SCALAR_NAMES = {int: "a whole number", float: "a number", str: "text"}
_DIGITS = {
    int: re.compile(r"-?[0-9]{1,18}"),
    float: re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?(e-?[0-9]{1,2})?"),
}
_TOO_DEEP = 40


class Pointer(NamedTuple):
    """An id somewhere in a file that must lead to a record of a kind."""

    kind: str
    id: str
    place: Place


class Unreadable(Exception):
    """A node that did not fit; the problem is already recorded."""


def compose(text: str, path: str, problems: list[Problem]) -> yaml.Node | None:
    """The nodes of one YAML document, or a problem with its line.

    The nodes are a tree of bounded depth, so that whatever walks them comes to an end.
    """
    try:
        refused = _refused(text)
        if refused:
            problems.append(Problem(path, *refused))
            return None
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(Problem(path, line, f"this is no YAML: {error.problem}"))
        return None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problems.append(Problem(path, 1, f"this is no YAML: {str(error).splitlines()[0]}"))
        return None
    if node is None:
        problems.append(Problem(path, 1, "the file is empty"))
    return node


def _refused(text: str) -> tuple[int, str] | None:
    """The line and the reason why a document is not taken, looked for without recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            return _line(event), f"`*{event.anchor}` points elsewhere; write out what it stands for"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _TOO_DEEP:
                return _line(event), "nested too deep"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class NodeReader:
    """Types the nodes of one file against records."""

    def __init__(
        self,
        path: str,
        conditions: ConditionReader,
        problems: list[Problem],
        bedside: ConditionReader | None = None,
    ) -> None:
        self.path, self.conditions, self.problems = path, conditions, problems
        self.bedside = bedside or conditions
        self.pointers: list[Pointer] = []
        self.places: dict[int, Place] = {}
        self.kept: list[object] = []

    def problem(self, node: yaml.Node, message: str) -> None:
        """Record a problem at the line of a node."""
        self.problems.append(Problem(self.path, node.start_mark.line + 1, message))

    def read(self, node: yaml.Node, wanted: Any) -> Any:
        """A node as a value of a type; raises ``Unreadable`` after recording why not."""
        if set(get_args(wanted)) >= _CONDITION:
            return self._condition(node, self.conditions)
        origin = get_origin(wanted)
        if origin is Annotated and isinstance(get_args(wanted)[1], Bedside):
            return self._condition(node, self.bedside)
        if origin is Annotated:
            return self._pointer(node, *get_args(wanted))
        if origin is Literal:
            return self._literal(node, get_args(wanted))
        if origin in (Union, types.UnionType):
            return self._union(node, get_args(wanted))
        if origin is tuple:
            return self._tuple(node, get_args(wanted))
        if origin is dict:
            return self._dict(node, get_args(wanted)[1])
        if wanted is object:
            return plain(node)
        if isinstance(wanted, type) and issubclass(wanted, Enum):
            return wanted(self._literal(node, tuple(str(member.value) for member in wanted)))
        if wanted is Day:
            return self._day(node)
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            return self._record(node, wanted)
        return self._scalar(node, wanted)

    def _text(self, node: yaml.Node, what: str = "text") -> str:
        if not isinstance(node, yaml.ScalarNode):
            found = "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
            self.problem(node, f"found {found} where {what} belongs")
            raise Unreadable
        return str(node.value)

    def _scalar(self, node: yaml.Node, wanted: type) -> Any:
        text = self._text(node, _SCALAR_NAMES[wanted])
        if wanted is str:
            return text
        number = _number(text, wanted)
        if number is None:
            self.problem(node, f"`{text}` is not {_SCALAR_NAMES[wanted]}")
            raise Unreadable
        return number

    def _literal(self, node: yaml.Node, allowed: tuple[Any, ...]) -> str:
        text = self._text(node, "one of " + ", ".join(f"`{word}`" for word in allowed))
        if text not in allowed:
            hint = nearest(text, allowed) or f" Use one of {', '.join(map(str, allowed))}."
            self.problem(node, f"`{text}` is not allowed here.{hint}")
            raise Unreadable
        return text

    def _day(self, node: yaml.Node) -> Day:
        try:
            return Day(self._text(node, "a date"))
        except ConsiliumError as error:
            self.problem(node, str(error))
            raise Unreadable from None

    def _pointer(self, node: yaml.Node, wanted: Any, ref: Ref) -> str:
        text = str(self.read(node, wanted))
        if text:
            self.pointers.append(
                Pointer(ref.kind, text, Place(self.path, node.start_mark.line + 1))
            )
        return text

    def _union(self, node: yaml.Node, options: tuple[Any, ...]) -> Any:
        options = tuple(option for option in options if option is not types.NoneType)
        literals = tuple(w for o in options if get_origin(o) is Literal for w in get_args(o))
        if isinstance(node, yaml.ScalarNode):
            if node.value in literals:
                return node.value
            others = [o for o in options if get_origin(o) not in (Literal, tuple, dict)]
            if others:
                if literals and others[0] in (int, float):
                    return self._number_or(node, others[0], literals)
                return self.read(node, others[0])
            return self._literal(node, literals)
        records = [o for o in options if isinstance(o, type) and issubclass(o, msgspec.Struct)]
        if isinstance(node, yaml.MappingNode) and len(records) > 1:
            return self._record(node, self._by_kind(node, records))
        fitting = tuple if isinstance(node, yaml.SequenceNode) else dict
        for option in options:
            is_record = isinstance(option, type) and issubclass(option, msgspec.Struct)
            if get_origin(option) is fitting or (fitting is dict and is_record):
                return self.read(node, option)
        return self.read(node, options[0])

    def _by_kind(self, node: yaml.MappingNode, records: list[type[msgspec.Struct]]) -> Any:
        """The record that a mapping means, told by its `kind`."""
        words = {
            word: record for record in records for word in get_args(fields_of(record)["kind"][0])
        }
        kind = next((value for key, value in node.value if key.value == "kind"), None)
        if kind is None:
            self.problem(node, f"`kind` is missing; it is one of {', '.join(words)}")
            raise Unreadable
        return words[self._literal(kind, tuple(words))]

    def _number_or(self, node: yaml.ScalarNode, wanted: type, words: tuple[str, ...]) -> Any:
        number = _number(node.value, wanted)
        if number is None:
            allowed = " or ".join(f"`{word}`" for word in words)
            self.problem(node, f"`{node.value}` is neither {_SCALAR_NAMES[wanted]} nor {allowed}")
            raise Unreadable
        return number

    def _tuple(self, node: yaml.Node, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, "a list belongs here; write it as `[...]` or with dashes")
            raise Unreadable
        if len(parts) == 2 and parts[1] is Ellipsis:
            kinds: list[Any] = [parts[0]] * len(node.value)
        else:
            kinds = list(parts)
            if len(kinds) != len(node.value):
                self.problem(node, f"{len(kinds)} values belong here, {len(node.value)} were found")
                raise Unreadable
        found = []
        failed = False
        for part, kind in zip(node.value, kinds, strict=True):
            try:
                found.append(self.read(part, kind))
            except Unreadable:
                failed = True
        if failed:
            raise Unreadable
        return tuple(found)

    def _pairs(self, node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, "keys with values belong here")
            raise Unreadable
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = self._text(key, "a key")
            if name in found:
                first = found[name][0].start_mark.line + 1
                self.problem(key, f"`{name}` is here twice; the first is on line {first}")
            found.setdefault(name, (key, value))
        return found

    def _dict(self, node: yaml.Node, wanted: Any) -> dict[str, Any]:
        found, failed = {}, False
        for name, (_, value) in self._pairs(node).items():
            try:
                found[name] = self.read(value, wanted)
            except Unreadable:
                failed = True
        if failed:
            raise Unreadable
        return found

    def _condition(self, node: yaml.Node, conditions: ConditionReader) -> Condition:
        before = len(self.problems)
        condition = conditions.read(node, self.path, self.problems)
        if len(self.problems) > before:
            return ALWAYS
        return condition

    def _record(self, node: yaml.Node, wanted: type[msgspec.Struct]) -> Any:
        fields = fields_of(wanted)
        values: dict[str, Any] = {}
        failed = False
        for name, (key, value) in self._pairs(node).items():
            if name not in fields:
                hint = nearest(name, fields) or f" Known keys: {', '.join(fields)}."
                self.problem(key, f"`{name}` is not a key of {what_is(wanted)}.{hint}")
                failed = True
                continue
            try:
                values[name] = self.read(value, fields[name][0])
            except Unreadable:
                failed = True
                values[name] = _MISSING
        for name, (_, required) in fields.items():
            if required and name not in values:
                self.problem(node, f"{what_is(wanted)} needs the key `{name}`")
                failed = True
        if failed:
            raise Unreadable
        try:
            record = wanted(**values)
        except ConsiliumError as error:
            self.problem(node, str(error))
            raise Unreadable from None
        self.places[id(record)] = Place(self.path, node.start_mark.line + 1)
        self.kept.append(record)  # ids are only good while the records live
        return record


def _number(text: str, wanted: type) -> Any:
    """A number as written in digits; nothing for any other text, `nan` and `inf` included."""
    return wanted(text) if _DIGITS[wanted].fullmatch(text) else None


def plain(node: yaml.Node) -> object:
    """A node as dicts, lists and text, untyped."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(part) for part in node.value]
    return str(node.value)


@cache
def fields_of(record: type[msgspec.Struct]) -> dict[str, tuple[Any, bool]]:
    """The fields of a record: their types, and whether they are required."""
    hints = get_type_hints(record, include_extras=True)
    return {
        field.name: (hints[field.name], field.required) for field in msgspec.structs.fields(record)
    }


def what_is(record: type) -> str:
    """A kind of record as a person says it: `an arm`, `a care rule`."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in record.__name__).strip()
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
