"""Statements on giving a drug: gates, watching, preventing, changing the dose, teaching.

They stand in `care/` beside the rules for choosing. Each speaks of the one
drug it names, in the regions it names, and of nothing else: no statement
passes from a drug to its sister.
"""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.errors import ConsiliumError
from consilium.evidence.references import (
    AdverseEventId,
    Bedside,
    DrugId,
    FactId,
    HarmId,
    NotVerifiedId,
    ResultId,
    SpeakerId,
)
from consilium.evidence.sources import Citation, NotStated
from consilium.knowledge.records import CareRule, FactRecord, Region
from consilium.rules.conditions import ALWAYS, Condition

BedsideCondition = Annotated[Condition, Bedside()]
"""A question about one dose or one event, in the facts of `vocabulary/bedside.yaml`."""


class AmountError(ConsiliumError):
    """An amount that is no dose."""


def amount(text: str) -> Decimal:
    """A dose as written in a statement, exact.

    >>> amount("7.5")
    Decimal('7.5')
    """
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise AmountError(f"`{text}` is no amount; write a number such as 7.5") from None
    if not found.is_finite() or found <= 0:
        raise AmountError(f"`{text}` is no dose; an amount is above zero")
    return found


# --- the facts of a dose or an event ------------------------------------------------------


