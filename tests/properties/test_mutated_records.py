"""Records mutated at random are read in part or refused in words; nothing else ever happens."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.builders import the_edition
from tests.support.records import ordering, prefetch, searchset

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientError
from consilium.intake import read_patient
from consilium.intake.vocabulary import Vocabulary

DECIDED = Day("2026-11-20")
VOCABULARY = Vocabulary.of(the_edition())
JUNK: tuple[object, ...] = (
    None,
    "",
    [],
    {},
    -1,
    1e308,
    True,
    [[[]]],
    {"coding": "x"},
    {"coding": [None, 3, {"code": 5}]},
    "2026-13-45",
    "http://loinc.org",
    {"reference": "#"},
    {"value": "1", "unit": 3},
    {"start": "x", "end": []},
)


def a_record() -> dict[str, Any]:
    entries = [one for one in prefetch().values() if one]
    drafts = ordering("order-sign", "letrozole", "Trodelvy")["context"]["draftOrders"]
    return searchset(*entries, drafts)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in pairs:
            yield (*path, key)
            yield from places(one, (*path, key))


def mutated(rng: random.Random) -> bytes:
    record = a_record()
    for _ in range(rng.randint(1, 6)):
        *steps, last = rng.choice(list(places(record)) or [("entry",)])
        holder: Any = record
        for key in steps:
            holder = holder[key]
        if rng.random() < 0.8:
            # a record inside itself makes it deep and full of the same ids
            holder[last] = copy.deepcopy(record if rng.random() < 0.05 else rng.choice(JUNK))
        else:
            del holder[last]
        if not record:
            break
    data = json.dumps(record).encode()
    if rng.random() < 0.15:
        place = rng.randrange(len(data))
        data = data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
    return data


# --- records as systems write them, that are strange and not broken ------------------------------------

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def entries(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of a Bundle and of the Bundles in it, down to single resources."""
    found: list[dict[str, Any]] = []
    for entry in record["entry"]:
        inner = entry["resource"]
        found += entries(inner) if inner["resourceType"] == "Bundle" else [entry]
    return found


def bodies(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in entries(record)]


def contained(record: dict[str, Any], rng: random.Random) -> None:
    """A resource inside another, which refers to it, to nothing, or to itself."""
    holder, inner = rng.choice(bodies(record)), copy.deepcopy(rng.choice(bodies(record)))
    inner["id"] = "c"
    holder["contained"] = [inner, *([copy.deepcopy(holder)] if rng.random() < 0.2 else [])]
    key = rng.choice(["subject", "focus", "derivedFrom", "partOf", "medicationReference"])
    address = {"reference": rng.choice(["#c", "#", "#none", "#c#c"])}
    holder[key] = address if key in ("subject", "medicationReference") else [address]


def referred(record: dict[str, Any], rng: random.Random) -> None:
    """References in every form, and entries with or without their address."""
    for entry in entries(record):
        body = entry["resource"]
        forms: tuple[dict[str, Any], ...] = (
            {"reference": "Patient/p1"},
            {"reference": "urn:uuid:0b1f6ed2-9c4c-4f9e-8f5e-1d1d1d1d1d1d"},
            {"reference": "https://ehr.example/fhir/Patient/p1/_history/3"},
            {"reference": "urn:oid:1.2.3"},
            {"identifier": {"system": "urn:x", "value": "7"}},
            {"display": "the patient"},
            {"type": "Patient", "identifier": {}},
        )
        body["subject"] = rng.choice(forms)
        if rng.random() < 0.5:
            entry["fullUrl"] = f"urn:uuid:{rng.randrange(3)}"


def absent(record: dict[str, Any], rng: random.Random) -> None:
    """Values that an extension says are absent, beside or in place of the element."""
    body = rng.choice(bodies(record))
    extension = {"extension": [{"url": ABSENT, "valueCode": rng.choice(["unknown", "masked"])}]}
    key = rng.choice(["status", "birthDate", "effectiveDateTime", "valueString", "gender"])
    body[f"_{key}"] = extension
    if rng.random() < 0.7:
        body.pop(key, None)
    code = body.get("code")
    if isinstance(code, dict) and rng.random() < 0.5:
        code["coding"] = [{"_code": extension, "_system": extension}]


