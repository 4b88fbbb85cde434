"""Variants of genes: germline and tumour kept apart, and none pathogenic that is not called so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from consilium.clinical.patient import Discordance, Status
from consilium.intake.fhir.bundle import Resource, Resources
from consilium.intake.fhir.codes import Concept, concept, mappings
from consilium.intake.fhir.findings import Finding, Harvest
from consilium.intake.fhir.moments import Moment
from consilium.intake.fhir.observations import moment_of, withdrawn
from consilium.intake.fhir.values import value_of
from consilium.intake.fhir.verdicts import NEGATIVE, POSITIVE, status_of_verdict, verdicts
from consilium.intake.vocabulary import plain_words

_GENES = {
    "1100": "BRCA1",
    "1101": "BRCA2",
    "26144": "PALB2",
    "8975": "PIK3CA",
    "3467": "ESR1",
    "391": "AKT1",
    "9588": "PTEN",
}
_SYMBOL = re.compile(rf"\b({'|'.join(_GENES.values())})\b")

_VARIANT = ("69548-6",)
_REGION_STUDIED = ("53041-0", "51968-6")
_GENE_MUTATIONS = {"21636-6": "BRCA1", "38530-2": "BRCA2"}
_ABOUT_VARIANTS = frozenset((*_VARIANT, *_REGION_STUDIED, *_GENE_MUTATIONS))
_GENE_STUDIED, _SOURCE_CLASS = ("48018-6",), ("48002-0",)
_SIGNIFICANCE = ("53037-8",)
_ONE_VARIANT = ("81290-9", "48004-6", "81252-9", "48005-3", "48013-7")

_GERMLINE, _SOMATIC = "germline", "somatic"
_SOURCES = {"LA6683-2": _GERMLINE, "LA6684-0": _SOMATIC}
_CALLS = {
    "LA6668-3": "pathogenic",
    "LA26332-9": "likely-pathogenic",
    "LA26333-7": "uncertain-significance",
    "LA26334-5": "benign",
    "LA6675-8": "benign",
}
_CALL_WORDS = (
    (
        "uncertain-significance",
        re.compile(r"uncertain significance|unknown significance|\bVUS\b", re.I),
    ),
    ("benign", re.compile(r"\bbenign\b|non-?pathogenic|not pathogenic", re.I)),
    ("likely-pathogenic", re.compile(r"likely pathogenic", re.I)),
    ("pathogenic", re.compile(r"\bpathogenic\b|\bdeleterious\b", re.I)),
)
# The name of a local test: both genes may stand as one, and fillers add nothing.
_BOTH_BRCA = re.compile(r"\bBRCA(?:\s*1\s*(?:/|&|,|and|\+)\s*(?:BRCA)?\s*2)?\b(?!\s*[12])")
_FILLER_WORDS = """
    gene genes mutation mutations variant variants test testing result results status analysis
    sequencing dna ngs and genetic
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_SOURCE_WORDS = {
    "germline": _GERMLINE,
    "hereditary": _GERMLINE,
    "constitutional": _GERMLINE,
    "somatic": _SOMATIC,
    "tumor": _SOMATIC,
    "tumour": _SOMATIC,
    "ctdna": _SOMATIC,
}
_DENIES = re.compile(r"\b(?:no|not|without|negative)\b", re.IGNORECASE)
_STRONGEST_FIRST = ("pathogenic", "likely-pathogenic", "uncertain-significance")

_BRCA = ("BRCA1", "BRCA2")
_FACTS = {
    (_GERMLINE, "BRCA1"): "germline_brca",
    (_GERMLINE, "BRCA2"): "germline_brca",
    (_SOMATIC, "BRCA1"): "somatic_brca",
    (_SOMATIC, "BRCA2"): "somatic_brca",
    (_GERMLINE, "PALB2"): "germline_palb2",
}
# Genes of which the tumour's mutation is the fact; a called significance is needed for the latter.
_TUMOUR_FACTS = {
    "PIK3CA": ("pik3ca", "mutated", "not-mutated"),
    "ESR1": ("esr1", "mutated", "not-mutated"),
    "AKT1": ("akt1_pten", "altered", ""),
    "PTEN": ("akt1_pten", "altered", ""),
}
_NEEDS_A_CALL = ("AKT1", "PTEN")


class Variant(NamedTuple):
    """One statement on the variants of one gene; ``name`` where it is about a certain variant."""

    gene: str
    source: str
    present: bool
    call: str
    name: str
    where: str
    on: Moment | None
    resource: Resource
    written: str


