"""What a real browser shows: the walk to a printed plan, the keyboard, the fold, the weight."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from tests.functional.web.pages import PAGES, example

pytestmark = pytest.mark.django_db(transaction=True)

FIRST_LINE = {
    "subtype": "triple-negative",
    "her2_ihc": "1+",
    "line": "1",
    "pd_l1_cps": "3",
    "checkpoint_inhibitor_candidate": "no",
    "germline_brca": "no-variant",
}


def worked_patients(intended: str):
    """The form of every worked patient of the edition, on the day and in the region of the case."""
    from consilium.intake import patient_from_mapping
    from consilium.web.editions import the_edition
    from consilium.web.planner.entering import said_of_case

    edition = the_edition()
    for case in edition.cases():
        said = said_of_case(patient_from_mapping(case.patient, edition, case.id), edition)
        about = {"as_of": [str(case.as_of)], "region": [case.region.value]}
        yield case.id, said | about | {"intended": [intended]}


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


FOLD = """[...document.querySelectorAll('.options > .option'), ...document.querySelectorAll(
    '#patient .first, #patient .main')].map(found => found.getBoundingClientRect().bottom)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    ["gbrca-low-volume-symptomatic", "first-line-today", "after-endocrine-and-two-chemotherapies"],
)
def test_form_and_first_three_options_are_above_the_fold(open_page, live_server, name, scheme):
    page = open_page("/", color_scheme=scheme)
    example(name)(page, live_server.url)
    assert page.locator(".options > .option").count() == 3
    assert page.locator(".options > .option :is(.caution, .stop)").count() >= 3
    assert max(page.evaluate(FOLD)) <= 800


TALLEST = frozenset(
    {
        "pr_status-us-2026-11-20",
        "nccn-1-2026-tn-1l-sacituzumab-govitecan-us-2026-06-29-2",
        "tolaney-gbrca-high-volume-adc-us-2026-11-20",
        "untreated-carrier-high-volume",
        "gbrca-second-line",
    }
)


@pytest.mark.parametrize("intended", ["trastuzumab-deruxtecan", "sacituzumab-govitecan"])
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(TALLEST, id="tallest"),
        pytest.param(frozenset(), marks=pytest.mark.slow, id="all"),
    ],
)
def test_so_they_are_for_the_longest_plans_with_an_intended_treatment(
    open_page, client_of, intended, names
):
    client, page = client_of("learner"), open_page("/plan", scripts=False)
    bottoms = {}
    for name, said in worked_patients(intended):
        if names and name not in names:
            continue
        page.set_content(client.post("/plan", said).content.decode())
        if page.locator(".options > .option").count() == 3:
            bottoms[name] = max(page.evaluate(FOLD))
    assert bottoms.keys() >= TALLEST
    assert max(bottoms.values()) <= 800, sorted(bottoms.items(), key=lambda one: -one[1])[:5]


