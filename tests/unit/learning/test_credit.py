"""What a test is worth and what a scheme asks for."""

from datetime import date

import msgspec
import pytest
from tests.support.builders import AN_ACTIVITY, a_tiny_edition

from consilium.clinical.dates import Day
from consilium.knowledge.learning import Credit, KnowledgeTest, TestQuestion
from consilium.learning.credit import (
    credit_in_words,
    expired_on,
    kept_until,
    mark,
    missing,
    passes,
)


@pytest.fixture(scope="module")
def activity(tmp_path_factory):
    return a_tiny_edition(tmp_path_factory.mktemp("e"), AN_ACTIVITY).activities["an-activity"]


def a_test(of: int) -> KnowledgeTest:
    return KnowledgeTest(tuple(TestQuestion(f"q{n}", "?", ("a", "b"), "a", "so", ()) for n in range(of)))  # fmt: skip


# right, of, pass mark, passed: the mark itself is enough, and no rounding helps
@pytest.mark.parametrize(
    ("right", "of", "percent", "passed"),
    [(2, 3, 66, True), (2, 3, 67, False), (7, 10, 70, True), (0, 3, None, True), (3, 3, 100, True)],
)
def test_the_pass_mark(activity, right, of, percent, passed):
    scheme = msgspec.structs.replace(activity.credit, pass_percent=percent)
    marked = mark(a_test(of), {f"q{n}": "a" if n < right else "b" for n in range(of)})
    assert (len(marked.right), marked.of) == (right, of)
    assert passes(marked, scheme) is passed


def test_what_is_left_out_or_unknown_is_not_right():
    assert mark(a_test(2), {"q9": "a"}).right == frozenset()


@pytest.mark.parametrize(
    ("own", "schemes", "day", "said"),
    [
        ("not-stated", "never", date(2099, 1, 1), None),
        ("not-stated", Day("2027-01-31"), date(2027, 1, 31), None),
        ("not-stated", Day("2027-01-31"), date(2027, 2, 1), Day("2027-01-31")),
        (Day("2026-12"), Day("2027-01-31"), date(2027, 2, 1), Day("2026-12")),
        (Day("2026-12"), "never", date(2026, 12, 31), None),
    ],
)
def test_the_last_day(activity, own, schemes, day, said):
    scheme = msgspec.structs.replace(activity.credit, expires=schemes)
    changed = msgspec.structs.replace(activity, expires=own, credit=scheme)
    assert expired_on(changed, day) == said


def test_what_is_still_missing_in_the_order_of_the_scheme(activity):
    assert missing(activity.credit, ()) == ("steps", "test")
    assert missing(activity.credit, {"test", "evaluation"}) == ("steps",)
    assert missing(activity.credit, ["steps", "test"]) == ()


def test_credit_in_words(activity):
    assert credit_in_words(activity.credit, {}) == ""
    given = (Credit("example", "0.5", "hours of", "payer"), Credit("other", "1", "point of", "owner"))  # fmt: skip
    scheme = msgspec.structs.replace(activity.credit, credits=given)
    names = {"payer": "Payer", "owner": "Owner"}
    assert credit_in_words(scheme, names) == (
        "0.5 hours of example, given by Payer; 1 point of other, given by Owner"
    )


def test_the_last_day_of_a_record(activity):
    scheme = msgspec.structs.replace(activity.credit, keep_years=1)
    assert kept_until(scheme, date(2024, 2, 29)) == date(2025, 2, 28)
    assert kept_until(scheme, date(2026, 11, 20)) == date(2027, 11, 20)
