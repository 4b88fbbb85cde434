"""CDS Hooks 2.0.1, the service side: one row for each SHALL, with what shows that it is kept.

The rows follow the sections of the specification; `tests/functional/web/test_hooks.py` holds
those of the wire (status, media type, CORS, tokens).
"""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path

import pytest
from tests.support.builders import the_edition
from tests.support.records import as_bytes, ordering, prefetch, request, resource, searchset
from typer.testing import CliRunner

from consilium.cli.commands import app
from consilium.fhir.hooks.answering import Reply, Site, reply
from consilium.fhir.hooks.conformance import Broken, check
from consilium.fhir.hooks.feedback import read_feedback
from consilium.fhir.hooks.requests import FetchError, RequestError
from consilium.fhir.hooks.services import SERVICES, discovery
from consilium.knowledge.records import Region

DAY = date(2026, 11, 20)
PLAN, SELECT, SIGN = "consilium-plan", "consilium-order-select", "consilium-order-sign"
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "exception"}],
}
SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "fhir" / "cds-hooks"


def site(**changed: str) -> Site:
    return Site(
        the_edition(),
        DAY,
        Region.US,
        planner=changed.get("planner", "https://here.example/"),
        launch=changed.get("launch", "https://here.example/launch"),
    )


def ask(body: object, service: str = PLAN, fetch: object = None) -> Reply:
    data = body if isinstance(body, bytes) else as_bytes(body)
    return reply(service, data, site(), lambda request: fetch)  # type: ignore[arg-type]


def cards(body: object, service: str = PLAN, fetch: object = None) -> list[dict[str, object]]:
    found = ask(body, service, fetch)
    assert found.status == 200, found.body
    assert check(as_bytes(found.body)) == []
    return found.body["cards"]  # type: ignore[return-value]


def test_discovery_lists_each_service_with_hook_description_and_id() -> None:
    assert check(as_bytes(discovery())) == []
    assert {s["hook"] for s in discovery()["services"]} == {
        "patient-view",
        "order-select",
        "order-sign",
    }


def test_a_plan_comes_in_one_card() -> None:
    (card,) = cards(request())
    # a record never says that its list of earlier treatment is whole: the line is to be asked
    assert "Cannot be told yet: " in card["detail"] and "SG" in card["detail"]
    assert "Missing: line" in card["detail"]
    assert card["indicator"] == "info"
    assert card["source"]["label"].startswith("consilium")
    assert card["source"]["topic"]["code"]
    assert {link["type"] for link in card["links"]} == {"smart", "absolute"}
    assert "suggestions" not in card and "systemActions" not in ask(request()).body


REFUSED = {
    "the hook is that of the service": request("order-sign"),
    "hook is required": request(hook=None) | {"hook": None},
    "hookInstance is required": request(hookInstance=None),
    "hookInstance is a UUID": request(hookInstance="7"),
    "context is required": request(context=None),
    "context.userId is required": request(context={"patientId": "p1"}),
    "context.patientId is required": request(context={"userId": "Practitioner/1"}),
    "context.patientId is an id": request(context={"userId": "x", "patientId": "../../admin"}),
    "fhirServer comes with fhirAuthorization": request(fhirAuthorization={"access_token": "x"}),
    "fhirAuthorization is an object": request(
        fhirAuthorization="x", fhirServer="https://e.example"
    ),
    "fhirAuthorization holds a token": request(
        fhirAuthorization={"access_token": ""}, fhirServer="https://e.example"
    ),
    "a token is a bearer token": request(
        fhirAuthorization={"access_token": "x", "token_type": "MAC"},
        fhirServer="https://e.example",
    ),
    "a token for one patient is for this one": request(
        fhirAuthorization={"access_token": "x", "patient": "p2"}, fhirServer="https://e.example"
    ),
    "prefetch is an object": request(prefetch=[]),
    "the body is an object": [],
    "the body is JSON": b"{",
    "the body says nothing twice": b'{"hook": "patient-view", "hook": "x"}',
}


@pytest.mark.parametrize("row", REFUSED)
def test_a_request_that_breaks_the_rules_is_refused_with_an_outcome(row: str) -> None:
    status, body = ask(REFUSED[row])
    assert status == 400
    assert body["resourceType"] == "OperationOutcome"
    assert body["issue"][0]["diagnostics"]


