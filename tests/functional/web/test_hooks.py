"""CDS Hooks and the SMART launch over the wire, with a record system of our own making."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from tests.functional.hooks.test_tokens import ISS, JKU, client, token
from tests.support.records import as_bytes, prefetch, request, searchset

from consilium.fhir.hooks.conformance import check
from consilium.fhir.hooks.requests import FetchError
from consilium.fhir.hooks.services import PATIENT, PREFETCH
from consilium.fhir.smart import Registered, challenge
from consilium.web.hooks import fetching, launching, trust, views
from consilium.web.hooks.models import CardFeedback

BASE = "https://here.example"
EHR = "https://ehr.example/fhir"
PLAN = "/cds-services/consilium-plan"
JSON = "application/json"


@pytest.fixture
def open_site(db, settings):
    """The site as it is without a file, asked from this machine."""
    trust.trust.cache_clear()
    settings.ALLOWED_HOSTS = ["*"]
    yield Browser(SERVER_NAME="localhost")
    trust.trust.cache_clear()


@pytest.fixture
def guarded(db, settings, tmp_path):
    """A site that trusts one client, one origin and one record system."""
    said = trust.Trust(
        clients=(msgspec.structs.replace(client(), servers=(EHR,)),),
        origins=("https://ehr.example",),
        launchers=(Registered(EHR, "consilium-client"),),
        base=BASE,
    )
    path = tmp_path / "hooks.json"
    path.write_bytes(msgspec.json.encode(said))
    settings.HOOKS_FILE = str(path)
    settings.ALLOWED_HOSTS = ["*"]
    trust.trust.cache_clear()
    yield Browser(SERVER_NAME="localhost")
    trust.trust.cache_clear()


def bearer(path: str, **changed: object) -> dict[str, str]:
    now = time.time()
    claims = {"aud": BASE + path, "iat": now, "exp": now + 300, "jti": f"{path}{now}"} | changed
    return {"Authorization": f"Bearer {token(**claims)}"}


def test_from_this_machine_without_a_file_no_token_is_asked_for(open_site):
    found = open_site.get("/cds-services")
    assert found.status_code == 200 and found.headers["Content-Type"] == JSON
    assert check(found.content) == []
    said = open_site.post(PLAN, as_bytes(request()), content_type=JSON)
    assert said.status_code == 200 and check(said.content) == []


@pytest.mark.parametrize(
    "extra",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"HTTP_X_FORWARDED_FOR": "10.0.0.7"},
        {"HTTP_HOST": "planner.example"},
    ],
)
def test_from_anywhere_else_one_is(open_site, extra):
    found = open_site.get("/cds-services", **extra)
    assert found.status_code == 401
    assert found.json()["resourceType"] == "OperationOutcome"


def test_a_trusted_client_is_answered_on_every_address(guarded):
    assert guarded.get("/cds-services", headers=bearer("/cds-services")).status_code == 200
    assert (
        guarded.post(PLAN, as_bytes(request()), content_type=JSON, headers=bearer(PLAN)).status_code
        == 200
    )


def test_others_are_not_and_the_log_says_why(guarded, caplog):
    import logging

    logging.getLogger("consilium").propagate = True
    try:
        body = as_bytes(request())
        assert guarded.post(PLAN, body, content_type=JSON).status_code == 401
        assert (
            guarded.post(PLAN, body, content_type=JSON, headers=bearer("/cds-services")).status_code
            == 401
        )
        replayed = bearer(PLAN)
        assert guarded.post(PLAN, body, content_type=JSON, headers=replayed).status_code == 200
        assert guarded.post(PLAN, body, content_type=JSON, headers=replayed).status_code == 401
    finally:
        logging.getLogger("consilium").propagate = False
    reasons = [r.said["why"] for r in caplog.records if "why" in getattr(r, "said", {})]
    assert list(dict.fromkeys(reasons)) == [
        "no bearer token was sent",
        "the audience is another address",
        "the token was used before",
    ]


def test_browsers_of_listed_origins_may_call(guarded):
    asked = {"Origin": "https://ehr.example", "Access-Control-Request-Method": "POST"}
    answer = guarded.options(PLAN, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://ehr.example"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    other = guarded.options(PLAN, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_missing_data_is_412_and_says_which(open_site):
    answer = open_site.post(PLAN, as_bytes(request(prefetch={})), content_type=JSON)
    assert answer.status_code == 412
    assert answer.headers["Content-Type"] == "application/fhir+json"
    assert "conditions" in answer.json()["issue"][0]["diagnostics"]


def test_feedback_is_stored_without_identifiers(open_site):
    said = {
        "feedback": [
            {
                "card": "c",
                "outcome": "overridden",
                "outcomeTimestamp": "2026-11-20T10:00:00Z",
                "overrideReason": {"reason": {"code": "weighed"}, "userComment": "Mrs X"},
            }
        ]
    }
    assert open_site.post(f"{PLAN}/feedback", as_bytes(said), content_type=JSON).status_code == 200
    (kept,) = CardFeedback.objects.all()
    assert (kept.service, kept.outcome, kept.reason, str(kept.on)) == (
        "consilium-plan",
        "overridden",
        "weighed",
        "2026-11-20",
    )
    assert open_site.post(f"{PLAN}/feedback", b"{}", content_type=JSON).status_code == 400


# --- what was not sent along is fetched ---------------------------------------------------------------


class Server:
    """The FHIR server of a client: the queries of one patient, and whatever else it does."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, httpx.Response] = {}

    def __call__(self, asked: httpx.Request) -> httpx.Response:
        address = str(asked.url)
        self.asked.append(address)
        assert asked.headers["Authorization"] == "Bearer secret-token"
        for part, answer in self.answers.items():
            if part in address:
                return answer
        kind = asked.url.path.removeprefix("/fhir/").split("/")[0]
        key = next(key for key, query in PREFETCH.items() if query.startswith(kind))
        found = prefetch()[key]
        return httpx.Response(200, json=found if found is not None else searchset())


