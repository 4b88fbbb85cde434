"""Did this change your plan: asked beside the experts, kept only when somebody asks for it."""

import json
import re

import pytest
from tests.functional.web.conftest import somebody

PATIENT = {
    "setting": "advanced",
    "subtype": "triple-negative",
    "line": "1",
    "germline_brca": "pathogenic",
    "pd_l1_cps": "3",
    "disease_volume": "low",
    "symptomatic": "yes",
    "age": "61",
}
SAID = PATIENT | {
    "intended": "capecitabine",
    "impact": "changed",
    "afterwards": "olaparib",
    "reasons": ["experts", "results"],
    "why": "prefers a tablet",
}

pytestmark = pytest.mark.django_db


def kept():
    from consilium.web.activity.models import KeptCase

    return KeptCase.objects.order_by("pk")


def test_it_is_asked_once_an_intended_plan_is_said_and_keeps_nothing_by_itself(client_of):
    client = client_of("learner")
    without = client.post("/plan", PATIENT).content.decode()
    assert "Did this change your plan?" in without and "name=impact" not in without
    asked = client.post("/plan", SAID).content.decode()
    assert asked.count("name=impact") == 3 and "Save anonymously" in asked
    client.post("/plan/live", SAID)
    assert not kept().exists()


def test_what_is_kept_names_neither_the_clinician_nor_the_patient(client_of):
    page = client_of("learner").post("/plan/case", SAID)
    assert page.status_code == 200 and "Kept, without you" in page.content.decode()
    (one,) = kept()
    assert (one.activity, one.scenario, one.why) == (
        "planner",
        "triple-negative-line-1",
        "prefers a tablet",
    )
    assert one.record == {
        "scenario": "triple-negative-line-1",
        "intended": "capecitabine",
        "experts": {"sara-m-tolaney": ["olaparib", "talazoparib"], "javier-cortes": []},
        "impact": "changed",
        "objectives": [],
        "reasons": ["experts", "results"],
        "afterwards": "olaparib",
        "prophylaxis": {},
    }
    assert {f.name for f in one._meta.get_fields()} == {
        "id", "on", "activity", "scenario", "record", "why", "synthetic"
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"why": "Mrs Example, MRN 4471882"}, "could identify a person"),
        ({"intended": ""}, "Say first"),
        ({"impact": ""}, "Say whether it changed"),
        ({"afterwards": "water"}, "none of those to choose from"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_not_repeated(client_of, wrong, says):
    answer = client_of("learner").post("/plan/case", SAID | wrong)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert says in text and "Example" not in text and "4471882" not in text
    assert not kept().exists()


def test_a_case_that_is_saved_twice_counts_once_and_leaves_no_trace_of_the_patient(client_of):
    from consilium.web.people.models import SentForm

    client = client_of("learner")
    asked = client.post("/plan", SAID).content.decode()
    word = re.search('name="once" value="([^"]+)"', asked)[1]
    again = SAID | {"once": word, "impact": "confirmed", "age": "62"}
    for form, says in [
        (SAID | {"once": word}, False),
        (SAID | {"once": word}, True),
        (again, True),
    ]:
        page = client.post("/plan/case", form).content.decode()
        assert "Kept, without you" in page and ("the first answer stands" in page) == says
    (one,) = kept()
    assert one.record["impact"] == "changed"
    assert SentForm.objects.count() == 1  # so the seal is not of what the form said of a patient
    other = client.post("/plan", SAID).content.decode()
    assert word not in other and 'name="once"' in other
    assert 'name="once"' not in client_of("anonymous").post("/plan", SAID).content.decode()


def test_of_a_visitor_nothing_is_kept(client_of):
    client = client_of("anonymous")
    assert "Nothing is stored of visitors" in client.post("/plan", SAID).content.decode()
    assert client.post("/plan/case", SAID).status_code == 403
    assert not kept().exists()


def test_the_desk_counts_what_was_kept_and_holds_small_groups_back(client_of):
    for n in range(5):
        client_of("learner").post("/plan/case", SAID)
        seen = json.loads(client_of("editor").get("/activities/planner/outcomes.json").content)
        assert (seen["whole"]["cases"] is None) == (n < 4)
    assert client_of("learner").get("/activities/planner/outcomes.json").status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False])
def test_the_answer_is_given_beside_the_plan(open_page, client_of, scripts):
    session = client_of("learner").cookies["sessionid"].value
    cookie = {"name": "sessionid", "value": session, "domain": "localhost", "path": "/"}
    flags = {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
    state = {"cookies": [cookie | flags], "origins": []}
    page = open_page("/plan", scripts=scripts, storage_state=state)
    page.locator("[name=intended]").select_option("capecitabine")
    for name in ("subtype", "germline_brca", "disease_volume", "symptomatic"):
        page.locator(f"#patient [name={name}]").select_option(PATIENT[name])
    for name in ("line", "pd_l1_cps"):
        page.locator(f"#patient [name={name}]").fill(PATIENT[name])
    page.get_by_role("button", name="Show the plan").click()
    page.get_by_label("It confirmed my plan").check()
    page.get_by_label("results of trials").check()
    page.get_by_label("Why, in a few words").fill("as before")
    page.get_by_role("button", name="Save anonymously").click()
    page.get_by_text("Kept, without you").wait_for()
    assert page.locator(".option").count() and page.url.endswith("/plan/case")
    (one,) = kept()
    assert one.record["impact"] == "confirmed" and one.record["reasons"] == ["results"]
    assert somebody("learner").username not in json.dumps(one.record)
