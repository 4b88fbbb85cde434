"""Every answer carries every security header, whatever was asked."""

import re

import pytest
from tests.functional.web.test_permissions import TABLE, address

HEADERS = {
    "Content-Security-Policy": r"default-src 'self'",
    "X-Content-Type-Options": r"^nosniff$",
    "X-Frame-Options": r"^DENY$",
    "Referrer-Policy": r"^same-origin$",
    "Cross-Origin-Opener-Policy": r"^same-origin$",
    "Cross-Origin-Resource-Policy": r"^same-origin$",
    "Cross-Origin-Embedder-Policy": r"^require-corp$",
    "Permissions-Policy": r"camera=\(\)",
    "Cache-Control": r".",
}
ELSEWHERE = ("/nowhere", "/static/consilium.css", "/static/nothing.css", "/plan?region=MARS")


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*map(address, sorted(TABLE)), *ELSEWHERE])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_answer_carries_the_headers(path, method, client_of):
    answer = client_of("anonymous").generic(method, path)
    for name, pattern in HEADERS.items():
        assert re.search(pattern, answer.headers.get(name, "")), (name, answer.headers.get(name))


@pytest.mark.django_db
def test_the_policy_allows_nothing_inline_and_nobody_else(client_of):
    policy = client_of("anonymous").get("/").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if rule.strip())
    assert not re.search(r"unsafe|data:|blob:|https?:|\*", policy)
    assert rules["default-src"] == rules["script-src"] == rules["style-src"] == "'self'"
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert rules[name] == "'none'"
    assert rules["form-action"] == "'self'"
