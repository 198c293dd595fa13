"""云江市, the synthetic city: four levels of exactly nested areas under one city, with names, codes and a base map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from geodata.demo import names
from geodata.demo.basemap import Basemap, draw_basemap
from geodata.demo.cells import CellGraph, Longs, grow_cells
from geodata.demo.edges import Ground, cell_polygons, fray, smooth, strength
from geodata.demo.hierarchy import Split, hilbert, split
from geodata.demo.lanes import draw_roads
from geodata.demo.roads import build_roads
from geodata.demo.terrain import Floats, Terrain, grow_terrain
from geodata.domain.areas import Level
from geodata.domain.roads import RoadNet

Polygons = npt.NDArray[np.object_]

LEVELS = (
    Level(0, "city", "市", "City"),
    Level(1, "district", "区县", "District"),
    Level(2, "street", "镇街", "Street"),
    Level(3, "community", "村社区", "Community"),
    Level(4, "grid", "网格", "Grid"),
)
# Open sea, in the zone Asia/Shanghai: an invented city lies on no real one.
LON, LAT = 124.6, 29.4
FULL_GRIDS = 66_000
SMALLEST_KM_PER_UNIT = 0.12
TOWN_DENSITY, STREET_DENSITY = 0.42, 2.6  # mean density from which a street is a town 镇, a subdistrict 街道
VILLAGE_DENSITY = 0.75
URBAN_DENSITY = 0.9
DEDICATED_SHARE = 0.06
GRID_KINDS = ("rural", "urban", "dedicated")


@dataclass(frozen=True, slots=True)
class CitySize:
    """How many areas each level has."""

    districts: int = 38
    streets: int = 1030
    communities: int = 11_200
    grids: int = 66_000

    def __post_init__(self) -> None:
        if not 1 <= self.districts <= self.streets <= self.communities <= self.grids or self.grids < 100:
            raise ValueError(f"{self}: each level needs at least as many areas as the one above, and 100 grids in all")


@dataclass(frozen=True, slots=True)
class LevelAreas:
    """The areas of one level in the order of their codes. ``parent`` indexes the level above (empty for the city)."""

    codes: list[str]
    names: list[str]
    names_en: list[str]
    kinds: list[str]
    parent: Longs
    polygons: Polygons


@dataclass(frozen=True, slots=True)
class SyntheticCity:
    """A whole city. ``centres`` (WGS-84) and ``density`` belong to the grids, in the order of their level."""

    seed: int
    size: CitySize
    ground: Ground
    terrain: Terrain
    levels: tuple[LevelAreas, ...]
    centres: Floats
    density: Floats
    basemap: Basemap
    roads: RoadNet


def grow_city(seed: int, size: CitySize, advance: Callable[[float], None] = lambda share: None) -> SyntheticCity:
    """The city of this seed and size; the same to the bit each time. ``advance`` gets the share that is done."""
    terrain = grow_terrain(seed, size.grids)
    scale = max(SMALLEST_KM_PER_UNIT, min(1.0, (size.grids / FULL_GRIDS) ** 0.5))
    ground = Ground(LON, LAT, scale)
    graph = grow_cells(terrain, size.grids)
    advance(0.55)
    splits = split(graph, terrain, (size.districts, size.streets, size.communities))
    roads = build_roads(graph, terrain, splits[0], splits[1])
    advance(0.7)
    rank = strength(graph, splits, roads)
    vertex = smooth(graph, rank)
    arcs = fray(graph, terrain, vertex, rank)
    cells = cell_polygons(graph, arcs, vertex, ground)
    advance(0.8)
    density = terrain.density(graph.centre[: graph.n])
    order, levels = _levels(seed, graph, splits, cells, density, _marks(terrain, ground))
    advance(0.9)
    basemap = draw_basemap(graph, terrain, roads, arcs, ground)
    net = draw_roads(graph, terrain, roads, splits[2], arcs, ground)
    advance(1.0)
    centres = ground.lonlat(graph.centre[: graph.n][order])
    return SyntheticCity(seed, size, ground, terrain, levels, centres, density[order], basemap, net)


def _levels(
    seed: int, graph: CellGraph, splits: tuple[Split, Split, Split], cells: Polygons, density: Floats,
    marks: dict[str, Floats],
) -> tuple[Longs, tuple[LevelAreas, ...]]:
    """The five levels, and the cells in the order of the grids."""
    rng = np.random.default_rng([seed, 5])
    place = graph.centre[: graph.n]
    communities, streets, _ = _sorted(splits, place)
    order = np.lexsort((hilbert(place), communities.of))
    cells, density = cells[order], density[order]
    community_of = communities.of[order]
    community_polygons = merged(cells, community_of)
    street_polygons = merged(community_polygons, communities.parent)
    district_polygons = merged(street_polygons, streets.parent)
    city = LevelAreas(
        [names.CITY_CODE], [names.CITY_NAME], [names.CITY_NAME_EN], ["city"], np.zeros(0, np.int64),
        merged(district_polygons, np.zeros(len(district_polygons), np.int64)),
    )  # fmt: skip
    community_density = _means(density, community_of)
    street_density = _means(community_density, communities.parent)
    d = _districts(district_polygons, marks)
    s = _streets(d, streets.parent, street_density, street_polygons, rng)
    c = _communities(s, communities.parent, community_density, community_polygons, rng)
    return order, (city, d, s, c, _grids(c, community_of, density, cells, rng))


def _marks(terrain: Terrain, ground: Ground) -> dict[str, Floats]:
    """Words for districts that lie by something: the lake, the mouth of the first tributary."""
    lake = np.array(terrain.lake.centroid.coords)
    mouth = terrain.rivers[1].line[-1:]
    return {names.BY_THE_LAKE: ground.lonlat(lake)[0], names.BY_THE_CONFLUENCE: ground.lonlat(mouth)[0]}


def _sorted(splits: tuple[Split, Split, Split], place: Floats) -> tuple[Split, Split, Split]:
    """Community, street and district splits renumbered: districts from the middle outward, the rest along a curve."""
    out: list[Split] = []
    above: Longs = np.zeros(1, np.int64)  # the new number of each area of the level above
    for depth, level in enumerate(splits):
        total = len(level.parent)
        size = np.bincount(level.of, minlength=total)
        middle = np.stack([np.bincount(level.of, place[:, k], total) / size for k in (0, 1)], 1)
        key = np.hypot(*middle.T) if depth == 0 else hilbert(middle).astype(float)
        rank = np.lexsort((key, above[level.parent]))
        new = np.empty(total, np.int64)
        new[rank] = np.arange(total)
        out.append(Split(new[level.of], above[level.parent][rank]))
        above = new
    return out[2], out[1], out[0]


def merged(polygons: Polygons, of: Longs) -> Polygons:
    """The union of the polygons of each area: they are a coverage, so that shared edges just fall away."""
    order = np.argsort(of, kind="stable")
    cut = np.r_[0, np.cumsum(np.bincount(of))]
    sorted_ = polygons[order]
    return np.array([shapely.coverage_union_all(sorted_[a:b]) for a, b in pairwise(cut.tolist())], object)


def _means(values: Floats, of: Longs) -> Floats:
    return np.asarray(np.bincount(of, values) / np.bincount(of), np.float64)


def _districts(polygons: Polygons, marks: dict[str, Floats]) -> LevelAreas:
    """The districts, each with the word of its place in the row, but those at a mark with the word of the mark."""
    n = len(polygons)
    words = list(names.district_words(n))
    for word, (lon, lat) in marks.items():
        there = int(np.argmin(shapely.distance(polygons, shapely.Point(lon, lat))))
        if word in words:
            k = words.index(word)
            words[k], words[there] = words[there], words[k]
    counties = round(n * names.COUNTY_SHARE)
    ends = [("区", "District")] * (n - counties) + [("县", "County")] * counties
    width = max(2, len(str(n)))
    return LevelAreas(
        [f"{names.DISTRICT_PREFIX}{1:0{4 - width}d}{i + 1:0{width}d}" for i in range(n)],
        [w + zh for w, (zh, _) in zip(words, ends, strict=True)],
        [f"{names.roman(w)} {en}" for w, (_, en) in zip(words, ends, strict=True)],
        [en.lower() for _, en in ends],
        np.zeros(n, np.int64),
        polygons,
    )


def _named(
    above: LevelAreas, parent: Longs, words: Sequence[str], kind: Sequence[int],
    kinds: tuple[tuple[str, str, str, int], ...], polygons: Polygons,
) -> LevelAreas:  # fmt: skip
    """A level whose areas carry a word, the ending of their kind, and a number of that kind inside their parent."""
    numbers = names.numbered(kind, parent.tolist(), [k[3] for k in kinds])
    codes = [f"{above.codes[p]}{i:03d}" for p, i in zip(parent.tolist(), numbers, strict=True)]
    full = [w + kinds[k][1] for w, k in zip(words, kind, strict=True)]
    english = [f"{names.roman(w)} {kinds[k][2]}" for w, k in zip(words, kind, strict=True)]
    return LevelAreas(codes, full, english, [kinds[k][0] for k in kind], parent, polygons)


def _streets(
    districts: LevelAreas, parent: Longs, density: Floats, polygons: Polygons, rng: np.random.Generator
) -> LevelAreas:
    kind = np.select([density >= STREET_DENSITY, density >= TOWN_DENSITY], [0, 1], 2).tolist()
    words = names.street_words(rng, parent.tolist())
    return _named(districts, parent, words, kind, names.STREET_KINDS, polygons)


def _communities(
    streets: LevelAreas, parent: Longs, density: Floats, polygons: Polygons, rng: np.random.Generator
) -> LevelAreas:
    village = density < VILLAGE_DENSITY
    words = names.community_words(rng, parent.tolist(), village.tolist())
    return _named(streets, parent, words, village.astype(int).tolist(), names.COMMUNITY_KINDS, polygons)


def _grids(
    communities: LevelAreas, parent: Longs, density: Floats, polygons: Polygons, rng: np.random.Generator
) -> LevelAreas:
    numbers = names.numbered([0] * len(parent), parent.tolist(), [1])
    kind = np.where(density >= URBAN_DENSITY, 1, 0)
    kind[(kind == 1) & (rng.random(len(kind)) < DEDICATED_SHARE)] = 2
    return LevelAreas(
        [f"{communities.codes[p]}{i:03d}" for p, i in zip(parent.tolist(), numbers, strict=True)],
        [f"第{i:02d}网格" for i in numbers],
        [f"Grid {i:02d}" for i in numbers],
        [GRID_KINDS[k] for k in kind],
        parent,
        polygons,
    )
