"""Lists of records with filters: each row with what it can be filtered by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from urllib.parse import urlencode

from consilium.evidence.trials import Harm, Result
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import Silence
from consilium.knowledge.records import Approval, CareRule, Position, Region
from consilium.web.evidence.page import Chip, Item, Link, plain
from consilium.web.evidence.shelf import (
    Shelf,
    Statement,
    address,
    biomarkers,
    citing,
    said_day,
    testing,
    trial_glyph,
)

ROWS_A_PAGE = 45


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its cells, and its values under each filter."""

    cells: tuple[Item, ...]
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Everything the row says, for the search by words."""
        return " ".join(cell.text for cell in self.cells).casefold()


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of one value; ``chosen`` is what was asked for."""

    name: str
    values: tuple[str, ...]
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows that were asked for, one page of them."""

    kind: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    filters: tuple[Filter, ...]
    query: str
    total: int
    page: int
    pages: int

    def labelled(self) -> Iterator[list[tuple[str, Item]]]:
        """The rows with the name of the column beside each cell."""
        return (list(zip(self.columns, row.cells, strict=True)) for row in self.rows)

    @property
    def numbers(self) -> range:
        """The pages there are."""
        return range(1, self.pages + 1)

    @property
    def address(self) -> str:
        """What was asked for, as the beginning of a query."""
        asked = {f.name: f.chosen for f in self.filters if f.chosen} | (
            {"q": self.query} if self.query else {}
        )
        return f"{urlencode(asked)}&" if asked else ""


def listing(shelf: Shelf, kind: str, asked: Mapping[str, str]) -> Listing:
    """The records of a kind that meet every filter that was asked for."""
    title, columns, _ = KINDS[kind]
    rows = every_row(shelf.edition, shelf.as_of, shelf.region, kind)
    names = dict.fromkeys(name for row in rows for name in row.tags)
    filters = tuple(
        Filter(
            name,
            tuple(sorted({v for row in rows for v in row.tags.get(name, ())})),
            asked.get(name, ""),
        )
        for name in names
    )
    query = asked.get("q", "").strip()[:80]
    words = query.casefold().split()
    kept = [
        row
        for row in rows
        if all(f.chosen in row.tags.get(f.name, ()) for f in filters if f.chosen)
        and all(word in row.words for word in words)
    ]
    pages = max(1, -(-len(kept) // ROWS_A_PAGE))
    number = asked.get("page", "1")
    page = (
        min(max(int(number), 1), pages)
        if number.isascii() and number.isdigit() and len(number) < 6
        else 1
    )
    shown = kept[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    return Listing(kind, title, columns, tuple(shown), filters, query, len(kept), page, pages)


@lru_cache(maxsize=32)
def every_row(edition: Edition, as_of: date, region: Region, kind: str) -> tuple[Row, ...]:
    """All rows of a kind as known on a day."""
    return tuple(KINDS[kind][2](Shelf(edition, as_of, region)))


def _drugs(shelf: Shelf) -> Iterator[Row]:
    for drug in shelf.edition.contents.drugs:
        classes = tuple(shelf.edition.classes[name].name for name in drug.classes)
        regimens = shelf.on_drug(drug.id)
        approvals = [a for a in shelf.edition.contents.approvals if regimens & set(a.regimens)]
        cells = (
            Item((shelf.drug(drug.id),)),
            plain(drug.short),
            plain(", ".join(classes)),
            plain(
                str(len([a for a in approvals if a.status == "approved" and a.id in shelf.current]))
            ),
        )
        yield Row(cells, {"class": classes, "maker": drug.makers})


def _regimens(shelf: Shelf) -> Iterator[Row]:
    for regimen in shelf.edition.contents.regimens:
        drugs = tuple(shelf.edition.drugs[d].name for d in shelf.edition.drugs_of(regimen.id))
        cycle = f"{regimen.cycle_length_days} days" if regimen.cycle_length_days else "not stated"
        name = Link(regimen.name, address("regimen", regimen.id))
        yield Row((Item((name,)), plain(", ".join(drugs)), plain(cycle)), {"drug": drugs})


def _trials(shelf: Shelf) -> Iterator[Row]:
    for trial in shelf.edition.contents.trials:
        drugs = tuple(
            shelf.edition.drugs[d].name
            for arm in trial.arms
            if arm.regimen
            for d in shelf.edition.drugs_of(arm.regimen)
        )
        known = sum(result.id in shelf.current for result in trial.results)
        cells = (
            Item((shelf.trial(trial),), (Chip(trial_glyph(trial)),)),
            plain(trial.population.says),
            plain(trial.status.says),
            plain(str(known)),
        )
        kind = trial.kind.replace("-", " ")
        yield Row(
            cells,
            {
                "kind": (kind,),
                "drug": tuple(dict.fromkeys(drugs)),
                "status": (trial.status.value.replace("-", " "),),
            },
        )


def _sources(shelf: Shelf) -> Iterator[Row]:
    rests = citing(shelf.edition)
    for source in shelf.edition.contents.sources:
        depths = tuple(dict.fromkeys(read.depth.value.replace("_", " ") for read in source.read))
        cells = (
            Item((Link(source.reference, address("source", source.id)),)),
            plain(source.kind.value.replace("-", " ")),
            plain(", ".join(depths)),
            plain(said_day(source.published)),
            plain(str(len(rests[source.id]))),
        )
        yield Row(cells, {"kind": (source.kind.value.replace("-", " "),), "depth": depths})


def _biomarkers(shelf: Shelf) -> Iterator[Row]:
    asked = testing(shelf.edition)
    for fact in biomarkers(shelf.edition):
        name = Link(fact.phrase, address("biomarker", fact.id))
        cells = (Item((name,)), plain(fact.why or fact.ask), plain(str(len(asked[fact.id]))))
        yield Row(cells, {"group": (fact.group,)})


def _speakers(shelf: Shelf) -> Iterator[Row]:
    for speaker in shelf.edition.contents.speakers:
        said = sum(
            getattr(s, "who", getattr(s, "regulator", "")) == speaker.id
            for s in shelf.statements.values()
        )
        name = Link(speaker.name, address("speaker", speaker.id))
        yield Row((Item((name,)), plain(speaker.kind), plain(str(said))), {"kind": (speaker.kind,)})


def _of(*kinds: type) -> Callable[[Shelf], Iterator[Row]]:
    def rows(shelf: Shelf) -> Iterator[Row]:
        for statement in shelf.statements.values():
            if not kinds or isinstance(statement, kinds):
                yield _statement(shelf, statement)

    return rows


def _care(shelf: Shelf) -> Iterator[Row]:
    contents = shelf.edition.contents
    return (_statement(shelf, statement) for statement in (*contents.care, *contents.giving))


def _statement(shelf: Shelf, statement: Statement) -> Row:
    edition = shelf.edition
    whom = ""
    tags: dict[str, tuple[str, ...]] = {"kind": (shelf.kind(statement),)}
    match statement:
        case Position() | Approval():
            regimens = statement.regimens
            whom = shelf.say(statement.when)
            tags["drug"] = tuple(
                {edition.drugs[d].name for r in regimens for d in edition.drugs_of(r)}
            )
            who = statement.who if isinstance(statement, Position) else statement.regulator
            tags["who"] = (edition.speakers[who].name,)
            tags["region"] = tuple(region.value for region in statement.regions)
            said = statement.stance.value if isinstance(statement, Position) else statement.status
            tags["says"] = (said.replace("_", " ").replace("-", " "),)
        case Result() | Harm():
            trial = shelf.trial_of(statement)
            tags["trial"] = (trial.names[0],)
            term = (
                edition.endpoints[statement.endpoint]
                if isinstance(statement, Result)
                else edition.adverse_events[statement.term]
            )
            tags["measure"] = (term.name,)
            whom = statement.analysis_population.replace("not-stated", "not stated")
        case _:
            tags["drug"] = (edition.drugs[statement.drug].name,)
            tags["topic"] = (statement.topic.replace("-", " ") or "other",)
            tags["region"] = tuple(region.value for region in statement.regions)
            whom = shelf.say(statement.when) if isinstance(statement, CareRule) else ""
    counts = "yes" if statement.id in shelf.current else "no"
    overdue = not isinstance(statement, Silence) and bool(shelf.stale(statement.review_by))
    tags |= {"counts on the day": (counts,), "review": ("overdue" if overdue else "in time",)}
    notes = (shelf.interest(statement),) if isinstance(statement, Position) else ()
    said_here = Item((shelf.statement(statement),), shelf.chips(statement), notes=notes)
    return Row((said_here, plain(whom)), tags)


KINDS: dict[str, tuple[str, tuple[str, ...], Callable[[Shelf], Iterator[Row]]]] = {
    "drugs": ("Drugs", ("drug", "short", "class", "approvals that count"), _drugs),
    "regimens": ("Regimens", ("regimen", "drugs", "cycle"), _regimens),
    "trials": ("Trials and cohorts", ("trial", "who", "status", "results known"), _trials),
    "results": ("Results and harms", ("result", "in whom"), _of(Result, Harm)),
    "positions": ("Positions", ("position", "for whom"), _of(Position)),
    "approvals": ("Approvals", ("approval", "for whom"), _of(Approval)),
    "care": ("Care rules", ("rule", "for whom"), _care),
    "sources": ("Sources", ("reference", "kind", "depth", "published", "cited by"), _sources),
    "biomarkers": ("Biomarkers", ("biomarker", "why it matters", "asked by"), _biomarkers),
    "speakers": ("Speakers", ("name", "kind", "statements"), _speakers),
    "statements": ("All statements", ("statement", "for whom"), _of()),
}
"""Every kind of list: title, columns, and where its rows come from."""
