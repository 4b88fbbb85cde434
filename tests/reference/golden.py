"""Numbers from other software: where they are, and how near ours must come.

Files that were made for this project lie in ``data`` beside this; published data sets are read
from ``../shared/golden/evidence`` and their tests are skipped where that folder is absent.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

COPIED = Path(__file__).parent / "data"
SHARED = Path(__file__).parents[2].parent / "shared" / "golden" / "evidence"


def path_of(name):
    for folder in (COPIED, SHARED):
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is kept outside the repository")


def expected(name):
    """The results in a JSON file, infinity and missing as floats."""
    return json.loads(path_of(name).read_text(encoding="utf-8"))


def table(name):
    """The columns of a CSV file, as floats where every cell is a number."""
    with path_of(name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    head, body = rows[0], rows[1:]
    return {column: _column([row[i] for row in body]) for i, column in enumerate(head)}


def _column(cells):
    try:
        return np.array([float("nan") if cell in ("", "NA") else float(cell) for cell in cells])
    except ValueError:
        return np.array(cells)


def matrix(value):
    """A matrix of a golden file as an array."""
    return numbers(value["data"] if isinstance(value, dict) else value)


def numbers(value):
    return np.array(_floats(value), dtype=np.float64)


def _floats(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [_floats(item) for item in value]
    if value is None:
        return float("nan")
    return float({"Inf": "inf", "-Inf": "-inf"}.get(value, value))


def misfit(ours, theirs):
    """Largest difference, relative where theirs is above one and absolute below."""
    ours, theirs = np.squeeze(np.asarray(ours, dtype=np.float64)), np.squeeze(numbers(theirs))
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    assert (np.isnan(ours) == np.isnan(theirs)).all(), (ours, theirs)
    same = np.isnan(theirs) | (ours == theirs)
    with np.errstate(invalid="ignore"):
        apart = np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))
    return float(np.where(same, 0, apart).max(initial=0))


class Agreement:
    """Collects how far each result of one file is from ours, and fails where it is too far."""

    def __init__(self, file, tolerance):
        self.file, self.tolerance = file, tolerance
        self.rows = []

    def near(self, what, ours, theirs, tolerance=None):
        tolerance = self.tolerance if tolerance is None else tolerance
        apart = misfit(ours, theirs)
        self.rows.append((what, apart, tolerance))

    def check(self):
        worst = {what: apart for what, apart, tolerance in self.rows if not apart <= tolerance}
        assert self.rows
        assert not worst, f"{self.file}: {worst}"
