"""Numbers with their units, brought to the unit in which a fact is declared."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from consilium.clinical.patient import PatientError
from consilium.intake.ucum import ratio
from consilium.knowledge.records import FactRecord


class NumberError(PatientError):
    """A number, or its unit, that a fact cannot take; its text completes a sentence."""


class WrittenNumber(NamedTuple):
    """A number as somebody wrote it, with the unit behind it."""

    value: Decimal
    unit: str


_NUMBER_AND_UNIT = re.compile(r"([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(.*)", re.S)
_COMMA = re.compile(r",\d")
_LARGEST_EXPONENT = 30
_NUMERIC = (int, float, str, Decimal)
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_COUNTED = re.compile(r"^(?:cells?|#)(?=/)", re.IGNORECASE)
_CUBIC_MILLIMETRE = re.compile(r"(?<=/)(?:mm\^?3|cmm|mcl)$", re.IGNORECASE)
_LITRE = re.compile(r"(?<![A-Za-z])([munpd]?)l(?![A-Za-z])")
_POWER_OF_TEN = re.compile(r"^x?10(?:\*\*|\*|\^|e|\()(\d+)\)?(?=/)", re.IGNORECASE)
_THOUSANDS = re.compile(r"^(?:k|thous?|thousands?)(?=/)", re.IGNORECASE)
_GRAM = re.compile(r"^gms?(?=/)", re.IGNORECASE)
_GIGA = re.compile(r"^giga(?=/)", re.IGNORECASE)
_WHOLE_UNITS = {
    "percent": "%",
    "uln": "[ULN]",
    "xuln": "[ULN]",
    "[uln]": "[ULN]",
    "month": "months",
    "mo": "months",
    "year": "years",
    "yr": "years",
    "a": "years",
    "mutations/mb": "mut/Mb",
}


def canonical_unit(unit: str) -> str:
    """One spelling for the many of a unit; never one for two units.

    >>> canonical_unit("x10⁹/l"), canonical_unit("10*9/L"), canonical_unit("cells/mm³")
    ('10*9/L', '10*9/L', '/uL')
    """
    text = _RAISED.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPT), unit)
    text = _ANNOTATION.sub("", "".join(text.split())).replace("μ", "u").replace("µ", "u")
    text = text.replace("×", "x")
    text = _WHOLE_UNITS.get(text.casefold(), text)
    text = _GIGA.sub("G", _GRAM.sub("g", text))
    text = _CUBIC_MILLIMETRE.sub("uL", _COUNTED.sub("", text))
    text = _LITRE.sub(lambda found: found[1] + "L", text)
    return _POWER_OF_TEN.sub(r"10*\1", _THOUSANDS.sub("10*3", text))


def units_of(fact: FactRecord) -> dict[str, float]:
    """The units in which a fact may be written, each with its factor to the declared one."""
    return fact.units or ({fact.unit: 1.0} if fact.unit else {})


def unit_is_needed(fact: FactRecord) -> bool:
    """Whether a bare number could mean two things."""
    return len(fact.units) > 1


def written_number(text: str) -> WrittenNumber | None:
    """A text that begins with a number, as number and unit; ``None`` when it does not."""
    found = _NUMBER_AND_UNIT.fullmatch(text.strip())
    if not found:
        return None
    number = exact(found[1])
    return None if number is None else WrittenNumber(number, found[2].strip())


def exact(number: object) -> Decimal | None:
    """A number of JSON or its text as an exact decimal; ``None`` for anything else."""
    if isinstance(number, bool) or not isinstance(number, _NUMERIC):
        return None
    try:
        found = Decimal(str(number))
    except (InvalidOperation, ValueError):
        return None
    if not found.is_finite() or found.adjusted() > _LARGEST_EXPONENT:
        return None
    return found


def in_declared_unit(fact: FactRecord, value: Decimal, unit: str) -> float:
    """A number in the unit of its fact.

    Raises ``NumberError`` for an unknown unit and for a value that cannot be.
    """
    converted = float(exactly_in_declared_unit(fact, value, unit))
    if fact.whole == "yes" and not converted.is_integer():
        raise NumberError(f"is {_shown(converted)}; a whole number is needed")
    return converted


def exactly_in_declared_unit(fact: FactRecord, value: Decimal, unit: str) -> Decimal:
    """The same as an exact decimal, for the arithmetic of a dose."""
    converted = value * factor_of(fact, unit)
    if not fact.low <= converted <= fact.high:
        shown = f"{_shown(float(converted))} {fact.unit}".strip()
        raise NumberError(
            f"is {shown}, which lies outside {_shown(fact.low)} to {_shown(fact.high)}; "
            "look for a slip in the number or its unit"
        )
    return converted


def factor_of(fact: FactRecord, unit: str) -> Decimal:
    """What brings a number from a unit to the declared one; ``NumberError`` for one not read."""
    return _factor_in(tuple(units_of(fact).items()), unit)


@lru_cache(maxsize=1024)
def _factor_in(known: tuple[tuple[str, float], ...], unit: str) -> Decimal:
    if not unit and not known:
        return Decimal(1)
    wanted = canonical_unit(unit)
    if not known and wanted in ("", "1"):
        return Decimal(1)
    if _COMMA.match(unit):
        raise NumberError("has a comma in the number, which is not read here; write 72.5 and 1400")
    factors = {factor for name, factor in known if canonical_unit(name) == wanted}
    if not factors and wanted.isupper():
        # from a system that writes everything in capitals
        capital = {factor for name, factor in known if canonical_unit(name).upper() == wanted}
        factors = capital if len(capital) == 1 else factors
    if not factors:
        factors = {float(one) for one in [_by_ucum(known, wanted)] if one is not None}
    if len(factors) != 1:
        allowed = ", ".join(f"`{name}`" for name, _ in known) or "no unit at all"
        raise NumberError(f"has the unit `{unit}`, which is not read here; write {allowed}")
    return Decimal(str(factors.pop()))


def _by_ucum(known: tuple[tuple[str, float], ...], unit: str) -> Decimal | None:
    """The factor of a unit that is not listed, through the first listed one that UCUM knows."""
    for name, factor in known:
        found = ratio(unit, canonical_unit(name))
        if found is not None:
            return found * Decimal(str(factor))
    return None


def _shown(number: float) -> str:
    return f"{number:g}" if abs(number) < 1e6 else f"{number:,.0f}".replace(",", " ")
