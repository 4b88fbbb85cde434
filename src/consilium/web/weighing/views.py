"""The pages that compare and simulate. They hold no patient, only names of therapies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consilium.comparing import ComparisonError, compare
from consilium.comparing.comparison import Cell, Comparison, Verdict
from consilium.comparing.sides import side
from consilium.errors import ConsiliumError
from consilium.evidence.sources import Citation
from consilium.knowledge.edition import Edition
from consilium.planning.policies import courses_of, courses_of_trial, model_for
from consilium.report.figures import Figure, FigureError
from consilium.sequencing.courses import Course
from consilium.sequencing.scenario import Scenario, scenario
from consilium.web.editions import asking
from consilium.web.limits import COMPARISON, SIMULATION, costs, spend
from consilium.web.weighing.showing import (
    assumed,
    outlook_shown,
    parameters_shown,
    wanted_of,
)

_DRAWS = 500
_FIRST = "datopotamab deruxtecan then chemotherapy then chemotherapy"
_SECOND = "chemotherapy then sacituzumab govitecan then chemotherapy"


class Choice(NamedTuple):
    """A therapy or trial that can be named."""

    value: str
    words: str


@require_safe
def compared(request: HttpRequest) -> HttpResponse:
    """Two therapies side by side: `?one=...&other=...`."""
    asked = asking(request)
    one, other = (request.GET.get(name, "").strip()[:80] for name in ("one", "other"))
    made: Comparison | None = None
    problem = ""
    if one and other:
        spend(request, COMPARISON)
        try:
            made = compare(asked.edition, one, other, as_of=asked.as_of)
        except ComparisonError as error:
            problem = str(error)
    elif one or other:
        problem = _("Name a therapy, a class or a trial on each side.")
    shown = {
        "subject": "compare",
        "choices": _choices(asked.edition),
        "one": one,
        "other": other,
        "problem": problem,
        "made": made,
        "pairings": list(_pairings(made, asked.edition)) if made else [],
        "also": [_cell(cell, asked.edition) for cell in made.also] if made else [],
        "figures": list(_network(one, other, asked.edition, asked.as_of)) if made else [],
    }
    return render(request, "weighing/compare.html", shown, status=422 if problem else 200)


def _network(one: str, other: str, edition: Edition, as_of: date) -> Iterator[Figure]:
    from consilium.report.figures.network import trial_network  # noqa: PLC0415  slow to import

    regimens = [name for words in (one, other) for name in side(edition, words).regimens]
    with suppress(FigureError):
        yield trial_network(edition, as_of, asked=regimens)


def _choices(edition: Edition) -> list[Choice]:
    regimens = [Choice(r.id, r.name) for r in edition.regimens.values()]
    trials = [
        Choice(t.id, t.names[0]) for t in edition.trials.values() if t.kind != "benchmark-set"
    ]
    return sorted(regimens, key=lambda c: c.words.lower()) + trials


def _pairings(made: Comparison, edition: Edition) -> Iterator[dict[str, object]]:
    for pairing in made.pairings:
        one, other = (edition.trials[t] for t in (pairing.one_trial, pairing.other_trial))
        yield {
            "one": one,
            "other": other,
            "one_name": pairing.one_name,
            "other_name": pairing.other_name,
            "open": pairing.best is not Verdict.NONE,
            "verdicts": [
                {
                    "given": v,
                    "barred": v.verdict is Verdict.NONE,
                    "exploratory": v.verdict is Verdict.DOUBTFUL,
                }
                for v in pairing.verdicts
            ],
            "rows": [
                {
                    "subject": row.subject,
                    "one": _cell(row.one, edition),
                    "other": _cell(row.other, edition),
                    "differs": row.differs,
                }
                for row in pairing.rows
            ],
        }


def _cell(cell: Cell, edition: Edition) -> dict[str, object]:
    return {"text": cell.text, "sources": _sources(cell.because, edition)}


def _sources(because: tuple[Citation, ...], edition: Edition) -> list[tuple[str, str]]:
    named = dict.fromkeys(citation.source for citation in because)
    return [(name, edition.sources[name].reference) for name in named]


@require_http_methods(["GET", "HEAD", "POST"])
@costs(SIMULATION)
def simulated(request: HttpRequest) -> HttpResponse:
    """Two sequences followed in a model of stated assumptions."""
    asked = asking(request)
    edition = asked.edition
    given = request.POST if request.method == "POST" else {}
    one = str(given.get("one", _FIRST)).strip()[:200]
    other = str(given.get("other", _SECOND)).strip()[:200]
    trial = str(given.get("trial", "")).strip()[:80]
    made: Scenario | None = None
    model, problem = model_for(edition), ""
    wanted = wanted_of(given, edition, model)
    if request.method == "POST":
        try:
            model = model_for(edition, trial=trial)
            wanted = wanted_of(given, edition, model)
            assume = assumed(wanted)
            if trial:
                courses = courses_of_trial(edition, model, trial)
            else:
                courses = courses_of(edition, [words for words in (one, other) if words])
            made = _scenario(edition, model, courses, assume)
        except ConsiliumError as error:
            problem = str(error)
    shown: dict[str, object] = {
        "subject": "simulate",
        "one": one,
        "other": other,
        "trial": trial,
        "trials": list(_followed(edition)),
        "problem": problem,
        "made": made,
        "parameters": parameters_shown(edition, model, wanted, made),
        "choices": _choices(edition),
    }
    if made:
        shown |= outlook_shown(made, edition)
    return render(request, "weighing/simulate.html", shown, status=422 if problem else 200)


def _followed(edition: Edition) -> Iterator[Choice]:
    """The trials whose design a model follows."""
    for model in edition.models.values():
        for design in model.designs:
            if design.trial in edition.trials:
                yield Choice(design.trial, edition.trials[design.trial].names[0])


@lru_cache(maxsize=64)
def _scenario(
    edition: Edition,
    model: str,
    courses: tuple[Course, ...],
    assume: tuple[tuple[str, float], ...],
) -> Scenario:
    return scenario(edition, model, courses, draws=_DRAWS, assume=dict(assume), patients=20_000)
