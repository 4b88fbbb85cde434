"""How to give one regimen, as the page shows it: what the sheet says, put in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from django.utils.translation import gettext as _

from consilium.care.events import DrugEvent
from consilium.care.gates import GateAnswer
from consilium.care.parts import Line
from consilium.care.sheet import Sheet
from consilium.evidence.sources import Citation
from consilium.knowledge.edition import Edition

_GATES = {"open": "open as far as this goes", "held": "HOLD", "asks": "asks for a value"}


class Said(msgspec.Struct, frozen=True):
    """One sentence with its numbered sources."""

    text: str
    kind: str = ""
    cites: tuple[int, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """Sentences under a heading."""

    title: str
    said: tuple[Said, ...]


class Giving(msgspec.Struct, frozen=True):
    """The whole sheet."""

    name: str
    parts: tuple[Part, ...]
    sources: tuple[tuple[int, str, str], ...]


def giving(sheet: Sheet, edition: Edition, on_record: Iterable[str]) -> Giving:
    """Arrange a sheet for the page."""
    return _Writer(sheet, edition).giving(on_record)


class _Writer:
    def __init__(self, sheet: Sheet, edition: Edition) -> None:
        self.sheet, self.edition = sheet, edition
        self.cited: dict[tuple[str, str], int] = {}

    def giving(self, on_record: Iterable[str]) -> Giving:
        sheet = self.sheet
        warnings = tuple(Said(text, "caution") for text in sheet.warnings)
        gates = [self._gate(gate) for gate in sheet.gates]
        parts = [
            Part(_("Mind first"), warnings),
            Part(_("What happened"), tuple(s for e in sheet.events for s in self._event(e))),
            Part(_("Dose"), tuple(self._doses())),
            Part(_("Gates"), (*gates, *(Said(text) for text in on_record))),
            *(
                Part(part.title, tuple(self._line(line) for line in part.lines))
                for part in sheet.parts
            ),
            Part(_("Calendar"), tuple(self._calendar())),
        ]
        return Giving(
            sheet.name,
            tuple(part for part in parts if part.said),
            tuple(self._source(key, number) for key, number in self.cited.items()),
        )

    def _cites(self, because: Iterable[Citation]) -> tuple[int, ...]:
        return tuple(
            self.cited.setdefault((c.source, c.read), len(self.cited) + 1)
            for c in dict.fromkeys(because)
        )

    def _who(self, who: str) -> str:
        if not who:
            return ""
        speaker = self.edition.speakers[who]
        return f"{speaker.short or speaker.name}: "

    def _phrases(self, facts: Iterable[str]) -> str:
        known: Mapping[str, object] = {**self.edition.bedside_facts, **self.edition.facts}
        return ", ".join(getattr(known[name], "phrase", name) for name in facts)

    def _doses(self) -> Iterable[Said]:
        for dose in self.sheet.doses:
            name = self.edition.drugs[dose.drug].name
            if dose.refused:
                yield Said(f"{name}: NO MILLIGRAMS. {_sentence(dose.refused)}", "stop")
                continue
            often = f" {dose.often}" if dose.often else ""
            not_now = f". NOT NOW: {dose.not_now}" if dose.not_now else ""
            steps = "".join(f"; {step.says}: {step.result}" for step in dose.steps)
            yield Said(
                f"{name}: {dose.mg} mg{often} ({dose.amount}{steps}){not_now}",
                "stop" if dose.not_now else "",
                self._cites(dose.because),
            )
        if not self.sheet.doses:
            yield Said(_("No dose levels are in the stored sources for this region."))

    def _gate(self, gate: GateAnswer) -> Said:
        return Said(
            f"{self.edition.drugs[gate.drug].name}, day {gate.day}: {_GATES[gate.answer]}. "
            f"{_sentence(gate.text)} ({self._who(gate.who)}{gate.says})",
            {"held": "stop", "asks": "caution"}.get(gate.answer, ""),
            self._cites(gate.because),
        )

    def _event(self, event: DrugEvent) -> Iterable[Said]:
        yield Said(f"{self.edition.drugs[event.drug].name}: {event.told}")
        for found in event.holds:
            then = " ".join(next_.text for next_ in found.next_doses)
            also = " ".join(found.also)
            yield Said(
                f"{found.text} ({self._who(found.who).rstrip(': ')}) {then} {also}".strip(),
                "caution",
                self._cites(found.because),
            )
        for found in event.possible:
            yield Said(
                f"If so ({self._phrases(found.missing)} not told): {found.text}",
                "",
                self._cites(found.because),
            )
        for found in event.elsewhere:
            yield Said(
                f"Another region's rule, not merged: {found.text} ({self._who(found.who)})",
                "",
                self._cites(found.because),
            )
        if event.floor:
            yield Said(event.floor, "caution")
        for text in event.not_read:
            yield Said(text)

    def _line(self, line: Line) -> Said:
        missing = self._phrases(line.missing) if line.open else ""
        open_ = _(" (cannot be told: %s)") % missing if missing else ""
        heavy = {"contraindication": "stop", "stop": "stop"}
        kind = heavy.get(line.mark, "caution" if line.mark in ("caution", "check-first") else "")
        return Said(f"{self._who(line.who)}{line.text}{open_}", kind, self._cites(line.because))

    def _calendar(self) -> Iterable[Said]:
        made = self.sheet.calendar
        if made is None:
            return
        for entry in made.entries:
            yield Said(f"{entry.on}, cycle {entry.cycle}, day {entry.cycle_day}: {entry.text}")
        for text in (*made.notes, *made.unplaced):
            yield Said(text)

    def _source(self, key: tuple[str, str], number: int) -> tuple[int, str, str]:
        name, read_name = key
        source = self.edition.sources[name]
        read = source.reading(read_name)
        how = f"{read.depth.value.replace('_', ' ')}, {read.on}" if read else ""
        return number, source.reference, how


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
