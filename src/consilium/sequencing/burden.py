"""What each line of a sequence costs in harm, as trials and records saw it.

Each figure stands on its own basis, with the trial and arm that saw it: nothing is added up
over lines and nothing is pooled over bases. What no stored source gives is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consilium.evidence.parameters import HarmAbout, HarmOnLine, ModelFile
from consilium.knowledge.edition import Edition
from consilium.sequencing.numbers import MissingFigure

ALWAYS_ASKED: tuple[HarmAbout, ...] = ("stopping", "severe")


@dataclass(frozen=True, slots=True)
class Burden:
    """One figure for one line, counted from 1: the percentage of those treated.

    ``harm``, ``trial``, ``basis`` and ``percent`` are empty where no stored source has a figure.
    """

    line: int
    regimen: str
    about: HarmAbout
    harm: str = ""
    trial: str = ""
    arm: str = ""
    grade: str = ""
    basis: str = ""
    percent: float | None = None
    note: str = ""


def burdens(edition: Edition, model: ModelFile, regimens: Sequence[str]) -> tuple[Burden, ...]:
    """The harms of each line. Raises ``MissingFigure`` by name for one that is not held."""
    return tuple(_burdens(edition, model, regimens))


def _burdens(edition: Edition, model: ModelFile, regimens: Sequence[str]) -> Iterator[Burden]:
    for number, regimen in enumerate(regimens, start=1):
        line = "first" if number == 1 else "later"
        cited = [h for h in model.harms if h.regimen == regimen and h.line == line]
        for about in ALWAYS_ASKED:
            if not any(h.about == about for h in cited):
                yield Burden(number, regimen, about)
        for one in cited:
            yield _seen(edition, number, one)


def _seen(edition: Edition, number: int, cited: HarmOnLine) -> Burden:
    for trial in edition.trials.values():
        for harm in trial.harms:
            if harm.id == cited.harm:
                arm = harm.arms.get(cited.arm)
                if arm is None or arm.percent is None:
                    raise MissingFigure(f"{cited.harm}/{cited.arm}", f"harms of line {number}")
                return Burden(
                    number,
                    cited.regimen,
                    cited.about,
                    harm.id,
                    trial.id,
                    cited.arm,
                    harm.grade,
                    harm.basis,
                    arm.percent,
                    cited.note,
                )
    raise MissingFigure(cited.harm, f"harms of line {number}")
