"""The tools as an assistant meets them: another process, spoken to with the official client."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from typing import Any

import jsonschema
import msgspec
import pytest
from mcp import Client, StdioServerParameters
from tests.support.builders import the_edition
from tests.support.command_line import run
from tests.support.with_postgres import free_port

from consilium.asking import Answer

COMMAND = [sys.executable, "-m", "consilium.cli", "mcp"]
DAY = "2026-11-20"
PATIENT = {"setting": "advanced", "subtype": "triple-negative", "line": 1}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("ask", {"question": "Was crossover allowed in TROPION-Breast02?", "as_of": DAY}),
    ("plan", {"patient": PATIENT, "as_of": DAY}),
    ("care", {"regimen": "sacituzumab-govitecan", "patient": PATIENT, "as_of": DAY}),
    ("evidence", {"kind": "trials", "name": "ascent-03"}),
    ("compare", {"one": "ascent-03", "other": "tropion-breast02", "as_of": DAY}),
]
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("evidence", {"kind": "trials", "name": "ascent-33"}, "Did you mean"),
    ("evidence", {"kind": "trial"}, "is no kind of record"),
    ("plan", {"patient": {"subtyp": "triple-negative"}, "as_of": DAY}, "subtyp"),
    ("plan", {"patient": PATIENT, "as_of": "soon"}, "is no date"),
    ("care", {"regimen": "aspirin", "patient": PATIENT}, "aspirin"),
    ("compare", {"one": "ascent-03", "other": "ascent-33"}, "ascent-33"),
]


async def _all(server: Any) -> tuple[list[Any], list[Any], list[Any]]:
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        good = [await client.call_tool(name, given) for name, given in ASKED]
        bad = [await client.call_tool(name, given) for name, given, _ in WRONG]
    return tools, good, bad


def by_stdio() -> Any:
    return asyncio.run(_all(StdioServerParameters(command=COMMAND[0], args=COMMAND[1:])))


def by_http() -> Any:
    port = free_port()
    with subprocess.Popen([*COMMAND, "--transport", "http", "--port", str(port)]) as process:
        try:
            _await(port, process)
            return asyncio.run(_all(f"http://127.0.0.1:{port}/mcp"))
        finally:
            process.terminate()
            process.wait(20)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended"
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server does not listen")


@pytest.fixture(scope="module", params=[by_stdio, by_http])
def told(request):
    return request.param()


def test_the_five_tools_are_offered(told):
    assert sorted(t.name for t in told[0]) == ["ask", "care", "compare", "evidence", "plan"]


def test_each_says_beforehand_what_it_gives_and_gives_it(told):
    shapes = {tool.name: tool.output_schema for tool in told[0]}
    assert set(shapes["ask"]["properties"]) == set(Answer.__struct_fields__)
    for (name, _), found in zip(ASKED, told[1], strict=True):
        jsonschema.validate(found.structured_content, shapes[name])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": 1}, shapes["plan"])


def test_each_gives_a_value_with_its_sources(told):
    known = set(the_edition().sources)
    for (name, _), found in zip(ASKED, told[1], strict=True):
        assert not found.is_error, (name, found.content)
        assert _sources(found.structured_content) & known, name


def _sources(value: Any) -> set[str]:
    """Every source that is named anywhere in a value."""
    if isinstance(value, dict):
        here = {v for k, v in value.items() if k == "source" and isinstance(v, str)}
        return here.union(*map(_sources, value.values()))
    return set().union(*map(_sources, value)) if isinstance(value, list) else set()


def test_what_cannot_be_is_said_in_words(told):
    for (name, _, words), found in zip(WRONG, told[2], strict=True):
        assert found.is_error, name
        text = " ".join(part.text for part in found.content)
        assert words in text, (name, text)
        assert "Traceback" not in text


def test_an_answer_is_the_one_of_the_command_line(told):
    found = told[1][0].structured_content
    printed = run("ask", ASKED[0][1]["question"], "--as-of", DAY, "--json").out
    assert found == json.loads(printed)
    assert msgspec.convert(found, Answer).statements
