"""The operations. Stateless: no cookie is read, so no token is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from consilium.asking.answer import Answer
from consilium.care.sheet import Sheet
from consilium.care.statements import CareError
from consilium.comparing import Comparison, compare
from consilium.errors import ConsiliumError, nearest
from consilium.knowledge.records import Region
from consilium.planning import Plan, plan
from consilium.planning.advice import advised_courses
from consilium.planning.giving import care_of
from consilium.planning.naming import named
from consilium.planning.policies import courses_of, courses_of_trial, model_for
from consilium.report.outlook import OutlookSaid, outlook_said
from consilium.sequencing.scenario import scenario
from consilium.web.api.asked import (
    CareAsked,
    ComparisonAsked,
    PlanAsked,
    QuestionAsked,
    SimulationAsked,
    asked_of,
    case_of,
    day_of,
)
from consilium.web.api.schemas import RECORDS, answers, complete, shape, takes
from consilium.web.asking.asker import the_asker
from consilium.web.caching import kept
from consilium.web.editions import the_edition
from consilium.web.evidence.api import ChangesSaid, StatementSaid, changes, statement
from consilium.web.limits import COMPARISON, SIMULATION, spend
from consilium.web.refusals import Refused

_View = Callable[..., HttpResponse]
KINDS = tuple(RECORDS)
_OF_A_BODY = (400, 409, 413, 415, 422, 429, 500)
_EXAMPLE = {"subtype": "triple-negative", "setting": "advanced", "line": 1, "her2_ihc": "1+"}
_LIST = {
    "type": "object",
    "properties": {
        "kind": {"type": "string"},
        "edition": {"type": "string"},
        "ids": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["kind", "edition", "ids"],
}
_EDITIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "edition": {"type": "string"},
            "hash": {"type": "string"},
            "title": {"type": "string"},
            "date": {"type": "string"},
            "knowledge_until": {"type": "string"},
            "holds": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
        "required": ["edition", "hash", "title", "date", "knowledge_until", "holds"],
    },
}


class _Api(NinjaAPI):
    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        found = super().get_openapi_schema(**more)
        for operations in found["paths"].values():
            operations.pop("head", None)
        complete(found, the_edition())
        return found


def _reading(path: str, **told: Any) -> Callable[[_View], _View]:
    """An operation that reads: HEAD answers as GET does, without the body, and needs no words."""
    return api.api_operation(["GET", "HEAD"], path, **told)


api = _Api(
    title="consilium",
    version="1",
    description="What experts, labels, guidelines and trials say for one patient. Educational, "
    "for health professionals. Every refusal is a problem document (RFC 9457).",
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)


@api.post(
    "/plan",
    operation_id="plan",
    summary="Plan one patient",
    openapi_extra={
        "requestBody": takes(PlanAsked, {"example": {"patient": _EXAMPLE, "region": "US"}}),
        "responses": answers("The plan", shape(Plan), *_OF_A_BODY),
    },
)
def plan_patient(request: HttpRequest) -> HttpResponse:
    """The plan in the shape of `consilium plan --format json`; nothing is stored."""
    spend(request, 1)
    asked = asked_of(request, PlanAsked)
    edition = the_edition()
    for name in asked.care_for:
        _known(name, edition.regimens, "regimen", 422)
    case = case_of(asked.patient, edition)
    try:
        made = plan(
            case,
            edition,
            as_of=day_of(asked.as_of),
            region=asked.region,
            care_for=asked.care_for,
        )
    except ConsiliumError as problem:
        raise Refused(409, str(problem)) from None
    return _json(made)


@api.post(
    "/care",
    operation_id="care",
    summary="How to give one regimen",
    openapi_extra={
        "requestBody": takes(
            CareAsked, {"example": {"patient": _EXAMPLE, "regimen": "sacituzumab-govitecan"}}
        ),
        "responses": answers("The sheet", shape(Sheet), *_OF_A_BODY),
    },
)
def give_regimen(request: HttpRequest) -> HttpResponse:
    """Gates, doses, events and the calendar of one regimen; nothing is stored."""
    spend(request, 1)
    asked = asked_of(request, CareAsked)
    edition = the_edition()
    try:
        regimen = named(asked.regimen, edition)
    except CareError as problem:
        raise Refused(422, str(problem)) from None
    _known(regimen, edition.regimens, "regimen", 422)
    case = case_of(asked.patient, edition)
    try:
        sheet = care_of(regimen, case, edition, day_of(asked.as_of), asked.region, asked.options())
    except ConsiliumError as problem:
        raise Refused(409, str(problem)) from None
    return _json(sheet)


@api.post(
    "/ask",
    operation_id="ask",
    summary="Answer a question",
    openapi_extra={
        "requestBody": takes(
            QuestionAsked, {"example": {"question": "Was crossover allowed in ASCENT-03?"}}
        ),
        "responses": answers("The answer", shape(Answer), *_OF_A_BODY),
    },
)
def answer_question(request: HttpRequest) -> HttpResponse:
    """Cited statements, as `consilium ask --json` prints them; nothing is stored."""
    spend(request, 1)
    asked = asked_of(request, QuestionAsked)
    answer = the_asker().ask(
        asked.question,
        as_of=day_of(asked.as_of),
        scope=asked.scope,
        region=asked.region.value,
        history=asked.history,
    )
    return _json(answer)


@api.post(
    "/compare",
    operation_id="compare",
    summary="Set two therapies, trials or sequences side by side",
    openapi_extra={
        "requestBody": takes(
            ComparisonAsked, {"example": {"one": "SG", "other": "Dato-DXd", "as_of": "2026-11-20"}}
        ),
        "responses": answers("The comparison", shape(Comparison), *_OF_A_BODY),
    },
)
def compare_sides(request: HttpRequest) -> HttpResponse:
    """As `consilium compare --format json`; each endpoint says whether it may be compared."""
    spend(request, COMPARISON)
    asked = asked_of(request, ComparisonAsked)
    try:
        made = compare(the_edition(), asked.one, asked.other, as_of=day_of(asked.as_of))
    except ConsiliumError as problem:
        raise Refused(409, str(problem)) from None
    return _json(made)


@api.post(
    "/simulate",
    operation_id="simulate",
    summary="Follow sequences of treatment in a model",
    openapi_extra={
        "requestBody": takes(
            SimulationAsked,
            {"example": {"sequences": ["Dato-DXd then chemotherapy", "chemotherapy then SG"]}},
        ),
        "responses": answers("The outlook", shape(OutlookSaid), *_OF_A_BODY),
    },
)
def simulate_sequences(request: HttpRequest) -> HttpResponse:
    """As `consilium simulate --format json`: a model of stated assumptions, not evidence."""
    spend(request, SIMULATION)
    asked = asked_of(request, SimulationAsked)
    edition = the_edition()
    case = case_of(asked.advice.patient, edition) if asked.advice else None
    try:
        courses = courses_of(edition, asked.sequences)
        model = asked.model or model_for(edition, trial=asked.trial, case=case)
        if asked.trial:
            courses = (*courses_of_trial(edition, model, asked.trial), *courses)
        if asked.advice and case:
            advised = advised_courses(
                case,
                edition,
                model,
                asked.advice.follow or ("",),
                as_of=day_of(asked.advice.as_of),
                region=asked.advice.region,
                choose={int(line): words for line, words in asked.advice.choose.items()},
                then=asked.advice.then,
            )
            courses = (*advised, *courses)
        made = scenario(
            edition,
            model,
            courses,
            draws=asked.draws,
            seed=asked.seed,
            mean_until=asked.months,
            assume=asked.assume,
        )
    except ConsiliumError as problem:
        raise Refused(409, str(problem)) from None
    return _json(outlook_said(made))


@_reading(
    "/editions",
    operation_id="editions",
    summary="The edition that is served",
    openapi_extra={"responses": answers("The editions", _EDITIONS, 500)},
)
def editions(request: HttpRequest) -> HttpResponse:
    """Which knowledge answers here, with its hash."""
    edition = the_edition()
    info = edition.info
    said = {
        "edition": info.edition,
        "hash": edition.hash,
        "title": info.title,
        "date": str(info.date),
        "knowledge_until": str(info.knowledge_until),
        "holds": {kind: len(getattr(edition, kind)) for kind in KINDS},
    }
    return kept(request, (edition.hash,), lambda: _json([said]))


@_reading(
    "/evidence/{kind}",
    operation_id="evidence",
    summary="What is held of one kind",
    openapi_extra={
        "parameters": [
            {"in": "path", "name": "kind", "required": True, "schema": {"enum": list(KINDS)}}
        ],
        "responses": answers("The ids", _LIST, 404, 500),
    },
)
def evidence(request: HttpRequest, kind: str) -> HttpResponse:
    """The ids of all records of a kind."""
    edition = the_edition()
    records = _records(kind)
    said = {"kind": kind, "edition": edition.info.edition, "ids": list(records)}
    return kept(request, (edition.hash,), lambda: _json(said))


@_reading(
    "/evidence/{kind}/{name}",
    operation_id="record",
    summary="One record with its sources",
    openapi_extra={
        "parameters": [
            {"in": "path", "name": "kind", "required": True, "schema": {"enum": list(KINDS)}},
            {"in": "path", "name": "name", "required": True, "schema": {"type": "string"}},
        ],
        # what each kind holds is filled in by `complete`
        "responses": answers("The record", {}, 404, 500),
    },
)
def record(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """A record as the edition holds it."""
    records = _records(kind)
    _known(name, records, kind, 404)
    return kept(request, (the_edition().hash,), lambda: _json(records[name]))


_DAY = {"in": "query", "name": "as_of", "schema": {"type": "string", "format": "date"}}
_REGION = {"in": "query", "name": "region", "schema": {"enum": [r.value for r in Region]}}
_SINCE = {
    "in": "query",
    "name": "since",
    "required": True,
    "schema": {"type": "string", "format": "date"},
}


@_reading(
    "/statements/{name}",
    operation_id="statement",
    summary="One statement with its history",
    openapi_extra={
        "parameters": [
            {"in": "path", "name": "name", "required": True, "schema": {"type": "string"}},
            _DAY,
            _REGION,
        ],
        "responses": answers("The statement", shape(StatementSaid), 400, 404, 500),
    },
)
def one_statement(request: HttpRequest, name: str) -> HttpResponse:
    """What it says, whether it counts on the day, and what it replaces."""
    return statement(request, name)


@_reading(
    "/changes",
    operation_id="changes",
    summary="What changed between two days",
    openapi_extra={
        "parameters": [_SINCE, _DAY],
        "responses": answers("The changes", shape(ChangesSaid), 400, 500),
    },
)
def what_changed(request: HttpRequest) -> HttpResponse:
    """The statements that begin or end between two days."""
    return changes(request)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document."""
    return kept(request, (the_edition().hash,), lambda: _json(api.get_openapi_schema()))


@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """The operations on a page, made from the document itself; asks nobody for anything."""
    document = api.get_openapi_schema()
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "says": operation.get("description", ""),
            "answers": {
                status: one["description"] for status, one in operation["responses"].items()
            },
            "example": _example_of(operation),
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    page = {"operations": operations, "kinds": KINDS, "subject": "api"}
    return render(request, "api/documentation.html", page)


def _example_of(operation: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" not in body:
        return ""
    return msgspec.json.format(msgspec.json.encode(body["example"]), indent=2).decode()


def _records(kind: str) -> dict[str, Any]:
    if kind not in KINDS:
        raise Refused(404, f"There is no kind `{kind[:60]}`.{nearest(kind, KINDS)}")
    found: dict[str, Any] = getattr(the_edition(), kind)
    return found


def _known(name: str, known: dict[str, Any], what: str, status: int) -> None:
    if name not in known:
        raise Refused(status, f"No {what} is called `{name[:60]}`.{nearest(name, known)}")


def _json(value: object) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(value), content_type="application/json")
