"""The plan: what each source would do for one patient, and why, as one value.

This is the versioned shape that ``--format json`` prints and the web shows.
"""

from __future__ import annotations

from typing import Any

import msgspec

from consilium.care.cautions import Caution
from consilium.clinical.patient import Discordance, NotUnderstood
from consilium.evidence.sources import Citation
from consilium.guidance.labels import Label
from consilium.guidance.voices import Agreement, Conflict, Voice

PLAN_SCHEMA = "consilium-plan/1"


class FactShown(msgspec.Struct, frozen=True):
    """One fact of the case as understood, with where it came from."""

    fact: str
    group: str
    text: str
    status: str
    origin: str
    how: str = ""
    on: str = ""


class KeyResult(msgspec.Struct, frozen=True):
    """A result that bears on an option: medians before the ratio, with interval and maturity."""

    result: str
    trial: str
    name: str
    phase: str
    text: str
    maturity: str
    depth: str
    fits: str
    short: str = ""
    against: str = ""
    population: str = ""
    crossover: str = ""
    lowest_tier: bool = False


class WouldChange(msgspec.Struct, frozen=True):
    """What one answer to a question would change."""

    answer: str
    text: str


class Gap(msgspec.Struct, frozen=True):
    """A missing fact that matters: the question, why it stands open, what answers would change."""

    fact: str
    ask: str
    status: str
    weight: float
    would_change: tuple[WouldChange, ...]
    hint: str = ""


class NextLine(msgspec.Struct, frozen=True):
    """What the same rules say after progression on a regimen, as far as it can be told now."""

    line: int
    regimens: tuple[str, ...]
    names: tuple[str, ...]
    stance: str
    says: str
    again: tuple[str, ...] = ()
    then: tuple[NextLine, ...] = ()


class Option(msgspec.Struct, frozen=True):
    """A regimen with who says so, its label here, its results and its cautions.

    ``stance`` is the strongest one that holds; ``certainty`` is ``certain``,
    ``possible`` (a fact is missing), ``extension`` (a source speaks of a
    neighbouring group) or ``waiting`` (for an approval). ``older_than`` names
    what was approved for this patient after the guidelines that alone speak
    for this regimen had spoken.
    """

    regimen: str
    name: str
    drugs: tuple[str, ...]
    stance: str
    certainty: str
    headline: str
    voices: tuple[Voice, ...]
    label: Label
    results: tuple[KeyResult, ...]
    cautions: tuple[Caution, ...]
    already: tuple[str, ...] = ()
    older_than: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()
    contraindicated: bool = False
    next_lines: tuple[NextLine, ...] = ()


class TrialFit(msgspec.Struct, frozen=True):
    """A trial the patient may fit."""

    trial: str
    name: str
    nct: str
    fit: str
    status: str
    checked: str
    says: str
    because: tuple[Citation, ...]
    missing: tuple[str, ...] = ()
    interpretation: dict[str, str] = {}


class LaterChange(msgspec.Struct, frozen=True):
    """An approval that fits this patient and began only after the date of the plan."""

    approval: str
    regimens: tuple[str, ...]
    since: str
    says: str
    fits: str


class Cover(msgspec.Struct, frozen=True):
    """What the edition holds for this patient, said before any option.

    ``missing`` are the facts without which it cannot be told whether this is so.
    """

    scope: str
    covers: str
    says: str
    missing: tuple[str, ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """Why no plan is made."""

    exclusion: str
    says: str
    facts: tuple[str, ...]


class SourceShown(msgspec.Struct, frozen=True):
    """A numbered source with how it was read."""

    number: int
    source: str
    reference: str
    identifier: str
    depth: str
    read_on: str
    published: str
    lowest_tier: bool = False


class Plan(msgspec.Struct, frozen=True):
    """What each source would do for one patient, in one region, as known on one day."""

    schema: str
    edition: str
    edition_hash: str
    as_of: str
    region: str
    case: tuple[FactShown, ...]
    summary: str
    refusal: Refusal | None
    cover: tuple[Cover, ...]
    options: tuple[Option, ...]
    possible: tuple[Option, ...]
    labels_only: tuple[Option, ...]
    against: tuple[Voice, ...]
    depends: tuple[Voice, ...]
    overridden: tuple[Voice, ...]
    agreement: Agreement
    speaking: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    trials: tuple[TrialFit, ...]
    gaps: tuple[Gap, ...]
    later: tuple[LaterChange, ...]
    discordant: tuple[Discordance, ...]
    not_understood: tuple[NotUnderstood, ...]
    not_considered: tuple[str, ...]
    sources: tuple[SourceShown, ...]
    care: tuple[Any, ...] = ()
    """Sheets on giving the regimens that were asked for (``consilium.care.sheet.Sheet``)."""
