"""A patient in our own words: what is accepted, as what, and what is refused with which words."""

import json

import pytest
from tests.unit.intake.an_edition import an_edition

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientError, Status
from consilium.intake import patient_from_mapping, read_patient
from consilium.intake.plain import NOT_COMPLETE


def a_case(**facts):
    return patient_from_mapping(facts, an_edition())


def value(**facts):
    (name,) = facts
    return a_case(**facts).entered[name].value


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"her2_ihc": "1+"}, "1+"),
        ({"her2_ihc": 0}, "0"),
        ({"her2_ihc": "0"}, "0"),
        ({"her2_category": "null"}, "null"),
        ({"symptomatic": "yes"}, "yes"),
        ({"symptomatic": True}, "yes"),
        ({"symptomatic": "false"}, "no"),
        ({"setting": "Advanced"}, "advanced"),
        ({"germline_brca": "likely_pathogenic"}, "likely-pathogenic"),
        ({"subtype": "triple-negative"}, "triple-negative"),
        ({"ugt1a1": "*28/*28"}, "*28/*28"),
        ({"line": "2"}, 2.0),
        ({"ecog_ps": 1}, 1.0),
        ({"age": 57}, 57.0),
        ({"er_percent": "95 %"}, 95.0),
        ({"er_percent": 0.5}, 0.5),
        ({"pd_l1_cps": "12.5"}, 12.5),
        ({"creatinine_clearance": 60}, 60.0),
        ({"anc": {"value": 1500, "unit": "/mm3"}}, 1500.0),
        ({"anc": {"value": 1.5, "unit": "x10^9/L"}}, 1500.0),
        ({"anc": "1500 /mm3"}, 1500.0),
        ({"anc": "1.5 10*3/uL"}, 1500.0),
        ({"anc": "1.1 x10^9/L"}, 1100.0),
        ({"anc": "1.5 ×10⁹/l"}, 1500.0),
        ({"anc": "1500 cells/µL"}, 1500.0),
        ({"haemoglobin": "110 g/L"}, 11.0),
        ({"weight": {"value": "61.5", "unit": "kg"}}, 61.5),
        ({"comedication": ["phenytoin"]}, frozenset({"phenytoin"})),
        ({"comedication": []}, frozenset()),
        ({"comedication": {"has": ["phenytoin"], "complete": "yes"}}, frozenset({"phenytoin"})),
        ({"severe_hypersensitivity": ["Taxol"]}, frozenset({"paclitaxel"})),
        ({"prior_classes": ["taxane"]}, frozenset({"taxane"})),
        ({"germline_brca": {"value": "pathogenic", "date": "2025-03"}}, "pathogenic"),
    ],
)
def test_values_are_read_as_they_are_written(facts, expected):
    assert value(**facts) == expected


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("unknown", Status.UNKNOWN),
        (None, Status.UNKNOWN),
        ("null", Status.UNKNOWN),
        ("not-tested", Status.NOT_TESTED),
        ("not tested", Status.NOT_TESTED),
        ("equivocal", Status.EQUIVOCAL),
        ("not-applicable", Status.NOT_APPLICABLE),
        ({"value": "not-tested", "date": "2026-01-02"}, Status.NOT_TESTED),
    ],
)
@pytest.mark.parametrize("fact", ["germline_brca", "anc", "comedication"])
def test_the_four_ways_of_not_knowing_stay_apart(fact, written, status):
    entered = a_case(**{fact: written}).entered[fact]
    assert entered.status is status
    assert entered.value is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"anc": 1500}, '{value: 1500, unit: "/mm3"} or {value: 1.5, unit: "x10^9/L"}'),
        ({"anc": 1.5}, "without a unit"),
        ({"anc": "1500"}, "without a unit"),
        ({"bilirubin": 1.2}, "without a unit"),
        ({"anc": "1500 mg"}, "`mg`, which is not read here"),
        ({"anc": {"value": "3000 10*3/uL"}}, "lies outside 0 to 100000"),
        ({"anc": {"value": "1500 /mm3", "unit": "/mm3"}}, "gives its unit twice"),
        ({"anc": "1,500 /mm3"}, "not read here"),
        ({"age": 130}, "lies outside 0 to 120"),
        ({"ecog_ps": 1.5}, "whole number"),
        ({"age": "fifty"}, "write a number in years"),
        ({"age": True}, "write a number"),
        ({"er_percent": -1}, "lies outside"),
        ({"her2_ihc": 1}, "Did you mean `1+`"),
        ({"symptomatic": "perhaps"}, "Write one of yes, no"),
        ({"germline_brca": ["pathogenic"]}, "a list; write one of"),
        ({"germline_brca": {"unit": "%", "value": "pathogenic"}}, "has a unit"),
        ({"anc": {"values": 3}}, "Did you mean `value`"),
        ({"anc": {"unit": "/mm3"}}, "has no `value`"),
        ({"anc": {"value": "900 /mm3", "date": "12.1.2026"}}, "is no date"),
        ({"comedication": "phenytoin"}, "write a list"),
        ({"comedication": ["warfarin"]}, "none of its members"),
        ({"germlin_brca": "pathogenic"}, "Did you mean `germline_brca`"),
        ({"wibble": 1}, "`wibble` is not a fact of this edition."),
        ({"Patient-Name": "x"}, "identifier of a person"),
        ({"mrn": "1"}, "identifier of a person"),
        ({"birth_date": "1960-01-01"}, "the age goes under `age`"),
        ({"relapsed_on": "soon"}, "is no date"),
        ({"prior_therapies": "none"}, "`[]` for none"),
        ({"comedication": {"value": {"complete": "no"}}}, "write a list"),
        ({"prior_therapies_complete": "yes"}, "write `prior_therapies: []`"),
        ({"prior_therapies_complete": "maybe", "prior_therapies": []}, "write yes or no"),
    ],
)
def test_what_cannot_be_is_refused_with_words_that_help(facts, words):
    with pytest.raises(PatientError) as refused:
        a_case(**facts)
    assert words in str(refused.value)


