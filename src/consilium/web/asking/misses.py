"""Questions that found no answer, for the editorial desk.

The question alone is kept, with what could identify somebody taken out; a
question that describes a patient, or asks to be forgotten, is never kept.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from threading import Lock

import msgspec
from django.conf import settings

from consilium.asking.answer import Answer

_IDENTIFYING = re.compile(r"[\w.+-]+@[\w-]+\.\w+|\b\d{4,}\b|\b\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}\b")
_MOST_BYTES = 1_000_000
_lock = Lock()


def note_miss(answer: Answer) -> None:
    """Keep a question that was not answered, unless it may not be."""
    folder = getattr(settings, "ASK_MISSES", "")
    missed = answer.kind == "not-in-sources" or answer.reason in ("unknown-name", "out-of-field")
    if not folder or not missed or not answer.may_log:
        return
    question = _IDENTIFYING.sub("…", answer.question)[:300]
    row = {"question": question, "kind": answer.kind, "scope": answer.scope}
    path = Path(folder) / "ask-misses.jsonl"
    with _lock:
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            return
        with path.open("ab") as file:
            file.write(msgspec.json.encode(row) + b"\n")


def top_misses(most: int) -> list[tuple[str, int]]:
    """The questions that were most often not answered, with how often; of the newest kept."""
    path = Path(settings.ASK_MISSES) / "ask-misses.jsonl"
    if not settings.ASK_MISSES or not path.is_file():
        return []
    rows = path.read_bytes()[-_MOST_BYTES:].splitlines()
    asked = (msgspec.json.decode(row)["question"] for row in rows if row.startswith(b"{"))
    return Counter(asked).most_common(most)
