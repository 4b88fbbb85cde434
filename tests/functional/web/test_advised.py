"""The page that follows in a model what sources advise a patient."""

import html
import re

import pytest

PATIENT = {
    "setting": "advanced",
    "er_percent": "0",
    "pr_percent": "0",
    "her2_ihc": "1+",
    "pd_l1_cps": "3",
    "germline_brca": "no-variant",
    "therapies": "none",
    "checkpoint_inhibitor_candidate": "no",
    "ecog_ps": "1",
    "as_of": "2026-11-20",
    "region": "US",
}


def told(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def test_a_line_in_which_nothing_decides_is_asked_about_and_not_settled(client):
    page = client.post("/plan/sequences", PATIENT)
    assert page.status_code == 200
    assert "Nothing decides" in told(page) or "nothing decides in line 1" in told(page)
    assert 'name="follow.1"' in page.content.decode()
    assert "<svg" not in page.content.decode()


def test_one_source_is_followed_with_what_decided_each_line(client):
    page = client.post("/plan/sequences", PATIENT | {"follow.who": "asco"})
    words = told(page)
    assert page.status_code == 200
    assert words.index("not evidence") < words.index("In this model")
    assert "Line 2, trastuzumab deruxtecan: recommends, ASCO." in words
    assert 'href="/s/asco-2022-her2-low-trastuzumab-deruxtecan"' in page.content.decode()
    assert page.content.decode().count("<svg") == 1


def test_a_choice_and_what_follows_are_kept_in_the_form(client):
    asked = {
        "follow.who": "javier-cortes",
        "follow.1": "datopotamab-deruxtecan",
        "follow.then": "chemotherapy",
    }
    page = client.post("/plan/sequences", PATIENT | asked)
    assert "chosen by the reader beside sacituzumab govitecan" in told(page)
    assert "chemotherapy of the physician's choice is followed from there" in told(page)
    body = page.content.decode()
    assert '<option value="datopotamab-deruxtecan" selected>' in body
    assert body.count('name="follow.1"') == 1, "not among the hidden fields of the patient too"


def test_every_assumption_is_on_the_page_and_can_be_changed(client):
    asked = PATIENT | {"follow.who": "asco"}
    page = client.post("/plan/sequences", asked)
    assert 'name="follow.p-going-on-after-first-line"' in page.content.decode()
    assert "assumption" in told(page)
    changed = client.post("/plan/sequences", asked | {"follow.p-going-on-after-first-line": "0.5"})
    assert "In this model 50% of patients on ASCO's advice" in told(changed)
    bad = client.post("/plan/sequences", asked | {"follow.p-supportive-care": "many"})
    assert bad.status_code == 422 and "is no number" in told(bad)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"follow.who": "nobody"}, "no source is called"),
        ({"follow.who": "asco", "follow.1": "olaparib"}, "speaks for `olaparib` in line 1"),
        ({"follow.who": "asco", "follow.then": "nonsense"}, "no regimen is called"),
        ({"follow.who": "nccn", "checkpoint_inhibitor_candidate": ""}, "checkpoint_inhibitor"),
    ],
)
def test_what_cannot_be_followed_is_said(client, changed, says):
    page = client.post("/plan/sequences", PATIENT | changed)
    assert page.status_code == 422 and says in told(page)
