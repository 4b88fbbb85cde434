"""SMART App Launch 2.2: opened from the record, with PKCE, for one patient and one page.

Pure: addresses and forms in, addresses and forms out; whoever calls sends them. Scopes are
asked for in their first version unless a server says that it knows only the second, because
some servers name the second and honour the first.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec

from consilium.errors import ConsiliumError

READ = (
    "Patient",
    "Condition",
    "Observation",
    "MedicationRequest",
    "MedicationAdministration",
    "Procedure",
)


class LaunchError(ConsiliumError):
    """A launch that is not carried on."""


class Registered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record system at which the planner is registered."""

    iss: str
    client_id: str


class Server(NamedTuple):
    """Where a record system authorizes and gives tokens."""

    authorize: str
    token: str
    scopes: str


def registered(iss: str, known: Sequence[Registered]) -> Registered:
    """The registration at a record system.

    Raises ``LaunchError`` for one that the site has not listed.
    """
    for one in known:
        if one.iss.rstrip("/") == iss.rstrip("/"):
            return one
    raise LaunchError("this record system is not on the list of the site")


def server_of(configuration: object) -> Server:
    """What ``.well-known/smart-configuration`` says.

    Raises ``LaunchError`` when it lacks an address, or PKCE with SHA-256.
    """
    if not isinstance(configuration, Mapping):
        raise LaunchError("the record system does not say where it authorizes")
    methods = configuration.get("code_challenge_methods_supported", ["S256"])
    if not isinstance(methods, list) or "S256" not in methods:
        raise LaunchError("the record system does not support PKCE with SHA-256")
    found = []
    for name in ("authorization_endpoint", "token_endpoint"):
        address = configuration.get(name)
        if not isinstance(address, str) or not is_safe(address):
            raise LaunchError(f"the record system names no safe `{name}`")
        found.append(address)
    capabilities = configuration.get("capabilities", [])
    listed = capabilities if isinstance(capabilities, list) else []
    second = "permission-v2" in listed and "permission-v1" not in listed
    ending = "rs" if second else "read"
    wanted = " ".join(f"patient/{kind}.{ending}" for kind in READ)
    return Server(found[0], found[1], f"launch openid fhirUser {wanted}")


def is_safe(address: str) -> bool:
    """Whether an address is encrypted, or on this machine."""
    parts = urlsplit(address)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and local)


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636).

    >>> challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorize_address(
    server: Server, one: Registered, *, launch: str, state: str, verifier: str, back: str
) -> str:
    """Where the browser is sent to be authorized."""
    query = {
        "response_type": "code",
        "client_id": one.client_id,
        "redirect_uri": back,
        "scope": server.scopes,
        "state": state,
        "aud": one.iss,
        "launch": launch,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    mark = "&" if urlsplit(server.authorize).query else "?"
    return f"{server.authorize}{mark}{urlencode(query)}"


def token_form(one: Registered, *, code: str, verifier: str, back: str) -> dict[str, str]:
    """The form that turns a code into a token."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "client_id": one.client_id,
        "code_verifier": verifier,
    }


def granted(answer: object) -> tuple[str, str]:
    """The token and the patient that the record system gives.

    Raises ``LaunchError`` when one of them is missing.
    """
    if not isinstance(answer, Mapping):
        raise LaunchError("the record system gave no token")
    token, patient = answer.get("access_token"), answer.get("patient")
    if not isinstance(token, str) or not token:
        raise LaunchError("the record system gave no token")
    if not isinstance(patient, str) or not patient.replace("-", "").replace(".", "").isalnum():
        raise LaunchError("the record system named no patient")
    return token, patient
