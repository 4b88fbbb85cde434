"""Documents, how they were read, and places in them."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.evidence.references import SourceId

NotStated = Literal["not-stated"]


class Depth(Enum):
    """How a document was read; a claim never exceeds it."""

    FULL = "full"
    SUPPLEMENT = "supplement"
    ABSTRACT = "abstract"
    LABEL = "label"
    GUIDELINE = "guideline"
    REGISTRY = "registry"
    TRADE_REPORT = "trade_report"
    EXPERT_STATEMENT = "expert_statement"


class SourceKind(Enum):
    """What sort of document a source is."""

    PAPER = "paper"
    CONGRESS_ABSTRACT = "congress-abstract"
    LABEL = "label"
    REGULATOR = "regulator"
    REGISTRY = "registry"
    GUIDELINE = "guideline"
    STANDARD = "standard"
    MANUFACTURER = "manufacturer"
    REFERENCE = "reference"
    NEWS = "news"
    ACTIVITY = "activity"


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How good the page was on which a document was read.

    There are two scales, and they are not comparable: ``trials`` grades pages
    that report studies, ``practice`` pages on drugs, labels and guidelines. On
    both, C is the lowest that is shown, and what rests on it alone is flagged.
    """

    scale: Literal["trials", "practice", "project"]
    value: Literal["A", "B", "C"]


class Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reading of a document: how deep, through whom, where and when.

    ``address`` is provenance and is never shown as the citation.
    """

    id: str
    depth: Depth
    on: Day
    through: str = ""
    address: str = ""
    tier: Tier | None = None
    note: str = ""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that statements cite."""

    id: str
    kind: SourceKind
    reference: str
    read: tuple[Read, ...]
    published: Day | NotStated = "not-stated"
    doi: str = ""
    pmid: str = ""
    nct: str = ""
    url: str = ""
    region: str = ""
    licence: str = ""
    note: str = ""

    def reading(self, name: str) -> Read | None:
        """The reading of that name, or the only one where none is named."""
        if not name:
            return self.read[0] if len(self.read) == 1 else None
        return next((read for read in self.read if read.id == name), None)


class Citation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in a document, and what it says there in our own words."""

    source: SourceId
    at: str = ""
    says: str = ""
    read: str = ""


def citations_in(value: Any) -> Iterator[Citation]:
    """Every citation in a record, however deep, in the order of its keys."""
    if isinstance(value, Citation):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from citations_in(getattr(value, field))
    elif isinstance(value, tuple):
        for part in value:
            yield from citations_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from citations_in(part)
