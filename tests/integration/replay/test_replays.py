"""Replays on the push: opened by an address, shared, bounded, refused with a reason; never the line of live frames."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI

from callbacks.live import replays as engine
from callbacks.live import wiring
from callbacks.live.hub import Hub
from callbacks.live.replays import Replays, difference
from callbacks.live.topics import Client
from callbacks.live.wiring import Push
from callbacks.room import Room
from geodata.domain.instants import instant_of
from geodata.domain.roles import Audience
from geodata.domain.view import MapView, ViewError
from geodata.domain.windows import Asked
from tests.factories import page_city
from tests.unit.live.fakes import FakeOutlet

Json = dict[str, Any]
STAFF = Audience.STAFF
DAY_S = 86_400


@pytest.fixture
def room(tmp_path: Path) -> Any:
    opened = page_city.open_room(tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
async def push(room: Room) -> AsyncIterator[Push]:
    """The push of a running process."""
    made = wiring.register(FastAPI(), room)
    yield made
    for client in tuple(made.hub.clients):
        made.hub.leave(client)
    made.replays.close()


def at(room: Room, ago_s: float) -> str:
    """The local instant so many seconds ago."""
    return instant_of(int((time.time() - ago_s) * 1000), room.city.zone)


def screen(hub: Hub, view: MapView) -> FakeOutlet:
    outlet = FakeOutlet()
    client = Client(outlet)
    hub.join(client)
    hub.subscribe(client, view)
    return outlet


async def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        await asyncio.sleep(0.01)


def sections(outlet: FakeOutlet) -> Json:
    newest: Json = {}
    for message in outlet.messages("full", "delta"):
        newest |= message.get("s", {})
    return newest


async def test_a_moment_by_its_address_says_that_it_is_not_live_and_of_when(room: Room, push: Push) -> None:
    before, now = MapView("C", at=at(room, 2 * DAY_S), audience=STAFF), MapView("C", audience=STAFF)
    then, live = screen(push.hub, before), screen(push.hub, now)
    await until(lambda: "then" in sections(then))
    said = sections(then)
    assert instant_of(said["then"]["at"], room.city.zone) == before.at
    assert said["then"]["speed"] == 0
    assert len(said["then"]["hours"]) == 24
    assert said["kpi"]["open"]["n"] == 0, "nothing had been reported yet"
    assert sections(live)["kpi"]["open"]["n"] == page_city.EVENTS
    assert "then" not in sections(live)
    assert not {"alerts", "feeds"} & set(said)


async def test_screens_of_one_moment_share_one_picture(room: Room, push: Push) -> None:
    view = MapView("C", at=at(room, 600), audience=STAFF)
    first, second = screen(push.hub, view), screen(push.hub, view)
    await until(lambda: sections(first) and sections(second))
    wire = [[p.wire for p in outlet.packets if p.binary or b'"full"' in p.wire] for outlet in (first, second)]
    assert wire[0] == wire[1]
    assert push.replays.metrics() == {"replays": 1, "playing": 0}


async def test_what_plays_moves_on_in_deltas(room: Room, push: Push) -> None:
    outlet = screen(push.hub, MapView("C", at=at(room, 7_200), play=600, audience=STAFF))
    await until(lambda: len(outlet.messages("delta")) >= 3)
    moments = [m["s"]["then"]["at"] for m in outlet.messages("full", "delta") if "then" in m.get("s", {})]
    assert moments == sorted(set(moments))
    assert moments[-1] - moments[0] >= 600_000
    assert moments[-1] <= time.time() * 1000
    assert len(outlet.messages("full")) == 1


async def test_no_more_than_a_few_play_at_once(room: Room, push: Push) -> None:
    views = [MapView("C", at=at(room, 7_200 + k), play=60) for k in range(engine.PLAYING_MAX + 1)]
    shown = [screen(push.hub, view) for view in views[:-1]]
    with pytest.raises(ViewError) as refused:
        screen(push.hub, views[-1])
    assert (refused.value.field, refused.value.value, refused.value.why) == ("play", "60", "full")
    await until(lambda: all(sections(outlet) for outlet in shown))
    screen(push.hub, views[0])


async def test_who_comes_back_to_a_replay_that_was_left_is_counted_too(
    room: Room, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = [MapView("C", at=at(room, 7_200 + k), play=60) for k in range(engine.PLAYING_MAX + 1)]
    left = screen(push.hub, views[-1])
    await until(lambda: sections(left))
    for client in tuple(push.hub.clients):
        push.hub.leave(client)
    monkeypatch.setattr(engine, "LEFT_S", 0.0)
    await until(lambda: push.replays.open(views[0]) and push.replays.metrics()["playing"] == 0)
    monkeypatch.undo()
    shown = [screen(push.hub, view) for view in views[:-1]]
    await until(lambda: all(sections(outlet) for outlet in shown))
    with pytest.raises(ViewError) as refused:
        screen(push.hub, views[-1])
    assert refused.value.why == "full"
    assert push.replays.metrics()["playing"] == engine.PLAYING_MAX


@pytest.mark.parametrize(("ago_s", "why"), [(-3_600, "future"), (31 * DAY_S, "before")])
async def test_a_moment_that_is_not_kept_is_refused_with_the_reason(
    room: Room, push: Push, ago_s: int, why: str
) -> None:
    view = MapView("C", at=at(room, ago_s))
    with pytest.raises(ViewError) as refused:
        push.replays.open(view)
    assert (refused.value.field, refused.value.value, refused.value.why) == ("at", view.at, why)
    with pytest.raises(ViewError) as lost:
        push.replays.open(MapView("nowhere", at=at(room, 600)))
    assert lost.value.field == "area"


async def test_walls_and_the_public_are_shown_no_more_of_then_than_of_now(room: Room, push: Push) -> None:
    moment = at(room, 0)
    outlets = [screen(push.hub, MapView(code, "wall", at=moment)) for code in ("C", "D1", "G00")]
    await until(lambda: all(map(sections, outlets)))
    sent = b"".join(orjson.dumps(m) for outlet in outlets for m in outlet.messages())
    assert "渝中巡".encode() not in sent
    assert b"U1" not in sent


async def test_while_a_picture_is_made_the_line_is_told_to_wait(
    room: Room, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Replays._made

    def slowly(*args: Any) -> Any:
        time.sleep(2.5)
        return made(*args)

    monkeypatch.setattr(Replays, "_made", slowly)
    live = screen(push.hub, MapView("C"))
    then = screen(push.hub, MapView("C", at=at(room, 600)))
    await until(lambda: sections(then))
    assert then.messages("wait")
    assert "at" in then.messages("wait")[0]
    assert live.messages("beat", "delta"), "others go on meanwhile"


async def test_what_goes_wrong_is_tried_again(room: Room, push: Push, monkeypatch: pytest.MonkeyPatch) -> None:
    made, failed = Replays._made, list[int]()

    def once(*args: Any) -> Any:
        if not failed:
            failed.append(1)
            raise OSError("the disk is gone")
        return made(*args)

    monkeypatch.setattr(Replays, "_made", once)
    outlet = screen(push.hub, MapView("C", at=at(room, 600)))
    await until(lambda: sections(outlet))
    assert push.hub.tally.errors == 1


async def test_the_queue_of_a_moment_is_the_one_of_then(room: Room, push: Push) -> None:
    def total(situation: Any) -> int:
        view = MapView("C", "duty")
        return int(situation.queue(0, view.filters, view.order, Asked(0, 10, (), -1, 0)).total)

    assert await push.replays.ask(MapView("C", "duty", at=at(room, 2 * DAY_S)), total) == 0
    written = at(room, 0)
    await until(lambda: at(room, 0) > written)
    assert await push.replays.ask(MapView("C", "duty", at=at(room, 0)), total) == page_city.EVENTS


async def test_no_more_than_some_queues_of_moments_wait_at_once(
    room: Room, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WAITING_MAX", 3)
    views = [MapView("C", "duty", at=at(room, k)) for k in range(8)]
    got = await asyncio.gather(*(push.replays.ask(v, lambda s: s.now_ms) for v in views), return_exceptions=True)
    refused = [error for error in got if isinstance(error, ViewError)]
    assert [error.why for error in refused] == ["full"] * 5
    assert await push.replays.ask(views[0], lambda s: s.now_ms) > 0, "what was refused once may be asked again"


def test_a_difference_leads_from_one_picture_to_the_other() -> None:
    before: Json = {
        "s": {"a": 1, "b": 2}, "marks": {"m": {"all": [["x", 1], ["y", 1]]}}, "traces": {"t": {"p": 1, "q": 1}},
        "legend": {"l": []}, "fails": {"a": ["raised", 1]},
    }  # fmt: skip
    after: Json = {
        "s": {"a": 1, "b": 3}, "marks": {"m": {"all": [["y", 2], ["z", 1]]}}, "traces": {"t": {"p": 1, "q": 2}},
        "legend": {"l": []}, "fails": {},
    }  # fmt: skip
    assert difference(before, before) == {}
    assert difference(before, after) == {
        "s": {"b": 3}, "marks": {"m": {"set": [["y", 2], ["z", 1]], "gone": ["x"]}}, "traces": {"t": {"q": 2}},
        "fails": {"a": None},
    }
