"""The shape of a patient, made from the facts of the edition: what it allows is read.

The reader takes more spellings than these (capitals, spaces, names of drugs). A patient of
this shape is refused only where its facts contradict each other.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any, get_args

from consilium.clinical.patient import Status
from consilium.intake.pd_l1 import ASSAYS, SCORES, PdL1Score
from consilium.intake.plain import Outcome, Setting, StoppedFor
from consilium.intake.quantities import unit_is_needed, units_of
from consilium.intake.vocabulary import Vocabulary
from consilium.intake.written import HIGHEST_LINE
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import FactRecord

Schema = dict[str, Any]

_DAY = r"^[1-9][0-9]{3}(-(0[1-9]|1[0-2]))?$"
DAY: Schema = {
    "description": "A day, a month or a year: 2026-01-12, 2026-01 or 2026.",
    "anyOf": [
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": _DAY},
        {"type": "null"},
    ],
}
_NOT_KNOWN: Schema = {
    "description": "Why a fact is not known.",
    "enum": [*(s.value for s in Status if s is not Status.KNOWN), "", None],
}
_YES_OR_NO: Schema = {"enum": ["yes", "no", "true", "false", True, False]}
_NOTE: Schema = {"type": ["string", "number"]}
FHIR: Schema = {
    "type": "object",
    "description": "A FHIR R4 resource of one patient, such as a Bundle.",
    "properties": {"resourceType": {"type": "string"}},
    "required": ["resourceType"],
}


def patient_shapes(edition: Edition, ref: str) -> dict[str, Schema]:
    """The named schemas of a patient; ``ref`` stands before a name in a reference.

    ``Patient`` is the one to refer to.
    """

    def to(name: str) -> Schema:
        return {"$ref": ref + name}

    words = Vocabulary.of(edition)
    shapes = _Shapes(words, to("PatientDay"), to("NotKnown"))
    besides = {
        "pd_l1": shapes.pd_l1(to("PdL1Result")),
        "prior_therapies": {
            "anyOf": [
                {"type": "array", "items": to("EarlierTherapy")},
                {"enum": [Status.UNKNOWN.value, None]},
            ]
        },
        "prior_therapies_complete": _YES_OR_NO,
        "relapsed_on": to("PatientDay"),
        "decision_date": to("PatientDay"),
    }
    ours = {
        "type": "object",
        "description": "Facts of one patient by the names of the edition; no identifier is taken.",
        "properties": {name: shapes.fact(f) for name, f in words.facts.items()} | besides,
        "additionalProperties": False,
    }
    return {
        "Patient": {"anyOf": [to("PatientFacts"), to("FhirResource")]},
        "PatientFacts": ours,
        "FhirResource": FHIR,
        "EarlierTherapy": shapes.therapy(),
        "PdL1Result": shapes.pd_l1_result(),
        "PatientDay": DAY,
        "NotKnown": _NOT_KNOWN,
    }


class _Shapes:
    def __init__(self, words: Vocabulary, day: Schema, not_known: Schema) -> None:
        self.words, self.day, self.not_known = words, day, not_known

    def fact(self, fact: FactRecord) -> Schema:
        match fact.kind:
            case "choice":
                plain = [_choice(fact)]
                full = [self._full(plain[0])]
            case "number":
                plain = [] if unit_is_needed(fact) else [_number(fact)]
                full = [self._full(_number(fact))] if plain else []
                full += [
                    self._full(_number(fact, factor), unit=name)
                    for name, factor in units_of(fact).items()
                ]
            case "members":
                plain = [self._members(fact)]
                full = [self._full(plain[0]), self._has(plain[0])]
        return {"description": fact.ask or fact.phrase, "anyOf": [*plain, *full, self.not_known]}

    def _full(self, value: Schema, unit: str = "") -> Schema:
        told = {"value": {"anyOf": [value, self.not_known]}, "date": self.day, "note": _NOTE}
        if unit:
            told["unit"] = {"const": unit}
        return _object(told, "value", *(["unit"] if unit else []))

    def _members(self, fact: FactRecord) -> Schema:
        one = {"enum": sorted(self.words.members(fact))}
        return {"anyOf": [{"type": "array", "items": one}, {"const": "none"}]}

    def _has(self, members: Schema) -> Schema:
        return _object({"has": members, "complete": _YES_OR_NO}, "has")

    def pd_l1(self, result: Schema) -> Schema:
        return {"anyOf": [result, {"type": "array", "items": result}, self.not_known]}

    def pd_l1_result(self) -> Schema:
        """A score that is a fact lies in its bounds; any other is kept apart as it is written."""
        facts = [
            (score, assay, self.words.facts[name])
            for score in SCORES
            for assay in ASSAYS
            if (name := PdL1Score(score, assay).fact or "") in self.words.facts
        ]
        known = [
            self._score([score], [assay], {"anyOf": [_number(fact), self.not_known]})
            for score, assay, fact in facts
        ]
        other = [
            self._score([s], [a for a in ASSAYS if (s, a) not in {(k[0], k[1]) for k in facts}], {})
            for s in SCORES
        ]
        return {"description": "A score with its assay.", "anyOf": [*known, *other]}

    def _score(self, scores: list[str], assays: list[str], value: Schema) -> Schema:
        told = {
            "score": {"enum": scores},
            "assay": {"enum": assays},
            "value": value,
            "date": self.day,
            "note": _NOTE,
        }
        return _object(told, "score", "assay")

    def therapy(self) -> Schema:
        drugs = {"type": "array", "items": {"enum": sorted(self.words.drugs)}}
        others = {"type": "array", "items": {"type": ["string", "number"]}}
        told: Schema = {
            "drugs": drugs,
            "other_drugs": others,
            "setting": {"enum": list(get_args(Setting))},
            "line": {"type": ["integer", "null"], "minimum": 1, "maximum": HIGHEST_LINE},
            "started": self.day,
            "ended": self.day,
            "outcome": {"enum": list(get_args(Outcome))},
            "stopped_for": {"enum": list(get_args(StoppedFor))},
            "ongoing": _YES_OR_NO,
            "same_line": _YES_OR_NO,
        }
        named = [
            _object({**told, key: {**told[key], "minItems": 1}}, key, "setting")
            for key in ("drugs", "other_drugs")
        ]
        return {"description": "One earlier treatment, with at least one drug.", "anyOf": named}


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _choice(fact: FactRecord) -> Schema:
    words: list[object] = list(fact.values)
    words += [flag for word, flag in (("yes", True), ("no", False)) if word in words]
    words += [int(word) for word in fact.values if word.isdecimal()]
    return {"enum": words}


def _number(fact: FactRecord, factor: float = 1.0) -> Schema:
    """Bounds in a unit that is ``factor`` declared ones; rounded inwards, so both ends are read."""
    per = Decimal(str(factor))
    high = (Decimal(str(fact.high)) / per).quantize(Decimal("0.001"), ROUND_DOWN)
    low = -(-Decimal(str(fact.low)) / per).quantize(Decimal("0.001"), ROUND_DOWN)
    whole = fact.whole == "yes" and factor == 1
    bounds = (int(low), int(high)) if whole else (float(low), float(high))
    return {
        "type": "integer" if whole else "number",
        "minimum": bounds[0],
        "maximum": bounds[1],
    }
