"""A question as it is understood: what it names and asks for, in a conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from consilium.asking.answer import Scope
from consilium.asking.asked import META_FACETS, Asked
from consilium.asking.names import Named
from consilium.asking.words import content, facets_of, plain, tokens

if TYPE_CHECKING:
    from consilium.asking.asking import Asker

_META = re.compile(
    r"(?<!any )(?<!antitumour )(?<!clinical )(?<!anti-tumour )\b(?:activity|page|commentary|article|programme|program|website|site|cme|(?:this|which|what|faq) series|faq|webinar|poll|learning objective|key take|takeaway|this content)"
)
_PRONOUN = re.compile(
    r"\b(it|its|they|them|their|that|this|those|these|same|the (?:trial|study|drug|former|latter|other|first one|second one)|he|she|his|her)\b|^(?:and|what about|how about|also|ok|so)\b"
)
_SAME_OF_OTHER = re.compile(
    r"\bhow (?:does|did|do|is|was) (?:that|this|it|these|those) (?:compare|look|in|for)|\b(?:with|in|for|by) the (?:chemo\w*|control|comparator|other)(?: arm| group)?\?*$"
)
THE_ONE = re.compile(
    r"^(?:and |what about |how about |is there )*(?:the |an? )?(?:other |second )?one (?=(?:for|of|with|testing|that|on|in|after|studying)\b)"
)


def understood(
    asker: Asker, question: str, scope: Scope, as_of: date, history: Sequence[str]
) -> Asked:
    named, facets = asker.names.named(question), facets_of(question)
    if history and not named.unknown:
        short = len(tokens(question)) <= 12
        follows = _PRONOUN.search(plain(question)) is not None or len(tokens(question)) <= 4
        before = asker.names.named(history[-1])
        for earlier in reversed(history[:-1]):
            if before.entities:
                break
            before = asker.names.named(earlier)
        named = _other(asker, question, named, before)
        ours = [e for e in named.entities if e.startswith(("trial:", "drug:", "person:"))]
        if short and (follows or not named.entities):
            if not ours:
                named = Named((*named.entities, *before.entities))
            leads_on = re.match(r"(?:and|what about|how about)\b", plain(question)) is not None
            before_asked = facets_of(history[-1])
            if not [f for f in facets if f not in ("congress",)] or (leads_on and ours):
                facets = tuple(dict.fromkeys((*facets, *before_asked)))
            elif (leads_on or _SAME_OF_OTHER.search(plain(question))) and set(facets) <= {
                "arms",
                "comparator",
                "results",
            }:
                facets = before_asked  # `and the control arm?`: the same of the other arm
    if named.unknown:
        strange = tuple(
            n
            for n in named.unknown
            if not (n.islower() and n.isalpha() and set(content(n)) <= asker.index.vocabulary)
        )
        named = Named(named.entities, strange, named.mentions)
    meta = META_FACETS & set(facets)
    if _META.search(plain(question)) or (
        meta
        and not named.of("trial")
        and not named.of("drug")
        and _may_mean_the_page(asker, question, meta)
    ):
        own = tuple(f"activity:{a.id}" for a in asker.edition.contents.activities)
        named = Named((*named.entities, *own), named.unknown)
    return Asked(question, named, facets, scope, as_of, near=asker.wordings.near(question))


def _other(asker: Asker, question: str, named: Named, before: Named) -> Named:
    """`The other`: the one of a pair that the question before did not name."""
    if not re.search(r"\bthe other (?!hand)", plain(question)):
        return named
    pairs: list[set[str]] = [{"person:tolaney", "person:cortes"}]
    for class_ in ("parp-inhibitor",):
        pairs.append({f"drug:{d.id}" for d in asker.edition.contents.drugs if class_ in d.classes})
    pairs.append({"drug:sacituzumab-govitecan", "drug:datopotamab-deruxtecan"})
    for pair in pairs:
        there = pair & set(before.entities)
        if len(there) == 1 and len(pair) == 2:
            rest = [e for e in named.entities if not e.startswith("class:")]
            return Named((*rest, *(pair - there)), named.unknown, named.mentions)
    return named


def _may_mean_the_page(asker: Asker, question: str, meta: frozenset[str] | set[str]) -> bool:
    """Whether a question such as `who is the provider?` asks about the activity unnamed."""
    strange = [
        word
        for word in re.findall(r"(?<=.)\b[A-Z][a-z]{3,}", question)
        if not set(content(word)) <= asker.index.vocabulary
    ]
    short = len(tokens(question)) <= 7 and bool(meta - {"disclosure", "questions"})
    return not strange and (short or asker.index.known_share(question) >= 0.5)
