"""What a scanner looks at: headers, cookies, methods, foreign pages, sizes, rates and errors, over every route."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from unittest.mock import patch
from urllib.parse import quote

import pytest

import app as wiring
from callbacks.access.answering import Answers
from geodata.domain.roles import Role
from geodata.intake import gate
from geodata.intake.gate import UNSAFE
from geodata.intake.rates import Rate, Rates
from tests.integration.security.asking import FORM, JSON, Answer, Asker, headers, running
from tests.integration.security.place import Place, Who
from tests.integration.security.rules import ROUTES
from tests.integration.security.test_matrix import asked, target

ALWAYS = {
    "x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
}  # fmt: skip
LASTING = (
    "MOUNT /assets",
    "GET /_dash-component-suites",
    "GET /_favicon.ico",
    "GET /api/docs/{name}",
    "GET /tiles",
    "GET /geo",
    "GET /walls/map",
)
_addresses = itertools.count(1)
TRACES = re.compile(r"Traceback|File \"|\.py\"|sqlalchemy|site-packages")


def policy(answer: Answer) -> Mapping[str, list[str]]:
    """The Content-Security-Policy as its rules."""
    rules = [part.split() for part in answer.header("content-security-policy").split(";")]
    return {rule[0]: rule[1:] for rule in rules if rule}


def looks_well(answer: Answer, told: str, *, secure: bool = False) -> None:
    """What holds of every answer."""
    for name, value in ALWAYS.items():
        assert answer.values(name) == [value], (told, name)
    rules = policy(answer)
    assert rules["frame-ancestors"] == ["'none'"], told
    assert rules["default-src"] == ["'none'"], told
    assert rules["base-uri"] == ["'none'"], told
    scripts = rules.get("script-src", [])
    assert not {"'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"} & set(scripts), told
    assert not [v for values in rules.values() for v in values if "*" in v or v in ("http:", "https:")], told
    assert "camera=()" in answer.header("permissions-policy"), told
    assert answer.header("cache-control"), told
    assert not answer.header("server"), told
    assert not answer.header("x-powered-by"), told
    assert not answer.header("access-control-allow-origin"), told
    assert bool(answer.header("strict-transport-security")) == secure, told
    assert not TRACES.search(answer.text) or "text/javascript" in answer.header("content-type"), told


def everybody(place: Place) -> list[Who]:
    return [
        Who("nobody"),
        *(place.who(r) for r in ("leader", "shift_leader", "auditor", "screen", "feed")),
        place.who("admin"),
    ]


@pytest.mark.parametrize("key", ROUTES)
def test_every_answer_has_the_headers_that_protect_it_and_is_kept_nowhere(place: Place, key: str) -> None:
    rule = ROUTES[key]
    for who in everybody(place):
        for area in ("D1", "D2") if rule.scoped else ("D1",):
            answer, _ = asked(place, key, rule, place.newcomer("leader") if rule.once and who.cookie else who, area)
            told = f"{key} {who.name} {answer.status}"
            assert answer.status < 500, told
            looks_well(answer, told)
            if not key.startswith(LASTING):
                assert answer.header("cache-control") == "no-store", told
            elif key.startswith(("GET /tiles", "GET /geo", "GET /walls/map")):
                assert "public" not in answer.header("cache-control"), told
            for cookie in answer.values("set-cookie"):
                assert "HttpOnly" in cookie, told
                assert "SameSite=lax" in cookie, told
            location = answer.header("location")
            assert not location or location.startswith("/"), told
            assert not location.startswith("//"), told
            for secret in (who.cookie, who.key or ""):
                assert not secret or secret not in location, told


def test_no_page_tells_an_address_in_memory(place: Place) -> None:
    place.newcomer(Role.FEED)
    assert "object at 0x" not in place.ask("GET", "/admin/feeds", place.who("admin")).text


def test_pages_over_tls_say_so_and_their_cookie_is_bound_to_the_host(place: Place) -> None:
    screen = place.newcomer(Role.SCREEN)
    sent = headers(own=False)
    for scheme in ("https", "http"):
        answer = place.asker.ask("GET", f"/s/{screen.cookie}", sent, scheme=scheme)
        cookie = answer.header("set-cookie")
        assert answer.status == 303
        looks_well(answer, scheme, secure=scheme == "https")
        assert cookie.startswith("__Host-onescreen=" if scheme == "https" else "onescreen=")
        assert ("Secure" in cookie) == (scheme == "https")
        assert "Domain" not in cookie
        assert screen.cookie not in answer.header("location")
    plain_name_over_tls = headers(cookie=screen.cookie)
    assert place.asker.ask("GET", "/_dash-layout", plain_name_over_tls, scheme="https").status == 401
    bound = headers(cookie=screen.cookie, secure=True)
    assert place.asker.ask("GET", "/_dash-layout", bound, scheme="https").status == 200


def unsafe() -> Iterator[tuple[str, str]]:
    for key, rule in ROUTES.items():
        if key.partition(" ")[0] in UNSAFE:
            yield key, rule.kind


@pytest.mark.parametrize(("key", "kind"), list(unsafe()))
def test_no_page_of_another_site_changes_anything_in_somebodys_name(place: Place, key: str, kind: str) -> None:
    rule, method = ROUTES[key], key.partition(" ")[0]
    who = place.who(next(iter(sorted(rule.roles - {"feed", "screen"}))))
    path = rule.path.format_map(target(place, rule, "D1"))
    body = rule.body(place, "D1", who) if rule.body else b""
    for foreign in (
        {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": "https://evil.example"},
        {"origin": "null"}, {"origin": "http://localhost.evil.example"}, {"origin": "http://["}, {},
        {"sec_fetch_site": "cross-site", "origin": "http://localhost"},
    ):  # fmt: skip
        answer = place.asker.ask(method, path, who.headers(kind, own=False, **foreign), body)
        assert answer.status == 403, (key, foreign, answer.status)
        looks_well(answer, key)
        assert not place.leaks(answer.bytes(), ("D1", "D2", "C"))


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "OPTIONS", "PROPFIND", "DELETE", "PATCH", "get"])
def test_a_method_that_a_route_has_not_got_is_refused(place: Place, method: str) -> None:
    allowed = {key for key in ROUTES if key.startswith(f"{method} ")}
    paths = {rule.path.format_map(target(place, rule, "D1")) for key, rule in ROUTES.items() if key not in allowed}
    for path in sorted(p for p in paths if not (p.startswith("/api/") and method in ("DELETE", "PATCH"))):
        for who in (Who("nobody"), place.who("admin")):
            answer = place.ask(method, path, who, header="X-Secret-Echo")
            assert answer.status in (401, 403, 404, 405), (method, path, answer.status)
            looks_well(answer, f"{method} {path}")
            assert "X-Secret-Echo" not in answer.text, "nothing is echoed"


@pytest.mark.parametrize("path", ["/assets", "/_favicon.ico/x", "/_dash-component-suites"])
def test_a_stranger_gets_no_page_that_names_the_versions_of_the_program(place: Place, path: str) -> None:
    assert "python_version" not in place.ask("GET", path).text


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/fonts/",
        "/assets/..%2fapp.py",
        "/assets/%2e%2e/app.py",
        "/assets/....//app.py",
        "/assets/..%5capp.py",
        "/assets/%2fetc/passwd",
        "/.git/config",
    ],
)
def test_no_folder_is_listed_and_no_file_outside_is_given(place: Place, path: str) -> None:
    answer = place.ask("GET", path)
    assert answer.status in (401, 404, 405), (path, answer.status)
    assert "import " not in answer.text
    looks_well(answer, path)


def test_a_body_that_is_too_large_or_of_unknown_length_is_refused_before_it_is_read(place: Place) -> None:
    who = place.who("admin")
    for path in ("/login", "/admin/people", "/_dash-update-component", "/logout"):
        large = place.ask("POST", path, who, b"x=" + b"y" * gate.BODY_MAX, FORM)
        assert large.status == 413, path
        looks_well(large, path)
        for told in ("-1", "1e9", "64001", "9" * 400, "²", ""):
            sent = who.headers(FORM, **{"content-length": told})
            assert place.asker.ask("POST", path, sent, b"").status == 413, (path, told)
        endless = who.headers(FORM, **{"transfer-encoding": "chunked"})
        assert place.asker.ask("POST", path, endless, b"x=1", told_length=False).status == 411
    records = place.ask("POST", "/api/v1/events", place.who("feed"), b" " * 8_000_001, JSON)
    assert records.status == 413
    looks_well(records, "records")


@pytest.fixture(scope="module")
def bounded(place: Place) -> Iterator[Asker]:
    """The same room behind a gate with small bounds, for names that are its own."""
    few = Rates(enter=Rate(3, 600), screen=Rate(3, 600), session=Rate(5, 600), key=Rate(5, 600), stranger=Rate(4, 600))
    with patch.object(gate, "Rates", lambda: few), running(wiring.create_app(place.room).server) as asker:
        yield asker


@pytest.mark.parametrize(
    ("method", "path", "who", "most"),
    [
        ("POST", "/login", "nobody", 3), ("GET", "/s/guess", "nobody", 3), ("GET", "/welcome/guess", "nobody", 3),
        ("POST", "/login/code", "nobody", 3), ("GET", "/login", "nobody", 4), ("GET", "/_dash-layout", "leader", 5),
        ("GET", "/api/v1/areas", "feed", 5), ("GET", "/api/v1/areas", "nobody", 4),
    ],
)  # fmt: skip
def test_who_asks_too_often_is_told_to_wait(
    place: Place, bounded: Asker, method: str, path: str, who: str, most: int
) -> None:
    asks = Who(who) if who == "nobody" else place.newcomer(who)
    here, there = (f"192.0.2.{next(_addresses)}" for _ in range(2))
    answers = [bounded.ask(method, path, asks.headers(FORM), b"", client=here) for _ in range(most + 1)]
    assert 429 not in {a.status for a in answers[:most]}
    assert answers[most].status == 429
    assert answers[most].header("retry-after") == "60"
    looks_well(answers[most], path)
    if who == "nobody":
        elsewhere = bounded.ask(method, path, asks.headers(FORM), b"", client=there)
        assert elsewhere.status != 429, "others may go on"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "[", "a b", "", "127.0.0.1.nip.io"])
def test_the_demo_answers_only_to_names_of_this_machine(place: Place, host: str) -> None:
    for path in ("/demo", "/login", "/api/health", "/assets/theme.css"):
        answer = place.asker.ask("GET", path, headers(host=host, own=False))
        assert answer.status == 400, (host, path)
        looks_well(answer, host)
    for ours in ("localhost", "localhost:8050", "127.0.0.1", "[::1]:8050"):
        assert place.asker.ask("GET", "/login", headers(host=ours, own=False)).status == 200


@pytest.mark.parametrize("path", ["/login", "/admin/rights", "/api/v1/events"])
def test_an_error_of_the_program_tells_nothing_about_the_program(place: Place, path: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail of the inside")

    broken = patch.object(Answers, "page", fail) if not path.startswith("/api") else patch(
        "geodata.services.looking.events_page", fail
    )  # fmt: skip
    who = place.who("admin") if not path.startswith("/api") else place.who("leader")
    who = Who("nobody") if path == "/login" else who
    with broken:
        answer = place.ask("GET", path, who)
    assert answer.status == 500
    assert "secret detail" not in answer.text
    looks_well(answer, path)
    assert answer.header("cache-control") == "no-store"


def test_a_secret_is_shown_once_and_never_beside_what_others_may_choose(place: Place) -> None:
    """BREACH needs one secret in many answers beside chosen text: every page with a secret shows another one."""
    admin = place.who("admin")
    login = place.newcomer(Role.VIEWER).name
    shown = [place.ask("POST", f"/admin/people/{login}/invite", admin, b"", FORM).text for _ in range(2)]
    links = [re.findall(r"/welcome/([\w-]{43})", text) for text in shown]
    assert all(links)
    assert set(links[0]).isdisjoint(links[1])
    assert not re.search(r"/welcome/[\w-]{43}", place.ask("GET", f"/admin/people/{login}", admin).text)
    setup = [place.ask("GET", "/account/second-factor", place.who("leader")).text for _ in range(2)]
    assert len({re.findall(r'name="sealed" value="([^"]+)"', text)[0] for text in setup}) == 2
    for who in everybody(place):
        for secret in filter(None, (who.cookie, who.key)):
            assert secret not in place.ask("GET", "/account", who).text + place.ask("GET", "/_dash-layout", who).text


@pytest.mark.parametrize(
    "told",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/%0d%0aset-cookie:x=1",
        "@evil.example",
    ],
)
def test_nobody_is_sent_elsewhere_after_coming_in(place: Place, told: str) -> None:
    answer = place.ask("GET", f"/login?next={quote(told, safe='')}", place.who("leader"))
    assert answer.status == 303
    location = answer.header("location")
    assert re.match(r"^/(?![/\\])", location), location
    assert not re.search(r"[\r\n\t\\]", location)
