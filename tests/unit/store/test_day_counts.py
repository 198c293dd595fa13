"""What events add to the counts of a day is what counting them one by one says: on 100,000 random lives."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.figures import PERIODIC
from geodata.domain.indicators_table import INDICATORS, Statistic
from geodata.domain.indicators_time import ERROR
from geodata.domain.periods import Period, day_numbers, local_day
from geodata.services.measuring import value_of
from geodata.store.ancestry import Longs
from geodata.store.bulk import NONE
from geodata.store.day_sums import PLACE
from geodata.store.models_days import DAY_COUNTS, ON_DEADLINE, ON_END, ON_REPORT, column_of
from geodata.store.tallies import Countables, days_of, facts
from tests.factories.lifecycles import T0, counted, each, lives, mean, quantile, took

ZONE = ZoneInfo("Asia/Shanghai")


def summed(rows: Countables, period: Period, zone: ZoneInfo) -> Longs:
    """The counts of a period, in the order of DAY_COUNTS, as the writers find them."""
    added = facts(rows)
    counts = days_of(rows, added)
    out = np.zeros(len(DAY_COUNTS), np.int64)
    days = period.numbers()
    for names, ms, some in (
        (ON_REPORT, rows.reported_ms, "reported"), (ON_END, rows.ended_ms, "ended"),
        (ON_DEADLINE, rows.deadline_ms, "due"),
    ):  # fmt: skip
        day = day_numbers(np.where(ms == NONE, 0, ms), zone)
        inside = (ms != NONE) & (added[some] != 0) & (day >= days.start) & (day < days.stop)
        for name in names:
            if name in counts:
                out[PLACE[name]] += counts[name][inside].sum()
    return out


def compare(rows: Countables, period: Period, zone: ZoneInfo) -> None:
    """Every figure, every indicator."""
    events = each(rows)
    sums = summed(rows, period, zone)
    expected = counted(events, period.first, period.last, zone)
    assert {figure: int(sums[PLACE[column_of(figure)]]) for figure in PERIODIC} == expected
    seconds = took(events, period.first, period.last, zone)
    for row in INDICATORS.values():
        value, den = value_of(row, sums).value, expected[row.den]
        if not den:
            assert value is None, row.id
        elif row.num is not None:
            assert value == expected[row.num] / den, row.id
            assert 0 <= value <= 1
        elif row.statistic is Statistic.MEAN:
            assert value == pytest.approx(mean(seconds))
        else:
            true = quantile(seconds, 0.5 if row.statistic is Statistic.MEDIAN else 0.9)
            assert value == pytest.approx(true, rel=ERROR + 1e-9, abs=30), row.id


def test_every_indicator_of_100_000_lives_is_what_counting_them_one_by_one_says() -> None:
    rows = lives(100_000, seed=11)
    first = local_day(T0, ZONE)
    compare(rows, Period(first + timedelta(days=9), first + timedelta(days=38)), ZONE)


@given(
    n=st.integers(0, 40), seed=st.integers(0, 10**6), start=st.integers(-3, 50), days=st.integers(1, 40),
    zone=st.sampled_from(["Asia/Shanghai", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
)  # fmt: skip
@settings(max_examples=120, deadline=None, database=None)
def test_and_so_it_is_of_few_or_none_of_any_days_in_any_zone(
    n: int, seed: int, start: int, days: int, zone: str
) -> None:
    first = local_day(T0, ZoneInfo(zone)) + timedelta(days=start)
    compare(lives(n, seed), Period(first, first + timedelta(days=days - 1)), ZoneInfo(zone))


def test_days_follow_the_calendar_of_the_city_also_where_clocks_change() -> None:
    for name in ("Asia/Shanghai", "America/New_York", "America/Havana", "Pacific/Apia", "Asia/Kolkata"):
        zone = ZoneInfo(name)
        ms = np.random.default_rng(5).integers(200_000_000, 2_000_000_000_000, 3_000)
        expected = [(local_day(int(m), zone) - date(1970, 1, 1)).days for m in ms.tolist()]
        got = day_numbers(ms, zone)
        wrong = [(int(m), e, g) for m, e, g in zip(ms.tolist(), expected, got.tolist(), strict=True) if e != g]
        assert wrong == [], name
