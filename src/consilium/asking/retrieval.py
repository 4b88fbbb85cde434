"""Which statements may answer a question, best first: by what they are about, then by words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from heapq import nlargest

import msgspec

from consilium.asking.asked import (
    ENDPOINTS,
    FIGURES,
    GENERIC,
    MEASURED,
    META_FACETS,
    REGIONS,
    Asked,
)
from consilium.asking.index import Index
from consilium.asking.names import Names
from consilium.asking.statements import Statement
from consilium.asking.words import TOPICS, content, numbers, plain

_WEIGHT = {
    "activity": 1.5,
    "fact": 0.0,
    "regimen": 0.0,
    "trial": 2.0,
    "drug": 1.2,
    "class": 0.6,
    "person": 1.5,
    "company": 2.0,
}
_WORDS = 5.0
"""What a statement gains that holds every word of the question beside its names."""
_WORDING = 4.0
"""What a statement gains one of whose wordings is the question itself."""
_K = 60
"""Of reciprocal-rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""
_MEANING = 2.0
"""What the statement gains that is first by words and by meaning together."""
_MOST = 60
_WEIGHED = 150
"""How many statements are weighed by every mark; of more, the likeliest are."""
_NAMED = ("trial:", "drug:", "class:", "person:", "company:")
_FINE: tuple[tuple[str, str, float], ...] = (
    (r"\binvestigator(?:s|'s)?[- ](?:assess|read|judg|review)|\bby (?:the )?investigator", r"investigator-assessed", 2.0),
    (r"\bbicr\b|central(?:ly)? review|independent(?:ly)? review|blinded", r"blinded central review", 1.0),
    (r"\binterim", r"\binterim", 1.5),
    (r"\bfinal\b", r"\bfinal\b", 0.8),
    (r"\bprimary analysis", r"primary analysis", 0.8),
    (r"\bupdate|long[- ]term|longer follow|extended|latest|most recent|later analysis", r"extended|longer follow-up|long-term|32\.0", 1.8),
    (r"\bany[- ]grade|all[- ]grade|grade any|of any grade", r", any grade", 1.5),
    (r"\bgrade ?(?:≥ ?|>= ?|> ?)?(?:3|three)\b|\bg3|severe|\bgr ?(?:≥ ?|>= ?)?3", r"grade 3|grade 3-4", 1.2),
    (r"exposure[- ]adjusted|\beair", r"exposure-adjusted", 3.0),
    (r"treatment[- ]related|\btraes?\b", r"treatment-related", 0.8),
    (r"treatment[- ]emergent|\bteaes?\b", r"treatment-emergent", 0.8),
    (r"\bapprov|licen|authori", r": approved", 0.5),
)  # fmt: skip
"""Marks of one of several figures of a kind: in the question, in the statement, and their worth."""
_AGAINST: tuple[tuple[str, str, float], ...] = (
    (r"\bany[- ]grade|all[- ]grade", r"grade 3", 1.5),
    (r"\bgrade ?(?:≥ ?|>= ?|> ?)?(?:3|three)\b|\bg3|\bgr ?(?:≥ ?|>= ?)?3", r", any grade", 1.2),
)
_MARKS = tuple((re.compile(a), re.compile(b), worth) for a, b, worth in _FINE)
_COUNTER = tuple((re.compile(a), re.compile(b), worth) for a, b, worth in _AGAINST)


_BODIES = frozenset(("person:nccn", "person:asco", "person:esmo", "person:eortc"))
_LICENCE = re.compile(r"\bapprov|licen[cs]|authori[sz]|\bindication|on[- ]label")
_CARE = frozenset(
    """management dose-reduction premedication gate prophylaxis monitoring dose infusion contraindication
    pregnancy interactions renal hepatic boxed-warning""".split()
)
"""Subjects of giving a drug, on which labels speak before trials."""
_EVENTS = frozenset(
    """neutropenia febrile-neutropenia anaemia thrombocytopenia diarrhoea nausea vomiting stomatitis heart
    interstitial-lung-disease ocular-surface-event infusion-reaction colitis""".split()
)
_DONE = re.compile(
    r"\bstop|\bhold|withh|restart|resume|what (?:to do|now|then)|manag|\bdose|threshold|\bwhen\b|\bon [a-z]|\d"
)
"""How a question asks what is done about an event, rather than how often it comes."""
_IDLE = frozenset(
    content(
        "subgroup subgroups subset rate rates percent percentage proportion share figure number many "
        "much often named mentioned cited against result results data outcome value exact report reported happen found answer"
    )
)
"""Words of a question that tell nothing of what is asked for."""


