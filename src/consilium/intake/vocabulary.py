"""What intake needs of an edition: its facts, its drugs, and the names and codes they go by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple, Protocol

from consilium.knowledge.records import Drug, FactRecord


class HasVocabulary(Protocol):
    """Anything that holds facts and drugs by id; an ``Edition`` does."""

    @property
    def facts(self) -> Mapping[str, FactRecord]:
        """Declared facts by id."""

    @property
    def drugs(self) -> Mapping[str, Drug]:
        """Drugs by id."""


class NamedDrugs(NamedTuple):
    """The drugs that a text names, and the parts of it that name none.

    ``rest`` is empty when every word of the text was a name, a strength, a
    salt, a dose form or a brand in brackets.
    """

    drugs: tuple[str, ...]
    rest: tuple[str, ...]


_NOT_SYSTEMIC = frozenset({"growth-factor", "supportive"})

# Four letters without meaning that mark the maker of a biological product (-hziy, -nxki, -dlnk),
# after the endings that such products have.
_MAKER_SUFFIX = re.compile(r"(?<=mab|can|ine|tim|ept|ase)-[a-z]{4}\b")
_BRAND_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_BETWEEN_DRUGS = re.compile(r"\s+/\s+|\s*[+;&]\s*|\n")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|q?\d+(?:h|d|w|wk|weeks)|[cd]\d+(?:d\d+)?")
# A name shorter than this (SG, PLD) is read only when it is the whole text.
_SHORTEST_INSIDE_A_TEXT = 4

_DOSE_FORM_WORDS = """
    mg ml g mcg ug kg l unt unit units iu meq mmol actuat hr h day days pack vial ampule syringe
    per in of and with for as the a x m2 po bid tid qd qod prn daily weekly monthly once twice every
    week weeks month months cycle cycles auc ivpb ivp push bag premix chemo chemotherapy nacl ns
    chloride saline dextrose d5w water
    oral tablet tablets capsule capsules tab tabs cap caps film coated chewable disintegrating
    delayed extended release er xr granules powder suspension solution liquid product
    injection injectable injectables injetable intravenous iv subcutaneous sc intramuscular im
    infusion concentrate lyophilized lyophilised prefilled autoinjector implant depot kit sterile
    dose single multi use only cutaneous parenteral route administration drug medication
    hydrochloride hcl acetate citrate mesylate mesilate tartrate ditartrate succinate sodium
    disodium phosphate sulfate sulphate tosylate pamoate maleate fumarate anhydrous monohydrate
    hydrate monohydrochloride potassium
    hyaluronidase oysk fihj zzxf berahyaluronidase alfa
    tablette tabletten filmtablette filmtabletten kapsel kapseln hartkapseln pulver konzentrat zur
    herstellung einer infusionslösung injektionslösung lösung durchstechflasche
    comprimé comprimés pelliculé pelliculés gélule gélules poudre pour perfusion injectable
    comprimidos recubiertos cápsulas duras polvo para perfusión inyectable compresse capsule rigide
"""
_AROUND_A_NAME = frozenset(_DOSE_FORM_WORDS.split())


def plain_words(text: str) -> tuple[str, ...]:
    """The words of a name, in one spelling: no case, marks, hyphens or accents.

    >>> plain_words("Fam-Trastuzumab deruxtecan®")
    ('fam', 'trastuzumab', 'deruxtecan')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return tuple(_WORD.findall(folded))


