"""Everything that the running app has, asked by everybody: allowed and refused exactly as the table says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest

from callbacks.live.board import SECTIONS as BOARD
from geodata.domain.programmes import Programme, Step
from geodata.domain.roles import Role
from geodata.services.export import FORMATS, LISTS
from geodata.store import accounts, alerts, programmes, surges, tokens, units
from geodata.store.surges import Hour
from layers.registry import LAYER_IDS
from tests.factories.people import account_of, secret_of
from tests.integration.security.asking import JSON, Answer
from tests.integration.security.place import (
    ALL_ROLES,
    AREAS,
    BEYOND,
    IN_REACH,
    MINUTE_MS,
    STRANGERS,
    UNKNOWN,
    Place,
    Who,
    now_ms,
)
from tests.integration.security.rules import CALLBACKS, EXPORTS, LAYERS, ROUTES, SECTIONS, SOCKETS, SPAN, Rule

VOLATILE = {"date", "content-length"}


def routes(found: Any) -> Iterator[Any]:
    """Every route below these, of included routers too."""
    for route in found:
        if hasattr(route, "effective_candidates"):
            yield from routes([*route.effective_candidates(), *route.effective_low_priority_routes()])
        else:
            yield route


def running_routes(place: Place) -> tuple[set[str], set[str]]:
    """(HTTP routes as "METHOD path", paths of sockets) of the running app."""
    http: set[str] = set()
    sockets: set[str] = set()
    for route in routes(place.dash.server.routes):
        kind = type(getattr(route, "original_route", route)).__name__
        if "WebSocket" in kind:
            sockets.add(route.path)
        elif kind == "Mount":
            http.add(f"MOUNT {route.path}")
        else:
            http |= {f"{method} {route.path}" for method in route.methods}
    return http, sockets


def server_callbacks(place: Place) -> Mapping[str, Any]:
    """The callbacks that run here, by their output."""
    return {name: c["callback"] for name, c in place.dash.callback_map.items() if c.get("callback")}


def test_the_table_names_every_route_of_the_running_app_and_no_other(place: Place) -> None:
    http, sockets = running_routes(place)
    assert http == set(ROUTES)
    assert sockets == set(SOCKETS)


def test_the_table_names_every_callback_with_the_right_that_it_carries(place: Place) -> None:
    carried = {}
    for name, callback in server_callbacks(place).items():
        while not hasattr(callback, "right"):
            callback = callback.__wrapped__
        carried[name] = callback.right.value
    assert carried == CALLBACKS


def test_the_table_names_every_section_layer_and_export() -> None:
    assert set(SECTIONS) == set(BOARD)
    assert set(LAYERS) == set(LAYER_IDS)
    assert {(what, ending) for what, endings in EXPORTS.items() for ending in endings} == {
        (what, ending) for what in LISTS for ending in FORMATS
    }


def target(place: Place, rule: Rule, area: str) -> dict[str, str]:
    """What stands in the address for an area: codes, and new accounts of that area where accounts are asked for."""
    filled = {"area": area, "build": place.room.areas_build}
    filled |= {"event": place.events[area], "unit": place.units[area], "photo": place.photos[area]}
    people = (("person", Role.VIEWER), ("member", Role.UNIT_MEMBER))
    for kind, role in (*people, ("screen", Role.SCREEN), ("feed", Role.FEED)):
        if "{" + kind + "}" in rule.path:
            filled[kind] = "nobody.at.all" if area == UNKNOWN else place.newcomer(role, area).name
    if "{token}" in rule.path:
        filled["token"] = str(token_id(place, place.newcomer(Role.VIEWER, area).cookie)) if area != UNKNOWN else "99999"
    if "{programme}" in rule.path:
        filled["programme"] = "99999" if area == UNKNOWN else str(programme_id(place, area))
    if "{alert}" in rule.path:
        filled["alert"] = "99999" if area == UNKNOWN else str(alert_id(place, filled["event"]))
    if "{surge}" in rule.path:
        filled["surge"] = "99999" if area == UNKNOWN else str(surge_id(place, area))
    if "{feed_token}" in rule.path:
        filled["feed_token"] = "99999" if area == UNKNOWN else str(feed_token(place, filled["feed"]))
    return filled


def test_a_wall_asks_the_live_picture_on_the_loop_which_moves_it_on(place: Place) -> None:
    """Of everything else that the tests of this room ask for, ``found_place`` proves it when they have ended."""
    assert place.ask("GET", "/screen", place.newcomer(Role.SCREEN, page="wall")).status == 200
    assert ("alerts", True) in place.looks
    assert ("alerts", False) not in place.looks


def test_the_page_of_a_unit_member_is_made_without_the_live_picture(place: Place) -> None:
    """Dash makes it in a thread."""
    who = place.who(Role.UNIT_MEMBER)
    layout = place.ask("GET", "/_dash-layout", who)
    assert f'"unit":{unit_id(place, place.units["D1"])}' in layout.text.replace(" ", "")
    assert ("unit", False) not in place.looks


def unit_id(place: Place, code: str) -> int:
    with place.room.store.read() as conn:
        return units.by_codes(conn, [code])[code].id


def token_id(place: Place, secret: str) -> int:
    with place.room.store.read() as conn:
        found = tokens.find(conn, secret)
    assert found is not None
    return found[0].id


def alert_id(place: Place, code: str) -> int:
    """The alert that the report of an event raised."""
    with place.room.store.read() as conn:
        raised = alerts.page(conn, area_ids=None, from_ms=0, to_ms=2 * now_ms(), before_id=None, limit=1000)
    return next(alert.id for alert in raised if alert.code == code)


def programme_id(place: Place, code: str) -> int:
    """A new programme of an area, with one step."""
    with place.room.store.begin() as conn:
        return programmes.add(conn, Programme("p", code, (Step(f"/wall/{code}"),)), now_ms())


def surge_id(place: Place, code: str) -> int:
    """A new surge of an area, which nobody has judged."""
    area = place.room.situation.tree.areas[place.room.situation.tree.ordinal[code]]
    hour = Hour(now_ms(), 1, 9, 1.0, 1e-9)
    with place.room.store.begin() as conn:
        return surges.begin(conn, [(area.id, "01", hour)], at_ms=now_ms(), actor="onescreen")[0]


def feed_token(place: Place, login: str) -> int:
    with place.room.store.read() as conn:
        account = accounts.by_login(conn, login)
        assert account is not None
        return tokens.all_tokens(conn, ["feed"], account.id)[0].id


def asked(place: Place, key: str, rule: Rule, who: Who, area: str) -> tuple[Answer, dict[str, str]]:
    """Ask for a rule's route as somebody, for an area."""
    filled = target(place, rule, area)
    method = key.partition(" ")[0].replace("MOUNT", "GET")
    body = rule.body(place, area, who) if rule.body else b""
    return place.ask(method, rule.path.format_map(filled), who, body, rule.kind), filled


