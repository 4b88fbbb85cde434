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
    taken: tuple[str, ...] = ()
    """What stands for a class or for lines that the text names without their drugs."""

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
    (r"high[- ](?:volume|burden)|bulky|extensive|widespread|heavy burden", "disease_volume", "high"),
    (r"low[- ](?:volume|burden)|minimal (?:disease|burden)|tiny|small[- ]volume|oligo\w+|single (?:lung|liver|bone|node)|one small", "disease_volume", "low"),
    (r"no visceral|bones?[- ]only|only bones?|without visceral", "visceral_metastases", "no"),
    (r"\bliver|hepatic met|lung (?:met|nod|les)|pulmonary|visceral met|visceral disease", "visceral_metastases", "yes"),
    (r"visceral crisis", "visceral_crisis", "yes"),
    (r"not (?:a |an )?(?:candidate|eligible|fit|suitable) for (?:io|ici|immuno|checkpoint|pembro|pd)|io[- ]ineligible|no io\b", "checkpoint_inhibitor_candidate", "no"),
    (r"her2[- ]?ultra[- ]?low", "her2_category", "ultralow"),
    (r"her2[- ]?low", "her2_category", "low"),
    (r"no (?:membrane )?staining|her2[- ]null|no membrane", "her2_membrane_staining", "no"),
    (r"(?:some|faint) (?:membrane )?staining", "her2_membrane_staining", "yes"),
    (r"her2 ?(?:-|neg)", "her2_status", "negative"),
    (r"pd[- ]?l1[- ]?(?:neg\w*|-(?!l|\d))|cps ?(?:<|below|under) ?(?:1|10)\b", "pd_l1_below_10", True),
    (r"(?:history of|previous|earlier|prior) febrile neutropenia", "febrile_neutropenia_history", "yes"),
    (r"(?:history of|previous|earlier|prior) neutropenia", "neutropenia_history", "yes"),
)  # fmt: skip


def described(text: str, names: Names) -> Described:
    """The facts of a patient that a text gives."""
    lowered = plain(text)
    facts: dict[str, Any] = {}
    for pattern, fact, value in _FACTS:
        if value is not None and fact not in facts and re.search(pattern, lowered):
            facts[fact] = value
    for pattern, line in _WHICH_LINE:
        if "line" not in facts and re.search(pattern, lowered):
            facts["line"] = line
    if found := re.search(r"\bcps ?(?:of|=|:|is)? ?(\d{1,3})\b", lowered):
        facts["pd_l1"] = {"score": "cps", "assay": "22c3", "value": int(found[1])}
    if found := re.search(r"\becog ?(?:ps|of|=|is)? ?([0-4])\b|\bps ?([0-4])\b", lowered):
        facts["ecog_ps"] = int(found[1] or found[2])
    if found := re.search(r"\b(\d{2})[- ]?(?:yo\b|y/o|y\.o|years?[- ]old|year old)", lowered):
        facts["age"] = int(found[1])
    if found := re.search(r"\b(?:ihc|her2) ?(0|1\+|2\+)(?!\d)", lowered):
        facts["her2_ihc"] = found[1]
    earlier = re.search(
        r"\b(?:after|prog(?:ress\w*)?\.? (?:on|after)|post|following|pretreated|had|prior|previous(?:ly)?|stopped|failed)\b(.*)",
        lowered,
    )
    taken: list[str] = []
    if earlier and "prior_therapies" not in facts:
        before = names.named(lowered if earlier[0].startswith("stopped") else earlier[1])
        drugs = [e.partition(":")[2] for e in before.of("drug")]
        drugs = [d for d in drugs if d not in ("filgrastim", "pegfilgrastim", "loperamide")]
        for pattern, drug, said in _CLASSES:
            if re.search(pattern, lowered) and drug not in drugs:
                drugs.append(drug)
                taken.append(f"{said} was named without its drug; {drug} stands for it here.")
        lines = _chemotherapy_lines(lowered)
        more = [d for d in _LINES if d not in drugs][
            : max(0, lines - len(set(drugs) & set(_LINES)))
        ]
        if lines and more:
            taken.append(
                f"{lines} earlier lines of chemotherapy were named without their drugs; "
                f"{', '.join(more)} stand for them here."
            )
            drugs += more
        if drugs:
            facts["prior_therapies"] = drugs
    return Described(facts, tuple(taken))


_WHICH_LINE = (
    (r"(?:first|1st)[- ]line|\b1l\b|frontline", 1),
    (r"(?:second|2nd)[- ]line|\b2l\b", 2),
    (r"(?:third|3rd)[- ]line|\b3l\b", 3),
)
_CLASSES = (
    (r"cdk ?4", "palbociclib", "A CDK4/6 inhibitor"),
    (r"endocrine|\bet\b|hormonal", "fulvestrant", "Endocrine therapy"),
    (r"\btaxanes?\b", "paclitaxel", "A taxane"),
    (r"anthracyclines?", "doxorubicin", "An anthracycline"),
    (r"platinum\b", "carboplatin", "A platinum"),
)
"""Classes that a text may name without a drug, with the drug that stands for them in a plan."""
_LINES = ("capecitabine", "eribulin", "vinorelbine", "gemcitabine")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}


def _chemotherapy_lines(text: str) -> int:
    found = re.search(
        r"\b(one|two|three|four|[1-4]) (?:prior |previous |earlier )?(?:chemo\w* lines?|lines? of chemo|chemo\w*\b|prior chemo)",
        text,
    )
    return _NUMBERS.get(found[1]) or int(found[1]) if found else 0


def _courses(drugs: list[str], line: int | None) -> list[dict[str, Any]]:
    """Earlier drugs as courses: as many lines as the line to come leaves room for."""
    if line == 1:
        return [{"drugs": [d], "setting": "adjuvant", "stopped_for": "completed"} for d in drugs]
    room = len(drugs) if line is None else min(len(drugs), line - 1)
    groups = [drugs[: len(drugs) - room + 1], *([d] for d in drugs[len(drugs) - room + 1 :])]
    return [{"drugs": g, "setting": "advanced", "stopped_for": "progression"} for g in groups]


def as_input(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts in the shape that `intake` reads."""
    apart = ("prior_therapies", "subtype", "pd_l1_below_10")
    given = {k: v for k, v in facts.items() if k not in apart}
    if "pd_l1_below_10" in facts and "pd_l1" not in given:
        given["pd_l1"] = {"score": "cps", "assay": "22c3", "value": 0}
    match facts.get("subtype"):
        case "triple-negative":
            given |= {"er_status": "negative", "pr_status": "negative"}
            if "her2_ihc" not in given and "her2_category" not in given:
                given["her2_status"] = "negative"
            else:
                given.pop("her2_status", None)
        case "hormone-receptor-positive":
            given["er_status"] = "positive"
            if "her2_ihc" not in given and "her2_category" not in given:
                given["her2_status"] = "negative"
            else:
                given.pop("her2_status", None)
    earlier = facts.get("prior_therapies")
    if earlier == "none":
        given |= {"prior_therapies": [], "prior_therapies_complete": "yes"}
    elif earlier:
        given["prior_therapies"] = _courses(list(earlier), facts.get("line"))
        given["prior_therapies_complete"] = "no"
    if {"visceral_metastases", "prior_therapies"} & given.keys():
        given.setdefault("setting", "advanced")
    return given
