"""The indicators: a published month, nothing to divide by, buckets of handling times, ranks, periods."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.words import words
from geodata.domain.figures import KEPT, PERIODIC
from geodata.domain.indicators import FIVE_COLOURS, colour_of
from geodata.domain.indicators_rank import Standing, ranked
from geodata.domain.indicators_table import (
    INDICATORS,
    LEVEL_OF,
    Better,
    Measured,
    closing_rate,
    on_time_rate,
    overdue_rate,
    registration_rate,
    shown,
)
from geodata.domain.indicators_time import BUCKETS, EDGES_S, ERROR, bucket_of, exact_s, quantile_s
from geodata.domain.periods import Period
from geodata.domain.repeats import WITHIN_MS, places, repeated
from geodata.services.measuring import PeriodError, check, compared
from geodata.store.loop_rules import ColoursSaid

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def test_the_published_month_of_a_city_comes_out() -> None:
    closing, on_time, registered = closing_rate(911, 972), on_time_rate(737, 972), registration_rate(996, 1054)
    assert closing is not None
    assert on_time is not None
    assert registered is not None
    assert (f"{closing:.2%}", f"{on_time:.2%}", f"{registered:.2%}") == ("93.72%", "75.82%", "94.50%")
    late = overdue_rate(972 - 737, 972)
    assert late is not None
    assert on_time + late == pytest.approx(1)
    assert (colour_of(911, 972), colour_of(737, 972)) == ("blue", "orange")


def test_the_five_colours_are_the_fields_and_a_city_may_have_its_own() -> None:
    assert ColoursSaid().steps == FIVE_COLOURS
    steps = ColoursSaid(green=0.9, blue=0.8, yellow=0.6, orange=0.5).steps
    assert [colour_of(n, 100, steps) for n in (90, 89, 79, 59, 49)] == ["green", "blue", "yellow", "orange", "red"]
    assert colour_of(0, 0, steps) == "none"
    with pytest.raises(ValueError, match="must fall"):
        ColoursSaid(blue=0.96)


def test_without_cases_nothing_has_a_value() -> None:
    for row in INDICATORS.values():
        assert row.formula(0, 0) is None, row.id
    assert quantile_s(np.zeros(BUCKETS, np.int64), 0.5) is None
    assert exact_s(np.zeros(0, np.int64), 0.9) is None


def test_each_indicator_is_made_of_figures_that_open_as_lists_and_has_its_words() -> None:
    for row in INDICATORS.values():
        assert row.den in PERIODIC
        assert row.num is None or row.num in PERIODIC
        assert (row.num is None) == (row.measured is Measured.SECONDS)
        for lang in ("zh", "en"):
            assert words(lang, f"indicator.{row.id}") != words(lang, f"formula.{row.id}")
    assert set(PERIODIC) <= KEPT


def test_levels_that_a_city_has_not_got_are_not_shown() -> None:
    assert [row.id for row in shown(3) if row.id in LEVEL_OF] == ["local_1", "local_2"]
    assert len(shown(6)) == len(INDICATORS)


@given(st.lists(st.integers(0, 4_800_000), min_size=1, max_size=300), st.sampled_from([0.5, 0.9, 0.01, 1.0]))
@settings(deadline=None, database=None)
def test_a_quantile_from_buckets_is_as_near_as_it_says(seconds: list[int], share: float) -> None:
    column = np.array(seconds, np.int64)
    true = exact_s(column, share)
    got = quantile_s(np.bincount(bucket_of(column), minlength=BUCKETS), share)
    assert true is not None
    assert got is not None
    assert abs(got - true) <= (max(ERROR * true, 30) if true < EDGES_S[-1] else true)


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=60), st.integers(1, 59))
@settings(deadline=None, database=None)
def test_buckets_of_parts_add_up_to_those_of_the_whole(seconds: list[int], cut: int) -> None:
    column = np.array(seconds, np.int64)
    whole, one, other = (np.bincount(bucket_of(c), minlength=BUCKETS) for c in (column, column[:cut], column[cut:]))
    assert (one + other == whole).all()


def test_areas_are_ranked_among_their_peers_with_what_changed() -> None:
    peers = {"a": "core", "b": "core", "c": "core", "d": "county", "e": "core", "f": "core"}
    now = {"a": Standing(0.9, 100), "b": Standing(0.95, 100), "c": Standing(0.9, 40), "d": Standing(0.1, 500),
           "e": Standing(1.0, 19), "f": Standing(None, 0)}  # fmt: skip
    before = {"a": Standing(0.8, 90), "b": Standing(None, 0)}
    rows = ranked(now, before, {"a": Standing(0.95, 30)}, peers, Better.HIGH)
    assert [(r.key, r.place, r.of) for r in rows] == [
        ("b", 1, 3), ("a", 2, 3), ("c", 2, 3), ("e", None, 3), ("f", None, 3), ("d", 1, 1),
    ]  # fmt: skip
    a, b = rows[1], rows[0]
    assert (round(a.change or 0, 6), round(a.change_year or 0, 6), a.place_before) == (0.1, -0.05, 1)
    assert (b.change, b.change_year, b.place_before) == (None, None, None)
    assert [r.key for r in ranked(now, {}, {}, peers, Better.LOW)][:3] == ["a", "c", "b"]


@given(DAYS)
@settings(deadline=None, database=None)
def test_weeks_months_and_years_follow_each_other_without_a_gap(day: date) -> None:
    for whole in (Period.day, Period.week, Period.month, Period.year):
        period = whole(day)
        before = period.before()
        assert period.first <= day <= period.last
        assert before.last + timedelta(days=1) == period.first
        assert before == whole(before.last)
    assert Period.month(day).year_before() == Period.month(day.replace(day=1, year=day.year - 1))
    assert Period.week(day).first.weekday() == 0


def test_a_running_period_is_compared_with_as_many_days() -> None:
    november = Period.month(date(2026, 11, 1))
    assert compared(november, date(2026, 11, 20)) == (
        Period(date(2026, 10, 1), date(2026, 10, 20)), Period(date(2025, 11, 1), date(2025, 11, 20)),
    )  # fmt: skip
    assert compared(november, date(2026, 12, 1)) == (
        Period.month(date(2026, 10, 1)), Period.month(date(2025, 11, 1)),
    )  # fmt: skip
    assert compared(Period.month(date(2027, 3, 1)), date(2027, 3, 31))[0] == Period.month(date(2027, 2, 1))
    leap = Period.day(date(2028, 2, 29))
    assert compared(leap, date(2028, 3, 1)) == (Period.day(date(2028, 2, 28)), Period.day(date(2027, 2, 28)))


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [("2026-11-02", "2026-11-01", "to"), ("2000-01-01", "2026-11-01", "to"), ("0001-01-01", "0001-01-02", "from"),
     ("9999-12-30", "9999-12-31", "from")],
)  # fmt: skip
def test_a_period_that_makes_no_sense_is_refused_with_field_value_and_rule(first: str, last: str, field: str) -> None:
    with pytest.raises(PeriodError) as error:
        check(Period(date.fromisoformat(first), date.fromisoformat(last)))
    assert (error.value.field, error.value.value in (first, last), bool(error.value.rule)) == (field, True, True)


PLACE = st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([-1, 5, 6]), st.integers(0, 5))


@given(st.lists(PLACE, max_size=25))
@settings(deadline=None, database=None)
def test_what_came_again_is_what_follows_one_of_its_kind_at_its_place(told: list[tuple[int, int, int, int]]) -> None:
    kind, area, place, step = (np.array(c, np.int64) for c in (zip(*told, strict=True) if told else [[]] * 4))
    ms = step * (WITHIN_MS // 2)
    expected = [
        p != -1 and any(
            (told[j][:3] == (k, a, p)) and 0 <= ms[i] - ms[j] <= WITHIN_MS and (ms[j] < ms[i] or j < i)
            for j in range(len(told)) if j != i
        )
        for i, (k, a, p, _) in enumerate(told)
    ]  # fmt: skip
    assert repeated(kind, area, place, ms).tolist() == expected


def test_a_place_is_a_square_and_nowhere_is_no_place() -> None:
    lon, lat = np.array([104.00001, 104.00049, 104.00051, np.nan]), np.array([30.0001, 30.0001, 30.0001, 30.0])
    one, same, other, none = places(lon, lat).tolist()
    assert one == same != other
    assert none == -1