class GenomicsReader:
    """Reads variant observations and the significance that other observations give them."""

    def __init__(self, resources: Resources, harvest: Harvest) -> None:
        self.resources, self.harvest = resources, harvest
        self.calls: dict[str, set[str]] = {}

    def read(self) -> None:
        """Read all variants, then make facts of those that say enough."""
        for resource in self.resources.of("Observation"):
            if "derivedFrom" in resource.body:
                self._significance(resource)
        variants = [
            variant
            for resource in self.resources.observations(
                lambda code: code.has("LOINC", _ABOUT_VARIANTS) or _named(code).genes
            )
            for variant in self._variants(resource)
        ]
        for fact in dict.fromkeys(_FACTS.values()):
            self._inherited_or_not(
                fact, [v for v in variants if _FACTS.get((v.source, v.gene)) == fact]
            )
        for variant in variants:
            if variant.gene in _TUMOUR_FACTS:
                self._of_the_tumour(variant)
            elif (variant.source, variant.gene) not in _FACTS:
                self._unplaced(variant)

    def _significance(self, resource: Resource) -> None:
        """A significance that stands in an observation of its own, for the variant it names."""
        if resource.code.has("LOINC", _VARIANT) or withdrawn(resource.body):
            return
        calls = calls_of(resource)
        for one in mappings(resource.body.get("derivedFrom")):
            variant = self.resources.resolve(one, resource)
            if calls and variant is not None:
                self.calls.setdefault(variant.where, set()).update(calls)
                self.harvest.seen.add(resource.where)

    def _variants(self, resource: Resource) -> Iterable[Variant]:
        code = resource.code
        named = [_GENE_MUTATIONS[c] for c in code.codes("LOINC") if c in _GENE_MUTATIONS]
        if code.has("LOINC", _REGION_STUDIED):
            studied = _genes(resource)
            if studied:
                self.harvest.not_read(
                    resource,
                    f"region studied: {', '.join(studied)}",
                    "that a gene was studied does not say what was found in it",
                )
            return
        why = withdrawn(resource.body)
        if why:
            self.harvest.drop(resource, code.label, why)
            return
        worded = _named(code)
        genes = tuple(named) or _genes(resource) or worded.genes
        source = _source(resource) or worded.source
        if not genes:
            return
        value = value_of(resource.body)
        said = verdicts(value.concept)
        called: set[str] = set()
        if worded.genes and not any(map(_DENIES.search, value.texts)):
            called = _call(value.concept)
            said = said or frozenset({POSITIVE} if called else ())
            carrying = [g for t in value.texts for g in _SYMBOL.findall(t) if g in genes]
            genes = tuple(dict.fromkeys(carrying)) or genes
        if value.absent is not None or said not in ({POSITIVE}, {NEGATIVE}):
            status = value.absent or _status_of(said)
            fact = _whole_fact(genes, source)
            if fact and status is not None:
                where, rule = f"{resource.where}{value.path}", "no result, as recorded"
                on, written = moment_of(resource.body), f"{', '.join(genes)}: {value}"
                found = Finding(fact, None, where, on, rule, written, status)
                self.harvest.found(found, resource)
                return
            label = f"{', '.join(genes)}: {value}"
            why = "it does not say whether a variant is present or absent"
            self.harvest.not_read(resource, label, why, value.path)
            return
        calls = calls_of(resource) | called | self.calls.get(resource.where, set())
        present = said == {POSITIVE}
        one_fact = len({_fact_of(gene, source) for gene in genes}) == 1
        if present and (len(calls) > 1 or (len(genes) > 1 and not one_fact)):
            why = (
                f"its significance is given as {' and '.join(sorted(calls))} at once"
                if len(calls) > 1
                else "a variant is present, and which of the genes carries it is not said"
            )
            self.harvest.not_read(resource, f"{', '.join(genes)}: present", why, value.path)
            return
        for gene in genes:
            yield Variant(
                gene=gene,
                source=source,
                present=present,
                call=next(iter(calls), ""),
                name=_variant_name(resource),
                where=f"{resource.where}{value.path}",
                on=moment_of(resource.body),
                resource=resource,
                written=f"{gene}: {value}",
            )

    # --- germline and somatic BRCA, germline PALB2 -----------------------------------------------

    def _inherited_or_not(self, fact: str, variants: list[Variant]) -> None:
        if not variants:
            return
        called = [v for v in variants if v.present and v.call in _STRONGEST_FIRST]
        absent = [v for v in variants if not v.present and not v.name]
        for variant in variants:
            if variant.present and variant.call not in _STRONGEST_FIRST:
                self._without_call(variant, fact)
            elif not variant.present and variant.name:
                self._list(variant, "one variant is absent, which does not clear the gene")
        settled, open_calls = self._by_variant(fact, called)
        if open_calls and not any(v.call in _STRONGEST_FIRST[:2] for v in settled):
            rule = "different significance of one variant without an order in time"
            first = open_calls[0]
            self.harvest.found(
                Finding(fact, None, first.where, None, rule, first.written, Status.UNKNOWN),
                first.resource,
            )
            return
        if settled:
            called = settled
            best = min(called, key=lambda v: _STRONGEST_FIRST.index(v.call))
            self._contradicted(fact, best, absent)
            rule = f"{best.source} variant of {best.gene}, called {best.call.replace('-', ' ')}"
            self._keep(fact, best.call, best, rule)
            for variant in (*called, *absent):
                self.harvest.seen.add(variant.resource.where)
            return
        genes = {v.gene for v in absent}
        needed = set(_BRCA) if fact.endswith("brca") else {"PALB2"}
        open_variants = [v for v in variants if v.present]
        if genes >= needed and not open_variants:
            source = absent[-1].source
            rule = f"no {source} variant in {' and '.join(sorted(needed))}"
            self._keep(fact, "no-variant", absent[-1], rule)
            for variant in absent:
                self.harvest.seen.add(variant.resource.where)
            return
        for variant in absent:
            missing = ", ".join(sorted(needed - genes))
            why = (
                f"{missing} is not said to be free of variants"
                if missing
                else "another result on the same gene leaves it open"
            )
            self._list(variant, why)

    def _by_variant(self, fact: str, called: list[Variant]) -> tuple[list[Variant], list[Variant]]:
        """The last call of each variant, and the calls of which none is known to be the last."""
        groups: dict[tuple[str, str], list[Variant]] = {}
        for variant in called:
            groups.setdefault((variant.gene, variant.name), []).append(variant)
        settled: list[Variant] = []
        unsettled: list[Variant] = []
        for group in groups.values():
            last = group[0]
            for variant in group[1:]:
                if variant.on and (last.on is None or not last.on.is_after(variant.on)):
                    last = variant
            others = [v for v in group if v.call != last.call]
            latest = last.on is not None and all(v.on and last.on.is_after(v.on) for v in others)
            if others:
                calls = " and ".join(dict.fromkeys(v.call.replace("-", " ") for v in group))
                counts = "the latest counts" if latest else "neither counts"
                where = tuple(v.where for v in group)
                says = f"a variant of {last.gene} is called {calls}; {counts}"
                self.harvest.discordant.append(Discordance(fact, says, where))
            if others and not latest:
                unsettled += group
            else:
                settled.append(last)
        return settled, unsettled

    def _without_call(self, variant: Variant, fact: str) -> None:
        if variant.call == "benign":
            why = "a benign variant is present; whether both genes are free of others is not said"
            if not fact.endswith("brca"):
                why = "a benign variant is present; whether the gene is free of others is not said"
        else:
            why = (
                "a variant is present and its significance is not stated, so it is not read as "
                f"pathogenic; answer `{fact}` from the report"
            )
        self._list(variant, why)

    def _contradicted(self, fact: str, best: Variant, absent: list[Variant]) -> None:
        for other in absent:
            if other.gene == best.gene:
                self.harvest.discordant.append(
                    Discordance(
                        fact,
                        f"{best.gene} {best.call.replace('-', ' ')} and no variant of {best.gene} "
                        "are both recorded; the variant counts",
                        (best.where, other.where),
                    )
                )

    # --- the tumour ------------------------------------------------------------------------------

    def _of_the_tumour(self, variant: Variant) -> None:
        fact, present, absent = _TUMOUR_FACTS[variant.gene]
        if variant.source == _GERMLINE:
            self._list(variant, "a germline result is not one of the tumour")
        elif not variant.present and (variant.name or not absent):
            self._list(variant, "one absence does not say that nothing else is altered")
        elif not variant.present:
            self._keep(fact, absent, variant, f"no variant of {variant.gene} present")
        elif variant.call in ("benign", "uncertain-significance"):
            self._list(variant, f"the variant is called {variant.call.replace('-', ' ')}")
        elif variant.gene in _NEEDS_A_CALL and not variant.call:
            why = f"its significance is not stated; answer `{fact}` from the report"
            self._list(variant, why)
        else:
            self._keep(fact, present, variant, f"variant of {variant.gene} present")

    def _unplaced(self, variant: Variant) -> None:
        if variant.source:
            self._list(variant, f"no fact is made of a {variant.source} result on {variant.gene}")
        else:
            self._list(
                variant,
                "it does not say whether the variant is germline or somatic, "
                "and neither is taken for the other",
            )

    def _keep(self, fact: str, value: str, variant: Variant, rule: str) -> None:
        self.harvest.found(
            Finding(fact, value, variant.where, variant.on, rule, variant.written), variant.resource
        )

    def _list(self, variant: Variant, why: str) -> None:
        at = variant.where.removeprefix(variant.resource.where)
        source = f"{variant.source} " if variant.source else ""
        self.harvest.not_read(variant.resource, f"{source}{variant.written}", why, at)


