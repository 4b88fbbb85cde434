"""JSON Schemas of every kind of file, so that editors complete and check them."""

from __future__ import annotations

import types
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from consilium.clinical.dates import Day
from consilium.evidence.references import Bedside
from consilium.knowledge.files import CARE_CASES, CARE_CLAIMS, CASES, CLAIMS, KINDS, WAIVERS
from consilium.knowledge.typing_nodes import fields_of
from consilium.rules.conditions import Condition

_CONDITION = set(get_args(Condition))
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file_schemas(facts: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """The schema of each kind of file, by a name for it.

    ``facts`` are the fact ids that conditions may test.
    """
    return {
        (kind.field if kind.field != "info" else "edition"): _Schema(facts).of_file(kind.holds)
        for kind in (*KINDS, CASES, CARE_CASES, CLAIMS, CARE_CLAIMS, WAIVERS)
    }


class _Schema:
    def __init__(self, facts: tuple[str, ...]) -> None:
        self.facts = facts
        self.definitions: dict[str, Any] = {}

    def of_file(self, holds: Any) -> dict[str, Any]:
        return {"$schema": _DIALECT, **self.of(holds), "$defs": self.definitions}

    def of(self, wanted: Any) -> dict[str, Any]:
        if set(get_args(wanted)) >= _CONDITION:
            return self._condition()
        origin = get_origin(wanted)
        if origin is Annotated and isinstance(get_args(wanted)[1], Bedside):
            return {"type": "object", "description": "Facts of one dose or event, and tests."}
        if origin is Annotated:
            return self.of(get_args(wanted)[0])
        if origin is Literal:
            words = get_args(wanted)
            # an editor reads `5` as a number, where the loader takes it for the word it is
            return {"enum": [*words, *(int(word) for word in words if word.isdecimal())]}
        if origin in (Union, types.UnionType):
            options = [o for o in get_args(wanted) if o is not types.NoneType]
            return (
                self.of(options[0])
                if len(options) == 1
                else {"anyOf": [self.of(o) for o in options]}
            )
        if origin is tuple:
            parts = get_args(wanted)
            if parts[-1] is Ellipsis:
                return {"type": "array", "items": self.of(parts[0])}
            return {"type": "array", "prefixItems": [self.of(p) for p in parts], "items": False}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(get_args(wanted)[1])}
        return self._plain(wanted)

    def _plain(self, wanted: Any) -> dict[str, Any]:
        if wanted is object:
            return {}
        if wanted is Day:
            return {"type": ["string", "integer"], "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}
        if issubclass(wanted, Enum):
            return {"enum": [member.value for member in wanted]}
        if issubclass(wanted, msgspec.Struct):
            return self._record(wanted)
        if wanted is str:
            # scalars are text until a record types them: 1+, 0 and NO are words here
            return {"type": ["string", "number", "boolean"]}
        return {"type": "integer" if wanted is int else "number"}

    def _record(self, wanted: type[msgspec.Struct]) -> dict[str, Any]:
        name = wanted.__name__
        if name not in self.definitions:
            self.definitions[name] = {}
            fields = fields_of(wanted)
            self.definitions[name] = {
                "type": "object",
                "description": (wanted.__doc__ or "").split("\n\n")[0],
                "properties": {field: self.of(kind) for field, (kind, _) in fields.items()},
                "required": [field for field, (_, required) in fields.items() if required],
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{name}"}

    def _condition(self) -> dict[str, Any]:
        if "Condition" not in self.definitions:
            here = {"$ref": "#/$defs/Condition"}
            several = {"type": "array", "items": here, "minItems": 1}
            self.definitions["Condition"] = {
                "type": "object",
                "description": "Facts and tests; a mapping is a conjunction.",
                "properties": {
                    "any": several,
                    "all": several,
                    "not": here,
                    "at_least": {
                        "type": "object",
                        "properties": {"n": {"type": "integer", "minimum": 1}, "of": several},
                        "required": ["n", "of"],
                        "additionalProperties": False,
                    },
                    **{fact: {} for fact in self.facts},
                },
                "additionalProperties": not self.facts,
            }
        return {"$ref": "#/$defs/Condition"}
