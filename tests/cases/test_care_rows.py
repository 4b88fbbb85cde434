"""Every row of the tables on changing a dose: encoded, or the reason why not.

The tables are those of the evidence on each drug. A row is named as the source
names it; behind it stand the statements that hold it, or the reason that
nothing does.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from tests.support.dossier import HERE, verified_rows

from consilium.care.sheet import care_sheet
from consilium.care.statements import Care
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import EventRule, Gate, Silence
from consilium.knowledge.records import Region
from consilium.rules.completions import Patient

EDITION = Edition.bundled()

SG, DATO, TDXD = "sacituzumab-govitecan", "datopotamab-deruxtecan", "trastuzumab-deruxtecan"
SAC, OLA, TALA, PEMBRO = "sacituzumab-tirumotecan", "olaparib", "talazoparib", "pembrolizumab"


SUPPORT = {"atropine", "loperamide", "filgrastim", "pegfilgrastim"}
ROWS: dict[str, dict[str, list[str] | str]] = yaml.safe_load(
    (Path(__file__).parent / "dossier_rows.yaml").read_text("utf-8")
)
NEVER = {never.id for never in EDITION.contents.bedside.never}
OF_PLACE = (  # whose row it is in the files on supportive care; the first that fits counts
    ("alopecia/other/dato_dxd", {DATO}),
    ("alopecia/other/tdxd", {TDXD}),
    ("alopecia/message", {OLA, TALA}),
    ("diarrhoea/dato_dxd", {DATO}),
    ("ild_pneumonitis/deruxtecan_grade_table/suspected", {DATO}),
    ("ild_pneumonitis/deruxtecan_grade_table", {TDXD, DATO}),  # two labels, each its own rows
    ("ild_pneumonitis/ild_history_rules/1", {DATO}),
    ("ild_pneumonitis/sg_with_pembro", {PEMBRO}),
    ("ild_pneumonitis", {TDXD}),
    ("infusion_reactions/dato_dxd", {DATO}),
    ("infusion_reactions/tdxd", {TDXD}),
    ("infusion_reactions/pembrolizumab", {PEMBRO}),
    ("nausea_vomiting/by_agent/trastuzumab_deruxtecan", {TDXD}),
    ("nausea_vomiting/by_agent/datopotamab_deruxtecan", {DATO}),
    ("nausea_vomiting/by_agent/carboplatin", {"carboplatin"}),
    ("nausea_vomiting/by_agent/olaparib", {OLA}),
    ("nausea_vomiting/interaction_traps/olaparib", {OLA}),
    ("neutropenia/definitions/febrile_neutropenia_ctcae", {TDXD}),
    ("ocular_surface/sac_tmt", {SAC}),
    ("ocular_surface", {DATO}),
    ("stomatitis", {DATO}),
    ("", {SG}),
)


def drugs_of(file: str, place: str) -> set[str]:
    """The drug that a row of the evidence speaks of, by its place alone."""
    folder, name = file.split("/")
    if folder == "therapies" and not place.startswith("agents/"):
        return {name.replace("_", "-")}
    if folder == "therapies":
        agent = place.split("/")[1]
        return {"gemcitabine", "carboplatin"} if "_c" in agent else {agent.replace("_", "-")}
    return next(drugs for start, drugs in OF_PLACE if f"{name}/{place}".startswith(start))


class Row(NamedTuple):
    """One row: its drug, what it is about, and what holds it."""

    drug: str
    row: str
    held_by: tuple[str, ...]


def held(drug: str, row: str, *names: str) -> Row:
    """A verified row with the statements that hold it; names are cut by the drug's."""
    return Row(
        drug, row, tuple(name if name.startswith(drug) else f"{drug}-{name}" for name in names)
    )


