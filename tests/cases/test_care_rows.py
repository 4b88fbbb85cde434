"""Every row of the tables on changing a dose: encoded, or the reason why not.

The tables are those of the evidence on each drug. A row is named as the source
names it; behind it stand the statements that hold it, or the reason that
nothing does.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pytest

from consilium.care.sheet import care_sheet
from consilium.care.statements import Care
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import EventRule, Gate, Silence
from consilium.knowledge.records import Region
from consilium.rules.completions import Patient

EDITION = Edition.bundled()

SG, DATO, TDXD = "sacituzumab-govitecan", "datopotamab-deruxtecan", "trastuzumab-deruxtecan"
SAC, OLA, TALA, PEMBRO = "sacituzumab-tirumotecan", "olaparib", "talazoparib", "pembrolizumab"


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


VERIFIED = (
    held(SG, "day 1 count", "us-anc-day-1"),
    held(SG, "day 8 count", "us-anc-day-8"),
    held(SG, "neutropenic fever: hold", "us-2025-neutropenia"),
    held(SG, "neutropenia 3-4 or febrile, US 2025", "us-2025-neutropenia"),
    held(SG, "severe neutropenia, EU", "eu-severe-neutropenia"),
    held(SG, "severe neutropenia, older US", "us-before-2025-neutropenia"),
    held(SG, "diarrhoea 3-4 not controlled", "us-diarrhoea"),
    held(SG, "diarrhoea, first step and loperamide", "us-diarrhoea-first-step"),
    held(SG, "early cholinergic diarrhoea", "us-cholinergic"),
    held(SG, "nausea or vomiting 3-4 not controlled", "us-nausea-vomiting"),
    held(SG, "nausea or vomiting 3-4 on the day", "us-nausea-vomiting-on-the-day"),
    held(SG, "infusion reaction 1-3", "us-infusion-reaction-1-3"),
    held(SG, "infusion reaction 4", "us-infusion-reaction-4"),
    held(
        SG, "infusion reaction, EU", "eu-infusion-reaction", "eu-infusion-reaction-life-threatening"
    ),
    held(SG, "dose levels", "us-dose"),
    held(SG, "UGT1A1 poor metaboliser", "us-ugt1a1-poor", "genotypes"),
    held(
        SG, "UGT1A1 inhibitors, inducers, atazanavir", "us-ugt1a1-inhibitors", "us-ugt1a1-inducers"
    ),
    held(SG, "hepatic mild", "us-hepatic-mild"),
    held(SG, "hepatic moderate or severe", "us-hepatic-more"),
    held(SG, "renal", "us-renal-30-89", "us-renal-below-30"),
    held(DATO, "ILD suspected", "eu-ild-suspected"),
    held(DATO, "ILD grade 1", "eu-ild-grade-1", "ch-ild-grade-1"),
    held(DATO, "ILD grade 2 or worse", "eu-ild-grade-2", "ch-ild-grade-2"),
    held(
        DATO,
        "infusion reaction, EU",
        "eu-infusion-reaction",
        "eu-infusion-reaction-life-threatening",
    ),
    held(DATO, "dose levels and caps", "us-dose"),
    held(
        DATO,
        "hepatic and renal",
        "hepatic-mild",
        "hepatic-moderate",
        "hepatic-no-dose",
        "renal-30-89",
        "renal-below-30",
    ),
    held(TDXD, "ILD grade 1", "us-ild-grade-1"),
    held(TDXD, "ILD grade 2 or worse", "us-ild-grade-2"),
    held(TDXD, "neutropenia 3", "us-neutropenia-3"),
    held(TDXD, "neutropenia 4", "neutropenia-4"),
    held(TDXD, "febrile neutropenia, interruption", "febrile-neutropenia"),
    held(TDXD, "thrombocytopenia 3", "us-thrombocytopenia-3"),
    held(TDXD, "LVEF above 45, fall 10-20", "us-lvef-above-45"),
    held(TDXD, "LVEF 40-45, fall below 10", "us-lvef-40-small-fall"),
    held(TDXD, "LVEF 40-45, fall 10-20", "us-lvef-40-fall"),
    held(TDXD, "LVEF below 40 or fall above 20", "us-lvef-low"),
    held(TDXD, "symptomatic heart failure", "us-heart-failure"),
    held(TDXD, "infusion symptoms", "infusion-symptoms"),
    held(TDXD, "severe infusion reaction", "us-infusion-severe"),
    held(TDXD, "no fixed count gate", "us-blood-counts"),
    held(TDXD, "dose levels", "us-dose"),
    held(
        TDXD,
        "hepatic and renal",
        "hepatic-mild",
        "hepatic-moderate",
        "hepatic-3-times",
        "us-renal",
        "ch-renal-dose",
        "ch-renal",
    ),
    held(TDXD, "CYP3A and OATP1B inhibitors", "ch-cyp3a"),
    held(OLA, "haematological harm of earlier chemotherapy", "eu-counts-recovered"),
    held(OLA, "severe haematological harm", "eu-severe-haematological"),
    held(OLA, "dose levels", "us-dose"),
    held(OLA, "renal", "us-renal-dose", "ch-renal-mild", "ch-renal-severe"),
    held(
        OLA,
        "CYP3A inhibitors and inducers",
        "us-strong-inhibitor-dose",
        "us-moderate-inhibitor-dose",
        "cyp3a-inducers",
    ),
    held(OLA, "hepatic mild or moderate", "hepatic-mild-moderate"),
    held(TALA, "haemoglobin", "us-haemoglobin", "no-haemoglobin"),
    held(TALA, "platelets", "us-platelets", "no-platelets", "ca-platelets"),
    held(TALA, "neutrophils", "us-neutrophils", "no-neutrophils"),
    held(TALA, "non-haematological 3-4", "us-non-haematological", "no-non-haematological"),
    held(TALA, "haematological harm of earlier therapy", "ch-counts-recovered"),
    held(TALA, "MDS or AML confirmed", "ch-marrow"),
    held(TALA, "dose levels", "us-dose"),
    held(TALA, "renal", "us-renal-30-59", "us-renal-15-29", "renal-60", "renal-not-studied"),
    held(
        TALA,
        "P-gp and BCRP inhibitors",
        "us-p-gp-dose",
        "no-p-gp-dose",
        "ca-p-gp-inhibitors",
        "my-p-gp-inhibitors",
        "bcrp-inhibitors",
    ),
    held(TALA, "hepatic", "us-hepatic"),
    held(PEMBRO, "pneumonitis", "us-pneumonitis-2", "us-pneumonitis-3"),
    held(PEMBRO, "colitis", "us-colitis-2", "us-colitis-4"),
    held(PEMBRO, "hepatitis", "us-hepatitis-hold", "us-hepatitis-stop"),
    held(PEMBRO, "endocrinopathy", "us-endocrinopathy"),
    held(PEMBRO, "nephritis", "us-nephritis-2", "us-nephritis-4"),
    held(PEMBRO, "exfoliative skin reaction", "us-skin-suspected", "us-skin-confirmed"),
    held(PEMBRO, "myocarditis", "us-myocarditis"),
    held(PEMBRO, "neurological", "us-neurological-2", "us-neurological-3"),
    held(PEMBRO, "infusion reaction", "us-infusion-1-2", "us-infusion-3-4"),
    held("capecitabine", "renal", "us-renal-30-50", "us-renal-below-30"),
    held("capecitabine", "DPD", "us-dpd-complete-dose", "us-dpd-partial-dose", "us-dpyd-test"),
    held("capecitabine", "warfarin, phenytoin", "us-vitamin-k-antagonists", "us-phenytoin"),
    held("eribulin", "hold", "us-gate-day-1", "us-gate-day-8", "us-non-haematological"),
    held("eribulin", "levels and notations", "us-dose", "eu-dose"),
    held("eribulin", "hepatic and renal", "us-child-pugh-a", "us-child-pugh-b", "us-renal-15-49"),
    held("nab-paclitaxel", "count at the start", "us-gate"),
    held("nab-paclitaxel", "hepatic", "us-bilirubin-2", "us-bilirubin-5", "us-hepatic-stop"),
    held("nab-paclitaxel", "first reduction", "us-dose"),
    held("docetaxel", "count", "gate"),
    held("docetaxel", "levels", "dose"),
    held("docetaxel", "hepatic", "us-bilirubin-dose", "transaminases"),
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


@pytest.mark.parametrize("row", VERIFIED, ids=lambda row: f"{row.drug}: {row.row}")
def test_a_verified_row_is_encoded_for_its_own_drug(row: Row) -> None:
    for name in row.held_by:
        statement = EDITION.giving.get(name) or EDITION.care.get(name)
        assert statement is not None, f"{name} is missing"
        assert not isinstance(statement, Silence)
        assert statement.drug == row.drug


@pytest.mark.parametrize("row", NOT_VERIFIED, ids=lambda row: f"{row.drug}: {row.row}")
def test_a_row_that_was_not_read_says_so_and_why(row: Row) -> None:
    listed = {entry.id: entry for entry in EDITION.contents.not_verified}
    for name in row.held_by:
        silence = EDITION.giving[name]
        assert isinstance(silence, Silence)
        assert silence.drug == row.drug
        assert silence.listed and all(listed[entry].why for entry in silence.listed)


def test_no_row_belongs_to_two_drugs() -> None:
    owners: dict[str, str] = {}
    for row in (*VERIFIED, *NOT_VERIFIED):
        for name in row.held_by:
            assert owners.setdefault(name, row.drug) == row.drug


def test_every_gate_and_event_rule_stands_in_the_table() -> None:
    named = {name for row in VERIFIED for name in row.held_by}
    rules = {s.id for s in EDITION.giving.values() if isinstance(s, EventRule | Gate)}
    assert rules - named == set()


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
