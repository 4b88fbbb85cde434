"""The evidence that the edition was converted from, walked place by place, where it is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

EVIDENCE = Path(__file__).parents[3] / "shared" / "evidence"
HERE = pytest.mark.skipif(not EVIDENCE.is_dir(), reason="needs the evidence in ../shared/evidence")

_NOT_ON_GIVING = {
    *("identity", "indications_us", "eu_status", "us_status", "china_status", "efficacy"),
    *("efficacy_note", "codes", "ongoing", "open_questions", "line_context", "us_mbc_context"),
    *("atezolizumab_note", "not_indicated", "exclusions_in_pivotal_trials", "incidence"),
}
_DANGER = re.compile(
    r"trap|\bnever\b|\bdo not\b|must not|not interchang|interchangeable|confus", re.IGNORECASE
)


def verified_rows() -> dict[str, set[str]]:
    """The places of every verified fact on giving a drug, by file."""
    found = {}
    for folder in ("therapies", "support"):
        for path in sorted((EVIDENCE / folder).glob("*.yaml")):
            facts = _facts(yaml.safe_load(path.read_text("utf-8")), ())
            found[f"{folder}/{path.stem}"] = {
                "/".join(place)
                for place, fact in facts
                if fact["verified"] and place[0] not in _NOT_ON_GIVING
            }
    return found


def warnings() -> dict[str, set[str]]:
    """The places of every trap, and of every thing never to be done, by file."""
    files = [*(EVIDENCE / "therapies").glob("*.yaml"), *(EVIDENCE / "support").glob("*.yaml")]
    found: dict[str, set[str]] = {}
    for path in sorted([*files, EVIDENCE / "biomarkers.yaml"]):
        name = str(path.relative_to(EVIDENCE).with_suffix(""))
        for place in _dangers(yaml.safe_load(path.read_text("utf-8")), ()):
            found.setdefault(name, set()).add("/".join(place))
    return found


def _facts(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if isinstance(node, dict) and "verified" in node:
        yield place, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _facts(value, (*place, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            name = _name(value, index)
            if isinstance(value, dict) and "event" in value and value.get("jurisdiction"):
                name = f"{name} [{value['jurisdiction']}]"
            yield from _facts(value, (*place, name))


def _dangers(node: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(node, dict):
        for key, value in node.items():
            here = (*place, str(key))
            if _DANGER.search(str(key)):
                yield here
            yield from _dangers(value, here)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _dangers(value, (*place, _name(value, index)))
    elif isinstance(node, str) and _DANGER.search(node):
        yield place


def _name(value: Any, index: int) -> str:
    if not isinstance(value, dict):
        return str(index)
    return next(
        (str(value[key]) for key in ("event", "with", "id", "drug") if value.get(key)), str(index)
    )
