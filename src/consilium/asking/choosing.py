"""Which of the statements that may answer are said, and what of the question they leave open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from consilium.asking.asked import ENDPOINTS, FIGURES, MEASURED, REGIONS, Asked
from consilium.asking.attributes import untold
from consilium.asking.index import Index
from consilium.asking.names import Names
from consilium.asking.retrieval import wish
from consilium.asking.statements import Statement
from consilium.asking.words import TOPICS, content, facets_among, facets_of, numbers, plain

MOST = 5
"""Statements of an answer that sets nothing side by side."""
_LEAST = 3
_CLOSE = 0.2
_NEAR = 0.35
"""From where on a wording is near enough to a question to bring its statement in."""
_GAIN = 0.18
"""The share of what a question tells that a further statement must add."""
_UNSEEN = re.compile(
    r"\b(?:(?:was|were|is|are) not (?:found|seen|visible|read|studied|known|stated|settled)|not (?:found|seen|visible) |"
    r"no (?:figures?|rates?|shares?|hazard ratios?|dose|decision|intervals?|other figures?)\b[^.;:]{0,30}(?:found|seen|visible|given|read|claimed)|"
    r"cut off on the page|not readable|no rule [^.;:]{0,40}is held|not on the page|not on any page|on any page read|found no page|no approval found|looked for and|without figures|no label figure)"
)
"""How our sentences say that something was looked for and not found."""
_QUANTITY = re.compile(
    r"\bhow (?:many|much|long|often|big|large|high)\b|what (?:percent|share|proportion|fraction|number|rate|dose|was the (?:rate|hr|median))|"
    r"\bpercent|\bpercentage|\brate of\b|\brates?\b|\bnumber of\b|\bfigures?\b|\bexact\b|\bincidence\b|\bfrequency of|\bproportion|%|at (?:what|which) (?:[\w-]+ ){0,2}(?:count|level|age|weight|dose|score|grade|temperature)\b"
)
_SHARE = re.compile(
    r"\b(?:share|proportion|fraction|percent\w*)\b|%|how many (?:[\w-]+ ){0,3}(?:patients|pts|people|women)"
)
_A_SHARE = re.compile(
    r"(?<!95 )%|\d of (?:the )?\d|\bhalf\b|\bnone\b|\bno\b|\d+ (?:patients|women|deaths|were)|\(\d+|: \d+|\b\d{2,4}\b"
)
_LISTS = re.compile(
    r"how (?:many (?:trials|studies|questions|experts|objectives|companies|days|lines|phase)|long .*(?:after|before))"
)
_DOSE = re.compile(
    r"(?:what|which|recommended|exact|starting|usual) (?:[\w-]+ ){0,2}dos(?:e|age)s?\b|dos(?:e|age) of \w+|how (?:much|many mg)|dose (?:level|reduction)"
)
_WHICH_OF_DOSES = re.compile(
    r"\b(?:after|before|with|at|on) (?:which|what) dose\b|\bday ?\d\b.{0,60}\b(?:which|what) dose\?*$"
)
_DOSED = re.compile(
    r"\bmg\b|mg/|µg|MU/kg|AUC|no (?:dose|other starting dose|adjustment)|not to be given|level|same dose|quarter"
)
_GRADES = re.compile(
    r"^[^:]*?\bgrades? (\d)(?:( or (?:worse|higher|more|above)\b|-| to | or | and )(\d)?)?"
)
_RATE = re.compile(
    r"\brates?\b|percent|\bincidence|how (?:often|common|frequent)|proportion|share of"
)
_EMPTY_FIELDS = {
    "expires": "an expiry date",
    "credit": "credit or accreditation",
}
_MARKED = frozenset(
    """comparator arms mix crossover presenter stratified primary-endpoint nct allocation masking dar payload
    linker target maker names loinc premedication gate numbers-at-risk ttr""".split()
)
"""Subjects that a statement has only where it is marked with them, whatever words pass in it."""
_OF_ENDPOINTS = frozenset(("hr", "median", "p-value"))
_SUBJECTS = frozenset(("brca", "brain", "elderly", "race", "expression"))
"""Groups of patients that a question may ask for."""
_GROUPS = frozenset(("brain", "elderly", "race", "male", "ultralow"))
"""Groups of patients of which a figure is asked for by endpoint."""
_PANELS = frozenset(("person:nccn", "person:asco", "person:esmo"))
_SPELLED = re.compile(
    r"(?i)\b(?:none|half|one|two|three|four|five|six|seven|eight|nine|ten|twelve)\b"
)
_SUMMARIES = frozenset(
    """dose-reduction-for-adverse-event discontinuation-for-adverse-event any-adverse-event serious-adverse-event
    dose-interruption-for-adverse-event""".split()
)
"""Harms that only a trial has, in the words of which a label speaks of doses."""
_CONDITIONS = frozenset(("renal", "hepatic", "interactions", "pregnancy"))
"""States of a patient, of which a rule for everybody says nothing."""
_LICENCE = re.compile(r"\bapprov|licen[cs]|authori[sz]")
_OTHER_ARM = re.compile(r"Only the (?:chemotherapy|control|comparator) arm was seen")
_DATED = re.compile(r"\bwhen\b|\bdate\b|\byear\b|\bday\b")


def chosen(
    index: Index, names: Names, asked: Asked, ranked: Sequence[tuple[float, Statement]]
) -> list[Statement]:
    """The best statement, and those that add what it leaves open."""
    regions = {code for code, pattern in REGIONS if re.search(pattern, plain(asked.question))}
    if regions and "approval" in asked.facets:  # what holds elsewhere only where nothing holds here
        there = [(v, s) for v, s in ranked if s.kind != "approval" or regions & set(s.regions)]
        ranked = there or ranked
    if not ranked or ranked[0][0] < 1.5:
        return []
    best, first = ranked[0]
    words = wish(index, names, asked, asked.named.entities).words
    whole = sum(words.values()) or 1.0
    strong = set(asked.strong)
    wanted = strong | (set(asked.facets) & FIGURES.keys())
    if strong and not any(strong & set(s.facets) for _, s in ranked[:8]):
        strong = set()
    ties = "disclosure" in asked.facets and not [
        f for f in asked.facets if f.startswith("disclosure-")
    ]
    if ties:
        return [
            s for v, s in ranked if v >= 0.3 * best and "disclosure" in s.facets
        ][:5] or [first]  # fmt: skip
    if "author" in asked.facets and not strong and not asked.named.of("person"):
        roles = [s for v, s in ranked[:8] if v >= 0.3 * best and "role" in s.facets]
        if roles and not {"audience", "title"} & set(asked.facets):
            return roles[:5]
    kept = [first]
    told, said = set(first.facets), set(index.words(first.id))
    pool = [(v, s) for v, s in ranked[1:50] if v >= 0.4 * best and s.kind != "gap"]
    for value, s in pool:  # rows of one kind stand together
        same = s.facets == first.facets and s.about == first.about and s.regions == first.regions
        if same and value >= 0.85 * best and len(kept) < 3 and not _alike(index, s, first):
            kept.append(s)
            told |= set(s.facets)
            said |= index.words(s.id)
    while len(kept) < MOST:
        gains = []
        for value, s in pool:
            if s in kept or any(_alike(index, s, k) for k in kept):
                continue
            new = sum(words[w] for w in words if w in index.words(s.id) and w not in said) / whole
            new += 0.5 * len((wanted & set(s.facets)) - told)
            if strong and not strong & set(s.facets):
                new *= 0.5
            if new >= _GAIN:
                gains.append((new + 0.5 * value / best, s))
        if not gains:
            break
        _, more = max(gains, key=lambda pair: (pair[0], pair[1].id))
        kept.append(more)
        told |= set(more.facets)
        said |= index.words(more.id)
    nearest = max(pool, key=lambda pair: asked.near.get(pair[1].id, 0.0), default=None)
    if nearest and asked.near.get(nearest[1].id, 0.0) >= _NEAR and nearest[1] not in kept:
        kept = [*kept[: MOST - 1], nearest[1]]
    for value, s in pool:
        if len(kept) >= MOST or value < 0.5 * best:
            break
        if (
            s in kept
            or any(_alike(index, s, k) for k in kept)
            or (strong and not strong & set(s.facets) and asked.near.get(s.id, 0.0) < _NEAR)
        ):
            continue
        kept.append(s)
    for value, s in ranked[:12]:  # one or two alone seldom tell all that was asked
        if len(kept) >= _LEAST or value < 0.25 * best:
            break
        if s.kind != "gap" and not any(s is k or _alike(index, s, k) for k in kept):
            kept.append(s)
    people = asked.named.of("person")
    if {"opinion", "advice", "agreement"} & set(asked.facets) and len(people) != 1:
        speaking = {k.who for k in kept if k.who}
        for value, s in ranked[:12]:
            if s.who and s.who not in speaking and value > 0.55 * best:
                kept.append(s)
                speaking.add(s.who)
    return kept[:5]


@lru_cache(maxsize=8192)
def seen(text: str) -> str:
    """A text without the clauses that say what was not found."""
    return " ".join(c for c in re.split(r"(?<=[.;:])\s", text) if not _UNSEEN.search(c))


def lacking(asked: Asked, kept: Sequence[Statement], harms: frozenset[str]) -> tuple[str, ...]:
    """What was asked for and stands in none of the statements chosen."""
    missing = []
    said = [s for s in kept if s.kind != "gap"]
    texts = [seen(s.text) for s in said]
    told = {f for text in texts for f in facets_among(text, TOPICS)}
    ends = set(asked.facets) & MEASURED & ENDPOINTS
    if ends and asked.named.of("trial") and _GROUPS & set(asked.facets):
        of_ends = [seen(s.text) for s in said if ends & set(s.facets)]
        told -= _GROUPS - {f for text in of_ends for f in facets_among(text, _GROUPS)}
    held = {f for s in said for f in s.facets}
    held |= {f for text in texts for f in facets_of(text, every=True)} - _MARKED
    question = plain(asked.question)
    which = _WHICH_OF_DOSES.search(question) is not None  # `after which dose?` asks for no amount
    if (
        "dose" in asked.facets
        and not which
        and _DOSE.search(question)
        and not _DOSED.search(" ".join(texts))
    ):
        missing.append("a dose")
    if not asked.patient:  # of whom much is told that nothing is asked of
        missing += [f.replace("-", " ") for f in asked.facets if f in TOPICS and f not in told]
        pointed = _to_the_point(asked, said)
        if trials := set(asked.named.of("trial")):
            pointed = [s for s in pointed if trials & set(s.about) and s.kind != "position"]
        missing += untold(asked.question, [seen(s.text) for s in pointed])
    if held & harms:
        held.add("harm")
    rated = set(asked.strong) & harms
    if not asked.named.of("trial"):
        rated -= _SUMMARIES
    missing += [f.replace("-", " ") for f in asked.strong if f in _CONDITIONS and f not in held]
    if "brca" in asked.facets and ends and asked.named.of("trial") and "brca" not in held:
        missing.append("brca")
    if rated and not rated & held:
        missing += [f.replace("-", " ") for f in asked.strong if f in rated]
    people = set(asked.named.of("person"))
    voiced = [s for s in said if people & set(s.about) and "presenter" not in s.facets]
    reported = asked.scope == "activity" and any(
        set(asked.facets) & MEASURED & set(s.facets) and set(asked.named.of("trial")) & set(s.about)
        for s in said[:1]
    )
    if people and {"opinion", "advice"} & set(asked.facets) and said and not (voiced or reported):
        missing.append("an opinion of this person")
    if (
        asked.scope == "activity"
        and people & _PANELS
        and not any(people & set(s.about) for s in said)
    ):
        missing.append("anything by this body")
    if rated and asked.named.of("trial") and _RATE.search(question):
        measured = [s for s in said if s.kind in ("harm", "result") and rated & set(s.facets)]
        if not any(numbers(s.text) for s in measured):
            missing.append("a rate of this")
    figures = [s for s in said if s.kind in ("harm", "result") and not s.activity]
    drugs = set(asked.named.of("drug"))
    alone = figures and len(figures) == len(said)
    if (
        asked.named.of("trial")
        and drugs
        and alone
        and not any(drugs & set(s.about) for s in figures)
    ) or (drugs and alone and all(_OTHER_ARM.search(s.text) for s in figures)):
        missing.append("a figure for this drug")
    missing += _other_grade(question, asked, said, harms)
    missing += _ungraded(question, asked, said, harms)
    for facet in asked.facets:
        if facet in FIGURES and facet not in held:
            missing.append(FIGURES[facet])
        elif facet in _OF_ENDPOINTS and ends and asked.named.of("trial"):
            there = [s for s in said if ends & set(s.facets)]
            if not any(
                facet in s.facets or facet in facets_of(seen(s.text), every=True) for s in there
            ):
                missing.append(FIGURES[facet])
    missing += [
        _EMPTY_FIELDS[f] for f in asked.facets if f in _EMPTY_FIELDS and not asked.named.of("trial")
    ]
    if "landmark" in asked.facets and ends and asked.named.of("trial"):
        month = _month(question)
        grouped = any("month" in s.group for s in said)
        if month and not grouped and not any(f"At {month} months" in text for text in texts):
            missing.append(FIGURES["landmark"])
    regions = {code for code, pattern in REGIONS if re.search(pattern, question)}
    if (
        "approval" in asked.facets
        and regions
        and asked.scope == "all"
        and _LICENCE.search(question)
    ):
        approvals = [s for s in said if s.kind == "approval"]
        if not any(regions & set(s.regions) for s in approvals):
            missing.append("an approval there")
    later = re.search(r"second[- ]line|third[- ]line|\b[23]l\b|later lines", question)
    if (
        later
        and people & _PANELS
        and not re.search(r"line 2|2 or more|line up to|second", " ".join(texts))
    ):
        missing.append("advice for that line")
    if (
        asked.scope == "activity"
        and "approval" in asked.facets
        and _DATED.search(question)
        and not any(s.kind == "approval" for s in said)
    ):
        missing.append("an approval")
    gone = [f for f in asked.strong if f not in held]
    if gone and len(gone) == len(asked.strong) and (asked.named.entities or not kept):
        missing += [f.replace("-", " ") for f in gone]
    elif (
        _QUANTITY.search(question)
        and not re.search(
            r"high or (?:was it |is it )?low|low or (?:was it |is it )?high", question
        )
        and not missing
        and not set(asked.facets) & {"nct", "phase", "names"}
        and not _LISTS.search(question)
        and not re.search(r"how (?:much|often) (?:data|evidence|should|do)", question)
        and not any(_counts(question, seen(s.text)) for s in _to_the_point(asked, said))
    ):
        missing.append("a figure for this")
    return tuple(dict.fromkeys(missing))


def _to_the_point(asked: Asked, said: Sequence[Statement]) -> list[Statement]:
    """The statements that speak to a question, without what stands beside them for company."""
    strong = set(asked.strong)
    return [
        s
        for i, s in enumerate(said)
        if i == 0 or strong & set(s.facets) or asked.near.get(s.id, 0.0) >= _CLOSE
    ]


def _counts(question: str, text: str) -> bool:
    """Whether a sentence holds a number of the kind that is asked for."""
    if _SHARE.search(question):
        return _A_SHARE.search(text) is not None and "No rates were given" not in text
    return bool(numbers(text)) or _SPELLED.search(text) is not None


def _other_grade(
    question: str, asked: Asked, said: Sequence[Statement], harms: frozenset[str]
) -> list[str]:
    """A rule for the grade that is asked for, where rules for other grades alone are held."""
    grade = re.search(r"\b(?:grade|gr|g) ?([1-4])\b", question)
    events = set(asked.strong) & harms
    if grade is None or not events or asked.named.of("trial"):
        return []
    rules = [s for s in said if s.kind == "care" and s.facets[1:2] == ("event",)]
    rules = [s for s in rules if any(e.replace("-", " ") in s.text for e in events)]
    told = [spanned for s in rules for spanned in _GRADES.findall(s.text.partition("): ")[2])]
    if not told or len(told) < len(rules):
        return []  # a rule without a grade holds for all
    for low, joint, high in told:
        ends = int(high or (4 if joint else low))
        if int(low) <= int(grade[1]) <= ends:
            return []
    return [f"a rule for grade {grade[1]}"]


def _ungraded(
    question: str, asked: Asked, said: Sequence[Statement], harms: frozenset[str]
) -> list[str]:
    """A rate of the grade that is asked for, where a trial is held with another grade only."""
    rated = set(asked.strong) & harms
    figures = [s for s in said if s.kind == "harm" and rated & set(s.facets)]
    if not figures or not asked.named.of("trial"):
        return []
    if re.search(r"\bany[- ]grade|all[- ]grade|of any grade", question):
        return [] if any("any grade" in s.text for s in figures) else ["a rate of any grade"]
    return []


def _month(question: str) -> str:
    """The month of a landmark that is asked for."""
    found = re.search(
        r"(?<![\d.])(\d+|six|twelve|eighteen)[- ]?(?:months?|mo)\b|\b(one|two|three|[1-3])[- ]year",
        question,
    )
    if found is None:
        return ""
    words = {"six": 6, "twelve": 12, "eighteen": 18, "one": 1, "two": 2, "three": 3}
    told = found[1] or found[2]
    number = words.get(told) or int(told)
    return str(number * 12 if found[2] else number)


def gap_beside(
    asked: Asked, kept: Sequence[Statement], gaps: Sequence[Statement]
) -> tuple[str, ...]:
    """What was looked for in a trial and not found, and is asked for and told by nothing chosen."""
    specific = set(asked.strong) | (set(asked.facets) & (FIGURES.keys() | _SUBJECTS))
    told = {f for s in kept if s.kind != "gap" for f in s.facets}
    told -= _SUBJECTS
    told |= {f for s in kept if s.kind in ("result", "harm") for f in s.facets}
    for gap in gaps:
        if (specific & set(gap.facets)) - told:
            return (gap.text.rsplit(": ", 1)[-1].rstrip("."),)
    return ()


def unseen(index: Index, names: Names, asked: Asked, first: Statement) -> bool:
    """Whether the part of a statement that speaks to the question says that it was not found."""
    if first.activity or not _UNSEEN.search(first.text):
        return False
    opening = first.text.partition(": ")[2].split(";")[0]
    if set(asked.strong) & set(first.facets) and _UNSEEN.search(opening):
        return True
    if {"dose", "dose-reduction"} & set(asked.facets) and re.search(
        r"the dose [^.;:]{0,20}was not read", first.text
    ):
        return True
    words = wish(index, names, asked, asked.named.entities).words
    worth = []
    for clause in re.split(r"(?<=[.;:])\s", first.text):
        stems = set(content(clause))
        worth.append((sum(v for w, v in words.items() if w in stems), clause))
    most = max(v for v, _ in worth)
    return most > 0 and any(v >= 0.99 * most and _UNSEEN.search(c) for v, c in worth)


def _alike(index: Index, one: Statement, other: Statement) -> bool:
    a, b = index.own(one.id), index.own(other.id)
    return len(a & b) >= 0.85 * min(len(a), len(b)) and numbers(one.text) == numbers(other.text)
