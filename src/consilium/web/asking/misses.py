"""Questions that found no answer, and answers that were reported, for the editorial desk.

The question alone is kept, with what could identify somebody taken out; a
question that describes a patient, or asks to be forgotten, is never kept.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from django.conf import settings

from consilium.asking.answer import Answer

_IDENTIFYING = re.compile(r"[\w.+-]+@[\w-]+\.\w+|\b\d{4,}\b|\b\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}\b")
_MOST_BYTES = 1_000_000
_lock = Lock()


def note_miss(answer: Answer) -> None:
    """Count an answer by its kind; keep a question that was not answered, unless it may not be."""
    _append("ask-kinds.jsonl", {"kind": answer.kind})
    missed = answer.kind == "not-in-sources" or answer.reason in ("unknown-name", "out-of-field")
    if missed and answer.may_log:
        _append("ask-misses.jsonl", _row(answer))


def note_flag(answer: Answer) -> bool:
    """Keep an answer that a reader reports as wrong; whether it was, or may not be."""
    if not settings.ASK_MISSES or not answer.may_log:
        return False
    _append("ask-flags.jsonl", _row(answer) | {"statements": [s.id for s in answer.statements]})
    return True


def top_misses(most: int) -> list[tuple[str, int]]:
    """The questions that were most often not answered, with how often; of the newest kept."""
    return Counter(row["question"] for row in _rows("ask-misses.jsonl")).most_common(most)


def flags(most: int) -> list[tuple[str, list[str]]]:
    """The answers that were reported: the question and the ids of what was said, newest first."""
    rows = _rows("ask-flags.jsonl")[-most:]
    return [(row["question"], row["statements"]) for row in reversed(rows)]


def answered() -> dict[str, int]:
    """How many of the newest answers were of each kind."""
    return dict(Counter(row["kind"] for row in _rows("ask-kinds.jsonl")))


def _row(answer: Answer) -> dict[str, Any]:
    question = _IDENTIFYING.sub("…", answer.question)[:300]
    return {"question": question, "kind": answer.kind, "scope": answer.scope}


def _append(name: str, row: dict[str, Any]) -> None:
    """One more row; a full file makes room by becoming the old one, of which one is kept."""
    if not settings.ASK_MISSES:
        return
    path = Path(settings.ASK_MISSES) / name
    with _lock:
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            path.replace(path.with_suffix(".old"))
        with path.open("ab") as file:
            file.write(msgspec.json.encode(row) + b"\n")


def _rows(name: str) -> list[dict[str, Any]]:
    if not settings.ASK_MISSES:
        return []
    path = Path(settings.ASK_MISSES) / name
    lines = [
        line
        for file in (path.with_suffix(".old"), path)
        if file.is_file()
        for line in file.read_bytes().splitlines()
    ]
    return [msgspec.json.decode(line) for line in lines if line.endswith(b"}")]
