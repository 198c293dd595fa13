"""Theme screens: rows of a table over the same panels, layers and filters, and an address that may say otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.pages import SIDES, city_facts
from geodata.domain.catalogue import Catalogue, EventClass
from geodata.domain.focus import LOOKS, Focus
from geodata.domain.view import Filters, MapView, Measure, ViewError, parse_view
from geodata.store.folder import City
from layers.registry import LAYER_IDS

CLASSES = frozenset(Catalogue.read().classes)


def read(path: str, query: str = "", classes: frozenset[str] = CLASSES) -> MapView:
    return parse_view(path, query, layer_ids=LAYER_IDS, class_codes=classes)


@pytest.mark.parametrize("focus", Focus)
def test_a_focus_is_made_of_what_there_is(focus: Focus) -> None:
    look, panels = LOOKS[focus], {panel.id for side in SIDES.values() for panel in side}
    assert set(look.panels) <= panels
    assert set(look.layers) <= LAYER_IDS
    assert tuple(sorted(look.layers)) == look.layers
    assert look.measure in tuple(Measure)
    assert set(look.classes) <= CLASSES


@given(
    st.sampled_from(Focus), st.sampled_from(["wall", "area"]),
    st.sampled_from([{}, {"layers": ()}, {"layers": ("events",)}, {"measure": Measure.DENSITY},
                     {"measure": Measure.OPEN}, {"theme": "light"}, {"filters": Filters(classes=("06",))}]),
)  # fmt: skip
def test_what_an_address_says_is_read_again(focus: Focus, page: str, changes: dict[str, Any]) -> None:
    bare = read(f"/{page}/C", f"focus={focus}")
    assert bare.address() == f"/{page}/C?focus={focus}"
    kept = changes | ({"filters": Filters(("06",), bare.filters.urgencies)} if "filters" in changes else {})
    view = bare.to(**kept)
    assert read(f"/{page}/C", view.query()) == view


def test_frames_are_shared_with_whoever_chose_the_same_by_hand() -> None:
    focused = read("/wall/C", "focus=safety")
    by_hand = read("/wall/C", "classes=06.07&measure=overdue")
    assert focused.topic() == by_hand.topic()
    assert read("/wall/C", "focus=patrol").topic() != focused.topic()


def test_a_page_that_is_no_screen_has_no_focus() -> None:
    assert read("/duty/C", "focus=safety") == MapView("C", "duty")


def test_a_focus_that_is_none_or_counts_nothing_here_is_named() -> None:
    for query, classes in (("focus=sports", CLASSES), ("focus=safety", frozenset({"noise"}))):
        with pytest.raises(ViewError) as wrong:
            read("/wall/C", query, classes)
        assert wrong.value.field == "focus"
    assert read("/wall/C", "focus=safety", frozenset({"06"})).filters.classes == ("06",)


def test_a_city_with_other_classes_says_which_of_them_a_theme_screen_counts() -> None:
    city = City.model_validate({"focus": {"safety": ["fire", "gas"], "emergency": ["fire"]}})
    classes = frozenset({"fire", "gas", "noise"})

    def its(query: str) -> MapView:
        return parse_view("/wall/C", query, layer_ids=LAYER_IDS, class_codes=classes, looks=city.looks)

    view = its("focus=safety")
    assert (view.filters.classes, view.measure) == (("fire", "gas"), Measure.OVERDUE)
    assert view.address() == "/wall/C?focus=safety"
    assert its("focus=emergency").filters == Filters(classes=("fire",), urgencies=(1,))
    assert its("classes=noise&focus=safety").query() == "classes=noise&focus=safety"
    assert view.topic() == its("classes=fire.gas&measure=overdue").topic()
    with pytest.raises(ViewError):
        its("focus=disputes")
    facts = city_facts(Catalogue.of([EventClass(c, c, c) for c in sorted(classes)], []), [], city.looks)["focuses"]
    assert set(facts) == {"safety", "emergency", "patrol"}
    assert facts["safety"]["view"]["classes"] == "fire.gas"
    with pytest.raises(ValueError, match="sports"):
        City.model_validate({"focus": {"sports": ["fire"]}})
