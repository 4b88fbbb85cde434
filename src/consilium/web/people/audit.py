"""The audit: append-only, each entry chained to the one before, verified without trust.

Who changes or removes an entry breaks the chain from there on. Who cuts the
end off is found by comparing with an exported copy, or with the last seal
written down elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone

from consilium.web.people.models import AuditEntry, AuditHead

_FIELDS = ("number", "at", "actor", "act", "about", "details", "before")


class Verified(msgspec.Struct, frozen=True):
    """What the check of a chain found: how many entries, the last seal, and the first flaw."""

    entries: int
    seal: str
    flaw: str = ""


def note(actor: str, act: str, about: str = "", **details: Any) -> None:
    """Add an entry; within the transaction of what it tells of, or in its own."""
    with transaction.atomic():
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
        entry = AuditEntry(
            number=head.number + 1,
            at=timezone.now().isoformat(timespec="milliseconds"),
            actor=actor,
            act=act,
            about=about,
            details=details,
            before=head.seal,
        )
        entry.seal = seal_of({name: getattr(entry, name) for name in _FIELDS})
        entry.save(force_insert=True)
        head.number, head.seal = entry.number, entry.seal
        head.save()


def seal_of(fields: Mapping[str, Any]) -> str:
    """The hash of an entry, over all its fields and the hash of the one before."""
    said = json.dumps({name: fields[name] for name in _FIELDS}, sort_keys=True, ensure_ascii=False)
    return sha256(said.encode()).hexdigest()


def verify(entries: Iterable[Mapping[str, Any]], head: str | None = None) -> Verified:
    """Follow a chain from its start; ``head`` is the seal at which it must end."""
    before, number = "", 0
    for entry in entries:
        number += 1
        if entry["number"] != number:
            return Verified(number - 1, before, f"entry {number} is missing")
        if entry["before"] != before or entry["seal"] != seal_of(entry):
            return Verified(number - 1, before, f"entry {number} is not as it was written")
        before = entry["seal"]
    if head is not None and head != before:
        return Verified(number, before, f"the chain ends at entry {number} and did not then")
    return Verified(number, before)


def entries() -> list[dict[str, Any]]:
    """The whole chain, oldest first."""
    return list(AuditEntry.objects.order_by("number").values(*_FIELDS, "seal"))


def verify_here() -> Verified:
    """Whether the chain in the database is whole."""
    head = AuditHead.objects.filter(pk=1).first()
    return verify(entries(), head.seal if head else "")
