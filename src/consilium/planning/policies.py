"""Policies as courses that a model can follow: words in order, or the design of a trial."""

from __future__ import annotations

from collections.abc import Sequence

from consilium.clinical.patient import PatientCase
from consilium.comparing.sides import side
from consilium.knowledge.edition import Edition
from consilium.planning.known import understand
from consilium.rules.answers import YES
from consilium.sequencing.courses import Course, designed
from consilium.sequencing.errors import SequenceError


def courses_of(edition: Edition, words: Sequence[str]) -> tuple[Course, ...]:
    """Fixed sequences, each as words: `Dato-DXd then chemotherapy`.

    Raises ``ComparisonError`` with the nearest name for what is no therapy.
    """
    found = [side(edition, one) for one in words]
    return tuple(Course(one.regimens if one.sequence else one.regimens[:1]) for one in found)


def model_for(edition: Edition, *, trial: str = "", case: PatientCase | None = None) -> str:
    """The model that follows a trial (by name), or that is about a patient; else the first."""
    followed = side(edition, trial).trial if trial else ""
    patient = understand(case, edition).patient if case else None
    for model in edition.models.values():
        if any(design.trial == followed for design in model.designs):
            return model.id
        if not trial and patient is not None and patient.settle(model.when) is YES:
            return model.id
    return next(iter(edition.models), "")


def courses_of_trial(edition: Edition, model: str, words: str) -> tuple[Course, ...]:
    """The arms of a trial, by name or id, with its crossover as published.

    Raises ``ConsiliumError`` for what is no trial, or one that the model does not follow.
    """
    named = side(edition, words)
    if not named.trial:
        raise SequenceError(f"`{words}` is no trial; name one, such as ASCENT-03")
    return designed(edition, model, named.trial)
