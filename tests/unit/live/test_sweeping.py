from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from callbacks.live.sweeping import SWEEP_AFTER_LEFT, SWEEP_SOONEST_S, Sweeper, settle, wait_s


class Knot:
    """An object that only a collection can free."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    gc.disable()
    yield
    gc.enable()
    gc.set_threshold(*before)
    gc.unfreeze()


def knot() -> weakref.ref[Knot]:
    return weakref.ref(Knot())


@pytest.mark.usefixtures("collector")
def test_a_full_sweep_comes_every_five_minutes() -> None:
    sweeper, left_behind = Sweeper(100.0), knot()
    sweeper.sweep(99.0 + SWEEP_SOONEST_S)
    assert left_behind() is not None
    sweeper.sweep(100.0 + SWEEP_SOONEST_S)
    assert left_behind() is None


@pytest.mark.parametrize(("took_s", "wait"), [(0.01, 300), (0.06, 300), (0.2, 1_000), (0.72, 3_600), (5, 3_600)])
def test_a_sweep_that_stops_frames_for_longer_comes_more_seldom(took_s: float, wait: float) -> None:
    assert wait_s(took_s) == pytest.approx(wait)


@pytest.mark.usefixtures("collector")
def test_a_full_sweep_comes_when_many_screens_have_left() -> None:
    sweeper, left_behind = Sweeper(100.0), knot()
    for _ in range(SWEEP_AFTER_LEFT - 1):
        sweeper.left()
    sweeper.sweep(101.0)
    assert left_behind() is not None
    sweeper.left()
    sweeper.sweep(101.0)
    assert left_behind() is None
    left_behind = knot()
    sweeper.sweep(102.0)
    assert left_behind() is not None


@pytest.mark.usefixtures("collector")
def test_what_is_there_when_the_city_settles_is_put_aside() -> None:
    settle()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[2] >= 100_000
