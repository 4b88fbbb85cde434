"""What patients are given line after line: a fixed sequence, or an arm of a trial as it was run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from consilium.evidence.parameters import DesignArm, ModelFile, TrialDesign
from consilium.evidence.trials import Trial
from consilium.knowledge.edition import Edition
from consilium.sequencing.errors import SequenceError
from consilium.sequencing.numbers import MissingFigure, estimate


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A sentence on why a course is as it is, and the statements it rests on."""

    text: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """Regimens (by id) in order, line after line.

    Of those who go on after the first line the share that the parameter ``crossover`` holds has
    ``instead``, which is as long and begins alike. ``name`` is empty for a plain sequence,
    ``says`` tells where the course comes from.
    """

    regimens: tuple[str, ...]
    instead: tuple[str, ...] = ()
    crossover: str = ""
    name: str = ""
    says: tuple[Reasoned, ...] = ()

    @property
    def branches(self) -> tuple[tuple[str, ...], ...]:
        """The sequences in it: one, or the usual one and the one of those who cross over."""
        return (self.regimens, self.instead) if self.crossover else (self.regimens,)


def designed(edition: Edition, model: str, trial: str) -> tuple[Course, ...]:
    """The arms of a trial as courses, and an arm that crossed over once more as if it had not.

    Raises ``SequenceError`` where the model does not follow the trial, and by name where a figure
    of its design is missing.
    """
    if model not in edition.models:
        raise SequenceError(f"`{model}` is no model; known: {', '.join(edition.models)}")
    held = edition.models[model]
    design = next((d for d in held.designs if d.trial == trial), None)
    if design is None:
        known = ", ".join(
            f"{_trial(edition, d.trial).names[0]} (`{other.id}`)"
            for other in edition.models.values()
            for d in other.designs
        )
        named = edition.trials[trial].names[0] if trial in edition.trials else trial
        raise SequenceError(
            f"the model `{model}` does not follow the design of {named}; followed are {known}"
        )
    return tuple(_courses(edition, held, design))


def arm_of(edition: Edition, model: ModelFile, result: str, arm: str, needed_by: str) -> DesignArm:
    """The arm, as designed, that a result was measured in. Raises ``MissingFigure`` by name."""
    for design in model.designs:
        trial = edition.trials.get(design.trial)
        if trial is not None and any(r.id == result for r in trial.results):
            found = next((one for one in design.arms if one.arm == arm), None)
            if found is not None:
                return found
    raise MissingFigure(f"{result}/{arm}", needed_by)


def _courses(edition: Edition, model: ModelFile, design: TrialDesign) -> Iterator[Course]:
    trial = _trial(edition, design.trial)
    named = trial.names[0]
    for arm in design.arms:
        first = edition.regimens[arm.sequence[0]]
        name = f"{first.short or first.name} in {named}"
        says = tuple(_says(edition, model, trial, arm))
        if not arm.crossover:
            yield Course(arm.sequence, name=name, says=says)
            continue
        yield Course(arm.sequence, arm.instead, arm.crossover, f"{name}, crossing over", says)
        yield Course(
            arm.sequence,
            name=f"{name}, had nobody crossed over",
            says=(Reasoned(f"The same arm with {_usual(edition, arm)} after the first line."),),
        )


def _says(edition: Edition, model: ModelFile, trial: Trial, arm: DesignArm) -> Iterator[Reasoned]:
    if arm.crossover:
        parameter = next(p for p in model.parameters if p.id == arm.crossover)
        figure = parameter.figure
        if figure is None:
            raise SequenceError(f"`{parameter.id}` is no figure of {trial.names[0]}")
        seen = estimate(edition, figure, parameter.id)
        if seen.percent is None:
            raise MissingFigure(f"{figure.result}/{figure.arm} share", parameter.id)
        instead = edition.regimens[arm.instead[1]]
        rule = f" {trial.design.crossover_note}" if trial.design else ""
        yield Reasoned(
            f"{seen.percent:g} % of the {seen.n or 'patients'} with a further treatment had "
            f"{instead.name}; the others are followed on {_usual(edition, arm)}.{rule}",
            (figure.result, trial.id),
        )
    elif trial.design and trial.design.crossover == "not-allowed" and _is_comparator(trial, arm):
        yield Reasoned(f"Crossover was not allowed. {trial.design.crossover_note}", (trial.id,))
    if arm.going_on:
        went = estimate(edition, arm.going_on, f"the design of {trial.id}")
        if went.percent is None:
            raise MissingFigure(
                f"{arm.going_on.result}/{arm.going_on.arm} share", f"the design of {trial.id}"
            )
        of = edition.results[arm.going_on.result]
        yield Reasoned(
            f"{went.count} of {went.n} who had stopped the first line had a further treatment "
            f"({went.percent:g} %) when the trial reported; that is shown and not put in, and the "
            f"model's own share who go on holds for both arms. {of.note}".strip(),
            (arm.going_on.result,),
        )
    if arm.note:
        yield Reasoned(f"{arm.note[0].upper()}{arm.note[1:]}.")


def _is_comparator(trial: Trial, arm: DesignArm) -> bool:
    return any(one.id == arm.arm and one.role == "comparator" for one in trial.arms)


def _usual(edition: Edition, arm: DesignArm) -> str:
    return edition.regimens[arm.sequence[1]].name


def _trial(edition: Edition, name: str) -> Trial:
    if name not in edition.trials:
        raise MissingFigure(name, "the design of a trial")
    return edition.trials[name]