@pytest.mark.slow
def test_the_link_carries_the_facts_in_its_fragment_only(open_page, live_server):
    page = open_page("/plan", permissions=["clipboard-read", "clipboard-write"])
    for name, value in FIRST_LINE.items():
        answer(page, name, value)
    page.locator(".option").first.wait_for()
    page.wait_for_load_state("networkidle")  # the last update has come
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
    for name, keys in [("subtype", "t"), ("her2_ihc", "1"), ("line", "1"), ("pd_l1_cps", "3"), ("checkpoint_inhibitor_candidate", "n")]:  # fmt: skip
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
        .map(found => found.type === 'radio' && found.closest('label') || found)
        .filter(found => found.offsetParent && found.getBoundingClientRect().height < 43.5)
        .map(found => found.outerHTML.slice(0, 80))"""
    )
    assert small == []


BOUND = 60_000  # bytes of HTML, CSS and JavaScript of one page, not compressed
HEAVIEST = frozenset(
    {
        "trastuzumab-deruxtecan-us-renal-us-2026-11-20-2",
        "pr_status-us-2026-11-20",
        "trastuzumab-deruxtecan-us-renal-us-2026-11-20",
        "trastuzumab-deruxtecan-us-renal-us-2026-11-20-3",
        "us-trastuzumab-deruxtecan-her2-low-us-2026-11-20",
        "tolaney-after-trastuzumab-deruxtecan-adc-us-2026-01-11",
        "tolaney-gbrca-low-volume-consider-parp-us-2026-11-20",
        "talazoparib-my-p-gp-inhibitors-my-2026-11-20",
        "series-progression",
        "conjugate-counts-for-label-only",
        "published-mcode-patient",
        "carrier-fourth-line",
    }
)
"""Weighed each time; whether they are still the heaviest, a slow test asks."""


def weights(client, intended: str, names: frozenset[str] = frozenset()) -> dict[str, int]:
    """What the plan page of each worked patient weighs, style sheet and script included."""
    served = sum(
        (Path(settings.STATICFILES_DIRS[0]) / name).stat().st_size
        for name in ("consilium.css", "consilium.js")
    )
    return {
        name: served + len(client.post("/plan", said).content)
        for name, said in worked_patients(intended)
        if not names or name in names
    }


@pytest.mark.parametrize("intended", ["", "sacituzumab-govitecan"])
def test_the_heaviest_plan_pages_weigh_at_most_60_kb(client_of, intended):
    found = weights(client_of("learner"), intended, HEAVIEST)
    assert found.keys() == HEAVIEST
    assert max(found.values()) <= BOUND, found


@pytest.mark.slow
@pytest.mark.parametrize("intended", ["", "sacituzumab-govitecan"])
def test_every_plan_page_weighs_at_most_60_kb(client_of, intended):
    found = weights(client_of("learner"), intended)
    assert max(found.values()) <= BOUND, sorted(found.items(), key=lambda one: -one[1])[:12]
    assert max(found, key=lambda name: found[name]) in HEAVIEST


def test_a_plan_page_loads_one_style_sheet_and_one_script(open_page, live_server):
    loaded = []
    page = open_page("/")
    page.on("response", lambda answered: loaded.append(answered.url.removeprefix(live_server.url)))
    PAGES["plan"](page, live_server.url)
    page.wait_for_load_state("networkidle")
    kept = {path for path in loaded if path.endswith((".css", ".js"))}
    assert kept <= {"/static/consilium.css", "/static/consilium.js"}


def test_a_density_is_chosen_on_any_page_and_keeps_the_patient(open_page, live_server):
    page = open_page("/", scripts=False)
    example("gbrca-low-volume-symptomatic")(page, live_server.url)
    options = page.locator(".option").count()
    page.get_by_role("button", name="Compact", exact=True).click()
    assert page.locator("html").get_attribute("data-density") == "compact"
    assert page.locator(".option").count() == options and "?" not in page.url
    for path in ("/", "/evidence/", "/activities/", "/ask/", "/nowhere", "/shortcuts"):
        page.goto(live_server.url + path)
        assert page.locator("html").get_attribute("data-density") == "compact"
    page.goto(live_server.url + "/evidence/drugs/olaparib")
    page.get_by_role("link", name="Comfortable", exact=True).click()
    assert page.url.startswith(live_server.url + "/evidence/drugs/olaparib")
    page.goto(live_server.url)
    assert page.locator("html").get_attribute("data-density") == "comfortable"


def test_each_shortcut_leads_where_it_says_and_none_acts_in_a_field(open_page, live_server):
    page = open_page("/plan")
    page.locator("#patient [name=line]").focus()
    for key in ("?", "g", "p", "j", "e", "/"):
        page.keyboard.press(key)
    assert page.url == live_server.url + "/plan"
    page.locator("#patient [name=subtype]").focus()
    page.keyboard.press("?")
    assert page.url == live_server.url + "/plan"
    example("gbrca-low-volume-symptomatic")(page, live_server.url)
    at = "document.activeElement.id"
    page.keyboard.press("j")
    first = page.evaluate(at)
    page.keyboard.press("j")
    assert first.startswith("o-") and page.evaluate(at) != first
    page.keyboard.press("k")
    assert page.evaluate(at) == first
    page.keyboard.press("/")
    assert page.evaluate(at) == "ask-box"
    for keys, path in (("e", "/plan/everything"), ("p", "/plan/print")):
        example("gbrca-low-volume-symptomatic")(page, live_server.url)
        page.keyboard.press(keys)
        page.wait_for_url("**" + path)
    for keys, path in (("ga", "/ask/"), ("gp", "/plan"), ("ge", "/evidence/"), ("?", "/shortcuts")):
        page.goto(live_server.url)
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_url(live_server.url + path)


@pytest.mark.parametrize("scripts", [True, False])
def test_all_shortcuts_can_be_turned_off(open_page, live_server, scripts):
    page = open_page("/", scripts=scripts)
    page.get_by_role("link", name="Keyboard and display").click()
    page.get_by_role("button", name="Turn all shortcuts off").click()
    assert "The shortcuts are off" in page.locator("main").inner_text()
    page.goto(live_server.url)
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_timeout(200)
    assert page.url == live_server.url + "/"
    page.goto(live_server.url + "/shortcuts")
    page.get_by_role("button", name="Turn the shortcuts on").click()
    assert "The shortcuts are on" in page.locator("main").inner_text()


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_the_form_gives_way_to_a_sentence_and_comes_back(
    open_page, live_server, scripts
):
    page = open_page("/", width=360, height=740, scripts=scripts)
    example("gbrca-low-volume-symptomatic")(page, live_server.url)
    form = page.locator("#asked")
    assert not form.is_visible()
    assert "pathogenic germline BRCA1/2 variant" in page.locator(".sentence").inner_text()
    assert re.fullmatch(r"5 options · 3 cautions.*", page.locator(".short").inner_text())
    page.mouse.wheel(0, 900)
    page.wait_for_timeout(100)
    assert page.locator(".short").bounding_box()["y"] == 0
    page.get_by_role("link", name="Edit").click()
    assert form.is_visible()
    columns = {
        round(box["x"]) for box in (part.bounding_box() for part in (form, page.locator("#plan")))
    }
    assert len(columns) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
def test_no_bar_covers_what_has_the_focus(open_page, live_server):
    page = open_page("/", width=360, height=740)
    example("gbrca-low-volume-symptomatic")(page, live_server.url)
    page.locator(".short a").focus()
    covered = []
    for keys in ("Tab", "Shift+Tab"):
        for _ in range(60):
            page.keyboard.press(keys)
            if hidden := page.evaluate(
                """() => { const focused = document.activeElement, bar = document.querySelector(".short");
                const box = focused.getBoundingClientRect(), edge = bar.getBoundingClientRect();
                return !bar.contains(focused) && edge.top <= 0 && box.height
                  && box.bottom <= edge.bottom && focused.outerHTML.slice(0, 80) }"""
            ):
                covered.append(hidden)
    assert covered == []


RING = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const x = Math.min(box.left + box.width / 2, innerWidth - 1), y = Math.max(box.top, 0) + Math.min(box.height / 2, 8);
  const top = document.elementFromPoint(x, y);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 3;
  const seen = top && (at.contains(top) || top.contains(at) || at.labels?.[0]?.contains(top));
  return [at.tagName, ring && seen ? '' : `${at.outerHTML.slice(0, 80)} ring ${ring} seen ${seen}`];
}"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_whatever_has_the_focus_is_seen_with_its_ring(open_page, live_server, width):
    page = open_page("/", width=width, height=740)
    example("gbrca-low-volume-symptomatic")(page, live_server.url)
    tags, wrong = [], []
    for _ in range(160):
        page.keyboard.press("Tab")
        tag, problem = page.evaluate(RING)
        if tag == "BODY":
            break
        tags.append(tag)
        if problem:
            wrong.append(problem)
    assert wrong == []
    assert {"A", "BUTTON", "SELECT", "INPUT", "SUMMARY"} <= set(tags) and len(tags) > 30


def test_form_problems_options_and_changes_have_names(open_page, live_server):
    page = open_page("/plan")
    named = page.get_by_role
    assert named("group", name="Patient").get_by_role("combobox", name="Subtype").count() == 1
    page.get_by_text("Earlier treatments, one by one").click()
    assert named("group", name="Treatment 1").count() == 1
    page.locator("input[name=line]").fill("many")
    named("button", name="Show the plan").click()
    problems = named("alert")
    assert problems.get_by_role("heading", name="Please look again").count() == 1
    problems.get_by_role("link").click()
    assert page.locator("#f-line [aria-invalid=true]").is_visible()
    example("gbrca-low-volume-symptomatic")(page, live_server.url)
    assert named("region", name="Plan").get_by_role("article").count() == 3
    assert named("article", name="talazoparib").get_by_role("heading").count() == 1
    assert named("status").filter(has_text="options").count() == 0  # a phone alone shows that line
    page.set_viewport_size({"width": 360, "height": 740})
    assert named("status").filter(has_text="5 options").count() == 1
    unnamed = page.evaluate(
        """[...document.querySelectorAll('select, input:not([type=hidden]), textarea, button')]
        .filter(found => !found.labels?.length && !found.ariaLabel && !found.textContent.trim())
        .map(found => found.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []
