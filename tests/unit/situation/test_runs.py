"""Sorted runs are a sorted set at any size."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from geodata.situation import runs
from geodata.situation.runs import TIME_END, Runs, keys_of, slots_of, times_in_keys

KEYS = st.integers(-60, 60)


@settings(max_examples=150, database=None)
@given(st.sets(KEYS), st.lists(st.tuples(st.booleans(), KEYS), max_size=80), KEYS, KEYS)
def test_runs_hold_what_a_set_would_hold_in_order(
    first: set[int], steps: list[tuple[bool, int]], low: int, end: int
) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(runs, "RUN", 3)
    try:
        held, expected = Runs(np.array(list(first), np.int64)), set(first)
        for put, key in steps:
            (held.add if put else held.discard)(key)
            (expected.add if put else expected.discard)(key)
        ordered = sorted(expected)
        assert len(held) == len(ordered)
        assert held.between(low, end).tolist() == [k for k in ordered if low <= k < end]
        assert [k for block in held.blocks() for k in block.tolist()] == ordered
        backwards = [k for block in held.blocks(newest_first=True) for k in block.tolist()[::-1]]
        assert backwards == ordered[::-1]
        assert [held.at(i) for i in range(len(ordered))] == ordered
        with pytest.raises(IndexError):
            held.at(len(ordered))
    finally:
        patch.undo()


def test_a_key_gives_back_its_slot_and_sorts_by_what_stands_before_it() -> None:
    high, slots = np.array([5, -3, 5, TIME_END]), np.array([7, runs.SLOT_MASK, 2, 0])
    keys = keys_of(high, slots)
    assert slots_of(keys).tolist() == slots.tolist()
    assert np.argsort(keys).tolist() == [1, 2, 0, 3]
    assert times_in_keys(np.array([1 << 62])).tolist() == [TIME_END]
