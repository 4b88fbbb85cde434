"""Units that the edition does not list, by the Unified Code for Units of Measure."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ucumvert import PintUcumRegistry

_LONGEST = 24
# Arbitrary units, such as [iU], have no size that could be converted; of those in brackets
# only the weights of the shop are read.
_READABLE = re.compile(r"(?:[A-Za-z0-9*/.%-]|\[(?:lb|oz)_av\])+")
_DIGITS = re.compile(r"\d{3}")


@lru_cache(maxsize=4096)
def ratio(unit: str, wanted: str) -> Decimal | None:
    """How many of the wanted unit one of a unit is; ``None`` where they measure different things.

    Plain numbers are no share and no count, so a unit without a dimension is never converted.

    >>> ratio("10*12/L", "10*9/L"), ratio("mmol/L", "g/dL")
    (Decimal('1000'), None)
    """
    if not all(map(_is_readable, (unit, wanted))):
        return None
    # parsing and pint's quantities raise what they like on text that is no unit
    try:
        registry = _registry()
        from_, to = registry.from_ucum(unit), registry.from_ucum(wanted)
        if from_.dimensionless or to.dimensionless:
            return None
        found = (1 * from_).to(to).magnitude
        return Decimal(f"{found:.12g}").normalize()
    except Exception:
        return None


def _is_readable(unit: str) -> bool:
    whole = len(unit) <= _LONGEST and _READABLE.fullmatch(unit) is not None
    return whole and not _DIGITS.search(unit)


@cache
def _registry() -> PintUcumRegistry:
    # rarely needed, and it takes a second to read
    from ucumvert import PintUcumRegistry  # noqa: PLC0415

    return PintUcumRegistry()
