"""A session's life over the socket: what is taken away closes it, within the time between two looks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

import orjson
import pytest
from starlette.websockets import WebSocketDisconnect

from callbacks.live import guarding
from callbacks.live.topics import Client
from geodata.domain.roles import Role
from geodata.services.accounts import Wanted, change, end, end_token, renew
from geodata.services.actors import Actor
from geodata.services.sessions import KEEP_S
from geodata.services.signing_in import sign_out
from geodata.store import tokens
from tests.integration.security.place import SOON_S, Place, Who, now_ms
from tests.integration.security.test_frames import view

OPERATOR = Actor.operator()
Taking = Callable[[Place, Who], None]


def _token(place: Place, who: Who) -> int:
    with place.room.store.read() as conn:
        found = tokens.find(conn, who.cookie)
    assert found is not None
    return found[0].id


def _end_the_session(place: Place, who: Who) -> None:
    end_token(place.room.access, OPERATOR, place.room.situation.tree, _token(place, who), now_ms())


def _end_the_account(place: Place, who: Who) -> None:
    end(place.room.access, OPERATOR, place.room.situation.tree, who.name, now_ms())


def _sign_out(place: Place, who: Who) -> None:
    found = place.room.sessions.find(who.cookie, ("session", "screen"), now_ms())
    assert found is not None
    sign_out(place.room.access, found[1], now_ms())


def _move_to_another_district(place: Place, who: Who) -> None:
    wanted = Wanted(who.name, roles=["viewer"], areas=["D2"])
    change(place.room.access, OPERATOR, place.room.situation.tree, wanted, now_ms())


def _take_the_role(place: Place, who: Who) -> None:
    wanted = Wanted(who.name, roles=["auditor"], areas=["D1"])
    change(place.room.access, OPERATOR, place.room.situation.tree, wanted, now_ms())


def _another_link(place: Place, who: Who) -> None:
    renew(place.room.access, OPERATOR, place.room.situation.tree, who.name, now_ms())


@pytest.mark.parametrize(
    ("role", "taking"),
    [
        (Role.VIEWER, _end_the_session), (Role.VIEWER, _end_the_account), (Role.VIEWER, _sign_out),
        (Role.VIEWER, _move_to_another_district), (Role.VIEWER, _take_the_role),
        (Role.SCREEN, _end_the_session), (Role.SCREEN, _end_the_account), (Role.SCREEN, _another_link),
    ],
    ids=lambda v: getattr(v, "__name__", str(v)),
)  # fmt: skip
def test_what_is_taken_away_closes_the_socket_soon_and_it_said_nothing_that_was_not_allowed(
    place: Place, role: Role, taking: Taking
) -> None:
    who = place.newcomer(role, page="wall") if role is Role.SCREEN else place.newcomer(role)
    page = "wall" if role is Role.SCREEN else "area"
    taken: list[float] = []

    def take() -> None:
        taking(place, who)
        taken.append(time.monotonic())

    talk = place.asker.talk(who.headers(), [view(page, "D1")], until=lambda t: False, between=take, patience_s=5)
    assert talk.code == 4401
    assert time.monotonic() - taken[0] < SOON_S + 1.5
    for frame in talk.of("full") + talk.of("delta"):
        frame["s"] = {k: v for k, v in frame.get("s", {}).items() if k not in ("title", "feeds", "ticker")}
        assert not place.leaks(orjson.dumps(frame))
    place.room.sessions.forget()
    again = place.asker.talk(who.headers(), [view(page, "D1")])
    assert bool(again.of("full")) == (taking is _take_the_role), "an auditor may still see the figures of its district"


def test_a_session_that_stands_keeps_its_socket(place: Place) -> None:
    who = place.who("leader")
    talk = place.asker.talk(who.headers(), [view("area", "D1")], until=lambda t: bool(t.code), patience_s=2)
    assert talk.code == 0
    assert talk.of("beat")


def test_what_was_ended_elsewhere_is_known_here_within_the_seconds_that_a_session_is_kept(place: Place) -> None:
    who = place.newcomer(Role.LEADER)
    assert place.ask("GET", "/api/v1/events", who).status == 200
    place.end(who.name)
    ended = time.monotonic()
    while place.ask("GET", "/api/v1/events", who).status == 200:
        assert time.monotonic() - ended < KEEP_S + 1
        time.sleep(0.05)


def test_an_account_whose_areas_are_changed_elsewhere_sees_the_new_ones_only(place: Place) -> None:
    who = place.newcomer(Role.LEADER)
    assert place.ask("GET", "/api/v1/events?area=D1", who).status == 200
    place.move(who.name, "D2")
    time.sleep(KEEP_S + 0.2)
    assert place.ask("GET", "/api/v1/events?area=D1", who).status == 404
    assert place.ask("GET", "/api/v1/events?area=D2", who).status == 200


class _Broken:
    """A socket whose client went while it was being closed, or does not read."""

    def __init__(self, how: str) -> None:
        self.how = how

    async def close(self, code: int) -> None:
        if self.how == "gone":
            raise WebSocketDisconnect(1006)
        await asyncio.sleep(60)


class _Outlet:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


class _Nobody:
    def standing(self, held: dict[int, int], now: int) -> frozenset[int]:
        return frozenset()


@pytest.mark.parametrize("how", ["gone", "does not read"])
async def test_a_client_that_is_gone_or_does_not_read_keeps_no_other_socket_open(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(guarding, "CLOSE_S", 0.05)
    outlets = [_Outlet(), _Outlet()]
    sockets = {Client(outlet, n, 1): _Broken(how) for n, outlet in enumerate(outlets, 1)}  # type: ignore[arg-type]
    assert await guarding.look(sockets, _Nobody()) == 2  # type: ignore[arg-type]
    assert all(outlet.aborted for outlet in outlets)


async def test_the_guard_goes_on_after_a_look_that_failed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looked = 0

    async def fail(*_: object) -> int:
        nonlocal looked
        looked += 1
        raise OSError("no")

    monkeypatch.setattr(guarding, "EVERY_S", 0.01)
    monkeypatch.setattr(guarding, "look", fail)
    caplog.set_level(logging.CRITICAL, guarding.__name__)
    with suppress(TimeoutError):
        await asyncio.wait_for(guarding.guard({}, _Nobody()), 0.3)  # type: ignore[arg-type]
    assert looked > 2
