"""Midnight, the end of a month and the days on which clocks are moved, as a wall goes through them."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from callbacks.live import past
from callbacks.live.board import Board
from callbacks.live.frames import ViewPicture
from callbacks.live.past import Month, midnight
from geodata.domain.view import MapView
from geodata.situation.situation import Situation
from geodata.store.engine import Store
from geodata.store.folder import City
from tests.unit.live.test_frames import a_situation
from tests.unit.situation.city import CATALOGUE, UNEVEN, an_event

SHANGHAI = ZoneInfo("Asia/Shanghai")
HALF_HOUR = timedelta(minutes=30)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", date(2026, 11, 30), 24), ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25), ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
    ],
)  # fmt: skip
async def test_a_day_counts_every_half_hour_once_and_ends_at_its_own_midnight(
    sqlite_store: Store, zone: str, day: date, hours: int
) -> None:
    city = ZoneInfo(zone)
    begins, ends = (midnight(d, city).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    assert ends - begins == timedelta(hours=hours)
    situation = Situation(UNEVEN, CATALOGUE, city, ms(begins - HALF_HOUR))
    picture = ViewPicture(Board(sqlite_store, situation, City()), (), MapView("A000"))
    reported, n, moment = [], 0, begins
    while moment < ends:
        n += 1
        situation.apply_events([an_event(n, reported_ms=ms(moment), state_ms=ms(moment))])
        situation.advance(ms(moment))
        picture.refresh()
        told = picture.full()["s"]
        assert told["kpi"]["reported"]["n"] == sum(n or 0 for n in told["curve"]["today"]) == n
        local = moment.astimezone(city)
        reported.append(local.hour)
        # Where the clock goes forward an hour is missing: the curve passes over it and does not fall to nought.
        assert told["curve"]["today"] == [reported.count(hour) or None for hour in range(local.hour + 1)]
        moment += HALF_HOUR
    assert n == 2 * hours
    situation.advance(ms(ends) - 1)
    picture.refresh()
    assert picture.full()["s"]["kpi"]["reported"]["n"] == n
    situation.advance(ms(ends))
    picture.refresh()
    told = picture.full()["s"]
    assert (told["kpi"]["reported"]["n"], told["kpi"]["open"]["n"], told["curve"]["today"]) == (0, n, [0])


async def test_after_the_end_of_a_month_its_rate_is_unknown_until_that_of_the_new_one_is_read(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read, n = threading.Event(), len(UNEVEN)

    def read_month(_store: Store, tree: Any, now_ms: int, zone: ZoneInfo) -> Month:
        may_read.wait(10)
        month = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).month
        return Month(tree, np.arange(n + 1) * month, np.arange(n + 1))

    monkeypatch.setattr(past, "read_month", read_month)
    last = ms(datetime(2026, 11, 30, 23, 59, 50, tzinfo=SHANGHAI))
    board = Board(sqlite_store, a_situation(last), City())
    picture = ViewPicture(board, (), MapView("A000"))

    async def due() -> int | None:
        picture.refresh()
        told: int | None = picture.full()["s"]["kpi"]["on_time"]["month_den"]
        return told

    async def reads(wanted: int) -> None:
        async with asyncio.timeout(10):
            while await due() != wanted:
                await asyncio.sleep(0.01)

    may_read.set()
    await reads(11 * n)
    may_read.clear()
    board.situation.advance(last + 9_999)
    assert await due() == 11 * n
    board.situation.advance(last + 10_000)
    assert await due() is None
    may_read.set()
    await reads(12 * n)
