"""The answer object: the same whichever face the question came through."""

from __future__ import annotations

from typing import Literal

import msgspec

from consilium.asking.statements import Cited, Statement

ANSWER_SCHEMA = "consilium-answer/1"
Scope = Literal["activity", "all"]
Kind = Literal["answer", "plan", "computed", "not-in-sources", "declined"]
Verdict = Literal["", "yes", "no", "open", "not-said"]


class Said(msgspec.Struct, frozen=True):
    """One statement as it is shown: the sentence, who says it, and its sources."""

    id: str
    text: str
    kind: str
    citations: tuple[Cited, ...]
    who: str = ""
    since: str = ""
    regions: tuple[str, ...] = ()
    page: str = ""
    note: str = ""

    @classmethod
    def of(cls, statement: Statement) -> Said:
        """A statement of the store, word for word."""
        return cls(
            statement.id,
            statement.text,
            statement.kind,
            statement.citations,
            statement.who,
            statement.since,
            statement.regions,
            statement.page,
            statement.note,
        )


class Link(msgspec.Struct, frozen=True):
    """Where to go on: a face of this program and what to open there."""

    to: Literal["plan", "care", "compare", "evidence", "activity", "ask"]
    text: str
    target: str = ""


class Computed(msgspec.Struct, frozen=True):
    """What was worked out from statements: a date, a list, a verdict. ``uses`` are their ids."""

    text: str
    uses: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True):
    """What the stored sources say to a question, or why nothing is said.

    ``lead`` and ``missing`` are fixed words of this program and hold no
    clinical content; everything clinical is in ``statements``, each with its
    sources, or in ``computed``, which names the statements it rests on.
    ``related`` are the nearest facts where the thing asked for is not there.
    """

    schema: str
    question: str
    scope: Scope
    as_of: str
    edition: str
    kind: Kind
    reason: str = ""
    verdict: Verdict = ""
    lead: str = ""
    statements: tuple[Said, ...] = ()
    computed: tuple[Computed, ...] = ()
    agreement: str = ""
    missing: tuple[str, ...] = ()
    related: tuple[Said, ...] = ()
    understood: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    model: bool = False
    joining: tuple[str, ...] = ()
    """Joining words before each statement, where a model ordered them; they hold no fact."""
    meaning: bool = False
    """Whether nearness in meaning had a say in the order, beside words and names."""
    may_log: bool = True
    """False for a question that describes a patient or holds an identifier: never logged."""

    def text(self) -> str:
        """The whole answer as plain text."""
        lines = [self.lead] if self.lead else []
        if self.understood:
            lines.append("Understood: " + "; ".join(self.understood) + ".")
        lines += [c.text for c in self.computed]
        lines += [f"{s.text} [{_chip(s)}]" for s in self.statements]
        if self.agreement:
            lines.append(self.agreement)
        lines += list(self.missing)
        if self.related:
            lines.append("Nearest in the stored sources:")
            lines += [f"{s.text} [{_chip(s)}]" for s in self.related]
        lines += [f"→ {link.text}" for link in self.links]
        return "\n".join(lines)


def _chip(said: Said) -> str:
    cited = said.citations[0]
    more = f" +{len(said.citations) - 1}" if len(said.citations) > 1 else ""
    who = f"{said.who} · " if said.who else ""
    return f"{who}{cited.reference} · {cited.depth.replace('_', ' ')}{more}"


def chip(said: Said) -> str:
    """Who, where and how it was read, in a few words."""
    return _chip(said)
