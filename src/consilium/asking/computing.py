"""Questions that are worked out rather than looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consilium.asking.answer import Answer

if TYPE_CHECKING:
    from consilium.asking.asking import Asker, _Asked


def computed(asker: Asker, asked: _Asked, question: str) -> Answer | None:
    """A plan, dates or a comparison, where the question asks for one."""
    return None
