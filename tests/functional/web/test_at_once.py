"""Four hundred learners at once, and a process killed among them: nothing acknowledged is lost.

Each votes, writes a comment, ends the last step and asks for the certificate, and sends a form
again until it is answered; on SQLite, and on PostgreSQL where a server is given.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.support.served_page import wait_for

LEARNERS, AT_ONCE, PORT = 400, 32, 8793
TOKEN = "a" * 32
ACTIVITY = "trop2-roles-2026"
STARTED = """
import json, sys
from pathlib import Path
from consilium.web.starting import make_ready, set_up
set_up(data=Path(sys.argv[1]), database=sys.argv[2])
"""
SEED = f"""{STARTED}
make_ready()
from django.contrib.auth.models import User
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from consilium.web.activity.models import Attempt, DoneStep, Evaluation
from consilium.web.activity.progress import step_names
from consilium.web.editions import the_edition
User.objects.bulk_create(User(username=f"learner-{{n}}") for n in range({LEARNERS}))
learners = User.objects.filter(username__startswith="learner-").order_by("pk")
proven = ("test", "evaluation")  # these stand where their answers stand
*earlier, last = [n for n in step_names(the_edition().activities["{ACTIVITY}"]) if n not in proven]
DoneStep.objects.bulk_create(
    DoneStep(learner=user, activity="{ACTIVITY}", step=name) for user in learners for name in earlier
)
own = [dict(learner=user, activity="{ACTIVITY}") for user in learners]
passed = dict(number=1, answers={{}}, right=[], of=6, passed=True, edition="for a test")
Attempt.objects.bulk_create(Attempt(**each, **passed) for each in own)
Evaluation.objects.bulk_create(Evaluation(**each, answers={{}}) for each in own)
sessions = []
for user in learners:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    sessions.append((user.pk, session.session_key))
print(json.dumps([last, sessions]))
"""
KEPT = f"""{STARTED}
from consilium.web.activity.models import Certificate, Comment, DoneStep, Vote
from consilium.web.people import audit
print(json.dumps({{
    "vote": list(Vote.objects.values_list("learner_id", "choice")),
    "comment": list(Comment.objects.values_list("learner_id", "text")),
    "step": list(DoneStep.objects.values_list("learner_id", "step")),
    "certificate": list(Certificate.objects.values_list("learner_id", "activity")),
    "audit": [e["actor"] for e in audit.entries() if e["act"] == "certificate"],
    "flaw": audit.verify_here().flaw,
}}))
"""
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("CONSILIUM_", "DJANGO_"))
} | {"CONSILIUM_RATE": "1000000"}


def outside(script: str, data: Path, database: str):
    """Run a script on the site's own database; what it prints as JSON."""
    made = subprocess.run(
        [sys.executable, "-c", script, str(data), database],
        capture_output=True, text=True, env=ENVIRONMENT, check=True,
    )  # fmt: skip
    return json.loads(made.stdout)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> Iterator[str]:
    """The address of an empty database: SQLite in the data folder, or one made on the server."""
    if request.param == "sqlite":
        yield ""
        return
    server = os.environ.get("CONSILIUM_TEST_POSTGRES", "")
    if not server:
        pytest.skip("no PostgreSQL server is given in CONSILIUM_TEST_POSTGRES")
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop database if exists consilium_at_once")
        connection.execute("create database consilium_at_once")
        yield server.rsplit("/", 1)[0] + "/consilium_at_once"
        connection.execute("drop database consilium_at_once with (force)")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")
def test_what_was_acknowledged_is_there_and_nothing_twice(tmp_path, database):
    last, sessions = outside(SEED, tmp_path, database)
    command = [sys.executable, "-m", "consilium.cli", "serve", "--port", str(PORT), "--data", str(tmp_path)]  # fmt: skip
    server = subprocess.Popen(
        [*command, *(["--database", database] if database else [])],
        env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{PORT}"
    acknowledged: dict[str, set[tuple[int, object]]] = {
        kind: set() for kind in ("vote", "comment", "step", "certificate")
    }
    again: Counter[str] = Counter()

    def send(
        browser: httpx.Client, kind: str, path: str, number: int, said: object, **form: object
    ) -> None:
        """Send one form until it is answered, as somebody does whose page does not come."""
        for attempt in range(8):
            try:
                answer = browser.post(
                    f"{address}/activities/{ACTIVITY}/{path}",
                    data=form | {"once": f"{kind}-{number}"},
                )
            except httpx.HTTPError:
                again[kind] += 1
                time.sleep(0.3)
                continue
            if answer.status_code == 302:
                acknowledged[kind].add((number, said))
                if attempt or number % 8:
                    return
                # every eighth presses the button a second time
                again[kind] += 1
                continue
            time.sleep(0.3)

    def take_part(learner: tuple[int, str]) -> None:
        number, key = learner
        text = f"does it help in situation {number}?"
        own = {"X-CSRFToken": TOKEN, "Cookie": f"sessionid={key}; csrftoken={TOKEN}"}
        with httpx.Client(headers=own, timeout=30) as browser:
            choice = number % 5
            send(browser, "vote", "polls/likelihood-now", number, choice, choice=choice)
            send(browser, "comment", "comments", number, text, text=text, to_faculty="yes")
            send(browser, "step", "step", number, last, step=last)
            send(browser, "certificate", "certificate", number, ACTIVITY)

    try:
        wait_for(address + "/readyz", server)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            all_of_them = [pool.submit(take_part, learner) for learner in sessions]
            while len(acknowledged["comment"]) < LEARNERS // 4:
                assert not all(done.done() for done in all_of_them)
                time.sleep(0.02)
            killed = children(server.pid)[0]
            os.kill(killed, signal.SIGKILL)
        assert [done.exception() for done in all_of_them if done.exception()] == []
        assert killed not in children(server.pid)
    finally:
        server.terminate()
        server.wait(30)
    kept = outside(KEPT, tmp_path, database)
    for kind, those in acknowledged.items():
        rows = Counter((number, said) for number, said in kept[kind])
        assert len(those) > LEARNERS * 0.9
        assert those <= rows.keys()
        assert set(rows.values()) == {1}
    assert len(kept["vote"]) == len({number for number, _ in kept["vote"]})
    assert set(again) == set(acknowledged)
    assert (kept["flaw"], len(kept["audit"])) == ("", len(kept["certificate"]))
