"""Axe on every kind of page, at three widths, in light, dark and forced colours."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.functional.web.pages import PAGES, WIDTHS

pytestmark = pytest.mark.django_db(transaction=True)

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LIGHT, DARK, FORCED = (
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"forced_colors": "active"},
)
# Colours do not depend on the width, nor the layout on the colours.
TRIED = [*((width, LIGHT) for width in WIDTHS), (1280, DARK), (360, DARK), (1280, FORCED)]


def violations(page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.fixture
def audited(chromium, live_server):
    """Axe needs to put itself into the page, which the policy of the site refuses to anybody else."""
    contexts = []

    def audit(name: str, width: int, scheme: dict[str, str]) -> list[str]:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, bypass_csp=True, **scheme
        )
        contexts.append(context)
        page = context.new_page()
        PAGES[name](page, live_server.url)
        return violations(page)

    yield audit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["plan"])
def test_the_plan_is_accessible(audited, name):
    assert audited(name, 1280, LIGHT) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_kind_of_page_is_accessible(audited, name):
    found = {
        f"{width} {scheme}": bad for width, scheme in TRIED if (bad := audited(name, width, scheme))
    }
    assert found == {}
