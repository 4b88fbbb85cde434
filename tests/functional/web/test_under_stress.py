"""Killed while it works, and asked nonsense: it opens again, answers in words, stores nothing."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.served_page import wait_for

from consilium.web.planner.fields import FIRST, ROW_KEYS

PORT = "8767"
SITE = f"http://127.0.0.1:{PORT}"
PATIENT = {"setting": "advanced", "subtype": "triple-negative", "line": 1}


def serve(data) -> subprocess.Popen:
    server = subprocess.Popen(
        [sys.executable, "-m", "consilium.cli", "serve", "--port", PORT, "--data", str(data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(SITE + "/readyz", server)
    return server


def ask_for_plans(until: threading.Event, served: list[int]) -> None:
    body = json.dumps({"patient": PATIENT}).encode()
    while not until.is_set():
        try:
            asked = Request(SITE + "/api/v1/plan", body, {"Content-Type": "application/json"})
            served.append(urlopen(asked, timeout=10).status)
            urlopen(SITE + "/readyz", timeout=10).read()
        except (OSError, HTTPError):
            time.sleep(0.05)


@pytest.mark.slow
def test_killed_under_load_it_opens_and_serves_again(tmp_path):
    for pause in (0.05, 0.31):
        server = serve(tmp_path)
        until, served = threading.Event(), []
        clients = [threading.Thread(target=ask_for_plans, args=(until, served)) for _ in range(4)]
        for client in clients:
            client.start()
        try:
            deadline = time.monotonic() + 20
            while len(served) < 8 and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(pause)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(10)
            until.set()
            for client in clients:
                client.join(15)
        assert served
    server = serve(tmp_path)
    try:
        assert urlopen(SITE + "/plan", timeout=10).status == 200
    finally:
        server.terminate()
        assert server.wait(30) == 0
    with sqlite3.connect(tmp_path / "consilium.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# --- nonsense ---------------------------------------------------------------------------------

TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "advanced",
        "yes",
        "1",
        "-1",
        "1e999",
        "NaN",
        "9" * 400,
        "\x00",
        "\u202e",
        "<script>",
        "{{ 7 }}",
        "%s",
        "../..",
    ]
)
NAMES = st.sampled_from(
    [
        *FIRST, "pd_l1_ic", "anc", "anc.unit", "prior_drugs", "prior_drugs.all", "comedication", "therapies",
        "answer.anc", "answer.anc.unit", "answer.nothing", "answer.", "region", "as_of", "intended", "example",
        "relapsed_on", *(f"t0.{key}" for key in ROW_KEYS), "t99.drugs", "t-1.drugs", "nothing",
    ]
)  # fmt: skip
FORMS = st.dictionaries(NAMES, TEXT | st.lists(TEXT, max_size=3), max_size=12)
PATHS = ("/plan", "/plan/live", "/plan/everything", "/plan/print", "/plan/chart")
BOUNDED = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def answers_in_words(answer) -> None:
    text = answer.content.decode()
    assert answer.status_code < 500, text[:300]
    assert "Traceback" not in text
    assert "<script>" not in text.replace('<script type="module"', "")
    if answer.status_code >= 400:
        assert len(text) > 40


@pytest.mark.django_db
@BOUNDED
@given(form=FORMS, path=st.sampled_from(PATHS))
def test_a_form_of_nonsense_is_answered_in_words(form, path):
    answers_in_words(Client(raise_request_exception=False).post(path, form))


RECORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.floats(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["resourceType", "code", "coding", "system", "entry", "resource", "line", "her2_ihc", "value", "pd_l1", "prior_therapies", "drugs", "x"]),
        inner | st.sampled_from(["Bundle", "Observation", "Patient", "MedicationStatement"]),
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.django_db
@BOUNDED
@given(record=RECORDS.map(lambda found: json.dumps(found).encode()) | st.binary(max_size=200))
def test_a_record_of_nonsense_is_answered_in_words(record):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = Client(raise_request_exception=False)
    file = SimpleUploadedFile("record.json", record)
    answers_in_words(client.post("/plan/import", {"file": file}))
    answer = client.post("/api/v1/plan", record, content_type="application/json")
    assert answer.status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("/plan/import", {"text": "[" * 3000}, None, 422),
        ("/plan/import", {"text": "x" * 6_000_000}, None, 413),
        ("/plan", {f"f{n}": "x" for n in range(500)}, None, 400),
        ("/plan", b"\xff\xfe" * 200, "application/x-www-form-urlencoded", 200),
        ("/plan", b"--b\r\nContent-Disposition: form-data", "multipart/form-data; boundary=b", 200),
        ("/plan", b"{}", "multipart/form-data", 400),
        ("/plan?region=MARS", {}, None, 400),
        ("/plan", {"as_of": "2026-13-45", "line": "1"}, None, 400),
        ("/plan", {"example": "nobody"}, None, 404),
    ],
)
def test_what_is_too_much_or_malformed_is_refused_in_words(path, body, kind, status):
    client = Client(raise_request_exception=False)
    answer = client.post(path, body) if kind is None else client.post(path, body, content_type=kind)
    assert answer.status_code == status
    answers_in_words(answer)


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_with_what_to_do():
    answer = Client(enforce_csrf_checks=True).post("/plan", {"line": "1"})
    assert answer.status_code == 403
    assert "reload" in answer.content.decode()


@pytest.mark.django_db
def test_another_host_is_refused():
    answer = Client(raise_request_exception=False).get("/", HTTP_HOST="elsewhere.example")
    assert answer.status_code == 400


@pytest.mark.django_db
def test_nothing_of_a_patient_is_stored_logged_or_put_into_an_address(
    caplog, capfd, settings, tmp_path
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    said = {
        "setting": "advanced",
        "line": "1",
        "t0.drugs": "capecitabine",
        "t0.other_drugs": "Xyzzy",
    }
    before = {path for path in settings.DATA_FOLDER.rglob("*") if path.is_file()}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for path in PATHS:
            answer = Client().post(path, said)
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert not any("session" in name for name in answer.cookies)
    assert [
        q
        for q in queries.captured_queries
        if not q["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))
    ] == []
    assert {path for path in settings.DATA_FOLDER.rglob("*") if path.is_file()} == before
    logged = caplog.text + "".join(capfd.readouterr())
    assert "Xyzzy" not in logged
    assert "capecitabine" not in logged


# --- the document, tried by a machine -----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.django_db
def test_no_request_that_the_document_allows_fails():
    import schemathesis
    from django.core.wsgi import get_wsgi_application
    from schemathesis.checks import CHECKS  # noqa: F401  registers them

    from consilium.web.api.views import api

    document = api.get_openapi_schema()
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
    schema.app = get_wsgi_application()
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def try_(case):
            nonlocal tried
            tried += 1
            answer = case.call(base_url="http://localhost")
            case.validate_response(
                answer,
                excluded_checks=[schemathesis.checks.positive_data_acceptance]
                if hasattr(schemathesis.checks, "positive_data_acceptance")
                else None,
            )

        try_()
    assert tried > 50