class _Named(NamedTuple):
    """The genes that the name of a test names, and whether of the germline or the tumour."""

    genes: tuple[str, ...] = ()
    source: str = ""


@lru_cache(maxsize=4096)
def _named(code: Concept) -> _Named:
    """What a code without a LOINC code is about by its name; nothing where it says more."""
    if code.codes("LOINC") or len(code.texts) != 1:
        return _Named()
    text = _BOTH_BRCA.sub("BRCA1 BRCA2", code.texts[0])
    genes = tuple(dict.fromkeys(_SYMBOL.findall(text)))
    words = set(plain_words(_SYMBOL.sub(" ", text))) - _FILLERS
    sources = {_SOURCE_WORDS[word] for word in words if word in _SOURCE_WORDS}
    if not genes or words - _SOURCE_WORDS.keys() or len(sources) > 1:
        return _Named()
    return _Named(genes, sources.pop() if sources else "")


def _fact_of(gene: str, source: str) -> str:
    """The fact that a result on a gene is about; for one without a fact, the gene."""
    if gene in _TUMOUR_FACTS and source != _GERMLINE:
        return _TUMOUR_FACTS[gene][0]
    return _FACTS.get((source, gene), gene)


def _whole_fact(genes: tuple[str, ...], source: str) -> str:
    """The fact that is about just these genes; empty where it is about more of them, or none."""
    named = {_fact_of(gene, source) for gene in genes}
    fact = named.pop() if len(named) == 1 else ""
    return fact if {g for g in _GENES.values() if _fact_of(g, source) == fact} == set(genes) else ""


