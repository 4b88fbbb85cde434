"""Every address that takes a form is sent what no browser sends: it refuses in words, stores nothing."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from tests.functional.web.conftest import somebody
from tests.functional.web.test_permissions import ROLES, TABLE, address

import consilium.web

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
JSON = "application/json"
POSTED = sorted(route for route in TABLE if "POST" in TABLE[route])
KEEP = {
    "account/leave": "asks for no field",
    "account/sign-out": "asks for no field",
    "account/": "any name may be one's own",
    "activities/<slug:activity>/comments": "any words may be a comment",
    "activities/<slug:activity>/polls/<slug:poll>": "a number may be a choice",
}
"""What may be changed by words that say nothing to us, and why."""
BROKEN = "NUL"
"""Begins the name of what nothing may keep, as PostgreSQL would not."""

# Every field that a view looks for, and some that none does.
NAMES = sorted(
    {
        name
        for path in Path(consilium.web.__file__).parent.rglob("*.py")
        for name in re.findall(r"""POST\.(?:get|getlist)\("(\w+)\"""", path.read_text())
    }
    | {
        "q",
        "file",
        "archive",
        "line",
        "setting",
        "anc",
        "t0.drugs",
        "username",
        "password",
        "email",
    }
    | {"code", "name", "birth_day", "give.anc", "answer.anc", "nothing", ""}
)


def part(head: str, body: bytes) -> bytes:
    return b"--b\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n"


def upload(name: str, data: bytes, kind: str = "application/zip") -> bytes:
    head = (
        f'Content-Disposition: form-data; name="{name}"; filename="x.zip"\r\nContent-Type: {kind}'
    )
    return part(head, data) + b"--b--\r\n"


def bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("EDITION.yaml", b"0" * 60_000_000)
        archive.writestr("../outside.yaml", b"x")
    return held.getvalue()


def every(value: str) -> bytes:
    return urlencode([(name, value) for name in NAMES]).encode()


DEEP = b"[" * 50_000
BOMB = bomb()
# what: the body, its type, more of the request
STRANGE: dict[str, tuple[bytes, str, dict[str, str]]] = {
    "NUL in every field": (every("\x00"), FORM, {}),
    "NUL inside words": (every("a\x00b"), FORM, {}),
    "NUL as a name": (b"%00=1&a%00=2", FORM, {}),
    "half a surrogate": (every("").replace(b"=", b"=%ED%A0%80"), FORM, {}),
    "bytes of no encoding": (every("").replace(b"=", b"=\xff\xfe"), FORM, {}),
    "overlong": (every("").replace(b"=", b"=%C0%80"), FORM, {}),
    "another encoding": (every("\u00e9"), f"{FORM}; charset=utf-16", {}),
    "no known encoding": (every("x~"), f"{FORM}; charset=nonsense", {}),
    "an encoding of no text": (every("x~"), f"{FORM}; charset=zlib", {}),
    "huge field": (b"text=" + b"x" * 1_000_000, FORM, {}),
    "huge number": (every("9" * 5000), FORM, {}),
    "numbers of no world": (every("-1e999"), FORM, {}),
    "marks of a program": (every("'; DROP TABLE x; {{ 7 }} <script> %s ../.."), FORM, {}),
    "right to left": (every("\u202e\u0000\ufeff\U0010ffff"), FORM, {}),
    "thousands of fields": (b"&".join(b"f%d=1" % n for n in range(5000)), FORM, {}),
    "one field a thousand times": (b"choice=1&" * 399, FORM, {}),
    "no boundary": (upload("file", b"{}"), "multipart/form-data", {}),
    "another boundary": (upload("file", b"{}"), "multipart/form-data; boundary=c", {}),
    "boundary of nonsense": (upload("file", b"{}"), "multipart/form-data; boundary=\x00\xff", {}),
    "boundary without end": (b"--b\r\nContent-Disposition: form-data", PARTS, {}),
    "a part without a name": (part("Content-Disposition: form-data", b"x") + b"--b--", PARTS, {}),
    "a part of broken base64": (
        part('Content-Disposition: form-data; name="q"\r\nContent-Transfer-Encoding: base64', b"*"),
        PARTS,
        {},
    ),
    "a part in another encoding": (
        part('Content-Disposition: form-data; name="q"\r\nContent-Type: text/plain; charset=x', b"\xff")
        + b"--b--\r\n",
        PARTS,
        {},
    ),
    "many files": (
        b"".join(upload(f"f{n}", b"x").removesuffix(b"--b--\r\n") for n in range(50)) + b"--b--\r\n",
        PARTS,
        {},
    ),
    "file that is a bomb": (upload("file", BOMB), PARTS, {}),
    "archive that is a bomb": (upload("archive", BOMB), PARTS, {}),
    "archive cut short": (upload("archive", BOMB[:200]), PARTS, {}),
    "file under a path": (
        upload("archive", b"x").replace(b"x.zip", b"../../x\x00.zip"),
        PARTS,
        {},
    ),
    "packed body": (gzip.compress(b"0" * 10_000_000), JSON, {"HTTP_CONTENT_ENCODING": "gzip"}),
    "packed form": (gzip.compress(every("x~")), FORM, {"HTTP_CONTENT_ENCODING": "gzip"}),
    "deep JSON": (DEEP, JSON, {}),
    "deep record": (b'{"resourceType": "Bundle", "entry": ' + DEEP, "application/fhir+json", {}),
    "deep record in a field": (urlencode({"text": DEEP.decode()}).encode(), FORM, {}),
    "deep record in a file": (upload("file", b'{"a":' * 20_000, JSON), PARTS, {}),
    "half a surrogate in JSON": (b'{"patient": {"line": "\\ud800"}, "question": "\\ud800"}', JSON, {}),
    "a patient of many keys": (
        json.dumps({"patient": {f"k{n}": n for n in range(20_000)}}).encode(), JSON, {}
    ),
    "long words": (json.dumps({"question": "x", "history": ["x y " * 50_000] * 20}).encode(), JSON, {}),
    "long questions": (urlencode([("q", "x y " * 200_000), ("earlier", "x " * 9000)]).encode(), FORM, {}),
    "NUL in JSON": (b'{"patient": {"line": "\\u0000"}, "question": "\\u0000"}', JSON, {}),
    "JSON of another shape": (json.dumps([[{"patient": []}]]).encode(), JSON, {}),
    "JSON in UTF-16": (json.dumps({"question": "x"}).encode("utf-16"), JSON, {}),
    "words": (b"hello", "text/plain", {}),
    "no type": (b"hello", "", {}),
    "type of nonsense": (b"hello", "/;=\x01", {}),
    "length of nonsense": (b"q=1", FORM, {"CONTENT_LENGTH": "-1"}),
}  # fmt: skip


