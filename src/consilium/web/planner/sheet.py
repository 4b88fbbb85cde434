"""One A4: what a colleague must see of a plan, with its numbered sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import segno

from consilium.knowledge.edition import Edition
from consilium.planning import Plan
from consilium.planning.plan import Option
from consilium.report.document import Item, Section
from consilium.web.planner.showing import POSSIBLE, OptionShown, PlanShown, SourceRow, show, sources

_MOST_OPTIONS = 6
_ONLINE = ("labels", "trials")
# How many letters an A4 holds with room to spare at the sizes of paper.css.
_ROOMY, _TIGHT = 3700, 4600


class Sheet(msgspec.Struct, frozen=True):
    """What is printed. ``size`` names how tightly it is set, so that it stays on one page."""

    shown: PlanShown
    options: tuple[tuple[OptionShown, tuple[Item, ...]], ...]
    left_out: tuple[str, ...]
    possible: tuple[str, ...]
    warned: tuple[Item, ...]
    more: tuple[Section, ...]
    online: tuple[tuple[str, int], ...]
    sources: tuple[SourceRow, ...]
    not_considered: str
    edition_hash: str
    address: str
    code: str
    size: str


def sheet_of(
    made: Plan, edition: Edition, said: Mapping[str, list[str]], intended: str, address: str
) -> Sheet:
    """The sheet of a plan; ``address`` is that of the site, and says nothing of the patient."""
    shown = show(made, edition, said, intended)
    every = (*shown.options, *shown.more_options)
    options = tuple((option, _cautions(option)) for option in every[:_MOST_OPTIONS])
    apart = (*_ONLINE, POSSIBLE, "refusal", "cover", "not-considered")
    more = tuple(section for name, section in shown.sections.items() if name not in apart)
    held = shown.sections.get(POSSIBLE, Section(""))
    told = list(zip(made.possible, held.items, strict=False))
    warned = tuple(item for option, item in told if _warned(option))
    items = [*_printed(options), *warned, *(item for section in more for item in section.items)]
    items += shown.intended.items if shown.intended else ()
    cited = {number for item in items for number in item.cites}
    cited |= {number for expert in shown.experts for number in expert.cites}
    rows = sources(made, cited)
    letters = sum(len(item.text) for item in items)
    letters += sum(len(expert.says) for expert in shown.experts)
    letters += sum(len(gap.text) for gap in shown.gaps)
    letters += sum(len(row.reference) for row in rows)
    return Sheet(
        shown=shown,
        options=options,
        left_out=tuple(option.name for option in every[_MOST_OPTIONS:]),
        possible=tuple(option.name for option, _item in told if not _warned(option)),
        warned=warned,
        more=more,
        online=tuple(
            (section.title, len(section.items))
            for name in _ONLINE
            if (section := shown.sections.get(name)) is not None
        ),
        sources=rows,
        not_considered="; ".join(made.not_considered),
        edition_hash=made.edition_hash[:12],
        address=address,
        code=segno.make(address, micro=False).svg_inline(scale=2, border=0, omitsize=False),
        size=_size(letters),
    )


def _cautions(option: OptionShown) -> tuple[Item, ...]:
    """Every caution of an option, what forbids it first: paper folds nothing."""
    return (*option.cautions, *option.more_cautions)


def _warned(option: Option) -> bool:
    return any(
        not caution.open and caution.kind in ("contraindication", "caution")
        for caution in option.cautions
    )


def _printed(options: Iterable[tuple[OptionShown, tuple[Item, ...]]]) -> Iterable[Item]:
    for option, cautions in options:
        yield from (option.strength, option.label, *cautions)
        yield from (item for _glyph, item in option.results)


def _size(letters: int) -> str:
    if letters <= _ROOMY:
        return "roomy"
    return "tight" if letters <= _TIGHT else "tightest"
