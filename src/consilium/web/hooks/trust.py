"""Whom the site answers: a file that the site writes, and without one only this machine.

``CONSILIUM_HOOKS`` names a JSON file: the clients that are trusted and their keys, the web
origins that may call from a browser, the record systems that may launch the planner and
those that may be asked for what a client did not send, and the region whose labels apply.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from threading import Lock
from time import monotonic, time

import httpx
import msgspec
from django.conf import settings
from django.http import HttpRequest

from consilium.fhir.hooks.tokens import Client, Replays, TokenError, caller
from consilium.fhir.smart import Registered, is_safe
from consilium.knowledge.records import Region

_log = logging.getLogger("consilium.web.hooks")
_KEYS_KEPT_SECONDS = 600
_MOST_KEY_BYTES = 100_000


class Trust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says; without a file nobody but this machine is answered."""

    clients: tuple[Client, ...] = ()
    origins: tuple[str, ...] = ()
    launchers: tuple[Registered, ...] = ()
    base: str = ""
    region: Region = Region.US


@cache
def trust() -> Trust:
    """What the site trusts, read once."""
    path = settings.HOOKS_FILE
    if not path:
        return Trust()
    return msgspec.json.decode(Path(path).read_bytes(), type=Trust)


_replays = Replays()
_lock = Lock()
_kept: dict[str, tuple[float, list[Mapping[str, object]]]] = {}


THIS_MACHINE = Client("this machine", "")


def client_of(request: HttpRequest) -> Client | None:
    """Who calls and is answered; why nobody is stands in the log, without what was sent."""
    found = trust()
    if not found.clients and _from_here(request):
        return THIS_MACHINE
    try:
        with _lock:
            return caller(
                request.headers.get("Authorization", ""),
                address_of(request),
                found.clients,
                now=time(),
                replays=_replays,
                keys_at=_keys_at,
            )
    except TokenError as problem:
        _log.warning("token refused", extra={"said": {"token": "refused", "why": str(problem)}})
        return None


def address_of(request: HttpRequest) -> str:
    """The address that was called, under the name that the site gives itself."""
    base = trust().base.rstrip("/")
    return f"{base}{request.path}" if base else request.build_absolute_uri(request.path)


def _from_here(request: HttpRequest) -> bool:
    """Whether a call comes from this machine, through no proxy."""
    forwarded = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
    if settings.HTTPS or any(name in request.headers for name in forwarded):
        return False
    host = request.get_host().rsplit(":", 1)[0].strip("[]")
    try:
        here = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
        return here and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def _keys_at(address: str) -> Sequence[Mapping[str, object]]:
    kept = _kept.get(address)
    if kept is not None and monotonic() - kept[0] < _KEYS_KEPT_SECONDS:
        return kept[1]
    if not is_safe(address):
        raise TokenError("the address of its keys is not encrypted")
    try:
        answer = httpx.get(address, timeout=3, follow_redirects=False)
        answer.raise_for_status()
        if len(answer.content) > _MOST_KEY_BYTES:
            raise TokenError("its keys are too many")
        listed = msgspec.json.decode(answer.content)["keys"]
        keys: list[Mapping[str, object]] = [key for key in listed if isinstance(key, dict)]
    except (httpx.HTTPError, msgspec.DecodeError, KeyError, TypeError):
        raise TokenError("its keys cannot be fetched") from None
    _kept[address] = (monotonic(), keys)
    return keys


def origin_allowed(origin: str) -> bool:
    """Whether a page of this origin may call from a browser."""
    return origin in trust().origins
