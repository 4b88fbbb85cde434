"""Who calls: the signed tokens of clients, checked against what the site allows each of them.

CDS Hooks 2.0.1, `Trusting CDS Clients`. Every rule is per client: the issuer, the audiences
accepted for it, and where its keys come from. Nothing is taken from a token that its
signature does not cover, and no address in a token is ever followed unless the site listed it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jwt
import msgspec

from consilium.errors import ConsiliumError

ALGORITHMS = ("ES384", "RS384")
OPTIONAL = ("ES256", "RS256")
LONGEST_TOKEN = 8_000
_SKEW_SECONDS = 60
_OLDEST_SECONDS = 8 * 60
_LONGEST_JTI = 200


class TokenError(ConsiliumError):
    """A token that is refused; the text is the reason for the log, and names nobody."""


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client that the site trusts.

    ``audiences`` are accepted besides the address that was called; ``jku`` are the only
    addresses from which its keys are fetched, ``keys`` those that the site holds itself;
    ``servers`` are the only FHIR servers that the site asks with a token of this client.
    """

    name: str
    iss: str
    audiences: tuple[str, ...] = ()
    jku: tuple[str, ...] = ()
    keys: tuple[dict[str, object], ...] = ()
    algorithms: tuple[str, ...] = ALGORITHMS
    servers: tuple[str, ...] = ()


class Replays:
    """The tokens seen lately, so that none is used twice; bounded, the oldest go first."""

    def __init__(self, most: int = 100_000) -> None:
        self._seen: dict[tuple[str, str], float] = {}
        self._most = most

    def first(self, iss: str, jti: str, until: float, now: float) -> bool:
        """Whether a token is new; from then on it is not."""
        for key in [key for key, end in list(self._seen.items())[:50] if end < now]:
            del self._seen[key]
        if (iss, jti) in self._seen:
            return False
        if len(self._seen) >= self._most:
            del self._seen[next(iter(self._seen))]
        self._seen[iss, jti] = until
        return True


KeySet = Callable[[str], Sequence[Mapping[str, object]]]
"""The keys at an address that the site has listed; raises ``TokenError``."""


def caller(
    header: str,
    address: str,
    clients: Sequence[Client],
    *,
    now: float,
    replays: Replays,
    keys_at: KeySet,
) -> Client:
    """The client that signed the ``Authorization`` header of a call to an address.

    Raises ``TokenError`` with the reason for every token that is not whole, fresh, new,
    meant for this address, and signed by a key of a client whom the site trusts.
    """
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.casefold() != "bearer" or not token:
        raise TokenError("no bearer token was sent")
    if len(token) > LONGEST_TOKEN:
        raise TokenError("the token is too long")
    try:
        head = jwt.get_unverified_header(token)
        claimed = jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
        raise TokenError("the token is no JWT") from None
    algorithm = head.get("alg")
    client = next((one for one in clients if one.iss == claimed.get("iss")), None)
    if client is None:
        raise TokenError("the issuer is not on the list")
    accepted = [a for a in client.algorithms if a in (*ALGORITHMS, *OPTIONAL)]
    if algorithm not in accepted:
        raise TokenError("the algorithm is not accepted")
    if head.get("typ", "JWT") != "JWT":
        raise TokenError("the token is of another type than JWT")
    key = _key(head, client, keys_at)
    try:
        claims = jwt.decode(
            token,
            key=key,
            algorithms=accepted,
            audience=[address, *client.audiences],
            issuer=client.iss,
            leeway=_SKEW_SECONDS,
            options={
                "require": ["iss", "aud", "exp", "iat", "jti"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidAudienceError:
        raise TokenError("the audience is another address") from None
    except jwt.MissingRequiredClaimError as problem:
        raise TokenError(f"the claim `{problem.claim}` is missing") from None
    except jwt.InvalidSignatureError:
        raise TokenError("the signature is not that of a key of this client") from None
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise TokenError("the token is not valid") from None
    _check_times(claims, now)
    jti = claims["jti"]
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise TokenError("the claim `jti` is no short text")
    if not replays.first(client.iss, jti, float(claims["exp"]) + _SKEW_SECONDS, now):
        raise TokenError("the token was used before")
    return client


def _key(head: Mapping[str, object], client: Client, keys_at: KeySet) -> jwt.PyJWK:
    jku = head.get("jku")
    found: list[Mapping[str, object]] = list(client.keys)
    if jku is not None:
        if jku not in client.jku:
            raise TokenError("the address of its keys is not on the list of this client")
        found += keys_at(str(jku))
    elif not found:
        for listed in client.jku:
            found += keys_at(listed)
    wanted = head.get("kid")
    if not isinstance(wanted, str) or not wanted:
        raise TokenError("the token does not name its key")
    for candidate in found:
        if candidate.get("kid") == wanted and candidate.get("kty") in ("EC", "RSA"):
            try:
                return jwt.PyJWK(dict(candidate), algorithm=str(head["alg"]))
            except (jwt.InvalidTokenError, jwt.PyJWTError, ValueError, TypeError, KeyError):
                raise TokenError("the key does not fit the algorithm") from None
    raise TokenError("no key of this client has this name")


def _check_times(claims: Mapping[str, object], now: float) -> None:
    times = {name: claims.get(name) for name in ("exp", "iat", "nbf")}
    for name, value in times.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise TokenError(f"the claim `{name}` is no time")
    expires, issued, begins = (times[name] for name in ("exp", "iat", "nbf"))
    assert isinstance(expires, int | float) and isinstance(issued, int | float)
    if expires + _SKEW_SECONDS < now:
        raise TokenError("the token has expired")
    if issued > now + _SKEW_SECONDS:
        raise TokenError("the token was issued in the future")
    if issued + _OLDEST_SECONDS < now:
        raise TokenError("the token was issued too long ago")
    if isinstance(begins, int | float) and begins > now + _SKEW_SECONDS:
        raise TokenError("the token is not valid yet")
