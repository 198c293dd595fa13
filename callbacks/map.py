"""The map's pane for a city."""

from __future__ import annotations

from dash.development.base_component import Component
from pmtiles.reader import MmapSource, Reader

from callbacks.room import Room
from dashboard.map_pane import map_kit, map_pane
from geodata.services.actors import Actor
from geodata.store.folder import Basemap, DataFolder
from layers.base_style import BaseTiles
from layers.kit import Archive, figure, kit
from layers.registry import LAYERS


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
