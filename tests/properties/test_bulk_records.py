"""Records read in bulk give every fact that the reader of single records gives, and no other."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from benchmarks.invented_records import invented_record
from tests.properties.test_mutated_records import JUNK, WAYS, a_record, mutated, places
from tests.support.builders import the_edition

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientCase, PatientError, Status
from consilium.clinical.therapies import derive_from_therapies
from consilium.fhir.patients import as_mcode
from consilium.intake import patient_from_mapping, read_patient
from consilium.intake.fhir.bulk import Block, BulkReader
from consilium.intake.vocabulary import Vocabulary
from consilium.statistics.kernels import without_numba

SAMPLES = Path(__file__).resolve().parents[2] / "../shared/samples/fhir"
DECIDED = Day("2026-11-20")
VOCABULARY = Vocabulary.of(the_edition())


def told(case: PatientCase) -> dict[str, object]:
    """What a case says of each fact, entered or counted."""
    entered = {fact: (one.status, one.value) for fact, one in case.entered.items()}
    return entered | derive_from_therapies(case, the_edition().profiles)


def read_alone(lines: list[bytes]) -> dict[str, object] | str:
    try:
        return told(read_patient(b"\n".join(lines), VOCABULARY, where="", decision_date=DECIDED))
    except PatientError as problem:
        return str(problem).removeprefix(": ").strip()


def read_in_bulk(block: Block, row: int) -> dict[str, object] | str:
    if row in block.alone:
        case = block.alone[row]
        return case if isinstance(case, str) else told(case)
    found: dict[str, object] = {}
    for place in (block.together[row], block.given[row]):
        if place >= 0:
            found |= told(block.cases[place])
    for fact, numbers in block.numbers.items():
        for value in numbers.values[numbers.rows == row]:
            assert fact not in found
            found[fact] = (Status.KNOWN, float(value))
    for fact, words in block.words.items():
        for place in words.places[words.rows == row]:
            assert fact not in found
            found[fact] = (block.entries[place].status, block.entries[place].value)
    return found


def held(records: list[list[bytes]], reader: BulkReader | None = None) -> Block:
    block = (reader or BulkReader(VOCABULARY, DECIDED)).read(records)
    for row, lines in enumerate(records):
        assert read_in_bulk(block, row) == read_alone(lines), b"\n".join(lines).decode("latin-1")
    return block


def written(record: object, rng: random.Random) -> bytes:
    """One line, in any of the layouts that exporters use."""
    layout = rng.choice(((",", ":"), (", ", ": "), (" ,", " :")))
    return json.dumps(record, separators=layout, ensure_ascii=rng.random() < 0.5).encode()


def changed(record: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The record with a few values moved, lost, or taken from elsewhere in it."""
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        found = list(places(record))
        *steps, last = rng.choice(found)
        holder: Any = record
        for key in steps:
            holder = holder[key]
        other: Any = record
        for key in rng.choice(found):
            other = other[key]
        match rng.randrange(6):
            case 0:
                del holder[last]
            case 1:
                holder[last] = rng.choice(JUNK)
            case 2 | 3:
                holder[last] = json.loads(json.dumps(other))
            case 4:
                days = ("2026", "2025-03", "2027-01-01", "2024-02-29T10:00:00Z", "2024-02-29")
                holder[last] = rng.choice(days)
            case _ if isinstance(record.get("entry"), list):
                rng.shuffle(record["entry"])
        if "entry" not in record:
            break
    return record


def many(size: int, seed: int, *, changes: bool) -> list[list[bytes]]:
    rng = random.Random(seed)
    records = []
    for number in range(size):
        record = json.loads(json.dumps(invented_record(rng, number)))
        if changes:
            record = changed(record, rng)
        if rng.random() < 0.2 and isinstance(record.get("entry"), list):
            # the same resources as lines of their own
            bodies = [e.get("resource") if isinstance(e, dict) else e for e in record["entry"]]
            records.append([written(body, rng) for body in bodies] or [b"{}"])
        else:
            records.append([written(record, rng)])
    return records


def test_invented_records() -> None:
    block = held(many(300, 1, changes=False))
    assert len(block.alone) < 100


def test_changed_records() -> None:
    held(many(300, 2, changes=True))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [10, 11, 15])
def test_many_changed_records(seed: int) -> None:
    reader = BulkReader(VOCABULARY, DECIDED)
    for part in range(4):
        held(many(500, 100 * seed + part, changes=part > 0), reader)


def test_mutated_records() -> None:
    rng = random.Random(3)
    held([[mutated(rng)] for _ in range(150)])


@pytest.mark.samples
def test_sample_records() -> None:
    files = sorted(SAMPLES.rglob("*.json")) if SAMPLES.is_dir() else []
    if not files:
        pytest.skip("the samples are not here")
    held([[path.read_bytes()] for path in files if path.stat().st_size < 400_000])


def test_without_a_compiler_every_record_is_read_on_its_own() -> None:
    records = many(5, 4, changes=False)
    with without_numba():
        assert len(held(records).alone) == len(records)


@pytest.mark.parametrize(
    "text",
    [
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","gender":"male","gender":"female"}}]}',
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","gender":"male","x":{"a":1,"a":2}}}]}',
        b'{"resourceType":"Patient","gender":"male"} {}',
        b'{"resourceType":"Patient","gender":"male",}',
        b'{"resourceType":"Patient","gender":"male","multipleBirthInteger":01}',
        b'{"resourceType":"Patient","gender":"male","x":"\\ud800"}',
        b'{"resourceType":"Patient","gender":"male","x":1e999}',
        b'{"resourceType":"Patient","gender":"male","x":NaN}',
        b'{"resourceType":"Patient","gender":"male","x":"\xff"}',
        b'{"resourceType":"Patient","gender":"male"',
        b'{"resourceType":"Bundle","entry":[]}',
        b"",
    ],
)
def test_what_is_refused_alone_is_refused_in_bulk(text: bytes) -> None:
    good = b'{"resourceType":"Patient","gender":"female","birthDate":"1966-02-03"}'
    block = held([[good], [text], [good]])
    assert list(block.alone) == [1]


def test_what_we_write_ourselves_is_read_in_bulk_as_alone() -> None:
    said = {
        "primary_cancer": "breast",
        "setting": "advanced",
        "presentation": "recurrent",
        "germline_brca": "not-tested",
        "ugt1a1": "*1/*28",
        "pregnancy": "not-pregnant",
        "severe_hypersensitivity": {"has": ["paclitaxel"], "complete": "no"},
        "prior_therapies": [
            {
                "drugs": ["capecitabine"],
                "setting": "advanced",
                "started": "2024-01-08",
                "ended": "2024-08-01",
                "outcome": "response",
                "stopped_for": "progression",
            }
        ],
    }
    none = said | {"severe_hypersensitivity": []}
    cases = [patient_from_mapping(one, the_edition()) for one in (said, none)]
    held([[json.dumps(as_mcode(case, the_edition())).encode()] for case in cases])


def test_strange_records_are_read_in_bulk_as_alone() -> None:
    rng = random.Random(21)
    records = []
    for way in WAYS:
        for _ in range(15):
            record = a_record()
            for _ in range(rng.randint(1, 3)):
                way(record, rng)
            records.append([written(record, rng)])
    held(records)
