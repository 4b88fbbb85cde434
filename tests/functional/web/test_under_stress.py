"""Asked nonsense, it answers in words and stores nothing."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilium.web.planner.fields import FIRST, ROW_KEYS

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
