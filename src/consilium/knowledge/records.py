"""The statements and the vocabulary of an edition, as its files hold them.

Every kind of file is a record here; the loader types the files against these
and against nothing else, and the JSON Schemas are generated from them.
"""

from enum import Enum
from typing import Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.evidence.references import (
    ApprovalId,
    ClassId,
    DrugId,
    FactId,
    PositionId,
    RegimenId,
    ResultId,
    SpeakerId,
    TrialId,
)
from consilium.evidence.sources import Citation, NotStated
from consilium.evidence.trials import Fact
from consilium.rules.conditions import Condition


class Region(Enum):
    """A place with one regulator, as far as the edition records it."""

    US = "US"
    EU = "EU"
    CN = "CN"
    UK = "UK"
    CH = "CH"
    CA = "CA"
    NO = "NO"
    MY = "MY"


class Stance(Enum):
    """What a speaker says of a regimen, in the strength of the words used."""

    RECOMMENDS = "recommends"
    WOULD_CONSIDER = "would_consider"
    MAY_BE_PREFERRED = "may_be_preferred"
    ACCEPTABLE = "acceptable"
    DEPENDS_ON = "depends_on"
    ONLY_IN_TRIAL = "only_in_trial"
    ADVISES_AGAINST = "advises_against"


class EditionInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`EDITION.yaml`: which edition this is. Dates in it bound every other date."""

    edition: str
    date: Day
    schema: str
    title: str
    maintainers: tuple[str, ...]
    intended_use: str
    knowledge_until: Day
    licence: str = ""


# --- vocabulary ---------------------------------------------------------------------------


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code of a terminology, and whether somebody has checked it there."""

    system: Literal["LOINC", "SNOMED", "RxNorm", "HGNC", "UNII", "ICD-10-CM", "NCIt", "ATC"]
    code: str
    display: str
    checked: Literal["yes", "no"] = "yes"
    note: str = ""
    because: tuple[Citation, ...] = ()

    @property
    def code_text(self) -> str:
        """The code with its system, marked where nobody has checked it there."""
        return f"{self.system} {self.code}" + (" (to be checked)" if self.checked == "no" else "")


class FactRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that can be entered or derived (`vocabulary/facts.yaml`).

    ``kind`` is `choice`, `number` or `members`. ``origin`` is `entered`,
    `defined` (by the conditions under ``definition``) or `derived` from the
    list of therapies by a function of ``consilium.clinical``. A fact that is
    not ``lasting`` may be another after the next progression. ``facts`` are
    sourced sentences on it, such as which cut-off goes with which drug.
    """

    id: str
    kind: Literal["choice", "number", "members"]
    group: str
    phrase: str
    ask: str = ""
    why: str = ""
    hint: str = ""
    origin: Literal["entered", "defined", "derived"] = "entered"
    values: dict[str, str] = {}
    vocabulary: Literal["", "drugs", "classes"] = ""
    unit: str = ""
    units: dict[str, float] = {}
    low: float = 0
    high: float = 1e9
    whole: Literal["yes", "no"] = "no"
    judgement: Literal["yes", "no"] = "no"
    lasting: Literal["yes", "no"] = "yes"
    definition: dict[str, Condition] = {}
    counts: str = ""
    codes: tuple[Code, ...] = ()
    because: tuple[Citation, ...] = ()
    facts: tuple[Fact, ...] = ()
    note: str = ""


class Invariant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that no patient can be; ``says`` names the contradiction."""

    id: str
    never: Condition
    says: str


class FactsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`vocabulary/facts.yaml`."""

    facts: tuple[FactRecord, ...]
    invariants: tuple[Invariant, ...] = ()


class DrugClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class of drugs, such as taxanes or PARP inhibitors."""

    id: str
    name: str
    kind_of: ClassId = ""
    note: str = ""


