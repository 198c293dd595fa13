"""Vector tiles and outlines over HTTP. The build is part of the address, so that everything may be kept for ever.

A map that gets a 5xx for a tile is dead, so this door has none: what cannot be read is empty (204) and logged.
"""

from __future__ import annotations

import gzip
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
import shapely
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from geodata.boundaries.archive import ArchiveError, TileArchive
from geodata.domain.areas import AreaTree
from geodata.services.actors import asking
from geodata.store import settings
from geodata.store.areas import Drawn, child_outlines, own_outline
from geodata.store.engine import Store
from geodata.store.folder import DataFolder

log = logging.getLogger(__name__)
FOR_EVER = "private, max-age=31536000, immutable"
TILE_TYPE = "application/vnd.mapbox-vector-tile"
LOOK_AGAIN_S = 2.0
OUTLINES_KEPT = 512
OUTLINES_OF = {"children": child_outlines, "own": own_outline}


class Outlines(NamedTuple):
    """A FeatureCollection as JSON, plain and gzipped."""

    plain: bytes
    packed: bytes


class Served:
    """What one build of the boundaries serves: its archives, opened once, and the outlines asked for last."""

    def __init__(self, build: str, folder: DataFolder) -> None:
        self.build = build
        self.archives = {"areas": _opened(folder.area_tiles(build)), "basemap": _opened(folder.base_tiles)}
        self._outlines: OrderedDict[tuple[str, str], Outlines] = OrderedDict()
        self._lock = Lock()

    def outlines(self, store: Store, which: str, code: str) -> Outlines | None:
        """The outlines of an area's children (of a leaf: its own), or its own; None for a code that is no area."""
        key = (which, code)
        with self._lock:
            if key in self._outlines:
                self._outlines.move_to_end(key)
                return self._outlines[key]
        with store.read() as conn:
            drawn = OUTLINES_OF[which](conn, code)
        if drawn is None:
            return None
        made = _collection(drawn)
        with self._lock:
            self._outlines[key] = made
            while len(self._outlines) > OUTLINES_KEPT:
                self._outlines.popitem(last=False)
        return made


def _opened(path: Path) -> TileArchive | None:
    if not path.exists():
        return None
    try:
        return TileArchive(path)
    except (OSError, ArchiveError):
        log.exception("the archive %s cannot be read; the map stays without it", path)
        return None


def _collection(drawn: Drawn) -> Outlines:
    west, south, east, north = drawn.bbox
    # a tenth of the pixel of a screen that the area fills
    digits = int(np.clip(np.ceil(-np.log10(max(east - west, north - south, 1e-6) / 2000)) + 1, 5, 7))
    shapes = shapely.transform(shapely.from_wkb(drawn.wkb), lambda xy: np.round(xy, digits))
    features = (
        f'{{"type":"Feature","id":{json.dumps(code)},"properties":{{}},"geometry":{text}}}'
        for code, text in zip(drawn.codes, shapely.to_geojson(shapes), strict=True)
    )
    plain = f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()
    return Outlines(plain, gzip.compress(plain, 6, mtime=0))


class Shelf:
    """The build that is in force now; looks again when somebody asks for one it does not know."""

    def __init__(self, store: Store, folder: DataFolder) -> None:
        self.store, self.folder = store, folder
        self._served: Served | None = None
        self._looked = 0.0
        self._lock = Lock()

    def get(self, build: str) -> Served | None:
        """What this build serves, None for an unknown one."""
        served = self._served
        if served is not None and served.build == build:
            return served
        with self._lock:
            if time.monotonic() - self._looked > LOOK_AGAIN_S or self._served is None:
                self._looked = time.monotonic()
                self._look()
            served = self._served
        return served if served is not None and served.build == build else None

    def _look(self) -> None:
        with self.store.read() as conn:
            build = settings.get(conn, settings.AREAS_BUILD)
        if build is not None and (self._served is None or self._served.build != build):
            self._served = Served(build, self.folder)


def router(store: Store, folder: DataFolder, tree: Callable[[], AreaTree]) -> APIRouter:
    """The routes ``/tiles`` and ``/geo``. Tiles hold lines and codes of the whole city for whoever has signed in; the
    outlines of an area and of its children only those who reach it get."""
    shelf = Shelf(store, folder)
    routes = APIRouter(include_in_schema=False)

    @routes.get("/tiles/{build}/{archive}/{z}/{x}/{y}.mvt")
    def tile(request: Request, build: str, archive: str, z: str, x: str, y: str) -> Response:
        try:
            served = shelf.get(build)
            if served is None or archive not in served.archives:
                return Response(status_code=404)
            return _tile(request, served, archive, z, x, y)
        except Exception:
            log.exception("tile %s/%s/%s/%s/%s", build, archive, z, x, y)
            return Response(status_code=204)

    def outlines(request: Request, build: str, which: str, code: str) -> Response:
        try:
            served = shelf.get(build)
            made = served.outlines(store, which, code) if served and _reached(tree(), code) else None
        except Exception:
            log.exception("outlines %s/%s/%s", build, which, code)
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        if made is None:
            what = {"field": "code", "value": code[:80], "rule": "is not an area"}
            known = {"field": "build", "value": build[:80], "rule": "is not the build in force"}
            return JSONResponse(what if served else known, status_code=404)
        tag = f"{build}-{which}-{code.encode().hex()}"
        return _lasting(request, tag, made.plain, made.packed, "application/geo+json")

    @routes.get("/geo/{build}/children/{code:path}.json")
    def children(request: Request, build: str, code: str) -> Response:
        return outlines(request, build, "children", code)

    @routes.get("/geo/{build}/own/{code:path}.json")
    def own(request: Request, build: str, code: str) -> Response:
        return outlines(request, build, "own", code)

    return routes


def _reached(tree: AreaTree, code: str) -> bool:
    o = tree.ordinal.get(code)
    return o is not None and asking.get().reaches(tree, o)


def _tile(request: Request, served: Served, archive: str, z: str, x: str, y: str) -> Response:
    numbers = [int(v) for v in (z, x, y) if v.isascii() and v.isdigit() and len(v) < 12]
    opened = served.archives[archive]
    if opened is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    data = opened.tile(*numbers) if len(numbers) == 3 else None
    if data is None:
        return Response(status_code=204, headers={"Cache-Control": FOR_EVER})
    return _lasting(request, f"{served.build}-{archive}-{z}-{x}-{y}", None, data, TILE_TYPE)


def _lasting(request: Request, name: str, plain: bytes | None, packed: bytes, media_type: str) -> Response:
    """A response that may be kept for ever, gzipped where that is accepted."""
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    tag = f'"{name}{"-gzip" if zipped else ""}"'
    headers = {"Cache-Control": FOR_EVER, "ETag": tag, "Vary": "Accept-Encoding"}
    known = {t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    if zipped:
        return Response(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=media_type)
    return Response(gzip.decompress(packed) if plain is None else plain, headers=headers, media_type=media_type)
