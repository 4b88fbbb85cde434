"""From a folder of files to the contents of an edition; strict from the first key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from consilium.knowledge.checks import check_contents
from consilium.knowledge.conditions import ConditionReader, FactForm
from consilium.knowledge.contents import Contents
from consilium.knowledge.files import CASES, KINDS, FileKind, files_of, unknown_files
from consilium.knowledge.kinds import fact_kind
from consilium.knowledge.problems import EditionError, Place, Problem
from consilium.knowledge.records import FactRecord, WorkedCase
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
        for path in unknown_files(self.root):
            self.problems.append(
                Problem(self._name(path), 1, "no kind of file belongs here; see docs/reference")
            )
        found: dict[str, Any] = {}
        for kind in KINDS:
            for path in files_of(self.root, kind):
                record = self.read(path, kind, conditions)
                if record is None:
                    continue
                if kind.field == "facts":
                    found |= {"facts": record.facts, "invariants": record.invariants}
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

    def read(self, path: Path, kind: FileKind, conditions: ConditionReader) -> Any:
        """One file as its record, or nothing when it has problems."""
        name = self._name(path)
        node = self._compose(path, self.problems)
        if node is None:
            return None
        reader = NodeReader(name, conditions, self.problems)
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
        forms: dict[str, FactForm] = {}
        path = self.root / "vocabulary" / "facts.yaml"
        node = self._compose(path, []) if path.is_file() else None
        for record in _entries(node, "facts"):
            declared = {
                key.value: value
                for key, value in record.value
                if key.value
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
            forms[fact.id] = FactForm(fact_kind(fact, names["drugs"], names["classes"]), fact.units)
        return forms

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
