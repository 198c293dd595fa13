"""The kit that the browser draws from, and the pane that carries it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callbacks.map import area_archives, base_tiles
from dashboard.map_pane import map_kit, map_pane
from geodata.domain.catalogue import Catalogue
from geodata.domain.events import URGENCIES
from geodata.domain.view import THEMES
from geodata.store.folder import Basemap, DataFolder
from layers.base_style import BaseTiles
from layers.kit import Archive, drawing_order, figure, kit
from layers.registry import LAYERS
from tests.browser.map_city import BUILD, made_areas, write_tiles

BBOX = (105.0, 29.0, 107.0, 31.0)


def made_kit(base: BaseTiles = BaseTiles()) -> dict[str, Any]:  # noqa: B008
    archives = {"areas": Archive(f"/tiles/{BUILD}/areas/{{z}}/{{x}}/{{y}}.mvt", 4, 14)}
    return kit(LAYERS, build=BUILD, levels=["l0", "l1", "l2"], archives=archives, base=base)


def test_the_first_picture_asks_for_nothing_and_draws_text_from_local_fonts() -> None:
    style = figure(LAYERS, BBOX)["layout"]["map"]["style"]
    assert style["sources"]
    assert "glyphs" not in style
    assert "://" not in json.dumps(style)
    assert all(source["type"] == "geojson" for source in style["sources"].values())


def test_every_trace_slot_is_a_hidden_trace_of_the_figure_at_the_index_the_kit_says() -> None:
    made = figure(LAYERS, BBOX)
    slots = {a: s for a, s in made_kit()["slots"].items() if s["kind"] == "trace"}
    assert sorted(s["index"] for s in slots.values()) == list(range(len(made["data"])))
    for address, slot in slots.items():
        trace = made["data"][slot["index"]]
        assert trace["uid"] == address.replace("/", "-")
        assert trace["visible"] is False
        assert set(slot["themes"]) == set(THEMES)


def test_every_layer_has_its_place_in_the_order_and_the_choropleth_lies_below_its_own() -> None:
    order = drawing_order(LAYERS)
    assert [x for x in order if x in {layer.id for layer in LAYERS}] == [layer.id for layer in LAYERS]
    assert order.index("base-under") < order.index("areas") < order.index("base-over") < order.index("labels")
    made = figure(LAYERS, BBOX)
    anchors = [layer["id"] for layer in made["layout"]["map"]["style"]["layers"][1:]]
    assert anchors == [f"onescreen:{name}" for name in order]
    assert made["data"][0]["below"] in anchors


def test_no_icon_has_a_name_that_plotly_would_ask_the_internet_for() -> None:
    names = [n for s in made_kit()["slots"].values() for icons in s.get("icons", {}).values() for n in icons]
    assert names
    assert all(":" in name for name in names)


@pytest.mark.parametrize("theme", THEMES)
def test_each_urgency_has_its_own_shape_and_colour_and_an_outlined_form(theme: str) -> None:
    icons = made_kit()["slots"]["events/marks"]["icons"][theme]
    plain = [icons[f"onescreen:event-{u}-{theme}"] for u in URGENCIES]
    late = [icons[f"onescreen:event-{u}-late-{theme}"] for u in URGENCIES]
    assert len({i["shape"] for i in plain}) == len({i["fill"] for i in plain}) == len(URGENCIES)
    assert all(a["line"] != b["line"] for a, b in zip(plain, late, strict=True))


@pytest.mark.parametrize("theme", THEMES)
def test_names_and_values_stand_out_from_their_halo(theme: str) -> None:
    style = made_kit()["slots"]["labels/names"]["styles"][theme][0]
    halo = style["paint"]["text-halo-color"]
    field = style["layout"]["text-field"]
    for part in (field[2], field[4]):
        assert contrast(part["text-color"], halo) >= 4.5


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two ``#rrggbb`` colours (WCAG 2)."""

    def light(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_citys_own_base_map_comes_by_configuration() -> None:
    raster = made_kit(BaseTiles("raster", "/own/{z}/{x}/{y}.png", 3, 16, "© city"))
    assert raster["archives"]["base"]["tiles"] == ["/own/{z}/{x}/{y}.png"]
    assert raster["archives"]["base"]["attribution"] == "© city"
    assert raster["base"]["under"]["light"] == [{"type": "raster"}]
    own = [{"type": "line", "source-layer": "streets"}]
    assert made_kit(BaseTiles("vector", "/own/{z}/{x}/{y}.mvt", layers=own))["base"]["under"]["dark"] == own
    assert "base" not in made_kit()["archives"]


def test_the_archives_of_a_folder_say_their_zooms_and_a_folder_without_any_has_none(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert area_archives(folder, BUILD) == {}
    assert base_tiles(Basemap(kind="archive"), folder, BUILD) == BaseTiles()
    write_tiles(tmp_path, made_areas(4, 3, 3))
    assert area_archives(folder, BUILD)["areas"] == Archive(f"/tiles/{BUILD}/areas/{{z}}/{{x}}/{{y}}.mvt", 4, 11)
    assert base_tiles(Basemap(), folder, BUILD).kind == "archive"
    assert base_tiles(Basemap(kind="raster", url="/x"), folder, BUILD).kind == "raster"


def test_the_pane_shows_the_approval_number_and_carries_the_kit() -> None:
    pane = map_pane(figure(LAYERS, BBOX), map_kit(made_kit(), Catalogue.read()), approval_number="GS(2026)1")
    text = str(pane.to_plotly_json())
    assert "GS(2026)1" in text
    carried = json.loads(pane.to_plotly_json()["props"]["data-kit"])
    assert carried["build"] == BUILD
    assert len(carried["subtypes"]["en"]) == 64
