"""Whole registries and single records: what `cohort` and a record's call cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from statistics import median, quantiles

import msgspec

from benchmarks.measuring import Row, cpu_seconds
from consilium.clinical.dates import Day
from consilium.intake import read_patient
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning import plan
from consilium.population.engine import Engine
from consilium.population.synthetic import synthetic_blocks

_PATIENTS = 200_000
_GOAL_PLANS = 5_000
_GOAL_SMALL = 25_000
_GOAL_MS = 50
_DAY = date(2026, 11, 20)
_SMALL = 3_000
_RECORD_BYTES = 450 * 1024


def registries(edition: Edition) -> Iterator[Row]:
    """Plans as `cohort` makes them, small bundles, and one prefetch of 450 KiB."""
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
    vocabulary = engine.coding.vocabulary

    def read() -> None:
        decided = Day(_DAY.isoformat())
        engine.cases(
            [read_patient(small, vocabulary, decision_date=decided) for _ in range(_SMALL)]
        )

    pace = _SMALL / cpu_seconds(read)
    yield Row(
        benchmark="a registry",
        subject=f"consilium, bundles of {len(small) / 1024:.1f} KiB, read and answered",
        figure=pace,
        unit="patients a CPU second",
        goal=f"at least {_GOAL_SMALL}",
        met=pace >= _GOAL_SMALL,
    )
    large = _bundle(_RECORD_BYTES // (len(small) // 15))
    times = [1000 * cpu_seconds(lambda: _one(large, edition)) for _ in range(40)]
    slowest = quantiles(times, n=20)[-1]
    yield Row(
        benchmark="one record",
        subject=f"consilium, {len(large) / 1024:.0f} KiB to plan, 19 of 20 under",
        figure=slowest,
        unit="ms CPU",
        goal=f"under {_GOAL_MS}",
        met=slowest < _GOAL_MS,
        note=f"median {median(times):.1f}",
    )


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