def test_orders_need_a_bundle_and_selections() -> None:
    whole = ordering("order-select", "letrozole")
    for name in ("draftOrders", "selections"):
        broken = copy.deepcopy(whole)
        del broken["context"][name]
        assert ask(broken, SELECT).status == 400


def test_an_unknown_service_is_not_found() -> None:
    assert ask(request(), "other").status == 404


# --- what is sent along is a hint: all of it, some of it, none of it -----------------------------


def without(*keys: str) -> dict[str, object]:
    return {key: value for key, value in prefetch().items() if key not in keys}


def test_needed_and_neither_sent_nor_fetchable_is_412() -> None:
    for sent in ({}, without("conditions"), prefetch() | {"conditions": OUTCOME}):
        status, body = ask(request(prefetch=sent))
        assert status == 412 and body["issue"][0]["code"] == "incomplete"


def test_nothing_sent_at_all_is_412() -> None:
    assert ask(request(prefetch=None)).status == 412


def test_what_was_not_sent_is_fetched_and_what_was_sent_is_used() -> None:
    asked = []

    def fetch(query: str) -> object:
        asked.append(query)
        return prefetch()["conditions"]

    (whole,) = cards(request())
    (merged,) = cards(request(prefetch=without("conditions")), fetch=fetch)
    assert merged == whole
    assert asked == ["Condition?patient=p1"]


def test_a_failed_query_is_asked_again_and_told_where_it_fails_again() -> None:
    def fails(query: str) -> object:
        raise FetchError("no")

    sent = prefetch() | {"medRequests": OUTCOME}
    (card,) = cards(request(prefetch=sent), fetch=fails)
    assert "`medRequests` failed" in card["detail"]


def test_null_is_no_data_and_no_failure() -> None:
    (card,) = cards(request(prefetch=prefetch() | {"medRequests": None, "labs": None}))
    assert "failed" not in card["detail"]


def test_no_conditions_at_all_is_nothing_to_say() -> None:
    assert cards(request(prefetch=prefetch() | {"conditions": None})) == []


def paginated() -> dict[str, object]:
    first = searchset(
        resource(
            "Condition",
            "c1",
            code={"coding": [{"system": "http://snomed.info/sct", "code": "254837009"}]},
        ),
        link=[{"relation": "next", "url": "https://ehr.example/page2"}],
    )
    return prefetch() | {"conditions": first}


def test_pages_are_followed() -> None:
    seen = []

    def fetch(address: str) -> object:
        seen.append(address)
        return searchset(
            resource(
                "Condition",
                "c2",
                code={"coding": [{"system": "http://snomed.info/sct", "code": "94381002"}]},
            )
        )

    assert len(cards(request(prefetch=paginated()), fetch=fetch)) == 1
    assert seen == ["https://ehr.example/page2"]


def test_a_result_without_its_other_pages_is_told() -> None:
    sent = paginated()
    sent["conditions"]["entry"] += prefetch()["conditions"]["entry"][1:]
    (card,) = cards(request(prefetch=sent))
    assert "`conditions` was cut short" in card["detail"]


def test_endless_pages_end() -> None:
    sent = paginated()
    sent["conditions"]["entry"] += prefetch()["conditions"]["entry"][1:]
    asked = []

    def fetch(address: str) -> object:
        asked.append(address)
        return sent["conditions"]

    cards(request(prefetch=sent), fetch=fetch)
    assert len(asked) < 50


# --- who is not meant ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"conditions": searchset(resource("Condition", "c", code={"text": "asthma"}))},
        {"conditions": searchset(prefetch()["conditions"]["entry"][0]["resource"])},
        {
            "markers": searchset(
                resource(
                    "Observation",
                    "h",
                    status="final",
                    effectiveDateTime="2026-01-01",
                    code={"coding": [{"system": "http://loinc.org", "code": "85319-2"}]},
                    valueCodeableConcept={
                        "coding": [{"system": "http://loinc.org", "code": "LA11843-2"}]
                    },
                )
            )
        },
    ],
    ids=["another disease", "no metastases on record", "HER2-positive"],
)
def test_nothing_is_said_of_others(changed: dict[str, object]) -> None:
    assert cards(request(prefetch=prefetch() | changed)) == []