@pytest.fixture
def server(monkeypatch):
    """A server that a client may name, in place of the network."""
    found = Server()
    monkeypatch.setattr(
        views,
        "http",
        lambda: httpx.Client(transport=httpx.MockTransport(found), follow_redirects=False),
    )
    return found


AUTHORIZATION = {"access_token": "secret-token", "token_type": "Bearer", "patient": "p1"}


def call(browser: Browser, sent: object, **changed: object) -> HttpResponse:
    more = {"fhirServer": EHR, "fhirAuthorization": AUTHORIZATION} | changed
    body = request(prefetch=sent, **more)
    return browser.post(PLAN, as_bytes(body), content_type=JSON, headers=bearer(PLAN))


def card_of(answer: HttpResponse) -> dict[str, object]:
    assert answer.status_code == 200, answer.content
    assert check(answer.content) == []
    (card,) = answer.json()["cards"]
    return card


def test_all_is_sent_along_and_nothing_is_fetched(guarded, server):
    assert card_of(call(guarded, prefetch() | {"genomics": searchset()}))
    assert server.asked == []


def test_nothing_is_sent_along_and_all_is_fetched(guarded, server):
    whole = card_of(call(guarded, prefetch()))
    fetched = card_of(call(guarded, None))
    assert fetched["summary"] == whole["summary"]
    assert len(server.asked) == len(PREFETCH)
    assert all(address.startswith(f"{EHR}/") for address in server.asked)


def test_what_is_sent_along_is_used_and_the_rest_is_fetched(guarded, server):
    sent = {key: value for key, value in prefetch().items() if key != "conditions"}
    assert card_of(call(guarded, sent)) == card_of(call(guarded, prefetch()))
    assert [urlsplit(address).path for address in server.asked] == ["/fhir/Condition"]


def test_null_is_an_answer_and_is_not_asked_again(guarded, server):
    card_of(call(guarded, prefetch() | {"medRequests": None}))
    assert server.asked == []