def test_all_problems_of_a_patient_are_told_at_once_each_with_its_path():
    with pytest.raises(PatientError) as refused:
        a_case(
            anc=1500,
            sex="f",
            nonsense=1,
            prior_therapies=[{"drugs": ["taxl"], "setting": "adjuvant"}],
        )
    first, *lines = str(refused.value).splitlines()
    assert first == "input"
    assert [line.split(":")[0].split(".")[0].strip() for line in lines] == [
        "anc",
        "sex",
        "`nonsense` is not a fact of this edition",
        "prior_therapies[0]",
    ]


@pytest.mark.parametrize(
    "facts",
    [
        {f"nonsense{n}": n for n in range(5000)},
        {"prior_therapies": [{"drugs": ["taxl"], "setting": "adjuvant"}] * 5000},
        {"pd_l1": [{"score": "cps"}] * 5000},
    ],
)
def test_of_more_problems_than_anybody_reads_the_first_hundred_are_told(facts):
    with pytest.raises(PatientError) as refused:
        a_case(**facts)
    _, *lines, last = str(refused.value).splitlines()
    assert len(lines) == 100
    assert "more than these 100" in last


def test_a_list_that_is_not_complete_is_not_taken_for_the_whole():
    entered = a_case(comedication={"has": ["phenytoin"], "complete": "no"}).entered["comedication"]
    assert entered.status is Status.UNKNOWN
    assert entered.value == frozenset({"phenytoin"})
    assert entered.origin.rule == NOT_COMPLETE


def test_the_origin_keeps_the_date_and_the_words():
    entered = a_case(
        anc={"value": 1.5, "unit": "x10^9/L", "date": "2026-01-02", "note": "before cycle 2"}
    ).entered["anc"]
    assert entered.origin.on == Day("2026-01-02")
    assert entered.as_written == "1.5 x10^9/L; before cycle 2"


# --- PD-L1 ------------------------------------------------------------------------------------


def pd_l1(*results):
    return a_case(pd_l1=list(results))


def test_cps_by_22c3_and_ic_by_sp142_are_the_only_scores_that_are_facts():
    case = pd_l1(
        {"score": "cps", "assay": "22c3", "value": 12},
        {"score": "ic", "assay": "sp142", "value": "5 %"},
        {"score": "tps", "assay": "22c3", "value": 60},
        {"score": "cps", "assay": "sp263", "value": 20},
        {"score": "cps", "assay": "other", "value": 20},
    )
    assert {name: one.value for name, one in case.entered.items()} == {
        "pd_l1_cps": 12.0,
        "pd_l1_ic": 5.0,
    }
    assert [one.where for one in case.not_understood] == ["pd_l1[2]", "pd_l1[3]", "pd_l1[4]"]
    assert all("not read as the 22C3 score" in one.why for one in case.not_understood)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"score": "cps", "value": 10}, "names no assay; write one of 22c3"),
        ({"assay": "22c3", "value": 10}, "names no score"),
        ({"score": "cps", "assay": "22c4", "value": 10}, "Did you mean `22c3`"),
        ({"score": "cps", "assay": "22c3", "value": ">=10"}, "write a number"),
        ({"score": "cps", "assay": "22c3", "value": 101}, "lies outside"),
        (10, "counts only with its assay"),
    ],
)
def test_a_score_without_its_assay_is_asked_for(result, words):
    with pytest.raises(PatientError, match="pd_l1") as refused:
        a_case(pd_l1=result)
    assert words in str(refused.value)


@pytest.mark.parametrize("word", ["unknown", "not-tested"])
def test_pd_l1_may_be_unknown_or_untested(word):
    status = Status(word)
    one = a_case(pd_l1={"score": "cps", "assay": "22c3", "value": word}).entered["pd_l1_cps"]
    assert one.status is status
    both = a_case(pd_l1=word).entered
    assert {name: entered.status for name, entered in both.items()} == {
        "pd_l1_cps": status,
        "pd_l1_ic": status,
    }


