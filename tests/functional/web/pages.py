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


def given(page: Any, site: str) -> None:
    PAGES["plan"](page, site)
    page.locator("#d-sacituzumab-govitecan summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="How to give it: sacituzumab govitecan").click()


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


def fitted(page: Any, site: str) -> None:
    """Whether a patient fits a trial, with some criteria open."""
    page.goto(site + "/evidence/trials/ascent-03/fit")
    page.locator("[name=setting]").select_option("advanced")
    page.locator("[name=line]").fill("2")
    with page.expect_navigation():
        page.get_by_role("button", name="Answer").click()


EVIDENCE: dict[str, Reach] = {
    "evidence": at("/evidence/"),
    "evidence-list": at("/evidence/positions?drug=olaparib"),
    "evidence-drug": at("/evidence/drugs/sacituzumab-govitecan"),
    "evidence-regimen": at("/evidence/regimens/sacituzumab-govitecan-pembrolizumab"),
    "evidence-trial": at("/evidence/trials/ascent-03"),
    "evidence-fit": fitted,
    "evidence-source": at("/evidence/sources/ascent-03-primary"),
    "evidence-biomarker": at("/evidence/biomarkers/germline_brca"),
    "evidence-speaker": at("/evidence/speakers/sara-m-tolaney"),
    "evidence-changes": at("/evidence/changes?since=2026-01-12"),
    "statement-position": at("/s/tolaney-gbrca-low-volume-parp"),
    "statement-approval": at("/s/us-sacituzumab-govitecan-tn-1l-alone"),
    "statement-result": at("/s/ascent-03-pfs-bicr"),
    "statement-care": at("/s/sacituzumab-govitecan-us-anc-day-8"),
}


def followed(page: Any, site: str) -> None:
    page.goto(site + "/simulate")
    with page.expect_navigation():
        page.get_by_role("button", name="Follow both").click()


PAGES: dict[str, Reach] = EVIDENCE | {
    "home": at("/"),
    "plan-empty": at("/plan"),
    "plan": example("gbrca-low-volume-symptomatic"),
    "plan-unknown": example("published-mcode-patient"),
    "plan-problem": refused,
    "print": example("gbrca-low-volume-symptomatic", then="Print A4"),
    "everything": example("first-line-today", then="Everything, with all sources"),
    "care": given,
    "import": at("/plan/import"),
    "import-read": imported,
    "api-docs": at("/api/docs"),
    "compare": at("/compare?one=SG&other=Dato-DXd&as_of=2026-11-20"),
    "simulate": followed,
    "not-found": at("/nowhere"),
}
