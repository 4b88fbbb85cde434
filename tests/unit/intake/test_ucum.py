"""Units beyond those of the edition, and those of the edition held against UCUM."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.builders import the_edition

from consilium.intake.quantities import (
    NumberError,
    canonical_unit,
    factor_of,
    in_declared_unit,
    units_of,
)
from consilium.intake.ucum import ratio

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "fhir"
# What clinics write, and UCUM reads otherwise or not at all: `G` is the gauss there.
NOT_IN_UCUM = {"G/L": "10*9/L", "lb": "[lb_av]", "lbs": "[lb_av]"}
PAIRS = [
    (fact.id, unit, other)
    for fact in the_edition().facts.values()
    for unit in units_of(fact)
    for other in units_of(fact)
    if canonical_unit(unit) != canonical_unit(other)
]


@pytest.mark.parametrize(("fact", "unit", "other"), PAIRS)
def test_the_table_of_the_edition_agrees_with_ucum(fact: str, unit: str, other: str) -> None:
    units = units_of(the_edition().facts[fact])
    names = [NOT_IN_UCUM.get(one, canonical_unit(one)) for one in (unit, other)]
    found = ratio(*names)
    assert found is not None
    assert float(found) == pytest.approx(units[unit] / units[other], rel=1e-9)


@pytest.mark.parametrize(
    ("fact", "value", "unit", "found"),
    [
        ("weight", "150", "[lb_av]", 68.0388555),
        ("weight", "70000000", "mg", 70),
        ("platelets", "0.2", "10*12/L", 200),
        ("anc", "150000", "/dL", 1.5),
        ("haemoglobin", "0.12", "kg/L", 12),
        ("creatinine_clearance", "3", "L/h", 50),
    ],
)
def test_other_units_of_the_same_thing_are_read(
    fact: str, value: str, unit: str, found: float
) -> None:
    assert in_declared_unit(the_edition().facts[fact], Decimal(value), unit) == pytest.approx(found)


@pytest.mark.parametrize(
    ("fact", "unit"),
    [
        ("haemoglobin", "mmol/L"),
        ("anc", "[iU]/L"),
        ("anc", "%"),
        ("anc", "G"),
        ("platelets", "/[HPF]"),
        ("lvef", "1"),
        ("weight", "Cel"),
        ("weight", "[stone_av]"),
        ("anc", "10*999999999/L"),
        ("anc", "(" * 200),
        ("tmb", "/L"),
        ("bilirubin", "mg/dL"),
    ],
)
def test_units_of_other_things_and_no_units_are_refused(fact: str, unit: str) -> None:
    with pytest.raises(NumberError, match="which is not read here"):
        factor_of(the_edition().facts[fact], unit)


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample records beside the repository")
def test_the_units_of_blood_counts_in_the_samples_are_read() -> None:
    facts = the_edition().facts
    codes = {c.code: fact for fact in facts.values() for c in fact.codes if c.system == "LOINC"}
    wanted = {"anc", "platelets", "haemoglobin", "weight", "lvef"}
    seen = set()
    for path in SAMPLES.rglob("*.json"):
        for body in observations(json.loads(path.read_text())):
            for coding in (body.get("code") or {}).get("coding", ()):
                fact = codes.get(coding.get("code", ""))
                amount = body.get("valueQuantity") or {}
                if fact is not None and fact.id in wanted and "code" in amount:
                    seen.add((fact.id, amount["code"]))
    assert {name for name, _ in seen} >= {"anc", "platelets", "haemoglobin"}
    for name, unit in seen:
        assert factor_of(facts[name], unit) > 0, (name, unit)


def observations(value: object) -> list[dict[str, object]]:
    """Every observation in a document."""
    found: list[dict[str, object]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found += [one] if one.get("resourceType") == "Observation" else []
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found
