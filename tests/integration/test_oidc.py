"""Logging in through OpenID Connect: a real provider on loopback, and a forger who signs whatever a test asks for."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from authlib.deprecate import AuthlibDeprecationWarning
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from geodata.intake import oidc
from geodata.intake.oidc import Identified, OidcConfig, OidcError, Pending, Provider

with warnings.catch_warnings():
    # the mock stands on authlib.jose, which Authlib is about to leave to joserfc
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from oidc_provider_mock import User, run_server_in_thread

BACK, ISSUER, SECRET = "http://127.0.0.1:8050/login/back", "https://login.example.gov", "Tr0ub4dor"
WHO = Identified(f"{ISSUER}|u-1", "li")
DISCOVERY, KEYS, TOKEN = "/.well-known/openid-configuration", "/keys", "/token"
GOOD, OTHER = (RSAKey.generate_key(2048, {"kid": name}) for name in ("good", "other"))
CURVED = ECKey.generate_key("P-256", {"kid": "curved"})
Claims = dict[str, Any]
Make = Callable[[Claims], object]
# what the mock warns of in its own thread
pytestmark = [
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that listens on loopback and knows one person by all her names."""
    names: dict[str, object] = {"preferred_username": "王芳", "email": "wang@city.example", "badge": 7}
    with run_server_in_thread(user_claims=[User(sub="u-1", claims=names)]) as server:
        yield f"http://localhost:{server.server_port}"


async def log_in(address: str, **form: str) -> str:
    """What a browser does at the provider; the query that it is sent back with."""
    async with httpx.AsyncClient() as browser:
        assert "<form" in (await browser.get(address)).text
        said = await browser.post(address, data=form or {"sub": "u-1"})
    assert said.headers["location"].startswith(f"{BACK}?")
    return urlsplit(said.headers["location"]).query


@pytest.mark.parametrize(("claim", "scopes", "login"), [
    ("preferred_username", "openid profile", "王芳"), ("email", "openid email", "wang@city.example"),
    ("sub", "openid", "u-1"), ("badge", "openid", None), ("preferred_username", "openid", None),
])  # fmt: skip
async def test_who_logs_in_is_known_by_the_claim_once(issuer: str, claim: str, scopes: str, login: str | None) -> None:
    provider = Provider(OidcConfig(issuer, "onescreen", SECRET, claim, scopes))
    address, pending = await provider.begin(BACK, "/events?area=G1")
    remembered = Pending.from_json(pending.as_json())
    assert (remembered, remembered.next, remembered.redirect_uri) == (pending, "/events?area=G1", BACK)
    query = await log_in(address)
    with nullcontext() if login else pytest.raises(OidcError, match=f"sub or {claim} is missing or no name"):
        assert await provider.finish(remembered, query) == Identified(f"{issuer}|u-1", login or "")
    with pytest.raises(OidcError, match="token endpoint answered invalid_grant"):
        await provider.finish(remembered, query)  # a code is good for once


async def test_a_code_of_one_browser_client_or_callback_is_no_use_in_another(issuer: str) -> None:
    provider, stranger = (Provider(OidcConfig(issuer, name, SECRET)) for name in ("onescreen", "stranger"))
    address, mine = await provider.begin(BACK, "/")
    _, yours = await provider.begin(BACK, "/")
    query = await log_in(address)
    for asked, pending, reason in (
        (provider, yours, "state of the callback is not the one that was sent"),
        (stranger, mine, "token endpoint answered invalid_grant"),
        (provider, replace(mine, redirect_uri="https://elsewhere.example/"), "answered invalid_grant"),
        (provider, replace(mine, nonce=yours.nonce), "nonce of the ID token is not the one that was sent"),
    ):
        with pytest.raises(OidcError, match=reason):
            await asked.finish(pending, query)


async def test_who_refuses_at_the_provider_is_not_logged_in(issuer: str) -> None:
    provider = Provider(OidcConfig(issuer, "onescreen", SECRET))
    address, pending = await provider.begin(BACK, "/")
    query = await log_in(address, action="deny")
    with pytest.raises(OidcError, match="state of the callback is missing; the provider answered access_denied"):
        await provider.finish(pending, query)  # the mock, against the letter, forgets the state when it refuses
    with pytest.raises(OidcError, match=r"^the provider answered access_denied"):
        await provider.finish(pending, f"{query}&state={pending.state}")


