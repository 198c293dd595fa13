"""What the server answers to pages: addresses, selections and searches, over a small city in a real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from callbacks.navigation import answer, home_address, router
from callbacks.room import Room
from callbacks.search import area_hits, event_hits
from callbacks.selection import filters_of, look_up
from dashboard.words import words
from geodata.domain.catalogue import Catalogue, EventClass
from geodata.domain.focus import Focus
from geodata.domain.roles import Role
from geodata.domain.search import AreaIndex
from geodata.domain.view import Filters
from geodata.services.actors import Actor, asking
from geodata.store import units
from tests.factories.page_city import UNSAFE, open_room

ANYBODY = Actor.operator()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("pages"))
    yield opened
    opened.store.close()


def test_an_address_of_this_city_is_a_view(room: Room) -> None:
    told = answer(room, ANYBODY, "/wall/D1", "?urgencies=1.2&lang=en")
    assert (told["ok"], told["area"], told["page"], told["lang"]) == (True, "D1", "wall", "en")
    assert told["address"] == "/wall/D1?urgencies=1.2&lang=en"


def test_an_address_may_be_percent_encoded(room: Room) -> None:
    assert answer(room, ANYBODY, "/area/" + quote("G00", safe=""), "")["ok"]


@pytest.mark.parametrize(
    ("path", "search", "field", "value"),
    [
        ("/area/NOWHERE", "", "area", "NOWHERE"),
        ("/atlas/D1", "", "path", "/atlas/D1"),
        ("/area/C", "?urgencies=9", "urgencies", "9"),
        ("/area/C", "?classes=XX", "classes", "XX"),
        ("/area/C", "?layers=areas.ghosts", "layers", "ghosts"),
        ("/area/C", "?lang=fr", "lang", "fr"),
    ],
)
def test_a_wrong_address_is_answered_with_what_is_wrong(
    room: Room, path: str, search: str, field: str, value: str
) -> None:
    told = answer(room, ANYBODY, path, search)
    assert (told["ok"], told["field"], told["value"]) == (False, field, value)


def test_a_theme_screen_that_counts_nothing_here_says_so(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer(room, ANYBODY, "/wall/C", "?focus=safety")["ok"]
    monkeypatch.setattr(room.situation, "catalogue", Catalogue.of([EventClass("noise", "噪声", "Noise")], []))
    told = answer(room, ANYBODY, "/wall/C", "?focus=safety")
    assert (told["ok"], told["value"], told["why"]) == (False, "safety", "no_classes")
    city = room.city.model_copy(update={"focus": {Focus.SAFETY: ("noise",)}})
    assert answer(replace(room, city=city), ANYBODY, "/wall/C", "?focus=safety")["ok"]


async def test_the_root_leads_to_the_city_in_its_language(room: Room) -> None:
    english = replace(room, city=room.city.model_copy(update={"language": "en"}))
    assert (home_address(room, ANYBODY), home_address(english, ANYBODY)) == ("/duty/C", "/duty/C?lang=en")
    server = FastAPI()
    server.include_router(router(english))
    asking.set(ANYBODY)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=server), base_url="http://here") as client:
        root = await client.get("/")
    assert (root.status_code, root.headers["location"]) == (303, "/duty/C?lang=en")


async def test_an_open_event_is_shown_with_its_running_deadline(room: Room) -> None:
    event = room.situation.feed(0, Filters(), 1)[0]
    card = await look_up(room, ANYBODY, f"event:{event.code}", "zh")
    rows = {label: (kind, value) for label, kind, value in card.rows}
    assert rows["截止时间"] == ("deadline", event.deadline_ms)
    assert rows["编号"] == ("text", event.code)
    assert card.urgency == event.urgency
    assert UNSAFE in card.note, "text travels as it is; the browser never takes it for HTML"
    assert card.enter == (room.situation.tree.areas[event.area].code, room.situation.tree.areas[event.area].name)


async def test_a_unit_is_shown_with_its_call_sign_and_the_age_of_its_fix(room: Room) -> None:
    card = await look_up(room, ANYBODY, "unit:U1", "en")
    rows = {label: value for label, _, value in card.rows}
    assert card.title == "渝中巡-01"
    assert rows["Status"] == "on duty"
    assert rows["Last fix"] is not None


async def test_an_area_is_shown_with_its_figures(room: Room) -> None:
    card = await look_up(room, ANYBODY, "area:D1", "zh")
    rows = {label: value for label, _, value in card.rows}
    assert (card.kind, card.title, card.enter) == ("区县", "渝中区", ("D1", "渝中区"))
    o = room.situation.tree.ordinal["D1"]
    assert rows["在办"] == (room.situation.totals(o).open, "list?figure=open")
    assert rows["下级区域"] == 4
    only_red = filters_of(room, ANYBODY, "/area/C?urgencies=1&text=1")
    assert only_red == Filters(urgencies=(1,))
    narrowed = {label: value for label, _, value in (await look_up(room, ANYBODY, "area:D1", "zh", only_red)).rows}
    assert narrowed["在办"] == (room.situation.totals(o, only_red).open, "list?figure=open")
    assert filters_of(room, ANYBODY, "/nowhere") == filters_of(room, ANYBODY, "//[") == Filters()


@pytest.mark.parametrize("selected", ["event:NONE", "unit:NONE", "area:NONE", "ghost:1", "", "event"])
async def test_what_is_not_there_is_said_to_be_gone(room: Room, selected: str) -> None:
    card = await look_up(room, ANYBODY, selected, "zh")
    assert card.rows == ()
    assert "没有找到" in card.note


def test_a_search_tells_the_level_and_the_way_to_each_area(room: Room) -> None:
    hits = area_hits(AreaIndex(room.situation.tree), ANYBODY, "网格00", "zh")
    assert hits == [("area", "G00", "网格00", "网格 · 渝中区")]


def test_an_event_is_found_by_the_beginning_of_its_code(room: Room) -> None:
    event = room.situation.feed(0, Filters(), 1)[0]
    hits = event_hits(room, ANYBODY, event.code, "zh")
    assert hits[0][:2] == ("event", event.code)
    assert all(hit[1].startswith(event.code) for hit in hits)
    assert event_hits(room, ANYBODY, "%", "zh") == []


async def test_the_card_of_a_grid_tells_the_staff_its_kind_posts_and_last_walk_and_others_neither(room: Room) -> None:
    told = {label for label, _, _ in (await look_up(room, ANYBODY, "area:G00", "en")).rows}
    assert {"Kind of grid", "Last walked", "Patrol", "Inside this shift", "Posts"} <= told
    viewer = Actor.of("viewer", frozenset({Role.VIEWER}), frozenset({"C"}), account_id=9)
    card = await look_up(room, viewer, "area:G00", "en")
    shown = {label for label, _, _ in card.rows}
    assert "Kind of grid" in shown
    assert not shown & {"Last walked", "Patrol", "Inside this shift", "Posts"}
    assert not [title for title, _ in card.blocks]
    posts = next(v for label, _, v in (await look_up(room, ANYBODY, "area:G00", "en")).rows if label == "Posts")
    tree = room.situation.tree
    at, names = room.situation.posts_of(tree.chain(tree.ordinal["G00"]))
    assert names
    assert all(name in posts for name in names)
    assert posts not in str(card.rows)
    assert at in tree.chain(tree.ordinal["G00"])


async def test_the_card_of_a_grid_names_no_post_that_is_at_home_beyond_ones_reach(tmp_path: Path) -> None:
    """G01 has no unit of its own; that of its district stands in for it, for whoever reaches the district."""
    room = open_room(tmp_path)
    tree = room.situation.tree
    with room.store.read() as conn:
        unit = units.by_codes(conn, ["U1"])["U1"]
    district = tree.areas[tree.ordinal["D1"]].id
    room.situation.apply_units([replace(unit, id=unit.id + 1, code="U2", call_sign="渝中队", home_area_id=district)])
    for area, said in (("D1", "渝中队"), ("G01", "")):
        officer = Actor.of("officer", frozenset({Role.DUTY_OFFICER}), frozenset({area}), account_id=9)
        card = await look_up(room, officer, "area:G01", "zh")
        (posts,) = (str(value) for label, _, value in card.rows if label == words("zh", "drawer.posts"))
        assert said in posts
        assert bool(posts) is bool(said)
    room.store.close()
