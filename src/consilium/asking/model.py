"""An optional language model, off by default: it may choose and order statements, no more.

A face that is told to hands one over (`consilium.web.asking.endpoint`). It
sees the question and the candidate statements and returns their ids in order,
with at most a few joining words between them. Joining words that hold a name,
a number or anything else of substance, ids that were not offered, a late or an
endless answer: whatever is not just that is thrown away, and the answer stands
as it was made without a model.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

import msgspec

from consilium.asking.answer import Answer
from consilium.asking.names import Names
from consilium.asking.words import plain

MOST_BYTES = 20_000
_JOINING = frozenset(
    """and but also while however whereas moreover first then next finally in on the other hand by
    contrast for as to this that of with addition turn same time note both more""".split()
)
_PROMPT = (
    "Choose and order the statements that answer the question. Return JSON: "
    '{"order": [ids], "joining": ["" or at most 12 plain joining words before each]}. '
    "Use only ids that are given. Put no fact, name or number into the joining words."
)


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model may say: ids in order, and joining words before each of them."""

    order: tuple[str, ...]
    joining: tuple[str, ...] = ()


class Model(Protocol):
    """Anything that completes a chat; raises or returns text."""

    def complete(self, messages: list[dict[str, str]]) -> str:
        """The text of the answer."""


def arranged(answer: Answer, model: Model, names: Names) -> Answer:
    """The answer as a model orders it, or as it was where the model did not keep to the rules."""
    if answer.kind != "answer" or answer.verdict or len(answer.statements) < 2:
        return answer
    if not answer.may_log:
        return answer  # what describes a patient is sent nowhere
    offered = {s.id: s for s in answer.statements}
    try:
        text = model.complete(_messages(answer))
        chosen = msgspec.json.decode(text.encode()[:MOST_BYTES], type=Chosen)
    except Exception:
        return answer
    if not _allowed(chosen, offered, names):
        return answer
    kept = tuple(offered[name] for name in chosen.order)
    return msgspec.structs.replace(answer, statements=kept, joining=chosen.joining, model=True)


def _messages(answer: Answer) -> list[dict[str, str]]:
    offered: list[dict[str, Any]] = [{"id": s.id, "says": s.text} for s in answer.statements]
    asked = msgspec.json.encode({"question": answer.question, "statements": offered}).decode()
    return [{"role": "system", "content": _PROMPT}, {"role": "user", "content": asked}]


def _allowed(chosen: Chosen, offered: dict[str, Any], names: Names) -> bool:
    order = chosen.order
    if not order or len(set(order)) != len(order) or not set(order) <= offered.keys():
        return False
    return len(chosen.joining) <= len(order) and all(_joins(j, names) for j in chosen.joining)


def _joins(text: str, names: Names) -> bool:
    words = re.findall(r"[a-z]+", plain(text))
    return (
        len(words) <= 12
        and re.fullmatch(r"[a-zA-Z ,;:.]*", text) is not None
        and set(words) <= _JOINING
        and not names.named(text).entities
    )
