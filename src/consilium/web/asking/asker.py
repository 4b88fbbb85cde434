"""One index of statements for each process, built at the first question."""

from __future__ import annotations

from functools import cache

from consilium.asking import Asker
from consilium.web.editions import the_edition


@cache
def the_asker() -> Asker:
    """Answers from the edition that this site serves."""
    return Asker(the_edition())
