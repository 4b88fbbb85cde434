"""Tokens of a mock client: the good one is taken, every hostile one is refused with its reason."""

from __future__ import annotations

from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from consilium.fhir.hooks.tokens import Client, Replays, TokenError, caller

NOW = 1_800_000_000.0
HERE = "https://here.example/cds-services/consilium-plan"
ISS, JKU = "https://ehr.example", "https://ehr.example/jwks"


@cache
def keys() -> dict[str, Any]:
    return {
        "ES384": ec.generate_private_key(ec.SECP384R1()),
        "RS384": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "foreign": ec.generate_private_key(ec.SECP384R1()),
    }


@cache
def public(name: str) -> dict[str, object]:
    key = keys()[name].public_key()
    kind = jwt.algorithms.ECAlgorithm if name != "RS384" else jwt.algorithms.RSAAlgorithm
    return {**kind.to_jwk(key, as_dict=True), "kid": name}


def client(**changed: Any) -> Client:
    said = {"name": "mock", "iss": ISS, "jku": (JKU,), "keys": (public("ES384"), public("RS384"))}
    return Client(**(said | changed))


def token(
    alg: str = "ES384", key: Any = None, head: dict[str, Any] | None = None, **changed: Any
) -> str:
    claims = {"iss": ISS, "aud": HERE, "iat": NOW, "exp": NOW + 300, "jti": "one"} | changed
    claims = {k: v for k, v in claims.items() if v is not None}
    headers = {"kid": alg, "typ": "JWT"} | (head or {})
    headers = {k: v for k, v in headers.items() if v is not None}
    return jwt.encode(
        claims, key if key is not None else keys()[alg], algorithm=alg, headers=headers
    )


def no_keys(address: str) -> list[dict[str, object]]:
    raise AssertionError(f"{address} was asked for keys")


def take(
    said: str, who: Client | None = None, replays: Replays | None = None, keys_at: Any = no_keys
) -> Client:
    return caller(
        f"Bearer {said}",
        HERE,
        [who or client()],
        now=NOW,
        replays=replays or Replays(),
        keys_at=keys_at,
    )


@pytest.mark.parametrize("alg", ["ES384", "RS384"])
def test_a_good_token_is_taken(alg: str) -> None:
    assert take(token(alg)).name == "mock"
    assert take(token(alg, aud=["https://other.example", HERE])).name == "mock"


def test_what_a_client_is_known_to_send_can_be_allowed() -> None:
    assert take(token(aud="typed-in-by-the-site"), client(audiences=("typed-in-by-the-site",)))
    assert take(token(nbf=NOW, sub="x"))


def test_keys_at_a_listed_address_are_fetched() -> None:
    asked = []

    def keys_at(address: str) -> list[dict[str, object]]:
        asked.append(address)
        return [public("ES384")]

    assert take(token(head={"jku": JKU}), client(keys=()), keys_at=keys_at)
    assert asked == [JKU]


def mac() -> str:
    pem = (
        keys()["RS384"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    secret = pem.replace(b"-----BEGIN PUBLIC KEY-----", b"secret")
    return token("HS384", key=secret, head={"kid": "RS384"})


HOSTILE = {
    "none": lambda: token("none", key="", head={"kid": "ES384"}),
    "hmac": mac,
    "another audience": lambda: token(aud="https://here.example/cds-services/other"),
    "no audience": lambda: token(aud=None),
    "expired": lambda: token(exp=NOW - 120, iat=NOW - 300),
    "no expiry": lambda: token(exp=None),
    "issued long ago": lambda: token(iat=NOW - 3600),
    "from the future": lambda: token(iat=NOW + 3600, exp=NOW + 7200),
    "not valid yet": lambda: token(nbf=NOW + 3600),
    "no issue": lambda: token(iat=None),
    "no name of its own": lambda: token(jti=None),
    "a name without end": lambda: token(jti="x" * 1000),
    "foreign issuer": lambda: token(iss="https://evil.example"),
    "no issuer": lambda: token(iss=None),
    "foreign key": lambda: token(key=keys()["foreign"]),
    "foreign key address": lambda: token(
        key=keys()["foreign"], head={"jku": "https://evil.example/jwks"}
    ),
    "no key name": lambda: token(head={"kid": None}),
    "unknown key name": lambda: token(head={"kid": "other"}),
    "key of another kind": lambda: token("ES384", head={"kid": "RS384"}),
    "another type": lambda: token(head={"typ": "at+jwt"}),
    "a key in the header": lambda: token(
        key=keys()["foreign"], head={"jwk": {"kty": "EC"}, "kid": "x"}
    ),
    "not a token": lambda: "a.b.c",
    "nothing": lambda: "",
    "without end": lambda: "x" * 100_000,
    "text for a time": lambda: token(exp="tomorrow"),
}


@pytest.mark.parametrize("row", HOSTILE)
def test_hostile_tokens_are_refused_with_a_reason(row: str) -> None:
    try:
        said = HOSTILE[row]()
    except (TypeError, jwt.PyJWTError):
        pytest.fail(f"the hostile token `{row}` could not be made")
    with pytest.raises(TokenError) as refused:
        take(said)
    assert str(refused.value)


def test_a_token_is_used_once() -> None:
    replays, said = Replays(), token()
    take(said, replays=replays)
    with pytest.raises(TokenError, match="used before"):
        take(said, replays=replays)


def test_what_is_remembered_is_bounded() -> None:
    replays = Replays(most=10)
    assert all(replays.first(ISS, str(n), NOW + 60, NOW) for n in range(1000))
    assert len(replays._seen) <= 10


def test_an_altered_token_is_refused() -> None:
    head, _, signature = token().split(".")
    other = token(sub="somebody else").split(".")[1]
    with pytest.raises(TokenError, match="signature"):
        take(f"{head}.{other}.{signature}")


def test_the_scheme_is_bearer() -> None:
    with pytest.raises(TokenError):
        caller(f"Basic {token()}", HERE, [client()], now=NOW, replays=Replays(), keys_at=no_keys)
