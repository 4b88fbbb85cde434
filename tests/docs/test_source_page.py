"""The table from the source page to the product: every row is there, every place leads somewhere."""

import re

import pytest
from django.urls import get_resolver
from tests.support.builders import the_edition
from tests.support.documents import ROOT

from consilium.cli.records import records_of

EDITION = the_edition()
ACTIVITY = EDITION.activities["trop2-roles-2026"]
PAGE = (ROOT / "docs/reference/source-page.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([SCRG]-?\d+) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
WANTED = [
    *(f"S{n:03}" for n in range(1, 79)),
    *(f"C-{n:03}" for n in range(79, 99)),
    *(f"R-{n:02}" for n in range(1, 14)),
    *(f"G-{n}" for n in range(1, 14)),
]
PARTS = {
    "objective": ACTIVITY.objectives,
    "question": ACTIVITY.questions,
    "turn": ACTIVITY.turns,
    "remark": [remark for turn in ACTIVITY.turns for remark in turn.remarks],
    "takeaway": ACTIVITY.takeaways,
    "poll": ACTIVITY.polls,
    "class": EDITION.contents.classes,
}
KINDS = ("drug", "regimen", "trial", "result", "position", "approval", "care", "fact", "speaker", "organisation", "case")  # fmt: skip


def is_there(kind: str, name: str) -> bool:
    if kind == "field":
        return getattr(ACTIVITY, name) not in ("", (), None)
    if kind == "route":
        namespace, _, route = name.partition(":")
        return get_resolver().namespace_dict[namespace][1].reverse_dict.getlist(route) != []
    if kind == "disclosed":
        who, _, tie = name.partition("/")
        member = next(member for member in ACTIVITY.faculty if member.speaker == who)
        return tie in {relationship.kind for relationship in member.disclosure.relationships}
    if kind in PARTS:
        return name in {part.id for part in PARTS[kind]}
    return name in records_of(EDITION, kind)


def test_every_row_of_the_inventory_is_there_once_and_in_order():
    assert [row for row, *_ in ROWS] == WANTED


@pytest.mark.parametrize(("row", "places"), [(row, places) for row, _, places in ROWS])
def test_a_row_leads_somewhere(row, places):
    found = re.findall(r"`([a-z]+):([^`]+)`", places)
    assert found or places.startswith("left out")
    assert all(kind in (*KINDS, *PARTS, "field", "route", "disclosed") for kind, _ in found)
    assert [f"{kind}:{name}" for kind, name in found if not is_there(kind, name)] == []


def test_every_turn_remark_and_takeaway_comes_from_a_row():
    named = set(re.findall(r"`(?:turn|remark|takeaway):([^`]+)`", PAGE))
    remarks = {remark.id for remark in PARTS["remark"]}
    assert remarks - named <= {"remark-os-immature"}
