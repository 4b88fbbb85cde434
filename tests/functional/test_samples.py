"""Public sample records: exactly the facts that a person finds in them, and nothing invented.

The expectations were labelled by hand from the records. The samples are kept beside the
repository and are skipped, by name, where there are none.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest
from tests.unit.intake.an_edition import an_edition

from consilium.clinical.patient import Status
from consilium.intake import read_patient

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "../shared/samples/fhir"
MCODE = "mcode-stu4-examples"
SYNTHEA = "synthea-mcode"

pytestmark = pytest.mark.samples


class Expected(NamedTuple):
    """What a record says: its facts, its therapies, and words that the lists must hold."""

    facts: Mapping[str, object] = MappingProxyType({})
    therapies: tuple[tuple[tuple[str, ...], str, str], ...] = ()
    not_understood: tuple[str, ...] = ()
    discordant: tuple[str, ...] = ()


def of_breast(**facts: object) -> dict[str, object]:
    return {"sex": "female", "primary_cancer": "breast", **facts}


def counts(haemoglobin: float, platelets: float) -> dict[str, object]:
    return {"haemoglobin": haemoglobin, "platelets": platelets}


# Synthea gives the neutrophils as several hundred 10*3/uL. Where no leukocyte count of the same
# day betrays them, only the range that the edition declares for the fact can refuse them.
def neutrophils(value: float) -> dict[str, object]:
    return {"anc": value} if value <= an_edition().facts["anc"].high else {}


HR_POSITIVE = {"er_status": "positive", "pr_status": "positive"}
HER2_NEGATIVE = {"her2_status": "negative", "her2_ish": "not-amplified"}

EXPECTED = {
    f"{MCODE}/Bundle-mcode-patient-bundle-jenny-m.json": Expected(
        of_breast(
            setting="early",
            er_status="positive",
            pr_status="negative",
            her2_status="negative",
            ecog_ps=0,
        ),
        (
            (("cyclophosphamide", "doxorubicin", "paclitaxel"), "unknown", ""),
            (("anastrozole",), "unknown", "response"),
        ),
        ("somatic PALB2", "3000 10*3/uL", "region studied: BRCA1, BRCA2"),
        ("stage IIIC and stage IIB", "recorded as active although anastrozole"),
    ),
    "trial-matching/TrialMatching_Patient01.json": Expected(
        of_breast(
            setting="advanced",
            visceral_metastases="yes",
            **HR_POSITIVE,
            her2_status="negative",
            microsatellites="unstable",
            esr1="mutated",
            pik3ca="mutated",
            ecog_ps=1,
        ),
        ((("abemaciclib", "fulvestrant", "leuprolide", "ribociclib"), "unknown", ""),),
        ("axillary lymph nodes",),
        ("abemaciclib recorded as active although",),
    ),
    f"{SYNTHEA}/Azalee124*.json": Expected(
        of_breast(
            setting="advanced",
            **HR_POSITIVE,
            **HER2_NEGATIVE,
            **counts(15.131, 317.25),
            **neutrophils(450230),
        ),
        ((("epirubicin",), "advanced", ""),),
        ("Acute myeloid leukemia", "Estrogen+Progesterone", "Ibuprofen"),
    ),
    f"{SYNTHEA}/Katherine209*.json": Expected(
        of_breast(
            setting="advanced",
            er_status="positive",
            pr_status="negative",
            **HER2_NEGATIVE,
            **counts(13.933, 232.37),
        ),
        ((("paclitaxel",), "advanced", ""),),
    ),
    f"{SYNTHEA}/Domitila545*.json": Expected(
        of_breast(
            setting="advanced",
            **HR_POSITIVE,
            **HER2_NEGATIVE,
            **counts(16.337, 248.91),
            **neutrophils(382960),
        ),
        (
            (("paclitaxel",), "advanced", "progression"),
            (("exemestane", "ribociclib"), "advanced", ""),
        ),
    ),
    f"{SYNTHEA}/Lasonya941*.json": Expected(
        of_breast(
            setting="advanced",
            **HR_POSITIVE,
            her2_status="positive",
            her2_ish="amplified",
            **counts(15.149, 223.58),
        ),
        (
            (("paclitaxel",), "advanced", "response"),
            (("doxorubicin",), "advanced", "progression"),
            (("abemaciclib", "tamoxifen", "trastuzumab"), "advanced", ""),
        ),
    ),
    f"{SYNTHEA}/Alena861*.json": Expected(
        of_breast(
            setting="early",
            er_status="negative",
            pr_status="negative",
            **HER2_NEGATIVE,
            **counts(17.394, 309.16),
        ),
        ((("paclitaxel",), "unknown", ""),),
        ("Febrile neutropenia", "Neutrophils"),
    ),
    f"{SYNTHEA}/Nakia544*.json": Expected(
        of_breast(
            setting="early",
            er_status="negative",
            pr_status="positive",
            **HER2_NEGATIVE,
            **counts(17.039, 341.63),
        ),
        ((("doxorubicin", "tamoxifen"), "unknown", ""),),
    ),
    f"{SYNTHEA}/Anna632*.json": Expected(of_breast(**counts(16.519, 305.13)), (), ("Yaz",)),
    f"{MCODE}/Condition-primary-cancer-condition-breast.json": Expected(
        {"primary_cancer": "breast", "setting": "early"}
    ),
    f"{MCODE}/Condition-secondary-cancer-condition-brain-mets.json": Expected(
        {"setting": "advanced"}, (), ("Secondary malignant neoplasm of brain",)
    ),
    f"{MCODE}/Observation-genomic-variant-germline-deletion.json": Expected(
        {}, (), ("germline BRCA1: Present",)
    ),
    f"{MCODE}/Observation-genomic-variant-somatic-single-nucleotide.json": Expected(),
    f"{MCODE}/Observation-history-of-cancer-metastatic-to-liver.json": Expected(
        {"setting": "advanced"}
    ),
    f"{MCODE}/Observation-no-history-of-metastatic-cancer.json": Expected(
        {}, (), ("no history of metastatic cancer",)
    ),
    f"{MCODE}/Observation-tnm-clinical-stage-group-3c.json": Expected({"setting": "early"}),
    f"{MCODE}/Observation-tnm-clinical-distant-metastases-category-cM0.json": Expected(),
    f"{MCODE}/Observation-ecog-performance-status-fully-active.json": Expected({"ecog_ps": 0}),
    f"{MCODE}/Observation-karnofsky-performance-status-normal-activity.json": Expected(
        {}, (), ("Karnofsky",)
    ),
    f"{MCODE}/Observation-lab-result-observation-hemoglobin.json": Expected({"haemoglobin": 13.5}),
    f"{MCODE}/Observation-us-core-observation-lab-neutrophils-jenny-m.json": Expected(
        {}, (), ("3000 10*3/uL",)
    ),
    f"{MCODE}/Patient-cancer-patient-eve-anyperson.json": Expected({"sex": "female"}),
    f"{MCODE}/MedicationAdministration-*-doxorubicin-jenny-m.json": Expected(
        {}, ((("doxorubicin",), "unknown", ""),)
    ),
    f"{MCODE}/MedicationRequest-*-cisplatin-stopped.json": Expected(
        {}, ((("cisplatin",), "unknown", ""),)
    ),
    f"{MCODE}/MedicationRequest-*-gefitinib.json": Expected(
        {}, (((), "unknown", ""),), ("gefitinib 250 MG Oral Tablet",)
    ),
}


def read(pattern: str):
    found = sorted(SAMPLES.glob(pattern)) if SAMPLES.is_dir() else []
    if not found:
        pytest.skip(f"no sample record {pattern}")
    (path,) = found
    return read_patient(path.read_bytes(), an_edition(), where=path.name)


@pytest.mark.parametrize("pattern", EXPECTED)
def test_exactly_the_facts_of_the_record_are_found(pattern):
    case, expected = read(pattern), EXPECTED[pattern]
    assert {name: one.value for name, one in case.entered.items()} == expected.facts
    assert all(one.status is Status.KNOWN for one in case.entered.values())
    found = tuple((one.drugs, one.setting, one.outcome) for one in case.therapies.therapies)
    assert found == expected.therapies
    assert not case.therapies.complete
    listed = "\n".join(one.what for one in case.not_understood)
    assert all(words in listed for words in expected.not_understood), listed
    said = [one.says for one in case.discordant]
    assert len(said) == len(expected.discordant)
    assert all(any(words in one for one in said) for words in expected.discordant), said


@pytest.mark.parametrize("pattern", EXPECTED)
def test_every_fact_says_where_it_came_from_and_what_is_left_out_is_a_short_list(pattern):
    case = read(pattern)
    assert all(one.origin.where and one.origin.rule for one in case.entered.values())
    assert all(one.origin and one.origin.where for one in case.therapies.therapies)
    assert len(case.not_understood) <= 12
    assert all(one.where and one.what and one.why for one in case.not_understood)


def test_no_sample_gives_an_unexpected_error():
    """Every JSON file of the samples is read, or refused in words; most are no patients."""
    if not SAMPLES.is_dir():
        pytest.skip("no sample records")
    from consilium.clinical.patient import PatientError

    for path in sorted(SAMPLES.rglob("*.json")):
        try:
            read_patient(path.read_bytes(), an_edition(), where=path.name)
        except PatientError as problem:
            assert str(problem).startswith(path.name)
