"""How a regimen is given to one patient, from values as they are written at the bedside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from consilium.care.bedside import DoseValues, read_told, read_values
from consilium.care.doses import Quantity
from consilium.care.lookalikes import read_given
from consilium.care.sheet import Asked, Sheet, care_sheet
from consilium.care.statements import Care, CareError
from consilium.clinical.patient import PatientCase
from consilium.intake.quantities import (
    NumberError,
    exactly_in_declared_unit,
    in_declared_unit,
    unit_is_needed,
    units_of,
    written_number,
)
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import FactRecord, Region
from consilium.planning.known import understand
from consilium.planning.naming import named

_LARGEST_SURFACE = Decimal(4)


class CareOptions(msgspec.Struct, frozen=True):
    """What is told of one dose, as it was written; the names are those of the options."""

    values: dict[str, str] = {}
    for_day: int | None = None
    event: str = ""
    dose: str = ""
    weight: str = ""
    surface: str = ""
    round_to: str = ""
    start: str = ""
    cycles: int = 1
    g_csf: str = ""


def care_of(
    regimen: str,
    case: PatientCase,
    edition: Edition,
    as_of: date,
    region: Region,
    options: CareOptions,
) -> Sheet:
    """The sheet for one patient; every problem is a sentence."""
    patient = understand(case, edition).patient
    asked = Asked(
        values=_values(options, edition),
        told=read_told(options.event, edition, read_amount) if options.event else None,
        given=read_given(options.dose) if options.dose else None,
        weight=_weight(options.weight, edition) or _weight_of(case),
        surface=_quantity(options.surface, "m2", most=_LARGEST_SURFACE),
        round_to=_step(options.round_to),
        start=_day(options.start) if options.start else None,
        cycles=options.cycles,
        support=options.g_csf,
    )
    return care_sheet(Care(edition, as_of, region), named(regimen, edition), patient, asked)


def read_amount(fact: FactRecord, text: str) -> float:
    """A number with its unit for a fact; a bare one is refused where it could mean two things."""
    found = written_number(text)
    if found is None:
        raise CareError(f"{fact.phrase}: `{text}` is no number")
    if not found.unit and unit_is_needed(fact) and fact.unit not in ("days", "C", "h"):
        raise CareError(
            f"{fact.phrase}: `{text}` has no unit and could mean two things; write one of "
            + ", ".join(units_of(fact))
        )
    unit = found.unit if found.unit not in ("day", "hours", "hour", "week", "point") else ""
    try:
        return in_declared_unit(fact, found.value, unit or fact.unit)
    except NumberError as problem:
        raise CareError(f"{fact.phrase}: `{text}` {problem}") from None


def _values(options: CareOptions, edition: Edition) -> DoseValues | None:
    if not options.values:
        return None
    if options.for_day is None:
        raise CareError(
            "a value answers for the dose of one day of the cycle only; add `--for-day 8`"
        )
    return read_values(options.values, options.for_day, edition, read_amount)


def _quantity(text: str, unit: str, most: Decimal | None = None) -> Quantity | None:
    if not text:
        return None
    found = written_number(text)
    if found is None or found.unit.replace("²", "2") != unit:
        raise CareError(f"`{text}` is not in {unit}; write the unit behind the number: 1.7 {unit}")
    if most is not None and found.value > most:
        raise CareError(f"`{text}` is more than {most} {unit}; look for a slip in the number")
    return Quantity(found.value, unit)


def _weight(text: str, edition: Edition) -> Quantity | None:
    """A body weight, exact, in kg; a bare number could be pounds."""
    if not text:
        return None
    fact, found = edition.facts["weight"], written_number(text)
    if found is None or not found.unit:
        raise CareError(f"body weight: `{text}` needs its unit: 70 kg, or 154 lb")
    try:
        return Quantity(exactly_in_declared_unit(fact, found.value, found.unit), fact.unit)
    except NumberError as problem:
        raise CareError(f"body weight: `{text}` {problem}") from None


def _weight_of(case: PatientCase) -> Quantity | None:
    entered = case.entered.get("weight")
    if entered is None or not isinstance(entered.value, int | float):
        return None
    return Quantity(Decimal(str(entered.value)), "kg")


def _step(text: str) -> Decimal | None:
    quantity = _quantity(text, "mg")
    return quantity.value if quantity else None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CareError(f"`--start {text}` is no date; write 2026-12-01") from None


def recorded(case: PatientCase, edition: Edition) -> tuple[str, ...]:
    """Laboratory values of the record, each with its date, and what they are not."""
    found = []
    for name, entered in case.entered.items():
        fact = edition.facts[name]
        gated = name in ("anc", "platelets")
        if gated and isinstance(entered.value, int | float):
            on = f" of {entered.origin.on}" if entered.origin.on else ", undated"
            found.append(
                f"{fact.phrase} on record: {entered.value:g} {fact.unit}{on}; "
                "it was not taken for this dose and opens no gate"
            )
    return tuple(found)
