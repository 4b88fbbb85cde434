"""What a program may send, checked key by key."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.http.request import RawPostDataException
from django.utils import timezone

from consilium.asking.asked import MOST_CHARACTERS
from consilium.care.calendar import MOST_CYCLES
from consilium.clinical.patient import Impossible, PatientCase, PatientError
from consilium.intake import read_patient
from consilium.intake.decoding import Unreadable, decode
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning.giving import CareOptions
from consilium.web.refusals import Refused

_JSON = ("application/json", "application/fhir+json")

Amount = Annotated[str, msgspec.Meta(pattern=r"^$|^[0-9]{1,9}([.][0-9]{1,4})?[^\n]{0,30}$")]
"""A number with its unit behind it, such as `900 /mm3`; empty for none."""
Words = Annotated[str, msgspec.Meta(max_length=200)]


class PlanAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan that is asked for. ``patient`` is our JSON or a FHIR R4 resource."""

    patient: dict[str, Any]
    as_of: date | None = None
    region: Region = Region.US
    care_for: Annotated[tuple[str, ...], msgspec.Meta(max_length=20)] = ()


class CareAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to give one regimen; the values of a dose are written with their units."""

    patient: dict[str, Any]
    regimen: str
    as_of: date | None = None
    region: Region = Region.US
    anc: Amount = ""
    platelets: Amount = ""
    for_day: Annotated[int, msgspec.Meta(ge=1, le=366)] | None = None
    event: Words = ""
    dose: Words = ""
    weight: Amount = ""
    surface: Amount = ""
    round_to: Amount = ""
    start: date | None = None
    cycles: Annotated[int, msgspec.Meta(ge=1, le=MOST_CYCLES)] = 1
    g_csf: Words = ""

    def options(self) -> CareOptions:
        """What is told of the dose."""
        written = {"anc": self.anc, "platelets": self.platelets}
        return CareOptions(
            values={name: text for name, text in written.items() if text},
            for_day=self.for_day,
            event=self.event,
            dose=self.dose,
            weight=self.weight,
            surface=self.surface,
            round_to=self.round_to,
            start=str(self.start or ""),
            cycles=self.cycles,
            g_csf=self.g_csf,
        )


class QuestionAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question in words; ``history`` are earlier questions of the conversation, oldest first."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]
    scope: Literal["activity", "all"] = "all"
    as_of: date | None = None
    region: Region = Region.US
    history: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=MOST_CHARACTERS)], ...],
        msgspec.Meta(max_length=20),
    ] = ()


class ComparisonAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two sides, each a drug, regimen, class or trial by name; `A then B` for a sequence."""

    one: Words
    other: Words
    as_of: date | None = None


class AdviceAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A patient whose advice is followed. ``patient`` is our JSON or a FHIR R4 resource.

    ``follow`` names sources, each for a sequence of its own (none: all sources together);
    ``choose`` settles a line by its number where sources name several regimens alike; ``then`` is
    followed where the advice ends.
    """

    patient: dict[str, Any]
    follow: Annotated[tuple[Words, ...], msgspec.Meta(max_length=3)] = ()
    choose: Annotated[
        dict[Annotated[str, msgspec.Meta(pattern="^[1-9]$")], Words], msgspec.Meta(max_length=9)
    ] = {}
    then: Words = ""
    as_of: date | None = None
    region: Region = Region.US


class SimulationAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sequences to follow in a model: `Dato-DXd then chemotherapy`.

    ``trial`` puts the arms of a trial before them, with its crossover as published, and
    ``advice`` what sources advise a patient; ``model`` is the one that fits where it is not named.
    ``assume`` gives parameters another value;
    ``months`` bounds the mean survival.
    """

    sequences: Annotated[tuple[Words, ...], msgspec.Meta(max_length=4)] = ()
    trial: Words = ""
    advice: AdviceAsked | None = None
    model: Words = ""
    assume: Annotated[dict[str, float], msgspec.Meta(max_length=40)] = {}
    draws: Annotated[int, msgspec.Meta(ge=10, le=2000)] = 1000
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 1
    months: Annotated[float, msgspec.Meta(gt=0, le=600)] = 36.0


_Asked = TypeVar("_Asked", bound=msgspec.Struct)


def asked_of(request: HttpRequest, wanted: type[_Asked]) -> _Asked:
    """The body of a request as what is asked.

    Raises ``Refused``: 415 for another type than JSON, 413 for too much, 400 for
    what is no JSON, 422 for JSON that says something else.
    """
    if request.content_type not in _JSON:
        raise Refused(415, "")
    try:
        body = request.body
    except RawPostDataException:
        raise Refused(400, "The body of the request cannot be read.") from None
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise Refused(413, "")
    try:
        decoded = decode(body).values[0]
    except Unreadable as problem:
        raise Refused(400, f"The body: {problem}.") from None
    try:
        return msgspec.convert(_with_whole_numbers(decoded), wanted)
    except msgspec.ValidationError as problem:
        raise Refused(422, f"{problem}.") from None


def _with_whole_numbers(decoded: object) -> object:
    """JSON has one kind of number: `8.0` is as whole as `8`."""
    if not isinstance(decoded, dict):
        return decoded
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in decoded.items()
    }


def case_of(patient: dict[str, Any], edition: Edition) -> PatientCase:
    """The case that a body describes.

    Raises ``Refused`` with every problem in it: 422 where a value cannot be read, 409 where
    each can and together they cannot be, or where a record is not that of one patient.
    """
    try:
        return read_patient(msgspec.json.encode(patient), edition, where="patient")
    except PatientError as problem:
        where, *problems = str(problem).splitlines()
        errors = [
            {"at": path if colon else "", "says": says or path}
            for path, colon, says in (line.strip().partition(": ") for line in problems)
        ]
        readable = isinstance(problem, Impossible) or isinstance(patient.get("resourceType"), str)
        raise Refused(
            409 if readable else 422, str(problem), errors=errors or [{"at": "", "says": where}]
        ) from None


def day_of(asked: date | None) -> date:
    """The day that is asked about; today where none is."""
    return asked or timezone.localdate()
