"""Stays as pure rules: what they add up to is what their fixes do, whenever they are counted."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.coverage import DEFAULT_PLAN, MINUTE_MS, Grids, Shift, shift_at
from geodata.domain.stays import HOLD_MS, Stay, Stays
from tests.unit.domain.test_coverage import HOUR, SHANGHAI, at
from tests.unit.situation.city import UNEVEN

Step = tuple[int | None, int]

NINE = at("2026-11-27 09:00")
FRESH: Stay = (None, None, 0, 0)
GRIDS = Grids.of(UNEVEN, DEFAULT_PLAN)
A, B = GRIDS.id[:2].tolist()
INNER = UNEVEN.areas[0].id
Sums = dict[tuple[Shift, int], tuple[int, int, int]]


def batch(now_ms: int) -> Stays:
    return Stays(GRIDS, DEFAULT_PLAN, SHANGHAI, shift_at(DEFAULT_PLAN, SHANGHAI, now_ms), now_ms)


def counted(stays: Stays) -> Sums:
    return {
        (shift, area): (ms, fixes, last)
        for shift, walked in stays.ended()
        for area, ms, fixes, last in zip(*(column.tolist() for column in walked), strict=True)
    }


def gone(stays: Stays, *fixes: tuple[int | None, int], kept: Stay = FRESH) -> Stay:
    for area, ms in fixes:
        stays.go("U", kept, area, ms)
    return stays.of["U"]


def test_the_time_between_two_fixes_belongs_to_the_grid_of_the_earlier_one_and_a_silence_to_nobody() -> None:
    t, minute = NINE, MINUTE_MS
    stays = batch(t + HOUR)
    left = gone(stays, (A, t), (A, t + minute), (B, t + 2 * minute), (B, t + 4 * minute), (B, t + 10 * minute))
    assert counted(stays) == {
        (stays.now, A): (2 * minute, 2, t + minute), (stays.now, B): (2 * minute, 2, t + 4 * minute),
    }  # fmt: skip
    assert left == (B, t + 10 * minute, 0, 1), "after a silence another stay begins"


def test_a_step_counts_in_the_shift_in_which_it_ends_and_a_clock_that_goes_ahead_counts_as_now() -> None:
    eight = at("2026-11-27 08:00")
    stays = batch(eight + MINUTE_MS)
    left = gone(stays, (A, eight - 60_000), (A, eight - 10_000), (A, eight + 5_000), (A, eight + 2 * MINUTE_MS))
    before = shift_at(DEFAULT_PLAN, SHANGHAI, eight - 1)
    assert counted(stays) == {
        (before, A): (50_000, 2, eight - 10_000), (stays.now, A): (15_000, 0, eight - 10_000),
    }  # fmt: skip
    assert left == (A, eight + 2 * MINUTE_MS, 115_000, 2)


def test_a_stay_waits_while_it_is_short_and_then_counts_up_to_the_fix_before_the_last() -> None:
    stays = batch(NINE + HOUR)
    left = gone(stays, (A, NINE), (A, NINE + HOLD_MS - 1))
    assert (left, counted(stays)) == ((A, NINE + HOLD_MS - 1, HOLD_MS - 1, 2), {})
    left = gone(stays, (A, NINE + HOLD_MS))
    assert left == (A, NINE + HOLD_MS, 0, 1)
    assert counted(stays) == {(stays.now, A): (HOLD_MS, 2, NINE + HOLD_MS - 1)}


def test_what_is_of_a_shift_that_is_over_or_of_no_grid_waits_nowhere() -> None:
    stays = batch(NINE + HOUR)
    assert gone(stays, (A, NINE - 2 * HOUR), (A, NINE - 2 * HOUR + MINUTE_MS))[2:] == (0, 0)
    assert [sums[:2] for sums in counted(stays).values()] == [(MINUTE_MS, 2)]
    stays = batch(NINE + HOUR)
    assert gone(stays, (INNER, NINE), (INNER, NINE + MINUTE_MS))[2:] == (0, 0)


def test_outside_of_the_city_nothing_is_walked() -> None:
    stays = batch(NINE + HOUR)
    left = gone(stays, *((area, NINE + k * MINUTE_MS) for k, area in enumerate((None, None, A, None))))
    assert counted(stays) == {(stays.now, A): (MINUTE_MS, 1, NINE + 2 * MINUTE_MS)}
    assert left == (None, NINE + 3 * MINUTE_MS, 0, 0)


FIXES = st.lists(st.tuples(st.sampled_from([None, A, B, INNER]), st.sampled_from([15, 60, 299, 301, 9000])), min_size=1)


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
    kept, done, now = FRESH, 0, batch(at_ms[0]).now
    while done < len(fixes):
        part = fixes[done : done + data.draw(st.integers(1, len(fixes) - done))]
        stays = batch(part[-1][1])
        if stays.now != now:
            # Before a shift begins, all stays of the one before are settled.
            kept, now = settled(found, now, kept), stays.now
        kept = gone(stays, *part, kept=kept)
        add(found, counted(stays))
        done += len(part)
    settled(found, now, kept)
    assert found == slow


def settled(found: Sums, now: Shift, kept: Stay) -> Stay:
    area, last_ms, ms, fixes = kept
    if fixes and area is not None and last_ms is not None:
        add(found, {(now, area): (ms, fixes, last_ms)})
    return area, last_ms, 0, 0


def add(to: Sums, some: Sums) -> None:
    for key, (ms, fixes, last) in some.items():
        known = to.get(key, (0, 0, 0))
        to[key] = (known[0] + ms, known[1] + fixes, max(known[2], last))
