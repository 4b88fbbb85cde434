"""One answerable statement: a sentence in our words, with who says it, where and when.

Everything that an answer says is one of these. A sentence without a source
cannot be made.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from consilium.errors import ConsiliumError

Kind = Literal[
    "trial",
    "result",
    "harm",
    "approval",
    "care",
    "drug",
    "definition",
    "position",
    "remark",
    "meta",
    "gap",
]

RANK: dict[str, int] = {
    kind: rank
    for rank, kinds in enumerate(
        (
            ("meta", "definition", "drug", "trial"),
            ("result", "harm"),
            ("approval", "care"),
            ("position", "remark"),
            ("gap",),
        )
    )
    for kind in kinds
}
"""Order within an answer: results before status before opinion, what is missing last."""


class NoSource(ConsiliumError):
    """A sentence that nothing supports."""


class Cited(msgspec.Struct, frozen=True):
    """A document with how it was read, as shown beside a sentence."""

    source: str
    reference: str
    depth: str
    published: str = ""
    at: str = ""
    identifier: str = ""


class Statement(msgspec.Struct, frozen=True):
    """An atomic sentence of an edition.

    ``about`` are entities such as `trial:ascent-03` or `drug:olaparib`,
    ``facets`` what of them is told, ``since`` the first day it was public
    (empty where no date bounds it), ``page`` the record it comes from.
    ``activity`` marks what the source page itself says.
    """

    id: str
    kind: Kind
    text: str
    citations: tuple[Cited, ...]
    about: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    who: str = ""
    since: str = ""
    until: str = ""
    regions: tuple[str, ...] = ()
    page: str = ""
    activity: bool = False
    note: str = ""
    head: bool = False
    """Whether it is the figure to give first: the primary or final analysis of the whole trial."""
    group: str = ""
    """The part of the patients for whom a figure holds, where it is not the whole."""
    also: str = ""
    """Words by which it may be looked for beside its own: the names of its sources."""

    def __post_init__(self) -> None:
        if not self.citations:
            raise NoSource(f"`{self.id}` has no source and cannot be said")
