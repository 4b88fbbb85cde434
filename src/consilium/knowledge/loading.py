"""From a folder of files to the contents of an edition; strict from the first key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from consilium.knowledge.bedside import bedside_records
from consilium.knowledge.care_expected import CareCase, CareClaim
from consilium.knowledge.checks import check_care_claims, check_claims, check_contents
from consilium.knowledge.conditions import ConditionReader, FactForm
from consilium.knowledge.contents import Contents
from consilium.knowledge.files import (
    CARE_CASES,
    CARE_CLAIMS,
    CASES,
    CLAIMS,
    KINDS,
    WAIVERS,
    FileKind,
    files_of,
    unknown_files,
)
from consilium.knowledge.kinds import fact_kind
from consilium.knowledge.problems import EditionError, Place, Problem
from consilium.knowledge.records import CareRule, Claim, FactRecord, Waiver, WorkedCase
from consilium.knowledge.typing_nodes import NodeReader, Pointer, Unreadable, compose, fields_of

_LARGEST_FILE = 4_000_000


def load(root: Path) -> Contents:
    """Read and check a whole edition.

    Raises ``EditionError`` with all problems of all files.
    """
    loader = _Load(root)
    contents = loader.contents()
    if contents is None or loader.problems:
        raise EditionError(loader.problems)
    problems = check_contents(contents, loader.places, loader.pointers)
    if problems:
        raise EditionError(problems)
    return contents


def load_cases(root: Path, contents: Contents) -> tuple[WorkedCase, ...]:
    """The worked cases of an edition."""
    loader = _Load(root)
    forms = {fact.id: fact_form(fact, contents) for fact in contents.facts}
    found: list[WorkedCase] = []
    for path in files_of(root, CASES):
        record = loader.read(path, CASES, ConditionReader(forms))
        if record is not None:
            found.append(record)
    problems = loader.problems or check_contents(contents, {}, loader.pointers)
    if problems:
        raise EditionError(problems)
    return tuple(found)


def load_care_cases(root: Path, contents: Contents) -> tuple[CareCase, ...]:
    """The doses and events of an edition that were worked out by hand."""
    loader = _Load(root)
    paths = files_of(root, CARE_CASES)
    read = (loader.read(path, CARE_CASES, ConditionReader({})) for path in paths)
    found = tuple(record for record in read if record is not None)
    problems = loader.problems or check_contents(contents, {}, loader.pointers)
    if problems:
        raise EditionError(problems)
    return found


def load_claims(root: Path, contents: Contents) -> tuple[tuple[Claim, ...], tuple[Waiver, ...]]:
    """What an edition claims of every patient, and the findings it knows and leaves standing."""
    loader = _Load(root)
    forms = {fact.id: fact_form(fact, contents) for fact in contents.facts}
    found: dict[str, list[Any]] = {CLAIMS.field: [], WAIVERS.field: []}
    for kind in (CLAIMS, WAIVERS):
        for path in files_of(root, kind):
            found[kind.field] += loader.read(path, kind, ConditionReader(forms)) or ()
    claims, waivers = tuple(found[CLAIMS.field]), tuple(found[WAIVERS.field])
    problems = loader.problems or [
        *check_contents(contents, loader.places, loader.pointers),
        *check_claims(contents, claims, waivers, loader.places),
    ]
    if problems:
        raise EditionError(problems)
    return claims, waivers


def load_care_claims(root: Path, contents: Contents) -> tuple[CareClaim, ...]:
    """What an edition claims of giving its drugs, whoever the patient and whatever is told."""
    loader = _Load(root)
    forms = {fact.id: fact_form(fact, contents) for fact in contents.facts}
    events = {term.id: term.name for term in contents.adverse_events}
    records = bedside_records(contents.facts, contents.bedside.facts, events)
    told = {fact.id: FactForm(fact_kind(fact, (), ()), fact.units) for fact in records}
    found: list[CareClaim] = []
    for path in files_of(root, CARE_CLAIMS):
        found += loader.read(path, CARE_CLAIMS, ConditionReader(forms), ConditionReader(told)) or ()
    problems = loader.problems or [
        *check_contents(contents, loader.places, loader.pointers),
        *check_care_claims(contents, found, loader.places),
    ]
    if problems:
        raise EditionError(problems)
    return tuple(found)


def fact_form(fact: FactRecord, contents: Contents) -> FactForm:
    """How tests of a fact may be written."""
    drugs = tuple(drug.id for drug in contents.drugs)
    classes = tuple(named.id for named in contents.classes)
    return FactForm(fact_kind(fact, drugs, classes), fact.units)


class _Load:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.pointers: list[Pointer] = []
        self.places: dict[int, Place] = {}
        self.kept: list[object] = []

    def contents(self) -> Contents | None:
        if not (self.root / "EDITION.yaml").is_file():
            raise EditionError(
                [Problem(str(self.root), 1, "no edition here: `EDITION.yaml` is missing")]
            )
        conditions = ConditionReader(self._forms())
        bedside = ConditionReader(self._bedside_forms())
        for path in unknown_files(self.root):
            self.problems.append(
                Problem(self._name(path), 1, "no kind of file belongs here; see docs/reference")
            )
        found: dict[str, Any] = {}
        for kind in KINDS:
            for path in files_of(self.root, kind):
                record = self.read(path, kind, conditions, bedside)
                if record is None:
                    continue
                if kind.field == "facts":
                    found |= {"facts": record.facts, "invariants": record.invariants}
                elif kind.field == "care":
                    for statement in record:
                        field = "care" if isinstance(statement, CareRule) else "giving"
                        found[field] = (*found.get(field, ()), statement)
                elif kind.named_by_id:
                    found[kind.field] = (*found.get(kind.field, ()), record)
                elif isinstance(record, tuple):
                    found[kind.field] = (*found.get(kind.field, ()), *record)
                else:
                    found[kind.field] = record
        for kind in KINDS:
            required = kind.field in ("info", "facts", "scopes")
            if required and kind.field not in found and not self.problems:
                self.problems.append(Problem(kind.pattern, 1, "the file is missing"))
        return None if self.problems else Contents(**found)

    def read(
        self,
        path: Path,
        kind: FileKind,
        conditions: ConditionReader,
        bedside: ConditionReader | None = None,
    ) -> Any:
        """One file as its record, or nothing when it has problems."""
        name = self._name(path)
        node = self._compose(path, self.problems)
        if node is None:
            return None
        reader = NodeReader(name, conditions, self.problems, bedside)
        try:
            record = reader.read(node, kind.holds)
        except Unreadable:
            return None
        finally:
            self.pointers += reader.pointers
            self.places |= reader.places
            self.kept += reader.kept
        if kind.named_by_id and record.id != path.stem:
            reader.problem(node, f"the id `{record.id}` differs from the file name `{path.stem}`")
        return record

    def _name(self, path: Path) -> str:
        return f"{self.root.name}/{path.relative_to(self.root)}"

    def _compose(self, path: Path, problems: list[Problem]) -> yaml.Node | None:
        name = self._name(path)
        if path.stat().st_size > _LARGEST_FILE:
            problems.append(Problem(name, 1, "larger than 4 MB; no file of an edition is"))
            return None
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            problems.append(Problem(name, 1, f"not UTF-8 at byte {error.start}"))
            return None
        return compose(text, name, problems)

    def _forms(self) -> dict[str, FactForm]:
        """The declared facts, as far as they can be read before conditions are."""
        names = {part: self._ids(f"vocabulary/{part}.yaml", "") for part in ("drugs", "classes")}
        return {
            fact.id: FactForm(fact_kind(fact, names["drugs"], names["classes"]), fact.units)
            for fact in self._declared("facts")
        }

    def _bedside_forms(self) -> dict[str, FactForm]:
        """What can be told of a dose or an event, read before any condition is."""
        events = dict.fromkeys(self._ids("vocabulary/adverse-events.yaml", ""), "")
        records = bedside_records(self._declared("facts"), self._declared("bedside"), events)
        return {fact.id: FactForm(fact_kind(fact, (), ()), fact.units) for fact in records}

    def _declared(self, name: str) -> list[FactRecord]:
        """The facts of a vocabulary file with what types a condition on them."""
        found: list[FactRecord] = []
        path = self.root / "vocabulary" / f"{name}.yaml"
        node = self._compose(path, []) if path.is_file() else None
        for record in _entries(node, "facts"):
            declared = {
                key.value: value
                for key, value in record.value
                if str(key.value)
                in {"id", "kind", "group", "phrase", "values", "vocabulary"}
                | {"unit", "units", "low", "high", "whole"}
            }
            reader = NodeReader("", ConditionReader({}), [])
            types = fields_of(FactRecord)
            try:
                values = {
                    name: reader.read(part, types[name][0]) for name, part in declared.items()
                }
                fact = FactRecord(**values)
            except (Unreadable, TypeError):
                continue  # the full reading of the file says what is wrong
            found.append(fact)
        return found

    def _ids(self, name: str, key: str) -> tuple[str, ...]:
        path = self.root / name
        node = self._compose(path, []) if path.is_file() else None
        found = []
        for record in _entries(node, key):
            found += [str(v.value) for k, v in record.value if k.value == "id"]
        return tuple(found)


def _entries(node: yaml.Node | None, key: str) -> list[yaml.MappingNode]:
    if key and isinstance(node, yaml.MappingNode):
        node = next((v for k, v in node.value if k.value == key), None)
    if not isinstance(node, yaml.SequenceNode):
        return []
    return [part for part in node.value if isinstance(part, yaml.MappingNode)]
