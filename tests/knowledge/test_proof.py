"""The proof of the bundled edition: nothing is found that a line in the edition does not explain."""

import json

from tests.support.command_line import run


def test_the_bundled_edition_is_proved():
    made = run("prove")
    assert made.code == 0, made.out
    assert "0 refuted, 0 not decided" in made.out
    assert "declared scopes" in made.out, "completeness is said to be that of the scopes"


def test_two_dates_of_the_bundled_edition_differ_by_the_approvals_between_them():
    made = run("diff", "2026-01-12", "2026-11-20", "--format", "json")
    assert made.code == 0
    assert "us-sacituzumab-govitecan-tn-1l-alone" in json.dumps(json.loads(made.out))
