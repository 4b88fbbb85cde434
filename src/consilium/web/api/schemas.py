"""The OpenAPI document: ninja knows the addresses, msgspec the shapes that the program prints."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec

from consilium import __version__
from consilium.asking.answer import Answer
from consilium.care.sheet import Sheet
from consilium.comparing import Comparison
from consilium.evidence.sources import Source
from consilium.evidence.trials import Harm, Result, Trial
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import GivingStatement
from consilium.knowledge.records import (
    Approval,
    CareRule,
    Drug,
    FactRecord,
    Position,
    Regimen,
    Speaker,
)
from consilium.planning.plan import Plan
from consilium.report.outlook import OutlookSaid
from consilium.web.api.asked import (
    CareAsked,
    ComparisonAsked,
    PlanAsked,
    QuestionAsked,
    SimulationAsked,
)
from consilium.web.api.patients import patient_shapes
from consilium.web.evidence.api import ChangesSaid, StatementSaid
from consilium.web.refusals import PROBLEM

RECORDS: dict[str, Any] = {
    "drugs": Drug,
    "regimens": Regimen,
    "trials": Trial,
    "results": Result,
    "harms": Harm,
    "positions": Position,
    "approvals": Approval,
    "care": CareRule,
    "giving": GivingStatement,
    "sources": Source,
    "speakers": Speaker,
    "facts": FactRecord,
}
"""What the evidence is made of, by the kind in its address."""

_SHAPES = (
    *(Plan, Sheet, Answer, Comparison, OutlookSaid),
    *(PlanAsked, CareAsked, QuestionAsked, ComparisonAsked, SimulationAsked),
    *(StatementSaid, ChangesSaid),
)
_REFUSALS = {
    400: "Not readable: no JSON, or a day or region that cannot be",
    404: "No such thing",
    405: "Not with this method",
    409: "In shape, but contradictory, or nothing that could be answered safely; it says what",
    413: "Larger than 5 MB",
    415: "Not JSON",
    422: "JSON of another shape than this document asks for; every problem is named",
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


def components(edition: Edition) -> dict[str, Any]:
    """The shapes by name, among them the plan as ``--format json`` prints it."""
    wanted = (*_SHAPES, *RECORDS.values())
    refs, found = msgspec.json.schema_components(wanted, ref_template=_REF + "{name}")
    found |= patient_shapes(edition, _REF)
    found["RegimenId"] = {"enum": list(edition.regimens)}
    for asked in ("PlanAsked", "CareAsked", "AdviceAsked"):
        found[asked]["properties"]["patient"] = {"$ref": _REF + "Patient"}
    found["PlanAsked"]["properties"]["care_for"]["items"] = {"$ref": _REF + "RegimenId"}
    found["CareAsked"]["properties"]["regimen"] = {"$ref": _REF + "RegimenId"}
    found |= {_record(kind): ref for kind, ref in zip(RECORDS, refs[len(_SHAPES) :], strict=True)}
    return {**found, "Problem": PROBLEM_SCHEMA}


def _record(kind: str) -> str:
    return f"Record.{kind}"


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


def complete(document: dict[str, Any], edition: Edition) -> None:
    """Put the shapes into ninja's document, and each parameter as it was described here.

    The address of a record stands there once for each kind, with what that kind holds.
    """
    paths: dict[str, Any] = {}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = {(p["in"], p["name"]): p for p in operation.get("parameters", ())}
            operation["parameters"] = list(named.values())
        paths |= (
            dict(_by_kind(path, methods)) if path.endswith("/{kind}/{name}") else {path: methods}
        )
    document["paths"] = paths
    document["components"] = {"schemas": components(edition)}
    document["info"]["version"] = __version__


def _by_kind(path: str, methods: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in RECORDS:
        of_kind = deepcopy(methods)
        operation = of_kind["get"]
        operation["operationId"] = f"record-{kind}"
        operation["summary"] = f"One record of {kind}, with its sources"
        operation["parameters"] = [p for p in operation["parameters"] if p["name"] != "kind"]
        operation["responses"] |= answers("The record", {"$ref": _REF + _record(kind)})
        yield path.replace("{kind}", kind), of_kind
