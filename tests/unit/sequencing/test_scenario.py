"""Scenarios: what is anchored, what is withheld, and what every number rests on."""

import msgspec
import numpy as np
import pytest

from consilium import Edition
from consilium.evidence.parameters import Borrowed, ParameterError
from consilium.sequencing.burden import burdens
from consilium.sequencing.courses import arm_of, designed
from consilium.sequencing.errors import SequenceError
from consilium.sequencing.information import Group, groups_of, information
from consilium.sequencing.numbers import MissingFigure, numbers
from consilium.sequencing.scenario import scenario

MODEL = "triple-negative-first-line"
PD_L1 = "triple-negative-pd-l1-first-line"
DATO_FIRST = ("datopotamab-deruxtecan", "chemotherapy", "chemotherapy")
SG_FIRST = ("sacituzumab-govitecan", "chemotherapy", "chemotherapy")
SG_TWICE = ("datopotamab-deruxtecan", "sacituzumab-govitecan", "chemotherapy")
SG_LATER = ("chemotherapy", "sacituzumab-govitecan", "chemotherapy")


@pytest.fixture(scope="module")
def edition():
    return Edition.bundled()


def made(edition, *sequences, **options):
    given = {"draws": 200, "patients": 2_000} | options
    return scenario(edition, MODEL, sequences, **given)


@pytest.fixture(scope="module")
def dato(edition):
    return made(edition, DATO_FIRST, SG_LATER)


def test_the_model_predicts_what_trials_published(dato):
    """Third treatment, second progression and survival of both arms of both first-line trials."""
    assert len(dato.misfits) == 12
    assert {m.check.predicts for m in dato.misfits} == {
        "third-treatment",
        "leaving-second-line",
        "overall-survival",
    }
    assert [m.check.id for m in dato.misfits if not m.inside] == []
    assert dato.withheld == ""


def test_no_check_rests_on_the_figure_that_it_predicts(edition):
    held = edition.models[MODEL]
    used = {use for number in numbers(edition, held).values() for use in number.uses}
    assert not used & {check.arm.result for check in held.checks}


def test_a_model_that_misses_survival_withholds_it(edition):
    broken = made(edition, DATO_FIRST, SG_LATER, assume={"supportive-care": 0.5})
    assert "published" in broken.withheld and "predicted" in broken.withheld
    assert all(
        s.survival_median is s.survival_mean is s.patient_range is None for s in broken.strategies
    )
    assert broken.measure == "months on a conjugate"


def test_a_median_that_no_draw_reaches_is_said_to_be_not_reached(edition):
    endless = made(edition, DATO_FIRST, assume={"first-line-datopotamab-deruxtecan": 900.0})
    third = endless.strategies[0].until_third
    assert (third.middle, third.low, third.high) == (np.inf,) * 3
    assert str(third) == "not reached"
    assert "predicted not reached" in endless.withheld
    some = made(edition, DATO_FIRST[:2], assume={"supportive-care": 900.0}).strategies[0]
    assert some.until_third.low < 100 and some.until_third.high == np.inf


def test_conjugates_of_two_trials_are_not_ranked(edition):
    both = made(edition, DATO_FIRST, SG_FIRST)
    assert both.difference is None and not both.swings
    assert "no trial in the model randomised" in both.unranked
    assert all(s.survival_median is None for s in both.strategies)


def test_a_first_line_is_set_against_the_comparator_of_its_own_trial(edition, dato):
    govitecan = made(edition, SG_FIRST, SG_LATER)
    chemotherapy = [
        s.outlook.months_on_line(36)[0] for s in (dato.strategies[1], govitecan.strategies[1])
    ]
    # 5.6 months until the next treatment in TROPION-Breast02, 7.9 in ASCENT-03
    assert chemotherapy[0] < chemotherapy[1]
    assert govitecan.difference.middle < dato.difference.middle


