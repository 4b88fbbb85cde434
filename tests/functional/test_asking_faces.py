"""The same question to the command line, the API, the web page and an assistant's tools."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.test import Client
from mcp import Client as ToolClient
from tests.support.builders import the_edition
from tests.support.command_line import run

from consilium.mcp.server import server

pytestmark = pytest.mark.django_db
QUESTIONS = [
    ("Was crossover allowed in TROPION-Breast02?", "activity"),
    ("PFS HR in ASCENT-03?", "all"),
    ("results of ASCENT-09", "all"),
]


def by_tool(tool: str, /, **given: Any) -> Any:
    async def call() -> Any:
        async with ToolClient(server(the_edition())) as client:
            return await client.call_tool(tool, given)

    return asyncio.run(call())


@pytest.mark.parametrize(("question", "scope"), QUESTIONS)
def test_every_face_gives_the_same_answer(question, scope):
    printed = json.loads(
        run("ask", question, "--scope", scope, "--as-of", "2026-11-20", "--json").out
    )
    client = Client()
    body = {"question": question, "scope": scope, "as_of": "2026-11-20"}
    sent = client.post("/api/v1/ask", json.dumps(body), content_type="application/json")
    tool = by_tool("ask", question=question, scope=scope, as_of="2026-11-20")
    page = client.post("/ask/?as_of=2026-11-20", {"q": question, "scope": scope})
    assert printed == json.loads(sent.content)
    assert printed == tool.structured_content
    assert json.loads(json.dumps(_plain(page.context["answer"]))) == printed


def _plain(answer: Any) -> Any:
    import msgspec

    return msgspec.json.decode(msgspec.json.encode(answer))


def test_an_assistant_gets_plans_and_evidence_with_sources():
    patient = {"setting": "advanced", "subtype": "triple-negative", "line": 1}
    plan = by_tool("plan", patient=patient, as_of="2026-11-20").structured_content
    assert plan["schema"].startswith("consilium-plan/")
    assert plan["sources"]
    record = by_tool("evidence", kind="trials", name="ascent-03").structured_content
    assert record["nct"] == "NCT05382299"
    care = by_tool("care", regimen="sacituzumab-govitecan", patient=patient)
    assert not care.is_error
    sides = by_tool("compare", one="ascent-03", other="tropion-breast02").structured_content
    assert sides["pairings"]
    wrong = by_tool("evidence", kind="trials", name="ascent-33")
    assert wrong.is_error


def test_a_question_on_a_patient_gets_no_address_and_is_not_kept(settings, tmp_path):
    settings.ASK_MISSES = str(tmp_path)
    asked = "54 yo woman, metastatic TNBC, untreated, CPS 3, gBRCA carrier, which treatment?"
    page = Client().post("/ask/", {"q": asked})
    assert page.context["answer"].kind == "plan"
    assert page.context["address"] == ""
    Client().post("/ask/", {"q": "shelf life of Datroway, mail me at a.b@example.org"})
    assert not list(tmp_path.iterdir())
    Client().post("/ask/", {"q": "price of Trodelvy 123456789 per cycle?", "forget": "yes"})
    assert not list(tmp_path.iterdir())
    Client().post("/ask/", {"q": "results of ASCENT-09 file 20263344"})
    kept = (tmp_path / "ask-misses.jsonl").read_text(encoding="utf-8")
    assert "20263344" not in kept
    assert "ASCENT-09" in kept
