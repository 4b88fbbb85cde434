"""CDS Hooks on the wire: who is answered, from where, and with which status."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consilium.fhir.hooks.answering import Reply, Site, refusal, reply
from consilium.fhir.hooks.feedback import read_feedback
from consilium.fhir.hooks.requests import RequestError
from consilium.fhir.hooks.services import BY_ID, discovery
from consilium.fhir.hooks.tokens import Client
from consilium.web.editions import the_edition
from consilium.web.hooks.fetching import connecting, http
from consilium.web.hooks.models import CardFeedback
from consilium.web.hooks.trust import address_of, client_of, origin_allowed, trust
from consilium.web.limits import costs

_View = TypeVar("_View", bound=Callable[..., HttpResponse])
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


def _for_records(view: _View) -> _View:
    """Answers preflights, holds calls against the trust of the site, and lets origins read."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
        elif (who := client_of(request)) is None:
            response = _sent(refusal(401, "login", "no token of a client that this site trusts"))
            response.headers["WWW-Authenticate"] = "Bearer"
        else:
            response = view(request, *args, who=who, **kwargs)
        origin = request.headers.get("Origin", "")
        response.headers["Vary"] = "Origin"
        if origin_allowed(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            for name, value in _ALLOWED.items():
                response.headers[name] = value
        return response

    return cast(_View, guarded)


def _sent(said: Reply) -> HttpResponse:
    kind = "application/fhir+json" if "resourceType" in said.body else "application/json"
    return HttpResponse(json.dumps(said.body), content_type=kind, status=said.status)


@require_http_methods(["GET", "HEAD", "OPTIONS"])
@_for_records
def services(request: HttpRequest, who: Client) -> HttpResponse:
    """Which services there are."""
    return _sent(Reply(200, discovery()))


@require_http_methods(["POST", "OPTIONS"])
@_for_records
@costs(1)
def service(request: HttpRequest, name: str, who: Client) -> HttpResponse:
    """The cards of one service."""
    found = trust()
    here = address_of(request).removesuffix(request.path)
    launch = f"{here}{reverse('hooks:launch')}" if found.launchers else ""
    site = Site(
        the_edition(),
        timezone.localdate(),
        found.region,
        f"{here}{reverse('planner:plan')}",
        launch,
    )
    with ExitStack() as used:
        connect = connecting(who, lambda: used.enter_context(http()))
        return _sent(reply(name, request.body, site, connect))


@require_http_methods(["POST", "OPTIONS"])
@_for_records
def feedback(request: HttpRequest, name: str, who: Client) -> HttpResponse:
    """What became of cards; kept without identifiers."""
    if name not in BY_ID:
        return _sent(refusal(404, "not-found", "there is no such service"))
    try:
        told = read_feedback(name, request.body)
    except RequestError as problem:
        return _sent(refusal(problem.status, problem.code, str(problem)))
    CardFeedback.objects.bulk_create(
        CardFeedback(
            service=one.service,
            outcome=one.outcome,
            reason=one.reason,
            suggestions=min(one.suggestions, 1000),
            on=one.on,
        )
        for one in told
    )
    return HttpResponse("{}", content_type="application/json")
