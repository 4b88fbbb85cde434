"""`consilium` as a person types it."""

import json
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.command_line import run
from tests.support.sample_patient import UNTREATED

from consilium.cli.commands import KINDS
from consilium.knowledge.edition import Edition

PATIENT = UNTREATED


def as_bytes(patient: object) -> bytes:
    return json.dumps(patient).encode()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "patient.json"
    path.write_bytes(as_bytes(PATIENT))
    return str(path)


def test_plan_of_a_file_and_of_standard_input_are_the_same(file):
    from_file = run("plan", file, "--as-of", "2026-11-20", "--format", "json")
    piped = run("plan", "-", "--as-of", "2026-11-20", "--format", "json", given=as_bytes(PATIENT))
    assert from_file.code == piped.code == 0
    one, other = json.loads(from_file.out), json.loads(piped.out)
    assert [o["regimen"] for o in one["options"]] == [o["regimen"] for o in other["options"]]


def test_the_months_between_the_activity_and_today_change_the_label(file):
    then = json.loads(run("plan", file, "--as-of", "2026-01-12", "--format", "json").out)
    now = json.loads(run("plan", file, "--as-of", "2026-11-20", "--format", "json").out)

    def labels(plan):
        options = plan["options"] + plan["possible"] + plan["labels_only"]
        return {o["regimen"]: (o["label"]["status"], o["certainty"]) for o in options}

    assert labels(then)["sacituzumab-govitecan"] == ("outside", "certain")
    assert labels(now)["sacituzumab-govitecan"] == ("approved", "certain")
    assert labels(then)["datopotamab-deruxtecan"][0] == "outside"
    assert labels(now)["datopotamab-deruxtecan"][0] == "approved"
    # and the difference is explained: what came after, and since when it counts now
    assert {c["since"] for c in then["later"]} >= {"2026-05-22", "2026-06-24"}
    text = run("plan", file, "--as-of", "2026-01-12").out
    assert "What came after this date" in text and "2026-06-24" in text
    assert "since 2026-06-24" in run("plan", file, "--as-of", "2026-11-20").out


def test_a_position_that_waits_for_an_approval_waits_only_until_then(file):
    """One expert recommends the conjugates first line if they are approved."""

    def certainty(day):
        made = json.loads(run("plan", file, "--as-of", day, "--format", "json").out)
        voices = [v for option in made["options"] for v in option["voices"]]
        return {bool(v["waiting"]) for v in voices if v["who"] == "javier-cortes"}

    assert certainty("2026-01-12") == {True}
    assert certainty("2026-11-20") == {False}


def test_set_adds_and_changes_facts(file):
    made = run(
        "plan",
        file,
        "--set",
        "germline_brca=pathogenic",
        "--set",
        "pd_l1_cps=15",
        "--format",
        "json",
    )
    texts = [fact["text"] for fact in json.loads(made.out)["case"]]
    assert "pathogenic germline BRCA1/2 variant" in texts
    assert "PD-L1 CPS (22C3) 15" in texts


def test_why_prints_every_condition_asked(file):
    made = run("plan", file, "--why", "sacituzumab-govitecan")
    assert made.code == 0
    assert "approval us-sacituzumab-govitecan-tn-1l-alone" in made.out
    assert "no candidate for a PD-(L)1 inhibitor" in made.out
    wrong = run("plan", file, "--why", "sacituzumab-govitcan")
    assert wrong.code == 1 and "Did you mean `sacituzumab-govitecan`?" in wrong.err


@pytest.mark.parametrize("form", ["text", "markdown", "json", "html"])
def test_every_format_prints(file, form):
    made = run("plan", file, "--format", form)
    assert made.code == 0 and "sacituzumab" in made.out and not made.err


def test_a_patient_outside_the_scope_is_refused_with_the_reason():
    made = run("plan", "-", given=as_bytes({"setting": "advanced", "her2_ihc": "3+"}))
    assert made.code == 3
    assert "Outside what this edition covers" in made.out
    early = run("plan", "-", given=as_bytes({"setting": "early", "er_percent": 0}))
    assert early.code == 3


