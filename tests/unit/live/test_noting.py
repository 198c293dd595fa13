"""What a process notes of its screens: of walls only, the oldest picture of each, and that one has left."""

from __future__ import annotations

import asyncio

import pytest

from callbacks.live import noting
from callbacks.live.echoes import Echo, Screen, read_echo
from callbacks.live.hub import Hub
from callbacks.live.topics import Client
from geodata.domain.showing import Seen, Socket
from geodata.domain.view import MapView
from geodata.store.engine import Store, StoreError
from tests.unit.live.fakes import FakeOutlet

ECHO = {"beat": 5_000, "state": "live", "build": "b1", "heap": 7, "heap0": 5, "loaded": 1_000, "doing": "alert"}


def screen(account_id: int, age_ms: int, echo: Echo | None) -> Screen:
    return Screen(account_id, "/wall/C", 900, echo, age_ms)


def test_an_echo_tells_first_heap_load_and_what_the_wall_is_at_and_nonsense_is_none() -> None:
    assert read_echo(ECHO) == Echo(5_000, "live", "b1", 7, 5, 1_000, "alert")
    for wrong in ({"heap0": -1}, {"heap0": "5"}, {"loaded": 1.5}, {"loaded": True}, {"doing": "else"}, {"doing": None}):
        assert read_echo(ECHO | wrong) is None, wrong
    assert read_echo({"beat": 1, "state": "late", "build": "", "heap": None}) == Echo(1, "late", "", None)


def test_of_several_sockets_of_a_screen_the_oldest_picture_is_noted_and_all_are_counted() -> None:
    told = read_echo(ECHO)
    found = noting.seen([screen(4, 9_000, told), screen(5, 800, None), screen(4, 100, None)], 10_000)
    assert found == {
        4: Seen(10_000, Socket(2, "/wall/C", "live", 5_000, 900, "b1", 7, 5, 1_000, "alert")),
        5: Seen(10_000, Socket(1, "/wall/C", "", 0, 900)),
    }  # fmt: skip
    gone = noting.left(found, {5: found[5]}, 15_000)
    assert list(gone) == [4]
    assert (gone[4].at_ms, gone[4].socket.count, gone[4].socket.address) == (15_000, 0, "/wall/C")


async def test_the_sockets_of_people_are_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(lambda view: None, lambda: 0)  # type: ignore[arg-type,return-value]
    person, wall = Client(FakeOutlet(), 1, 1), Client(FakeOutlet(), 2, 1, 4)
    wall.view = MapView("C", "wall")
    noted: list[tuple[str, dict[int, Seen]]] = []
    monkeypatch.setattr(noting, "EVERY_S", 0.01)

    def note(store: Store, process: str, found: dict[int, Seen]) -> None:
        noted.append((process, found))
        if len(noted) == 1:
            raise StoreError("for once")

    monkeypatch.setattr(noting, "note", note)
    for client in (person, wall):
        hub.join(client)
    work = asyncio.create_task(noting.keep_noting(hub, None, "p1"))  # type: ignore[arg-type]
    while len(noted) < 2:
        await asyncio.sleep(0.005)
    hub.leave(wall)
    while noted[-1][1].keys() != {4} or noted[-1][1][4].socket.count:
        await asyncio.sleep(0.005)
    while noted[-1][1]:
        await asyncio.sleep(0.005)
    work.cancel()
    hub.leave(person)
    assert {process for process, _ in noted} == {"p1"}
    assert set().union(*(found for _, found in noted)) == {4}
