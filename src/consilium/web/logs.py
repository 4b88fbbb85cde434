"""Structured logs: one JSON object a line, without a patient, a query or a path that was typed."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from django.http import HttpRequest, HttpResponse

_log = logging.getLogger("consilium.web")


class AsJson(logging.Formatter):
    """One record as JSON. Of an exception its type and places, not its words: they may quote."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        said: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        more = getattr(record, "said", None)
        if more is not None:
            said |= more
        elif record.exc_info is None and record.name.split(".")[0] != "django":
            said["message"] = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            said["exception"] = record.exc_info[0].__qualname__
            said["places"] = [
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(said)


def log_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: method, route, status and time of each request, and nothing of what it asked."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        response = get_response(request)
        match = request.resolver_match
        milliseconds = round((perf_counter() - started) * 1000, 1)
        response.headers["Server-Timing"] = f"app;dur={milliseconds}"
        _log.info(
            "request",
            extra={
                "said": {
                    "method": request.method,
                    "route": f"/{match.route}" if match else "",
                    "status": response.status_code,
                    "milliseconds": milliseconds,
                }
            },
        )
        return response

    return middleware
