"""A neutrophil count in the question, held against the gates of a label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from consilium.asking.answer import Answer, Computed, Link, Said
from consilium.asking.words import plain

if TYPE_CHECKING:
    from consilium.asking.asked import Asked
    from consilium.asking.asking import Asker

_COUNT = re.compile(
    r"\b(?:anc|neutrophils?(?: count)?|neuts?)\b(?: (?:is|are|of|at|now|was|=|:))*[ =:]{0,3}(\d+(?:[.,]\d+)?)(?! ?%)"
)
_LEAST = re.compile(r"under (\d+) neutrophils")


def gate(asker: Asker, asked: Asked) -> Answer | None:
    """Whether the gates of a label hold a dose at a count; the rule is said, no order given."""
    text = plain(asked.question)
    found = _COUNT.search(text)
    drugs = asked.named.of("drug")
    if found is None or len(drugs) != 1 or asked.named.of("trial"):
        return None
    gates = [
        s
        for s in (asker.index.by_id[i] for i in asker.index.by_entity.get(drugs[0], ()))
        if s.facets[1:2] == ("gate",) and _LEAST.search(s.text) and asker.holds(s, asked)
    ]
    day = re.search(r"\b(?:day|d) ?(1|8|15)\b", text)
    if day:
        gates = [s for s in gates if f"day {day[1]} " in s.text] or gates
    if not gates:
        return None
    value = float(found[1].replace(",", "" if re.fullmatch(r"\d,\d{3}", found[1]) else "."))
    count = value * 1000 if value < 30 else value
    said = []
    for s in gates:
        bound = _LEAST.search(s.text)
        least = int(bound[1]) if bound else 0
        on = re.search(r"day (\d+)", s.text)
        which = f"on day {on[1]}" if on else "before a dose"
        said.append(
            f"{count:g} /mm3 is below the {least} /mm3 asked for {which}: hold (withhold) the "
            f"dose, it is not given until the count is reached."
            if count < least
            else f"{count:g} /mm3 is not below the {least} /mm3 asked for {which}: this gate does "
            f"not hold the dose (proceed as far as the count goes); others may."
        )
    return asker.make(
        asked,
        "computed",
        lead="A rule of the label applied to a number; no order for a patient.",
        computed=(Computed(" ".join(said), tuple(s.id for s in gates)),),
        statements=tuple(Said.of(s) for s in gates),
        links=(Link("care", f"All gates of a dose: consilium care {drugs[0].partition(':')[2]}"),),
        may_log=False,
    )
