"""SMART launch: the record opens the planner with the facts filled in; nothing is stored.

What has to be remembered between the two steps (state, verifier, which record) is in a signed
cookie of ten minutes that only these two addresses get. The token is used once and dropped.
"""

from __future__ import annotations

import secrets

import httpx
import msgspec
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientError
from consilium.fhir.hooks.requests import HookRequest, Supply, gather
from consilium.fhir.smart import (
    LaunchError,
    Server,
    authorize_address,
    granted,
    is_safe,
    registered,
    server_of,
    token_form,
)
from consilium.intake.fhir import patient_from_fhir
from consilium.planning.known import understand
from consilium.planning.making import facts_shown
from consilium.web.editions import asking
from consilium.web.hooks.fetching import MOST_BYTES, Reader, http
from consilium.web.hooks.trust import address_of, trust
from consilium.web.planner.entering import said_of_case
from consilium.web.refusals import Refused

COOKIE = "consilium-launch"
_SECONDS = 600
_SECONDS_FOR_ALL = 30


@require_safe
def launch(request: HttpRequest) -> HttpResponse:
    """The first step: the browser is sent to the record system to be authorized."""
    iss, token = request.GET.get("iss", ""), request.GET.get("launch", "")
    try:
        one = registered(iss, trust().launchers)
        if not token:
            raise LaunchError("the record system sent no `launch`")
        with http() as client:
            server = _server(client, one.iss)
    except LaunchError as problem:
        raise Refused(403, str(problem)) from None
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    there = authorize_address(
        server, one, launch=token, state=state, verifier=verifier, back=_back(request)
    )
    response = HttpResponseRedirect(there)
    kept = signing.dumps({"state": state, "verifier": verifier, "iss": one.iss}, salt=COOKIE)
    response.set_cookie(
        COOKIE,
        kept,
        max_age=_SECONDS,
        path=reverse("hooks:launch"),
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """The second step: the facts of the patient, shown as after reading a file."""
    try:
        kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=_SECONDS)
    except signing.BadSignature:
        raise Refused(403, "The launch is too old, or was begun elsewhere.") from None
    if not secrets.compare_digest(kept["state"], request.GET.get("state", "")):
        raise Refused(403, "The answer belongs to another launch.")
    if "code" not in request.GET:
        raise Refused(403, "The record system did not allow it.")
    about = asking(request)
    try:
        one = registered(kept["iss"], trust().launchers)
        with http() as client:
            server = _server(client, one.iss)
            form = token_form(
                one, code=request.GET["code"], verifier=kept["verifier"], back=_back(request)
            )
            answer = _json(client.post(server.token, data=form))
            token, patient = granted(answer)
            resources, failed = _record(client, one.iss, token, patient)
        case = patient_from_fhir(
            resources, about.edition, "record", decision_date=Day(timezone.localdate().isoformat())
        )
    except (LaunchError, PatientError) as problem:
        raise Refused(422, str(problem)) from None
    except httpx.HTTPError:
        raise Refused(502, "The record system does not answer.") from None
    page = {
        "subject": "plan",
        "asking": about,
        "case": case,
        "failed": failed,
        "facts": facts_shown(understand(case, about.edition), about.edition),
        "kept": [
            (name, text)
            for name, texts in said_of_case(case, about.edition).items()
            for text in texts
        ],
    }
    response = render(request, "planner/import.html", page)
    response.delete_cookie(COOKIE, path=reverse("hooks:launch"))
    return response


def _back(request: HttpRequest) -> str:
    return address_of(request).removesuffix(request.path) + reverse("hooks:callback")


def _server(client: httpx.Client, iss: str) -> Server:
    if not is_safe(iss):
        raise LaunchError("the address of the record system is not encrypted")
    try:
        found = client.get(f"{iss.rstrip('/')}/.well-known/smart-configuration")
    except httpx.HTTPError:
        raise LaunchError("the record system does not answer") from None
    return server_of(_json(found))


def _json(answer: httpx.Response) -> object:
    if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
        return None
    try:
        return msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, RecursionError):
        return None


def _record(
    client: httpx.Client, iss: str, token: str, patient: str
) -> tuple[list[object], tuple[str, ...]]:
    supplied = gather(
        HookRequest("", patient, {}, {}), Reader(client, iss, token, _SECONDS_FOR_ALL)
    )
    failed = tuple(
        key for key, one in supplied.items() if one.supply in (Supply.FAILED, Supply.ABSENT)
    )
    return [body for one in supplied.values() for body in one.resources], failed
