"""Spans of lists: the hours of a day last week make the day, also where clocks change; and days of an address."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from callbacks.listing import period_of
from geodata.domain.figures import HOURS
from geodata.domain.periods import Period
from geodata.domain.view import ViewError
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


@pytest.mark.parametrize("said", ["20261101", "2026-W48-1", "2026-02-30", "yesterday", "1971-12-31", "２０２６-11-01"])
@pytest.mark.parametrize("name", ["from", "to"])
def test_a_day_of_a_list_is_written_as_every_day_of_an_address_is(name: str, said: str) -> None:
    with pytest.raises(ViewError) as wrong:
        period_of({name: said}, Period.month(date(2026, 11, 30)))
    assert (wrong.value.field, wrong.value.value) == (name, said)
    assert "such as 2026-11-30" in wrong.value.rule


def test_of_a_list_what_is_missing_is_as_usual_and_what_is_too_long_or_turned_round_is_refused() -> None:
    month = Period.month(date(2026, 11, 30))
    assert period_of({}, month) == month
    assert period_of({"from": "2026-10-01"}, month) == Period(date(2026, 10, 1), date(2026, 11, 30))
    for told in ({"from": "2026-12-01"}, {"from": "1972-01-01"}):
        with pytest.raises(ViewError) as wrong:
            period_of(told, month)
        assert wrong.value.field == "to"
