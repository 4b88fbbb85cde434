"""How answers are scored against the question set.

A question of kind `answer` asks for what is stored, `premise` rests on
something the sources contradict, `compute` wants a plan, dates, a gate or a
comparison: each is right when what is said holds every pattern of `needs` and
none of `forbids`. A `gap` is honest when the answer says that the scope does
not hold it. A `decline` is right when nothing is answered. Run
`python -m tests.ask.scoring [tuning|reporting]`.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from consilium.asking import Answer, Asker
from consilium.knowledge.edition import Edition

DAY = date(2026, 11, 20)
HERE = Path(__file__).parent
ASKED = ("answer", "premise", "compute")
"""Kinds of question that are to be answered."""
_LOOSE = re.IGNORECASE | re.DOTALL


def questions(part: str) -> list[dict[str, Any]]:
    """The questions of one part."""
    return yaml.safe_load((HERE / f"{part}.yaml").read_text(encoding="utf-8"))


def said(answer: Answer) -> str:
    """What an answer says of its own accord: leads and statements, not what is merely near."""
    return "\n".join(
        [answer.lead, *(c.text for c in answer.computed), *(s.text for s in answer.statements)]
    )


def right(row: dict[str, Any], answer: Answer) -> bool:
    """Whether an answer is right by its row."""
    if row["kind"] == "decline":
        return answer.kind == "declined"
    if row["kind"] == "gap":
        return answer.kind in ("not-in-sources", "declined") or "no figure" in said(answer)
    text = said(answer)
    if row["kind"] == "compute":  # what it would matter to know is part of a plan
        text = "\n".join([text, *answer.missing])
    return (
        answer.kind != "declined"
        and all(re.search(need, text, _LOOSE) for need in row.get("needs", ()))
        and not forbidden(row, answer)
    )


def forbidden(row: dict[str, Any], answer: Answer) -> bool:
    """Whether an answer says what must not be said."""
    return any(re.search(no, said(answer), _LOOSE) for no in row.get("forbids", ()))


def uncited(answer: Answer) -> int:
    """Statements that come without a source."""
    return sum(not s.citations for s in (*answer.statements, *answer.related))


def run(part: str, asker: Asker | None = None) -> dict[str, list[tuple[dict[str, Any], Answer]]]:
    """Every question of a part with its answer, by kind."""
    asker = asker or Asker(Edition.bundled())
    found: dict[str, list[tuple[dict[str, Any], Answer]]] = {}
    for row in questions(part):
        answer = asker.ask(
            row["q"], as_of=DAY, scope=row["scope"], history=tuple(row.get("after", ()))
        )
        found.setdefault(row["kind"], []).append((row, answer))
    return found


if __name__ == "__main__":
    for kind, rows in run(sys.argv[1] if len(sys.argv) > 1 else "tuning").items():
        wrong = [(row, answer) for row, answer in rows if not right(row, answer)]
        print(f"{kind}: {len(rows) - len(wrong)} of {len(rows)} right")
        for row, answer in wrong:
            print(f"  {row['id']} {row['q']}  needs {row.get('needs', '')}")
            print(f"     {answer.kind} {answer.reason} {said(answer)[:300]!r}")
