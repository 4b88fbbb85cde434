"""One patient at the moment of a decision: what was entered, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.errors import ConsiliumError


class PatientError(ConsiliumError):
    """A patient that cannot be read, or cannot be."""


class Impossible(PatientError):
    """A patient whose facts can be read one by one, and cannot be together."""


class Status(Enum):
    """How a fact stands: known, or why it is not. The four are never merged."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    NOT_TESTED = "not-tested"
    EQUIVOCAL = "equivocal"
    NOT_APPLICABLE = "not-applicable"


class Origin(msgspec.Struct, frozen=True):
    """Where a fact came from: the place in the input, its date, and the rule that read it."""

    where: str
    on: Day | None = None
    rule: str = ""


class Entered(msgspec.Struct, frozen=True):
    """One fact as entered, in the canonical unit of its declaration.

    ``value`` is a word of a choice, a number, or the members; it is ``None``
    unless the status is KNOWN. ``as_written`` keeps the words of the record.
    """

    value: str | float | frozenset[str] | None
    origin: Origin
    status: Status = Status.KNOWN
    as_written: str = ""


class Therapy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One earlier course of systemic treatment, as entered.

    ``drugs`` are ids of the edition's vocabulary; ``unread`` keeps names that
    are none. ``line`` counts within advanced disease.
    """

    drugs: tuple[str, ...]
    setting: Literal["neoadjuvant", "adjuvant", "advanced", "unknown"]
    line: int | None = None
    started: Day | None = None
    ended: Day | None = None
    ongoing: bool = False
    outcome: Literal["", "response", "stable", "progression", "unknown"] = ""
    stopped_for: Literal[
        "", "progression", "toxicity", "completed", "preference", "other", "unknown"
    ] = ""
    unread: tuple[str, ...] = ()
    origin: Origin | None = None
    same_line: bool = False


class TherapyList(msgspec.Struct, frozen=True):
    """Earlier therapies, and whether the list is known to be complete.

    A list read from a record is not complete; what it lacks is unknown. Only a
    stated "none" is none.
    """

    therapies: tuple[Therapy, ...] = ()
    complete: bool = False


class NotUnderstood(msgspec.Struct, frozen=True):
    """Something in the input that no fact could be made of, with the reason."""

    where: str
    what: str
    why: str


class Discordance(msgspec.Struct, frozen=True):
    """Two records that contradict one another; both are shown and neither is chosen silently."""

    fact: str
    says: str
    where: tuple[str, ...]


class PatientCase(msgspec.Struct, frozen=True):
    """One patient's facts at a decision date. Holds no identifier."""

    entered: Mapping[str, Entered]
    therapies: TherapyList = TherapyList()
    relapsed_on: Day | None = None
    decision_date: Day | None = None
    not_understood: tuple[NotUnderstood, ...] = ()
    discordant: tuple[Discordance, ...] = ()
    source: str = ""
