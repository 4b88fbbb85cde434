"""An invented registry, for trying things out and for measuring. Nobody in it exists.

The shares are round numbers chosen to look like a registry of HER2-negative
metastatic breast cancer: markers go with the subtype, earlier treatment with the
line, organ function and performance with age and line, and what is missing goes
with the year and the kind of centre. They estimate nothing and say nothing about
any population.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

SAYS = (
    "Invented patients. The shares are round numbers chosen to look like a registry; "
    "they estimate nothing and say nothing about any population."
)
_BLOCK = 100_000

_TN_ADVANCED = (
    ("pembrolizumab", "paclitaxel"),
    ("sacituzumab-govitecan",),
    ("capecitabine",),
    ("trastuzumab-deruxtecan",),
    ("eribulin",),
)
_HR_ADVANCED = (
    ("letrozole", "palbociclib"),
    ("fulvestrant",),
    ("capecitabine",),
    ("trastuzumab-deruxtecan",),
    ("eribulin",),
)
_TN_EARLY: tuple[tuple[str, ...], ...] = ((), ("doxorubicin", "paclitaxel"), ("carboplatin",))
_HR_EARLY: tuple[tuple[str, ...], ...] = ((), ("letrozole",), ("doxorubicin", "paclitaxel"))


def write_synthetic(path: Path, size: int, seed: int) -> None:
    """Write an invented registry as Parquet or CSV, in bounded memory.

    Raises ``ValueError`` for another kind of file.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise ValueError(f"`{path.name}` is neither `.parquet` nor `.csv`")
    beside = path.with_name(f".{path.name}.part")
    if path.suffix == ".csv":
        with beside.open("wb") as file:
            for place, block in enumerate(synthetic_blocks(size, seed)):
                block.write_csv(file, include_header=place == 0)
    else:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            for place, block in enumerate(synthetic_blocks(size, seed)):
                block.write_parquet(Path(folder) / f"{place:06}.parquet")
            pl.scan_parquet(Path(folder) / "*.parquet").sink_parquet(
                beside, metadata={"consilium": SAYS}
            )
    beside.replace(path)


