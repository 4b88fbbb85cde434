"""Axe on every kind of page, at three widths, one each in light, forced and dark colours."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.functional.web.pages import PAGES, WIDTHS

pytestmark = pytest.mark.django_db(transaction=True)

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LIGHT, DARK, FORCED = (
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
)
# Colours do not depend on the width, nor the layout on the colours.
TRIED = list(zip(WIDTHS, (LIGHT, FORCED, DARK), strict=True))
OVERLAPPING = """() => {
  const shown = found => found.checkVisibility({checkVisibilityCSS: true, checkOpacity: true})
    && !found.closest('.visually-hidden, .skip, svg, option, details:not([open]) > :not(summary)');
  const clipped = found => found && (getComputedStyle(found).clipPath !== 'none' || clipped(found.parentElement));
  const boxes = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, holder = text.parentElement;
    if (!text.data.trim() || !shown(holder) || clipped(holder)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects())
      if (box.width > 2 && box.height > 2) boxes.push([box, text.data.trim().slice(0, 40)]);
  }
  boxes.sort((one, other) => one[0].top - other[0].top);
  const found = [];
  for (let i = 0; i < boxes.length; i++)
    for (let j = i + 1; j < boxes.length && boxes[j][0].top < boxes[i][0].bottom - 6; j++) {
      const [one, a] = boxes[i], [other, b] = boxes[j];
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (wide > 3 && high > 6) found.push(`"${a}" over "${b}"`);
    }
  return found.slice(0, 5);
}"""
"""Pieces of text that cover each other. Line boxes may touch; letters may not."""
TOO_SMALL = """() => [...document.querySelectorAll(
  'button, select, input:not([type=hidden]), textarea, summary, nav a, .bar a')]
  .filter(found => found.checkVisibility() && !found.closest('label'))
  .map(found => [found.getBoundingClientRect(), found.outerHTML.slice(0, 80)])
  .filter(([box]) => box.height < 24 && box.width > 0 && box.height > 0)
  .map(([, html]) => html)"""


def violations(page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.fixture
def looked_at(chromium, live_server, filled):
    """Axe needs to put itself into the page, which the policy of the site refuses to anybody else."""
    contexts = []

    def look(name: str, tried: list[tuple[int, dict[str, str]]]) -> dict[str, list[str]]:
        context = chromium.new_context(bypass_csp=True)
        contexts.append(context)
        page = context.new_page()
        PAGES[name](page, live_server.url)
        found = {}
        for width, scheme in tried:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(**scheme)
            found[f"{width} {scheme}"] = [
                *violations(page),
                *page.evaluate(OVERLAPPING),
                *page.evaluate(TOO_SMALL),
            ]
        return {where: bad for where, bad in found.items() if bad}

    yield look
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["plan", "account"])
def test_a_page_is_accessible(looked_at, name):
    assert looked_at(name, [(1280, LIGHT)]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_kind_of_page_is_accessible(looked_at, name):
    assert looked_at(name, TRIED) == {}
