"""Runs one care case: the sheet it makes, or why it stops, and what is shown in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from consilium.care.doses import DoseAnswer
from consilium.care.events import DrugEvent, EventAnswer
from consilium.care.sheet import Sheet
from consilium.errors import ConsiliumError
from consilium.intake import patient_from_mapping
from consilium.knowledge.care_expected import CareCase, CareShows
from consilium.knowledge.edition import Edition
from consilium.planning.giving import CareOptions, care_of


@dataclass
class Outcome:
    """What came of a case."""

    sheet: Sheet | None
    stopped: str = ""


def run(case: CareCase, edition: Edition) -> Outcome:
    """The sheet of a case, or the sentence with which it stopped."""
    options = CareOptions(
        values=case.values,
        for_day=case.for_day,
        event=case.event,
        dose=case.dose,
        weight=case.weight,
        surface=case.surface,
        round_to=case.round_to,
        start=case.start,
        cycles=case.cycles,
        g_csf=case.g_csf,
    )
    patient = patient_from_mapping(case.patient, edition, case.id)
    try:
        sheet = care_of(case.regimen, patient, edition, case.as_of.last, case.region, options)
    except ConsiliumError as reason:
        return Outcome(None, str(reason))
    return Outcome(sheet)


def shown(wanted: CareShows, outcome: Outcome) -> bool:
    """Whether one place of an outcome matches every key of what is wanted."""
    if wanted.stops:
        return wanted.stops in outcome.stopped
    if outcome.sheet is None:
        return False
    return any(_matches(wanted, place) for place in _places(outcome.sheet))


def _matches(wanted: CareShows, place: dict[str, object]) -> bool:
    for key in ("statement", "place", "gate", "answer", "do", "next_dose", "amount", "dose_mg"):
        value = getattr(wanted, key)
        if value and place.get(key) != value:
            return False
    return not wanted.says or wanted.says in str(place.get("says", ""))


def _places(sheet: Sheet) -> Iterator[dict[str, object]]:
    for gate in sheet.gates:
        yield {"gate": gate.gate, "answer": gate.answer, "says": f"{gate.says} {gate.text}"}
    for dose in sheet.doses:
        yield _dose(dose)
    for event in sheet.events:
        yield from _event(event)
    for part in sheet.parts:
        for line in part.lines:
            yield {"statement": line.statement, "place": "line", "says": line.text}
    for text in sheet.warnings:
        yield {"says": text}
    if sheet.calendar is not None:
        for text in (*sheet.calendar.notes, *sheet.calendar.unplaced):
            yield {"says": text}


def _dose(dose: DoseAnswer) -> dict[str, object]:
    return {
        "statement": dose.schedule,
        "amount": dose.amount,
        "dose_mg": dose.mg,
        "says": dose.refused,
    }


def _event(event: DrugEvent) -> Iterator[dict[str, object]]:
    yield {"do": event.do, "says": event.floor}
    for text in event.not_read:
        yield {"says": text}
    for place, answers in (
        ("holds", event.holds),
        ("possible", event.possible),
        ("elsewhere", event.elsewhere),
    ):
        for found in answers:
            yield from _answer(found, place)


def _answer(found: EventAnswer, place: str) -> Iterator[dict[str, object]]:
    whole: dict[str, object] = {
        "statement": found.rule,
        "place": place,
        "do": found.do,
        "says": " ".join((found.text, found.says, *found.also)),
    }
    yield whole
    for then in found.next_doses:
        yield {**whole, "next_dose": then.dose, "amount": then.amount, "says": then.text}
