"""The sources' advice as a policy: what decided each line, and where it stops."""

from datetime import date
from functools import cache

import pytest

from consilium import Edition, plan
from consilium.clinical.patient import PatientError
from consilium.guidance.voices import FAVOURABLE
from consilium.intake import patient_from_mapping
from consilium.planning.advice import advise, advised_courses, course_of_advice
from consilium.planning.policies import model_for
from consilium.sequencing.errors import SequenceError
from consilium.sequencing.scenario import scenario

MODEL = "triple-negative-first-line"
TODAY = date(2026, 11, 20)
EDITION = Edition.bundled()
CASES = {case.id: case for case in EDITION.cases()}


def patient(name="first-line-today", **changes):
    return patient_from_mapping({**CASES[name].patient, **changes}, EDITION, name)


def advice(case, **options):
    return advise(case, EDITION, as_of=TODAY, **options)


def course(case, who="", choose=None, then=""):
    (made,) = advised_courses(case, EDITION, MODEL, [who], as_of=TODAY, choose=choose, then=then)
    return made


@cache
def planned():
    """Every third worked case that can be planned, with its plan."""
    found = []
    for case in list(CASES.values())[::3]:
        try:
            read = patient_from_mapping(case.patient, EDITION, case.id)
            made = plan(read, EDITION, as_of=case.as_of.last, region=case.region)
        except PatientError:
            continue
        found.append((case, read, made))
    return found


def test_the_lines_are_those_of_the_plan_for_worked_cases():
    """Each line is the plan's option or next line, in the strongest words, by the positions that
    hold; where the plan has two alike there, or none, there is no line."""
    followed = 0
    for case, read, made in planned():
        if made.refusal is not None:
            continue
        found = advise(read, EDITION, as_of=case.as_of.last, region=case.region)
        if "is not known; enter it" in found.ends:
            assert not found.lines
            assert "line" not in {f.fact for f in made.case if f.status == "known"}, case.id
            continue
        certain = [o for o in made.options if o.certainty == "certain" and not o.contraindicated]
        strongest = [o.regimen for o in certain if o.stance == _first(certain)]
        if len(strongest) != 1:
            assert not found.lines, case.id
            assert set(found.open) == set(strongest) or not strongest, case.id
            continue
        followed += 1
        option = next(o for o in certain if o.regimen == strongest[0])
        assert found.lines[0].regimen == option.regimen
        holding = {v.position for v in option.voices if v.holds and v.stance.value == option.stance}
        assert set(found.lines[0].positions) <= holding
        groups = option.next_lines
        for line in found.lines[1:3]:
            assert (line.stance, (line.regimen,)) == (groups[0].stance, groups[0].regimens), case.id
            assert line.line == groups[0].line
            groups = groups[0].then
        if len(found.lines) < 3:
            ended = not groups or groups[0].stance == "approved" or len(groups[0].regimens) > 1
            assert ended, case.id
    assert followed > 20


def _first(options):
    stances = {option.stance for option in options}
    return next((s.value for s in FAVOURABLE if s.value in stances), None)


def test_every_position_speaks_for_the_regimen_and_comes_from_the_source_followed():
    for case, read, _ in planned()[::4]:
        for who in ("nccn", "asco", "javier-cortes", "sara-m-tolaney"):
            found = advise(read, EDITION, as_of=case.as_of.last, region=case.region, who=who)
            for line in found.lines:
                assert line.positions
                for name in line.positions:
                    position = EDITION.positions[name]
                    assert position.who == who
                    assert line.regimen in position.regimens
                    assert position.stance.value == line.stance


def test_one_guideline_is_followed_line_after_line():
    found = advice(patient(), who="ASCO")
    assert [line.regimen for line in found.lines] == [
        "single-agent-chemotherapy",
        "trastuzumab-deruxtecan",
        "sacituzumab-govitecan",
    ]
    assert [line.line for line in found.lines] == [1, 2, 3]
    assert found.lines[2].again == ("topoisomerase I inhibitor payload already used",)


def test_what_is_named_alike_is_left_open_and_never_chosen():
    found = advice(patient(), who="javier-cortes")
    assert not found.lines
    assert set(found.open) == {"sacituzumab-govitecan", "datopotamab-deruxtecan"}
    with pytest.raises(SequenceError, match="nothing decides in line 1 between"):
        course(patient(), "javier-cortes")
    chosen = advice(patient(), who="javier-cortes", choose={1: "Dato-DXd"}).lines[0]
    assert chosen.regimen == "datopotamab-deruxtecan"
    assert chosen.positions == ("cortes-tn-1l-datopotamab-deruxtecan",)
    assert chosen.alike == ("sacituzumab-govitecan",)


