"""Killed while it writes, it opens with every write that it confirmed; asked to stop, it ends its work."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import httpx
import pytest
from tests.support.served_page import wait_for

PORT = "8767"
SITE = f"http://127.0.0.1:{PORT}"
ACTIVITY = "/activities/trop2-roles-2026/"
PATIENT = {"setting": "advanced", "subtype": "triple-negative", "line": 1}
WRITERS = 3


def serve(data: Path) -> subprocess.Popen:
    server = subprocess.Popen(
        [sys.executable, "-m", "consilium.cli", "serve", "--port", PORT, "--data", str(data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "CONSILIUM_RATE": "1000000"},
    )
    wait_for(SITE + "/readyz", server)
    return server


def workers_of(server: subprocess.Popen) -> list[int]:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def member(name: str) -> httpx.Client:
    """A learner who has joined and is signed in."""
    client = httpx.Client(base_url=SITE, timeout=10)
    client.get("/account/join")
    password = "correct horse battery 9"
    form = {"username": name, "password1": password, "password2": password}
    answer = client.post("/account/join", data=form | token_of(client))
    assert answer.status_code == 302, answer.text
    return client


def token_of(client: httpx.Client) -> dict[str, str]:
    return {"csrfmiddlewaretoken": client.cookies["csrftoken"]}


def write(client: httpx.Client, name: str, until: threading.Event, confirmed: list[str]) -> None:
    """Comments one after another; those that the site confirmed are noted."""
    number = 0
    while not until.is_set():
        number += 1
        text = f"a thought of {name}, the {number}th"
        with suppress(httpx.HTTPError):
            answer = client.post(f"{ACTIVITY}comments", data={"text": text} | token_of(client))
            if answer.status_code == 302 and answer.headers["Location"].startswith(ACTIVITY):
                confirmed.append(text)
            client.post("/api/v1/plan", json={"patient": PATIENT})


def kill(server: subprocess.Popen, whom: str) -> None:
    workers = workers_of(server)
    match whom:
        case "worker":
            os.kill(workers[0], signal.SIGKILL)
            return
        case "master":  # its workers notice, and leave
            server.kill()
        case "all":
            os.killpg(server.pid, signal.SIGKILL)
    server.wait(10)
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.slow
def test_killed_at_any_moment_it_keeps_what_it_confirmed(tmp_path):
    chance = Random(7)
    confirmed: list[str] = []
    server = serve(tmp_path)
    try:
        people = {f"writer-{n}": member(f"writer-{n}") for n in range(WRITERS)}
        for whom in ("worker", "master", "all", "worker", "all", "master"):
            before, until = len(confirmed), threading.Event()
            round_ = f"{whom} {before}"
            writing = [
                threading.Thread(
                    target=write, args=(client, f"{name} ({round_})", until, confirmed)
                )
                for name, client in people.items()
            ]
            for one in writing:
                one.start()
            deadline = time.monotonic() + 30
            while len(confirmed) < before + 6 and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.4))
            kill(server, whom)
            if whom == "worker":  # the master starts another one, and the site goes on
                now = len(confirmed)
                while len(confirmed) < now + 3 and time.monotonic() < deadline + 30:
                    time.sleep(0.005)
            until.set()
            for one in writing:
                one.join(15)
            assert len(confirmed) >= before + 6
            with sqlite3.connect(tmp_path / "consilium.sqlite3") as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                kept = {text for (text,) in database.execute("SELECT text FROM activity_comment")}
            assert set(confirmed) <= kept
            if whom != "worker":
                server = serve(tmp_path)
            page = httpx.get(f"{SITE}{ACTIVITY}thoughts", timeout=10)
            assert page.status_code == 200
        own = people["writer-0"].get(f"{ACTIVITY}thoughts").text
        assert own.count("a thought of writer-0") > 6
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


@pytest.mark.slow
def test_asked_to_stop_it_ends_the_request_that_runs(tmp_path):
    server = serve(tmp_path)
    answers: list[tuple[float, httpx.Response]] = []

    def ask() -> None:
        asked = {"sequences": ["Dato-DXd then chemotherapy", "chemotherapy then SG"], "draws": 200}
        answer = httpx.post(f"{SITE}/api/v1/simulate", json=asked, timeout=60)
        answers.append((time.monotonic(), answer))

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.4)
    stopped = time.monotonic()
    server.terminate()
    assert server.wait(40) == 0
    asking.join(5)
    ((answered, answer),) = answers
    assert answered > stopped, "the request was over before the site was stopped"
    assert answer.status_code == 200
    assert answer.json()["draws"] == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{SITE}/healthz")


def test_what_is_read_once_is_read_before_the_site_answers(monkeypatch):
    """The server loads the application before its processes part, and before it listens."""
    from consilium.web import editions, serving
    from consilium.web.asking import asker
    from consilium.web.evidence import trials
    from consilium.web.planner import views

    monkeypatch.setattr(serving.BaseApplication, "__init__", lambda self: None)
    editions.the_edition.cache_clear()
    read_once = (asker.the_asker, views._example_cases, trials.figures_shown)
    for one in read_once:
        one.cache_clear()
    serving._Site({}).load()
    assert editions.the_edition.cache_info().currsize == 1
    assert [one.cache_info().currsize for one in read_once] == [1] * len(read_once)
