"""The evidence pages in a real browser: no barrier, no sideways scroll, figures that can be read."""

import pytest
from tests.functional.web.pages import EVIDENCE, WIDTHS

pytestmark = pytest.mark.django_db(transaction=True)
FEW = ("evidence-trial", "evidence-list")


def barriers(page) -> list[tuple[str, str]]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    )
    return [
        (one["id"], node["html"][:120])
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("name", FEW)
def test_a_page_is_open_to_everybody_on_a_phone(open_page, live_server, name):
    page = open_page("/evidence/", width=360)
    EVIDENCE[name](page, live_server.url)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(open_page, live_server, width):
    page = open_page("/evidence/", width=width)
    for name, reach in EVIDENCE.items():
        reach(page, live_server.url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_a_figure_keeps_its_text_readable_on_a_phone_and_its_numbers_in_a_table(open_page):
    page = open_page("/evidence/trials/ascent-03?as_of=2026-11-20", width=360, scripts=False)
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('figure svg text')].map(text => {"
        " const box = text.ownerSVGElement; return parseFloat(text.getAttribute('font-size'))"
        " * box.getBoundingClientRect().width / box.viewBox.baseVal.width }))"
    )
    assert smallest >= 11.99
    figure = page.get_by_role("img", name="hazard ratio 0.62 (95 % CI 0.50 to 0.77)").first
    assert figure.is_visible()
    page.get_by_text("The same as a table").first.click()
    assert page.locator("figure table td", has_text="0.62 (0.50 to 0.77)").first.is_visible()


def test_a_patient_is_held_against_a_trial_without_a_script(open_page, live_server):
    page = open_page("/evidence/", scripts=False)
    EVIDENCE["evidence-fit"](page, live_server.url)
    assert page.get_by_role("status").inner_text() == "The criteria are not met."
    rows = page.locator("section[aria-labelledby=answer] tbody tr")
    answers = dict(row.locator("td").all_inner_texts()[:2] for row in rows.all())
    assert answers["line 1"] == "not met"
    assert answers["advanced disease"] == "met"
    assert answers["triple-negative"] == "not known"
    assert "?" not in page.url
