"""Any page falls into parts that lose nothing, repeat nothing and cite what they list."""

from hypothesis import given
from hypothesis import strategies as st

from consilium.web.evidence.page import Cited, Grid, Item, Items, Link, Page, Section, plain
from consilium.web.evidence.parts import parts_of

MOST = 1000
SOURCES = 9


@st.composite
def pages(draw) -> Page:
    """Sentences that can be told apart, in lists and tables of several slots."""
    names = iter(range(10_000))

    def sentence() -> Item:
        cites = draw(st.frozensets(st.integers(1, SOURCES), max_size=3))
        text = f"<{next(names)}>" + "x" * draw(st.integers(0, 300))
        return Item((Link(text),), cites=tuple(cites))

    def block():
        told = tuple(sentence() for _ in range(draw(st.integers(1, 12))))
        return (
            Items(told) if draw(st.booleans()) else Grid("c", ("one",), tuple((t,) for t in told))
        )

    sections = tuple(
        Section(f"slot{n}", "t", tuple(block() for _ in range(draw(st.integers(0, 3)))), "none")
        for n in range(draw(st.integers(1, 5)))
    )
    sources = tuple(Cited(n, plain(f"source {n}")) for n in range(1, SOURCES + 1))
    return Page("drug", "d", "D", (sentence(),), sections, sources)


def said(block) -> list[Item]:
    return list(block.items) if isinstance(block, Items) else [row[0] for row in block.rows]


def write(block) -> str:
    return "".join(item.html for item in said(block))


@given(pages())
def test_nothing_is_lost_repeated_or_cited_without_its_source(page):
    parts = parts_of(page, write, MOST)
    assert parts[0].slot == "" and all(part.slot for part in parts[1:])
    ids = [section.id for part in parts for section in part.sections]
    assert len(ids) == len(set(ids))
    assert [name for name in ids if "-" not in name] == [section.id for section in page.sections]
    written = [block for part in parts for section in part.sections for block in section.blocks]
    whole = "".join(write(block) for section in page.sections for block in section.blocks)
    assert "".join(block.html for block in written) == whole
    listed = {cited.number for part in parts for cited in part.sources}
    assert listed == {cited.number for cited in page.sources}
    for number, part in enumerate(parts):
        blocks = [block for section in part.sections for block in section.blocks]
        cited = {n for block in blocks for n in block.cites}
        shown = {source.number for source in part.sources}
        assert cited <= shown
        if number:
            assert cited == shown
            weights = [len(b.html) for b in blocks]
            beside = sum(len(source.source.html) for source in part.sources)
            assert sum(weights) + beside <= MOST or len(blocks) == 1
