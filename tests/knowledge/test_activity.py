"""The activity of the bundled edition, held to counts and orders taken from the source page by hand."""

import pytest
from tests.support.builders import the_edition

EDITION = the_edition()
ACTIVITY = EDITION.activities["trop2-roles-2026"]

# rows S047 to S055 of the inventory
DECLARED = [
    ("javier-cortes", "consultant-or-adviser", 29),
    ("javier-cortes", "honoraria", 11),
    ("javier-cortes", "research-paid-to-institution", 12),
    ("javier-cortes", "shares-or-options", 1),
    ("javier-cortes", "other-support", 9),
    ("sara-m-tolaney", "consultant-or-adviser", 40),
    ("sara-m-tolaney", "research-paid-to-institution", 14),
    ("sara-m-tolaney", "other-support", 7),
]


def ties(speaker):
    """The relationships of one member of the faculty by kind."""
    member = next(member for member in ACTIVITY.faculty if member.speaker == speaker)
    return {relationship.kind: relationship for relationship in member.disclosure.relationships}


@pytest.mark.parametrize(("speaker", "kind", "count"), DECLARED)
def test_every_disclosed_organisation_is_there(speaker, kind, count):
    listed = ties(speaker)[kind].organisations
    assert len(listed) == len(set(listed)) == count


def test_patents_keep_their_number_and_state():
    patents = ties("javier-cortes")["royalties-or-patents"].patents
    assert [(p.number, p.status) for p in patents] == [
        ("WO 2014/199294 A", "issued"),
        ("US 2019/0338368 A1", "licensed"),
    ]


@pytest.mark.parametrize(
    ("spelled", "organisations"),
    [
        ("Merck", {"merck-sharp-dohme"}),
        ("Merck Sharp & Dohme", {"merck-sharp-dohme"}),
        ("F. Hoffmann-La Roche", {"roche"}),
        ("Genentech/Roche", {"genentech", "roche"}),
        ("Biontech", {"biontech"}),
        ("BioNTech", {"biontech"}),
        ("Seattle Genetics", {"seagen"}),
        ("Pfizer/SeaGen", {"pfizer", "seagen"}),
        ("Menarini/Stemline", {"menarini", "stemline"}),
        ("Bayer Healthcare", {"bayer"}),
        ("Arvians", {"arvinas"}),
        ("Gilead Sciences, Inc.", {"gilead"}),
    ],
)
def test_spellings_of_the_source_come_together(spelled, organisations):
    assert {o.id for o in EDITION.organisations_spelled[spelled]} == organisations


def test_the_turns_are_in_the_order_of_the_page():
    assert [(t.at, t.speaker.rpartition("-")[2]) for t in ACTIVITY.turns] == [
        ("first question, first answer", "tolaney"),
        ("first question, second answer", "cortes"),
        ("second question, first answer", "tolaney"),
        ("second question, second answer", "cortes"),
        ("third question, first answer", "tolaney"),
        ("third question, second answer", "cortes"),
        ("third question, third answer", "tolaney"),
        ("fourth question, first answer", "tolaney"),
        ("fourth question, second answer", "cortes"),
    ]
    # three times he says that he agrees; once he only takes up what she alluded to
    assert [t.agrees_with for t in ACTIVITY.turns if t.agrees_with] == [
        ("parp-or-adc-1",),
        ("after-t-dxd-1",),
        ("when-g-csf-1",),
    ]


def test_every_position_of_the_activity_is_in_a_turn_or_a_takeaway():
    parts = (*ACTIVITY.turns, *ACTIVITY.takeaways)
    pointed = {name for part in parts for name in part.positions}
    from_it = {
        position.id
        for position in EDITION.contents.positions
        if any(cited.source == ACTIVITY.source for cited in position.because)
    }
    assert pointed == from_it


def test_answers_can_be_tried_on_cases_that_are_there():
    cases = {case.id for case in EDITION.cases()}
    parts = (*ACTIVITY.questions, *ACTIVITY.takeaways)
    assert all(part.try_on and set(part.try_on) <= cases for part in parts)


def test_the_day_the_source_leaves_open_stays_open():
    assert (ACTIVITY.expires, ACTIVITY.last_reviewed) == ("not-stated", "not-stated")
    assert ACTIVITY.event is not None and ACTIVITY.event.held == "not-stated"
    tolaney = next(m for m in ACTIVITY.faculty if m.speaker == "sara-m-tolaney")
    assert tolaney.role == "not-stated"
