"""Experts side by side on the bundled activity, as read from the source page by hand."""

from datetime import date

import pytest
from tests.support.builders import the_edition

from consilium.guidance.voices import Agreement
from consilium.knowledge.records import Region
from consilium.learning.experts import compare_experts

EDITION = the_edition()
ACTIVITY = EDITION.activities["trop2-roles-2026"]
CASES = {case.id: case for case in EDITION.cases()}
CORTES, TOLANEY = "javier-cortes", "sara-m-tolaney"


def compared(name, as_of=date(2026, 11, 20), region=Region.US):
    question = next(question for question in ACTIVITY.questions if question.id == name)
    return compare_experts(ACTIVITY, question, CASES, EDITION, as_of, region)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("which-line", []),
        ("parp-or-adc", [(CORTES, TOLANEY)]),
        ("after-t-dxd", [(CORTES, TOLANEY)]),
        ("when-g-csf", [(CORTES, TOLANEY)]),
    ],
)
def test_who_says_to_agree(question, said):
    assert [(each.speaker, each.with_speaker) for each in compared(question).said] == said


def test_in_the_first_line_they_meet_and_one_waits_for_the_approval():
    row = next(r for r in compared("which-line").rows if r.case == "first-line-today")
    assert row.agreement is Agreement.AGREE
    day = next(r for r in compared("which-line", date(2026, 1, 12)).rows)
    cortes = next(cell for cell in day.cells if cell.speaker == CORTES)
    assert all("once approved here" in said for said in cortes.says)


def test_carriers_are_told_apart_by_volume_and_saying_to_agree_gives_no_drug():
    rows = {row.case: row for row in compared("parp-or-adc").rows}
    favours = {
        name: {cell.speaker: set(cell.favours) for cell in row.cells} for name, row in rows.items()
    }
    parp, adc = {"olaparib", "talazoparib"}, {"sacituzumab-govitecan", "datopotamab-deruxtecan"}
    assert favours["gbrca-low-volume-asymptomatic"][TOLANEY] == parp
    assert favours["gbrca-high-volume-asymptomatic"][TOLANEY] == adc
    # he says to agree completely, and names no drug for anybody
    assert all(cells[CORTES] == set() for cells in favours.values())
    assert {row.agreement for row in rows.values()} == {Agreement.SPLIT}


def test_a_question_on_giving_a_drug_has_no_rows():
    assert compared("when-g-csf").rows == ()