def test_a_query_that_failed_is_asked_again(guarded, server):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]}
    assert "failed" not in card_of(call(guarded, prefetch() | {"labs": outcome}))["detail"]
    assert len(server.asked) == 1
    server.answers["Observation"] = httpx.Response(500)
    assert "`labs` failed" in card_of(call(guarded, prefetch() | {"labs": outcome}))["detail"]


def test_the_other_pages_of_what_was_sent_are_fetched(guarded, server):
    first, second = (searchset(e["resource"]) for e in prefetch()["conditions"]["entry"])
    first["link"] = [{"relation": "next", "url": f"{EHR}/Condition?page=2"}]
    server.answers["page=2"] = httpx.Response(200, json=second)
    assert card_of(call(guarded, prefetch() | {"conditions": first}))
    assert server.asked == [f"{EHR}/Condition?page=2"]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/fhir/Condition?page=2",
        "http://ehr.example/fhir/Condition?page=2",
        "https://ehr.example/admin",
        "https://ehr.example/fhir/../admin",
        "https://ehr.example:8443/fhir/Condition",
        "https://ehr.example@evil.example/fhir/Condition",
    ],
)
def test_no_address_is_followed_away_from_the_server(guarded, server, address):
    sent = prefetch()
    sent["conditions"]["link"] = [{"relation": "next", "url": address}]
    assert "`conditions` was cut short" in card_of(call(guarded, sent))["detail"]
    assert server.asked == []


@pytest.mark.parametrize(
    "other", ["https://evil.example/fhir", "http://ehr.example/fhir", "https://ehr.example"]
)
def test_a_server_that_the_site_has_not_listed_is_never_asked(guarded, server, caplog, other):
    answer = call(guarded, None, fhirServer=other)
    assert answer.status_code == 412
    assert server.asked == []
    assert "not on the list" in str([vars(record).get("said") for record in caplog.records])
    assert "secret-token" not in caplog.text + str([vars(r) for r in caplog.records])


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401),
        httpx.Response(302, headers={"Location": "https://evil.example/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, json=[1]),
        httpx.Response(200, content=b" " * (fetching.MOST_BYTES_OF_ONE + 1)),
    ],
    ids=["refused", "elsewhere", "no JSON", "deep", "a list", "too much"],
)
def test_data_that_cannot_be_fetched_is_412(guarded, server, answer):
    server.answers["Condition"] = answer
    sent = {key: value for key, value in prefetch().items() if key != "conditions"}
    refused = call(guarded, sent)
    assert refused.status_code == 412
    assert "could not be fetched" in refused.json()["issue"][0]["diagnostics"]


def test_a_server_that_drips_is_left(monkeypatch):
    moments = iter(range(0, 1000, 5))
    monkeypatch.setattr(fetching, "monotonic", lambda: float(next(moments)))
    slow = httpx.MockTransport(lambda asked: httpx.Response(200, content=iter([b"{", b"}"])))
    reader = fetching.Reader(httpx.Client(transport=slow), EHR, "t")
    with pytest.raises(FetchError, match="too slow"):
        reader("Condition")


def test_from_this_machine_nothing_is_fetched(open_site, server):
    body = request(prefetch=None, fhirServer=EHR, fhirAuthorization=AUTHORIZATION)
    assert open_site.post(PLAN, as_bytes(body), content_type=JSON).status_code == 412
    assert server.asked == []


# --- the launch -------------------------------------------------------------------------------------


