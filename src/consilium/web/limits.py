"""Bounds on what a request may cost: its size, and how many from one address."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import wraps
from threading import Lock
from time import monotonic
from typing import TypeVar, cast

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from consilium.web.refusals import Refused, refusal

_View = TypeVar("_View", bound=Callable[..., HttpResponse])
_MOST_ADDRESSES = 10_000
_ENCODINGS = ("utf-8", "ascii")

# What an answer costs, in units of one plan.
COMPARISON = 5
SIMULATION = 100


class OnlyInMemory(MemoryFileUploadHandler):
    """Holds an upload in memory whatever its size: a patient is never written to disk.

    ``bound_requests`` has refused what is too large before it gets here.
    """

    def handle_raw_input(self, *args: object, **kwargs: object) -> None:
        self.activated = True


def bound_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a body larger than the site takes is refused before it is read.

    So is one in another encoding than UTF-8, which some names of encodings would let fail later.
    A form that holds NUL is refused too: nobody types it, and not every database keeps it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.encoding and codecs.lookup(request.encoding).name not in _ENCODINGS:
            request.encoding = "utf-8"
            return refusal(request, 400, _("Requests are read in UTF-8; this one names another."))
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdigit():
            return refusal(request, 400, _("The length of the request is no number."))
        if int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return refusal(request, 413)
        return get_response(request)

    def process_view(
        request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        # what is exempt reads its body itself, as JSON
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        said = (text for name, values in request.POST.lists() for text in (name, *values))
        if any("\0" in text for text in said):
            return refusal(request, 400, _("A field holds a character that cannot be written."))
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


class Bucket:
    """A token bucket for each address: ``rate`` a minute, as many at once."""

    def __init__(self, rate: int, clock: Callable[[], float] = monotonic) -> None:
        self.rate, self.clock = rate, clock
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def take(self, address: str, cost: float) -> bool:
        """Whether this address may spend ``cost`` now."""
        now = self.clock()
        with self._lock:
            left, last = self._left.pop(address, (float(self.rate), now))
            left = min(float(self.rate), left + (now - last) * self.rate / 60)
            allowed = left >= cost
            self._left[address] = (left - cost if allowed else left, now)
            while len(self._left) > _MOST_ADDRESSES:
                self._left.pop(next(iter(self._left)))
        return allowed


_bucket = Bucket(settings.RATE)


def costs(cost: float) -> Callable[[_View], _View]:
    """Decorate a view whose POST is expensive: ``cost`` in units of one plan."""

    def decorate(view: _View) -> _View:
        @wraps(view)
        def bounded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if request.method == "POST":
                spend(request, cost)
            return view(request, *args, **kwargs)

        return cast(_View, bounded)

    return decorate


def spend(request: HttpRequest, cost: float) -> None:
    """Take ``cost`` from what the asking address may spend. Raises ``Refused`` (429)."""
    if not _bucket.take(request.META.get("REMOTE_ADDR", ""), cost):
        raise Refused(429, "")
