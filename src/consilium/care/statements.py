"""What an edition holds on giving drugs, in one region on one day.

Statements are asked by drug, and by that drug alone: nothing passes from one
drug to another here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from consilium.errors import ConsiliumError, nearest
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import Giving, Silence
from consilium.knowledge.records import CareRule, Region

_Kind = TypeVar("_Kind", bound=Giving)


class CareError(ConsiliumError):
    """Something that cannot be answered safely as asked."""


class Care:
    """The statements that hold for one region on one day."""

    def __init__(self, edition: Edition, as_of: date, region: Region) -> None:
        self.edition, self.as_of, self.region = edition, as_of, region
        dated = [s for s in edition.contents.giving if isinstance(s, Giving)]
        begun = edition.in_force(dated, as_of)
        self.here = tuple(s for s in begun if not s.regions or region in s.regions)
        self.elsewhere = tuple(s for s in begun if s.regions and region not in s.regions)
        self.silences = tuple(
            s
            for s in edition.contents.giving
            if isinstance(s, Silence) and (not s.regions or region in s.regions)
        )
        self.rules = tuple(
            rule
            for rule in edition.in_force(edition.contents.care, as_of)
            if not rule.regions or region in rule.regions
        )

    def of(self, kind: type[_Kind], drug: str) -> tuple[_Kind, ...]:
        """The statements of one kind on one drug that hold here."""
        return _of(self.here, kind, drug)

    def of_elsewhere(self, kind: type[_Kind], drug: str) -> tuple[_Kind, ...]:
        """The statements of one kind on one drug that hold in other regions only."""
        return _of(self.elsewhere, kind, drug)

    def silent(self, drug: str) -> tuple[Silence, ...]:
        """What was looked for on one drug and not read."""
        return tuple(s for s in self.silences if s.drug == drug)

    def choosing(self, drug: str) -> tuple[CareRule, ...]:
        """The rules for choosing one drug that hold here."""
        return tuple(rule for rule in self.rules if rule.drug == drug)

    def drugs_of(self, regimen: str) -> tuple[str, ...]:
        """The drugs of a regimen that is given as it stands.

        Raises ``CareError`` for an unknown regimen and for one that stands for
        several to choose from.
        """
        found = self.edition.regimens.get(regimen)
        if found is None:
            known = list(self.edition.regimens)
            raise CareError(f"no regimen is called `{regimen}`.{nearest(regimen, known)}")
        if found.any_of:
            raise CareError(
                f"`{regimen}` stands for several regimens; choose one: {', '.join(found.any_of)}"
            )
        return tuple(part.drug for part in found.components)

    def name(self, drug: str) -> str:
        """The name of a drug."""
        return self.edition.drugs[drug].name


def _of(statements: Iterable[Giving], kind: type[_Kind], drug: str) -> tuple[_Kind, ...]:
    return tuple(s for s in statements if isinstance(s, kind) and s.drug == drug)
