"""The activity in a real browser, as a visitor who is not signed in."""

import json
import re

import pytest

ACTIVITY = "/activities/trop2-roles-2026/"


@pytest.mark.django_db(transaction=True)
def test_a_visitor_goes_from_the_first_page_to_the_end(open_page):
    page = open_page("/", scripts=False)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Activities").click()
    page.get_by_role("link", name="Roles of TROP-2").click()
    # support and disclosures stand before anything that was said
    text = page.locator("main").inner_text()
    assert text.index("Supported by Gilead (educational grant)") < text.index("What the faculty declares") < text.index("Begin with the questions")  # fmt: skip
    page.get_by_role("button", name="Begin with the questions").click()
    for number in range(1, 5):
        assert page.get_by_role("heading", level=2).first.inner_text().startswith(f"{number}. ")
        assert "Supported by Gilead" in page.locator("main").inner_text()
        page.get_by_role("button", name="Mark as read and go on").click()
    assert "Closed: what this question supposes has come about" in page.locator("main").inner_text()
    page.get_by_role("button", name="Go on").click()
    # the test can be read; to hand it in something would have to be stored
    assert page.get_by_role("group").count() == 6
    assert page.get_by_role("button", name="Hand in").count() == 0
    assert "its attempts are counted" in page.locator("main").inner_text()
    page.get_by_role("button", name="Go on without the test").click()
    page.get_by_role("button", name="Finish without one").click()
    assert page.get_by_role("heading", level=1).inner_text() == "You have been through the whole activity"  # fmt: skip
    # the browser is closed and opened again: the cookie is no session cookie
    kept = next(c for c in page.context.cookies() if c["name"] == "consilium-progress")
    assert kept["expires"] > 0 and kept["httpOnly"]
    again = open_page(ACTIVITY, storage_state={"cookies": [kept], "origins": []})
    assert "8 of 8 steps done" in again.locator("main").inner_text()


@pytest.mark.django_db(transaction=True)
def test_the_own_plan_comes_before_the_experts(open_page):
    page = open_page(ACTIVITY + "cases/gbrca-low-volume-symptomatic", scripts=False)
    before = page.locator("main").inner_text()
    assert "Tolaney: " not in before and "Options" not in before
    page.get_by_label("What would you do?").select_option("talazoparib")
    page.get_by_role("button", name="Show the experts").click()
    after = page.locator("main").inner_text()
    assert "Your plan: talazoparib" in after
    assert "Sara M. Tolaney: your plan is among what is favoured" in after
    assert "Javier Cortes: takes no side" in after
    assert "Where they conflict" in after


@pytest.mark.django_db
def test_a_poll_stands_open_until_its_premise_is_overtaken(client_of):
    client = client_of("anonymous")
    before = client.get(ACTIVITY + "thoughts?as_of=2026-01-12").content.decode()
    after = client.get(ACTIVITY + "thoughts?as_of=2026-11-20").content.decode()
    assert "Closed:" not in before and "likelihood-now" not in before
    # the first to overtake it was the guideline of January, before any approval
    assert "first on 2026-01-16" in after and 'id="likelihood-now"' in after


@pytest.mark.django_db
def test_exports_are_served_under_their_type(client_of):
    client = client_of("anonymous")
    answer = client.get(ACTIVITY + "cite/csl")
    assert json.loads(answer.content)[0]["id"] == "trop2-roles-2026"
    assert client.get(ACTIVITY + "cite/ris").headers["Content-Type"] == "application/x-research-info-systems"  # fmt: skip
    assert client.get(ACTIVITY + "cite/pdf").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["nowhere/", "trop2-roles-2026/questions/nope", "trop2-roles-2026/cases/third-line"]
)
def test_what_is_not_there_is_said_so(client_of, path):
    assert client_of("anonymous").get(f"/activities/{path}").status_code == 404


@pytest.mark.django_db
def test_a_forged_progress_counts_for_nothing(client_of):
    client = client_of("anonymous")
    client.cookies["consilium-progress"] = '{"trop2-roles-2026":["about"]}'
    assert "0 of 8 steps done" in client.get(ACTIVITY).content.decode()


PAGES = ["", "read", "disclosures", "questions/parp-or-adc", "cases/gbrca-low-volume-symptomatic", "thoughts", "before", "test", "evaluation", "done"]  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_barrier(open_page, path, width):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(ACTIVITY + path, width=width, bypass_csp=True)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False])
def test_each_answer_can_be_tried_on_a_patient_in_the_planner(open_page, scripts):
    page = open_page(ACTIVITY + "questions/parp-or-adc", scripts=scripts)
    answers = page.locator(".turns article")
    assert answers.count() >= 2
    for n in range(answers.count()):
        assert answers.nth(n).get_by_text("Try this on a patient:").count() == 1
        assert answers.nth(n).locator("button[name=example]").count() >= 1
    answers.first.locator("button[name=example]").first.click()
    page.locator(".option").first.wait_for()
    assert page.url.endswith("/plan")
    assert page.locator("#patient [name=germline_brca]").input_value() == "pathogenic"


@pytest.mark.django_db
def test_every_patient_that_an_answer_offers_opens_in_the_planner(client_of):
    client = client_of("anonymous")
    offered = set(re.findall(r'name="example" value="([^"]+)"', client.get(ACTIVITY + "read").content.decode()))  # fmt: skip
    assert len(offered) >= 4
    for name in offered:
        assert client.post("/plan", {"example": name}).status_code == 200
