"""The map's pane for a city, and the area card: where the area of the address lies."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from dash import ClientsideFunction, Dash, Input, Output
from dash.development.base_component import Component
from pmtiles.reader import MmapSource, Reader

from callbacks.permits import permitted
from callbacks.room import Room
from dashboard import ids
from dashboard.map_pane import map_kit, map_pane
from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right
from geodata.services.actors import Actor
from geodata.store.folder import Basemap, DataFolder
from layers.base_style import BaseTiles
from layers.kit import Archive, figure, kit
from layers.registry import LAYERS

Json = dict[str, Any]


def register(app: Dash, room: Room) -> None:
    """The area card follows the address; the browser moves the camera by it."""

    @permitted(Right.SEE)
    async def card(actor: Actor, pathname: str | None) -> Json | None:
        return area_card(room.situation.tree, actor, unquote(pathname or "").strip("/").partition("/")[2])

    app.callback(Output(ids.MAP_FIGURE, "data"), Input(ids.URL, "pathname"))(card)
    app.clientside_callback(ClientsideFunction("onescreen_map", "card"), Input(ids.MAP_FIGURE, "data"))
    app.clientside_callback(ClientsideFunction("onescreen_map", "fit"), Input(ids.MAP_FIT, "n_clicks"))


def area_card(tree: AreaTree, actor: Actor, code: str) -> Json | None:
    """What the map must know of an area before any frame: its depth, whether it is a leaf, its bbox."""
    o = tree.ordinal.get(code)
    if o is None or not actor.reaches(tree, o):
        return None
    area = tree.areas[o]
    return {"code": area.code, "depth": area.depth, "leaf": tree.is_leaf(o), "bbox": list(area.bbox)}


def pane(room: Room, actor: Actor) -> Component:
    """The map's pane for this city, with everything that the browser needs to draw any view of it."""
    tree, base = room.situation.tree, base_tiles(room.city.basemap, room.folder, room.areas_build)
    depths = int(tree.depth.max()) + 1
    made = kit(
        LAYERS, build=room.areas_build, levels=[f"l{depth}" for depth in range(depths)],
        archives=area_archives(room.folder, room.areas_build), base=base,
    )  # fmt: skip
    return map_pane(
        figure(LAYERS, tree.areas[actor.home(tree) or 0].bbox), map_kit(made, room.catalogue),
        approval_number=room.city.approval_number, attribution=base.attribution,
    )  # fmt: skip


def area_archives(folder: DataFolder, build: str) -> dict[str, Archive]:
    """The archive of the areas' outlines with the zooms it holds; none where it has not been built."""
    path = folder.area_tiles(build)
    if not path.exists():
        return {}
    with path.open("rb") as f:
        header = Reader(MmapSource(f)).header()
    return {"areas": Archive(_template(build, "areas"), header["min_zoom"], header["max_zoom"])}


def base_tiles(basemap: Basemap, folder: DataFolder, build: str) -> BaseTiles:
    """What ``city.toml`` says of the base map; its own archive where one lies in the folder and nothing is said."""
    kind = basemap.kind if basemap.kind != "none" or not folder.base_tiles.exists() else "archive"
    if kind == "archive":
        if not folder.base_tiles.exists():
            return BaseTiles()
        with folder.base_tiles.open("rb") as f:
            header = Reader(MmapSource(f)).header()
        return BaseTiles(
            kind, _template(build, "basemap"), header["min_zoom"], header["max_zoom"], basemap.attribution
        )  # fmt: skip
    return BaseTiles(
        kind, basemap.url, basemap.min_zoom, basemap.max_zoom, basemap.attribution, basemap.style_layers
    )  # fmt: skip


def _template(build: str, archive: str) -> str:
    return f"/tiles/{build}/{archive}/{{z}}/{{x}}/{{y}}.mvt"
