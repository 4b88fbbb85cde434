"""A scenario of sequences as sections of short sentences; every number with its range."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from consilium.knowledge.edition import Edition
from consilium.report.document import Document, Item, Section
from consilium.sequencing.scenario import Range, Scenario, Strategy

OUTLOOK_SCHEMA = "consilium-outlook/1"

Ranged = tuple[float, float, float]
"""The middle, and the 95 % range that doubt about the numbers gives it: low, high."""


class StrategySaid(msgspec.Struct, frozen=True):
    """One sequence; ``reach`` are the shares who start each line. Survival is null where withheld.

    ``patient_range`` are the months by which 10, 50 and 90 % of patients have died.
    """

    name: str
    regimens: tuple[str, ...]
    reach: tuple[float, ...]
    reach_conjugate: Ranged
    months_on_conjugate: Ranged
    until_third_treatment: Ranged
    survival_median: Ranged | None
    survival_mean: Ranged | None
    patient_range: Ranged | None


class SwingSaid(msgspec.Struct, frozen=True):
    """How far the difference moves when one parameter goes from end to end of its range."""

    parameter: str
    low: float
    high: float
    share_of_doubt: float


class CheckSaid(msgspec.Struct, frozen=True):
    """A published median in months beside what the model predicts for it."""

    id: str
    published: float
    predicted: Ranged
    inside: bool


class ParameterSaid(msgspec.Struct, frozen=True):
    """A parameter on its natural scale; an ``assumption`` rests on no result."""

    id: str
    says: str
    middle: float
    range: tuple[float, float]
    assumption: bool
    uses: tuple[str, ...]


class OutlookSaid(msgspec.Struct, frozen=True):
    """What sequences may bring. ``withheld`` and ``unranked`` say why a figure is null."""

    schema: str
    caveat: str
    sentence: str
    model: str
    edition: str
    seed: int
    draws: int
    withheld: str
    unranked: str
    measure: str
    difference: Ranged | None
    strategies: tuple[StrategySaid, ...]
    swings: tuple[SwingSaid, ...]
    checks: tuple[CheckSaid, ...]
    parameters: tuple[ParameterSaid, ...]
    uses: tuple[str, ...]


def outlook_json(made: Scenario) -> bytes:
    """The scenario in its versioned shape; curves by month."""
    return msgspec.json.format(msgspec.json.encode(outlook_said(made)), indent=2) + b"\n"


def outlook_document(made: Scenario, edition: Edition) -> Document:
    """Arrange a scenario."""
    used = (edition.results[use] for use in made.uses if use in edition.results)
    cited = dict.fromkeys(citation.source for result in used for citation in result.because)
    numbers = {name: number for number, name in enumerate(cited, start=1)}
    return Document(
        "Sequences",
        f"{made.title} · edition {made.edition} · {made.draws} draws, seed {made.seed}",
        tuple(_sections(made, edition, numbers)),
    )


def sentence(made: Scenario) -> str:
    """The gist in one plain sentence."""
    first = made.strategies[0]
    if made.difference is None:
        return (
            f"In this model {first.reach_conjugate.middle:.0%} of patients on {first.name} "
            "ever have a conjugate."
        )
    other = made.strategies[1]
    gap = made.difference
    more = "more" if gap.middle >= 0 else "fewer"
    low, high = sorted((gap.low, gap.high))
    told = "the range includes none" if low <= 0 <= high else "the range excludes none"
    return (
        f"In this model {first.name} brings {abs(gap.middle):.1f} {more} {made.measure} than "
        f"{other.name} (difference {low:.1f} to {high:.1f}; {told}); "
        f"{first.reach_conjugate.middle:.0%} and {other.reach_conjugate.middle:.0%} ever have a "
        "conjugate."
    )


def _sections(made: Scenario, edition: Edition, cites: dict[str, int]) -> Iterator[Section]:
    head = [Item(made.caveat, "caution"), Item(sentence(made), "headline")]
    if made.unranked:
        head.append(Item(made.unranked, "stop"))
    if made.withheld:
        head.append(Item(f"{made.withheld[0].upper()}{made.withheld[1:]}.", "stop"))
    yield Section("In short", tuple(head))
    yield Section("Sequences", parts=tuple(_strategy(s, made) for s in made.strategies))
    yield Section(
        "What the model predicts of what is known",
        tuple(
            Item(
                f"{m.check.id.replace('-', ' ')}: published {m.published:g} months, predicted "
                f"{_said(m.predicted)}{'' if m.inside else ', a miss'}"
                f"{f'; {m.check.note}' if m.check.note else ''}.",
                "plain" if m.inside else "caution",
                _cited([m.check.arm.result], edition, cites),
                m.check.arm.result,
            )
            for m in made.misfits
        ),
    )
    if made.swings:
        yield Section(
            f"What the difference in {made.measure} rests on",
            tuple(
                Item(
                    f"{made.numbers[s.parameter].parameter.says}: {s.low:.1f} to {s.high:.1f} "
                    f"months over its range; {s.share_of_doubt:.0%} of the doubt ({s.parameter})."
                )
                for s in made.swings[:6]
            ),
        )
    yield Section("Assumptions and figures", tuple(_numbers(made, edition, cites)))
    yield Section(
        "Sources",
        tuple(
            Item(f"[{number}] {edition.sources[name].reference}", "source", (number,), name)
            for name, number in cites.items()
        ),
    )


def _strategy(strategy: Strategy, made: Scenario) -> Section:
    items = [
        Item(
            f"Ever have a conjugate: {_share(strategy.reach_conjugate)}; months on one: "
            f"{_said(strategy.months_on_conjugate)}."
        ),
        Item(f"Median until a third treatment or death: {_said(strategy.until_third)} months."),
    ]
    on_line = strategy.outlook.months_on_line(made.mean_until)
    lines = zip(strategy.outlook.labels, strategy.outlook.reach, on_line, strict=True)
    items.append(
        Item(
            "; ".join(
                f"line {n}, {label}: {reach:.0%} reach it, {months:.1f} months of the first "
                f"{made.mean_until:g}"
                for n, (label, reach, months) in enumerate(lines, start=1)
            )
            + "."
        )
    )
    if strategy.survival_median is not None and strategy.survival_mean is not None:
        items.append(
            Item(
                f"Survival in the model: median {_said(strategy.survival_median)} months; "
                f"{_said(strategy.survival_mean)} of the first {made.mean_until:g} alive; the "
                "range is doubt about the numbers."
            )
        )
    if strategy.patient_range is not None:
        low, half, high = strategy.patient_range
        items.append(
            Item(
                f"Patients differ: a tenth have died by {low:.1f} months, half by {half:.1f}, nine "
                f"tenths by {high:.1f}."
            )
        )
    return Section(strategy.name, tuple(items))


def _numbers(made: Scenario, edition: Edition, cites: dict[str, int]) -> Iterator[Item]:
    for name, number in made.numbers.items():
        low, high = number.interval
        parameter = number.parameter
        mark = "assumption" if number.assumed else "figure"
        why = parameter.assumed.why if parameter.assumed else parameter.caveat
        text = f"{name} ({mark}): {parameter.says}: {number.middle:.2f} ({low:.2f} to {high:.2f})"
        yield Item(
            f"{text}; {why}." if why else f"{text}.",
            "caution" if number.assumed else "plain",
            _cited(number.uses, edition, cites),
        )


def _cited(
    uses: tuple[str, ...] | list[str], edition: Edition, cites: dict[str, int]
) -> tuple[int, ...]:
    found = {
        cites[c.source]
        for use in uses
        if use in edition.results
        for c in edition.results[use].because
    }
    return tuple(sorted(found))


def _said(value: Range) -> str:
    return f"{value.middle:.1f} ({value.low:.1f} to {value.high:.1f})"


def _share(value: Range) -> str:
    if value.low == value.high:
        return f"{value.middle:.0%}"
    return f"{value.middle:.0%} ({value.low:.0%} to {value.high:.0%})"


def outlook_said(made: Scenario) -> OutlookSaid:
    """The scenario in its versioned shape."""
    return OutlookSaid(
        schema=OUTLOOK_SCHEMA,
        caveat=made.caveat,
        sentence=sentence(made),
        model=made.model,
        edition=made.edition,
        seed=made.seed,
        draws=made.draws,
        withheld=made.withheld,
        unranked=made.unranked,
        measure=made.measure,
        difference=_range(made.difference),
        strategies=tuple(
            StrategySaid(
                name=s.name,
                regimens=s.regimens,
                reach=tuple(round(float(r), 6) for r in s.outlook.reach),
                reach_conjugate=_ranged(s.reach_conjugate),
                months_on_conjugate=_ranged(s.months_on_conjugate),
                until_third_treatment=_ranged(s.until_third),
                survival_median=_range(s.survival_median),
                survival_mean=_range(s.survival_mean),
                patient_range=s.patient_range,
            )
            for s in made.strategies
        ),
        swings=tuple(
            SwingSaid(s.parameter, float(s.low), float(s.high), float(s.share_of_doubt))
            for s in made.swings
        ),
        checks=tuple(
            CheckSaid(m.check.id, m.published, _ranged(m.predicted), bool(m.inside))
            for m in made.misfits
        ),
        parameters=tuple(
            ParameterSaid(name, n.parameter.says, n.middle, n.interval, n.assumed, n.uses)
            for name, n in made.numbers.items()
        ),
        uses=made.uses,
    )


def _range(value: Range | None) -> Ranged | None:
    return None if value is None else _ranged(value)


def _ranged(value: Range) -> Ranged:
    return (float(value.middle), float(value.low), float(value.high))
