"""True sentences made false: a drug, an endpoint, a figure or the sense is changed.

A sentence that stays true when its drug is swapped is left out by name.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from consilium.asking import Asker

DRUGS = (
    "sacituzumab govitecan",
    "datopotamab deruxtecan",
    "sacituzumab tirumotecan",
    "trastuzumab deruxtecan",
    "olaparib",
    "talazoparib",
    "pembrolizumab",
)
TRIALS = (
    "ASCENT-03",
    "TROPION-Breast02",
    "ASCENT-04",
    "OptiTROP-Breast01",
    "EMBRACA",
    "TROPiCS-02",
)
ENDPOINTS = (
    "progression-free survival",
    "overall survival",
    "objective response rate",
    "duration of response",
)
FLIPS = (
    ("significantly improved", "did not improve"),
    ("significantly improved", "significantly worsened"),
    ("did not allow", "allowed"),
    ("allowed crossover", "did not allow crossover"),
    ("immature", "mature"),
    ("low-volume", "high-volume"),
    ("high-volume", "low-volume"),
    ("recommends", "advises against"),
    ("approved", "rejected"),
    ("has bystander effect", "has no bystander effect"),
    ("no overall survival (OS) benefit", "an overall survival (OS) benefit"),
    ("agrees", "disagrees"),
    ("oral", "intravenous"),
    ("longer", "shorter"),
    ("low rates", "high rates"),
    ("not reached", "reached"),
)
FRAMES = (
    "Is it true that {}?",
    "{}, right?",
    "Given that {}, what follows?",
    "Confirm that {}.",
    "{}.",
    "Since {}, should it be used first?",
)
# What holds of more than one drug, so that a swap leaves it true.
SHARED = ("bystander", "similar", "route", "target", "maker", "upfront", "standard", "choice",
          "after-t-dxd", "names", "parp", "no-brca", "reproduction", "pregnan", "breastfeed",
          "antiemetics", "teach", "hypersens", "renal", "hepatic")  # fmt: skip


class Corrupted(NamedTuple):
    """A false sentence with what was done to make it so."""

    kind: str
    source: str
    question: str


def corruptions(asker: Asker, n: int, seed: int = 7) -> Iterator[Corrupted]:
    """So many false sentences, the same for the same seed."""
    dice = random.Random(seed)
    pool = [
        s
        for s in asker.index.by_id.values()
        if s.kind in ("result", "harm", "drug", "trial", "approval", "remark", "care")
        and len(s.text) < 320
        and "what the source page says" not in s.text
        and "what the activity says" not in s.text
    ]
    true = {_bare(_first(s.text)) for s in asker.index.by_id.values()}
    made = 0
    while made < n:
        statement = dice.choice(pool)
        sentence = _first(statement.text)
        kind = dice.choice(("drug", "trial", "endpoint", "number", "polarity"))
        false = _false(kind, sentence, statement.id, dice)
        if false is None or false == sentence or _bare(false) in true:
            continue  # what is said of another trial or drug is no corruption
        made += 1
        frame = dice.choice(FRAMES)
        yield Corrupted(kind, statement.id, frame.format(false))


def _first(text: str) -> str:
    return re.split(r"(?<=[a-z)%])[.;] ", text)[0].rstrip(".")


def _bare(sentence: str) -> str:
    """A sentence without the abbreviations behind its names."""
    return re.sub(r" \((?:SG|Dato-DXd|T-DXd|sac-TMT)\)", "", sentence).rstrip(".")


def _false(kind: str, sentence: str, name: str, dice: random.Random) -> str | None:
    match kind:
        case "drug":
            if any(word in name for word in SHARED):
                return None
            return _swap(sentence, DRUGS, dice)
        case "trial":
            return None if "design" in name or "identity" in name else _swap(sentence, TRIALS, dice)
        case "endpoint":
            both = sum(e in sentence for e in ENDPOINTS)
            return _swap(sentence, ENDPOINTS, dice, short=True) if both == 1 else None
        case "number":
            found = list(re.finditer(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])(?! % CI)", sentence))
            if not found:
                return None
            at = dice.choice(found)
            changed = float(at[0]) * dice.choice((0.5, 1.4, 2.0)) + 1
            text = f"{changed:.1f}" if "." in at[0] else f"{changed:.0f}"
            return sentence[: at.start()] + text + sentence[at.end() :]
        case _:
            for true, false in dice.sample(FLIPS, len(FLIPS)):
                if true in sentence:
                    return sentence.replace(true, false, 1)
            return None


def _swap(
    sentence: str, names: tuple[str, ...], dice: random.Random, *, short: bool = False
) -> str | None:
    here = [n for n in names if n in sentence]
    if not here:
        return None
    old = dice.choice(here)
    new = dice.choice([n for n in names if n not in sentence])
    changed = sentence.replace(old, new)
    # the abbreviation beside a name would give the change away, or contradict it
    return re.sub(rf"({re.escape(new)}) \((?:[A-Za-z-]+)\)", r"\1", changed) if new else None
