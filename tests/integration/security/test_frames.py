"""The push: every page, layer and section, asked for by every role in every area; and what screens get to see."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from callbacks.live.board import SECTIONS as BOARD
from geodata.domain.roles import Role
from geodata.domain.view import PAGES, SCREEN_PAGES, Measure
from layers.registry import LAYER_IDS
from tests.factories.people import account_of, secret_of
from tests.integration.security.asking import JSON, Talk
from tests.integration.security.place import (
    ALL_ROLES,
    AREAS,
    BEYOND,
    IN_REACH,
    STRANGERS,
    UNKNOWN,
    Place,
    Who,
)
from tests.integration.security.rules import ROUTES, STAFF, STAFF_SECTIONS
from tests.integration.security.test_matrix import asked

EVERY_LAYER = "layers=" + ".".join(sorted(LAYER_IDS))
WATCHERS = [role for role in ALL_ROLES if role != Role.FEED]


def who_watches(place: Place, role: str, page: str) -> Who:
    """An account of a role; a screen has one page, which is never the desk."""
    if role != Role.SCREEN:
        return place.who(role)
    return place.newcomer(role, page=page if page in SCREEN_PAGES else "area")


def view(page: str, area: str, query: str = EVERY_LAYER) -> dict[str, Any]:
    return {"k": "sub", "view": f"/{page}/{area}?{query}", "n": 1}


def bare(talk: Talk) -> tuple[bytes, int]:
    """What was said, without clocks and numbers of this one socket."""
    text = re.sub(rb'"(now|at|src|seq)":\d+', b"", b"\n".join(m for m in talk.raw if b'"beat"' not in m))
    return text, talk.code


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", WATCHERS)
def test_a_view_is_pushed_to_whoever_reaches_its_area_and_holds_nothing_of_another(
    place: Place, role: str, page: str
) -> None:
    who = who_watches(place, role, page)
    refused = []
    for name, area in AREAS.items():
        talk = place.asker.talk(who.headers(), [view(page, area)])
        opens = role in STAFF or page in SCREEN_PAGES or (page == "list" and role != Role.SCREEN)
        assert bool(talk.of("full")) == (name in IN_REACH and opens), (role, name, talk.said)
        said = b"\n".join(talk.raw)
        if name in BEYOND or not opens:
            text, code = bare(talk)
            refused.append((text.replace(area.encode(), b""), code))
            continue
        frame = talk.of("full")[0]
        shown = {name for name, section in BOARD.items() if page in section.pages}
        for_staff = role in STAFF and page != "wall"
        assert set(frame["s"]) == shown - (set() if for_staff else STAFF_SECTIONS)
        # A path leads down from the city: its name is no secret. Feeds are named for everybody (a test of their own).
        frame["s"] |= {"title": None, "feeds": None, "ticker": None}
        assert not place.leaks(orjson.dumps(frame)), (role, name)
        has_unit = b"MARKD1UNIT" in said
        assert has_unit == (role in STAFF and page != "wall" and name == "own"), (role, page, name)
        assert not re.search(rb"CONTACT|DESCRIPTION|SOURCE|CALL", said), "no contact, description or call sign"
    assert all(one == refused[0] for one in refused)


@pytest.mark.parametrize("layer", sorted(LAYER_IDS))
@pytest.mark.parametrize("page", PAGES)
def test_each_layer_of_each_page_in_each_measure_keeps_within_the_area(place: Place, page: str, layer: str) -> None:
    who = place.who("duty_officer")
    for measure in Measure:
        for area in ("D1", "G00"):
            talk = place.asker.talk(who.headers(), [view(page, area, f"layers={layer}&measure={measure.value}")])
            frame = talk.of("full")[0]
            frame["s"] |= {"title": None, "feeds": None, "ticker": None}
            assert not place.leaks(orjson.dumps(frame)), (page, layer, measure, area)


def test_what_comes_later_holds_no_more_than_the_first_frame(place: Place) -> None:
    talk = place.asker.talk(place.who("viewer").headers(), [view("area", "D1")], patience_s=3.5,
                            until=lambda t: len(t.of("beat")) > 3)  # fmt: skip
    for frame in talk.of("full") + talk.of("delta"):
        frame["s"] = {k: v for k, v in frame.get("s", {}).items() if k not in ("title", "feeds", "ticker")}
        assert not place.leaks(orjson.dumps(frame))


@pytest.mark.parametrize("kind", STRANGERS)
@pytest.mark.parametrize("path", ["/live", "/elsewhere"])
def test_a_socket_is_closed_to_whoever_has_not_signed_in(place: Place, path: str, kind: str) -> None:
    talk = place.asker.talk(place.stranger(kind).headers(origin="http://localhost"), [view("area", "D1")], path=path)
    assert (talk.code, talk.said) == (4401, [])


def test_a_key_of_a_feed_opens_no_socket(place: Place) -> None:
    assert place.asker.talk(place.who(Role.FEED).headers(), [view("area", "D1")]).code == 4401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example", "http://["])
@pytest.mark.parametrize("path", ["/live", "/elsewhere"])
def test_a_page_of_another_site_opens_no_socket(place: Place, path: str, origin: str) -> None:
    who = place.who("centre_head")
    talk = place.asker.talk(who.headers(own=False, origin=origin), [view("area", "D1")], path=path)
    assert (talk.code, talk.said) == (4003, [])
    talk = place.asker.talk(who.headers(own=False, sec_fetch_site="cross-site"), [view("area", "D1")], path=path)
    assert (talk.code, talk.said) == (4003, [])


def test_a_screen_has_one_page_and_one_area(place: Place) -> None:
    wall = place.newcomer(Role.SCREEN, page="wall")
    other = place.asker.talk(wall.headers(), [view("area", "D1")])
    unknown = place.asker.talk(wall.headers(), [view("area", UNKNOWN)])
    assert other.of("refused")[0]["rule"] == unknown.of("refused")[0]["rule"] == "is not an area of this city"
    assert place.asker.talk(wall.headers(), [view("wall", "D1")]).of("full")


def test_no_answer_to_a_screen_holds_a_call_sign_a_unit_a_contact_a_description_a_track_or_a_login(
    place: Place,
) -> None:
    """Of its own area, too: whoever stands in front of a wall is nobody."""
    private = re.compile(r"MARK\w+(?:UNIT|DESCRIPTION|SOURCE|CALL)|CONTACT|第\d+件|渝中巡|\bU1\b")
    for page in SCREEN_PAGES:
        screen = place.newcomer(Role.SCREEN, page=page)
        others = {who.name for who in place._who.values()} - {screen.name}
        for key, rule in ROUTES.items():
            answer, _ = asked(place, key, rule, screen, "D1")
            text = answer.text.replace("MARKD1UNIT", "") if "arrive" in answer.text else answer.text
            assert not private.search(text), (key, private.search(text))
            assert not [login for login in others if re.search(rf"{re.escape(login)}\b", answer.text)], key
        talk = place.asker.talk(screen.headers(), [view(page, "D1")])
        assert talk.of("full")
        assert not private.search(b"\n".join(talk.raw).decode())


def test_a_wall_is_for_the_public_whoever_opens_it(place: Place) -> None:
    for role in STAFF:
        said = b"\n".join(place.asker.talk(place.who(role).headers(), [view("wall", "D1")]).raw)
        assert b"UNIT" not in said
        assert b"#staff" not in said


@pytest.mark.parametrize("page", SCREEN_PAGES)
def test_no_frame_names_the_login_of_a_person_who_reported_something(other_place: Place, page: str) -> None:
    said = frames_after_a_report(other_place, "intake", page)
    assert b"reporter.with.a.name" not in said


def test_no_frame_of_a_district_names_a_feed_of_another(other_place: Place) -> None:
    said = frames_after_a_report(other_place, "feed", "area")
    assert b"markd2-kiosk" not in said


def frames_after_a_report(place: Place, role: str, page: str) -> bytes:
    """What a screen in D1 gets after somebody in D2 has reported something through the API."""
    access = place.room.access
    login = "reporter.with.a.name"
    system = "people" if role != "feed" else "markd2-kiosk"
    made = account_of(access, [Role(role)], ["D2"], login=login, systems=[system] if role == "feed" else [])
    secret = secret_of(access, made)
    who = Who(login, key=secret) if role == "feed" else Who(login, secret)
    told = {"source": "hotline", "source_system": system, "source_id": "1", "subtype": "0101", "area": "D2",
            "reported_at": place.room.situation.now_ms - 1000}  # fmt: skip
    answer = place.ask("POST", "/api/v1/events", who, orjson.dumps(told), JSON)
    assert '"accepted":1' in answer.text, answer.text
    screen = place.newcomer(Role.SCREEN, page=page)
    talk = place.asker.talk(
        screen.headers(), [view(page, "D1")], patience_s=4,
        until=lambda t: any(f.get("s", {}).get("feeds") for f in t.of("full") + t.of("delta")),
    )  # fmt: skip
    assert any(f.get("s", {}).get("feeds") is not None for f in talk.of("full") + talk.of("delta"))
    return b"\n".join(talk.raw)


def test_the_city_is_the_sum_of_its_districts_and_what_is_unplaced_while_each_sees_only_its_own(place: Place) -> None:
    def figures(who: Who, area: str) -> dict[str, int]:
        kpi = place.asker.talk(who.headers(), [view("area", area)]).of("full")[0]["s"]["kpi"]
        return {"open": kpi["open"]["n"], "reported": kpi["reported"]["n"], "overdue": kpi["overdue"]["n"],
                "units": kpi["units"]["total"], "unplaced": kpi["unplaced"]["n"]}  # fmt: skip

    city = figures(place.who("leader", "C"), "C")
    parts = [figures(place.who("leader", d), d) for d in ("D1", "D2")]
    assert city["open"] == sum(p["open"] for p in parts) + city["unplaced"]
    assert city["unplaced"] > 0
    for name in ("reported", "overdue", "units"):
        assert city[name] >= sum(p[name] for p in parts) > 0, name
    for district, part in zip(("D1", "D2"), parts, strict=True):
        assert figures(place.who("leader", "C"), district) == part, "the city's account sees what the district's sees"
