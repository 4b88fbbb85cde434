"""The statements of an edition, found by what they are about and by their words.

Full text is SQLite's FTS5 in memory. A rebuild after an edit of the edition
touches only the rows that changed.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from math import log
from typing import Protocol

import msgspec

from consilium.asking.statements import Statement
from consilium.asking.words import TOPICS, content, facets_among, plain


class TextSearch(Protocol):
    """Full text behind one interface: SQLite here, PostgreSQL where a site runs on it."""

    def update(self, statements: Iterable[Statement]) -> tuple[int, int]:
        """Take a new set of statements; returns how many rows were written and removed."""

    def find(self, words: Sequence[str], most: int) -> list[tuple[str, float]]:
        """Ids of the statements nearest to some words, with a score, best first."""


class Fts5:
    """Full text in SQLite, in memory; written when it is first looked into."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}
        self._rows: dict[str, str | None] = {}
        """What is still to be written: text by id, nothing for a row to go."""
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        self._base.execute("CREATE VIRTUAL TABLE said USING fts5(id UNINDEXED, words)")

    def update(self, statements: Iterable[Statement]) -> tuple[int, int]:
        """Take a new set of statements; returns how many rows are written and removed."""
        wanted = {s.id: _searched(s) for s in statements}
        with self._lock:
            changed = {i: text for i, text in wanted.items() if self._held.get(i) != hash(text)}
            gone = [i for i in self._held if i not in wanted]
            self._rows |= {**changed, **dict.fromkeys(gone)}
            self._held = {i: hash(text) for i, text in wanted.items()}
        return len(changed), len(gone)

    def _write(self) -> None:
        at = dict(self._base.execute("SELECT id, rowid FROM said").fetchall())
        old = [(at[i],) for i in self._rows if i in at]
        self._base.executemany("DELETE FROM said WHERE rowid=?", old)
        self._base.executemany(
            "INSERT INTO said VALUES (?, ?)",
            [(i, " ".join(content(text))) for i, text in self._rows.items() if text is not None],
        )
        self._rows = {}

    def find(self, words: Sequence[str], most: int) -> list[tuple[str, float]]:
        """Ids of the statements nearest to some words by BM25, best first."""
        asked = [re.sub(r"\W", "", w) for w in dict.fromkeys(words)]
        query = " OR ".join(f'"{w}"' for w in asked if w)
        if not query:
            return []
        with self._lock:
            if self._rows:
                self._write()
            rows = self._base.execute(
                "SELECT id, -bm25(said) FROM said WHERE said MATCH ? ORDER BY bm25(said) LIMIT ?",
                (query, most),
            ).fetchall()
        return [(str(name), float(score)) for name, score in rows]


def _searched(statement: Statement) -> str:
    """What a statement is found by: its text, its own name and the names of its sources."""
    return f"{statement.text} {statement.also} {statement.id.replace('/', ' ')}"


class Held(msgspec.Struct, frozen=True, array_like=True):
    """What is worked out once of a statement."""

    searched: str
    words: frozenset[str]
    group: frozenset[str]
    own: frozenset[str]
    topics: frozenset[str]


def _held(statement: Statement, searched: str) -> Held:
    return Held(
        searched,
        frozenset(content(searched)),
        frozenset(content(statement.group)),
        frozenset(content(statement.text)),
        facets_among(statement.text, TOPICS),
    )


def searched_words(statement: Statement) -> tuple[str, ...]:
    """The stems that a statement is found by, in their order, as full text splits them."""
    return tuple(re.findall(r"[^\W_]+", " ".join(content(_searched(statement)))))


class Index:
    """Statements by id, by entity and by facet, with their full text."""

    def __init__(
        self,
        statements: Iterable[Statement],
        text: TextSearch | None = None,
        held: dict[str, Held] | None = None,
    ) -> None:
        """``held`` is what was worked out of the same statements before."""
        self.text = text or Fts5()
        self.held: dict[str, Held] = held or {}
        self.update(statements)

    def update(self, statements: Iterable[Statement]) -> tuple[int, int]:
        """Take another set of statements; only what changed is indexed again."""
        self.by_id = {s.id: s for s in statements}
        self.by_entity: dict[str, list[str]] = {}
        self.by_facet: dict[str, list[str]] = {}
        for s in self.by_id.values():
            for entity in s.about:
                self.by_entity.setdefault(entity, []).append(s.id)
            for facet in s.facets:
                self.by_facet.setdefault(facet, []).append(s.id)
        before = self.held
        self.held = {}
        for s in self.by_id.values():
            searched = _searched(s)
            known = before.get(s.id)
            self.held[s.id] = (
                known if known is not None and known.searched == searched else _held(s, searched)
            )
        often = Counter(w for held_words in self.held.values() for w in held_words.words)
        self.vocabulary = frozenset(often)
        self._rare = {w: log(len(self.held) / n) + 0.1 for w, n in often.items()}
        return self.text.update(self.by_id.values())

    def words(self, name: str) -> frozenset[str]:
        """The stems by which a statement may be found."""
        return self.held[name].words

    def group(self, name: str) -> frozenset[str]:
        """The stems of the group of patients that a statement holds for."""
        return self.held[name].group

    def own(self, name: str) -> frozenset[str]:
        """The stems of the text of a statement alone."""
        return self.held[name].own

    def topics(self, name: str) -> frozenset[str]:
        """Those of the subjects that count as told only where the words tell of them."""
        return self.held[name].topics

    def weight(self, word: str) -> float:
        """How much a word tells: the rarer in the store, the more; a strange one as the rarest."""
        return self._rare.get(word, 6.0)

    def known_share(self, question: str) -> float:
        """The share of the content words of a question that stand in any statement."""
        words = content(plain(question))
        return sum(w in self.vocabulary for w in words) / len(words) if words else 0.0
