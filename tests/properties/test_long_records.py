"""A long record is read as if every value in it were looked at."""

from __future__ import annotations

import json
import random

import pytest
from benchmarks.invented_records import invented_long_line
from tests.properties.test_bulk_records import changed
from tests.support.builders import the_edition

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientCase, PatientError
from consilium.intake import read_patient
from consilium.intake.fhir import observations
from consilium.intake.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of(the_edition())


def read(data: bytes) -> PatientCase | str:
    try:
        return read_patient(data, VOCABULARY, decision_date=Day("2026-11-20"))
    except PatientError as problem:
        return str(problem)


def test_values_that_a_later_one_outdates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(8)
    spared = 0
    for _ in range(60):
        record = json.loads(invented_long_line(rng, rng.choice((6_000, 12_000, 20_000))))
        data = json.dumps(changed(record, rng)).encode()
        monkeypatch.setattr(observations, "_LONG_RECORD", 0)
        made = read(data)
        monkeypatch.setattr(observations, "_LONG_RECORD", 10**9)
        assert made == read(data), data.decode()
        spared += isinstance(made, PatientCase) and "platelets" in made.entered
    assert spared > 20
