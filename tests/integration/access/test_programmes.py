"""Programmes and screens as services: whoever manages screens, within reach, audited; a screen plays its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from geodata.domain.catalogue import Catalogue
from geodata.domain.kiosk import Kiosk
from geodata.domain.programmes import Programme, Step
from geodata.domain.roles import PEOPLE, RIGHTS, Right, Role
from geodata.domain.view import MapView, parse_view
from geodata.services import programmes
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.services.looking import NotThereError, permitted_view
from geodata.services.playing import Call, Playing, calls, playing
from geodata.situation.loading import load_situation
from geodata.situation.situation import Situation
from geodata.store import programmes as store
from geodata.store.programmes import Screen
from layers.registry import LAYER_IDS
from tests.factories.access_city import MINUTE, NOW, Town, of

DAY = Programme("白班", "D1", (Step("/wall/D1?theme=light", 30), Step("/wall/S1?focus=safety&selected=event:E1", 40)))


CLASSES = frozenset(Catalogue.read().classes)


def reader(city: Town, actor: Actor, classes: frozenset[str] = CLASSES) -> programmes.Read:
    def read(address: str) -> MapView:
        path, _, query = address.partition("?")
        view = parse_view(path, query, layer_ids=LAYER_IDS, class_codes=classes)
        return permitted_view(actor, city.tree, view)

    return read


def loaded(city: Town, at_ms: int = NOW) -> Situation:
    return load_situation(city.store, city.desk.calendar.zone, at_ms)


def leader(*areas: str) -> Actor:
    return of("lead", Role.SHIFT_LEADER, areas=areas or ("C",))


def added(city: Town, actor: Actor, programme: Programme = DAY) -> int:
    return programmes.add(city.access, actor, city.tree, programme, reader(city, actor), NOW)


def played_by(city: Town, login: str, at_ms: int = NOW, classes: frozenset[str] = CLASSES) -> Playing:
    return played_as(city, city.actor(login), at_ms, classes)


def played_as(city: Town, actor: Actor, at_ms: int = NOW, classes: frozenset[str] = CLASSES) -> Playing:
    zone = city.desk.calendar.zone
    return playing(city.access, zone, actor, lambda who, address: reader(city, who, classes)(address), at_ms)


def called_to(city: Town, login: str, at_ms: int = NOW) -> list[Call]:
    return calls(loaded(city, at_ms), city.actor(login))


def changed(city: Town, actor: Actor, number: int, rev: int, programme: Programme) -> None:
    programmes.change(
        city.access, actor, city.tree, number, rev, lambda _: programme, reader(city, actor), NOW + MINUTE
    )


def test_a_programme_is_kept_changed_and_ended_and_each_write_is_audited(city: Town) -> None:
    boss = leader("D1")
    number = added(city, boss)
    kept = programmes.one(city.access, boss, city.tree, number)
    assert kept.programme == replace(DAY, steps=(DAY.steps[0], Step("/wall/S1?focus=safety", 40)))
    changed(city, boss, number, 1, replace(kept.programme, name="夜班", hold_s=60))
    changed(city, boss, number, 2, programmes.one(city.access, boss, city.tree, number).programme)
    again = programmes.one(city.access, boss, city.tree, number)
    assert (again.rev, again.programme.name, again.programme.hold_s) == (2, "夜班", 60), "nothing new is no revision"
    with pytest.raises(Declined, match="programme_changed"):
        changed(city, boss, number, 1, DAY)
    programmes.end(city.access, boss, city.tree, number, NOW)
    assert programmes.listed(city.access, boss, city.tree) == []
    lines = [line for line in city.lines() if line.action.endswith("_programme")]
    assert [line.action for line in lines] == ["add_programme", "change_programme", "end_programme"]
    assert {line.area for line in lines} == {"D1"}
    assert json.loads(lines[1].old)["name"] == "白班"
    assert city.unbroken()


@pytest.mark.parametrize("role", sorted(PEOPLE | {Role.SCREEN, Role.FEED}))
def test_only_who_manages_screens_may(small: Town, role: Role) -> None:
    number, boss = added(small, leader()), of("x", role)
    acts: list[Callable[[], object]] = [
        lambda: programmes.listed(small.access, boss, small.tree),
        lambda: programmes.one(small.access, boss, small.tree, number),
        lambda: added(small, boss, replace(DAY, name="another")),
        lambda: changed(small, boss, number, 1, DAY),
        lambda: programmes.end(small.access, boss, small.tree, number, NOW),
        lambda: programmes.hang(small.access, boss, small.tree, "wall", Screen(), NOW),
    ]
    may = role in RIGHTS[Right.MANAGE_SCREENS]
    assert may == (role in {Role.ADMIN, Role.SHIFT_LEADER})
    for act in acts[:-1] if may else acts:
        if may:
            act()
        else:
            with pytest.raises(NotAllowedError):
                act()


def test_beyond_ones_reach_there_is_nothing(city: Town) -> None:
    mine, city_wide = added(city, leader("D2"), Programme("江北", "D2", (Step("/wall/D2"),))), added(city, leader())
    boss = leader("S1")
    assert programmes.listed(city.access, boss, city.tree) == []
    for number in (mine, city_wide, 99, -1, 2**40):
        for act in (
            lambda n: programmes.one(city.access, boss, city.tree, n),
            lambda n: programmes.end(city.access, boss, city.tree, n, NOW),
            lambda n: changed(city, boss, n, 1, DAY),
        ):
            with pytest.raises(NotThereError):
                act(number)
    assert [k.id for k in programmes.listed(city.access, leader("D2"), city.tree)] == [mine]


@pytest.mark.parametrize(
    ("programme", "field", "reason"),
    [
        (replace(DAY, area="D2"), "area", "unknown_area"), (replace(DAY, area="NOPE"), "area", "unknown_area"),
        (replace(DAY, name=" "), "name", "programme_name"),
        (replace(DAY, steps=(Step("/wall/D2"),)), "address", "step_address"),
        (replace(DAY, area="S1", steps=(Step("/wall/S2"),)), "address", "step_area"),
        (replace(DAY, steps=(Step("/area/D1"),)), "address", "step_wall"),
        (replace(DAY, steps=(Step("/wall/D1?at=2026-01-01T00:00"),)), "address", "step_wall"),
        (replace(DAY, steps=(Step("/wall/D1?layers=lava"),)), "address", "step_address"),
        (replace(DAY, steps=(Step("/wall/D1", 5),)), "dwell_s", "step_dwell"),
    ],
)  # fmt: skip
def test_what_no_wall_can_show_is_declined(small: Town, programme: Programme, field: str, reason: str) -> None:
    with pytest.raises(Declined) as declined:
        added(small, leader("D1"), programme)
    assert (declined.value.field, declined.value.reason) == (field, reason)
    assert small.lines("add_programme") == []


def test_a_screen_gets_a_programme_of_its_area_and_plays_it_alone(city: Town) -> None:
    city.create("wall-1", ["screen"], ["D1"], page="wall")
    city.create("wall-2", ["screen"], ["D2"], page="wall")
    city.create("desk", ["screen"], ["D1"], page="area")
    boss, kiosk = leader("D1"), Kiosk(left=24, columns=3, bezel=12, dim=60)
    number, other = added(city, boss), added(city, leader(), Programme("全市", "C", (Step("/wall/C"),)))
    programmes.hang(city.access, boss, city.tree, "wall-1", Screen(number, kiosk), NOW)
    for login, wanted, error in (
        ("wall-1", other, Declined), ("desk", number, Declined), ("wall-2", number, NotThereError),
        ("nobody", number, NotThereError), ("lead", None, NotThereError),
    ):  # fmt: skip
        with pytest.raises(error):
            programmes.hang(city.access, boss, city.tree, login, Screen(wanted), NOW)
    with pytest.raises(Declined, match="kiosk_inset"):
        programmes.hang(city.access, boss, city.tree, "wall-1", Screen(number, replace(kiosk, left=999)), NOW)
    played = played_by(city, "wall-1")
    assert played.kiosk == kiosk
    assert played.programme is not None
    assert played.slots[0].from_ms <= NOW < played.slots[0].to_ms
    assert {played.programme.steps[s.step].address for s in played.slots} == {
        "/wall/D1?theme=light", "/wall/S1?focus=safety"
    }  # fmt: skip
    alone = played_by(city, "wall-2")
    assert (alone.programme, alone.slots, alone.kiosk) == (None, [], Kiosk())
    with pytest.raises(NotThereError):
        played_as(city, boss)
    programmes.end(city.access, boss, city.tree, number, NOW)
    left = played_by(city, "wall-1")
    assert (left.programme, left.kiosk) == (None, kiosk), "it still hangs as it did"
    told = json.loads(city.lines("hang_screen")[0].new)
    assert (told["programme"], told["left"]) == (number, 24)
    assert city.unbroken()


def test_a_screen_keeps_its_programme_when_that_is_given_another_area(city: Town) -> None:
    city.create("wall-1", ["screen"], ["D1"], page="wall")
    number = added(city, leader())
    programmes.hang(city.access, leader(), city.tree, "wall-1", Screen(number), NOW)
    changed(city, leader(), number, 1, replace(DAY, area="C"))
    boss = leader("D1")
    account, screen = programmes.screen(city.access, boss, city.tree, "wall-1")
    assert [kept.id for kept in programmes.offered(city.access, boss, city.tree, account, screen)] == [number]
    programmes.hang(city.access, boss, city.tree, "wall-1", Screen(number, Kiosk(dim=50)), NOW)
    assert programmes.screen(city.access, boss, city.tree, "wall-1")[1] == Screen(number, Kiosk(dim=50))


def test_a_programme_that_is_deleted_while_a_screen_is_given_it_is_declined(
    small: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.create("wall-1", ["screen"], ["D1"], page="wall")
    number, offered = added(small, leader()), programmes.offered

    def and_then_deleted(*asked: Any) -> list[store.KeptProgramme]:
        found = offered(*asked)
        programmes.end(small.access, leader(), small.tree, number, NOW)
        return found

    monkeypatch.setattr(programmes, "offered", and_then_deleted)
    with pytest.raises(Declined, match="programme_unknown"):
        programmes.hang(small.access, leader(), small.tree, "wall-1", Screen(number), NOW)


def test_a_new_red_event_comes_between_where_it_is_and_only_while_it_is_new(city: Town) -> None:
    for login, area in (("wall-c", "C"), ("wall-1", "D1"), ("wall-2", "D2")):
        city.create(login, ["screen"], [area], page="wall")
    city.report("calm", at="G1", urgency=3, reported_ms=NOW)
    city.report("red", at="G1", urgency=1, reported_ms=NOW, subtype_code="0203")
    city.create("desk-1", ["screen"], ["D1"], page="area")
    called = {login: called_to(city, login) for login in ("wall-c", "wall-1", "wall-2", "desk-1")}
    assert [[c.alert.trigger for c in found] for found in called.values()] == [["red_event"], ["red_event"], [], []]
    (call,) = called["wall-1"]
    assert (call.event.urgency, call.event.lon, call.event.lat) == (1, 0.5, 0.5)
    assert called_to(city, "wall-c", NOW + 3 * MINUTE) == []


def test_what_a_screen_can_no_longer_show_is_left_out_of_its_turns(city: Town) -> None:
    city.create("wall-1", ["screen"], ["D1"], page="wall")
    steps = (Step("/wall/S1?focus=safety"), Step("/wall/D1"))
    number = added(city, leader(), replace(DAY, steps=steps))
    programmes.hang(city.access, leader(), city.tree, "wall-1", Screen(number), NOW)
    with city.store.begin() as conn:  # as it stands there after its area has been given to others
        store.change(conn, number, 2, Programme("白班", "D1", (*steps, Step("/wall/D2"))), NOW)
    shown = played_by(city, "wall-1").programme
    assert shown is not None
    assert shown.steps == steps
    other = played_by(city, "wall-1", classes=frozenset({"noise"})).programme
    assert other is not None
    assert other.steps == steps[1:], "a theme screen of classes that are gone would be an error page"
