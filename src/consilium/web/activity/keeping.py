"""Keeping a finished case: what the experts did to a plan, without its clinician or patient.

The case loop of an activity and the planner both end here. Nothing is kept until
somebody who is signed in asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilium.knowledge.edition import Edition
from consilium.learning.experts import favoured_by
from consilium.learning.identifiers import find_identifiers
from consilium.learning.outcomes import CaseRecord, Impact
from consilium.planning import Plan, heard_by
from consilium.web.activity.models import KeptCase
from consilium.web.people.once import counted_once
from consilium.web.refusals import Refused

NONE_OF_THESE = "none-of-these"
PLANNER = "planner"
"""Where a case comes from that was planned outside of any activity."""
REASONS = {
    "experts": gettext_lazy("what the experts say"),
    "results": gettext_lazy("results of trials"),
    "label": gettext_lazy("the label here"),
    "guideline": gettext_lazy("a guideline"),
    "safety": gettext_lazy("safety, or how it is given"),
    "patient": gettext_lazy("what the patient wants or can take"),
    "access": gettext_lazy("cost or availability"),
    "missing": gettext_lazy("a fact I had not asked for"),
}
IMPACTS = {
    Impact.CHANGED: gettext_lazy("It changed my plan"),
    Impact.CONFIRMED: gettext_lazy("It confirmed my plan"),
    Impact.NO_IMPACT: gettext_lazy("It had no impact on my plan"),
}
IMPACT_QUESTION: dict[str, object] = {
    "impacts": [(impact.value, words) for impact, words in IMPACTS.items()],
    "reasons": list(REASONS.items()),
}
"""What the template of the question asks for."""


def keep(
    request: HttpRequest,
    *,
    activity: str,
    scenario: str,
    made: Plan,
    intended: str,
    edition: Edition,
    objectives: tuple[str, ...] = (),
    prophylaxis: Mapping[str, bool] | None = None,
) -> bool:
    """Keep a finished case as posted: impact, reasons, the plan afterwards, and why.

    Whether it is new: a case that was kept before stands as it was, and counts once.

    ``prophylaxis`` says of each measure asked about whether it was intended before.
    Raises ``Refused`` (422) for an answer that is missing or unknown, and for words
    that could identify somebody.
    """
    posted = request.POST
    try:
        impact = Impact(posted.get("impact", ""))
    except ValueError:
        raise Refused(422, _("Say whether it changed, confirmed or left your plan.")) from None
    afterwards = posted.get("afterwards", "")
    if afterwards not in ("", NONE_OF_THESE) and afterwards not in edition.regimens:
        raise Refused(422, _("The plan afterwards is none of those to choose from."))
    record = CaseRecord(
        scenario=scenario,
        intended=intended,
        experts={
            voices[0].who: favoured_by(voices)
            for voices in heard_by(made).values()
            if voices[0].kind == "person"
        },
        impact=impact,
        objectives=objectives,
        reasons=tuple(r for r in REASONS if r in posted.getlist("reasons")),
        afterwards=afterwards if impact is Impact.CHANGED else "",
        prophylaxis={
            name: (before, name in posted.getlist("prevent"))
            for name, before in (prophylaxis or {}).items()
        },
    )
    why = posted.get("why", "").strip()[:200]
    refuse_identifiers(why)
    with counted_once(request, by_word_alone=True) as new:
        if new:
            KeptCase.objects.create(
                on=timezone.localdate(),
                activity=activity,
                scenario=scenario,
                record=msgspec.to_builtins(record),
                why=why,
            )
    return new


def refuse_identifiers(text: str) -> None:
    """Raises ``Refused`` (422) for a text that could identify somebody, without repeating it."""
    found = find_identifiers(text)
    if found:
        kinds = ", ".join(dict.fromkeys(each.kind for each in found))
        raise Refused(
            422,
            _("Nothing was kept: the text seems to hold what could identify a person (%s). ")
            % kinds
            + _("Say it without names, dates, numbers of records and addresses."),
        )
