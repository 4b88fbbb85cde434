"""Observations: receptors, PD-L1, laboratory values, performance status."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple

from consilium.clinical.dates import Day
from consilium.clinical.patient import Status
from consilium.intake.fhir.bundle import Resource, Resources
from consilium.intake.fhir.codes import Concept, concept, mappings
from consilium.intake.fhir.findings import Finding, Harvest
from consilium.intake.fhir.moments import Moment, first_moment
from consilium.intake.fhir.values import Amount, Body, Value, number_for, value_of
from consilium.intake.fhir.verdicts import (
    EQUIVOCAL,
    NEGATIVE,
    POSITIVE,
    status_of_verdict,
    verdicts,
    verdicts_in,
)
from consilium.intake.fhir.wording import fact_in_words
from consilium.intake.pd_l1 import PdL1Score, assays_in, number_in, scores_in
from consilium.intake.quantities import NumberError, exact, factor_of, in_declared_unit
from consilium.intake.vocabulary import Vocabulary
from consilium.knowledge.records import FactRecord

_PERCENT_WHERE_STATUS = {"er_status": "er_percent", "pr_status": "pr_percent"}
_STATUS_WHERE_PERCENT = {percent: status for status, percent in _PERCENT_WHERE_STATUS.items()}
_POSITIVE_FROM_PERCENT = 1

# LOINC codes that mean a fact and that the edition does not list with it.
_MORE_CODES = {
    "14228-1": "er_percent",
    "14230-7": "pr_percent",
    "85318-4": "her2_ish",
    "96893-3": "her2_ish",
    "82810-3": "pregnancy",
    "84413-4": "ugt1a1",
}
_PD_L1_ASSAYS = {
    "83052-1": "22c3",
    "83054-7": "22c3",
    "85147-7": "22c3",
    "83055-4": "28-8",
    "83056-2": "28-8",
    "85148-5": "28-8",
    "83057-0": "sp142",
    "85149-3": "sp142",
    "83053-9": "",
}
_PD_L1_TUMOUR_PROPORTION = "83053-9"
_PD_L1_WORDS = re.compile(r"\bPD-?\s?L1\b|\bCD274\b", re.IGNORECASE)

# LOINC codes beside a fact, each with the reason why it is not that fact.
_REFUSED = {
    "770-8": "a share of the leukocytes is not an absolute neutrophil count",
    "26511-6": "a share of the leukocytes is not an absolute neutrophil count",
    "23761-0": "a share of the leukocytes is not an absolute neutrophil count",
    "14130-9": "an amount per mass of tissue is not a share of stained cells",
    "31207-4": "an amount per mass of tissue is not a share of stained cells",
    "10861-3": "an amount per mass of tissue is not a share of stained cells",
    "10480-2": "one result for both hormone receptors does not say which of them it means",
    "49683-6": "a ratio alone is not read as amplified or not; the laboratory's verdict is",
    "74860-8": "a copy number alone is not read as amplified or not; the laboratory's verdict is",
    "89243-0": "Karnofsky is not turned into ECOG; enter the ECOG performance status",
    "32996-1": "HER2 in serum says nothing about the tumour",
    "42914-2": "HER2 in serum says nothing about the tumour",
    "51981-9": "HER2 in serum says nothing about the tumour",
}
_NOT_NEUTROPHIL_COUNT = re.compile(
    r"neutrophils?\s*/\s*100|neutrophils?.*leukocytes", re.IGNORECASE
)

_HER2_SCORES = {"LA6111-4": "0", "LA11841-6": "1+", "LA11842-4": "2+", "LA11843-2": "3+"}
_HER2_PLUS = re.compile(r"(?<![\d.])([0-3])\s*\+(?![\w+])")
_HER2_ZERO = re.compile(
    r"^\s*0(?![\d.,+/%]|\s*(?:-|–|to|or)\s*\d)|\b(?:IHC|score)\s*(?:of|is|:|=)?\s*0(?![\d.,+])"
    r"|\(\s*0\s*\)|\bHER-?2\s*[:=]?\s*0(?![\d.,+/])",
    re.IGNORECASE,
)
_HER2_RANGE = re.compile(r"[0-3]\s*\+?\s*(?:-|–|/|\bto\b|\bor\b)\s*[0-3]\s*\+", re.IGNORECASE)
_HER2_CATEGORY = re.compile(r"\b(ultra-?\s?low|low|(?<=HER2[ -])null)\b", re.IGNORECASE)
_HER2_ISH = re.compile(r"\b[FCSD]?ISH\b\s*([+-](?!\w))?([^;.]*)", re.IGNORECASE)
_SIGNS = {"+": "positive", "-": "negative"}
_HER2_NEGATIVE_SCORES = ("0", "1+")

_AMPLIFIED = {POSITIVE: "amplified", NEGATIVE: "not-amplified"}

_ECOG_ANSWERS = {
    "LA9622-7": 0,
    "LA9623-5": 1,
    "LA9624-3": 2,
    "LA9625-0": 3,
    "LA9626-8": 4,
    "LA9627-6": 5,
}
_ECOG_WORDS = re.compile(
    r"(?:(?:ECOG|performance|status|PS|grade|score)[\s:=-]*)*([0-5])(?![\d.])"
    r"(?!\s*(?:[-–/]|to\b|or\b)\s*\d)(?:\s*[-–:(,;].*)?|[a-z ,]+\(\s*([0-5])\s*\)",
    re.IGNORECASE,
)
_SHARE = re.compile(r"(?<![\d.<>≤≥=~-])\b(\d{1,3}(?:\.\d+)?)\s*%(?!\s*(?:-|–|to))")
_ANY_SHARE = re.compile(r"\d\s*%")
_BOUND_SHARE = re.compile(r"([<>≤≥]=?)\s*(\d{1,3}(?:\.\d+)?)\s*%")
_SHARE_BETWEEN = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%?\s*(?:-|–|to)\s*(\d{1,3}(?:\.\d+)?)\s*%")
_SIGN = re.compile(r"(?:ER|PR|PgR)\s*([+-])|(\+)")

_MENOPAUSE = {"76498008": "postmenopausal", "22636003": "premenopausal"}
_MENOPAUSE_WORDS = re.compile(r"^(pre|post)-?\s?menopausal?\b", re.IGNORECASE)

_PREGNANCY = {
    ("SNOMED", "77386006"): "pregnant",
    ("LOINC", "LA15173-0"): "pregnant",
    ("SNOMED", "60001007"): "not-pregnant",
    ("LOINC", "LA26683-5"): "not-pregnant",
}
_GENOTYPE = re.compile(r"(\*\d+)\s*/\s*(\*\d+)")

_UNSTABLE = re.compile(r"\bMSI-?\s?H(?:igh)?\b|\bunstable\b|\bdMMR\b|\bdeficient\b", re.IGNORECASE)
_STABLE = re.compile(
    r"\bMSS\b|\bMSI-?\s?L(?:ow)?\b|\bstable\b|\bpMMR\b|\bproficient\b", re.IGNORECASE
)
_MSI_PRESENCE = ("62862-8",)

_LEUKOCYTES = ("6690-2", "26464-8", "804-5")
_PER_MICROLITRE = {"10*3/uL": 1000, "10*9/L": 1000, "/uL": 1, "K/uL": 1000, "G/L": 1000}

_LONG_RECORD = 100
# The keys beside its number that change nothing in how a laboratory value is read.
_BESIDE_A_NUMBER = """
    resourceType id meta text language identifier status category code subject encounter
    effectiveDateTime issued performer valueQuantity note specimen device referenceRange basedOn
