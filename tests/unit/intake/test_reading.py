"""Bytes of every kind: what is refused and how, and that nothing else is ever raised."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.intake.an_edition import an_edition

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientCase, PatientError
from consilium.intake import patient_from_mapping, read_patient
from consilium.intake.decoding import DEEPEST_NESTING, LARGEST_INPUT


def read(data, **more):
    return read_patient(data, an_edition(), where="case.json", **more)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b"{", "it is not JSON"),
        (b"setting: advanced", "it is not JSON"),
        (b'{"age": NaN}', "it is not JSON"),
        (b'{"age": Infinity}', "it is not JSON"),
        (b'{"age": 1e400}', "not JSON"),
        (b'{"age": 57, "age": 58}', "`age` is given twice"),
        (b'{"anc": {"value": 1, "value": 2}}', "`value` is given twice"),
        (b'{"sex": "\xff"}', "it is not UTF-8 from byte 9 on"),
        ('{"sex": "weiblich"}'.encode("utf-16"), "it is not UTF-8"),
        (b"[]", "it is a list"),
        (b'"x"', "it is a single value"),
        (b"null", "it is a single value"),
        (b"[" * 200 + b"]" * 200, "nested deeper than 100 levels"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "not JSON|nested deeper"),
        (b"[" * 1_000_000, "not JSON|nested deeper"),
        (b" " * (LARGEST_INPUT + 1), "larger than 20 MB"),
        (b'{"resourceType": 3}', "no FHIR resource"),
        (b'{"resourceType": "Bundle"}', "no FHIR resource"),
        (b'{"setting": "\\ud800"}', "not JSON"),
    ],
)
def test_bytes_that_are_no_patient_are_refused_with_words(data, words):
    with pytest.raises(PatientError, match=words) as refused:
        read(data)
    assert str(refused.value).startswith("case.json")


def test_a_byte_order_mark_is_tolerated():
    assert read(b'\xef\xbb\xbf{"sex": "female"}').entered["sex"].value == "female"


def test_the_deepest_nesting_is_still_read():
    depth = DEEPEST_NESTING - 1
    with pytest.raises(PatientError, match="is not a fact"):
        read(b'{"wibble": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}")


def test_the_decision_date_given_beside_stands_in_for_the_one_left_out():
    day = Day("2026-11-20")
    assert read(b"{}", decision_date=day).decision_date == day
    assert read(b'{"decision_date": "2025-01-01"}', decision_date=day).decision_date == Day(
        "2025-01-01"
    )


def lines(*resources):
    return b"\n".join(json.dumps(one).encode() for one in resources)


def ecog(grade, name="a"):
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "89247-1"}]},
        "valueInteger": grade,
    }


def test_ndjson_is_read_line_by_line_and_a_broken_line_costs_one_entry():
    case = read(lines(ecog(1), {"resourceType": "Patient", "gender": "female"}) + b"\n{broken\n[]")
    assert {name: one.value for name, one in case.entered.items()} == {
        "ecog_ps": 1,
        "sex": "female",
    }
    assert [one.where for one in case.not_understood] == ["line 3", "line 4"]


def test_lines_whose_first_is_no_resource_are_one_broken_json():
    with pytest.raises(PatientError, match="it is not JSON"):
        read(b"{broken\n" + lines(ecog(1)))


# --- nothing but PatientError ------------------------------------------------------------------

FACTS = sorted(an_edition().facts)
KEYS = st.one_of(
    st.sampled_from([*FACTS, "pd_l1", "prior_therapies", "relapsed_on", "decision_date"]),
    st.sampled_from(["value", "unit", "date", "drugs", "setting", "score", "assay", "has"]),
    st.text(max_size=6),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["unknown", "yes", "1+", "2026-01", "1500 /mm3", "paclitaxel", "cps", "22c3"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


def only_patients_and_patient_errors(data):
    try:
        found = read(data)
    except PatientError as problem:
        assert str(problem)
    else:
        assert isinstance(found, PatientCase)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data):
    only_patients_and_patient_errors(data)


@settings(max_examples=300)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_no_json_raises_anything_else(mapping):
    only_patients_and_patient_errors(json.dumps(mapping).encode("utf-8", "surrogatepass"))


@settings(max_examples=200)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_no_mapping_raises_anything_else(mapping):
    try:
        patient_from_mapping(mapping, an_edition())
    except PatientError as problem:
        assert str(problem)


@settings(max_examples=300)
@given(st.data())
def test_no_mutated_record_raises_anything_else(data):
    record = {
        "resourceType": "Bundle",
        "entry": [{"resource": one} for one in (*EVERY_KIND, ecog(1))],
    }
    for _ in range(data.draw(st.integers(1, 4))):
        mutate(record, data)
    only_patients_and_patient_errors(json.dumps(record).encode("utf-8", "surrogatepass"))


def mutate(record, data):
    """Replace one place of a record, chosen by hypothesis, with anything at all."""
    place = record
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 5)) == 0:
            place[key] = data.draw(VALUES)
            return
        # A mutation must not reach the shared records.
        place[key] = inner = json.loads(json.dumps(inner))
        place = inner


def coded(system, code, **more):
    return {"coding": [{"system": system, "code": code}], **more}


LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
EVERY_KIND = (
    {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1960-02-03"},
    {
        "resourceType": "Condition",
        "id": "c",
        "code": coded(SNOMED, "254837009"),
        "onsetDateTime": "2019-01-01",
        "bodySite": [coded(SNOMED, "76752008", text="breast")],
        "stage": [
            {
                "summary": coded("http://cancerstaging.org", "3C"),
                "assessment": [{"reference": "Observation/s"}],
            }
        ],
    },
    {
        "resourceType": "Condition",
        "id": "m",
        "code": coded("http://hl7.org/fhir/sid/icd-10-cm", "C78.7"),
        "extension": [
            {
                "url": "x/mcode-related-primary-cancer-condition",
                "valueReference": {"reference": "Condition/c"},
            }
        ],
        "recordedDate": "2022-03-04",
    },
    {
        "resourceType": "Observation",
        "id": "s",
        "code": coded(SNOMED, "399537006"),
        "valueCodeableConcept": coded(SNOMED, "1222806003"),
        "effectiveDateTime": "2019-01-02T10:00:00Z",
        "focus": [{"reference": "Condition/c"}],
    },
    {
        "resourceType": "Observation",
        "id": "v",
        "status": "final",
        "code": coded(LOINC, "69548-6"),
        "valueCodeableConcept": coded(LOINC, "LA9633-4"),
        "component": [
            {
                "code": coded(LOINC, "48018-6"),
                "valueCodeableConcept": coded("http://www.genenames.org", "HGNC:1100"),
            },
            {
                "code": coded(LOINC, "48002-0"),
                "valueCodeableConcept": coded(LOINC, "LA6683-2"),
            },
            {
                "code": coded(LOINC, "53037-8"),
                "valueCodeableConcept": coded(LOINC, "LA6668-3"),
            },
        ],
    },
    {
        "resourceType": "Observation",
        "id": "d",
        "code": coded(LOINC, "82810-3"),
        "derivedFrom": [{"reference": "Observation/v"}],
        "component": [{"code": coded(LOINC, "53037-8"), "valueString": "Pathogenic"}],
    },
    {
        "resourceType": "Observation",
        "id": "n",
        "code": coded(LOINC, "26499-4"),
        "valueQuantity": {"value": 1.5, "unit": "10*3/uL", "code": "10*3/uL"},
        "effectivePeriod": {"start": "2024-01-02"},
    },
    {
        "resourceType": "Observation",
        "id": "l",
        "code": coded(LOINC, "83052-1", text="PD-L1 CPS"),
        "valueString": "CPS 15, 22C3",
    },
    {
        "resourceType": "Observation",
        "id": "h",
        "code": coded(LOINC, "85319-2"),
        "valueCodeableConcept": coded(LOINC, "LA11841-6", text="1+"),
    },
    {
        "resourceType": "Observation",
        "id": "w",
        "code": coded(LOINC, "97509-4"),
        "effectiveDateTime": "2023-05-01",
        "valueCodeableConcept": coded(SNOMED, "271299001"),
    },
    {
        "resourceType": "MedicationRequest",
        "id": "r",
        "status": "stopped",
        "intent": "order",
        "statusReason": coded(SNOMED, "407563006"),
        "authoredOn": "2023-01-01",
        "medicationReference": {"reference": "#drug"},
        "contained": [
            {"resourceType": "Medication", "id": "drug", "code": coded(RXNORM, "56946")},
        ],
        "extension": [
            {
                "url": "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-procedure-intent",
                "valueCodeableConcept": coded(SNOMED, "363676003"),
            }
        ],
    },
    {
        "resourceType": "MedicationStatement",
        "id": "t",
        "status": "active",
        "effectivePeriod": {"start": "2023-02-01", "end": "2023-09-01"},
        "medicationCodeableConcept": {"text": "capecitabine 500 MG Oral Tablet [Xeloda]"},
    },
)


def test_the_record_that_is_mutated_is_a_good_one():
    case = read(
        json.dumps(
            {"resourceType": "Bundle", "entry": [{"resource": r} for r in EVERY_KIND]}
        ).encode()
    )
    assert {name: one.value for name, one in case.entered.items()} == {
        "sex": "female",
        "primary_cancer": "breast",
        "setting": "advanced",
        "visceral_metastases": "yes",
        "germline_brca": "pathogenic",
        "anc": 1500.0,
        "pd_l1_cps": 15.0,
        "her2_ihc": "1+",
    }
    assert [one.drugs for one in case.therapies.therapies] == [("paclitaxel",), ("capecitabine",)]
