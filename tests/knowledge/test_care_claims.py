"""The claims on giving drugs: each holds of the bundled edition, and each can fail."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from consilium.care.bedside import read_told
from consilium.knowledge.care_expected import CareClaim
from consilium.knowledge.checks import check_care_claims
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import (
    Adjustment,
    DoseLevel,
    DoseSchedule,
    EventRule,
    Gate,
    GivingStatement,
)
from consilium.planning.giving import read_amount
from consilium.proving.giving import CareJudged, judge_care
from consilium.rules.conditions import Bound
from consilium.rules.proving import Verdict

EDITION = Edition.bundled()
CLAIMS = {claim.id: claim for claim in EDITION.care_claims()}
NEVER_OPENS = {  # without the gate nothing opens either, so the claim still holds
    "low-count-opens-no-day-1-of-sacituzumab-govitecan",
    "low-count-opens-no-day-8-of-sacituzumab-govitecan",
}


def judged(claim: CareClaim, edition: Edition = EDITION) -> CareJudged:
    return next(judge_care(edition, [claim]))


def without(*names: str) -> Edition:
    contents = EDITION.contents
    return Edition(
        msgspec.structs.replace(
            contents,
            giving=tuple(s for s in contents.giving if s.id not in names),
            care=tuple(s for s in contents.care if s.id not in names),
        )
    )


def changed(name: str, change: Callable[[GivingStatement], GivingStatement]) -> Edition:
    giving = tuple(change(s) if s.id == name else s for s in EDITION.contents.giving)
    return Edition(msgspec.structs.replace(EDITION.contents, giving=giving))


def copied(name: str, drug: str) -> Edition:
    """The edition in which a statement was also written under another drug."""
    copy = msgspec.structs.replace(EDITION.giving[name], id=f"{drug}-copied", drug=drug)
    giving = (*EDITION.contents.giving, copy)
    return Edition(msgspec.structs.replace(EDITION.contents, giving=giving))


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda claim: claim.id)
def test_a_claim_holds(claim: CareClaim) -> None:
    found = judged(claim)
    assert found.verdict is Verdict.PROVED, found.why
    assert found.reports > 0


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        (claim, name)
        for claim in CLAIMS.values()
        if claim.id not in NEVER_OPENS
        for name in claim.rests_on
    ],
    ids=lambda one: one if isinstance(one, str) else one.id,
)
def test_a_claim_fails_without_a_statement_that_it_rests_on(claim: CareClaim, name: str) -> None:
    found = judged(claim, without(name))
    assert found.verdict is Verdict.REFUTED
    assert found.example is not None and claim.drugs and found.example.drug in claim.drugs


@pytest.mark.parametrize(
    ("claim", "edition"),
    [
        (
            "gates-of-sacituzumab-govitecan-stay-with-it",
            copied("sacituzumab-govitecan-us-anc-day-1", "datopotamab-deruxtecan"),
        ),
        (
            "lung-rules-of-the-deruxtecans-stay-with-them",
            copied("trastuzumab-deruxtecan-us-ild-grade-2", "sacituzumab-govitecan"),
        ),
        (
            "no-action-loosens-as-the-grade-rises",
            changed(
                "trastuzumab-deruxtecan-us-ild-grade-2",
                lambda s: msgspec.structs.replace(s, do="continue"),
            ),
        ),
        (
            "no-gastric-dose-of-trastuzumab-deruxtecan",
            changed(
                "trastuzumab-deruxtecan-us-dose",
                lambda s: msgspec.structs.replace(
                    s, levels=(DoseLevel("6.4"), *getattr(s, "levels", ()))
                ),
            ),
        ),
        (
            "no-count-opens-no-gate",
            changed(
                "eribulin-us-gate-day-1",
                lambda s: msgspec.structs.replace(
                    s, needs=("platelets",), when=Bound("platelets", below=75.0)
                ),
            ),
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_claim_notices_a_rule_that_went_wrong(claim: str, edition: Edition) -> None:
    found = judged(CLAIMS[claim], edition)
    assert found.verdict is Verdict.REFUTED, claim
    assert found.why


def test_every_gate_every_row_and_every_changed_dose_is_claimed_or_worked_out() -> None:
    """Of what a claim rests on, the claims above show that they fail without it."""
    claimed = {name for claim in CLAIMS.values() for name in claim.rests_on}
    shown = {w.statement or w.gate for case in EDITION.care_cases() for w in case.shows}
    decides = {
        s.id
        for s in EDITION.contents.giving
        if isinstance(s, Gate | EventRule | DoseSchedule)
        or (isinstance(s, Adjustment) and s.effect not in ("none", "monitor"))
    }
    assert decides - claimed - shown == set()


def test_a_claim_that_names_nothing_or_claims_nothing_is_a_problem() -> None:
    good = CLAIMS["heart-failure-ends-trastuzumab-deruxtecan"]
    wrong = [
        good,
        msgspec.structs.replace(good, rests_on=("trastuzumab-deruxtecan-us-heart-failur",)),
        msgspec.structs.replace(good, id="nothing", shows=(), because=()),
    ]
    said = [str(problem) for problem in check_care_claims(EDITION.contents, wrong, {})]
    assert any("is here twice" in text for text in said)
    assert any("Closest: `trastuzumab-deruxtecan-us-heart-failure`" in text for text in said)
    assert any("needs `because`" in text for text in said)
    assert any("`never_shows` or `tightens_with`" in text for text in said)


def test_the_example_of_a_refuted_claim_can_be_typed() -> None:
    claim = CLAIMS["lung-disease-ends-trastuzumab-deruxtecan"]
    found = judged(claim, without("trastuzumab-deruxtecan-us-ild-grade-2"))
    assert found.example is not None
    assert read_told(found.example.says, EDITION, read_amount).answer(claim.told).value == "yes"


def test_a_claim_about_nobody_is_no_claim() -> None:
    claim = msgspec.structs.replace(
        CLAIMS["heart-failure-ends-trastuzumab-deruxtecan"], drugs=("carboplatin",), shows=()
    )
    assert judged(claim).verdict is Verdict.REFUTED
