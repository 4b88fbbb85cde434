"""An educational activity: who made and paid for it, who speaks, what each declares, what is said.

An activity holds no clinical statement of its own. A turn keeps the order of
speaking and points at positions, results and care rules; what takes no stance
is a remark in our own words. A field that the source leaves open is
`not-stated`, which is an answer and is shown as one.
"""

from typing import Annotated, Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.evidence.references import (
    ApprovalId,
    CareRuleId,
    ClassId,
    DrugId,
    HarmId,
    ObjectiveId,
    PollId,
    PositionId,
    Ref,
    ResultId,
    SourceId,
    SpeakerId,
    TrialId,
    TurnId,
)
from consilium.evidence.sources import NotStated

OrganisationId = Annotated[str, Ref("organisation")]
CaseId = str
"""A worked case by its id; cases are read apart from the edition, so a test holds these."""


class Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A company or institution that makes, pays, provides or is disclosed.

    ``spellings`` are all ways in which a source writes it. One spelling may
    name two organisations, as the name of a company and its owner with a
    stroke between them does.
    """

    id: str
    name: str
    spellings: tuple[str, ...]
    note: str = ""


class Patent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A patent from which somebody benefits, described in our own words."""

    number: str
    about: str
    status: Literal["issued", "licensed", "pending"]


