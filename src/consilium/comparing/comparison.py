"""What a comparison gives: rows side by side, assumptions, and a verdict for each endpoint.

Ratios are on the natural scale, the first therapy over the second; below one
favours the first. Every value holds the ids of the facts it uses.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from consilium.evidence.sources import Citation

COMPARISON_SCHEMA = "consilium-comparison/1"
WARNING = (
    "An indirect comparison is not a randomised one. It is computed here from published "
    "figures and stands in no publication."
)
"""Said wherever an indirect estimate is shown."""


class Verdict(Enum):
    """Whether two therapies may be compared on an endpoint, from most to least."""

    RANDOMISED = "randomised comparison"
    USABLE = "anchored, usable"
    DOUBTFUL = "anchored, doubtful: do not rank"
    NONE = "cannot be compared"

    @property
    def rank(self) -> int:
        """0 for the firmest."""
        return list(Verdict).index(self)


class State(Enum):
    """How an assumption stands."""

    MET = "met"
    DOUBTFUL = "doubtful"
    VIOLATED = "violated"


class Assumption(msgspec.Struct, frozen=True):
    """One thing that must hold for an indirect comparison, how it stands, and why."""

    name: str
    state: State
    says: str
    uses: tuple[str, ...]


class Contrasted(msgspec.Struct, frozen=True):
    """A ratio with its 95 % interval on the natural scale.

    ``via`` names the comparator through which it is anchored; it is empty for a
    randomised one. ``text`` says the figures in words.
    """

    measure: str
    value: float
    ci95: tuple[float, float]
    via: str
    text: str


class EndpointVerdict(msgspec.Struct, frozen=True):
    """One endpoint of one pair of trials.

    ``uses`` are the facts that the verdict rests on: results by id, and
    ``trial/key`` for the rest.
    """

    endpoint: str
    name: str
    verdict: Verdict
    why: str
    uses: tuple[str, ...]
    assumptions: tuple[Assumption, ...] = ()
    estimate: Contrasted | None = None


class Cell(msgspec.Struct, frozen=True):
    """What one side has in a row; empty text means that no stored source says."""

    text: str
    because: tuple[Citation, ...] = ()
    uses: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True):
    """One subject side by side; ``differs`` marks where the sides part."""

    subject: str
    one: Cell
    other: Cell
    differs: bool


class Pairing(msgspec.Struct, frozen=True):
    """A trial of the first therapy beside one of the second; the same one if it randomised both."""

    one_trial: str
    other_trial: str
    one_name: str
    other_name: str
    rows: tuple[Row, ...]
    verdicts: tuple[EndpointVerdict, ...]

    @property
    def best(self) -> Verdict:
        """The firmest verdict among the endpoints."""
        return min((v.verdict for v in self.verdicts), key=lambda v: v.rank, default=Verdict.NONE)


class Comparison(msgspec.Struct, frozen=True):
    """Two sides and every pair of their trials, with the gist in a few sentences on top.

    ``also`` is what was seen of a sequence without a comparison by chance.
    """

    schema: str
    edition: str
    as_of: str
    one: str
    other: str
    summary: tuple[str, ...]
    pairings: tuple[Pairing, ...]
    also: tuple[Cell, ...] = ()
    warning: str = WARNING
