"""A patient from bytes: our own JSON or FHIR R4, told apart by what is in them."""

from __future__ import annotations

import msgspec

from consilium.clinical.dates import Day
from consilium.clinical.patient import NotUnderstood, PatientCase, PatientError
from consilium.intake.decoding import Unreadable, decode, undisturbed
from consilium.intake.plain import patient_from_mapping
from consilium.intake.vocabulary import HasVocabulary


def read_patient(
    data: bytes,
    edition: HasVocabulary,
    *,
    where: str = "input",
    decision_date: Day | None = None,
) -> PatientCase:
    """A patient case from a file, a request or a form.

    ``where`` names the input in messages; ``decision_date`` counts where the
    input gives none. Raises ``PatientError``, and nothing else, for whatever
    cannot be read.
    """
    with undisturbed():
        return _read(data, edition, where, decision_date)


def _read(
    data: bytes, edition: HasVocabulary, where: str, decision_date: Day | None
) -> PatientCase:
    try:
        decoded = decode(data)
    except Unreadable as problem:
        raise PatientError(f"{where}: {problem}") from None
    first = decoded.values[0]
    if not isinstance(first, dict):
        found = "a list" if isinstance(first, list) else "a single value"
        raise PatientError(
            f"{where}: it is {found}; a patient is one mapping of facts, or a FHIR resource"
        )
    if "resourceType" not in first:
        return patient_from_mapping(first, edition, where, decision_date=decision_date)
    # only a record needs the reader of records, which takes a while to import
    from consilium.intake.fhir import patient_from_fhir  # noqa: PLC0415
    from consilium.intake.fhir.answers import is_answered, patient_from_answers  # noqa: PLC0415

    if is_answered(first):
        return patient_from_answers(first, edition, where, decision_date=decision_date)
    try:
        case = patient_from_fhir(decoded.values, edition, where, decision_date=decision_date)
    except PatientError as problem:
        said = str(problem)
        raise PatientError(said if said.startswith(where) else f"{where}: {said}") from None
    broken = [
        NotUnderstood(f"line {n}", "a line that cannot be read", why) for n, why in decoded.broken
    ]
    return _with(case, broken)


def _with(case: PatientCase, more: list[NotUnderstood]) -> PatientCase:
    understood = (*case.not_understood, *more)
    return msgspec.structs.replace(case, not_understood=understood) if more else case
