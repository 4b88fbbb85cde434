"""What one resource says, whatever its id, its days and its numbers: asked of the readers, once.

The readers are run over the resource alone, with days that can be told apart, so that
each thing they find says by which day it goes. What they would read otherwise beside
other resources is kept for them to read together.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from consilium.clinical.dates import Day
from consilium.clinical.patient import Entered, Origin, PatientError, Status
from consilium.intake.decoding import decode
from consilium.intake.fhir.allergies import severe_hypersensitivity
from consilium.intake.fhir.bundle import Resource, Resources
from consilium.intake.fhir.conditions import ConditionReader
from consilium.intake.fhir.findings import Finding, Harvest
from consilium.intake.fhir.genomics import GenomicsReader, calls_of
from consilium.intake.fhir.medications import (
    KINDS,
    Exposure,
    MedicationReader,
    Outcome,
    tells_of_a_line,
    tells_of_the_disease,
)
from consilium.intake.fhir.moments import Moment
from consilium.intake.fhir.observations import (
    ObservationReader,
    counts_leukocytes,
    leukocyte_factor,
)
from consilium.intake.fhir.reader import dated, is_modified, person
from consilium.intake.fhir.scanning import Exemplar
from consilium.intake.fhir.values import value_of
from consilium.intake.vocabulary import Vocabulary

NO_DAY, FIXED_DAY = -1, -2
"""In place of a day: none is given, or one that stands in the meaning itself."""

_BEFORE_ANY = "1901-01-"
_ONLY_ITSELF = "bulk"


class Said(NamedTuple):
    """One finding; ``day`` is the place of its day among those of the resource."""

    fact: str
    entered: Entered
    day: int


class Meaning(NamedTuple):
    """What a resource adds to what is known of a patient."""

    findings: tuple[Said, ...] = ()
    left_out_by: int = NO_DAY
    """The place of the day by which it is left out when that lies after the decision."""
    alone: bool = False
    """Whether a record that holds it has to be read on its own."""
    number: tuple[str, Decimal] | None = None
    """A laboratory value: its fact, and the factor to its unit."""
    by_number: bool = False
    """Whether what is found depends on its numbers."""
    leukocytes: int = 0
    """The factor that makes its number a count of leukocytes in a microlitre."""
    observed: int = NO_DAY
    born: int = NO_DAY
    together: bool = False
    """Whether it is read beside others: cancers, spread, variants."""
    given: Exposure | None = None
    verdict: Outcome | None = None
    """How the disease was said to go."""
    moments: tuple[int, ...] = ()
    """The places of the days on which the grouping of medicines rests: of its start and its end."""
    spread: tuple[int, ...] = ()
    other_cancer: bool = False
    refers: bool = False


_ALONE = Meaning(alone=True)
_NOTHING = Meaning()


class Meanings:
    """Asks the readers; one edition and one day of decision."""

    def __init__(self, vocabulary: Vocabulary, decision_date: Day) -> None:
        self.vocabulary, self.decision_date = vocabulary, decision_date

    def of(self, exemplar: Exemplar) -> Meaning:
        """The meaning that a resource stands for."""
        try:
            resources = Resources(decode(_with_days(exemplar)).values)
        except PatientError:
            return _ALONE
        if len(resources.all) != 1:
            return _ALONE
        (resource,) = resources.all
        if is_modified(resource.body):
            return _NOTHING
        if resource.kind == "Patient":
            return self._person(resources, exemplar)
        if resource.kind == "AllergyIntolerance":
            severe = severe_hypersensitivity(self.vocabulary, resources, Harvest())
            return _ALONE if severe is not None else _NOTHING
        if not (resource.kind in ("Observation", "Condition") or _is_medicine(resource)):
            return _NOTHING
        left_out_by = _place(dated(resource))
        if left_out_by == FIXED_DAY:
            on = dated(resource)
            if on is not None and on.day.first > self.decision_date.last:
                return _NOTHING
        meaning = self._read(resource, resources, exemplar)
        return meaning._replace(left_out_by=left_out_by)

    def findings(self, text: bytes) -> tuple[tuple[str, Entered], ...]:
        """What is found of an observation with the very numbers that it has."""
        harvest = Harvest()
        ObservationReader(self.vocabulary, Resources(decode(text).values), harvest).read()
        return tuple((one.fact, one.entered) for one in self._said(harvest.findings))

    def _person(self, resources: Resources, exemplar: Exemplar) -> Meaning:
        harvest = Harvest()
        person(resources, harvest, self.decision_date)
        said = tuple(one for one in self._said(harvest.findings) if one.fact != "age")
        if exemplar.days_at:
            return Meaning(said, born=0)
        return Meaning(self._said(harvest.findings))

    def _read(self, resource: Resource, resources: Resources, exemplar: Exemplar) -> Meaning:
        body = resource.body
        if "medicationReference" in body or isinstance(body.get("medication"), dict):
            return _ALONE
        if body.get("derivedFrom") and calls_of(resource):
            return _ALONE
        if tells_of_a_line(resource.code):
            return _ALONE
        if body.get("partOf") and tells_of_the_disease(resource.code):
            return _ALONE
        harvest = Harvest()
        conditions = ConditionReader(resources, harvest)
        extent = conditions.read()
        GenomicsReader(resources, harvest).read()
        medicines = MedicationReader(self.vocabulary, resources, harvest, extent)
        exposure = medicines.exposure(resource) if _is_medicine(resource) else None
        kept = harvest.findings or conditions.others or conditions.spread or conditions.no_spread
        if resource.kind == "Observation":
            if not harvest.seen:
                return self._observation(resource, resources, exemplar)
        elif exposure is None and not (kept or conditions.breast or conditions.staged):
            return _NOTHING
        if any(key in body for key in ("valueQuantity", "valueInteger", "valueDecimal")):
            return _ALONE
        if exposure is not None:
            days = [Moment(day) if day else None for day in (exposure.start, exposure.end)]
            return Meaning(given=exposure, moments=tuple(map(_place, days)))
        if medicines.course_of_disease:
            ((when, verdict, _),) = medicines.course_of_disease
            return Meaning(verdict=verdict, moments=(_place(when),))
        return Meaning(
            together=True,
            spread=tuple(_place(one.on) for one in conditions.spread),
            other_cancer=bool(conditions.others),
            refers=exemplar.references > 0 or bool(body.get("focus")),
        )

    def _observation(self, resource: Resource, resources: Resources, exemplar: Exemplar) -> Meaning:
        harvest = Harvest()
        reader = ObservationReader(self.vocabulary, resources, harvest)
        observed = _place(dated(resource))
        leukocytes = leukocyte_factor(value_of(resource.body).amount)
        if counts_leukocytes(resource.code) and leukocytes:
            if exemplar.numbers != 1:
                return _ALONE
            return Meaning(leukocytes=leukocytes, observed=observed)
        if exemplar.numbers and reader.says_something(resource):
            plain = reader.plain_number(resource)
            if plain is not None and exemplar.numbers == 1:
                return Meaning(number=(plain.fact.id, plain.factor), observed=observed)
            return Meaning(by_number=True, observed=observed)
        reader.read()
        return Meaning(self._said(harvest.findings), observed=observed)

    def _said(self, findings: list[Finding]) -> tuple[Said, ...]:
        return tuple(
            Said(one.fact, Entered(one.value, Origin(_ONLY_ITSELF), one.status), _place(one.on))
            for one in findings
            if one.fact in self.vocabulary.facts
        )


def _is_medicine(resource: Resource) -> bool:
    return resource.kind in KINDS


def _with_days(exemplar: Exemplar) -> bytes:
    """The text with days that cannot be mistaken for one another."""
    text = bytearray(exemplar.text)
    for place, at in enumerate(exemplar.days_at):
        text[at : at + 10] = f"{_BEFORE_ANY}{place + 1:02}".encode()
    return bytes(text)


def _place(on: Moment | None) -> int:
    if on is None:
        return NO_DAY
    if on.day.text.startswith(_BEFORE_ANY):
        return int(on.day.text[-2:]) - 1
    return FIXED_DAY


def is_result(entered: Entered) -> bool:
    """Whether a finding is a result, which counts before one that tells of none."""
    return entered.status in (Status.KNOWN, Status.EQUIVOCAL)
