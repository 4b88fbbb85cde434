"""`consilium reference`: the reference pages, written from the program and the edition.

Nothing on these pages is typed by hand, so nothing on them can be out of date
without a test noticing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from consilium.cli import DONE, NO_PLAN, PROBLEM, USAGE
from consilium.clinical.dates import Day
from consilium.evidence.sources import Citation, NotStated
from consilium.fhir.holding import told
from consilium.knowledge import files
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import GivingStatement, Silence
from consilium.knowledge.records import Approval, CareRule, FactRecord, Region
from consilium.knowledge.schemas import file_schemas
from consilium.planning.plan import PLAN_SCHEMA, Plan
from consilium.rules.conditions import AllOf, Condition
from consilium.rules.facts import FactModel
from consilium.rules.say import say

_WRITTEN = "<!-- Written by `consilium reference docs/reference/generated`, never by hand. -->"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCHEMA_WORDS = {"string": "text", "integer": "whole number", "number": "number", "object": ""}
_OPTION_WORDS = {"str": "text", "int": "whole number", "float": "number", "path": "path"}

_Row = Sequence[str]


def write_reference(folder: Path, edition: Edition) -> None:
    """Write every reference page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(edition).items():
        (folder / name).write_text(text, encoding="utf-8")


def pages(edition: Edition) -> dict[str, str]:
    """The text of every page by its file name."""
    return {
        "facts.md": _page("Facts", _facts(edition)),
        "commands.md": _page("Commands", _commands()),
        "files.md": _page("Files of an edition", _files()),
        "statements.md": _page("Statements of the edition", _statements(edition)),
        "records.md": _page("Facts in a record", _records(edition)),
        "plan-schema.json": _plan_schema(),
    }


# --- Markdown -----------------------------------------------------------------------------


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", _WRITTEN, *(part for part in parts if part)]) + "\n"


