"""Whole registries and single records: what `cohort` and a record's call cost."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from datetime import date
from functools import partial
from statistics import median, quantiles
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.invented_records import invented_line, invented_long_line
from benchmarks.measuring import Row, cpu_seconds
from consilium.clinical.dates import Day
from consilium.intake import read_patient
from consilium.intake.fhir.bulk import Block, BulkReader
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning import plan
from consilium.population.alike import Parts
from consilium.population.coding import Coded
from consilium.population.engine import Engine
from consilium.population.engines import conditions_of
from consilium.population.synthetic import synthetic_blocks
from consilium.rules.columns import PackedConditions
from consilium.rules.facts import Between, ChoiceKind, Holding, Kind, Known, MembersKind, OneOf

_PATIENTS = 200_000
_GOAL_PLANS = 5_000
_GOAL_SMALL = 25_000
_GOAL_MS = 50
_DAY = date(2026, 11, 20)
_RECORDS = 100_000
_AT_A_TIME = 4_000
_RECORD_BYTES = 450 * 1024
_CALLS = 40


def registries(edition: Edition) -> Iterator[Row]:
    """One prefetch of 450 KiB, plans as `cohort` makes them, and small bundles."""
    yield _prefetch(edition)
    engine = Engine(edition, _DAY, Region.US)
    blocks = list(synthetic_blocks(_PATIENTS, 1))

    def run() -> None:
        for block in blocks:
            engine.frame(block)

    pace = _PATIENTS / cpu_seconds(run)
    yield Row(
        benchmark="a registry",
        subject=f"consilium, cohort, {_PATIENTS} invented patients, from an empty start",
        figure=pace,
        unit="patients a CPU second",
        goal=f"at least {_GOAL_PLANS}",
        met=pace >= _GOAL_PLANS,
        note=f"{1 - engine.computed / engine.patients:.0%} shared a computation",
    )
    small = _bundle(13)
    yield from _records("no two alike", edition, _invented())
    alike = [[[small]] * _AT_A_TIME for _ in range(_RECORDS // _AT_A_TIME)]
    yield from _records(f"all alike, {len(small) / 1024:.1f} KiB", edition, iter(alike))


def _prefetch(edition: Edition) -> Row:
    """Records of one call, no two alike, as a server has it: what it read at its start stays."""
    large = [invented_long_line(random.Random(6 + n), _RECORD_BYTES) for n in range(_CALLS)]
    _one(large[0], edition)
    gc.collect()
    gc.freeze()
    times = [1000 * cpu_seconds(partial(_one, record, edition)) for record in large]
    gc.unfreeze()
    slowest = quantiles(times, n=20)[-1]
    return Row(
        benchmark="one record",
        subject=f"consilium, {len(large[0]) / 1024:.0f} KiB to plan, 19 of 20 under",
        figure=slowest,
        unit="ms CPU",
        goal=f"under {_GOAL_MS}",
        met=slowest < _GOAL_MS,
        note=f"median {median(times):.1f}",
    )


def _invented() -> Iterator[list[list[bytes]]]:
    rng = random.Random(5)
    for start in range(0, _RECORDS, _AT_A_TIME):
        yield [[invented_line(rng, start + n)] for n in range(_AT_A_TIME)]


def _records(kind: str, edition: Edition, blocks: Iterator[list[list[bytes]]]) -> Iterator[Row]:
    """Small bundles from an empty start: read and asked every condition, and read and planned."""
    engine = Engine(edition, _DAY, Region.US)
    reader = BulkReader(engine.coding.vocabulary, Day(_DAY.isoformat()))
    conditions = PackedConditions(edition.model, conditions_of(engine.knowledge))
    reader.scanner.scan([])  # what is compiled is compiled once for all runs
    size = total = 0
    asking = planning = 0.0
    for records in blocks:
        read: list[Block] = []
        asking += cpu_seconds(lambda: read.append(reader.read(records)))  # noqa: B023
        coded = engine.coding.records(read)
        asking += cpu_seconds(
            lambda: conditions.answer(_columns(engine.coding.records(read), engine.parts))  # noqa: B023
        )
        planning += cpu_seconds(lambda: engine.plan(coded))  # noqa: B023
        size += len(records)
        total += sum(len(line) for lines in records for line in lines)
    name = f"{size} bundles, {kind}, {total / size / 1024:.1f} KiB"
    share = f"{reader.read_alone / size:.2%} were read on their own"
    for done, seconds, goal, note in (
        ("read, and asked every condition", asking, _GOAL_SMALL, share),
        (
            "read and planned",
            asking + planning,
            _GOAL_PLANS,
            f"{1 - engine.computed / engine.patients:.0%} shared a computation",
        ),
    ):
        yield Row(
            benchmark="a registry",
            subject=f"consilium, {name}, {done}",
            figure=size / seconds,
            unit="patients a CPU second",
            goal=f"at least {goal}",
            met=size / seconds >= goal,
            note=note,
        )


def _columns(coded: Coded, parts: Parts) -> dict[str, NDArray[Any]]:
    """What is known of each patient as columns that conditions are asked over."""
    found: dict[str, NDArray[Any]] = {}
    for fact, codes in coded.columns.items():
        alphabet = parts.alphabets[fact]
        for name, values in _table(fact, alphabet.kind, alphabet.known).items():
            found[name] = values[codes]
    return found


def _table(fact: str, kind: Kind, known: list[Known | None]) -> dict[str, NDArray[Any]]:
    match kind:
        case ChoiceKind(values):
            words = [next(iter(k.values)) if isinstance(k, OneOf) else "" for k in known]
            places = [values.index(w) if w else -1 for w in words]
            return {fact: np.array(places, np.int16)}
        case MembersKind(members):
            return {
                f"{fact}:{m}": np.array(
                    [
                        -1 if not isinstance(k, Holding) or m in k.may_have else int(m in k.has)
                        for k in known
                    ],
                    np.int8,
                )
                for m in members
            }
    ends = [(k.low, k.high) if isinstance(k, Between) else (np.nan, np.nan) for k in known]
    low, high = np.array(ends, np.float64).reshape(-1, 2).T
    return {f"{fact}:low": low, f"{fact}:high": high}


def _one(data: bytes, edition: Edition) -> None:
    case = read_patient(data, edition, decision_date=Day(_DAY.isoformat()))
    plan(case, edition, as_of=_DAY)


_CODES = (("16112-5", "260385009"), ("16113-3", "260385009"), ("48676-1", "260385009"))


def _bundle(observations: int) -> bytes:
    """One patient with so many observations, most of them laboratory values."""
    subject = {"reference": "Patient/p1"}
    loinc, snomed = "http://loinc.org", "http://snomed.info/sct"
    bodies: list[dict[str, object]] = [
        {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1966-02-03"},
        {
            "resourceType": "Condition",
            "id": "c1",
            "subject": subject,
            "code": {"coding": [{"system": snomed, "code": "254837009"}]},
        },
    ]
    for n in range(observations):
        marker = n < len(_CODES)
        code, value = _CODES[n] if marker else ("751-8", "")
        said: dict[str, object] = (
            {"valueCodeableConcept": {"coding": [{"system": snomed, "code": value}]}}
            if marker
            else {"valueQuantity": {"value": 2 + n % 5, "unit": "10*3/uL", "code": "10*3/uL"}}
        )
        bodies.append(
            {
                "resourceType": "Observation",
                "id": f"o{n}",
                "status": "final",
                "subject": subject,
                "effectiveDateTime": f"20{10 + n % 16:02}-{1 + n % 12:02}-{1 + n % 28:02}",
                "code": {"coding": [{"system": loinc, "code": code}]},
                **said,
            }
        )
    entries = [{"resource": body} for body in bodies]
    return msgspec.json.encode({"resourceType": "Bundle", "type": "collection", "entry": entries})
