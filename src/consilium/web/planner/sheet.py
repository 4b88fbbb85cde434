"""One A4: what a colleague must see of a plan, with its numbered sources."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import segno

from consilium.knowledge.edition import Edition
from consilium.planning import Plan
from consilium.web.planner.showing import PlanShown, SourceRow, show, sources

_MOST_OPTIONS = 6
_MOST_GAPS = 2


class Sheet(msgspec.Struct, frozen=True):
    """What is printed."""

    shown: PlanShown
    options: tuple[object, ...]
    left_out: tuple[str, ...]
    gaps: tuple[object, ...]
    sources: tuple[SourceRow, ...]
    not_considered: str
    edition_hash: str
    address: str
    code: str


def sheet_of(
    made: Plan, edition: Edition, said: Mapping[str, list[str]], intended: str, address: str
) -> Sheet:
    """The sheet of a plan; ``address`` is that of the site, and says nothing of the patient."""
    shown = show(made, edition, said, intended)
    every = (*shown.options, *shown.more_options)
    options = every[:_MOST_OPTIONS]
    gaps = shown.gaps[:_MOST_GAPS]
    items = [item for o in options for item in (o.strength, o.label, *(i for _g, i in o.results))]
    items += [o.caution for o in options if o.caution]
    items += [item for o in options for item in o.next_lines]
    cited = {number for item in items for number in item.cites}
    cited |= {number for expert in shown.experts for number in expert.cites}
    return Sheet(
        shown=shown,
        options=options,
        left_out=tuple(option.name for option in every[_MOST_OPTIONS:]),
        gaps=gaps,
        sources=sources(made, cited),
        not_considered="; ".join(made.not_considered),
        edition_hash=made.edition_hash[:12],
        address=address,
        code=segno.make(address, micro=False).svg_inline(scale=2, border=0, omitsize=False),
    )
