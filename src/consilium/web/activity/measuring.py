"""What an activity changed and taught, for educators: tables, figures and files, never a person."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consilium.knowledge.learning import Activity
from consilium.learning.gains import Learning, Taken, learning, learning_as_csv
from consilium.learning.outcomes import CaseRecord, Outcomes, as_csv, as_json, outcomes
from consilium.web.activity.keeping import PLANNER, REASONS
from consilium.web.activity.models import Attempt, Evaluation, KeptCase
from consilium.web.activity.shown import worked_cases
from consilium.web.activity.testing import BEFORE
from consilium.web.activity.views import context, the_activity
from consilium.web.editions import asking
from consilium.web.people.roles import DESK, FACULTY, only
from consilium.web.refusals import Refused


def outcomes_of(activity: str) -> Outcomes:
    """The outcomes of the cases kept of an activity; synthetic ones never mix with real ones."""
    kept = KeptCase.objects.filter(activity=activity).order_by("pk")
    real = kept.filter(synthetic=False)
    synthetic = not real.exists() and kept.exists()
    records = (kept if synthetic else real).values_list("record", flat=True)
    return outcomes([msgspec.convert(r, CaseRecord) for r in records], synthetic=synthetic)


def learning_of(activity: Activity) -> Learning | None:
    """What learners gained, from tests on the present questions; nothing without a test."""
    if activity.test is None:
        return None
    asked = {question.id for question in activity.test.questions}
    before: dict[int, frozenset[str]] = {}
    first: dict[int, frozenset[str]] = {}
    passed: set[int] = set()
    for each in Attempt.objects.filter(activity=activity.id).order_by("number"):
        if set(each.answers) == asked:
            place = before if each.number == BEFORE else first
            place.setdefault(each.learner_id, frozenset(each.right))
            passed |= {each.learner_id} if each.passed else set()
    taken = [Taken(before.get(who), right, who in passed) for who, right in first.items()]
    known = {objective.id for objective in activity.objectives}
    said = Evaluation.objects.filter(activity=activity.id).values_list("answers", flat=True)
    return learning(
        activity.test, taken, [{o: v for o, v in each.items() if o in known} for each in said]
    )


@require_safe
@only(FACULTY, *DESK)
def outcomes_page(request: HttpRequest, activity: str) -> HttpResponse:
    """Tables and figures of what the activity changed."""
    edition = asking(request).edition
    found = the_activity(activity, edition)
    made = outcomes_of(found.id)
    titles = {name: case.title or name for name, case in worked_cases(edition).items()}
    objectives = {objective.id: objective.says for objective in found.objectives}
    learned = learning_of(found)
    asked = {q.id: q.asks for q in found.test.questions} if found.test else {}
    page = context(request, found, "outcomes") | {
        "outcomes": made,
        "reasons": [(REASONS.get(name, name), count) for name, count in made.reasons],
        "learned": learned,
        "gains": [
            (_("Question"), [(asked[g.name], g) for g in learned.questions]),
            (_("Objective"), [(objectives.get(g.name, g.name), g) for g in learned.objectives]),
        ]
        if learned
        else [],
        "judged": [(objectives[j.name], j.met) for j in learned.judged] if learned else [],
        "prevented": [(titles.get(p.scenario, _("all cases")), p) for p in made.prophylaxis],
        "tables": [
            (_("All cases"), [(_("all cases"), made.whole)]),
            (_("By patient"), [(titles.get(g.name, g.name), g) for g in made.by_scenario]),
            (_("By objective"), [(objectives.get(g.name, g.name), g) for g in made.by_objective]),
        ],
        "bars": [
            (
                _(title),
                [
                    _bar(n, titles.get(g.name, g.name), getattr(g, field))
                    for n, g in enumerate(g for g in made.by_scenario if getattr(g, field))
                ],
            )
            for title, field in (
                ("Intended plan that no expert favours", "discordant"),
                ("Plan changed", "changed"),
                ("Plan confirmed", "confirmed"),
            )
        ],
    }
    return render(request, "activity/outcomes.html", page)


def _bar(row: int, label: str, share: object) -> dict[str, object]:
    """One bar with its interval, in the units of the drawing: 400 across is everybody."""
    value, low, high = (getattr(share, part) for part in ("share", "low", "high"))
    return {
        "label": label,
        "text": f"{getattr(share, 'events')}/{getattr(share, 'of')}",  # noqa: B009
        "y": 44 * row + 22,
        "text_y": 44 * row + 16,
        "middle": 44 * row + 30,
        "width": round(400 * value, 1),
        "low": round(400 * low, 1),
        "high": round(400 * high, 1),
        "end": 44 * row + 50,
    }


@require_safe
@only(FACULTY, *DESK)
def outcomes_file(request: HttpRequest, activity: str, form: str) -> HttpResponse:
    """The outcomes as CSV or JSON; those of the planner under its own name."""
    if activity != PLANNER:
        the_activity(activity, asking(request).edition)
    made = outcomes_of(activity)
    if form == "csv":
        return HttpResponse(as_csv(made), content_type="text/csv; charset=utf-8")
    if form == "json":
        return HttpResponse(as_json(made), content_type="application/json")
    raise Refused(404, _("Outcomes are given as csv or json."))


@require_safe
@only(FACULTY, *DESK)
def learning_file(request: HttpRequest, activity: str, form: str) -> HttpResponse:
    """What learners gained as CSV or JSON."""
    learned = learning_of(the_activity(activity, asking(request).edition))
    if learned is None:
        raise Refused(404, _("This activity has no test."))
    if form == "csv":
        return HttpResponse(learning_as_csv(learned), content_type="text/csv; charset=utf-8")
    if form == "json":
        return HttpResponse(as_json(learned), content_type="application/json")
    raise Refused(404, _("What learners gained is given as csv or json."))