def synthetic_blocks(size: int, seed: int) -> Iterator[pl.DataFrame]:
    """Invented patients in blocks; the same size and seed give the same patients."""
    for start in range(0, size, _BLOCK):
        rng = np.random.default_rng([seed, start // _BLOCK])
        yield _block(start, min(_BLOCK, size - start), rng)


def _block(start: int, size: int, rng: np.random.Generator) -> pl.DataFrame:
    triple = rng.random(size) < 0.2
    academic = rng.random(size) < 0.4
    year = rng.integers(2019, 2027, size)
    age = np.clip(rng.normal(59, 12, size), 24, 95).round()
    advanced = rng.random(size) < 0.97
    line = np.where(advanced, 1 + rng.binomial(4, 0.3, size), 1)
    carrier = rng.random(size) < np.where(triple, 0.12, 0.05) * np.where(age < 50, 2, 0.8)
    er = np.where(triple, 0, np.clip(rng.beta(6, 1.2, size) * 100, 1, 100).round())
    pr = np.where(triple, 0, np.clip(rng.beta(1.2, 1.2, size) * 100, 0, 100).round())
    ihc = np.array(["0", "1+", "2+"])[
        np.where(rng.random(size) < np.where(triple, 0.55, 0.35), 0, 1 + (rng.random(size) < 0.35))
    ]

    def tested(share: float | NDArray[np.float64]) -> NDArray[np.bool_]:
        return rng.random(size) < share

    recent = year >= 2023
    well = np.clip(rng.poisson(0.4 + 0.15 * (line - 1) + 0.01 * np.maximum(age - 60, 0)), 0, 4)
    clearance = np.clip(rng.normal(130 - age * 0.9, 18, size), 8, 150).round(1)
    bilirubin = np.clip(rng.lognormal(-0.7, 0.5, size), 0.1, 12).round(2)
    visceral = rng.random(size) < 0.55 + 0.05 * line
    early = rng.integers(0, 3, size)
    columns: dict[str, pl.Series] = {
        "patient": pl.Series([f"synthetic-{n}" for n in range(start + 1, start + size + 1)]),
        "primary_cancer": pl.repeat("breast", size, eager=True),
        "setting": _words(np.where(advanced, "advanced", "early"), tested(0.98)),
        "er_percent": _numbers(er, tested(0.93)),
        "pr_percent": _numbers(pr, tested(0.9)),
        "her2_ihc": _words(ihc, tested(0.9)),
        "her2_ish": _words(
            np.where(rng.random(size) < 0.97, "not-amplified", "amplified"),
            tested(0.85) & (ihc == "2+"),
        ),
        "her2_membrane_staining": _words(
            np.where(rng.random(size) < 0.6, "yes", "no"),
            (ihc == "0") & recent & tested(np.where(academic, 0.5, 0.15)),
        ),
        "pd_l1_cps": _numbers(
            np.minimum(rng.exponential(9, size), 100).round(),
            tested(np.where(triple, np.where(recent, 0.8, 0.4), 0.05)),
        ),
        "germline_brca": _words(
            np.where(
                carrier,
                "pathogenic",
                np.where(rng.random(size) < 0.06, "uncertain-significance", "no-variant"),
            ),
            tested(np.where(academic, 0.7, 0.4)),
        ),
        "esr1": _words(
            np.where(rng.random(size) < np.minimum(0.1 * line, 0.4), "mutated", "not-mutated"),
            ~triple & (line > 1) & recent & tested(0.4),
        ),
        "disease_volume": _words(np.where(visceral, "high", "low"), tested(0.5)),
        "symptomatic": _words(
            np.where(rng.random(size) < 0.3 + 0.1 * well, "yes", "no"), tested(0.55)
        ),
        "visceral_metastases": _words(np.where(visceral, "yes", "no"), tested(0.85)),
        "brain_metastases": _words(
            rng.choice(["none", "treated-stable", "active"], size, p=[0.88, 0.08, 0.04]),
            tested(0.7),
        ),
        "checkpoint_inhibitor_candidate": _words(
            np.where(rng.random(size) < 0.5, "yes", "no"), triple & tested(0.5)
        ),
        "endocrine_therapy_suitable": _words(
            np.where(rng.random(size) < 0.6 / line, "yes", "no"), ~triple & tested(0.5)
        ),
        "age": _numbers(age, tested(0.99)),
        "sex": _words(np.where(rng.random(size) < 0.99, "female", "male"), tested(0.99)),
        "ecog_ps": _numbers(well.astype(float), tested(0.75)),
        "menopausal_status": _words(
            np.where(age > 51, "postmenopausal", "premenopausal"), tested(0.6)
        ),
        "ild_history": _words(
            np.where(rng.random(size) < 0.02, "resolved-with-steroids", "none"), tested(0.6)
        ),
        "anc": _numbers(np.clip(rng.lognormal(8.2, 0.4, size), 200, 20000).round(), tested(0.8)),
        "bilirubin": _numbers(bilirubin, tested(0.8)),
        "creatinine_clearance": _numbers(clearance, tested(0.7)),
        "ugt1a1": _words(
            rng.choice(["*1/*1", "*1/*28", "*28/*28"], size, p=[0.45, 0.43, 0.12]), tested(0.04)
        ),
        "prior_therapies": _histories(triple, early, line - 1, tested(0.95)),
        "prior_therapies_complete": _words(np.where(tested(0.8), "yes", "no"), tested(1.0)),
    }
    return pl.DataFrame(columns)


def _histories(
    triple: NDArray[np.bool_],
    early: NDArray[np.int64],
    lines: NDArray[np.int64],
    told: NDArray[np.bool_],
) -> pl.Series:
    texts: dict[tuple[bool, int, int], str] = {}
    for is_triple in (False, True):
        for course in range(3):
            for number in range(5):
                texts[is_triple, course, number] = _history(is_triple, course, number)
    keys = list(texts)
    place = {key: index for index, key in enumerate(keys)}
    codes = np.zeros((2, 3, 5), np.int64)
    for (is_triple, course, number), index in place.items():
        codes[int(is_triple), course, number] = index
    chosen = pl.Series(list(texts.values()))[codes[triple.astype(int), early, lines]]
    return _where(chosen, told)


def _history(triple: bool, course: int, lines: int) -> str:
    early = (_TN_EARLY if triple else _HR_EARLY)[course]
    advanced = (_TN_ADVANCED if triple else _HR_ADVANCED)[:lines]
    listed: list[dict[str, object]] = []
    if early:
        listed.append({"drugs": early, "setting": "adjuvant", "stopped_for": "completed"})
    listed += [
        {"drugs": drugs, "setting": "advanced", "stopped_for": "progression"} for drugs in advanced
    ]
    return msgspec.json.encode(listed).decode()


def _words(values: NDArray[np.str_], told: NDArray[np.bool_]) -> pl.Series:
    return _where(pl.Series(values.tolist(), dtype=pl.String), told)


def _numbers(values: NDArray[np.float64], told: NDArray[np.bool_]) -> pl.Series:
    return _where(pl.Series(values.astype(np.float64)), told)


def _where(values: pl.Series, told: NDArray[np.bool_]) -> pl.Series:
    return pl.select(pl.when(pl.lit(pl.Series(told))).then(pl.lit(values))).to_series()
