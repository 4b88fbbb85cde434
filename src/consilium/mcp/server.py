"""The tools: plan, care, ask, evidence, compare. Each gives the library's own value, with sources,
and says beforehand of which shape.

The protocol is the official SDK's; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import GetJsonSchemaHandler, RootModel
from pydantic_core import CoreSchema

from consilium import __version__
from consilium.asking import Answer, Asker
from consilium.care.sheet import Sheet
from consilium.clinical.dates import Day
from consilium.comparing import Comparison
from consilium.errors import ConsiliumError, nearest
from consilium.intake import read_patient
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning import plan as make_plan
from consilium.planning.plan import Plan

_INSTRUCTIONS = (
    "What experts, labels, guidelines and trials say on HER2-negative metastatic breast cancer. "
    "Every statement carries its source; say nothing beyond them, and pass on what is missing. "
    "Educational, for health professionals. Send no names, dates of birth or numbers of patients."
)
_KINDS = ("drugs", "regimens", "trials", "results", "positions", "approvals", "care", "sources")


def _shaped(kind: type) -> type[RootModel[dict[str, Any]]]:
    """A result that tells assistants the JSON Schema of one of our values."""
    schema = msgspec.json.schema(kind)
    shape: dict[str, Any] = _written_out(schema, schema["$defs"])

    class Shaped(RootModel[dict[str, Any]]):
        @classmethod
        def __get_pydantic_json_schema__(
            cls, core: CoreSchema, handler: GetJsonSchemaHandler
        ) -> dict[str, Any]:
            return shape

    Shaped.__name__ = Shaped.__qualname__ = kind.__name__
    return Shaped


def _written_out(part: Any, known: dict[str, Any], deep: int = 0) -> Any:
    """A schema without references, to a depth that an assistant reads; below it anything goes."""
    if isinstance(part, list):
        return [_written_out(p, known, deep) for p in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        if deep == _DEEPEST:
            return {"type": "object"}
        return _written_out(known[part["$ref"].rpartition("/")[2]], known, deep + 1)
    return {k: _written_out(v, known, deep) for k, v in part.items() if k != "$defs"}


_DEEPEST = 2


def _giving(kind: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a tool with the shape of what it gives, for the SDK to announce and to check."""

    def marked(tool: Callable[..., Any]) -> Callable[..., Any]:
        tool.__annotations__["return"] = _shaped(kind)
        return tool

    return marked


def server(edition: Edition, asker: Asker | None = None) -> MCPServer[Any]:
    """A server over one edition; ``asker`` where its answers are not ranked as by default."""
    asker = asker or Asker(edition)
    made: MCPServer[Any] = MCPServer(
        "consilium", instructions=_INSTRUCTIONS, version=__version__, log_level="ERROR"
    )

    @made.tool(description="Answer a question from stored statements, each with its source.")
    @_giving(Answer)
    def ask(
        question: str,
        scope: str = "all",
        as_of: str = "",
        region: str = "US",
        history: list[str] | None = None,
    ) -> dict[str, Any]:
        return _plain(
            asker.ask(
                question,
                as_of=_day(as_of),
                scope="activity" if scope == "activity" else "all",
                region=region,
                history=tuple(history or ()),
            )
        )

    @made.tool(description="Plan one patient, as our JSON or FHIR R4: who says what, and why.")
    @_giving(Plan)
    def plan(patient: dict[str, Any], as_of: str = "", region: str = "US") -> dict[str, Any]:
        day = _day(as_of)
        try:
            case = read_patient(
                msgspec.json.encode(patient), edition, decision_date=Day(day.isoformat())
            )
            return _plain(make_plan(case, edition, as_of=day, region=_region(region)))
        except ConsiliumError as problem:
            raise ToolError(str(problem)) from None

    @made.tool(description="How to give one regimen to a patient safely, with gates and events.")
    @_giving(Sheet)
    def care(
        regimen: str, patient: dict[str, Any], as_of: str = "", region: str = "US"
    ) -> dict[str, Any]:
        from consilium.planning.giving import CareOptions, care_of  # noqa: PLC0415

        try:
            case = read_patient(msgspec.json.encode(patient), edition)
            return _plain(
                care_of(regimen, case, edition, _day(as_of), _region(region), CareOptions())
            )
        except ConsiliumError as problem:
            raise ToolError(str(problem)) from None

    @made.tool(description="One record of the edition, or the ids of a kind when no name is given.")
    def evidence(kind: str, name: str = "") -> dict[str, Any]:
        if kind not in _KINDS:
            raise ToolError(f"`{kind}` is no kind of record; one of {', '.join(_KINDS)}")
        records: dict[str, Any] = getattr(edition, kind)
        if not name:
            return {"kind": kind, "edition": edition.info.edition, "ids": list(records)}
        if name not in records:
            raise ToolError(f"there is no `{name}` among the {kind}.{nearest(name, records)}")
        return _plain(records[name])

    @made.tool(
        description="Two therapies or trials side by side, and whether they may be compared."
    )
    @_giving(Comparison)
    def compare(one: str, other: str, as_of: str = "") -> dict[str, Any]:
        from consilium.comparing import compare as weigh  # noqa: PLC0415

        try:
            return _plain(weigh(edition, one, other, as_of=_day(as_of)))
        except ConsiliumError as problem:
            raise ToolError(str(problem)) from None

    return made


def _plain(value: Any) -> dict[str, Any]:
    """A value as JSON has it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()  # the face reads the clock
    except ValueError:
        raise ToolError(f"`{text}` is no date; write 2026-01-12") from None


def _region(text: str) -> Region:
    try:
        return Region(text)
    except ValueError:
        raise ToolError(
            f"`{text}` is no region; one of {', '.join(r.value for r in Region)}"
        ) from None