def without(answer: Answer, filled: Mapping[str, str]) -> tuple[Any, ...]:
    """An answer without what must differ: date, length, and what was asked for."""
    text = answer.text
    for value in sorted({*filled.values(), f"NEW{filled.get('area')}"}, key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", "◯", text)
    # What Dash numbers anew on each page, the numbers of new accounts, and an address in memory (see test_web).
    text = re.sub(r'(?<="end_id":")[^"]+|(?<=[psf]\.)\d+|0x[0-9a-f]{8,}', "◯", text)
    # Minutes pass between two answers; what was never used when the first was asked may have been used since.
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?|从未使用", "◷", text)
    return answer.status, [h for h in answer.headers if h[0] not in VOLATILE], text


@pytest.mark.parametrize("key", ROUTES)
def test_a_route_is_open_to_exactly_those_whom_the_table_names(place: Place, key: str) -> None:
    rule = ROUTES[key]
    for role in ALL_ROLES:
        may = role in rule.roles
        for name, area in AREAS.items() if rule.scoped else [("own", AREAS["own"])]:
            who = place.newcomer(role) if rule.once else place.who(role)
            answer, _ = asked(place, key, rule, who, area)
            told = f"{role} asks {key} for {name}: {answer.status} {answer.text[:200]}"
            if rule.way == "open":
                assert answer.status in {rule.open_status, *rule.fine}, told
            elif role == "feed" and rule.way == "person":
                assert answer.status == 401, told
            elif not may:
                assert answer.status == rule.refused, told
            elif name in BEYOND:
                assert answer.status == rule.beyond, told
                assert not rule.said or rule.said in answer.text, told
            else:
                assert answer.status in rule.fine, told
                assert not rule.said or rule.said not in answer.text or role == Role.UNIT_MEMBER, told
            assert not place.leaks(shown(place, answer, area)), told


def shown(place: Place, answer: Answer, area: str) -> bytes:
    """The bytes of an answer, without an echo of what was asked for."""
    said = answer.bytes()
    if area in ("D2", "C"):
        for echo in (f"MARK{area}UNIT", f"NEW{area}", place.events[area]):
            said = said.replace(echo.encode(), b"")
    return said


@pytest.mark.parametrize("key", [key for key, rule in ROUTES.items() if rule.scoped])
def test_what_is_beyond_ones_reach_looks_in_every_byte_like_what_is_not_there(place: Place, key: str) -> None:
    rule = ROUTES[key]
    for role in sorted(rule.roles):
        plain, echoed = [], []
        for name in BEYOND:
            answer, filled = asked(place, key, rule, place.who(role), AREAS[name])
            plain.append(without(answer, {}))
            echoed.append(without(answer, filled))
        assert plain[0] == plain[1] == plain[2] or echoed[0] == echoed[1] == echoed[2], (role, key)


@pytest.mark.parametrize("kind", STRANGERS)
def test_whoever_has_not_signed_in_gets_nothing_but_the_doors(place: Place, kind: str) -> None:
    stranger = place.stranger(kind)
    for key, rule in ROUTES.items():
        answer, _ = asked(place, key, rule, stranger, "D1")
        if rule.way != "open":
            assert answer.status == 401, (kind, key, answer.status, answer.text[:200])
        elif not (kind == "half" and "/login/code" in key):
            assert answer.status == rule.open_status, (kind, key, answer.status)
        assert not place.leaks(answer.bytes(), ("D1", "D2", "C")), (kind, key)


@pytest.mark.parametrize("what", EXPORTS)
def test_an_export_holds_the_area_that_was_asked_for_and_no_other(place: Place, what: str) -> None:
    for ending in EXPORTS[what]:
        address = f"/api/v1/export/{what}{ending}"
        for role in ALL_ROLES:
            may = role in ROUTES["GET /api/v1/export/{name}"].roles
            for area in ("", *(f"?area={code}" for code in AREAS.values())):
                answer = place.ask("GET", address + area, place.who(role))
                beyond = area.partition("=")[2] in {AREAS[b] for b in BEYOND}
                assert answer.status == (403 if not may else 404 if beyond else 200), (role, address, area)
                assert not place.leaks(answer.bytes()), (role, address, area)
        whole = place.ask("GET", address, place.who("leader", "C"))
        assert place.leaks(whole.bytes(), ("D2",)), "the marks are in what the city's own account gets"


def test_what_a_city_account_gets_holds_the_marks_that_a_district_must_not_see(place: Place) -> None:
    for address in ("/api/v1/events", "/api/v1/units", "/api/v1/areas", f"/api/v1/events/{place.events['D2']}"):
        assert place.leaks(place.ask("GET", address, place.who("centre_head", "C")).bytes(), ("D2",)), address
    revealed = place.ask("POST", f"/api/v1/events/{place.events['D2']}/contact", place.who("intake", "C"))
    assert revealed.text == '{"contact":"139D2CONTACT"}'


@pytest.mark.parametrize("role", ["intake", "duty_officer", "centre_head", "unit_member", "leader", "admin"])
def test_a_contact_is_revealed_to_the_role_that_handles_the_event_and_only_there(place: Place, role: str) -> None:
    for name, area in AREAS.items():
        answer = place.ask("POST", f"/api/v1/events/{place.events[area]}/contact", place.who(role))
        held = "CONTACT" in answer.text
        assert held == (role == "intake" and name in IN_REACH), (role, name, answer.text)


def test_an_account_of_one_district_cannot_be_told_apart_from_one_without_any_by_what_it_learns_of_another(
    place: Place,
) -> None:
    access = place.room.access
    nowhere = Who("nowhere", secret_of(access, account_of(access, [Role.CENTRE_HEAD], ["GONE"])))
    here = place.who("centre_head")
    event = f"/api/v1/events/{place.events['D2']}"
    for address in ("/api/v1/events?area=D2", event, f"/api/v1/units/MARKD2UNIT/track?{SPAN}", "/api/v1/areas?area=D2"):
        answers = [place.ask("GET", address, who) for who in (here, nowhere)]
        assert without(answers[0], {"area": "D2"}) == without(answers[1], {"area": "D2"}), address
    assert place.ask("GET", "/api/v1/events", nowhere).text == '{"events":[],"next":null}'


def test_the_number_of_anothers_event_tells_nothing_about_it(place: Place) -> None:
    told = {
        "source": "hotline", "source_id": "MARKD2SOURCE", "subtype": "0101", "area": "D1",
        "reported_at": now_ms() - MINUTE_MS,
    }  # fmt: skip
    there = account_of(place.room.access, [Role.FEED], ["D1"], systems=["markd2-system"])
    elsewhere = account_of(place.room.access, [Role.FEED], ["D1"], systems=["another"])
    for account in (there, elsewhere):
        who = Who(account.login, key=secret_of(place.room.access, account))
        said = set()
        for guess in ("MARKD2DESCRIPTION", "something else"):
            body = orjson.dumps({**told, "source_system": "markd2-system", "description": guess})
            answer = place.ask("POST", "/api/v1/events", who, body, JSON)
            assert place.events["D2"] not in answer.text
            said.add(answer.text)
        assert len(said) == 1, "a good guess looks like a bad one"


def test_an_export_that_was_refused_is_not_told_as_one_to_the_auditor_of_the_other_district(place: Place) -> None:
    leader = place.newcomer(Role.LEADER)
    assert place.ask("GET", "/api/v1/export/events.csv?area=D2", leader).status == 404
    assert leader.name not in place.ask("GET", "/audit", place.who("auditor", "D2")).text
