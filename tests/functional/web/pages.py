"""Every kind of page, and how to reach it; pictures and accessibility tests walk this list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.filled_site import ADMINISTRATOR, CODE, EDITOR, FACULTY, LEARNER, PASSWORD

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


def advised(page: Any, site: str) -> None:
    """What one source advises a patient, followed in a model."""
    PAGES["everything"](page, site)
    with page.expect_navigation():
        page.get_by_role("button", name="Follow the advice in a model").click()
    page.get_by_label("Whose advice is followed").select_option("nccn")
    with page.expect_navigation():
        page.get_by_role("button", name="Follow it").click()


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
    "evidence-part": at("/evidence/drugs/sacituzumab-govitecan/manage"),
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
        page.get_by_role("button", name="Follow them").click()


ACTIVITY = "/activities/trop2-roles-2026/"
CASE = ACTIVITY + "cases/gbrca-low-volume-symptomatic"


def signed_in(name: str, path: str) -> Reach:
    """A page for somebody of the filled site, by the form for signing in."""

    def reach(page: Any, site: str) -> None:
        page.goto(f"{site}/account/sign-in?next={path}")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        with page.expect_navigation():
            page.get_by_role("button", name="Sign in").click()

    return reach


def sent(first: Reach, button: str, **answers: str) -> Reach:
    """The page that answers a form of a page; fields by their names."""

    def reach(page: Any, site: str) -> None:
        first(page, site)
        for name, text in answers.items():
            field = page.locator(f"main [name={name}]").first
            if field.evaluate("found => found.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)
        with page.expect_navigation():
            page.get_by_role("main").get_by_role("button", name=button, exact=True).click()

    return reach


def kept(page: Any, site: str) -> None:
    """A case that a learner asked to be kept."""
    signed_in(LEARNER, CASE)(page, site)
    page.get_by_label("What would you do?").select_option("talazoparib")
    with page.expect_navigation():
        page.get_by_role("button", name="Show the experts").click()
    page.get_by_label("It confirmed my plan").check()
    with page.expect_navigation():
        page.locator("form:has([name=impact]) button[type=submit]").click()


MEMBERS: dict[str, Reach] = {
    "account": signed_in(LEARNER, "/account/"),
    "account-problem": sent(signed_in(LEARNER, "/account/"), "Keep", birth_day="May"),
    "second-factor": signed_in(LEARNER, "/account/second-factor"),
    "second-factor-problem": sent(
        signed_in(LEARNER, "/account/second-factor"), "Set up", code="000000"
    ),
    "desk": signed_in(ADMINISTRATOR, "/account/desk/"),
    "forbidden": signed_in(LEARNER, "/account/desk/"),
    "activity-thoughts": signed_in(FACULTY, ACTIVITY + "thoughts"),
    "activity-before-learner": signed_in(LEARNER, ACTIVITY + "before"),
    "activity-evaluation": signed_in(LEARNER, ACTIVITY + "evaluation"),
    "activity-kept": kept,
    "activity-outcomes": signed_in(EDITOR, ACTIVITY + "outcomes"),
    "transcript": signed_in(LEARNER, "/activities/transcript"),
    "activity-test": signed_in(LEARNER, ACTIVITY + "test"),
    "activity-attempt": signed_in(LEARNER, ACTIVITY + "test/1"),
}
"""For those who are signed in, on a site that is filled (tests/support/filled_site.py)."""

PAGES: dict[str, Reach] = (
    EVIDENCE
    | MEMBERS
    | {
        "home": at("/"),
        "plan-empty": at("/plan"),
        "plan": example("gbrca-low-volume-symptomatic"),
        "plan-unknown": example("published-mcode-patient"),
        "plan-problem": refused,
        "print": example("gbrca-low-volume-symptomatic", then="Print A4"),
        "everything": example("first-line-today", then="Everything, with all sources"),
        "advised": advised,
        "care": given,
        "import": at("/plan/import"),
        "import-read": imported,
        "import-problem": sent(at("/plan/import"), "Read it", text='{"setting": "advanced",'),
        "ask": at("/ask/"),
        "ask-answer": at("/ask/?q=Did ASCENT-03 allow crossover?"),
        "ask-refusal": at("/ask/?q=What is the weather in Paris?"),
        "join": at("/account/join"),
        "join-problem": sent(
            at("/account/join"), "Join", username="somebody", password1="1", password2="2"
        ),
        "sign-in": at("/account/sign-in"),
        "sign-in-problem": sent(
            at("/account/sign-in"), "Sign in", username="nobody", password="not this one"
        ),
        "activities": at("/activities/"),
        "activity": at(ACTIVITY),
        "activity-before": at(ACTIVITY + "before"),
        "activity-disclosures": at(ACTIVITY + "disclosures"),
        "activity-read": at(ACTIVITY + "read"),
        "activity-question": at(ACTIVITY + "questions/parp-or-adc"),
        "activity-case": at(CASE),
        "activity-experts": sent(at(CASE), "Show the experts", intended="talazoparib"),
        "activity-thoughts-visitor": at(ACTIVITY + "thoughts"),
        "activity-evaluation-visitor": at(ACTIVITY + "evaluation"),
        "activity-done": at(ACTIVITY + "done"),
        "certificate": at(f"/activities/certificates/{CODE}"),
        "api-docs": at("/api/docs"),
        "compare": at("/compare?one=SG&other=Dato-DXd&as_of=2026-11-20"),
        "simulate": followed,
        "shortcuts": at("/shortcuts"),
        "not-found": at("/nowhere"),
    }
)

SHOWN_BY: dict[str, str] = {
    "": "home",
    "plan": "plan-empty",
    "shortcuts": "shortcuts",
    "plan/everything": "everything",
    "plan/sequences": "advised",
    "plan/print": "print",
    "plan/care": "care",
    "plan/import": "import",
    "compare": "compare",
    "simulate": "simulate",
    "evidence/": "evidence",
    "evidence/changes": "evidence-changes",
    "evidence/<slug:kind>": "evidence-list",
    "evidence/<slug:kind>/<slug:name>": "evidence-drug",
    "evidence/<slug:kind>/<slug:name>/<slug:slot>": "evidence-part",
    "evidence/trials/<slug:name>/fit": "evidence-fit",
    "s/<slug:name>": "statement-result",
    "ask/": "ask",
    "api/docs": "api-docs",
    "account/": "account",
    "account/join": "join",
    "account/sign-in": "sign-in",
    "account/second-factor": "second-factor",
    "account/desk/": "desk",
    "activities/": "activities",
    "activities/<slug:activity>/": "activity",
    "activities/<slug:activity>/before": "activity-before",
    "activities/<slug:activity>/disclosures": "activity-disclosures",
    "activities/<slug:activity>/read": "activity-read",
    "activities/<slug:activity>/questions/<slug:question>": "activity-question",
    "activities/<slug:activity>/cases/<slug:case>": "activity-case",
    "activities/<slug:activity>/thoughts": "activity-thoughts",
    "activities/<slug:activity>/evaluation": "activity-evaluation",
    "activities/<slug:activity>/done": "activity-done",
    "activities/<slug:activity>/test": "activity-test",
    "activities/<slug:activity>/test/<int:number>": "activity-attempt",
    "activities/transcript": "transcript",
    "activities/<slug:activity>/outcomes": "activity-outcomes",
    "activities/certificates/<slug:code>": "certificate",
}
"""Which kind of page stands for a route that shows one."""
