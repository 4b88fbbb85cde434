"""Every kind of page, and how to reach it; pictures and accessibility tests walk this list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WIDTHS = (360, 768, 1280)

Reach = Callable[[Any, str], None]


def at(path: str) -> Reach:
    """A page that has an address of its own."""
    return lambda page, site: page.goto(site + path)


def example(name: str, *, then: str = "") -> Reach:
    """The plan of an example patient, and the page behind one of its buttons."""

    def reach(page: Any, site: str) -> None:
        page.goto(site + "/plan")
        with page.expect_navigation():
            page.locator(f"button[name=example][value={name}]").click()
        if then:
            with page.expect_navigation():
                page.get_by_role("button", name=then, exact=True).click()

    return reach


def imported(page: Any, site: str) -> None:
    page.goto(site + "/plan/import")
    page.get_by_label("Or pasted text").fill(
        '{"setting": "advanced", "subtype": "triple-negative", "pd_l1":'
        ' {"score": "tps", "assay": "22c3", "value": 3}, "ecog_ps": 1}'
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Read it").click()


def refused(page: Any, site: str) -> None:
    page.goto(site + "/plan")
    page.locator("input[name=line]").fill("many")
    page.get_by_role("button", name="Show the plan").click()
    page.locator(".errors").wait_for()


PAGES: dict[str, Reach] = {
    "home": at("/"),
    "plan-empty": at("/plan"),
    "plan": example("gbrca-low-volume-symptomatic"),
    "plan-unknown": example("published-mcode-patient"),
    "plan-problem": refused,
    "print": example("gbrca-low-volume-symptomatic", then="Print A4"),
    "everything": example("first-line-today", then="Everything, with all sources"),
    "import": at("/plan/import"),
    "import-read": imported,
    "api-docs": at("/api/docs"),
    "not-found": at("/nowhere"),
}
