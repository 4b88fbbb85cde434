"""The value of an observation, whichever of its many forms it has."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from consilium.clinical.patient import Status
from consilium.intake.fhir.codes import Concept, concept, words
from consilium.intake.fhir.verdicts import status_where_absent
from consilium.intake.quantities import (
    NumberError,
    exact,
    in_declared_unit,
    unit_is_needed,
    written_number,
)
from consilium.knowledge.records import FactRecord

Body = Mapping[str, object]


class Amount(NamedTuple):
    """A number with the units the record gives it: the code, and the printed one."""

    value: Decimal
    units: tuple[str, ...] = ()
    comparator: str = ""

    def __str__(self) -> str:
        unit = self.units[-1] if self.units else ""
        return f"{self.comparator}{self.value} {unit}".strip()


class Value(NamedTuple):
    """What an observation or one of its components says."""

    path: str
    concept: Concept = Concept()
    amount: Amount | None = None
    absent: Status | None = None
    flag: bool | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The value in words."""
        return self.concept.texts

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is said."""
        return (
            self.concept == Concept()
            and self.amount is None
            and self.absent is None
            and self.flag is None
        )

    def __str__(self) -> str:
        if self.absent is not None:
            return self.absent.value
        if self.amount is not None:
            return str(self.amount)
        if self.flag is not None:
            return "yes" if self.flag else "no"
        return self.concept.label


def value_of(body: Body) -> Value:
    """The value of an observation or a component."""
    if "dataAbsentReason" in body:
        reason = concept(body["dataAbsentReason"])
        if reason.codings:
            status = status_where_absent(reason) or Status.UNKNOWN
            return Value(".dataAbsentReason", reason, absent=status)
    for name in ("valueCodeableConcept", "valueString", "valueCode"):
        if name in body:
            found = concept(body[name])
            return Value(f".{name}", found, absent=status_where_absent(found))
    for name in ("valueQuantity", "valueInteger", "valueDecimal"):
        if name in body:
            return Value(f".{name}", amount=_amount(body[name]))
    if isinstance(limits := body.get("valueRange"), dict):
        ends = [_amount(limits.get(end)) for end in ("low", "high")]
        return Value(".valueRange", Concept((), "-".join(str(end or "") for end in ends)))
    flag = body.get("valueBoolean")
    if isinstance(flag, bool):
        return Value(".valueBoolean", flag=flag)
    other = next((name for name in body if name.startswith("value")), "")
    return Value(f".{other}" if other else "")


def _amount(value: object) -> Amount | None:
    if not isinstance(value, dict):
        number = exact(value) if not isinstance(value, str) else None
        return None if number is None else Amount(number)
    written = value.get("value")
    number = None if isinstance(written, str) else exact(written)
    if number is None:
        return None
    coded, printed = words(value.get("code")), words(value.get("unit"))
    units = (coded, printed) if coded != printed else (coded,)
    return Amount(number, tuple(filter(None, units)), words(value.get("comparator")))


def number_for(fact: FactRecord, value: Value) -> float:
    """A value as the number of a fact, in its declared unit.

    Raises ``NumberError`` with the end of a sentence when it is none.
    """
    amount = value.amount
    if amount is None:
        written = written_number(value.concept.text) if value.concept.text else None
        if written is None:
            raise NumberError("is no number")
        amount = Amount(written.value, (written.unit,) if written.unit else ())
    if amount.comparator:
        raise NumberError(f"is {amount}, a bound and no number")
    if not amount.units:
        if unit_is_needed(fact) or (fact.unit and value.amount is not None):
            raise NumberError("has no unit")
        return in_declared_unit(fact, amount.value, fact.unit)
    coded, *printed = amount.units
    number = in_declared_unit(fact, amount.value, coded)
    for unit in printed:
        if _reads_otherwise(fact, amount.value, unit, number):
            raise NumberError(f"has two units that differ, `{coded}` and `{unit}`")
    return number


def _reads_otherwise(fact: FactRecord, value: Decimal, unit: str, number: float) -> bool:
    try:
        return in_declared_unit(fact, value, unit) != number
    except NumberError:
        return False
