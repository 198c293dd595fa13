"""The OpenID Connect relying party: sends a browser to the provider and learns from it who came back.

Authorization code flow with PKCE, state and nonce. Only a signed ID token says who somebody is; whatever else happens
is an OidcError, whose text is fit for the log.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import secrets
import time
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, TypeGuard
from urllib.parse import parse_qsl

import httpx
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ClaimError, JoseError
from joserfc.jwk import ECKey, RSAKey

with warnings.catch_warnings():
    # Authlib would rather have httpx2 and says so on import; this project has one HTTP client, and it is httpx
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError

log = logging.getLogger(__name__)
Key = RSAKey | ECKey
TIMEOUT_S = 10.0
LEEWAY_S = 60
KEPT_S = 3600.0  # a key that the provider has withdrawn is trusted no longer than this
LARGEST_ANSWER = 262_144
LONGEST_QUERY = 8_192
LONGEST_NAME = 255
SHORTEST_MODULUS = 342  # 2048 bits in base64url
KEY_TYPES: Mapping[str, type[Key]] = MappingProxyType({"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey})
KEY_VALUES = ("kty", "n", "e", "crv", "x", "y")
# unknown header parameters are to be ignored (RFC 7515, section 4); those named by "crit" are refused all the same
SIGNATURES = jws.JWSRegistry(algorithms=list(KEY_TYPES), strict_check_header=False)
# codes of errors are as long as secrets, but have neither capitals nor digits
LOOKS_SECRET = re.compile(r"(?=[\w.~+/=-]*[0-9A-Z])[\w.~+/=-]{24,}", re.ASCII)
# what the libraries raise for JSON and tokens of the wrong shape, besides errors of their own
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


class OidcError(ValueError):
    """What was wrong, as a sentence for the log; holds neither secrets nor tokens."""


@dataclass(frozen=True, slots=True)
class OidcConfig:
    """The provider as its administrator names it. ``claim`` names the local account; no secret: a public client."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = "preferred_username"
    scopes: str = "openid profile"


