"""From a form to a patient case and back; every problem by the field that has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from consilium.clinical.patient import Entered, PatientCase, PatientError, Status, Therapy
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.web.planner.fields import DATES, MOST_THERAPIES, ROW_KEYS

Said = dict[str, list[str]]
_WHERE = "form"
_LONGEST = 300


class Read(msgspec.Struct, frozen=True):
    """What a form says: the case, or what is wrong by field. Empty when nothing was said."""

    case: PatientCase | None
    problems: dict[str, str] = {}
    empty: bool = False


def said_of(posted: Mapping[str, list[str]], edition: Edition) -> Said:
    """The fields of a posted form; answers given beside the plan replace those in it."""
    said: Said = {}
    answers: Said = {}
    for name, values in posted.items():
        kept = [value.strip()[:_LONGEST] for value in values if value.strip()]
        if not kept:
            continue
        if name.startswith("answer."):
            answers[name.removeprefix("answer.")] = kept
        else:
            said[name] = kept
    for name in answers:
        fact = name.partition(".")[0]
        if "." not in name:
            for old in (fact, f"{fact}.unit", f"{fact}.all"):
                said.pop(old, None)
    return said | answers


def read(said: Said, edition: Edition) -> Read:
    """The case that a form describes."""
    mapping = _mapping(said, edition)
    if not mapping:
        return Read(None, empty=True)
    try:
        return Read(patient_from_mapping(mapping, edition, _WHERE))
    except PatientError as problem:
        return Read(None, _by_field(str(problem), said))


def _mapping(said: Said, edition: Edition) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for fact in edition.contents.facts:
        values = said.get(fact.id, [])
        whole = bool(said.get(f"{fact.id}.all"))
        if fact.kind == "members":
            members = [
                part for value in values for part in (_parts(value) if fact.vocabulary else [value])
            ]
            if members or whole:
                mapping[fact.id] = {"has": members, "complete": whole}
        elif values and fact.kind == "number":
            unit = said.get(f"{fact.id}.unit", [""])[-1]
            mapping[fact.id] = {"value": values[-1], "unit": unit} if unit else values[-1]
        elif values:
            mapping[fact.id] = values[-1]
    therapies = list(_therapies(said))
    known = said.get("therapies", [""])[-1]
    if therapies or known == "none":
        mapping["prior_therapies"] = therapies
        # a list that says "none" and names some is complete in neither sense
        mapping["prior_therapies_complete"] = known == ("all" if therapies else "none")
    mapping |= {field.name: said[field.name][-1] for field in DATES if field.name in said}
    return mapping


def _therapies(said: Said) -> Iterator[dict[str, Any]]:
    for number in range(MOST_THERAPIES):
        row = {key: said[f"t{number}.{key}"][-1] for key in ROW_KEYS if f"t{number}.{key}" in said}
        if row:
            listed = {key: _parts(row.pop(key, "")) for key in ("drugs", "other_drugs")}
            yield {**listed, "setting": row.pop("setting", "unknown"), **row}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _by_field(message: str, said: Said) -> dict[str, str]:
    """The problems of a message, one a line, by the field they name."""
    rows = [n for n in range(MOST_THERAPIES) if any(f"t{n}.{key}" in said for key in ROW_KEYS)]
    found: dict[str, str] = {}
    for line in message.splitlines():
        path, colon, says = line.strip().partition(": ")
        if not colon:
            continue
        if path.startswith("prior_therapies["):
            index = int(path[len("prior_therapies[") :].partition("]")[0])
            path = f"t{rows[index]}"
        found[path] = says
    return found or {"": message}


def said_of_case(case: PatientCase, edition: Edition) -> Said:
    """The form that says what a case holds, to go on with it there."""
    said: Said = {}
    for name, entered in case.entered.items():
        said |= _entered(name, entered, edition)
    for number, therapy in enumerate(case.therapies.therapies[:MOST_THERAPIES]):
        for key, text in _row(therapy, edition).items():
            said[f"t{number}.{key}"] = [text]
    if case.therapies.therapies:
        said["therapies"] = ["all" if case.therapies.complete else "some"]
    elif case.therapies.complete:
        said["therapies"] = ["none"]
    for name, day in (("relapsed_on", case.relapsed_on), ("decision_date", case.decision_date)):
        if day is not None:
            said[name] = [str(day)]
    return said


def _entered(name: str, entered: Entered, edition: Edition) -> Said:
    fact = edition.facts[name]
    match entered.value:
        case frozenset() as members:
            names = sorted(members)
            said = {name: [", ".join(names)] if fact.vocabulary else names} if names else {}
            return said | ({f"{name}.all": ["yes"]} if entered.status is Status.KNOWN else {})
        case None:
            status = entered.status
            return {} if status is Status.UNKNOWN else {name: [status.value]}
        case str() as word:
            return {name: [word]}
        case number:
            return {name: [f"{number:.10g}"]} | (
                {f"{name}.unit": [fact.unit]} if len(fact.units) > 1 else {}
            )


def _row(therapy: Therapy, edition: Edition) -> dict[str, str]:
    row = {
        "drugs": ", ".join(edition.drugs[drug].name for drug in therapy.drugs),
        "other_drugs": ", ".join(therapy.unread),
        "setting": therapy.setting,
        "ongoing": "yes" if therapy.ongoing else "",
        "same_line": "yes" if therapy.same_line else "",
        "line": str(therapy.line or ""),
        "outcome": therapy.outcome,
        "stopped_for": therapy.stopped_for,
        "started": str(therapy.started or ""),
        "ended": str(therapy.ended or ""),
    }
    return {key: text for key, text in row.items() if text}
