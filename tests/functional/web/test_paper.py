"""The sheet on paper: one A4 in Chromium and in WeasyPrint for the longest plans there are, with nothing grave left out."""

import re
import zlib
from datetime import date

import pytest
from django.template.loader import render_to_string

from consilium.intake import patient_from_mapping
from consilium.knowledge.records import Region
from consilium.planning import plan
from consilium.web.editions import the_edition
from consilium.web.planner.entering import said_of_case
from consilium.web.planner.pdf import to_pdf
from consilium.web.planner.sheet import Sheet, sheet_of

LONGEST = (
    "pr_status-us-2026-11-20",
    "untreated-carrier-high-volume",
    "tolaney-gbrca-low-volume-consider-parp-us-2026-11-20",
    "datopotamab-lung-disease-on-it-ch",
    "datopotamab-lung-disease-on-the-other-eu",
    "datopotamab-lung-disease-grade-1-eu",
    "gbrca-low-volume-symptomatic",
    "palb2-only",
    "talazoparib-renal-14",
    "tolaney-after-trastuzumab-deruxtecan-adc-us-2026-11-20-2",
)
"""Of the worked cases of the edition, those with the most words on their sheet."""
FORBIDDEN_TWICE = "nab-paclitaxel-hepatic-severe-us-2026-11-20"
FORBIDDEN_PERHAPS = "eribulin-renal-us-2026-11-20-3"
NOTHING_KNOWN = "nothing-known-us-2026-11-20"
ADDRESS = "https://consilium.example.org/"


def paper(name: str, region: Region = Region.US) -> tuple[Sheet, dict[str, object]]:
    """The sheet of a worked case, and what its template is given."""
    edition = the_edition()
    case = next(case for case in edition.cases() if case.id == name)
    patient = patient_from_mapping(case.patient, edition, name)
    made = plan(patient, edition, as_of=edition.info.date.last, region=region)
    sheet = sheet_of(made, edition, said_of_case(patient, edition), "", ADDRESS)
    return sheet, {"sheet": sheet, "printed_on": date(2026, 11, 25)}


def pages_in(pdf: bytes) -> int:
    """How many pages a PDF has, also where its objects are compressed."""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            pdf += zlib.decompress(stream)
        except zlib.error:
            continue
    return len(re.findall(rb"/Type\s*/Page(?![a-zA-Z])", pdf))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("region", [Region.US, Region.EU])
def test_the_longest_plans_are_one_page_in_a_browser(open_page, live_server, region):
    page = open_page("/")
    counted = {}
    for name in LONGEST:
        page.goto(live_server.url + "/")
        page.set_content(render_to_string("planner/sheet.html", paper(name, region)[1]))
        assert page.evaluate("getComputedStyle(document.querySelector('.sheet')).fontSize") != "16px"  # fmt: skip
        counted[name] = pages_in(page.pdf(format="A4", prefer_css_page_size=True))
    assert counted == dict.fromkeys(LONGEST, 1)


@pytest.mark.slow
@pytest.mark.parametrize("region", [Region.US, Region.EU])
def test_the_longest_plans_are_one_page_as_a_file(region):
    counted = {name: pages_in(to_pdf(paper(name, region)[1])) for name in LONGEST}
    assert counted == dict.fromkeys(LONGEST, 1)


@pytest.mark.parametrize("name", [LONGEST[0], LONGEST[3], FORBIDDEN_TWICE, NOTHING_KNOWN])
def test_a_sheet_holds_everything_that_it_has_to(name):
    sheet, context = paper(name)
    html = render_to_string("planner/sheet.html", context)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html).replace("&#x27;", "'"))
    shown = sheet.shown
    wanted = [shown.patient, shown.agreement, ADDRESS, sheet.edition_hash, "ducational"]
    for option in (*shown.options, *shown.more_options):
        cautions = [item.text for item in (*option.cautions, *option.more_cautions)]
        wanted += [option.name, option.strength.text, option.label.text, *cautions]
    wanted += [part for expert in shown.experts for part in (expert.name, expert.says)]
    wanted += [gap.text for gap in shown.gaps] + list(sheet.possible)
    for row in sheet.sources:
        wanted += [f"[{row.number}] {row.reference} ({row.depth}, read {row.read_on})"]
    squeezed = text.replace("&amp;", "&")
    assert [part for part in wanted if re.sub(r"\s+", " ", part) not in squeezed] == []
    cited = {int(number) for number in re.findall(r"href=#s(\d+)", html)}
    assert cited == {row.number for row in sheet.sources}
    assert "<svg" in html


def test_what_forbids_an_option_that_waits_for_a_fact_is_on_the_sheet():
    sheet, context = paper(FORBIDDEN_PERHAPS)
    assert any("Do not give" in item.text for item in sheet.warned)
    html = render_to_string("planner/sheet.html", context)
    assert "single-agent chemotherapy." in html and "Do not give, capecitabine:" in html


def test_whatever_forbids_an_option_is_on_its_sheet():
    _sheet, context = paper(FORBIDDEN_TWICE)
    html = render_to_string("planner/sheet.html", context)
    assert re.findall(r"<strong>✕ Do not give, ([\w -]+):", html) == ["docetaxel", "albumin-bound paclitaxel"]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_paper_is_black_on_white_for_somebody_who_works_in_the_dark(open_page, live_server):
    page = open_page("/", color_scheme="dark")
    page.set_content(render_to_string("planner/sheet.html", paper(LONGEST[0])[1]))
    page.emulate_media(media="print", color_scheme="dark")
    found = page.evaluate(
        """[...document.querySelectorAll('.sheet, .sheet *:not(svg *)')].map(one => {
        const style = getComputedStyle(one); return style.color + ' on ' + style.backgroundColor })"""
    )
    assert set(found) <= {
        "rgb(0, 0, 0) on rgb(255, 255, 255)",
        "rgb(0, 0, 0) on rgba(0, 0, 0, 0)",
    }