def test_reaching_a_conjugate_follows_from_attrition(edition, dato):
    first, later = dato.strategies
    assert (first.reach_conjugate.low, first.reach_conjugate.high) == (1.0, 1.0)
    assert later.reach_conjugate.middle == pytest.approx(
        dato.numbers["going-on-after-first-line"].middle
    )
    worse = made(edition, DATO_FIRST, SG_LATER, assume={"going-on-after-first-line": 0.5})
    assert worse.strategies[1].reach_conjugate.middle == pytest.approx(0.5)


def test_a_second_conjugate_with_the_same_payload_is_a_range_and_never_a_fixed_number(edition):
    twice = ("datopotamab-deruxtecan", "sacituzumab-govitecan", "chemotherapy")
    both = made(edition, twice, DATO_FIRST)
    factor = both.numbers["later-conjugate-same-payload"]
    low, high = factor.interval
    assert low < factor.middle < high and high / low > 1.5
    assert len(factor.uses) >= 3, "each series that updates it is named"
    assert "later-conjugate-same-payload" in {swing.parameter for swing in both.swings}


def test_the_same_seed_gives_the_same_answer(edition, dato):
    again = made(edition, DATO_FIRST, SG_LATER)
    other = made(edition, DATO_FIRST, SG_LATER, seed=2)
    assert again.difference == dato.difference
    assert other.difference != dato.difference
    assert other.difference.middle == dato.difference.middle


def test_a_number_that_changes_moves_its_own_draws_only(edition):
    held = numbers(edition, edition.models[MODEL])
    before = {name: number.draws(7, 50) for name, number in held.items()}
    result = edition.results["tropion-breast02-tfst"]
    arm = msgspec.structs.replace(
        result.arms["datopotamab-deruxtecan"], median_months=9.0, ci95=(8.0, 10.0)
    )
    moved = replaced(
        edition,
        msgspec.structs.replace(result, arms={**result.arms, "datopotamab-deruxtecan": arm}),
    )
    after = {name: n.draws(7, 50) for name, n in numbers(moved, moved.models[MODEL]).items()}
    differ = {name for name in before if not np.array_equal(before[name], after[name])}
    assert differ == {"first-line-datopotamab-deruxtecan"}


def test_deleting_any_fact_makes_the_answer_fail_by_name_or_leaves_it_as_it_is(edition, twice):
    """Every result, harm and trial of the edition: each is named, or nothing rests on it."""
    held = edition.models[MODEL]
    used = set(twice.uses)
    assert len(used) > 25
    before = numbers(edition, held), [burdens(edition, held, s) for s in (SG_TWICE, DATO_FIRST)]
    every = [*edition.results, *edition.harms, *edition.trials]
    assert used <= set(every)
    owners = {f.id: t.id for t in edition.trials.values() for f in (*t.results, *t.harms)}
    using = used | {owners.get(use, use) for use in used}
    for gone in every:
        left = without(edition, gone)
        if gone in using:
            with pytest.raises(MissingFigure) as failed:
                made(left, SG_TWICE, DATO_FIRST, draws=10)
            assert gone in {failed.value.fact, owners.get(failed.value.fact.partition("/")[0])}
        else:
            after = numbers(left, held), [burdens(left, held, s) for s in (SG_TWICE, DATO_FIRST)]
            assert after == before, gone


# --- the design of a trial ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def ascent(edition):
    """ASCENT-03 as it was run, and as if nobody had crossed over."""
    return made(edition, *designed(edition, MODEL, "ascent-03"))


def test_the_share_who_cross_over_is_the_one_that_the_trial_published(edition, ascent):
    published = edition.results["ascent-03-crossover"].arms["chemotherapy"]
    held = ascent.numbers["crossover-ascent-03"]
    assert held.middle == published.percent / 100
    assert held.interval[0] > 0.7 and held.interval[1] < 0.9
    _, crossed, stayed = ascent.strategies
    assert crossed.course.branches == (("chemotherapy",) * 3, SG_LATER)
    assert stayed.course.branches == (("chemotherapy",) * 3,)
    # Who ever has a conjugate goes on after the first line and crosses over.
    going_on = ascent.numbers["going-on-after-first-line"].middle
    assert crossed.reach_conjugate.middle == pytest.approx(going_on * published.percent / 100)
    assert stayed.reach_conjugate.middle == 0
    said = crossed.course.says[0]
    assert "82 % of the 179" in said.text and "ascent-03-crossover" in said.uses


