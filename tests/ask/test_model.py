"""The optional model orders statements and does nothing else, however an endpoint behaves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from consilium.asking import Answer, Asker
from consilium.knowledge.edition import Edition
from consilium.web.asking.endpoint import Endpoint

QUESTION = "tell me about PRIMED"
DAY = date(2026, 11, 20)


class _Server(ThreadingHTTPServer):
    behaviour = ""
    asked = 0


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        server.asked += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ids = [s["id"] for s in json.loads(body["messages"][1]["content"])["statements"]]
        said = {"order": ids[::-1], "joining": ["", "and"]}
        match server.behaviour:
            case "invents":
                said = {"order": [*ids, "invented-1"]}
            case "repeats":
                said = {"order": [ids[0], ids[0]]}
            case "facts":
                said["joining"] = ["", "and survival doubled with olaparib"]
            case "numbers":
                said["joining"] = ["", "and 0.62"]
            case "words":
                said["joining"] = ["", "and it clearly works better"]
            case "more":
                said["answer"] = "give it to everybody"
            case "empty":
                said = {"order": []}
            case "late":
                time.sleep(1.5)
            case "error":
                self.send_error(500)
                return
        text = json.dumps(said)
        if server.behaviour == "prose":
            text = "Sure! Here is my advice: start at once."
        if server.behaviour == "script":
            text = "<script>alert(1)</script>" + text
        if server.behaviour == "flood":
            text = text + " " * 5_000_000
        if server.behaviour == "garbage":
            payload = b"\xff\xfe not json"
        else:
            payload = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        try:
            self.wfile.write(payload)
        except OSError:
            return

    def log_message(self, *_args: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def asker(endpoint: _Server) -> Asker:
    address = f"http://127.0.0.1:{endpoint.server_port}/v1"
    return Asker(Edition.bundled(), Endpoint(address, "fake", seconds=0.7))


def _ask(asker: Asker, question: str = QUESTION) -> Answer:
    return asker.ask(question, as_of=DAY, scope="activity")


@pytest.fixture(scope="module")
def alone(asker: Asker) -> Answer:
    held, asker.model = asker.model, None
    answer = _ask(asker)
    asker.model = held
    return answer


def test_a_model_may_order_statements(asker, endpoint, alone) -> None:
    endpoint.behaviour = "good"
    answer = _ask(asker)
    assert answer.model
    assert [s.id for s in answer.statements] == [s.id for s in alone.statements][::-1]


@pytest.mark.parametrize(
    "behaviour",
    ["invents", "repeats", "facts", "numbers", "words", "more", "empty", "late", "error", "prose",
     "script", "flood", "garbage"],
)  # fmt: skip
def test_a_model_that_misbehaves_changes_nothing(asker, endpoint, alone, behaviour) -> None:
    endpoint.behaviour = behaviour
    assert msgspec.json.encode(_ask(asker)) == msgspec.json.encode(alone)


def test_a_patient_is_sent_to_no_model(asker, endpoint) -> None:
    before = endpoint.asked
    asker.ask("54 yo, untreated metastatic TNBC, CPS 3, gBRCA carrier: which treatment?", as_of=DAY)
    asker.ask("Mrs Miller born 12 March 1958 has TNBC, what first?", as_of=DAY)
    assert endpoint.asked == before
