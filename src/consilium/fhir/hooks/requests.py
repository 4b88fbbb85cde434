"""One request of a client, checked, and what came along with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

from consilium.errors import ConsiliumError
from consilium.fhir.hooks.services import PATIENT, PREFETCH, Service
from consilium.intake.decoding import Unreadable, decode

Body = Mapping[str, object]
Fetch = Callable[[str], object]
"""Asks the client's FHIR server for an address relative to its base, or for a page of a result.

Gives the resource; raises ``FetchError``.
"""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/=]{1,8000}")
_MOST_PAGES = 20


class FetchError(ConsiliumError):
    """A query that the client's server did not answer."""


class RequestError(ConsiliumError):
    """A request that cannot be answered, with the status that says so."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Supply(Enum):
    """How one query came along: four different things."""

    ANSWERED = "answered"
    EMPTY = "no data"
    FAILED = "failed"
    ABSENT = "not sent"


class Supplied(NamedTuple):
    """What is there of one query."""

    supply: Supply
    resources: tuple[object, ...] = ()
    cut_short: bool = False


class HookRequest(NamedTuple):
    """A request whose shape is right; ``server`` and ``token`` where more may be asked for."""

    instance: str
    patient: str
    context: Body
    prefetch: Body
    server: str = ""
    token: str = ""


def read_request(data: bytes, service: Service) -> HookRequest:
    """The request of one service.

    Raises ``RequestError`` (400) for a request that breaks the rules of the specification.
    """
    try:
        decoded = decode(data)
    except Unreadable as problem:
        raise RequestError(400, "structure", f"the request cannot be read: {problem}") from None
    body = decoded.values[0]
    if decoded.by_line or not isinstance(body, Mapping):
        raise RequestError(400, "structure", "the request is no JSON object")
    if body.get("hook") != service.hook:
        raise RequestError(
            400, "value", f"`hook` must be `{service.hook}`, the hook of this service"
        )
    instance = body.get("hookInstance")
    if not isinstance(instance, str) or not _UUID.fullmatch(instance):
        raise RequestError(400, "required", "`hookInstance` must be a UUID")
    context = body.get("context")
    if not isinstance(context, Mapping):
        raise RequestError(400, "required", "`context` must be an object")
    server, token = _authorized(body)
    for name in ("patientId", "userId"):
        if not isinstance(context.get(name), str) or not context[name]:
            raise RequestError(400, "required", f"`context.{name}` must be given")
    patient = str(context["patientId"]).removeprefix("Patient/")
    if not _ID.fullmatch(patient):
        raise RequestError(400, "value", "`context.patientId` is no id of FHIR")
    _check_scope(body, patient)
    _check_orders(context, service)
    prefetch = body.get("prefetch", {})
    if not isinstance(prefetch, Mapping):
        raise RequestError(400, "structure", "`prefetch` must be an object")
    return HookRequest(instance, patient, context, prefetch, server, token)


def _authorized(body: Body) -> tuple[str, str]:
    """The server and the token of a request; both empty where it gives none."""
    given = body.get("fhirAuthorization")
    if given is None:
        return "", ""
    if not isinstance(given, Mapping):
        raise RequestError(400, "structure", "`fhirAuthorization` must be an object")
    server, token = body.get("fhirServer"), given.get("access_token")
    if not isinstance(server, str) or not server.startswith(("http://", "https://")):
        raise RequestError(
            400, "required", "`fhirServer` must be given when `fhirAuthorization` is"
        )
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise RequestError(400, "required", "`fhirAuthorization.access_token` must be given")
    if str(given.get("token_type", "Bearer")).casefold() != "bearer":
        raise RequestError(400, "value", "`fhirAuthorization.token_type` must be Bearer")
    return server, token


def _check_scope(body: Body, patient: str) -> None:
    """A token that is for one patient must be for the one of the context."""
    given = body.get("fhirAuthorization")
    restricted = given.get("patient") if isinstance(given, Mapping) else None
    if restricted is not None and restricted != patient:
        raise RequestError(
            400, "value", "`fhirAuthorization.patient` is not the patient of the context"
        )


def _check_orders(context: Body, service: Service) -> None:
    if service.hook == "patient-view":
        return
    drafts = context.get("draftOrders")
    if not isinstance(drafts, Mapping) or drafts.get("resourceType") != "Bundle":
        raise RequestError(400, "required", "`context.draftOrders` must be a Bundle")
    if service.hook == "order-select":
        chosen = context.get("selections")
        if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
            raise RequestError(400, "required", "`context.selections` must be a list of references")


def gather(request: HookRequest, fetch: Fetch | None) -> dict[str, Supplied]:
    """What is there of each query: what was sent, and what had to be fetched.

    What was sent is used; a query that was not sent or failed is asked again where that is
    allowed. That one query came along says nothing of the others.
    """
    return {key: _one(key, request, fetch) for key in PREFETCH}


def _one(key: str, request: HookRequest, fetch: Fetch | None) -> Supplied:
    sent = _sent(request.prefetch, key, fetch)
    if sent.supply in (Supply.ANSWERED, Supply.EMPTY) or fetch is None:
        return sent
    try:
        found = fetch(PREFETCH[key].replace(PATIENT, request.patient))
    except FetchError:
        return sent
    return _sent({key: found}, key, fetch)


def _sent(prefetch: Body, key: str, fetch: Fetch | None) -> Supplied:
    if key not in prefetch:
        return Supplied(Supply.ABSENT)
    value = prefetch[key]
    if value is None:
        return Supplied(Supply.EMPTY)
    if not isinstance(value, Mapping) or not isinstance(value.get("resourceType"), str):
        return Supplied(Supply.FAILED)
    if value["resourceType"] == "OperationOutcome":
        return Supplied(Supply.FAILED)
    if value["resourceType"] != "Bundle":
        return Supplied(Supply.ANSWERED, (value,))
    pages: list[object] = [value]
    page: object = value
    while (following := _next(page)) and fetch is not None and len(pages) < _MOST_PAGES:
        try:
            page = fetch(following)
        except FetchError:
            break
        pages.append(page)
    cut_short = bool(_next(page))
    whole = [_without_outcomes(one) for one in pages if isinstance(one, Mapping)]
    return Supplied(Supply.ANSWERED, tuple(whole), cut_short)


def _next(page: object) -> str:
    links = page.get("link") if isinstance(page, Mapping) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("relation") == "next":
            address = link.get("url")
            return address if isinstance(address, str) else ""
    return ""


def _without_outcomes(page: Body) -> Body:
    """A search result without the notes of the server on the search itself."""
    entries = page.get("entry")
    if not isinstance(entries, list):
        return page
    kept = [
        entry
        for entry in entries
        if not (
            isinstance(entry, Mapping)
            and isinstance(entry.get("resource"), Mapping)
            and entry["resource"].get("resourceType") == "OperationOutcome"
        )
    ]
    return {**page, "entry": kept}
