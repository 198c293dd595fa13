from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from callbacks.live.sweeping import SWEEP_AFTER_LEFT, SWEEP_EVERY_S, Sweeper, settle


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
def test_a_full_sweep_comes_once_an_hour() -> None:
    sweeper, left_behind = Sweeper(100.0), knot()
    sweeper.sweep(99.0 + SWEEP_EVERY_S)
    assert left_behind() is not None
    sweeper.sweep(100.0 + SWEEP_EVERY_S)
    assert left_behind() is None


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
