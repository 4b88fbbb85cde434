"""Who may ask for what: every address, every role, every method. A new address needs its row."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

ROLES = ("anonymous", "learner", "faculty", "author", "editor", "administrator")
"""Accounts add theirs here and to ``client_of``."""

METHODS = ("GET", "POST", "PUT", "DELETE")

SIGN_IN = 302
"""Who is not signed in is led to where one signs in."""
DESK = ("author", "editor", "administrator")


def only(status: int, *roles: str) -> dict[str, int]:
    """These roles get an answer, other members are refused, visitors are asked to sign in."""
    return {role: status if role in roles else 403 for role in ROLES} | {"anonymous": SIGN_IN}


def members(status: int) -> dict[str, int]:
    """Whoever is signed in gets an answer."""
    return only(status, *ROLES)


# route: {method: status, or {role: status}}; a method that is not named is refused with 405.
# A POST here sends an empty form; that a token is asked for is another test.
TABLE: dict[str, dict[str, int | dict[str, int]]] = {
    "": {"GET": 200},
    "plan": {"GET": 200, "POST": 200},
    "activities/": {"GET": 200},
    "activities/certificates/<slug:code>": {"GET": 404},
    "activities/certificates/<slug:code>/pdf": {"GET": 404},
    "activities/<slug:activity>/": {"GET": 200},
    "activities/<slug:activity>/disclosures": {"GET": 200},
    "activities/<slug:activity>/read": {"GET": 200},
    "activities/<slug:activity>/questions/<slug:question>": {"GET": 200},
    "activities/<slug:activity>/cases/<slug:case>": {"GET": 200, "POST": 422},
    "activities/<slug:activity>/thoughts": {"GET": 200},
    "activities/<slug:activity>/polls/<slug:poll>": {"POST": members(422)},
    "activities/<slug:activity>/comments": {"POST": members(422)},
    "activities/<slug:activity>/comments/<int:comment>": {"POST": members(422)},
    "activities/<slug:activity>/comments/<int:comment>/report": {"POST": members(404)},
    "activities/<slug:activity>/comments/<int:comment>/answer": {"POST": only(404, "faculty")},
    "activities/permissions": {"POST": members(422)},
    "activities/<slug:activity>/report.<slug:form>": {"GET": only(200, "administrator")},
    "activities/transcript": {"GET": members(200)},
    "activities/<slug:activity>/before": {"GET": 200, "POST": {**members(422), "anonymous": 403}},
    "activities/<slug:activity>/test": {"GET": 200, "POST": {**members(422), "anonymous": 403}},
    "activities/<slug:activity>/test/<int:number>": {"GET": members(404)},
    "activities/<slug:activity>/evaluation": {
        "GET": 200,
        "POST": {**members(422), "anonymous": 403},
    },
    "activities/<slug:activity>/done": {"GET": 200},
    "activities/<slug:activity>/certificate": {"POST": members(409)},
    "activities/<slug:activity>/outcomes": {"GET": only(200, "faculty", *DESK)},
    "activities/<slug:activity>/outcomes.<slug:form>": {"GET": only(200, "faculty", *DESK)},
    "activities/<slug:activity>/learning.<slug:form>": {"GET": only(200, "faculty", *DESK)},
    "activities/<slug:activity>/step": {"POST": 422},
    "activities/<slug:activity>/cite/<slug:form>": {"GET": {**members(404), "anonymous": 404}},
    "account/": {"GET": members(200), "POST": members(302)},
    "account/join": {"GET": 200, "POST": 422},
    "account/sign-in": {"GET": 200, "POST": 422},
    "account/sign-out": {"POST": 302},
    "account/second-factor": {"GET": members(200), "POST": members(422)},
    "account/record.json": {"GET": members(200)},
    "account/leave": {"POST": members(302)},
    "account/desk/": {"GET": only(200, *DESK)},
    "account/desk/moderate": {"POST": only(422, "editor", "administrator")},
    "account/desk/roles": {"POST": only(422, "administrator")},
    "account/desk/learners.csv": {"GET": only(200, "administrator")},
    "account/desk/statements.json": {"GET": only(200, "administrator")},
    "account/desk/audit.json": {"GET": only(200, "administrator")},
    "account/desk/editions": {"POST": only(422, *DESK)},
    "account/desk/editions/<int:number>": {
        "GET": only(404, *DESK),
        "POST": only(404, "editor", "administrator"),
    },
    "plan/live": {"POST": 200},
    "plan/everything": {"POST": 422},
    "plan/sequences": {"POST": 422},
    "plan/print": {"POST": 422},
    "plan/pdf": {"POST": 422},
    "plan/chart": {"POST": 422},
    "plan/case": {"POST": {**members(422), "anonymous": 403}},
    "plan/care": {"POST": 422},
    "plan/import": {"GET": 200, "POST": 422},
    "compare": {"GET": 200},
    "simulate": {"GET": 200, "POST": 200},
    "evidence/": {"GET": 200},
    "evidence/changes": {"GET": 200},
    "evidence/<slug:kind>": {"GET": 200},
    "evidence/<slug:kind>/<slug:name>": {"GET": 200},
    "evidence/<slug:kind>/<slug:name>/<slug:slot>": {"GET": 200},
    "evidence/trials/<slug:name>.png": {"GET": 200},
    "evidence/drugs/<slug:name>.png": {"GET": 200},
    "evidence/trials/<slug:name>/fit": {"GET": 200, "POST": 200},
    "s/<slug:name>": {"GET": 200},
    "api/docs": {"GET": 200},
    "api/v1/": dict.fromkeys(METHODS, 404),
    "api/v1/openapi.json": {"GET": 200},
    "api/v1/plan": {"POST": 415},
    "api/v1/ask": {"POST": 415},
    "api/v1/care": {"POST": 415},
    "api/v1/compare": {"POST": 415},
    "api/v1/simulate": {"POST": 415},
    "ask/": {"GET": 200, "POST": 200},
    "api/v1/editions": {"GET": 200},
    "api/v1/evidence/<kind>": {"GET": 200},
    "api/v1/evidence/<kind>/<name>": {"GET": 200},
    "cds-services": {"GET": 401},
    "cds-services/<slug:name>": {"POST": 401},
    "cds-services/<slug:name>/feedback": {"POST": 401},
    "launch": {"GET": 403},
    "launch/callback": {"GET": 403},
    "api/v1/statements/<name>": {"GET": 200},
    "api/v1/changes": {"GET": 400},
    "shortcuts": {"GET": 200, "POST": 302},
    "healthz": {"GET": 200},
    "readyz": {"GET": 200},
}
_ACTIVITY = "activities/<slug:activity>/"
_IN_AN_ACTIVITY = {
    "activity": "trop2-roles-2026",
    "question": "parp-or-adc",
    "case": "gbrca-low-volume-symptomatic",
    "poll": "likelihood-now",
    "comment": "1",
    "number": "1",
    "form": "csv",
}
EXAMPLES: dict[str, dict[str, str]] = {
    route: _IN_AN_ACTIVITY for route in TABLE if route.startswith(_ACTIVITY)
} | {
    "evidence/<slug:kind>": {"kind": "positions"},
    "evidence/<slug:kind>/<slug:name>": {"kind": "drugs", "name": "olaparib"},
    "evidence/<slug:kind>/<slug:name>/<slug:slot>": {
        "kind": "drugs",
        "name": "sacituzumab-govitecan",
        "slot": "whole",
    },
    "evidence/trials/<slug:name>.png": {"name": "ascent-03"},
    "evidence/drugs/<slug:name>.png": {"name": "olaparib"},
    "evidence/trials/<slug:name>/fit": {"name": "ascent-03"},
    "s/<slug:name>": {"name": "ascent-03-pfs-bicr"},
    "cds-services/<slug:name>": {"name": "consilium-plan"},
    "cds-services/<slug:name>/feedback": {"name": "consilium-plan"},
    "api/v1/statements/<name>": {"name": "ascent-03-pfs-bicr"},
    "api/v1/evidence/<kind>": {"kind": "trials"},
    "api/v1/evidence/<kind>/<name>": {"kind": "trials", "name": "ascent-03"},
    "activities/certificates/<slug:code>": {"code": "nobody"},
    "activities/certificates/<slug:code>/pdf": {"code": "nobody"},
    "account/desk/editions/<int:number>": {"number": "1"},
}
"""For a route with arguments: the arguments it is tried with."""


def routes(patterns=None, prefix: str = "") -> list[str]:
    """Every route of the site."""
    found = []
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            found.append(route)
    return found


def address(route: str) -> str:
    path = route
    for name, value in EXAMPLES.get(route, {}).items():
        for kind in ("str", "slug", "int", "path", "uuid"):
            path = path.replace(f"<{kind}:{name}>", value)
        path = path.replace(f"<{name}>", value)
    assert "<" not in path, f"{route} needs a row in EXAMPLES"
    return "/" + path


def test_every_address_has_a_row_and_every_row_an_address():
    assert sorted(TABLE) == sorted(set(routes()))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", sorted(TABLE))
def test_a_role_gets_what_the_table_says(route, role, client_of):
    client = client_of(role)
    got = {}
    for method in METHODS:
        got[method] = client.generic(method, address(route)).status_code
    wanted = {}
    for method in METHODS:
        answer = TABLE[route].get(method, 405)
        wanted[method] = answer if isinstance(answer, int) else answer[role]
    assert got == wanted


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(TABLE))
def test_whoever_may_read_may_ask_for_the_head_alone(route, client_of):
    client = client_of("anonymous")
    head, read = (client.generic(method, address(route)) for method in ("HEAD", "GET"))
    assert head.status_code == read.status_code
    assert head.content == b""