@pytest.mark.parametrize(
    "patient, said",
    [
        ({"line": 1, "prior_therapies_complete": "yes",
          "prior_therapies": [{"drugs": ["trastuzumab-deruxtecan"], "setting": "advanced"}]},
         "line 1"),
        ({"er_status": "positive", "er_percent": 0}, "oestrogen receptor"),
        ({"subtype": "triple-negative", "er_percent": 80}, "subtype"),
        ({"her2_category": "low", "her2_ihc": "3+"}, "HER2"),
    ],
)  # fmt: skip
def test_an_impossible_patient_is_refused_with_the_contradiction_named(patient, said):
    made = run("plan", "-", given=as_bytes(patient))
    assert made.code == 1 and said in made.err
    assert "Correct one of them" in made.err or "correct one of them" in made.err


@pytest.mark.parametrize(
    "data, said",
    [
        (b"", "empty"),
        (b"{", "JSON"),
        (b"[1,2]", ""),
        (as_bytes({"anc": 1500}), "unit"),
        (as_bytes({"germline_brac": "pathogenic"}), "Did you mean `germline_brca`?"),
        (as_bytes({"germline_brca": "mutated"}), "germline_brca"),
        (as_bytes({"name": "A. Patient"}), "identif"),
    ],
)
def test_bad_input_is_named_and_nothing_is_planned(data, said):
    made = run("plan", "-", given=data)
    assert made.code == 1 and said in made.err and "Traceback" not in made.err
    assert not made.out


def test_units_are_one_patient():
    def anc(value):
        made = run(
            "plan", "-", "--format", "json", given=as_bytes({"setting": "advanced", "anc": value})
        )
        return [f["text"] for f in json.loads(made.out)["case"] if f["fact"] == "anc"]

    assert anc({"value": 1500, "unit": "/mm3"}) == anc({"value": 1.5, "unit": "x10^9/L"})


def test_bad_arguments_have_their_own_exit_code(file):
    assert run("plan").code == 2
    assert run("nonsense").code == 2
    assert run("plan", file, "--region", "XX").code == 2
    assert run("plan", "no-such-file.json").code == 1
    assert run("plan", file, "--as-of", "12 January").code == 1
    assert run("show", "drugg", "olaparib").code == 1


def test_show_and_list_reach_every_record():
    edition = Edition.bundled()
    for kind in KINDS:
        listed = run("list", kind)
        assert listed.code == 0 and listed.out, kind
        name = listed.out.split("\t", 1)[0]
        assert run("show", kind, name).code == 0, (kind, name)
        assert json.loads(run("show", kind, name, "--format", "json").out)
    assert "10.1056/NEJMoa2511734" in run("show", "source", "ascent-03-primary").out
    assert len(run("list", "trial").out.splitlines()) == len(edition.trials)


def test_facts_lists_every_fact_with_its_unit():
    out = run("facts").out
    for fact in Edition.bundled().facts.values():
        assert fact.id in out
    assert "x10^9/L" in out
    assert json.loads(run("facts", "--schema").out)["additionalProperties"] is False


def test_check_names_every_problem_with_its_line(tmp_path):
    import shutil

    from consilium.knowledge.edition import bundled_root

    assert "no problem found" in run("check").out
    copy = tmp_path / "edition"
    shutil.copytree(bundled_root(), copy)
    approvals = copy / "approvals" / "olaparib.yaml"
    approvals.write_text(approvals.read_text().replace("germline_brca:", "germline_brac:", 1))
    made = run("check", str(copy))
    assert made.code == 1
    assert "approvals/olaparib.yaml" in made.err and "Did you mean `germline_brca`?" in made.err


def test_examples_plans_the_example_patients():
    made = run("examples")
    assert made.code == 0
    assert made.out.count("Options") >= 5


def test_interview_asks_until_nothing_left_would_change_the_plan(monkeypatch):
    answers = iter(["advanced", "0", "0", "0", "1", *[""] * 60])
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    made = run("interview", "--as-of", "2026-11-20")
    assert made.code == 0
    assert "Options" in made.out