def role_of(route: str) -> str:
    """Who gets past the door: whoever asks, where the door is open."""
    answers = TABLE[route]["POST"]
    if isinstance(answers, int):
        return "anonymous"
    inside = [role for role in ROLES if answers[role] not in (302, 403)]
    return inside[-1] if inside else "learner"


def stored(settings) -> tuple[dict[str, int], set[str]]:
    """How many rows each table has, and the files of the site."""
    # attempts to sign in are counted, so that nobody tries without end
    tables = {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label not in ("axes", "sessions")
    }
    return tables, {str(path) for path in settings.DATA_FOLDER.rglob("*") if path.is_file()}


def answers_in_words(answer, what: object) -> None:
    text = answer.content.decode()
    assert answer.status_code < 500, what
    assert len(text) < 300_000, what  # what was sent is not sent back
    assert "Traceback" not in text, what
    assert "<script>" not in text, what
    if answer.status_code >= 400:
        assert len(text) > 40, what


@pytest.fixture
def inside(client_of, settings):
    """A client that gets past the door of a route, and has been on its page before."""
    settings.ASK_MISSES = ""  # a question without an answer is kept for the desk on purpose
    clients = {}

    def reach(route: str):
        role = role_of(route)
        client = clients.get(role) or clients.setdefault(role, client_of(role))
        if role != "anonymous" and "account" in route:
            client.force_login(somebody(role), "django.contrib.auth.backends.ModelBackend")
        if "GET" in TABLE[route]:
            client.get(address(route))
        return client

    return reach


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("route", POSTED)
def test_what_no_browser_sends_is_refused_in_words_and_nothing_is_stored(route, inside, settings):
    client = inside(route)
    before = stored(settings)
    for what, (body, kind, more) in STRANGE.items():
        answer = client.generic("POST", address(route), body, content_type=kind, **more)
        answers_in_words(answer, what)
        if route not in KEEP or what.startswith(BROKEN):
            assert stored(settings) == before, what
        before = stored(settings)


def _sent(form: list[tuple[str, str]]) -> bytes:
    return urlencode(form, errors="surrogatepass").encode()


WORDS = st.text(max_size=30) | st.sampled_from(["yes", "0", "-1", "9" * 400, "1e999", "2026-13-45"])
FORMS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), WORDS), max_size=12)
BODIES = st.tuples(FORMS.map(_sent), st.just(FORM)) | st.tuples(
    st.binary(max_size=200), st.sampled_from([FORM, PARTS, JSON, "text/plain", ""])
)


@pytest.mark.django_db
@bounded(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(route=st.sampled_from([route for route in POSTED if route not in KEEP]), sent=BODIES)
def test_anything_sent_anywhere_is_answered_in_words_and_stored_nowhere(
    route, sent, inside, settings
):
    body, kind = sent
    client = inside(route)
    before = stored(settings)
    answers_in_words(client.generic("POST", address(route), body, content_type=kind), sent)
    assert stored(settings) == before
