"""Gates: what must be known before the dose of one day.

A gate is answered by a value given for that dose. Without one it is neither
open nor shut: it asks. A value in the patient's record opens nothing, however
recent it is.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from consilium.care.bedside import DoseValues, Told
from consilium.care.statements import Care
from consilium.evidence.sources import Citation
from consilium.knowledge.giving import Gate
from consilium.rules.answers import NO, YES
from consilium.rules.say import say_known


class GateAnswer(msgspec.Struct, frozen=True):
    """How one gate stands: ``open`` as far as it goes, ``held``, or it ``asks``."""

    gate: str
    drug: str
    day: int
    answer: Literal["open", "held", "asks"]
    says: str
    text: str
    who: str
    because: tuple[Citation, ...]
    missing: tuple[str, ...] = ()
    note: str = ""


def gates(care: Care, drug: str, values: DoseValues | None) -> tuple[GateAnswer, ...]:
    """Every gate of one drug, answered as far as the values for a dose reach."""
    found = sorted(care.of(Gate, drug), key=lambda gate: gate.day)
    return tuple(answer_gate(gate, care, values) for gate in found)


def answer_gate(gate: Gate, care: Care, values: DoseValues | None) -> GateAnswer:
    """One gate; values for another day do not count."""
    given = values.given if values is not None and values.for_day == gate.day else {}
    # only what the gate asks for is read: nothing else may open or shut it
    told = Told(care.edition, {name: given[name] for name in gate.needs if name in given})
    held = told.answer(gate.when)
    facts = care.edition.bedside_facts
    shown = ", ".join(
        say_known(told.model.facts[name], known) for name, known in told.given.items()
    )
    if held is YES:
        resume = f"; again from {told.say(gate.resume_when)}" if gate.resume_when else ""
        answer, text = "held", f"hold the day {gate.day} dose: {shown}{resume}"
    elif held is NO:
        answer, text = "open", f"this gate does not hold the day {gate.day} dose: {shown}"
    else:
        needs = " and ".join(facts[name].phrase for name in gate.needs if name not in given)
        answer, text = "asks", f"needs {needs}, taken for the day {gate.day} dose"
    delay = (
        f" A delay of more than {gate.most_delay_days} days omits the dose."
        if gate.most_delay_days is not None and answer == "held"
        else ""
    )
    return GateAnswer(
        gate=gate.id,
        drug=gate.drug,
        day=gate.day,
        answer=answer,  # type: ignore[arg-type]
        says=gate.says,
        text=text + "." + delay,
        who=gate.who,
        because=gate.because,
        missing=tuple(name for name in gate.needs if name not in given) if answer == "asks" else (),
        note=gate.note,
    )
