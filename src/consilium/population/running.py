"""`cohort`: a whole input through the engine, chunk by chunk, so that a kill loses nothing.

A chunk is finished when its summary stands under its own name; tables, rows that were
set aside and summary are written beside their names and moved there when whole. A run
that is started again does the chunks that have no summary, and no other.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Thread

import msgspec
import numpy as np
import polars as pl

from consilium.clinical.dates import Day
from consilium.errors import ConsiliumError
from consilium.intake.fhir.bulk import Block, BulkReader
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.population.engine import Engine, Planned, changed
from consilium.population.inputs import Chunk, Source
from consilium.population.once import REPEATED, marked
from consilium.population.sheets import SheetOption

_BLOCK_BYTES = 16_000_000


class RunError(ConsiliumError):
    """A folder that holds another run."""


class Settings(msgspec.Struct, frozen=True):
    """What a run is about; a folder holds one of them."""

    input: str
    fingerprint: str
    edition: str
    edition_hash: str
    as_of: str
    region: str
    chunk: int
    format: str
    compare_as_of: str = ""
    compare_edition: str = ""
    compare_hash: str = ""
    unread: tuple[str, ...] = ()


class Summary(msgspec.Struct):
    """What is counted of some patients; two of them add up."""

    patients: int = 0
    planned: int = 0
    computed: int = 0
    refused: dict[str, int] = {}
    aside: dict[str, int] = {}
    options: dict[str, dict[str, int]] = {}
    labels: dict[str, dict[str, int]] = {}
    contraindicated: dict[str, int] = {}
    none_certain: int = 0
    gaps: dict[str, int] = {}
    first_gaps: dict[str, int] = {}
    trials: dict[str, int] = {}
    trials_possible: dict[str, int] = {}
    compared: int = 0
    changed: int = 0
    gained: dict[str, int] = {}
    lost: dict[str, int] = {}
    label_changed: dict[str, int] = {}

    def add(self, other: Summary) -> None:
        """Add the counts of other patients."""
        for name in self.__struct_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, int):
                setattr(self, name, mine + theirs)
                continue
            for key, count in theirs.items():
                if isinstance(count, dict):
                    inner = mine.setdefault(key, {})
                    for word, number in count.items():
                        inner[word] = inner.get(word, 0) + number
                else:
                    mine[key] = mine.get(key, 0) + count


class Worker:
    """Plans chunks and writes them."""

    def __init__(
        self, folder: Path, settings: Settings, edition: Edition, other: Edition | None
    ) -> None:
        self.folder, self.settings, self.edition = folder, settings, edition
        self.as_of, self.region = date.fromisoformat(settings.as_of), Region(settings.region)
        self.engine = Engine(edition, self.as_of, self.region)
        self.other: Engine | None = None
        if settings.compare_as_of or settings.compare_edition:
            then = date.fromisoformat(settings.compare_as_of or settings.as_of)
            self.other = Engine(other or edition, then, self.region)

    @cached_property
    def reader(self) -> BulkReader:
        """Reads records, if there are any."""
        return BulkReader(self.engine.coding.vocabulary, Day(self.settings.as_of))

    def run(self, chunk: Chunk) -> int:
        """Plan one chunk, write it whole, and say how many patients it held."""
        computed = self.engine.computed
        blocks = [self.reader.read(part) for part in _parts(chunk.records or [])]
        planned = self._planned(self.engine, chunk, blocks)
        summary = summed(planned, len(chunk.keys))
        summary.computed = self.engine.computed - computed
        if self.other is not None:
            found = changed(self._planned(self.other, chunk, blocks), planned)
            summary.changed, summary.compared = found.patients, found.compared
            summary.gained, summary.lost = dict(found.gained), dict(found.lost)
            summary.label_changed = dict(found.label)
        stem = f"{chunk.number:06}"
        table = _table(chunk, planned)
        if self.settings.format == "csv":
            _whole(self.folder / f"patients-{stem}.csv", flat(table).write_csv)
        else:
            _whole(self.folder / f"patients-{stem}.parquet", table.write_parquet)
        if planned.problems:
            aside = pl.DataFrame(
                {
                    "patient": [chunk.keys[row] for row in planned.problems],
                    "reason": list(planned.problems.values()),
                }
            )
            _whole(self.folder / f"set-aside-{stem}.csv", aside.write_csv)
        written = msgspec.json.encode(summary)
        _whole(self.folder / f"summary-{stem}.json", lambda path: path.write_bytes(written))
        return len(chunk.keys)

    @staticmethod
    def _planned(engine: Engine, chunk: Chunk, blocks: list[Block]) -> Planned:
        frame = chunk.frame
        planned = engine.frame(frame) if frame is not None else engine.records(blocks)
        if not chunk.repeated:
            return planned
        keep = ~np.isin(planned.rows, chunk.repeated)
        return planned._replace(
            rows=planned.rows[keep],
            sheet_of=planned.sheet_of[keep],
            gaps_of=planned.gaps_of[keep],
            problems=planned.problems | dict.fromkeys(chunk.repeated, REPEATED),
        )


def _parts(records: list[list[bytes]]) -> Iterator[list[list[bytes]]]:
    """Stretches of records that are read together, of a few megabytes each."""
    part: list[list[bytes]] = []
    size = 0
    for record in records:
        part.append(record)
        size += sum(map(len, record))
        if size > _BLOCK_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its name and move it there when it is whole and on the disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    write(beside)
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.replace(path)


def summed(planned: Planned, size: int) -> Summary:
    """What a report counts of one chunk."""
    found = Summary(patients=size, planned=len(planned.rows))
    found.aside = dict(Counter(_kind_of(said) for said in planned.problems.values()))
    refused, options, labels = Counter[str](), dict[str, Counter[str]](), dict[str, Counter[str]]()
    trials, possible, forbidden = Counter[str](), Counter[str](), Counter[str]()
    numbers = Counter(planned.sheet_of.tolist())
    for place, number in numbers.items():
        sheet = planned.sheets[place]
        if sheet.refused:
            refused[sheet.refused] += number
            continue
        certain = False
        for option in sheet.options:
            word = option.stance if option.certainty in _HELD else option.certainty
            options.setdefault(option.regimen, Counter())[word] += number
            labels.setdefault(option.regimen, Counter())[option.label] += number
            certain = certain or option.certainty in _HELD
            if option.contraindicated:
                forbidden[option.regimen] += number
        found.none_certain += 0 if certain else number
        trials.update(dict.fromkeys(sheet.trials, number))
        possible.update(dict.fromkeys(sheet.trials_possible, number))
    gaps, first = Counter[str](), Counter[str]()
    open_ = [not planned.sheets[place].refused for place in planned.sheet_of.tolist()]
    for place, number in Counter(
        gap for gap, is_open in zip(planned.gaps_of.tolist(), open_, strict=True) if is_open
    ).items():
        named = planned.gaps[place]
        gaps.update(dict.fromkeys(named, number))
        first.update(dict.fromkeys(named[:1], number))
    found.refused, found.contraindicated = dict(refused), dict(forbidden)
    found.options = {name: dict(counts) for name, counts in options.items()}
    found.labels = {name: dict(counts) for name, counts in labels.items()}
    found.gaps, found.first_gaps = dict(gaps), dict(first)
    found.trials, found.trials_possible = dict(trials), dict(possible)
    return found


_HELD = ("certain", "extension")


def _kind_of(said: str) -> str:
    """A reason without the value that gave it, so that a report counts kinds."""
    return said.split(": is ", maxsplit=1)[0].split("`", maxsplit=1)[0].strip()[:80] or "unreadable"


def _table(chunk: Chunk, planned: Planned) -> pl.DataFrame:
    rows: list[tuple[int, SheetOption]] = [
        (place, option) for place, sheet in enumerate(planned.sheets) for option in sheet.options
    ]
    options = pl.DataFrame(
        {
            "sheet": pl.Series([place for place, _ in rows], dtype=pl.Int64),
            **{
                name: pl.Series([getattr(o, name) for _, o in rows], dtype=kind)
                for name, kind in _OPTION.items()
            },
        }
    )
    nested = options.group_by("sheet", maintain_order=True).agg(
        pl.struct(list(_OPTION)).alias("options")
    )
    sheets = pl.DataFrame(
        {
            "sheet": pl.Series(range(len(planned.sheets)), dtype=pl.Int64),
            **{
                name: pl.Series([getattr(s, name) for s in planned.sheets], dtype=kind)
                for name, kind in _SHEET.items()
            },
        }
    ).join(nested, on="sheet", how="left", maintain_order="left")
    gaps = pl.DataFrame(
        {
            "gap": pl.Series(range(len(planned.gaps)), dtype=pl.Int64),
            "gaps": pl.Series(planned.gaps, dtype=pl.List(pl.String)),
        }
    )
    patients = pl.DataFrame(
        {
            "patient": [chunk.keys[row] for row in planned.rows.tolist()],
            "sheet": pl.Series(planned.sheet_of, dtype=pl.Int64),
            "gap": pl.Series(planned.gaps_of, dtype=pl.Int64),
        },
        schema_overrides={"patient": pl.String},
    )
    joined = patients.join(sheets, on="sheet", how="left", maintain_order="left").join(
        gaps, on="gap", how="left", maintain_order="left"
    )
    told = pl.col("refused") == ""
    return joined.select(
        "patient",
        "refused",
        "cover",
        "options",
        "against",
        pl.when(told).then("gaps").otherwise(pl.lit([], dtype=pl.List(pl.String))).alias("gaps"),
        "trials",
        "trials_possible",
    )


_OPTION: dict[str, pl.DataType | type[pl.DataType]] = {
    "regimen": pl.String,
    "certainty": pl.String,
    "stance": pl.String,
    "label": pl.String,
    "positions": pl.List(pl.String),
    "contraindicated": pl.Boolean,
    "cautions": pl.List(pl.String),
}
_SHEET: dict[str, pl.DataType | type[pl.DataType]] = {
    "refused": pl.String,
    "cover": pl.List(pl.String),
    "against": pl.List(pl.String),
    "trials": pl.List(pl.String),
    "trials_possible": pl.List(pl.String),
}


def flat(table: pl.DataFrame) -> pl.DataFrame:
    """The same table without lists, for CSV: an option a cell part, parts between bars."""
    one = pl.element().struct
    option = pl.concat_str(
        one["regimen"],
        pl.lit(" ["),
        one["certainty"],
        pl.lit(", "),
        one["stance"],
        pl.lit(", label "),
        one["label"],
        pl.when(one["contraindicated"]).then(pl.lit(", CONTRAINDICATED")).otherwise(pl.lit("")),
        pl.lit("] "),
        one["cautions"].list.join(" "),
    )
    return table.with_columns(
        pl.col("options").list.eval(option).list.join(" | "),
        *(
            pl.col(n).list.join(" ")
            for n in ("cover", "against", "gaps", "trials", "trials_possible")
        ),
    )


# -- a whole run ------------------------------------------------------------------------------


def start(folder: Path, settings: Settings, *, restart: bool) -> frozenset[int]:
    """Make a folder ready and say which chunks of the same run it holds already."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.json"
    if manifest.exists():
        try:
            before = msgspec.json.decode(manifest.read_bytes(), type=Settings)
        except (msgspec.DecodeError, msgspec.ValidationError):
            before = None
        if before != settings and not restart:
            differ = [
                name
                for name in settings.__struct_fields__
                if before is None or getattr(before, name) != getattr(settings, name)
            ]
            raise RunError(
                f"`{folder}` holds another run (different: {', '.join(differ)}); "
                "name another folder, or start over with `--restart`"
            )
    if restart:
        for path in folder.glob("*"):
            if path.is_file() and path.name.lstrip(".").startswith(_OURS):
                path.unlink()
    for path in folder.glob(".*-*.*.*"):
        if path.is_file() and path.name.lstrip(".").startswith(_OURS):
            path.unlink()
    written = msgspec.json.format(msgspec.json.encode(settings), indent=2)
    _whole(manifest, lambda path: path.write_bytes(written))
    return frozenset(int(path.stem.split("-")[1]) for path in folder.glob("summary-*.json"))


