"""The activity in the forms that libraries read."""

import json
from xml.etree import ElementTree

from tests.support.builders import AN_ACTIVITY, a_tiny_edition, the_edition

from consilium.learning.citing import FORMS, cite, export

EDITION = the_edition()
ACTIVITY = EDITION.activities["trop2-roles-2026"]


def test_a_citation_puts_the_primary_author_first():
    said = cite(ACTIVITY, EDITION)
    assert said.startswith("Cortes J, Tolaney SM. Roles of TROP-2-directed ADCs")
    assert "2026-01-12" in said


def test_csl():
    (item,) = json.loads(export(ACTIVITY, EDITION, "csl"))
    assert item["issued"] == {"date-parts": [[2026, 1, 12]]}
    assert [name["family"] for name in item["author"]] == ["Cortes", "Tolaney"]


def test_ris_has_one_tag_a_line_and_an_end():
    lines = export(ACTIVITY, EDITION, "ris").split("\r\n")
    assert lines[0] == "TY  - ELEC" and lines[-2:] == ["ER  - ", ""]
    assert all(line[2:6] == "  - " for line in lines[:-1])
    assert "DA  - 2026/01/12" in lines


def test_json_ld_names_funder_audience_and_questions():
    found = json.loads(export(ACTIVITY, EDITION, "jsonld"))
    assert found["@context"] == "https://schema.org"
    assert [funder["name"] for funder in found["funder"]] == ["Gilead"]
    assert [part["answerCount"] for part in found["hasPart"]] == [2, 2, 3, 2]
    assert "expires" not in found


def test_jats_holds_funding_interests_and_every_turn():
    root = ElementTree.fromstring(export(ACTIVITY, EDITION, "jats").encode())
    assert [node.text for node in root.iter("funding-source")] == ["Gilead"]
    interests = ["".join(node.itertext()) for node in root.iter("fn")]
    assert any(text.startswith("Sara M. Tolaney") and "Arvians" in text for text in interests)
    assert len(root.findall("./body/sec/sec")) == len(ACTIVITY.turns)


def test_read_on_its_own_support_and_disclosures_come_first():
    text = export(ACTIVITY, EDITION, "markdown")
    order = ["Supported by Gilead", "Leuko", "## Key takeaways", ACTIVITY.questions[0].asks]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    for turn in ACTIVITY.turns:
        assert all(said in text for said in turn.says)


def test_what_a_source_leaves_open_is_said_so_and_never_filled(tmp_path):
    text = AN_ACTIVITY["activities/an-activity.yaml"]
    changed = text.replace("released: 2026-01-20", "released: not-stated")
    edition = a_tiny_edition(tmp_path, {**AN_ACTIVITY, "activities/an-activity.yaml": changed})
    activity = edition.activities["an-activity"]
    made = {form: export(activity, edition, form) for form in FORMS}
    assert "Released: not stated in the source" in made["markdown"]
    assert not any("not-stated" in text for text in made.values())
