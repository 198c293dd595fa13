"""Which area a coordinate belongs to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import shapely

from geodata.boundaries import placing
from geodata.boundaries.placing import Placer
from geodata.domain.areas import Area, AreaTree, Level
from tests.factories.boundary_files import SOUTH, STEP, WEST, cell

SHAPES = {
    "C": (None, 0, cell(0, 0, 4, 2)),
    "D1": ("C", 1, cell(0, 0, 2, 2)), "D2": ("C", 1, cell(2, 0, 2, 2)),
    "G1": ("D1", 2, cell(0, 0)), "G2": ("D1", 2, cell(1, 0)), "G3": ("D1", 2, cell(0, 1)),
}  # fmt: skip
IDS = {"C": 10, "D1": 11, "D2": 12, "G1": 32, "G2": 31, "G3": 33}


def small_city() -> tuple[AreaTree, list[int], npt.NDArray[np.object_]]:
    """D2 has nothing below it, and the fourth quarter of D1 has no grid."""
    areas = [
        Area(IDS[code], code, code, depth, parent, 0, 0, (0, 0, 0, 0), 1.0)
        for code, (parent, depth, _) in SHAPES.items()
    ]
    tree = AreaTree([Level(d, str(d), str(d), str(d)) for d in range(3)], areas)
    return tree, [IDS[c] for c in SHAPES], np.array([s for _, _, s in SHAPES.values()], object)


def at(x: float, y: float) -> tuple[float, float]:
    return WEST + x * STEP, SOUTH + y * STEP


@pytest.mark.parametrize("prepared_from", [0, 1000])
@pytest.mark.parametrize(
    ("place", "code", "inside"),
    [
        (at(0.5, 0.5), "G1", True),
        (at(1.5, 1.5), "D1", True),  # inside its district, but in no grid
        (at(3.5, 0.5), "D2", True),  # a district without grids is a leaf
        (at(9, 9), "C", False),
        (at(1, 0.5), "G2", True),  # on the edge of G1 and G2: the lower id
        (at(1, 1), "G2", True),  # on the corner of three
        ((float("nan"), SOUTH), "C", False),
    ],
)
def test_a_point_belongs_to_the_deepest_area_that_contains_it(
    monkeypatch: pytest.MonkeyPatch, prepared_from: int, place: tuple[float, float], code: str, inside: bool
) -> None:
    monkeypatch.setattr(placing, "PREPARED_FROM", prepared_from)
    tree, ids, shapes = small_city()
    placed = Placer(tree, ids, shapes).place(*place)
    assert (tree.areas[int(placed.ordinal[0])].code, bool(placed.inside[0])) == (code, inside)


def test_many_points_at_once_are_the_same_as_one_by_one() -> None:
    tree, ids, shapes = small_city()
    placer = Placer(tree, ids, shapes)
    rng = np.random.default_rng(3)
    lon, lat = WEST + rng.uniform(-0.5, 4.5, 500) * STEP, SOUTH + rng.uniform(-0.5, 2.5, 500) * STEP
    together = placer.place(lon, lat)
    single = [placer.place(x, y) for x, y in zip(lon, lat, strict=True)]
    assert together.ordinal.tolist() == [int(p.ordinal[0]) for p in single]
    assert together.inside.tolist() == [bool(p.inside[0]) for p in single]
    assert not together.inside.all()
    assert placer.place([], []).ordinal.tolist() == []


def test_the_polygons_above_are_asked_for_only_when_a_point_is_in_no_leaf() -> None:
    tree, ids, shapes = small_city()
    leaf = np.array([tree.is_leaf(tree.ordinal_by_id[i]) for i in ids])
    asked = 0

    def parents() -> tuple[list[int], npt.NDArray[np.object_]]:
        nonlocal asked
        asked += 1
        return [i for i, is_leaf in zip(ids, leaf, strict=True) if not is_leaf], shapes[~leaf]

    placer = Placer(tree, [i for i, is_leaf in zip(ids, leaf, strict=True) if is_leaf], shapes[leaf], parents=parents)
    placer.place(*at(0.5, 0.5))
    assert asked == 0
    assert tree.areas[int(placer.place(*at(1.5, 1.5)).ordinal[0])].code == "D1"
    placer.place(*at(1.6, 1.6))
    assert asked == 1


def test_a_point_on_the_outer_border_is_inside() -> None:
    tree, ids, shapes = small_city()
    assert bool(Placer(tree, ids, shapes).place(*at(0, 0)).inside[0])
    assert shapely.intersects_xy(shapes[0], *at(0, 0))
