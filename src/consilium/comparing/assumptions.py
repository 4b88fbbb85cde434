"""What an anchored indirect comparison assumes, and how each assumption stands for two results.

Every judgement is computed from facts of the edition (comparators, entry
criteria, crossover, maturity, follow-up, assessor, landmarks), never written for a pair. The
assumptions are those of Bucher and others, J Clin Epidemiol 1997;50:683, and of
Jansen and others, Value Health 2011;14:417: a common comparator, patients alike in what
changes the effect, and outcomes measured alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import log

import msgspec

from consilium.comparing.comparison import Assumption, State
from consilium.comparing.demands import apart, demands, unlike
from consilium.evidence.trials import Arm, Estimate, Result, Trial
from consilium.knowledge.edition import Edition

_AFTER_PROGRESSION = ("os", "pfs2", "tsst")
_MARKERS = ("receptors", "biomarkers")
_SAID_BY_ALL = ("her2_status", "setting")
_UNSETTLED = re.compile(r"immature|interim|superseded|not formally", re.IGNORECASE)
_FOLLOW_UP_RATIO = 1.5
"""Follow-up that is longer by half or more is said to differ; the bound is our choice."""


class Measured(msgspec.Struct, frozen=True):
    """A result with its trial and both arms: experimental and comparator."""

    trial: Trial
    result: Result
    arm: Arm
    comparator: Arm

    @property
    def name(self) -> str:
        """The trial by its first name."""
        return self.trial.names[0]


def assumptions(edition: Edition, one: Measured, other: Measured) -> tuple[Assumption, ...]:
    """Every assumption for two results of one endpoint, in a fixed order."""
    return (
        _comparator(edition, one, other),
        _patients(edition, one, other),
        _crossover(one, other),
        _maturity(one, other),
        _follow_up(one, other),
        _assessor(one, other),
        _constant_ratio(one, other),
    )


def agents(edition: Edition, arm: Arm) -> frozenset[str]:
    """The drugs that an arm allowed: as counted, else as its description names them."""
    if arm.mix:
        return frozenset(arm.mix)
    called = {
        name.lower(): drug.id
        for drug in edition.drugs.values()
        for name in (drug.name, drug.id.replace("-", " "), drug.id, *drug.names)
        if name
    }
    left, found = arm.therapy.lower(), set()
    for name in sorted(called, key=len, reverse=True):
        if name in left:
            found.add(called[name])
            left = left.replace(name, " ")
    return frozenset(found)


def _comparator(edition: Edition, one: Measured, other: Measured) -> Assumption:
    name = "common comparator"
    uses = _uses(one, other, "arms")
    if one.comparator.regimen != other.comparator.regimen or not one.comparator.regimen:
        return Assumption(
            name,
            State.VIOLATED,
            f"{one.name} compared with {one.comparator.label}, {other.name} with "
            f"{other.comparator.label}: nothing anchors them",
            uses,
        )
    here, there = agents(edition, one.comparator), agents(edition, other.comparator)
    if not here or not there:
        silent = " and ".join(m.name for m, a in ((one, here), (other, there)) if not a)
        return Assumption(
            name, State.DOUBTFUL, f"the agents of the comparator are not stated for {silent}", uses
        )
    only_one, only_other = here - there, there - here
    if not here & there:
        return Assumption(name, State.VIOLATED, "the comparators share no agent", uses)
    if only_one or only_other:
        parts = [
            f"{m.name} alone allowed {_drugs(edition, only)}"
            for m, only in ((one, only_one), (other, only_other))
            if only
        ]
        return Assumption(name, State.DOUBTFUL, "; ".join(parts), uses)
    return Assumption(name, State.MET, f"both allowed {_drugs(edition, here)}", uses)


def _patients(edition: Edition, one: Measured, other: Measured) -> Assumption:
    name = "patients alike in what may change the effect"
    uses = _uses(one, other, "eligibility")
    if one.trial.eligibility is None or other.trial.eligibility is None:
        silent = (one if one.trial.eligibility is None else other).name
        return Assumption(
            name, State.DOUBTFUL, f"the entry criteria of {silent} are not held as facts", uses
        )
    here = demands(one.trial.eligibility, one.result.holds_for)
    there = demands(other.trial.eligibility, other.result.holds_for)
    excluded = apart(here, there)
    if excluded:
        return Assumption(
            name,
            State.VIOLATED,
            f"no patient fits both: they part on {_facts(edition, excluded)}",
            uses,
        )
    markers = [
        fact
        for fact in sorted(here.facts ^ there.facts)
        if edition.facts[fact].group in _MARKERS and fact not in _SAID_BY_ALL
    ]
    if markers:
        parts = []
        for measured, other_one, asked in ((one, other, here), (other, one, there)):
            only = [fact for fact in markers if fact in asked.facts]
            if only:
                parts.append(
                    f"{measured.name} took patients by {_facts(edition, only)}, and the effect of "
                    f"{other_one.name} in such patients alone is not held here"
                )
        return Assumption(name, State.VIOLATED, "; ".join(parts), uses)
    differing = [f for f in unlike(here, there) if f not in _SAID_BY_ALL]
    conditional = sorted(here.conditional ^ there.conditional)
    if differing or conditional:
        parts = []
        if differing:
            parts.append(f"entry criteria differ on {_facts(edition, differing)}")
        if conditional:
            parts.append(f"only one of them asks for {_facts(edition, conditional)}")
        return Assumption(name, State.DOUBTFUL, "; ".join(parts), uses)
    shared = sorted(here.conditional)
    if shared:
        return Assumption(
            name,
            State.DOUBTFUL,
            f"both tie entry to {_facts(edition, shared)}, each by its own definition",
            uses,
        )
    return Assumption(name, State.MET, "the entry criteria held here are the same", uses)


def _crossover(one: Measured, other: Measured) -> Assumption:
    name = "treatment after progression alike"
    uses = _uses(one, other, "design")
    if one.result.endpoint not in _AFTER_PROGRESSION:
        return Assumption(
            name, State.MET, "it does not touch an endpoint that ends at progression", uses
        )
    here, there = (
        m.trial.design.crossover if m.trial.design else "not-stated" for m in (one, other)
    )
    if "not-stated" in (here, there):
        silent = " and ".join(m.name for m, c in ((one, here), (other, there)) if c == "not-stated")
        return Assumption(
            name,
            State.VIOLATED,
            f"whether patients could cross over is not stated for {silent}, so what followed "
            "progression is unknown",
            uses,
        )
    if here != there:
        allowed = one if here == "allowed" else other
        barred = other if here == "allowed" else one
        return Assumption(
            name,
            State.VIOLATED,
            f"{allowed.name} let its comparator arm cross over, {barred.name} did not, so their "
            "comparator arms lived under different treatment",
            uses,
        )
    state = State.DOUBTFUL if here == "allowed" else State.MET
    says = (
        "both allowed crossover; how many crossed may differ"
        if here == "allowed"
        else "neither allowed crossover"
    )
    return Assumption(name, state, says, uses)


def _maturity(one: Measured, other: Measured) -> Assumption:
    name = "mature results"
    uses = (one.result.id, other.result.id)
    open_ = [m for m in (one, other) if _UNSETTLED.search(m.result.maturity)]
    if open_:
        said = "; ".join(f"{m.name}: {m.result.maturity}" for m in open_)
        return Assumption(name, State.VIOLATED, said, uses)
    silent = [m for m in (one, other) if m.result.maturity == "not-stated"]
    if silent:
        names = " and ".join(m.name for m in silent)
        return Assumption(name, State.DOUBTFUL, f"maturity is not stated for {names}", uses)
    return Assumption(name, State.MET, f"{one.result.maturity}; {other.result.maturity}", uses)


def _follow_up(one: Measured, other: Measured) -> Assumption:
    name = "follow-up alike"
    uses = (one.result.id, other.result.id)
    months = [
        m.result.median_follow_up.months if m.result.median_follow_up else None
        for m in (one, other)
    ]
    here, there = months
    if here is None or there is None:
        silent = " and ".join(
            m.name for m, f in zip((one, other), months, strict=True) if f is None
        )
        return Assumption(name, State.DOUBTFUL, f"median follow-up is not held for {silent}", uses)
    says = f"{here:g} months in {one.name}, {there:g} in {other.name}"
    far = max(here, there) / min(here, there) >= _FOLLOW_UP_RATIO
    return Assumption(name, State.DOUBTFUL if far else State.MET, says, uses)


def _assessor(one: Measured, other: Measured) -> Assumption:
    name = "outcome assessed alike"
    uses = (one.result.id, other.result.id)
    if one.result.endpoint == "os":
        return Assumption(name, State.MET, "death needs no reader", uses)
    here, there = one.result.assessor, other.result.assessor
    if "not-stated" in (here, there):
        return Assumption(name, State.DOUBTFUL, "who read progression is not stated for both", uses)
    if here != there:
        return Assumption(
            name, State.DOUBTFUL, "one was read centrally, one by investigators", uses
        )
    said = "blinded central review in both" if here == "bicr" else "by investigators in both"
    return Assumption(name, State.MET, said, uses)


def _constant_ratio(one: Measured, other: Measured) -> Assumption:
    """Whether the ratio that the landmarks imply stays inside the published interval."""
    name = "one ratio for the whole follow-up"
    uses = (one.result.id, other.result.id)
    parts, state = [], State.MET
    for measured in (one, other):
        implied = list(_implied_ratios(measured))
        if not implied:
            parts.append(f"{measured.name} gives no landmarks to examine it by")
            state = State.DOUBTFUL
            continue
        interval = measured.result.contrast.ci95 if measured.result.contrast else None
        inside = interval is not None and all(
            float(interval[0]) <= ratio <= float(interval[1]) for _, ratio in implied
        )
        shown = ", ".join(f"{ratio:.2f} at {month:g} months" for month, ratio in implied)
        parts.append(f"the landmarks of {measured.name} imply {shown}")
        if not inside:
            state = State.DOUBTFUL
    return Assumption(name, state, "; ".join(parts), uses)


def _implied_ratios(measured: Measured) -> Iterator[tuple[float, float]]:
    contrast = measured.result.contrast
    if contrast is None:
        return
    for landmark in measured.result.landmarks:
        here = _share(landmark.arms.get(contrast.experimental))
        there = _share(landmark.arms.get(contrast.comparator))
        if here and there:
            yield landmark.month, log(here) / log(there)


def _share(estimate: Estimate | None) -> float | None:
    if estimate is None or estimate.percent is None or not 0 < estimate.percent < 100:
        return None
    return estimate.percent / 100


def _uses(one: Measured, other: Measured, key: str) -> tuple[str, ...]:
    return (f"{one.trial.id}/{key}", f"{other.trial.id}/{key}")


def _drugs(edition: Edition, drugs: frozenset[str]) -> str:
    return ", ".join(sorted(edition.drugs[d].name if d in edition.drugs else d for d in drugs))


def _facts(edition: Edition, facts: tuple[str, ...] | list[str]) -> str:
    return ", ".join(edition.facts[fact].phrase or fact for fact in facts)
