"""The API: the plan of the command line, every refusal a problem document, evidence with an ETag."""

import json

import msgspec
import pytest
from django.test import Client
from tests.support.builders import the_edition
from tests.support.command_line import run
from tests.support.sample_patient import UNTREATED

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


@pytest.mark.parametrize("other", ["Dato-DXd", "single-agent chemotherapy", "PARP inhibitor"])
def test_a_comparison_is_the_one_that_the_command_prints(client, other):
    asked = {"one": "SG", "other": other, "as_of": "2026-11-20"}
    answer = post(client, "/api/v1/compare", asked)
    printed = run("compare", "SG", other, "--as-of", "2026-11-20", "--format", "json")
    assert json.loads(answer.content) == json.loads(printed.out)


def test_a_comparison_without_an_anchor_is_flagged_at_every_endpoint(client):
    """The randomised verdict is given inside one trial only; every other one is an indirect one."""
    asked = {"one": "SG", "other": "PARP inhibitor", "as_of": "2026-11-20"}
    made = json.loads(post(client, "/api/v1/compare", asked).content)
    assert "not a randomised one" in made["warning"]
    assert made["pairings"]
    for pairing in made["pairings"]:
        for verdict in pairing["verdicts"]:
            assert verdict["verdict"] and verdict["why"]
            apart = pairing["one_trial"] != pairing["other_trial"]
            assert not (apart and verdict["verdict"] == "randomised comparison")
            if verdict["verdict"] == "cannot be compared":
                assert verdict["estimate"] is None


@pytest.mark.parametrize("first", ["chemotherapy then SG", "SG then chemotherapy"])
def test_an_outlook_is_the_one_that_the_command_prints(client, first):
    """The second pair starts on conjugates of two trials: no anchor, so no difference."""
    sequences = ["Dato-DXd then chemotherapy", first]
    answer = post(client, "/api/v1/simulate", {"sequences": sequences, "draws": 50})
    printed = run("simulate", *sequences, "--draws", "50", "--format", "json")
    made = json.loads(answer.content)
    assert made == json.loads(printed.out)
    assert made["caveat"] == "A model of stated assumptions, not evidence."
    assert (made["difference"] is None) == bool(made["unranked"]) == first.startswith("SG")


def test_advice_is_followed_as_the_command_follows_it(client, tmp_path):
    patient = ASKED_PATIENT
    asked = {
        "advice": {"patient": patient, "follow": ["nccn", "asco"], "as_of": "2026-11-20"},
        "draws": 50,
    }
    answer = post(client, "/api/v1/simulate", asked)
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(patient), encoding="utf-8")
    printed = run(
        *("simulate", "--patient", str(file), "--follow", "nccn", "--follow", "asco"),
        *("--as-of", "2026-11-20", "--draws", "50", "--format", "json"),
    )
    assert json.loads(answer.content) == json.loads(printed.out)
    first = json.loads(answer.content)["strategies"][0]
    assert first["says"][0]["uses"] == ["nccn-2026-06-tn-1l-sacituzumab-govitecan"]
    open_ = post(client, "/api/v1/simulate", {"advice": {"patient": patient}})
    assert open_.status_code == 409 and "nothing decides in line 1" in open_.content.decode()


ASKED_PATIENT = {**UNTREATED, "ecog_ps": 1}


