"""Stays as pure rules: what they add up to is what their fixes do, whenever they are counted."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.coverage import DEFAULT_PLAN, MINUTE_MS, Shift, shift_at
from geodata.domain.stays import HOLD_MS, Stay, Stays
from tests.unit.domain.test_coverage import HOUR, SHANGHAI, at

NINE = at("2026-11-27 09:00")
Step = tuple[int | None, int]
Sums = dict[tuple[Shift, int], tuple[int, int, int]]


class Kept(NamedTuple):
    """What is kept with a unit between batches."""

    area: int | None
    last_ms: int | None
    ms: int
    fixes: int


def batch(now_ms: int) -> Stays:
    return Stays(DEFAULT_PLAN, SHANGHAI, shift_at(DEFAULT_PLAN, SHANGHAI, now_ms), now_ms)


def counted(stays: Stays) -> Sums:
    return {
        (shift, area): (ms, fixes, last)
        for shift, walked in stays.ended()
        for area, ms, fixes, last in zip(*(column.tolist() for column in walked), strict=True)
    }


def gone(stays: Stays, *fixes: tuple[int | None, int]) -> Stay:
    stay = stays.of(None, None, 0, 0, fixes[0][1])
    for area, ms in fixes:
        stays.go(stay, area, ms)
    return stay


def test_the_time_between_two_fixes_belongs_to_the_grid_of_the_earlier_one_and_a_silence_to_nobody() -> None:
    t, minute = NINE, MINUTE_MS
    stays = batch(t + HOUR)
    stay = gone(stays, (7, t), (7, t + minute), (8, t + 2 * minute), (8, t + 4 * minute), (8, t + 10 * minute))
    assert (stay.ms, stay.fixes) == (0, 1), "after a silence another stay begins"
    stays.end(stay)
    assert counted(stays) == {
        (stays.now, 7): (2 * minute, 2, t + minute), (stays.now, 8): (2 * minute, 3, t + 10 * minute),
    }  # fmt: skip


def test_a_step_counts_in_the_shift_in_which_it_ends_and_a_clock_that_goes_ahead_counts_as_now() -> None:
    eight = at("2026-11-27 08:00")
    stays = batch(eight + MINUTE_MS)
    stay = gone(stays, (7, eight - 60_000), (7, eight - 10_000), (7, eight + 5_000), (7, eight + 4 * MINUTE_MS))
    assert stay.shift == stays.now
    stays.end(stay)
    before = shift_at(DEFAULT_PLAN, SHANGHAI, eight - 1)
    assert counted(stays) == {
        (before, 7): (50_000, 2, eight - 10_000),
        (stays.now, 7): (15_000 + 4 * MINUTE_MS - 5_000, 2, eight + 4 * MINUTE_MS),
    }  # fmt: skip


def test_a_stay_is_held_while_it_is_short_and_its_shift_runs() -> None:
    stays = batch(NINE + HOUR)
    assert stays.holds(gone(stays, (7, NINE), (7, NINE + HOLD_MS - 1)))
    assert not stays.holds(gone(stays, (7, NINE), (7, NINE + HOLD_MS)))
    assert not stays.holds(gone(stays, (7, NINE - 2 * HOUR)))
    assert not counted(stays)


def test_outside_of_the_city_nothing_is_walked() -> None:
    stays = batch(NINE + HOUR)
    stays.end(gone(stays, *((area, NINE + k * MINUTE_MS) for k, area in enumerate((None, None, 7, None)))))
    assert counted(stays) == {(stays.now, 7): (MINUTE_MS, 1, NINE + 2 * MINUTE_MS)}


FIXES = st.lists(st.tuples(st.sampled_from([None, 7, 8]), st.sampled_from([15, 60, 299, 301, 9000])), min_size=1)


@given(FIXES, st.data())
def test_however_fixes_are_sent_they_add_up_to_the_same(steps: list[Step], data: st.DataObject) -> None:
    at_ms = list(accumulate((seconds * 1000 for _, seconds in steps), initial=NINE - 12 * HOUR))[1:]
    fixes = [(area, ms) for (area, _), ms in zip(steps, at_ms, strict=True)]
    slow: Sums = {}
    for before, (area, ms) in zip([(None, 0), *fixes], fixes, strict=False):
        shift = shift_at(DEFAULT_PLAN, SHANGHAI, ms)
        if before[0] and ms - before[1] <= DEFAULT_PLAN.gap_ms:
            add(slow, {(shift, before[0]): (ms - before[1], 0, before[1])})
        if area:
            add(slow, {(shift, area): (0, 1, ms)})
    found: Sums = {}
    kept, done = Kept(None, None, 0, 0), 0
    while done < len(fixes):
        part = fixes[done : done + data.draw(st.integers(1, len(fixes) - done))]
        stays = batch(part[-1][1])
        if kept.last_ms is not None and (before_it := batch(kept.last_ms)).now != stays.now:
            # Before a shift begins, all stays of the one before are settled.
            before_it.end(before_it.of(*kept, part[0][1]))
            add(found, counted(before_it))
            kept = kept._replace(ms=0, fixes=0)
        stay = stays.of(*kept, part[0][1])
        for area, ms in part:
            stays.go(stay, area, ms)
        done += len(part)
        if not stays.holds(stay) or done == len(fixes):
            stays.end(stay)
        add(found, counted(stays))
        kept = Kept(*part[-1], stay.ms, stay.fixes)
    assert found == slow


def add(to: Sums, some: Sums) -> None:
    for key, (ms, fixes, last) in some.items():
        known = to.get(key, (0, 0, 0))
        to[key] = (known[0] + ms, known[1] + fixes, max(known[2], last))
