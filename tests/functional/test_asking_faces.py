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
    ("Is it true that TROPION-Breast02 permitted crossover?", "all"),
    ("Compare OS in ASCENT-03 and TROPION-Breast02", "all"),
    ("List all phase II trials", "activity"),
    ("untreated TNBC, CPS 3, BRCA1 carrier, liver metastases, symptomatic: what first?", "all"),
    ("When is the next G-CSF if SG was given on 3 March 2026?", "all"),
    ("What was the hazard ratio for PFS in ASCENT-03?", "activity"),
    ("What is the weather in Paris?", "all"),
    ("Her name is Jane Smith, MRN 12345678: which ADC?", "all"),
]
KINDS = {"answer", "plan", "computed", "not-in-sources", "declined"}


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


def test_questions_of_every_kind_are_among_them():
    found = {
        json.loads(run("ask", q, "--scope", scope, "--as-of", "2026-11-20", "--json").out)["kind"]
        for q, scope in QUESTIONS
    }
    assert found == KINDS


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
    Client().post("/ask/", {"q": asked, "flag": "yes"})
    Client().post("/ask/", {"q": "shelf life of Datroway, mail me at a.b@example.org"})
    assert _kept(tmp_path) == {"ask-kinds.jsonl": '{"kind":"plan"}\n{"kind":"declined"}\n'}
    Client().post("/ask/", {"q": "price of Trodelvy 123456789 per cycle?", "forget": "yes"})
    assert set(_kept(tmp_path)) == {"ask-kinds.jsonl"}
    Client().post("/ask/", {"q": "results of ASCENT-09 in the report of 20263344"})
    kept = _kept(tmp_path)["ask-misses.jsonl"]
    assert "20263344" not in kept
    assert "ASCENT-09" in kept


def test_a_site_may_keep_nothing(settings, tmp_path, monkeypatch):
    settings.ASK_MISSES = ""
    monkeypatch.chdir(tmp_path)
    page = Client().post("/ask/", {"q": "results of ASCENT-09"})
    assert not page.context["may_report"]
    Client().post("/ask/", {"q": "Was crossover allowed in ASCENT-03?", "flag": "yes"})
    assert _kept(tmp_path) == {}


def test_the_desk_shows_what_was_missed_declined_and_reported(settings, tmp_path, monkeypatch):
    from consilium.web.asking import misses

    settings.ASK_MISSES = str(tmp_path)
    for question in ("results of ASCENT-09", "results of ASCENT-09", "PFS HR in ASCENT-03?"):
        Client().post("/ask/", {"q": question})
    page = Client().post("/ask/", {"q": "PFS HR in ASCENT-03?", "flag": "yes"})
    assert page.context["reported"]
    assert misses.top_misses(5) == [("results of ASCENT-09", 2)]
    assert misses.answered() == {"declined": 2, "answer": 1}
    ((question, shown),) = misses.flags(5)
    assert question == "PFS HR in ASCENT-03?"
    assert set(shown) == {s.id for s in page.context["answer"].statements}
    monkeypatch.setattr(misses, "_MOST_BYTES", 10)
    for _ in range(3):
        Client().post("/ask/", {"q": "results of ASCENT-09"})
    assert 1 <= misses.top_misses(5)[0][1] <= 4
    assert len(list(tmp_path.glob("ask-misses.*"))) == 2


def _kept(folder: Any) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
