"""The questions that each statement answers, in other words than its own.

People seldom ask in the words of a source. `wordings.tsv` holds, for every statement of the
bundled edition, questions that it answers; a question is held against them by the words that
both have beside the names of things, the rarer the more. What a statement says is never taken
from here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from importlib.resources import files
from math import log, sqrt

from consilium.asking.names import Names
from consilium.asking.words import content, tokens

_PARTS = re.compile(r"[?;,:+&]|\b(?:and|plus|or|but)\b")
_COMMON = 0.01
"""A word that more than this share of the wordings holds finds none of them by itself."""


def bundled() -> list[tuple[str, str]]:
    """Statement ids with a question each, as shipped."""
    text = files("consilium.asking").joinpath("wordings.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return [(name, question) for name, *asked in rows for question in asked]


class Wordings:
    """Questions by the words they are made of, to find the statements that answer a new one."""

    def __init__(
        self, names: Names, held: Collection[str], asked: Iterable[tuple[str, str]]
    ) -> None:
        self._names = names
        self._owner: list[str] = []
        self._found: dict[str, list[int]] = {}
        stems: list[frozenset[str]] = []
        for statement, question in asked:
            if statement in held:
                words = self._beside(tokens(question))
                for word in words:
                    self._found.setdefault(word, []).append(len(stems))
                stems.append(words)
                self._owner.append(statement)
        often = Counter(word for words in stems for word in words)
        self._strange = log(len(stems) + 1)
        self._worth = {word: log(len(stems) / n) + 0.1 for word, n in often.items()}
        self._length = [self._norm(words) for words in stems]
        self._stems = stems
        self._most = max(50, _COMMON * len(stems))

    def _beside(self, words: tuple[str, ...]) -> frozenset[str]:
        """The stems of a question without the names of things in it."""
        return frozenset(
            content(" ".join(w for w, entity in self._names.parts(words) if not entity))
        )

    def _norm(self, words: Iterable[str]) -> float:
        return sqrt(sum(self._worth.get(w, self._strange) ** 2 for w in words)) or 1.0

    def near(self, question: str) -> dict[str, float]:
        """How near each statement's wordings come to a question or to a part of it, from 0 to 1.

        The cosine of the words weighed by how rare they are among the
        wordings; a statement counts by the nearest of its own. Parts are
        what stands between commas and joining words, so that a question of
        two halves is near to what answers either.
        """
        whole = self._beside(self._names.repaired(question))
        found: dict[str, float] = {}
        self._add(found, whole, 1.0)
        parts = [self._beside(self._names.repaired(part)) for part in _PARTS.split(question)]
        for part in dict.fromkeys(parts):
            if len(part) > 1 and part != whole:
                self._add(found, part, sqrt(self._norm(part) / self._norm(whole)))
        return found

    def _add(self, found: dict[str, float], words: frozenset[str], most: float) -> None:
        rarest = sorted((w for w in words if w in self._found), key=lambda w: len(self._found[w]))
        shared: dict[int, float] = {}
        for word in rarest:
            at, worth = self._found[word], self._worth[word] ** 2
            if not shared or len(at) <= self._most:
                for i in at:
                    shared[i] = shared.get(i, 0.0) + worth
            else:  # a common word finds none by itself
                for i in shared:
                    if word in self._stems[i]:
                        shared[i] += worth
        length = self._norm(words)
        for i, both in shared.items():
            near = most * both / (length * self._length[i])
            if near > found.get(self._owner[i], 0.0):
                found[self._owner[i]] = near
