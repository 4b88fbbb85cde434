"""Observations that are named in words alone: which fact a local code is about by its name.

A code of LOINC says what it means, so words count only where none is given; and only where
they are the whole name, fillers left out. ``Estrogen receptor antibody`` names no fact.
"""

from __future__ import annotations

from functools import lru_cache

from consilium.intake.fhir.codes import Concept
from consilium.intake.vocabulary import plain_words

_FILLER_WORDS = """
    status result results test tests tested by of in the and for tumor tumour breast cancer
    specimen tissue biopsy immunohistochemistry immunohistochemical ihc immune stain staining
    assay interpretation expression finding presence nuclear protein gene value
"""
_HYBRIDISED_WORDS = """
    fish ish cish sish dish situ hybridization hybridisation fluorescence fluorescent amplification
    amplified
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_HYBRIDISED = frozenset(_HYBRIDISED_WORDS.split())
_SHARE = frozenset(("percent", "percentage", "positivity", "cells"))
_PERCENT = {"er_status": "er_percent", "pr_status": "pr_percent"}
# For each fact the words of which one must be there, and those that may stand beside it.
_NAMES = {
    "er_status": ("estrogen oestrogen er östrogenrezeptor", "receptor receptors"),
    "pr_status": ("progesterone pr pgr progesteronrezeptor", "receptor receptors"),
    "her2_ihc": ("her2 her2neu erbb2 cerbb2", "neu c score receptor"),
    "ecog_ps": ("ecog", "performance ps score grade eastern cooperative oncology group"),
    "tmb": ("tmb", "mutational mutation burden"),
    "microsatellites": ("msi microsatellite microsatellites", "instability"),
}


def fact_in_words(code: Concept) -> str | None:
    """The fact that a code without a LOINC code names; nothing where its names differ.

    >>> fact_in_words(Concept((), "Estrogen Receptor (ER) Status"))
    'er_status'
    >>> fact_in_words(Concept((), "HER2 FISH")), fact_in_words(Concept((), "ER/PR/HER2"))
    ('her2_ish', None)
    """
    if code.codes("LOINC"):
        return None
    named = {fact for text in code.texts if (fact := _fact_named(text)) is not None}
    return named.pop() if len(named) == 1 else None


@lru_cache(maxsize=4096)
def _fact_named(text: str) -> str | None:
    words = set(plain_words(text)) - _FILLERS
    if {"her", "2"} <= words:
        words = (words - {"her", "2"}) | {"her2"}
    is_share = bool(words & _SHARE) or "%" in text
    for fact, (names, beside) in _NAMES.items():
        if words.isdisjoint(names.split()):
            continue
        rest = words.difference(names.split(), beside.split())
        if not rest and not (is_share and fact in _PERCENT):
            return fact
        if fact == "her2_ihc" and rest <= _HYBRIDISED:
            return "her2_ish"
        if fact in _PERCENT and is_share and rest <= _SHARE:
            return _PERCENT[fact]
    return None
