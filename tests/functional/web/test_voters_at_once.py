"""Four hundred voters at once, and a process killed among them: nothing acknowledged is lost."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.support.served_page import wait_for

VOTERS, AT_ONCE, PORT = 400, 32, 8793
TOKEN = "a" * 32
SEED = f"""
import sys
from pathlib import Path
from consilium.web.starting import make_ready, set_up
set_up(data=Path(sys.argv[1]), database=sys.argv[2]); make_ready()
from django.contrib.auth.models import User
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
users = User.objects.bulk_create(User(username=f"voter-{{n}}") for n in range({VOTERS}))
for user in User.objects.filter(username__startswith="voter-").order_by("pk"):
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    print(user.pk, session.session_key)
"""
COUNT = """
import sys
from pathlib import Path
from consilium.web.starting import set_up
set_up(data=Path(sys.argv[1]), database=sys.argv[2])
from consilium.web.activity.models import Vote
for vote in Vote.objects.all(): print(vote.learner_id, vote.choice)
"""


def outside(script: str, data: Path, database: str) -> list[tuple[int, str]]:
    """Run a script on the site's own database; its lines as pairs."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("CONSILIUM_", "DJANGO_"))
    }
    made = subprocess.run(
        [sys.executable, "-c", script, str(data), database],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    pairs = (line.split() for line in made.stdout.splitlines())
    return [(int(one), other) for one, other in pairs]


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")
def test_every_acknowledged_vote_is_there_and_none_twice(tmp_path):
    database = os.environ.get("CONSILIUM_TEST_POSTGRES_SITE", "")
    sessions = outside(SEED, tmp_path, database)
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("CONSILIUM_", "DJANGO_"))
    }
    command = [sys.executable, "-m", "consilium.cli", "serve", "--port", str(PORT), "--data", str(tmp_path)]  # fmt: skip
    server = subprocess.Popen(
        [*command, *(["--database", database] if database else [])],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{PORT}"
    acknowledged: dict[int, int] = {}

    def vote(voter: tuple[int, str]) -> None:
        number, key = voter
        for _ in range(6):
            try:
                answer = httpx.post(
                    f"{address}/activities/trop2-roles-2026/polls/likelihood-now",
                    data={"choice": number % 5},
                    headers={"X-CSRFToken": TOKEN, "Cookie": f"sessionid={key}; csrftoken={TOKEN}"},
                    timeout=30,
                )
            except httpx.HTTPError:
                time.sleep(0.3)
                continue
            if answer.status_code == 302:
                acknowledged[number] = number % 5
                return
            time.sleep(0.3)

    try:
        wait_for(address + "/readyz", server)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            votes = [pool.submit(vote, voter) for voter in sessions]
            while len(acknowledged) < VOTERS // 4 and not all(done.done() for done in votes):
                time.sleep(0.02)
            killed = children(server.pid)[0]
            os.kill(killed, signal.SIGKILL)
        assert killed not in children(server.pid)
    finally:
        server.terminate()
        server.wait(30)
    kept = outside(COUNT, tmp_path, database)
    assert len(acknowledged) > VOTERS * 0.9
    assert len(kept) == len({number for number, _ in kept})
    assert acknowledged.items() <= {number: int(choice) for number, choice in kept}.items()
