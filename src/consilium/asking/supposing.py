"""What a question takes for granted, held against the sources before it is answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from consilium.asking import claims
from consilium.asking.answer import Answer, Said, Verdict
from consilium.asking.names import Named
from consilium.asking.statements import Statement
from consilium.asking.words import facets_of, plain

if TYPE_CHECKING:
    from consilium.asking.asked import Asked
    from consilium.asking.asking import Asker


def denied(asked: Asked, first: Statement) -> bool:
    """Whether what fits best denies the very thing of which more is asked."""
    about = set(asked.strong) & set(first.facets) & {"crossover", "os", "pfs", "approval"}
    return bool(about) and _DENIAL.search(first.text) is not None and first.kind != "approval"


LEADS: dict[str, dict[str, str]] = {
    "yes-no": {"yes": "Yes.", "no": "No.", "open": "That is not established."},
    "claim": {
        "yes": "Yes.",
        "no": "No: the source says otherwise.",
        "open": "That is not established.",
        "not-said": "The stored sources do not say that in these words. What they say:",
    },
    "premise": {
        "yes": "",
        "no": "The premise does not stand: the source says otherwise.",
        "open": "The premise is not established.",
        "not-said": "The stored sources do not state the premise in these words. What they say:",
    },
}
_DENIAL = re.compile(
    r"\b(?:did|does|do) not (?:allow|permit|have)\b|no crossover|shows? no\b|not approved"
)
_BENEFIT = re.compile(
    r"\bimprov|\bbenefit|\bprolong|\blonger|\bbetter|\bextend|\bsuperior|\bbeat|\bwon\b|\bwin\b|outperform|\bgains?\b|\bpositive\b"
)
_TAKEN_FOR_GRANTED = frozenset("payload linker target antibody dar maker route".split())


def supposing(asker: Asker, asked: Asked, claim: str) -> Asked:
    """The question as one after what it takes for granted of a drug, such as its target."""
    taken = [f for f in facets_of(claim) if f in _TAKEN_FOR_GRANTED]
    if not taken or not asker.names.named(claim).of("drug"):
        return asked
    named = asker.names.named(claim)
    return msgspec.structs.replace(
        asked, named=Named((*named.of("drug")[:1],), (), named.mentions), facets=tuple(taken)
    )


def supposed(
    asker: Asker,
    asked: Asked,
    ranked: list[tuple[float, Statement]],
    kept: list[Statement],
    read: claims.Reading,
) -> Answer | None:
    """The correction, where a question rests on what the sources contradict or leave open."""
    benefit = bool(set(asked.facets) & {"pfs", "os"}) and _BENEFIT.search(plain(asked.question))
    near = [*kept, *(s for _, s in ranked[:20])]
    said: Verdict
    if read.manner == "premise":
        said, proof = claims.verdict(read.claim, near, asker.names, asker.others)
        if said == "no" and proof is not None:
            return asker.make(
                asked,
                "answer",
                verdict=said,
                lead=LEADS["premise"]["no"],
                statements=tuple(Said.of(s) for s in [proof, *kept] if s.kind != "gap")[:3],
            )
    elif benefit and not read.manner:
        heads = [
            s
            for s in near
            if s.kind in ("result", "trial") and set(asked.facets) & {"pfs", "os"} & set(s.facets)
        ]
        said, proof = claims.verdict(asked.question.rstrip("?"), heads, asker.names)
        if proof is not None and said in ("no", "open"):
            lead = (
                "The premise does not stand as put." if said == "no" else "That is not established."
            )
            shown = [proof, *(s for s in kept if s.id != proof.id and s.kind != "gap")]
            return asker.make(
                asked,
                "answer",
                verdict=said,
                lead=lead,
                statements=tuple(Said.of(s) for s in shown[:4]),
            )
    return None
