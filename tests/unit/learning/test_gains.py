"""What learners gained, on tests whose figures were worked out by hand."""

import csv
from io import StringIO

import msgspec
import pytest

from consilium.knowledge.learning import KnowledgeTest, TestQuestion
from consilium.learning.gains import Learning, Taken, learning, learning_as_csv
from consilium.learning.outcomes import as_json


def asks(name, *objectives):
    return TestQuestion(name, "?", ("a", "b"), "a", "so", objectives)


TEST = KnowledgeTest((asks("q1", "plan"), asks("q2", "plan", "weigh"), asks("q3", "weigh")))


def taken(before, after, passed):
    return Taken(None if before is None else frozenset(before), frozenset(after), passed)


# five took both tests: right before 0, 1, 1, 2, 1; after 2, 3, 1, 3, 2: medians 1 and 2
# two took the second only; of all seven, four passed
TAKEN = [
    taken([], ["q1", "q2"], False),
    taken(["q1"], ["q1", "q2", "q3"], True),
    taken(["q2"], ["q2"], False),
    taken(["q1", "q2"], ["q1", "q2", "q3"], True),
    taken(["q3"], ["q2", "q3"], True),
    taken(None, ["q1", "q2", "q3"], True),
    taken(None, [], False),
]
JUDGED = [{"plan": "5", "weigh": "3"}, {"plan": "4"}, {"plan": "2"}, {"plan": "4"}, {"plan": "1"}]


def counts(groups):
    return {g.name: ((g.before.events, g.before.of), (g.after.events, g.after.of)) for g in groups}


def test_before_and_after_are_of_the_same_people():
    found = learning(TEST, TAKEN, JUDGED)
    assert (found.learners, found.of, found.median_before, found.median_after) == (5, 3, 1.0, 2.0)
    assert counts(found.questions) == {
        "q1": ((2, 5), (3, 5)),
        "q2": ((2, 5), (5, 5)),
        "q3": ((1, 5), (3, 5)),
    }
    # an objective is right when all its questions are
    assert counts(found.objectives) == {"plan": ((1, 5), (3, 5)), "weigh": ((0, 5), (3, 5))}
    assert (found.passed.events, found.passed.of) == (4, 7)
    # 4 of 7 by Wilson: centre (4/7 + 1.9207/7) / 1.5488, by hand
    assert (found.passed.low, found.passed.high) == pytest.approx((0.2505, 0.8418), abs=5e-5)


def test_objectives_as_learners_judge_them():
    judged = {each.name: each.met for each in learning(TEST, TAKEN, JUDGED).judged}
    assert (judged["plan"].events, judged["plan"].of) == (3, 5)
    assert judged["weigh"] is None  # one learner only


def test_fewer_than_five_pairs_show_nothing():
    found = learning(TEST, TAKEN[1:5], [])
    assert (found.learners, found.median_before, found.passed) == (None, None, None)
    assert all(g.before is None and g.after is None for g in (*found.questions, *found.objectives))


def test_as_csv_and_json():
    found = learning(TEST, TAKEN, JUDGED)
    rows = list(csv.DictReader(StringIO(learning_as_csv(found))))
    (after,) = [r for r in rows if r["name"] == "q2" and r["measure"] == "right after"]
    assert (after["events"], after["of"], after["share"], after["ci95_high"]) == ("5", "5", "1.0000", "1.0000")  # fmt: skip
    (hidden,) = [r for r in rows if r["name"] == "weigh" and r["measure"].endswith("judged")]
    assert (hidden["events"], hidden["of"]) == ("", "")
    assert msgspec.json.decode(as_json(found), type=Learning) == found
