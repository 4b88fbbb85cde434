"""What must hold of giving drugs: cases worked out by hand, and claims over everybody."""

from typing import Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.evidence.references import DrugId
from consilium.evidence.sources import Citation
from consilium.knowledge.giving import BedsideCondition
from consilium.knowledge.records import Region
from consilium.rules.conditions import ALWAYS, Condition


class CareShows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something a care sheet shows, or must not; the keys given must all match one place in it."""

    statement: str = ""
    place: Literal["holds", "possible", "elsewhere", "line", ""] = ""
    gate: str = ""
    answer: Literal["open", "held", "asks", ""] = ""
    do: str = ""
    next_dose: str = ""
    amount: str = ""
    dose_mg: str = ""
    stops: str = ""
    says: str = ""


class CareCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dose or an event worked out by hand from the sources (`cases/care/giving/`)."""

    id: str
    why: str
    as_of: Day
    region: Region
    regimen: str
    patient: dict[str, object] = {}
    values: dict[str, str] = {}
    for_day: int | None = None
    event: str = ""
    dose: str = ""
    weight: str = ""
    surface: str = ""
    round_to: str = ""
    start: str = ""
    cycles: int = 1
    g_csf: str = ""
    dangerous: str = ""
    shows: tuple[CareShows, ...] = ()
    never_shows: tuple[CareShows, ...] = ()


Action = Literal[
    "none-read",
    "continue",
    "watch",
    "slow-or-interrupt-infusion",
    "reduce",
    "hold",
    "hold-or-stop",
    "stop",
]


class CareClaimed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a claim says of a gate, an event or a dose; one of the three, and the keys all match.

    ``gate`` is how the gates of ``day`` stand together: held when any holds, open
    when there are some and all are. ``do`` is the action now, ``next_dose`` the
    dose after it. ``holds`` is a statement that holds for the patient; ``mg`` says
    whether milligrams are computed, ``above`` that the dose is above an amount, in
    the unit of the drug. ``of`` is the drug whose statement bears on the answer.
    """

    gate: Literal["open", "held", "asks", ""] = ""
    day: int | None = None
    do: tuple[Action, ...] = ()
    next_dose: tuple[str, ...] = ()
    holds: str = ""
    mg: Literal["computed", "refused", ""] = ""
    above: str = ""
    of: tuple[DrugId, ...] = ()


class CareClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold whenever these drugs are given, to be proved (`claims/giving/`).

    It speaks of every patient of whom ``given`` is certain and every report of
    which ``told`` is, whatever else is missing; ``untold`` is never told.
    ``tightens_with`` claims of each event that the action does not loosen as that
    fact rises. A claim that names no ``drugs`` speaks of all. ``rests_on`` names
    the statements that make it so.
    """

    id: str
    says: str
    because: tuple[Citation, ...]
    drugs: tuple[DrugId, ...] = ()
    rests_on: tuple[str, ...] = ()
    given: Condition = ALWAYS
    told: BedsideCondition = ALWAYS
    untold: tuple[str, ...] = ()
    shows: tuple[CareClaimed, ...] = ()
    never_shows: tuple[CareClaimed, ...] = ()
    tightens_with: Literal["grade", ""] = ""
    regions: Literal["all"] | tuple[Region, ...] = "all"
    dates: Literal["all"] | tuple[Day, ...] = "all"
    note: str = ""