def _status_of(said: frozenset[str]) -> Status | None:
    return status_of_verdict(next(iter(said))) if len(said) == 1 else None


def _genes(resource: Resource) -> tuple[str, ...]:
    found: list[str] = []
    for part in mappings(resource.body.get("component")):
        if concept(part.get("code")).has("LOINC", _GENE_STUDIED):
            value = value_of(part).concept
            found += [
                _GENES[c.code] for c in value.codings if c.system == "HGNC" and c.code in _GENES
            ]
            found += [m for text in value.texts for m in _SYMBOL.findall(text)]
    return tuple(dict.fromkeys(found))


def _variant_name(resource: Resource) -> str:
    named: set[str] = set()
    for part in mappings(resource.body.get("component")):
        if concept(part.get("code")).has("LOINC", _ONE_VARIANT):
            value = value_of(part).concept
            named |= {c.code for c in value.codings} | ({value.text} if value.text else set())
    return ", ".join(sorted(named))


def _source(resource: Resource) -> str:
    """Germline or somatic; empty where it is not said, or only thought likely."""
    found = set()
    for part in mappings(resource.body.get("component")):
        if concept(part.get("code")).has("LOINC", _SOURCE_CLASS):
            value = value_of(part).concept
            found |= {_SOURCES[c] for c in value.codes("LOINC") if c in _SOURCES}
            found |= {t.casefold() for t in value.texts if t.casefold() in (_GERMLINE, _SOMATIC)}
    return found.pop() if len(found) == 1 else ""


def calls_of(resource: Resource) -> set[str]:
    """The significance that an observation states for its variant."""
    found: set[str] = set()
    code = resource.code
    if code.has("LOINC", _SIGNIFICANCE):
        found |= _call(value_of(resource.body).concept)
    for part in mappings(resource.body.get("component")):
        if concept(part.get("code")).has("LOINC", _SIGNIFICANCE):
            found |= _call(value_of(part).concept)
    return found


def _call(value: Concept) -> set[str]:
    coded = {_CALLS[c] for c in value.codes("LOINC") if c in _CALLS}
    worded: set[str] = set()
    for text in value.texts:
        worded |= {next((call for call, pattern in _CALL_WORDS if pattern.search(text)), "")}
    return coded | (worded - {""})
