"""What is wrong with the files of an edition, said to the person who can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from consilium.errors import ConsiliumError


class Place(NamedTuple):
    """A line of a file."""

    path: str
    line: int


class Problem(NamedTuple):
    """One thing to mend, and where."""

    path: str
    line: int
    message: str


class EditionError(ConsiliumError):
    """An edition that cannot be used as it stands; every problem of every file at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(self._text())

    def _text(self) -> str:
        lines = []
        for path, found in groupby(self.problems, key=lambda problem: problem.path):
            lines.append(path)
            lines += [f"  line {problem.line}: {problem.message}" for problem in found]
        count = len(self.problems)
        lines.append(f"{count} problem{'s' if count != 1 else ''}; nothing was loaded")
        return "\n".join(lines)