async def test_a_provider_that_is_down_is_named_as_such() -> None:
    with run_server_in_thread() as server:
        config = OidcConfig(f"http://localhost:{server.server_port}", "onescreen", "")
        provider = Provider(config)
        address, pending = await provider.begin(BACK, "/")
        query = await log_in(address)
    with pytest.raises(OidcError, match="token endpoint cannot be had: ConnectError"):
        await provider.finish(pending, query)
    with pytest.raises(OidcError, match="discovery document cannot be had: ConnectError"):
        await Provider(config).begin(BACK, "/")


def test_authlib_runs_on_the_http_client_of_this_project() -> None:
    """It takes httpx2 as soon as that is installed, whose transports and errors are others."""
    assert issubclass(AsyncOAuth2Client, httpx.AsyncClient)


class Forger:
    """Answers as a provider would, except where a test says otherwise."""

    def __init__(self, issuer: str = ISSUER) -> None:
        self.document: dict[str, Any] = {
            "issuer": issuer, "authorization_endpoint": f"{issuer}/ask?tenant=1", "token_endpoint": issuer + TOKEN,
            "jwks_uri": issuer + KEYS,
        }  # fmt: skip
        self.keys: Any = [key_of(GOOD), key_of(CURVED)]
        self.tokens: dict[str, Any] = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
        self.instead: dict[str, Callable[[], Response | Exception]] = {}
        self.asked = Counter[str]()
        self.last = httpx.Request("GET", issuer)

    async def __call__(self, request: httpx.Request) -> Response:
        self.last, path = request, request.url.path
        self.asked[path] += 1
        said = {DISCOVERY: self.document, KEYS: {"keys": self.keys}, TOKEN: self.tokens}
        answer = self.instead[path]() if path in self.instead else Response(200, json=said[path])
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def forger() -> Forger:
    return Forger()


def asking(forger: Forger, **other: Any) -> Provider:
    config = OidcConfig(**{"issuer": ISSUER, "client_id": "onescreen", "client_secret": SECRET} | other)
    return Provider(config, transport=httpx.MockTransport(forger))


def key_of(key: RSAKey | ECKey, **other: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **other}


def good_claims(nonce: str) -> Claims:
    dated = {"iat": int(time.time()), "exp": int(time.time()) + 60}
    return dated | {"iss": ISSUER, "aud": "onescreen", "sub": "u-1", "preferred_username": "li", "nonce": nonce}


def signed(claims: Claims, key: RSAKey | ECKey = GOOD, **header: Any) -> str:
    header = {k: v for k, v in ({"alg": "RS256", "kid": key.kid} | header).items() if v is not None}
    return jwt.encode(header, claims, key, registry=JWSRegistry(algorithms=[header["alg"]], strict_check_header=False))


def by_hand(claims: Claims, sign: Callable[[bytes], bytes] = lambda _: b"", **header: Any) -> str:
    packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    return b".".join([*packed, base64.urlsafe_b64encode(sign(b".".join(packed))).rstrip(b"=")]).decode()


def but(**change: Any) -> Make:
    return lambda claims: signed(claims | change)


async def come_back(forger: Forger, make: Make = signed, provider: Provider | None = None, **query: Any) -> Identified:
    """Begin, and come back with a token that was made of good claims."""
    provider = provider or asking(forger)
    _, pending = await provider.begin(BACK, "/")
    forger.tokens |= {"id_token": make(good_claims(pending.nonce))}
    return await provider.finish(pending, "?" + urlencode({"state": pending.state, "code": "c0de"} | query, doseq=True))


