"""The site under 32 clients, each pausing a second between requests; on loopback, for seconds."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from benchmarks.measuring import Row

CLIENTS = 32
SECONDS = 12
PAUSE = 1.0
WORKERS = "2"
_PATIENT = {
    "setting": "advanced",
    "subtype": "triple-negative",
    "her2_ihc": "1+",
    "line": "1",
    "pd_l1_cps": "3",
    "checkpoint_inhibitor_candidate": "no",
    "germline_brca": "pathogenic",
    "disease_volume": "low",
    "symptomatic": "yes",
}

Ask = Callable[[http.client.HTTPConnection], http.client.HTTPResponse]


def serving() -> Iterator[Row]:
    """The 95th percentile of the time in the server, of the JSON, the page, and a plain hello."""
    binaries = Path(sys.executable).parent
    with TemporaryDirectory() as data:
        planner = [str(binaries / "consilium"), "serve", "--workers", WORKERS, "--data", data]
        with _served([*planner, "--port", "8811"], 8811, "/readyz"):
            api = _under_load(8811, _json)
            page = _under_load(8811, _page(8811))
        hello = [
            *(str(binaries / "gunicorn"), "benchmarks.hello_site:application"),
            *("--bind", "127.0.0.1:8812", "--workers", WORKERS, "--threads", "4"),
        ]
        with _served(hello, 8812, "/"):
            plain = _under_load(8812, _hello)
    yield Row("serving", "plain Django saying hello", plain.p95, "ms, p95 in the server")
    for subject, load, goal in (
        ("POST /api/v1/plan", api, 60.0),
        ("POST /plan, the whole page", page, 150.0),
    ):
        yield Row(
            "serving",
            subject,
            load.p95,
            "ms, p95 in the server",
            goal=f"under {goal:g} ms, no error",
            met=load.p95 < goal and not load.errors,
            note=f"median {load.median:.1f} ms; {load.requests} requests of {CLIENTS} clients on "
            f"{WORKERS} workers, {load.errors} errors; load of the machine "
            f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        )


class _Load:
    def __init__(self, times: list[float], errors: int) -> None:
        self.times, self.errors, self.requests = sorted(times), errors, len(times) + errors

    @property
    def p95(self) -> float:
        return self.times[int(0.95 * (len(self.times) - 1))] if self.times else float("inf")

    @property
    def median(self) -> float:
        return self.times[len(self.times) // 2] if self.times else float("inf")


def _under_load(port: int, ask: Ask) -> _Load:
    times: list[float] = []
    errors = 0

    def client(number: int) -> tuple[list[float], int]:
        time.sleep(PAUSE * number / CLIENTS)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        mine, failed = [], 0
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                response = ask(connection)
                response.read()
                timing = re.search(r"dur=([\d.]+)", response.headers.get("Server-Timing", ""))
                if response.status == 200 and timing:
                    mine.append(float(timing[1]))
                else:
                    failed += 1
            except OSError:
                failed += 1
                connection.close()
            time.sleep(PAUSE)
        connection.close()
        return mine, failed

    with ThreadPoolExecutor(CLIENTS) as pool:
        for mine, failed in pool.map(client, range(CLIENTS)):
            times += mine
            errors += failed
    return _Load(times, errors)


def _json(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    body = json.dumps({"patient": _PATIENT})
    connection.request("POST", "/api/v1/plan", body, {"Content-Type": "application/json"})
    return connection.getresponse()


def _page(port: int) -> Ask:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/plan")
    response = connection.getresponse()
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', response.read().decode())
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    assert token
    body = urlencode(_PATIENT | {"csrfmiddlewaretoken": token[1]})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}

    def ask(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        connection.request("POST", "/plan", body, headers)
        return connection.getresponse()

    return ask


def _hello(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    connection.request("GET", "/")
    return connection.getresponse()


@contextmanager
def _served(command: list[str], port: int, ready: str) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", ready)
                if connection.getresponse().status == 200:
                    break
            except OSError:
                assert time.monotonic() < deadline, f"nothing answers on port {port}"
                time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait(30)
