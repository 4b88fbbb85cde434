"""Which therapies trials have set against which: the network that an indirect comparison uses."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from consilium.evidence.trials import Result, Trial
from consilium.knowledge.edition import Edition
from consilium.planning.figures import say_ratio
from consilium.report.figures.figure import Figure, FigureError, Table
from consilium.report.figures.forest import can_stand_in_a_forest
from consilium.report.figures.naming import sources_of
from consilium.report.figures.style import (
    SECONDARY,
    SERIES,
    SMALL,
    WIDTH,
    Drawing,
    broken,
    drawing,
    text_width,
)

_HEIGHT = 300.0
_ACROSS, _DOWN = 120.0, 126.0
_LABEL = 84.0
_ROW = SMALL * 1.25


class _Edge(NamedTuple):
    """One trial that randomised between two regimens, by one result."""

    trial: Trial
    result: Result
    one: str
    other: str


class _Box(NamedTuple):
    """A name in its frame; ``x`` and ``y`` are its middle."""

    x: float
    y: float
    width: float
    height: float
    rows: tuple[str, ...]

    def edge_towards(self, other: _Box) -> tuple[float, float]:
        """Where a line from the middle to another frame leaves this one."""
        across, down = other.x - self.x, other.y - self.y
        reach = min(
            self.width / 2 / abs(across) if across else math.inf,
            self.height / 2 / abs(down) if down else math.inf,
        )
        return self.x + across * reach, self.y + down * reach


def trial_network(
    edition: Edition, as_of: date, *, endpoint: str = "pfs", asked: Sequence[str] = ()
) -> Figure:
    """The randomised trials with a hazard ratio for an endpoint, as lines between regimens.

    ``asked`` are regimens to mark. A trial counts once, whatever it reported; the table holds one
    ratio of each. Lines say who met whom, not that what they join may be compared. Raises
    ``FigureError`` where no trial has such a ratio.
    """
    edges = _edges(edition, as_of, endpoint)
    if not edges:
        raise FigureError(f"no trial known on {as_of} has a hazard ratio for `{endpoint}`")
    met = Counter(name for edge in edges for name in (edge.one, edge.other))
    hub = met.most_common(1)[0][0]
    pairs = Counter((edge.one, edge.other) for edge in edges)
    with drawing(_finding(edges, met, hub, asked, edition)) as page:
        boxes = {
            name: _box(at, _called(name, edition), marked=name in asked)
            for name, at in _places(page.y, hub, _around(hub, met, pairs)).items()
        }
        for (one, other), number in sorted(pairs.items()):
            _line(page, boxes[one], boxes[other], number, marked=one in asked or other in asked)
        for name, box in boxes.items():
            _node(page, box, marked=name in asked)
        page.y += _HEIGHT
        page.paragraph(
            "A line: trials that randomised between the two; the number counts them. That a line "
            "joins two therapies does not say that they may be compared: patients and comparators "
            "differ from trial to trial.",
            colour=SECONDARY,
        )
        rows = tuple(
            (
                edge.trial.names[0],
                _called(edge.one, edition),
                _called(edge.other, edition),
                say_ratio(edge.result.contrast) if edge.result.contrast else "",
            )
            for edge in edges
        )
        return page.finish(
            Table(("trial", "therapy", "against", "hazard ratio (95 % CI)"), rows),
            statements=[edge.result.id for edge in edges],
            sources=sources_of([c for edge in edges for c in edge.result.because], edition),
            date=str(as_of),
        )


def _edges(edition: Edition, as_of: date, endpoint: str) -> list[_Edge]:
    known = edition.results_known(as_of)
    found: list[_Edge] = []
    for trial in edition.trials.values():
        arms = {arm.id: arm.regimen for arm in trial.arms}
        for result in trial.results:
            contrast = result.contrast
            if (
                trial.kind == "randomised-trial"
                and result.id in known
                and result.endpoint == endpoint
                and result.subgroup is None
                and contrast is not None
                and can_stand_in_a_forest(result)
                and (one := arms.get(contrast.experimental))
                and (other := arms.get(contrast.comparator))
            ):
                found.append(_Edge(trial, result, one, other))
                break
    return found


def _finding(
    edges: Sequence[_Edge], met: Counter[str], hub: str, asked: Sequence[str], edition: Edition
) -> str:
    with_hub = sum(hub in (edge.one, edge.other) for edge in edges)
    share = "all" if with_hub == len(edges) else str(with_hub)
    said = f"{len(edges)} trials of {len(met)} therapies, {share} of them with "
    said += _called(hub, edition)
    marked = [name for name in met if name in asked and name != hub]
    if len(marked) == 2:
        together = sum({edge.one, edge.other} == set(marked) for edge in edges)
        names = " and ".join(_called(name, edition) for name in marked)
        said += f"; {names} met in {together or 'none'}"
    return said


def _called(regimen: str, edition: Edition) -> str:
    found = edition.regimens[regimen]
    return found.short or found.name


def _around(hub: str, met: Counter[str], pairs: Counter[tuple[str, str]]) -> list[str]:
    """All but the hub, most met first; who never met the hub stands beside whom it met."""
    placed: list[str] = []
    for name in sorted((n for n in met if n != hub), key=lambda n: (-met[n], n)):
        if (name, hub) in pairs or (hub, name) in pairs:
            placed.append(name)
    for name in sorted(set(met) - {hub, *placed}):
        partners = [a if b == name else b for a, b in pairs if name in (a, b)]
        beside = next((placed.index(p) for p in partners if p in placed), len(placed) - 1)
        placed.insert(beside + 1, name)
    return placed


def _places(top: float, hub: str, others: Sequence[str]) -> dict[str, tuple[float, float]]:
    """The hub in the middle, the others around it."""
    middle = (WIDTH / 2, top + _HEIGHT / 2)
    found = {hub: middle}
    for number, name in enumerate(others):
        angle = 2 * math.pi * number / len(others) - math.pi / 2
        found[name] = (
            middle[0] + _ACROSS * math.cos(angle),
            middle[1] + _DOWN * math.sin(angle),
        )
    return found


def _box(at: tuple[float, float], name: str, *, marked: bool) -> _Box:
    """The frame around a name, moved inside the page."""
    rows = tuple(broken(name, _LABEL, SMALL, bold=marked))
    width = max(text_width(row, SMALL, bold=marked) for row in rows) + 10
    x = min(max(at[0], width / 2 + 1), WIDTH - width / 2 - 1)
    return _Box(x, at[1], width, len(rows) * _ROW + 8, rows)


def _line(page: Drawing, one: _Box, other: _Box, number: int, *, marked: bool) -> None:
    """A line from frame to frame, with its number beside the middle."""
    series = SERIES[1] if marked else SERIES[0]
    begin, end = one.edge_towards(other), other.edge_towards(one)
    page.line(
        (begin[0], end[0]),
        (begin[1], end[1]),
        colour=series.colour,
        dash=series.dash,
        width=1.2 + 0.8 * number,
    )
    across, down = end[0] - begin[0], end[1] - begin[1]
    length = math.hypot(across, down) or 1.0
    page.text(
        (begin[0] + end[0]) / 2 - 11 * down / length,
        (begin[1] + end[1]) / 2 + 11 * across / length,
        str(number),
        align="center",
        bold=marked,
    )


def _node(page: Drawing, box: _Box, *, marked: bool) -> None:
    top = box.y - box.height / 2
    edge = SERIES[1].colour if marked else SECONDARY
    page.box(box.x - box.width / 2, top, box.width, box.height, edge=edge)
    for number, row in enumerate(box.rows):
        page.text(box.x, top + 4 + _ROW * (number + 0.5), row, align="center", bold=marked)
