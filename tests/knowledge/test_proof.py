"""The proof of the bundled edition: nothing is found that a line in the edition does not explain."""

import json

from tests.support.command_line import run


def test_the_bundled_edition_is_proved():
    made = run("prove", "--format", "json")
    assert made.code == 0, made.out
    found = json.loads(made.out)
    assert found["holds"] and not found["undecided"]
    assert len(found["claims"]) >= 40
    assert {claim["verdict"] for claim in found["claims"]} == {"proved"}
    assert "declared scopes" in found["completeness"], "completeness is said to be that of scopes"
    assert f"minus {found['waivers']} waivers with reasons" in found["completeness"]
    for finding in found["findings"]:
        assert finding["waived"] and finding["waiver"], "explained in place, with a reason"
        # what the plan of the example must show is held against the plan by the proof itself
        assert finding["plan_shows"] or finding["plan_does_not_show"], finding["says"]
        assert finding["example"]["patient"]
    assert len(found["findings"]) == found["waivers"]


def test_two_dates_of_the_bundled_edition_differ_by_the_approvals_between_them():
    made = run("diff", "2026-01-12", "2026-11-20", "--format", "json")
    assert made.code == 0
    assert "us-sacituzumab-govitecan-tn-1l-alone" in json.dumps(json.loads(made.out))
