"""Bytes from anywhere as JSON values, or a sentence about what is wrong with them."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from math import isinf
from typing import NamedTuple, NoReturn

import orjson

from consilium.clinical.patient import PatientError

LARGEST_INPUT = 20_000_000
DEEPEST_NESTING = 100

_NESTED = (dict, list)
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"\\'))
BOM = b"\xef\xbb\xbf"


class Unreadable(PatientError):
    """Bytes that are no JSON, or JSON that says something twice or without end."""


class BrokenLine(NamedTuple):
    """A line of an NDJSON file that could not be read."""

    number: int
    why: str


class Decoded(NamedTuple):
    """The values of an input: one, or one for each good line of an NDJSON file."""

    values: tuple[object, ...]
    broken: tuple[BrokenLine, ...] = ()
    by_line: bool = False


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without looking for garbage for a while: what is built from a record is all in use."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def decode(data: bytes) -> Decoded:
    """The JSON value, or the lines of an NDJSON file whose first line is a FHIR resource.

    Raises ``Unreadable``. A broken line costs one entry, not the file.
    """
    if len(data) > LARGEST_INPUT:
        raise Unreadable(
            f"it is larger than {LARGEST_INPUT // 1_000_000} MB; "
            "export one patient, without documents and images"
        )
    text = data.removeprefix(BOM)
    if not text.strip():
        raise Unreadable("it is empty; a patient in our JSON or in FHIR R4 was expected")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Unreadable(
            f"it is not UTF-8 from byte {problem.start} on; save it as UTF-8"
        ) from None
    try:
        return Decoded((_value(text),))
    except Unreadable:
        lines = _lines(text)
        if lines is None:
            raise
        return lines


def _lines(text: bytes) -> Decoded | None:
    numbered = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(numbered) < 2:
        return None
    values: list[object] = []
    broken: list[BrokenLine] = []
    for number, line in numbered:
        try:
            value = _value(line)
        except Unreadable as problem:
            broken.append(BrokenLine(number, str(problem)))
        else:
            if isinstance(value, dict) and "resourceType" in value:
                values.append(value)
            else:
                broken.append(BrokenLine(number, "it is no FHIR resource"))
        if not values:
            return None
    return Decoded(tuple(values), tuple(broken), by_line=True)


def _value(text: bytes) -> object:
    # The fast parser refuses what JSON does not allow (NaN, lone surrogates, trailing text);
    # the second one sees keys that are given twice, and runs only once the depth is known.
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        if "recursion" in str(problem):
            _too_deep()
        raise Unreadable(
            f"it is not JSON: {problem.msg} (line {problem.lineno}, column {problem.colno})"
        ) from None
    _check_depth(text, value)
    # Without a backslash every text stands as it is, so a key that got lost leaves a colon over.
    if b"\\" not in text and text.count(b":") == orjson.dumps(value).count(b":"):
        return value
    try:
        return json.loads(text, object_pairs_hook=_mapping, parse_float=_finite)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"it is not JSON: {problem}") from None


def _check_depth(text: bytes, value: object) -> None:
    if _is_shallow(text) or not isinstance(value, dict | list):
        return
    level: list[dict[str, object] | list[object]] = [value]
    for _ in range(DEEPEST_NESTING):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if isinstance(inner, _NESTED)
        ]
        if not level:
            return
    _too_deep()


def _is_shallow(text: bytes) -> bool:
    """Whether the brackets alone show that no value is nested too deep."""
    brackets = text.translate(None, _NO_BRACKETS)
    if b"\\" in brackets:
        return False
    # a text with a bracket inside keeps its quotes
    brackets = brackets.replace(b'""', b"")
    for _ in range(DEEPEST_NESTING):
        if not brackets:
            return True
        inner = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(inner) == len(brackets):
            return False
        brackets = inner
    return False


def _too_deep() -> NoReturn:
    raise Unreadable(f"it is nested deeper than {DEEPEST_NESTING} levels; no patient is")


def _mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable(f"the key `{key[:60]}` is given twice in one place; keep one")
        found[key] = value
    return found


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise Unreadable(
            f"the number `{text[:60]}` has no end; write a number that can be measured"
        )
    return number
