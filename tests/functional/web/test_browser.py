"""What a real browser shows: the walk to a printed plan, the keyboard, the fold, the weight."""

import re

import pytest
from tests.functional.web.pages import PAGES

pytestmark = pytest.mark.django_db(transaction=True)

FIRST_LINE = {
    "subtype": "triple-negative",
    "her2_ihc": "1+",
    "line": "1",
    "pd_l1_cps": "3",
    "checkpoint_inhibitor_candidate": "no",
    "germline_brca": "no-variant",
}


def answer(page, name: str, value: str) -> None:
    field = page.locator(f"#patient [name='{name}']")
    if field.evaluate("found => found.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


@pytest.mark.parametrize("scripts", [True, False])
def test_from_home_to_paper_in_at_most_twelve_actions(open_page, scripts):
    actions = 0
    page = open_page("/", scripts=scripts)
    page.get_by_role("link", name="Plan for a patient").click()
    actions += 1
    for name, value in FIRST_LINE.items():
        answer(page, name, value)
        actions += 1
    if scripts:
        page.locator(".option").first.wait_for()  # the plan follows the form by itself
    else:
        page.get_by_role("button", name="Show the plan").click()
        actions += 1
    assert page.locator(".option .strength").first.inner_text().startswith("Recommended")
    page.get_by_role("button", name="Print A4").click()
    actions += 1
    assert page.locator(".sheet table tbody tr").count() >= 2
    assert len(page.pdf(format="A4", prefer_css_page_size=True).split(b"/Type /Page\n")) - 1 <= 1
    assert "?" not in page.url
    assert actions <= 12


def test_the_plan_follows_the_form_and_keeps_the_focus(open_page):
    page = open_page("/plan")
    for name, value in FIRST_LINE.items():
        answer(page, name, value)
    page.locator(".option").first.wait_for()
    page.locator("[name=germline_brca]").focus()
    answer(page, "germline_brca", "pathogenic")
    page.locator("#o-talazoparib, #o-olaparib, .gaps").first.wait_for()
    assert page.evaluate("document.activeElement.name") == "germline_brca"
    gap = page.locator("[name='answer.disease_volume']")
    gap.wait_for()
    gap.focus()
    gap.select_option("high")
    page.locator(".sentence", has_text="high-volume").wait_for()
    assert page.locator("#patient [name=disease_volume]").input_value() == "high"
    assert page.url.endswith("/plan")


def test_a_gap_is_answered_in_place_without_a_script(open_page):
    page = open_page("/plan", scripts=False)
    for name, value in (FIRST_LINE | {"germline_brca": "pathogenic"}).items():
        answer(page, name, value)
    page.get_by_role("button", name="Show the plan").click()
    page.locator("[name='answer.disease_volume']").select_option("low")
    page.get_by_role("button", name=re.compile("^Answer: .*volume")).click()
    assert "low-volume" in page.locator(".sentence").inner_text()
    assert page.locator("#patient [name=disease_volume]").input_value() == "low"


@pytest.mark.parametrize("name", ["plan", "plan-unknown"])
def test_form_and_first_three_options_are_above_the_fold(open_page, live_server, name):
    page = open_page("/")
    PAGES[name](page, live_server.url)
    bottoms = page.evaluate(
        """[...document.querySelectorAll('.options > .option'), ...document.querySelectorAll(
        '#patient .first, #patient .main')].map(found => found.getBoundingClientRect().bottom)"""
    )
    assert len(bottoms) >= 2
    assert max(bottoms) <= 800


@pytest.mark.slow
def test_the_link_carries_the_facts_in_its_fragment_only(open_page, live_server):
    page = open_page("/plan", permissions=["clipboard-read", "clipboard-write"])
    for name, value in FIRST_LINE.items():
        answer(page, name, value)
    page.locator(".option").first.wait_for()
    page.get_by_role("button", name="Copy link").click()
    page.locator("#copied:not(:empty)").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    address, _, fragment = link.partition("#")
    assert address == live_server.url + "/plan"
    assert fragment.startswith("p=")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("about:blank")
    page.goto(link)
    page.locator(".option").first.wait_for()
    assert page.locator("#patient [name=subtype]").input_value() == "triple-negative"
    assert page.url == live_server.url + "/plan"
    assert not any(fragment[2:] in url for url in asked)


@pytest.mark.slow
def test_the_chart_text_is_copied(open_page):
    page = open_page("/plan", permissions=["clipboard-read", "clipboard-write"])
    page.locator("button[name=example]").first.click()
    page.get_by_role("button", name="Copy for the chart").click()
    page.locator("#copied:not(:empty)").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("consilium, edition")


@pytest.mark.slow
def test_a_whole_plan_by_keyboard(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")

    def tab_to(query: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("query => document.activeElement.matches(query)", query):
                return
        raise AssertionError(f"no way to {query} by the keyboard")

    tab_to("a[href='/plan']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plan")
    for name, keys in [("subtype", "t"), ("her2_ihc", "HER2 IHC 1"), ("line", "1"), ("pd_l1_cps", "3"), ("checkpoint_inhibitor_candidate", "n")]:  # fmt: skip
        tab_to(f"[name={name}]")
        page.keyboard.type(keys)
    tab_to("button.main")
    page.keyboard.press("Enter")
    page.locator(".option").first.wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.classList.contains('option')")
    page.keyboard.press("p")
    page.wait_for_url("**/plan/print")
    page.locator(".sheet").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PAGES))
def test_nothing_is_wider_than_a_phone(open_page, live_server, filled, name):
    page = open_page("/", width=360, height=740)
    PAGES[name](page, live_server.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate(
        """[...document.querySelectorAll('button, select, input:not([type=checkbox]):not([type=hidden]), summary, nav a')]
        .filter(found => found.offsetParent && found.getBoundingClientRect().height < 43.5)
        .map(found => found.outerHTML.slice(0, 80))"""
    )
    assert small == []


@pytest.mark.parametrize("name", ["plan", "plan-unknown"])
def test_a_plan_page_weighs_at_most_60_kb(open_page, live_server, name):
    weights: dict[str, int] = {}
    page = open_page("/")

    def weigh(answered) -> None:
        if re.search(r"html|css|javascript", answered.headers.get("content-type", "")):
            weights[answered.url] = len(answered.body())

    page.on("response", weigh)
    PAGES[name](page, live_server.url)
    page.wait_for_load_state("networkidle")
    assert 0 < sum(weights.values()) <= 60_000, weights
