"""A scenario of sequences as sections of short sentences; every number with its range."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from consilium.evidence.sources import Citation
from consilium.knowledge.edition import Edition
from consilium.report.document import Document, Item, Section
from consilium.sequencing.burden import Burden
from consilium.sequencing.scenario import Range, Scenario, Strategy

OUTLOOK_SCHEMA = "consilium-outlook/1"

Ranged = tuple[float, float, float]
"""The middle, and the 95 % range that doubt about the numbers gives it: low, high."""


class ReasonedSaid(msgspec.Struct, frozen=True):
    """A sentence on where a sequence comes from, and the statements it rests on."""

    text: str
    uses: tuple[str, ...]


class GapSaid(msgspec.Struct, frozen=True):
    """``one`` less ``other`` in the unit of ``measure``."""

    one: str
    other: str
    months: Ranged


class StrategySaid(msgspec.Struct, frozen=True):
    """One sequence; ``reach`` are the shares who start each line. Survival is null where withheld.

    Of those who go on after the first line, the share that the parameter ``crossover`` holds has
    ``instead``; both are empty where all have the same. ``says`` tells where the sequence comes
    from. ``patient_range`` are the months by which 10, 50 and 90 % of patients have died.
    """

    name: str
    regimens: tuple[str, ...]
    instead: tuple[str, ...]
    crossover: str
    says: tuple[ReasonedSaid, ...]
    reach: tuple[float, ...]
    reach_conjugate: Ranged
    months_on_conjugate: Ranged
    until_third_treatment: Ranged
    survival_median: Ranged | None
    survival_mean: Ranged | None
    patient_range: Ranged | None
    harms: tuple[HarmSaid, ...]


class SwingSaid(msgspec.Struct, frozen=True):
    """How far the difference moves when one parameter goes from end to end of its range."""

    parameter: str
    low: float
    high: float
    share_of_doubt: float


class GroupSaid(msgspec.Struct, frozen=True):
    """What knowing a group of parameters would bring to the choice, in the unit of ``measure``.

    ``trial`` is the id of the trial that would tell them, if one does; ``share`` is of
    ``perfect``, and shares need not add up to one.
    """

    name: str
    says: str
    trial: str
    parameters: tuple[str, ...]
    value: float
    standard_error: float
    share: float


class InformationSaid(msgspec.Struct, frozen=True):
    """What knowing everything would bring to the choice between the first two sequences.

    ``preferred`` is the share of draws in which each is the better one.
    """

    perfect: float
    standard_error: float
    preferred: tuple[float, ...]
    groups: tuple[GroupSaid, ...]


class HarmSaid(msgspec.Struct, frozen=True):
    """A harm of one line in percent of those treated, as one arm showed it on one basis.

    ``percent`` is null, and ``harm`` empty, where no stored source has a figure.
    """

    line: int
    regimen: str
    about: str
    harm: str
    trial: str
    arm: str
    grade: str
    basis: str
    percent: float | None
    note: str


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
    """What sequences may bring. ``withheld``, ``unranked`` and ``uninformed`` say why a figure is
    null."""

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
    gaps: tuple[GapSaid, ...]
    strategies: tuple[StrategySaid, ...]
    swings: tuple[SwingSaid, ...]
    information: InformationSaid | None
    uninformed: str
    checks: tuple[CheckSaid, ...]
    parameters: tuple[ParameterSaid, ...]
    uses: tuple[str, ...]


def outlook_json(made: Scenario) -> bytes:
    """The scenario in its versioned shape; curves by month."""
    return msgspec.json.format(msgspec.json.encode(outlook_said(made)), indent=2) + b"\n"


def outlook_document(made: Scenario, edition: Edition) -> Document:
    """Arrange a scenario."""
    cited = dict.fromkeys(c.source for use in made.uses for c in _because(use, edition))
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
    yield Section(
        "Sequences", parts=tuple(_strategy(s, made, edition, cites) for s in made.strategies)
    )
    if made.gaps:
        yield Section(
            f"Side by side, {made.measure}", tuple(Item(words) for words in gaps_said(made))
        )
    yield Section(
        "What the model predicts of what is known",
        tuple(
            Item(
                f"{m.check.id.replace('-', ' ')}: published {m.published:g} months, predicted "
                f"{m.predicted}{'' if m.inside else ', a miss'}"
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
    worth = information_said(made)
    if worth:
        yield Section("What better knowledge would bring", tuple(Item(words) for words in worth))
    yield Section("Assumptions and figures", tuple(_numbers(made, edition, cites)))
    yield Section(
        "Sources",
        tuple(
            Item(f"[{number}] {edition.sources[name].reference}", "source", (number,), name)
            for name, number in cites.items()
        ),
    )


def _strategy(
    strategy: Strategy, made: Scenario, edition: Edition, cites: dict[str, int]
) -> Section:
    items = [
        Item(said.text, "plain", _cited(said.uses, edition, cites)) for said in strategy.course.says
    ]
    items += [
        Item(
            f"Ever have a conjugate: {_share(strategy.reach_conjugate)}; months on one: "
            f"{strategy.months_on_conjugate}."
        ),
        Item(f"Median until a third treatment or death: {strategy.until_third} months."),
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
                f"Survival in the model: median {strategy.survival_median} months; "
                f"{strategy.survival_mean} of the first {made.mean_until:g} alive; the "
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
    items += [
        Item(f"{harm_said(burden, edition)}.", "plain", _cited([burden.harm], edition, cites))
        if burden.harm
        else Item(f"{harm_said(burden, edition)}.", "caution")
        for burden in strategy.harms
    ]
    return Section(strategy.name, tuple(items))


def gaps_said(made: Scenario) -> list[str]:
    """The difference of every two courses in words."""
    found = []
    for gap in made.gaps:
        more = "more" if gap.months.middle >= 0 else "fewer"
        low, high = sorted((gap.months.low, gap.months.high))
        found.append(
            f"{gap.one} against {gap.other}: {abs(gap.months.middle):.1f} {more} "
            f"(difference {low:.1f} to {high:.1f})."
        )
    return found


_ABOUT = {
    "stopping": "stopped for an adverse event",
    "severe": "an adverse event of {grade}",
    "neutropenia": "neutropenia of {grade}",
    "neutropenia-with-growth-factor": "neutropenia of {grade} with G-CSF given beforehand",
}
_GRADES = {
    "any": "any grade",
    "2-or-worse": "grade 2 or worse",
    "3-or-worse": "grade 3 or worse",
    "3-4": "grade 3 or 4",
}


def harm_said(burden: Burden, edition: Edition) -> str:
    """One harm of one line in words, with its basis and the study that saw it."""
    named = edition.regimens[burden.regimen]
    where = f"Line {burden.line}, {named.short or named.name}"
    about = _ABOUT[burden.about]
    if burden.percent is None:
        return f"{where}: {about.format(grade=_GRADES['3-or-worse'])}: not in the stored sources"
    grade = _GRADES.get(burden.grade, burden.grade)
    note = f"; {burden.note}" if burden.note else ""
    return (
        f"{where}: {about.format(grade=grade)}: {burden.percent:g} % in "
        f"{edition.trials[burden.trial].names[0]} ({burden.basis}{note})"
    )


def information_said(made: Scenario) -> list[str]:
    """What better knowledge would bring to the choice, a sentence each; the whole first."""
    held = made.information
    if held is None:
        return [f"{made.uninformed[0].upper()}{made.uninformed[1:]}."] if made.uninformed else []
    one, other = (strategy.name for strategy in made.strategies[:2])
    if not held.perfect.value:
        best = one if held.preferred[0] > held.preferred[1] else other
        return [
            f"{best} is the better one by {made.measure} in every draw: nothing that could be "
            "learned of these numbers would change the choice. Whether the model is right is "
            "another question."
        ]
    found = [
        f"{one} is the better one by {made.measure} in {held.preferred[0]:.0%} of the draws. "
        f"Knowing every number beforehand would bring {held.perfect.value:.2f} months to the "
        f"choice (standard error {held.perfect.standard_error:.2f})."
    ]
    for worth in held.groups:
        group = worth.group
        told = f"{worth.share:.0%} of this ({worth.value.value:.2f} months)"
        if group.trial:
            found.append(f"{group.name} would settle at most {told}: {group.says}.")
        else:
            found.append(f"Knowing {group.name}: {told}.")
    found.append("Shares overlap and need not add up to all of it.")
    return found


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
    found = {cites[c.source] for use in uses for c in _because(use, edition)}
    return tuple(sorted(found))


def _because(use: str, edition: Edition) -> tuple[Citation, ...]:
    """The sources of a result, a harm, a position or a trial."""
    held = edition.results.get(use) or edition.harms.get(use) or edition.positions.get(use)
    return (held or edition.trials[use]).because


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
        gaps=tuple(GapSaid(gap.one, gap.other, _ranged(gap.months)) for gap in made.gaps),
        strategies=tuple(
            StrategySaid(
                name=s.name,
                regimens=s.course.regimens,
                instead=s.course.instead,
                crossover=s.course.crossover,
                says=tuple(ReasonedSaid(one.text, one.uses) for one in s.course.says),
                reach=tuple(round(float(r), 6) for r in s.outlook.reach),
                reach_conjugate=_ranged(s.reach_conjugate),
                months_on_conjugate=_ranged(s.months_on_conjugate),
                until_third_treatment=_ranged(s.until_third),
                survival_median=_range(s.survival_median),
                survival_mean=_range(s.survival_mean),
                patient_range=s.patient_range,
                harms=tuple(
                    HarmSaid(
                        h.line,
                        h.regimen,
                        h.about,
                        h.harm,
                        h.trial,
                        h.arm,
                        h.grade,
                        h.basis,
                        h.percent,
                        h.note,
                    )
                    for h in s.harms
                ),
            )
            for s in made.strategies
        ),
        swings=tuple(
            SwingSaid(s.parameter, float(s.low), float(s.high), float(s.share_of_doubt))
            for s in made.swings
        ),
        information=_information(made),
        uninformed=made.uninformed,
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


def _information(made: Scenario) -> InformationSaid | None:
    held = made.information
    if held is None:
        return None
    return InformationSaid(
        perfect=held.perfect.value,
        standard_error=held.perfect.standard_error,
        preferred=held.preferred,
        groups=tuple(
            GroupSaid(
                worth.group.name,
                worth.group.says,
                worth.group.trial,
                worth.group.parameters,
                worth.value.value,
                worth.value.standard_error,
                worth.share,
            )
            for worth in held.groups
        ),
    )


def _range(value: Range | None) -> Ranged | None:
    return None if value is None else _ranged(value)


def _ranged(value: Range) -> Ranged:
    return (float(value.middle), float(value.low), float(value.high))
