"""What became of cards, kept without anything that points at a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from consilium.fhir.hooks.cards import OVERRIDES
from consilium.fhir.hooks.requests import RequestError
from consilium.intake.decoding import Unreadable, decode

_MOST = 100


class Feedback(msgspec.Struct, frozen=True):
    """One outcome: no card, patient, user or free text, and a day instead of a time."""

    service: str
    outcome: str
    reason: str = ""
    suggestions: int = 0
    on: str = ""


def read_feedback(service: str, data: bytes) -> tuple[Feedback, ...]:
    """The outcomes of a feedback call; one call may speak of several cards.

    Raises ``RequestError`` (400) for one that breaks the rules of the specification.
    """
    try:
        body = decode(data).values[0]
    except Unreadable as problem:
        raise RequestError(400, "structure", f"the feedback cannot be read: {problem}") from None
    listed = body.get("feedback") if isinstance(body, Mapping) else None
    if not isinstance(listed, list) or not listed or len(listed) > _MOST:
        raise RequestError(400, "required", f"`feedback` must be a list of 1 to {_MOST} outcomes")
    return tuple(_one(service, one) for one in listed)


def _one(service: str, said: object) -> Feedback:
    if not isinstance(said, Mapping) or not isinstance(said.get("card"), str) or not said["card"]:
        raise RequestError(400, "required", "each feedback must name its `card`")
    outcome = said.get("outcome")
    if outcome not in ("accepted", "overridden"):
        raise RequestError(400, "value", "`outcome` must be `accepted` or `overridden`")
    at = said.get("outcomeTimestamp")
    try:
        on = datetime.fromisoformat(str(at)).date().isoformat() if isinstance(at, str) else ""
    except ValueError:
        on = ""
    if not on:
        raise RequestError(400, "required", "`outcomeTimestamp` must be a time in ISO 8601")
    accepted = said.get("acceptedSuggestions", [])
    if outcome == "accepted" and not (isinstance(accepted, list) and accepted):
        raise RequestError(400, "required", "`acceptedSuggestions` must be a list when accepted")
    return Feedback(
        service,
        outcome,
        _reason(said.get("overrideReason")),
        len(accepted) if isinstance(accepted, list) else 0,
        on,
    )


def _reason(said: object) -> str:
    """The code of a reason that we offered; any other word could hold anything."""
    reason = said.get("reason") if isinstance(said, Mapping) else None
    code = reason.get("code") if isinstance(reason, Mapping) else None
    offered = {known for known, _ in OVERRIDES}
    return str(code) if code in offered else "other" if code else ""
