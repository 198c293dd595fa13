"""The map in a real browser, on a made city, with the frames of the real layers and no live push."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser

from tests.browser.map_browser import MapPage, chromium, made_folder, map_page, served
from tests.browser.map_city import MadeAreas, MadeSituation, made_app

EVENT = ["NEW-1", 106.5, 30.0, {"u": 1, "s": "0101"}]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return made_app(made_folder(tmp_path_factory.mktemp("map")))


@pytest.fixture(scope="module")
def base(app: FastAPI) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def opened(browser: Browser, base: str) -> Iterator[MapPage]:
    """One page for most tests: Plotly takes seconds to start where the processor draws."""
    with map_page(browser, base, "/area/C") as page:
        yield page


@pytest.fixture
def page(opened: MapPage) -> MapPage:
    """The page on the whole city with everything as it was at first; clean so far."""
    opened.page.mouse.move(1, 1)
    opened.go("/area/C")
    opened.page.evaluate("() => { window.picked = []; onescreen.map.fit(); }")
    idle(opened)
    assert opened.wrong == []
    return opened


@pytest.fixture
def areas(app: FastAPI) -> MadeAreas:
    made: tuple[MadeAreas, MadeSituation] = app.state.made
    return made[0]


def set_marks(page: MapPage, slot: str, change: dict[str, Any]) -> None:
    page.page.evaluate("([slot, change]) => onescreen.map.applyMarks(slot, change)", [slot, change])


def set_traces(page: MapPage, props: dict[str, Any]) -> None:
    page.page.evaluate("props => onescreen.map.applyTraces('areas/fill', props)", props)


def idle(page: MapPage) -> None:
    page.page.evaluate("() => onescreen.map.idle()")


def drag(page: MapPage, steps: int = 24, live: bool = True) -> float:
    """Drag the map 240 px to the right while new values come in at every step; how far it went, in pixels."""
    west = page.camera()[0]
    page.page.mouse.move(300, 320)
    page.page.mouse.down()
    for i in range(steps):
        page.page.mouse.move(300 + 10 * (i + 1), 320)
        if live:
            set_traces(page, {"z": [float(i + j) for j in range(20)], "zmax": 60.0 + i})
            set_marks(page, "events/marks", {"set": [[f"L{i}", 106.4 + i / 100, 29.9, {"u": 2, "s": "0101"}]]})
        page.page.wait_for_timeout(20)
    page.page.mouse.up()
    lon, _, zoom = page.camera()
    return (west - lon) / 360 * 512 * 2**zoom


def test_the_area_fills_the_pane_and_shows_names_values_events_and_units(page: MapPage) -> None:
    west, south, east, north = page.page.evaluate("() => onescreen.map.state.card.bbox")
    left, bottom = page.at(west, south)
    right, top = page.at(east, north)
    assert 0 <= left < right <= 900
    assert 0 <= top < bottom <= 640
    assert max((right - left) / 900, (bottom - top) / 640) > 0.9
    assert len(page.drawn("labels/names")) >= 18
    assert page.drawn("events/marks")
    assert page.drawn("units/marks")
    assert page.page.evaluate(
        "() => onescreen.map.state.map.queryRenderedFeatures({layers: ['onescreen/boundaries/lines/1']}).length"
    )
    assert "测S(2026)001号" in page.page.inner_text(".map-corner")


def test_each_level_down_to_a_leaf_fills_the_pane_and_the_leaf_shows_its_own_name(
    page: MapPage, areas: MadeAreas
) -> None:
    zoom = page.camera()[2]
    code = "C"
    while len(areas.tree.children(areas.tree.ordinal[code])):
        code = areas.tree.areas[int(areas.tree.children(areas.tree.ordinal[code])[0])].code
        page.go(f"/area/{code}")
        assert page.camera()[2] > zoom
        zoom = page.camera()[2]
    assert page.drawn("labels/names") == [code]
    assert page.fill()["locations"] == [code]


def test_a_drag_goes_its_whole_way_while_new_values_come_in(page: MapPage) -> None:
    redraws = page.stats()["redraws"]
    assert drag(page) == pytest.approx(240, abs=25)
    idle(page)
    assert page.page.evaluate("() => onescreen.map.state.gd.data[0].zmax") == 83
    assert page.stats()["redraws"] > redraws
    assert "L23" in page.drawn("events/marks")


def test_a_redraw_leaves_the_camera_where_the_user_put_it(page: MapPage) -> None:
    drag(page, live=False)
    page.page.mouse.wheel(0, -240)
    page.page.wait_for_timeout(800)
    idle(page)
    camera = page.camera()
    page.go("/area/C?measure=units")
    assert page.camera() == pytest.approx(camera, abs=1e-6)
    page.page.click("#map-fit")
    page.page.wait_for_function("zoom => onescreen.map.state.map.getZoom() < zoom - 0.3", arg=camera[2])
    page.page.set_viewport_size({"width": 700, "height": 500})
    page.page.wait_for_timeout(600)
    assert page.camera()[2] < camera[2] - 0.3


def test_a_click_picks_the_event_under_it_although_marks_move(page: MapPage) -> None:
    set_marks(page, "events/marks", {"set": [EVENT]})
    page.wait_drawn("events/marks", "NEW-1")
    x, y = page.at(106.5, 30.0)
    page.page.mouse.move(x, y)
    for i in range(5):
        set_marks(page, "units/marks", {"set": [[f"M{i}", 106.5, 30.0, {"i": "circle", "f": "live"}]]})
    page.page.mouse.click(x, y)
    assert page.picked() == [{"layer": "events", "id": "NEW-1", "kind": "click", "n": page.picked()[0]["n"]}]


def test_a_double_click_asks_for_the_area_and_plotly_does_not_move_the_camera(page: MapPage, areas: MadeAreas) -> None:
    page.go("/area/C?layers=areas.labels")
    drag(page, steps=6, live=False)
    page.page.wait_for_function("() => !onescreen.map.state.map.isMoving()")
    camera = page.camera()
    area = areas.tree.areas[int(areas.tree.children(0)[3])]
    page.page.mouse.dblclick(*page.at(area.lon, area.lat))
    page.page.wait_for_timeout(400)
    assert [(p["kind"], p["id"]) for p in page.picked()] == [("click", area.code), ("double", area.code)]
    assert page.camera() == pytest.approx(camera, abs=1e-6)


def test_hovering_tells_name_and_value_and_enter_drills(page: MapPage, areas: MadeAreas) -> None:
    page.go("/area/C?layers=areas.labels")
    area = areas.tree.areas[int(areas.tree.children(0)[5])]
    page.page.mouse.move(*page.at(area.lon, area.lat))
    page.page.wait_for_selector(".map-tip:not([hidden])")
    assert area.name in page.page.inner_text(".map-tip")
    assert "在办件数" in page.page.inner_text(".map-tip")
    page.page.focus(".maplibregl-canvas")
    page.page.keyboard.press("Enter")
    assert (page.picked()[-1]["kind"], page.picked()[-1]["id"]) == ("double", area.code)


def test_what_moved_during_a_lost_context_is_there_when_it_comes_back(page: MapPage) -> None:
    page.page.evaluate("""() => {
      const gl = onescreen.map.state.map.getCanvas().getContext('webgl2');
      window.loss = gl.getExtension('WEBGL_lose_context');
      window.loss.loseContext();
    }""")
    page.page.wait_for_function("() => !onescreen.map.state.alive")
    assert page.page.get_attribute("#map-pane", "data-lost")
    set_marks(page, "events/marks", {"set": [EVENT]})
    set_traces(page, {"z": [7.0] * 20})
    page.page.evaluate("() => window.loss.restoreContext()")
    page.page.wait_for_function("() => onescreen.map.state.alive")
    page.wait_drawn("events/marks", "NEW-1")
    page.page.wait_for_function("() => onescreen.map.state.gd.data[0].z[0] === 7")
    assert page.page.get_attribute("#map-pane", "data-lost") is None
    page.page.wait_for_function(
        "() => onescreen.map.state.map.queryRenderedFeatures({layers: ['plotly-trace-layer-areas-fill-fill']}).length"
    )
    assert page.drawn("labels/names")


def test_a_hidden_tab_draws_nothing_and_catches_up_at_once(page: MapPage) -> None:
    page.page.evaluate("""() => {
      window.away = true;
      Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }""")
    redraws = page.stats()["redraws"]
    for i in range(30):
        set_marks(page, "events/marks", {"set": [[*EVENT[:1], 106.4 + i / 1000, 30.0, EVENT[3]]]})
        set_traces(page, {"z": [float(i)] * 20, "visible": True})
    page.page.wait_for_timeout(300)
    assert page.stats()["redraws"] == redraws
    page.page.evaluate("() => { window.away = false; document.dispatchEvent(new Event('visibilitychange')); }")
    page.wait_drawn("events/marks", "NEW-1")
    page.page.wait_for_function("() => onescreen.map.state.gd.data[0].z[0] === 29")
    assert page.stats()["redraws"] == redraws + 1


def test_failing_tiles_and_outlines_neither_stop_clicks_nor_stay_missing(page: MapPage, base: str) -> None:
    page.page.request.get(base + "/fail?tiles=true&geo=true")
    page.page.evaluate("() => onescreen.view.go('/area/D01')")
    page.page.evaluate("""async () => {
      const frame = await (await fetch('/frame?address=/area/D01')).json();
      onescreen.map.show(frame.s.extent);
      onescreen.map.applyTraces('areas/fill', frame.traces['areas/fill']);
    }""")
    page.page.wait_for_function("() => onescreen.map.stats.failed > 0")
    set_marks(page, "events/marks", {"all": [EVENT]})
    page.page.evaluate("() => onescreen.map.state.map.jumpTo({center: [106.5, 30.0], zoom: 9})")
    page.wait_drawn("events/marks", "NEW-1")
    page.page.mouse.click(*page.at(106.5, 30.0))
    assert page.picked()[-1]["id"] == "NEW-1"
    page.page.request.get(base + "/fail")
    page.page.wait_for_function("() => onescreen.map.state.gd.data[0].locations[0] === 'D01S0'")
    page.page.wait_for_function(
        "() => onescreen.map.state.map.queryRenderedFeatures({layers: ['onescreen/boundaries/lines/1']}).length"
    )
    # The browser itself reports each refused request; nothing else may have gone wrong.
    page.wrong = [w for w in page.wrong if "503" not in w]


def test_the_light_theme_keeps_camera_and_marks_and_changes_the_colours(page: MapPage) -> None:
    camera, marks, dark = page.camera(), page.drawn("events/marks"), page.fill()["colorscale"]
    page.go("/area/C?theme=light")
    page.wait_drawn("events/marks", marks[0])
    assert page.camera() == pytest.approx(camera, abs=1e-6)
    assert page.drawn("events/marks") == marks
    assert page.fill()["colorscale"] != dark
    ground = page.page.evaluate(
        "() => onescreen.map.state.map.getPaintProperty('onescreen:ground', 'background-color')"
    )
    assert ground == page.page.evaluate("() => onescreen.map.state.kit.ground.light")


def test_a_layer_that_is_switched_off_is_gone_at_once_and_comes_back(page: MapPage) -> None:
    marks = page.drawn("events/marks")
    page.page.evaluate("() => onescreen.view.go('/area/C?layers=boundaries')")
    page.wait_drawn("events/marks", marks[0], present=False)
    page.page.wait_for_function("() => onescreen.map.state.gd.data[0].visible === false")
    page.go("/area/C")
    page.wait_drawn("events/marks", marks[0])
    assert page.fill()["visible"] is True


def test_a_new_event_pulses_once_and_a_known_one_does_not(page: MapPage) -> None:
    before = page.stats()["pulses"]
    set_marks(page, "events/marks", {"set": [EVENT]})
    assert page.page.locator(".map-pulse").count() == 1
    set_marks(page, "events/marks", {"set": [EVENT]})
    assert page.stats()["pulses"] == before + 1
    page.page.wait_for_function("() => !document.querySelector('.map-pulse')")


def test_the_ring_around_a_selected_unit_goes_with_it(page: MapPage) -> None:
    page.go("/area/C?selected=unit%3AM1")
    for lon in (106.4, 106.6):
        set_marks(page, "units/marks", {"set": [["M1", lon, 30.0, {"i": "circle", "f": "live"}]]})
        ring = """async () => (await onescreen.map.state.map.getSource('onescreen/highlight').getData())
          .features.map(f => f.geometry.coordinates[0])"""
        began = time.monotonic()
        while page.page.evaluate(ring) != [lon]:
            assert time.monotonic() - began < 10, f"the ring is not at {lon}"
            page.page.wait_for_timeout(50)


def test_marks_wait_for_a_list_that_is_scrolled_and_at_most_three_seconds(page: MapPage) -> None:
    of_source = "async () => (await onescreen.map.state.map.getSource('onescreen/units/marks').getData()).features"

    def seconds_until_drawn(code: str) -> float:
        began = time.monotonic()
        while code not in page.page.evaluate(f"async () => (await ({of_source})()).map(f => f.properties.id)"):
            assert time.monotonic() - began < 10
            page.page.wait_for_timeout(50)
        return time.monotonic() - began

    def mark(code: str) -> None:
        set_marks(page, "units/marks", {"set": [[code, 106.5, 30.0, {"i": "circle", "f": "live"}]]})

    scroll = "() => { window.scrolls = setInterval(() => document.body.dispatchEvent(new Event('scroll')), 50); }"
    page.page.evaluate(scroll)
    page.page.wait_for_timeout(200)
    mark("HELD0")
    assert 2 < seconds_until_drawn("HELD0") < 5, "somebody scrolls for ever"
    mark("HELD1")
    page.page.wait_for_timeout(500)
    page.page.evaluate("() => clearInterval(scrolls)")
    assert seconds_until_drawn("HELD1") < 1.5, "somebody has stopped"


def test_who_wants_no_motion_sees_a_still_ring(page: MapPage) -> None:
    page.page.emulate_media(reduced_motion="reduce")
    set_marks(page, "events/marks", {"set": [EVENT]})
    ring = "() => getComputedStyle(document.querySelector('.map-pulse'), '::after').animationName"
    assert page.page.evaluate(ring) == "none"
    page.page.emulate_media(reduced_motion="no-preference")


def test_on_a_phone_the_whole_city_and_its_names_fit(page: MapPage, areas: MadeAreas) -> None:
    page.page.set_viewport_size({"width": 390, "height": 520})
    page.page.wait_for_function("() => onescreen.map.state.map.getCanvas().clientWidth === 390")
    page.page.wait_for_timeout(400)
    idle(page)
    west, _, east, _ = areas.tree.areas[0].bbox
    middle = areas.tree.areas[0].lat
    assert 0 <= page.at(west, middle)[0] < page.at(east, middle)[0] <= 390
    page.wait_drawn("labels/names", areas.tree.areas[int(areas.tree.children(0)[0])].code)
    assert len(page.drawn("labels/names")) >= 10
    page.page.set_viewport_size({"width": 900, "height": 640})


def test_what_lies_outside_a_district_steps_back_and_nothing_does_around_the_city(page: MapPage) -> None:
    veil = "() => onescreen.map.state.map.getSource('onescreen/veil').serialize().data.features.length"
    assert page.page.evaluate(veil) == 0
    page.go("/area/D01")
    page.page.wait_for_function(f"() => ({veil})() === 1")
    page.go("/area/C")
    page.page.wait_for_function(f"() => ({veil})() === 0")


def test_the_drawing_order_holds_whatever_is_drawn_first(page: MapPage) -> None:
    page.go("/area/C?theme=light")
    ids: list[str] = page.page.evaluate("() => onescreen.map.state.map.getStyle().layers.map(l => l.id)")
    places = [next(i for i, x in enumerate(ids) if x.startswith(name)) for name in (
        "onescreen:ground", "plotly-trace-layer-areas-fill", "onescreen/base/over", "onescreen/boundaries/lines",
        "onescreen/veil", "onescreen/density/heat", "onescreen/units/marks", "onescreen/events/marks",
        "onescreen/labels/names", "onescreen/highlight",
    )]  # fmt: skip
    assert places == sorted(places)
