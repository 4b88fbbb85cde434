"""Positive, negative, equivocal: how records word the verdict on a test."""

from __future__ import annotations

import re

from consilium.clinical.patient import Status
from consilium.intake.fhir.codes import Concept

POSITIVE, NEGATIVE, EQUIVOCAL = "positive", "negative", "equivocal"
NOT_TESTED, NOT_KNOWN = "not-tested", "unknown"

_BY_CODE = {
    ("SNOMED", "10828004"): POSITIVE,
    ("SNOMED", "260373001"): POSITIVE,
    ("SNOMED", "52101004"): POSITIVE,
    ("LOINC", "LA6576-8"): POSITIVE,
    ("LOINC", "LA9633-4"): POSITIVE,
    ("LOINC", "LA11882-0"): POSITIVE,
    ("interpretation", "POS"): POSITIVE,
    ("interpretation", "DET"): POSITIVE,
    ("SNOMED", "260385009"): NEGATIVE,
    ("SNOMED", "260415000"): NEGATIVE,
    ("SNOMED", "2667000"): NEGATIVE,
    ("LOINC", "LA6577-6"): NEGATIVE,
    ("LOINC", "LA9634-2"): NEGATIVE,
    ("LOINC", "LA11883-8"): NEGATIVE,
    ("interpretation", "NEG"): NEGATIVE,
    ("interpretation", "ND"): NEGATIVE,
    ("SNOMED", "42425007"): EQUIVOCAL,
    ("SNOMED", "82334004"): EQUIVOCAL,
    ("SNOMED", "419984006"): EQUIVOCAL,
    ("interpretation", "IND"): EQUIVOCAL,
    ("interpretation", "E"): EQUIVOCAL,
    ("SNOMED", "373121007"): NOT_TESTED,
    ("SNOMED", "385660001"): NOT_TESTED,
    ("SNOMED", "261665006"): NOT_KNOWN,
}
# Read in this order; each takes its words out of the text before the next one looks.
_BY_WORDS = (
    (NOT_TESTED, r"not\s+(?:tested|done|performed|assessed)"),
    (EQUIVOCAL, r"equivocal|borderline|indeterminate|inconclusive"),
    (
        NEGATIVE,
        r"negative|neg|n[eé]gati(?:v[aeo]?|f)|not\s+detected|undetected|none\s+detected|absent|not\s+present"
        r"|not\s+amplified|non[\s-]?amplified|unamplified|no\s+amplification|not\s+over-?expressed|no\s+over-?expression"
        r"|no\s+(?:mutations?|variants?|alterations?)\s+(?:was\s+|were\s+)?"
        r"(?:detected|identified|found|seen)",
    ),
    (POSITIVE, r"positive|pos|positi(?:v[aeo]?|f)|detected|present|amplified"),
    (NOT_KNOWN, r"unknown"),
)
_DOUBT = re.compile(
    r"\b(?:not|no|non|without|cannot|pending|awaited|possible|possibly|probable|suspected|"
    r"rule|versus|vs|if|unless)\b|\?",
    re.IGNORECASE,
)


def verdicts(value: Concept) -> frozenset[str]:
    """Every verdict that a value states, by code and by words; one of them is an answer."""
    found = {_BY_CODE[(c.system, c.code)] for c in value.codings if (c.system, c.code) in _BY_CODE}
    for text in value.texts:
        found |= verdicts_in(text)
    return frozenset(found)


def verdicts_in(text: str) -> frozenset[str]:
    """The verdicts that a text states; none where it doubts or denies what it names."""
    found: set[str] = set()
    left = text
    for verdict, pattern in _BY_WORDS:
        left, count = re.subn(rf"\b(?:{pattern})\b", " ", left, flags=re.IGNORECASE)
        if count:
            found.add(verdict)
    return frozenset() if _DOUBT.search(left) else frozenset(found)


_STATUS = {
    EQUIVOCAL: Status.EQUIVOCAL,
    NOT_TESTED: Status.NOT_TESTED,
    NOT_KNOWN: Status.UNKNOWN,
}


def status_of_verdict(verdict: str) -> Status | None:
    """The status that a verdict gives a fact when it is neither positive nor negative."""
    return _STATUS.get(verdict)


_ABSENT = {
    "not-performed": Status.NOT_TESTED,
    "not-applicable": Status.NOT_APPLICABLE,
    "NA": Status.NOT_APPLICABLE,
}


def status_where_absent(reason: Concept) -> Status | None:
    """How a fact stands whose value is absent for a stated reason."""
    for coding in reason.codings:
        if coding.system in ("data-absent-reason", "NullFlavor"):
            return _ABSENT.get(coding.code, Status.UNKNOWN)
    return None
