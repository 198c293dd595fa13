"""Steps from the card of an event: offered to the roles that take them, taken once, and the second is told who was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from callbacks import listing
from callbacks.room import Room
from callbacks.selection import look_up, timeline_of
from callbacks.stepping import stepped
from geodata.domain.plans import Plan
from geodata.domain.roles import Role
from geodata.domain.units import UnitKind
from geodata.domain.view import Filters
from geodata.domain.windows import Asked
from geodata.intake.door import now_ms
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.listing import KeptLists
from geodata.services.outcomes import Submitted
from geodata.store import audit, contacts, events, pauses, quarantine
from geodata.store.changes import Change
from tests.factories.page_city import open_room

Json = dict[str, Any]


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    opened = open_room(tmp_path_factory.mktemp("steps"))
    yield opened
    opened.store.close()


def person(name: str, role: Role, area: str = "D1", unit_code: str = "") -> Actor:
    return Actor.of(name, frozenset({role}), frozenset({area}), unit_code=unit_code)


CLERK, OFFICER, OTHER = (
    person("clerk", Role.INTAKE), person("ling", Role.DUTY_OFFICER), person("qiang", Role.DUTY_OFFICER),
)  # fmt: skip


def an_event(room: Room) -> str:
    """An event of the first district."""
    return room.situation.feed(room.situation.tree.ordinal["D1"], Filters(), 1)[0].code


async def steps(room: Room, actor: Actor, code: str) -> Json | None:
    return (await look_up(room, actor, f"event:{code}", "zh")).steps


def ask(room: Room, actor: Actor, code: str, action: str, rev: int, unit: str = "", reason: str = "",
        sure: bool = False, **more: Any) -> Json:  # fmt: skip
    reason = reason or ("属受理范围" if action == "register" else "")
    empty = {"assists": [], "until_h": 0, "into": "", "kind": "", "accountable": "", "joint": False}
    told = {"n": 1, "code": code, "action": action, "rev": rev, "reason": reason, "unit": unit, "confirmed": sure}
    return stepped(room, actor, empty | told | more, "zh")


async def test_each_role_is_offered_its_own_steps_and_no_others(room: Room) -> None:
    code = an_event(room)
    offered = await steps(room, CLERK, code)
    assert offered is not None
    assert [a["action"] for a in offered["acts"]] == ["ask_verify", "register", "reject", "merge"]
    assert [a["needs"] for a in offered["acts"]] == [[], ["reason"], ["reason"], ["into", "reason"]], "both say why"
    assert [(a["picks"][0], a["preset"]) for a in offered["acts"][1:3]] == [
        ("属受理范围，事实清楚", "属受理范围，事实清楚"), ("不属受理范围", ""),
    ], "only what is registered begins with a reason"
    assert await steps(room, OFFICER, code) is None, "it is not registered yet"
    for actor in (person("clerk2", Role.INTAKE, "D2"), Actor()):
        assert await steps(room, actor, code) is None
    offered = await steps(room, person("lin", Role.LEADER), code)
    assert offered is not None
    assert [a["action"] for a in offered["acts"]] == ["supervise", "placard"]
    assert [kind for kind, _ in offered["acts"][0]["kinds"]] == ["overdue", "leader", "key"]
    assert all(hours > 0 for act in offered["acts"] for hours, _ in act["spans"])


async def test_a_duty_officer_is_told_whom_to_send_and_why_and_the_dispatch_is_everywhere(room: Room) -> None:
    code = an_event(room)
    assert ask(room, CLERK, code, "register", 1) == {
        "n": 1, "code": code, "ok": True, "stale": False, "confirm": False, "text": "立案",
    }  # fmt: skip
    offered = await steps(room, OFFICER, code)
    assert offered is not None
    assert offered["rev"] == 2
    assert [a["action"] for a in offered["acts"] if "unit" in a["needs"]] == ["dispatch"]
    ((unit, call_sign, why, *_),) = offered["candidates"]
    assert (unit, call_sign) == ("U1", "渝中巡-01")
    assert "km" in why
    assert "在岗" in why
    assert ask(room, OFFICER, code, "dispatch", 2, unit)["ok"]
    with room.store.read() as conn:
        lines = [line for line in audit.walk(conn) if line.subject == f"event:{code}"]
    assert [(line.actor, line.action) for line in lines] == [("clerk", "register"), ("ling", "dispatch")]
    assert '"unit": "U1"' in lines[1].new
    card = await look_up(room, OFFICER, f"event:{code}", "zh")
    assert ("状态", "text", "已派遣") in card.rows
    assert ("主办力量", "text", "渝中巡-01") in card.rows
    member = person("chen", Role.UNIT_MEMBER, unit_code="U1")
    offered = await steps(room, member, code)
    assert offered is not None
    assert [a["action"] for a in offered["acts"]] == ["accept", "return"]


async def test_the_card_of_a_unit_lists_what_it_has_in_hand_as_far_as_the_asker_may_look(room: Room) -> None:
    tree = room.situation.tree
    here, there = (room.situation.feed(tree.ordinal[d], Filters(), 1)[0].code for d in ("D1", "D2"))
    for code, district in ((here, "D1"), (there, "D2")):
        ask(room, person("clerk", Role.INTAKE, district), code, "register", 1)
        done = act(
            room.door.desk(), Actor.operator(),
            [Submitted({}, Action("dispatch", now_ms(), code, unit_code="U1", confirmed=True))], feed="t",
            now_ms=now_ms(),
        )  # fmt: skip
        assert [outcome.status for outcome in done] == ["accepted"]
    assert (await look_up(room, Actor.operator(), "unit:U1", "zh")).blocks == (), "the live picture has not heard of it"
    with room.store.read() as conn:
        room.situation.apply_events(list(events.by_codes(conn, [here, there]).values()))
    ((title, rows),) = (await look_up(room, Actor.operator(), "unit:U1", "zh")).blocks
    assert title == "在办任务（2）"
    assert {(kind, raw) for _, kind, raw in rows} == {("event", (here, here)), ("event", (there, there))}
    ((title, rows),) = (await look_up(room, OFFICER, "unit:U1", "zh")).blocks
    assert title == "在办任务（2）"
    assert [(kind, raw) for _, kind, raw in rows] == [("event", (here, here)), ("number", 1)]


async def test_a_unit_member_at_a_desk_is_asked_why_there_is_no_photo(room: Room) -> None:
    code = an_event(room)
    member = person("chen", Role.UNIT_MEMBER, unit_code="U1")
    ask(room, CLERK, code, "register", 1)
    ask(room, OFFICER, code, "dispatch", 2, "U1")
    assert ask(room, member, code, "accept", 3)["ok"]
    offered = await steps(room, member, code)
    assert offered is not None
    assert ["reason"] in [a["needs"] for a in offered["acts"] if a["action"] == "report_back"]
    assert "照片" in ask(room, member, code, "report_back", 4)["text"]
    assert ask(room, member, code, "report_back", 4, reason="手机没电")["ok"]


async def test_the_second_of_two_officers_is_told_who_was_first_and_nothing_is_lost(room: Room) -> None:
    code = an_event(room)
    ask(room, CLERK, code, "register", 1)
    assert ask(room, OFFICER, code, "dispatch", 2, "U1")["ok"]
    late = ask(room, OTHER, code, "dispatch", 2, "U1")
    assert not late["ok"]
    assert "ling 已于" in late["text"]
    assert "派遣" in late["text"]
    with room.store.read() as conn:
        assert len([line for line in audit.walk(conn) if line.action == "dispatch"]) == 1
        assert quarantine.counts(conn) == {}, "who stands before a screen was told; nothing waits for anybody"


@pytest.mark.parametrize(
    ("action", "rev", "unit", "reason", "said"),
    [
        ("reject", 1, "", "", "请填写原因"),
        ("dispatch", 1, "U1", "", "不能这样操作"),
        ("close", 1, "", "", "不能这样操作"),
        ("fly", 1, "", "", "不能这样操作"),
        ("register", 7, "", "", "刚有变化"),
    ],
)
async def test_what_is_not_possible_is_said_in_words(
    room: Room, action: str, rev: int, unit: str, reason: str, said: str
) -> None:
    told = ask(room, CLERK, an_event(room), action, rev, unit, reason)
    assert not told["ok"]
    assert said in told["text"]


async def test_beyond_the_reach_there_is_nothing_to_step_on(room: Room) -> None:
    told = ask(room, person("clerk2", Role.INTAKE, "D2"), an_event(room), "register", 1)
    unknown = ask(room, person("clerk2", Role.INTAKE, "D2"), "P000000-0", "register", 1)
    assert (told["ok"], told["text"]) == (unknown["ok"], unknown["text"]) == (False, "现在不能这样操作。")


async def test_a_unit_of_another_district_is_neither_offered_nor_sent(room: Room) -> None:
    city = person("city", Role.DUTY_OFFICER, "C")
    far = room.situation.feed(room.situation.tree.ordinal["D2"], Filters(), 1)[0].code
    ask(room, person("c2", Role.INTAKE, "D2"), far, "register", 1)
    offered, near = await steps(room, city, far), await steps(room, person("o2", Role.DUTY_OFFICER, "D2"), far)
    assert offered is not None
    assert near is not None
    assert [c[0] for c in offered["candidates"]] == ["U1"]
    assert (near["candidates"], near["missing"]) == ([], "辖区外 1")
    assert not ask(room, person("o2", Role.DUTY_OFFICER, "D2"), far, "dispatch", 2, "U1")["ok"]


async def test_the_card_tells_what_happened_who_did_it_and_why(room: Room) -> None:
    code = an_event(room)
    ask(room, CLERK, code, "reject", 1, reason="不属于受理范围")
    card = await look_up(room, OFFICER, f"event:{code}", "zh")
    assert [(what, who, why) for _, what, who, why in card.timeline] == [
        ("上报", "test", ""), ("不立案", "clerk", "不属于受理范围"),
    ]  # fmt: skip
    assert (await look_up(room, person("o2", Role.DUTY_OFFICER, "D2"), f"event:{code}", "zh")).timeline == ()


def test_of_an_imported_event_the_moments_that_it_carries_are_told(room: Room) -> None:
    with room.store.read() as conn:
        event = events.by_code(conn, an_event(room))
    assert event is not None
    at = event.reported_ms
    imported = replace(event, dispatched_ms=at + 1, ended_ms=at + 5, state_ms=at + 5, state="closed")
    told = [(ms - at, what) for ms, what, _, _ in timeline_of(imported, (), "en")]
    assert told == [(0, "reported"), (1, "Dispatch"), (5, "closed")]
    reopened = Change(9, at + 7, "event", event.id, 4, "reopen", "reopened", "shift", "again")
    told = [(ms - at, what) for ms, what, _, _ in timeline_of(imported, (reopened,), "en")]
    assert told == [(0, "reported"), (1, "Dispatch"), (5, "closed"), (7, "Reopen")]


def test_the_timeline_of_an_event_is_found_without_reading_the_log(room: Room) -> None:
    with room.store.read() as conn:
        asked = "SELECT * FROM change WHERE kind = 'event' AND subject_id = 7 ORDER BY seq DESC LIMIT 50"
        plan = " ".join(str(row) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}"))
    assert "ix_change_event" in plan


async def test_a_unit_that_has_something_to_do_is_sent_when_the_officer_says_so_once_more(room: Room) -> None:
    first, second = (e.code for e in room.situation.feed(room.situation.tree.ordinal["D1"], Filters(), 2))
    for code in (first, second):
        assert ask(room, CLERK, code, "register", 1)["ok"]
    assert ask(room, OFFICER, first, "dispatch", 2, "U1")["ok"]
    told = ask(room, OFFICER, second, "dispatch", 2, "U1")
    assert (told["ok"], told["confirm"], told["stale"]) == (False, True, False)
    assert "再确认" in told["text"]
    assert ask(room, OFFICER, second, "dispatch", 2, "U1", sure=True)["ok"]


async def test_the_citys_plan_is_one_step_that_sends_a_leading_unit_and_tells_who_is_missing(room: Room) -> None:
    code = an_event(room)
    with room.store.read() as conn:
        event = events.by_code(conn, code)
    assert event is not None
    plan = Plan("环卫联动", "Sweep", (event.subtype_code,), UnitKind.GRID_POST, (UnitKind.EMERGENCY,))
    planned = replace(room, city=room.city.model_copy(update={"joint": (plan,)}))
    assert ask(planned, CLERK, code, "register", 1)["ok"]
    offered = await steps(planned, OFFICER, code)
    assert offered is not None
    assert (offered["plan"]["name"], [u[0] for u in offered["plan"]["units"]]) == ("环卫联动", ["U1"])
    assert offered["plan"]["missing"] == ["应急队"]
    merging = await steps(planned, CLERK, code)
    assert merging is not None
    assert "plan" not in merging
    offered = await steps(replace(room, city=room.city.model_copy(update={"joint": ()})), OFFICER, code)
    assert offered is not None
    assert offered["plan"] is None


async def test_the_card_offers_the_contact_after_the_end_to_whoever_must_reply_and_until_it_is_done(room: Room) -> None:
    code = an_event(room)
    with room.store.begin() as conn:
        conn.exec_driver_sql(f"UPDATE event SET source = 'hotline' WHERE code = '{code}'")
        event = events.by_code(conn, code)
        assert event is not None
        contacts.add(conn, [contacts.Told(event.id, now_ms(), room.access.seal.seal("13900000000"))])
    head = person("zhao", Role.SHIFT_LEADER)

    async def offered() -> list[bool]:
        return [(await look_up(room, by, f"event:{code}", "zh")).contact for by in (CLERK, head, OFFICER)]

    assert await offered() == [True, False, False]
    assert ask(room, CLERK, code, "reject", 1, reason="不属于受理范围")["ok"]
    assert await offered() == [True, True, False]
    assert ask(room, head, code, "reply", 2, reason="已说明")["ok"]
    assert await offered() == [False, False, False]


async def test_the_ledger_says_whose_review_is_over_from_the_moment_after_it(room: Room) -> None:
    code = an_event(room)
    assert ask(room, CLERK, code, "register", 1)["ok"]
    assert ask(room, person("tang", Role.CENTRE_HEAD), code, "suspend", 2, reason="待专项", until_h=336)["ok"]
    with room.store.read() as conn:
        event = events.by_code(conn, code)
        assert event is not None
        review_ms = pauses.running(conn, [event.id])[event.id].review_ms
    room.situation.apply_events([event])
    for at_ms, over in ((review_ms, False), (review_ms + 1, True)):
        room.situation.advance(at_ms)
        told = await listing.window(room, KeptLists(room.store), CLERK, "/list/D1?figure=suspended", Asked(0, 9))
        assert [row[-1].endswith("待专项 · 复核日期已过") for row in told["rows"]] == [over]


async def test_a_form_carries_until_when_into_what_and_which_kind(room: Room) -> None:
    code, twin = (e.code for e in room.situation.feed(room.situation.tree.ordinal["D1"], Filters(), 2))
    head, leader = person("tang", Role.CENTRE_HEAD), person("lin", Role.LEADER)
    assert ask(room, leader, code, "supervise", 1, reason="重点")["text"] == "请选择类型。"
    assert ask(room, leader, code, "supervise", 1, reason="重点", kind="key")["text"].startswith("期限不对")
    assert ask(room, leader, code, "supervise", 1, reason="重点", kind="key", until_h=24)["ok"]
    with room.store.begin() as conn:
        conn.exec_driver_sql(f"UPDATE event SET source = 'hotline' WHERE code = '{twin}'")
    assert ask(room, CLERK, twin, "merge", 1, reason="同一件", into="nothing")["text"].startswith("请填写另一件")
    assert ask(room, CLERK, twin, "merge", 1, reason="同一件", into=code)["ok"]
    card = await look_up(room, CLERK, f"event:{code}", "zh")
    titles = [title for title, _ in card.blocks]
    assert "督办" in titles
    assert ("已并入", "event", (twin, twin)) in dict(card.blocks)["合并"]
    assert ask(room, CLERK, code, "register", 2)["ok"]
    assert ask(room, head, code, "suspend", 3, reason="待专项", until_h=336)["ok"]
    card = await look_up(room, CLERK, f"event:{code}", "zh")
    assert "挂账中" in [label for label, _, _ in dict(card.blocks)["挂账台账"]]
    assert ("标识", "text", "督办 · 曾挂账") in card.rows
    assert dict(card.blocks)["合并"][0] == ("合并上报", "text", "1 件，其中 1 件待答复")
    with room.store.read() as conn:
        room.situation.apply_events(list(events.by_codes(conn, [code, twin]).values()))
    told = await listing.window(room, KeptLists(room.store), CLERK, "/list/D1?figure=suspended", Asked(0, 9))
    ((listed, *_, note),) = told["rows"]
    assert listed == code
    assert re.fullmatch(r".+ 起 · .+ 复核 · 待专项", note), "the ledger: since when, until when, and why"
    auditor = person("sun", Role.AUDITOR)
    told = await listing.window(room, KeptLists(room.store), auditor, "/list/D1?figure=suspended", Asked(0, 9))
    assert [(row[0], row[-1]) for row in told["rows"]] == [(code, "")], "what was written is for those who open events"
    assert ask(room, person("zhao", Role.SHIFT_LEADER), code, "force_close", 4, reason="转专项")["ok"]
    assert ask(room, CLERK, code, "reply", 5, reason="已转专项治理")["ok"], "for what was merged into it"
    card = await look_up(room, CLERK, f"event:{twin}", "zh")
    assert [text for _, _, text in dict(card.blocks)["答复"]] == ["已转专项治理 · clerk"]
    assert card.timeline[-1][1:] == ("答复", "clerk", "已转专项治理")