_OURS = ("patients-", "set-aside-", "summary-", "manifest", "report", "figure-")


def run(
    source: Source,
    folder: Path,
    settings: Settings,
    edition: Edition,
    other: Edition | None,
    done: frozenset[int],
    *,
    jobs: int = 1,
) -> Iterator[int]:
    """Do every chunk that is not done; gives the number of patients of each as it is finished."""
    chunks = marked(source, settings.chunk, done, folder)
    if jobs <= 1:
        worker = Worker(folder, settings, edition, other)
        for chunk in chunks:
            yield worker.run(chunk)
        return
    # threads of a forked parent would not come along: start the helpers afresh
    context = multiprocessing.get_context("spawn")
    arguments = (folder, settings, edition.root, other.root if other else None)
    with ProcessPoolExecutor(jobs, context, _begin, arguments) as pool:
        yield from _in_flight(pool, chunks, jobs + 1)


def _in_flight(pool: ProcessPoolExecutor, chunks: Iterable[Chunk], most: int) -> Iterator[int]:
    waiting: set[Future[int]] = set()
    for chunk in chunks:
        waiting.add(pool.submit(_do, chunk))
        if len(waiting) >= most:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    for future in waiting:
        yield future.result()


_WORKER: list[Worker] = []


def _end_with_parent() -> None:
    """A helper whose run was killed would wait for more work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _begin(folder: Path, settings: Settings, root: Path | None, other: Path | None) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    from consilium.knowledge.cache import default_folder  # noqa: PLC0415

    edition = Edition.read(root, default_folder()) if root else Edition.bundled()
    second = Edition.read(other, default_folder()) if other else None
    _WORKER.append(Worker(folder, settings, edition, second))


def _do(chunk: Chunk) -> int:
    return _WORKER[0].run(chunk)


def total(folder: Path) -> Summary:
    """The sum of all finished chunks."""
    found = Summary()
    for path in sorted(folder.glob("summary-*.json")):
        found.add(msgspec.json.decode(path.read_bytes(), type=Summary))
    return found
