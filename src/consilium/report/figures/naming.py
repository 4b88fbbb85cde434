"""What figures call arms, endpoints and documents."""

from __future__ import annotations

from collections.abc import Iterable

from consilium.evidence.sources import Citation
from consilium.evidence.trials import Result, Trial
from consilium.knowledge.edition import Edition
from consilium.planning.figures import say_result

_ASSESSORS = {"bicr": "blinded central review", "investigator": "investigator"}


def endpoint_name(result: Result, edition: Edition) -> str:
    """The endpoint in short."""
    term = edition.endpoints[result.endpoint]
    return term.short or term.name


def who_assessed(result: Result) -> list[str]:
    """Who judged the endpoint, where that is stated."""
    return [_ASSESSORS[result.assessor]] if result.assessor in _ASSESSORS else []


def in_whom(result: Result) -> list[str]:
    """The population, where it is another than all who were assigned."""
    if result.subgroup is not None:
        return [f"{result.subgroup.factor} {result.subgroup.level}".strip()]
    named = result.analysis_population
    return [named] if named not in ("not-stated", "intention-to-treat") else []


def finding(trial: Trial, result: Result, edition: Edition) -> str:
    """What a result found, in numbers, and in whom: no adjective is added."""
    name = ", ".join((trial.names[0], *in_whom(result)))
    return f"{name}: {say_result(result, endpoint_name(result, edition), edition.regimens)}"


def arm_name(trial: Trial, arm: str, edition: Edition) -> str:
    """The arm by the short name of its regimen, else by its label."""
    found = next((a for a in trial.arms if a.id == arm), None)
    regimen = edition.regimens.get(found.regimen if found else arm)
    if regimen is not None:
        return regimen.short or regimen.name
    return found.label if found else arm.replace("-", " ")


def sources_of(because: Iterable[Citation], edition: Edition) -> list[tuple[str, str]]:
    """Documents by id, each with its reference and how deep it was read."""
    found: dict[str, str] = {}
    for cited in because:
        source = edition.sources[cited.source]
        read = source.reading(cited.read) or source.read[0]
        reference = source.reference.rstrip(".")
        found.setdefault(source.id, f"{reference} ({read.depth.value.replace('_', ' ')})")
    return list(found.items())
