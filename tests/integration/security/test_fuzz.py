"""Nonsense from all sides: never an error of the server, never a trace, never anything of another district."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.domain.roles import Role
from tests.integration.security.asking import FORM, JSON, Answer
from tests.integration.security.place import Place, Who
from tests.integration.security.rules import ROUTES
from tests.integration.security.test_matrix import server_callbacks
from tests.integration.security.test_web import TRACES

FUZZED = settings(
    max_examples=60, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
NASTY = (
    "", "\x00", "D2", "d2", "D2\x00", "\x00D2", " D2", "D2 ", "D1/../D2", "..", "../../etc/passwd", "%44%32",
    "Ｄ２", "D\u200b2",
    "'", '"', "' OR 1=1 --", "\\", "//", "?", "#", "🦆", "\ufeff", "\u202e", "江北", "x" * 2_500, "9" * 5_000, "-1",
    "NaN",
    "1e999",
    "true", "[]", "{}", "<script>", "{{7*7}}", "${x}", "%s%n", "\r\nx: y", "a" * 64, "a" * 65,
)  # fmt: skip
TEXT = st.sampled_from(NASTY) | st.text(max_size=40)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
DEEP = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
GETS = sorted(key.partition(" ")[2] for key in ROUTES if key.startswith("GET "))
FORMS = sorted(
    k.partition(" ")[2] for k, r in ROUTES.items() if k.startswith("POST ") and r.kind == FORM and not r.once
)
FIELDS = ("login", "password", "again", "old", "next", "code", "sealed", "role", "roles", "area", "areas", "scopes",
          "systems", "page", "name", "unit_code", "totp_required", "federated", "q", "done", "before", "from",
          "to")  # fmt: skip


def holds(place: Place, answer: Answer, told: object) -> None:
    """What holds of every answer, whatever was asked; ``told`` may be echoed."""
    assert answer.status < 500, (told, answer.status, answer.text[:300])
    assert not TRACES.search(answer.text) or "javascript" in answer.header("content-type"), told
    leaked = [mark for mark in place.leaks(answer.bytes()) if mark not in repr(told)]
    assert not leaked, (told, leaked)


def everybody(place: Place) -> list[Who]:
    return [
        Who("nobody"),
        place.who("shift_leader"),
        place.who("admin"),
        place.who("auditor"),
        place.who("feed", "G00"),
    ]


def filled(path: str, values: list[str]) -> str:
    """An address with something in each of its places."""
    parts = iter(values)
    return re.sub(r"\{[^}]+\}", lambda _: quote(next(parts, ""), safe=""), path if path.startswith("/") else "/" + path)


@pytest.mark.parametrize("path", GETS)
@FUZZED
@given(values=st.lists(TEXT, min_size=6, max_size=6), query=st.dictionaries(st.sampled_from((
    *FIELDS,
    "area", "state", "after", "limit", "feed", "from_at", "to_at", "lang", "theme", "layers", "classes", "urgencies",
)), TEXT, max_size=4), n=st.integers(0, 4))  # fmt: skip
def test_no_address_breaks_a_page(place: Place, path: str, values: list[str], query: dict[str, str], n: int) -> None:
    address = filled(path, values) + ("?" + urlencode(query) if query else "")
    holds(place, place.ask("GET", address, everybody(place)[n]), (address, values, query))


@FUZZED
@given(raw=st.binary(max_size=60), query=st.binary(max_size=40))
def test_no_bytes_in_an_address_break_it(place: Place, raw: bytes, query: bytes) -> None:
    for top in ("/area/", "/wall/", "/api/v1/events/", "/geo/x/children/", "/", "/assets/", "/s/", "/welcome/"):
        # Bytes that are not ASCII are refused by uvicorn's parser before the gate.
        address = top + quote_from_bytes(raw, safe="/") + "?" + quote_from_bytes(query, safe="=&+;[]")
        for who in (Who("nobody"), place.who("shift_leader")):
            holds(place, place.ask("GET", address, who, accept="text/html"), address)


@pytest.mark.parametrize("path", FORMS)
@FUZZED
@given(fields=st.lists(st.tuples(st.sampled_from(FIELDS), TEXT), max_size=8),
       values=st.lists(TEXT, min_size=2, max_size=2), n=st.integers(0, 2))  # fmt: skip
def test_no_form_breaks_a_page(
    place: Place, path: str, fields: list[tuple[str, str]], values: list[str], n: int
) -> None:
    body = urlencode(fields, errors="surrogatepass").encode()
    address = filled(path, values)
    holds(place, place.ask("POST", address, everybody(place)[n], body, FORM), (address, values, fields))


@FUZZED
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from([FORM, JSON, "multipart/form-data; boundary=x", "text/plain", ""]),
)
def test_no_body_breaks_a_page(place: Place, body: bytes, kind: str) -> None:
    for path in ("/login", "/admin/people", "/account/password", "/_dash-update-component", "/windows/queue"):
        holds(place, place.ask("POST", path, place.who("admin"), body, kind), (path, body, kind))
    for path in ("events", "actions", "units", "positions"):
        holds(place, place.ask("POST", f"/api/v1/{path}", place.who("feed", "G00"), body, kind), (path, body))


@pytest.mark.parametrize("door", ["events", "actions", "units", "positions"])
@FUZZED
@given(record=st.dictionaries(st.sampled_from([
    "source", "source_system", "source_id", "subtype", "reported_at", "description", "lon", "lat", "area", "urgency",
    "deadline_at", "contact", "sealed_contact", "action", "at", "code", "unit", "reason", "call_sign", "kind",
    "home_area", "skills", "status", "accuracy_m", "speed_ms", "battery",
]), DEEP, max_size=12))  # fmt: skip
def test_no_record_breaks_a_door(place: Place, door: str, record: dict[str, Any]) -> None:
    body = as_json(record)
    holds(place, place.ask("POST", f"/api/v1/{door}", place.who("feed", "G00"), body, JSON), record)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def secrets_like(place: Place) -> list[str]:
    """Secrets of other kinds, and those of somebody who may, bent a little."""
    good = place.who("centre_head").cookie
    return [
        "", good[:-1], good + "x", good.swapcase(), good.upper(), f" {good}x", '"' + good, "x" * 100_000, "\xff\xfe",
        "null", "undefined", "../..", good.replace("-", "+") + "=", f"{good},{good}", "\x00",
        f"{good[:20]}\x00{good[20:]}",
    ]  # fmt: skip


def test_no_bent_secret_opens_anything(place: Place) -> None:
    for secret in secrets_like(place):
        for who in (Who("bent", secret), Who("bent", key=secret)):
            for address in ("/api/v1/events", "/_dash-layout", "/account", "/tiles/x/areas/0/0/0.mvt"):
                answer = place.ask("GET", address, who)
                holds(place, answer, "a bent secret")
                assert answer.status == 401, (secret[:60], address)


@FUZZED
@given(cookie=st.binary(max_size=80), key=st.none() | st.binary(max_size=60))
def test_no_header_breaks_the_gate(place: Place, cookie: bytes, key: bytes | None) -> None:
    clean = bytes(c for c in cookie if c not in b"\r\n\x00")
    sent = [(b"host", b"localhost"), (b"cookie", clean), (b"cookie", b"onescreen=" + clean), (b"accept", b"text/html")]
    if key is not None:
        sent.append((b"x-ingest-key", key))
    for address in ("/account", "/api/v1/events", "/login"):
        holds(place, place.asker.ask("GET", address, sent), cookie)


def test_of_several_cookies_of_one_name_none_lets_a_stranger_in_and_no_other_name_counts(place: Place) -> None:
    good = place.who("leader").cookie
    for cookies in (f"Onescreen={good}", f"xonescreen={good}", f"__Host-onescreen={good}", f"onescreen2={good}",
                    f"$onescreen={good}", f'onescreen = "{good}" ; x', f"onescreen=x; ONESCREEN={good}"):  # fmt: skip
        answer = place.asker.ask("GET", "/_dash-layout", [(b"host", b"localhost"), (b"cookie", cookies.encode())])
        assert answer.status == 401, cookies


HEADER_NASTY = st.sampled_from([
    "[", "]", "a b", "localhost:99999999", "::1", "[::1", "http://[", "\xff", "localhost, evil", "localhost/login?",
    "localhost#", "user@localhost", "null", "x" * 5_000,
])  # fmt: skip


@FUZZED
@given(host=HEADER_NASTY, origin=HEADER_NASTY, length=HEADER_NASTY)
def test_no_host_origin_or_length_breaks_the_gate(place: Place, host: str, origin: str, length: str) -> None:
    encoded = [(b"host", host.encode("latin-1")), (b"origin", origin.encode("latin-1"))]
    for method, path in (("GET", "/account"), ("POST", "/login"), ("POST", "/api/v1/events")):
        more = [(b"content-length", length.encode("latin-1"))] if method == "POST" else []
        holds(place, place.asker.ask(method, path, [*encoded, *more]), (host, origin))
        local = [(b"host", b"localhost"), encoded[1]]
        holds(place, place.asker.ask(method, path, [*local, *more]), (origin, length))


def callback_bodies(place: Place) -> st.SearchStrategy[Any]:
    """Bodies of callbacks: real ones with nonsense in them, and nonsense."""
    outputs = st.sampled_from([*server_callbacks(place), "view-sink.data", "nothing.data", "..view.data.."]) | TEXT
    ids = st.sampled_from(["url", "search-ask", "selection-ask", "contact-ask", "nothing"])
    names = st.sampled_from(["pathname", "search", "data", "n_clicks", "__class__"])
    codes = st.sampled_from(
        [f"event:{place.events['D2']}", "unit:MARKD2UNIT", "area:D2", "area:C", "event:\ud800", "x:y"]
    )
    question = st.fixed_dictionaries({}, optional={
        "n": SCALAR, "text": TEXT | st.just("\ud800abcd"), "lang": SCALAR, "selected": codes | DEEP, "code": TEXT,
    })  # fmt: skip
    one = st.fixed_dictionaries({}, optional={"id": ids | DEEP, "property": names | DEEP, "value": question | DEEP})
    body = st.fixed_dictionaries({}, optional={
        "output": outputs | DEEP, "outputs": one | DEEP, "inputs": st.lists(one | DEEP, max_size=3) | DEEP,
        "state": st.lists(one, max_size=2) | DEEP, "changedPropIds": st.lists(TEXT, max_size=2) | DEEP, "x": DEEP,
    })  # fmt: skip
    return body | DEEP


def test_no_body_of_a_callback_breaks_it_or_tells_of_another_district(place: Place) -> None:
    @settings(FUZZED, max_examples=400)
    @given(body=callback_bodies(place), role=st.sampled_from(["viewer", "duty_officer", "admin"]))
    def asks(body: Any, role: str) -> None:
        sent = as_json(body)
        holds(place, place.ask("POST", "/_dash-update-component", place.who(role), sent, JSON), body)

    asks()


@pytest.mark.parametrize("made", [b"", b"{", b"null", b"[" * 30_000, b'{"a":' * 10_000, b"\xff", b'"\\ud800"', b"NaN"])
def test_a_callback_that_no_page_asks_for_is_a_bad_request(place: Place, made: bytes) -> None:
    answer = place.ask("POST", "/_dash-update-component", place.who("leader"), made, JSON)
    assert (answer.status, answer.text) == (400, '{"detail":"no page asks like this"}')


def _callback(output: str, *inputs: tuple[str, str, Any], **other: Any) -> dict[str, Any]:
    name, _, prop = output.rpartition(".")
    return {"output": output, "outputs": {"id": name, "property": prop},
            "changedPropIds": [f"{inputs[0][0]}.{inputs[0][1]}"],
            "inputs": [{"id": i, "property": p, "value": v} for i, p, v in inputs], **other}  # fmt: skip


@FUZZED
@given(text=TEXT, search=TEXT, lang=TEXT)
def test_no_value_that_a_page_could_send_breaks_a_callback(place: Place, text: str, search: str, lang: str) -> None:
    bodies = [
        _callback("view.data", ("url", "pathname", text), ("url", "search", search)),
        _callback("view.data", ("url", "pathname", "/area/" + text), ("url", "search", search)),
        _callback("search-found.data", ("search-ask", "data", {"n": 1, "text": text, "lang": lang})),
        _callback("contact.data", ("contact-ask", "data", {"n": 1, "code": text})),
        *(_callback("selection.data", ("selection-ask", "data", {"n": 1, "selected": kind + text, "lang": "en",
                                                                 "address": search or text}))
          for kind in ("event:", "unit:", "area:", "")),
    ]  # fmt: skip
    for body in bodies:
        answer = place.ask("POST", "/_dash-update-component", place.who("duty_officer"), as_json(body), JSON)
        holds(place, answer, (text, search, lang, quote(text)))


def test_every_card_of_another_district_is_the_card_of_nothing(place: Place) -> None:
    def card(selected: str, role: str) -> str:
        asked = {"n": 1, "selected": selected, "lang": "zh", "address": "/area/D1"}
        body = _callback("selection.data", ("selection-ask", "data", asked))
        answer = place.ask("POST", "/_dash-update-component", place.who(role), orjson.dumps(body), JSON)
        return answer.text.replace(selected.partition(":")[2], "◯")

    for role in (r for r in Role if r is not Role.FEED):
        for kind, beyond, nothing in (
            ("area", "D2", "N9"), ("unit", "MARKD2UNIT", "MARKNOUNIT"), ("event", place.events["D2"], "H000000-0"),
            ("event", place.events["C"], "H1"),
        ):  # fmt: skip
            assert card(f"{kind}:{beyond}", role) == card(f"{kind}:{nothing}", role), (role, kind)


def messages() -> st.SearchStrategy[Any]:
    area = st.sampled_from(["D2", "C", "D1", "G20", "N9"]) | TEXT
    address = st.builds(
        lambda page, a, q: f"/{page}/{quote(a, safe='')}?{q}", st.sampled_from(["area", "wall", "x"]), area, TEXT
    )
    sub = st.fixed_dictionaries({"k": st.just("sub")}, optional={
        "view": address | TEXT | DEEP, "topic": address | DEEP, "seq": SCALAR, "n": SCALAR,
    })  # fmt: skip
    return sub | DEEP | st.binary(max_size=40) | st.sampled_from(["[" * 3_000, '{"k":' * 600, '"\\ud800"', "{"])


@FUZZED
@given(sent=st.lists(messages(), min_size=1, max_size=12))
def test_no_message_breaks_a_socket_or_tells_of_another_district(place: Place, sent: list[Any]) -> None:
    told = [m if isinstance(m, bytes | str) else as_json(m).decode() for m in sent]
    last = {"k": "sub", "view": "/area/D1?layers=labels", "n": 777}
    talk = place.asker.talk(
        place.who("viewer").headers(), [*told, last],
        until=lambda t: any(m.get("n") == 777 for m in t.of("on")),
    )  # fmt: skip
    assert talk.code in (0, 1008, 1009), talk.code
    for frame in talk.of("full") + talk.of("delta"):
        assert frame.get("topic", "").partition("?")[0] in ("/area/D1", "/area/G00", "/wall/D1"), frame.get("topic")


@FUZZED
@given(told=TEXT)
def test_no_next_leads_to_another_server(place: Place, told: str) -> None:
    query = urlencode({"next": told})
    for method, who, body in (("GET", place.who("leader"), b""), ("POST", Who("nobody"), query.encode())):
        answer = place.ask(method, f"/login?{query}", who, body, FORM)
        holds(place, answer, told)
        assert re.match(r"^(/(?![/\\])[^\r\n\t\\]*)?$", answer.header("location")), answer.header("location")
