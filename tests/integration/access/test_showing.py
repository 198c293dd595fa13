"""What desks make walls show, as services: pushed, held, mirrored, released; within reach, audited, kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from geodata.domain.catalogue import Catalogue
from geodata.domain.roles import PEOPLE, RIGHTS, Right, Role
from geodata.domain.showing import LEFT_MS, SILENT_MS, Kind, Seen, Shown, Socket
from geodata.domain.view import MapView, parse_view
from geodata.services import showing, walls
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.services.looking import permitted_view
from geodata.services.playing import playing
from geodata.services.showing import Followed, Hall, Reached
from geodata.services.walls import STALE_MS, Wall
from geodata.store import accounts
from geodata.store import showing as kept
from layers.registry import LAYER_IDS
from tests.factories.access_city import MINUTE, NOW, Town, of

CLASSES = frozenset(Catalogue.read().classes)
DESK = "a1b2"
SOCKET = Socket(
    1, "/wall/S1?focus=safety", "live", NOW - 1_000, NOW - MINUTE, "b1", 50_000_000, 40_000_000, NOW - MINUTE
)  # fmt: skip


def hall(city: Town) -> Hall:
    def read(actor: Actor, address: str) -> MapView:
        path, _, query = address.partition("?")
        return permitted_view(actor, city.tree, parse_view(path, query, layer_ids=LAYER_IDS, class_codes=CLASSES))

    return Hall(city.access, city.tree, read, "zh")


@pytest.fixture
def lobby(city: Town) -> Town:
    """A city with three walls, an overview and a shift leader of D1."""
    for login, area in (("wall-1", "D1"), ("wall-s", "S1"), ("wall-2", "D2")):
        city.create(login, ["screen"], [area], page="wall")
    city.create("overview", ["screen"], ["D1"], page="area")
    return city


def leader(*areas: str) -> Actor:
    return of("lead", Role.SHIFT_LEADER, areas=areas or ("D1",))


def shown(city: Town, login: str, now_ms: int = NOW) -> Shown | None:
    """What a screen is told."""
    actor = city.actor(login)
    return playing(city.access, city.desk.calendar.zone, actor, hall(city).read, now_ms).shown


def wall_of(city: Town, login: str, now_ms: int = NOW) -> Wall:
    found = walls.listed(city.access, leader("C"), city.tree, hall(city).read, now_ms)
    return next(wall for wall in found if wall.account.login == login)


def test_a_view_is_pushed_in_the_form_of_walls_until_its_time_and_every_wall_is_a_line(lobby: Town) -> None:
    duty = "/duty/S1?lang=en&theme=light&text=rat&states=closed.handling&order=newest&selected=event%3AE1&lights=red"
    walls.note(lobby.store, "p1", {lobby.account("wall-1").id: Seen(NOW, SOCKET)})
    assert showing.push(hall(lobby), leader(), ["wall-1", "wall-s"], duty, "15", NOW) == Reached(1, 1)
    order = shown(lobby, "wall-1")
    assert order == Shown(
        Kind.PUSH, "/wall/S1?states=handling&lights=red&selected=event%3AE1", "lead", "shift_leader", "D1", NOW,
        NOW + 15 * MINUTE,
    )  # fmt: skip
    assert shown(lobby, "wall-s") == order
    assert shown(lobby, "wall-2") is None
    assert shown(lobby, "wall-1", NOW + 15 * MINUTE) is None, "over, whether anybody looked after it or not"
    lines = lobby.lines("push_view")
    assert [line.subject for line in lines] == ["account:wall-1", "account:wall-s"]
    assert json.loads(lines[0].new) == {
        "shown": "push", "address": "/wall/S1?states=handling&lights=red&selected=event%3AE1",
        "until_ms": NOW + 15 * MINUTE,
    }  # fmt: skip
    assert showing.lapse(lobby.access, NOW + 15 * MINUTE) == 2
    assert showing.lapse(lobby.access, NOW + 15 * MINUTE) == 0
    assert [(line.actor, line.subject) for line in lobby.lines("release_screen")] == [
        ("-", "account:wall-1"), ("-", "account:wall-s")
    ]  # fmt: skip
    assert lobby.unbroken()


def test_only_who_manages_screens_gives_orders_and_only_to_walls_within_reach(small: Town) -> None:
    small.create("wall-1", ["screen"], ["D1"], page="wall")
    small.create("wall-2", ["screen"], ["D2"], page="wall")
    small.create("overview", ["screen"], ["D1"], page="area")
    here = hall(small)
    acts: list[Callable[[Actor], object]] = [
        lambda who: showing.push(here, who, ["wall-1"], "/wall/D1", "15", NOW),
        lambda who: showing.hold(here, who, ["wall-1"], "open", NOW),
        lambda who: showing.mirror(here, who, ["wall-1"], "/area/D1", DESK, NOW),
        lambda who: showing.release(here, who, ["wall-1"], NOW),
        lambda who: showing.follow(here, who, DESK, "/area/D1", NOW),
        lambda who: showing.leave(here, who, DESK, NOW),
        lambda who: showing.stop(here, who, DESK, NOW),
        lambda who: walls.listed(small.access, who, small.tree, here.read, NOW),
        lambda who: walls.outlines(small.access, who, small.tree, "D1"),
    ]  # fmt: skip
    for role in PEOPLE - RIGHTS[Right.MANAGE_SCREENS]:
        for act in acts:
            with pytest.raises(NotAllowedError):
                act(of("who", role, areas=("C",)))
    with pytest.raises(NotAllowedError):
        acts[0](small.actor("wall-1"))
    for logins in (["wall-2"], ["wall-1", "wall-2"], ["nobody"], ["lead"], []):
        with pytest.raises(Declined, match="show_none"):
            showing.push(here, leader(), logins, "/wall/D1", "15", NOW)
    with pytest.raises(Declined, match="show_page"):
        showing.push(here, leader(), ["overview"], "/wall/D1", "15", NOW)
    assert small.lines("push_view") == []
    assert {wall.account.login for wall in walls.listed(small.access, leader(), small.tree, here.read, NOW)} == {
        "wall-1", "overview"
    }  # fmt: skip


def test_what_a_wall_or_the_desk_may_not_see_is_refused_with_the_area_and_nothing_is_shown(lobby: Town) -> None:
    here, boss = hall(lobby), leader("C")
    with pytest.raises(Declined) as beyond:
        showing.push(here, boss, ["wall-1", "wall-s", "wall-2"], "/area/D1", "15", NOW)
    assert (beyond.value.field, beyond.value.reason) == ("address", "show_area")
    assert beyond.value.values == {"area": "D1", "screens": "wall-s, wall-2"}
    for address, reason in (
        ("/wall/D2", "show_address"), ("/wall/nowhere", "show_address"), ("/elsewhere", "show_address"),
        ("/area/D1?measure=noise", "show_address"), ("", "show_address"),
    ):  # fmt: skip
        with pytest.raises(Declined, match=reason):
            showing.push(here, leader("D1"), ["wall-1"], address, "15", NOW)
    with pytest.raises(Declined, match="show_span"):
        showing.push(here, boss, ["wall-1"], "/area/D1", "999999", NOW)
    for desk in ("", "x" * 33, "a b", "<b>"):
        with pytest.raises(Declined, match="show_desk"):
            showing.mirror(here, boss, ["wall-1"], "/area/D1", desk, NOW)
    assert {login: shown(lobby, login) for login in ("wall-1", "wall-s", "wall-2")} == dict.fromkeys(
        ("wall-1", "wall-s", "wall-2")
    )
    moved = replace(lobby.account("wall-1"), areas=("D2",))
    showing.push(here, boss, ["wall-1"], "/wall/D1", "open", NOW)
    with lobby.store.begin() as conn:
        kept.show(conn, [moved.id], Shown(Kind.PUSH, "/wall/D2", "lead", "shift_leader", "C", NOW, None))
    assert shown(lobby, "wall-1") is None, "what is not its own is not shown, whoever wrote it there"
    listed = wall_of(lobby, "wall-1")
    assert listed.shown is None, "and the page of walls says no other"
    assert listed.order is not None
    assert listed.order.address == "/wall/D2"


def test_a_screen_that_shows_no_walls_any_more_can_still_be_released_and_shows_no_order(lobby: Town) -> None:
    here, boss = hall(lobby), leader()
    showing.push(here, boss, ["wall-1"], "/wall/D1", "open", NOW)
    with lobby.store.begin() as conn:
        accounts.save(conn, replace(lobby.account("wall-1"), page="area"))
    listed = wall_of(lobby, "wall-1")
    assert (listed.order is None, listed.shown, shown(lobby, "wall-1")) == (False, None, None)
    with pytest.raises(Declined, match="show_page"):
        showing.hold(here, boss, ["wall-1"], "open", NOW)
    assert showing.release(here, boss, ["wall-1"], NOW) == Reached(0, 1)
    assert wall_of(lobby, "wall-1").order is None


def test_a_hold_stays_at_what_the_wall_shows_and_the_newest_order_stands(lobby: Town) -> None:
    here, boss = hall(lobby), leader()
    with lobby.store.begin() as conn:
        kept.note(conn, "p1", {lobby.account("wall-1").id: Seen(NOW - 2_000, SOCKET)})
    showing.hold(here, boss, ["wall-1", "wall-s"], "open", NOW)
    held, other = shown(lobby, "wall-1", NOW + 1_000 * MINUTE), shown(lobby, "wall-s")
    assert held is not None
    assert other is not None
    assert (held.kind, held.address, held.until_ms) == (Kind.HOLD, "/wall/S1?focus=safety", None)
    assert other.address == "/wall/S1", "never seen: where it would be"
    showing.push(here, boss, ["wall-1"], "/area/D1?focus=patrol", "60", NOW)
    pushed = shown(lobby, "wall-1")
    assert pushed is not None
    assert (pushed.kind, pushed.address) == (Kind.PUSH, "/wall/D1?focus=patrol")
    showing.hold(here, boss, ["wall-1"], "open", NOW + 1_000)
    again = shown(lobby, "wall-1", NOW + 1_000)
    assert again is not None
    assert again.address == "/wall/D1?focus=patrol", "what it was told a moment ago, though it was seen elsewhere"
    assert showing.release(here, boss, ["wall-1", "wall-s"], NOW) == Reached(1, 1)
    assert showing.release(here, boss, ["wall-1", "wall-s"], NOW) == Reached(0, 0)
    assert shown(lobby, "wall-1") is None
    assert [json.loads(line.old)["shown"] for line in lobby.lines("release_screen")] == ["hold", "hold"]


def test_a_mirror_follows_its_desk_as_far_as_each_wall_may_see_and_is_two_lines(lobby: Town) -> None:
    here, boss = hall(lobby), leader("C")
    showing.mirror(here, boss, ["wall-1", "wall-s"], "/area/S1", DESK, NOW)
    assert showing.follow(here, boss, DESK, "/area/D1?focus=safety&lang=en", NOW + 1_000) == Followed(
        ("wall-1", "wall-s"), ("wall-s",)
    )
    orders = {login: shown(lobby, login, NOW + 1_000) for login in ("wall-1", "wall-s")}
    assert {k: v.address for k, v in orders.items() if v} == {"wall-1": "/wall/D1?focus=safety", "wall-s": "/wall/S1"}
    assert all(order and order.until_ms == NOW + 1_000 + SILENT_MS for order in orders.values())
    assert all(order and order.since_ms == NOW for order in orders.values())
    assert showing.follow(here, boss, DESK, "/account", NOW + 2_000) == Followed(("wall-1", "wall-s"))
    assert showing.follow(here, boss, "other", "/area/D1", NOW) == Followed(()), "another page of the same desk"
    assert showing.follow(here, of("else", Role.SHIFT_LEADER, areas=("C",)), DESK, "/area/D1", NOW) == Followed(())
    showing.push(here, boss, ["wall-s"], "/wall/S1", "15", NOW + 3_000)
    assert showing.follow(here, boss, DESK, "/duty/D1", NOW + 4_000) == Followed(("wall-1",))
    assert showing.stop(here, boss, DESK, NOW + 5_000) == 1
    assert showing.follow(here, boss, DESK, "/area/D1", NOW + 6_000) == Followed(())
    assert len(lobby.lines("mirror_desk")) == 2
    ended = [(line.subject, json.loads(line.old)) for line in lobby.lines("release_screen")]
    assert ended == [
        ("account:wall-s", {"shown": "mirror", "address": "/wall/S1"}),
        ("account:wall-1", {"shown": "mirror", "address": "/wall/D1"}),
    ]  # fmt: skip
    assert lobby.unbroken()


def test_a_mirror_ends_when_its_desk_is_silent_closes_or_is_no_longer_responsible(lobby: Town) -> None:
    here, boss = hall(lobby), leader("C")
    showing.mirror(here, boss, ["wall-1"], "/area/D1", DESK, NOW)
    assert showing.lapse(lobby.access, NOW + SILENT_MS - 1) == 0
    assert shown(lobby, "wall-1", NOW + SILENT_MS) is None
    assert showing.follow(here, boss, DESK, "/area/D1", NOW + SILENT_MS) == Followed(()), "it came too late"
    assert showing.lapse(lobby.access, NOW + SILENT_MS) == 1
    showing.mirror(here, boss, ["wall-1"], "/area/D1", DESK, NOW)
    showing.leave(here, boss, DESK, NOW)
    assert shown(lobby, "wall-1", NOW + LEFT_MS) is None
    assert showing.follow(here, boss, DESK, "/area/D1", NOW + 1_000) == Followed(("wall-1",)), "it was loaded anew"
    assert shown(lobby, "wall-1", NOW + LEFT_MS) is not None
    assert showing.follow(here, leader("D2"), DESK, "/area/D2", NOW + 2_000) == Followed(())
    assert shown(lobby, "wall-1", NOW + 2_000) is None


def test_how_a_screen_is_comes_from_all_processes_and_who_is_killed_knows_it_no_longer(lobby: Town) -> None:
    first, second = lobby.account("wall-1").id, lobby.account("wall-2").id
    older = replace(SOCKET, beat_ms=NOW - 9_000, count=2, state="late")
    walls.note(lobby.store, "p1", {first: Seen(NOW, SOCKET)})
    walls.note(lobby.store, "p2", {first: Seen(NOW - 5_000, older), second: Seen(NOW - 5_000, SOCKET)})
    walls.note(lobby.store, "p2", {second: Seen(NOW, replace(SOCKET, count=0))})
    found = wall_of(lobby, "wall-1")
    assert found.seen is not None
    assert (found.seen.socket.count, found.seen.socket.state, found.seen.socket.beat_ms) == (3, "late", NOW - 9_000)
    assert not wall_of(lobby, "wall-2").here
    later = wall_of(lobby, "wall-1", NOW + STALE_MS)
    assert not later.here
    assert later.seen is not None
    assert later.seen.at_ms == NOW
    assert not wall_of(lobby, "wall-1", NOW - MINUTE).here, "the clock was set back, and nobody has seen it since"
    assert wall_of(lobby, "wall-s").seen is None
    with lobby.store.begin() as conn:
        kept.purge(conn, NOW + MINUTE)
        assert [len(rows) for rows in kept.seen(conn, [first, second]).values()] == [1, 1]
