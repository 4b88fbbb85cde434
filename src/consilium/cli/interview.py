"""`consilium interview`: the questions that matter, in the order of what they change."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import typer

from consilium.cli.console import console
from consilium.clinical.patient import PatientError
from consilium.errors import nearest
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import FactRecord, Region
from consilium.planning import Plan, plan
from consilium.report import document
from consilium.report.terminal import print_document

_FIRST = ("setting", "er_percent", "pr_percent", "her2_ihc", "line")
_SKIP = ("", "?", "unknown")


def interview(edition: Edition, as_of: date, region: Region, save: str) -> None:
    """Ask until nothing that is left to ask would change the plan, then print it.

    An empty answer is "unknown" and is not asked again; `done` ends at once.
    """
    answers: dict[str, Any] = {}
    asked: set[str] = set()
    out = console()
    out.print("Answer with a value, leave empty for unknown, `done` to stop.\n")
    made = _plan(answers, edition, as_of, region)
    while (fact := _next(made, asked, edition)) is not None:
        asked.add(fact.id)
        said = _ask(fact, edition, answers)
        if said == "done":
            break
        if said not in _SKIP:
            answers[fact.id] = said
            made = _plan(answers, edition, as_of, region)
            if made.refusal is not None:
                break
    print_document(document(made, edition, brief=True), out)
    if save:
        Path(save).write_text(json.dumps(answers, indent=2) + "\n", encoding="utf-8")
        out.print(f"answers written to {save}")


def _plan(answers: dict[str, Any], edition: Edition, as_of: date, region: Region) -> Plan:
    case = patient_from_mapping(answers, edition, "interview")
    return plan(case, edition, as_of=as_of, region=region)


def _next(made: Plan, asked: set[str], edition: Edition) -> FactRecord | None:
    for name in _FIRST:
        if name not in asked:
            return edition.facts[name]
    for gap in made.gaps:
        if gap.fact not in asked and gap.weight >= 1:
            return edition.facts[gap.fact]
    return None


def _ask(fact: FactRecord, edition: Edition, answers: dict[str, Any]) -> Any:
    takes = " / ".join(fact.values) if fact.values else (" or ".join(fact.units) or fact.unit)
    hint = f"  ({fact.hint})" if fact.hint else ""
    while True:
        typer.echo(f"{fact.ask} [{takes}]{hint}" if takes else f"{fact.ask}{hint}")
        try:
            said = typer.prompt("", default="", show_default=False, prompt_suffix="> ").strip()
        except (typer.Abort, EOFError):
            return "done"
        if said in (*_SKIP, "done"):
            return said
        value: Any = said
        if fact.values and said not in fact.values and fact.kind == "choice":
            typer.echo(f"`{said}` is none of them.{nearest(said, fact.values)}")
            continue
        if fact.kind == "members":
            value = [part.strip() for part in said.split(",") if part.strip() not in ("", "none")]
        elif fact.kind == "number":
            value = _number(said)
        try:
            case = patient_from_mapping({**answers, fact.id: value}, edition, "interview")
            plan(case, edition, as_of=edition.info.date.last, region=Region.US)
        except PatientError as problem:
            typer.echo(str(problem))
            continue
        return value


def _number(said: str) -> Any:
    try:
        return float(said) if "." in said else int(said)
    except ValueError:
        return said
