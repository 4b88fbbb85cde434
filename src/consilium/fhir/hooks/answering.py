"""From a request to a reply: read what came along, plan, and say it in cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientCase, PatientError, Status
from consilium.fhir.hooks.cards import Cards
from consilium.fhir.hooks.drafts import drafted
from consilium.fhir.hooks.requests import (
    Fetch,
    HookRequest,
    RequestError,
    Supplied,
    Supply,
    gather,
    read_request,
)
from consilium.fhir.hooks.services import BY_ID, NEEDED, PREFETCH, Service
from consilium.intake.fhir import patient_from_fhir
from consilium.intake.vocabulary import Vocabulary
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning import Plan, plan


class Site(NamedTuple):
    """What a reply needs to know of the place it is given: edition, day, region, addresses."""

    edition: Edition
    as_of: date
    region: Region
    planner: str = ""
    launch: str = ""


class Reply(NamedTuple):
    """A status and a body."""

    status: int
    body: dict[str, object]


def reply(
    service_id: str,
    data: bytes,
    site: Site,
    connect: Callable[[HookRequest], Fetch | None] = lambda request: None,
) -> Reply:
    """The reply of a service to the bytes of a request.

    ``connect`` gives, for a request, what asks the client's server for all that was not sent;
    without it only what was sent is used. What goes wrong is said in an OperationOutcome.
    """
    service = BY_ID.get(service_id)
    if service is None:
        return refusal(404, "not-found", "there is no such service; `cds-services` lists them")
    try:
        request = read_request(data, service)
        supplied = gather(request, connect(request))
        _check_needed(supplied)
        return Reply(200, {"cards": _cards(request, supplied, service, site)})
    except RequestError as problem:
        return refusal(problem.status, problem.code, str(problem))


def refusal(status: int, code: str, message: str) -> Reply:
    """A reply that says why there is no other."""
    issue = {"severity": "error", "code": code, "diagnostics": message}
    return Reply(status, {"resourceType": "OperationOutcome", "issue": [issue]})


def _check_needed(supplied: Mapping[str, Supplied]) -> None:
    how = supplied[NEEDED].supply
    if how in (Supply.FAILED, Supply.ABSENT):
        raise RequestError(
            412,
            "incomplete",
            f"the query `{NEEDED}` ({PREFETCH[NEEDED]}) {_HOW[how]} and could not be fetched; "
            "without it nothing can be said of this patient",
        )


_HOW = {Supply.FAILED: "failed", Supply.ABSENT: "was not sent"}


def _cards(
    request: HookRequest, supplied: Mapping[str, Supplied], service: Service, site: Site
) -> list[dict[str, object]]:
    resources = [one for found in supplied.values() for one in found.resources]
    if not resources:
        return []
    vocabulary = Vocabulary.of(site.edition)
    try:
        case = patient_from_fhir(
            resources, vocabulary, "prefetch", decision_date=Day(site.as_of.isoformat())
        )
    except PatientError as problem:
        if "holds no FHIR resource" in str(problem):
            return []
        raise RequestError(400, "invalid", str(problem)) from None
    if not _is_meant(case):
        return []
    try:
        made = plan(case, site.edition, as_of=site.as_of, region=site.region)
    except PatientError as problem:
        raise RequestError(422, "business-rule", str(problem)) from None
    if made.refusal is not None:
        return []
    return _said(made, request, supplied, service, site, vocabulary)


def _said(
    made: Plan,
    request: HookRequest,
    supplied: Mapping[str, Supplied],
    service: Service,
    site: Site,
    vocabulary: Vocabulary,
) -> list[dict[str, object]]:
    cards = Cards(made, site.edition, request.instance, site.planner, site.launch)
    notes = [
        f"the query `{key}` {_HOW[found.supply]}: what it would hold is not known"
        for key, found in supplied.items()
        if found.supply is Supply.FAILED
    ]
    notes += [
        f"the result of `{key}` was cut short: there may be more"
        for key, found in supplied.items()
        if found.cut_short
    ]
    if service.hook == "patient-view":
        return [cards.whole_plan(notes)]
    return [
        card
        for draft in drafted(request.context, vocabulary)
        if (card := cards.drug(draft, notes)) is not None
    ]


def _is_meant(case: PatientCase) -> bool:
    """Whether the record says breast cancer, advanced; anybody else is none of our business."""
    said = {
        name: entered.value
        for name in ("primary_cancer", "setting")
        if (entered := case.entered.get(name)) is not None and entered.status is Status.KNOWN
    }
    return said == {"primary_cancer": "breast", "setting": "advanced"}
