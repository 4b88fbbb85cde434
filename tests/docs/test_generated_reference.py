"""The generated reference pages are what the program writes today."""

import json

import pytest
from tests.support.command_line import bundled, run
from tests.support.documents import ROOT

from consilium import planning
from consilium.cli.commands import app
from consilium.intake import patient_from_mapping
from consilium.planning.plan import Plan
from consilium.report import to_json

GENERATED = ROOT / "docs" / "reference" / "generated"
COMMAND = ".venv/bin/consilium reference docs/reference/generated"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    assert run("reference", str(folder)).code == 0
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_the_same_pages_are_there(written):
    assert {path.name for path in GENERATED.iterdir()} == set(written), f"run `{COMMAND}`"


@pytest.mark.parametrize(
    "name",
    ["facts.md", "commands.md", "files.md", "records.md", "statements.md", "plan-schema.json"],
)
def test_a_page_is_up_to_date(name, written):
    stale = (GENERATED / name).read_text(encoding="utf-8") != written[name]
    assert not stale, f"{name} is out of date; run `{COMMAND}`"


def test_every_fact_command_and_statement_has_its_place(written):
    edition = bundled()
    assert all(f"### `{fact}`" in written["facts.md"] for fact in edition.facts)
    shown = [
        c.name or c.callback.__name__.rstrip("_") for c in app.registered_commands if not c.hidden
    ]
    assert all(f"## `consilium {name}`" in written["commands.md"] for name in shown)
    ids = [*edition.positions, *edition.approvals, *edition.care, *edition.giving, *edition.trials]
    assert [name for name in ids if f"`{name}`" not in written["statements.md"]] == []


def test_a_plan_has_the_keys_of_its_schema(written):
    edition = bundled()
    case = next(case for case in edition.cases() if case.example == "yes")
    patient = patient_from_mapping(case.patient, edition, case.id)
    made = json.loads(to_json(planning.plan(patient, edition, as_of=case.as_of.last, region="US")))
    definitions = json.loads(written["plan-schema.json"])["$defs"]
    assert set(made) == set(definitions["Plan"]["properties"]) == set(Plan.__struct_fields__)
    assert all(set(o) <= set(definitions["Option"]["properties"]) for o in made["options"])
