"""What each layer draws of a made city, and that the set of layers holds together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from dashboard.words import ALL
from geodata.domain.events import URGENCIES
from geodata.domain.roles import Audience
from geodata.domain.units import Freshness, UnitStatus
from geodata.domain.view import LAYER_IDS_ON, THEMES, MapView, Measure
from layers.areas import LAYER as AREAS
from layers.base import MARKS_MAX, Drawing, Layer
from layers.child_values import scale_top, value_text
from layers.density import LAYER as DENSITY
from layers.events import EVENTS_MAX
from layers.events import LAYER as EVENTS
from layers.labels import LAYER as LABELS
from layers.registry import LAYER_IDS, LAYERS, RegistryError, checked
from layers.units import LAYER as UNITS
from layers.units import SHAPES, UNITS_MAX
from tests.browser.map_city import MadeSituation, made_areas

LEAF = "D03S1G0"


@pytest.fixture(scope="module")
def city() -> MadeSituation:
    return MadeSituation(made_areas())


def drawn(layer: Layer[Any], city: MadeSituation, view: MapView) -> Drawing:
    return layer.draw(layer.rows(city, view), view)


@dataclass
class Named:
    """As much of a layer as the registry asks for."""

    id: str
    order: int = 0


def test_two_layers_of_one_id_are_refused_and_both_files_are_named() -> None:
    with pytest.raises(RegistryError, match=r"b\.py and layers/a\.py .*'events'"):
        checked([("a", Named("events")), ("b", Named("events"))])


def test_a_file_that_is_no_layer_is_refused() -> None:
    with pytest.raises(RegistryError, match=r"roads\.py has no LAYER"):
        checked([("roads", None)])


def test_layers_come_in_drawing_order_and_hold_those_that_are_on_by_default() -> None:
    assert [x.id for x in checked([("a", Named("top", 9)), ("b", Named("ground", 1))])] == ["ground", "top"]
    assert set(LAYER_IDS_ON) < LAYER_IDS
    assert "density" in LAYER_IDS - set(LAYER_IDS_ON)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda x: x.id)
@pytest.mark.parametrize("code", ["C", "D03", "D03S1", LEAF])
def test_a_drawing_is_bounded_has_unique_text_ids_and_travels_as_json(
    layer: Layer[Any], code: str, city: MadeSituation
) -> None:
    drawing = drawn(layer, city, MapView(code, layers=tuple(sorted(LAYER_IDS))))
    assert set(drawing.marks) | set(drawing.traces) <= set(layer.slots)
    for marks in drawing.marks.values():
        ids = [f[0] for f in marks]
        assert len(ids) == len(set(ids)) <= MARKS_MAX
        assert all(isinstance(i, str) for i in ids)
    assert orjson.loads(orjson.dumps([drawing.marks, drawing.traces]))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda x: x.id)
def test_a_drawing_does_not_depend_on_the_theme_so_that_screens_share_frames(
    layer: Layer[Any], city: MadeSituation
) -> None:
    assert len({orjson.dumps(drawn(layer, city, MapView("D03", theme=t)).marks) for t in THEMES}) == 1
    assert len({orjson.dumps(drawn(layer, city, MapView("D03", theme=t)).traces) for t in THEMES}) == 1


@pytest.mark.parametrize("layer", LAYERS, ids=lambda x: x.id)
@pytest.mark.parametrize("measure", Measure)
def test_every_line_of_a_legend_has_words_in_both_languages(
    layer: Layer[Any], measure: Measure, city: MadeSituation
) -> None:
    for item in drawn(layer, city, MapView("C", measure=measure)).legend:
        for lang in ("zh", "en"):
            assert item.text in ALL[lang]
            assert not item.note or item.note in ALL[lang]


def test_areas_are_the_children_with_their_values_and_a_leaf_is_itself_on_a_scale_of_its_own(
    city: MadeSituation,
) -> None:
    o = city.tree.ordinal["D03S1"]
    kids, values = city.children(o, Measure.OPEN)
    fill = drawn(AREAS, city, MapView("D03S1")).traces["fill"]
    assert dict(zip(fill["locations"], fill["z"], strict=True)) == {
        city.tree.areas[int(k)].code: v for k, v in zip(kids, values, strict=True)
    }
    assert fill["geojson"] == "D03S1"
    leaf = drawn(AREAS, city, MapView(LEAF)).traces["fill"]
    assert (leaf["locations"], leaf["geojson"], leaf["zmax"]) == ([LEAF], LEAF, 2 * leaf["z"][0])
    assert leaf["z"] == [values[[city.tree.areas[int(k)].code for k in kids].index(LEAF)]]


def test_labels_carry_name_and_value_in_the_language_of_the_view(city: MadeSituation) -> None:
    zh = drawn(LABELS, city, MapView("C")).marks["names"]
    en = drawn(LABELS, city, MapView("C", lang="en")).marks["names"]
    assert [f[0] for f in zh] == [city.tree.areas[int(k)].code for k in city.tree.children(0)]
    assert zh[0][3]["n"] == "长岭区"
    assert en[0][3]["n"] == "District 0"
    assert zh[0][3]["v"] == value_text(city.children(0, Measure.OPEN)[1][0], Measure.OPEN)
    assert [f[0] for f in drawn(LABELS, city, MapView(LEAF)).marks["names"]] == [LEAF]


@pytest.mark.parametrize(
    ("value", "measure", "text"),
    [
        (0, Measure.OPEN, "0"), (1234, Measure.OPEN, "1,234"), (3.4, Measure.DENSITY, "3.4"),
        (0, Measure.DENSITY, "0.0"), (0.01, Measure.DENSITY, "<0.1"), (12.4, Measure.DENSITY, "12"),
    ],
)  # fmt: skip
def test_values_are_printed_short(value: float, measure: Measure, text: str) -> None:
    assert value_text(value, measure) == text


@pytest.mark.parametrize(
    ("values", "top"),
    [([], 0.0), ([0, 0], 0.0), ([5], 5), ([17, 84, 113, 150, 158], 158), ([3, 4, 5, 6, 6, 10, 25, 1562], 37.5)],
)
def test_one_area_far_above_the_rest_does_not_make_the_rest_pale(values: list[float], top: float) -> None:
    assert scale_top(values) == top


def test_events_come_in_whole_tiers_and_the_legend_counts_all_of_them(city: MadeSituation) -> None:
    view = MapView("C")
    rows = EVENTS.rows(city, view)
    drawing = EVENTS.draw(rows, view)
    marks = drawing.marks["marks"]
    assert len(marks) <= EVENTS_MAX
    shown = {u: sum(f[3]["u"] == u for f in marks) for u in URGENCIES}
    assert shown == dict(zip(URGENCIES, rows.shown, strict=True))
    assert shown[4] == 0
    counts = {item.key: item for item in drawing.legend}
    assert [counts[str(u)].count for u in URGENCIES] == list(rows.total)
    assert counts["4"].note == "legend.note.in_colours"
    assert counts["overdue"].note == "legend.note.partly"
    assert counts["1"].note == ""
    assert counts["overdue"].count == rows.overdue_n > sum("o" in f[3] for f in marks) > 0
    assert counts["overdue"].note_n == rows.overdue_n - sum("o" in f[3] for f in marks)


def test_units_one_by_one_have_a_shape_for_every_status_and_silent_ones_stay(city: MadeSituation) -> None:
    assert set(SHAPES) == set(UnitStatus)
    drawing = drawn(UNITS, city, MapView("D03", audience=Audience.STAFF))
    marks = drawing.marks["marks"]
    rows = city.unit_marks(city.tree.ordinal["D03"], UNITS_MAX)
    assert sorted(f[0] for f in marks) == sorted(rows.codes)
    assert {f[3]["f"] for f in marks} == set(Freshness)
    icons = UNITS.slots["marks"].icons["dark"]  # type: ignore[union-attr]
    assert {f"onescreen:unit-{f[3]['i']}-{f[3]['f']}-dark" for f in marks} <= set(icons)


def test_for_the_publics_eyes_units_are_dots_without_a_code(city: MadeSituation) -> None:
    staff = drawn(UNITS, city, MapView("D03", audience=Audience.STAFF)).marks["marks"]
    public = drawn(UNITS, city, MapView("D03")).marks["marks"]
    assert sorted((f[1:3], str(f[3])) for f in public) == sorted((f[1:3], str(f[3])) for f in staff)
    assert [f[0] for f in public] == [f"u{k}" for k in range(len(staff))]
    assert not {f[0] for f in staff} & {f[0] for f in public}


def test_too_many_units_are_counted_by_area_and_none_is_lost(city: MadeSituation) -> None:
    drawing = drawn(UNITS, city, MapView("C"))
    marks = drawing.marks["marks"]
    assert sum(f[3]["n"] for f in marks) == city.unit_marks(0, UNITS_MAX).total > UNITS_MAX
    first = drawing.legend[0]
    assert (first.note, first.note_n) == ("legend.note.cells", len(marks))


def test_cells_turn_hollow_when_most_fixes_are_old(city: MadeSituation) -> None:
    rows = UNITS.rows(city, MapView("C"))
    silent = replace(rows.totals, by_freshness={Freshness.LIVE: 1, Freshness.STALE: rows.totals.on - 1})
    assert not any("q" in f[3] for f in UNITS.draw(rows, MapView("C")).marks["marks"])
    assert all("q" in f[3] for f in UNITS.draw(replace(rows, totals=silent), MapView("C")).marks["marks"])


def test_density_adds_up_what_stands_on_one_place(city: MadeSituation) -> None:
    rows = DENSITY.rows(city, MapView(LEAF))
    rows.cells.lon[:] = rows.cells.lon[0]
    rows.cells.lat[:] = rows.cells.lat[0]
    heat = DENSITY.draw(rows, MapView(LEAF)).marks["heat"]
    assert len(heat) == 1
    assert heat[0][3]["w"] == 1.0
