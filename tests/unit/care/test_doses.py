"""Levels, caps and milligrams as a pharmacist would check them."""

from datetime import date
from decimal import Decimal

import pytest

from consilium.care.doses import Quantity, compute, level_of, lowered
from consilium.care.lookalikes import LookAlikeError, check_fit, read_given, same_amount
from consilium.care.statements import Care, CareError
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import Adjustment, DoseSchedule
from consilium.knowledge.records import Region

EDITION = Edition.bundled()
CARE = Care(EDITION, date(2026, 11, 20), Region.US)


def schedule(drug, care=CARE):
    return care.of(DoseSchedule, drug)[0]


def kg(text):
    return Quantity(Decimal(text), "kg")


@pytest.mark.parametrize(
    ("drug", "level", "weight", "mg"),
    [
        ("sacituzumab-govitecan", 0, "72.5", "725"),
        ("sacituzumab-govitecan", 1, "72.5", "543.75"),
        ("sacituzumab-govitecan", 2, "72.5", "362.5"),
        ("sacituzumab-govitecan", 0, "150", "1500"),  # no cap is printed, none is invented
        ("datopotamab-deruxtecan", 0, "89.9", "539.4"),
        ("datopotamab-deruxtecan", 0, "90", "540"),
        ("datopotamab-deruxtecan", 0, "120", "540"),
        ("datopotamab-deruxtecan", 1, "120", "360"),
        ("datopotamab-deruxtecan", 2, "120", "270"),
        ("trastuzumab-deruxtecan", 0, "70.1", "378.54"),
        ("trastuzumab-deruxtecan", 2, "120", "384"),
        ("sacituzumab-tirumotecan", 0, "70", "350"),
    ],
)
def test_milligrams(drug, level, weight, mg):
    assert compute(schedule(drug), level=level, weight=kg(weight)).mg == mg


def test_rounding_goes_down_and_is_called_nobodys_rule():
    found = compute(schedule("trastuzumab-deruxtecan"), weight=kg("70.1"), round_to=Decimal(10))
    assert found.mg == "370"
    assert "no source's" in found.steps[-1].says


def test_a_dose_without_its_measure_is_refused():
    assert "body weight" in compute(schedule("sacituzumab-govitecan")).refused
    assert "body surface" in compute(schedule("eribulin")).refused
    pounds = Quantity(Decimal(160), "lb")
    assert "not in `lb`" in compute(schedule("sacituzumab-govitecan"), weight=pounds).refused


@pytest.mark.parametrize("drug", ["sacituzumab-govitecan", "trastuzumab-deruxtecan", "talazoparib"])
def test_after_the_last_level_there_is_none(drug):
    last = len(schedule(drug).levels) - 1
    assert lowered(schedule(drug), last) is None
    with pytest.raises(CareError, match="the treatment ends there"):
        compute(schedule(drug), level=last + 1, weight=kg("70"))
    with pytest.raises(CareError, match="goes down"):
        lowered(schedule(drug), 0, 0)


def test_a_changed_start_and_a_reduced_level_are_not_combined():
    change = next(a for a in CARE.of(Adjustment, "olaparib") if a.id == "olaparib-us-renal-dose")
    assert compute(schedule("olaparib"), held=[change]).mg == "200"
    assert "no source says" in compute(schedule("olaparib"), level=1, held=[change]).refused


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("7.5 mg/kg day 1 and 8 of 21", "7.5 mg/kg, day 1 and 8, every 21 days"),
        ("5 mg/kg every 2 weeks", "5 mg/kg, every 14 days"),
        ("300 mg twice daily", "300 mg, twice daily"),
        ("1.4 mg/m²", "1.4 mg/m2"),
        ("10mg/kg d1,8 q21d", "10 mg/kg, day 1 and 8, every 21 days"),
        ("10 mg/kg weekly", "10 mg/kg, every 7 days"),
        ("5 mg/kg q2w", "5 mg/kg, every 14 days"),
        ("300 mg bid", "300 mg, twice daily"),
    ],
)
def test_a_written_dose(text, shown):
    assert str(read_given(text)) == shown


def test_words_that_are_no_dose():
    with pytest.raises(CareError, match="is no dose"):
        read_given("ten milligrams")


@pytest.mark.parametrize(
    ("named", "dose", "other"),
    [
        ("sacituzumab-govitecan", "5 mg/kg every 14 days", "sacituzumab tirumotecan"),
        ("sacituzumab-govitecan", "5.4 mg/kg day 1 of 21", "trastuzumab deruxtecan"),
        ("sacituzumab-govitecan", "6 mg/kg", "datopotamab deruxtecan"),
        ("sacituzumab-govitecan", "5.4 mg/kg q3w", "trastuzumab deruxtecan"),
        ("sacituzumab-tirumotecan", "10 mg/kg day 1 and 8 of 21", "sacituzumab govitecan"),
        ("trastuzumab-deruxtecan", "6 mg/kg day 1 of 21", "datopotamab deruxtecan"),
        ("trastuzumab-deruxtecan", "10 mg/kg", "sacituzumab govitecan"),
        ("datopotamab-deruxtecan", "4.4 mg/kg", "trastuzumab deruxtecan"),
        ("olaparib", "1 mg once daily", "talazoparib"),
        ("talazoparib", "300 mg twice daily", "olaparib"),
    ],
)
def test_a_dose_of_another_drug_stops_with_both_names(named, dose, other):
    for region in Region:
        care = Care(EDITION, date(2026, 11, 20), region)
        with pytest.raises(LookAlikeError) as stopped:
            check_fit(care, named, read_given(dose))
        assert other in str(stopped.value)
        assert EDITION.drugs[named].name in str(stopped.value)


def test_a_fitting_dose_is_a_level_and_a_shared_amount_is_said():
    fitting = check_fit(CARE, "sacituzumab-govitecan", read_given("5 mg/kg"))
    assert level_of(fitting, Decimal(5)) == 2
    (warning,) = same_amount(CARE, "sacituzumab-govitecan", read_given("5 mg/kg"))
    assert "sacituzumab tirumotecan" in warning
    assert same_amount(CARE, "sacituzumab-govitecan", read_given("5 mg/kg day 1 and 8 of 21")) == ()


@pytest.mark.parametrize("dose", ["10 mg/kg q3w", "10 mg/kg weekly", "10 mg/kg day 1 of 21"])
def test_another_schedule_of_the_same_amount_stops(dose):
    with pytest.raises(LookAlikeError, match="does not fit sacituzumab govitecan"):
        check_fit(CARE, "sacituzumab-govitecan", read_given(dose))


def test_levels_of_another_region_are_not_used():
    europe = Care(EDITION, date(2026, 11, 20), Region.EU)
    with pytest.raises(CareError, match="not in the stored"):
        check_fit(europe, "sacituzumab-govitecan", read_given("7.5 mg/kg"))