def test_crossing_over_lies_between_nobody_and_everybody(edition, ascent):
    _, crossed, stayed = ascent.strategies
    all_of_them = made(edition, SG_FIRST, SG_LATER).strategies[1]
    share = ascent.numbers["crossover-ascent-03"].middle
    mixed = share * all_of_them.survival_mean.middle + (1 - share) * stayed.survival_mean.middle
    assert crossed.survival_mean.middle == pytest.approx(mixed)
    alive = share * all_of_them.outlook.alive + (1 - share) * stayed.outlook.alive
    assert crossed.outlook.alive == pytest.approx(alive, abs=1e-12)
    assert stayed.survival_median.middle < crossed.survival_median.middle
    low, middle, high = crossed.patient_range
    assert low < middle < high
    assert middle == pytest.approx(crossed.survival_median.middle, abs=1.5)


def test_what_crossover_does_to_the_comparison_is_told_for_every_two(ascent):
    gaps = [gap.months.middle for gap in ascent.gaps]
    as_run, without_crossover, worth = gaps
    assert ascent.difference == ascent.gaps[0].months
    assert without_crossover - as_run == pytest.approx(worth)
    assert worth > 0 and as_run < without_crossover
    assert ascent.gaps[2].months.low < worth < ascent.gaps[2].months.high
    assert "crossover-ascent-03" in {swing.parameter for swing in ascent.swings}


def test_another_share_can_be_assumed(edition, ascent):
    nearly_none = made(
        edition,
        *designed(edition, MODEL, "ascent-03"),
        assume={"crossover-ascent-03": 1e-6},
    )
    assert nearly_none.gaps[2].months.middle == pytest.approx(0, abs=1e-4)
    assert nearly_none.gaps[1] == ascent.gaps[1]


def test_a_trial_without_crossover_says_so_and_makes_none_up(edition):
    conjugate, chemotherapy = designed(edition, MODEL, "tropion-breast02")
    assert conjugate.branches == (DATO_FIRST,)
    assert chemotherapy.branches == (("chemotherapy",) * 3,)
    assert "Crossover was not allowed" in chemotherapy.says[0].text
    assert chemotherapy.says[0].uses == ("tropion-breast02",)


@pytest.mark.parametrize("trial", ["optitrop-breast01", "keynote-355", "nothing"])
def test_a_trial_that_the_model_does_not_follow_is_refused(edition, trial):
    with pytest.raises(
        SequenceError,
        match=r"followed are TROPION-Breast02 \(`triple-negative-first-line`\), ASCENT-03",
    ):
        designed(edition, MODEL, trial)


def test_deleting_a_fact_of_a_design_makes_it_fail_by_name(edition, ascent):
    own = {use for s in ascent.strategies for said in s.course.says for use in said.uses}
    assert own == {"ascent-03", "ascent-03-crossover", "ascent-03-next-treatment"}
    assert own <= set(ascent.uses)
    for gone in own:
        with pytest.raises(MissingFigure) as failed:
            designed(without(edition, gone), MODEL, "ascent-03")
        assert gone in failed.value.fact


@pytest.mark.parametrize("model", [MODEL, PD_L1])
def test_every_arm_of_a_design_and_every_check_is_one_of_its_trial(edition, model):
    held = edition.models[model]
    for design in held.designs:
        arms = {arm.id: arm for arm in edition.trials[design.trial].arms}
        for arm in design.arms:
            assert arms[arm.arm].regimen == arm.sequence[0]
    for check in held.checks:
        assert arm_of(edition, held, check.arm.result, check.arm.arm, check.id)


# --- a model that borrows from another ---------------------------------------------------------


@pytest.fixture(scope="module")
def ascent_04(edition):
    return scenario(
        edition, PD_L1, designed(edition, PD_L1, "ascent-04"), draws=200, patients=2_000
    )


