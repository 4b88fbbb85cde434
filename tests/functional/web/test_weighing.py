"""The pages that compare and simulate."""

import re
from html import unescape

import pytest

pytestmark = pytest.mark.django_db
ON_THE_DAY = {"as_of": "2026-11-20"}


def text_of(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_first_line_conjugates_are_not_ranked(client):
    told = text_of(client.get("/compare", {"one": "SG", "other": "Dato-DXd", **ON_THE_DAY}))
    assert "anchored, doubtful: do not rank" in told
    assert "HR 1.09 (95 % CI 0.81 to 1.45) , exploratory" in told
    assert "Overall survival: cannot be compared" in told
    assert "An indirect comparison is not a randomised one" in told


def test_both_sides_have_their_sources(client):
    page = client.get("/compare", {"one": "ASCENT-03", "other": "TROPION-Breast02", **ON_THE_DAY})
    assert page.content.decode().count('href="/evidence/sources/') > 10


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"one": "SG", "other": ""}, "on each side"),
        ({"one": "SG", "other": "<script>"}, "no therapy, class or trial"),
        ({"one": "SG", "other": "SG"}, "both sides are"),
    ],
)
def test_what_cannot_be_compared_is_said(client, given, says):
    page = client.get("/compare", given)
    assert page.status_code == 422 and says in text_of(page)
    assert "<script>" not in page.content.decode()


def test_a_simulation_leads_with_its_caveat_and_names_what_it_rests_on(client):
    page = client.post(
        "/simulate", {"one": "Dato-DXd then chemotherapy", "other": "chemotherapy then SG"}
    )
    told = text_of(page)
    assert page.status_code == 200
    assert told.index("not evidence") < told.index("In this model")
    assert "What the model predicts of what is known" in told
    assert "tropion-breast02-tfst" in told
    assert page.content.decode().count("<svg") == 3
    assert "What each line costs in harm" in told and "not in the stored sources" in told
    assert "tropion-breast02-any-adverse-event-grade-3" in told
    assert "What better knowledge would bring" in told
    assert (
        client.get("/s/tropion-breast02-any-adverse-event-grade-3", follow=True).status_code == 200
    )


def test_what_a_trial_would_settle_is_told(client):
    page = client.post(
        "/simulate",
        {"one": "Dato-DXd then SG then chemotherapy", "other": "Dato-DXd then chemotherapy"},
    )
    assert "TRADE-DXd would settle at most" in text_of(page)


def test_the_arms_of_a_trial_are_followed_with_its_crossover(client):
    assert "TROPION-Breast02" in text_of(client.get("/simulate"))
    page = client.post("/simulate", {"trial": "ascent-03"})
    told = text_of(page)
    assert page.status_code == 200
    assert "82 % of the 179 with a further treatment had sacituzumab govitecan" in told
    assert "had nobody crossed over" in told and "Side by side, months alive within 36" in told
    assert "crossover-ascent-03" in page.content.decode()
    for address in ("/s/ascent-03-crossover", "/evidence/trials/ascent-03"):
        assert f'href="{address}"' in page.content.decode()
        assert client.get(address, follow=True).status_code == 200
    assert page.content.decode().count("<svg") == 4


def test_a_trial_of_another_model_brings_the_parameters_of_that_model(client):
    page = client.post("/simulate", {"trial": "ascent-04", "p-crossover-ascent-04": "0.5"})
    told = text_of(page)
    assert page.status_code == 200 and "Survival is withheld" in told
    assert 'name="p-crossover-ascent-04"' in page.content.decode()
    assert 'name="p-crossover-ascent-03"' not in page.content.decode()


def test_conjugates_of_two_trials_are_not_drawn_side_by_side(client):
    page = client.post(
        "/simulate", {"one": "Dato-DXd then chemotherapy", "other": "SG then chemotherapy"}
    )
    told = text_of(page)
    assert "no trial in the model randomised" in told and "withheld" in told
    assert "<svg" not in page.content.decode()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"one": "T-DXd then SG", "other": ""}, "none is made up"),
        ({"one": "nonsense", "other": ""}, "no therapy"),
        ({"trial": "keynote-355"}, "does not follow the design of KEYNOTE-355"),
        ({"trial": "SG"}, "is no trial"),
        ({"p-supportive-care": "many"}, "is no number"),
        ({"p-going-on-after-first-line": "7"}, "cannot be 7"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused_in_words(client, given, says):
    page = client.post("/simulate", given)
    assert page.status_code == 422 and says in text_of(page)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/compare?one=SG&other=Dato-DXd"),
        ("get", "/ask/?q=SG"),
        ("post", "/simulate"),
        ("post", "/plan"),
        ("post", "/plan/pdf"),
        ("post", "/plan/import"),
        *(("post", f"/api/v1/{name}") for name in ("plan", "care", "ask", "compare", "simulate")),
    ],
)
def test_what_is_expensive_is_counted_against_the_address(client, monkeypatch, method, path):
    from consilium.web import limits

    monkeypatch.setattr(limits, "_bucket", limits.Bucket(0, clock=lambda: 0.0))
    answer = getattr(client, method)(path)
    assert answer.status_code == 429
    assert "wait a minute" in answer.content.decode()
    assert client.get("/plan").status_code == 200
