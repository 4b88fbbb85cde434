"""The conflict ledger: maker of a drug, disclosure of the speaker, supporter of the activity."""

from datetime import date

import pytest
from tests.support.builders import AN_ACTIVITY, TINY, a_tiny_edition, the_edition

from consilium.guidance.interests import KINDS, ledger, on_one_line
from consilium.guidance.standing import Knowledge
from consilium.knowledge.records import Region

ACTIVITY, DRUGS = "activities/an-activity.yaml", "vocabulary/drugs.yaml"
POSITIONS = "positions/first-line.yaml"
AFTER = date(2026, 3, 1)
MADE = {DRUGS: TINY[DRUGS].replace("classes: [conjugate]}", "classes: [conjugate], makers: [Payer/Owner]}", 1)}  # fmt: skip
ACTIVITY_SPEAKS = {
    POSITIONS: TINY[POSITIONS].replace("who: an-expert", "who: a-panel"),
    ACTIVITY: AN_ACTIVITY[ACTIVITY].replace(
        "positions: [expert-first-line]", "results: [example-01-pfs]"
    ),
}


def declares(relationships: str, status: str = "declared") -> dict[str, str]:
    old = "[Example Mkaer, Payer/Owner]}"
    text = AN_ACTIVITY[ACTIVITY].replace("status: declared", f"status: {status}")
    if relationships:
        return {ACTIVITY: text.replace(old, relationships)}
    return {ACTIVITY: text.replace("      relationships:\n        - {kind: honoraria, organisations: " + old + "\n", "")}  # fmt: skip


def the_entry(folder, changed, as_of=AFTER):
    return ledger(a_tiny_edition(folder, {**AN_ACTIVITY, **changed}), as_of)["expert-first-line"]


SAYS = [
    ("a tie to both makers", MADE, "An Expert declares ties to Payer, maker of example drug (honoraria); Owner, maker of example drug (honoraria). The activity had an educational grant from Payer, which makes example drug."),
    ("a tie to one maker, under another spelling", MADE | declares("[Owner]}"), "An Expert declares ties to Owner, maker of example drug (honoraria). The activity had an educational grant from Payer, which makes example drug."),
    ("ties to others only", MADE | declares("[Example Maker]}"), "An Expert declares no tie to a maker of these drugs that is recorded here. The activity had an educational grant from Payer, which makes example drug."),
    ("nothing to declare", MADE | declares("", "nothing-to-declare"), "An Expert declares no tie to a maker of these drugs that is recorded here. The activity had an educational grant from Payer, which makes example drug."),
    ("unresolved", MADE | declares("", "unresolved"), "An Expert: what is declared is not recorded here. The activity had an educational grant from Payer, which makes example drug."),
    ("maker unknown", {}, "An Expert declares no tie to a maker of these drugs that is recorded here. The activity had an educational grant from Payer. Who makes example drug is not recorded here."),
    ("supporter makes nothing named", {DRUGS: MADE[DRUGS].replace("Payer/Owner", "Owner")}, "An Expert declares ties to Owner, maker of example drug (honoraria). The activity had an educational grant from Payer."),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "says"), [s[1:] for s in SAYS], ids=[s[0] for s in SAYS])
def test_an_entry_in_words(tmp_path, changed, says):
    assert the_entry(tmp_path, changed).says == says


def test_silence_and_nothing_to_declare_differ(tmp_path):
    nothing = the_entry(tmp_path / "a", MADE | declares("", "nothing-to-declare"))
    silent = the_entry(tmp_path / "b", MADE | declares("", "unresolved"))
    assert (nothing.status, silent.status) == ("nothing-declared", "not-recorded")


def test_before_the_activity_nothing_of_it_is_known(tmp_path):
    entry = the_entry(tmp_path, MADE, date(2026, 1, 19))
    assert (entry.status, entry.ties, entry.backing) == ("not-recorded", (), ())
    assert the_entry(tmp_path, MADE, date(2026, 1, 20)).status == "declared"


def test_where_the_activity_speaks_its_whole_faculty_declares(tmp_path):
    entry = the_entry(tmp_path, MADE | ACTIVITY_SPEAKS)
    assert [tie.who for tie in entry.ties] == ["an-expert", "an-expert"]


