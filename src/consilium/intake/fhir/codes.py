"""Codings and concepts of FHIR, under the names by which the edition calls their terminologies."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import NamedTuple

import orjson

_SYSTEMS = (
    ("loinc.org", "LOINC"),
    ("2.16.840.1.113883.6.1", "LOINC"),
    ("snomed.info", "SNOMED"),
    ("2.16.840.1.113883.6.96", "SNOMED"),
    ("umls/rxnorm", "RxNorm"),
    ("2.16.840.1.113883.6.88", "RxNorm"),
    ("genenames.org", "HGNC"),
    ("2.16.840.1.113883.6.281", "HGNC"),
    ("icd-10", "ICD-10-CM"),
    ("icd10", "ICD-10-CM"),
    ("2.16.840.1.113883.6.90", "ICD-10-CM"),
    ("2.16.840.1.113883.6.3", "ICD-10-CM"),
    ("whocc.no/atc", "ATC"),
    ("bfarm/atc", "ATC"),
    ("2.16.840.1.113883.6.73", "ATC"),
    ("fdasis.nlm.nih.gov", "UNII"),
    ("ncithesaurus", "NCIt"),
    ("evs/thesaurus", "NCIt"),
    ("ncimeta.nci.nih.gov", "NCIt"),
    ("cancerstaging.org", "AJCC"),
    ("data-absent-reason", "data-absent-reason"),
    ("v3-nullflavor", "NullFlavor"),
    ("v3-observationinterpretation", "interpretation"),
    ("v2-0078", "interpretation"),
)
_BARE = {"loinc", "snomed", "rxnorm", "hgnc", "icd-10-cm", "unii", "ncit", "ajcc", "atc"}
_LONGEST_LABEL = 90


class Coding(NamedTuple):
    """One code with the name of its terminology and what the record calls it."""

    system: str
    code: str
    display: str


class Concept(NamedTuple):
    """Something coded: its codes, and its text."""

    codings: tuple[Coding, ...] = ()
    text: str = ""

    def has(self, system: str, codes: Container[str]) -> bool:
        """Whether one of these codes of a terminology is given."""
        return any(c.system == system and c.code in codes for c in self.codings)

    def codes(self, system: str) -> tuple[str, ...]:
        """The codes of one terminology."""
        return tuple(c.code for c in self.codings if c.system == system)

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that is written in words."""
        if not self.codings:
            return (self.text,) if self.text else ()
        words = (self.text, *[c.display for c in self.codings])
        return tuple(dict.fromkeys([word for word in words if word]))

    @property
    def label(self) -> str:
        """What a list calls it: its words, or its code where it has none."""
        words = self.texts
        if words:
            return short(words[-1] if not self.text else self.text)
        return short(" ".join(f"{c.system} {c.code}".strip() for c in self.codings)) or "no code"


def concept(value: object) -> Concept:
    """A CodeableConcept, a Coding, or a bare text; equal ones are worked out once."""
    if isinstance(value, str):
        return Concept((), value.strip())
    if not isinstance(value, dict):
        return Concept()
    try:
        return _concept_in(orjson.dumps(value))
    except orjson.JSONEncodeError:  # a number larger than any code
        return _concept(value)


@lru_cache(maxsize=4096)
def _concept_in(text: bytes) -> Concept:
    return _concept(orjson.loads(text))


def _concept(value: Mapping[str, object]) -> Concept:
    if "coding" not in value and "code" in value and not isinstance(value.get("code"), Mapping):
        return Concept((_coding(value),))
    codings = tuple(_coding(one) for one in mappings(value.get("coding")))
    return Concept(codings, words(value.get("text")))


def _coding(value: Mapping[str, object]) -> Coding:
    system = terminology(words(value.get("system")))
    code = words(value.get("code"))
    if system == "HGNC":
        code = re.sub(r"^HGNC:", "", code, flags=re.IGNORECASE)
    return Coding(system, code, words(value.get("display")))


@lru_cache(maxsize=512)
def terminology(address: str) -> str:
    """The name of a terminology for its address; the address itself for one not known here."""
    folded = address.casefold()
    if folded in _BARE:
        return {"snomed": "SNOMED", "rxnorm": "RxNorm", "ncit": "NCIt"}.get(folded, folded.upper())
    # An object identifier ends where it ends: 2.16.840.1.113883.6.1 is not 2.16.840.1.113883.6.103.
    identifier = folded.removeprefix("urn:oid:")
    for part, name in _SYSTEMS:
        if part == identifier or (not part[0].isdigit() and part in folded):
            return name
    return address


def words(value: object) -> str:
    """A text of the record on one line; empty for anything that is none."""
    if not isinstance(value, str):
        return ""
    return value if value.isprintable() and " " not in value else " ".join(value.split())


def items(value: object) -> list[object]:
    """The elements of a list; a single element where the record forgot the list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def mappings(value: object) -> list[Mapping[str, object]]:
    """The mappings of a list, anything else left out."""
    if value is None:
        return []
    return [one for one in items(value) if isinstance(one, dict)]


def short(text: str) -> str:
    """A text as a list shows it."""
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
