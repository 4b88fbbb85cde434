"""The worked cases of the edition as patients that can be planned."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from consilium.clinical.patient import PatientCase, PatientError
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning import plan


class Case(NamedTuple):
    """A patient with the day and the region that a case is worked for."""

    id: str
    patient: PatientCase
    as_of: date
    region: Region


def worked_cases(edition: Edition) -> tuple[Case, ...]:
    """Every case that gets a plan; those that are refused or contradict themselves are left out."""
    found = []
    for worked in edition.cases():
        region = Region(worked.region)
        try:
            patient = patient_from_mapping(worked.patient, edition, worked.id)
            made = plan(patient, edition, as_of=worked.as_of.last, region=region)
        except PatientError:
            continue
        if made.refusal is None:
            found.append(Case(worked.id, patient, worked.as_of.last, region))
    return tuple(found)