def test_records_of_two_patients_are_refused() -> None:
    other = resource("Condition", "x", code={"text": "asthma"}) | {
        "subject": {"reference": "Patient/p2"}
    }
    sent = prefetch()
    sent["conditions"]["entry"].append({"resource": other})
    assert ask(request(prefetch=sent)).status == 400


# --- orders --------------------------------------------------------------------------------------


def test_a_drug_with_something_to_check_is_told_what() -> None:
    for service, hook in ((SELECT, "order-select"), (SIGN, "order-sign")):
        (card,) = cards(ordering(hook, "Trodelvy 180 MG Injection"), service)
        assert card["indicator"] == "info" and "check first" in card["summary"]
        assert all(reason["display"] for reason in card["overrideReasons"])


def test_a_drug_that_no_source_speaks_for_is_looked_at_again() -> None:
    (card,) = cards(ordering("order-sign", "fulvestrant"), SIGN)
    assert card["indicator"] == "warning"


def test_only_what_is_selected_is_looked_at() -> None:
    body = ordering("order-select", "sacituzumab govitecan", "fulvestrant")
    body["context"]["selections"] = ["MedicationRequest/m1"]
    assert [c["summary"].split(":")[0] for c in cards(body, SELECT)] == ["fulvestrant"]


def test_other_drugs_are_none_of_our_business() -> None:
    assert cards(ordering("order-sign", "paracetamol 500 MG", "ondansetron"), SIGN) == []


def test_the_same_request_gives_the_same_cards() -> None:
    assert cards(request()) == cards(request())


# --- feedback --------------------------------------------------------------------------------------


def said(**changed: object) -> bytes:
    one = {
        "card": "9c8b1b3e-0000-4000-8000-000000000001",
        "outcome": "overridden",
        "overrideReason": {
            "reason": {"code": "weighed", "system": "x"},
            "userComment": "for Mrs X",
        },
        "outcomeTimestamp": "2026-11-20T10:11:12Z",
    } | changed
    return as_bytes({"feedback": [{k: v for k, v in one.items() if v is not None}]})


def test_feedback_is_kept_without_identifiers() -> None:
    (kept,) = read_feedback(PLAN, said())
    assert (kept.outcome, kept.reason, kept.on) == ("overridden", "weighed", "2026-11-20")
    assert "Mrs X" not in repr(kept) and "9c8b" not in repr(kept) and "10:11" not in repr(kept)


def test_a_reason_we_did_not_offer_is_no_text_of_ours() -> None:
    (kept,) = read_feedback(PLAN, said(overrideReason={"reason": {"code": "Mrs X"}}))
    assert kept.reason == "other"


@pytest.mark.parametrize(
    "changed",
    [{"card": None}, {"outcome": "ignored"}, {"outcomeTimestamp": None}, {"outcome": "accepted"}],
)
def test_feedback_that_breaks_the_rules_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(RequestError):
        read_feedback(PLAN, said(**changed))


# --- the checker, on others' documents ------------------------------------------------------------


def spoiled(path: str, value: object) -> dict[str, object]:
    card = {
        "uuid": "9c8b1b3e-0000-4000-8000-000000000001",
        "summary": "short",
        "indicator": "info",
        "source": {"label": "somebody", "topic": {"code": "x", "system": "http://x"}},
        "suggestions": [
            {
                "label": "a",
                "uuid": "s1",
                "isRecommended": True,
                "actions": [
                    {"type": "create", "description": "b", "resource": {"resourceType": "X"}}
                ],
            }
        ],
        "selectionBehavior": "any",
        "links": [{"label": "l", "url": "https://x", "type": "smart", "appContext": "c"}],
        "overrideReasons": [{"code": "c", "system": "http://x", "display": "d"}],
    }
    holder: object = card
    *steps, last = path.split(".")
    for step in steps:
        holder = holder[int(step)] if step.isdigit() else holder[step]  # type: ignore[index]
    if value is ...:
        del holder[last]  # type: ignore[attr-defined]
    else:
        holder[int(last) if last.isdigit() else last] = value  # type: ignore[index]
    return {"cards": [card]}


