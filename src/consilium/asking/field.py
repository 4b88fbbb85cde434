"""What kind of question it is, as far as its wording shows: a small learned gate.

It tells questions of the field from those that lie outside it and from those
that are turned away by kind: emergencies, patients asking for themselves,
orders, injection, writing. The weights are trained by
`python -m tests.ask.train` on `tests/ask/field.yaml` and the tuning questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from math import exp

import msgspec

from consilium.asking.words import plain, stem

_OTHER = re.compile(
    r"\b(?:lung (?:cancer|carcinoma|adeno\w*|tumou?rs?)|nsclc|sclc|mesotheli\w+|prostate|mcrpc|colorectal|colon|rectal|bowel cancer|gastric (?:cancer|carcinoma|adeno\w*)|stomach cancer|"
    r"o?esophag\w+|pancrea\w+|ovarian|bladder|urothelial|melanoma|leuk(?:a)?emia|"
    r"lymphoma|myeloma|glio\w+|sarcoma|thyroid|cervical cancer|endometri\w+|renal cell|hepatocellular|cholangio\w+|biliary|head and neck|neuroendocrine|testicular|"
    r"diabet\w*|hypertension|asthma|covid|influenza|malaria|migraine|depression|arthritis|pregnancy test kit|vaccin\w*|"
    r"her2[- ]?positive|dcis|adjuvant radiotherap\w*|mammogra\w*|screening|lumpectomy|mastectomy|tattoo|hiv|hepatitis [abc]|radiotherap\w*|radiation therapy|smear test|hormone replacement|sentinel|herceptin duration|hotels?|restaurants?|"
    r"dogs?|cats?|canine|feline|bitch|veterinar\w+|puppy|labrador|rabbit|horses?|"
    r"flights?|weather|football|president|recipe (?!for (?:the )?(?:mouth|steroid))|joke|stock price|share price|ceo|salary|stocks? (?:to|should)|which (?:stocks?|shares)|buy .{0,20}(?:shares|stocks?)|shares? price|bitcoin|translate|printer)\b|\bher2 ?\+(?! ?/)"
)
_NEAR = re.compile(
    r"breast|tnbc|mbc|triple|her2|brca|adcs?\b|activity|page|expert|patients?\b|trial|study|studies|crossover|author|poll"
    r"|sn-?38|cl2a|payload|linker|antibod|survival|\bpfs\b|chemo|immunotherap|g-?csf|neutrop"
)
_WITH_A_DRUG = re.compile(
    r"leuk|vaccin|diabet|hypertension|hepatitis|thyroid|depression|radiother|radiation|surgery"
)
"""Other diseases and subjects that a question on one of the drugs may well name."""
_OWN = frozenset(
    """pfs os orr prophylaxis febrile-neutropenia neutropenia diarrhoea payload linker bystander crossover
    attrition boxed-warning interstitial-lung-disease stomatitis brca pd-l1 her2-low ugt1a1 tnbc
    hr-positive poll webinar takeaway loinc""".split()
)
"""Subjects that only this field has."""
_EARLIER = re.compile(
    r"relaps|recur|after|prior|previous|earlier|history|within|months|ended|metasta|advanced|approv|label|indicat"
)
_SURER = 0.2
"""How much surer the gate must be of a question that names a drug and asks for something of it."""
FIELD, OUTSIDE = "field", "out-of-field"


class Weights(msgspec.Struct, frozen=True):
    """A multinomial logistic model: for every kind a bias and weights by feature.

    A kind other than the field counts where its probability is above its threshold.
    """

    kinds: tuple[str, ...]
    bias: tuple[float, ...]
    weights: dict[str, tuple[float, ...]]
    thresholds: dict[str, float]
    trained_on: int = 0


@cache
def weights() -> Weights:
    """The shipped weights."""
    data = files("consilium.asking").joinpath("field.json").read_bytes()
    return msgspec.json.decode(data, type=Weights)


def features(
    question: str,
    masked: Sequence[str],
    entities: Iterable[str],
    facets: Iterable[str],
    known: float,
    strangers: int = 0,
) -> dict[str, float]:
    """What the gate looks at: the wording without its names, and what is known of it.

    ``strangers`` counts the words written like names that the store does not know.
    """
    kinds = [e.partition(":")[0] for e in entities]
    text = plain(question)
    held = list(facets)
    words = [w if w.startswith("<") else "#" if w[0].isdigit() else stem(w) for w in masked]
    found = {
        "names": float(min(3, sum(k in ("trial", "drug", "person", "activity") for k in kinds))),
        "classes": float(min(2, kinds.count("class"))),
        "companies": float("company" in kinds),
        "facets": float(min(4, len(held))),
        "own": float(bool(_OWN & set(held))),
        "known": known,
        "other": float(_OTHER.search(text) is not None),
        "near": float(_NEAR.search(text) is not None),
        "few": float(len(words) < 4),
        "bare": float(not kinds and _NEAR.search(text) is None),
        "strangers": float(min(3, strangers)),
        "stranger": float(strangers > 0),
        "long-number": float(
            re.search(r"\d{5,}|\d{3}[ -]\d{3}|[a-z]\d{2,}-\d{3,}", text) is not None
        ),
        "dated": float(re.search(r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b", text) is not None),
        "wide": float(len(words) > 25),
    }
    pairs = zip(["^", *words], words, strict=False)
    for name in (*words, *(f"{a} {b}" for a, b in pairs)):
        found[f"w:{name}"] = 1.0
    return found


def knows(word: str) -> bool:
    """Whether the gate met a word in its training, so that it is no strange name."""
    return f"w:{stem(word.lower())}" in weights().weights


def kinds_of(found: dict[str, float]) -> dict[str, float]:
    """The probability of every kind."""
    held = weights()
    scores = list(held.bias)
    for name, value in found.items():
        for i, weight in enumerate(held.weights.get(name, ())):
            scores[i] += weight * value
    top = max(scores)
    powers = [exp(s - top) for s in scores]
    return dict(zip(held.kinds, (p / sum(powers) for p in powers), strict=True))


def turned_away(found: dict[str, float]) -> str:
    """The kind for which a question is turned away by its wording; empty where it is none.

    Whether it lies outside the field is for `outside` to say.
    """
    shares = kinds_of(found)
    kind = max((k for k in shares if k not in (FIELD, OUTSIDE)), key=lambda k: shares[k])
    named = found["names"] + found["classes"] > 0 and found["facets"] > 1
    least = weights().thresholds[kind] + (_SURER if named else 0.0)
    return kind if shares[kind] > least else ""


def outside(
    question: str, found: dict[str, float], entities: Iterable[str], facets: Iterable[str]
) -> bool:
    """Whether the question is out of the field."""
    kinds = {e.partition(":")[0] for e in entities}
    facets = set(facets)
    if "cost" in facets:
        return True
    early = "early-disease" in facets and not kinds & {"trial", "person", "activity"}
    if early and _EARLIER.search(plain(question)) is None:
        return True  # a treatment of early disease, and no earlier course of a patient
    other = _OTHER.search(plain(question))
    if other and not kinds & {"trial", "person", "activity"}:
        return "drug" not in kinds or _WITH_A_DRUG.search(other[0]) is None
    if kinds & {"trial", "drug"} or _OWN & facets:
        return False
    if not re.search(r"[a-z]{3}", re.sub(r"what|is|times|plus|minus", "", plain(question))):
        return True  # sums
    return kinds_of(found)[OUTSIDE] > weights().thresholds[OUTSIDE]
