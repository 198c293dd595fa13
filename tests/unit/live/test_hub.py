from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from callbacks.live import hub as hub_module
from callbacks.live.echoes import Echo
from callbacks.live.hub import Hub, HubFullError
from callbacks.live.topics import BEHIND_BYTES, RING_FRAMES, Client
from geodata.domain.view import MapView, ViewError
from tests.unit.live.fakes import FakeOutlet, FakePicture

PERIOD_S = 0.05
CITY = MapView("city")


class Rig:
    """A hub with a short period over fake pictures."""

    def __init__(self) -> None:
        self.pictures: dict[str, FakePicture] = {}
        self.hub = Hub(self.draw, lambda: 7, period_s=PERIOD_S)

    def draw(self, view: MapView) -> FakePicture:
        return self.pictures.setdefault(view.topic(), FakePicture(view))

    @property
    def city(self) -> FakePicture:
        return self.pictures[CITY.topic()]

    def screen(self, view: MapView | None = CITY, topic: str = "", seq: int = 0) -> tuple[Client, FakeOutlet]:
        outlet = FakeOutlet()
        client = Client(outlet)
        self.hub.join(client)
        if view is not None:
            self.hub.subscribe(client, view, topic, seq)
        return client, outlet


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def until(true: Callable[[], Any]) -> None:
    """Wait for it, at most two seconds."""
    for _ in range(400):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not become true")


def has_deltas(outlet: FakeOutlet, n: int) -> bool:
    return len(outlet.messages("delta")) == n


def leave_all(rig: Rig) -> None:
    for client in tuple(rig.hub.clients):
        rig.hub.leave(client)


async def test_a_new_screen_is_told_its_topic_and_gets_a_full_frame(rig: Rig) -> None:
    _, outlet = rig.screen()
    on, full, beat = outlet.messages()
    assert on == {"k": "on", "topic": CITY.topic(), "n": 0}
    assert full["k"] == "full"
    assert full["s"]["n"] == 0
    assert full["src"] == beat["src"] == 7
    assert beat["k"] == "beat"
    leave_all(rig)


async def test_a_change_reaches_every_screen_as_the_same_bytes_computed_once(rig: Rig) -> None:
    outlets = [rig.screen()[1] for _ in range(5)]
    before = rig.city.refreshed
    rig.city.bump()
    await until(lambda: all(o.messages("delta") for o in outlets))
    assert rig.city.refreshed == before + 1
    assert len({id(o.packets[-1]) for o in outlets}) == 1
    leave_all(rig)


async def test_a_topic_sends_at_most_one_frame_per_period_and_loses_no_change(rig: Rig) -> None:
    _, outlet = rig.screen()
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < 6 * PERIOD_S:
        rig.city.bump()
        await asyncio.sleep(0.002)
    await until(lambda: outlet.messages("delta")[-1]["s"]["n"] == rig.city.n)
    assert 2 <= len(outlet.messages("delta")) <= (loop.time() - began) / PERIOD_S + 1
    leave_all(rig)


async def test_sequence_numbers_have_no_gap_and_fit_a_browser(rig: Rig) -> None:
    _, outlet = rig.screen()
    for n in range(1, 5):
        rig.city.bump()
        await until(partial(has_deltas, outlet, n))
    seqs = [m["seq"] for m in outlet.messages("full", "delta")]
    assert seqs == list(range(seqs[0], seqs[0] + 5))
    assert seqs[-1] < 2**53
    leave_all(rig)


async def test_a_quiet_topic_beats(rig: Rig) -> None:
    _, outlet = rig.screen()
    await until(lambda: len(outlet.messages("beat")) >= 3)
    assert outlet.messages("beat")[0]["src"] == 7
    assert outlet.messages("delta") == []
    leave_all(rig)


async def test_messages_of_a_process_that_is_cut_off_from_the_store_are_as_old_as_its_data(rig: Rig) -> None:
    hub = Hub(rig.draw, lambda: 7, lambda: 1_000, period_s=PERIOD_S)
    outlet = FakeOutlet()
    client = Client(outlet)
    hub.join(client)
    hub.subscribe(client, CITY)
    await until(lambda: len(outlet.messages("beat")) >= 2)
    for message in outlet.messages("full", "beat"):
        assert message["at"] == 1_000
        assert message["now"] > 1_000
    hub.leave(client)


async def test_every_message_carries_the_newest_beat_that_came_all_the_way(rig: Rig) -> None:
    hub = Hub(rig.draw, lambda: 7, None, lambda: 1_000, period_s=PERIOD_S)
    outlet = FakeOutlet()
    client = Client(outlet)
    hub.join(client)
    hub.subscribe(client, CITY)
    rig.city.bump()
    await until(lambda: outlet.messages("delta") and outlet.messages("beat"))
    assert {m["beat"] for m in outlet.messages("full", "delta", "beat")} == {1_000}
    hub.leave(client)


