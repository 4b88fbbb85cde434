"""Text as the word pieces of an uncased BERT vocabulary.

The rules are those of the tokenizer that the model was trained with: clean,
lower case without accents, split at blanks and punctuation, then the longest
piece first (Wu et al., arXiv:1609.08144; Devlin et al., arXiv:1810.04805).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_LONGEST_WORD = 100
_CJK = re.compile(
    "([\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0002a6df\U0002a700-\U0002b73f"
    "\U0002b740-\U0002b81f\U0002b820-\U0002ceaf\uf900-\ufaff\U0002f800-\U0002fa1f])"
)


class WordPiece:
    """The pieces of a vocabulary; ``most`` is how many a text may have, with its two marks."""

    def __init__(self, vocabulary: str, most: int) -> None:
        self._ids = {piece: number for number, piece in enumerate(vocabulary.splitlines())}
        self._most = most
        self._unknown = self._ids["[UNK]"]

    def ids(self, text: str) -> tuple[int, ...]:
        """The numbers of the pieces, between the marks of beginning and end."""
        found: list[int] = []
        for word in _words(text):
            found += self._pieces(word)
            if len(found) >= self._most - 2:
                break
        return self._ids["[CLS]"], *found[: self._most - 2], self._ids["[SEP]"]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else f"##{word[start:end]}"
                if piece in self._ids:
                    found.append(self._ids[piece])
                    start = end
                    break
            else:
                return [self._unknown]
        return found


def _words(text: str) -> Iterator[str]:
    kept = "".join(
        " " if char.isspace() else char for char in text if char.isspace() or not _control(char)
    )
    split = unicodedata.normalize("NFD", _CJK.sub(r" \1 ", kept))
    # one letter at a time, as the trained tokenizer does: no final sigma
    plain = "".join(char.lower() for char in split if unicodedata.category(char) != "Mn")
    for word in plain.split():
        start = 0
        for place, char in enumerate(word):
            if _punctuation(char):
                if start < place:
                    yield word[start:place]
                yield char
                start = place + 1
        if start < len(word):
            yield word[start:]


def _control(char: str) -> bool:
    return char in "\x00\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Cn", "Co", "Cs")


def _punctuation(char: str) -> bool:
    return (char.isascii() and not char.isalnum() and char.isprintable() and char != " ") or (
        unicodedata.category(char).startswith("P")
    )
