"""Narrow columns hold the very numbers they were made of."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.clocks import NEVER
from geodata.situation.replay.narrow import ABSENT, Narrow, narrowed
from geodata.store.past import FOR_EVER

NEAR = st.integers(1_777_780_800_000, 1_777_780_800_000 + ABSENT - 2)
ANY = st.integers(-(1 << 40), 1 << 45)


@given(st.lists(NEAR | ANY | st.sampled_from((0, -1, NEVER, FOR_EVER, -NEVER)), max_size=30))
def test_a_column_and_any_part_of_it_come_back_as_they_were(numbers: list[int]) -> None:
    column = np.array(numbers, np.int64)
    held = narrowed(column)
    assert held[:].tolist() == numbers
    at = np.arange(len(column))[::-2]
    assert held[at].tolist() == column[at].tolist()


@given(st.lists(NEAR | st.just(NEVER), min_size=1, max_size=30).filter(lambda some: min(some) < NEVER))
def test_moments_of_some_weeks_take_half_the_room(moments: list[int]) -> None:
    assert isinstance(narrowed(np.array(moments, np.int64)), Narrow)


def test_what_is_no_long_number_stays_as_it_is() -> None:
    column = np.array([1.5, np.nan])
    assert narrowed(column) is column
