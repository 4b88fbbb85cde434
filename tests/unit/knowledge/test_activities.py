"""Each kind of mistake in an activity, and what is said of it."""

import re

import pytest
from tests.support.builders import AN_ACTIVITY, TINY, a_tiny_edition

from consilium.knowledge.problems import EditionError

ACTIVITY = "activities/an-activity.yaml"
TEXT = AN_ACTIVITY[ACTIVITY]

# what is replaced, by what, and the whole of what is said
MISTAKES = [
    ("an-expert, at: first", "a-panel, at: first", {"`a-panel` speaks and is not among the faculty", "`expert-first-line` is a position of an-expert, not of a-panel"}),
    ("  - speaker: an-expert\n", "  - speaker: nobody\n", {"no speaker is called `nobody`.", "`an-expert` speaks and is not among the faculty"}),
    ("Example Mkaer, ", "Example Maker Inc, ", {"no organisation is spelled `Example Maker Inc`; add it to its `spellings`. Did you mean `Example Maker`?"}),
    ("organisation: payer", "organisation: prayer", {"no organisation is called `prayer`. Closest: `payer`"}),
    ("status: declared", "status: nothing-to-declare", {"a disclosure is `declared` exactly when it lists `relationships`"}),
    ("      at: last page\n", "", {"a disclosure names its place in the source under `at`"}),
    ("{kind: honoraria, organisations: [Example Mkaer, Payer/Owner]}", "{kind: honoraria}", {"`honoraria` names nobody and no patent"}),
    ("agrees_with: [turn-1]", "agrees_with: [turn-2]", {"one agrees with a turn before one's own, and `turn-2` is none"}),
    ("agrees_with: [turn-1]", "agrees_with: [turn-9]", {"no turn is called `turn-9`. Closest: `turn-2`", "one agrees with a turn before one's own, and `turn-9` is none"}),
    ("positions: [expert-first-line]", "positions: [expert-frist-line]", {"no position is called `expert-frist-line`. Closest: `expert-first-line`"}),
    (", positions: [expert-first-line]", "", {"a turn rests on statements, or has a remark where it takes no stance"}),
    ("says: [as said]", "says: []", {"a turn says something"}),
    ("{id: the-remark,", "{id: the-remark, flag: overtaken,", {"a `flag` has a `reason`, and a `reason` a `flag`"}),
    ("objectives: [to-learn]", "objectives: []", {"a question serves objectives of its own activity", "no question serves this objective"}),
    ("question: the-question", "question: a-question", {"`a-question` is no question of this activity"}),
    (", results: [example-01-pfs]", "", {"a takeaway rests on statements", "the right answer rests on statements of the edition"}),
    ("successor: after", "successor: before", {"a poll is followed by another poll of its activity"}),
    ("approvals: [us-example-drug]", "approvals: []", {"a premise names the statements by which it becomes so"}),
    (", premise: {says: not approved, approvals: [us-example-drug]}", "", {"a poll has a successor when its premise can be overtaken"}),
    ('{id: after, asks: as it is, options: ["no", "yes"]}', '{id: after, asks: as it is, options: ["no", "no"]}', {"a poll offers at least two options, each of them once"}),
    ("right: this", "right: those", {"the `right` answer is one of the `options`, word for word"}),
    ("options: [this, that]", "options: [this, this]", {"a question offers at least two answers, each of them once"}),
    ("because: longer, objectives: [to-learn]", "because: longer, objectives: []", {"a question serves objectives of its own activity"}),
    ("requires: [steps, test], pass_percent: 50", "requires: [steps]", {"a test belongs to a scheme under `credit` that requires it"}),
    ("requires: [steps, test]", "requires: [test, test]", {"a scheme requires something, each thing once"}),
    ("pass_percent: 50, ", "", {"a scheme that requires the test states `pass_percent` and `attempts`"}),
    ("pass_percent: 50", "pass_percent: 500", {"`pass_percent: 500` does not lie between 1 and 100"}),
    ("attempts: 2", "attempts: 0", {"`attempts: 0` leaves nobody a try"}),
    ("keep_years: 6", "keep_years: 0", {"`keep_years: 0` keeps no record"}),
    ("expires: 2027-01-31", "expires: someday", {"`someday` is no date; write 2026-01-12, 2026-01 or 2026"}),
    ("id: turn-2", "id: turn-1", {"a turn is called `turn-1` already, in knowledge/activities/an-activity.yaml line 34"}),
    ("released: 2026-01-20", "released: 2026-09-01", {"`released: 2026-09-01` lies after the edition's date, 2026-03-01"}),
    ("type: faq", "type: quiz", {"`quiz` is not allowed here. Use one of commentary, faq, case, tool, poll."}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES, ids=[m[1][:40] for m in MISTAKES])
def test_a_mistake_is_named(tmp_path, old, new, said):
    assert TEXT.count(old) >= 1, old
    with pytest.raises(EditionError) as raised:
        a_tiny_edition(tmp_path, {**AN_ACTIVITY, ACTIVITY: TEXT.replace(old, new)})
    assert {problem.message for problem in raised.value.problems} == said
    assert {problem.path for problem in raised.value.problems} == {f"knowledge/{ACTIVITY}"}


def test_a_maker_is_an_organisation(tmp_path):
    drugs = "vocabulary/drugs.yaml"
    with pytest.raises(EditionError, match=re.escape("no organisation is spelled `Maker`")):
        a_tiny_edition(
            tmp_path,
            {
                drugs: TINY[drugs].replace(
                    "classes: [conjugate]}", "classes: [conjugate], makers: [Maker]}"
                )
            },
        )


def test_one_spelling_may_name_two_organisations(tmp_path):
    spelled = a_tiny_edition(tmp_path, AN_ACTIVITY).organisations_spelled
    assert [o.id for o in spelled["Payer/Owner"]] == ["payer", "owner"]
    assert [o.id for o in spelled["Example Mkaer"]] == ["example-maker"]