class Wish(msgspec.Struct):
    """What a question wants of a statement, worked out once."""

    asked: Asked
    wanted: tuple[str, ...]
    main: tuple[str, ...]
    asks: frozenset[str]
    strong: frozenset[str]
    words: dict[str, float]
    """The stems of the question beside its names, with what each tells."""
    telling: float
    """What a statement gains that holds all of them."""
    lowered: str
    regions: frozenset[str]
    marks: tuple[tuple[re.Pattern[str], float], ...]
    counter: tuple[tuple[re.Pattern[str], float], ...]
    drugs: frozenset[str]
    people: frozenset[str]
    bodies: frozenset[str]
    """Societies that are named and that give guidance."""
    licence: bool
    """Whether an approval is asked for in so many words."""
    rare: str
    """Of several drugs the one on which by far the least is held."""
    care: bool
    opinion: bool
    graded: bool
    chemotherapy: bool
    """Whether chemotherapy is all that is named."""
    told: tuple[float, ...]
    """Numbers of the question that a condition of a label may hold, such as a clearance."""
    grade: str
    defines: bool
    members: bool
    """Whether the drugs of a class are asked for."""


def wish(index: Index, names: Names, asked: Asked, wanted: tuple[str, ...]) -> Wish:
    """What is wanted, seen from the things named in ``wanted``."""
    main = tuple(e for e in wanted if e.startswith("trial:")) or tuple(
        e for e in wanted if e.startswith("drug:")
    )
    main = main or tuple(e for e in wanted if e.startswith(("class:", "person:", "company:")))
    if len(main) > 1:  # chemotherapy is what the others are set against
        main = tuple(e for e in main if e != "class:chemotherapy")
    page = tuple(e for e in wanted if e.startswith("activity:"))
    asks = frozenset(asked.facets)
    if page and asks & META_FACETS and not main and not set(asked.strong) - META_FACETS:
        main = page
    alone = main == ("class:chemotherapy",)
    if alone and asks & ENDPOINTS:
        main = ()  # what chemotherapy does is told by cohorts that name no drug
    lowered = plain(asked.question)
    words = [w for w in names.masked(asked.question) if not w.startswith("<")]
    beside = " ".join([*words, *names.cohorts(asked.question)])
    graded = re.search(r"\b(?:grade|gr\.?|g) ?(\d)\b", lowered)
    weighed = {
        w: min(1.5, index.weight(w)) if w[0].isdigit() else index.weight(w)
        for w in content(beside)
        if w in index.vocabulary and w not in _IDLE
    }
    return Wish(
        asked=asked,
        wanted=wanted,
        main=main,
        asks=asks,
        strong=frozenset(asked.strong),
        words=weighed,
        telling=_WORDS * min(1.0, sum(weighed.values()) / 8),
        lowered=lowered,
        regions=frozenset(code for code, pattern in REGIONS if re.search(pattern, lowered)),
        marks=tuple((there, worth) for here, there, worth in _MARKS if here.search(lowered)),
        counter=tuple((there, worth) for here, there, worth in _COUNTER if here.search(lowered)),
        drugs=frozenset(e for e in wanted if e.startswith("drug:")),
        rare=_rare(index, [e for e in wanted if e.startswith("drug:")]),
        people=frozenset(e for e in wanted if e.startswith("person:")),
        bodies=frozenset(wanted) & _BODIES,
        licence="approval" in asks and _LICENCE.search(lowered) is not None,
        care=bool(asks & _CARE or (asks & _EVENTS and _DONE.search(lowered)))
        and not asks & {"real-world", "g-csf-use"}
        and not (main and main[0].startswith("trial:"))
        and not re.search(r"\brates?\b|percent|how (?:often|common|many)|incidence", lowered),
        opinion=bool(asks & {"opinion", "advice", "agreement"}),
        graded=graded is not None or "severe" in lowered or "grade" in lowered,
        chemotherapy=alone,
        told=_measures(lowered) if asks & _MEASURABLE else (),
        grade=graded[1] if graded else "",
        defines=asked.defines,
        members=re.search(
            r"\b(?:which|what|names? of|name|list)(?: (?:the|two|three|2|3|other|all))* <class>(?! (?:trial|stud))",
            " ".join(names.masked(asked.question)),
        )
        is not None,
    )


