"""An address holds a whole view: what is written is read again, and what a page has not got is not read into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.events import SOURCES, STATES, Stage
from geodata.domain.lights import LIGHTS
from geodata.domain.queue import Order
from geodata.domain.view import PAGES, TEXT_MAX, Filters, MapView, ViewError, parse_view


def several(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(values), max_size=3).map(lambda s: tuple(sorted(s)))


TEXT = st.text(max_size=60).map(lambda t: " ".join(t.encode("utf-8", "ignore").decode().split())[:TEXT_MAX].rstrip())
FILTERS = st.builds(
    Filters, classes=several(["01", "02"]), urgencies=st.sampled_from([(), (1,), (2, 3)]),
    sources=several([s.value for s in SOURCES]), states=several([s.value for s in STATES]),
    lights=several(list(LIGHTS)), stages=several([s.value for s in Stage]), text=TEXT,
)  # fmt: skip
VIEWS = st.builds(
    MapView, area=st.sampled_from(["C", "D 1/2", "渝中"]), page=st.just("duty"), filters=FILTERS,
    order=st.sampled_from(Order), lang=st.sampled_from(["zh", "en"]), selected=st.sampled_from(["", "event:E1"]),
)  # fmt: skip


def read(view: MapView) -> MapView:
    path = f"/{view.page}/{view.area}" if "/" not in view.area else f"/{view.page}/x"
    return parse_view(path, view.query(), layer_ids=frozenset(), class_codes=frozenset({"01", "02"})).to(area=view.area)


@given(VIEWS)
def test_what_an_address_says_is_read_again(view: MapView) -> None:
    assert read(view) == view


@given(VIEWS, st.sampled_from(list(Order)))
def test_screens_share_frames_whatever_order_their_queues_have(view: MapView, order: Order) -> None:
    assert view.to(order=order, selected="", theme="light").topic() == view.topic()


@pytest.mark.parametrize("page", [p for p in PAGES if p != "duty"])
def test_only_the_queue_is_looked_through_for_a_text(page: str) -> None:
    got = parse_view(f"/{page}/C", "?text=secret&lights=red", layer_ids=frozenset(), class_codes=frozenset())
    assert got.filters == Filters(lights=("red",))


@pytest.mark.parametrize("query", ["lights=blue", "stages=x", "order=x"])
def test_a_filter_that_is_none_is_named(query: str) -> None:
    with pytest.raises(ViewError) as wrong:
        parse_view("/duty/C", query, layer_ids=frozenset(), class_codes=frozenset())
    assert wrong.value.field == query.partition("=")[0]
