"""`consilium show`, `list` and `facts`: the records of an edition, as they stand."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from rich.markup import escape

from consilium.cli.console import console
from consilium.errors import ConsiliumError, nearest
from consilium.evidence.sources import Citation, citations_in
from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity
from consilium.knowledge.records import FactRecord
from consilium.rules.conditions import AllOf, AnyOf, AtLeast, Bound, Includes, IsOneOf, Not
from consilium.rules.say import say

_CONDITIONS = AllOf | AnyOf | AtLeast | Bound | Includes | IsOneOf | Not


_VERDICT = "may be entered where only the verdict is known"
_WRITTEN_APART = """
[bold]written apart[/bold]
  [cyan]pd_l1[/cyan]  {score: cps, assay: 22c3, value: 3}, or a list of such results
  [cyan]prior_therapies[/cyan]  a list of {drugs, setting, line, started, ended, outcome,
      stopped_for}
  [cyan]prior_therapies_complete[/cyan]  yes or no; only a complete list says what was not given
  [cyan]relapsed_on[/cyan], [cyan]decision_date[/cyan]  dates
Any fact may also be unknown, not-tested, equivocal or not-applicable; the four differ."""


class NoSuchRecord(ConsiliumError):
    """An id that names no record of the kind asked for."""


def records_of(edition: Edition, kind: str) -> Mapping[str, Any]:
    """The records of a kind by id."""
    match kind:
        case "care":
            return {**edition.care, **edition.giving}
        case "not-verified":
            return {record.id: record for record in edition.contents.not_verified}
        case "activity":
            return edition.activities
        case "case":
            return {case.id: case for case in edition.cases()}
        case _:
            found: Mapping[str, Any] = getattr(edition, f"{kind}s")
            return found


def show_record(edition: Edition, kind: str, name: str, format: str) -> None:
    """Print one record; its sources in full at the end."""
    records = records_of(edition, kind)
    if name not in records:
        raise NoSuchRecord(f"no {kind} is called `{name}`.{nearest(name, records)}")
    record = records[name]
    if format == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n")
        return
    out = console()
    out.print(f"[bold]{escape(kind)} {escape(name)}[/bold]")
    for field in record.__struct_fields__:
        value = getattr(record, field)
        if field == "id" or value in ("", (), {}, None):
            continue
        _print_value(field, value, edition, 1)
    cited = {c.source for c in citations_in(record)}
    if isinstance(record, Activity):
        cited.add(record.source)
    if cited:
        out.print("[bold]sources[/bold]")
    for cited_name in sorted(cited):
        source = edition.sources[cited_name]
        pmid = source.pmid and f"PMID {source.pmid}"
        identifier = (source.doi and f"doi:{source.doi}") or pmid or source.nct or source.url
        reads = ", ".join(f"{read.depth.value}, read {read.on}" for read in source.read)
        out.print(escape(f"  {source.id}: {source.reference} {identifier} ({reads})"))


def draw_record(edition: Edition, kind: str, name: str, as_of: date, path: Path) -> None:
    """Draw the results of a trial, of a result's trial alone, or of a drug, as known on a day."""
    from consilium.report.figures.choosing import results_figure  # noqa: PLC0415  rarely asked

    records = records_of(edition, kind)
    if name not in records:
        raise NoSuchRecord(f"no {kind} is called `{name}`.{nearest(name, records)}")
    results_figure(edition, kind, name, as_of).save(path)
    sys.stdout.write(f"{path}\n")


def _print_value(name: str, value: Any, edition: Edition, depth: int) -> None:
    out, pad = console(), "  " * depth
    label = f"{pad}[cyan]{escape(name)}[/cyan]"
    if isinstance(value, _CONDITIONS):
        out.print(f"{label}: {escape(say(value, edition.model))}")
    elif isinstance(value, Citation):
        at = f", {value.at}" if value.at else ""
        says = f": {value.says}" if value.says else ""
        out.print(f"{pad}\\[{escape(value.source)}{escape(at)}]{escape(says)}")
    elif isinstance(value, msgspec.Struct) and value.__struct_fields__ == ("text",):
        out.print(f"{label}: {value.text}")  # type: ignore[attr-defined]
    elif isinstance(value, msgspec.Struct):
        out.print(f"{label}:")
        for field in value.__struct_fields__:
            part = getattr(value, field)
            if part not in ("", (), {}, None):
                _print_value(field, part, edition, depth + 1)
    elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
        out.print(f"{label}:")
        for part in value:
            _print_value(getattr(part, "id", "-"), part, edition, depth + 1)
    elif isinstance(value, dict):
        out.print(f"{label}:")
        for key, part in value.items():
            _print_value(str(key), part, edition, depth + 1)
    else:
        words = ", ".join(_word(v) for v in value) if isinstance(value, tuple) else _word(value)
        out.print(f"{label}: {escape(words)}")