@dataclass(frozen=True, slots=True)
class Pending:
    """What must be remembered, unreadable for others, while the browser is at the provider."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str
    next: str

    def as_json(self) -> str:
        """Itself as text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Pending:
        """What ``as_json`` gave; OidcError for anything else."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or found.keys() != {f.name for f in fields(cls)}:
            raise OidcError("what was remembered of this login cannot be read")
        if not all(isinstance(value, str) and (value or name == "next") for name, value in found.items()):
            raise OidcError("what was remembered of this login is incomplete")
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Identified:
    """Who the provider says it is: ``subject`` is never given to another person, ``login`` may be."""

    subject: str
    login: str


@dataclass(frozen=True, slots=True)
class _Discovered:
    authorization: str
    token: str
    keys: str
    auth_method: str
    names_itself: bool


class Provider:
    """One provider, asked when somebody logs in. OidcError for a configuration that cannot work."""

    def __init__(self, config: OidcConfig, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._config, self._transport = config, transport
        issuer = httpx.URL(_address("configured issuer", config.issuer, plain=True))
        self._plain = issuer.scheme == "http"
        if self._plain and issuer.host not in {"localhost", "127.0.0.1", "::1"}:
            log.warning("the issuer %s has no TLS: whoever is on the way can log in as anybody", config.issuer)
        named = config.client_id + config.client_secret
        if not config.client_id or not named.isascii() or not named.isprintable():
            raise OidcError("the client id or its secret is empty or not plain ASCII (RFC 6749, appendix A)")
        if issuer.query or not config.claim or "openid" not in config.scopes.split():
            raise OidcError("the issuer has a query, the claim is empty, or 'openid' is not among the scopes")
        # once, because reading the authorities takes tens of ms
        self._tls = httpx.create_ssl_context() if transport is None else True
        self._discovered: _Discovered | None = None
        self._keys: list[dict[str, Any]] | None = None
        self._discovered_at = self._keys_at = 0.0

    async def begin(self, redirect_uri: str, next_address: str) -> tuple[str, Pending]:
        """The address to send the browser to, and what to remember until it comes back."""
        discovered = await self._discover()
        pending = Pending(
            state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), code_verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri, next=next_address,
        )  # fmt: skip
        async with self._client(discovered) as client:
            address, _ = client.create_authorization_url(
                discovered.authorization, state=pending.state, nonce=pending.nonce,
                code_verifier=pending.code_verifier, redirect_uri=redirect_uri,
            )  # fmt: skip
        return str(address), pending

    async def finish(self, pending: Pending, query: str) -> Identified:
        """Who came back with this query string; OidcError for everybody who did not come from ``begin``."""
        answer = self._answer(pending, query)
        discovered = await self._discover()
        if discovered.names_itself and "iss" not in answer:
            raise OidcError("the callback does not name its issuer, and this provider says that it always does")
        token = await self._exchange(discovered, answer["code"], pending)
        key = await self._key(discovered, *_header(token))
        return self._identified(self._claims(token, key, pending.nonce))

    def _answer(self, pending: Pending, query: str) -> dict[str, str]:
        answer = _parameters(query)
        told = ""
        if "error" in answer:
            told = f"the provider answered {self._told(answer['error'], answer.get('error_description'))}"
        state = answer.get("state", "")
        if not state or not hmac.compare_digest(*(s.encode("utf-8", "replace") for s in (state, pending.state))):
            what = "is not the one that was sent" if state else "is missing"
            raise OidcError(f"the state of the callback {what}{told and '; ' + told}")
        if told:
            raise OidcError(told)
        if answer.get("iss", self._config.issuer) != self._config.issuer:
            raise OidcError(f"the callback is of the issuer {_shown(answer['iss'])}, not of {self._config.issuer}")
        if not answer.get("code"):
            raise OidcError("the callback has no code")
        return answer

    async def _discover(self) -> _Discovered:
        if self._discovered is not None and time.monotonic() - self._discovered_at < KEPT_S:
            return self._discovered
        issuer = self._config.issuer
        said = await self._fetch("discovery document", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != issuer:
            raise OidcError(f"the discovery document is of the issuer {_shown(said.get('issuer'))}, not of {issuer}")
        self._discovered = _Discovered(
            _address("authorization endpoint", said.get("authorization_endpoint"), plain=self._plain),
            _address("token endpoint", said.get("token_endpoint"), plain=self._plain),
            _address("address of the keys", said.get("jwks_uri"), plain=self._plain),
            self._auth_method(said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])),
            said.get("authorization_response_iss_parameter_supported") is True,
        )
        self._discovered_at = time.monotonic()
        return self._discovered

    def _auth_method(self, offered: object) -> str:
        if not self._config.client_secret:
            return "none"
        for method in ("client_secret_basic", "client_secret_post"):
            if isinstance(offered, list) and method in offered:
                return method
        raise OidcError(f"the provider takes a client's secret in no way that is known here: {_shown(offered)}")

    async def _exchange(self, discovered: _Discovered, code: str, pending: Pending) -> str:
        what = "token endpoint"
        async with self._asking(what), self._client(discovered) as client:
            try:
                said = await client.fetch_token(
                    discovered.token, grant_type="authorization_code", code=code, redirect_uri=pending.redirect_uri,
                    code_verifier=pending.code_verifier,
                )  # fmt: skip
            except OidcError:
                raise
            except OAuthError as error:
                raise OidcError(f"the {what} answered {self._told(error.error, error.description, code)}") from None
            except UNREADABLE:
                raise OidcError(f"the {what} answered with something else than a JSON object of tokens") from None
        token = said.get("id_token")
        if not isinstance(token, str):
            raise OidcError(f"the {what} gave no ID token")
        return token

    async def _key(self, discovered: _Discovered, algorithm: str, kid: object) -> Key:
        known = self._keys if time.monotonic() - self._keys_at < KEPT_S else None
        key = _fitting(known or [], algorithm, kid) or _fitting(await self._fetch_keys(discovered), algorithm, kid)
        if key is None:
            named = "that can be told apart without a name" if kid is None else f"of the name {_shown(kid)}"
            raise OidcError(f"the provider publishes no key for {algorithm} {named}")
        return key

    async def _fetch_keys(self, discovered: _Discovered) -> list[dict[str, Any]]:
        said = (await self._fetch("key set", discovered.keys)).get("keys")
        if not isinstance(said, list):
            raise OidcError("the key set has no list of keys")
        self._keys, self._keys_at = [key for key in said if isinstance(key, dict)], time.monotonic()
        return self._keys

    def _claims(self, token: str, key: Key, nonce: str) -> dict[str, Any]:
        issuer, client_id = self._config.issuer, self._config.client_id
        expected = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S, iss={"essential": True, "value": issuer}, aud={"essential": True, "value": client_id},
            exp={"essential": True}, iat={"essential": True}, sub={"essential": True},
        )  # fmt: skip
        claims: dict[str, Any] = {}
        try:
            claims = jwt.decode(token, key, registry=SIGNATURES).claims
            expected.validate(claims)
        except BadSignatureError:
            raise OidcError("the signature of the ID token is wrong") from None
        except ClaimError as error:
            found = f" ({_shown(claims[error.claim])})" if error.claim in claims else ""
            raise OidcError(f"the ID token is refused: {error.description}{found}") from None
        except (JoseError, *UNREADABLE) as error:
            raise OidcError(f"the ID token cannot be read ({type(error).__name__})") from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp") != client_id and (several or "azp" in claims):
            raise OidcError(f"the ID token was made for another client: its azp is {_shown(claims.get('azp'))}")
        if claims.get("nonce") != nonce:
            raise OidcError("the nonce of the ID token is not the one that was sent")
        return claims

    def _identified(self, claims: Mapping[str, Any]) -> Identified:
        name = self._config.claim
        subject, login = claims["sub"], claims.get(name)
        if not _is_name(subject) or not _is_name(login):
            raise OidcError(f"the ID token's sub or {name} is missing or no name: {_shown(login)}")
        # who may type any address into a profile would else become whoever has that address here
        if name == "email" and claims.get("email_verified", True) is not True:
            raise OidcError("the ID token's email is one that the provider has not verified")
        return Identified(f"{self._config.issuer}|{subject}", login)

    def _options(self) -> dict[str, Any]:
        return {
            "transport": self._transport, "verify": self._tls, "timeout": TIMEOUT_S, "follow_redirects": False,
            "headers": {"Accept": "application/json", "Accept-Encoding": "identity"},
            "event_hooks": {"response": [_before_reading]},
        }  # fmt: skip

    def _client(self, discovered: _Discovered) -> Any:
        return AsyncOAuth2Client(
            self._config.client_id, self._config.client_secret or None, scope=self._config.scopes,
            code_challenge_method="S256", token_endpoint_auth_method=discovered.auth_method, **self._options(),
        )  # fmt: skip

    async def _fetch(self, what: str, address: str) -> dict[str, Any]:
        async with self._asking(what), httpx.AsyncClient(**self._options()) as client:
            answer = (await client.get(address)).raise_for_status()
        try:
            said = answer.json()
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise OidcError(f"the {what} is not a JSON object")
        return said

    @asynccontextmanager
    async def _asking(self, what: str) -> AsyncIterator[None]:
        """OidcError for what may go wrong on the way, and for the whole of it taking too long."""
        try:
            async with asyncio.timeout(TIMEOUT_S):  # httpx begins its own again with every piece of a body
                yield
        except (TimeoutError, httpx.TimeoutException):
            raise OidcError(f"the {what} did not answer within {TIMEOUT_S:g} s") from None
        except httpx.HTTPStatusError as error:
            raise OidcError(f"the {what} answered with status {error.response.status_code}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OidcError(f"the {what} cannot be had: {self._told(type(error).__name__, error)}") from None

    def _told(self, error: object, description: object, *hidden: str) -> str:
        """What somebody else put into words, without anything that could be a secret."""
        said = f"{error}: {description}" if description else f"{error}"
        for secret in filter(None, (self._config.client_secret, *hidden)):
            said = said.replace(secret, "…")
        return _shown(LOOKS_SECRET.sub("…", said[:2_000]))


class _Bounded(httpx.AsyncByteStream):
    """A body that breaks off where it becomes too long."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise OidcError(f"the provider answered with more than {LARGEST_ANSWER} bytes")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _before_reading(response: httpx.Response) -> None:
    if response.is_redirect:
        raise OidcError(f"{response.request.url} answered with a redirect, which is not followed")
    # a small body may become any size when it is unpacked
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise OidcError(f"{response.request.url} answered with a packed body, which was not asked for")
    assert isinstance(response.stream, httpx.AsyncByteStream)
    response.stream = _Bounded(response.stream)


