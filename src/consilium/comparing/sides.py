"""What can stand on a side of a comparison: a therapy, a class, a trial, or a sequence."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from consilium.errors import ConsiliumError, nearest
from consilium.evidence.trials import Arm, Trial
from consilium.knowledge.edition import Edition

_STUDIES = ("randomised-trial", "single-arm-trial", "trial-in-progress")
_THEN = re.compile(r"\s+then\s+|\s*(?:→|->|>)\s*")


class ComparisonError(ConsiliumError):
    """Two things that cannot be set beside each other as they were asked for."""


class Side(msgspec.Struct, frozen=True):
    """One side: its name, the regimens it means in order, and a trial if one was named."""

    name: str
    regimens: tuple[str, ...]
    trial: str = ""
    sequence: bool = False
    is_class: bool = False


class Studied(msgspec.Struct, frozen=True):
    """A trial and the arm in which the therapy was studied."""

    trial: Trial
    arm: Arm


def side(edition: Edition, words: str) -> Side:
    """The side that some words mean.

    A drug, regimen, class or trial by id, name or short name; ``A then B`` is a
    sequence. Raises ``ComparisonError`` with the nearest name.
    """
    steps = [part for part in _THEN.split(words.strip()) if part]
    if len(steps) > 1:
        found = [_single(edition, step) for step in steps]
        vague = [one.name for one in found if one.is_class or one.trial]
        if vague:
            raise ComparisonError(f"`{vague[0]}` is no single step of a sequence; name a therapy")
        names = (one.name for one in found)
        return Side(" then ".join(names), tuple(one.regimens[0] for one in found), sequence=True)
    return _single(edition, words)


def _single(edition: Edition, words: str) -> Side:
    key = _plain(words)
    if not key:
        raise ComparisonError("name a therapy, a class or a trial on each side")
    for trial in edition.trials.values():
        if key in {_plain(trial.id), *map(_plain, trial.names)}:
            tried = [a.regimen for a in trial.arms if a.role == "experimental" and a.regimen]
            if not tried:
                raise ComparisonError(
                    f"{trial.names[0]} has no experimental arm with a regimen; name a therapy"
                )
            return Side(
                f"{edition.regimens[tried[0]].name} in {trial.names[0]}", (tried[0],), trial.id
            )
    for regimen in edition.regimens.values():
        if key in {_plain(regimen.id), _plain(regimen.name), _plain(regimen.short or regimen.id)}:
            return Side(regimen.name, (regimen.id, *regimen.any_of))
    for drug in edition.drugs.values():
        if key in {
            _plain(drug.id),
            _plain(drug.name),
            *map(_plain, (drug.short, *drug.brands, *drug.names)),
        }:
            alone = [
                r.id for r in edition.regimens.values() if edition.drugs_of(r.id) == (drug.id,)
            ]
            if alone:
                return Side(drug.name, tuple(alone[:1]))
    for named in edition.classes.values():
        if key in {_plain(named.id), _plain(named.name)}:
            members = tuple(
                r.id
                for r in edition.regimens.values()
                if len(edition.drugs_of(r.id)) == 1
                and named.id in edition.profiles[edition.drugs_of(r.id)[0]].classes
            )
            if members:
                return Side(named.name, members, is_class=True)
    known = [*edition.regimens, *edition.trials, *edition.classes]
    raise ComparisonError(
        f"`{words}` is no therapy, class or trial of this edition.{nearest(words, known)}"
    )


def studied(edition: Edition, of: Side) -> Iterator[Studied]:
    """The trials in which a side was studied, experimental arms and comparators alike."""
    for trial in edition.trials.values():
        if trial.kind not in _STUDIES or (of.trial and trial.id != of.trial):
            continue
        for arm in trial.arms:
            if arm.regimen in of.regimens and (not of.trial or arm.role == "experimental"):
                yield Studied(trial, arm)


def _plain(words: str) -> str:
    return re.sub(r"[^a-z0-9]", "", words.lower())