@pytest.mark.parametrize(("secret", "offered", "in_body"), [
    ("", ["client_secret_basic"], {"client_id": "onescreen"}), (SECRET, None, None),
    (SECRET, ["client_secret_post", "client_secret_basic"], None),
    (SECRET, ["client_secret_post"], {"client_id": "onescreen", "client_secret": SECRET}),
])  # fmt: skip
async def test_the_browser_and_the_provider_are_told_what_they_need(
    forger: Forger, secret: str, offered: list[str] | None, in_body: dict[str, str] | None
) -> None:
    forger.document |= {"token_endpoint_auth_methods_supported": offered} if offered else {}
    provider = asking(forger, client_secret=secret)
    address, pending = await provider.begin(BACK, "/")
    digest = hashlib.sha256(pending.code_verifier.encode()).digest()
    assert address.startswith(f"{ISSUER}/ask?")
    assert dict(parse_qsl(urlsplit(address).query, strict_parsing=True)) == {
        "tenant": "1", "response_type": "code", "client_id": "onescreen", "redirect_uri": BACK,
        "scope": "openid profile", "state": pending.state, "nonce": pending.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "code_challenge_method": "S256",
    }  # fmt: skip
    with pytest.raises(OidcError, match="gave no ID token"):
        await provider.finish(pending, f"state={pending.state}&code=c0de")
    sent = dict(parse_qsl(forger.last.content.decode(), strict_parsing=True))
    assert sent.pop("code_verifier") == pending.code_verifier
    assert sent == {"grant_type": "authorization_code", "code": "c0de", "redirect_uri": BACK} | (in_body or {})
    assert ("authorization" in forger.last.headers) == (in_body is None)
    private = (pending.state, pending.nonce, pending.code_verifier)
    assert min(map(len, private)) >= 43
    assert not any(p in f"{pending} {OidcConfig(ISSUER, 'x', SECRET)}" for p in (*private, SECRET))


TOKENS: dict[str, list[Make]] = {
    "": [
        signed, lambda c: signed(c, alg="PS256"), lambda c: signed(c, CURVED, alg="ES256"),
        lambda c: signed(c, kid=None, vendor="of no interest"),
        but(aud=["onescreen", "map"], azp="onescreen"),
        lambda c: signed(c | {"exp": c["iat"] - 50, "iat": c["iat"] + 50, "email_verified": False}),
    ],
    "nonce of the ID token is not": [but(nonce="stale"), but(nonce=None)],
    r"Invalid claim: '\w+' \(": [but(iss=f"{ISSUER}/"), but(aud="map"), but(aud=[]), but(sub="")],
    "made for another client": [but(aud=["onescreen", "map"]), but(azp="map"), but(azp=None)],
    "must be a NumericDate": [but(exp=float("nan")), but(exp="never"), but(iat=True)],
    "Missing claim": [but(iss=None), but(aud=None), but(exp=None), but(iat=None), but(sub=None)],
    "missing or no name": [but(sub="1\n"), *(but(preferred_username=v) for v in (" ", "\0", ["li"], "x" * 256, None))],
    "token is expired": [lambda c: signed(c | {"exp": c["iat"] - 61})],
    "issued in the future": [lambda c: signed(c | {"iat": c["iat"] + 70})],
    "no key for RS256 of the name": [lambda c: signed(c, OTHER), lambda c: signed(c, kid="curved")],
    "signature of the ID token is wrong": [
        lambda c: signed(c, OTHER, kid="good"), lambda c: signed(c)[:-8] + "AAAAAAAA",
        lambda c: by_hand(c, alg="RS256", kid="good"),
    ],
    "signed with .+; allowed are RS256, PS256, ES256": [
        lambda c: signed(c, alg="RS512"),
        lambda c: by_hand(c, lambda text: hmac.digest(GOOD.as_pem(private=False), text, "sha256"), alg="HS256"),
        lambda c: by_hand(c, alg="none"), lambda c: by_hand(c, alg="None", kid="good"), lambda c: by_hand(c, alg=[]),
    ],
    "cannot be read": [lambda _: "WyJhbGciXQ.e30.eA", lambda c: by_hand(c, alg="RS256", kid="good", crit=["x"], x=1)],
    "gave no ID token": [lambda _: 7, lambda _: None],
}  # fmt: skip


@pytest.mark.parametrize(("reason", "make"), [(reason, make) for reason, makes in TOKENS.items() for make in makes])
async def test_a_token_is_taken_if_it_breaks_no_rule(forger: Forger, reason: str, make: Make) -> None:
    with pytest.raises(OidcError, match=reason) if reason else nullcontext():
        assert await come_back(forger, make) == WHO


async def test_an_address_that_is_not_verified_names_nobody(forger: Forger) -> None:
    with pytest.raises(OidcError, match="has not verified"):
        await come_back(forger, but(email="li@x.cn", email_verified=False), asking(forger, claim="email"))


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64"]), st.sampled_from([None, 1, "b64", ["b64"], [1]])),
    st.one_of(st.binary(max_size=40), st.just(b"[" * 60_000)), st.text(max_size=9),
)  # fmt: skip
def test_no_forged_token_is_more_than_refused(header: dict[str, Any], payload: bytes, rest: str) -> None:
    packed = by_hand({}, lambda _: b"x", **{"alg": "RS256", "kid": "good"} | header).split(".")
    packed[1] = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    with pytest.raises(OidcError):
        asyncio.run(come_back(Forger(), lambda _: ".".join(packed) + rest))


