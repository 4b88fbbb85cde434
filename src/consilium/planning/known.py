"""From a patient case to what is known of each fact, and how it is known."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from consilium.clinical.patient import Entered, Impossible, PatientCase, Status
from consilium.clinical.therapies import (
    Count,
    Derived,
    Members,
    Word,
    derive_from_therapies,
)
from consilium.knowledge.edition import Edition
from consilium.rules.completions import Patient
from consilium.rules.conditions import facts_in
from consilium.rules.facts import (
    Between,
    Holding,
    Kind,
    Known,
    MembersKind,
    NumberKind,
    OneOf,
)
from consilium.rules.say import say_known


class Contradiction(Impossible):
    """A patient who cannot be; ``name`` is the invariant or the fact that says so."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Understood(msgspec.Struct):
    """A case with what is known of its facts; ``derived`` names those that were counted."""

    case: PatientCase
    patient: Patient
    derived: dict[str, Known]


def understand(case: PatientCase, edition: Edition) -> Understood:
    """What is known of each fact.

    Raises ``Contradiction`` for a patient who
    cannot be.
    """
    given, derived = given_by(case, edition)
    patient = Patient(edition.model, given)
    if patient.contradiction is not None:
        raise Contradiction(
            patient.contradiction, _say_contradiction(patient.contradiction, given, edition)
        )
    return Understood(case, patient, derived)


def known_of(entered: Entered, kind: Kind) -> Known | None:
    """What one entered fact says is known; nothing where it says nothing.

    Members of a list that is not known to be complete are there; others may be.
    """
    match entered.value:
        case None:
            return None
        case frozenset() as members:
            if entered.status is Status.KNOWN:
                return Holding(members)
            possible = frozenset(kind.values) if isinstance(kind, MembersKind) else frozenset()
            return Holding(members, possible - members)
        case _ if entered.status is not Status.KNOWN:
            return None
        case str() as word:
            return OneOf(frozenset({word}))
        case number:
            return Between(float(number), float(number))


def given_by(case: PatientCase, edition: Edition) -> tuple[dict[str, Known], dict[str, Known]]:
    """What is known of each fact that was entered or counted, and of those that were counted.

    Raises ``Contradiction`` where the two clash.
    """
    given = {
        name: known
        for name, entered in case.entered.items()
        if (known := known_of(entered, edition.model.facts[name].kind)) is not None
    }
    derived: dict[str, Known] = {}
    for name, value in derive_from_therapies(case, edition.profiles).items():
        known = _as_known(name, value, edition)
        if known is None:
            continue
        derived[name] = known
        both = _both(given[name], known) if name in given else known
        if both is None:
            raise Contradiction(
                name,
                f"{edition.facts[name].phrase}: entered as "
                f"{say_known(edition.model.facts[name], given[name])}, "
                f"but the earlier therapies give {say_known(edition.model.facts[name], known)}; "
                "correct one of them",
            )
        given[name] = both
    return given, derived


def _as_known(name: str, value: Derived, edition: Edition) -> Known | None:
    kind = edition.model.facts[name].kind
    match value:
        case Count():
            high = kind.high if isinstance(kind, NumberKind) else value.low
            return Between(value.low, high if value.high is None else value.high)
        case Members():
            possible = frozenset(kind.values) if isinstance(kind, MembersKind) else frozenset()
            has = value.has & possible
            return Holding(has, frozenset() if value.complete else possible - has)
        case Word():
            return OneOf(frozenset({value.value}))
        case None:
            return None


def _both(one: Known, other: Known) -> Known | None:
    """What is left when two statements about one fact both hold; nothing when they clash."""
    match one, other:
        case OneOf(), OneOf():
            both = one.values & other.values
            return OneOf(both) if both else None
        case Between(), Between():
            low, high = max(one.low, other.low), min(one.high, other.high)
            return Between(low, high) if low <= high else None
        case Holding(), Holding():
            if one.has - other.has - other.may_have or other.has - one.has - one.may_have:
                return None
            return Holding(one.has | other.has, one.may_have & other.may_have)
    return None


def _say_contradiction(name: str, given: Mapping[str, Known], edition: Edition) -> str:
    invariants = {i.id: i for i in edition.contents.invariants}
    if name in invariants:
        says = invariants[name].says
        facts = sorted(facts_in(invariants[name].never))
    else:
        says = f"{edition.facts[name].phrase} as entered does not follow from the other facts"
        facts = [name, *_inputs(name, edition)]
    seen = [say_known(edition.model.facts[fact], given[fact]) for fact in facts if fact in given]
    entered = "; ".join(seen)
    return f"this patient cannot be: {says}. Entered or counted: {entered}. Correct one of them."


def _inputs(name: str, edition: Edition) -> list[str]:
    found: list[str] = []
    for condition in edition.facts[name].definition.values():
        for fact in sorted(facts_in(condition)):
            if fact not in found:
                found += [fact, *_inputs(fact, edition)]
    return list(dict.fromkeys(found))
