"""A patient described in words, read into facts; what is not said stays unknown."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from consilium.asking.names import Names
from consilium.asking.words import plain


class Described(msgspec.Struct, frozen=True):
    """The facts that a text gives of a patient, as `intake` takes them."""

    facts: dict[str, Any]

    @property
    def count(self) -> int:
        """How many facts were read."""
        return len(self.facts)


_FACTS: tuple[tuple[str, str, Any], ...] = (
    (r"\btriple[- ]neg\w*|\bm?tnbc\b|\btn disease", "subtype", "triple-negative"),
    (r"\bhr ?\+|hr[- ]pos\w*|hormone[- ]receptor[- ]pos\w*|\ber ?\+|\ber[- ]pos\w*|luminal", "subtype", "hormone-receptor-positive"),
    (r"\bmetasta\w*|\bmets?\b|\bm?tnbc\b(?<!\btnbc)|\badvanced|stage (?:iv|4)\b|\bmbc\b|inoperable", "setting", "advanced"),
    (r"\buntreated|treatment[- ]na\w+|newly diagnosed|no (?:prior|previous|earlier) (?:systemic )?(?:therapy|treatment)|\bde novo\b|previously untreated", "prior_therapies", "none"),
    (r"\b(?:g|germline )brca[12]? ?(?:1/2)?[ -]?(?:wt|wild|neg|no)\w*|no (?:germline )?g?brca|brca ?[12]?(?:/2)?[ -](?:wild|wt\b|neg)\w*", "germline_brca", "no-variant"),
    (r"\bvus\b|uncertain significance", "germline_brca", "uncertain-significance"),
    (r"\bgbrca ?[12]?m?\b|germline brca ?[12]?(?:/2)?|brca ?[12]?(?:/2)? (?:mutation )?carrier", "germline_brca", "pathogenic"),
    (r"\basymptomatic|no symptoms|without symptoms", "symptomatic", "no"),
    (r"(?<!a)\bsymptomatic|with symptoms", "symptomatic", "yes"),
    (r"high[- ](?:volume|burden)|bulky", "disease_volume", "high"),
    (r"low[- ](?:volume|burden)|minimal disease", "disease_volume", "low"),
    (r"no visceral|bone[- ]only|without visceral", "visceral_metastases", "no"),
    (r"\bliver|hepatic met|lung met|pulmonary met|visceral met|visceral disease", "visceral_metastases", "yes"),
    (r"visceral crisis", "visceral_crisis", "yes"),
    (r"not (?:a |an )?(?:candidate|eligible|fit|suitable) for (?:io|ici|immuno|checkpoint|pembro|pd)|io[- ]ineligible|no io\b", "checkpoint_inhibitor_candidate", "no"),
    (r"her2[- ]?low", "her2_category", "low"),
    (r"her2[- ]?ultra[- ]?low", "her2_category", "ultralow"),
    (r"(?:history of|previous|earlier|prior) febrile neutropenia", "febrile_neutropenia_history", "yes"),
    (r"(?:history of|previous|earlier|prior) neutropenia", "neutropenia_history", "yes"),
    (r"\bprior ild|history of (?:ild|pneumonitis)", "ild_history", None),
)  # fmt: skip


def described(text: str, names: Names) -> Described:
    """The facts of a patient that a text gives."""
    lowered = plain(text)
    facts: dict[str, Any] = {}
    for pattern, fact, value in _FACTS:
        if value is not None and fact not in facts and re.search(pattern, lowered):
            facts[fact] = value
    if found := re.search(r"\bcps ?(?:of|=|:|is)? ?(\d{1,3})\b", lowered):
        facts["pd_l1"] = {"score": "cps", "assay": "22c3", "value": int(found[1])}
    if found := re.search(r"\becog ?(?:ps|of|=|is)? ?([0-4])\b|\bps ?([0-4])\b", lowered):
        facts["ecog_ps"] = int(found[1] or found[2])
    if found := re.search(r"\b(\d{2})[- ]?(?:yo\b|y/o|y\.o|years?[- ]old|year old)", lowered):
        facts["age"] = int(found[1])
    if found := re.search(r"\bihc ?(0|1\+|2\+)", lowered):
        facts["her2_ihc"] = found[1]
    earlier = re.search(
        r"\b(?:after|progress\w* (?:on|after)|post|following|pretreated with|had|prior|previous(?:ly)?)\b(.*)",
        lowered,
    )
    if earlier and "prior_therapies" not in facts:
        drugs = [e.partition(":")[2] for e in names.named(earlier[1]).of("drug")]
        drugs = [d for d in drugs if d not in ("filgrastim", "pegfilgrastim", "loperamide")]
        if drugs:
            facts["prior_therapies"] = drugs
    return Described(facts)


def as_input(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts in the shape that `intake` reads."""
    given = {k: v for k, v in facts.items() if k not in ("prior_therapies", "subtype")}
    match facts.get("subtype"):
        case "triple-negative":
            given |= {"er_status": "negative", "pr_status": "negative"}
            if "her2_ihc" not in given and "her2_category" not in given:
                given["her2_status"] = "negative"
        case "hormone-receptor-positive":
            given["er_status"] = "positive"
            if "her2_ihc" not in given and "her2_category" not in given:
                given["her2_status"] = "negative"
    earlier = facts.get("prior_therapies")
    if earlier == "none":
        given |= {"prior_therapies": [], "prior_therapies_complete": "yes"}
    elif earlier:
        given["prior_therapies"] = [
            {"drugs": [drug], "setting": "advanced", "stopped_for": "progression"}
            for drug in earlier
        ]
        given["prior_therapies_complete"] = "no"
    if {"visceral_metastases", "prior_therapies"} & given.keys():
        given.setdefault("setting", "advanced")
    return given
