"""A plan as CarePlan, RequestGroup and GuidanceResponse: proposals, and what is missing."""

from __future__ import annotations

from consilium.fhir.resources import SUBJECT, Resource, address, collection, data_requirement
from consilium.guidance.labels import LabelStatus
from consilium.knowledge.edition import Edition
from consilium.planning.plan import Option, Plan


def as_care_plan(made: Plan, edition: Edition) -> Resource:
    """A plan as CarePlan, RequestGroup and GuidanceResponse: proposals, never orders."""
    group: Resource = {
        "resourceType": "RequestGroup",
        "status": "draft",
        "intent": "proposal",
        **SUBJECT,
    }
    actions = [_action(rank, option, edition) for rank, option in enumerate(made.options, start=1)]
    if actions:
        group["action"] = actions
    care: Resource = {
        "resourceType": "CarePlan",
        "status": "draft",
        "intent": "proposal",
        **SUBJECT,
        "title": f"What sources would do, as known on {made.as_of}, region {made.region}",
        "activity": [{"reference": {"reference": address("group")}}],
    }
    guidance: Resource = {
        "resourceType": "GuidanceResponse",
        "moduleUri": f"urn:consilium:edition:{made.edition}",
        "status": "data-required" if made.gaps else "success",
        **SUBJECT,
        "result": {"reference": address("care")},
    }
    if made.gaps:
        guidance["dataRequirement"] = [
            data_requirement(edition.facts[gap.fact]) for gap in made.gaps
        ]
        guidance["note"] = [{"text": gap.ask} for gap in made.gaps]
    resources = {"care": care, "group": group, "guidance": guidance}
    return collection([(address(name), body) for name, body in resources.items()])


def _action(rank: int, option: Option, edition: Edition) -> Resource:
    cited = {c.source: c for voice in option.voices for c in voice.because}
    action: Resource = {
        "prefix": str(rank),
        "title": option.name,
        "description": f"{option.headline}. {_LABELS[option.label.status]}",
    }
    if cited:
        action["documentation"] = [
            {"type": "citation", "citation": edition.sources[name].reference} for name in cited
        ]
    return action


_LABELS = {
    LabelStatus.APPROVED: "Approved here.",
    LabelStatus.OUTSIDE: "Outside the label here.",
    LabelStatus.UNDER_REVIEW: "Under review here.",
    LabelStatus.NONE_FOUND: "No approval found here when checked.",
    LabelStatus.NOT_RECORDED: "Approval here not recorded.",
    LabelStatus.CANNOT_TELL: "Whether its label covers this patient cannot be told.",
}