class BedsideNever(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report that contradicts itself; ``says`` names the contradiction."""

    id: str
    never: BedsideCondition
    says: str
    because: tuple[Citation, ...] = ()


class BedsideFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`vocabulary/bedside.yaml`: what can be told of one dose or one adverse event.

    Laboratory facts of patients can be told here too, as values taken for the
    dose; those of the patient's record never stand in for them.
    """

    facts: tuple[FactRecord, ...] = ()
    never: tuple[BedsideNever, ...] = ()


# --- statements ---------------------------------------------------------------------------


class Giving(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="as"):
    """What every statement on giving a drug carries."""

    id: str
    drug: DrugId
    who: SpeakerId
    since: Day | NotStated
    checked: Day
    review_by: Day
    says: str
    because: tuple[Citation, ...]
    topic: str = ""
    regions: tuple[Region, ...] = ()
    until: Day | None = None
    interpretation: dict[str, str] = {}
    note: str = ""


class ForPatients(Giving, frozen=True, kw_only=True, tag_field="as"):
    """A statement for the patients of ``when``; facts of the patient are asked."""

    when: Condition = ALWAYS


class Gate(Giving, frozen=True, kw_only=True, tag_field="as", tag="gate"):
    """What is asked before the dose of one day; ``needs`` is answered only for that dose."""

    kind: Literal["gate"]
    day: int
    needs: tuple[FactId, ...]
    when: BedsideCondition
    action: Literal["hold"]
    resume_when: BedsideCondition | None = None
    cycles: Literal["every", "first"] = "every"
    most_delay_days: int | None = None

    def __post_init__(self) -> None:
        if self.day < 1:
            raise AmountError("a cycle begins on day 1")
        if not self.needs:
            raise AmountError("a gate needs at least one value under `needs`")


class Every(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often: once in ``least`` to ``most`` of a unit, for so long."""

    least: int
    unit: Literal["days", "weeks", "months", "years"]
    most: int | None = None
    for_months: int | None = None


class Monitoring(ForPatients, frozen=True, kw_only=True, tag_field="as", tag="monitoring"):
    """What is looked at, and when."""

    kind: Literal["monitoring"]
    what: Literal[
        "blood-count",
        "chest-ct",
        "eyes",
        "heart",
        "infusion",
        "kidney",
        "lungs",
        "mouth",
        "pregnancy",
    ]
    at: tuple[
        Literal[
            "start", "before-each-dose", "during-treatment", "end", "as-needed", "during-infusion"
        ],
        ...,
    ]
    every: Every | None = None
    after_event: AdverseEventId = ""


class Scheduled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A support drug on days of the cycle."""

    what: str
    drug: DrugId = ""
    days: tuple[int, ...] = ()


class Prophylaxis(ForPatients, frozen=True, kw_only=True, tag_field="as", tag="prophylaxis"):
    """What is given so that something does not happen, or not again."""

    kind: Literal["prophylaxis"]
    level: Literal["primary", "secondary"]
    against: AdverseEventId
    strength: Literal["recommends", "to-consider", "describes-own-practice", "trial", "label-use"]
    gives: tuple[Scheduled, ...] = ()
    cycles: tuple[int, ...] = ()
    flag: Literal["", "wording-ambiguous"] = ""


class NextDose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The dose after an event, in the circumstances of ``when``."""

    dose: Literal[
        "same", "reduce", "same-or-reduce", "reduce-or-stop", "none-named", "not-read", "stop"
    ]
    when: BedsideCondition = ALWAYS
    levels: int = 1
    percent: int | None = None

    def __post_init__(self) -> None:
        if self.levels < 1:
            raise AmountError("a reduction goes down by one level or more")
        if self.percent is not None and not 0 < self.percent < 100:
            raise AmountError("`percent` is a share off the dose, between 0 and 100")


class EventRule(Giving, frozen=True, kw_only=True, tag_field="as", tag="event"):
    """What to do when something happens, and what the next dose is.

    ``later_occurrences: not-read`` says that only the row of a first occurrence
    was seen.
    """

    kind: Literal["event"]
    events: tuple[AdverseEventId, ...]
    do: Literal[
        "continue",
        "watch",
        "slow-or-interrupt-infusion",
        "reduce",
        "hold",
        "hold-or-stop",
        "stop",
    ]
    when: BedsideCondition = ALWAYS
    hold_until: BedsideCondition | None = None
    then: tuple[NextDose, ...] = ()
    also: tuple[str, ...] = ()
    support: tuple[DrugId, ...] = ()
    later_occurrences: Literal["same", "not-read"] = "same"

    def __post_init__(self) -> None:
        if not self.events:
            raise AmountError("an event rule names its `events`")
        if self.do == "stop" and (self.hold_until is not None or self.then):
            raise AmountError("after `do: stop` there is neither `hold_until` nor `then`")


class DoseLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One level of a dose, and the most it may come to in milligrams."""

    amount: str
    cap_mg: str = ""

    def __post_init__(self) -> None:
        amount(self.amount)
        if self.cap_mg:
            amount(self.cap_mg)


class DoseSchedule(ForPatients, frozen=True, kw_only=True, tag_field="as", tag="dose"):
    """The dose of a drug with its levels, from the starting dose downwards."""

    kind: Literal["dose"]
    unit: Literal["mg/kg", "mg/m2", "mg"]
    levels: tuple[DoseLevel, ...]
    form: str = ""
    times_a_day: int = 1
    days: tuple[int, ...] = ()
    every_days: int | None = None
    option: str = ""
    starting_range: tuple[str, ...] = ()
    levels_stated: Literal["all", "first-only", "start-only"] = "all"
    never_above: Literal["yes", "not-stated"] = "not-stated"
    after_last: Literal["stop", "not-stated"] = "not-stated"
    re_escalation: Literal["never", "not-stated"] = "not-stated"

    def __post_init__(self) -> None:
        amounts = [amount(level.amount) for level in self.levels]
        if not amounts or amounts != sorted(set(amounts), reverse=True):
            raise AmountError("`levels` run from the starting dose downwards, each once")
        if self.days and self.every_days and max(self.days) > self.every_days:
            raise AmountError(
                f"day {max(self.days)} lies outside a cycle of {self.every_days} days"
            )


class Adjustment(ForPatients, frozen=True, kw_only=True, tag_field="as", tag="adjustment"):
    """An interaction or an impaired organ, and what it does to the dose."""

    kind: Literal["interaction", "organ-impairment"]
    effect: Literal[
        "none", "dose", "next-lower-level", "percent", "avoid", "no-data", "monitor", "do-not-give"
    ]
    starts_at: str = ""
    percent: int | None = None
    of: str = ""

    def __post_init__(self) -> None:
        if (self.effect == "dose") != bool(self.starts_at):
            raise AmountError("`effect: dose` and `starts_at` go together")
        if self.starts_at:
            amount(self.starts_at)
        if (self.effect == "percent") != (self.percent is not None):
            raise AmountError("`effect: percent` and `percent` go together")


class Premedication(ForPatients, frozen=True, kw_only=True, tag_field="as", tag="premedication"):
    """What is given before a dose."""

    kind: Literal["premedication"]
    against: AdverseEventId
    gives: tuple[str, ...]
    minutes_before: tuple[int, ...] = ()
    after_event: AdverseEventId = ""


class Infusion(Giving, frozen=True, kw_only=True, tag_field="as", tag="infusion"):
    """How the drug goes in."""

    kind: Literal["infusion"]
    first_minutes: int | None = None
    later_minutes: tuple[int, ...] = ()
    observe_minutes: tuple[int, ...] = ()
    fluid: str = ""


class Reproduction(ForPatients, frozen=True, kw_only=True, tag_field="as", tag="reproduction"):
    """Contraception and breastfeeding, in months after the last dose."""

    kind: Literal["reproduction"]
    contraception_women_months: int | None = None
    contraception_men_months: int | None = None
    no_breastfeeding_months: int | None = None
    test_before_start: Literal["yes", ""] = ""


class Teaching(ForPatients, frozen=True, kw_only=True, tag_field="as", tag="teaching"):
    """What to tell the patient."""

    kind: Literal["teaching"]


class Boxed(Giving, frozen=True, kw_only=True, tag_field="as", tag="boxed-warning"):
    """A boxed warning, or what is known of whether there is one."""

    kind: Literal["boxed-warning"]


class RiskFactor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One factor of a source's list; without ``when`` nobody is asked and the reader judges."""

    says: str
    when: Condition | None = None


class RiskList(Giving, frozen=True, kw_only=True, tag_field="as", tag="risk-factors"):
    """One source's factors that raise a risk, as an open or a closed list."""

    kind: Literal["risk-factors"]
    against: AdverseEventId
    factors: tuple[RiskFactor, ...]
    closed: Literal["yes", "no", "not-stated"] = "not-stated"


class Window(Giving, frozen=True, kw_only=True, tag_field="as", tag="window"):
    """When a support drug must not be given around chemotherapy."""

    kind: Literal["window"]
    hours_after: int
    hours_before: int
    once_per_cycle: Literal["yes", "no"] = "no"


class SupportDose(Giving, frozen=True, kw_only=True, tag_field="as", tag="support-dose"):
    """The dose of a support drug, and when it ends."""

    kind: Literal["support-dose"]


class Interchange(Giving, frozen=True, kw_only=True, tag_field="as", tag="interchange"):
    """What must not be taken for the drug, or put in its place."""

    kind: Literal["interchange"]
    not_with: tuple[DrugId, ...] = ()


class CareEvidence(Giving, frozen=True, kw_only=True, tag_field="as", tag="evidence"):
    """What was measured that bears on giving the drug; the figures stay with their trial."""

    kind: Literal["evidence"]
    results: tuple[ResultId, ...] = ()
    harms: tuple[HarmId, ...] = ()


class Silence(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    tag_field="as",
    tag="silence",
):
    """A row that was looked for and not read, said where it would otherwise be missed."""

    id: str
    drug: DrugId
    kind: Literal["silence"]
    says: str
    listed: tuple[NotVerifiedId, ...]
    events: tuple[AdverseEventId, ...] = ()
    topic: str = ""
    when: BedsideCondition = ALWAYS
    regions: tuple[Region, ...] = ()
    not_from: tuple[DrugId, ...] = ()


Dated = (
    Gate
    | Monitoring
    | Prophylaxis
    | EventRule
    | DoseSchedule
    | Adjustment
    | Premedication
    | Infusion
    | Reproduction
    | Teaching
    | Boxed
    | RiskList
    | Window
    | SupportDose
    | Interchange
    | CareEvidence
)
GivingStatement = Dated | Silence
CareStatement = CareRule | GivingStatement