async def test_the_age_of_each_screen_is_that_of_the_beat_it_gave_back(rig: Rig) -> None:
    (mute, _), (told, _) = rig.screen(), rig.screen(MapView("W01", "wall"))
    now_ms = rig.hub.now_ms()
    mute.opened_ms = now_ms - 60_000
    rig.hub.hear(told, Echo(now_ms - 20_000, "late", "b1", None))
    mute.account_id, told.account_id = 4, 5
    rig.screen()
    first, second = rig.hub.walls()
    assert 60_000 <= first.age_ms < 62_000
    assert (first.account_id, first.echo) == (4, None)
    assert 20_000 <= second.age_ms < 22_000
    assert (second.account_id, second.address) == (5, MapView("W01", "wall").address())
    leave_all(rig)


async def test_a_beat_of_the_future_makes_no_picture_young_and_a_page_was_not_loaded_in_it(rig: Rig) -> None:
    frozen, _ = rig.screen(MapView("W01", "wall"))
    now_ms = rig.hub.now_ms()
    frozen.opened_ms = now_ms - 60_000
    for beat_ms in (now_ms + 3_600_000, 2**53 - 1):
        rig.hub.hear(frozen, Echo(beat_ms, "live", "b1", None, loaded_ms=beat_ms))
        assert frozen.echo == Echo(0, "live", "b1", None)
        assert 60_000 <= frozen.screen(rig.hub.now_ms()).age_ms < 62_000
    told = Echo(now_ms - 2_000, "live", "b1", None, loaded_ms=now_ms - 30_000)
    rig.hub.hear(frozen, told)
    assert frozen.echo == told
    assert frozen.screen(now_ms - 3_600_000).age_ms == 3_598_000, "the clock was set back by an hour"
    leave_all(rig)


