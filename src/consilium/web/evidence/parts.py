"""A page in parts, each light enough for a phone on a poor line.

A page that is too heavy is cut between its slots, and a slot that is too heavy between its
blocks and rows. The first part holds the summary and what stands first, which matters most;
each part lists the sources that are cited in it, under the numbers of the whole page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString

from consilium.web.evidence.page import (
    Block,
    Cited,
    Facts,
    Grid,
    Item,
    Items,
    Link,
    Page,
    Section,
    Written,
)

Write = Callable[[Block], SafeString]
"""Sets a block as it stands in a page."""

MOST_BYTES = 60_000
"""What a page may weigh: its HTML, the style sheets and the script that it loads."""
_BESIDE = 26_500  # style sheets, script and icon, and what frames every page


@dataclass(frozen=True, slots=True)
class Part:
    """Slots that are read on one page. ``slot`` is its address below the record's, "" at first."""

    slot: str
    sections: tuple[Section, ...]
    sources: tuple[Cited, ...]

    def holds(self, slot: str) -> bool:
        """Whether a slot is read here."""
        return any(section.id == slot for section in self.sections)

    def address(self, record: str) -> str:
        """Where it is read, by the address of the record."""
        return f"{record}/{self.slot}" if self.slot else record


def parts_of(page: Page, write: Write, most: int = MOST_BYTES - _BESIDE) -> tuple[Part, ...]:
    """The parts of a page in reading order; mostly there is one.

    ``most`` is what the slots of a part and their sources may weigh, in bytes. A part exceeds it
    only by a single picture, row or sentence that does.
    """
    filled = _filled(page, write, most)
    cited = [_cited(sections) for sections in filled]
    cited[0] |= {n for item in page.lead for n in item.cites}
    cited[0] |= {source.number for source in page.sources} - set().union(*cited)
    return tuple(
        Part(
            sections[0].id if number else "",
            tuple(sections),
            tuple(source for source in page.sources if source.number in cited[number]),
        )
        for number, sections in enumerate(filled)
    )


def slots_of(parts: Iterable[Part], here: Part, record: str) -> list[Link]:
    """Every slot of a record, seen from one of its parts."""
    return [
        Link(section.title, f"{'' if part is here else part.address(record)}#{section.id}")
        for part in parts
        for section in part.sections
    ]


def _filled(page: Page, write: Write, most: int) -> list[list[Section]]:
    weights = {source.number: _bytes(source.source.html) for source in page.sources}

    def weight(blocks: Iterable[Written]) -> int:
        held = list(blocks)
        cited = set().union(*(block.cites for block in held))
        return sum(_bytes(block.html) for block in held) + sum(weights[n] for n in cited)

    def pieces(block: Block) -> Iterator[Written]:
        written = Written(write(block), frozenset(_cites(block)))
        halves = _halves(block) if weight([written]) > most else ()
        if not halves:
            yield written
        for half in halves:
            yield from pieces(half)

    lead = Written(SafeString("".join(item.html for item in page.lead)), frozenset())
    held: list[Written] = [lead]
    filled: list[list[Section]] = [[]]
    for section in page.sections:
        blocks = [piece for block in section.blocks for piece in pieces(block)]
        full = weight([*held, *blocks]) > most
        # a slot stays together, unless that would leave a part half empty
        if full and filled[-1] and weight(held) > most / 2 and weight(blocks) <= most:
            filled.append([])
            held = []
        filled[-1].append(replace(section, blocks=()))
        begun = 1
        for block in blocks:
            if held and weight([*held, block]) > most:
                if filled[-1][-1].blocks:
                    begun += 1
                    again = Section(f"{section.id}-{begun}", f"{section.title}, continued")
                else:
                    again = filled[-1].pop()
                filled.append([again])
                held = []
            last = filled[-1][-1]
            filled[-1][-1] = replace(last, blocks=(*last.blocks, block))
            held.append(block)
    return filled


def _halves(block: Block) -> tuple[Block, ...]:
    match block:
        case Items(items=(_, _, *_)):
            half = len(block.items) // 2
            return replace(block, items=block.items[:half]), replace(
                block, items=block.items[half:]
            )
        case Facts(rows=(_, _, *_) as told):
            half = len(told) // 2
            return replace(block, rows=told[:half]), replace(block, rows=told[half:])
        case Grid(rows=(_, _, *_) as listed):
            half = len(listed) // 2
            return replace(block, rows=listed[:half]), replace(block, rows=listed[half:])
    return ()


def _said(block: Block) -> Iterator[Item]:
    match block:
        case Items():
            yield from block.items
        case Facts():
            yield from (item for _, item in block.rows)
        case Grid():
            yield from (item for row in block.rows for item in row)


def _cites(block: Block) -> set[int]:
    return {number for item in _said(block) for number in item.cites}


def _cited(sections: Iterable[Section]) -> set[int]:
    return {
        number
        for section in sections
        for block in section.blocks
        if isinstance(block, Written)
        for number in block.cites
    }


def _bytes(html: str) -> int:
    return len(html.encode())
