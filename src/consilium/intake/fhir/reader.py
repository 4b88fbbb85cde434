"""One FHIR R4 record as a patient case, by readers in the order in which they need each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from consilium.clinical.dates import Day
from consilium.clinical.patient import NotUnderstood, PatientCase, PatientError, TherapyList
from consilium.intake.fhir.allergies import HYPERSENSITIVITY, severe_hypersensitivity
from consilium.intake.fhir.bundle import Resource, Resources
from consilium.intake.fhir.codes import Concept, concept, items, mappings, words
from consilium.intake.fhir.conditions import ConditionReader, condition_moment
from consilium.intake.fhir.findings import Finding, Harvest, counted, settle
from consilium.intake.fhir.genomics import GenomicsReader
from consilium.intake.fhir.medications import MedicationReader
from consilium.intake.fhir.moments import Moment, first_moment, moment
from consilium.intake.fhir.observations import ObservationReader, moment_of, withdrawn
from consilium.intake.vocabulary import HasVocabulary, Vocabulary

_NEVER_LISTED = ("Patient", "Bundle")
_LISTED_BY_WHAT_THEY_SAY = ("Observation", "Condition", "Procedure")
_RELATIVE = "RelatedPerson/"
_TREATMENT = re.compile(r"\b(?:chemo|immuno|endocrine )therapy\b|antineoplastic", re.IGNORECASE)


def patient_from_fhir(
    values: Iterable[object],
    edition: HasVocabulary,
    where: str = "input",
    *,
    decision_date: Day | None = None,
) -> PatientCase:
    """A patient case from a Bundle, a single resource, or the lines of an NDJSON file.

    Resources are read by their codes, never by the profile they claim. What is
    dated after ``decision_date`` is left out, and the age is counted to it; with
    no decision date no age is computed. No identifier of the patient is kept.
    Raises ``PatientError`` when there is nothing to read, or more than one patient.
    """
    vocabulary = Vocabulary.of(edition)
    harvest = Harvest()
    resources = Resources(values)
    if not resources.all:
        raise PatientError(
            f"{where}: it holds no FHIR resource; a Bundle with entries was expected"
        )
    _leave_out(resources, harvest, decision_date)
    person(resources, harvest, decision_date)
    if resources.names_another:
        why = "resources name a patient who is not the one given; look whether all belong together"
        harvest.not_understood.append(NotUnderstood("Patient.id", "another patient", why))
    extent = ConditionReader(resources, harvest).read()
    GenomicsReader(resources, harvest).read()
    therapies = MedicationReader(vocabulary, resources, harvest, extent).read()
    ObservationReader(vocabulary, resources, harvest).read()
    _point_out_treatments(vocabulary, resources, harvest)
    entered, discordant = settle(harvest.findings, vocabulary.facts)
    severe = severe_hypersensitivity(vocabulary, resources, harvest)
    if severe is not None:
        entered[HYPERSENSITIVITY] = severe
    return PatientCase(
        entered=entered,
        therapies=TherapyList(therapies, complete=False),
        decision_date=decision_date,
        not_understood=(*harvest.listed(), *_left_over(resources, harvest)),
        discordant=(*harvest.discordant, *discordant),
        source="record in FHIR R4",
    )


def person(resources: Resources, harvest: Harvest, decision_date: Day | None) -> None:
    """Sex and age; nothing else of a Patient is looked at."""
    for resource in resources.of("Patient"):
        gender = resource.body.get("gender")
        if gender in ("female", "male"):
            rule = "administrative gender"
            harvest.findings.append(Finding("sex", str(gender), "Patient.gender", None, rule))
        elif gender is not None:
            why = "the administrative gender does not say which sex matters; answer `sex`"
            harvest.not_understood.append(NotUnderstood("Patient.gender", words(gender), why))
        if resource.body.get("deceasedBoolean") is True or "deceasedDateTime" in resource.body:
            why = "a plan is made for the living; look whether the record is the right one"
            harvest.not_understood.append(NotUnderstood("Patient.deceased", "died", why))
        born = moment(resource.body.get("birthDate"))
        if born is None or decision_date is None:
            continue
        youngest = years(born.day.last.isoformat(), decision_date.first.isoformat())
        oldest = years(born.day.first.isoformat(), decision_date.last.isoformat())
        if youngest == oldest and youngest >= 0:
            rule = "completed years on the decision date"
            harvest.findings.append(
                Finding("age", float(youngest), "Patient.birthDate", Moment(decision_date), rule)
            )
        else:
            why = "the dates are not exact enough for an age in years; answer `age`"
            harvest.not_understood.append(NotUnderstood("Patient.birthDate", "age", why))


def years(born: str, on: str) -> int:
    """Completed years between two days, both written as in 2026-01-12."""
    return int(on[:4]) - int(born[:4]) - (on[5:] < born[5:])


def _leave_out(resources: Resources, harvest: Harvest, decision_date: Day | None) -> None:
    """Leave out what must not be read, with the reason for each."""
    kept: list[Resource] = []
    for resource in resources.all:
        why = _why_left_out(resource, decision_date)
        if why:
            harvest.drop(resource, _label(resource), why)
        else:
            kept.append(resource)
    resources.all = kept


def _why_left_out(resource: Resource, decision_date: Day | None) -> str:
    body = resource.body
    if is_modified(body):
        return "it carries a modifier that is not known here and may turn its meaning around"
    # what is said of a parent or a child is not said of the patient
    if (
        _names_a_relative(body.get("subject"))
        or _names_a_relative(body.get("patient"))
        or ("focus" in body and any(map(_names_a_relative, items(body["focus"]))))
    ):
        return "it is about a relative, not the patient"
    if resource.holder is not None and (why := withdrawn(resource.holder)):
        return f"what holds it is {why}"
    if decision_date is not None:
        on = dated(resource)
        if on is not None and on.day.first > decision_date.last:
            return f"dated after the decision of {decision_date}"
    return ""


def _names_a_relative(reference: object) -> bool:
    return isinstance(reference, dict) and _RELATIVE in str(reference.get("reference"))


def is_modified(body: Mapping[str, object]) -> bool:
    """Whether a resource, or a component of it, must not be read by who knows no modifiers."""
    if body.get("modifierExtension"):
        return True
    return "component" in body and any(
        part.get("modifierExtension") for part in mappings(body.get("component"))
    )


def dated(resource: Resource) -> Moment | None:
    """The day by which a resource is left out when it lies after the decision."""
    if resource.kind == "Condition":
        return condition_moment(resource)
    if resource.kind == "Observation":
        return moment_of(resource.body)
    if resource.kind == "AllergyIntolerance":
        return first_moment(resource.body, "recordedDate", "onsetDateTime")
    if resource.kind.startswith("Medication"):
        return first_moment(resource.body, "effectiveDateTime", "effectivePeriod", "authoredOn")
    return None


def _point_out_treatments(vocabulary: Vocabulary, resources: Resources, harvest: Harvest) -> None:
    """Procedures that are systemic treatment make no therapy, and must not be passed over."""
    known: dict[Concept, bool] = {}
    for resource in resources.of("Procedure"):
        code = resource.code
        if code not in known:
            known[code] = _is_treatment(vocabulary, code)
        if known[code]:
            why = "a treatment recorded as a procedure; enter it with its drugs"
            harvest.drop(resource, code.label, why)


def _is_treatment(vocabulary: Vocabulary, code: Concept) -> bool:
    named = {drug for text in code.texts for drug in vocabulary.mentioned_in(text)}
    worded = any(map(_TREATMENT.search, code.texts))
    return worded or (bool(named) and not vocabulary.is_supportive(named))


def _label(resource: Resource) -> str:
    if "code" in resource.body:
        return resource.code.label
    if "medicationCodeableConcept" in resource.body:
        return concept(resource.body["medicationCodeableConcept"]).label
    return resource.kind


def _left_over(resources: Resources, harvest: Harvest) -> list[NotUnderstood]:
    """Everything that no reader looked at: once for each kind, with its number."""
    left = [
        resource
        for resource in resources.all
        if resource.where not in harvest.seen and resource.kind not in _NEVER_LISTED
    ]
    listed: list[NotUnderstood] = []
    for kind in _LISTED_BY_WHAT_THEY_SAY:
        labels = [_label(resource) for resource in left if resource.kind == kind]
        if labels:
            what = f"{len(labels)} not used: {counted(labels)}"
            listed.append(NotUnderstood(kind, what, "no fact of this edition is read from them"))
    others = [resource.kind for resource in left if resource.kind not in _LISTED_BY_WHAT_THEY_SAY]
    if others:
        why = "resources of these kinds are not read"
        listed.append(NotUnderstood("record", f"{len(others)} not used: {counted(others)}", why))
    if resources.not_resources:
        number = resources.not_resources
        what = f"{number} {'entry' if number == 1 else 'entries'} without a kind of resource"
        listed.append(NotUnderstood("record", what, "only FHIR resources are read"))
    return listed