async def test_a_topic_whose_frames_cannot_be_made_keeps_no_other_waiting(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client, outlet = rig.screen()
    _, other = rig.screen(MapView("W01"))
    monkeypatch.setattr(rig.city, "full", lambda: {"s": object()})
    client.seq, rig.hub.topics[CITY.topic()].full_packet = 0, None
    await until(lambda: rig.hub.tally.errors >= 2)
    beats = len(other.messages("beat"))
    await until(lambda: len(other.messages("beat")) >= beats + 2)
    assert "could not be served" in caplog.text
    monkeypatch.undo()
    await until(lambda: len(outlet.messages("full")) == 2)
    leave_all(rig)


async def test_who_comes_back_gets_only_what_it_missed(rig: Rig) -> None:
    client, outlet = rig.screen()
    rig.screen()
    seq = outlet.messages("full")[0]["seq"]
    rig.hub.leave(client)
    for _ in range(3):
        rig.city.bump()
        await until(lambda: rig.city.seen == rig.city.n)
    _, again = rig.screen(CITY, CITY.topic(), seq)
    assert [m["s"]["n"] for m in again.messages("delta")] == [1, 2, 3]
    assert again.messages("full") == []
    _, uptodate = rig.screen(CITY, CITY.topic(), again.messages("delta")[-1]["seq"])
    assert [m["k"] for m in uptodate.messages()] == ["on", "beat"]
    leave_all(rig)


async def test_who_missed_more_than_is_remembered_gets_a_full_frame(rig: Rig) -> None:
    _, outlet = rig.screen()
    seq = outlet.messages("full")[0]["seq"]
    topic = rig.hub.topics[CITY.topic()]
    for _ in range(RING_FRAMES + 1):
        topic.advance({})
    for unknown in (seq, seq - 5, topic.seq + 1, 57):
        _, again = rig.screen(CITY, CITY.topic(), unknown)
        assert [m["k"] for m in again.messages()] == ["on", "full", "beat"]
    leave_all(rig)


async def test_a_sequence_number_of_another_topic_resumes_nothing(rig: Rig) -> None:
    _, outlet = rig.screen()
    _, other = rig.screen(MapView("W01"), CITY.topic(), outlet.messages("full")[0]["seq"])
    assert [m["k"] for m in other.messages()] == ["on", "full", "beat"]
    leave_all(rig)


async def test_a_slow_screen_is_given_nothing_more_and_then_the_newest_full_frame(rig: Rig) -> None:
    client, outlet = rig.screen()
    _, quick = rig.screen()
    outlet.stuck = BEHIND_BYTES + 1
    written = len(outlet.packets)
    for n in range(1, 4):
        rig.city.bump()
        await until(partial(has_deltas, quick, n))
    assert len(outlet.packets) == written
    assert rig.hub.tally.skipped >= 3
    outlet.stuck = 0
    await until(lambda: len(outlet.messages("full")) == 2)
    assert outlet.messages("full")[-1]["s"]["n"] == 3
    assert outlet.messages("delta") == []
    rig.city.bump()
    await until(lambda: outlet.messages("delta"))
    assert client.seq == rig.hub.topics[CITY.topic()].seq
    leave_all(rig)


async def test_a_screen_that_stays_behind_is_cut_off(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "BEHIND_MAX_S", 0.05)
    _, outlet = rig.screen()
    outlet.stuck = BEHIND_BYTES + 1
    rig.city.bump()
    await until(lambda: outlet.aborted)
    assert rig.hub.tally.aborted >= 1
    leave_all(rig)


async def test_changing_the_view_on_an_open_socket_changes_the_frames(rig: Rig) -> None:
    client, outlet = rig.screen()
    rig.hub.subscribe(client, MapView("W01"), n=2)
    assert [m["topic"] for m in outlet.messages("on", "full")][-2:] == [MapView("W01").topic()] * 2
    assert outlet.messages("on")[-1]["n"] == 2
    rig.city.bump()
    rig.pictures[MapView("W01").topic()].bump()
    await until(lambda: outlet.messages("delta"))
    await asyncio.sleep(3 * PERIOD_S)
    assert {m["topic"] for m in outlet.messages("delta")} == {MapView("W01").topic()}
    leave_all(rig)


async def test_an_area_that_does_not_exist_is_refused_and_opens_no_topic(rig: Rig) -> None:
    client, _ = rig.screen(None)
    with pytest.raises(ViewError, match="nowhere"):
        rig.hub.subscribe(client, MapView("nowhere"))
    assert rig.hub.topics == {}
    leave_all(rig)


async def test_screens_of_an_area_that_vanished_are_told(rig: Rig) -> None:
    client, outlet = rig.screen()
    rig.city.broken = ViewError("area", "city", "is not an area of this city")
    rig.city.bump()
    await until(lambda: outlet.messages("refused"))
    assert outlet.messages("refused")[0]["value"] == "city"
    assert client.topic is None
    assert CITY.topic() not in rig.hub.topics
    await until(lambda: outlet.messages("beat"))
    leave_all(rig)


async def test_a_picture_that_fails_gets_no_beat_and_recovers_with_a_full_frame(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    _, outlet = rig.screen()
    _, other = rig.screen(MapView("W01"))
    rig.city.broken = RuntimeError("a bug")
    rig.city.bump()
    await until(lambda: rig.hub.tally.errors >= 2)
    written = len(outlet.packets)
    beats = len(other.messages("beat"))
    await until(lambda: len(other.messages("beat")) >= beats + 2)
    assert len(outlet.packets) == written
    assert "a bug" in caplog.text
    rig.city.broken = None
    await until(lambda: len(outlet.messages("full")) == 2)
    assert outlet.messages("full")[-1]["s"]["n"] == 1
    leave_all(rig)


async def test_the_full_frame_is_made_once_for_all_who_need_it(rig: Rig) -> None:
    for _ in range(20):
        rig.screen()
    assert rig.city.fulls == 1
    leave_all(rig)


async def test_topics_without_screens_are_dropped_after_a_while(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "IDLE_TOPIC_S", 0.1)
    client, _ = rig.screen()
    rig.screen(MapView("W01"))
    rig.hub.leave(client)
    assert CITY.topic() in rig.hub.topics
    await until(lambda: CITY.topic() not in rig.hub.topics)
    assert MapView("W01").topic() in rig.hub.topics
    leave_all(rig)


async def test_a_full_house_turns_screens_away_and_the_oldest_idle_topic_makes_room(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "CLIENTS_MAX", 2)
    monkeypatch.setattr(hub_module, "TOPICS_MAX", 2)
    client, _ = rig.screen(MapView("a"))
    rig.hub.subscribe(client, MapView("b"))
    rig.hub.subscribe(client, MapView("c"))
    assert set(rig.hub.topics) == {MapView("b").topic(), MapView("c").topic()}
    other, _ = rig.screen(MapView("b"))
    with pytest.raises(HubFullError, match="views"):
        rig.hub.subscribe(other, MapView("d"))
    with pytest.raises(HubFullError, match="screens"):
        rig.screen()
    leave_all(rig)


async def test_many_topics_that_change_at_once_leave_the_loop_its_turns(rig: Rig) -> None:
    for i in range(200):
        rig.screen(MapView(f"area{i}"))
    turns = 0
    for picture in rig.pictures.values():
        picture.bump()
    while any(p.n != p.seen for p in rig.pictures.values()):
        await asyncio.sleep(0)
        turns += 1
        assert turns < 100_000
    assert turns >= 200
    leave_all(rig)


async def test_the_pacer_rests_when_nobody_is_there_and_wakes_with_the_next(rig: Rig) -> None:
    client, _ = rig.screen()
    rig.hub.leave(client)
    await until(lambda: len(asyncio.all_tasks()) == 1)
    _, outlet = rig.screen()
    rig.city.bump()
    await until(lambda: outlet.messages("delta"))
    leave_all(rig)


async def test_what_the_hub_did_can_be_read(rig: Rig) -> None:
    _, outlet = rig.screen()
    rig.city.bump()
    await until(lambda: outlet.messages("delta"))
    seen = rig.hub.metrics()
    assert (seen["clients"], seen["topics"], seen["watched"]) == (1, 1, 1)
    assert seen["computed"] == 2
    assert seen["bytes"] == sum(map(len, outlet.packets))
    assert seen["frames"] == len(outlet.packets)
    leave_all(rig)
