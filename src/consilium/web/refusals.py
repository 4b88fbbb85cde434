"""Every refusal in words: a page for people, RFC 9457 problem details for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

API = "/api/"
PROBLEM = "application/problem+json"


class Refused(Exception):
    """A request that is not carried out, with its HTTP status and the reason in words."""

    def __init__(self, status: int, says: str, **more: object) -> None:
        super().__init__(says)
        self.status, self.says, self.more = status, says, more


def refusal(request: HttpRequest, status: int, says: str = "", **more: object) -> HttpResponse:
    """The answer to a request that is refused; ``more`` are members of the problem details."""
    says = says or _words(status)
    if f"{request.path}/".startswith(API):
        return problem(status, says, **more)
    shown = {"status": status, "title": _title(status), "says": says}
    return render(request, "error.html", shown, status=status)


def problem(status: int, says: str, **more: object) -> HttpResponse:
    """Problem details as RFC 9457 has them."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return HttpResponse(
        json.dumps({**body, "detail": says, **more}), content_type=PROBLEM, status=status
    )


def explain_refusals(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a refusal that came without words gets them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code >= 400 and _wordless(request, response):
            worded = refusal(request, response.status_code)
            for name in ("Allow", "Retry-After"):
                if name in response.headers:
                    worded.headers[name] = response.headers[name]
            return worded
        return response

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            return refusal(request, exception.status, exception.says, **exception.more)
        return None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def _wordless(request: HttpRequest, response: HttpResponse) -> bool:
    if response.streaming:
        return False
    if f"{request.path}/".startswith(API):
        return response.headers.get("Content-Type") != PROBLEM
    return not response.content


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of 400."""
    if isinstance(exception, RequestDataTooBig):
        return refusal(request, 413)
    if isinstance(exception, SuspiciousOperation):
        return refusal(request, 400, _("The request is malformed, or asks under another name."))
    return refusal(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of 403."""
    return refusal(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of 404."""
    return refusal(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler of 500."""
    return refusal(request, 500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form whose token is missing or old."""
    return refusal(
        request,
        403,
        _("The form was open too long, or cookies are off. Go back, reload it and send it again."),
    )


def _title(status: int) -> str:
    return {
        403: _("Not allowed"),
        404: _("There is no such page"),
        405: _("Not possible here"),
        413: _("Too large"),
        422: _("Not understood"),
        429: _("Too many requests"),
        500: _("A defect of ours"),
    }.get(status, _("Not understood"))


def _words(status: int) -> str:
    return {
        403: _("You may not do this."),
        404: _("The address leads nowhere. It may have been mistyped."),
        405: _("This address does not take that kind of request."),
        413: _("What was sent is larger than this page takes: 5 MB for a patient record."),
        415: _("This address takes JSON only: send Content-Type: application/json."),
        429: _("Too many requests from this address; wait a minute and try again."),
        500: _("The program failed. Nothing was stored; the failure was logged without your data."),
    }.get(status, _("The request could not be understood."))
