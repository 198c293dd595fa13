"""The stage and who stands on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from geodata.demo.city import SyntheticCity
from geodata.demo.roster import KINDS, Roster, draw_roster
from geodata.demo.stage import Stage
from geodata.domain.units import UnitKind


def test_random_points_lie_in_their_grid_and_on_land(middle: SyntheticCity, stage: Stage) -> None:
    rng = np.random.default_rng(1)
    grid = rng.choice(len(stage), 5000, p=stage.weight)
    lon, lat = stage.points(rng, grid)
    assert shapely.intersects_xy(middle.levels[4].polygons[grid], lon, lat).mean() > 0.999
    assert middle.terrain.in_water(middle.ground.plan(np.c_[lon, lat])).mean() < 0.01


def test_a_stage_comes_back_from_its_file(stage: Stage, tmp_path: Path) -> None:
    stage.save(tmp_path / "stage.npz")
    again = Stage.load(tmp_path / "stage.npz")
    assert (again.code == stage.code).all()
    assert np.array_equal(again.reach, stage.reach)


def test_some_districts_miss_many_deadlines_and_most_miss_few(stage: Stage) -> None:
    assert stage.late.min() < 0.03
    assert stage.late.max() > 0.4
    assert np.median(stage.late) < 0.1


def test_every_grid_has_a_unit_of_each_kind_whose_beat_it_is(stage: Stage, roster: Roster) -> None:
    grid = np.arange(len(stage))
    for k in range(len(KINDS)):
        unit = roster.team[k]
        assert (roster.kind[unit] == k).all()
        assert (roster.first[unit] <= grid).all()
        assert (roster.last[unit] > grid).all()


def test_units_have_codes_and_call_signs_of_their_own_and_no_names(roster: Roster) -> None:
    assert len(set(roster.code)) == len(roster)
    assert len(set(roster.call_sign)) == len(roster)
    assert all(sign[-4:].isdigit() and sign[2] in "巡执调应物" for sign in roster.call_sign)


def test_the_home_of_a_unit_holds_its_beat(stage: Stage, roster: Roster) -> None:
    for home, first, last in zip(roster.home, roster.first.tolist(), roster.last.tolist(), strict=True):
        assert all(code.startswith(home) for code in stage.code[first:last].tolist())


def test_most_units_are_posts_and_the_number_follows_the_grids(stage: Stage, roster: Roster) -> None:
    posts = (roster.kind == KINDS.index(UnitKind.GRID_POST)).mean()
    assert 0.6 < posts < 0.8
    assert abs(len(roster) - len(stage) * 20 / 66) < 5


def test_the_same_stage_has_the_same_units(stage: Stage, roster: Roster) -> None:
    assert draw_roster(stage).code == roster.code
