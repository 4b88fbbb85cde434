"""Sending xAPI statements to a learning record store: by command only, of those who allow it.

No page waits for a store. A statement is sent under the id it was kept with, so
that what is sent twice counts once there; one that was tried ``MOST_TRIES``
times, or refused, is not tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from django.db.models import F
from django.utils import timezone

from consilium.errors import ConsiliumError
from consilium.web.activity.models import LearningStatement, Permission
from consilium.web.activity.permissions import standing
from consilium.web.people import audit

MOST_TRIES, AT_ONCE = 10, 50
_WAITS = (1.0, 4.0)
"""Seconds before a second and a third try within one run."""


class StoreError(ConsiliumError):
    """A learning record store that cannot be used as it is set."""


class Store(msgspec.Struct, frozen=True):
    """A learning record store: its address, a key as `user:password`, the patience in seconds."""

    url: str
    key: str = ""
    seconds: float = 10.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.hostname or parts.scheme not in ("http", "https"):
            raise StoreError(f"`{self.url}` is no address of a store; set CONSILIUM_LRS_URL")
        if parts.scheme == "http" and not local:
            raise StoreError(f"`{self.url}` would send statements in the clear; use https")

    def send(self, statements: list[dict[str, Any]]) -> int | None:
        """The status of the answer; nothing when none came in time. What it says is not read."""
        # a thread of its own, since a caller may be inside an event loop
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(self._send(statements))).result()

    async def _send(self, statements: list[dict[str, Any]]) -> int | None:
        user, _, password = self.key.partition(":")
        try:
            # one bound for all of it: a store that drips must not hold the command
            async with (
                asyncio.timeout(self.seconds),
                httpx.AsyncClient(
                    auth=(user, password) if self.key else None,
                    timeout=self.seconds,
                    follow_redirects=False,
                ) as client,
                client.stream(
                    "POST",
                    f"{self.url.rstrip('/')}/statements",
                    json=statements,
                    headers={"X-Experience-API-Version": "1.0.3"},
                ) as answer,
            ):
                return answer.status_code
        except (httpx.HTTPError, TimeoutError):
            return None


class Pushed(msgspec.Struct, frozen=True):
    """How a run ended: statements taken by the store, refused by it, and left for another run."""

    taken: int
    refused: int
    left: int


def push(store: Store, wait: Callable[[float], None] = sleep) -> Pushed:
    """Send what is new of those who allow it. Raises ``StoreError`` when the key is refused."""
    taken = refused = 0
    for batch in _batches():
        status = _try(store, batch, wait)
        if status in (401, 403):
            raise StoreError(f"the store refuses the key ({status}); set CONSILIUM_LRS_KEY")
        if _took(status):
            taken += _mark(batch)
        elif _again(status):
            break  # the store is not well: the rest waits for another run
        else:
            # one bad statement must not hold back the others
            for each in batch:
                alone = _try(store, [each], wait)
                if _took(alone) or alone == 409:  # it has this one already
                    taken += _mark([each])
                elif not _again(alone):
                    refused += 1
                    LearningStatement.objects.filter(pk=each.pk).update(tries=MOST_TRIES)
    if taken or refused:
        audit.note("consilium push", "statements pushed", store.url, taken=taken, refused=refused)
    return Pushed(taken, refused, sum(len(batch) for batch in _batches()))


def _batches() -> Iterator[list[LearningStatement]]:
    """Statements to be sent, in their order: only those made since their learner allowed it."""
    since = {who: each.at for who, each in standing(Permission.What.STORE).items()}
    waiting = LearningStatement.objects.filter(
        pushed__isnull=True, tries__lt=MOST_TRIES, learner_id__in=list(since)
    )
    allowed = [each for each in waiting.order_by("pk") if each.at >= since[each.learner_id]]
    for start in range(0, len(allowed), AT_ONCE):
        yield allowed[start : start + AT_ONCE]


def _try(store: Store, batch: list[LearningStatement], wait: Callable[[float], None]) -> int | None:
    """Send a batch, and once or twice again when the store is not well; the last status."""
    rows = LearningStatement.objects.filter(pk__in=[each.pk for each in batch])
    for pause in (*_WAITS, None):
        rows.update(tries=F("tries") + 1)
        status = store.send([each.statement for each in batch])
        if not _again(status) or pause is None:
            return status
        wait(pause)
    return None


def _took(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _again(status: int | None) -> bool:
    return status is None or status >= 500 or status in (408, 425, 429)


def _mark(batch: list[LearningStatement]) -> int:
    rows = LearningStatement.objects.filter(pk__in=[each.pk for each in batch])
    return rows.update(pushed=timezone.now())
