"""Whether what a CDS service says is what CDS Hooks 2.0 asks of it: discovery, cards, feedback.

Rules are those of the specification (CDS Hooks 2.0.1, HL7); each finding names its place.
``shall`` findings break a rule, ``should`` findings leave advice aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from consilium.intake.decoding import Unreadable, decode

_INDICATORS = ("info", "warning", "critical")
_LONGEST_SUMMARY = 140
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_ID = re.compile(r"[A-Za-z0-9\-._~]+")
_TOKENS = re.compile(r"\{\{.*?\}\}")
_CONTEXT = re.compile(
    r"\{\{\s*(?:context\.[A-Za-z.]+|userPractitionerId|userPractitionerRoleId|"
    r"userPatientId|userRelatedPersonId)\s*\}\}"
)

_OF_THE_NEXT = re.compile(r"today\(|%")
"""Tokens that version 3.0 puts to trial."""


class Broken(NamedTuple):
    """A rule that is broken, and where."""

    where: str
    says: str
    strength: str = "shall"


def check(data: bytes) -> list[Broken]:
    """Every rule that a document breaks: told apart by what it holds."""
    try:
        document = decode(data).values[0]
    except Unreadable as problem:
        return [Broken("document", str(problem))]
    if not isinstance(document, Mapping):
        return [Broken("document", "it is no JSON object")]
    found = list(_empties(document, ""))
    if "services" in document:
        return [*found, *_discovery(document)]
    if "feedback" in document:
        return [*found, *_feedback(document)]
    if "cards" in document or "systemActions" in document:
        return [*found, *_response(document)]
    return [*found, Broken("document", "it holds none of `services`, `cards` and `feedback`")]


def _empties(value: object, where: str) -> Iterator[Broken]:
    """Nulls and empty texts, lists and objects anywhere; only the outermost lists may be empty."""
    if value is None:
        yield Broken(where, "it is null; leave it out")
    elif value in ("", [], {}) and where not in ("cards", "services"):
        yield Broken(where or "document", "it is empty; leave it out")
    elif isinstance(value, Mapping):
        if "extension" in value and not isinstance(value["extension"], Mapping):
            yield Broken(f"{where}.extension".lstrip("."), "an object is required")
        for key, inner in value.items():
            if key != "resource":
                yield from _empties(inner, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _empties(inner, f"{where}[{place}]")


def _text(holder: Mapping[str, object], key: str, where: str) -> Iterator[Broken]:
    value = holder.get(key)
    if not isinstance(value, str) or not value.strip():
        yield Broken(f"{where}.{key}", "a text is required")


def _objects(value: object, where: str) -> Iterator[tuple[str, Mapping[str, object]] | Broken]:
    if not isinstance(value, list):
        yield Broken(where, "a list is required")
        return
    for place, one in enumerate(value):
        if isinstance(one, Mapping):
            yield f"{where}[{place}]", one
        else:
            yield Broken(f"{where}[{place}]", "an object is required")


def _discovery(document: Mapping[str, object]) -> Iterator[Broken]:
    seen: set[tuple[object, object]] = set()
    for found in _objects(document["services"], "services"):
        if isinstance(found, Broken):
            yield found
            continue
        where, service = found
        for key in ("hook", "description", "id"):
            yield from _text(service, key, where)
        identifier = service.get("id")
        if isinstance(identifier, str) and not _ID.fullmatch(identifier):
            yield Broken(f"{where}.id", "it is part of an address and needs no escaping there")
        if (service.get("hook"), identifier) in seen:
            yield Broken(where, "the same `id` is given twice for one hook")
        seen.add((service.get("hook"), identifier))
        if "title" not in service:
            yield Broken(f"{where}.title", "a short title is advised", "should")
        prefetch = service.get("prefetch", {})
        if not isinstance(prefetch, Mapping):
            yield Broken(f"{where}.prefetch", "an object is required")
            continue
        for key, query in prefetch.items():
            yield from _query(query, f"{where}.prefetch.{key}")


def _query(query: object, where: str) -> Iterator[Broken]:
    if not isinstance(query, str):
        yield Broken(where, "a text is required")
        return
    for token in _TOKENS.findall(query):
        if not _CONTEXT.fullmatch(token):
            strength = "should" if _OF_THE_NEXT.search(token) else "shall"
            yield Broken(where, f"`{token}` is no token that every client knows", strength)
    if query.startswith(("http://", "https://", "/")):
        yield Broken(where, "an address relative to the FHIR server is required")


def _response(document: Mapping[str, object]) -> Iterator[Broken]:
    if not isinstance(document.get("cards"), list):
        yield Broken("cards", "a list is required; empty when there is nothing to say")
    seen: set[object] = set()
    for found in _objects(document.get("cards", []), "cards"):
        if isinstance(found, Broken):
            yield found
            continue
        where, card = found
        yield from _card(card, where)
        if "uuid" in card:
            if card["uuid"] in seen:
                yield Broken(f"{where}.uuid", "two cards have the same")
            seen.add(card["uuid"])
    for found in _objects(document.get("systemActions", []), "systemActions"):
        if isinstance(found, Broken):
            yield found
        else:
            yield from _action(found[1], found[0])


def _card(card: Mapping[str, object], where: str) -> Iterator[Broken]:
    yield from _text(card, "summary", where)
    summary = card.get("summary")
    if isinstance(summary, str) and len(summary) >= _LONGEST_SUMMARY:
        yield Broken(f"{where}.summary", f"it has {len(summary)} characters; under 140 are allowed")
    if card.get("indicator") not in _INDICATORS:
        yield Broken(f"{where}.indicator", f"one of {', '.join(_INDICATORS)} is required")
    yield from _source(card.get("source"), f"{where}.source")
    if "uuid" in card and not (isinstance(card["uuid"], str) and _UUID.fullmatch(card["uuid"])):
        yield Broken(f"{where}.uuid", "a UUID is required")
    if "detail" in card and not isinstance(card["detail"], str):
        yield Broken(f"{where}.detail", "a text is required")
    yield from _suggestions(card, where)
    for found in _objects(card.get("overrideReasons", []), f"{where}.overrideReasons"):
        if isinstance(found, Broken):
            yield found
        else:
            yield from _text(found[1], "display", found[0])
            yield from _coding(found[1], found[0])
    for found in _objects(card.get("links", []), f"{where}.links"):
        if isinstance(found, Broken):
            yield found
        else:
            yield from _link(found[1], found[0])


def _source(source: object, where: str) -> Iterator[Broken]:
    if not isinstance(source, Mapping):
        yield Broken(where, "an object is required")
        return
    yield from _text(source, "label", where)
    for key in ("url", "icon"):
        if key in source and not _absolute(source[key]):
            yield Broken(f"{where}.{key}", "an absolute address is required")
    topic = source.get("topic")
    if topic is None:
        yield Broken(f"{where}.topic", "a topic lets a client sort cards", "should")
    elif not isinstance(topic, Mapping):
        yield Broken(f"{where}.topic", "a Coding is required")
    else:
        yield from _coding(topic, f"{where}.topic")


def _coding(coding: Mapping[str, object], where: str) -> Iterator[Broken]:
    for key in ("code", "system"):
        yield from _text(coding, key, where)
    if "display" in coding and not isinstance(coding["display"], str):
        yield Broken(f"{where}.display", "a text is required")


def _suggestions(card: Mapping[str, object], where: str) -> Iterator[Broken]:
    suggestions = card.get("suggestions", [])
    behaviour = card.get("selectionBehavior")
    if suggestions and behaviour not in ("at-most-one", "any"):
        yield Broken(f"{where}.selectionBehavior", "at-most-one or any is required")
    recommended = 0
    for found in _objects(suggestions, f"{where}.suggestions"):
        if isinstance(found, Broken):
            yield found
            continue
        place, suggestion = found
        yield from _text(suggestion, "label", place)
        if "uuid" in suggestion:
            yield from _text(suggestion, "uuid", place)
        recommended += suggestion.get("isRecommended") is True
        if "isRecommended" in suggestion and not isinstance(suggestion["isRecommended"], bool):
            yield Broken(f"{place}.isRecommended", "true or false is required")
        for action in _objects(suggestion.get("actions", []), f"{place}.actions"):
            if isinstance(action, Broken):
                yield action
            else:
                yield from _action(action[1], action[0])
    if behaviour == "at-most-one" and recommended > 1:
        yield Broken(f"{where}.suggestions", "of at most one, at most one may be recommended")


def _action(action: Mapping[str, object], where: str) -> Iterator[Broken]:
    kind = action.get("type")
    if kind not in ("create", "update", "delete"):
        yield Broken(f"{where}.type", "create, update or delete is required")
    yield from _text(action, "description", where)
    if kind in ("create", "update") and not isinstance(action.get("resource"), Mapping):
        yield Broken(f"{where}.resource", "a resource is required")
    elif "resource" in action and not isinstance(action["resource"], Mapping):
        yield Broken(f"{where}.resource", "it is a resource, never an id; that is `resourceId`")
    if kind == "delete" or "resourceId" in action:
        yield from _text(action, "resourceId", where)


def _link(link: Mapping[str, object], where: str) -> Iterator[Broken]:
    yield from _text(link, "label", where)
    if not _absolute(link.get("url")):
        yield Broken(f"{where}.url", "an absolute address is required")
    if link.get("type") not in ("absolute", "smart"):
        yield Broken(f"{where}.type", "absolute or smart is required")
    if "appContext" in link and link.get("type") != "smart":
        yield Broken(f"{where}.appContext", "only a smart link has one")
    if "appContext" in link:
        yield from _text(link, "appContext", where)
    if "autoLaunchable" in link:
        yield Broken(f"{where}.autoLaunchable", "it is spelt `autolaunchable`")


def _feedback(document: Mapping[str, object]) -> Iterator[Broken]:
    for found in _objects(document["feedback"], "feedback"):
        if isinstance(found, Broken):
            yield found
            continue
        where, said = found
        yield from _text(said, "card", where)
        yield from _text(said, "outcomeTimestamp", where)
        if said.get("outcome") not in ("accepted", "overridden"):
            yield Broken(f"{where}.outcome", "accepted or overridden is required")
        if said.get("outcome") == "accepted" and not said.get("acceptedSuggestions"):
            yield Broken(f"{where}.acceptedSuggestions", "what was accepted is required")


def _absolute(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def breaks(found: Sequence[Broken]) -> bool:
    """Whether a rule, and not only advice, is broken."""
    return any(one.strength == "shall" for one in found)
