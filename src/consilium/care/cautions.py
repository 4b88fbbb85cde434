"""What stands against giving a drug to one patient, and what to check before.

A contraindication that cannot be told keeps its option on the list with the
check it needs first; it is never read as absent. No rule passes from one drug
to another: a rule speaks of the one drug it names.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from consilium.evidence.sources import Citation
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import CareRule
from consilium.rules.answers import NO, UNKNOWN, Answer
from consilium.rules.completions import Patient

_ORDER = ("contraindication", "caution", "check-first", "note")


class Caution(msgspec.Struct, frozen=True):
    """A care rule as it stands for one patient; ``open`` when a fact is missing."""

    rule: str
    drug: str
    kind: str
    says: str
    because: tuple[Citation, ...]
    who: str
    open: bool = False
    asks: str = ""
    missing: tuple[str, ...] = ()
    topic: str = ""


def cautions(
    rules: Iterable[CareRule],
    answers: dict[str, Answer],
    patient: Patient,
    edition: Edition,
) -> tuple[Caution, ...]:
    """The care rules that hold for a patient or cannot be told, gravest first."""
    found = []
    for rule in rules:
        answer = answers[rule.id]
        if answer is NO:
            continue
        open_ = answer is UNKNOWN
        if open_ and rule.kind == "note":
            continue
        found.append(
            Caution(
                rule=rule.id,
                drug=rule.drug,
                kind=rule.kind,
                says=rule.says,
                because=rule.because,
                who=rule.who,
                open=open_,
                asks=rule.asks,
                missing=patient.missing(rule.when) if open_ else (),
                topic=rule.topic,
            )
        )
    return tuple(sorted(found, key=lambda c: (_ORDER.index(c.kind), c.open)))
