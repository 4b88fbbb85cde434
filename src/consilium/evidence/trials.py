"""Trials and cohorts: what was measured, in whom, by whom.

Times are in months and shares in percent unless a key says otherwise.
"""

from typing import Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.errors import ConsiliumError
from consilium.evidence.references import AdverseEventId, EndpointId, RegimenId, ResultId
from consilium.evidence.sources import Citation, NotStated
from consilium.rules.conditions import Condition

NotReached = Literal["not-reached", "not-stated"]
Limit = float | NotReached


class EvidenceError(ConsiliumError):
    """A figure that cannot be right as it stands."""


class Estimate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one arm showed: a median in months, a share in percent, or another value."""

    n: int | None = None
    events: int | None = None
    count: int | None = None
    median_months: Limit | None = None
    percent: float | None = None
    value: float | None = None
    unit: str = ""
    ci95: tuple[Limit, Limit] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for point in (self.median_months, self.percent, self.value):
            _check_interval(point, self.ci95, "estimate")
        if self.percent is not None and not 0 <= self.percent <= 100:
            raise EvidenceError(f"{self.percent} is no percentage")


class Contrast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Experimental against comparator, in that order, on the natural scale.

    A hazard ratio below one favours the experimental arm.
    """

    experimental: str
    comparator: str
    measure: Literal[
        "hazard_ratio", "odds_ratio", "risk_difference", "mean_difference", "rate_ratio"
    ]
    value: float | NotStated
    ci95: tuple[Limit, Limit] | None = None
    p: str = ""
    note: str = ""
    because: tuple[Citation, ...] = ()

    def __post_init__(self) -> None:
        _check_interval(self.value, self.ci95, self.measure)


class Landmark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The share free of the event at a stated month, by arm."""

    month: float
    arms: dict[str, Estimate]
    because: tuple[Citation, ...] = ()


class FollowUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long patients were followed, in months."""

    months: float
    because: tuple[Citation, ...] = ()


class Subgroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the trial, and whether it was planned."""

    factor: str
    level: str = ""
    planned: Literal["prespecified", "exploratory", "not-stated"] = "not-stated"


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One endpoint as measured in one population at one cut-off.

    ``holds_for`` says whom the population is, where it is narrower than the
    trial's entry criteria and facts can express it; the result of one
    population is never shown as that of another.
    """

    id: str
    endpoint: EndpointId
    since: Day | NotStated
    checked: Day
    review_by: Day
    because: tuple[Citation, ...]
    assessor: Literal["bicr", "investigator", "not-stated"] = "not-stated"
    role: Literal["primary", "key-secondary", "secondary", "exploratory", "not-stated"] = (
        "not-stated"
    )
    analysis_population: str = "not-stated"
    holds_for: Condition | None = None
    maturity: str = "not-stated"
    data_cutoff: Day | NotStated = "not-stated"
    median_follow_up: FollowUp | None = None
    arms: dict[str, Estimate] = {}
    contrast: Contrast | None = None
    landmarks: tuple[Landmark, ...] = ()
    subgroup: Subgroup | None = None
    derived: str = ""
    note: str = ""
    supersedes: tuple[ResultId, ...] = ()


class Harm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often an adverse event was seen, by arm, on one basis.

    Figures on two bases are never compared or pooled. ``grade`` is CTCAE.
    """

    id: str
    term: AdverseEventId
    grade: Literal["any", "2-or-worse", "3-or-worse", "3-4", "4", "5", "not-applicable"]
    basis: str
    since: Day | NotStated
    checked: Day
    review_by: Day
    because: tuple[Citation, ...]
    arms: dict[str, Estimate]
    analysis_population: str = "not-stated"
    derived: str = ""
    note: str = ""


class Arm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An arm as assigned. ``n`` maps a population to its size.

    ``sequence`` names the regimens of an arm that is an order of treatments.
    """

    id: str
    label: str
    role: Literal["experimental", "comparator", "cohort"]
    regimen: RegimenId = ""
    sequence: tuple[RegimenId, ...] = ()
    therapy: str = ""
    n: dict[str, int] = {}
    mix: dict[str, float] = {}
    mix_unit: Literal["patients", "percent", ""] = ""
    because: tuple[Citation, ...] = ()


class Design(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the trial was built; crossover matters to how its survival reads."""

    randomised: Literal["yes", "no", "not-stated"]
    because: tuple[Citation, ...]
    allocation: str = "not-stated"
    masking: str = "not-stated"
    crossover: Literal["allowed", "not-allowed", "not-stated"] = "not-stated"
    crossover_note: str = ""
    stratified_by: tuple[str, ...] = ()
    note: str = ""


class Population(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who was studied, in words, with what was seen of them."""

    says: str
    because: tuple[Citation, ...]
    note: str = ""


class TrialStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far the trial is, and when somebody last looked."""

    value: Literal[
        "recruiting", "active-not-recruiting", "ongoing", "reporting", "completed", "not-stated"
    ]
    says: str
    checked: Day
    because: tuple[Citation, ...]


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sourced sentence about a trial that has no key of its own."""

    about: str
    says: str
    because: tuple[Citation, ...]
    note: str = ""


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A study: trial, cohort or set of benchmark figures.

    ``eligibility`` is the part of its entry criteria that facts can express;
    ``interpretation`` says where words were made operational.
    """

    id: str
    names: tuple[str, ...]
    kind: Literal[
        "randomised-trial", "single-arm-trial", "trial-in-progress", "cohort", "benchmark-set"
    ]
    phase: str
    status: TrialStatus
    population: Population
    because: tuple[Citation, ...]
    nct: str = ""
    other_ids: dict[str, str] = {}
    design: Design | None = None
    eligibility: Condition | None = None
    interpretation: dict[str, str] = {}
    arms: tuple[Arm, ...] = ()
    results: tuple[Result, ...] = ()
    harms: tuple[Harm, ...] = ()
    facts: tuple[Fact, ...] = ()
    conflicts: tuple[Fact, ...] = ()
    not_found: tuple[str, ...] = ()


def _check_interval(point: Limit | None, ci95: tuple[Limit, Limit] | None, what: str) -> None:
    if ci95 is None or not isinstance(point, int | float):
        return
    low, high = ci95
    if (isinstance(low, int | float) and point < low) or (
        isinstance(high, int | float) and point > high
    ):
        raise EvidenceError(
            f"{what} {point} lies outside its interval {low} to {high}; "
            "look for swapped arms or a typing slip"
        )
