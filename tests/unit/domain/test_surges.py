"""Surges: which hours are news, at which area they are told, and what becomes of those that stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.domain.areas import Area, AreaTree
from geodata.domain.areas import Level as Rank
from geodata.domain.surges import DEFAULT_RULES, LOOKS, SurgeRules, Watched, bars, followed, seen, spoken
from geodata.domain.usual import HOURS, Level
from geodata.store.folder import DataFolder

DISTRICTS, STREETS, CLASSES = 8, 10, 2
BOX = (100.0, 30.0, 101.0, 31.0)
TREE = AreaTree(
    [Rank(d, f"l{d}", f"{d}", f"{d}") for d in range(4)],
    [
        Area(1, "C", "C", 0, None, 100, 30, BOX, 1e6),
        *(Area(10 + d, f"D{d}", f"D{d}", 1, "C", 100, 30, BOX, 1e6) for d in range(DISTRICTS)),
        *(Area(100 + d * STREETS + s, f"D{d}S{s}", "S", 2, f"D{d}", 100, 30, BOX, 1e6)
          for d in range(DISTRICTS) for s in range(STREETS)),
        *(Area(1000 + d * STREETS + s, f"D{d}S{s}G", "G", 3, f"D{d}S{s}", 100, 30, BOX, 1e6)
          for d in range(DISTRICTS) for s in range(STREETS)),
    ],
)  # fmt: skip
WATCHED = Watched.of(TREE, 2)
BAR = bars(DEFAULT_RULES, WATCHED, CLASSES)


def place(code: str) -> int:
    return int(WATCHED.places(np.array([TREE.ordinal[code]]))[0])


def an_hour(per_street: float = 0.2, **more: int) -> tuple[np.ndarray, Level]:
    """(n, level): every street as usual and ``more`` of class 0 besides, in areas by code."""
    streets = WATCHED.depth == 2
    direct = np.zeros((len(WATCHED), CLASSES), np.int64)
    direct[streets] = np.random.default_rng(1).poisson(per_street, (streets.sum(), CLASSES))
    mean = np.zeros((len(WATCHED), CLASSES))
    mean[streets] = per_street
    expected = WATCHED.summed((mean * 1000).astype(np.int64)) / 1000
    for code, n in more.items():
        direct[place(code), 0] += n
    return WATCHED.summed(direct), Level(expected, np.full_like(expected, 0.01))


def told(n: np.ndarray, level: Level, rules: SurgeRules = DEFAULT_RULES) -> set[tuple[str, int]]:
    return {(TREE.areas[WATCHED.ordinal[s.area]].code, s.cls) for s in seen(n, level, WATCHED, rules, BAR)}


def test_watched_are_the_areas_down_to_a_depth_with_all_that_stands_below() -> None:
    assert len(WATCHED) == 1 + DISTRICTS + DISTRICTS * STREETS
    o = np.array([TREE.ordinal[code] for code in ("D3S4G", "D3S4G", "D3S4", "D3", "C")])
    n = WATCHED.counted(o, np.array([0, 1, 0, 0, 0]), CLASSES)
    assert n[place("D3S4")].tolist() == [2, 1]
    assert n[place("D3")].tolist() == [3, 1]
    assert n[place("C")].tolist() == [4, 1]
    assert n[place("D2")].tolist() == [0, 0]


def test_the_false_alarms_that_a_city_bears_are_shared_out_over_levels_areas_classes_and_hours() -> None:
    per_level = [(BAR[WATCHED.depth == d] * CLASSES * HOURS * LOOKS).sum() for d in range(3)]
    assert per_level == pytest.approx([1 / 3] * 3)
    assert bars(SurgeRules(per_day=0.1), WATCHED, CLASSES) == pytest.approx(BAR / 10)


def test_an_hour_as_usual_is_no_news() -> None:
    assert told(*an_hour()) == set()


def test_a_burst_in_one_street_is_told_of_at_the_street_and_nowhere_else() -> None:
    assert told(*an_hour(D5S3=60)) == {("D5S3", 0)}
    assert told(*an_hour(D5S3G=60)) == {("D5S3", 0)}


def test_what_is_in_many_streets_of_a_district_is_told_of_at_the_district() -> None:
    assert told(*an_hour(**{f"D5S{s}": 12 for s in range(STREETS)})) == {("D5", 0)}
    # Too little in each street to be news there.
    assert told(*an_hour(**{f"D5S{s}": 2 for s in range(STREETS)})) == {("D5", 0)}


def test_a_storm_over_the_city_is_told_of_once() -> None:
    assert told(*an_hour(**{f"D{d}S{s}": 8 for d in range(DISTRICTS) for s in range(STREETS)})) == {("C", 0)}


def test_a_storm_over_two_districts_is_told_of_at_the_two() -> None:
    storm = {f"D{d}S{s}": 9 for d in (1, 6) for s in range(STREETS)}
    assert told(*an_hour(**storm)) == {("D1", 0), ("D6", 0)}


def test_what_could_not_be_placed_below_is_told_of_where_it_stands() -> None:
    assert told(*an_hour(D2=70)) == {("D2", 0)}


@pytest.mark.parametrize(
    ("rules", "news"), [(SurgeRules(), True), (SurgeRules(least=9), False), (SurgeRules(times=60), False)]
)
def test_few_events_and_small_rises_are_never_news(rules: SurgeRules, news: bool) -> None:
    n, level = an_hour(per_street=0.2)
    n[place("D4S4"), 0] = 8
    assert (("D4S4", 0) in told(n, level, rules)) is news


@given(st.dictionaries(st.tuples(st.integers(0, DISTRICTS - 1), st.integers(0, STREETS - 1)), st.integers(1, 80)))
@settings(max_examples=80, deadline=None)
def test_none_of_what_is_told_lies_within_another_and_what_is_news_lies_within_one(
    more: dict[tuple[int, int], int]
) -> None:
    n, level = an_hour(**{f"D{d}S{s}": k for (d, s), k in more.items()})
    found = {TREE.ordinal[code] for code, cls in told(n, level) if cls == 0}
    for o in found:
        assert not any(up in found for up in TREE.chain(o)[:-1])
    for (d, s), k in more.items():
        if k >= 30:
            street = TREE.ordinal[f"D{d}S{s}"]
            assert any(up in found for up in TREE.chain(street)), (d, s, k)


C, D5, S = TREE.ordinal["C"], TREE.ordinal["D5"], TREE.ordinal["D5S3"]


def test_a_surge_begins_once_goes_on_and_is_over_when_the_rate_is_back() -> None:
    assert followed((), [(S, 0)], (), TREE).new == [(S, 0)]
    goes_on = followed([(S, 0)], [(S, 0)], (), TREE)
    assert (goes_on.new, goes_on.go_on, goes_on.over) == ([], [(S, 0)], [])
    # Between the two bars it goes on without being seen.
    assert followed([(S, 0)], [], [], TREE).go_on == [(S, 0)]
    over = followed([(S, 0)], [], [(S, 0)], TREE)
    assert (over.go_on, over.over) == ([], [(S, 0)])


def test_what_spreads_is_taken_in_by_the_area_above_and_what_lies_within_one_is_part_of_it() -> None:
    spreads = followed([(S, 0), (S, 1)], [(D5, 0), (S, 1)], (), TREE)
    assert spreads.new == [(D5, 0)]
    assert spreads.within == {(S, 0): (D5, 0)}
    assert spreads.go_on == [(S, 1)]
    assert followed([(C, 0)], [(S, 0)], (), TREE).new == []
    assert followed([(C, 0)], [(S, 0)], [(C, 0)], TREE).new == [(S, 0)]


@pytest.mark.parametrize(("expected", "said"), [(0.1, 0), (0.94, 0), (1.2, 1), (2.6, 3), (240.2, 240)])
def test_what_is_usual_is_said_as_a_whole_number(expected: float, said: int) -> None:
    assert spoken(expected) == said


def test_a_city_says_its_own_rules_and_wrong_ones_name_the_field(tmp_path: Path) -> None:
    root = tmp_path
    (root / "city.toml").write_text("[surges]\nper_day = 0.2\nleast = 8\n", "utf-8")
    assert DataFolder(root).city().surges.rules == SurgeRules(0.2, 8)
    (root / "city.toml").write_text("[surges]\nper_day = 0\n", "utf-8")
    with pytest.raises(ValueError, match=r"(?s)surges\.per_day"):
        DataFolder(root).city()
