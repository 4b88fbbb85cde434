"""Reports to those who accredit: only of learners who allow it, and counts of an activity."""

import csv
from datetime import date, timedelta
from io import StringIO
from xml.etree import ElementTree

import pytest
from tests.functional.web.test_credit import ACTIVITY, completed, hand_in
from tests.functional.web.test_taking_part import signed_in

ABOUT = {
    "name": "A. Learner",
    "profession": "oncologist",
    "board": "ABIM",
    "board_number": "=1234567",
    "given_name": "Ada",
    "family_name": "Invented",
    "birth_day": "03-12",
}
REPORT = "/account/desk/learners.csv"


def exported(admin) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(admin.get(REPORT).content.decode())))


def allow(client, given: str = "yes"):
    client.post("/activities/permissions", {"what": "board", "given": given})


@pytest.mark.django_db
def test_a_learner_is_reported_while_the_permission_stands():
    from consilium.web.people.audit import entries

    admin = signed_in("admin", "administrator")
    client, other = completed("reported"), completed("not-asked")
    for each in (client, other):
        assert each.post("/account/", ABOUT).status_code == 302
        each.post(ACTIVITY + "certificate")
    assert exported(admin) == []
    allow(client)
    (row,) = exported(admin)
    assert (row["board"], row["board_number"]) == ("ABIM", "'=1234567")
    assert (row["given_name"], row["family_name"], row["birth_day"]) == ("Ada", "Invented", "03-12")
    assert row["credit"] == "none"
    done = date.fromisoformat(row["completed"])
    assert date.fromisoformat(row["report_by"]) == done + timedelta(days=30)
    allow(client, "no")
    assert exported(admin) == []
    acts = [
        (each["act"], each["details"]) for each in entries() if each["act"] == "learners exported"
    ]
    assert [details["rows"] for _, details in acts] == [0, 1, 0]


@pytest.mark.django_db
def test_board_fields_are_kept_encrypted():
    from consilium.web.people.models import Profile

    client = signed_in("careful")
    client.post("/account/", ABOUT)
    kept = Profile.objects.get()
    for name in ("board_number", "given_name", "family_name", "birth_day"):
        assert ABOUT[name] not in getattr(kept, name)
    assert client.get("/account/record.json").json()["profile"]["family_name"] == "Invented"
    assert 'value="Invented"' in client.get("/account/").content.decode()


@pytest.mark.django_db
def test_the_report_on_an_activity_counts_and_names_nobody():
    completed("finished").post(ACTIVITY + "certificate")
    for n in range(3):
        hand_in(signed_in(f"tried-{n}"), 1, 6 if n else 0)
    signed_in("began").post(ACTIVITY + "step", {"step": "about"})
    admin = signed_in("admin", "administrator")
    root = ElementTree.fromstring(admin.get(ACTIVITY + "report.xml").content)
    said = {node.tag: node.text for node in root}
    counts = [said[name] for name in ("began", "tested", "passed", "completed")]
    assert counts == ["5", "4", "3", "1"]
    assert said["commercial_support"] == "Gilead (educational-grant)" and said["credit"] == "none"
    rows = dict(csv.reader(StringIO(admin.get(ACTIVITY + "report.csv").content.decode())))
    assert {name: rows[name] for name in said} == said
    assert "finished" not in str(rows)
    assert admin.get(ACTIVITY + "report.pdf").status_code == 404