def _table(headings: _Row, rows: Iterable[_Row]) -> str:
    body = [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    if not body:
        return ""
    return "\n".join([f"| {' | '.join(headings)} |", "|" + "---|" * len(headings), *body])


def _cell(text: str) -> str:
    # `*28` and `_` would be read as emphasis outside backticks, and a bar ends a cell
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    return "`".join(p if i % 2 else p.replace("*", "\\*") for i, p in enumerate(parts))


def _codes(words: Iterable[object]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _lines(*said: str) -> str:
    return "\n".join(f"- {line}" for line in said if line)


def _after(label: str, text: str) -> str:
    return f"{label}: {text}" if text else ""


# --- facts --------------------------------------------------------------------------------


def _facts(edition: Edition) -> Iterator[str]:
    yield (
        "What can be known of a patient. A patient file gives facts by these names. Each of them "
        "may also be `unknown`, `not-tested`, `equivocal` or `not-applicable`; the four differ, "
        "and none of them is a no. A fact that follows from others, or is counted, may be entered "
        "where only the verdict is known."
    )
    group = ""
    for fact in edition.contents.facts:
        if fact.group != group:
            group = fact.group
            yield f"## {group.capitalize()}"
        yield from _fact(fact, edition.model, edition)
    yield "## What no patient can be"
    yield "A patient who contradicts one of these is refused, with both sides named."
    yield _table(
        ("id", "says", "never"),
        (
            (f"`{never.id}`", never.says, _whom(never.never, edition.model))
            for never in edition.contents.invariants
        ),
    )
    yield "## One dose or one adverse event"
    yield (
        "What can be told of one dose or one event beside the facts above. A laboratory value of "
        "the patient's record never stands in for one taken for the dose."
    )
    for fact in edition.contents.bedside.facts:
        yield from _fact(fact, edition.bedside_model, edition)


def _records(edition: Edition) -> Iterator[str]:
    yield (
        "What each fact is written as in an mCODE bundle, and what of it a bundle cannot hold. "
        "What is written comes back as the same fact when it is read here. A fact that was not "
        "tested, not known or not applicable is written as such with a `dataAbsentReason`."
    )
    rows = [(fact, told(fact)) for fact in edition.contents.facts]
    yield "## Facts that have a place"
    yield _table(
        ("fact", "written as", "lost"),
        ((f"`{f.id}`", row.written_as, row.lost) for f, row in rows if row.written_as),
    )
    yield "## Facts that have none"
    yield _table(
        ("fact", "why"), ((f"`{f.id}`", row.lost) for f, row in rows if not row.written_as)
    )
    yield "## Earlier treatment"
    yield (
        "Each drug of a course is a MedicationAdministration with its period, its intent as an "
        "extension, and the reason for stopping; how the disease went is a disease status that "
        "is part of them. Lost are: that the list is complete, the number of a line (lines are "
        "counted again by the rule of whoever reads), the day of relapse, an end without a start, "
        "`completed` and `other` as reasons for stopping, a change within a line that is not "
        "marked by its dates, and drugs that only support treatment."
    )


def _fact(fact: FactRecord, model: FactModel, edition: Edition) -> Iterator[str]:
    yield f"### `{fact.id}`"
    yield " ".join(text for text in (fact.ask, fact.why, fact.hint) if text)
    yield _lines(
        f"kind: {_kind(fact)}",
        "a judgement of the clinician" if fact.judgement == "yes" else "",
        "may differ after the next progression" if fact.lasting == "no" else "",
        _after("units", _units(fact)),
        _origin(fact),
        _after("codes", ", ".join(code.code_text for code in fact.codes)),
        *(f"source: {text}" for text in _sources(fact.because, edition)),
        _after("note", " ".join(fact.note.split())),
    )
    if fact.values:
        defined = bool(fact.definition)
        yield _table(
            ("value", "meaning", "when") if defined else ("value", "meaning"),
            (
                (f"`{value}`", meaning, _whom(fact.definition[value], model))
                if defined
                else (f"`{value}`", meaning)
                for value, meaning in fact.values.items()
            ),
        )


def _kind(fact: FactRecord) -> str:
    match fact.kind:
        case "choice":
            return "one of the values below"
        case "members" if fact.vocabulary:
            return f"any of the {fact.vocabulary} of the edition"
        case "members":
            return "any of the values below"
    number = "whole number" if fact.whole == "yes" else "number"
    return f"{number} from {fact.low:g} to {fact.high:g} {fact.unit}".rstrip()


def _units(fact: FactRecord) -> str:
    if not fact.units:
        return ""
    needed = len(set(fact.units.values())) > 1
    said = (f"`{unit}`" + (f" (× {by:g})" if by != 1 else "") for unit, by in fact.units.items())
    return ", ".join(said) + ("; one of them must be written" if needed else "")


def _origin(fact: FactRecord) -> str:
    match fact.origin:
        case "defined":
            return "follows from other facts, as the table says"
        case "derived":
            return "counted from `prior_therapies`" + (f": {fact.counts}" if fact.counts else "")
    return ""


def _sources(because: Iterable[Citation], edition: Edition) -> Iterator[str]:
    for cited in because:
        source = edition.sources[cited.source]
        pmid = f"PMID {source.pmid}" if source.pmid else ""
        identifier = (f"doi:{source.doi}" if source.doi else "") or pmid or source.nct
        place = _after(cited.at, cited.says) if cited.at else cited.says
        yield " ".join(part for part in (source.reference, identifier) if part) + (
            f" ({place})" if place else ""
        )


# --- commands -----------------------------------------------------------------------------

_ENDS = {
    DONE: "done",
    PROBLEM: "the input or the edition has problems, which were named",
    USAGE: "the command was not understood",
    NO_PLAN: "no plan is made for this patient, with the reason",
}


def _commands() -> Iterator[str]:
    import typer  # noqa: PLC0415

    from consilium.cli.commands import app  # noqa: PLC0415  the commands know this module

    whole: Any = typer.main.get_command(app)
    yield "Every command of `consilium`, as the program itself declares them."
    yield _table(("exit code", "meaning"), ((str(code), text) for code, text in _ENDS.items()))
    for name, command in whole.commands.items():
        if not command.hidden:
            yield from _command(name, command)


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    words = [p.name.upper() if p.required else f"[{p.name.upper()}]" for p in arguments]
    yield f"## `consilium {name}`"
    yield command.help or ""
    yield f"```\nconsilium {' '.join([name, *words, '[OPTIONS]'])}\n```"
    yield _table(
        ("argument", "meaning"), ((f"`{p.name.upper()}`", p.help or "") for p in arguments)
    )
    yield _table(
        ("option", "takes", "when left out", "meaning"),
        (
            (_codes((*p.opts, *p.secondary_opts)), _takes(p), _default(p), p.help or "")
            for p in options
        ),
    )
    codes = [DONE, PROBLEM, USAGE, *([NO_PLAN] if _may_refuse(command) else [])]
    yield "Exit codes: " + ", ".join(map(str, codes)) + "."


def _takes(parameter: Any) -> str:
    if parameter.is_flag:
        return ""
    choices = getattr(parameter.type, "choices", None)
    name = str(parameter.type.name)
    kind = _codes(choices) if choices else _OPTION_WORDS.get(name, name)
    return f"{kind}, may be repeated" if parameter.multiple else kind


def _default(parameter: Any) -> str:
    default = getattr(parameter.default, "value", parameter.default)
    return "" if default in (None, "", False) or parameter.multiple else f"`{default}`"


def _may_refuse(command: Any) -> bool:
    """Whether the body of a command names the exit code of a refused patient."""
    body = getattr(command.callback, "__wrapped__", command.callback)
    return "NO_PLAN" in body.__code__.co_names


# --- files --------------------------------------------------------------------------------


def _files() -> Iterator[str]:
    yield (
        "The kinds of file of an edition and their keys, from the records against which they are "
        "read. Scalars are text until a record types them, so `0`, `1+`, `yes` and `NO` mean what "
        "was written; an unknown key, a duplicate or an id that leads nowhere stops the load. "
        "`consilium check --schemas FOLDER` writes the same as JSON Schemas for editors."
    )
    patterns = {kind.field: kind for kind in _file_kinds()}
    records: dict[str, Any] = {}
    rows = []
    for name, schema in file_schemas().items():
        kind = patterns["info" if name == "edition" else name]
        records |= schema["$defs"]
        named = "named by its id" if kind.named_by_id else ""
        rows.append((f"`{kind.pattern}`", _says(schema), named))
    yield _table(("files", "hold", ""), rows)
    yield "## Records"
    for name, record in sorted(records.items()):
        yield f"### {name}"
        yield _plain(record.get("description", ""))
        if name == "Condition":
            yield _CONDITIONS
            continue
        needed = set(record.get("required", ()))
        yield _table(
            ("key", "takes", "needed"),
            (
                (f"`{key}`", _says(part), "yes" if key in needed else "")
                for key, part in record["properties"].items()
            ),
        )


_CONDITIONS = """A mapping of facts to tests is a conjunction. Its tests and combinations:

| form | holds when |
|---|---|
| `fact: value` | the choice is that value, or the number is that number |
| `fact: [one, other]` | the choice is any of them |
| `fact: {below: 10}`, also `up_to`, `above`, `from` | the number lies within the bounds |
| `fact: {includes: member}` or `{includes: [one, other]}` | the list holds any of them |
| `any: [...]`, `all: [...]` | one of the conditions holds, all of them hold |
| `not: {...}` | the condition does not hold |
| `at_least: {n: 2, of: [...]}` | so many of the conditions hold |
| `{}` | for any patient |

Facts and values are those of [facts](facts.md).
A number with several units is written with one: `{below: 1500 /mm3}`."""


def _file_kinds() -> Iterator[files.FileKind]:
    yield from files.KINDS
    yield from (kind for kind in vars(files).values() if isinstance(kind, files.FileKind))


def _says(schema: Mapping[str, Any]) -> str:
    """What a part of a schema takes, in words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return _codes(dict.fromkeys(str(word) for word in schema["enum"] if word != ""))
    if "anyOf" in schema:
        return " or ".join(_says(option) for option in schema["anyOf"])
    if "pattern" in schema:
        return "date"
    kind = schema.get("type", "")
    if kind == "array" and "prefixItems" in schema:
        return "list of " + ", ".join(_says(part) for part in schema["prefixItems"])
    if kind == "array":
        return f"list of {_says(schema['items'])}"
    if kind == "object" and "additionalProperties" in schema:
        return f"mapping to {_says(schema['additionalProperties'])}"
    if not kind:
        return "anything"
    first = kind[0] if isinstance(kind, list) else kind
    return _SCHEMA_WORDS[first] or _plain(schema.get("description", "mapping")).rstrip(".")


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")


# --- statements ---------------------------------------------------------------------------


def _statements(edition: Edition) -> Iterator[str]:
    info = edition.info
    yield (
        f"Edition {info.edition} of {info.date}: {info.title}. `consilium show KIND ID` prints a "
        "statement with its sources."
    )
    yield "## Positions"
    yield _table(
        ("id", "who", "stance", "regimens", "since", "for whom"),
        (
            (
                f"`{p.id}`",
                edition.speakers[p.who].name,
                p.stance.value.replace("_", " "),
                ", ".join(edition.regimens[name].name for name in p.regimens),
                _span(p.since, p.until),
                _whom(p.when, edition.model),
            )
            for p in edition.contents.positions
        ),
    )
    yield "## Approvals"
    for region in Region:
        yield from _approvals(region, edition)
    yield "## Care"
    yield (
        "What to check before choosing a drug, and what to do when it is given. A statement speaks "
        "of the drug and the regions it names; without a region it counts in all of them."
    )
    by_drug: dict[str, list[CareRule | GivingStatement]] = {}
    for statement in (*edition.care.values(), *edition.giving.values()):
        by_drug.setdefault(statement.drug, []).append(statement)
    for drug in sorted(by_drug):
        yield from _care(drug, by_drug[drug], edition)
    yield "## Trials and cohorts"
    yield _table(
        ("id", "names", "registry", "kind", "phase", "status", "results"),
        (
            (
                f"`{t.id}`",
                ", ".join(t.names),
                t.nct,
                t.kind,
                t.phase,
                f"{t.status.value} (checked {t.status.checked})",
                str(len(t.results) + len(t.harms)),
            )
            for t in edition.contents.trials
        ),
    )


def _approvals(region: Region, edition: Edition) -> Iterator[str]:
    found = sorted(
        (a for a in edition.contents.approvals if region in a.regions),
        key=lambda a: (str(a.since), a.id),
    )
    if not found:
        return
    yield f"### {region.value}"

    def row(approval: Approval) -> _Row:
        return (
            _span(approval.since, approval.until),
            ", ".join(edition.regimens[name].name for name in approval.regimens),
            approval.status,
            approval.says or _whom(approval.when, edition.model),
            f"`{approval.id}`",
        )

    yield _table(("since", "regimen", "status", "for whom", "id"), map(row, found))


def _care(
    drug: str, found: Iterable[CareRule | GivingStatement], edition: Edition
) -> Iterator[str]:
    yield f"### {edition.drugs[drug].name}"

    def row(rule: CareRule | GivingStatement) -> _Row:
        who = since = ""
        if not isinstance(rule, Silence):  # what nobody has read has nobody who says it
            speaker = edition.speakers[rule.who]
            who, since = speaker.short or speaker.name, _span(rule.since, rule.until)
        regions = ", ".join(region.value for region in rule.regions)
        return (f"`{rule.id}`", rule.kind, who, regions, since, rule.says)

    yield _table(("id", "kind", "who", "regions", "since", "says"), map(row, found))


def _whom(condition: Condition | None, model: FactModel) -> str:
    """A condition in words, its parts kept apart: some of them hold an "or"."""
    if isinstance(condition, AllOf) and condition.parts:
        return "; ".join(say(part, model) for part in condition.parts)
    return say(condition, model) if condition is not None else ""


def _span(since: Day | NotStated, until: Day | None) -> str:
    start = "not stated" if since == "not-stated" else str(since)
    return f"{start} until {until}" if until else start


# --- the plan -----------------------------------------------------------------------------


def _plan_schema() -> str:
    """The JSON Schema of what `consilium plan --format json` prints."""
    schema = {"$schema": _DIALECT, "title": PLAN_SCHEMA, **msgspec.json.schema(Plan)}
    return msgspec.json.format(msgspec.json.encode(_on_one_line(schema)), indent=2).decode() + "\n"


def _on_one_line(part: Any) -> Any:
    """A schema whose descriptions, which are docstrings, are running text."""
    match part:
        case dict():
            return {
                key: _plain(value)
                if key == "description" and isinstance(value, str)
                else _on_one_line(value)
                for key, value in part.items()
            }
        case list():
            return [_on_one_line(one) for one in part]
    return part
