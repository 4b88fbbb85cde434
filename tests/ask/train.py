"""Trains the gate of `consilium.asking.field`: `python -m tests.ask.train`.

It learns from `field.yaml` and from the questions of the tuning part: those
that ask something lie in the field. Multinomial logistic regression with a
ridge; the threshold of a kind lies above almost every question of the field.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import logsumexp
from tests.ask.scoring import HERE, questions

from consilium.asking import Asker
from consilium.asking.field import FIELD, OUTSIDE
from consilium.asking.understanding import understood
from consilium.asking.wordings import bundled
from consilium.knowledge.edition import Edition

TO = Path(__file__).parents[2] / "src" / "consilium" / "asking" / "field.json"
KINDS = (
    FIELD, OUTSIDE, "emergency", "personal", "dose", "identifiers", "injection", "promotional", "forecast",
)  # fmt: skip
RIDGE = 0.5
STEPS = 400


def examples() -> list[tuple[str, str]]:
    """Questions with their kind."""
    held = yaml.safe_load((HERE / "field.yaml").read_text(encoding="utf-8"))
    rows = [(q, kind) for kind, qs in held.items() for q in qs]
    for row in questions("tuning"):
        kind = FIELD if row["kind"] != "decline" else row.get("reason")
        if kind in KINDS:
            rows.append((row["q"], kind))
    rows += [(question, FIELD) for _, *two in by_statement() for question in two]
    return list(dict(reversed(rows)).items())


def by_statement() -> list[tuple[str, str, str]]:
    """Of every statement the plain and the short wording; the others speak as patients may."""
    asked: dict[str, list[str]] = {}
    for name, question in bundled():
        asked.setdefault(name, []).append(question)
    return [(name, first, second) for name, (first, second, *_) in asked.items()]


def seen(asker: Asker, question: str) -> dict[str, float]:
    """The features of a question."""
    asked = understood(asker, question, "all", date(2026, 11, 20), ())
    return asker.features(asked)


def fitted(
    found: list[dict[str, float]], kinds: list[str]
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, weights and biases."""
    often = Counter(name for row in found for name in row)
    names = sorted(n for n, c in often.items() if c >= 3 or not n.startswith("w:"))
    place = {n: i for i, n in enumerate(names)}
    at = [(i, place[n], v) for i, row in enumerate(found) for n, v in row.items() if n in place]
    rows, columns, values = (np.array(part) for part in zip(*at, strict=True))
    x = csr_array((values, (rows, columns)), shape=(len(found), len(names)))
    wanted = np.array([KINDS.index(k) for k in kinds])
    y = np.zeros((len(found), len(KINDS)))
    y[np.arange(len(found)), wanted] = 1
    share = np.bincount(wanted, minlength=len(KINDS)) / len(kinds)
    counts = (share[wanted] * len(KINDS)) ** -0.5  # the rare kinds count for more

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w, b = flat[: -len(KINDS)].reshape(len(names), -1), flat[-len(KINDS) :]
        scores = x @ w + b
        logs = scores - logsumexp(scores, axis=1, keepdims=True)
        wrong = (np.exp(logs) - y) * counts[:, None]
        value = -float((logs[y == 1] * counts).sum()) + RIDGE / 2 * float((w**2).sum())
        return value, np.concatenate([(x.T @ wrong + RIDGE * w).ravel(), wrong.sum(0)])

    start = np.zeros((len(names) + 1) * len(KINDS))
    flat = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return names, flat[: -len(KINDS)].reshape(len(names), -1), flat[-len(KINDS) :]


def main() -> None:
    """Write the weights."""
    asker = Asker(Edition.bundled())
    rows = examples()
    found, kinds = [seen(asker, q) for q, _ in rows], [k for _, k in rows]
    names, w, b = fitted(found, kinds)
    place = {n: i for i, n in enumerate(names)}
    thresholds = {}
    shares = []
    for row in found:
        scores = b + sum(w[place[n]] * v for n, v in row.items() if n in place)
        p = np.exp(scores - scores.max())
        shares.append(p / p.sum())
    inside = np.array([s for s, k in zip(shares, kinds, strict=True) if k == FIELD])
    for kind in KINDS[1:]:
        high = float(np.quantile(inside[:, KINDS.index(kind)], 0.995))
        thresholds[kind] = round(min(0.8, max(0.5, high)), 3)
    held = {
        "kinds": KINDS,
        "bias": [round(float(v), 3) for v in b],
        "weights": {
            n: [round(float(v), 3) for v in w[i]]
            for n, i in place.items()
            if np.abs(w[i]).max() > 0.03
        },
        "thresholds": thresholds,
        "trained_on": len(rows),
    }
    TO.write_text(
        json.dumps(held, separators=(",", ":")).replace("],", "],\n") + "\n", encoding="utf-8"
    )
    print(len(rows), "questions,", len(held["weights"]), "features, thresholds", thresholds)


if __name__ == "__main__":
    main()
