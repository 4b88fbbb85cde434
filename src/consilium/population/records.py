"""A folder of FHIR NDJSON as patients: one file for each kind of resource, or a Bundle a line.

Files by kind are first dealt out into bundles of patients on disk, by the patient that
each line speaks of, so that no more than a few thousand patients are ever held.
"""

from __future__ import annotations

import csv
import gzip
import re
import shutil
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from consilium.intake.decoding import BOM
from consilium.population.inputs import Chunk, InputError, of_files
from consilium.population.running import Summary

LONGEST_LINE = 20_000_000
_BUCKET_BYTES = 64_000_000
_MOST_BUCKETS = 512


class _Head(msgspec.Struct):
    resourceType: str = ""
    id: str = ""
    subject: object = None
    patient: object = None


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that say something, each with its number; a longer one is cut off."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            whole = line.endswith(b"\n") or len(line) <= LONGEST_LINE
            while not whole:
                rest = file.readline(LONGEST_LINE)
                whole = not rest or rest.endswith(b"\n")
            stripped = (line.removeprefix(BOM) if number == 1 else line).strip()
            if stripped:
                yield number, stripped[: LONGEST_LINE + 1]


def record_files(folder: Path) -> list[Path]:
    """The NDJSON files of a folder."""
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and re.search(r"\.(nd|json)?(json|jsonl|ndjson)(\.gz)?$", path.name)
        and re.search(r"\.(ndjson|jsonl)(\.gz)?$", path.name)
    ]
    if not found:
        raise InputError(f"`{folder}` holds no `.ndjson` or `.jsonl` file")
    return found


def one_patient_a_line(path: Path) -> bool:
    """Whether the lines of a file are Bundles or patients in our JSON, and not single resources."""
    for _, line in lines_of(path):
        try:
            head = msgspec.json.decode(line, type=_Head)
        except (msgspec.DecodeError, RecursionError):
            continue
        return head.resourceType in ("", "Bundle")
    return True


class Line(NamedTuple):
    """A resource: where it stood, the patient it speaks of, its text; or why it is set aside."""

    place: str
    patient: bytes
    text: bytes
    aside: str = ""


class Dealt(ABC):
    """Resources dealt out by patient on disk first, so that few patients are ever held."""

    def __init__(self, work: Path) -> None:
        self.work = work

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Another one means another input."""

    @abstractmethod
    def size(self) -> int:
        """How many bytes the lines have, about."""

    @abstractmethod
    def lines(self) -> Iterator[Line]:
        """Every resource, in any order that is the same the next time."""

    def columns(self) -> list[str]:
        """A record has no columns."""
        return []

    def total(self) -> int | None:
        """Not known before the end."""
        return None

    @property
    def _aside(self) -> Path:
        return self.work / "aside.csv"

    def chunks(self, size: int, done: frozenset[int]) -> Iterator[Chunk]:
        """One chunk for each bucket; ``size`` is not kept to."""
        for index, bucket in enumerate(self._dealt()):
            if index in done:
                continue
            patients: dict[str, list[bytes]] = {}
            for _, line in lines_of(bucket):
                name, _, body = line.partition(b"\t")
                patients.setdefault(name.decode("utf-8", "replace"), []).append(body)
            if patients:
                yield Chunk(index, list(patients), records=list(patients.values()))

    def finish(self, folder: Path, summary: Summary) -> None:
        """List the lines that were set aside, and remove what was dealt out."""
        if self._aside.exists():
            with self._aside.open(newline="") as file:
                for row in csv.DictReader(file):
                    reason = f"a line that {row['reason']}"
                    summary.aside[reason] = summary.aside.get(reason, 0) + 1
            if self._aside.stat().st_size > len(_HEAD):
                shutil.copy(self._aside, folder / "set-aside-lines.csv")
        shutil.rmtree(self.work, ignore_errors=True)

    def _dealt(self) -> list[Path]:
        ready = self.work / "dealt"
        number = min(self.size() // _BUCKET_BYTES + 1, _MOST_BUCKETS)
        buckets = [self.work / f"bucket-{n:04}" for n in range(number)]
        fingerprint = self.fingerprint
        if ready.exists() and ready.read_text() == fingerprint:
            return buckets
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        written = [path.open("wb") for path in buckets]
        with self._aside.open("w", newline="") as aside:
            aside.write(_HEAD)
            listed = csv.writer(aside, lineterminator="\n")
            for line in self.lines():
                if line.patient and not line.aside:
                    place = zlib.crc32(line.patient) % len(buckets)
                    written[place].write(line.patient + b"\t" + line.text + b"\n")
                else:
                    listed.writerow((line.place, line.aside or "names no patient"))
        for file in written:
            file.close()
        ready.write_text(fingerprint)
        return buckets


_HEAD = "line,reason\n"


class Resources(Dealt):
    """NDJSON files with one resource in each line."""

    def __init__(self, files: list[Path], work: Path) -> None:
        super().__init__(work)
        self.files = files

    @property
    def fingerprint(self) -> str:
        """Names, sizes and times of change."""
        return of_files(self.files)

    def size(self) -> int:
        """The size of the files."""
        return sum(path.stat().st_size for path in self.files)

    def lines(self) -> Iterator[Line]:
        """The lines of every file."""
        for path in self.files:
            for number, line in lines_of(path):
                yield Line(f"{path.name}:{number}", _patient_of(line), line)


def _patient_of(line: bytes) -> bytes:
    """The id of the patient that a resource speaks of; empty when it names none."""
    try:
        head = msgspec.json.decode(line, type=_Head)
    except (msgspec.DecodeError, RecursionError):
        return b""
    if head.resourceType == "Patient":
        return _local(head.id)
    for reference in (head.subject, head.patient):
        if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
            address = reference["reference"]
            if "Patient/" in address or address.startswith("urn:"):
                return _local(address)
    return b""


def _local(address: str) -> bytes:
    name = address.split("/_history/", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]
    name = name.removeprefix("urn:uuid:")
    return " ".join(name.split())[:200].encode("utf-8", "replace")
