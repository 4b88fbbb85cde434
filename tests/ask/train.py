"""Trains the gate that tells whether a question lies in the field: `python -m tests.ask.train`.

In the field are the questions of the tuning part that ask something; outside
are `field.yaml` and the tuning part's own. Logistic regression with a small
ridge, by Newton's steps; the threshold lies above almost every
question in the field, and below 0.85.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import yaml
from tests.ask.scoring import HERE, questions

from consilium.asking import Asker
from consilium.asking.field import features
from consilium.asking.words import facets_of
from consilium.knowledge.edition import Edition

TO = Path(__file__).parents[2] / "src" / "consilium" / "asking" / "field.json"
RIDGE = 0.3


def main() -> None:
    """Write the weights."""
    asker = Asker(Edition.bundled())
    rows = questions("tuning")
    inside = [r["q"] for r in rows if r["kind"] in ("answer", "gap")]
    outside = [r["q"] for r in rows if r.get("reason") == "out-of-field"]
    outside += yaml.safe_load((HERE / "field.yaml").read_text(encoding="utf-8"))
    found = [
        features(
            q,
            asker._understood(q, "all", asker_day(), ()).named.entities,
            facets_of(q),
            asker.index.known_share(q),
        )
        for q in (*inside, *outside)
    ]
    names = list(found[0])
    x = np.array([[1.0, *(row[n] for n in names)] for row in found])
    y = np.array([0.0] * len(inside) + [1.0] * len(outside))
    w = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (p - y) + RIDGE * np.r_[0, w[1:]]
        curve = (x.T * (p * (1 - p))) @ x + RIDGE * np.eye(len(w))
        w -= np.linalg.solve(curve, slope)
    p = 1 / (1 + np.exp(-x @ w))
    threshold = min(0.8, max(0.5, float(np.quantile(p[y == 0], 0.995))))
    weights = {n: round(float(v), 4) for n, v in zip(names, w[1:], strict=True)}
    held = {
        "bias": round(float(w[0]), 4),
        "weights": weights,
        "threshold": round(threshold, 3),
        "trained_on": len(y),
    }
    TO.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    print(held)
    print(
        "outside, kept in:",
        [q for q, v in zip(outside, p[len(inside) :], strict=True) if v <= threshold],
    )
    print("inside, left out:", [q for q, v in zip(inside, p, strict=False) if v > threshold])


def asker_day() -> object:
    """Any day: names do not depend on it."""
    from datetime import date

    return date(2026, 11, 20)


if __name__ == "__main__":
    main()