class Drug(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agent by its international non-proprietary name (`vocabulary/drugs.yaml`).

    ``names`` are brands, codes and abbreviations by which records call it;
    ``makers`` are spelled as in the conflict ledger. ``facts`` are sourced
    sentences about it that are no rule of choosing or giving.
    """

    id: str
    name: str
    classes: tuple[ClassId, ...]
    short: str = ""
    brands: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    target: str = ""
    antibody: str = ""
    payload: str = ""
    payload_class: str = ""
    linker: str = ""
    drug_to_antibody_ratio: float | None = None
    bystander_effect: Literal["yes", "no", ""] = ""
    route: str = ""
    not_to_be_confused_with: tuple[DrugId, ...] = ()
    codes: tuple[Code, ...] = ()
    because: tuple[Citation, ...] = ()
    facts: tuple[Fact, ...] = ()
    note: str = ""


class Speaker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who can take a position: a person, a guideline panel, an activity.

    ``facts`` are sourced sentences on the panel's own texts, such as their versions.
    """

    id: str
    name: str
    kind: Literal["person", "guideline", "activity", "regulator"]
    credentials: str = ""
    short: str = ""
    facts: tuple[Fact, ...] = ()
    note: str = ""


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word of the edition with its meaning: an endpoint, an adverse event, an assay.

    ``facts`` are sourced sentences on it: how guidelines define or grade it.
    """

    id: str
    name: str
    meaning: str = ""
    short: str = ""
    names: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    because: tuple[Citation, ...] = ()
    facts: tuple[Fact, ...] = ()


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the edition covers for some patients (`vocabulary/scopes.yaml`).

    ``says`` leads the plan where the cover is not full.
    """

    id: str
    covers: Literal["full", "partial", "none"]
    when: Condition
    says: str
    needs: tuple[FactId, ...] = ()


class Exclusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Patients for whom no plan is made, with the reason."""

    id: str
    when: Condition
    says: str


class Unspoken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Patients of whom no source held here speaks apart; said whatever else the plan holds."""

    id: str
    when: Condition
    says: str


class ScopesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`vocabulary/scopes.yaml`."""

    scopes: tuple[Scope, ...]
    exclusions: tuple[Exclusion, ...] = ()
    unspoken: tuple[Unspoken, ...] = ()


class Component(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One drug of a regimen, as its sources give the dose."""

    drug: DrugId
    dose: str = "not-stated"
    days: tuple[int, ...] = ()
    because: tuple[Citation, ...] = ()


class Regimen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Drugs given together on a schedule (`regimens/*.yaml`)."""

    id: str
    name: str
    components: tuple[Component, ...]
    short: str = ""
    cycle_length_days: int | None = None
    any_of: tuple[RegimenId, ...] = ()
    note: str = ""
    because: tuple[Citation, ...] = ()


# --- statements ---------------------------------------------------------------------------


class Grading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a guideline grades its own advice; scales are never merged."""

    scale: Literal["nccn", "esmo", "asco", "esmo-mcbs", "escat"]
    category: str = ""
    level: str = ""
    recommendation: str = ""


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes what stance on which regimens for which patients (`positions/`).

    ``over`` names what the stance is preferred to, ``overrides`` other
    positions of the same speaker to which this is the exception, and
    ``premise: approved`` a position that waits for an approval. ``extends_to``
    lists tests that may take the place of those of ``when``: there the position
    is shown as an extension. ``interpretation`` says where words were made
    operational.
    """

    id: str
    who: SpeakerId
    stance: Stance
    since: Day | NotStated
    checked: Day
    review_by: Day
    when: Condition
    because: tuple[Citation, ...]
    regimens: tuple[RegimenId, ...] = ()
    over: tuple[RegimenId, ...] = ()
    overrides: tuple[PositionId, ...] = ()
    supersedes: tuple[PositionId, ...] = ()
    facts: tuple[FactId, ...] = ()
    premise: Literal["approved", ""] = ""
    extends_to: tuple[Condition, ...] = ()
    interpretation: dict[str, str] = {}
    grading: Grading | None = None
    until: Day | None = None
    regions: tuple[Region, ...] = ()
    results: tuple[ResultId, ...] = ()
    caveat: str = ""
    note: str = ""


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which regulator lets which regimen be given to whom (`approvals/`)."""

    id: str
    regulator: Literal["fda", "ema", "nmpa"]
    regions: tuple[Region, ...]
    regimens: tuple[RegimenId, ...]
    status: Literal["approved", "under-review", "none-found"]
    since: Day | NotStated
    checked: Day
    review_by: Day
    because: tuple[Citation, ...]
    says: str = ""
    when: Condition | None = None
    until: Day | None = None
    supersedes: tuple[ApprovalId, ...] = ()
    interpretation: dict[str, str] = {}
    note: str = ""


class CareRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to check, prevent, hold, stop or never give for one drug (`care/`)."""

    id: str
    drug: DrugId
    kind: Literal["contraindication", "caution", "check-first", "note"]
    who: SpeakerId
    since: Day | NotStated
    checked: Day
    review_by: Day
    says: str
    because: tuple[Citation, ...]
    when: Condition
    asks: str = ""
    topic: str = ""
    regions: tuple[Region, ...] = ()
    until: Day | None = None
    interpretation: dict[str, str] = {}
    note: str = ""


class NotVerified(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that was looked for, or seen on a weak page, and is not shown as a fact.

    ``held_otherwise`` says that the edition holds it from another page all the same.
    """

    id: str
    about: str
    what: str
    why: str
    check_at: str = ""
    held_otherwise: Literal["yes", ""] = ""


# --- what must hold -----------------------------------------------------------------------


class Shows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something a plan shows, or must not; the keys given must all match one place in it.

    ``without`` is a kind of caution that the option does not carry. A ``scope``
    whose certainty is ``possible`` is named with what is missing to tell.
    """

    position: PositionId = ""
    stance: Stance | tuple[Stance, ...] | None = None
    regimen: RegimenId | tuple[RegimenId, ...] = ""
    label: Literal[
        "approved", "outside", "under-review", "none-found", "not-recorded", "cannot-tell", ""
    ] = ""
    because: str = ""
    conflict: tuple[PositionId, ...] = ()
    preference: tuple[RegimenId, ...] = ()
    caution: str = ""
    kind: str = ""
    gap: FactId = ""
    trial: TrialId = ""
    fit: Literal["yes", "possible", "no", ""] = ""
    scope: str = ""
    excluded: str = ""
    certainty: Literal["certain", "possible", "extension", "waiting", ""] = ""
    contradiction: str = ""
    without: str = ""


class WorkedCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A patient worked out by hand from the sources (`cases/`)."""

    id: str
    why: str
    as_of: Day
    region: Region
    patient: dict[str, object]
    shows: tuple[Shows, ...] = ()
    never_shows: tuple[Shows, ...] = ()
    title: str = ""
    example: Literal["yes", "no"] = "no"


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold for every patient, to be proved (`claims/`).

    It speaks of every patient for whom ``given`` holds, whatever else is
    unknown; of the facts listed as ``unknown`` nothing is known. ``rests_on``
    names the statements that make it so.
    """

    id: str
    says: str
    given: Condition
    because: tuple[Citation, ...]
    rests_on: tuple[str, ...] = ()
    shows: tuple[Shows, ...] = ()
    never_shows: tuple[Shows, ...] = ()
    unknown: tuple[FactId, ...] = ()
    regions: Literal["all"] | tuple[Region, ...] = "all"
    dates: Literal["all"] | tuple[Day, ...] = "all"
    note: str = ""


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finding that is known and left standing, with the reason (`claims/waivers.yaml`).

    It names the statements concerned. A gap is waived for the patients of
    ``when`` within ``scope``, never for a whole scope.
    """

    id: str
    finding: Literal[
        "gap", "contradiction", "dead", "shadowed", "constant", "redundant", "claim", "knowing"
    ]
    statements: tuple[str, ...]
    reason: str
    checked: Day
    review_by: Day
    scope: str = ""
    when: Condition | None = None
    because: tuple[Citation, ...] = ()
