"""Patients followed to an event, arm by arm: curves, and what lies between two arms."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from consilium.errors import ConsiliumError, nearest
from consilium.report.document import Document, Item, Section
from consilium.report.figures.curves import patient_curves
from consilium.report.figures.figure import Figure
from consilium.statistics.cox import NoMaximum, cox
from consilium.statistics.logrank import log_rank
from consilium.statistics.piecewise import piecewise_hazard_ratio
from consilium.statistics.survival import SurvivalCurve, kaplan_meier, restricted_mean_contrast

CAUTION = (
    "What lies between two arms that chance did not make is no effect of treatment: nothing here "
    "adjusts for who was given what."
)
_HAPPENED = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class TableError(ConsiliumError):
    """A table of patients that cannot be read, by column and line."""


class Followed(msgspec.Struct, frozen=True):
    """Patients of one arm, in months."""

    arm: str
    time: tuple[float, ...]
    event: tuple[bool, ...]

    @property
    def curve(self) -> SurvivalCurve:
        """Their Kaplan-Meier curve."""
        return kaplan_meier(self.time, self.event)


class ArmSummary(msgspec.Struct, frozen=True):
    """One arm. Times in months, each triple a value with its 95 % limits; None where the curve
    does not get there."""

    arm: str
    patients: int
    events: int
    median: tuple[float | None, float | None, float | None]
    restricted_mean: tuple[float, float, float]


class Between(msgspec.Struct, frozen=True):
    """The second arm against the first: ratios on the natural scale, p values two-sided.

    Where no finite ratio has the highest likelihood, as with an arm without events, there is no
    ratio and no test of its proportionality. ``periods`` are (begins, ends, ratio, lower, upper),
    ``ends`` None for the last.
    """

    reference: str
    arm: str
    hazard_ratio: tuple[float, float, float] | None
    log_rank_p: float
    proportional_hazards_p: float | None
    restricted_mean_difference: tuple[float, float, float]
    periods: tuple[tuple[float, float | None, float, float, float], ...] = ()
    one_ratio_p: float | None = None


class SurvivalReport(msgspec.Struct, frozen=True):
    """Every arm of a table, and the contrast where there are two. ``until`` is in months."""

    until: float
    arms: tuple[ArmSummary, ...]
    between: Between | None


def read_followed(path: Path, *, time: str, event: str, arm: str) -> tuple[Followed, ...]:
    """Arms of a CSV file in sorted order; without a column of arms all patients are one.

    Raises ``TableError`` naming column and line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            named = list(rows.fieldnames or [])
            for column in (time, event, *([arm] if arm else [])):
                if column not in named:
                    raise TableError(
                        f"`{path}` has no column `{column}`.{nearest(column, named)} "
                        "Name it with --time, --event or --arm."
                    )
            found: dict[str, tuple[list[float], list[bool]]] = {}
            for number, row in enumerate(rows, start=2):
                here = f"`{path}` line {number}"
                times, events = found.setdefault(
                    (row[arm] or "").strip() if arm else "all", ([], [])
                )
                times.append(_months(row[time], f"{here}, `{time}`"))
                events.append(_flag(row[event], f"{here}, `{event}`"))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise TableError(f"cannot read `{path}` as CSV: {problem}") from None
    if not found:
        raise TableError(f"`{path}` has a header and no patient")
    if "" in found:
        raise TableError(f"`{path}` has lines without an arm in `{arm}`")
    return tuple(Followed(name, tuple(t), tuple(e)) for name, (t, e) in sorted(found.items()))


def survival_report(
    arms: Sequence[Followed], *, until: float | None = None, cuts: Sequence[float] = ()
) -> SurvivalReport:
    """Medians, restricted means and, for two arms, what lies between them.

    ``until`` bounds the restricted means; without it they go as far as every arm was followed.
    ``cuts`` ask for one hazard ratio for each period. Raises ``StatisticsError``.
    """
    curves = [arm.curve for arm in arms]
    horizon = until or min(curve.followed_to for curve in curves)
    summaries = tuple(
        _summary(arm, curve, horizon) for arm, curve in zip(arms, curves, strict=True)
    )
    anybody = any(any(arm.event) for arm in arms)
    between = _between(arms[0], arms[1], horizon, cuts) if len(arms) == 2 and anybody else None
    return SurvivalReport(horizon, summaries, between)


def survival_document(made: SurvivalReport, source: str) -> Document:
    """The report as sections of short sentences."""
    sections = [
        Section(
            arm.arm,
            (
                Item(f"{arm.events} of {arm.patients} patients had the event."),
                Item(f"Median {_triple(arm.median)} months."),
                Item(f"Mean within {made.until:g} months: {_triple(arm.restricted_mean)} months."),
            ),
        )
        for arm in made.arms
    ]
    if made.between is not None:
        sections.append(
            Section(
                f"{made.between.arm} against {made.between.reference}",
                (*_said(made.between, made.until), Item(CAUTION, "caution")),
            )
        )
    elif len(made.arms) == 2:
        nobody = Item("Nobody had the event, so nothing lies between the arms.")
        sections.append(Section("Between the arms", (nobody,)))
    elif len(made.arms) > 2:
        sections.append(
            Section("Between the arms", (Item("Two arms at a time are set beside each other."),))
        )
    return Document("Survival", source, tuple(sections))


