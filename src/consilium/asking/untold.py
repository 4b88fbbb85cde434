"""What of a question the statements chosen leave untold, so that nothing else is passed off for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from consilium.asking import field
from consilium.asking.choosing import gap_beside, lacking, seen
from consilium.asking.retrieval import coverage
from consilium.asking.statements import Statement
from consilium.asking.words import content, numbers, plain
from consilium.knowledge.giving import Silence

if TYPE_CHECKING:
    from consilium.asking.asked import Asked
    from consilium.asking.asking import Asker

_COUNTRY = re.compile(
    r"\b(portuguese|french|dutch|german|italian|japanese|korean|spanish|danish|swedish|canadian)\b(?=.{0,40}\b(?:cohort|registry|series|study|centre|patients))"
)
_TRAIT = re.compile(
    r"(?:percent\w*|share|proportion|portion|fraction|how many)\b.*?\b(?:with|had|having|were|was) ([a-z -]+)|\b(?:median|mean|average) (age)\b"
)
_OTHER_DRUG = re.compile(
    r"\b[a-z]{3,}(?:reotide|glutide|adine|conazole|prazole|olol|pril|sartan|statin|mycin|cillin|floxacin|setron|pitant|oxetine|azepam|"
    r"profen|coxib|dipine|gliptin|dronate|kinra|grastim|caine|triptan|modulation)\b"
)
"""Names of medicines and treatments outside the field, by how they end."""
_TITLES = frozenset(("Prof", "Profs", "Professor", "Professors", "Doctor", "Doctors", "Madam"))


def untold(
    asker: Asker, asked: Asked, ranked: list[tuple[float, Statement]], kept: list[Statement]
) -> tuple[str, ...]:
    """What was asked for and is not there, by the first of the checks that finds something."""
    return (
        lacking(asked, kept, asker.harms)
        or _known_gap(asker, asked, ranked)
        or _gap_beside(asker, asked, kept)
        or _silence(asker, asked, kept)
        or _unexplained(asker, asked, kept)
        or _not_verified(asker, asked, kept)
        or _strangers(asker, asked)
        or _of_cohort(asker, asked, ranked, kept)
    )


def _known_gap(
    asker: Asker, asked: Asked, ranked: list[tuple[float, Statement]]
) -> tuple[str, ...]:
    """What somebody looked for and did not find, where the question asks for just that."""
    words = set(content(" ".join(asker.names.repaired(asked.question))))
    for _, statement in ranked[:12]:
        if statement.kind != "gap" or statement.about[0] not in asked.named.entities:
            continue
        what = statement.text.rsplit(": ", 1)[-1].rstrip(".")
        if set(content(what)) <= words:
            return (what,)
    return ()


def _gap_beside(asker: Asker, asked: Asked, kept: list[Statement]) -> tuple[str, ...]:
    trials = asked.named.of("trial")
    if len(trials) != 1:
        return ()
    own = (asker.index.by_id[i] for i in asker.index.by_entity.get(trials[0], ()))
    gaps = [s for s in own if s.kind == "gap" and asker.holds(s, asked)]
    return gap_beside(asked, kept, gaps)


def _silence(asker: Asker, asked: Asked, kept: list[Statement]) -> tuple[str, ...]:
    """A row of a label that was looked for and not read."""
    if not {"dose", "dose-reduction", "management"} & set(asked.facets):
        return ()
    for held in asker.edition.contents.giving:
        if not isinstance(held, Silence) or f"drug:{held.drug}" not in asked.named.entities:
            continue
        events = set(held.events) & set(asked.strong)
        ruled = any(events & set(s.facets) and s.facets[1:2] == ("event",) for s in kept)
        if events and not ruled and not asked.named.of("trial"):
            return (f"a rule for this ({held.says})",)
    return ()


def _unexplained(asker: Asker, asked: Asked, kept: list[Statement]) -> tuple[str, ...]:
    """A question on a drug of which nothing that is said holds any word."""
    trait = _TRAIT.search(plain(asked.question)) if "baseline" in asked.facets else None
    if trait and asked.named.of("trial") and not asker.harms & set(asked.facets):
        words = {w: asker.index.weight(w) for w in content(trait[1] or trait[2])}
        counted = [s for s in kept if numbers(seen(s.text))]
        told = frozenset(w for s in counted for w in asker.index.words(s.id))
        return ("a figure for this",) if words and coverage(words, told) < 0.35 else ()
    if asked.facets or asked.named.of("trial") or asked.named.of("person") or not kept:
        return ()
    if asked.named.of("drug") == () or asker.names.repaired(asked.question) == ():
        return ()
    beside = " ".join(w for w in asker.names.masked(asked.question) if not w.startswith("<"))
    words = {w: asker.index.weight(w) for w in content(beside)}
    told = frozenset(w for s in kept for w in asker.index.words(s.id))
    if not [
        w for w in words if len(w) > 3 and w not in asker.index.vocabulary and not field.knows(w)
    ]:
        return ()
    if sum(words.values()) > 5 and coverage(words, told) < 0.3:
        return ("an answer to this",)
    return ()


def _not_verified(asker: Asker, asked: Asked, kept: list[Statement]) -> tuple[str, ...]:
    """What was looked for and could not be verified, where just that is asked."""
    if asked.scope == "activity":
        return ()
    words = {w: asker.index.weight(w) for w in content(asked.question)}
    told = {w for s in kept for w in asker.index.words(s.id)}
    best = coverage(words, frozenset(told))
    for all_words, what, record in asker.looked_for:
        here = coverage(words, all_words)
        if here < 0.7:
            continue
        about = asker.names.named(f"{record.about} {record.what}", repair=False).entities
        if not {e for e in asked.named.entities if e.startswith(("trial:", "drug:"))} <= {
            *about,
            f"trial:{record.about}",
            f"drug:{record.about}",
        }:
            continue
        if here >= 0.7 and here > best + 0.12 and len(what & set(words)) >= 0.5 * len(what):
            return (f"{record.what} (looked for: {record.why})",)
    return ()


def _of_cohort(
    asker: Asker, asked: Asked, ranked: list[tuple[float, Statement]], kept: list[Statement]
) -> tuple[str, ...]:
    """A figure of a cohort that is named by its registry or first author."""
    words = [*asker.names.cohorts(asked.question), *_COUNTRY.findall(plain(asked.question))]
    named = {stem for word in words for stem in content(word)}
    strong = set(asked.strong)
    figures = [s for s in kept if s.kind in ("result", "harm")]
    figures = [s for s in figures if not strong or strong & set(s.facets)] or figures
    if not named or not figures or any(named <= asker.index.words(s.id) for s in figures):
        return ()
    known = any(named <= asker.index.words(s.id) for _, s in ranked)
    return ("a figure of this cohort",) if known else ()


def _strangers(asker: Asker, asked: Asked) -> tuple[str, ...]:
    """Names of people or studies in the middle of a question that the store does not know."""
    return tuple(f"anything by the name {w}" for w in strange(asker, asked.question)[:2])


def strange(asker: Asker, question: str) -> list[str]:
    words = re.findall(r"[A-Za-z][\w'-]*", question)
    capital = [w for w in words[1:] if re.match(r"[A-Z][a-z]{3,}$", w)]
    if len(capital) > 0.4 * len(words):
        return []
    strange = [
        w
        for w in capital
        if not set(content(w)) <= asker.index.vocabulary
        and not asker.names.named(w).entities
        and not field.knows(w)
        and w not in _TITLES
    ]
    return strange + [
        w
        for w in _OTHER_DRUG.findall(plain(question))
        if not set(content(w)) <= asker.index.vocabulary and not asker.names.named(w).entities
    ]
