"""Stage groups and M categories, in the codes and spellings that records use."""

from __future__ import annotations

import re
from typing import NamedTuple

from consilium.intake.fhir.codes import Concept

_ROMAN = {"0": "0", "1": "I", "2": "II", "3": "III", "4": "IV"}

# AJCC stage groups and general stage values of SNOMED CT.
_SNOMED_STAGES = {
    "1222723001": "I",
    "1222724007": "IA",
    "1222725008": "IA1",
    "1222726009": "IA2",
    "1222727000": "IA3",
    "1222728005": "IB",
    "1222729002": "IB1",
    "1222730007": "IB2",
    "1222731006": "IC",
    "1222765007": "II",
    "1222766008": "IIA",
    "1222767004": "IIA1",
    "1222768009": "IIA2",
    "1222769001": "IIB",
    "1222770000": "IIC",
    "1222801008": "III",
    "1222802001": "IIIA",
    "1222803006": "IIIA1",
    "1222804000": "IIIA2",
    "1222805004": "IIIB",
    "1222806003": "IIIC",
    "1222807007": "IIIC1",
    "1222809005": "IIIC2",
    "1222811001": "IIID",
    "1222837003": "IV",
    "1222838008": "IVA",
    "1222841004": "IVB",
    "1222842006": "IVC",
    "258215001": "I",
    "258219007": "II",
    "258224005": "III",
    "258228008": "IV",
    "261634002": "IA",
    "261638004": "IIIA",
    "261639007": "IIIB",
    "13104003": "I",
    "60333009": "II",
    "50283003": "III",
    "2640006": "IV",
}
_GROUP = r"(0|[1-4]|IV|I{1,3})\s?([A-E]\d?)?"
_AJCC = re.compile(rf"(?:yc|yp|c|p|r|a)?{_GROUP}", re.IGNORECASE)
_IN_WORDS = re.compile(rf"\bstage(?:\s+group)?\s*:?\s*{_GROUP}(?![\w.])", re.IGNORECASE)

_M1_CODES = frozenset(
    {
        "55440008",
        "1229903009",
        "1229904003",
        "1229907005",
        "1229910003",
        "1229912006",
        "1229916009",
        "1229920008",
        "1229923005",
    }
)
_M0_CODES = frozenset({"30893008", "1229901006", "1229902004"})
_M_IN_WORDS = re.compile(r"\b(?:yc|yp|c|p|r|a)?M([01])(?:[a-d]\d?)?(?:\(i\+\))?(?![\w.])")


class Stage(NamedTuple):
    """A stage group, such as III, and its part, such as C."""

    group: str
    part: str = ""

    def agrees_with(self, other: Stage) -> bool:
        """Whether one may be the other said with more or less detail."""
        return self.group == other.group and (
            self.part.startswith(other.part) or other.part.startswith(self.part)
        )

    def __str__(self) -> str:
        return self.group + self.part


def stage_in_words(text: str) -> bool:
    """Whether a text names a stage as one, whatever else it says."""
    return bool(_IN_WORDS.search(text))


def stage_of(value: Concept) -> Stage | None:
    """The stage that a value states; nothing when it states none, or two."""
    found: list[Stage] = []
    for coding in value.codings:
        if coding.system == "SNOMED" and coding.code in _SNOMED_STAGES:
            found += _read(_AJCC.fullmatch(_SNOMED_STAGES[coding.code]))
        elif coding.system == "AJCC":
            found += _read(_AJCC.fullmatch(coding.code))
    for text in value.texts:
        found += _read(_IN_WORDS.search(text) or _AJCC.fullmatch(text))
    if not found or not all(one.agrees_with(other) for one in found for other in found):
        return None
    return max(found, key=lambda one: len(one.part))


def _read(found: re.Match[str] | None) -> list[Stage]:
    if found is None:
        return []
    group = found[1].upper()
    return [Stage(_ROMAN.get(group, group), (found[2] or "").upper())]


def metastasis_category(value: Concept) -> str:
    """M0 or M1; empty when the value states neither, or both."""
    found = set()
    if value.has("SNOMED", _M1_CODES):
        found.add("M1")
    if value.has("SNOMED", _M0_CODES):
        found.add("M0")
    texts = (*value.texts, *value.codes("AJCC"))
    found |= {f"M{m[1]}" for text in texts if (m := _M_IN_WORDS.search(text))}
    return found.pop() if len(found) == 1 else ""
