"""`consilium survival` as a person types it."""

import json
from pathlib import Path

import pytest
from tests.support.command_line import run

from consilium.statistics.cox import cox
from consilium.statistics.survival import kaplan_meier

ROWS = [
    ("SG", 2.0, 1), ("SG", 5.5, 1), ("SG", 8.0, 0), ("SG", 13.0, 1), ("SG", 20.0, 0), ("SG", 24.0, 1),
    ("chemotherapy", 1.0, 1), ("chemotherapy", 3.0, 1), ("chemotherapy", 3.0, 1), ("chemotherapy", 6.0, 0),
    ("chemotherapy", 9.0, 1), ("chemotherapy", 14.0, 1),
]  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "followed.csv"
    lines = "".join(f"{arm},{months},{event}\n" for arm, months, event in ROWS)
    path.write_text("drug,months,progressed\n" + lines)
    return path


def asked(table: Path, *more: str):
    columns = ("--time", "months", "--event", "progressed", "--arm", "drug")
    return run("survival", str(table), *columns, *more)


def test_two_arms_are_described_and_set_beside_each_other(table):
    made = json.loads(asked(table, "--format", "json", "--months", "12", "--cut", "4").out)
    arms = {arm["arm"]: arm for arm in made["arms"]}
    assert (arms["SG"]["patients"], arms["SG"]["events"]) == (6, 4)
    alone = kaplan_meier([m for a, m, _ in ROWS if a == "SG"], [e for a, _, e in ROWS if a == "SG"])
    assert arms["SG"]["restricted_mean"][0] == pytest.approx(alone.restricted_mean(12).value)
    fit = cox(
        [m for _, m, _ in ROWS], [e for _, _, e in ROWS], [a == "chemotherapy" for a, *_ in ROWS]
    )
    between = made["between"]
    assert (between["reference"], between["arm"]) == ("SG", "chemotherapy")
    assert between["hazard_ratio"][0] == pytest.approx(fit.hazard_ratios[0])
    assert [period[:2] for period in between["periods"]] == [[0.0, 4.0], [4.0, None]]


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ({"SG": 0, "chemotherapy": 1}, "No hazard ratio: the events of the arms do not overlap"),
        ({"SG": 0, "chemotherapy": 0}, "Nobody had the event"),
    ],
)
def test_arms_without_events_are_described_without_a_ratio(tmp_path, events, says):
    path = tmp_path / "none.csv"
    rows = [(arm, months, events[arm]) for arm, months, _ in ROWS]
    path.write_text(
        "drug,months,progressed\n" + "".join(f"{a},{m},{event}\n" for a, m, event in rows)
    )
    done = asked(path)
    assert done.code == 0 and says in " ".join(done.out.split())
    assert "0 of 6 patients had the event" in done.out
    between = json.loads(asked(path, "--format", "json").out)["between"]
    assert between is None or between["hazard_ratio"] is None


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_it_says_that_nothing_is_adjusted(table, form):
    done = asked(table, "--format", form)
    assert done.code == 0
    assert "no effect of treatment" in " ".join(done.out.split())


def test_the_curves_are_drawn(table, tmp_path):
    picture = tmp_path / "curves.svg"
    assert asked(table, "--save", str(picture)).code == 0
    assert "chemotherapy" in picture.read_text()


def test_one_arm_needs_no_column(table):
    done = run("survival", str(table), "--time", "months", "--event", "progressed")
    assert done.code == 0 and "9 of 12 patients" in done.out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("drug,months\nSG,3\n", "no column `progressed`"),
        ("drug,months,progressed\n", "no patient"),
        ("drug,months,progressed\nSG,three,1\n", "line 2, `months`: `three` is no number"),
        ("drug,months,progressed\nSG,-3,1\n", "line 2, `months`: `-3` is no time"),
        ("drug,months,progressed\nSG,inf,1\n", "`inf` is no time"),
        ("drug,months,progressed\nSG,3,2\n", "line 2, `progressed`: `2` is neither"),
        ("drug,months,progressed\nSG,3\n", "line 2, `progressed`"),
        ("drug,months,progressed\n,3,1\n", "without an arm"),
        (b"\xff\xfe\x00bad", "cannot read"),
    ],
)
def test_a_table_that_cannot_be_read_is_answered_in_words(tmp_path, content, says):
    path = tmp_path / "followed.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = asked(path)
    assert done.code == 1 and says in " ".join(done.err.split()) and "Traceback" not in done.err


def test_a_file_that_is_not_there_is_named(tmp_path):
    done = asked(tmp_path / "none.csv")
    assert done.code == 1 and "cannot read" in done.err
