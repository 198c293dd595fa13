"""The stage on which the city is played: what history and simulator need to know of each grid, kept in one file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from geodata.demo.city import GRID_KINDS, LevelAreas, SyntheticCity
from geodata.demo.mix import GRID_WEIGHTS
from geodata.demo.terrain import Floats

Longs = npt.NDArray[np.int64]

FILE = "demo-stage.npz"
RAYS = 8
DRYING = 6
REACH = 0.8  # of the way from a grid's middle to its border
GRID_SPREAD, DISTRICT_SPREAD = 0.5, 0.18
# Share of the events with a near deadline that districts miss: most few, some many, so that every colour is seen.
LATE_MOST, LATE_WORST = (0.015, 0.14), (0.22, 0.36, 0.52)


@dataclass(frozen=True, slots=True)
class Stage:
    """n grids in the order of their level.

    ``code`` of each grid; ``lon``/``lat`` of its middle; ``reach`` (n, RAYS) how far one may walk from there in each
    direction, in units of the shorter axis (degrees of latitude), ``squeeze`` degrees of longitude for one of them;
    ``kind`` index into GRID_KINDS; ``weight`` share of all events; ``community``, ``street``, ``district`` indexes;
    ``late`` per district; the codes and first two characters of the levels above.
    """

    code: npt.NDArray[np.str_]
    lon: Floats
    lat: Floats
    reach: Floats
    kind: Longs
    weight: Floats
    community: Longs
    street: Longs
    district: Longs
    late: Floats
    community_code: npt.NDArray[np.str_]
    street_code: npt.NDArray[np.str_]
    district_code: npt.NDArray[np.str_]
    district_word: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.code)

    @property
    def squeeze(self) -> float:
        """Degrees of longitude that are as long as one degree of latitude."""
        return float(1 / np.cos(np.radians(self.lat.mean())))

    def points(self, rng: np.random.Generator, grid: Longs) -> tuple[Floats, Floats]:
        """A random point (lon, lat) on land in each of these grids."""
        n = len(grid)
        ray, between = rng.integers(0, RAYS, n), rng.random(n)
        near = np.minimum(self.reach[grid, ray], self.reach[grid, (ray + 1) % RAYS])
        radius = near * np.sqrt(rng.random(n)) * np.cos(np.pi / RAYS)
        angle = (ray + between) * 2 * np.pi / RAYS
        lon = self.lon[grid] + radius * np.cos(angle) * self.squeeze
        return np.round(lon, 6), np.round(self.lat[grid] + radius * np.sin(angle), 6)

    def save(self, path: Path) -> None:
        """Write the stage to a file."""
        np.savez(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Stage:
        """Read a stage. Raises FileNotFoundError."""
        with np.load(path) as file:
            return cls(**{f.name: file[f.name] for f in fields(cls)})


def set_stage(city: SyntheticCity) -> Stage:
    """The stage of a city."""
    rng = np.random.default_rng([city.seed, 6])
    _, districts, streets, communities, grids = city.levels
    community = grids.parent
    street = communities.parent[community]
    district = streets.parent[street]
    kind = np.array([GRID_KINDS.index(k) for k in grids.kinds])
    weight = np.array(GRID_WEIGHTS)[kind] * np.exp(rng.normal(0, GRID_SPREAD, len(kind)))
    weight *= np.exp(rng.normal(0, DISTRICT_SPREAD, len(districts.codes)))[district]
    n = len(districts.codes)
    late = np.geomspace(*LATE_MOST, n)
    if n > 2 * len(LATE_WORST):
        late[-len(LATE_WORST) :] = LATE_WORST
    return Stage(
        np.array(grids.codes), city.centres[:, 0], city.centres[:, 1], _reach(city, grids), kind,
        weight / weight.sum(), community, street, district, rng.permutation(late), np.array(communities.codes),
        np.array(streets.codes), np.array(districts.codes), np.array([name[:2] for name in districts.names]),
    )  # fmt: skip


def _reach(city: SyntheticCity, grids: LevelAreas) -> Floats:
    """(n, RAYS) degrees of latitude from each middle that stay inside the grid and on land."""
    angle = np.arange(RAYS) * 2 * np.pi / RAYS
    squeeze = 1 / np.cos(np.radians(city.ground.lat))
    tip = np.stack([np.cos(angle) * squeeze, np.sin(angle)], 1)
    reach = REACH * _to_border(grids.polygons, city.centres, tip)
    grid, ray = np.nonzero(reach)
    for _ in range(DRYING):
        points = city.centres[grid] + reach[grid, ray, None] * tip[ray]
        wet = city.terrain.in_water(city.ground.plan(points))
        grid, ray = grid[wet], ray[wet]
        reach[grid, ray] *= 0.6
    reach[grid, ray] = 0.0
    return reach


def _to_border(polygons: npt.NDArray[np.object_], centres: Floats, tip: Floats) -> Floats:
    """(n, rays) how many times each direction fits between a centre and the outline; polygons are star-shaped."""
    xy, owner = shapely.get_coordinates(polygons, return_index=True)
    xy = xy - centres[owner]
    side = owner[1:] == owner[:-1]
    p, e, owner = xy[:-1][side], (xy[1:] - xy[:-1])[side], owner[1:][side]
    first = np.flatnonzero(np.r_[True, np.diff(owner) > 0])
    out = np.empty((len(polygons), len(tip)))
    across = p[:, 0] * e[:, 1] - p[:, 1] * e[:, 0]
    for k, d in enumerate(tip):
        begin = d[0] * p[:, 1] - d[1] * p[:, 0]
        turn = d[0] * e[:, 1] - d[1] * e[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            t = across / turn
        hit = (begin * (begin + turn) <= 0) & (t > 0)
        out[:, k] = np.minimum.reduceat(np.where(hit, t, np.inf), first)
    return np.where(np.isfinite(out), out, 0.0)