async def test_keys_are_kept_until_a_name_is_unknown(forger: Forger, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = asking(forger)
    for _ in range(2):
        await come_back(forger, provider=provider)
    assert (forger.asked[DISCOVERY], forger.asked[KEYS]) == (1, 1)
    with pytest.raises(OidcError, match="no key for RS256 of the name other"):
        await come_back(forger, lambda c: signed(c, OTHER), provider)
    forger.keys = [key_of(OTHER)]
    await come_back(forger, lambda c: signed(c, OTHER), provider)
    monkeypatch.setattr(oidc, "KEPT_S", 0.0)
    await come_back(forger, lambda c: signed(c, OTHER), provider)
    assert (forger.asked[DISCOVERY], forger.asked[KEYS]) == (3, 4)


@pytest.mark.parametrize(("keys", "kid", "taken"), [
    ([7, {}, {"kty": "RSA", "kid": "good"}, key_of(GOOD, kty="oct"), key_of(GOOD)], "good", True),
    ([key_of(GOOD, e="%"), key_of(GOOD, n="A" * 400), key_of(GOOD, alg="RS256", key_ops="any")], "good", True),
    ([key_of(GOOD), key_of(CURVED), key_of(OTHER, use="enc")], None, True),
    ([key_of(GOOD), key_of(OTHER)], None, False), ([key_of(GOOD, kid="God")], "good", False),
    ([key_of(GOOD, use="enc"), key_of(GOOD, alg="PS256")], "good", False),
    ([key_of(GOOD, n=key_of(GOOD)["n"][:340])], "good", False), ({"good": key_of(GOOD)}, "good", False),
])  # fmt: skip
async def test_of_the_published_keys_the_right_one_is_taken(forger: Forger, keys: Any, kid: str, taken: bool) -> None:
    forger.keys = keys
    with nullcontext() if taken else pytest.raises(OidcError, match=r"publishes no key|no list of keys"):
        await come_back(forger, lambda c: signed(c, kid=kid))


@pytest.mark.parametrize(("change", "reason"), [
    ({"issuer": f"{ISSUER}/"}, f"of the issuer {ISSUER}/, not of {ISSUER}"),
    ({"authorization_endpoint": None}, "authorization endpoint is not a web address: None"),
    ({"authorization_endpoint": "javascript:alert(1)"}, "authorization endpoint is not a web address"),
    ({"token_endpoint": "http://login.example.gov/token"}, "token endpoint is not https"),
    ({"token_endpoint": "https://login.example.gov@evil.example/"}, "token endpoint is not a web address"),
    ({"jwks_uri": "http://x.cn/keys"}, "keys is not https"), ({"jwks_uri": "https://[::1"}, "keys is not a web"),
    ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "client's secret in no way"),
])  # fmt: skip
async def test_a_discovery_that_does_not_fit_is_refused(forger: Forger, change: dict[str, Any], reason: str) -> None:
    forger.document |= change
    with pytest.raises(OidcError, match=reason):
        await asking(forger).begin(BACK, "/")


async def test_http_will_do_where_the_issuer_itself_has_no_more(caplog: pytest.LogCaptureFixture) -> None:
    inside = "http://login.intranet"
    provider = asking(Forger(inside), issuer=inside)
    assert "has no TLS" in caplog.text
    assert (await provider.begin(BACK, "/"))[0].startswith(f"{inside}/ask?")


async def without_end(size: int, wait_s: float) -> AsyncIterator[bytes]:
    while True:
        yield b" " * size
        await asyncio.sleep(wait_s)


