"""`consilium care`: one regimen for one patient, given safely."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import typer

from consilium.care.doses import DoseAnswer
from consilium.care.events import DrugEvent, EventAnswer
from consilium.care.gates import GateAnswer
from consilium.care.parts import Line
from consilium.care.sheet import Sheet
from consilium.cli.console import console
from consilium.cli.planning import with_changes
from consilium.clinical.patient import PatientError
from consilium.evidence.sources import Citation
from consilium.intake import read_patient
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning.giving import CareOptions, care_of, recorded

_MARKS = {
    "contraindication": "DO NOT GIVE",
    "caution": "caution",
    "check-first": "check first",
    "stop": "stop",
    "risk": "risk",
    "g-csf": "G-CSF",
    "evidence": "evidence",
    "note": "note",
    "silent": "",
}


def run(
    data: bytes,
    where: str,
    regimen: str,
    edition: Edition,
    as_of: date,
    region: Region,
    options: CareOptions,
    changes: tuple[str, ...],
    *,
    format: str,
    save: str,
    ics: str,
) -> None:
    """Read, ask, print, and write the pictures that were asked for."""
    case = read_patient(data, edition, where="standard input" if where == "-" else where)
    case = with_changes(case, list(changes), edition)
    sheet = care_of(regimen, case, edition, as_of, region, options)
    if options.g_csf and sheet.calendar is None:
        raise PatientError("G-CSF goes on the days of a calendar; add `--start 2026-12-01`")
    if (save or ics) and sheet.calendar is None:
        raise PatientError("a picture or a calendar file needs `--start 2026-12-01`")
    if save and sheet.calendar is not None:
        from consilium.report.figures.cycles import cycle_calendar  # noqa: PLC0415  rarely asked

        cycle_calendar(sheet.calendar, edition, sheet.as_of).save(Path(save))
    if ics and sheet.calendar is not None:
        from consilium.care.ics import to_icalendar  # noqa: PLC0415  loads a library

        stamp = datetime.now(UTC).replace(microsecond=0)  # the face reads the clock
        try:
            Path(ics).write_bytes(to_icalendar(sheet.calendar, stamp=stamp))
        except OSError as problem:
            raise PatientError(f"`{ics}` cannot be written: {problem.strerror}") from None
    if format == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(sheet), indent=2).decode() + "\n")
        return
    _Printer(sheet, edition).print(recorded(case, edition))


class _Printer:
    def __init__(self, sheet: Sheet, edition: Edition) -> None:
        self.sheet, self.edition, self.out = sheet, edition, console()
        self.cited: dict[tuple[str, str], int] = {}

    def print(self, on_record: tuple[str, ...]) -> None:
        sheet = self.sheet
        self.out.print(f"Giving {sheet.name}", style="bold")
        self.out.print(
            f"as of {sheet.as_of} · region {sheet.region} · educational, for health professionals",
            style="dim",
        )
        for warning in sheet.warnings:
            self._item(warning)
        if sheet.events:
            self._title("What happened")
            for event in sheet.events:
                self._event(event)
        self._title("Dose before what happened" if sheet.events else "Dose")
        for dose in sheet.doses:
            self._dose(dose)
        if not sheet.doses:
            self._item("no dose levels are in the stored sources for this region")
        if sheet.next_doses:
            self._title("Dose at the lower level")
        for dose in sheet.next_doses:
            self._dose(dose)
        if sheet.gates or on_record:
            self._title("Gates")
        for gate in sheet.gates:
            self._gate(gate)
        for text in on_record:
            self._item(text)
        for part in sheet.parts:
            self._title(part.title)
            for line in part.lines:
                self._line(line)
        if sheet.calendar is not None:
            self._calendar()
        self._sources()

    def _title(self, text: str) -> None:
        self.out.print()
        self.out.print(text, style="bold")

    def _item(self, text: str, because: tuple[Citation, ...] = (), indent: int = 2) -> None:
        from rich.padding import Padding  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        numbers = "".join(f" [{n}]" for n in self._numbers(because))
        self.out.print(Padding(Text(f"- {text}{numbers}"), (0, 0, 0, indent)))

    def _numbers(self, because: tuple[Citation, ...]) -> list[int]:
        return [
            self.cited.setdefault(read, len(self.cited) + 1)
            for read in dict.fromkeys((c.source, c.read) for c in because)
        ]

    def _who(self, who: str) -> str:
        return (
            f"{self.edition.speakers[who].short or self.edition.speakers[who].name}: "
            if who
            else ""
        )

    def _line(self, line: Line) -> None:
        mark = _MARKS.get(line.mark, line.mark)
        open_ = (
            " (cannot be told: " + ", ".join(self._phrases(line.missing)) + ")" if line.open else ""
        )
        head = f"{mark}, " if mark and line.who else f"{mark}: " if mark else ""
        self._item(f"{head}{self._who(line.who)}{line.text}{open_}", line.because)

    def _phrases(self, facts: tuple[str, ...]) -> list[str]:
        known: dict[str, Any] = {**self.edition.bedside_facts, **self.edition.facts}
        return [known[name].phrase for name in facts]

    def _dose(self, dose: DoseAnswer) -> None:
        name = self.edition.drugs[dose.drug].name
        for step in dose.steps:
            self._item(f"{step.says}: {step.result}", indent=4)
        if dose.refused:
            self._item(f"{name}: NO MILLIGRAMS. {dose.refused}")
            return
        often = f" {dose.often}" if dose.often else ""
        not_now = f". NOT NOW: {dose.not_now}" if dose.not_now else ""
        self._item(f"{name}: {dose.mg} mg{often} ({dose.amount}){not_now}", dose.because)

    def _gate(self, gate: GateAnswer) -> None:
        word = {"open": "OPEN as far as this goes", "held": "HOLD", "asks": "ASKS"}[gate.answer]
        name = self.edition.drugs[gate.drug].name
        self._item(
            f"{name}, day {gate.day}: {word}. {gate.text} ({self._who(gate.who)}{gate.says})",
            gate.because,
        )

    def _event(self, event: DrugEvent) -> None:
        self._item(f"{self.edition.drugs[event.drug].name}: {event.told}")
        for found in event.holds:
            self._rule("now", found)
        for found in event.possible:
            self._rule(f"if so ({', '.join(self._phrases(found.missing))} not told)", found)
        if event.floor:
            self._item(event.floor, indent=4)
        for text in event.not_read:
            self._item(text, indent=4)
        for found in event.elsewhere:
            untold = (
                f", {', '.join(self._phrases(found.missing))} not told" if found.missing else ""
            )
            self._rule(f"another region's rule, not merged{untold}", found)

    def _rule(self, head: str, found: EventAnswer) -> None:
        since = "" if found.since == "not-stated" else f", since {found.since}"
        self._item(
            f"{head}: {found.text} ({self._who(found.who).rstrip(': ')}{since})", found.because, 4
        )
        for then in found.next_doses:
            self._item(f"next dose: {then.text}", indent=6)
        for also in found.also:
            self._item(also, indent=6)
        for how in found.read_as:
            self._item(f"how it was read: {how}", indent=6)

    def _calendar(self) -> None:
        from rich.table import Table  # noqa: PLC0415

        made = self.sheet.calendar
        if made is None:
            return
        self._title(f"Calendar: {made.cycles} cycles of {made.cycle_days} days from {made.start}")
        table = Table(box=None, pad_edge=False)
        for heading in ("date", "cycle", "day", "what"):
            table.add_column(heading, overflow="fold")
        for entry in made.entries:
            table.add_row(str(entry.on), str(entry.cycle), str(entry.cycle_day), entry.text)
        self.out.print(table)
        for note in made.notes:
            self._item(f"note: {note}")
        for text in made.unplaced:
            self._item(f"without a day in the sources: {text}")

    def _sources(self) -> None:
        self._title("Sources")
        for text in self._source_lines():
            typer.echo(text)

    def _source_lines(self) -> Iterator[str]:
        for (name, read_name), number in self.cited.items():
            source = self.edition.sources[name]
            read = source.reading(read_name)
            depth = f" ({read.depth.value}, read {read.on})" if read else ""
            yield f"  [{number}] {source.reference}{depth}"
