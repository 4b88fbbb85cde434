"""`consilium compare` as a person types it."""

import json

import pytest
from tests.support.command_line import run


def test_it_says_do_not_rank_before_anything_else():
    done = run("compare", "SG", "Dato-DXd", "--as-of", "2026-11-20")
    assert done.code == 0
    told = " ".join(done.out.split())
    assert "do not rank" in told[: told.index("Common comparator")]
    assert "An indirect comparison is not a randomised one" in told


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_every_row_of_a_whole_comparison_cites(form):
    done = run("compare", "ASCENT-03", "TROPION-Breast02", "--format", form)
    assert done.code == 0 and "Side by side" in done.out


def test_json_has_its_schema():
    made = json.loads(run("compare", "olaparib", "SG", "--format", "json").out)
    assert made["schema"] == "consilium-comparison/1"
    assert {v["verdict"] for p in made["pairings"] for v in p["verdicts"]} == {"cannot be compared"}


def test_a_slip_is_answered_in_words():
    done = run("compare", "sacituzumab-govitekan", "Dato-DXd")
    assert done.code == 1 and "Did you mean" in done.err
    assert "Traceback" not in done.err


def test_the_network_is_drawn(tmp_path):
    picture = tmp_path / "network.svg"
    assert run("compare", "SG", "Dato-DXd", "--save", str(picture)).code == 0
    assert "met in none" in picture.read_text()
