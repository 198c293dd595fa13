"""From the store to the screen: a change is written, the tail takes it in, a frame goes out."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from fastapi import FastAPI

from callbacks.live import wiring
from callbacks.live.hub import Hub
from callbacks.live.topics import Client
from callbacks.room import Room
from geodata.domain.roles import Audience
from geodata.domain.view import MapView
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.services.tracking import Position, report_positions
from geodata.store.engine import Watch
from tests.factories import page_city
from tests.unit.live.fakes import FakeOutlet

Json = dict[str, Any]


@pytest.fixture
def room(tmp_path: Path) -> Any:
    opened = page_city.open_room(tmp_path)
    yield opened
    opened.store.close()


@pytest_asyncio.fixture
async def hub(room: Room) -> AsyncIterator[Hub]:
    """The hub of a running process."""
    tailing = asyncio.create_task(room.tail.run())
    made = wiring.register(FastAPI(), room).hub
    yield made
    for client in tuple(made.clients):
        made.leave(client)
    tailing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await tailing


def screen(hub: Hub, view: MapView) -> FakeOutlet:
    outlet = FakeOutlet()
    client = Client(outlet)
    hub.join(client)
    hub.subscribe(client, view)
    return outlet


async def until(true: Callable[[], Any]) -> None:
    """Wait for it, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        await asyncio.sleep(0.01)


def report(room: Room, source_id: str) -> str:
    """Report a red event in the first grid and return its code."""
    desk = Desk.load(room.store, room.city)
    subtype = next(s.code for s in desk.catalogue.subtypes.values() if s.urgency == 1)
    grid = room.situation.tree.areas[room.situation.tree.ordinal["G00"]]
    now_ms = time.time_ns() // 1_000_000
    event = NewEvent("patrol", "test", source_id, subtype, now_ms, "", lon=grid.lon, lat=grid.lat)
    outcome = report_events(desk, Actor.operator("test"), [Submitted({}, event)], feed="test", now_ms=now_ms)[0]
    assert outcome.status == "accepted"
    return str(outcome.code)


def sections(outlet: FakeOutlet) -> Json:
    """The newest value of every section that was sent."""
    newest: Json = {}
    for message in outlet.messages("full", "delta"):
        newest |= message.get("s", {})
    return newest


async def test_an_event_that_is_reported_reaches_every_screen_it_concerns_and_no_other(room: Room, hub: Hub) -> None:
    city, grid, other = (screen(hub, MapView(code)) for code in ("C", "G00", "D2"))
    await until(lambda: sections(city)["ranking"]["rows"] and sections(grid)["curve"]["base"])
    before, calm = sections(city)["kpi"]["open"]["n"], len(other.messages("delta"))
    code = await asyncio.to_thread(report, room, "new")
    await until(lambda: sections(city)["kpi"]["open"]["n"] == before + 1)
    await until(lambda: sections(grid)["feed"][0][0] == code)
    marks = [m["marks"]["events/marks"] for m in city.messages("delta") if "events/marks" in m.get("marks", {})]
    assert code in [feature[0] for moved in marks for feature in moved.get("set", ())]
    assert not [m for m in other.messages("delta")[calm:] if {"feed", "classes"} & set(m.get("s", {}))]
    newest = city.messages("delta")[-1]
    assert newest["src"] <= newest["at"]


async def test_a_unit_that_moves_is_redrawn_without_a_new_full_frame(room: Room, hub: Hub) -> None:
    outlet = screen(hub, MapView("D1", audience=Audience.STAFF))
    await asyncio.sleep(0.1)
    desk = Desk.load(room.store, room.city)
    grid = room.situation.tree.areas[room.situation.tree.ordinal["G00"]]
    fix = Position("U1", grid.lon, grid.lat, time.time_ns() // 1_000_000)
    report_positions(desk, Actor.operator("test"), [Submitted({}, fix)], feed="test", now_ms=fix.fix_ms)
    await until(lambda: any("units/marks" in m.get("marks", {}) for m in outlet.messages("delta")))
    (moved,) = [m["marks"]["units/marks"] for m in outlet.messages("delta") if "units/marks" in m.get("marks", {})]
    ((unit, lon, lat, _),) = moved["set"]
    assert (unit, lon, lat) == ("U1", pytest.approx(grid.lon, abs=1e-5), pytest.approx(grid.lat, abs=1e-5))
    assert len(outlet.messages("full")) == 1


async def test_feeds_and_quarantine_come_from_the_doors(room: Room, hub: Hub) -> None:
    outlet = screen(hub, MapView("C"))
    await until(lambda: sections(outlet)["feeds"])
    assert {(name, state) for name, _, state in sections(outlet)["feeds"]} == {("test", "ok")}
    assert sections(outlet)["title"]["data_span"][0] <= sections(outlet)["title"]["data_span"][1]


async def test_a_wall_is_sent_no_call_sign_and_no_code_of_a_unit(room: Room, hub: Hub) -> None:
    outlets = [screen(hub, MapView(code, "wall")) for code in ("C", "D1", "G00")]
    await until(lambda: sections(outlets[0])["feeds"])
    sent = b"".join(orjson.dumps(m) for outlet in outlets for m in outlet.messages())
    assert "渝中巡".encode() not in sent
    assert b"U1" not in sent
    assert b'"units/marks":{"all":[["u0",' in sent


async def lose_the_store(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_: Watch) -> bool:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Watch, "moved", cut)
    await until(lambda: room.tail.error)


async def test_when_the_store_is_out_of_reach_the_screens_grow_old(
    room: Room, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "LAG_MS", 100)
    outlet = screen(hub, MapView("C"))
    await until(lambda: room.tail.caught_up_ms)
    await lose_the_store(room, monkeypatch)
    outlet.packets.clear()
    await until(lambda: len(outlet.messages("beat")) >= 2)
    first, last = outlet.messages("beat")[0], outlet.messages("beat")[-1]
    assert first["at"] == last["at"] < last["now"]


async def test_what_stands_still_grows_old_although_the_clock_is_set_back(
    room: Room, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "LAG_MS", 100)
    room.tail.beat_ms = hub.now_ms()
    outlet = screen(hub, MapView("C"))
    await until(lambda: room.tail.caught_up_ms)
    await lose_the_store(room, monkeypatch)
    back = time.time_ns() // 1_000_000 - 3_600_000 - round(time.monotonic() * 1000)

    def set_back_ms() -> int:
        return back + round(time.monotonic() * 1000)

    monkeypatch.setattr(wiring, "wall_ms", set_back_ms)
    monkeypatch.setattr(hub, "now_ms", set_back_ms)
    outlet.packets.clear()
    await until(lambda: [m for m in outlet.messages("beat") if m.get("now", m["at"]) - m["at"] > 1_500])
    last = outlet.messages("beat")[-1]
    assert last["now"] - last["beat"] > 1_500