def test_a_model_without_a_published_survival_to_predict_shows_none(ascent_04):
    assert "no published survival is held" in ascent_04.withheld
    assert all(s.survival_mean is s.survival_median is None for s in ascent_04.strategies)
    assert ascent_04.measure == "months on a conjugate"


def test_its_crossover_is_the_published_share_and_its_misses_are_shown(edition, ascent_04):
    published = edition.results["ascent-04-crossover"].arms["pembrolizumab-chemotherapy"]
    assert ascent_04.numbers["crossover-ascent-04"].middle == published.percent / 100
    third = next(m for m in ascent_04.misfits if m.check.predicts == "third-treatment")
    assert third.published == 21.0
    assert not third.inside, "later lines in this disease last longer than the other model's"


def test_what_is_borrowed_is_what_the_other_model_holds(edition, ascent_04):
    lender = numbers(edition, edition.models[MODEL])
    borrowed = [p for p in edition.models[PD_L1].parameters if p.id in lender]
    assert len(borrowed) == 11
    assert all(ascent_04.numbers[p.id] == lender[p.id] for p in borrowed)


def test_what_cannot_be_borrowed_is_named(edition):
    held = edition.models[PD_L1]
    asks = msgspec.structs.replace(held, borrows=Borrowed(MODEL, ("nothing",)))
    with pytest.raises(ParameterError, match=f"borrows nothing of `{MODEL}`"):
        asks.with_borrowed(edition.models)


def test_deleting_any_fact_of_it_makes_it_fail_by_name(edition, ascent_04):
    owners = {f.id: t.id for t in edition.trials.values() for f in (*t.results, *t.harms)}
    for gone in ascent_04.uses:
        left = without(edition, gone)
        with pytest.raises(MissingFigure) as failed:
            courses = designed(left, PD_L1, "ascent-04")
            scenario(left, PD_L1, courses, draws=10, patients=100)
        assert gone in {failed.value.fact, owners.get(failed.value.fact.partition("/")[0])} or (
            gone in failed.value.fact
        )


# --- what better knowledge would bring ---------------------------------------------------------


@pytest.fixture(scope="module")
def twice(edition):
    """A second conjugate after a first, against none."""
    return made(edition, SG_TWICE, DATO_FIRST, draws=400)


def test_a_trial_settles_as_much_as_the_parameters_that_it_would_tell(twice):
    worth = {one.group.name: one for one in twice.information.groups}
    trade = worth["TRADE-DXd"]
    assert trade.group.trial == "trade-dxd"
    assert trade.group.parameters == ("later-conjugate-same-payload",)
    assert 0.05 < trade.share < 0.95
    assert trade.value == worth["what a first conjugate leaves for a second"].value
    assert trade.share == pytest.approx(trade.value.value / twice.information.perfect.value)
    assert all(one.value.value <= twice.information.perfect.value for one in worth.values())
    assert sum(twice.information.preferred) == pytest.approx(1)
    assert {"trade-dxd", "series"} <= set(twice.uses)


def test_every_parameter_is_in_one_kind_and_no_more(edition):
    held = edition.models[MODEL]
    kinds = [g for g in groups_of(edition, held) if not g.trial]
    named = [name for group in kinds for name in group.parameters]
    assert sorted(named) == sorted(p.id for p in held.parameters)


def test_what_no_second_conjugate_is_part_of_no_such_trial_would_tell(edition):
    plain = made(edition, DATO_FIRST, SG_LATER, draws=200)
    assert all(w.share == 0 for w in plain.information.groups if w.group.trial)


def test_too_few_draws_and_what_may_not_be_ranked_have_no_worth(edition, dato):
    few = made(edition, DATO_FIRST, SG_LATER, draws=50)
    assert few.information is None and "at least 200 draws" in few.uninformed
    unranked = made(edition, DATO_FIRST, SG_FIRST)
    assert unranked.information is None and "side by side" in unranked.uninformed