"""
_OF_A_PLAIN_VALUE = frozenset(_BESIDE_A_NUMBER.split())

_WITHDRAWN = {
    "entered-in-error": "entered in error",
    "cancelled": "cancelled",
    "registered": "registered, without a result yet",
}


def moment_of(body: Body) -> Moment | None:
    """When an observation was made."""
    return first_moment(body, "effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued")


def withdrawn(body: Body) -> str:
    """Why a resource no longer counts; empty when it does."""
    return _WITHDRAWN.get(str(body.get("status")), "")


def _refusal(code: Concept) -> str:
    """Why a code beside a fact is not that fact; empty for any other."""
    return next((_REFUSED[c] for c in code.codes("LOINC") if c in _REFUSED), "")


@lru_cache(maxsize=1024)
def _is_a_share(code: Concept) -> bool:
    return any(_NOT_NEUTROPHIL_COUNT.search(text) for text in code.texts)


def counts_leukocytes(code: Concept) -> bool:
    """Whether an observation with this code counts leukocytes."""
    return code.has("LOINC", _LEUKOCYTES)


def leukocyte_factor(amount: Amount | None) -> int:
    """The factor that makes a count one in a microlitre; zero for a unit that is none."""
    units = amount.units if amount else ()
    return next((factor for unit in units if (factor := _PER_MICROLITRE.get(unit))), 0)


class _Plain(NamedTuple):
    """How a plain number is read: the factor to the unit of its fact, and the bounds there."""

    fact: FactRecord
    factor: Decimal
    low: Decimal
    high: Decimal


class _Unclear(Exception):
    """Why a value makes no fact."""


class ObservationReader:
    """Reads every observation that is about a fact with one value."""

    def __init__(self, vocabulary: Vocabulary, resources: Resources, harvest: Harvest) -> None:
        self.vocabulary, self.resources, self.harvest = vocabulary, resources, harvest
        self._abouts: dict[Concept, str | None] = {}

    def read(self) -> None:
        """Read all observations that nobody has read yet."""
        left = [r for r in self.resources.of("Observation") if r.where not in self.harvest.seen]
        outdated = self._outdated(left) if len(left) > _LONG_RECORD else frozenset[str]()
        self.harvest.seen |= outdated
        for resource in left:
            if resource.where not in outdated:
                self._read(resource)

    def _outdated(self, observations: list[Resource]) -> frozenset[str]:
        """The places of laboratory values that a later one outdates and that nothing is said of.

        Only of facts that nothing but dated numbers tells of. The first value of a fact is never
        among them, so that facts keep their order.
        """
        plain: dict[tuple[object, ...], _Plain | None] = {}
        values: dict[str, list[tuple[Day, str]]] = {}
        told_otherwise = {
            part.about
            for resource in observations
            if "component" in resource.body
            for part in self._parts(resource)
        }
        for resource in self.resources.observations(self._is_laboratory):
            body, quantity = resource.body, resource.body.get("valueQuantity")
            found = number = None
            if isinstance(quantity, dict) and body.keys() <= _OF_A_PLAIN_VALUE:
                said = (body.get("status"), *map(quantity.get, ("code", "unit", "comparator")))
                key = (resource.code, *map(str, said))
                if key not in plain:
                    plain[key] = self.plain_number(resource)
                found, value = plain[key], quantity.get("value")
                number = None if isinstance(value, str) else exact(value)
            when = moment_of(body)
            if found is None or when is None:
                told_otherwise.add(str(self._about(resource.code)))
            elif number is not None:
                fact, counted = found.fact, number * found.factor
                if (
                    found.low <= counted <= found.high
                    and fact.whole != "yes"
                    and not (fact.id == "anc" and self._outnumbered(when, float(counted)))
                ):
                    values.setdefault(fact.id, []).append((when.day, resource.where))
        outdated: set[str] = set()
        for name, dated in values.items():
            last = max(day.last for day, _ in dated)
            exact_days = all(day.first == day.last for day, _ in dated)
            if name not in told_otherwise and exact_days:
                # of neighbouring days the earlier may be the later in another zone
                outdated |= {where for day, where in dated[1:] if (last - day.last).days > 1}
        return frozenset(outdated)

    def _is_laboratory(self, code: Concept) -> bool:
        fact = self.vocabulary.facts.get(self._about(code) or "")
        return fact is not None and fact.group == "laboratory"

    def _read(self, resource: Resource) -> None:
        code = resource.code
        about = self._about(code)
        parts = self._parts(resource)
        if about is None and not parts:
            return
        why = withdrawn(resource.body)
        if why:
            self.harvest.drop(resource, code.label, why)
            return
        if about == "refused":
            said = f"{code.label}: {value_of(resource.body)}"
            self.harvest.not_read(resource, said, _refusal(code))
        elif about == "pd_l1":
            _PdL1Reader(self.vocabulary, self.harvest).read(resource, code)
        elif about is not None and not self._is_told_elsewhere(resource, parts):
            self._read_one(_Result(resource, about, code, resource.body))
        for part in parts if about != "pd_l1" else []:
            self._read_one(part)
        if parts and about != "pd_l1":
            self._list_the_rest(resource)

    def _is_told_elsewhere(self, resource: Resource, parts: list[_Result]) -> bool:
        """Whether an observation has no value of its own, but parts or members that have."""
        told = bool(parts) or "hasMember" in resource.body
        return told and value_of(resource.body).is_empty

    def _list_the_rest(self, resource: Resource) -> None:
        """List the components that no fact is made of, beside others that were read."""
        for index, body in enumerate(mappings(resource.body.get("component"))):
            code, value = concept(body.get("code")), value_of(body)
            about = self._about(code)
            if about in (None, "refused", "pd_l1") and not value.is_empty:
                why = _refusal(code) or "no fact of this edition is read from this component"
                said = f"{code.label}: {value}"
                self.harvest.not_read(resource, said, why, f".component[{index}]")

    def _parts(self, resource: Resource) -> list[_Result]:
        parts: list[_Result] = []
        if "component" not in resource.body:
            return parts
        for index, body in enumerate(mappings(resource.body["component"])):
            code = concept(body.get("code"))
            about = self._about(code)
            if about not in (None, "refused", "pd_l1"):
                parts.append(_Result(resource, str(about), code, body, f".component[{index}]"))
        return parts

    def _about(self, code: Concept) -> str | None:
        """The fact that a code is about, or which special reader it needs."""
        if code not in self._abouts:
            self._abouts[code] = self._about_of(code)
        return self._abouts[code]

    def _about_of(self, code: Concept) -> str | None:
        loinc = code.codes("LOINC")
        if _refusal(code):
            return "refused"
        if any(c in _PD_L1_ASSAYS for c in loinc):
            return "pd_l1"
        for coding in code.codings:
            for fact in self.vocabulary.facts_by_code(coding.system, coding.code):
                return "pd_l1" if fact in ("pd_l1_cps", "pd_l1_ic") else fact
        for c in loinc:
            if c in _MORE_CODES:
                return _MORE_CODES[c]
        if any(_PD_L1_WORDS.search(text) for text in code.texts):
            return "pd_l1"
        if any("menopaus" in text.casefold() for text in code.texts):
            return "menopausal_status"
        return fact_in_words(code)

    def _read_one(self, result: _Result) -> None:
        fact = self.vocabulary.facts.get(result.about)
        if fact is None:
            return
        if result.value.absent is not None:
            self._keep(result, None, "no value, for the reason given", status=result.value.absent)
            return
        try:
            if result.about in _READERS:
                _READERS[result.about](self, result)
            elif result.about == "menopausal_status":
                self._menopause(result)
            elif fact.kind == "number":
                self._number(result)
            else:
                self._word(result)
        except _Unclear as why:
            self._refuse(result, str(why))

    # --- one reader for each way of reporting -------------------------------------------------

    def _number(self, result: _Result) -> None:
        fact = self.vocabulary.facts[result.about]
        if result.about == "anc" and _is_a_share(result.code):
            raise _Unclear(_REFUSED["770-8"])
        try:
            number = number_for(fact, result.value)
        except NumberError as problem:
            raise _Unclear(f"the value {problem}") from None
        if result.about == "anc":
            self._check_against_leukocytes(result, number)
        self._keep(result, number, "number in the unit of the fact")

    def _check_against_leukocytes(self, result: _Result, neutrophils: float) -> None:
        said = self._outnumbered(moment_of(result.resource.body), neutrophils)
        if said:
            raise _Unclear(
                f"more neutrophils than the leukocytes of the same day ({said}); "
                "look for a slip in the number or its unit"
            )

    def _outnumbered(self, when: Moment | None, neutrophils: float) -> str:
        """The leukocytes of a day that are fewer than the neutrophils, as written."""
        counts = self._leukocytes.get(when.day, ()) if when else ()
        return next((str(amount) for count, amount in counts if count < neutrophils), "")

    @cached_property
    def _leukocytes(self) -> dict[object, list[tuple[float, Amount]]]:
        """Leukocytes per microlitre, and as they were written, by day."""
        found: dict[object, list[tuple[float, Amount]]] = {}
        for other in self.resources.observations(counts_leukocytes):
            amount, when = value_of(other.body).amount, moment_of(other.body)
            factor = leukocyte_factor(amount)
            if amount is not None and factor and when is not None:
                counted = float(amount.value) * factor
                found.setdefault(when.day, []).append((counted, amount))
        return found

    def plain_number(self, resource: Resource) -> _Plain | None:
        """The fact of a laboratory value and the factor to its unit.

        Nothing where more than the number decides what is read of an observation.
        """
        code, amount = resource.code, value_of(resource.body).amount
        about = self._about(code)
        fact = self.vocabulary.facts.get(about or "")
        if fact is None or fact.kind != "number" or about in _READERS:
            return None
        if amount is None or amount.comparator or not amount.units:
            return None
        if withdrawn(resource.body) or self._parts(resource):
            return None
        if about == "anc" and _is_a_share(code):
            return None
        coded, *printed = amount.units
        try:
            factor = factor_of(fact, coded)
        except NumberError:
            return None
        for unit in printed:
            with suppress(NumberError):
                if factor_of(fact, unit) != factor:
                    return None
        return _Plain(fact, factor, Decimal(fact.low), Decimal(fact.high))

    def says_something(self, resource: Resource) -> bool:
        """Whether an observation is about a fact, whatever its value."""
        about = self._about(resource.code)
        return about not in (None, "refused") or bool(self._parts(resource))

    def _word(self, result: _Result) -> None:
        """A choice that is reported in the words of the edition itself."""
        fact = self.vocabulary.facts[result.about]
        if fact.kind != "choice":
            raise _Unclear("its value is not read from a record")
        said = {text.casefold() for text in result.value.texts}
        words = [w for w, phrase in fact.values.items() if said & {w.casefold(), phrase.casefold()}]
        if len(words) != 1:
            raise _Unclear("its value is none of the words of this fact; enter it")
        self._keep(result, words[0], "the word itself")

    def _verdict(self, result: _Result) -> str:
        """The one verdict of a result, from its value or else from its interpretation."""
        value = result.value
        found = verdicts(value.concept)
        if value.flag is not None:
            found = frozenset({POSITIVE if value.flag else NEGATIVE})
        if not found and value.is_empty:
            for one in mappings(result.body.get("interpretation")):
                found |= verdicts(concept(one))
        if len(found) > 1:
            raise _Unclear(f"it says {' and '.join(sorted(found))} at once")
        if not found:
            raise _Unclear("no verdict is stated" if value.is_empty else "its words are no verdict")
        return next(iter(found))

    def _receptor(self, result: _Result) -> None:
        percent = _PERCENT_WHERE_STATUS[result.about]
        if result.value.amount is not None:
            self._share(result.with_fact(percent))
            return
        shares = {m for text in result.value.texts for m in _SHARE.findall(text)}
        if any(_ANY_SHARE.search(text) for text in result.value.texts) and len(shares) == 1:
            number = float(shares.pop())
            found = {v for text in result.value.texts for v in verdicts_in(text)}
            found |= verdicts(result.value.concept)
            positive = number >= _POSITIVE_FROM_PERCENT
            agrees = found <= {POSITIVE if positive else NEGATIVE}
            if not agrees:
                raise _Unclear(
                    f"it says {' and '.join(sorted(found))} and {number:g} %, "
                    "which do not agree; enter the share of stained cells"
                )
            self._keep(result.with_fact(percent), number, "share given beside the verdict")
            return
        bounded = {v for text in result.value.texts if (v := _verdict_of_bound(text))}
        if len(bounded) == 1 and not verdicts(result.value.concept):
            self._keep(result, bounded.pop(), "bound on the share of cells, beside 1 %")
            return
        self._keep_verdict(result, POSITIVE, NEGATIVE, "verdict of the laboratory")

    def _share(self, result: _Result) -> None:
        fact = self.vocabulary.facts.get(result.about)
        status = _STATUS_WHERE_PERCENT[result.about]
        amount = result.value.amount
        if fact is None:
            return
        if amount is not None and amount.comparator:
            try:
                bound = in_declared_unit(
                    fact, amount.value, amount.units[0] if amount.units else ""
                )
            except NumberError as problem:
                raise _Unclear(f"the value {problem}") from None
            if amount.comparator == "<" and bound <= _POSITIVE_FROM_PERCENT:
                self._keep(result.with_fact(status), NEGATIVE, "below 1 % of cells")
            elif amount.comparator in (">", ">=") and bound >= _POSITIVE_FROM_PERCENT:
                self._keep(result.with_fact(status), POSITIVE, "at least 1 % of cells")
            else:
                raise _Unclear(f"{amount} is a bound on either side of 1 %")
            return
        if amount is None and not _ANY_SHARE.search(result.value.concept.text):
            self._receptor_verdict(result, status)
            return
        try:
            number = number_for(fact, result.value)
        except NumberError as problem:
            raise _Unclear(f"the value {problem}") from None
        self._keep(result, number, "share of stained cells")

    def _receptor_verdict(self, result: _Result, status: str) -> None:
        if any(re.search(r"\d", text) for text in result.value.texts):
            raise _Unclear("it holds a number that is not marked as a share of cells")
        self._keep_verdict(
            result.with_fact(status), POSITIVE, NEGATIVE, "verdict of the laboratory"
        )

    def _her2_score(self, result: _Result) -> None:
        value = result.value
        scores = {_HER2_SCORES[c] for c in value.concept.codes("LOINC") if c in _HER2_SCORES}
        amount = value.amount
        if amount is not None:
            scores |= _her2_score_of_number(amount.value, amount.units, amount.comparator)
        for text in value.texts:
            if _HER2_RANGE.search(text):
                raise _Unclear("it gives a range of scores")
            scores |= {"0" if n == "0" else f"{n}+" for n in _HER2_PLUS.findall(text)}
            if _HER2_ZERO.search(text):
                scores.add("0")
        if len(scores) > 1:
            raise _Unclear(f"it gives the scores {' and '.join(sorted(scores))} at once")
        if amount is not None and not scores:
            raise _Unclear(f"{amount} is no score of 0 to 3+")
        if not scores:
            self._her2_verdict(result)
            return
        score = scores.pop()
        said = verdicts(value.concept)
        against = NEGATIVE if score == "3+" else POSITIVE if score in _HER2_NEGATIVE_SCORES else ""
        if against in said:
            raise _Unclear(f"it says {score} and {against}, which do not agree")
        self._keep(result, score, "immunohistochemistry score")
        beside = [m for text in value.texts for m in _HER2_ISH.finditer(text)]
        amplified = {v for m in beside for v in verdicts_in(_SIGNS.get(m[1], m[2]))}
        if len(amplified) == 1 and (word := _AMPLIFIED.get(amplified.pop())):
            rule = "verdict of in-situ hybridisation beside the score"
            self._keep(result.with_fact("her2_ish"), word, rule)

    def _her2_verdict(self, result: _Result) -> None:
        named = {m.casefold() for t in result.value.texts for m in _HER2_CATEGORY.findall(t)}
        if len(named) == 1 and not any(re.search(r"\bnot\b", t) for t in result.value.texts):
            name = named.pop()
            category = "ultralow" if "ultra" in name else name
            self._keep(result.with_fact("her2_category"), category, "category as reported")
            return
        verdict = self._verdict(result)
        if verdict in (POSITIVE, NEGATIVE):
            rule = f"{verdict} without a score: a verdict on HER2, and no score"
            self._keep(result.with_fact("her2_status"), verdict, rule)
        else:
            self._keep_status(result, verdict)

    def _her2_amplification(self, result: _Result) -> None:
        if result.value.amount is not None:
            raise _Unclear("a number alone is not read as amplified or not; the verdict is")
        verdict = self._verdict(result)
        if verdict in _AMPLIFIED:
            self._keep(result, _AMPLIFIED[verdict], "verdict of in-situ hybridisation")
        else:
            self._keep_status(result, verdict)

    def _microsatellites(self, result: _Result) -> None:
        texts = result.value.texts
        unstable = any(_UNSTABLE.search(text) for text in texts)
        stable = any(_STABLE.search(text) for text in texts)
        if unstable != stable:
            word = "unstable" if unstable else "stable"
            self._keep(result, word, "microsatellites as reported")
        elif result.code.has("LOINC", _MSI_PRESENCE) and not unstable:
            verdict = self._verdict(result)
            words = {POSITIVE: "unstable", NEGATIVE: "stable"}
            if verdict in words:
                self._keep(result, words[verdict], "instability present or absent")
            else:
                self._keep_status(result, verdict)
        else:
            raise _Unclear("its words do not say whether the microsatellites are unstable")

    def _ecog(self, result: _Result) -> None:
        value = result.value
        grades = {_ECOG_ANSWERS[c] for c in value.concept.codes("LOINC") if c in _ECOG_ANSWERS}
        if value.is_empty:
            for one in mappings(result.body.get("interpretation")):
                codes = concept(one).codes("LOINC")
                grades |= {_ECOG_ANSWERS[c] for c in codes if c in _ECOG_ANSWERS}
        if value.amount is None and not grades:
            told = [m for t in value.texts if (m := _ECOG_WORDS.fullmatch(t))]
            grades |= {int(m[1] or m[2]) for m in told}
        if len(grades) > 1:
            raise _Unclear("it gives two grades at once")
        if grades:
            self._keep(result, float(grades.pop()), "grade by its answer")
        else:
            self._number(result)

    def _menopause(self, result: _Result) -> None:
        found = {_MENOPAUSE[c] for c in result.value.concept.codes("SNOMED") if c in _MENOPAUSE}
        for text in result.value.texts:
            told = _MENOPAUSE_WORDS.match(text)
            if told:
                found.add(f"{told[1].casefold()}menopausal")
        if len(found) != 1:
            raise _Unclear("it does not say premenopausal or postmenopausal")
        self._keep(result, found.pop(), "menopausal status as recorded")

    def _pregnancy(self, result: _Result) -> None:
        told = {(c.system, c.code) for c in result.value.concept.codings}
        found = {word for key, word in _PREGNANCY.items() if key in told}
        if len(found) != 1:
            raise _Unclear("it does not say whether the patient is pregnant")
        self._keep(result, found.pop(), "pregnancy status as recorded")

    def _genotype(self, result: _Result) -> None:
        texts = (*result.code.texts, *result.value.texts)
        if not any("UGT1A1" in text for text in texts):
            raise _Unclear("it does not name the gene UGT1A1")
        pairs = {p for text in result.value.texts for p in _GENOTYPE.findall(text)}
        alleles = sorted(pairs.pop(), key=lambda one: int(one[1:])) if len(pairs) == 1 else []
        genotype = "/".join(alleles)
        if genotype not in self.vocabulary.facts[result.about].values:
            raise _Unclear("it is none of the genotypes of this fact")
        self._keep(result, genotype, "genotype as reported")

    # --- keeping and refusing --------------------------------------------------------------------

    def _keep_verdict(self, result: _Result, positive: str, negative: str, rule: str) -> None:
        verdict = self._verdict(result)
        words = {POSITIVE: positive, NEGATIVE: negative}
        if verdict in words:
            self._keep(result, words[verdict], rule)
        else:
            self._keep_status(result, verdict)

    def _keep_status(self, result: _Result, verdict: str) -> None:
        status = status_of_verdict(verdict) or Status.UNKNOWN
        rule = "equivocal result" if verdict == EQUIVOCAL else "no result, as recorded"
        self._keep(result, None, rule, status=status)

    def _keep(
        self,
        result: _Result,
        value: str | float | None,
        rule: str,
        *,
        status: Status = Status.KNOWN,
    ) -> None:
        self.harvest.found(
            Finding(
                fact=result.about,
                value=value,
                where=f"{result.resource.where}{result.at}{result.value.path}",
                on=moment_of(result.resource.body),
                rule=rule,
                written=str(result.value),
                status=status,
            ),
            result.resource,
        )

    def _refuse(self, result: _Result, why: str) -> None:
        said = f"{result.code.label}: {result.value}"
        self.harvest.not_read(result.resource, said, why, f"{result.at}{result.value.path}")


# no bound methods: a reader that held itself would keep its record until the next collection
_READERS: dict[str, Callable[[ObservationReader, _Result], None]] = {
    "er_status": ObservationReader._receptor,
    "pr_status": ObservationReader._receptor,
    "er_percent": ObservationReader._share,
    "pr_percent": ObservationReader._share,
    "her2_ihc": ObservationReader._her2_score,
    "her2_ish": ObservationReader._her2_amplification,
    "microsatellites": ObservationReader._microsatellites,
    "ecog_ps": ObservationReader._ecog,
    "pregnancy": ObservationReader._pregnancy,
    "ugt1a1": ObservationReader._genotype,
}


class _Result:
    """One result: an observation, or a component of one."""

    def __init__(
        self, resource: Resource, about: str, code: Concept, body: Body, at: str = ""
    ) -> None:
        self.resource, self.about, self.code, self.body, self.at = resource, about, code, body, at
        self.value: Value = value_of(body)

    def with_fact(self, about: str) -> _Result:
        return _Result(self.resource, about, self.code, self.body, self.at)


def _verdict_of_bound(text: str) -> str:
    """What a bound or a range of the share of cells says of a receptor; empty for neither."""
    if sign := _SIGN.fullmatch(text.strip()):
        return NEGATIVE if sign[1] == "-" else POSITIVE
    if between := _SHARE_BETWEEN.fullmatch(text.strip()):
        low, high = float(between[1]), float(between[2])
    elif bound := _BOUND_SHARE.fullmatch(text.strip()):
        number = float(bound[2])
        above = bound[1][0] in ">≥"
        # less than 1 % is below the line, at most 1 % may stand on it
        below = 0.0 if bound[1] == "<" and number <= _POSITIVE_FROM_PERCENT else number
        low, high = (number, 100.0) if above else (0.0, below)
    else:
        return ""
    if low >= _POSITIVE_FROM_PERCENT:
        return POSITIVE
    return NEGATIVE if high < _POSITIVE_FROM_PERCENT else ""


def _her2_score_of_number(value: Decimal, units: tuple[str, ...], comparator: str) -> set[str]:
    if comparator or value != value.to_integral_value() or not 0 <= value <= 3:
        return set()
    if any(unit not in ("+", "1", "{score}", "score") for unit in units):
        return set()
    return {"0" if value == 0 else f"{int(value)}+"}


def _words_of(value: Value) -> tuple[str, ...]:
    """The words of a value, with the unit, in which some write the name of a score."""
    return (*value.texts, *(value.amount.units if value.amount else ()))


class _PdL1Reader:
    """PD-L1: which score, by which assay; anything but CPS by 22C3 and IC by SP142 is listed."""

    def __init__(self, vocabulary: Vocabulary, harvest: Harvest) -> None:
        self.vocabulary, self.harvest = vocabulary, harvest

    def read(self, resource: Resource, code: Concept) -> None:
        """Read one observation on PD-L1, or its components."""
        around = (*code.texts, *concept(resource.body.get("method")).texts)
        assay = self._assay(code, around)
        parts = [
            (body, concept(body.get("code")), f".component[{index}]")
            for index, body in enumerate(mappings(resource.body.get("component")))
        ]
        read = 0
        for body, part, at in parts:
            if value_of(body).is_empty:
                continue
            texts = (*part.texts, *_words_of(value_of(body)))
            own = self._assay(part, texts)
            if scores_in(" ".join(texts)) or part.has("LOINC", _PD_L1_ASSAYS):
                self._result(resource, body, self._kind(part, texts, own or assay), at)
                read += 1
        value = value_of(resource.body)
        if not value.is_empty or not read:
            texts = (*around, *_words_of(value))
            assay = self._assay(code, texts)
            self._result(resource, resource.body, self._kind(code, texts, assay), "")

    def _assay(self, code: Concept, texts: tuple[str, ...]) -> str:
        named = {a for c in code.codes("LOINC") if (a := _PD_L1_ASSAYS.get(c))}
        named |= assays_in(" ".join(texts))
        return next(iter(named)) if len(named) == 1 else ""

    def _kind(self, code: Concept, texts: tuple[str, ...], assay: str) -> PdL1Score:
        named = set(scores_in(" ".join(texts)))
        if code.has("LOINC", (_PD_L1_TUMOUR_PROPORTION,)):
            named.add("tps")
        return PdL1Score(next(iter(named)) if len(named) == 1 else "", assay)

    def _result(self, resource: Resource, body: Body, kind: PdL1Score, at: str) -> None:
        value = value_of(body)
        where = f"{resource.where}{at}{value.path}"
        on = moment_of(resource.body)
        if value.absent is not None:
            name = kind.fact or {"22c3": "pd_l1_cps", "sp142": "pd_l1_ic"}.get(kind.assay, "")
            if name and kind.score in ("", "cps", "ic"):
                rule = "no value, for the reason given"
                self.harvest.found(
                    Finding(name, None, where, on, rule, str(value), value.absent), resource
                )
                return
        fact = self.vocabulary.facts.get(kind.fact or "")
        said = f"{kind}: {value}"
        if fact is None or value.absent is not None:
            self.harvest.not_read(resource, said, kind.why_no_fact, f"{at}{value.path}")
            return
        try:
            number = self._number(value)
            if number is None:
                named = value.amount.units if value.amount else ()
                units = [one for one in named if not scores_in(one)]
                unit = fact.unit if fact.unit in units else (units[0] if units else fact.unit)
                amount = value.amount.value if value.amount else exact(value.concept.text)
                if amount is None:
                    raise NumberError("is no single number; enter the score")
                if value.amount and value.amount.comparator:
                    raise NumberError(f"is {value.amount}, a bound and no number")
                found = in_declared_unit(fact, amount, unit)
            else:
                found = in_declared_unit(fact, number, fact.unit)
        except NumberError as problem:
            self.harvest.not_read(resource, said, f"the value {problem}", f"{at}{value.path}")
            return
        rule = f"{kind}: the score with its own assay"
        self.harvest.found(Finding(fact.id, found, where, on, rule, str(value)), resource)

    def _number(self, value: Value) -> Decimal | None:
        """The number beside the name of its score, where both stand in one text."""
        if value.amount is not None:
            return None
        found = {n for text in value.texts if (n := number_in(text)) is not None}
        return found.pop() if len(found) == 1 else None
