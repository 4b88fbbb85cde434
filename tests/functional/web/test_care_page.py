"""The page on giving a regimen says what the sheet says, and nothing milder."""

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
PATIENT = {"setting": "advanced", "subtype": "triple-negative", "line": "2", "regimen": "sacituzumab-govitecan"}  # fmt: skip


def page(**told: str):
    answer = Client().post("/plan/care", PATIENT | {f"give.{k}": v for k, v in told.items()})
    return answer, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_it_asks_for_the_value_of_each_dose():
    answer, text = page()
    assert answer.status_code == 200
    assert "Giving sacituzumab govitecan" in text
    assert "day 1: asks for a value" in text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("anc", "says"), [("900 /mm3", "day 8: HOLD"), ("1.6 x10^9/L", "day 8: open as far as this goes")])  # fmt: skip
def test_a_value_answers_for_its_day_only(anc, says):
    _, text = page(anc=anc, for_day="8")
    assert says in text
    assert "day 1: open" not in text


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"anc": "1.4", "for_day": "8"}, "could mean two things"),
        ({"anc": "1400 /mm3"}, "one day of the cycle"),
        ({"weight": "154"}, "needs its unit"),
        ({"start": "soon"}, "is no date"),
        ({"for_day": "eight"}, "whole numbers"),
    ],
)
def test_what_would_not_be_safe_is_refused_in_words(told, says):
    answer, text = page(**told)
    assert answer.status_code == 422
    assert says in text


def test_milligrams_come_with_their_steps_and_a_calendar_with_its_days():
    _, text = page(weight="70 kg", start="2026-12-01", cycles="1")
    assert "700 mg" in text
    assert "2026-12-08" in text


def test_a_regimen_of_no_edition_is_refused():
    assert Client().post("/plan/care", PATIENT | {"regimen": "nothing"}).status_code == 422