def test_interview_ends_at_once_when_asked_to(monkeypatch):
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "done")
    assert run("interview").code == 0


def shell(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "consilium.cli", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )


def test_no_colour_and_narrow_terminals_are_respected(file):
    plain = shell("plan", file, NO_COLOR="1", FORCE_COLOR="", COLUMNS="60")
    assert plain.returncode == 0
    assert "\x1b[3" not in plain.stdout
    assert max(map(len, plain.stdout.splitlines())) <= 60


def test_a_pipe_that_closes_early_is_no_error(file):
    made = subprocess.run(
        f"{sys.executable} -m consilium.cli plan {file} --full | head -1",
        shell=True, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in made.stderr


def test_a_brief_plan_fits_one_screen(file):
    made = shell("plan", file, COLUMNS="100", NO_COLOR="1")
    assert len(made.stdout.splitlines()) <= 50


# -- whatever is fed in, a person gets words ------------------------------------------------------

words = st.sampled_from([*Edition.bundled().facts, "pd_l1", "prior_therapies", "resourceType", "x"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(words | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
likely = st.dictionaries(
    words,
    json_values
    | st.sampled_from(["yes", "no", "positive", "1+", "unknown", "not-tested", 0, 1, 50]),
    max_size=6,
)


@given(data=json_values | likely)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_json_gets_a_plan_or_a_message(data):
    made = run("plan", "-", "--format", "json", given=json.dumps(data).encode())
    assert made.code in (0, 1, 3)
    assert made.err or made.out
    assert "Traceback" not in made.err + made.out


@given(data=st.binary(max_size=200))
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_get_a_message(data):
    made = run("plan", "-", given=data)
    assert made.code in (0, 1, 3) and "Traceback" not in made.err


def test_nothing_is_written_anywhere(tmp_path, file, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    run("plan", file)
    run("plan", "-", given=b"{")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_plan_holds_how_to_give_the_regimens_that_are_asked_for(file):
    made = run("plan", file, "--care", "sacituzumab-govitecan", "--full")
    for title in ("Giving sacituzumab govitecan", "Before you start", "Each cycle", "Watch for"):
        assert title in made.out
    for title in ("If it happens", "Stop for good", "Tell the patient"):
        assert title in made.out
    held = json.loads(run("plan", file, "--care", "sacituzumab-govitecan", "--format", "json").out)[
        "care"
    ]
    assert [sheet["regimen"] for sheet in held] == ["sacituzumab-govitecan"]
    assert run("plan", file, "--care", "sacituzumab").code == 1


def test_a_trial_is_drawn_into_a_file(tmp_path):
    picture = tmp_path / "ascent-03.png"
    found = run("show", "trial", "ascent-03", "--save", str(picture), "--as-of", "2026-11-20")
    assert (found.code, found.out) == (0, f"{picture}\n")
    assert picture.read_bytes().startswith(b"\x89PNG")
    refused = run("show", "trial", "ascent-03", "--save", str(tmp_path / "ascent-03.gif"))
    assert refused.code == 1 and ".svg or .png" in refused.err
    refused = run("show", "trial", "ascent-3", "--save", str(picture))
    assert refused.code == 1 and "ascent-03" in refused.err


def test_what_may_follow_and_what_was_given_are_drawn(tmp_path):
    given = b"""{"setting": "advanced", "er_percent": 0, "pr_percent": 0, "her2_ihc": "1+", "prior_therapies_complete": "yes",
        "prior_therapies": [{"drugs": ["capecitabine"], "setting": "advanced", "line": 1, "outcome": "progression"}]}"""
    following, earlier = tmp_path / "next.svg", tmp_path / "earlier.svg"
    found = run(
        "plan",
        "-",
        "--as-of",
        "2026-11-20",
        "--save",
        str(following),
        "--save-earlier",
        str(earlier),
        given=given,
    )
    assert found.code == 0
    assert "After progression on" in following.read_text() and "capecitabine" in earlier.read_text()
    refused = run("plan", "-", "--save-earlier", str(earlier), given=b'{"setting": "advanced"}')
    assert refused.code == 1 and "no earlier treatment" in refused.err
