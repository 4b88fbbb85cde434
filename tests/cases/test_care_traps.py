"""Every trap that the evidence warns of has a worked case that is marked as dangerous."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.dossier import HERE, warnings

from consilium.knowledge.edition import Edition

EDITION = Edition.bundled()
CASES = {case.id: case for case in EDITION.care_cases()}
TABLE: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "traps.yaml").read_text("utf-8")
)
TRAPS = [entry for entry in TABLE if "trap" in entry]


@pytest.mark.parametrize("entry", TRAPS, ids=lambda entry: entry["trap"])
def test_a_trap_has_its_cases_and_they_are_marked(entry: dict[str, Any]) -> None:
    assert entry["at"] and entry["cases"]
    for name in entry["cases"]:
        assert name in CASES, f"there is no case {name}"
    assert any(CASES[name].dangerous for name in entry["cases"])


def test_every_case_marked_as_dangerous_shows_something() -> None:
    marked = [case for case in CASES.values() if case.dangerous]
    assert len(marked) >= 40
    assert all(case.shows for case in marked)


@HERE
def test_every_warning_of_the_evidence_stands_in_the_table() -> None:
    listed: dict[str, set[str]] = {}
    for entry in TABLE:
        for file, places in entry["at"].items():
            for place in places:
                assert place not in listed.setdefault(file, set()), f"{file}: {place} twice"
                listed[file].add(place)
    assert listed == warnings()