class Vocabulary:
    """The facts and drugs of an edition, found by code and by name."""

    def __init__(self, edition: HasVocabulary) -> None:
        self.facts: Mapping[str, FactRecord] = edition.facts
        self.drugs: Mapping[str, Drug] = edition.drugs
        declared = getattr(edition, "classes", {})
        self._classes = frozenset(declared) if isinstance(declared, Mapping) else frozenset[str]()

    @classmethod
    def of(cls, edition: HasVocabulary) -> Vocabulary:
        """The vocabulary of an edition; one that is given is used again, for many patients."""
        return edition if isinstance(edition, cls) else cls(edition)

    @cached_property
    def classes(self) -> frozenset[str]:
        """The classes of drugs: those the edition declares, and those its drugs name."""
        return self._classes | {c for drug in self.drugs.values() for c in drug.classes}

    def members(self, fact: FactRecord) -> frozenset[str]:
        """What a fact with several members may hold."""
        match fact.vocabulary:
            case "drugs":
                return frozenset(self.drugs)
            case "classes":
                return self.classes
            case _:
                return frozenset(fact.values)

    @cached_property
    def _facts_by_code(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for fact in self.facts.values():
            for code in fact.codes:
                key = (code.system, code.code)
                found[key] = (*found.get(key, ()), fact.id)
        return found

    def facts_by_code(self, system: str, code: str) -> tuple[str, ...]:
        """The facts that a code of a terminology is about."""
        return self._facts_by_code.get((system, code), ())

    @cached_property
    def _drugs_by_code(self) -> dict[tuple[str, str], str]:
        return {(c.system, c.code): d.id for d in self.drugs.values() for c in d.codes}

    def drug_by_code(self, system: str, code: str) -> str | None:
        """The drug that a code of a terminology stands for."""
        return self._drugs_by_code.get((system, code))

    @cached_property
    def _drugs_by_words(self) -> dict[tuple[str, ...], str]:
        claimed: dict[tuple[str, ...], set[str]] = {}
        for drug in self.drugs.values():
            for name in _names_of(drug):
                claimed.setdefault(plain_words(name), set()).add(drug.id)
        # A name that two drugs claim names neither.
        return {words: min(ids) for words, ids in claimed.items() if len(ids) == 1 and words}

    @cached_property
    def _drugs_by_letters(self) -> dict[str, str]:
        claimed: dict[str, set[str]] = {}
        for words, drug in self._drugs_by_words.items():
            claimed.setdefault("".join(words), set()).add(drug)
        return {letters: min(ids) for letters, ids in claimed.items() if len(ids) == 1}

    @cached_property
    def _longest_name(self) -> int:
        return max(map(len, self._drugs_by_words), default=0)

    @property
    def drug_names(self) -> list[str]:
        """Every id and name of a drug, for offering the nearest."""
        return [*self.drugs, *(n for drug in self.drugs.values() for n in _names_of(drug))]

    def drug_by_name(self, name: str) -> str | None:
        """The drug with this id, generic name, brand, abbreviation or study code.

        Case, hyphens and the maker's suffix (``-hziy``) do not matter.
        """
        if name in self.drugs:
            return name
        for spelling in (name, _MAKER_SUFFIX.sub("", name.casefold())):
            words = plain_words(spelling)
            found = self._drugs_by_words.get(words) or self._drugs_by_letters.get("".join(words))
            if found:
                return found
        return None

    def drugs_in(self, text: str) -> NamedDrugs:
        """The drugs named in a product, such as ``paclitaxel 100 MG Injection [Taxol]``.

        A word that is neither a name nor part of a dose form makes the name
        another one (``doxorubicin liposome`` is not doxorubicin), so the part of
        the text in which it stands names nothing.
        """
        whole = self.drug_by_name(text.strip())
        if whole:
            return NamedDrugs((whole,), ())
        drugs: list[str] = []
        rest: list[str] = []
        brands = _BRAND_IN_BRACKETS.findall(text)
        for part in _BETWEEN_DRUGS.split(_BRAND_IN_BRACKETS.sub(" ", text)):
            named, unread = self._read_part(part)
            if unread or not named:
                if unread:
                    rest.append(part.strip())
                continue
            drugs += named
        branded = [drug for drug in map(self.drug_by_name, brands) if drug]
        if any(drug not in drugs for drug in branded) and drugs:
            return NamedDrugs((), (text.strip(),))
        found = tuple(dict.fromkeys(drugs or branded))
        if not found and not rest:
            rest.append(text.strip())
        return NamedDrugs(found, tuple(rest))

    def _read_part(self, part: str) -> tuple[list[str], list[str]]:
        words = plain_words(_MAKER_SUFFIX.sub("", part.casefold()))
        drugs: list[str] = []
        unread: list[str] = []
        at = 0
        while at < len(words):
            length = next(
                (
                    size
                    for size in range(min(self._longest_name, len(words) - at), 0, -1)
                    if self._named(words[at : at + size])
                ),
                0,
            )
            if length:
                drugs.append(self._drugs_by_words[words[at : at + length]])
                at += length
                continue
            word = words[at]
            if not (word in _AROUND_A_NAME or _NUMBER.match(word)):
                unread.append(word)
            at += 1
        return drugs, unread

    def _named(self, words: tuple[str, ...]) -> bool:
        return (
            words in self._drugs_by_words
            and sum(map(len, words)) >= _SHORTEST_INSIDE_A_TEXT
            and not all(word in _AROUND_A_NAME for word in words)
        )

    def mentioned_in(self, text: str) -> tuple[str, ...]:
        """The drugs whose names stand in a text, whatever else does."""
        return tuple(dict.fromkeys(self._read_part(text)[0]))

    def is_supportive(self, drugs: Iterable[str]) -> bool:
        """Whether all of these drugs support treatment and treat no cancer."""
        return all(_NOT_SYSTEMIC & set(self.drugs[drug].classes) for drug in drugs)


def _names_of(drug: Drug) -> Iterable[str]:
    names = (drug.id, drug.name, drug.short, *drug.brands, *drug.names)
    for name in filter(None, names):
        yield name
        stripped = _MAKER_SUFFIX.sub("", name.casefold())
        if stripped != name.casefold():
            yield stripped