def test_a_choice_that_nobody_speaks_for_is_refused():
    with pytest.raises(PatientError, match=r"speaks for `olaparib` in line 1.*sacituzumab"):
        advice(patient(), choose={1: "olaparib"})
    with pytest.raises(PatientError, match="no source is called `NCNN`"):
        advice(patient(), who="NCNN")


def test_an_approval_is_no_advice():
    """After first-line sacituzumab govitecan only a label speaks, so the advice ends."""
    found = advice(patient(), who="nccn")
    (option,) = (
        o
        for o in plan(patient(), EDITION, as_of=TODAY).options
        if o.regimen == "sacituzumab-govitecan"
    )
    assert [line.stance for line in option.next_lines] == ["approved"]
    assert [line.regimen for line in found.lines] == ["sacituzumab-govitecan"]
    assert "no source that is followed speaks" in found.ends


def test_a_course_tells_for_each_line_what_decided_and_what_stands_for_it():
    made = course(patient(), "asco")
    assert made.regimens == ("chemotherapy", "trastuzumab-deruxtecan", "sacituzumab-govitecan")
    first, second, third, last = made.says
    assert "it is followed as chemotherapy of the physician's choice" in first.text
    assert first.uses == ("asco-2021-tn-1l-single-agent-chemotherapy",)
    assert second.text == "Line 2, trastuzumab deruxtecan: recommends, ASCO."
    assert "payload already used" in third.text
    assert "no more than 3 lines" in last.text and not last.uses
    assert made.name == "ASCO's advice (chemotherapy then T-DXd then SG)"


def test_where_advice_ends_only_what_the_reader_names_is_followed():
    assert course(patient(), "nccn").regimens == ("sacituzumab-govitecan",)
    longer = course(patient(), "nccn", then="chemotherapy")
    assert longer.regimens == ("sacituzumab-govitecan", "chemotherapy", "chemotherapy")
    assert "as the reader asked" in longer.says[-1].text


def test_what_the_model_holds_no_time_on_is_not_followed():
    carrier = patient("gbrca-low-volume-asymptomatic")
    with pytest.raises(SequenceError, match="holds no time on olaparib in line 1"):
        course(carrier, choose={1: "olaparib"})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("second-line-de-novo", "this patient is not known to be"),
        ("pd-l1-positive-candidate", "this patient is not known to be"),
        ("pd-l1-negative-judgement-open", "missing: checkpoint_inhibitor_candidate"),
    ],
)
def test_a_patient_whom_the_model_is_not_about_is_refused(name, said):
    with pytest.raises(SequenceError, match=said):
        course_of_advice(advice(patient(name), who="nccn"), patient(name), EDITION, MODEL)


def test_the_model_is_the_one_that_is_about_the_patient_or_follows_the_trial():
    candidate = patient("pd-l1-positive-candidate")
    assert model_for(EDITION, case=candidate) == "triple-negative-pd-l1-first-line"
    assert model_for(EDITION, case=patient()) == MODEL
    assert model_for(EDITION, case=patient("second-line-de-novo")) == MODEL
    assert model_for(EDITION, trial="ASCENT-04") == "triple-negative-pd-l1-first-line"
    assert model_for(EDITION, trial="ASCENT-03") == model_for(EDITION) == MODEL
    (made,) = advised_courses(
        candidate, EDITION, model_for(EDITION, case=candidate), ["nccn"], as_of=TODAY
    )
    assert made.regimens == ("sacituzumab-govitecan-pembrolizumab",)


def test_a_refused_plan_gives_no_advice():
    name = next(c.id for c, _, made in planned() if made.refusal is not None)
    found = advise(patient(name), EDITION, as_of=CASES[name].as_of.last)
    assert not found.lines and found.ends


def test_the_simulated_lines_are_those_of_the_advice_and_its_positions_are_cited():
    courses = advised_courses(
        patient(), EDITION, MODEL, ["nccn", "asco"], as_of=TODAY, then="chemotherapy"
    )
    made = scenario(EDITION, MODEL, courses, draws=20, patients=1000)
    for strategy, given in zip(made.strategies, courses, strict=True):
        assert strategy.course == given
        assert len(strategy.outlook.labels) == len(given.regimens)
    cited = {use for given in courses for said in given.says for use in said.uses}
    assert "nccn-2026-06-tn-1l-sacituzumab-govitecan" in cited
    assert cited <= set(made.uses)