def survival_figure(arms: Sequence[Followed], source: str, as_of: str) -> Figure:
    """Kaplan-Meier curves of the arms, with who was at risk."""
    curves = [(arm.arm, arm.curve) for arm in arms]
    medians = ", ".join(
        f"{name} {_number(_known(curve.quantiles([0.5]).time[0]))}" for name, curve in curves
    )
    return patient_curves(curves, title=f"Median months: {medians}", source=source, as_of=as_of)


def _summary(arm: Followed, curve: SurvivalCurve, until: float) -> ArmSummary:
    middle = curve.quantiles([0.5])
    mean = curve.restricted_mean(until)
    return ArmSummary(
        arm.arm,
        len(arm.time),
        sum(arm.event),
        (_known(middle.time[0]), _known(middle.lower[0]), _known(middle.upper[0])),
        (mean.value, mean.lower, mean.upper),
    )


def _between(one: Followed, other: Followed, until: float, cuts: Sequence[float]) -> Between:
    time, event = (*one.time, *other.time), (*one.event, *other.event)
    arm = [0] * len(one.time) + [1] * len(other.time)
    ratio, proportional_p = _ratio(time, event, arm)
    mean = restricted_mean_contrast(time, event, arm, until=until).difference
    periods: tuple[tuple[float, float | None, float, float, float], ...] = ()
    one_ratio_p = None
    if cuts:
        parts = piecewise_hazard_ratio(time, event, arm, cuts)
        one_ratio_p = parts.p
        columns = (parts.begins, parts.ends, parts.log_hazard_ratio, *parts.limits())
        periods = tuple(
            (float(a), _known(b), math.exp(r), math.exp(lo), math.exp(hi))
            for a, b, r, lo, hi in zip(*columns, strict=True)
        )
    return Between(
        one.arm,
        other.arm,
        ratio,
        log_rank(time, event, arm).p,
        proportional_p,
        (mean.value, mean.lower, mean.upper),
        periods,
        one_ratio_p,
    )


def _ratio(
    time: Sequence[float], event: Sequence[bool], arm: Sequence[int]
) -> tuple[tuple[float, float, float] | None, float | None]:
    """The hazard ratio with its limits and the p of its proportionality, where there is one."""
    try:
        fit = cox(time, event, arm)
    except NoMaximum:
        return None, None
    low, high = (math.exp(limit[0]) for limit in fit.limits())
    return (float(fit.hazard_ratios[0]), low, high), fit.proportional_hazards_test().global_p


def _said(between: Between, until: float) -> Iterator[Item]:
    if between.hazard_ratio is None:
        yield Item(
            "No hazard ratio: the events of the arms do not overlap, so none that is finite fits "
            "best.",
            "caution",
        )
    else:
        yield Item(f"Hazard ratio {_triple(between.hazard_ratio)}.", "headline")
    yield Item(f"Log-rank test: p {_p(between.log_rank_p)}.")
    yield Item(
        f"Mean within {until:g} months: {_triple(between.restricted_mean_difference)} months "
        "longer (shorter if below zero)."
    )
    if between.proportional_hazards_p is not None:
        doubt = between.proportional_hazards_p < 0.05
        yield Item(
            f"Proportional hazards: p {_p(between.proportional_hazards_p)}"
            + (
                "; the ratio changes over time, so one ratio hides it: look at the curves, the "
                "means, and the ratios by period (--cut)."
                if doubt
                else "."
            ),
            "caution" if doubt else "plain",
        )
    for begins, ends, *ratio in between.periods:
        span = f"After {begins:g} months" + ("" if ends is None else f", up to {ends:g}")
        yield Item(f"{span}: hazard ratio {_triple(ratio)}.")
    if between.one_ratio_p is not None:
        yield Item(f"One ratio for all periods: p {_p(between.one_ratio_p)}.")


def _months(text: str | None, where: str) -> float:
    try:
        found = float(text or "")
    except ValueError:
        raise TableError(f"{where}: `{text}` is no number of months") from None
    if not 0 <= found < math.inf:
        raise TableError(f"{where}: `{text}` is no time that a patient can be followed for")
    return found


def _flag(text: str | None, where: str) -> bool:
    found = _HAPPENED.get((text or "").strip().lower())
    if found is None:
        raise TableError(f"{where}: `{text}` is neither 1 (the event) nor 0 (censored)")
    return found


def _known(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.1f}"


def _triple(values: Sequence[float | None]) -> str:
    shown = ["not reached" if value is None else f"{value:.2f}" for value in values]
    return f"{shown[0]} (95 % CI {shown[1]} to {shown[2]})"


def _p(value: float) -> str:
    if math.isnan(value):
        return "cannot be told"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