def test_the_worth_of_knowing_is_that_of_the_closed_form():
    rng = np.random.default_rng(3)
    x, y = rng.normal(0, 1, 20_000), rng.normal(0, 2, 20_000)
    groups = [Group("x", "", ("x",)), Group("y", "", ("y",)), Group("idle", "", ("idle",))]
    drawn = {"x": x, "y": y, "idle": rng.normal(size=20_000)}
    told = information(np.column_stack([x + y, np.zeros(20_000)]), drawn, ["x", "y"], groups)
    unit = (2 * np.pi) ** -0.5
    assert told.perfect.value == pytest.approx(5**0.5 * unit, abs=4 * told.perfect.standard_error)
    for worth, spread in zip(told.groups, (1, 2, 0), strict=True):
        assert worth.value.value == pytest.approx(spread * unit, rel=0.03)
    assert told.groups[2].share == 0


# --- harms -------------------------------------------------------------------------------------


def test_each_harm_of_a_line_is_that_of_its_source_on_its_own_basis(edition, twice):
    for strategy in twice.strategies:
        told = [harm for harm in strategy.harms if harm.harm]
        assert {harm.line for harm in told} == {1, 2, 3}
        for harm in told:
            source = edition.harms[harm.harm]
            assert (harm.percent, harm.basis, harm.grade) == (
                source.arms[harm.arm].percent,
                source.basis,
                source.grade,
            )
            assert strategy.course.regimens[harm.line - 1] == harm.regimen
            assert source in edition.trials[harm.trial].harms
            arm = next(a for a in edition.trials[harm.trial].arms if a.id == harm.arm)
            assert arm.regimen == harm.regimen


def test_what_no_source_says_of_stopping_or_severe_harm_is_named(twice):
    missing = {(h.line, h.about) for h in twice.strategies[0].harms if h.percent is None}
    assert missing == {(1, "stopping"), (2, "stopping"), (3, "stopping")}
    first = burdens(Edition.bundled(), Edition.bundled().models[MODEL], SG_FIRST[:1])
    assert [(h.about, h.percent) for h in first[:2]] == [("stopping", 4), ("severe", 66)]


def test_growth_factor_stands_beside_the_figure_without_it_and_is_not_taken_off(twice):
    told = {(h.about, h.trial): h.percent for h in twice.strategies[0].harms if h.line == 2}
    records = "realworld-sg-neutropenia-gcsf"
    assert told["neutropenia", records] == 44
    assert told["neutropenia-with-growth-factor", records] == 25
    assert told["neutropenia-with-growth-factor", "primed"] == 16


@pytest.mark.parametrize(
    ("sequences", "options", "says"),
    [
        (
            [("trastuzumab-deruxtecan", "chemotherapy")],
            {},
            "holds no time on trastuzumab deruxtecan",
        ),
        ([("olaparib",)], {}, "none is made up"),
        ([], {}, "at least one sequence"),
        ([DATO_FIRST], {"assume": {"nothing": 1}}, "is no parameter"),
        ([DATO_FIRST], {"assume": {"going-on-after-first-line": 1.2}}, "cannot be 1.2"),
        ([DATO_FIRST], {"draws": 3}, "at least 10 draws"),
    ],
)
def test_what_the_model_does_not_hold_is_said(edition, sequences, options, says):
    with pytest.raises(SequenceError, match=says):
        made(edition, *sequences, **options)


def test_every_assumption_is_marked_and_every_figure_named(dato):
    for name, number in dato.numbers.items():
        assert number.assumed or number.uses, name
        assert number.parameter.says
        if number.assumed:
            assert number.parameter.assumed.why


def without(edition, gone):
    trials = tuple(
        msgspec.structs.replace(
            t,
            results=tuple(r for r in t.results if r.id != gone),
            harms=tuple(h for h in t.harms if h.id != gone),
        )
        for t in edition.contents.trials
        if t.id != gone
    )
    return Edition(msgspec.structs.replace(edition.contents, trials=trials))


def replaced(edition, result):
    trials = tuple(
        msgspec.structs.replace(
            t, results=tuple(result if r.id == result.id else r for r in t.results)
        )
        for t in edition.contents.trials
    )
    return Edition(msgspec.structs.replace(edition.contents, trials=trials))