class Relationship(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of tie of a person, with the organisations as the source spells them."""

    kind: Literal[
        "consultant-or-adviser",
        "honoraria",
        "research-paid-to-institution",
        "shares-or-options",
        "other-support",
        "royalties-or-patents",
        "employment",
    ]
    organisations: tuple[str, ...] = ()
    patents: tuple[Patent, ...] = ()


class Disclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one member of the faculty declares.

    ``status`` is `declared`, `nothing-to-declare` or `unresolved`; an activity
    with an unresolved one is not published. ``mitigated_on`` is the day on
    which the provider dealt with the ties.
    """

    status: Literal["declared", "nothing-to-declare", "unresolved"]
    relationships: tuple[Relationship, ...] = ()
    mitigated_on: Day | NotStated = "not-stated"
    at: str = ""


class FacultyMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person in control of content, with role and disclosure."""

    speaker: SpeakerId
    role: Literal["primary-author", "author", "planner", "reviewer"] | NotStated
    disclosure: Disclosure
    note: str = ""


class Support(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who paid for an activity, and in which way."""

    organisation: OrganisationId
    kind: Literal["educational-grant", "in-kind"]
    written: str = ""


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who made an activity; ``as_written`` keeps the registered and the trading name."""

    organisation: OrganisationId
    as_written: str


class Banner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in which a partner is named; never an advertisement."""

    organisation: OrganisationId
    written: str
    note: str = ""


class Audience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom an activity is made."""

    says: str
    professions: tuple[str, ...] = ()
    regions: Literal["worldwide"] | tuple[str, ...] = "worldwide"


class ParentEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the questions of an activity were put."""

    kind: Literal["webinar", "congress", "meeting"]
    title: str
    held: Day | NotStated = "not-stated"
    after: str = ""
    says: str = ""


class Objective(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a learner should be able to do afterwards, and what the source leaves open of it.

    ``gap`` says which part the source page does not cover, and ``beyond``
    names care rules and results of the edition that fill it.
    """

    id: str
    says: str
    gap: str = ""
    care: tuple[CareRuleId, ...] = ()
    results: tuple[ResultId, ...] = ()
    trials: tuple[TrialId, ...] = ()


class Remark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was said and takes no stance: a forecast, a mechanism, praise, a fact in passing.

    No option rests on a remark. ``flag`` marks wording that must be read with
    care, and ``reason`` says why.
    """

    id: str
    says: str
    about: str
    flag: Literal["", "wording-ambiguous", "true-in-context-only", "overtaken"] = ""
    reason: str = ""
    drugs: tuple[DrugId, ...] = ()
    trials: tuple[TrialId, ...] = ()
    results: tuple[ResultId, ...] = ()


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One speaker's words at one place of a question.

    ``says`` is the turn in our own words. ``agrees_with`` names the turns with
    which the speaker says to agree; it does not pass their positions on.
    ``refers_to`` names turns that are only mentioned.
    ``approvals`` are named where the speaker quotes a label.
    """

    id: str
    speaker: SpeakerId
    at: str
    says: tuple[str, ...]
    agrees_with: tuple[TurnId, ...] = ()
    refers_to: tuple[TurnId, ...] = ()
    positions: tuple[PositionId, ...] = ()
    results: tuple[ResultId, ...] = ()
    harms: tuple[HarmId, ...] = ()
    care: tuple[CareRuleId, ...] = ()
    trials: tuple[TrialId, ...] = ()
    remarks: tuple[Remark, ...] = ()


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question put to the faculty, with the turns in the order of speaking.

    ``short`` heads a column or a tab. ``try_on`` names worked cases on which
    the answers can be tried. ``prophylaxis`` names what is asked about there:
    whether one would give it from the start.
    """

    id: str
    short: str
    asks: str
    at: str
    objectives: tuple[ObjectiveId, ...]
    turns: tuple[Turn, ...]
    try_on: tuple[CaseId, ...] = ()
    prophylaxis: tuple[str, ...] = ()
    note: str = ""


class Takeaway(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence that sums an activity up, with the statements behind it."""

    id: str
    says: str
    at: str
    question: str
    positions: tuple[PositionId, ...] = ()
    results: tuple[ResultId, ...] = ()
    harms: tuple[HarmId, ...] = ()
    trials: tuple[TrialId, ...] = ()
    try_on: tuple[CaseId, ...] = ()
    note: str = ""


class Premise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a poll takes as not yet so, and the statements by which it has become so."""

    says: str
    approvals: tuple[ApprovalId, ...] = ()
    positions: tuple[PositionId, ...] = ()


class Poll(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question on which learners vote, one vote each.

    ``ours`` says what of it is this project's choice. A poll with a
    ``premise`` closes on the day the premise is overtaken and hands over to
    its ``successor``.
    """

    id: str
    asks: str
    options: tuple[str, ...]
    at: str = ""
    ours: str = ""
    premise: Premise | None = None
    successor: PollId = ""


class Discussion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The open question to the readers."""

    asks: str
    at: str = ""


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fact or opinion of the source page by itself, so that a question can be answered with it.

    ``facets`` name what it is about, in the words of ``consilium.asking.words``;
    ``people`` are those whom it names who are no speakers here.
    """

    id: str
    says: str
    at: str
    facets: tuple[str, ...]
    speaker: SpeakerId = ""
    drugs: tuple[DrugId, ...] = ()
    classes: tuple[ClassId, ...] = ()
    trials: tuple[TrialId, ...] = ()
    people: tuple[str, ...] = ()


class TestQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question of the test of an activity, with the statements on which its answer rests.

    ``right`` is one of the ``options``, word for word; ``because`` says why in
    our own words and is shown once the question is settled.
    """

    __test__ = False

    id: str
    asks: str
    options: tuple[str, ...]
    right: str
    because: str
    objectives: tuple[ObjectiveId, ...]
    positions: tuple[PositionId, ...] = ()
    approvals: tuple[ApprovalId, ...] = ()
    results: tuple[ResultId, ...] = ()
    care: tuple[CareRuleId, ...] = ()

    @property
    def statements(self) -> tuple[str, ...]:
        """The ids of all statements on which the answer rests."""
        return (*self.positions, *self.approvals, *self.results, *self.care)


class KnowledgeTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The questions that may be answered before an activity and are answered after it.

    ``ours`` says what of it is this project's and not the source's.
    """

    questions: tuple[TestQuestion, ...]
    ours: str = ""


class Credit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of credit: what it is, how much of it, in which unit, and who gives it."""

    type: str
    amount: str
    unit: str
    given_by: OrganisationId


class CreditScheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What completing an activity asks for and what it gives.

    ``credits`` is empty where there is no accreditation: then what is given is
    a certificate of participation, and ``says`` tells so. ``pass_percent`` is
    the least share of right answers in the test, ``attempts`` how often it may
    be tried, ``expires`` the last day on which anything is given, and
    ``keep_years`` how long the record of a completion is kept.
    """

    id: str
    says: str
    requires: tuple[Literal["steps", "evaluation", "test"], ...]
    expires: Day | Literal["never"]
    keep_years: int
    credits: tuple[Credit, ...] = ()
    pass_percent: int | None = None
    attempts: int | None = None
    ours: str = ""


class Activity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An educational activity (`activities/*.yaml`)."""

    id: str
    series: str
    type: Literal["commentary", "faq", "case", "tool", "poll"]
    title: str
    abstract: str
    source: SourceId
    speaker: SpeakerId
    released: Day | NotStated
    checked: Day
    review_by: Day
    provider: Provider
    supporters: tuple[Support, ...]
    audience: Audience
    objectives: tuple[Objective, ...]
    faculty: tuple[FacultyMember, ...]
    takeaways: tuple[Takeaway, ...]
    questions: tuple[Question, ...]
    type_as_written: str = ""
    expires: Day | NotStated = "not-stated"
    last_reviewed: Day | NotStated = "not-stated"
    banners: tuple[Banner, ...] = ()
    event: ParentEvent | None = None
    discussion: Discussion | None = None
    polls: tuple[Poll, ...] = ()
    not_stated: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    test: KnowledgeTest | None = None
    credit: CreditScheme | None = None
    note: str = ""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, in the order of the page."""
        return tuple(turn for question in self.questions for turn in question.turns)
