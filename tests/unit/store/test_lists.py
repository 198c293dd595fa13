from hypothesis import given
from hypothesis import strategies as st

from geodata.store.lists import IN_MAX, filled, parts

IDS = st.lists(st.integers(0, 9), max_size=3 * IN_MAX)


@given(IDS)
def test_nobody_is_left_out_or_put_in_and_the_order_is_kept(ids: list[int]) -> None:
    whole = filled(ids)
    assert whole[: len(ids)] == ids
    assert set(whole) == set(ids)


def test_all_lengths_of_parts_are_ten() -> None:
    lengths = {len(part) for n in range(3 * IN_MAX) for part in parts(range(n))}
    assert lengths == {1, 2, 4, 8, 16, 32, 64, 128, 256, IN_MAX}


def test_the_parts_follow_each_other() -> None:
    cut = list(parts(iter(range(2 * IN_MAX + 3))))
    assert [part[0] for part in cut] == [0, IN_MAX, 2 * IN_MAX]
    assert cut[-1] == [2 * IN_MAX, 2 * IN_MAX + 1, 2 * IN_MAX + 2, 2 * IN_MAX + 2]
    assert list(parts([])) == []


def test_a_list_that_is_longer_than_a_part_has_few_lengths_too() -> None:
    assert len(filled(range(IN_MAX + 1))) == 512
    assert len(filled(range(1_030))) == 2_048
