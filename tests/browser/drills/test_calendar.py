"""Drills of the calendar: a wall goes through a month's last midnight and both days on which clocks are moved."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

import app
from callbacks.room import Room
from geodata.domain.roles import Role
from geodata.store import tokens
from tests.browser.drills import record
from tests.browser.drills.wall import LIVE
from tests.browser.serving import serving
from tests.factories.boundary_files import SOUTH, STEP, WEST
from tests.factories.page_city import found
from tests.factories.people import account_of, cookie_of

CITY = ZoneInfo("Europe/Berlin")
BEFORE_S, JUST_BEFORE_S = 50.0, 2.0
TURNED = """([n, hours]) => onescreen.panels.value('curve').today.length === hours
  && onescreen.panels.value('kpi').reported.n === n"""
Turn = tuple[str, datetime]


def turns(after: datetime) -> list[Turn]:
    """The next end of a month and the next two days on which clocks are moved, in their order; in UTC."""
    local = after.astimezone(CITY)
    first = (local.replace(day=28, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=4)).replace(day=1)
    found_: list[Turn] = [("month", first.astimezone(UTC))]
    hour = after.replace(minute=0, second=0, microsecond=0)
    while len(found_) < 3:
        hour += timedelta(hours=1)
        moved = _offset(hour) - _offset(hour - timedelta(hours=1))
        if moved:
            found_.append(("forward" if moved > timedelta(0) else "back", hour))
    return sorted(found_, key=lambda turn: turn[1])


def _offset(moment: datetime) -> timedelta:
    offset = moment.astimezone(CITY).utcoffset()
    assert offset is not None
    return offset


class Clock:
    """The server's clock, in the hands of the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.own, self.ahead_ns = time.time_ns, 0
        monkeypatch.setattr(time, "time_ns", lambda: self.own() + self.ahead_ns)

    def becomes(self, moment: datetime) -> None:
        """It is set."""
        self.ahead_ns = int(moment.timestamp() * 1e9) - self.own()

    def now(self) -> datetime:
        """What it says."""
        return datetime.fromtimestamp(time.time_ns() / 1e9, UTC)


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = app.open_room(found(tmp_path_factory.mktemp("calendar"), zone=CITY.key), "")
    yield opened
    opened.store.close()


@pytest.fixture
def base(room: Room) -> Iterator[str]:
    with serving(room) as address:
        yield address


def figures(page: Page) -> Any:
    """What the wall holds: reported today, open, the day's curve."""
    return page.evaluate("""() => {
      const { reported, open } = onescreen.panels.value("kpi");
      return [reported.n, open.n, onescreen.panels.value("curve").today];
    }""")


def test_a_wall_goes_through_midnight_a_months_end_and_both_moves_of_the_clock(
    browser: Browser, room: Room, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    screen, feed = account_of(room.access, [Role.SCREEN], ["C"]), account_of(room.access, [Role.FEED], ["C"])
    with room.store.begin() as conn:
        secret = tokens.issue(conn, screen.id, "screen", now_ms=0, expires_ms=None)[1]
        key = tokens.issue(conn, feed.id, "feed", now_ms=0, expires_ms=None)[1]
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", reduced_motion="reduce")
    context.add_cookies([cookie_of(base, secret)])
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{base}/wall/C")
    page.wait_for_function(LIVE)

    def report() -> None:
        told = {
            "source": "patrol", "source_system": "drill", "source_id": str(clock.own()), "subtype": "0101",
            "reported_at": clock.now().isoformat(), "lon": WEST + STEP / 2, "lat": SOUTH + STEP / 2,
        }  # fmt: skip
        answer = httpx.post(f"{base}/api/v1/events", json=[told], headers={"X-Ingest-Key": key}, timeout=30)
        assert answer.json()["accepted"] == 1, answer.text

    took: dict[str, float] = {}
    for name, turn in turns(clock.now()):
        clock.becomes(turn - timedelta(seconds=BEFORE_S))
        before = turn - timedelta(seconds=1)
        expect(page.locator(".date")).to_contain_text(day_of(before))
        page.wait_for_function(LIVE)
        opened = figures(page)[1]
        report()
        page.wait_for_function("n => onescreen.panels.value('kpi').open.n === n", arg=opened + 1)
        reported, _, curve = figures(page)
        assert reported == sum(n or 0 for n in curve) == 1
        assert len(curve) == before.astimezone(CITY).hour + 1
        clock.becomes(turn - timedelta(seconds=JUST_BEFORE_S))
        after = turn.astimezone(CITY)
        expect(page.locator(".clock")).to_contain_text(f"{after:%H:00}")
        began = time.monotonic()
        page.wait_for_function(TURNED, arg=[0 if name == "month" else 1, after.hour + 1])
        took[name] = round(time.monotonic() - began, 1)
        expect(page.locator(".date")).to_contain_text(day_of(turn))
        report()
        page.wait_for_function("n => onescreen.panels.value('kpi').open.n === n", arg=opened + 2)
        reported, _, curve = figures(page)
        assert reported == sum(n or 0 for n in curve) == (1 if name == "month" else 2)
        assert page.evaluate("() => onescreen.live.state().state") == "live"
    record.keep("calendar", took)
    context.close()


def day_of(moment: datetime) -> str:
    """The day as the header writes it."""
    return f"{moment.astimezone(CITY):%Y-%m-%d}"


def test_the_turns_are_three_and_lie_ahead() -> None:
    told = turns(datetime(2026, 11, 27, tzinfo=UTC))
    assert [(name, f"{moment:%Y-%m-%d %H}") for name, moment in told] == [
        ("month", "2026-11-30 23"), ("forward", "2027-03-28 01"), ("back", "2027-10-31 01"),
    ]  # fmt: skip
