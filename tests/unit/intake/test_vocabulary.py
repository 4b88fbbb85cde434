"""Drugs found by the names and codes of records, and units by their spellings."""

from decimal import Decimal

import pytest
from tests.unit.intake.an_edition import an_edition

from consilium.intake.quantities import NumberError, canonical_unit, in_declared_unit
from consilium.intake.vocabulary import Vocabulary

VOCABULARY = Vocabulary(an_edition())


@pytest.mark.parametrize(
    ("name", "drug"),
    [
        ("sacituzumab-govitecan", "sacituzumab-govitecan"),
        ("Sacituzumab Govitecan-hziy", "sacituzumab-govitecan"),
        ("TRODELVY®", "sacituzumab-govitecan"),
        ("SG", "sacituzumab-govitecan"),
        ("IMMU132", "sacituzumab-govitecan"),
        ("fam-trastuzumab deruxtecan-nxki", "trastuzumab-deruxtecan"),
        ("T-DXd", "trastuzumab-deruxtecan"),
        ("datopotamab deruxtecan-dlnk", "datopotamab-deruxtecan"),
        ("Dato-DXd", "datopotamab-deruxtecan"),
        ("skb 264", "sacituzumab-tirumotecan"),
        ("trastuzumab-dkst", "trastuzumab"),
        ("leuprorelin", "leuprolide"),
        ("nab-paclitaxel", "nab-paclitaxel"),
        ("paclitaxal", None),
        ("trastuzumab duocarmazine", None),
        ("", None),
    ],
)
def test_a_drug_goes_by_many_names(name, drug):
    assert VOCABULARY.drug_by_name(name) == drug


@pytest.mark.parametrize(
    ("product", "drugs"),
    [
        ("Paclitaxel 100 MG Injection", ["paclitaxel"]),
        ("paclitaxel 6 MG/ML Injectable Solution [Taxol]", ["paclitaxel"]),
        ("10 ML Doxorubicin Hydrochloride 2 MG/ML Injection", ["doxorubicin"]),
        ("fulvestrant Injectable Product", ["fulvestrant"]),
        ("abemaciclib Oral Product", ["abemaciclib"]),
        ("Verzenio 100 MG Oral Tablet", ["abemaciclib"]),
        ("sacituzumab govitecan-hziy 180 MG Injection [Trodelvy]", ["sacituzumab-govitecan"]),
        ("5 ML hyaluronidase-oysk 2000 UNT/ML / trastuzumab 120 MG/ML Injection", ["trastuzumab"]),
        ("carboplatin + gemcitabine", ["carboplatin", "gemcitabine"]),
        ("paclitaxel protein-bound 100 MG Injection", ["nab-paclitaxel"]),
        ("doxorubicin liposome 2 MG/ML Injection", ["liposomal-doxorubicin"]),
        # A word that makes it another drug names no drug here.
        ("trastuzumab duocarmazine 80 MG Injection", []),
        ("paclitaxel poliglumex", []),
        ("paclitaxel 100 MG Injection [Abraxane]", []),
        ("cisplatin-like agent", []),
        ("SG", ["sacituzumab-govitecan"]),
        ("SG tablets", []),
        ("Ibuprofen 200 MG Oral Tablet", []),
        ("100 MG Oral Tablet", []),
    ],
)
def test_a_product_names_its_drugs_and_no_others(product, drugs):
    found = VOCABULARY.drugs_in(product)
    assert list(found.drugs) == drugs
    assert bool(found.rest) is not bool(drugs)


def test_codes_of_terminologies_lead_to_drugs_and_facts():
    assert VOCABULARY.drug_by_code("RxNorm", "56946") == "paclitaxel"
    assert VOCABULARY.drug_by_code("LOINC", "56946") is None
    assert VOCABULARY.facts_by_code("LOINC", "26499-4") == ("anc",)


@pytest.mark.parametrize("drug", ["pegfilgrastim", "loperamide", "denosumab"])
def test_supportive_medicines_are_told_from_treatment(drug):
    assert VOCABULARY.is_supportive([drug])
    assert not VOCABULARY.is_supportive([drug, "paclitaxel"])


@pytest.mark.parametrize(
    "spellings",
    [
        ["x10^9/L", "10*9/L", "10^9/l", "x10⁹/L", "10E9/L", "× 10*9 / L"],
        ["10*3/uL", "10^3/µL", "K/uL", "k/μl", "thousand/uL", "10*3/mm3"],
        ["/mm3", "/uL", "cells/mm³", "cells/uL", "{cells}/uL", "/cmm", "#/uL"],
        ["g/dL", "g/dl"],
        ["%", "percent", "%{cells}"],
        ["x ULN", "[ULN]", "xULN", "ULN"],
    ],
)
def test_the_spellings_of_a_unit_are_one_unit(spellings):
    assert len({canonical_unit(spelling) for spelling in spellings}) == 1


def test_units_that_differ_stay_apart():
    units = ["g/L", "G/L", "g/dL", "mg/dL", "/uL", "10*3/uL", "10*9/L", "10*6/uL", "mL/min", "%"]
    assert len({canonical_unit(unit) for unit in units}) == len(units)


@pytest.mark.parametrize(
    ("fact", "value", "unit", "expected"),
    [
        ("anc", "1.5", "10*3/uL", 1500),
        ("anc", "0.001", "10*9/L", 1),
        ("platelets", "150000", "/mm3", 150),
        ("haemoglobin", "95", "g/L", 9.5),
        ("ecog_ps", "2", "{score}", 2),
    ],
)
def test_numbers_come_to_the_unit_of_their_fact(fact, value, unit, expected):
    assert in_declared_unit(VOCABULARY.facts[fact], Decimal(value), unit) == expected


@pytest.mark.parametrize(
    ("fact", "value", "unit"),
    [
        ("anc", "55", "%"),
        ("anc", "1.5", ""),
        ("anc", "3000", "10*3/uL"),
        ("bilirubin", "1.2", "mg/dL"),
        ("ecog_ps", "1", "kg"),
        ("ecog_ps", "0.5", ""),
        ("platelets", "150", "g/L"),
    ],
)
def test_numbers_that_cannot_be_are_refused(fact, value, unit):
    with pytest.raises(NumberError):
        in_declared_unit(VOCABULARY.facts[fact], Decimal(value), unit)
