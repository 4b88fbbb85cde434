"""Which patients an input names more than once: the first time counts, whatever chunk it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consilium.population.inputs import Chunk, Lines, Source

REPEATED = "the patient is named more than once in the input; the first time counts"

# As writers order the keys of a resource; a Patient whose id stands elsewhere stays unnamed.
_PATIENT = re.compile(rb'"resourceType"\s*:\s*"Patient"\s*,\s*"id"\s*:\s*"([^"\\]{1,64})"')
_SEED = 9
_MOST_RUNS = 16


class Named:
    """The names seen so far, eight bytes each.

    A name is known by a hash of 64 bits: among ten million patients the chance that any two
    are taken for one another is below one in three hundred thousand.
    """

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []

    def add(self, names: list[str]) -> tuple[int, ...]:
        """The places of the names that were there before, here or in an earlier list."""
        hashes = pl.Series(names, dtype=pl.String).hash(_SEED).to_numpy()
        _, firsts = np.unique(hashes, return_index=True)
        again = np.ones(len(hashes), np.bool_)
        again[firsts] = False
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            again |= run[at] == hashes
        self._keep(hashes[~again])
        nameless = np.array([not name for name in names], np.bool_)
        return tuple(np.flatnonzero(again & ~nameless).tolist())

    def _keep(self, hashes: NDArray[np.uint64]) -> None:
        if len(hashes):
            self._runs.append(np.sort(hashes))
        if len(self._runs) > _MOST_RUNS:
            self._runs = [np.sort(np.concatenate(self._runs))]


def marked(source: Source, size: int, done: frozenset[int], folder: Path) -> Iterator[Chunk]:
    """The chunks of a source, each with the places of the patients who were named before.

    ``folder`` holds what an earlier run has done; who is named in a chunk that is done was
    named before.
    """
    named = Named()
    for index in sorted(done):
        for path in folder.glob(f"patients-{index:06}.*"):
            named.add(_patients(path))
        aside = folder / f"set-aside-{index:06}.csv"
        if aside.exists():
            listed = pl.read_csv(aside, infer_schema=False)
            named.add(listed.filter(pl.col("reason") != REPEATED)["patient"].to_list())
    by_line = isinstance(source, Lines)
    for chunk in source.chunks(size, done):
        yield chunk._replace(repeated=named.add(_names(chunk) if by_line else chunk.keys))


def _patients(path: Path) -> list[str]:
    """The column of patients of a table that a run has written."""
    if path.suffix == ".parquet":
        table = pl.read_parquet(path, columns=["patient"])
    else:
        table = pl.read_csv(path, columns=["patient"], infer_schema=False)
    return table["patient"].to_list()


def _names(chunk: Chunk) -> list[str]:
    """Who the records of lines say that they are of; empty where they do not say."""
    found = (_PATIENT.search(line) for (line,) in chunk.records or ())
    return [one[1].decode("utf-8", "replace") if one else "" for one in found]