def _parameters(query: str) -> dict[str, str]:
    if len(query) > LONGEST_QUERY:
        raise OidcError(f"the query of the callback is longer than {LONGEST_QUERY} characters")
    try:
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=64)
    except ValueError:
        raise OidcError("the query of the callback has more than 64 parameters") from None
    if len(dict(pairs)) != len(pairs):
        raise OidcError("the callback has a parameter twice")
    return dict(pairs)


def _header(token: str) -> tuple[str, object]:
    """The algorithm, an allowed one, and the name of the key; neither is proven yet."""
    try:
        header: Any = jws.extract_compact(token.encode(), registry=SIGNATURES).headers()
        algorithm, kid = header.get("alg"), header.get("kid")
    except (JoseError, *UNREADABLE) as error:
        raise OidcError(f"the ID token cannot be read ({type(error).__name__})") from None
    if not isinstance(algorithm, str) or algorithm not in KEY_TYPES:
        raise OidcError(f"the ID token is signed with {_shown(algorithm)}; allowed are {', '.join(KEY_TYPES)}")
    return algorithm, kid


def _fitting(keys: list[dict[str, Any]], algorithm: str, kid: object) -> Key | None:
    """The key of this name that may verify this algorithm; without a name the only one that may."""
    kind, found = KEY_TYPES[algorithm], []
    meant = {"kty": kind.key_type, "use": "sig", "alg": algorithm} | ({} if kid is None else {"kid": kid})
    for key in keys:
        same = all(key.get(name, value if name in {"use", "alg"} else None) == value for name, value in meant.items())
        if not same or (kind is RSAKey and len(str(key.get("n"))) < SHORTEST_MODULUS):
            continue
        try:
            found.append(kind.import_key({name: key[name] for name in KEY_VALUES if name in key}))
        except (JoseError, *UNREADABLE):
            continue  # a key that is no key does not spoil the others
    return found[0] if found and (kid is not None or len(found) == 1) else None


def _address(what: str, given: object, *, plain: bool) -> str:
    """The address itself; ``plain``: http will do, because the issuer has no more either."""
    try:
        url = httpx.URL(given if isinstance(given, str) else "")
        fits = url.host and not url.userinfo and not url.fragment and (url.port or 1) < 65_536
    except (httpx.InvalidURL, ValueError):
        fits = False
    if not isinstance(given, str) or not fits:
        raise OidcError(f"the {what} is not a web address: {_shown(given)}")
    if url.scheme != "https" and not (plain and url.scheme == "http"):
        raise OidcError(f"the {what} is not https: {_shown(given)}")
    return given


def _is_name(given: object) -> TypeGuard[str]:
    return isinstance(given, str) and bool(given.strip()) and given.isprintable() and len(given) <= LONGEST_NAME


def _shown(given: object) -> str:
    """On one line and not too long."""
    return "".join(c if c.isprintable() else " " for c in str(given)[:200])
