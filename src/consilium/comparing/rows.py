"""Two arms side by side: who was treated, with what, against what, and what was seen.

Harms stand in one row only when term, grade and basis are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from consilium.comparing.assumptions import agents
from consilium.comparing.comparison import Cell, Row
from consilium.comparing.sides import Studied
from consilium.evidence.trials import Arm, Estimate, Harm, Limit, Result
from consilium.knowledge.edition import Edition
from consilium.rules.say import say

_EMPTY = Cell("")


def rows(
    edition: Edition, one: Studied, other: Studied, known: Mapping[str, Result]
) -> tuple[Row, ...]:
    """The rows of two arms; where a source is silent on one side its cell is empty."""
    return tuple(row for row in _rows(edition, one, other, known) if row.one.text or row.other.text)


def _rows(
    edition: Edition, one: Studied, other: Studied, known: Mapping[str, Result]
) -> Iterator[Row]:
    both = (one, other)
    yield _row("patients", *(_population(s) for s in both))
    yield _row("entry criteria held as facts", *(_criteria(edition, s) for s in both))
    yield _row("how criteria are read", *(_reading(s) for s in both))
    yield _row("treatment", *(_treatment(s) for s in both))
    yield _row("compared with", *(_compared_with(edition, s) for s in both))
    yield _row("crossover", *(_design(s, "crossover") for s in both))
    yield _row("masking", *(_design(s, "masking") for s in both))
    for endpoint in ("pfs", "os", "orr"):
        yield from _results(edition, one, other, known, endpoint)
    yield from _harms(edition, one, other)


def _row(subject: str, one: Cell, other: Cell) -> Row:
    return Row(subject, one, other, one.text != other.text)


def _population(of: Studied) -> Cell:
    population = of.trial.population
    text = population.says + (f". {population.note}" if population.note else "")
    return Cell(text, population.because, (f"{of.trial.id}/population",))


def _criteria(edition: Edition, of: Studied) -> Cell:
    if of.trial.eligibility is None:
        return _EMPTY
    return Cell(
        say(of.trial.eligibility, edition.model),
        of.trial.population.because,
        (f"{of.trial.id}/eligibility",),
    )


def _reading(of: Studied) -> Cell:
    text = "; ".join(of.trial.interpretation.values())
    return Cell(text, (), (f"{of.trial.id}/eligibility",)) if text else _EMPTY


def _treatment(of: Studied) -> Cell:
    arm = of.arm
    return Cell(
        f"{arm.label}: {arm.therapy}" if arm.therapy else arm.label,
        arm.because,
        (f"{of.trial.id}/arms",),
    )


def _compared_with(edition: Edition, of: Studied) -> Cell:
    arms = [a for a in of.trial.arms if a.id != of.arm.id and a.role != of.arm.role]
    if not arms:
        return Cell("nothing; a single arm", (), (f"{of.trial.id}/arms",))
    text = "; ".join(_comparator(edition, arm) for arm in arms)
    return Cell(text, tuple(c for a in arms for c in a.because), (f"{of.trial.id}/arms",))


def _comparator(edition: Edition, arm: Arm) -> str:
    allowed = sorted(edition.drugs[d].name for d in agents(edition, arm) if d in edition.drugs)
    said = f" ({', '.join(allowed)})" if allowed else ""
    return f"{arm.label}{said}"


def _design(of: Studied, key: str) -> Cell:
    design = of.trial.design
    if design is None:
        return _EMPTY
    value = str(getattr(design, key)).replace("-", " ")
    note = f". {design.crossover_note}" if key == "crossover" and design.crossover_note else ""
    return Cell(f"{value}{note}", design.because, (f"{of.trial.id}/design",))


def _results(
    edition: Edition, one: Studied, other: Studied, known: Mapping[str, Result], endpoint: str
) -> Iterator[Row]:
    name = edition.endpoints[endpoint].name
    readers = ("not-stated",) if endpoint == "os" else ("bicr", "investigator", "not-stated")
    for assessor in readers:
        cells = [
            _measured(s, known, endpoint, None if endpoint == "os" else assessor)
            for s in (one, other)
        ]
        reader = "" if endpoint == "os" or assessor == "not-stated" else f", {_READER[assessor]}"
        yield _row(f"{name}{reader}", *cells)


_READER = {"bicr": "central review", "investigator": "by investigators"}


def _measured(
    of: Studied, known: Mapping[str, Result], endpoint: str, assessor: str | None
) -> Cell:
    found = [
        r
        for r in of.trial.results
        if r.id in known
        and r.endpoint == endpoint
        and r.subgroup is None
        and of.arm.id in r.arms
        and (assessor is None or r.assessor == assessor)
    ]
    if not found:
        return _EMPTY
    return Cell(
        "; ".join(_result_text(of, r) for r in found),
        tuple(c for r in found for c in r.because),
        tuple(r.id for r in found),
    )


def _result_text(of: Studied, result: Result) -> str:
    arms = [of.arm.id, *(name for name in result.arms if name != of.arm.id)]
    values = [_estimate(result.arms[name]) for name in arms]
    text = " v ".join(value or "not stated" for value in values)
    contrast = result.contrast
    if contrast and isinstance(contrast.value, int | float):
        text += f", {contrast.measure.replace('_', ' ')} {contrast.value:g}"
        if contrast.ci95:
            text += f" ({_limit(contrast.ci95[0])} to {_limit(contrast.ci95[1])})"
    notes = [result.analysis_population] if result.holds_for is not None else []
    notes += [result.maturity] if result.maturity != "not-stated" else []
    if result.median_follow_up:
        notes.append(f"follow-up {result.median_follow_up.months:g} months")
    return f"{text} [{'; '.join(notes)}]" if notes else text


def _estimate(arm: Estimate) -> str:
    if arm.median_months is not None:
        unit = " months" if not isinstance(arm.median_months, str) else ""
        interval = f" ({_limit(arm.ci95[0])} to {_limit(arm.ci95[1])})" if arm.ci95 else ""
        return f"{_limit(arm.median_months)}{unit}{interval}"
    if arm.percent is not None:
        return f"{arm.percent:g} %"
    return ""


def _limit(value: Limit) -> str:
    return value.replace("-", " ") if isinstance(value, str) else f"{value:g}"


def _harms(edition: Edition, one: Studied, other: Studied) -> Iterator[Row]:
    here, there = (_by_basis(s) for s in (one, other))
    for key in dict.fromkeys([*here, *there]):
        term, grade, basis = key
        name = edition.adverse_events[term].name
        graded = "" if grade == "not-applicable" else f", grade {grade.replace('-', ' ')}"
        yield _row(
            f"{name}{graded} ({basis})",
            *(_harm(s, found.get(key)) for s, found in ((one, here), (other, there))),
        )


def _by_basis(of: Studied) -> dict[tuple[str, str, str], Harm]:
    return {(h.term, h.grade, h.basis): h for h in of.trial.harms if of.arm.id in h.arms}


def _harm(of: Studied, harm: Harm | None) -> Cell:
    if harm is None:
        return _EMPTY
    seen = harm.arms[of.arm.id]
    text = f"{seen.percent:g} %" if seen.percent is not None else f"{seen.count} patients"
    if seen.percent is None and seen.count is None:
        text = harm.note
    return Cell(text, harm.because, (harm.id,))