BREAKS = {
    "summary under 140": ("summary", "x" * 140),
    "summary required": ("summary", ...),
    "indicator required": ("indicator", "severe"),
    "source required": ("source", ...),
    "source label required": ("source.label", ""),
    "uuid": ("uuid", "12"),
    "selection behaviour with suggestions": ("selectionBehavior", ...),
    "suggestion label": ("suggestions.0.label", ...),
    "action type": ("suggestions.0.actions.0.type", "make"),
    "action description": ("suggestions.0.actions.0.description", ...),
    "action resource": ("suggestions.0.actions.0.resource", ...),
    "link type": ("links.0.type", "relative"),
    "link address": ("links.0.url", "/launch"),
    "appContext only with smart": ("links.0.type", "absolute"),
    "override display": ("overrideReasons.0.display", ...),
    "no null": ("detail", None),
    "detail is a text": ("detail", ["x"]),
    "source address": ("source.url", "/here"),
    "source icon": ("source.icon", "icon.png"),
    "topic is a coding": ("source.topic", "x"),
    "topic code": ("source.topic.code", ...),
    "topic system": ("source.topic.system", ...),
    "topic display": ("source.topic.display", 7),
    "suggestions are a list": ("suggestions", {"label": "a"}),
    "suggestion uuid": ("suggestions.0.uuid", 7),
    "suggestion recommended": ("suggestions.0.isRecommended", "yes"),
    "actions are a list": ("suggestions.0.actions", {"type": "create"}),
    "a deleted resource by its id": (
        "suggestions.0.actions.0",
        {"type": "delete", "description": "d", "resource": "Patient/1", "resourceId": "Patient/1"},
    ),
    "what is deleted": ("suggestions.0.actions.0", {"type": "delete", "description": "d"}),
    "resourceId is a text": (
        "suggestions.0.actions.0",
        {"type": "delete", "description": "d", "resourceId": 7},
    ),
    "selection behaviour known": ("selectionBehavior", "all"),
    "link label": ("links.0.label", ...),
    "appContext is a text": ("links.0.appContext", {"a": "b"}),
    "override reasons are a list": ("overrideReasons", {"display": "d"}),
    "override code": ("overrideReasons.0.code", ...),
    "override system": ("overrideReasons.0.system", ...),
    "extension is an object": ("extension", ["x"]),
    "no empty list": ("links", []),
}


@pytest.mark.parametrize("row", BREAKS)
def test_the_checker_finds_one_broken_rule(row: str) -> None:
    path, value = BREAKS[row]
    assert check(as_bytes(spoiled("uuid", "9c8b1b3e-0000-4000-8000-000000000001"))) == []
    assert any(one.strength == "shall" for one in check(as_bytes(spoiled(path, value))))


def test_at_most_one_recommends_at_most_one() -> None:
    document = spoiled("selectionBehavior", "at-most-one")
    (card,) = document["cards"]
    card["suggestions"] = [
        {"label": "a", "isRecommended": True},
        {"label": "b", "isRecommended": True},
    ]
    assert [one.where for one in check(as_bytes(document))] == ["cards[0].suggestions"]


def test_the_command_says_what_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "cards.json"
    path.write_bytes(as_bytes(spoiled("indicator", "severe")))
    found = CliRunner().invoke(app, ["validate-cards", str(path)])
    assert found.exit_code == 1 and "cards[0].indicator" in found.output
    path.write_bytes(as_bytes({"cards": []}))
    assert CliRunner().invoke(app, ["validate-cards", str(path)]).exit_code == 0


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample records beside the repository")
@pytest.mark.parametrize(
    "name", ["spec-discovery-response", "spec-response-empty", "spec-feedback-accepted"]
)
def test_examples_of_the_specification_keep_its_rules(name: str) -> None:
    found = check((SAMPLES / f"{name}.json").read_bytes())
    assert [one for one in found if one.strength == "shall"] == []


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample records beside the repository")
def test_requests_of_others_are_answered() -> None:
    for name in (
        "spec-request-patient-view",
        "spec-request-order-sign-paginated-prefetch",
        "crd-kit-order-select-request",
    ):
        path = SAMPLES / f"{name}.json"
        try:
            body = json.loads(path.read_text())
        except ValueError:
            continue
        service = next(s.id for s in SERVICES if s.hook == body.get("hook"))
        status, said = ask(body, service)
        assert status in (200, 400, 412), said


def test_a_finding_names_its_place() -> None:
    assert check(b'{"cards": 1}')[0] == Broken(
        "cards", "a list is required; empty when there is nothing to say"
    )
