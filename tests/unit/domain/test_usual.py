"""What is usual: known answers of the tail, and what is learned of weeks that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from geodata.domain.usual import DAYS, DAYS_MIN, HOURS, Level, PastDays, tail, told

FLAT = np.zeros(1, np.int32)
KINDS = [int(day % 7 >= 5) for day in range(DAYS)]
ALL = np.ones((DAYS, HOURS), np.bool_)


def level(mean: float, cv2: float = 0.0) -> Level:
    return Level(np.array([mean]), np.array([cv2]))


@pytest.mark.parametrize(("n", "mean", "p"), [(14, 3.0, 3.4e-6), (5, 0.1, 7.7e-8), (1, 0.5, 0.3935), (0, 4.0, 1.0)])
def test_without_spread_the_tail_is_that_of_poisson(n: int, mean: float, p: float) -> None:
    assert tail(np.array([n]), level(mean))[0] == pytest.approx(stats.poisson.sf(n - 1, mean), rel=1e-3)
    assert tail(np.array([n]), level(mean))[0] == pytest.approx(p, rel=0.05)


@given(n=st.integers(0, 400), mean=st.floats(0.01, 200), cv2=st.floats(0.002, 1.5))
@settings(max_examples=200, deadline=None)
def test_with_spread_the_tail_is_that_of_the_negative_binomial_with_that_mean_and_variance(
    n: int, mean: float, cv2: float
) -> None:
    size = 1 / cv2
    exact = stats.nbinom.sf(n - 1, size, size / (size + mean))
    assert tail(np.array([n]), level(mean, cv2))[0] == pytest.approx(exact, rel=1e-6, abs=1e-300)
    assert stats.nbinom.var(size, size / (size + mean)) == pytest.approx(mean + cv2 * mean**2)


@given(n=st.integers(1, 300), mean=st.floats(0.01, 100), cv2=st.floats(0.002, 1), more=st.floats(1.01, 5))
@settings(max_examples=100, deadline=None)
def test_more_events_are_less_probable_and_a_higher_level_or_spread_makes_them_more_so(
    n: int, mean: float, cv2: float, more: float
) -> None:
    p = tail(np.array([n]), level(mean, cv2))[0]
    assert tail(np.array([n + 1]), level(mean, cv2))[0] <= p
    assert tail(np.array([n]), level(mean * more, cv2))[0] >= p
    assert 0 <= p <= 1


def weeks(by_kind: np.ndarray, factor: np.ndarray | None = None, areas: int = 1) -> np.ndarray:
    """Counts (days, 24, areas, 1): by kind of day and hour, the same in each area; ``factor`` of each day."""
    days = by_kind[KINDS] * (np.ones(DAYS) if factor is None else factor)[:, None]
    return np.repeat(np.round(days)[:, :, None, None], areas, axis=2).astype(np.uint16)


def test_hours_and_days_off_are_learned_as_they_are() -> None:
    hours = np.array([40 + 30 * np.sin(h / 24 * 2 * np.pi) for h in range(HOURS)])
    usual = PastDays.of(weeks(np.stack([hours, hours / 2])), ALL, KINDS, FLAT).usual()
    assert usual.is_known
    for kind, times in ((0, 1.0), (1, 0.5)):
        found = usual.level(kind).mean[:, 0, 0]
        # A day off is taken for a little more than it is: eight days of it are trusted as far as all days together.
        assert found == pytest.approx(hours * times, rel=0.1)


def test_a_steep_morning_is_not_taken_for_the_mean_of_its_neighbours() -> None:
    hours = np.full(HOURS, 10.0)
    hours[6:9] = 20, 80, 200
    usual = PastDays.of(weeks(np.stack([hours, hours])), ALL, KINDS, FLAT).usual()
    assert usual.level(0).mean[6:9, 0, 0] == pytest.approx([20, 80, 200], rel=0.05)


def test_the_last_week_tells_where_a_class_is_going_and_a_gap_in_the_data_says_nothing() -> None:
    hours = np.full(HOURS, 50.0)
    grows = np.r_[np.ones(21), np.full(7, 1.5)]
    usual = PastDays.of(weeks(np.stack([hours, hours]), grows), ALL, KINDS, FLAT).usual()
    assert usual.level(0).mean[9, 0, 0] == pytest.approx(75, rel=0.03)
    counts = weeks(np.stack([hours, hours]))
    counts[3:9] = 0
    valid = told(counts[:, :, 0, 0].astype(np.int64))
    assert not valid[3:9].any()
    assert valid[:3].all()
    assert valid[9:].all()
    assert PastDays.of(counts, valid, KINDS, FLAT).usual().level(0).mean[9, 0, 0] == pytest.approx(50, rel=0.03)


def test_a_quiet_night_of_a_small_town_is_no_gap() -> None:
    totals = np.zeros((DAYS, HOURS), np.int64)
    totals[:, 8:20] = 3
    assert told(totals).all()


def test_a_past_surge_does_not_become_usual_but_a_single_event_stays() -> None:
    hours = np.full(HOURS, 4.0)
    counts = weeks(np.stack([hours, hours]))
    counts[10, 9] = 400
    plain = PastDays.of(weeks(np.stack([hours, hours])), ALL, KINDS, FLAT).usual().level(0).mean[9, 0, 0]
    burst = PastDays.of(counts, ALL, KINDS, FLAT).usual().level(0).mean[9, 0, 0]
    assert plain < burst < plain * 1.25
    one = np.zeros((DAYS, HOURS, 1, 1), np.uint16)
    one[4, 4] = 1
    kept = PastDays.of(one, ALL, KINDS, FLAT).usual()
    assert kept.sums.sum() == 1


def test_days_that_differ_widen_what_is_usual() -> None:
    rng = np.random.default_rng(1)
    hours = np.full(HOURS, 200.0)
    calm = PastDays.of(rng.poisson(weeks(np.stack([hours, hours]))).astype(np.uint16), ALL, KINDS, FLAT)
    moody = weeks(np.stack([hours, hours]), np.exp(rng.normal(0, 0.3, DAYS)))
    wild = PastDays.of(rng.poisson(moody).astype(np.uint16), ALL, KINDS, FLAT)
    assert calm.usual().level(0).cv2[9, 0, 0] < 0.005
    assert wild.usual().level(0).cv2[9, 0, 0] == pytest.approx(0.09, rel=0.6)


def test_a_day_more_is_as_if_all_had_been_read_and_the_oldest_leaves() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(6, (DAYS + 3, HOURS, 3, 2)).astype(np.uint16)
    levels = np.array([0, 1, 1], np.int32)
    kinds = [int(day % 7 >= 5) for day in range(DAYS + 3)]
    rolled = PastDays.of(counts[:DAYS], ALL, kinds[:DAYS], levels)
    for day in range(DAYS, DAYS + 3):
        rolled.add(counts[day], np.ones(HOURS, np.bool_), kinds[day])
    whole = PastDays.of(counts[3:], ALL, kinds[3:], levels)
    assert len(rolled) == DAYS
    assert rolled.usual().days.tolist() == whole.usual().days.tolist()
    assert rolled.usual().level(0).mean == pytest.approx(whole.usual().level(0).mean, rel=0.03)


def test_with_few_days_nothing_is_usual() -> None:
    some = np.ones((DAYS_MIN - 1, HOURS, 1, 1), np.uint16)
    few = PastDays.of(some, np.ones((DAYS_MIN - 1, HOURS), np.bool_), [0] * (DAYS_MIN - 1), FLAT)
    assert not few.usual().is_known
