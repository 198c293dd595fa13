"""A made city for looking at the map without a store: three levels, events, units, and an app that serves it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from dash import Dash, dcc, html
from fastapi import FastAPI, Response
from pmtiles.reader import MmapSource, Reader
from starlette.types import ASGIApp, Receive, Scope, Send

from callbacks import map as map_callbacks
from callbacks.live.lists import extent
from dashboard import ids
from dashboard.words import ALL
from geodata.boundaries.tiles import TileSource, build_archive
from geodata.domain.areas import Area, AreaTree, Ints, Level
from geodata.domain.catalogue import Catalogue
from geodata.domain.coverage import DEFAULT_PLAN, NEVER_MET, shift_at
from geodata.domain.events import URGENCIES
from geodata.domain.units import FRESHNESS, Freshness, UnitStatus
from geodata.domain.view import Filters, MapView, Measure, parse_view
from geodata.services.actors import Actor, asking
from geodata.situation.briefs import Cells, EventMarks, UnitMarks, UnitTotals
from geodata.situation.situation import Situation
from geodata.situation.strata import Strata
from geodata.situation.surge_book import SurgeNow
from geodata.situation.walk_book import WalkBook
from geodata.store.folder import City, DataFolder
from geodata.store.walks import Walks
from layers.base import MarkSlot, TraceSlot
from layers.registry import LAYER_IDS, LAYERS

Json = dict[str, Any]
ASSETS = Path(__file__).resolve().parents[2] / "dashboard" / "assets"
BUILD = "made"
PAIRS = "长岭江口青木南屏双河凤栖清溪明湖望江云门玉峰石桥龙溪西永金华铜鼓北泉渡口白沙东山"
NAMES = [PAIRS[i : i + 2] for i in range(0, len(PAIRS), 2)]
WEST, SOUTH, EAST, NORTH = 105.6, 29.4, 107.4, 30.6
CATALOGUE = Catalogue.read()


@dataclass(frozen=True)
class MadeAreas:
    """The tree and, by ordinal, the polygons."""

    tree: AreaTree
    polygons: list[shapely.Geometry]


def made_areas(districts: int = 20, streets: int = 5, grids: int = 6, seed: int = 4) -> MadeAreas:
    """City, districts, streets, grids: exactly nested, from one set of Voronoi cells."""
    rng = np.random.default_rng(seed)
    n = districts * streets * grids
    points = rng.uniform((WEST, SOUTH), (EAST, NORTH), (n, 2))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    middle = shapely.Point((WEST + EAST) / 2, (SOUTH + NORTH) / 2)
    cells = _wobble(cells[shapely.distance(shapely.centroid(cells), middle) < (NORTH - SOUTH) / 2])
    centres = shapely.get_coordinates(shapely.centroid(cells))
    district = _grouped(centres, districts, rng)
    areas = [_area(0, "C", "云江市", "Yunjiang", 0, None, shapely.coverage_union_all(cells))]
    polygons = [shapely.coverage_union_all(cells)]
    for d in range(districts):
        inside = np.flatnonzero(district == d)
        code, shape = f"D{d:02d}", shapely.coverage_union_all(cells[inside])
        areas.append(_area(len(areas), code, NAMES[d % 20] + "区", f"District {d}", 1, "C", shape))
        polygons.append(shape)
        street = _grouped(centres[inside], min(streets, len(inside)), rng)
        for s in np.unique(street):
            part = inside[street == s]
            shape = shapely.coverage_union_all(cells[part])
            areas.append(_area(len(areas), f"{code}S{s}", f"{NAMES[s]}街道", f"Street {s}", 2, code, shape))
            polygons.append(shape)
            for g, cell in enumerate(part):
                areas.append(
                    _area(len(areas), f"{code}S{s}G{g}", f"第{g + 1}网格", f"Grid {g}", 3, f"{code}S{s}", cells[cell])
                )
                polygons.append(cells[cell])
    levels = [Level(i, k, k, k) for i, k in enumerate(("city", "district", "street", "grid"))]
    tree = AreaTree(levels, areas)
    return MadeAreas(tree, [polygons[a.id] for a in tree.areas])


def _wobble(cells: Any) -> Any:
    """Bend all borders in the same way, so that they stay shared and stop being straight."""

    def bend(c: Any) -> Any:
        x, y = c[:, 0], c[:, 1]
        bent = np.column_stack((
            x + 0.010 * np.sin(23 * y + 9 * x) + 0.004 * np.sin(71 * y),
            y + 0.010 * np.sin(19 * x - 7 * y) + 0.004 * np.sin(83 * x),
        ))  # fmt: skip
        # Neighbours walk a shared border in opposite directions; rounding makes their vertices equal again.
        return bent.round(6)

    return shapely.transform(shapely.segmentize(cells, 0.004), bend)


def _grouped(points: Any, groups: int, rng: np.random.Generator) -> Any:
    centres = points[rng.choice(len(points), groups, replace=False)]
    nearest = np.zeros(len(points), int)
    for _ in range(12):
        nearest = np.argmin(((points[:, None] - centres[None]) ** 2).sum(-1), 1)
        has = [nearest == g for g in range(groups)]
        centres = np.array([points[m].mean(0) if m.any() else c for m, c in zip(has, centres, strict=True)])
    return nearest


def _area(number: int, code: str, zh: str, en: str, depth: int, parent: str | None, shape: shapely.Geometry) -> Area:
    inside = shapely.point_on_surface(shape)
    west, south, east, north = shapely.bounds(shape).tolist()
    return Area(
        number, code, zh, depth, parent, inside.x, inside.y, (west, south, east, north),
        shapely.area(shape) * 1.07e10, name_en=en,
    )  # fmt: skip


class MadeSituation(Situation):
    """Open events and units scattered over the made city; answers what the layers ask."""

    def __init__(self, areas: MadeAreas, events: int = 1500, units: int = 3000, seed: int = 2) -> None:
        self.tree, self.catalogue, self.zone = areas.tree, CATALOGUE, ZoneInfo("Asia/Shanghai")
        self.now_ms, self.version = 1_795_000_000_000, 0
        rng = np.random.default_rng(seed)
        leaves = [i for i in range(len(self.tree)) if self.tree.is_leaf(i)]
        self.lon, self.lat, self.area = _scattered(areas, rng.choice(leaves, events), rng)
        self.urgency = rng.choice(URGENCIES, events, p=(0.006, 0.04, 0.25, 0.704)).astype(np.int8)
        self.overdue = rng.random(events) < 0.08
        self.unit_lon, self.unit_lat, self.unit_area = _scattered(areas, rng.choice(leaves, units), rng)
        working = [UnitStatus.ON_DUTY, UnitStatus.EN_ROUTE, UnitStatus.BUSY, UnitStatus.BREAK]
        self.status = rng.choice(working, units, p=(0.8, 0.08, 0.09, 0.03))
        self.fresh = rng.choice(FRESHNESS, units, p=(0.85, 0.09, 0.06))
        self.walks = WalkBook(self.tree, Strata(self.tree), DEFAULT_PLAN, self.zone, self._walked(rng), self.now_ms)

    def _walked(self, rng: np.random.Generator) -> Walks:
        """Three in four grids were walked within five days, half of those long enough in this shift."""
        ids = np.array([a.id for o, a in enumerate(self.tree.areas) if self.tree.is_leaf(o)], np.int64)
        ids = ids[rng.random(len(ids)) < 0.75]
        long, began = rng.random(len(ids)) < 0.5, shift_at(DEFAULT_PLAN, self.zone, self.now_ms).from_ms
        ago = np.where(long, 60_000, rng.integers(60_000, 5 * 86_400_000, len(ids)))
        return Walks(ids, np.full(len(ids), began), np.where(long, 900_000, 60_000), np.where(long, 60, 4),
                     self.now_ms - ago, np.full(len(ids), NEVER_MET))  # fmt: skip

    def _within(self, column: Ints, o: int) -> Any:
        return np.flatnonzero((column >= o) & (column < self.tree.end[o]))

    def children(self, o: int, measure: Measure, filters: Filters = Filters()) -> tuple[Ints, list[float]]:  # noqa: B008
        """Open events per child, whatever the measure, units for UNITS."""
        kids = self.tree.children(o)
        column = self.unit_area if measure is Measure.UNITS else self.area
        return kids, [float(len(self._within(column, int(k)))) for k in kids]

    def event_marks(self, o: int, filters: Filters, budget: int, without_piles: bool) -> EventMarks:
        """Tiers of urgency while they fit."""
        inside = self._within(self.area, o)
        total = [int((self.urgency[inside] == u).sum()) for u in URGENCIES]
        shown = [n if sum(total[: i + 1]) <= budget else 0 for i, n in enumerate(total)]
        rows = inside[np.isin(self.urgency[inside], [u for u, n in zip(URGENCIES, shown, strict=True) if n])]
        subtypes = list(CATALOGUE.subtypes)
        return EventMarks(
            [f"E{i:05d}" for i in rows], self.lon[rows], self.lat[rows], self.urgency[rows], ["01"] * len(rows),
            [subtypes[i % len(subtypes)] for i in rows], ["handling"] * len(rows), self.overdue[rows],
            np.zeros(len(rows), bool), np.zeros(len(rows), np.int64), (shown[0], shown[1], shown[2], shown[3]),
            (total[0], total[1], total[2], total[3]), 0, 0, int(self.overdue[inside].sum()),
        )  # fmt: skip

    def density(self, o: int, filters: Filters, budget: int, without_piles: bool) -> Cells:
        """Each event one point."""
        rows = self._within(self.area, o)[:budget]
        return Cells(self.lon[rows], self.lat[rows], np.ones(len(rows)), None)

    def surges(self, o: int) -> list[SurgeNow]:
        """One in a district, confirmed, and two classes in a street of another."""
        made = ((3, "01", 240, "confirmed"), (9, "03", 14, ""), (9, "08", 6, ""))
        places = [self.tree.children(0)[0], self.tree.children(int(self.tree.children(0)[1]))[0]]
        found = [
            SurgeNow(n, self.tree.areas[places[0] if at == 3 else places[1]].id, code, 1, 1, 3_600_001, 9, count, 2.6,
                     1e-9, count, 2.6, 1e-9, 3_600_001, 9, None, None, verdict, None, "", "")
            for n, (at, code, count, verdict) in enumerate(made, 1)
        ]  # fmt: skip
        return [s for s in found if o <= self.tree.ordinal_by_id[s.area_id] < self.tree.end[o]]

    def unit_totals(self, o: int) -> UnitTotals:
        """Of the units inside."""
        rows = self._within(self.unit_area, o)
        return UnitTotals(
            len(rows) + 12, len(rows), {s: int((self.status[rows] == s).sum()) for s in UnitStatus},
            {f: int((self.fresh[rows] == f).sum()) for f in Freshness},
        )  # fmt: skip

    def unit_marks(self, o: int, budget: int) -> UnitMarks:
        """Units, or counts per area two levels down."""
        rows = self._within(self.unit_area, o)
        if len(rows) <= budget:
            return UnitMarks(
                [f"U{i}" for i in rows], self.unit_lon[rows], self.unit_lat[rows], ["grid_post"] * len(rows),
                list(self.status[rows]), list(self.fresh[rows]), None, len(rows),
            )  # fmt: skip
        cells = self.tree.descendants(o, 3)
        weight = np.array([float(len(self._within(self.unit_area, int(c)))) for c in cells])
        where = Cells(self.tree.lon[cells], self.tree.lat[cells], weight, cells)
        return UnitMarks([], np.empty(0), np.empty(0), [], [], [], where, len(rows))


def _scattered(areas: MadeAreas, leaves: Any, rng: np.random.Generator) -> tuple[Any, Any, Ints]:
    a = areas.tree
    spread = 0.012
    lon = a.lon[leaves] + rng.normal(0, spread, len(leaves))
    lat = a.lat[leaves] + rng.normal(0, spread, len(leaves))
    return lon, lat, np.asarray(leaves, np.int32)


def frame(situation: Situation, view: MapView) -> Json:
    """What the live push would send for a view: where it lies, marks and traces of its layers, else empty ones."""
    marks: Json = {}
    traces: Json = {}
    for layer in LAYERS:
        drawing = layer.draw(layer.rows(situation, view), view) if layer.id in view.layers else None
        for name, slot in layer.slots.items():
            if isinstance(slot, MarkSlot):
                marks[f"{layer.id}/{name}"] = {"all": list(drawing.marks.get(name, ())) if drawing else []}
            elif isinstance(slot, TraceSlot):
                drawn = (drawing.traces.get(name) if drawing else None) or {}
                traces[f"{layer.id}/{name}"] = {k: v for k, v in (slot.trace | drawn).items() if k != "type"}
    scene: Any = SimpleNamespace(tree=situation.tree, o=situation.tree.ordinal[view.area])
    return {"s": {"extent": extent(scene)}, "marks": marks, "traces": traces}


class Anybody:
    """In place of the gate: whoever asks may see everything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let everybody through."""
        asking.set(Actor.operator())
        await self._app(scope, receive, send)


def made_app(folder: Path, *, areas: MadeAreas | None = None) -> FastAPI:
    """The app: one page that is all map, tiles, outlines, and ``/frame`` in place of the live push."""
    areas = areas or made_areas()
    situation = MadeSituation(areas)
    write_tiles(folder, areas)
    data = DataFolder(folder)
    city = City(approval_number="测S(2026)001号", demo=True)
    room: Any = SimpleNamespace(situation=situation, city=city, folder=data, catalogue=CATALOGUE, areas_build=BUILD)
    server = FastAPI()
    server.add_middleware(Anybody)
    _routes(server, areas, situation, data)
    keep = r"^(?!map|view|words|dom)"
    app = Dash(
        "made", server=server, backend="fastapi", assets_folder=str(ASSETS), assets_ignore=keep, update_title="",
        suppress_callback_exceptions=True,
    )  # fmt: skip
    app.layout = html.Div(
        [
            dcc.Location(id=ids.URL, refresh=False), dcc.Store(id=ids.PICK),
            html.Div(map_callbacks.pane(room, Actor.operator()), style={"position": "fixed", "inset": 0}),
        ],
        style={"fontFamily": '"Noto Sans CJK SC",sans-serif'},
    )  # fmt: skip
    # Dash finds its assets at the first request to one of its own routes, which a deep link is not.
    app._setup_server()
    server.state.made = (areas, situation)
    return server


def write_tiles(folder: Path, areas: MadeAreas) -> None:
    """The archives of the areas and of a small base map."""
    sources = []
    for depth in range(int(areas.tree.depth.max()) + 1):
        here = [i for i, d in enumerate(areas.tree.depth) if d == depth]
        shapes = np.array([areas.polygons[i] for i in here], object)
        sources.append(TileSource(f"l{depth}", shapes, here, min_zoom=4 + 2 * depth, max_zoom=11, coverage=True))
    build_archive(DataFolder(folder).named_tiles(BUILD), sources)
    river = shapely.LineString([(105.4, 29.85), (106.0, 29.95), (106.4, 29.8), (106.9, 30.05), (107.6, 30.2)])
    roads = [shapely.LineString([(105.6, 30.3), (106.5, 30.0), (107.4, 29.7)])]
    build_archive(
        DataFolder(folder).base_tiles,
        [
            TileSource("water", np.array([river.buffer(0.012)], object), [1], min_zoom=4, max_zoom=11),
            TileSource("highway", np.array(roads, object), [1], min_zoom=4, max_zoom=11),
        ],
    )


def _routes(server: FastAPI, areas: MadeAreas, situation: Situation, folder: DataFolder) -> None:
    failing = {"tiles": False, "geo": False}

    @server.get("/fail")
    async def fail(tiles: bool = False, geo: bool = False) -> Json:
        failing.update(tiles=tiles, geo=geo)
        return failing

    @server.get("/tiles/{build}/{archive}/{z}/{x}/{y}.mvt")
    def tile(build: str, archive: str, z: int, x: int, y: int) -> Response:
        if failing["tiles"]:
            return Response(status_code=503)
        path = folder.area_tiles(build) if archive == "areas" else folder.base_tiles
        with path.open("rb") as f:
            data = Reader(MmapSource(f)).get(z, x, y)
        return Response(data, headers={"content-encoding": "gzip"}) if data else Response(status_code=204)

    @server.get("/geo/{build}/{which}/{code}.json")
    def outlines(build: str, which: str, code: str) -> Response:
        if failing["geo"]:
            return Response(status_code=503)
        tree = areas.tree
        o = tree.ordinal[code]
        kids = [o] if which == "own" or tree.is_leaf(o) else tree.children(o).tolist()
        features = [
            {
                "type": "Feature", "id": tree.areas[i].code, "properties": {"name": tree.areas[i].name},
                "geometry": json.loads(shapely.to_geojson(shapely.simplify(areas.polygons[i], 0.0005))),
            }
            for i in kids
        ]  # fmt: skip
        return Response(json.dumps({"type": "FeatureCollection", "features": features}), media_type="application/json")

    @server.get("/frame")
    def live_frame(address: str) -> Json:
        path, _, query = address.partition("?")
        return frame(situation, parse_view(path, query, layer_ids=LAYER_IDS, class_codes=frozenset()))

    @server.get("/words.json")
    def words() -> Json:
        return {"words": {lang: dict(table) for lang, table in ALL.items()}}