def test_one_kind_under_several_headings_is_told_once_and_in_order(tmp_path):
    more = "[Owner]}\n        - {kind: employment, organisations: [Payer/Owner]}"
    entry = the_entry(tmp_path, MADE | declares(more))
    owner = next(tie for tie in entry.ties if tie.organisation == "Owner")
    assert set(owner.kinds) == {"honoraria", "employment"}
    assert "Owner, maker of example drug (employment, honoraria)" in entry.says


# --- the bundled edition, worked out from the lists of the source page ----------------------------

BUNDLED = ledger(the_edition(), date(2026, 11, 20))
ADVICE, PAID, RESEARCH, OTHER = (
    "consultant-or-adviser",
    "honoraria",
    "research-paid-to-institution",
    "other-support",
)
TIES = [
    ("tolaney-tn-1l-adc-upfront", "Gilead", ("sacituzumab-govitecan",), {ADVICE, RESEARCH, OTHER}),
    ("tolaney-tn-1l-adc-upfront", "Daiichi Sankyo", ("datopotamab-deruxtecan",), {ADVICE, RESEARCH}),
    ("tolaney-tn-1l-adc-upfront", "AstraZeneca", ("datopotamab-deruxtecan",), {ADVICE, RESEARCH, OTHER}),
    ("cortes-tn-1l-sacituzumab-govitecan", "Gilead", ("sacituzumab-govitecan",), {ADVICE, PAID, OTHER}),
    ("cortes-gbrca-depends-on-burden", "Merck Sharp & Dohme", ("olaparib",), {ADVICE, PAID, RESEARCH, OTHER}),
    ("cortes-gbrca-depends-on-burden", "Pfizer", ("talazoparib",), {PAID, RESEARCH, OTHER}),
    # she spells it Pfizer/SeaGen, and Merck where he has Merck Sharp & Dohme
    ("tolaney-gbrca-low-volume-parp", "Pfizer", ("talazoparib",), {ADVICE, RESEARCH, OTHER}),
    ("tolaney-gbrca-low-volume-parp", "Merck Sharp & Dohme", ("olaparib",), {ADVICE, RESEARCH}),
]  # fmt: skip


@pytest.mark.parametrize(("position", "organisation", "drugs", "kinds"), TIES)
def test_ties_of_the_faculty(position, organisation, drugs, kinds):
    tie = next(tie for tie in BUNDLED[position].ties if tie.organisation == organisation)
    assert (tie.drugs, set(tie.kinds)) == (drugs, kinds)


def test_the_grant_stands_beside_every_position_of_the_activity_and_beside_no_other():
    edition = the_edition()
    for position in edition.contents.positions:
        said_there = any(cited.source == "trop2-roles-activity" for cited in position.because)
        backing = [paid.organisation for paid in BUNDLED[position.id].backing]
        assert backing == (["Gilead"] if said_there else [])


def test_no_guideline_is_given_ties_that_nobody_recorded():
    edition = the_edition()
    for position in edition.contents.positions:
        if edition.speakers[position.who].kind == "guideline":
            assert BUNDLED[position.id].status == "not-recorded"


def test_every_kind_of_tie_has_words():
    listed = {
        relationship.kind
        for activity in the_edition().contents.activities
        for member in activity.faculty
        for relationship in member.disclosure.relationships
    }
    assert listed <= set(KINDS)


def test_what_is_known_on_a_day_brings_its_ledger():
    knowledge = Knowledge(the_edition(), date(2026, 11, 20), Region.US)
    assert {p.id for p in knowledge.positions} <= set(knowledge.interests)


ON_ONE_LINE = [
    ("a tie to both makers", MADE, "An Expert declares Payer, maker of example drug (honoraria); Owner, maker of example drug (honoraria)."),
    ("ties to others only", MADE | declares("[Example Maker]}"), "No tie to a maker."),
    ("unresolved", MADE | declares("", "unresolved"), "Ties not recorded here."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "says"), [s[1:] for s in ON_ONE_LINE], ids=[s[0] for s in ON_ONE_LINE]
)
def test_entries_of_one_speaker_on_one_line(tmp_path, changed, says):
    edition = a_tiny_edition(tmp_path, {**AN_ACTIVITY, **changed})
    entry = ledger(edition, AFTER)["expert-first-line"]
    assert on_one_line([entry, entry], edition) == says
