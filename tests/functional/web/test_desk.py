"""The desk: an edition handed in is examined, shown, and activated by a second person only."""

import io
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.functional.web.test_at_once import ENVIRONMENT, STARTED, TOKEN, outside
from tests.functional.web.test_taking_part import signed_in
from tests.support.builders import an_edition_folder
from tests.support.served_page import wait_for

from consilium.knowledge.edition import Edition, bundled_root

EDITIONS = "/account/desk/editions"


def zipped(folder: Path, changed: dict[str, tuple[str, str]] = {}) -> bytes:  # noqa: B006
    """A folder as an archive; ``changed``: file, pattern and what takes its place."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.suffix not in (".yaml", ".md"):
                continue
            name = path.relative_to(folder).as_posix()
            text = path.read_text("utf-8")
            if name in changed:
                text, times = re.subn(*changed[name], text, count=1)
                assert times == 1, f"{name} is not as the test expects"
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.fixture
def tiny(tmp_path, settings, monkeypatch):
    """A small edition in use, and the archive of one that differs from it."""
    from consilium.web.people import examining

    settings.DATA_FOLDER = tmp_path / "data"
    folder = an_edition_folder(tmp_path)
    monkeypatch.setattr(examining, "the_edition", lambda: Edition.read(folder))
    return folder


def hand_in(client, archive: bytes):
    return client.post(EDITIONS, {"archive": SimpleUploadedFile("x.zip", archive)})


@pytest.mark.django_db
def test_what_is_no_edition_is_refused_with_its_problems(tiny):
    first = signed_in("first", "editor")
    assert hand_in(first, b"no archive").status_code == 422
    name = next(p for p in tiny.rglob("*.yaml") if p.parent.name == "positions")
    broken = zipped(tiny, {name.relative_to(tiny).as_posix(): ("stance:", "stanze:")})
    answer = hand_in(first, broken)
    assert answer.status_code == 422 and "stanze" in answer.content.decode()


@pytest.mark.django_db
def test_an_edition_is_examined_and_then_needs_a_second_person(tiny, settings):
    from consilium.web.people import examining
    from consilium.web.people.models import Examination, ProposedEdition

    first, second = signed_in("first", "editor"), signed_in("second", "editor")
    assert hand_in(first, zipped(tiny)).status_code == 302
    proposed = ProposedEdition.objects.get()
    page = f"{EDITIONS}/{proposed.pk}"
    assert 'http-equiv="refresh"' in second.get(page).content.decode()
    assert second.post(page, {"decision": "activate"}).status_code == 409
    examining.examine(proposed.pk)
    shown = second.get(page).content.decode()
    assert 'http-equiv="refresh"' not in shown and "worked cases hold" in shown
    assert (
        "get another plan" in shown and "statements differ" in shown and "questions asked" in shown
    )
    desk = second.get("/account/desk/").content.decode()
    assert re.search(r"0 of \d+ worked patients get another plan", desk)
    assert first.post(page, {"decision": "activate"}).status_code == 403
    assert signed_in("writer", "author").post(page, {"decision": "activate"}).status_code == 403
    # what does not hold has to be read first
    Examination.objects.filter(part="prove").update(holds=False)
    assert second.post(page, {"decision": "activate"}).status_code == 409
    assert second.post(page, {"decision": "activate", "knowing": "yes"}).status_code == 302
    assert (settings.DATA_FOLDER / "edition" / "EDITION.yaml").is_file()
    proposed.refresh_from_db()
    assert (proposed.state, proposed.decided_by.username) == ("active", "second")


@pytest.mark.django_db
def test_an_examination_that_never_ended_is_told_and_asked_for_again(tiny):
    from django.utils import timezone

    from consilium.web.people import examining
    from consilium.web.people.models import Examination, ProposedEdition

    hand_in(signed_in("first", "editor"), zipped(tiny))
    page = f"{EDITIONS}/{ProposedEdition.objects.get().pk}"
    Examination.objects.update(asked=timezone.now() - 2 * examining.LONGEST)
    second = signed_in("second", "editor")
    assert "did not end in its time" in second.get(page).content.decode()
    assert second.post(page, {"decision": "examine"}).status_code == 302
    assert "did not end in its time" not in second.get(page).content.decode()


@pytest.mark.django_db
def test_an_edition_with_an_unresolved_disclosure_is_refused():
    root = bundled_root()
    name = next((root / "activities").glob("*.yaml"))
    declared = r"status: declared(\n +at: .+)\n      relationships:\n(?: {8}.*\n)+"
    changed = {name.relative_to(root).as_posix(): (declared, r"status: unresolved\1\n")}
    answer = hand_in(signed_in("first", "editor"), zipped(root, changed))
    assert answer.status_code == 422 and "is unresolved" in answer.content.decode()


SESSIONS = f"""{STARTED}
from consilium.web.starting import make_ready
make_ready()
from django.test import Client
from tests.functional.web.conftest import somebody
keys = []
for name in ("first", "second"):
    client = Client()
    client.force_login(somebody("editor", name), "django.contrib.auth.backends.ModelBackend")
    keys.append(client.cookies["sessionid"].value)
print(json.dumps(keys))
"""


@pytest.mark.slow
def test_a_served_site_examines_beside_its_pages(tmp_path):
    first, second = outside(SESSIONS, tmp_path, "")
    port = 8797
    command = [sys.executable, "-m", "consilium.cli", "serve", "--port", str(port), "--data", str(tmp_path)]  # fmt: skip
    server = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    site = f"http://127.0.0.1:{port}"

    def browser(key: str) -> httpx.Client:
        own = {"X-CSRFToken": TOKEN, "Cookie": f"sessionid={key}; csrftoken={TOKEN}"}
        return httpx.Client(headers=own, timeout=60)

    try:
        wait_for(site + "/readyz", server)
        with browser(first) as one, browser(second) as other:
            files = {"archive": ("x.zip", zipped(bundled_root()), "application/zip")}
            answer = one.post(site + EDITIONS, files=files)
            assert answer.status_code == 302, answer.text
            page = site + answer.headers["Location"]
            for _ in range(200):
                shown = other.get(page).text
                if 'http-equiv="refresh"' not in shown:
                    break
                time.sleep(1)
            assert "0 of" in shown and "Proved: nothing was found" in shown
            assert "does not hold" not in shown and (tmp_path / "examining.lock").exists()
            assert other.post(page, data={"decision": "activate"}).status_code == 302
    finally:
        server.terminate()
        server.wait(30)
    assert (tmp_path / "edition" / "EDITION.yaml").is_file()
