"""Statements near to a question in meaning."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from consilium.asking.statements import Statement


class Encodes(Protocol):
    """Whatever makes vectors of length one from texts, one row each."""

    width: int

    def vectors(
        self, texts: Sequence[str], progress: Callable[[int], None] = ...
    ) -> NDArray[np.float32]:
        """The vectors; ``progress`` is told how many more are done."""


class Near:
    """The vectors of the statements, made once and kept in a file.

    ``cache`` holds one vector for the hash of each text; whoever names it
    names it after the encoder. A file that cannot be read is made anew, and
    one that cannot be written is no error.
    """

    def __init__(self, encoder: Encodes, cache: Path | None = None) -> None:
        self._encoder, self._cache = encoder, cache
        self._kept = _read(cache, encoder.width) if cache else {}
        self._rows: dict[str, int] = {}
        self._vectors = np.empty((0, encoder.width), dtype=np.float32)

    def lacking(self, statements: Iterable[Statement]) -> int:
        """How many texts have no vector yet."""
        return len({_key(s.text) for s in statements} - self._kept.keys())

    def update(
        self, statements: Iterable[Statement], progress: Callable[[int], None] = lambda done: None
    ) -> int:
        """Take another set of statements; returns how many texts were new and were encoded."""
        held = list(statements)
        wanted = {s.id: _key(s.text) for s in held}
        texts = {wanted[s.id]: s.text for s in held}
        new = [key for key in texts if key not in self._kept]
        if new:
            made = self._encoder.vectors([texts[key] for key in new], progress)
            self._kept |= dict(zip(new, made, strict=True))
            if self._cache:
                _write(self._cache, {key: self._kept[key] for key in texts})
        self._rows = {name: row for row, name in enumerate(wanted)}
        self._vectors = np.array(
            [self._kept[key] for key in wanted.values()], dtype=np.float32
        ).reshape(len(wanted), self._encoder.width)
        return len(new)

    def meaning(self, question: str) -> Meaning:
        """What a question means; nothing of it is kept here."""
        return Meaning(self, question)

    def vector(self, text: str) -> NDArray[np.float32]:
        """The vector of one text."""
        vector: NDArray[np.float32] = self._encoder.vectors([text])[0]
        return vector

    def nearest(self, to: NDArray[np.float32], among: Collection[str], most: int) -> list[str]:
        """Ids of those among some statements that are nearest by cosine, nearest first."""
        held = sorted(name for name in among if name in self._rows)
        if not held:
            return []
        cosines = self._vectors[[self._rows[name] for name in held]] @ to
        return [held[i] for i in np.argsort(-cosines, kind="stable")[:most]]


class Meaning:
    """One question, whose vector is made when it is first needed and gone with the question."""

    def __init__(self, near: Near, question: str) -> None:
        self._near, self._question = near, question
        self._vector: NDArray[np.float32] | None = None

    @property
    def used(self) -> bool:
        """Whether it was needed."""
        return self._vector is not None

    def nearest(self, among: Collection[str], most: int) -> list[str]:
        """Ids of those among some statements that are nearest to the question, nearest first."""
        if self._vector is None:
            self._vector = self._near.vector(self._question)
        return self._near.nearest(self._vector, among, most)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, width: int) -> dict[str, NDArray[np.float32]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            keys, vectors = file["keys"], file["vectors"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}
    if vectors.dtype != np.float32 or vectors.shape != (len(keys), width):
        return {}
    return dict(zip(keys.tolist(), vectors, strict=True))


def _write(path: Path, vectors: dict[str, NDArray[np.float32]]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        with partial.open("wb") as file:
            np.savez(file, keys=np.array(list(vectors)), vectors=np.array(list(vectors.values())))
        partial.replace(path)
    except OSError:
        return
