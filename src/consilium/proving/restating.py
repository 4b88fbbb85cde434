"""What a record says, apart from whom it is for: two versions of it held side by side."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import msgspec

from consilium.clinical.dates import Day

_ASKED = frozenset(
    {
        # whom, when and where: compared as formulas, for patients
        *("when", "extends_to", "overrides", "supersedes", "regions", "until"),
        *("eligibility", "holds_for", "definition", "never"),
        # who looked, which changes no plan
        *("checked", "review_by"),
        # records of their own
        *("results", "harms", "conflicts", "not_found"),
    }
)
_LONGEST = 60


def restated(was: msgspec.Struct, becomes: msgspec.Struct) -> tuple[str, str] | None:
    """What one version says and what the other does; nothing where they say the same."""
    names = [
        name
        for name in becomes.__struct_fields__
        if name not in _ASKED and getattr(was, name, None) != getattr(becomes, name)
    ]
    if not names:
        return None
    pairs = [(n, _words(getattr(was, n, None)), _words(getattr(becomes, n))) for n in names]
    short = [(n, b, a) for n, b, a in pairs if b and a and max(len(b), len(a)) <= _LONGEST]
    reworded = [name for name, _, _ in pairs if name not in {n for n, _, _ in short}]
    before = [f"{name} {said}" for name, said, _ in short]
    after = [f"{name} {said}" for name, _, said in short]
    if reworded:
        before.append(f"other words in {', '.join(reworded)}" if not short else "")
        after.append(f"reworded: {', '.join(reworded)}")
    return "; ".join(part for part in before if part), "; ".join(after)


def _words(value: object) -> str:
    """A value in a few words; empty where it takes more than that."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str | int | float | Day):
        return str(value) or "none"
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple) and all(isinstance(one, str | int | float) for one in value):
        return " or ".join(str(one) for one in value)
    return ""


def fields_changed(was: msgspec.Struct, becomes: msgspec.Struct) -> Iterator[str]:
    """The keys of a record that differ."""
    for name in becomes.__struct_fields__:
        if getattr(was, name, None) != getattr(becomes, name):
            yield name
