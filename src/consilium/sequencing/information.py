"""What better knowledge of the parameters would be worth to a choice between two sequences.

Knowing everything beforehand would let each choice be the right one: what that brings on
average is the expected value of perfect information. Of a group of parameters it is the partial
one (Strong, Oakley and Brennan, Med Decis Making 2014;34:311), and its share of the whole says
how much of the doubt about the choice, not about the numbers, lies there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilium.evidence.parameters import ModelFile, Parameter
from consilium.knowledge.edition import Edition
from consilium.sequencing.numbers import MissingFigure
from consilium.statistics.information import InformationValue, evpi, evppi

Array = NDArray[np.float64]

FEWEST_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that would become known together, by a trial (its id) or by kind."""

    name: str
    says: str
    parameters: tuple[str, ...]
    trial: str = ""


@dataclass(frozen=True, slots=True)
class Worth:
    """What knowing a group would bring, in the unit of the outcome; ``share`` is of the whole.

    At most: a real trial leaves some doubt. ``share`` is 0 where nothing is to be gained.
    """

    group: Group
    value: InformationValue
    share: float


@dataclass(frozen=True, slots=True)
class Information:
    """``perfect`` is what knowing every parameter would bring.

    ``preferred`` is the share of draws in which each sequence is the better one.
    """

    perfect: InformationValue
    preferred: tuple[float, ...]
    groups: tuple[Worth, ...]


def groups_of(edition: Edition, model: ModelFile) -> Iterator[Group]:
    """The trials that would inform a model, then the kinds of its parameters.

    Raises ``MissingFigure`` by name for a trial that is not held.
    """
    for informing in model.informed_by:
        if informing.trial not in edition.trials:
            raise MissingFigure(informing.trial, "the value of information")
        name = edition.trials[informing.trial].names[0]
        yield Group(name, informing.says, informing.parameters, informing.trial)
    for says, belongs in _KINDS.items():
        found = tuple(p.id for p in model.parameters if belongs(p))
        if found:
            yield Group(says, "", found)


def _first(parameter: Parameter) -> bool:
    return parameter.quantity in ("time-on-line", "shape") and parameter.line == "first"


def _later(parameter: Parameter) -> bool:
    return parameter.quantity in ("time-on-line", "shape") and parameter.line != "first"


_KINDS: dict[str, Callable[[Parameter], bool]] = {
    "time on the first line": _first,
    "time on later lines": _later,
    "who goes on, and who dies on leaving": lambda p: p.quantity in ("going-on", "dying"),
    "who crosses over": lambda p: p.quantity == "crossover",
    "survival after the last line": lambda p: p.quantity == "supportive-care",
    "what a first conjugate leaves for a second": lambda p: p.quantity == "later-conjugate",
}


def information(
    outcomes: Array, drawn: Mapping[str, Array], moving: Sequence[str], groups: Sequence[Group]
) -> Information:
    """The worth of knowing each group, from draws.

    ``outcomes`` is (draws x sequences), more is better; ``moving`` are the parameters on which
    the choice depends at all, the others of a group teach nothing.
    """
    perfect = evpi(outcomes)
    best = outcomes == outcomes.max(axis=1, keepdims=True)
    preferred = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    found = []
    for group in groups:
        known = [drawn[name] for name in group.parameters if name in moving]
        value = (
            evppi(outcomes, np.column_stack(known))
            if known and perfect.value > 0
            else InformationValue(0.0, 0.0)
        )
        share = min(value.value / perfect.value, 1.0) if perfect.value > 0 else 0.0
        found.append(Worth(group, value, share))
    return Information(perfect, tuple(float(p) for p in preferred), tuple(found))
