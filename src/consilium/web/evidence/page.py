"""An evidence page as values: sections in fixed slots, sentences with links, chips and citations.

Every page kind is built of these and set by one template. An empty section is
shown, and says that it is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from consilium.report.figures import Figure


class Link(NamedTuple):
    """Words, and where they lead; nowhere when ``href`` is empty."""

    text: str
    href: str = ""

    @property
    def html(self) -> SafeString:
        """As it stands in a page."""
        if not self.href:
            return escape(self.text)
        return mark_safe(f'<a href="{escape(self.href)}">{escape(self.text)}</a>')


class Chip(NamedTuple):
    """A short mark with words: what kind of evidence, how deep it was read, since when."""

    text: str
    kind: str = ""

    @property
    def html(self) -> SafeString:
        """As it stands in a page."""
        return mark_safe(f'<span class="chip {escape(self.kind)}">{escape(self.text)}</span>')


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence. ``cites`` are numbers of the page's sources; ``kind`` may be a `caution`."""

    words: tuple[Link, ...]
    chips: tuple[Chip, ...] = ()
    cites: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    kind: str = ""

    @property
    def text(self) -> str:
        """The sentence without its marks."""
        return "".join(word.text for word in self.words)

    @property
    def html(self) -> SafeString:
        """As it stands in a page."""
        said = "".join(word.html for word in self.words)
        if self.kind:
            said = f'<span class="{escape(self.kind)}">{said}</span>'
        cites = "".join(f'<a href="#source-{n}">[{n}]</a>' for n in self.cites)
        parts = [said, *(chip.html for chip in self.chips)]
        if cites:
            parts.append(f'<span class="cites">{cites}</span>')
        parts += [f'<span class="second small note-line">{escape(n)}</span>' for n in self.notes]
        return mark_safe(" ".join(parts))


@dataclass(frozen=True, slots=True)
class Items:
    """Sentences one under another."""

    items: tuple[Item, ...]
    title: str = ""
    block = "items"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with what is said of them."""

    rows: tuple[tuple[str, Item], ...]
    block = "facts"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; on a phone each row becomes a list."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Item, ...], ...]
    block = "grid"

    def labelled(self) -> Iterator[list[tuple[str, Item]]]:
        """The rows with the name of the column beside each cell."""
        return (list(zip(self.columns, row, strict=True)) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its numbers as a table; ``href`` is where it is kept as a PNG."""

    figure: Figure
    href: str = ""
    block = "picture"


@dataclass(frozen=True, slots=True)
class Written:
    """A block as it stands in a page, with the numbers of the sources that it cites."""

    html: SafeString
    cites: frozenset[int]
    block = "written"


Block = Items | Facts | Grid | Picture | Written


@dataclass(frozen=True, slots=True)
class Section:
    """A fixed slot of a page. ``empty`` is said when no block holds anything."""

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Cited:
    """A numbered source of a page."""

    number: int
    source: Item


@dataclass(frozen=True, slots=True)
class Page:
    """One record with everything that is linked to it."""

    kind: str
    id: str
    title: str
    lead: tuple[Item, ...]
    sections: tuple[Section, ...]
    sources: tuple[Cited, ...]


def plain(text: str) -> Item:
    """A sentence without links."""
    return Item((Link(text),))


def joined(links: Iterable[Link], by: str = ", ") -> tuple[Link, ...]:
    """Links with words between them."""
    found: list[Link] = []
    for link in links:
        found += [Link(by), link] if found else [link]
    return tuple(found)


def items(found: Iterable[Item], title: str = "") -> tuple[Items, ...]:
    """A block of sentences, or none."""
    listed = tuple(found)
    return (Items(listed, title),) if listed else ()


def grid(
    caption: str, columns: tuple[str, ...], rows: Iterable[tuple[Item, ...]]
) -> tuple[Grid, ...]:
    """A table, or none."""
    listed = tuple(rows)
    return (Grid(caption, columns, listed),) if listed else ()


def facts(rows: Iterable[tuple[str, Item | str]]) -> tuple[Facts, ...]:
    """Names with what is said of them; a row about which nothing is said is left out."""
    listed = tuple(
        (name, plain(said) if isinstance(said, str) else said) for name, said in rows if said
    )
    return (Facts(listed),) if listed else ()
