"""What a question asserts, held against what statements say.

Nothing is affirmed unless one statement says all of it: the same drugs and
trials, the same endpoints, the same figures in the same order, the same sense.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from consilium.asking.answer import Verdict
from consilium.asking.names import Names
from consilium.asking.statements import Statement
from consilium.asking.words import STOP, facets_among, facets_of, numbers, plain, stem, tokens

_ASKED = re.compile(
    r"^(?:so,? |and |but |then |hi,? |hello,? |please |can you (?:please )?(?:tell me|confirm) (?:if|whether|that) |"
    r"(?:i|we) (?:heard|read|think|thought|understand|believe|was told) (?:that )?|do you know (?:if|whether) )*"
    r"(?:is it (?:true|correct|right|the case|a fact|accurate) (?:to say )?(?:that )?|true or false:? |"
    r"(?:please )?confirm (?:that |whether |if )?|fact check:? |verify (?:that )?|is the following (?:true|correct)[:?]? |"
    r"am i (?:right|correct) (?:that|in thinking|to think|in saying)(?: that)? |isn't it true (?:that )?|"
    r"would it be (?:true|correct|right|fair) (?:to say )?(?:that )?|right that |agree that |do the sources (?:say|state|show) (?:that )?|"
    r"does the page (?:say|state|show) (?:that )?)"
)
_TAG = re.compile(
    r",? ?(?:right|correct|isn't (?:it|that so|that right)|is that (?:right|correct|true|so)|true|yes|no|"
    r"am i (?:right|correct)|true or false|didn't (?:it|they)|doesn't it|wasn't it|don't they|agreed)\?$"
)
_YES_NO = re.compile(
    r"^(?:so,? |and |but |then |hi,? |hello,? |please )*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|"
    r"isn't|aren't|wasn't|weren't|doesn't|didn't|don't|hasn't|haven't|can't|won't)\b"
)
_STATES = re.compile(
    r"^(?!.*\b(?:what|which|who|how|when|why|where)\b)(?!list|name|tell|give|describe|compare|summar|explain|show|find|can|any|are)"
    r".*\b(?:is|are|was|were|has|have|had|does|did|do|can|cannot|improve[sd]?|allow(?:s|ed)|show(?:s|ed)|demonstrate[sd]|prolong(?:s|ed)|"
    r"recommends?|contains?|uses?|carries|met|failed|worsen(?:s|ed)|reduce[sd]|increase[sd]|presented|supported|funded|agrees?|disagrees?)\b"
)
_PREMISE = re.compile(
    r"^(?:given (?:that )?|since |because |as |considering (?:that )?|now that |knowing that |assuming (?:that )?|seeing that |"
    r"in view of the fact that |we know (?:that )?)(.{12,})(?:[,;.] | - )(?=(?:so |then )?(?:what|which|who|how|why|when|where|should|"
    r"is|are|can|could|would|do|does|did|tell|explain|give|list|summar|please)\b)"
)
_NOT = re.compile(
    r"\b(?:not|no|never|without|cannot|neither|nor|none|fail(?:s|ed)? to|failed|lack(?:s|ed)?|excluded?|forbid|forbade|prohibited|"
    r"refused?|denied|advises? against|absent|withdrawn)\b|n't\b|\bnon-"
)
_SENSE: tuple[tuple[str, str], ...] = (
    (r"\b(?:improv\w*|longer|prolong\w*|better|beats?\b|beaten|outperform\w*|benefit\w*|superior\w*|gain\w*|extend\w*|increas\w* (?:pfs|os|survival))", "better"),
    (r"\b(?:worse\w*|shorter|shorten\w*|inferior\w*|harm(?:s|ed|ful)\b|detriment\w*|decreas\w* (?:pfs|os|survival)|reduc\w* (?:pfs|os|survival))", "worse"),
    (r"\bimmature|not (?:yet )?mature", "immature"),
    (r"\bmature\b", "mature"),
)  # fmt: skip
_SAME = {
    "deruxtecan": "dxd", "permit": "allow", "permitted": "allow", "allowed": "allow", "let": "allow", "inhibitors": "inhibitor",
    "versu": "chemotherapy", "chemo": "chemotherapy", "adc": "conjugate", "adcs": "conjugate",
    "os": "overall", "pfs": "progression", "i": "1", "ii": "2", "iii": "3", "1l": "first", "frontline": "first", "upfront": "first", "2l": "second",
    "wa": "", "significant": "significantly", "improvement": "improv", "extend": "improv", "prolong": "improv",
    "increas": "improv", "gain": "improv", "benefit": "improv", "better": "improv", "longer": "improv",
    "lengthen": "improv", "superior": "improv", "enhanc": "improv",
}  # fmt: skip
_FILLER = frozenset(
    stem(w)
    for w in """compared comparison patients patient arm arms trial study result results data show
    showed shown demonstrated demonstrate statistically significantly significant setting disease
    treatment therapy breast cancer advanced metastatic reported found given going able get getting
    been being have having year time number phase survival free now currently
    carries carry carrying contains contain delivers deliver
    chemotherapy evidence investigated testing tested uses used using directed doctor called""".split()
)
_ENDPOINTS = frozenset("pfs os orr dor pfs2 qol neutropenia diarrhoea crossover".split())


class Reading(NamedTuple):
    """What is asserted, and how: ``yes-no``, ``claim`` (is it true that), ``premise`` or nothing."""

    manner: str
    claim: str


def reading(question: str) -> Reading:
    """The claim that a question makes."""
    text = plain(question).rstrip(" .!")
    asked = _ASKED.match(text)
    if asked:
        return Reading("claim", text[asked.end() :].rstrip("?"))
    if _TAG.search(text):
        return Reading("claim", _TAG.sub("", text))
    premise = _PREMISE.match(text)
    if premise:
        return Reading("premise", premise[1])
    if _YES_NO.match(text):
        if re.search(r"\bor\b", text) and not re.search(r"\bif\b|whether", text):
            return Reading("", text)  # a choice is no yes-or-no question
        return Reading("yes-no", _YES_NO.sub("", text).rstrip("?"))
    if not text.endswith("?") and len(text.split()) > 4 and _STATES.search(text):
        return Reading("claim", text)
    return Reading("", text)


class _Sense(NamedTuple):
    entities: tuple[str, ...]
    mentions: tuple[str, ...]
    endpoints: frozenset[str]
    figures: tuple[str, ...]
    negated: int
    better: str
    words: tuple[str, ...]


def _said(text: str, names: Names) -> _Sense:
    """The sense of one of our own sentences, made once."""
    held: _Sense | None = names.senses.get(text)
    if held is None:
        held = names.senses[text] = _sense(text, names, repair=False)
    return held


def _sense(text: str, names: Names, *, repair: bool = True) -> _Sense:
    lowered = plain(text)
    named = names.named(text, repair=repair)
    inside = {t for entity in named.entities for t in names.spelled.get(entity, ())}
    words = []
    for token in names.repaired(text) if repair else tokens(text):
        word = _SAME.get(token, token)
        word = _SAME.get(stem(word), stem(word))
        if word and token not in STOP and token not in inside and word not in _FILLER:
            words.append(word)
    endpoints = facets_among(text, _ENDPOINTS)
    better = next((name for pattern, name in _SENSE if re.search(pattern, lowered)), "")
    return _Sense(
        named.entities, named.mentions, endpoints, numbers(text), len(_NOT.findall(lowered)), better,
        tuple(words),
    )  # fmt: skip


def _in_order(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    left = iter(many)
    return all(any(item == other for other in left) for item in few)


def _run_of(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    """Whether some figures stand side by side among others, in the same order."""
    return any(many[i : i + len(few)] == few for i in range(len(many) - len(few) + 1))


def _own_figures(asked: _Sense, part: str, names: Names) -> bool:
    """Whether a lone arm is given its own figures and not those of the other arm."""
    arms = {e for e in asked.entities if e.startswith("drug:") or e == "class:chemotherapy"}
    if not asked.figures or len(arms) != 1 or " v " not in part:
        return True
    body, _, tail = part.partition(";")
    if set(asked.figures) <= set(numbers(tail)):
        return True
    for segment in body.split(" v "):
        if set(asked.figures) <= set(numbers(segment)):
            return bool(arms & set(names.named(segment, repair=False).entities))
    return False


def _together(asked: _Sense, part: str, names: Names) -> bool:
    """Whether a drug stands with its own figures, and not with those of the next step."""
    steps = re.split(r",? then |; |, ", part)
    roles = {e for e in asked.mentions if e.startswith("drug:")}
    if not asked.figures or not roles or len(steps) == 1:
        return True
    return any(
        set(asked.figures) <= set(numbers(step))
        and roles <= set(names.named(step, repair=False).mentions)
        for step in steps
    )


def words_of(statement: Statement, names: Names) -> frozenset[str]:
    """The words of a statement that carry meaning."""
    return frozenset(_said(statement.text, names).words)


def supports(claim: str, statement: Statement, names: Names) -> bool:
    """Whether a statement says all that is claimed.

    Drugs, trials and figures must stand in it in the same order, endpoints and
    every other word that carries meaning must be there, and it must negate
    what is negated and nothing else.
    """
    asked, backwards = _sense(claim, names), _direction(claim, names)
    for part in _clauses(statement.text):
        said = _said(part, names)
        concrete = tuple(e for e in asked.entities if not e.startswith(("class:", "company:")))
        held = tuple(e for e in said.entities if not e.startswith(("class:", "company:")))
        if not concrete and not set(asked.entities) <= set(said.entities):
            continue
        roles = tuple(e for e in asked.mentions if e.startswith("drug:"))
        told = said.endpoints
        if statement.kind == "result":
            told = told & frozenset(statement.facets)
        if re.search(r"\bonly\b", part):
            continue  # what is said of one of several is not told apart by words alone
        if "arms" in statement.facets and _halved(asked.mentions, part, names):
            continue
        if _of(concrete, "trial") and _of(concrete, "trial") != _of(held, "trial"):
            continue
        if (
            set(concrete) <= set(held)
            and set(asked.entities) <= {*said.entities, *statement.about}
            and _in_order(roles, said.mentions)
            and _own_figures(asked, part, names)
            and _run_of(asked.figures, said.figures)
            and asked.endpoints <= told
            and asked.negated == said.negated
            and (not asked.better or asked.better == said.better)
            and (backwards is None or backwards == _direction(part, names, repair=False))
            and Counter(asked.words) <= Counter(said.words)
            and (len(asked.words) + len(concrete) > 2 or asked.figures or asked.endpoints)
            and (statement.kind in ("result", "harm") or _together(asked, part, names))
        ):
            return True
    return False


def _halved(mentions: tuple[str, ...], part: str, names: Names) -> bool:
    """Whether of drugs given together in an arm a claim names one and leaves out the other."""
    words = [(w, e) for w, e in names.parts(tokens(part)) if e.startswith("drug:") or w == "with"]
    pairs = zip(words, words[1:], words[2:], strict=False)
    together = {frozenset((a[1], c[1])) for a, b, c in pairs if b[0] == "with" and a[1] and c[1]}
    return any(0 < len(pair & set(mentions)) < 2 for pair in together)


def _of(entities: tuple[str, ...], kind: str) -> set[str]:
    return {e for e in entities if e.startswith(f"{kind}:")}


def _direction(text: str, names: Names, *, repair: bool = True) -> bool | None:
    """Whether chemotherapy stands before the drug, as in `chemotherapy improved PFS over SG`.

    ``None`` where not both are named.
    """
    entities = names.named(text, repair=repair).entities
    chemo = next((i for i, e in enumerate(entities) if e == "class:chemotherapy"), None)
    drug = next((i for i, e in enumerate(entities) if e.startswith("drug:")), None)
    return None if chemo is None or drug is None else chemo < drug


def _clauses(text: str) -> list[str]:
    whole = [text]
    parts = re.split(r"(?<=[a-z)])[.;] ", text)
    return whole + parts if len(parts) > 1 else whole


def verdict(
    claim: str,
    found: list[Statement],
    names: Names,
    others: Callable[[str, frozenset[str]], frozenset[str]] = lambda _facet, _about: frozenset(),
) -> tuple[Verdict, Statement | None]:
    """Yes with the statement that says it; no with the one that says otherwise; else open or not said.

    A swapped drug, endpoint or figure, or a turned sense, is never a yes.
    ``others`` gives the words in which a facet is told of other things than
    those named: a value that belongs to another drug is a no.
    """
    for statement in found:
        if statement.kind != "gap" and supports(claim, statement, names):
            return "yes", statement
    asked = _sense(claim, names)
    wanted = (
        _of(asked.entities, "trial")
        or _of(asked.entities, "drug")
        or _of(asked.entities, "class") - {"class:chemotherapy"}
    )
    same = [
        s for s in found if s.kind not in ("gap", "position") and wanted and wanted <= set(s.about)
    ]
    for statement in same:
        said = _said(statement.text, names)
        about = asked.endpoints & said.endpoints
        if asked.figures and set(asked.figures) <= set(said.figures) and about:
            return "not-said", statement  # the figure is there; in which role is shown, not judged
    facets = set(facets_of(claim))
    unripe: Statement | None = None
    for statement in same:
        said = _said(statement.text, names)
        shared = asked.endpoints & said.endpoints & set(statement.facets)
        lowered = plain(statement.text)
        if "crossover" in shared and len(_of(said.entities, "trial")) == 1:
            refuses = "did not allow" in lowered
            if refuses != bool(asked.negated) and statement.facets[:1] == ("crossover",):
                return "no", statement
        if shared & {"pfs", "os", "qol"} and asked.better == "better" and not asked.negated:
            if _NO_BENEFIT.search(lowered) or _crosses_one(statement):
                return "no", statement
            if len(said.endpoints & {"pfs", "os"}) == 1 and re.search(r"immature|trend", lowered):
                unripe = unripe or statement
        if (
            shared & {"pfs", "os"}
            and bool(asked.negated) != bool(said.negated)
            and asked.better == said.better != ""
            and set(asked.words) <= set(said.words)
        ):
            return "no", statement
        turned = _direction(claim, names)
        if (
            shared
            and asked.better == said.better == "better"
            and turned is not None
            and turned == (not _direction(statement.text, names, repair=False))
        ):
            return "no", statement
        if asked.better == "worse" and said.better == "better" and shared:
            return "no", statement
        if _other_figure(asked, said, shared, facets & set(statement.facets)):
            return "no", statement
        mine, theirs = _PHASE.search(plain(claim)), _PHASE.search(lowered)
        if (
            mine
            and theirs
            and "phase" in statement.facets
            and _number(mine[1]) != _number(theirs[1])
        ):
            return "no", statement
        people = _of(asked.entities, "person")
        if "presenter" in facets & set(statement.facets) and people - _of(said.entities, "person"):
            return "no", statement
        for key in ("payload", "linker", "target", "maker", "dar"):
            strange = set(asked.words) - set(said.words)
            if (
                statement.kind == "drug"
                and key in facets & set(statement.facets)
                and strange
                and len(wanted) == 1
                and strange <= others(key, frozenset(wanted))
            ):
                return "no", statement
    return ("open", unripe) if unripe is not None else ("not-said", None)


def _crosses_one(statement: Statement) -> bool:
    """Whether the interval of a hazard ratio of the whole trial holds one."""
    found = re.search(r"\(HR\) [\d.]+ \(95 % CI ([\d.]+) to ([\d.]+)\)", statement.text)
    if found is None or not statement.head or statement.group or "immature" in statement.text:
        return False
    return float(found[1]) < 1 < float(found[2])


_PHASE = re.compile(r"phase (iii|ii|iv|i|\d)\b")
_NO_BENEFIT = re.compile(
    r"\bno (?:overall |significant |os |pfs )?\w* ?\(?\w*\)? ?benefit|do not prolong|not significant"
)


def _other_figure(
    asked: _Sense, said: _Sense, shared: frozenset[str] | set[str], facets: set[str]
) -> bool:
    """Whether both give figures of the same thing and none agrees."""
    counted = facets & {"phase", "n", "attrition", "dar", "dose", "schedule"}
    return bool(
        asked.figures
        and said.figures
        and not set(asked.figures) & set(said.figures)
        and (shared or counted)
    )


def _number(phase: str) -> str:
    return {"i": "1", "ii": "2", "iii": "3", "iv": "4"}.get(phase, phase)
