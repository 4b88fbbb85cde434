"""Whether a question lies in the field of the edition: a small learned gate.

The weights are trained by `python -m tests.ask.train` on `tests/ask/field.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from consilium.asking.words import plain

_OTHER = re.compile(
    r"\b(?:lung|nsclc|prostate|colorectal|colon|gastric|stomach|pancrea\w+|ovarian|bladder|urothelial|melanoma|leuk(?:a)?emia|"
    r"lymphoma|myeloma|glioblastoma|sarcoma|thyroid|cervical|endometrial|renal cell|hepatocellular|head and neck|"
    r"diabet\w*|hypertension|asthma|covid|influenza|malaria|migraine|depression|arthritis|pregnancy test kit|vaccin\w*|"
    r"her2[- ]?positive|her2\+|dcis|adjuvant radiotherap\w*|mammogra\w*|screening|lumpectomy|mastectomy|tattoo|hiv|hepatitis [abc]|smear test|hormone replacement|sentinel|herceptin duration|hotels?|restaurants?|"
    r"flights?|weather|football|president|recipe|joke|stock price|share price|ceo|salary|stocks? (?:to|should)|which (?:stocks?|shares)|buy .{0,20}(?:shares|stocks?)|shares? price|bitcoin|translate|printer)\b"
)


_NEAR = re.compile(
    r"breast|tnbc|mbc|triple|her2|brca|adcs?\b|activity|page|expert|patients?\b|trial|study|studies|crossover|author|poll"
    r"|sn-?38|cl2a|payload|linker|antibod|survival|\bpfs\b|chemo|immunotherap|g-?csf|neutrop"
)


_WITH_A_DRUG = re.compile(r"leuk|vaccin|diabet|hypertension|hepatitis")
"""Other diseases that a question on one of the drugs may well name."""


_OWN = frozenset(
    """pfs os orr prophylaxis febrile-neutropenia neutropenia diarrhoea payload linker bystander crossover
    attrition boxed-warning interstitial-lung-disease stomatitis brca pd-l1 her2-low ugt1a1 tnbc
    hr-positive poll webinar takeaway""".split()
)
"""Subjects that only this field has."""


class Weights(msgspec.Struct, frozen=True):
    """A logistic model on a handful of features; ``threshold`` is on its probability."""

    bias: float
    weights: dict[str, float]
    threshold: float
    trained_on: int = 0


@cache
def weights() -> Weights:
    """The shipped weights."""
    data = files("consilium.asking").joinpath("field.json").read_bytes()
    return msgspec.json.decode(data, type=Weights)


def features(
    question: str, entities: Iterable[str], facets: Iterable[str], known: float
) -> dict[str, float]:
    """What the gate looks at: names, subjects, the share of known words, other fields."""
    kinds = [e.partition(":")[0] for e in entities]
    text = plain(question)
    held = list(facets)
    return {
        "names": float(min(3, sum(k in ("trial", "drug", "person", "activity") for k in kinds))),
        "classes": float(min(2, kinds.count("class"))),
        "companies": float("company" in kinds),
        "facets": float(min(4, len(held))),
        "known": known,
        "other": float(_OTHER.search(text) is not None),
        "breast": float(_NEAR.search(text) is not None),
        "few": float(len(text.split()) < 4),
        "bare": float(not kinds and _NEAR.search(text) is None),
    }  # fmt: skip


def outside(question: str, entities: Iterable[str], facets: Iterable[str], known: float) -> bool:
    """Whether the question is out of the field."""
    facets = tuple(facets)
    entities = tuple(entities)
    from math import exp  # noqa: PLC0415  only here

    kinds = {e.partition(":")[0] for e in entities}
    other = _OTHER.search(plain(question))
    if other and not kinds & {"trial", "person", "activity"}:
        return "drug" not in kinds or _WITH_A_DRUG.search(other[0]) is None
    if kinds & {"trial", "drug"} or _OWN & set(facets):
        return False
    if not re.search(r"[a-z]{3}", re.sub(r"what|is|times|plus|minus", "", plain(question))):
        return True  # sums
    held = weights()
    found = features(question, entities, facets, known)
    score = held.bias + sum(held.weights.get(name, 0) * value for name, value in found.items())
    return 1 / (1 + exp(-score)) > held.threshold
