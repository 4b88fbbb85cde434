"""PD-L1 results: a score belongs to its assay, and only two of them are facts."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

SCORES = ("cps", "tps", "ic", "tc")
ASSAYS = ("22c3", "28-8", "sp142", "sp263", "73-10", "other")

_FACTS = {("cps", "22c3"): "pd_l1_cps", ("ic", "sp142"): "pd_l1_ic"}


class PdL1Score(NamedTuple):
    """Which score was counted, and with which assay; empty where the record does not say."""

    score: str = ""
    assay: str = ""

    @property
    def fact(self) -> str | None:
        """The fact that this score is, if it is one."""
        return _FACTS.get((self.score, self.assay))

    @property
    def why_no_fact(self) -> str:
        """Why this score is kept apart."""
        if not self.score:
            return (
                "it does not say which score it is, so it is not read as the combined "
                "positive score of 22C3 or the immune-cell score of SP142"
            )
        if not self.assay:
            return "it does not name its assay, and a score counts only with its own assay"
        if self.score == "ic" or self.assay == "sp142":
            return "it is not read as the 22C3 score; of SP142 only the immune-cell score is read"
        return "it is not read as the 22C3 score; scores and assays are never exchanged"

    def __str__(self) -> str:
        score = self.score.upper() or "score not named"
        assay = self.assay.upper() or "assay not named"
        return f"PD-L1 {score} ({assay})"


_SCORE_WORDS = {
    "cps": re.compile(r"\bCPS\b|combined\s+positive\s+score", re.IGNORECASE),
    "tps": re.compile(r"\bTPS\b|tumou?r\s+proportion\s+score", re.IGNORECASE),
    "ic": re.compile(r"\bICS?\b|immune[\s-]+cells?|%\s*IC\b", re.IGNORECASE),
    "tc": re.compile(r"\bTC\b|tumou?r[\s-]+cells?\b", re.IGNORECASE),
}
_ASSAY_WORDS = {
    "22c3": re.compile(r"22\s*-?C3", re.IGNORECASE),
    "28-8": re.compile(r"\b28\s*-\s*8\b"),
    "sp142": re.compile(r"SP\s*-?142", re.IGNORECASE),
    "sp263": re.compile(r"SP\s*-?263", re.IGNORECASE),
    "73-10": re.compile(r"\b73\s*-\s*10\b"),
}
_SCORE_AND_NUMBER = re.compile(
    r"(?:\b(?:CPS|TPS|ICS?|TC)\b|(?:combined\s+positive|tumou?r\s+proportion|immune[\s-]cell)"
    r"\s+score)[^\w<>≤≥]{0,4}(?:of|is|score)?[^\w<>≤≥]{0,3}([<>≤≥]=?)?\s*(\d+(?:\.\d+)?)(?!\w|-|\.\d|\+"
    r"|\s*(?:–|to\b)\s*\d|\s*(?:or|and)\s+(?:more|higher|above|greater|less|lower|below))",
    re.IGNORECASE,
)


def scores_in(text: str) -> frozenset[str]:
    """The scores that a text names."""
    return frozenset(score for score, words in _SCORE_WORDS.items() if words.search(text))


def assays_in(text: str) -> frozenset[str]:
    """The assays that a text names."""
    return frozenset(assay for assay, words in _ASSAY_WORDS.items() if words.search(text))


def number_in(text: str) -> Decimal | None:
    """The one number that stands behind the name of a score; nothing for a bound or two."""
    found = _SCORE_AND_NUMBER.findall(text)
    if len(found) != 1 or found[0][0]:
        return None
    return Decimal(found[0][1])
