"""A question as understood: what it names, what of that it asks for, in which scope."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from consilium.asking.answer import Scope
from consilium.asking.names import Named
from consilium.asking.words import plain

if TYPE_CHECKING:  # it needs numpy, which a question without it does not wait for
    from consilium.asking.nearness.near import Meaning

MOST_CHARACTERS = 2000
"""How much of a question is read."""

GENERIC = frozenset(
    """results opinion advice design evidence names class arms lines reason immunotherapy status
    congress indication mechanism agreement monitoring management sequence standard preference
    practice testing combination date questions author abstract title series type forecast population
    eligibility brca pd-l1 symptoms volume her2-low target grade-3
    risk-factors disclosure conflict baseline harm infusion interval gate data-cut-off released maturity differences treatment-related-death
    real-world randomised tnbc hr-positive care audience expires follow-up n hr median grade-3 any-adverse-event questions""".split()
)
FIGURES = {
    "hr": "a hazard ratio", "median": "a median", "p-value": "a p value", "n": "a number of patients",
    "landmark": "a rate at that time", "dar": "a drug-to-antibody ratio",
    "follow-up": "a length of follow-up", "orr": "a response rate", "dor": "a duration of response",
    "cbr": "a clinical benefit rate", "dcr": "a disease control rate",
}  # fmt: skip
ENDPOINTS = frozenset("pfs os orr dor pfs2 cbr dcr ttr tfst tsst".split())
"""Endpoints of which a question asks for a figure."""
MEASURED = frozenset("pfs os orr dor pfs2 cbr dcr ttr tfst tsst neutropenia diarrhoea".split())
META_FACETS = frozenset(
    "title series released provider supporter audience objectives author webinar poll credit abstract expires takeaway questions disclosure".split()
)
REGIONS = (
    ("US", r"\bus\b|\busa\b|\bfda\b|united states|\bamerica"),
    ("EU", r"\beu\b|\bema\b|\bchmp\b|europe|european|\bec\b"),
    ("CN", r"\bchina|chinese|\bnmpa\b|\bshanghai|\bbeijing"),
    ("UK", r"\buk\b|united kingdom|britain|\bmhra\b|\bnice\b"),
    ("CH", r"swiss|switzerland"),
    ("CA", r"canad"),
)


class Asked(msgspec.Struct):
    """A question as understood."""

    question: str
    named: Named
    facets: tuple[str, ...]
    scope: Scope
    as_of: date
    region: str = ""
    meaning: Meaning | None = None
    """For nearness in meaning, where the site has the model."""
    patient: bool = False
    """Whether a patient is described."""
    near: dict[str, float] = {}
    """How near the wordings of statements come to the question, by their ids."""

    @property
    def defines(self) -> bool:
        """Whether the meaning of a word is asked for."""
        return (
            re.match(
                r"(?:so |and )?(?:what(?:'s| is| are| does)|define|definition|meaning of|explain)\b",
                plain(self.question),
            )
            is not None
            or re.search(
                r"\bdefin|what counts as|meaning of|\bis what\b|\bwhat is it\b",
                plain(self.question),
            )
            is not None
        )

    @property
    def strong(self) -> tuple[str, ...]:
        """What is asked for by name, without the subjects that go with everything."""
        return tuple(f for f in self.facets if f not in GENERIC)
