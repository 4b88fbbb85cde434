"""Full text on PostgreSQL, for sites whose database it is: the same words, the same ranking.

The words of each statement stand in a `tsvector` under a GIN index, as the
store makes them (no dictionary of the server has a say); the rank is BM25 with
the constants of SQLite's FTS5, so that both engines find the same. The table
is made from the edition and is no record of the site: it is written where it
is missing or of another edition, row by row as far as rows differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from consilium.asking.index import searched_words
from consilium.asking.statements import Statement

_TABLE = """
CREATE TABLE IF NOT EXISTS ask_full_text
  (id text PRIMARY KEY, digest text NOT NULL, many integer NOT NULL, words tsvector NOT NULL);
CREATE INDEX IF NOT EXISTS ask_full_text_words ON ask_full_text USING gin (words);
"""
_LOCK = 7_120_003
_K1, _B = 1.2, 0.75
_FIND = """
WITH held AS (SELECT count(*)::float AS n, avg(many)::float AS usual FROM ask_full_text),
asked AS (
  SELECT word, greatest(1e-6, ln((n - k + 0.5) / (k + 0.5))) AS tells
  FROM unnest(%(words)s::text[]) AS word, held, LATERAL (
    SELECT count(*)::float AS k FROM ask_full_text WHERE words @@ quote_literal(word)::tsquery
  ) AS often
)
SELECT id, sum(tells * (times * %(k1)s::float + times)
  / (times + %(k1)s * (1 - %(b)s::float + %(b)s * many / usual))) AS score
FROM ask_full_text, held, unnest(words) AS said(word, places, weights),
  LATERAL (SELECT cardinality(places)::float AS times) AS counted
JOIN asked ON true
WHERE words @@ %(query)s::tsquery AND asked.word = said.word
GROUP BY id ORDER BY score DESC, id LIMIT %(most)s
"""


class PostgresText:
    """Full text in the database of the site."""

    def __init__(self) -> None:
        self._statements: tuple[Statement, ...] = ()

    def update(self, statements: Iterable[Statement]) -> tuple[int, int]:
        """Take a new set of statements; returns how many rows were written and removed."""
        self._statements = tuple({s.id: s for s in statements}.values())
        return self._write()

    def find(self, words: Sequence[str], most: int) -> list[tuple[str, float]]:
        """Ids of the statements nearest to some words by BM25, best first."""
        asked = list(dict.fromkeys("".join(filter(str.isalnum, word)) for word in words))
        asked = [word for word in asked if word]
        if not asked:
            return []
        given: dict[str, Any] = {
            "words": asked,
            "query": " | ".join(f"'{word}'" for word in asked),
            "most": most,
            "k1": _K1,
            "b": _B,
        }
        if not self._whole():
            self._write()
        with connection.cursor() as cursor:
            cursor.execute(_FIND, given)
            return [(str(name), float(score)) for name, score in cursor.fetchall()]

    def _whole(self) -> bool:
        """Whether the table holds as many rows as there are statements; a restored one may not."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('ask_full_text') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return False
            cursor.execute("SELECT count(*) FROM ask_full_text")
            return bool(cursor.fetchone()[0] == len(self._statements))

    def _write(self) -> tuple[int, int]:
        rows = {s.id: _row(s) for s in self._statements}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            cursor.execute(_TABLE)
            cursor.execute("SELECT id, digest FROM ask_full_text")
            held = dict(cursor.fetchall())
            gone = [name for name in held if name not in rows]
            changed = [row for name, row in rows.items() if held.get(name) != row[1]]
            cursor.execute("DELETE FROM ask_full_text WHERE id = ANY(%s)", [gone])
            cursor.executemany(
                "INSERT INTO ask_full_text VALUES (%s, %s, %s, %s::tsvector) ON CONFLICT (id) DO "
                "UPDATE SET digest = excluded.digest, many = excluded.many, words = excluded.words",
                changed,
            )
        return len(changed), len(gone)


def _row(statement: Statement) -> tuple[str, str, int, str]:
    words = searched_words(statement)
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(place))
    vector = " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())
    return statement.id, hashlib.sha256(vector.encode()).hexdigest(), len(words), vector
