"""The statements of an edition with what is worked out of each, kept compiled between runs.

Deriving them takes a second, which a command would wait for at every question.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from consilium.asking.derive import statements
from consilium.asking.index import Held, Index, TextSearch
from consilium.asking.statements import Statement
from consilium.knowledge import cache
from consilium.knowledge.edition import Edition

_ENDING = "statements"


class Stored(msgspec.Struct, frozen=True):
    """What is kept: the statements, and what was worked out of each, by id."""

    statements: tuple[Statement, ...]
    held: dict[str, Held]


def index_of(edition: Edition, text: TextSearch | None = None, folder: Path | None = None) -> Index:
    """The index of an edition's statements; with ``folder`` from the compiled copy there.

    A copy is good only for the same edition and the same code.
    """
    if folder is None or not edition.hash:
        return Index(statements(edition), text)
    here = Path(__file__).parent
    name = f"{edition.hash}-{cache.fingerprint(here, sorted(here.glob('*.py')), ())}"
    kept = cache.read(folder, name, _ENDING, Stored)
    if kept is not None:
        return Index(kept.statements, text, kept.held)
    made = Index(statements(edition), text)
    cache.write(folder, name, _ENDING, Stored(tuple(made.by_id.values()), made.held))
    return made