class Record:
    """A record system: configuration, tokens, and the queries of one patient."""

    def __init__(self, **configuration: object) -> None:
        self.configuration = {
            "authorization_endpoint": "https://ehr.example/authorize",
            "token_endpoint": "https://ehr.example/token",
            "code_challenge_methods_supported": ["S256"],
            "capabilities": ["permission-v1", "permission-v2"],
        } | configuration
        self.form: dict[str, list[str]] = {}
        self.asked: list[str] = []

    def __call__(self, asked: httpx.Request) -> httpx.Response:
        address = str(asked.url)
        if address.endswith("smart-configuration"):
            return httpx.Response(200, json=self.configuration)
        if address.endswith("/token"):
            self.form = parse_qs(asked.content.decode())
            return httpx.Response(200, json={"access_token": "t", "patient": "p1"})
        assert asked.headers["Authorization"] == "Bearer t"
        self.asked.append(address)
        for key, query in PREFETCH.items():
            if (
                address.replace("%7C", "|")
                .replace("%3A", ":")
                .endswith(query.replace(PATIENT, "p1").split("&code")[0].split("?")[0])
                or query.split("?")[0] in address
            ):
                found = prefetch()[key]
                return httpx.Response(200, json=found if found is not None else searchset())
        return httpx.Response(404)


@pytest.fixture
def record(monkeypatch):
    system = Record()
    monkeypatch.setattr(
        launching, "http", lambda: httpx.Client(transport=httpx.MockTransport(system))
    )
    return system


def begin(browser: Browser, iss: str = EHR) -> dict[str, str]:
    answer = browser.get("/launch", {"iss": iss, "launch": "xyz"})
    assert answer.status_code == 302
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def test_the_planner_opens_with_the_facts_filled_in(guarded, record):
    sent = begin(guarded)
    assert sent["aud"] == EHR and sent["launch"] == "xyz" and sent["response_type"] == "code"
    assert sent["code_challenge_method"] == "S256"
    assert sent["redirect_uri"] == f"{BASE}/launch/callback"
    assert "patient/Condition.read" in sent["scope"]
    page = guarded.get("/launch/callback", {"code": "c", "state": sent["state"]})
    assert page.status_code == 200
    assert challenge(record.form["code_verifier"][0]) == sent["code_challenge"]
    assert b'value="1+"' in page.content and b"her2_ihc" in page.content
    cookies = guarded.cookies["consilium-launch"]
    assert cookies.value == ""  # dropped
    assert "t" not in [c.value for c in guarded.cookies.values()]


def test_scopes_of_the_second_version_where_only_that_is_known(guarded, record):
    record.configuration["capabilities"] = ["permission-v2"]
    assert "patient/Condition.rs" in begin(guarded)["scope"]


@pytest.mark.parametrize("iss", ["https://evil.example/fhir", "", "http://ehr.example/fhir"])
def test_a_record_system_that_is_not_listed_cannot_launch(guarded, record, iss):
    assert guarded.get("/launch", {"iss": iss, "launch": "x"}).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"authorization_endpoint": "http://ehr.example/a"},
        {"token_endpoint": None},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_a_record_system_that_is_not_safe_cannot_launch(guarded, record, change):
    record.configuration |= change
    assert guarded.get("/launch", {"iss": EHR, "launch": "x"}).status_code == 403


def test_an_answer_to_another_launch_is_refused(guarded, record):
    begin(guarded)
    assert guarded.get("/launch/callback", {"code": "c", "state": "other"}).status_code == 403
    assert (
        Browser(SERVER_NAME="localhost")
        .get("/launch/callback", {"code": "c", "state": "x"})
        .status_code
        == 403
    )
    assert record.form == {}


def test_keys_are_fetched_from_listed_addresses_only(guarded, monkeypatch):
    asked = []
    monkeypatch.setattr(
        trust.httpx,
        "get",
        lambda address, **_: (
            asked.append(address) or httpx.Response(404, request=httpx.Request("GET", address))
        ),
    )
    for jku in ("https://evil.example/jwks", JKU):
        now = time.time()
        said = token(
            head={"jku": jku, "kid": "other"},
            iss=ISS,
            aud=BASE + PLAN,
            iat=now,
            exp=now + 60,
            jti=jku,
        )
        guarded.post(
            PLAN,
            as_bytes(request()),
            content_type=JSON,
            headers={"Authorization": f"Bearer {said}"},
        )
    assert asked == [JKU]
