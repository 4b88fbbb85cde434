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


def held(size: int, seed: int) -> None:
    rng = random.Random(seed)
    vocabulary = Vocabulary.of(the_edition())
    for _ in range(size):
        data = mutated(rng)
        try:
            case = read_patient(data, vocabulary, decision_date=Day("2026-11-20"))
        except PatientError as refused:
            assert str(refused)
        else:
            assert case.source


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