STRANGE = {
    "no text": b'{"patient": {"line": "\x00"}}',
    "an escaped NUL": b'{"patient": {"line": "\\u0000"}}',
    "a lone surrogate": b'{"patient": {"line": "\\ud800"}}',
    "a surrogate in UTF-8": b'{"patient": {"line": "\xed\xa0\x80"}}',
    "UTF-16": '{"patient": {}}'.encode("utf-16"),
    "a number of 5000 digits": b'{"patient": {"line": ' + b"9" * 5000 + b"}}",
    "a number without end": b'{"patient": {"line": 1e999}}',
    "100 000 brackets": b"[" * 100_000,
    "nothing": b"",
    "the first day": b'{"patient": {"relapsed_on": "0001"}, "as_of": "0001-01-01"}',
    "the last day": b'{"patient": {"decision_date": "9999-12-31"}, "as_of": "9999-12-31"}',
    "no day": b'{"patient": {}, "as_of": "0000-00-00"}',
    "the last calendar": b'{"patient": {}, "regimen": "sacituzumab-govitecan", "start": "9999-12-31", "cycles": 60}',
    "a search of signs": b'{"question": "((((\\"*\\" AND OR NEAR( ^:"}',
    "a far past": b'{"one": "SG", "other": "Dato-DXd", "as_of": "0001-01-01"}',
}  # fmt: skip


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("operation", ["plan", "care", "ask", "compare", "simulate"])
def test_a_strange_body_is_answered_or_refused_in_words(client, operation, body):
    answer = post(client, f"/api/v1/{operation}", body)
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["detail"]


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PATCH", "CONNECT", "BREW"])
@pytest.mark.parametrize("path", ["/api/v1/plan", "/api/v1/editions", "/api/v1/nothing", "/api"])
def test_another_method_is_refused_with_what_is_allowed(client, method, path):
    answer = client.generic(method, path, HTTP_ACCEPT="nonsense;q=x")
    assert answer.status_code in (404, 405)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ("Allow" in answer.headers) == (answer.status_code == 405)


def test_a_choice_kept_for_pages_is_none_of_a_program(client):
    client.get("/evidence/?as_of=2026-01-12&region=EU")
    assert "consilium-as-of" in client.cookies
    said = json.loads(client.get("/api/v1/statements/ascent-03-pfs-bicr").content)
    assert said["as_of"] != "2026-01-12"
    client.get("/api/v1/statements/ascent-03-pfs-bicr?as_of=2025-01-01")
    assert client.cookies["consilium-as-of"].value == "2026-01-12"


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
    ("POST", "/api/v1/plan", '{"patient": {"line": 1, "prior_lines": 2}}', 409, "earlier line"),
    ("POST", "/api/v1/plan", '{"patient": {}, "care_for": ["chemotherapy"]}', 409, "choose one"),
    ("POST", "/api/v1/care", '{"patient": {}, "regimen": "x"}', 422, "x"),
    ("POST", "/api/v1/care", '{"patient": {}, "regimen": "chemotherapy"}', 409, "choose one"),
    ("POST", "/api/v1/care", '{"patient": {}, "regimen": "SG", "anc": "900 /mm3"}', 409, "day"),
    ("POST", "/api/v1/compare", '{"one": "SG", "other": "SG"}', 409, "both sides"),
    ("POST", "/api/v1/compare", '{"one": "SG"}', 422, "other"),
    ("POST", "/api/v1/simulate", '{"sequences": []}', 409, "at least one sequence"),
    ("POST", "/api/v1/simulate", '{"sequences": ["T-DXd then SG"]}', 409, "none is made up"),
    ("POST", "/api/v1/simulate", '{"trial": "KEYNOTE-355"}', 409, "does not follow the design"),
    ("POST", "/api/v1/simulate", '{"sequences": ["SG"], "draws": 100000}', 422, "draws"),
    (
        "POST",
        "/api/v1/simulate",
        '{"sequences": ["Dato-DXd then chemotherapy"], "assume": {"supportive-care": 1e308}}',
        409,
        "cannot be",
    ),
    ("GET", "/api", "", 404, "nowhere"),
    ("GET", "/api/v2/plan", "", 404, "nowhere"),
    ("GET", "/api/v1/evidence/drugs/%00", "", 404, "drugs"),
    ("GET", "/api/v1/changes?since=0000-00-00", "", 400, "date"),
    ("GET", "/api/v1/changes?since=2026-01-01&as_of=", "", 400, "date"),
    ("GET", "/api/v1/statements/ascent-03-pfs-bicr?region=MARS", "", 400, "region"),
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