NOT_VERIFIED = (
    held(SG, "ILD", "silence-ild"),
    held(SG, "stomatitis", "silence-stomatitis"),
    held(SG, "keratitis", "silence-eye"),
    held(SG, "LVEF", "silence-heart"),
    held(SG, "other grade 4, or grade 3 beyond 3 weeks", "silence-other"),
    held(DATO, "keratitis, four rows", "silence-keratitis"),
    held(DATO, "stomatitis, four rows", "silence-stomatitis"),
    held(DATO, "infusion reaction by grade, US", "silence-us-infusion"),
    held(DATO, "neutropenia", "silence-neutropenia"),
    held(DATO, "diarrhoea, nausea, vomiting", "silence-gut"),
    held(DATO, "LVEF", "silence-heart"),
    held(TDXD, "dose after febrile neutropenia", "silence-after-fever"),
    held(TDXD, "thrombocytopenia 4", "silence-thrombocytopenia-4"),
    held(TDXD, "gut and mouth", "silence-gut"),
    held(TDXD, "keratitis", "silence-eye"),
    held(SAC, "the whole label", "silence"),
    held(OLA, "MDS or AML, pneumonitis", "silence-stop"),
    held(OLA, "gut, mouth, heart, eyes", "silence-other"),
    held(PEMBRO, "hepatitis with liver metastases", "silence-liver-metastases"),
    held("vinorelbine", "counts and bilirubin", "silence-dose"),
    held("paclitaxel", "doses and premedication", "silence-dose"),
    held("gemcitabine", "holding rules", "silence-dose"),
    held("carboplatin", "formula and cap", "silence-dose"),
)


@pytest.mark.parametrize(("file", "place"), [(f, p) for f in ROWS for p in ROWS[f]])
def test_a_verified_row_is_held_by_statements_of_its_drug_or_has_its_reason(
    file: str, place: str
) -> None:
    held = ROWS[file][place]
    if isinstance(held, str):
        assert len(held.split()) > 4, "a reason says why"
        return
    assert held
    drugs = set()
    for name in held:
        if name in NEVER:
            continue
        statement = EDITION.giving.get(name) or EDITION.care.get(name)
        assert statement is not None, f"{name} is missing"
        assert not isinstance(statement, Silence)
        drugs.add(statement.drug)
    assert drugs - SUPPORT <= drugs_of(file, place), f"{place} is held by another drug's statement"


@pytest.mark.parametrize("row", NOT_VERIFIED, ids=lambda row: f"{row.drug}: {row.row}")
def test_a_row_that_was_not_read_says_so_and_why(row: Row) -> None:
    listed = {entry.id: entry for entry in EDITION.contents.not_verified}
    for name in row.held_by:
        silence = EDITION.giving[name]
        assert isinstance(silence, Silence)
        assert silence.drug == row.drug
        assert silence.listed and all(listed[entry].why for entry in silence.listed)


def test_every_gate_and_event_rule_stands_in_the_table() -> None:
    named = {name for rows in ROWS.values() for held in rows.values() for name in held}
    rules = {s.id for s in EDITION.giving.values() if isinstance(s, EventRule | Gate)}
    assert rules - named == set()


@HERE
def test_every_verified_row_of_the_evidence_stands_in_the_table() -> None:
    """A row that was dropped from the table, and one that the evidence gained, are both noticed."""
    assert {file: set(rows) for file, rows in ROWS.items()} == verified_rows()


def test_every_statement_on_giving_is_shown_on_some_sheet() -> None:
    """A statement that no sheet shows could change without anybody noticing."""
    unseen = set(EDITION.giving)
    nobody = Patient(EDITION.model, {})
    for day in (date(2024, 6, 1), date(2026, 11, 20)):
        for region in Region:
            care = Care(EDITION, day, region)
            for regimen, found in EDITION.regimens.items():
                if not found.any_of:
                    sheet = care_sheet(care, regimen, nobody)
                    unseen -= {line.statement for part in sheet.parts for line in part.lines}
                    unseen -= {gate.gate for gate in sheet.gates}
    # the amounts stand in the dose itself, and the rule for choosing says the rest
    unseen -= {name for name in unseen if getattr(EDITION.giving[name], "of", "")}
    assert unseen == set()
