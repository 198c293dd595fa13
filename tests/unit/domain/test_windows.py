"""A window stays within its list and within its bounds, and follows the row that it holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.windows import LIMIT_MAX, Asked, places

ANY = st.integers(-(2**70), 2**70)


@given(ANY, ANY, ANY, st.integers(0, 10_000), st.lists(st.integers(-1, 10_000), max_size=4))
def test_a_window_is_never_longer_than_its_bound_nor_beyond_the_end(
    offset: int, limit: int, hold: int, total: int, at: list[int]
) -> None:
    shown = Asked(offset, limit, hold=hold).shown(total, at)
    assert 0 <= shown.start <= total
    assert 0 <= shown.stop - shown.start <= LIMIT_MAX


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_row_that_is_held_stays_as_far_from_the_top_of_the_window(offset: int, hold: int, now: int) -> None:
    shown = Asked(offset, 10, ("row",), hold).shown(10_000, [now])
    assert shown.start == max(0, offset + now - hold)
    assert Asked(offset, 10, ("row",), hold).shown(10_000, [-1]).start == offset, "a row that is gone holds nothing"
    assert Asked(offset, 10, ("row",)).shown(10_000, [now]).start == offset


def test_places_are_those_of_the_rows_and_minus_one_of_what_is_not_there() -> None:
    assert places(np.array([30, 10, 20], np.int64), [20, 99, 30]) == [2, -1, 0]
    assert places(np.array([], np.int64), [1]) == [-1]
