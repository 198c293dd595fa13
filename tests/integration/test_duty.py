"""The desk's callbacks: windows of the queue, units by name, several events at once; each within reach and role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from callbacks.batch import answered
from callbacks.queue import window
from callbacks.room import Room
from callbacks.saved import kept
from callbacks.selection import look_up
from callbacks.stepping import called, stepped
from geodata.domain.events import State
from geodata.domain.roles import Role
from geodata.domain.view import Filters, ViewError
from geodata.domain.windows import Asked
from geodata.services.actors import Actor
from geodata.services.desk import Desk
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.services.tracking import Position, report_positions
from geodata.store import audit, events, units
from tests.factories.page_city import open_room

Json = dict[str, Any]
ADDRESS = "/duty/D1"


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("duty"))
    yield opened
    opened.store.close()


def person(role: Role, area: str = "D1", name: str = "ling") -> Actor:
    return Actor.of(name, frozenset({role}), frozenset({area}))


OFFICER, CLERK = person(Role.DUTY_OFFICER), person(Role.INTAKE, name="clerk")


def look(room: Room, actor: Actor = OFFICER, address: str = ADDRESS, **asked: Any) -> Json:
    return window(room, actor, address, Asked(**asked))


def test_a_window_says_what_waits_where_since_when_and_who_has_it(room: Room) -> None:
    found = look(room)
    o = room.situation.tree.ordinal["D1"]
    assert found["total"] == room.situation.totals(o).open
    assert len(found["rows"]) == found["total"]
    code, name, urgency, state, _, place, reported_ms, _, light, who, source, event_id, subtype = found["rows"][0]
    event = room.situation.event(code)
    assert event is not None
    assert (event.id, event.urgency, event.subtype_code, event.reported_ms) == (event_id, urgency, subtype, reported_ms)
    assert (state, source, who, light) == ("已上报", "网格巡查", "", "red" if event.overdue else "green")
    assert name == room.catalogue.subtypes[subtype].name_zh
    assert place in {room.situation.tree.areas[i].name for i in room.situation.tree.children(o).tolist()}
    assert look(room, address="/duty/D1?lang=en")["rows"][0][3] == "reported"


def test_a_window_follows_the_address_and_what_is_no_address_of_the_actors_is_not_there(room: Room) -> None:
    whole = look(room)["total"]
    lit = look(room, address="/duty/D1?lights=dark.red")
    assert 0 < lit["total"] < whole
    assert {row[8] for row in lit["rows"]} <= {"red", "dark"}
    newest = [row[6] for row in look(room, address="/duty/D1?order=newest")["rows"]]
    assert newest == sorted(newest, reverse=True)
    code = lit["rows"][0][0]
    assert [row[0] for row in look(room, address=f"/duty/D1?text={code}")["rows"]] == [code]
    for other in ("/duty/D2", "/duty/C", "/duty/NOPE"):
        with pytest.raises(ViewError, match="is not an area of this city"):
            look(room, address=other)
    for other, field in (("/duty/D1?lights=blue", "lights"), ("//[", "view"), ("", "path"), ("/area/D1", "path"),
                         ("/duty/D1?order=x", "order")):  # fmt: skip
        with pytest.raises(ViewError) as wrong:
            look(room, address=other)
        assert wrong.value.field == field
    for role in (Role.VIEWER, Role.AUDITOR, Role.ADMIN):
        with pytest.raises(ViewError):
            look(room, person(role))


def alike(room: Room, n: int, at: tuple[float, float] = (106.42, 29.52)) -> list[str]:
    """``n`` events of one kind in one grid, registered; their codes."""
    desk, operator = Desk.load(room.store, room.city), Actor.operator("test")
    now = room.situation.now_ms
    told = [NewEvent("patrol", "batch", f"{at}{i}", "0101", now - 1000 * i, "", lon=at[0], lat=at[1]) for i in range(n)]
    outcomes = report_events(desk, operator, [Submitted({}, e) for e in told], feed="test", now_ms=now)
    codes = [o.code for o in outcomes]
    for code in codes:
        assert stepped(room, person(Role.INTAKE, "C"), a_step(code, "register", 1), "zh")["ok"]
    follow(room)
    return codes


def a_step(code: str, action: str, rev: int, unit: str = "") -> Json:
    """What the card asks."""
    why = "属受理范围" if action == "register" else ""
    empty: Json = {"reason": why, "assists": [], "until_h": 0, "into": "", "kind": "", "accountable": "",
                   "confirmed": False, "joint": False}  # fmt: skip
    return {"n": 1, "code": code, "action": action, "rev": rev, "unit": unit} | empty


def second_unit(room: Room) -> None:
    desk, operator, now = Desk.load(room.store, room.city), Actor.operator("test"), room.situation.now_ms
    unit = UnitReport("U2", "渝中巡-02", "grid_post", "G00", (), "on_duty", now)
    enrol_units(desk, operator, [Submitted({}, unit)], feed="test", now_ms=now)
    report_positions(desk, operator, [Submitted({}, Position("U2", 106.43, 29.53, now))], feed="test", now_ms=now)
    follow(room)


def follow(room: Room) -> None:
    """The live picture takes in what the store has."""
    with room.store.read() as conn:
        room.situation.apply_events(events.page(conn, area_ids=None, states=[], after_id=0, limit=1000))
        room.situation.apply_units(units.page(conn, area_ids=None, after_id=0, limit=100))


def now_of(room: Room, code: str) -> events.EventNow:
    with room.store.read() as conn:
        found = events.by_code(conn, code)
    assert found is not None
    return found


async def batch(room: Room, action: str, actor: Actor = OFFICER, **asked: Any) -> Json:
    empty = {"n": 1, "codes": [], "items": [], "confirmed": False, "address": ADDRESS, "lang": "zh"}
    return await answered(room, actor, empty | {"action": action} | asked)


async def test_events_of_one_kind_are_planned_each_with_a_unit_of_its_own_and_sent_with_an_outcome_each(
    room: Room,
) -> None:
    second_unit(room)
    codes = alike(room, 3)
    plan = await batch(room, "plan", codes=codes)
    assert [item[0] for item in plan["items"]] == codes
    assert {item[5][0] for item in plan["items"][:2]} == {"U1", "U2"}, "each gets a unit of its own while there are any"
    assert {row[0] for row in plan["units"]} == {"U1", "U2"}
    # Meanwhile another officer sends the second one.
    assert stepped(room, person(Role.DUTY_OFFICER, name="qiang"), a_step(codes[1], "dispatch", 2, "U2"), "zh")["ok"]
    sent = await batch(room, "send", items=[[code, 2, "U1"] for code in codes])
    assert [row[:2] for row in sent["outcomes"]] == [(codes[0], True), (codes[1], False), (codes[2], True)]
    assert re.fullmatch(r"qiang 已于 .* 抢先操作：派遣。.*", sent["outcomes"][1][2])
    assert not any(waits for *_, waits in sent["outcomes"])
    assert [now_of(room, code).state for code in codes] == [State.DISPATCHED] * 3
    with room.store.read() as conn:
        lines = [line for line in audit.walk(conn) if line.action == "dispatch"]
    assert [(line.actor, line.subject) for line in lines] == [
        ("qiang", f"event:{codes[1]}"), ("ling", f"event:{codes[0]}"), ("ling", f"event:{codes[2]}")
    ]  # fmt: skip


async def test_a_unit_that_has_something_to_do_is_sent_only_by_a_deliberate_word(room: Room) -> None:
    first, *codes = alike(room, 3)
    assert stepped(room, OFFICER, a_step(first, "dispatch", 2, "U1"), "zh")["ok"]
    items = [[code, 2, "U1"] for code in codes]
    refused = await batch(room, "send", items=items)
    assert [(ok, waits) for _, ok, _, waits in refused["outcomes"]] == [(False, True)] * 2
    assert all("再确认" in text for _, _, text, _ in refused["outcomes"])
    assert {now_of(room, code).state for code in codes} == {State.TO_DISPATCH}
    allowed = await batch(room, "send", items=items, confirmed=True)
    assert [(ok, waits) for _, ok, _, waits in allowed["outcomes"]] == [(True, False)] * 2


async def test_what_is_not_alike_is_not_sent_off_together_and_says_why(room: Room) -> None:
    codes = alike(room, 2)
    elsewhere = alike(room, 1, (106.48, 29.58))
    waiting = room.situation.feed(room.situation.tree.ordinal["D1"], Filters(), 5)
    other = next(e.code for e in waiting if e.subtype_code != "0101")
    beyond = alike(room, 1, (106.57, 29.57))
    told = {
        "只能批量派遣同一事项的事件。": [*codes, other],
        "这些事件分属不同下级区域，请分别派遣。": codes + elsewhere,
        "其中有事件已不存在或不在管辖范围内。": [*codes, "NOPE"],
        "一次可派遣 1 到 30 件。": [],
    }
    for why, chosen in told.items():
        assert (await batch(room, "plan", codes=chosen))["told"] == why
        sent = await batch(room, "send", items=[[code, 2, "U1"] for code in chosen])
        assert (sent["told"], "outcomes" in sent) == (why, False)
    there, none = await batch(room, "plan", codes=beyond), await batch(room, "plan", codes=["NOPE"])
    assert there == none, "what is beyond reach looks like what is not there"
    assert (await batch(room, "plan", codes=codes * 2))["told"] == "一次可派遣 1 到 30 件。"
    for wrong in ([["x"]], [[codes[0], "2", "U1"]], ["x"], [[codes[0], True, "U1"]]):
        assert "outcomes" not in await batch(room, "send", items=wrong)
    assert {now_of(room, code).state for code in codes} == {State.TO_DISPATCH}


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.DUTY_OFFICER, Role.SHIFT_LEADER, Role.FEED)])
async def test_only_who_may_dispatch_plans_or_sends_several(room: Room, role: Role) -> None:
    codes = alike(room, 2)
    for action in ("plan", "send"):
        answer = await batch(room, action, person(role), codes=codes, items=[[code, 2, "U1"] for code in codes])
        assert answer == {"n": 1, "action": action, "told": "现在不能这样操作。"}
    assert {now_of(room, code).state for code in codes} == {State.TO_DISPATCH}


async def test_units_are_found_by_call_sign_or_code_for_an_event_that_the_actor_may_dispatch(room: Room) -> None:
    (code,) = alike(room, 1)

    async def call(actor: Actor, text: str, event: str = code) -> list[str]:
        answer = await called(room, actor, {"n": 1, "code": event, "text": text, "lang": "zh"})
        return [row[0] for row in answer["candidates"]]

    second_unit(room)
    assert sorted(await call(OFFICER, "渝中")) == sorted(await call(OFFICER, "u")) == ["U1", "U2"]
    assert await call(OFFICER, "u2") == await call(OFFICER, "U2") == ["U2"]
    assert await call(OFFICER, "nobody") == await call(OFFICER, " ") == await call(OFFICER, "U1", "NOPE") == []
    for actor in (CLERK, person(Role.LEADER), person(Role.DUTY_OFFICER, "D2"), person(Role.VIEWER)):
        assert await call(actor, "U1") == []


async def test_the_card_tells_where_an_event_lies_and_the_candidates_where_they_are(room: Room) -> None:
    (code,) = alike(room, 1)
    card = await look_up(room, OFFICER, f"event:{code}", "zh")
    assert card.at == (106.42, 29.52)
    assert card.steps is not None
    assert card.steps["at"] == (106.42, 29.52)
    assert [row[0] for row in card.steps["candidates"]] == ["U1"]
    assert len(card.steps["candidates"][0]) == 7


def test_saved_views_answer_with_a_reason_where_something_was_not_saved(room: Room) -> None:
    with_account = Actor.of("ling", frozenset({Role.DUTY_OFFICER}), frozenset({"D1"}), account_id=0)
    asked = {"n": 4, "action": "list", "name": "", "address": ADDRESS, "lang": "zh"}
    assert kept(room, with_account, asked) == {"n": 4, "views": [], "told": ""}
