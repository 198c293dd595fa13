"""Programmes: what is on when, in any zone and across its changes of the clocks, and what no programme may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.kiosk import Kiosk, broken
from geodata.domain.programmes import (
    DAY_MIN,
    DWELL_S,
    MINUTE_MS,
    STEPS_MAX,
    WEEK,
    Programme,
    ProgrammeError,
    Slot,
    Step,
    check,
    on_at,
    running_order,
    runs_of_day,
)
from geodata.services.programmes import PROGRAMMES_MAX

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                     "America/Havana", "Africa/Casablanca")]  # fmt: skip
BERLIN, NEW_YORK = ZONES[1], ZONES[2]
STEPS = st.builds(
    Step, address=st.just("/wall/C"), dwell_s=st.integers(DWELL_S[0], 3 * 3600),
    days=st.sets(st.sampled_from(WEEK), min_size=1).map(lambda d: tuple(sorted(d))),
    from_min=st.integers(0, DAY_MIN - 1), to_min=st.integers(1, DAY_MIN),
).filter(lambda s: s.from_min != s.to_min)  # fmt: skip
PROGRAMMES = st.lists(STEPS, max_size=5).map(tuple)
# Days on which the clocks of these zones change, and days around them.
DAYS = st.one_of(
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.sampled_from([date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25),
                     date(2026, 11, 1)]),
)  # fmt: skip


def ms(zone: ZoneInfo, *at: int, fold: int = 0) -> int:
    return int(datetime(*at, tzinfo=zone, fold=fold).timestamp() * 1000)  # type: ignore[arg-type,misc]


def slots_of_day(steps: tuple[Step, ...], zone: ZoneInfo, day: date) -> list[Slot]:
    first, last = (ms(zone, d.year, d.month, d.day) for d in (day, day + timedelta(days=1)))
    return running_order(steps, zone, first, last)


@settings(deadline=None)
@given(PROGRAMMES, st.sampled_from(ZONES), DAYS)
def test_a_day_is_filled_exactly_where_something_is_on(steps: tuple[Step, ...], zone: ZoneInfo, day: date) -> None:
    slots = slots_of_day(steps, zone, day)
    first, last = (ms(zone, d.year, d.month, d.day) for d in (day, day + timedelta(days=1)))
    for before, after in pairwise(slots):
        assert before.to_ms <= after.from_ms, "one thing at a time, in order"
    assert all(s.from_ms < s.to_ms for s in slots)
    for at in range(first, last, 7 * MINUTE_MS + 1000):
        local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
        on = [n for n, s in enumerate(steps) if reads(s, local)]
        shown = [s.step for s in slots if s.from_ms <= at < s.to_ms]
        assert (len(shown) == 1 and shown[0] in on) if on else shown == []


def reads(step: Step, local: datetime) -> bool:
    """Whether the clock on the wall reads an hour of a step: said another way than the step says it."""
    for began in (local.date(), local.date() - timedelta(days=1)):
        start = datetime.combine(began, time()) + timedelta(minutes=step.from_min)
        length = (step.to_min - step.from_min) % DAY_MIN or DAY_MIN
        if began.isoweekday() in step.days and start <= local.replace(tzinfo=None) < start + timedelta(minutes=length):
            return True
    return False


@settings(deadline=None)
@given(PROGRAMMES, st.sampled_from(ZONES), DAYS, st.integers(0, DAY_MIN - 1), st.integers(1, 600))
def test_what_comes_is_what_is_shown_then(
    steps: tuple[Step, ...], zone: ZoneInfo, day: date, minute: int, ahead_min: int
) -> None:
    now = ms(zone, day.year, day.month, day.day) + minute * MINUTE_MS + 500
    order = running_order(steps, zone, now, now + ahead_min * MINUTE_MS)
    both = [*slots_of_day(steps, zone, day), *slots_of_day(steps, zone, day + timedelta(days=1))]
    assert order == [s for s in both if s.to_ms > now and s.from_ms < now + ahead_min * MINUTE_MS]
    assert order[:1] != [] or not on_at(steps, zone, now)


@settings(deadline=None)
@given(PROGRAMMES, st.sampled_from(ZONES), DAYS)
def test_nothing_flashes_by(steps: tuple[Step, ...], zone: ZoneInfo, day: date) -> None:
    assert all(s.to_ms - s.from_ms >= DWELL_S[0] * 1000 for s in slots_of_day(steps, zone, day))


def test_steps_take_turns_and_begin_with_the_first_one_when_another_begins() -> None:
    night = Step("/wall/N", 60, from_min=22 * 60, to_min=6 * 60)
    steps = (Step("/wall/A", 30), Step("/wall/B", 45), night)
    at = ms(BERLIN, 2026, 6, 1, 21, 59)
    told = [(s.from_ms - at, s.step) for s in running_order(steps, BERLIN, at, at + 3 * MINUTE_MS)]
    began = next(i for i, (from_ms, _) in enumerate(told) if from_ms == MINUTE_MS)
    assert [step for _, step in told[began:]] == [0, 1, 2][: len(told) - began]
    assert on_at(steps, BERLIN, ms(BERLIN, 2026, 6, 2, 5, 59)) == (0, 1, 2)
    assert on_at(steps, BERLIN, ms(BERLIN, 2026, 6, 2, 6)) == (0, 1)


def test_an_hour_that_is_left_out_is_not_shown_and_one_that_comes_twice_is_shown_twice() -> None:
    step = (Step("/wall/A", from_min=120, to_min=180),)
    assert slots_of_day(step, BERLIN, date(2026, 3, 29)) == [], "two o'clock is three o'clock"
    (twice,) = slots_of_day(step, BERLIN, date(2026, 10, 25))
    assert twice.to_ms - twice.from_ms == 2 * 60 * MINUTE_MS
    half = (Step("/wall/A", from_min=60, to_min=90),)
    first, second = slots_of_day(half, NEW_YORK, date(2026, 11, 1))
    assert second.from_ms - first.from_ms == 60 * MINUTE_MS


def test_past_midnight_belongs_to_the_day_on_which_it_began() -> None:
    friday = (Step("/wall/A", days=(5,), from_min=22 * 60, to_min=2 * 60),)
    hours = [ms(BERLIN, 2026, 11, d, h) for d, h in ((27, 21), (27, 23), (28, 1), (28, 2), (28, 23), (27, 1))]
    told = [bool(running_order(friday, BERLIN, at, at + 1)) for at in hours]
    assert told == [False, True, True, False, False, False]


def test_what_as_many_programmes_as_there_may_be_show_is_not_worked_out_each_time_that_a_wall_asks() -> None:
    at = ms(BERLIN, 2026, 6, 1, 23, 55)
    every = [(Step(f"/wall/{n}", 30), Step("/wall/B", 45)) for n in range(PROGRAMMES_MAX)]
    asked = [running_order(steps, BERLIN, at, at + 10 * MINUTE_MS) for steps in every]
    before = runs_of_day.cache_info().misses
    assert [running_order(steps, BERLIN, at, at + 10 * MINUTE_MS) for steps in every] == asked
    assert runs_of_day.cache_info().misses == before


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"name": ""}, "name", "programme_name"), ({"name": "x" * 41}, "name", "programme_name"),
        ({"transition": "spin"}, "transition", "programme_transition"), ({"hold_s": 9}, "hold_s", "programme_hold"),
        ({"steps": (Step("/wall/C"),) * (STEPS_MAX + 1)}, "steps", "programme_steps"),
        ({"steps": (Step("/wall/C", 9),)}, "dwell_s", "step_dwell"),
        ({"steps": (Step("/wall/C", days=()),)}, "days", "step_days"),
        ({"steps": (Step("/wall/C", days=(0,)),)}, "days", "step_days"),
        ({"steps": (Step("/wall/C", from_min=DAY_MIN),)}, "from_min", "step_from"),
        ({"steps": (Step("/wall/C", from_min=60, to_min=60),)}, "to_min", "step_to"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_named(changed: dict[str, Any], field: str, rule: str) -> None:
    good = Programme("Day", "C", (Step("/wall/C"),))
    check(good)
    with pytest.raises(ProgrammeError) as wrong:
        check(replace(good, **changed))
    assert (wrong.value.field, wrong.value.rule) == (field, rule)
    assert wrong.value.value == (changed[field] if field in changed else getattr(changed["steps"][0], field))


def test_a_screen_is_dimmed_by_the_clock_on_the_wall() -> None:
    kiosk = Kiosk(dim=40)
    told = [kiosk.brightness(BERLIN, ms(BERLIN, 2026, 3, 28 + d, h, m)) for d, h, m in
            ((0, 21, 59), (0, 22, 0), (1, 3, 30), (1, 5, 59), (1, 6, 0))]  # fmt: skip
    assert told == [100, 40, 40, 40, 100]
    day = Kiosk(dim=50, dim_from=60, dim_to=120)
    assert [day.brightness(BERLIN, ms(BERLIN, 2026, 6, 1, h)) for h in (0, 1, 2)] == [100, 50, 100]
    always = Kiosk(dim=50, dim_from=480, dim_to=480)
    assert {always.brightness(BERLIN, ms(BERLIN, 2026, 6, 1, h)) for h in range(24)} == {50}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"left": -1}, "kiosk_inset"), ({"top": 401}, "kiosk_inset"), ({"columns": 0}, "kiosk_columns"),
        ({"rows": 5}, "kiosk_rows"), ({"bezel": 201}, "kiosk_bezel"), ({"dim": 19}, "kiosk_dim"),
        ({"dim_to": 1441}, "kiosk_hours"), ({"shift": 9}, "kiosk_shift"),
    ],
)  # fmt: skip
def test_a_screen_that_cannot_hang_so_is_named(changed: dict[str, int], rule: str) -> None:
    assert broken(Kiosk()) is None
    assert broken(Kiosk(**changed)) == (*changed.popitem(), rule)
