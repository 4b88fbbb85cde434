"""The API: the plan of the command line, every refusal a problem document, evidence with an ETag."""

import json

import msgspec
import pytest
from django.test import Client
from tests.support.builders import the_edition
from tests.support.command_line import run

from consilium.planning.plan import Plan

pytestmark = pytest.mark.django_db
PATIENT = {"setting": "advanced", "subtype": "triple-negative", "line": 1, "her2_ihc": "1+"}


@pytest.fixture
def client():
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def post(client, path, body, content_type="application/json"):
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(path, data, content_type=content_type)


def test_the_plan_is_the_one_that_the_command_prints(client):
    asked = {"patient": PATIENT, "as_of": "2026-11-20", "region": "EU"}
    answer = post(client, "/api/v1/plan", asked)
    printed = run(
        "plan", "-", "--as-of", "2026-11-20", "--region", "EU", "--format", "json",
        given=json.dumps(PATIENT).encode(),
    )  # fmt: skip
    here, there = json.loads(answer.content), json.loads(printed.out)
    # where a fact was read from is the one thing in which the two ways in differ
    assert {**here, "case": None} == {**there, "case": None}
    assert msgspec.json.decode(answer.content, type=Plan, strict=False) is not None
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_fhir_resource_is_a_patient_too(client):
    status = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "89247-1"}]},
        "valueInteger": 1,
    }
    made = json.loads(post(client, "/api/v1/plan", {"patient": status}).content)
    assert "ecog_ps" in {fact["fact"] for fact in made["case"]}
    strange = json.loads(post(client, "/api/v1/plan", {"patient": {"resourceType": "X"}}).content)
    assert strange["case"] == []
    assert strange["not_understood"] or strange["gaps"]


def test_care_answers_for_one_dose(client):
    asked = {
        "patient": PATIENT,
        "regimen": "sacituzumab-govitecan",
        "anc": "900 /mm3",
        "for_day": 8,
        "as_of": "2026-11-20",
    }
    sheet = json.loads(post(client, "/api/v1/care", asked).content)
    assert [gate["answer"] for gate in sheet["gates"] if gate["day"] == 8] == ["held"]


REFUSED = [
    # what is sent, status, what the detail names
    ("POST", "/api/v1/plan", "{", 400, "JSON"),
    ("POST", "/api/v1/plan", "[" * 2000, 400, "depth"),
    ("POST", "/api/v1/plan", '{"patient": {}, "patient": {}}', 400, "twice"),
    ("POST", "/api/v1/plan", "[]", 422, "object"),
    ("POST", "/api/v1/plan", "{}", 422, "patient"),
    ("POST", "/api/v1/plan", '{"patient": {"line": "many"}}', 422, "line"),
    ("POST", "/api/v1/plan", '{"patient": {"name": "A"}}', 422, "identifier"),
    ("POST", "/api/v1/plan", '{"patient": {}, "region": "MARS"}', 422, "region"),
    ("POST", "/api/v1/plan", '{"patient": {}, "as_of": "soon"}', 422, "as_of"),
    ("POST", "/api/v1/plan", '{"patient": {}, "care_for": ["trodelvi9"]}', 422, "regimen"),
    ("POST", "/api/v1/care", '{"patient": {}, "regimen": "x"}', 422, "x"),
    ("POST", "/api/v1/plan", " " * 5_000_001, 413, "5 MB"),
    ("GET", "/api/v1/plan", "", 405, "request"),
    ("GET", "/api/v1/nothing", "", 404, "nowhere"),
    ("GET", "/api/v1/evidence/drug", "", 404, "drugs"),
    ("GET", "/api/v1/evidence/drugs/sacituzumab", "", 404, "sacituzumab"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "names"), REFUSED)
def test_every_refusal_is_a_problem_document(client, method, path, body, status, names):
    answer = client.generic(method, path, body, content_type="application/json")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= set(problem)
    assert names in problem["detail"]


def test_another_type_than_json_is_refused(client):
    answer = post(client, "/api/v1/plan", "<a/>", content_type="text/xml")
    assert answer.status_code == 415
    assert "application/json" in json.loads(answer.content)["detail"]


def test_a_defect_is_a_problem_without_words_of_the_patient(client, monkeypatch, caplog):
    from consilium.web.api import views

    def fail(*_args, **_more):
        raise KeyError("Jane Doe")

    monkeypatch.setattr(views, "plan", fail)
    answer = post(client, "/api/v1/plan", {"patient": PATIENT})
    assert answer.status_code == 500
    assert json.loads(answer.content)["status"] == 500
    assert b"Jane" not in answer.content


def test_each_kind_of_evidence_is_listed_and_shown(client):
    document = json.loads(client.get("/api/v1/openapi.json").content)
    kinds = document["paths"]["/api/v1/evidence/{kind}"]["get"]["parameters"][0]["schema"]["enum"]
    for kind in kinds:
        ids = json.loads(client.get(f"/api/v1/evidence/{kind}").content)["ids"]
        assert ids == list(getattr(the_edition(), kind))
        assert client.get(f"/api/v1/evidence/{kind}/{ids[0]}").status_code == 200


def test_evidence_that_is_held_already_is_not_sent_again(client):
    first = client.get("/api/v1/evidence/trials/ascent-03")
    assert "max-age" in first.headers["Cache-Control"]
    again = client.get(
        "/api/v1/evidence/trials/ascent-03", HTTP_IF_NONE_MATCH=first.headers["ETag"]
    )
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/api/v1/evidence/trials/ascent", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert other.status_code == 200


def test_the_document_describes_the_plan_as_the_generated_reference_does(client):
    document = json.loads(client.get("/api/v1/openapi.json").content)
    assert document["openapi"].startswith("3.1")
    described = document["components"]["schemas"]["Plan"]["properties"]
    assert set(described) == set(Plan.__struct_fields__)


def test_the_address_of_many_plans_is_told_to_wait(client, monkeypatch):
    from consilium.web import limits

    monkeypatch.setattr(limits, "_bucket", limits.Bucket(2, clock=lambda: 0.0))
    statuses = [post(client, "/api/v1/plan", {"patient": PATIENT}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