@pytest.mark.parametrize("path", [DISCOVERY, KEYS, TOKEN])
@pytest.mark.parametrize(("say", "reason"), [
    (lambda: Response(200, html="<h1>Hello</h1>"), "JSON object"), (lambda: Response(200, json=[]), "JSON object"),
    (lambda: Response(200, content=b"[" * 99_999), "JSON object"), (lambda: Response(200, content=b"\xff"), "JSON"),
    (lambda: Response(200, json={"issuer": ISSUER, "expires_in": "soon"}), "web address|list of keys|JSON object of"),
    (lambda: Response(200, content=b'{"expires_in": 1e999}'), "issuer None|list of keys|JSON object of tokens"),
    (lambda: Response(503, html=""), "answered with status 503"), (lambda: Response(404, html=""), "status 404"),
    (lambda: Response(302, headers={"location": "https://evil.example/"}), "redirect, which is not followed"),
    (lambda: Response(200, headers={"content-encoding": "gzip"}, content=without_end(1, 0)), "packed body"),
    (lambda: Response(200, content=without_end(65_536, 0)), "more than 262144 bytes"),
    (lambda: Response(200, content=without_end(1, 0.01)), "did not answer within 0.2 s"),
    (lambda: httpx.ReadTimeout("slow"), "did not answer within 0.2 s"),
    (lambda: httpx.RemoteProtocolError("go\nne"), "cannot be had: RemoteProtocolError: go ne"),
])  # fmt: skip
async def test_whatever_else_a_provider_answers_is_named(
    forger: Forger, monkeypatch: pytest.MonkeyPatch, path: str, say: Callable[[], Response | Exception], reason: str
) -> None:
    monkeypatch.setattr(oidc, "TIMEOUT_S", 0.2)
    forger.instead[path] = say
    with pytest.raises(OidcError, match=reason):
        await come_back(forger)


@pytest.mark.parametrize("said", [f"secret {SECRET} of code c0de is wrong", f"no {signed({})}", f"at\n{'k3y' * 99}"])
async def test_no_secret_is_ever_told(forger: Forger, caplog: pytest.LogCaptureFixture, said: str) -> None:
    caplog.set_level(logging.DEBUG)
    forger.tokens |= {"error": "unsupported_grant_type", "error_description": said}
    with pytest.raises(OidcError, match=r"answered unsupported_grant_type: \w+ ….*$") as caught:
        await come_back(forger)
    assert caught.value.__suppress_context__
    assert not any(secret in f"{caught.value}{caplog.text}" for secret in (SECRET, "c0de", said[-20:], "k3y"))


@pytest.mark.parametrize(("query", "reason"), [
    ({"state": ""}, "state of the callback is missing"), ({"state": "王"}, "state of the callback is not the one"),
    ({"state": "x", "error": "login_required"}, "not the one that was sent; the provider answered login_required"),
    ({"error": "access_denied", "error_description": "a\nno"}, r"^the provider answered access_denied: a no$"),
    ({"error": ""}, "the provider answered"), ({"code": ""}, "callback has no code"), ({"x": "x" * 9_000}, "8192"),
    ({"code": ["1", "2"]}, "parameter twice"), ({"x": [*map(str, range(65))]}, "more than 64 parameters"),
    ({"iss": "https://evil.example"}, f"callback is of the issuer https://evil.example, not of {ISSUER}"),
])  # fmt: skip
async def test_a_callback_that_was_not_agreed_is_refused(forger: Forger, query: dict[str, Any], reason: str) -> None:
    with pytest.raises(OidcError, match=reason):
        await come_back(forger, **query)
    assert not forger.asked[TOKEN]


async def test_a_provider_that_promised_to_name_itself_has_to(forger: Forger) -> None:
    forger.document["authorization_response_iss_parameter_supported"] = True
    assert await come_back(forger, iss=ISSUER) == WHO
    with pytest.raises(OidcError, match="does not name its issuer"):
        await come_back(forger)


@pytest.mark.parametrize("other", [
    {"issuer": "login.example.gov"}, {"issuer": "ftp://login.example.gov"}, {"issuer": f"{ISSUER}?a=1"},
    {"client_id": ""}, {"client_id": "一屏"}, {"client_secret": "秘密"}, {"claim": ""}, {"scopes": "profile"},
])  # fmt: skip
def test_a_configuration_that_cannot_work_is_refused_at_once(forger: Forger, other: dict[str, str]) -> None:
    with pytest.raises(OidcError, match=r"^[^秘密]+$"):
        asking(forger, **other)


@given(st.text(min_size=1), st.text())
def test_what_was_remembered_is_read_as_it_was_and_nothing_else(secret: str, target: str) -> None:
    pending = Pending(secret, secret, secret, BACK, target)
    assert Pending.from_json(pending.as_json()) == pending
    for text in ("", "[]", '{"state": "s"}', "[" * 100_000, replace(pending, state="").as_json()):
        with pytest.raises(OidcError, match="what was remembered"):
            Pending.from_json(text)
