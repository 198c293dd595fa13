"""A desk in a real browser: a room with a long queue, and officers who sit at it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Locator, Page, expect

from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.desk import Desk
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.services.tracking import Position, report_positions
from geodata.store import events
from tests.browser.map_browser import MapPage
from tests.factories.page_city import open_room
from tests.factories.people import account_of, cookie_of, secret_of

MANY, KIND = 300, "0101"
ALONE, UNIT_AT = (106.41, 29.51), (106.47, 29.57)
OPERATOR = Actor.operator("test")


def long_room(root: Path) -> Room:
    """The small city with 300 more events of one kind in its first grid, as they were reported; one lies apart.

    Its unit stands in another grid of the same district.
    """
    room = open_room(root)
    fix = Position("U1", *UNIT_AT, time.time_ns() // 1_000_000)
    report_positions(room.door.desk(), OPERATOR, [Submitted({}, fix)], feed="test", now_ms=fix.fix_ms)
    rng = np.random.default_rng(4)
    points = [ALONE, *rng.uniform((106.43, 29.53), (106.449, 29.549), (MANY - 1, 2)).tolist()]
    report(room, points)
    return room


def report(room: Room, points: list[tuple[float, float]], *, urgency: int = 3, kind: str = KIND) -> list[str]:
    """Report events of one kind at these places, newest last; their codes."""
    desk, at_ms = Desk.load(room.store, room.city), room.situation.now_ms
    told = [
        NewEvent("patrol", "desk", f"{at_ms}.{i}.{lon}", kind, at_ms - 1000 * (len(points) - i), "", lon=lon, lat=lat,
                 urgency=urgency, deadline_ms=at_ms + 3_600_000 * (2 + i))
        for i, (lon, lat) in enumerate(points)
    ]  # fmt: skip
    outcomes = report_events(desk, OPERATOR, [Submitted({}, e) for e in told], feed="test", now_ms=at_ms)
    assert {o.status for o in outcomes} == {"accepted"}, outcomes[:2]
    return [o.code for o in outcomes]


def register(room: Room, codes: list[str]) -> None:
    """Register these events, so that they wait for their dispatch."""
    now = room.situation.now_ms
    steps = [Submitted({}, Action("register", now, code, reason="r")) for code in codes]
    done = act(room.door.desk(), OPERATOR, steps, feed="test", now_ms=now)
    assert {o.status for o in done} == {"accepted"}, done[:2]


def send(room: Room, code: str, unit: str) -> None:
    """Send a unit to a registered event, whatever it has to do."""
    now = room.situation.now_ms
    step = Action("dispatch", now, code, unit_code=unit, confirmed=True)
    (done,) = act(room.door.desk(), OPERATOR, [Submitted({}, step)], feed="test", now_ms=now)
    assert done.status == "accepted", done


def idle(room: Room) -> None:
    """Nobody has anything to do: what was sent is void."""
    now = room.situation.now_ms
    with room.store.read() as conn:
        every = events.page(conn, area_ids=None, states=["dispatched"], after_id=0, limit=400)
    ends = [Submitted({}, Action("void", now, e.code, reason="test")) for e in every]
    assert {o.status for o in act(room.door.desk(), OPERATOR, ends, feed="test", now_ms=now)} <= {"accepted"}


def state_of(room: Room, code: str) -> str:
    """The state of an event in the store."""
    with room.store.read() as conn:
        found = events.by_code(conn, code)
    assert found is not None
    return found.state


@dataclass
class Officer:
    """Somebody at a desk of their own."""

    map: MapPage
    wrong: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.map.page

    @property
    def rows(self) -> Locator:
        """The rows that are drawn."""
        return self.page.locator(".job:not([hidden])")

    def row(self, code: str) -> Locator:
        return self.page.locator(f'.job[data-key="{code}"]:not([hidden])')

    @property
    def current(self) -> Locator:
        return self.page.locator(".job[data-current]:not([hidden])")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


def officer(
    browser: Browser, room: Room, base: str, login: str, address: str = "/duty/D1", role: Role = Role.DUTY_OFFICER,
    size: tuple[int, int] = (1366, 768), rows: str = ".job",
) -> Officer:  # fmt: skip
    """An officer whose rows and map are there."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
    context.set_default_timeout(30_000)
    context.add_cookies([cookie_of(base, secret_of(room.access, account_of(room.access, [role], ["D1"], login=login)))])
    opened = MapPage(context.new_page(), base)
    opened.watch()
    opened.page.goto(base + address)
    opened.page.wait_for_function("() => window.onescreen && onescreen.map.state.alive && onescreen.map.state.card")
    expect(opened.page.locator(f"{rows}:not([data-wait]):not([hidden])").first).to_be_visible(timeout=30_000)
    return Officer(opened)
