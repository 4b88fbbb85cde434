"""The pages of a source, a biomarker and a speaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consilium.evidence.sources import Source
from consilium.evidence.trials import Trial
from consilium.knowledge.records import FactRecord, Speaker
from consilium.web.evidence.page import (
    Block,
    Chip,
    Item,
    Link,
    Page,
    Section,
    facts,
    grid,
    items,
    plain,
)
from consilium.web.evidence.shelf import (
    NOWHERE,
    Numbers,
    Shelf,
    Statement,
    citing,
    said_day,
    testing,
)


def source_page(shelf: Shelf, source: Source) -> Page:
    """One document: what it is, how it was read, and all that rests on it."""
    reads = [
        (
            Item(
                (Link(read.depth.value.replace("_", " ")),),
                _tier(read.tier.value if read.tier else ""),
            ),
            plain(said_day(read.on)),
            plain(read.through or "the document itself"),
            plain(read.note or "none"),
        )
        for read in source.read
    ]
    what = facts(
        [
            ("reference", source.reference),
            ("kind", source.kind.value.replace("-", " ")),
            ("published", said_day(source.published)),
            (
                "DOI",
                Item((Link(source.doi, f"https://doi.org/{source.doi}"),)) if source.doi else "",
            ),
            ("PMID", source.pmid),
            ("registry number", source.nct),
            ("address", source.url),
            ("region", source.region),
            ("licence", source.licence),
            ("note", source.note),
        ]
    )
    sections = (
        Section("what", "The document", what, NOWHERE),
        Section(
            "read",
            "How it was read",
            grid("Readings", ("depth", "read on", "through", "note"), reads),
            NOWHERE,
        ),
        Section(
            "rests",
            "What rests on it",
            _records(shelf, citing(shelf.edition)[source.id]),
            "Nothing in the edition cites it as yet",
        ),
    )
    return Page("source", source.id, source.reference, (), sections, ())


def _tier(tier: str) -> tuple[Chip, ...]:
    return (Chip("lowest tier", "stale"),) if tier == "C" else ()


def biomarker_page(shelf: Shelf, fact: FactRecord) -> Page:
    """One fact about the tumour or the genes: its values, its definition, and what asks for it."""
    numbers = Numbers(shelf)
    values = [(name, plain(words)) for name, words in fact.values.items()]
    defined = [
        (fact.values.get(value, value), plain(shelf.say(when)))
        for value, when in fact.definition.items()
    ]
    what = facts(
        [
            ("question", fact.ask),
            ("why it matters", fact.why),
            ("how to answer", fact.hint),
            ("unit", fact.unit),
            ("codes", ", ".join(code.code_text for code in fact.codes)),
            ("note", fact.note),
        ]
    )
    sections = (
        Section("what", "What is asked", what, NOWHERE),
        Section(
            "values", "Values", facts(values), "A number" if fact.kind == "number" else NOWHERE
        ),
        Section(
            "defined",
            "How it follows from other facts",
            facts(defined),
            "It is entered, not derived",
        ),
        Section(
            "asks",
            "What asks for it",
            _records(shelf, testing(shelf.edition)[fact.id]),
            "No statement asks for it",
        ),
    )
    lead = [numbers.text("Where its meaning comes from", fact.because)] if fact.because else []
    lead += [numbers.text(said.says, said.because, said.note) for said in fact.facts]
    return Page("biomarker", fact.id, fact.phrase, tuple(lead), sections, numbers.listed())


def speaker_page(shelf: Shelf, speaker: Speaker) -> Page:
    """Who speaks: what they declare, the positions they take, the rules they give."""
    numbers = Numbers(shelf)
    contents = shelf.edition.contents
    positions = [p for p in contents.positions if p.who == speaker.id]
    care = [s for s in (*contents.care, *contents.giving) if getattr(s, "who", "") == speaker.id]
    approvals = [a for a in contents.approvals if a.regulator == speaker.id]
    sections = (
        Section("declares", "Declared relationships", items(_declared(shelf, speaker)), NOWHERE),
        Section(
            "positions",
            "Positions",
            items(numbers.said(p, notes=(f"For {shelf.say(p.when)}.",)) for p in positions),
            NOWHERE,
        ),
        Section("approvals", "Approvals", items(map(numbers.said, approvals)), NOWHERE),
        Section("care", "Rules on giving drugs", items(map(numbers.said, care)), NOWHERE),
        Section("turns", "Turns in activities", items(_turns(shelf, speaker)), NOWHERE),
    )
    said = ", ".join(part for part in (speaker.credentials, speaker.kind, speaker.note) if part)
    return Page("speaker", speaker.id, speaker.name, (plain(said),), sections, numbers.listed())


def _declared(shelf: Shelf, speaker: Speaker) -> Iterator[Item]:
    for activity in shelf.edition.contents.activities:
        for member in activity.faculty:
            if member.speaker != speaker.id:
                continue
            disclosure = member.disclosure
            status = disclosure.status.replace("-", " ")
            yield plain(f"{activity.title}: {status}, {disclosure.at}".rstrip(", "))
            for tie in disclosure.relationships:
                names = ", ".join((*tie.organisations, *(patent.number for patent in tie.patents)))
                yield plain(f"{tie.kind.replace('-', ' ')}: {names}")


def _turns(shelf: Shelf, speaker: Speaker) -> Iterator[Item]:
    for title, turn in shelf.turns():
        if turn.speaker == speaker.id:
            said = " ".join(f"{s.rstrip('.')}." for s in turn.says)
            yield Item((Link(said),), (), (), (f"{title}, {turn.at}",))


def _records(shelf: Shelf, found: Iterable[Statement | Trial]) -> tuple[Block, ...]:
    """Records by kind, each with its marks."""
    by_kind: dict[str, list[Item]] = {}
    for record in found:
        if isinstance(record, Trial):
            by_kind.setdefault("trial", []).append(Item((shelf.trial(record),)))
        else:
            line = Item((shelf.statement(record),), shelf.chips(record))
            by_kind.setdefault(shelf.kind(record), []).append(line)
    return tuple(
        block for kind, listed in by_kind.items() for block in items(listed, kind.capitalize())
    )