def test_of_two_dated_results_the_latest_counts_and_both_are_shown():
    case = pd_l1(
        {"score": "cps", "assay": "22c3", "value": 3, "date": "2026-01"},
        {"score": "cps", "assay": "22c3", "value": 12, "date": "2025-03-01"},
    )
    assert case.entered["pd_l1_cps"].value == 3
    (discordance,) = case.discordant
    assert "3 on 2026-01" in discordance.says
    assert "12 on 2025-03-01" in discordance.says


@pytest.mark.parametrize("date", [{}, {"date": "2026-01-02"}, {"date": "2026"}])
def test_two_results_without_an_order_in_time_give_none(date):
    case = pd_l1(
        {"score": "cps", "assay": "22c3", "value": 3, "date": "2026-01-02"},
        {"score": "cps", "assay": "22c3", "value": 12, **date},
    )
    assert case.entered["pd_l1_cps"].status is Status.UNKNOWN
    assert len(case.discordant) == 1


def test_the_same_result_twice_is_one_result():
    case = pd_l1(*[{"score": "cps", "assay": "22c3", "value": 3}] * 2)
    assert case.entered["pd_l1_cps"].value == 3
    assert not case.discordant


# --- earlier treatment --------------------------------------------------------------------------


def test_therapies_are_read_whole():
    case = a_case(
        prior_therapies=[
            {
                "drugs": ["AC", "Taxol"][1:],
                "setting": "adjuvant",
                "started": "2019-02",
                "ended": "2019-06-30",
                "stopped_for": "completed",
            },
            {
                "drugs": ["sacituzumab govitecan-hziy"],
                "setting": "advanced",
                "line": 1,
                "outcome": "progression",
            },
            {"drugs": ["carboplatin + gemcitabine"], "setting": "advanced", "ongoing": "yes"},
        ],
        prior_therapies_complete="yes",
        relapsed_on="2024",
        decision_date="2026-11-20",
    )
    first, second, third = case.therapies.therapies
    assert case.therapies.complete
    assert first.drugs == ("paclitaxel",)
    assert (first.started, first.ended) == (Day("2019-02"), Day("2019-06-30"))
    assert second.drugs == ("sacituzumab-govitecan",)
    assert (second.line, second.outcome) == (1, "progression")
    assert third.drugs == ("carboplatin", "gemcitabine")
    assert third.ongoing
    assert (case.relapsed_on, case.decision_date) == (Day("2024"), Day("2026-11-20"))


def test_a_list_of_therapies_is_complete_only_when_it_says_so():
    assert not a_case(prior_therapies=[]).therapies.complete
    assert not a_case().therapies.complete
    assert a_case(prior_therapies=[], prior_therapies_complete=True).therapies.complete


def test_a_drug_that_the_edition_does_not_know_is_kept_under_its_own_heading():
    case = a_case(prior_therapies=[{"other_drugs": ["entinostat"], "setting": "advanced"}])
    assert case.therapies.therapies[0].unread == ("entinostat",)


@pytest.mark.parametrize(
    ("therapy", "words"),
    [
        ({"drugs": ["paclitaxal"], "setting": "adjuvant"}, "Did you mean `paclitaxel`"),
        ({"drugs": ["paclitaxel"]}, "has no `setting`"),
        ({"setting": "adjuvant"}, "names no drug"),
        ({"drugs": [], "setting": "adjuvant"}, "names no drug"),
        ({"drugs": ["paclitaxel"], "setting": "adjuvent"}, "Did you mean `adjuvant`"),
        ({"drugs": ["paclitaxel"], "setting": "adjuvant", "line": 1}, "advanced disease only"),
        ({"drugs": ["paclitaxel"], "setting": "advanced", "line": 0}, "from 1 to 20"),
        ({"drugs": ["paclitaxel"], "setting": "advanced", "outcom": "x"}, "Did you mean `outcome`"),
        ({"drugs": ["paclitaxel"], "setting": "advanced", "outcome": "PD"}, "has the outcome"),
        (
            {"drugs": ["paclitaxel"], "setting": "advanced", "started": "2025", "ended": "2024"},
            "before it started",
        ),
        (
            {"drugs": ["paclitaxel"], "setting": "advanced", "ongoing": "yes", "ended": "2024"},
            "keep one of the two",
        ),
        ({"drugs": ["paclitaxel"], "setting": "advanced", "mrn": 4}, "identifier of a person"),
        ("paclitaxel", "write {drugs: [...], setting: ...}"),
    ],
)
def test_a_therapy_that_cannot_be_is_refused(therapy, words):
    with pytest.raises(PatientError) as refused:
        a_case(prior_therapies=[therapy])
    assert words in str(refused.value)


def test_our_json_is_read_from_bytes():
    case = read_patient(json.dumps({"setting": "advanced"}).encode(), an_edition())
    assert case.entered["setting"].value == "advanced"
    assert case.source == "patient in our JSON"
