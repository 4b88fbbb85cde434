"""A sentence encoder of the BERT family, in numpy: a text in, a vector of length one out.

Six layers of self-attention, the mean over the pieces, normalised
(Reimers and Gurevych, arXiv:1908.10084; Wang et al., arXiv:2002.10957). Texts
are run in batches of equal length, so nothing is padded and nothing masked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilium.asking.nearness.wordpiece import WordPiece
from consilium.errors import ConsiliumError

Numbers = NDArray[np.float32]
_PIECES_AT_ONCE = 2048


class NoSuchModel(ConsiliumError):
    """A model that is not there, or is another one than it should be."""


class Shape:
    """What of a configuration the forward pass needs."""

    def __init__(self, layers: int, heads: int, epsilon: float) -> None:
        self.layers, self.heads, self.epsilon = layers, heads, epsilon


class Encoder:
    """Vectors of texts. ``weights`` are named as in the published checkpoint."""

    def __init__(self, pieces: WordPiece, weights: Mapping[str, Numbers], shape: Shape) -> None:
        self._pieces, self._weights, self._shape = pieces, weights, shape
        self.width = weights["embeddings.word_embeddings.weight"].shape[1]
        self._threads = _threads()

    def vectors(
        self, texts: Sequence[str], progress: Callable[[int], None] = lambda done: None
    ) -> Numbers:
        """One row for each text, of length one. ``progress`` is told how many more are done."""
        # the arrays of one question are small: threads would wait for each other longer than they work
        with self._threads.limit(limits=1):
            return self._vectors(texts, progress)

    def _vectors(self, texts: Sequence[str], progress: Callable[[int], None]) -> Numbers:
        found = np.empty((len(texts), self.width), dtype=np.float32)
        ids = [self._pieces.ids(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        for length, same in groupby(order, key=lambda i: len(ids[i])):
            rows = list(same)
            step = max(1, _PIECES_AT_ONCE // length)
            for start in range(0, len(rows), step):
                batch = rows[start : start + step]
                found[batch] = self._forward(np.array([ids[i] for i in batch]))
                progress(len(batch))
        return found

    def _forward(self, ids: NDArray[np.int64]) -> Numbers:
        held = self._weights
        at = (
            held["embeddings.word_embeddings.weight"][ids]
            + held["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + held["embeddings.token_type_embeddings.weight"][0]
        )
        at = self._normed(at, "embeddings.LayerNorm")
        for layer in range(self._shape.layers):
            name = f"encoder.layer.{layer}"
            seen = self._attended(at, f"{name}.attention.self")
            at = self._normed(
                at + self._linear(seen, f"{name}.attention.output.dense"),
                f"{name}.attention.output.LayerNorm",
            )
            inner = _gelu(self._linear(at, f"{name}.intermediate.dense"))
            at = self._normed(
                at + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"
            )
        mean = at.mean(axis=1)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)

    def _attended(self, at: Numbers, name: str) -> Numbers:
        batch, length, width = at.shape
        heads = self._shape.heads
        each = width // heads

        def split(part: str) -> Numbers:
            through = self._linear(at, f"{name}.{part}")
            return through.reshape(batch, length, heads, each).transpose(0, 2, 1, 3)

        scores = split("query") @ split("key").transpose(0, 1, 3, 2) / np.float32(each**0.5)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        seen: Numbers = (scores @ split("value")).transpose(0, 2, 1, 3)
        return seen.reshape(batch, length, width)

    def _linear(self, at: Numbers, name: str) -> Numbers:
        weight = self._weights[f"{name}.weight"]
        flat = at.reshape(-1, at.shape[-1]) @ weight.T
        return (flat + self._weights[f"{name}.bias"]).reshape(*at.shape[:-1], -1)

    def _normed(self, at: Numbers, name: str) -> Numbers:
        centred = at - at.mean(axis=-1, keepdims=True)
        spread = np.sqrt(
            (centred**2).mean(axis=-1, keepdims=True) + np.float32(self._shape.epsilon)
        )
        even: Numbers = centred / spread
        return even * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def _threads() -> Any:
    try:
        from threadpoolctl import ThreadpoolController  # noqa: PLC0415  of the extra `semantic`
    except ImportError:
        raise NoSuchModel(
            "nearness in meaning needs threadpoolctl; run: pip install 'consilium[semantic]'"
        ) from None
    return ThreadpoolController()


def _gelu(at: Numbers) -> Numbers:
    from scipy.special import erf  # noqa: PLC0415  slow to import, and only needed here

    return np.asarray(at * np.float32(0.5) * (1 + erf(at * np.float32(0.5**0.5))), dtype=np.float32)


def tensors(file: bytes) -> dict[str, Numbers]:
    """The arrays of a safetensors file: a length, a JSON header, then the numbers themselves.

    Only 32-bit floating point is read; integer tables are not needed. Raises ``NoSuchModel``.
    """
    try:
        end = 8 + int.from_bytes(file[:8], "little")
        header = json.loads(file[8:end])
        return {
            name: np.frombuffer(
                file[end + told["data_offsets"][0] : end + told["data_offsets"][1]], dtype="<f4"
            ).reshape(told["shape"])
            for name, told in header.items()
            if name != "__metadata__" and told["dtype"] == "F32"
        }
    except (ValueError, KeyError, TypeError, IndexError) as problem:
        raise NoSuchModel(
            f"the model file is no safetensors file that is whole: {problem}"
        ) from None
