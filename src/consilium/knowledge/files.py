"""Which files an edition consists of, and what each of them holds."""

from __future__ import annotations

from collections.abc import Iterator
from os import scandir
from pathlib import Path
from typing import Any, NamedTuple

from consilium.evidence.parameters import ModelFile
from consilium.evidence.sources import Source
from consilium.evidence.trials import Trial
from consilium.knowledge.care_expected import CareCase, CareClaim
from consilium.knowledge.giving import BedsideFile, CareStatement
from consilium.knowledge.learning import Activity, Organisation
from consilium.knowledge.records import (
    Approval,
    Claim,
    Drug,
    DrugClass,
    EditionInfo,
    FactsFile,
    NotVerified,
    Position,
    Regimen,
    ScopesFile,
    Speaker,
    Term,
    Waiver,
    WorkedCase,
)


class FileKind(NamedTuple):
    """A kind of file: where it lies, what it holds, and where that goes in `Contents`."""

    pattern: str
    holds: Any
    field: str
    named_by_id: bool = False
    not_under: str = ""


KINDS = (
    FileKind("EDITION.yaml", EditionInfo, "info"),
    FileKind("vocabulary/facts.yaml", FactsFile, "facts"),
    FileKind("vocabulary/scopes.yaml", ScopesFile, "scopes"),
    FileKind("vocabulary/bedside.yaml", BedsideFile, "bedside"),
    FileKind("vocabulary/classes.yaml", tuple[DrugClass, ...], "classes"),
    FileKind("vocabulary/drugs.yaml", tuple[Drug, ...], "drugs"),
    FileKind("vocabulary/speakers.yaml", tuple[Speaker, ...], "speakers"),
    FileKind("vocabulary/organisations.yaml", tuple[Organisation, ...], "organisations"),
    FileKind("vocabulary/endpoints.yaml", tuple[Term, ...], "endpoints"),
    FileKind("vocabulary/adverse-events.yaml", tuple[Term, ...], "adverse_events"),
    FileKind("sources/*.yaml", Source, "sources", named_by_id=True),
    FileKind("regimens/*.yaml", Regimen, "regimens", named_by_id=True),
    FileKind("trials/*.yaml", Trial, "trials", named_by_id=True),
    FileKind("approvals/*.yaml", tuple[Approval, ...], "approvals"),
    FileKind("positions/**/*.yaml", tuple[Position, ...], "positions"),
    FileKind("care/*.yaml", tuple[CareStatement, ...], "care"),
    FileKind("activities/*.yaml", Activity, "activities", named_by_id=True),
    FileKind("models/*.yaml", ModelFile, "models", named_by_id=True),
    FileKind("not-verified/*.yaml", tuple[NotVerified, ...], "not_verified"),
)
_CARE_CASES = "cases/care/giving"
CASES = FileKind("cases/**/*.yaml", WorkedCase, "cases", named_by_id=True, not_under=_CARE_CASES)
CARE_CASES = FileKind(f"{_CARE_CASES}/*.yaml", CareCase, "care_cases", named_by_id=True)

_WAIVERS = "claims/waivers.yaml"
CLAIMS = FileKind("claims/*.yaml", tuple[Claim, ...], "claims", not_under=_WAIVERS)
CARE_CLAIMS = FileKind("claims/giving/*.yaml", tuple[CareClaim, ...], "care_claims")
WAIVERS = FileKind(_WAIVERS, tuple[Waiver, ...], "waivers")


def files_of(root: Path, kind: FileKind) -> Iterator[Path]:
    """The files of one kind, in order of their names."""
    folder, _, name = kind.pattern.rpartition("/")
    if "*" not in name:
        if (root / kind.pattern).is_file():
            yield root / kind.pattern
        return
    # `Path.glob` takes ten times as long, and this is on the way of every start
    apart = str(root / kind.not_under) if kind.not_under else ""
    start = str(root / folder.removesuffix("/**"))
    for path in sorted(_walk(start, deep=folder.endswith("**"))):
        if not apart or not (path == apart or path.startswith(apart + "/")):
            yield Path(path)


def _walk(folder: str, *, deep: bool) -> Iterator[str]:
    try:
        entries = list(scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir():
            if deep:
                yield from _walk(entry.path, deep=True)
        elif entry.name.endswith(".yaml"):
            yield entry.path


def all_files(root: Path) -> list[Path]:
    """Every file that an edition is made of; cases are not part of what a plan reads."""
    return sorted(path for kind in KINDS for path in files_of(root, kind))


def unknown_files(root: Path) -> list[Path]:
    """YAML files that belong to no kind, most likely in the wrong folder."""
    known = {*all_files(root), *files_of(root, CASES), *files_of(root, CARE_CASES)}
    others = ("claims", "models")
    return sorted(
        path
        for path in root.rglob("*.y*ml")
        if path not in known
        and path.relative_to(root).parts[0] not in others
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
    )
