"""Saved views: each account's own, of addresses it may see, by names that are short and few."""

from __future__ import annotations

from typing import Any

import pytest

from geodata.domain.queue import Order
from geodata.domain.roles import Role
from geodata.domain.view import Filters, MapView, parse_view
from geodata.services.access import actor_of
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.services.saved_views import VIEWS_MAX, forget, own, save
from tests.factories.access_city import NOW, OPERATOR, Town

RED = MapView("D1", "duty", filters=Filters(urgencies=(1,), stages=("dispatch",), text="积水"), order=Order.DEADLINE)


def officer(city: Town, login: str = "ling", role: Role = Role.DUTY_OFFICER, area: str = "D1") -> Actor:
    return actor_of(city.person(login, role, areas=[area]))


def kept(city: Town, actor: Actor, name: str, view: MapView = RED) -> list[tuple[str, str]]:
    return [(v.name, v.address) for v in save(city.access, city.tree, actor, name, view, NOW)]


def test_a_view_is_kept_under_its_name_as_it_filters_and_orders_and_not_as_it_looked(city: Town) -> None:
    ling = officer(city)
    looked = RED.to(lang="en", theme="light", selected="event:E1", layers=("events",))
    address = "/duty/D1?urgencies=1&stages=dispatch&text=%E7%A7%AF%E6%B0%B4&order=deadline"
    assert kept(city, ling, "  待派  红色 ", looked) == [("待派 红色", address)]
    path, _, query = address.partition("?")
    read = parse_view(path, query, layer_ids=frozenset(), class_codes=frozenset())
    assert read == RED, "what was saved opens as it was"
    assert own(city.access, ling) == [("待派 红色", address)]


def test_a_name_is_replaced_in_its_place_and_forgotten_once(city: Town) -> None:
    ling = officer(city)
    kept(city, ling, "first")
    kept(city, ling, "second")
    again = kept(city, ling, "first", RED.to(filters=Filters()))
    assert [name for name, _ in again] == ["first", "second"]
    assert again[0][1] == "/duty/D1?order=deadline"
    assert [v.name for v in forget(city.access, ling, "first")] == ["second"]
    for nothing in ("first", "never", "a\x00b", "x" * 5000):
        assert [v.name for v in forget(city.access, ling, nothing)] == ["second"]


def test_views_are_each_accounts_own(city: Town) -> None:
    ling, qiang = officer(city), officer(city, "qiang")
    kept(city, ling, "mine")
    assert own(city.access, qiang) == []
    forget(city.access, qiang, "mine")
    assert [v.name for v in own(city.access, ling)] == ["mine"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 33, "a\x00b", "two\u0007bells", "half \ud800"])
def test_a_name_that_is_none_is_declined(city: Town, name: str) -> None:
    with pytest.raises(Declined) as declined:
        kept(city, officer(city), name)
    assert (declined.value.field, declined.value.reason) == ("name", "view_name")


@pytest.mark.parametrize("view", [RED.to(area="D2"), RED.to(area="NOPE"), RED.to(area="C"), MapView("D1", "area")])
def test_what_is_no_view_of_the_queue_within_reach_is_declined_as_one_thing(city: Town, view: MapView) -> None:
    with pytest.raises(Declined) as declined:
        kept(city, officer(city), "other", view)
    assert (declined.value.field, declined.value.reason) == ("address", "view_address")


def test_there_are_only_so_many_but_what_is_there_may_change(city: Town) -> None:
    ling = officer(city)
    for n in range(VIEWS_MAX):
        kept(city, ling, f"view {n}")
    with pytest.raises(Declined) as declined:
        kept(city, ling, "one more")
    assert declined.value.reason == "views_many"
    assert len(kept(city, ling, "view 3", RED.to(filters=Filters()))) == VIEWS_MAX


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.ADMIN])
def test_who_may_not_open_events_has_no_views(city: Town, role: Role) -> None:
    somebody = officer(city, role=role)
    asked: list[Any] = [
        lambda: own(city.access, somebody), lambda: kept(city, somebody, "x"),
        lambda: forget(city.access, somebody, "x"), lambda: own(city.access, OPERATOR),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(NotAllowedError):
            ask()
