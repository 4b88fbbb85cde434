"""The terminal as it is: its width, its colours, or a pipe."""

from __future__ import annotations

from rich.console import Console

_WIDEST = 110


def console() -> Console:
    """A console that respects `NO_COLOR`, narrow terminals and pipes."""
    found = Console(highlight=False, soft_wrap=False)
    if found.width > _WIDEST:
        found = Console(highlight=False, width=_WIDEST)
    return found
