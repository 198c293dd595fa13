"""The hours of a day last week: together the whole day, on days that clocks make longer or shorter too."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from geodata.domain.figures import HOURS
from geodata.services.listing import HOUR_MS, last_week_of


@pytest.mark.parametrize(
    ("zone", "now", "hours", "odd"),
    [
        ("Asia/Shanghai", "2026-11-27T01:00", 24, {}),
        ("Europe/Berlin", "2026-04-05T12:00", 23, {2: 0}),
        ("Europe/Berlin", "2026-11-01T12:00", 25, {2: 2}),
    ],
)
def test_the_hours_of_a_day_follow_one_another_and_make_the_day(
    zone: str, now: str, hours: int, odd: dict[int, int]
) -> None:
    now_ms = int(datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp() * 1000)
    first, end = last_week_of(now_ms, ZoneInfo(zone), None)
    assert end - first == hours * HOUR_MS
    local = datetime.fromtimestamp(first / 1000, ZoneInfo(zone))
    assert (local.hour, local.minute) == (0, 0)
    spans = {hour: last_week_of(now_ms, ZoneInfo(zone), hour) for hour in HOURS}
    assert {hour: (high - low) // HOUR_MS for hour, (low, high) in spans.items()} == dict.fromkeys(HOURS, 1) | odd
    some = sorted(span for span in spans.values() if span[0] < span[1])
    assert [low for low, _ in some] == [first, *(high for _, high in some[:-1])]
    assert some[-1][1] == end
