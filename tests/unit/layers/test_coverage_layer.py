"""What the layer of patrol coverage draws: rates of areas, hours of grids, each with its own legend."""

from __future__ import annotations

import pytest

from dashboard.words import ALL
from geodata.domain.indicators import FIVE_COLOURS, NO_COLOUR
from geodata.domain.view import MapView
from geodata.store.walks import NO_WALKS
from layers.coverage import HOURS, SHARES, STEPS, colour_by_hours, colour_by_rate
from layers.coverage import LAYER as COVERAGE
from layers.labels import LAYER as LABELS
from tests.browser.map_city import MadeSituation, made_areas

LEAF = "D03S1G0"


@pytest.fixture(scope="module")
def city() -> MadeSituation:
    return MadeSituation(made_areas())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_areas_are_coloured_by_the_rate_that_their_labels_print(city: MadeSituation, lang: str) -> None:
    view = MapView("C", layers=("areas", "coverage", "labels"), lang=lang)
    drawing = COVERAGE.draw(COVERAGE.rows(city, view), view)
    fill = drawing.traces["fill"]
    expected, texts = {}, {}
    for o in city.tree.children(0).tolist():
        here = city.coverage(o)
        assert here.due, "urban grids and others are due in some shift"
        expected[city.tree.areas[o].code] = STEPS.index(SHARES[min(4, int(5 * here.covered / here.due))]) + 0.5
        texts[city.tree.areas[o].code] = f"{100 * here.covered / here.due:.0f}%"
    assert dict(zip(fill["locations"], fill["z"], strict=True)) == expected
    labels = LABELS.draw(LABELS.rows(city, view), view).marks["names"]
    assert {f[0]: f[3]["v"] for f in labels} == texts
    assert [item.key for item in drawing.legend] == ["title", *reversed(SHARES)]
    assert all(item.text in ALL[lang] for item in drawing.legend)


def test_grids_are_coloured_by_the_hours_since_they_were_walked(city: MadeSituation) -> None:
    view = MapView("D03S1", layers=("coverage", "labels"))
    drawing = COVERAGE.draw(COVERAGE.rows(city, view), view)
    fill = drawing.traces["fill"]
    for code, z in zip(fill["locations"], fill["z"], strict=True):
        hours = city.walks.hours(city.tree.ordinal[code], city.now_ms)
        assert STEPS[int(z)] == colour_by_hours(hours)
    assert drawing.legend[0].text == "legend.coverage.hours"
    assert fill["geojson"] == "D03S1"
    leaf = COVERAGE.draw(COVERAGE.rows(city, MapView(LEAF)), MapView(LEAF)).traces["fill"]
    assert (leaf["locations"], leaf["geojson"]) == ([LEAF], LEAF)


def test_every_step_of_hours_has_its_colour_and_what_was_never_walked_the_worst() -> None:
    assert [colour_by_hours(h) for h, _ in HOURS] == [colour for _, colour in HOURS]
    assert colour_by_hours(72.1) == colour_by_hours(None) == "red"
    assert {*STEPS} - {*SHARES} == {colour for _, colour in FIVE_COLOURS} | {NO_COLOUR}


@pytest.mark.parametrize(("covered", "due", "colour"), [
    (0, 0, "none"), (0, 5, "p0"), (1, 5, "p20"), (199, 1000, "p0"), (799, 1000, "p60"), (4, 5, "p80"), (5, 5, "p80"),
])  # fmt: skip
def test_a_rate_has_the_colour_of_its_fifth(covered: int, due: int, colour: str) -> None:
    assert colour_by_rate(covered, due) == colour


def test_without_any_walk_nothing_is_judged() -> None:
    city = MadeSituation(made_areas())
    city.walks = type(city.walks)(city.tree, city.walks._strata, city.walks.plan, city.zone, NO_WALKS, city.now_ms)
    view = MapView("C", layers=("coverage", "labels"))
    drawing = COVERAGE.draw(COVERAGE.rows(city, view), view)
    assert {*drawing.traces["fill"]["z"]} == {0.5}
    assert drawing.legend[-1].text == "legend.coverage.none"
    assert {f[3]["v"] for f in LABELS.draw(LABELS.rows(city, view), view).marks["names"]} == {""}
