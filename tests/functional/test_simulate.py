"""`consilium simulate` as a person types it."""

import json
from xml.etree import ElementTree

from tests.support.command_line import run
from tests.support.sample_patient import UNTREATED

ASKED = ("simulate", "Dato-DXd then chemotherapy", "chemotherapy then SG", "--draws", "50")


def test_the_caveat_comes_before_any_number():
    told = " ".join(run(*ASKED).out.split())
    assert told.index("A model of stated assumptions, not evidence.") < told.index("In this model")
    assert "What the model predicts of what is known" in told
    assert "(assumption)" in told


def test_json_names_what_every_number_rests_on():
    made = json.loads(run(*ASKED, "--format", "json").out)
    assert made["schema"] == "consilium-outlook/1"
    assert made["uses"] and made["checks"] and made["parameters"]
    low, high = made["difference"][1:]
    assert low < made["difference"][0] < high


def test_harms_and_the_worth_of_knowing_more_are_told():
    told = run(
        *("simulate", "Dato-DXd then SG then chemotherapy", "Dato-DXd then chemotherapy"),
        *("--draws", "200", "--format", "json"),
    )
    made = json.loads(told.out)
    trade = next(g for g in made["information"]["groups"] if g["trial"] == "trade-dxd")
    assert 0 < trade["share"] < 1
    assert trade["value"] < made["information"]["perfect"]
    harms = made["strategies"][0]["harms"]
    assert {h["basis"] for h in harms if h["harm"]} >= {"treatment-related", "routine records"}
    assert any(h["percent"] is None for h in harms)
    words = " ".join(run(*ASKED).out.split())
    assert "stopped for an adverse event: not in the stored sources" in words
    assert "needs at least 200 draws" in words


def test_the_arms_of_a_trial_are_followed_with_its_crossover():
    told = " ".join(run("simulate", "--trial", "ASCENT-03", "--draws", "50").out.split())
    assert "A model of stated assumptions, not evidence." in told
    assert "82 % of the 179 with a further treatment had sacituzumab govitecan" in told
    assert "had nobody crossed over" in told and "Side by side, months alive within 36" in told
    made = json.loads(
        run("simulate", "--trial", "ascent-03", "--draws", "50", "--format", "json").out
    )
    crossing = made["strategies"][1]
    assert crossing["crossover"] == "crossover-ascent-03"
    assert crossing["instead"] == ["chemotherapy", "sacituzumab-govitecan", "chemotherapy"]
    assert crossing["says"][0]["uses"] == ["ascent-03-crossover", "ascent-03"]
    assert len(made["gaps"]) == 3
    assert {"ascent-03-crossover", "ascent-03-next-treatment"} <= set(made["uses"])


def test_the_model_is_chosen_by_the_trial():
    made = json.loads(
        run("simulate", "--trial", "ASCENT-04", "--draws", "50", "--format", "json").out
    )
    assert made["model"] == "triple-negative-pd-l1-first-line"
    assert "no published survival" in made["withheld"]
    assert made["strategies"][1]["crossover"] == "crossover-ascent-04"


def test_what_sources_advise_a_patient_is_followed(tmp_path):
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(PATIENT), encoding="utf-8")
    asked = ("simulate", "--patient", str(file), "--as-of", "2026-11-20", "--draws", "50")
    told = " ".join(run(*asked, "--follow", "asco", "chemotherapy then SG").out.split())
    assert "Line 2, trastuzumab deruxtecan: recommends, ASCO" in told
    assert "ASCO's advice (chemotherapy then T-DXd then SG)" in told
    for extra, says in (
        ((), "nothing decides in line 1 between"),
        (("--follow", "nobody"), "no source is called `nobody`"),
        (("--choose", "one"), "is not `line=therapy`"),
        (("--set", "checkpoint_inhibitor_candidate=yes", "--follow", "asco"), "not known to be"),
    ):
        done = run(*asked, *extra)
        assert done.code == 1 and says in done.err, (extra, done.err)
        assert "Traceback" not in done.err


PATIENT = {**UNTREATED, "ecog_ps": 1}


def test_pictures_are_written(tmp_path):
    stack, tornado = tmp_path / "stack.svg", tmp_path / "tornado.svg"
    assert run(*ASKED, "--save", str(stack), "--tornado", str(tornado)).code == 0
    for path in (stack, tornado):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
        assert "not evidence" in path.read_text(encoding="utf-8")


def test_slips_are_answered_in_words():
    for arguments, says in (
        (("simulate", "T-DXd then SG"), "none is made up"),
        (("simulate",), "at least one sequence"),
        (("simulate", "--trial", "SG"), "is no trial"),
        (("simulate", "--trial", "OptiTROP-Breast01"), "does not follow the design of"),
        (("simulate", "Dato-DXd", "--assume", "x"), "parameter=number"),
        (("simulate", "Dato-DXd", "--model", "none"), "is no model"),
        (("simulate", "Dato-DXd", "--draws", "50", "--save", "x.txt"), ".svg or .png"),
    ):
        done = run(*arguments)
        assert done.code == 1 and says in done.err, arguments
        assert "Traceback" not in done.err
