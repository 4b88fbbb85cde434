"""What the site asks of a record system by itself: within bounds, and of listed servers only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from urllib.parse import urlsplit

import httpx
import msgspec

from consilium.fhir.hooks.requests import Fetch, FetchError, HookRequest
from consilium.fhir.hooks.tokens import Client
from consilium.fhir.smart import is_safe

_log = logging.getLogger("consilium.web.hooks")

SECONDS_FOR_ONE = 3
SECONDS_FOR_ALL = 8
MOST_BYTES_OF_ONE = 5_000_000
MOST_BYTES = 20_000_000


def http() -> httpx.Client:
    """What speaks to record systems."""
    return httpx.Client(timeout=SECONDS_FOR_ONE, follow_redirects=False)


class Reader:
    """Reads one patient from one server with one token, until its time or its bytes are used up."""

    def __init__(
        self, client: httpx.Client, base: str, token: str, seconds: float = SECONDS_FOR_ALL
    ) -> None:
        self.client, self.base, self.token = client, base.rstrip("/"), token
        self._until = monotonic() + seconds
        self._bytes_left = MOST_BYTES

    def __call__(self, query: str) -> object:
        """The answer to a query relative to the base, or the page at an address below it.

        Raises ``FetchError``.
        """
        is_page = query.startswith(("http://", "https://"))
        address = query if is_page else f"{self.base}/{query}"
        if not self._is_below(address):
            raise FetchError("a page at another server")
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/fhir+json"}
        try:
            with self.client.stream("GET", address, headers=headers) as answer:
                if answer.status_code != 200:
                    raise FetchError(f"status {answer.status_code}")
                found = msgspec.json.decode(self._read(answer))
        except (httpx.HTTPError, httpx.InvalidURL):
            raise FetchError("no answer") from None
        except (msgspec.DecodeError, RecursionError):
            raise FetchError("no JSON") from None
        if not isinstance(found, dict):
            raise FetchError("no resource")
        return found

    def _is_below(self, address: str) -> bool:
        there, base = urlsplit(address), urlsplit(self.base)
        below = there.path == base.path or there.path.startswith(f"{base.path}/")
        return there[:2] == base[:2] and below and ".." not in there.path

    def _read(self, answer: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in answer.iter_bytes():
            size += len(part)
            self._bytes_left -= len(part)
            if size > MOST_BYTES_OF_ONE or self._bytes_left < 0:
                raise FetchError("too much")
            if monotonic() > self._until:
                raise FetchError("too slow")
            parts.append(part)
        return b"".join(parts)


def connecting(
    who: Client, client: Callable[[], httpx.Client]
) -> Callable[[HookRequest], Fetch | None]:
    """How to ask the server that a request names; not at all where the site has not listed it."""

    def connect(request: HookRequest) -> Fetch | None:
        if not request.server:
            return None
        listed = {one.rstrip("/") for one in who.servers}
        if request.server.rstrip("/") not in listed or not is_safe(request.server):
            why = "the server of the request is not on the list of this client"
            _log.warning("fetch refused", extra={"said": {"fetch": "refused", "why": why}})
            return None
        return Reader(client(), request.server, request.token)

    return connect