def _word(value: Any) -> str:
    return str(getattr(value, "value", value))


def print_activity(edition: Edition, name: str, form: str) -> None:
    """One activity in one of the forms of ``learning.citing``."""
    from consilium.learning.citing import FORMS, export  # noqa: PLC0415  for this command only

    if name not in edition.activities:
        raise NoSuchRecord(f"no activity is called `{name}`.{nearest(name, edition.activities)}")
    if form not in FORMS:
        raise NoSuchRecord(
            f"`{form}` is no form of an activity.{nearest(form, FORMS)} Known: {', '.join(FORMS)}"
        )
    sys.stdout.write(export(edition.activities[name], edition, form))


def list_records(edition: Edition, kind: str) -> None:
    """One line per record."""
    for name, record in records_of(edition, kind).items():
        sys.stdout.write(f"{name}\t{_line(record)}\n")


def _line(record: Any) -> str:
    for field in ("name", "title", "reference", "says", "what", "why", "ask", "names", "phrase"):
        value = getattr(record, field, "")
        if value:
            return value[0] if isinstance(value, tuple) else str(value)
    if hasattr(record, "stance"):
        return f"{record.who}: {record.stance.value} {', '.join(record.regimens)}"
    if hasattr(record, "endpoint"):
        return str(record.endpoint)
    return ""


def list_facts(edition: Edition) -> None:
    """Every fact that can be entered, by group."""
    out = console()
    group = ""
    for fact in edition.contents.facts:
        if fact.group != group:
            group = fact.group
            out.print(f"\n[bold]{escape(group)}[/bold]")
        out.print(f"  [cyan]{escape(fact.id)}[/cyan]  {escape(_takes(fact))}")
        if fact.ask:
            out.print(f"      {escape(fact.ask)} {escape(fact.hint)}".rstrip())
        if fact.origin == "defined":
            out.print(f"      [dim]follows by definition; {_VERDICT}[/dim]")
        elif fact.origin == "derived":
            counted = f"counted from prior_therapies: {fact.counts}".rstrip(": ")
            out.print(f"      [dim]{escape(counted)}; {_VERDICT}[/dim]")
        codes = [c.code_text for c in fact.codes]
        if codes:
            out.print(f"      [dim]{escape(', '.join(codes))}[/dim]")
    out.print(_WRITTEN_APART)


def _takes(fact: FactRecord) -> str:
    match fact.kind:
        case "choice":
            return " | ".join(fact.values)
        case "members":
            return (
                f"any of the {fact.vocabulary}"
                if fact.vocabulary
                else "any of " + ", ".join(fact.values)
            )
        case _:
            unit = " or ".join(fact.units) or fact.unit
            number = "whole number" if fact.whole == "yes" else "number"
            return f"{number} {fact.low:g} to {fact.high:g} {unit}".rstrip()


def patient_schema(edition: Edition) -> None:
    """The JSON Schema of a patient file."""
    unknown = ["unknown", "not-tested", "equivocal", "not-applicable"]
    properties: dict[str, Any] = {}
    for fact in edition.contents.facts:
        kind = edition.model.facts[fact.id].kind
        match fact.kind:
            case "choice":
                takes: dict[str, Any] = {"enum": [*fact.values, *unknown]}
            case "members":
                takes = {
                    "anyOf": [
                        {"type": "array", "items": {"enum": list(getattr(kind, "values", ()))}},
                        {"enum": unknown},
                    ]
                }
            case _:
                number = {"type": "number", "minimum": fact.low, "maximum": fact.high}
                amount = {
                    "type": "object",
                    "properties": {"value": {"type": "number"}, "unit": {"enum": list(fact.units)}},
                }
                takes = {
                    "anyOf": [
                        amount if len(set(fact.units.values())) > 1 else number,
                        amount,
                        {"enum": unknown},
                    ]
                }
        properties[fact.id] = {"description": fact.ask or fact.phrase, **takes}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A patient, as consilium reads one",
        "type": "object",
        "properties": properties
        | {
            "pd_l1": {},
            "prior_therapies": {"type": "array"},
            "prior_therapies_complete": {"enum": ["yes", "no"]},
        }
        | {"relapsed_on": {"type": "string"}, "decision_date": {"type": "string"}},
        "additionalProperties": False,
    }
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n")