_MEASURABLE = frozenset(
    "renal hepatic heart anaemia thrombocytopenia neutropenia gate blood-counts dose-reduction management".split()
)
_NUMBER = r"(\d+(?:\.\d+)?)"
_RANGES: tuple[tuple[re.Pattern[str], Callable[[float, float, float], bool]], ...] = (
    (re.compile(rf"{_NUMBER} (?:%|mL/min )?(?:and )?(?:up )?to (?:below )?{_NUMBER}"), lambda n, a, b: a <= n <= b),
    (re.compile(rf"(?:below|under) (?:a creatinine clearance of )?{_NUMBER}"), lambda n, a, _: n < a),
    (re.compile(rf"(?:above|over) {_NUMBER}"), lambda n, a, _: n > a),
    (re.compile(rf"{_NUMBER} (?:mL/min )?or (?:less|lower)"), lambda n, a, _: n <= a),
    (re.compile(rf"{_NUMBER} (?:mL/min )?or (?:more|higher)"), lambda n, a, _: n >= a),
)  # fmt: skip


def _measures(lowered: str) -> tuple[float, ...]:
    """The numbers of a question, without grades, days, cycles and lines."""
    bare = re.sub(r"\b(?:grade|gr|day|d|cycle|c|line|phase|cdk|her|day) ?\d+", " ", lowered)
    return tuple(float(n) for n in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?", bare))


def _within(text: str, told: tuple[float, ...]) -> float:
    """Whether a number that is told lies in the range of the condition of a rule."""
    condition = text.partition("): ")[2].rpartition(":")[0] or text.partition("): ")[2]
    ranges = []
    for pattern, holds in _RANGES:
        for found in pattern.finditer(condition):
            first = float(found[1])
            second = float(found[2]) if found.lastindex and found.lastindex > 1 else first
            ranges.append((holds, first, second))
    if not ranges:
        return 0.0
    return 1.8 if any(holds(n, a, b) for n in told for holds, a, b in ranges) else -1.2


def _rare(index: Index, drugs: list[str]) -> str:
    if len(drugs) < 2:
        return ""
    counts = sorted((len(index.by_entity.get(d, ())), d) for d in drugs)
    return counts[0][1] if 5 * counts[0][0] < counts[-1][0] else ""


def coverage(words: dict[str, float], held: frozenset[str]) -> float:
    """The share of what the words tell that is held."""
    whole = found = 0.0
    for word, worth in words.items():
        whole += worth
        if word in held:
            found += worth
    return found / whole if whole else 0.0


def ranked(
    index: Index,
    names: Names,
    asked: Asked,
    holds: Callable[[Statement], bool],
    *,
    entities: Iterable[str] | None = None,
) -> list[tuple[float, Statement]]:
    """The statements that may answer, with their score, best first."""
    wanted = tuple(entities) if entities is not None else asked.named.entities
    wants = wish(index, names, asked, wanted)
    by_meaning = asked.meaning is not None and not wants.strong
    by_words: list[str] = []
    if by_meaning or not wants.main:  # what is named is found by its name
        words = content(" ".join(names.repaired(asked.question)))
        by_words = [name for name, _ in index.text.find(words, _MOST)]
    candidates: dict[str, None] = {}
    if not wants.main:
        candidates.update(dict.fromkeys(by_words))
    for entity in wanted:
        candidates.update(dict.fromkeys(index.by_entity.get(entity, ())))
    if not wants.main:
        for facet in asked.strong:
            candidates.update(dict.fromkeys(index.by_facet.get(facet, ())))
    main = set(wants.main)
    may = [
        statement
        for statement in map(index.by_id.__getitem__, candidates)
        if holds(statement) and (not main or main & set(statement.about))
    ]
    if len(may) > _WEIGHED:
        may = nlargest(_WEIGHED, may, key=lambda s: _at_a_glance(index, wants, s))
    nearer = _by_meaning(wants, may, by_words) if by_meaning else {}
    found = [(score(index, wants, s) + _MEANING * nearer.get(s.id, 0.0), s) for s in may]
    found.sort(key=lambda pair: (-pair[0], pair[1].id))
    return found


def _at_a_glance(index: Index, wants: Wish, statement: Statement) -> float:
    """About what `score` will say, at a tenth of its cost."""
    value = wants.telling * coverage(wants.words, index.words(statement.id))
    value += _WORDING * wants.asked.near.get(statement.id, 0.0)
    value += 2.0 * len(wants.asks.intersection(statement.facets))
    return value + 0.8 * statement.head


def _by_meaning(wants: Wish, may: list[Statement], by_words: list[str]) -> dict[str, float]:
    """Rank by words and by meaning fused, the first as 1; among what shares a name, no other.

    To be asked for only where no subject of the question is understood by name: elsewhere
    structure decides.
    """
    named = {e for e in wants.main or wants.wanted if e.startswith(_NAMED)}
    sharing = {s.id for s in may if named & set(s.about)}
    if wants.asked.meaning is None or not sharing:
        return {}
    near = wants.asked.meaning.nearest(sharing, _MOST)
    together: Counter[str] = Counter()
    for ranking in ([name for name in by_words if name in sharing], near):
        together.update({name: 1 / (_K + rank) for rank, name in enumerate(ranking, 1)})
    first = max(together.values())
    return {name: value / first for name, value in together.items()}


def score(index: Index, wants: Wish, statement: Statement) -> float:
    """How well a statement fits what is wanted."""
    asked, asks, main = wants.asked, wants.asks, wants.main
    about, facets = set(statement.about), set(statement.facets)
    text = statement.text
    value = wants.telling * coverage(wants.words, index.words(statement.id))
    value += _WORDING * asked.near.get(statement.id, 0.0)
    value += sum(_WEIGHT[e.partition(":")[0]] for e in wants.wanted if e in about)
    generic = 0.8 if wants.strong else 2.0
    for facet in asks & facets:
        value += 2.4 if facet in FIGURES or facet not in GENERIC else generic
    if wants.strong and not wants.strong & facets:
        value -= 0.8 * len(wants.strong)
    if statement.kind in ("result", "harm"):
        value += _figure(index, wants, statement, facets)
    for subtype, other in (("tnbc", "hr-positive"), ("hr-positive", "tnbc")):
        if subtype in asks and other not in asks and other in facets:
            value += 0 if subtype in facets else -1.6
    topics = TOPICS & asks
    if topics:
        value += 2.4 if topics & index.topics(statement.id) else -0.6
    if wants.rare in about:
        value += 2.0
    if wants.care:
        value += {"care": 1.6, "result": -1.5, "harm": -1.5}.get(statement.kind, 0.0)
    if wants.regions and statement.regions:
        value += 1.8 if wants.regions & set(statement.regions) else -4.0
    if wants.members and not wants.strong:
        value += 1.5 * min(2, sum(e.startswith("drug:") for e in statement.about))
    if wants.grade and f"grade {wants.grade}" in text:
        value += 1.0
    if wants.told and statement.kind == "care" and statement.facets[1:2] != ("evidence",):
        value += _within(text, wants.told)
    if wants.chemotherapy and asks & ENDPOINTS and statement.kind == "result":
        value += 3.0 if "real-world" in facets else 0.0
    if "author" in asks and "role" in facets:
        value += 1.5
    if (
        "results" in asks
        and not asks & ENDPOINTS
        and statement.head
        and "primary-endpoint" in facets
    ):
        value += 1.5
    if "real-world" in asks & facets:
        value += 1.5
    if "baseline" in asks & facets:
        value += 2.0
    if "boxed-warning" in asks and ": boxed warning" in text:
        value += 1.5
    if "schedule" in asks and wants.strong & _EVENTS and statement.facets[1:2] == ("monitoring",):
        value += 1.5
    if "dose" in asks and statement.facets[1:2] == ("dose",):
        value += 3.0
    if "reason" in asks and "reason" in facets:
        value += 1.6
    if "interchange" in facets and "interchange" not in asks:
        value -= 3.0 if statement.kind == "care" else 1.5
    if statement.kind == "definition":
        value += 4.0 if wants.defines and not main else -1.0
    if wants.defines and wants.drugs and facets & {"class", "target"}:
        value += 2.0
    if statement.kind == "position" and not wants.opinion and main and main[0].startswith("trial:"):
        value -= 1.5
    if wants.people and not wants.people & about and (wants.opinion or statement.who):
        value -= 3.0 if statement.who else 1.5
    if statement.kind == "approval":
        value += _approval(wants, statement, facets)
    elif wants.licence:
        value -= 2.0
    if wants.bodies and not wants.bodies & about and not (main and main[0].startswith("trial:")):
        value -= 2.0
    if "dose-reduction" in asks and statement.facets[1:2] == ("dose",):
        value += 2.0
    if statement.facets[1:2] and statement.facets[1] in asks & {
        "premedication",
        "infusion",
        "prophylaxis",
    }:
        value += 1.5
    if (
        "sequence" in asks
        and statement.kind in ("result", "harm")
        and not (main and main[0].startswith("trial:"))
        and "sequence" not in facets
    ):
        value -= 2.5
    if "real-world" in asks and not main and statement.kind in ("result", "trial"):
        value += 1.0 if "real-world" in facets else -1.5
    if statement.kind == "trial" and "-says" in statement.id and asked.scope == "all":
        value -= 1.5
    if statement.head and not (asked.scope == "all" and statement.activity):
        value += 0.8
    if statement.activity and (wants.opinion or not statement.about):
        value += 0.4
    if statement.kind == "gap":
        value -= 1.2
    if asked.scope == "activity" and statement.kind == "position":
        value -= 1.5  # the page's own words come first
    if wants.opinion and statement.kind in ("position", "remark"):
        value += 0.8
    if "conflict" in facets and "conflict" not in asks:
        value -= 1.0
    if statement.regions and asked.region and asked.region not in statement.regions:
        value -= 0.3
    return value


def _approval(wants: Wish, statement: Statement, facets: set[str]) -> float:
    """An approval counts by whom it is for; that none was found counts where just that is asked."""
    value = 0.0
    asked_for = {"tnbc", "hr-positive", "her2-low", "ultralow", "brca"} & wants.asks
    value += 0.8 if asked_for & facets else 0.0
    first = re.search(r"first[- ]line|1l\b|front|upfront|untreated", wants.lowered) is not None
    here = "first line" in statement.text or "first-line" in statement.text
    value += 0.8 if first and here else -0.5 if first != here else 0.0
    if "approval-none-found" in facets and not (asked_for & facets or (first and here)):
        value -= 1.5
    if re.search(r"(?:first|initial|original|earliest) .{0,12}(?:approv|licen)", wants.lowered):
        value += 2.5 if "accelerated" in statement.text else 0.0
    ended = statement.until and statement.until <= wants.asked.as_of.isoformat()
    return value - (1.0 if ended else 0.0)


def _figure(index: Index, wants: Wish, statement: Statement, facets: set[str]) -> float:
    """What speaks for one of several figures of a kind, and against it."""
    asks, text, value = wants.asks, statement.text, 0.0
    if (
        wants.asked.scope == "all"
        and not wants.opinion
        and asks & MEASURED
        and statement.kind == "result"
        and statement.head
        and not statement.activity
    ):
        value += 1.6
    if asks & FIGURES.keys():
        value += 1.0 if numbers(text) else -2.0
    if asks & ENDPOINTS and statement.kind == "result" and not asks & ENDPOINTS & facets:
        value -= 3.0
    for mark, worth in wants.marks:
        value += worth if mark.search(text) else 0.0
    for mark, worth in wants.counter:
        value -= worth if mark.search(text) else 0.0
    if statement.group:
        here = coverage(wants.words, index.group(statement.id))
        value += 2.5 * here if here > 0.15 else 0.0 if "subgroup" in asks else -2.2
    if "eligibility" in asks and not asks & FIGURES.keys():
        value -= 2.0
    if statement.kind == "harm" and not wants.graded and ", any grade" in text:
        value += 0.6
    if "exposure-adjusted" in facets and "exposure-adjusted" not in asks:
        value -= 1.0
    if wants.drugs and not wants.drugs & set(statement.about) and not statement.activity:
        value -= 2.5  # a figure of the other arm alone
    return value
