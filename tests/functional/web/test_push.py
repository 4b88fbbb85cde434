"""Statements sent to a store that takes them, refuses them, fails, hangs, drips and floods."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.functional.web.test_credit import ACTIVITY, hand_in
from tests.functional.web.test_taking_part import signed_in


class FakeStore(ThreadingHTTPServer):
    """A store on this machine; ``answers`` are statuses or ways to go wrong, in turn, then ``always``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[object] = []
        self.always: object = 200
        self.received: list[list[dict]] = []
        self.headers: list[dict[str, str]] = []
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/xapi/"

    @property
    def ids(self) -> list[str]:
        return [each["id"] for batch in self.received for each in batch]


class _Handler(BaseHTTPRequestHandler):
    server: FakeStore

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        store = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        store.received.append(json.loads(body))
        store.headers.append({"path": self.path, **self.headers})
        answer = store.answers.pop(0) if store.answers else store.always
        if isinstance(answer, int):
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif answer == "hangs":
            store.ended.wait(20)
        elif answer == "closes":
            self.connection.close()
        elif answer == "drips":
            self._write(b"HTTP/1.1 200 OK\r\nX-Long: ", lambda: b"a", pause=0.1)
        elif answer == "floods":
            self._write(b"HTTP/1.1 200 OK\r\n\r\n", lambda: b"x" * 65536, pause=0)

    def _write(self, head: bytes, more, pause: float) -> None:
        try:
            self.wfile.write(head)
            while not self.server.ended.is_set():
                self.wfile.write(more())
                time.sleep(pause)
        except OSError:
            return


@pytest.fixture
def store() -> Iterator[FakeStore]:
    served = FakeStore()
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.ended.set()
    served.shutdown()
    served.server_close()


def push(store: FakeStore, **more):
    from consilium.web.activity.pushing import Store
    from consilium.web.activity.pushing import push as run

    waits: list[float] = []
    return run(Store(store.url, **({"seconds": 30.0} | more)), waits.append), waits


def allow(client, given: str = "yes"):
    return client.post("/activities/permissions", {"what": "store", "given": given})


@pytest.mark.django_db
def test_nothing_is_sent_of_who_has_not_allowed_it_nor_of_what_came_before(store):
    from consilium.web.activity.models import LearningStatement

    silent, willing = signed_in("silent"), signed_in("willing")
    hand_in(silent, 1, 4)
    willing.post(ACTIVITY + "step", {"step": "about"})
    allow(willing)
    hand_in(willing, 1, 4)
    found, _ = push(store, key="user:secret")
    assert (found.taken, found.refused, found.left) == (7, 0, 0)
    (sent,) = store.received
    assert [each["verb"]["display"]["en"] for each in sent] == ["answered"] * 6 + ["failed"]
    assert len({each["actor"]["account"]["name"] for each in sent}) == 1
    # who it is and what was chosen is in none of it
    said = json.dumps(sent)
    assert "willing" not in said and "TROPION-Breast02 alone" not in said
    assert {key for each in sent for key in each} == {"id", "actor", "verb", "object", "result", "timestamp", "version"}  # fmt: skip
    (head,) = store.headers
    assert head["path"] == "/xapi/statements" and head["X-Experience-API-Version"] == "1.0.3"
    assert head["Authorization"].startswith("Basic ")
    # sent once
    assert push(store)[0].taken == 0 and len(store.received) == 1
    # taken back: nothing more is sent
    allow(willing, "no")
    hand_in(willing, 2, 6)
    assert push(store)[0].taken == 0 and len(store.received) == 1
    assert LearningStatement.objects.filter(pushed__isnull=False).count() == 7


@pytest.fixture
def waiting(db) -> int:
    """Seven statements of somebody who allows it."""
    client = signed_in("willing")
    allow(client)
    hand_in(client, 1, 4)
    return 7


@pytest.mark.parametrize(
    ("wrong", "patience"),
    [(500, 30), (503, 30), (429, 30), ("closes", 30), ("hangs", 0.5), ("drips", 0.5)],
)
def test_a_store_that_is_not_well_is_tried_again_a_few_times_then_left(
    store, waiting, wrong, patience
):
    from consilium.web.activity.models import LearningStatement

    store.always = wrong
    found, waits = push(store, seconds=patience)
    assert (found.taken, found.left, waits) == (0, waiting, [1.0, 4.0])
    tried = LearningStatement.objects.values_list("tries", "pushed")
    assert list(tried) == [(3, None)] * waiting
    # well again: all of it arrives, under the same ids
    store.always = 200
    found, _ = push(store)
    assert (found.taken, found.left) == (waiting, 0)
    kept = {each["id"] for each in LearningStatement.objects.values_list("statement", flat=True)}
    assert set(store.ids) == kept


def test_a_store_that_recovers_within_a_run(store, waiting):
    store.answers = [503, 200]
    found, waits = push(store)
    assert (found.taken, waits) == (waiting, [1.0])


def test_tries_have_an_end(store, waiting):
    from consilium.web.activity.models import LearningStatement

    store.always = 500
    for _ in range(10):
        found, _waits = push(store)
    assert found.left == 0
    assert len(store.received) == 12  # four runs of three
    assert set(LearningStatement.objects.values_list("tries", "pushed")) == {(12, None)}


def test_a_store_that_floods_is_not_read(store, waiting):
    store.answers = ["floods"]
    found, _ = push(store)
    assert (found.taken, len(store.received)) == (waiting, 1)


def test_one_statement_that_is_refused_holds_back_no_other(store, waiting):
    # the batch, then one by one: the second is refused, the third is there already
    store.answers = [400, 200, 400, 409]
    found, _ = push(store)
    assert (found.taken, found.refused, found.left) == (waiting - 1, 1, 0)
    assert push(store)[0].taken == 0


def test_a_refused_key_is_said_so(store, waiting):
    from consilium.web.activity.pushing import StoreError

    store.answers = [401]
    with pytest.raises(StoreError, match="CONSILIUM_LRS_KEY"):
        push(store)


@pytest.mark.parametrize("url", ["", "store.example.org", "ftp://localhost", "http://store.example.org/xapi"])  # fmt: skip
def test_an_address_that_cannot_be_one_is_refused(url):
    from consilium.web.activity.pushing import Store, StoreError

    with pytest.raises(StoreError):
        Store(url)


@pytest.mark.django_db
def test_no_page_talks_to_the_store(store, settings):
    settings.LRS_URL = store.url
    store.always = "hangs"
    client = signed_in("reader")
    allow(client)
    assert hand_in(client, 1, 6).status_code == 302
    assert store.received == []


@pytest.mark.django_db
def test_each_permission_is_recorded_with_its_words_and_shown():
    from consilium.web.activity.models import Permission

    client = signed_in("asked")
    for given in ("yes", "yes", "no", "yes"):
        assert allow(client, given).status_code == 302
    assert list(Permission.objects.order_by("pk").values_list("given", flat=True)) == [True, False, True]  # fmt: skip
    assert "under a number" in Permission.objects.first().words
    assert "under a number" in client.get("/activities/transcript").content.decode()
    kept = client.get("/account/record.json").json()["permissions"]
    assert [each["given"] for each in kept] == [True, False, True]
    for said in ({"what": "store"}, {"what": "all", "given": "yes"}, {}):
        assert client.post("/activities/permissions", said).status_code == 422
