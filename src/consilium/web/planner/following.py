"""What sources advise one patient, followed in a model: the form's answers and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _

from consilium.clinical.patient import PatientCase
from consilium.errors import ConsiliumError
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning.advice import Advice, advise, course_of_advice
from consilium.planning.next_lines import DEPTH
from consilium.planning.policies import model_for
from consilium.sequencing.scenario import holds_time, scenario
from consilium.web.weighing.showing import (
    assumed,
    outlook_shown,
    parameters_shown,
    wanted_of,
)

PREFIX = "follow."
"""What the form of this page adds to that of the patient."""
_DRAWS = 300


class Option(NamedTuple):
    """One choice of a list, and whether it is taken."""

    value: str
    words: str
    taken: bool


class Question(NamedTuple):
    """A line in which nothing decides, with what it is between."""

    name: str
    ask: str
    options: list[Option]


def following(
    case: PatientCase, edition: Edition, as_of: date, region: Region, posted: Mapping[str, str]
) -> dict[str, object]:
    """The page of one patient; ``posted`` are the answers of its form."""
    who, then = posted.get(f"{PREFIX}who", ""), posted.get(f"{PREFIX}then", "")
    chosen = {
        line: posted[f"{PREFIX}{line}"] for line in range(1, 10) if posted.get(f"{PREFIX}{line}")
    }
    model = model_for(edition, case=case)
    wanted = wanted_of(posted, edition, model, PREFIX)
    page: dict[str, object] = {
        "parameters": parameters_shown(edition, model, wanted, None),
        "who": list(_sources(edition, who)),
        "then": list(_after(edition, model, then)),
        "follows": bool(posted),
    }
    try:
        found = advise(case, edition, as_of=as_of, region=region, who=who, choose=chosen)
        page["questions"] = list(_questions(found, chosen, edition))
        course = course_of_advice(found, case, edition, model, who=who, then=then)
        assume = dict(assumed(wanted))
        made = scenario(edition, model, [course], draws=_DRAWS, patients=20_000, assume=assume)
    except ConsiliumError as problem:
        return page | {"problem": str(problem)}
    page["parameters"] = parameters_shown(edition, model, wanted, made)
    return page | outlook_shown(made, edition)


def _sources(edition: Edition, taken: str) -> Iterator[Option]:
    yield Option("", _("all of them together"), not taken)
    speaking = {position.who for position in edition.positions.values()}
    for speaker in edition.speakers.values():
        if speaker.id in speaking:
            yield Option(speaker.id, speaker.name, speaker.id == taken)


def _after(edition: Edition, model: str, taken: str) -> Iterator[Option]:
    yield Option("", _("nothing more"), not taken)
    for regimen in edition.regimens.values():
        if holds_time(edition, model, regimen.id, DEPTH - 1):
            yield Option(regimen.id, regimen.name, regimen.id == taken)


def _questions(found: Advice, chosen: Mapping[int, str], edition: Edition) -> Iterator[Question]:
    """The lines that the reader settled, and the one that stands open."""
    asked = {
        line.line: ((line.regimen, *line.alike), line.regimen)
        for line in found.lines
        if line.line in chosen
    }
    if found.open:
        asked[found.line] = (found.open, "")
    for line, (regimens, taken) in asked.items():
        options = [Option("", _("not chosen"), not taken)]
        options += [Option(r, edition.regimens[r].name, r == taken) for r in regimens]
        ask = _("Line %d, in which nothing decides") % line
        yield Question(f"{PREFIX}{line}", ask, options)
