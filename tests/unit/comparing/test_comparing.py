"""Comparisons of the bundled edition: verdicts, reasons, and what they rest on."""

from datetime import date
from math import exp, log, sqrt

import msgspec
import pytest

from consilium import Edition
from consilium.comparing import ComparisonError, Verdict, compare
from consilium.comparing.comparison import State
from consilium.comparing.indirect import MissingFact, indirect_ratio
from consilium.knowledge.edition import Edition as AnEdition

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def edition():
    return Edition.bundled()


def pairing(edition, one, other, trials, as_of=TODAY):
    made = compare(edition, one, other, as_of=as_of)
    (found,) = [p for p in made.pairings if (p.one_trial, p.other_trial) == trials]
    return {v.endpoint: v for v in found.verdicts}, found


FIRST_LINE = ("ascent-03", "tropion-breast02")


def test_first_line_conjugates_are_not_ranked(edition):
    verdicts, _ = pairing(edition, "SG", "Dato-DXd", FIRST_LINE)
    pfs, os_ = verdicts["pfs"], verdicts["os"]
    assert pfs.verdict is Verdict.DOUBTFUL
    assert pfs.verdict.value == "anchored, doubtful: do not rank"
    # the published intervals, by hand: Bucher on the log scale
    spread = sqrt((log(0.77 / 0.50) / 3.92) ** 2 + (log(0.69 / 0.47) / 3.92) ** 2)
    low, high = (exp(log(0.62 / 0.57) + sign * 1.96 * spread) for sign in (-1, 1))
    assert pfs.estimate.value == pytest.approx(0.62 / 0.57)
    assert pfs.estimate.ci95 == pytest.approx((low, high), abs=1e-3)
    assert (round(low, 2), round(high, 2)) == (0.81, 1.45)
    assert os_.verdict is Verdict.NONE and os_.estimate is None
    assert "cross over" in os_.why and "immature" in os_.why


def test_the_order_of_the_sides_turns_the_ratio_round(edition):
    there, _ = pairing(edition, "SG", "Dato-DXd", FIRST_LINE)
    back, _ = pairing(edition, "Dato-DXd", "SG", FIRST_LINE[::-1])
    assert back["pfs"].estimate.value == pytest.approx(1 / there["pfs"].estimate.value)
    low, high = there["pfs"].estimate.ci95
    assert back["pfs"].estimate.ci95 == pytest.approx((1 / high, 1 / low))
    assert back["pfs"].verdict is there["pfs"].verdict


@pytest.mark.parametrize("parp", ["olaparib", "talazoparib", "PARP inhibitor"])
@pytest.mark.parametrize(
    "conjugate",
    ["sacituzumab-govitecan", "datopotamab-deruxtecan", "trastuzumab-deruxtecan", "sac-TMT"],
)
def test_a_parp_inhibitor_is_never_compared_with_a_conjugate(edition, parp, conjugate):
    made = compare(edition, parp, conjugate, as_of=TODAY)
    assert made.pairings
    for found in made.pairings:
        assert found.best is Verdict.NONE
        assert all(v.estimate is None and v.why for v in found.verdicts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("T-DXd then SG", "SG then T-DXd"),
        ("Dato-DXd -> T-DXd", "T-DXd -> Dato-DXd"),
        ("sacituzumab govitecan > chemotherapy", "chemotherapy > sacituzumab govitecan"),
    ],
)
def test_the_order_of_conjugates_cannot_be_compared(edition, one, other):
    made = compare(edition, one, other, as_of=TODAY)
    assert not made.pairings
    assert "cannot be compared" in made.summary[0]


def test_series_of_either_order_are_listed_and_not_ranked(edition):
    made = compare(edition, "Dato-DXd then T-DXd", "T-DXd then Dato-DXd", as_of=TODAY)
    assert any(cell.text.startswith("TRADE-DXd") for cell in made.also)
    assert all(cell.because for cell in made.also)


def test_what_one_trial_randomised_is_a_randomised_comparison(edition):
    made = compare(edition, "SG", "chemotherapy", as_of=TODAY)
    assert made.pairings[0].best is Verdict.RANDOMISED
    verdicts, _ = pairing(edition, "SG", "chemotherapy", ("ascent-03", "ascent-03"))
    assert verdicts["pfs"].estimate.value == 0.62
    turned, _ = pairing(edition, "chemotherapy", "SG", ("ascent-03", "ascent-03"))
    assert turned["pfs"].estimate.value == pytest.approx(1 / 0.62)


def test_lines_that_exclude_each_other_cannot_be_compared(edition):
    verdicts, _ = pairing(edition, "ASCENT", "TROPION-Breast02", ("ascent", "tropion-breast02"))
    assert verdicts["pfs"].verdict is Verdict.NONE
    assert "no patient fits both" in verdicts["pfs"].why


def test_a_later_result_is_not_known_earlier(edition):
    made = compare(edition, "ASCENT-03", "TROPION-Breast02", as_of=date(2025, 1, 1))
    assert all(v.estimate is None for p in made.pairings for v in p.verdicts)


def test_a_single_arm_anchors_nothing(edition):
    verdicts, _ = pairing(edition, "SERIES", "TROPION-Breast01", ("series", "tropion-breast01"))
    assert all(v.verdict is Verdict.NONE and "anchors" in v.why for v in verdicts.values())


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("SG", "sacituzumab govitecan", "both sides are"),
        ("sacituzumab-govitekan", "Dato-DXd", "Did you mean `sacituzumab-govitecan`?"),
        ("SG then T-DXd", "T-DXd", "a sequence is compared with a sequence"),
        ("", "T-DXd", "name a therapy"),
        ("PARP inhibitor then SG", "SG then T-DXd", "no single step"),
    ],
)
def test_what_cannot_be_asked_is_said(edition, one, other, says):
    with pytest.raises(ComparisonError, match=says):
        compare(edition, one, other, as_of=TODAY)


def every_pair(edition):
    asked = [r.id for r in edition.regimens.values()]
    for number, one in enumerate(asked):
        for other in asked[number + 1 :]:
            yield compare(edition, one, other, as_of=TODAY)


def test_over_all_pairs_an_estimate_needs_every_assumption_unviolated(edition):
    seen = 0
    for made in every_pair(edition):
        for found in made.pairings:
            for verdict in found.verdicts:
                assert verdict.why and verdict.uses
                violated = [a for a in verdict.assumptions if a.state is State.VIOLATED]
                doubtful = [a for a in verdict.assumptions if a.state is State.DOUBTFUL]
                if violated:
                    assert verdict.verdict is Verdict.NONE and verdict.estimate is None
                if verdict.verdict is Verdict.USABLE:
                    assert not doubtful
                if verdict.estimate is not None and verdict.verdict is not Verdict.RANDOMISED:
                    seen += 1
                    assert verdict.estimate.via, "an indirect ratio names what anchors it"
    assert seen > 3


def test_deleting_a_result_makes_what_rests_on_it_fail_by_name(edition):
    rests = {}
    for made in every_pair(edition):
        for found in made.pairings:
            for verdict in found.verdicts:
                if verdict.estimate is not None and verdict.estimate.via:
                    rests[verdict.uses[:2]] = verdict
    assert rests
    for one, other in rests:
        for gone in (one, other):
            with pytest.raises(MissingFact, match=gone):
                indirect_ratio(without(edition, gone), one, other)


def without(edition, result):
    trials = tuple(
        msgspec.structs.replace(t, results=tuple(r for r in t.results if r.id != result))
        for t in edition.contents.trials
    )
    return AnEdition(msgspec.structs.replace(edition.contents, trials=trials))
