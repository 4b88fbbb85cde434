"""Editions with one fault each, made from the bundled one, and what must be found in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from consilium.clinical.dates import Day
from consilium.knowledge.contents import Contents
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Claim, Invariant, Region, Stance, Waiver
from consilium.proving.claims import judge
from consilium.proving.contradictions import contradictions
from consilium.proving.findings import Finding
from consilium.proving.gaps import gaps
from consilium.proving.idle import dead, idle_tests, shadowed
from consilium.proving.subject import Subject
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
)

replaced = msgspec.structs.replace


class Fault(NamedTuple):
    """One edit of the edition, who has to find it, and what the finding must say.

    ``patient`` are facts that the example must hold.
    """

    name: str
    edit: Callable[[Contents], Contents]
    asks: str
    kind: str
    statements: tuple[str, ...]
    patient: Mapping[str, object] = MappingProxyType({})


@cache
def the_edition() -> Edition:
    return Edition.bundled()


@cache
def claims_and_waivers() -> tuple[tuple[Claim, ...], tuple[Waiver, ...]]:
    return the_edition().claims()


def broken(fault: Fault) -> Edition:
    """The bundled edition with one fault in it."""
    return Edition(fault.edit(the_edition().contents))


def findings(fault: Fault, edition: Edition) -> Iterator[Finding]:
    """What the questions that must find a fault say of an edition, waived or not."""
    claims, waivers = claims_and_waivers()
    also = [w.when for w in waivers if w.when is not None] + [c.given for c in claims]
    subject = Subject(edition, also=also)
    match fault.asks:
        case "gaps":
            yield from gaps(subject, waivers)
        case "contradictions":
            yield from contradictions(subject)
        case "dead":
            yield from dead(subject)
        case "shadowed":
            yield from shadowed(subject)
        case "idle":
            yield from idle_tests(subject)
        case claim:
            for judged in judge(subject, [c for c in claims if c.id == claim]):
                if judged.finding is not None:
                    yield judged.finding


# --- ways to edit -----------------------------------------------------------------------------


def _edit(contents: Contents, field: str, name: str, **changes: Any) -> Contents:
    listed = getattr(contents, field)
    assert any(one.id == name for one in listed), name
    edited = tuple(replaced(one, **changes) if one.id == name else one for one in listed)
    return replaced(contents, **{field: edited})


def _one(contents: Contents, field: str, name: str) -> Any:
    return next(one for one in getattr(contents, field) if one.id == name)


def _with(field: str, name: str, **changes: Any) -> Callable[[Contents], Contents]:
    return lambda contents: _edit(contents, field, name, **changes)


def _without(field: str, name: str) -> Callable[[Contents], Contents]:
    def edit(contents: Contents) -> Contents:
        left = tuple(one for one in getattr(contents, field) if one.id != name)
        assert len(left) < len(getattr(contents, field)), name
        return replaced(contents, **{field: left})

    return edit


def _copied(field: str, name: str, **changes: Any) -> Callable[[Contents], Contents]:
    """A second statement made from one that is there."""

    def edit(contents: Contents) -> Contents:
        base = _one(contents, field, name)
        added = replaced(base, id="added", **changes)
        return replaced(contents, **{field: (*getattr(contents, field), added)})

    return edit


def _adding(field: str, name: str, *parts: Condition) -> Callable[[Contents], Contents]:
    """More tests in the conjunction of a statement."""
    key = "eligibility" if field == "trials" else "when"

    def edit(contents: Contents) -> Contents:
        asked = getattr(_one(contents, field, name), key)
        return _edit(contents, field, name, **{key: AllOf((*_parts(asked), *parts))})

    return edit


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, AllOf) else (condition,)


def _tested(field: str, name: str, fact: str, test: Condition) -> Callable[[Contents], Contents]:
    """Another test of one fact in the conjunction of a statement."""

    def edit(contents: Contents) -> Contents:
        parts = _parts(_one(contents, field, name).when)
        edited = tuple(test if getattr(part, "fact", "") == fact else part for part in parts)
        assert edited != parts, f"{name} does not test {fact}"
        return _edit(contents, field, name, when=AllOf(edited))

    return edit


def _defined(name: str, value: str, when: Condition) -> Callable[[Contents], Contents]:
    def edit(contents: Contents) -> Contents:
        definition = dict(_one(contents, "facts", name).definition) | {value: when}
        return _edit(contents, "facts", name, definition=definition)

    return edit


def _scope(name: str, *parts: Condition) -> Callable[[Contents], Contents]:
    def edit(contents: Contents) -> Contents:
        scopes = tuple(
            replaced(s, when=AllOf((*_parts(s.when), *parts))) if s.id == name else s
            for s in contents.scopes.scopes
        )
        return replaced(contents, scopes=replaced(contents.scopes, scopes=scopes))

    return edit


def _both(*edits: Callable[[Contents], Contents]) -> Callable[[Contents], Contents]:
    """Several edits that are one fault only together."""

    def edit(contents: Contents) -> Contents:
        for one in edits:
            contents = one(contents)
        return contents

    return edit


def _ranking(base: str, *pairs: tuple[str, str]) -> Callable[[Contents], Contents]:
    """Positions of one speaker on the same patients, each preferring one regimen to another."""

    def edit(contents: Contents) -> Contents:
        position = _one(contents, "positions", base)
        added = tuple(
            replaced(
                position,
                id=f"added-{better}",
                stance=Stance.WOULD_CONSIDER,
                regimens=(better,),
                over=(worse,),
            )
            for better, worse in pairs
        )
        return replaced(contents, positions=(*contents.positions, *added))

    return edit


def _scope_is(name: str, when: Condition) -> Callable[[Contents], Contents]:
    def edit(contents: Contents) -> Contents:
        scopes = tuple(
            replaced(s, when=when) if s.id == name else s for s in contents.scopes.scopes
        )
        return replaced(contents, scopes=replaced(contents.scopes, scopes=scopes))

    return edit


def _forbidding(name: str, never: Condition) -> Callable[[Contents], Contents]:
    added = Invariant(name, never, "made on purpose")
    return lambda contents: replaced(contents, invariants=(*contents.invariants, added))


_TN = IsOneOf("subtype", ("triple-negative",))
_NO = IsOneOf("checkpoint_inhibitor_candidate", ("no",))
_ADVANCED = IsOneOf("setting", ("advanced",))
_FIRST = Bound("line", start=1, up_to=1)
_CARRIER = IsOneOf("germline_brca", ("pathogenic", "likely-pathogenic"))
_ADC = "tolaney-tn-1l-adc-upfront"
_SG = "us-sacituzumab-govitecan-tn-1l-alone"
_TALA = "us-talazoparib-gbrca"
_ER_HIGH = Bound("er_percent", above=10)

FAULTS = (
    # --- gaps -----------------------------------------------------------------------------------
    Fault(
        "the only position for a carrier who is a candidate is gone",
        _without("positions", "asco-2021-tn-1l-pembrolizumab-chemotherapy"),
        "gaps",
        "gap",
        ("triple-negative-first-line-checkpoint-inhibitor",),
        {"pd_l1_cps": 10},
    ),
    Fault(
        "a bound leaves one score out",
        _tested(
            "positions",
            "asco-2021-tn-1l-pembrolizumab-chemotherapy",
            "pd_l1_cps",
            Bound("pd_l1_cps", start=11),
        ),
        "gaps",
        "gap",
        ("triple-negative-first-line-checkpoint-inhibitor",),
        {"pd_l1_cps": 10},
    ),
    Fault(
        "a later line is asked for",
        _tested(
            "positions",
            "asco-2021-tn-3l-sacituzumab-govitecan",
            "prior_lines",
            Bound("prior_lines", start=3),
        ),
        "gaps",
        "gap",
        ("triple-negative-later-lines",),
    ),
    Fault(
        "chemotherapy after endocrine therapy is gone",
        _without("positions", "asco-2021-hr-single-agent-chemotherapy"),
        "gaps",
        "gap",
        ("hormone-receptor-positive-after-endocrine-therapy",),
        {"progressed_on_endocrine_line": "yes"},
    ),
    Fault(
        "a definition forgets one score",
        _defined("her2_category", "low", IsOneOf("her2_ihc", ("1+",))),
        "contradictions",
        "gap",
        ("her2_category",),
        {"her2_ihc": "2+", "her2_ish": "not-amplified"},
    ),
    Fault(
        "a definition leaves a boundary out",
        _defined("er_status", "positive", Bound("er_percent", above=1)),
        "contradictions",
        "gap",
        ("er_status",),
        {"er_percent": 1},
    ),
    Fault(
        "advice that holds in one region alone",
        _with("positions", "asco-2021-tn-1l-pembrolizumab-chemotherapy", regions=(Region.US,)),
        "gaps",
        "gap",
        ("triple-negative-first-line-checkpoint-inhibitor",),
    ),
    Fault(
        "advice that ended before the day of the edition",
        _with("positions", "asco-2021-hr-single-agent-chemotherapy", until=Day("2026-10-01")),
        "gaps",
        "gap",
        ("hormone-receptor-positive-after-endocrine-therapy",),
    ),
    Fault(
        "a line that no scope speaks of",
        _scope("triple-negative-later-lines", Bound("line", start=3)),
        "gaps",
        "gap",
        ("triple-negative-later-lines",),
        {"line": 2},
    ),
    # --- contradictions -------------------------------------------------------------------------
    Fault(
        "one person is for and against the same drug",
        _copied("positions", _ADC, stance=Stance.ADVISES_AGAINST, overrides=()),
        "contradictions",
        "contradiction",
        (_ADC, "added"),
    ),
    Fault(
        "one person prefers each of two to the other",
        _tested(
            "positions",
            "tolaney-gbrca-high-volume-adc",
            "disease_volume",
            IsOneOf("disease_volume", ("low",)),
        ),
        "contradictions",
        "contradiction",
        ("tolaney-gbrca-low-volume-parp", "tolaney-gbrca-high-volume-adc"),
        {"disease_volume": "low", "symptomatic": "no"},
    ),
    Fault(
        "an exception is forgotten",
        _with("positions", "cortes-gbrca-depends-on-burden", overrides=()),
        "contradictions",
        "contradiction",
        ("cortes-gbrca-depends-on-burden", "cortes-tn-1l-sacituzumab-govitecan"),
        {"line": 1},
    ),
    Fault(
        "one person keeps a drug to trials and recommends it",
        _copied("positions", _ADC, stance=Stance.ONLY_IN_TRIAL, overrides=()),
        "contradictions",
        "contradiction",
        (_ADC, "added"),
    ),
    Fault(
        "one person recommends two different drugs",
        _copied("positions", "garrido-castro-tn-1l-adc", regimens=("olaparib",)),
        "contradictions",
        "contradiction",
        ("garrido-castro-tn-1l-adc", "added"),
    ),
    Fault(
        "one panel recommends what it ranks below another",
        _copied(
            "positions",
            "nccn-2026-06-tn-1l-sacituzumab-govitecan",
            regimens=("datopotamab-deruxtecan",),
            over=("sacituzumab-govitecan",),
            supersedes=(),
        ),
        "contradictions",
        "contradiction",
        ("nccn-2026-06-tn-1l-sacituzumab-govitecan", "added"),
    ),
    Fault(
        "a label forbids those whom it is for, by a fact that both ask about",
        _copied(
            "care",
            "olaparib-us-pregnancy",
            drug="talazoparib",
            kind="contraindication",
            when=_CARRIER,
        ),
        "contradictions",
        "contradiction",
        (_TALA, "added"),
        {"germline_brca": "pathogenic"},
    ),
    Fault(
        "a label forbids everybody",
        _copied(
            "care",
            "sacituzumab-govitecan-us-hypersensitivity",
            when=Bound("age", start=0),
        ),
        "contradictions",
        "contradiction",
        (_SG, "added"),
    ),
    Fault(
        "a definition gives two values",
        _defined("her2_category", "ultralow", IsOneOf("her2_ihc", ("0",))),
        "contradictions",
        "contradiction",
        ("her2_category",),
        {"her2_ihc": "0", "her2_membrane_staining": "no"},
    ),
    Fault(
        "two ranges of a definition overlap",
        _defined("pr_status", "negative", Bound("pr_percent", below=2)),
        "contradictions",
        "contradiction",
        ("pr_status",),
        {"pr_percent": 1},
    ),
    Fault(
        "one panel is for a drug and against its whole class",
        _both(
            _copied(
                "positions", "asco-2021-tn-1l-single-agent-chemotherapy", regimens=("capecitabine",)
            ),
            _with(
                "positions",
                "asco-2021-tn-1l-single-agent-chemotherapy",
                stance=Stance.ADVISES_AGAINST,
            ),
        ),
        "contradictions",
        "contradiction",
        ("asco-2021-tn-1l-single-agent-chemotherapy", "added"),
    ),
    Fault(
        "a preference of a drug to itself",
        _with("positions", "tolaney-gbrca-low-volume-parp", over=("olaparib",)),
        "contradictions",
        "contradiction",
        ("tolaney-gbrca-low-volume-parp",),
    ),
    Fault(
        "preferences that run in a circle",
        _ranking(
            _ADC,
            ("capecitabine", "eribulin"),
            ("eribulin", "vinorelbine"),
            ("vinorelbine", "capecitabine"),
        ),
        "contradictions",
        "contradiction",
        ("added-capecitabine", "added-eribulin", "added-vinorelbine"),
    ),
    Fault(
        "an approval and none found",
        _with(
            "approvals",
            "us-sacituzumab-tirumotecan",
            regimens=("sacituzumab-tirumotecan", "sacituzumab-govitecan"),
        ),
        "contradictions",
        "contradiction",
        ("us-sacituzumab-tirumotecan", _SG),
    ),
    Fault(
        "two scopes for one patient",
        _scope_is("triple-negative-later-lines", AllOf((_TN, _ADVANCED))),
        "contradictions",
        "contradiction",
        (
            "triple-negative-first-line-no-checkpoint-inhibitor",
            "triple-negative-later-lines",
        ),
        {"line": 1},
    ),
    # --- dead -----------------------------------------------------------------------------------
    Fault(
        "a first line after an earlier line",
        _adding("positions", _ADC, Bound("prior_lines", start=1)),
        "dead",
        "dead",
        (_ADC,),
    ),
    Fault(
        "an approval for a triple-negative tumour with receptors",
        _adding("approvals", _SG, IsOneOf("hormone_receptor", ("positive",))),
        "dead",
        "dead",
        (_SG,),
    ),
    Fault(
        "a care rule for a number that does not exist",
        _with(
            "care", "capecitabine-us-renal-severe", when=Bound("creatinine_clearance", above=300)
        ),
        "dead",
        "dead",
        ("capecitabine-us-renal-severe",),
    ),
    Fault(
        "an approval that ends on the day it begins",
        _with("approvals", _SG, until=Day("2026-06-24")),
        "dead",
        "dead",
        (_SG,),
    ),
    Fault(
        "an extension to patients for whom no plan is made",
        _with(
            "positions",
            "tolaney-gbrca-low-volume-parp",
            extends_to=(IsOneOf("subtype", ("her2-positive",)),),
        ),
        "dead",
        "dead",
        ("tolaney-gbrca-low-volume-parp",),
        {"line": 1, "disease_volume": "low"},
    ),
    Fault(
        "a position on early disease",
        _tested("positions", _ADC, "setting", IsOneOf("setting", ("early",))),
        "dead",
        "dead",
        (_ADC,),
        {"setting": "early"},
    ),
    Fault(
        "a scope that nobody is in",
        _scope("triple-negative-later-lines", Bound("prior_lines", up_to=0)),
        "dead",
        "dead",
        ("triple-negative-later-lines",),
    ),
    Fault(
        "a trial that takes nobody",
        _adding("trials", "ascent", Bound("prior_systemic_therapies", up_to=0)),
        "dead",
        "dead",
        ("ascent",),
    ),
    Fault(
        "an approval that ends before it begins",
        _with("approvals", _SG, until=Day("2026-01-01")),
        "dead",
        "dead",
        (_SG,),
    ),
    Fault(
        "an approval that another replaces on its first day",
        _copied("approvals", _SG, supersedes=(_SG,)),
        "dead",
        "dead",
        (_SG,),
    ),
    Fault(
        "a value that follows for nobody",
        _defined("er_status", "negative", AllOf((Bound("er_percent", below=1), _ER_HIGH))),
        "dead",
        "dead",
        ("er_status",),
    ),
    Fault(
        "an impossible combination that nobody could be anyway",
        _forbidding("added", AllOf((_TN, IsOneOf("hormone_receptor", ("positive",))))),
        "dead",
        "dead",
        ("added",),
    ),
    # --- shadowed -------------------------------------------------------------------------------
    Fault(
        "the same position again, for fewer patients",
        _copied(
            "positions",
            "asco-2021-tn-1l-single-agent-chemotherapy",
            when=AllOf((_TN, _ADVANCED, _FIRST, Bound("pd_l1_cps", below=1))),
        ),
        "shadowed",
        "shadowed",
        ("added", "asco-2021-tn-1l-single-agent-chemotherapy"),
    ),
    Fault(
        "the same approval again, for fewer patients",
        _copied(
            "approvals",
            _SG,
            supersedes=(),
            when=AllOf((_TN, _ADVANCED, _FIRST, _NO, Bound("ecog_ps", up_to=1))),
        ),
        "shadowed",
        "shadowed",
        ("added", _SG),
    ),
    Fault(
        "the same care rule again, for fewer patients",
        _copied(
            "care",
            "olaparib-us-pregnancy",
            when=AllOf((IsOneOf("pregnancy", ("pregnant",)), Bound("age", below=40))),
        ),
        "shadowed",
        "shadowed",
        ("added", "olaparib-us-pregnancy"),
    ),
    Fault(
        "an exception takes a position away from everybody",
        _copied("positions", _ADC, stance=Stance.ACCEPTABLE, overrides=(_ADC,)),
        "shadowed",
        "shadowed",
        (_ADC, "added"),
    ),
    Fault(
        "an extension to patients who are spoken of anyway",
        _with("positions", "tolaney-gbrca-low-volume-parp", extends_to=(_TN,)),
        "shadowed",
        "shadowed",
        ("tolaney-gbrca-low-volume-parp",),
    ),
    # --- constant -------------------------------------------------------------------------------
    Fault(
        "a test that lists every value",
        _adding("positions", _ADC, IsOneOf("symptomatic", ("yes", "no"))),
        "idle",
        "constant",
        (_ADC,),
    ),
    Fault(
        "a bound at the end of the range",
        _adding("approvals", _SG, Bound("pd_l1_cps", start=0)),
        "idle",
        "constant",
        (_SG,),
    ),
    Fault(
        "a branch that nobody meets",
        _adding(
            "positions",
            _ADC,
            AnyOf(
                (
                    Bound("ecog_ps", up_to=1),
                    AllOf((IsOneOf("her2_ihc", ("3+",)), IsOneOf("her2_category", ("low",)))),
                )
            ),
        ),
        "idle",
        "constant",
        (_ADC,),
    ),
    # --- redundant ------------------------------------------------------------------------------
    Fault(
        "a test that follows from another",
        _adding("positions", _ADC, IsOneOf("hormone_receptor", ("negative",))),
        "idle",
        "redundant",
        (_ADC,),
    ),
    Fault(
        "a branch inside another",
        _adding(
            "approvals",
            _SG,
            AnyOf((Bound("age", start=65), Bound("age", start=70))),
        ),
        "idle",
        "redundant",
        (_SG,),
    ),
    Fault(
        "a count that another test decides",
        _adding(
            "positions",
            _ADC,
            AtLeast(
                1,
                (IsOneOf("disease_volume", ("high",)), Not(Includes("prior_drugs", ("olaparib",)))),
            ),
            Not(Includes("prior_drugs", ("olaparib",))),
        ),
        "idle",
        "redundant",
        (_ADC,),
    ),
    Fault(
        "a branch of a definition inside another",
        _defined(
            "her2_category",
            "positive",
            AnyOf(
                (
                    IsOneOf("her2_ihc", ("3+",)),
                    AllOf(
                        (IsOneOf("her2_ihc", ("2+",)), IsOneOf("her2_ish", ("amplified",))),
                    ),
                    AllOf(
                        (IsOneOf("her2_ihc", ("3+",)), IsOneOf("her2_ish", ("amplified",))),
                    ),
                )
            ),
        ),
        "idle",
        "redundant",
        ("her2_category",),
    ),
    # --- claims ---------------------------------------------------------------------------------
    Fault(
        "a variant of uncertain significance opens a PARP inhibitor",
        _tested(
            "approvals",
            _TALA,
            "germline_brca",
            IsOneOf("germline_brca", ("pathogenic", "likely-pathogenic", "uncertain-significance")),
        ),
        "uncertain-variant-opens-no-parp-inhibitor",
        "claim",
        ("uncertain-variant-opens-no-parp-inhibitor",),
        {"germline_brca": "uncertain-significance"},
    ),
    Fault(
        "pembrolizumab at a lower score",
        _tested(
            "approvals",
            "us-pembrolizumab-chemotherapy-tn",
            "pd_l1_cps",
            Bound("pd_l1_cps", start=1),
        ),
        "low-cps-opens-no-pembrolizumab",
        "claim",
        ("low-cps-opens-no-pembrolizumab",),
    ),
    Fault(
        "pembrolizumab without a score",
        _tested("approvals", "us-pembrolizumab-chemotherapy-tn", "pd_l1_cps", _ADVANCED),
        "only-22c3-cps-opens-pembrolizumab",
        "claim",
        ("only-22c3-cps-opens-pembrolizumab",),
    ),
    Fault(
        "the stop after lung disease is gone",
        _without("care", "trastuzumab-deruxtecan-us-ild-on-it"),
        "lung-disease-on-trastuzumab-deruxtecan-stops-it",
        "claim",
        ("lung-disease-on-trastuzumab-deruxtecan-stops-it",),
    ),
    Fault(
        "trastuzumab deruxtecan in HER2-null disease",
        _tested(
            "approvals",
            "us-trastuzumab-deruxtecan-hr-low-ultralow",
            "her2_category",
            IsOneOf("her2_category", ("low", "ultralow", "null")),
        ),
        "her2-null-opens-no-trastuzumab-deruxtecan",
        "claim",
        ("her2-null-opens-no-trastuzumab-deruxtecan",),
        {"her2_category": "null"},
    ),
    Fault(
        "the judgement is not asked for",
        _tested("approvals", _SG, "checkpoint_inhibitor_candidate", _ADVANCED),
        "first-line-conjugates-wait-for-the-judgement",
        "claim",
        ("first-line-conjugates-wait-for-the-judgement",),
    ),
    Fault(
        "a withdrawal is forgotten",
        _with("approvals", "us-atezolizumab-nab-paclitaxel-tn", until=None),
        "withdrawn-atezolizumab-stays-withdrawn",
        "claim",
        ("withdrawn-atezolizumab-stays-withdrawn",),
    ),
    Fault(
        "an approval comes a day late",
        _with("approvals", _SG, since=Day("2026-06-25")),
        "first-line-sacituzumab-govitecan-in-the-united-states",
        "claim",
        ("first-line-sacituzumab-govitecan-in-the-united-states",),
    ),
    Fault(
        "a preference between the two conjugates",
        _with(
            "positions", _ADC, regimens=("sacituzumab-govitecan",), over=("datopotamab-deruxtecan",)
        ),
        "no-order-between-the-two-conjugates",
        "claim",
        ("no-order-between-the-two-conjugates",),
    ),
)
