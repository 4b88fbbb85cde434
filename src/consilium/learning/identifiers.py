"""Finds what could identify a person in free text, so that it is refused before it is kept.

It errs on the side of refusing: a false alarm costs a rewording, a miss costs a
patient. It is no proof that a text is anonymous: a name without capitals is not
seen. So no free text is kept with a case record; reasons there are chosen from
a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Identifier(NamedTuple):
    """Something found: what kind it is, and where it stands. The words are not repeated."""

    kind: str
    start: int
    end: int


_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NAME = r"[A-ZÀ-ÖØ-ÞŁŚŻČŠŽ][\w'’À-ÿ-]*[^\W\d_]"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("e-mail address", re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]{2,}")),
    ("web address", re.compile(r"(?i)\b(?:https?://|www\.)\S+")),
    (
        "date",
        re.compile(
            r"(?i)\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})\b|"
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?{_MONTH}\.?,? \d{{2,4}}\b|"
            rf"\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}\b"
        ),
    ),
    (
        "date of birth",
        re.compile(
            r"(?i)\b(?:d\.?o\.?b\.?|born|date of birth|birth ?date|birthday)\b[^.;,\n]{0,30}"
        ),
    ),
    ("age above 89", re.compile(r"(?i)\b(?:9\d|1[0-2]\d)[ -]?(?:years?|yrs?|y/?o|yo)\b")),
    (
        "record number",
        re.compile(
            r"(?i)\b(?:mrn|nhs|ssn|nhi|hkid|chi|hospital|patient|record|case|chart|file|insurance|"
            r"medical record|identity|passport|id)\.?\s*(?:number|nummer|no\.?|nr\.?|num\.?|id|#)?"
            r"\s*[:#=]?\s*(?=[A-Z/-]*\d)[A-Z0-9][A-Z0-9/-]{3,}"
        ),
    ),
    ("telephone number", re.compile(r"(?<![\w.])(?:\+|00)?\d(?:[ ()/-]{0,2}\d){6,}(?!\w)")),
    ("long number", re.compile(r"(?<![\d.])\d{5,}(?![\d.]*\d)")),
    (
        "name",
        re.compile(
            rf"\b(?:[Mm]rs?|[Mm]s|[Mm]iss|[Mm]me|[Hh]err|[Ff]rau|[Ss]ignora?|[Dd]r|[Pp]rof)\.?\s+{_NAME}"
        ),
    ),
    ("name", re.compile(rf"\b(?:[A-Z]\.\s?){{1,3}}{_NAME}")),
    (
        "name",
        re.compile(
            rf"(?i:\b(?:patient|lady|woman|man|called|named|name(?: is)?|initials|surname)\b)"
            rf"[\s:,]+(?:is\s+)?(?:{_NAME}|(?:[A-Z]\.\s?){{2,3}})"
        ),
    ),
)
_PAIR = re.compile(rf"\b({_NAME})[ ]+(?:[A-Z]\.? )?({_NAME})\b")
_KNOWN = re.compile(
    r"(?i)^(?:HER2.*|.*trop.*|.*mab|.*govitecan|.*deruxtecan|.*tirumotecan|.*parib|"
    r".*taxel|.*platin|.*ciclib|trodelvy|datroway|enhertu|keytruda|lynparza|talzenna|"
    r"the|this|that|she|he|they|it|we|i|my|our|his|her|their|if|in|on|at|for|from|with|without|and|or|"
    r"but|no|not|after|before|when|because|since|given|prior|first|second|third|new|patients?|high|low|"
    r"european|american|german|swiss|chinese|japanese|french|british|union|states|united|kingdom|"
    r"english|western|phase|grade|line|day|cycle|cell|cells|"
    r"medicines?|agency|food|drug|administration|society|oncology|clinical|medical|breast|cancer|"
    r"national|comprehensive|network|health|service|key|trial|study|"
    r"quality|life|overall|survival|progression|free|triple|negative|positive|hormone|receptor|"
    r"brca|parp|ado|sg|dato|datopotamab|sacituzumab|trastuzumab|olaparib|talazoparib|pembrolizumab|"
    r"chemotherapy|immunotherapy|label|reimbursed?|guidelines?|toxicity|neutropenia|diarrhoea|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)$"
)


def find_identifiers(text: str) -> tuple[Identifier, ...]:
    """What in a text could identify somebody, in the order in which it stands there.

    >>> [found.kind for found in find_identifiers("Mrs Example, MRN 4471882")]
    ['name', 'record number']
    >>> find_identifiers("prefers a tablet; lives far from the day ward")
    ()
    """
    found = sorted(_found(text), key=lambda each: (each.start, -each.end))
    kept: list[Identifier] = []
    for each in found:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return tuple(kept)


def _found(text: str) -> Iterator[Identifier]:
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield Identifier(kind, *match.span())
    for match in _PAIR.finditer(text):
        # two capitals at the start of a word make it an abbreviation
        if not any(_KNOWN.match(word) or word[:2].isupper() for word in match.groups()):
            yield Identifier("name", *match.span())
