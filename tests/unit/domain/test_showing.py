"""The form in which walls show what desks look at."""

from __future__ import annotations

import pytest

from geodata.domain.catalogue import Catalogue
from geodata.domain.showing import Kind, Shown, wall_form
from geodata.domain.view import parse_view

CLASSES = frozenset(Catalogue.read().classes)
LAYERS = frozenset({"areas", "boundaries", "events", "labels", "surges", "units"})


def form(address: str, lang: str = "zh") -> str:
    path, _, query = address.partition("?")
    return wall_form(parse_view(path, query, layer_ids=LAYERS, class_codes=CLASSES), lang).address()


@pytest.mark.parametrize(
    ("desk", "wall"),
    [
        ("/area/D1", "/wall/D1"),
        ("/duty/D1?text=rat&order=newest&lights=red", "/wall/D1?lights=red"),
        ("/area/D1?theme=light&lang=en&period=7d", "/wall/D1"),
        ("/area/D1?layers=areas.units&measure=overdue&piles=1", "/wall/D1?layers=areas.units&measure=overdue&piles=1"),
        ("/area/D1?focus=safety&at=2026-11-20T14:30", "/wall/D1?at=2026-11-20T14%3A30%3A00&focus=safety"),
        ("/area/D1?selected=event:E1", "/wall/D1?selected=event%3AE1"),
        ("/area/D1?selected=unit:U1", "/wall/D1"),
        ("/list/D1?states=closed", "/wall/D1"),
        ("/wall/D1?theme=light&lang=en&selected=area:S1", "/wall/D1?lang=en&theme=light&selected=area%3AS1"),
    ],
)
def test_a_wall_takes_place_filters_and_time_of_a_desk_but_neither_its_colours_nor_what_only_desks_have(
    desk: str, wall: str
) -> None:
    assert form(desk) == wall


def test_the_language_is_that_of_the_walls() -> None:
    assert form("/area/D1?lang=zh", "en") == "/wall/D1?lang=en"


def test_an_order_stands_until_its_time_or_until_it_is_released() -> None:
    order = Shown(Kind.PUSH, "/wall/D1", "lead", "shift_leader", "D1", 0, 1_000)
    assert order.on(999)
    assert not order.on(1_000)
    assert Shown(Kind.HOLD, "/wall/D1", "lead", "shift_leader", "D1", 0, None).on(10**15)
