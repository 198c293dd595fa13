"""An address holds a whole view: what is written is read again, and what a page has not got is not read into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.domain.events import SOURCES, STATES, Stage
from geodata.domain.indicators_table import RANKED
from geodata.domain.lights import LIGHTS
from geodata.domain.picking import PICKS
from geodata.domain.queue import Order
from geodata.domain.units import DEPARTMENTS
from geodata.domain.view import PAGES, TEXT_MAX, Filters, MapView, ViewError, parse_view


def several(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(values), max_size=3).map(lambda s: tuple(sorted(s)))


TEXT = st.text(max_size=60).map(lambda t: " ".join(t.encode("utf-8", "ignore").decode().split())[:TEXT_MAX].rstrip())
FILTERS = st.builds(
    Filters, classes=several(["01", "02"]), urgencies=st.sampled_from([(), (1,), (2, 3)]),
    sources=several([s.value for s in SOURCES]), states=several([s.value for s in STATES]),
    lights=several(list(LIGHTS)), stages=several([s.value for s in Stage]), text=TEXT,
    kinds=several(list(DEPARTMENTS)), day=st.sampled_from(["", "2024-02-29"]),
)  # fmt: skip
VIEWS = st.builds(
    MapView, area=st.sampled_from(["C", "D 1/2", "渝中"]), page=st.just("duty"), filters=FILTERS,
    order=st.sampled_from(Order), lang=st.sampled_from(["zh", "en"]), selected=st.sampled_from(["", "event:E1"]),
    period=st.sampled_from([*PICKS, "2026-11-01..2026-11-30"]), rank=st.sampled_from(RANKED),
)  # fmt: skip


def read(view: MapView) -> MapView:
    path = f"/{view.page}/{view.area}" if "/" not in view.area else f"/{view.page}/x"
    return parse_view(path, view.query(), layer_ids=frozenset(), class_codes=frozenset({"01", "02"})).to(area=view.area)


@given(VIEWS)
def test_what_an_address_says_is_read_again(view: MapView) -> None:
    assert read(view) == view


@given(VIEWS, st.sampled_from(list(Order)), st.sampled_from(list(PICKS)))
def test_screens_share_frames_whatever_order_their_queues_have_and_whatever_they_measure(
    view: MapView, order: Order, period: str
) -> None:
    changed = view.to(order=order, selected="", theme="light", period=period, rank="closing")
    assert changed.topic() == view.topic()


@pytest.mark.parametrize("page", [p for p in PAGES if p != "duty"])
def test_only_the_queue_is_looked_through_for_a_text(page: str) -> None:
    got = parse_view(f"/{page}/C", "?text=secret&lights=red", layer_ids=frozenset(), class_codes=frozenset())
    assert got.filters == Filters(lights=("red",))


@pytest.mark.parametrize(
    "query",
    [
        "lights=blue", "stages=x", "order=x", "kinds=police", "rank=handling_mean", "day=yesterday", "day=2026-02-30",
        "day=20261130", "period=decade", "period=2026-11-30..2026-11-01", "period=2026-11-01..", "period=..",
        "period=1900-01-01..2026-11-01", "period=1990-01-01..2026-11-01",
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_named(query: str) -> None:
    with pytest.raises(ViewError) as wrong:
        parse_view("/duty/C", query, layer_ids=frozenset(), class_codes=frozenset())
    assert wrong.value.field == query.partition("=")[0]
