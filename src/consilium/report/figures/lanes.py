"""Swim lanes: how long each arm of a trial, or each course of a patient, lasted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientCase, Therapy
from consilium.evidence.trials import Estimate, Result, Trial
from consilium.knowledge.edition import Edition
from consilium.planning.figures import arms_in_order, figure
from consilium.report.figures.figure import Figure, FigureError, Table
from consilium.report.figures.naming import (
    arm_name,
    endpoint_name,
    finding,
    in_whom,
    sources_of,
    who_assessed,
)
from consilium.report.figures.style import (
    GAP,
    SECONDARY,
    SERIES,
    SMALL,
    TEXT,
    WIDTH,
    Drawing,
    Series,
    drawing,
)

_LEFT, _RIGHT = 5.0, WIDTH - 14.0
_BAR = 12.0
_STEPS = (1, 2, 3, 6, 12, 24, 60)
_FEWEST_TICKS, _MOST_TICKS = 3, 8


def has_lanes(result: Result) -> bool:
    """Whether a result holds a median that a lane can show."""
    return any(isinstance(arm.median_months, int | float) for arm in result.arms.values())


def trial_lanes(
    trial: Trial, results: Sequence[Result], edition: Edition, as_of: str, title: str = ""
) -> Figure:
    """Medians of a trial's arms as bars in months, with their intervals.

    Raises ``FigureError`` where no result holds a median.
    """
    shown = [result for result in results if has_lanes(result)]
    if not shown:
        raise FigureError(f"no median of {trial.names[0]} is in the stored sources")
    longest = max(end for result in shown for arm in result.arms.values() for end in _ends(arm))
    rows = []
    with drawing(title or finding(trial, shown[0], edition)) as page:
        place = _Months(longest)
        for result in shown:
            parts = [endpoint_name(result, edition), *who_assessed(result), *in_whom(result)]
            parts += ["immature"] if "immature" in result.maturity else []
            label = ", ".join(parts)
            page.paragraph(label, size=TEXT, bold=True)
            for number, arm in enumerate(arms_in_order(result)):
                name, said = arm_name(trial, arm, edition), _said(result.arms[arm])
                _lane(page, name, said, result.arms[arm], SERIES[number % 4], place, result.id)
                rows.append((label, name, said, result.maturity))
            page.y += GAP
        place.axis(page, "Months; bar: median, line: 95 % interval")
        return page.finish(
            Table(("endpoint", "arm", "median months (95 % CI)", "maturity"), tuple(rows)),
            statements=[result.id for result in shown],
            sources=sources_of([c for result in shown for c in result.because], edition),
            date=as_of,
        )


def patient_lanes(case: PatientCase, edition: Edition, as_of: str) -> Figure:
    """The courses of systemic treatment that were entered, in their order.

    On a scale of months where every course has a start and an end, else each as
    long as another, and said so. Raises ``FigureError`` where none was entered.
    """
    courses = case.therapies.therapies
    if not courses:
        raise FigureError("no earlier treatment was entered, so there are no lines to draw")
    spans = [_span(course, case.decision_date) for course in courses]
    known = [span for span in spans if span is not None]
    dated = len(known) == len(spans)
    first = min((start for start, _ in known), default=date.min)
    months = [(_months(first, s), _months(first, e)) for s, e in known] if dated else []
    advanced = sum(course.setting == "advanced" for course in courses)
    plural = "" if len(courses) == 1 else "s"
    title = f"{len(courses)} course{plural} of treatment, {advanced} in advanced disease"
    with drawing(title) as page:
        place = _Months(max((end for _, end in months), default=float(len(courses))))
        rows = []
        for number, course in enumerate(courses):
            names = _drugs(course, edition)
            page.paragraph(f"{_setting(course)}: {names}", size=TEXT)
            start, end = months[number] if dated else (float(number), number + 1.0)
            series = SERIES[0] if course.setting == "advanced" else SERIES[1]
            top = page.y + 2
            page.box(
                place(start),
                top,
                max(place(end) - place(start), 3),
                _BAR,
                fill=series.colour if course.setting == "advanced" else "none",
                edge=series.colour,
                dash="-" if course.setting == "advanced" else (0, (3, 2)),
            )
            if course.ongoing:
                page.arrow(place(end) + 4, top + _BAR / 2, series.colour)
            page.y = top + _BAR + 2
            ended = _ended(course)
            if ended:
                page.paragraph(ended, colour=SECONDARY)
            page.y += GAP
            rows.append((_setting(course), names, _day(course.started), _day(course.ended), ended))
        if dated:
            place.axis(page, f"Months from {first}")
        else:
            page.paragraph("Not to scale: not every course has a start and an end.")
        if not case.therapies.complete:
            page.paragraph("The list is not known to be complete.")
        return page.finish(
            Table(("setting", "drugs", "started", "ended", "how it ended"), tuple(rows)),
            statements=(),
            sources=[("", "what was entered for this patient")],
            date=as_of,
        )


def _lane(
    page: Drawing,
    name: str,
    said: str,
    arm: Estimate,
    series: Series,
    place: _Months,
    statement: str,
) -> None:
    page.text(0, page.y + SMALL * 0.65, name)
    page.text(WIDTH, page.y + SMALL * 0.65, said, align="right")
    page.y += SMALL * 1.3
    middle = page.y + _BAR / 2 + 1
    if isinstance(arm.median_months, int | float):
        filled = series.dash == "-"
        page.box(
            _LEFT,
            middle - _BAR / 2,
            place(arm.median_months) - _LEFT,
            _BAR,
            fill=series.colour,
            edge=series.colour,
            opacity=0.85 if filled else 0.45,
            dash=series.dash,
            statement=statement,
        )
    elif arm.median_months == "not-reached":
        page.line((_LEFT, _RIGHT), (middle, middle), colour=series.colour, dash=(0, (2, 2)))
        page.arrow(_RIGHT, middle, series.colour)
    low, high = arm.ci95 or ("not-stated", "not-stated")
    if isinstance(low, int | float):
        start, end = place(low), place(high) if isinstance(high, int | float) else _RIGHT
        page.line((start, end), (middle, middle), width=1.4, statement=statement)
        page.line((start, start), (middle - 4, middle + 4), width=1.4)
        if isinstance(high, int | float):
            page.line((end, end), (middle - 4, middle + 4), width=1.4)
        else:
            page.arrow(end, middle, SECONDARY)
    page.y = middle + _BAR / 2 + 5


class _Months:
    """Places months on the page from nought to the longest."""

    def __init__(self, longest: float) -> None:
        self.step = next((s for s in _STEPS if longest / s <= _MOST_TICKS), _STEPS[-1])
        self.end = max(self.step * (int(longest / self.step) + 1), 1)

    def __call__(self, months: float) -> float:
        return _LEFT + months / self.end * (_RIGHT - _LEFT)

    def axis(self, page: Drawing, says: str) -> None:
        """The axis with its ticks, below what was drawn so far."""
        page.line((_LEFT, _RIGHT), (page.y, page.y), colour=SECONDARY, width=0.8)
        for tick in range(0, int(self.end) + 1, self.step):
            x = self(tick)
            page.line((x, x), (page.y, page.y + 4), colour=SECONDARY, width=0.8)
            page.text(x, page.y + SMALL, f"{tick}", align="center", colour=SECONDARY)
        page.y += SMALL * 1.9
        page.paragraph(says, colour=SECONDARY)


def _ends(arm: Estimate) -> list[float]:
    values = (arm.median_months, *(arm.ci95 or ()))
    return [float(v) for v in values if isinstance(v, int | float)]


def _said(arm: Estimate) -> str:
    text = figure(arm.median_months if arm.median_months is not None else "not-stated")
    if arm.ci95 is not None:
        text += f" ({figure(arm.ci95[0])} to {figure(arm.ci95[1])})"
    return text


def _span(course: Therapy, today: Day | None) -> tuple[date, date] | None:
    end = course.ended or (today if course.ongoing else None)
    if course.started is None or end is None or end.last < course.started.first:
        return None
    return course.started.first, end.last


def _months(start: date, end: date) -> float:
    return (end - start).days / 30.4375


def _drugs(course: Therapy, edition: Edition) -> str:
    named = [edition.drugs[d].short or edition.drugs[d].name for d in course.drugs]
    return " + ".join((*named, *course.unread)) or "drugs not named"


def _setting(course: Therapy) -> str:
    return f"line {course.line}" if course.line is not None else course.setting


def _ended(course: Therapy) -> str:
    if course.ongoing:
        return "ongoing"
    words = dict.fromkeys(w for w in (course.outcome, course.stopped_for) if w)
    return ", ".join(words)


def _day(day: Day | None) -> str:
    return str(day) if day else "not stated"