def modified(record: dict[str, Any], rng: random.Random) -> None:
    """Modifiers that nobody here knows, and implicit rules."""
    body = rng.choice(bodies(record))
    body["modifierExtension"] = [{"url": "https://ehr.example/not", "valueBoolean": True}]
    if rng.random() < 0.3:
        body["implicitRules"] = "https://ehr.example/rules"


def retracted(record: dict[str, Any], rng: random.Random) -> None:
    """Statuses of all kinds, in the wrong places as well."""
    body = rng.choice(bodies(record))
    word = rng.choice(["entered-in-error", "cancelled", "unknown", "amended", "corrected", "x"])
    body["status"] = word
    if rng.random() < 0.5:
        body["verificationStatus"] = {"coding": [{"code": word}]}
    if rng.random() < 0.3:
        body["doNotPerform"] = True


def dated(record: dict[str, Any], rng: random.Random) -> None:
    """Days long past, yet to come, half told, or with a time of the edge of the world."""
    days = (
        "0001-01-01",
        "1582-10-04",
        "1753",
        "9999-12-31T23:59:60Z",
        "2026-02-30",
        "2026-11-20T24:00:00Z",
        "2026-11-20T10:00:00+14:00",
        "2026-11-20T10:00",
        "20261120",
        "-0044-03-15",
        "2026-11-20T00:00:00.123456789-12:00",
    )
    for _ in range(rng.randint(1, 5)):
        body = rng.choice(bodies(record))
        key = rng.choice(
            ["effectiveDateTime", "onsetDateTime", "authoredOn", "birthDate", "issued"]
        )
        body[key] = rng.choice(days)
        if rng.random() < 0.3:
            body["effectivePeriod"] = {"start": rng.choice(days), "end": rng.choice(days)}
        if rng.random() < 0.3:
            body["meta"] = {"lastUpdated": rng.choice(days)}


WAYS = (contained, referred, absent, modified, retracted, dated)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_strange_records_are_read_in_part_or_refused(way: Any) -> None:
    rng = random.Random(way.__name__)
    for _ in range(60):
        record = a_record()
        for _ in range(rng.randint(1, 3)):
            way(record, rng)
        read_or_refused(json.dumps(record).encode())


@pytest.mark.slow
def test_records_strange_in_many_ways_are_read_in_part_or_refused() -> None:
    rng = random.Random(8)
    for _ in range(3_000):
        record = a_record()
        for way in rng.choices(WAYS, k=rng.randint(1, 6)):
            way(record, rng)
        read_or_refused(json.dumps(record).encode())


def test_what_a_modifier_may_turn_around_is_not_read() -> None:
    record = a_record()
    for body in bodies(record):
        if body["id"] == "her2":
            body["modifierExtension"] = [{"url": "https://ehr.example/not", "valueBoolean": True}]
    case = read_patient(json.dumps(record).encode(), the_edition(), decision_date=DECIDED)
    assert "her2_ihc" not in case.entered and "er_status" in case.entered
    assert any("modifier" in one.why for one in case.not_understood)


def test_what_was_retracted_is_not_read() -> None:
    record = a_record()
    for body in bodies(record):
        if body["id"] in ("her2", "c2"):
            body["status"] = "entered-in-error"
            body["verificationStatus"] = {"coding": [{"code": "entered-in-error"}]}
    case = read_patient(json.dumps(record).encode(), the_edition(), decision_date=DECIDED)
    assert "her2_ihc" not in case.entered and "setting" not in case.entered


def read_or_refused(data: bytes) -> None:
    try:
        case = read_patient(data, VOCABULARY, decision_date=DECIDED)
    except PatientError as refused:
        assert str(refused)
    else:
        assert case.source


def held(size: int, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(size):
        read_or_refused(mutated(rng))


def test_mutated_records_are_read_in_part_or_refused() -> None:
    held(200, seed=4)


@pytest.mark.slow
def test_many_mutated_records_are_read_in_part_or_refused() -> None:
    held(6_000, seed=5)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"resourceType":' * 50_000,
        "\ufeff{}".encode("utf-16"),
        b"\x00" * 1000,
        b'{"resourceType": "Patient", "id": "\xff"}',
    ],
    ids=["deep lists", "deep objects", "UTF-16", "zeros", "Latin-1"],
)
def test_hostile_bytes_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(PatientError) as refused:
        read_patient(data, the_edition())
    assert len(str(refused.value)) < 500
