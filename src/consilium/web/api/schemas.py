"""The OpenAPI document: ninja knows the addresses, msgspec the shapes that the program prints."""

from __future__ import annotations

from typing import Any

import msgspec

from consilium import __version__
from consilium.asking.answer import Answer
from consilium.care.sheet import Sheet
from consilium.planning.plan import Plan
from consilium.web.api.asked import CareAsked, PlanAsked, QuestionAsked
from consilium.web.evidence.api import ChangesSaid, StatementSaid
from consilium.web.refusals import PROBLEM

_SHAPES = (
    *(Plan, Sheet, Answer, PlanAsked, CareAsked, QuestionAsked),
    *(StatementSaid, ChangesSaid),
)
_REFUSALS = {
    400: "Not readable: no JSON, or a day or region that cannot be",
    404: "No such thing",
    405: "Not with this method",
    413: "Larger than 5 MB",
    415: "Not JSON",
    422: "Readable, but no patient, or no answer that would be safe; every problem is named",
    429: "Too many requests from this address",
    500: "A defect of ours",
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Problem details as RFC 9457 has them.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was found, where, and what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "says": {"type": "string"}},
                "required": ["at", "says"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}


def components() -> dict[str, Any]:
    """The shapes by name, among them the plan as ``--format json`` prints it."""
    _refs, found = msgspec.json.schema_components(_SHAPES, ref_template=_REF + "{name}")
    return {**found, "Problem": PROBLEM_SCHEMA}


_REF = "#/components/schemas/"


def takes(shape: type, example: dict[str, Any]) -> dict[str, Any]:
    """The body of an operation, for ninja's ``openapi_extra``."""
    schema = {"$ref": _REF + shape.__name__}
    return {"required": True, "content": {"application/json": {"schema": schema, **example}}}


def answers(says: str, schema: dict[str, Any], *refusals: int) -> dict[int, Any]:
    """The answers of an operation: the good one, and the refusals it knows."""
    good = {"description": says, "content": {"application/json": {"schema": schema}}}
    problem = {PROBLEM: {"schema": {"$ref": _REF + "Problem"}}}
    refused = {s: {"description": _REFUSALS[s], "content": problem} for s in refusals}
    return {200: good, **refused}


def shape(of: type) -> dict[str, Any]:
    """A reference to a shape."""
    return {"$ref": _REF + of.__name__}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Ninja's document with the shapes in it, and each parameter as it was described here."""
    for methods in document["paths"].values():
        for operation in methods.values():
            named = {(p["in"], p["name"]): p for p in operation.get("parameters", ())}
            operation["parameters"] = list(named.values())
    document["components"] = {"schemas": components()}
    document["info"]["version"] = __version__
    return document
