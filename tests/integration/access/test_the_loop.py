"""The closed loop, rule by rule: units that lead and assist, returns, extensions, pauses, supervision, placards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from geodata.domain.events import FOLLOWS, Mark
from geodata.domain.roles import ACTS, Role
from geodata.services.acting import act, possible
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.outcomes import Submitted
from geodata.store import pauses, supervision, tasks, units
from tests.factories.access_city import DAY, HOUR, MINUTE, Town, of
from tests.factories.loop import CLERK, HEAD, LEADER, OFFICER, SHIFT, UNITS, WEEK_MS, Shift

U1, U2, U3 = (UNITS[c] for c in ("U1", "U2", "U3"))


@pytest.fixture
def shift(city: Town) -> Shift:
    """On both databases."""
    made = Shift(city)
    made.units()
    return made


def test_an_event_is_handled_when_the_leading_and_all_assisting_units_have_reported(shift: Shift) -> None:
    code = shift.dispatched("U1", "U2", "U3")
    shift.do(U2, "accept", code)
    assert shift.event(code).state == "dispatched", "only the leading unit's signature delivers a dispatch"
    shift.do(U1, "accept", code)
    assert shift.event(code).state == "handling"
    shift.do(U1, "arrive", code)
    shift.do(U1, "report_back", code)
    assert shift.event(code).state == "handling", "two units have not reported"
    assert "signed" in shift.refused(U3, "report_back", code)[1]
    shift.do(U3, "accept", code)
    shift.do(U3, "report_back", code)
    shift.do(U2, "report_back", code)
    event = shift.event(code)
    assert (event.state, event.handled_ms) == ("handled", shift.now_ms)
    assert [t.ended for t in shift.tasks(code)] == ["done"] * 3


def test_what_an_assisting_unit_gives_back_does_not_stop_the_others(shift: Shift) -> None:
    code = shift.dispatched("U1", "U2")
    shift.do(U1, "accept", code)
    shift.do(U1, "report_back", code)
    shift.do(U2, "return", code, reason="不属于本单位职责")
    assert shift.event(code).state == "handled"
    assert [t.ended for t in shift.tasks(code)] == ["done", "returned"]


def test_of_a_return_the_shift_leader_decides(shift: Shift) -> None:
    code = shift.dispatched("U1")
    shift.do(U1, "return", code, reason="不属于本单位职责")
    assert shift.event(code).state == "returned"
    assert shift.refused(OFFICER, "dispatch", code, unit_code="U2")[0] == "action"
    assert shift.refused(OFFICER, "confirm_return", code)[0] == "action"
    shift.do(SHIFT, "refuse_return", code, reason="属于该网格")
    assert (shift.event(code).state, [t.ended for t in shift.tasks(code)]) == ("dispatched", ["returned", ""])
    shift.do(U1, "return", code, reason="仍不属于")
    shift.do(SHIFT, "confirm_return", code)
    shift.do(OFFICER, "dispatch", code, unit_code="U2")
    assert shift.tasks(code)[-1].unit_id == shift.event(code).unit_id


def test_a_unit_with_something_to_do_is_sent_only_when_that_is_confirmed(shift: Shift) -> None:
    shift.dispatched("U1", "U2")
    second = shift.open()
    shift.do(CLERK, "register", second)
    for unit, assists in (("U1", ()), ("U3", ("U2",))):
        assert shift.refused(OFFICER, "dispatch", second, unit_code=unit, assists=assists)[0] == "confirmed"
    assert shift.tasks(second) == []
    shift.do(OFFICER, "dispatch", second, unit_code="U1", confirmed=True)


def test_no_unit_is_sent_twice_to_the_same_event_and_no_unknown_one_assists(shift: Shift) -> None:
    code = shift.open()
    shift.do(CLERK, "register", code)
    assert shift.refused(OFFICER, "dispatch", code, unit_code="U1", assists=("U1",))[0] == "assists"
    assert shift.refused(OFFICER, "dispatch", code, unit_code="U1", assists=("U9",))[0] == "unit"
    assert shift.refused(OFFICER, "dispatch", code, unit_code="U1", assists=tuple(f"U{n}" for n in range(20)))[0] == (
        "assists"
    )
    assert shift.event(code).state == "to_dispatch"


def test_the_first_extension_is_the_shift_leaders_the_second_the_heads_and_there_is_no_third(shift: Shift) -> None:
    code = shift.dispatched("U1")
    shift.do(U1, "accept", code)
    limit = shift.event(code).deadline_ms
    assert limit is not None
    for days, decider in ((1, SHIFT), (2, HEAD)):
        until = limit + days * DAY
        shift.do(U1, "ask_extend", code, reason="缺少备件", until_ms=until)
        assert shift.refused(U1, "ask_extend", code, reason="再次", until_ms=until + HOUR)[0] == "action"
        if decider is HEAD:
            assert "second" in shift.refused(SHIFT, "grant_extend", code)[1]
        shift.do(decider, "grant_extend", code)
        assert shift.event(code).deadline_ms == until
    assert "2 times" in shift.refused(U1, "ask_extend", code, reason="第三次", until_ms=limit + 9 * DAY)[1]
    assert shift.event(code).marks == Mark.EXTENDED


def test_a_refused_extension_leaves_the_deadline_and_a_line_that_says_so(shift: Shift) -> None:
    code = shift.dispatched("U1")
    limit = shift.event(code).deadline_ms
    assert limit is not None
    assert shift.refused(SHIFT, "grant_extend", code) == ("action", "finds no request")
    assert shift.refused(U1, "ask_extend", code, reason="缺", until_ms=limit)[0] == "action", "nobody signed for it"
    shift.do(U1, "accept", code)
    assert shift.refused(U1, "ask_extend", code, reason="缺", until_ms=limit)[0] == "until"
    shift.do(U1, "ask_extend", code, reason="缺", until_ms=limit + HOUR)
    shift.do(SHIFT, "refuse_extend", code, reason="时间足够")
    assert (shift.event(code).deadline_ms, shift.event(code).marks) == (limit, 0)
    with shift.town.store.read() as conn:
        assert [one.granted for one in pauses.extensions(conn, shift.event(code).id)] == [0]


def test_a_suspended_event_stands_in_the_ledger_and_its_clock_goes_on_where_it_stood(shift: Shift) -> None:
    code = shift.dispatched("U1", "U2")
    limit = shift.event(code).deadline_ms
    assert limit is not None
    assert shift.refused(HEAD, "suspend", code, reason="待专项")[0] == "until"
    shift.do(HEAD, "suspend", code, reason="待专项", until_ms=shift.now_ms + WEEK_MS)
    assert [t.ended for t in shift.tasks(code)] == ["withdrawn", "withdrawn"]
    from_ms = shift.now_ms
    shift.now_ms += 3 * HOUR
    shift.do(HEAD, "resume", code)
    event = shift.event(code)
    stood = 3 * HOUR + MINUTE
    assert (event.deadline_ms, event.stood_ms, event.state) == (limit + stood, stood, "to_dispatch")
    with shift.town.store.read() as conn:
        (line,) = pauses.suspensions(conn, event.id)
    assert (line.from_ms, line.by, line.ended_ms) == (from_ms, "tang", shift.now_ms)


def test_an_order_needs_a_written_answer_before_the_event_is_free_of_it(shift: Shift) -> None:
    code = shift.open()
    due = shift.now_ms + DAY
    assert shift.refused(LEADER, "supervise", code, reason="久拖不决", until_ms=due)[0] == "kind"
    assert shift.refused(LEADER, "supervise", code, kind="x", reason="久拖不决", until_ms=due)[0] == "kind"
    for kind in ("leader", "key"):
        shift.do(LEADER, "supervise", code, kind=kind, reason="久拖不决", until_ms=due)
    assert shift.event(code).marks == Mark.SUPERVISED
    assert shift.refused(SHIFT, "answer", code, reason=" ")[0] == "reason"
    shift.do(SHIFT, "answer", code, reason="今日完成")
    assert shift.event(code).marks == Mark.SUPERVISED
    shift.do(OFFICER, "answer", code, reason="已完成")
    assert shift.event(code).marks == 0
    assert shift.refused(SHIFT, "answer", code, reason="多余")[0] == "action"
    with shift.town.store.read() as conn:
        kept = supervision.orders(conn, shift.event(code).id)
    assert [(o.kind, o.issued_by, o.answered_by, o.answer) for o in kept] == [
        ("leader", "lin", "zhao", "今日完成"), ("key", "lin", "ling", "已完成"),
    ]  # fmt: skip


def test_only_whoever_put_a_placard_up_lifts_it(shift: Shift) -> None:
    code = shift.open()
    told = {"kind": "district", "reason": "重大隐患", "until_ms": shift.now_ms + 30 * DAY}
    assert shift.refused(LEADER, "placard", code, **told)[0] == "accountable"
    shift.do(LEADER, "placard", code, accountable="分管副区长", **told)
    assert "already" in shift.refused(LEADER, "placard", code, accountable="区长", **told)[1]
    shift.do(SHIFT, "progress", code, reason="已制定方案")
    other = of("qian", Role.LEADER)
    object.__setattr__(other, "account_id", 7)
    assert "lin" in shift.refused(other, "lift", code, reason="完成")[1]
    shift.do(LEADER, "lift", code, reason="隐患消除")
    assert shift.event(code).marks == 0
    with shift.town.store.read() as conn:
        (kept,) = supervision.placards(conn, shift.event(code).id)
        told_of = supervision.progress(conn, kept.id)
    assert (kept.number, kept.level, kept.accountable, kept.lift_reason) == (
        "GP000001", "district", "分管副区长", "隐患消除",
    )  # fmt: skip
    assert [(p.by, p.text) for p in told_of] == [("zhao", "已制定方案")]


def test_a_duplicate_goes_on_as_part_of_another_open_event(shift: Shift) -> None:
    kept, twin, ended = shift.open(), shift.open(), shift.open()
    shift.do(SHIFT, "void", ended, reason="测试记录")
    for into, word in ((twin, "itself"), (ended, "ended"), ("H000000-0", "not an event"), ("", "missing")):
        assert word in shift.refused(CLERK, "merge", twin, reason="同一事件", into=into)[1]
    shift.do(CLERK, "merge", twin, reason="同一事件", into=kept)
    assert (shift.event(twin).state, shift.event(twin).merged_into) == ("merged", shift.event(kept).id)


def test_a_failed_check_is_rework_on_the_first_clock_and_no_handler_checks(shift: Shift) -> None:
    code = shift.dispatched("U1", "U2")
    limit = shift.event(code).deadline_ms
    for unit in (U1, U2):
        shift.do(unit, "accept", code)
        shift.do(unit, "report_back", code)
    for handler in (U1, U2):
        assert shift.refused(handler, "check", code)[1] == "is not for its handler"
    shift.do(U3, "rework", code, reason="仍有残留")
    event = shift.event(code)
    assert (event.state, event.deadline_ms, event.marks) == ("handling", limit, Mark.REWORKED)
    shift.do(U1, "report_back", code)
    shift.do(U3, "check", code)
    shift.do(CLERK, "close", code)
    assert shift.event(code).state == "closed"


def test_each_stage_has_its_clock(shift: Shift) -> None:
    code = shift.dispatched("U1", urgency=1)
    sent = shift.now_ms
    assert shift.event(code).stage_ms == sent + 5 * MINUTE
    shift.do(U1, "accept", code)
    assert shift.event(code).stage_ms == sent + 30 * MINUTE
    shift.do(U1, "arrive", code)
    assert shift.event(code).stage_ms is None
    shift.do(U1, "report_back", code)
    assert shift.event(code).stage_ms == shift.now_ms + 2 * HOUR


def test_what_is_offered_can_be_taken_and_what_is_not_offered_cannot(shift: Shift) -> None:
    code = shift.dispatched("U1", "U2")
    with shift.town.store.read() as conn:
        ids = {c: u.id for c, u in units.by_codes(conn, list(UNITS)).items()}

    def offered(by: Actor, unit: str = "") -> list[str]:
        event = shift.event(code)
        with shift.town.store.read() as conn:
            return possible(conn, shift.town.desk, by, [event], ids.get(unit))[event.id]

    assert offered(U1, "U1") == offered(U2, "U2") == ["accept", "return"]
    assert offered(U3, "U3") == []
    shift.do(U1, "accept", code)
    assert offered(U1, "U1") == ["arrive", "report_back", "return", "ask_extend"]
    assert offered(SHIFT) == ["force_close", "void"]
    shift.do(U1, "ask_extend", code, reason="缺件", until_ms=(shift.event(code).deadline_ms or 0) + HOUR)
    assert offered(U1, "U1") == ["arrive", "report_back", "return"]
    assert offered(SHIFT) == ["grant_extend", "refuse_extend", "force_close", "void"]
    assert offered(LEADER) == ["supervise", "placard"]
    assert set(FOLLOWS) == set(ACTS)


def test_of_two_hundred_dispatches_at_once_each_event_gets_exactly_one(shift: Shift) -> None:
    town, codes = shift.town, [shift.open() for _ in range(20)]
    for n, code in enumerate(codes):
        shift.do(CLERK, "register", code)
        assert town.enrol(f"V{n}", status="on_duty").status == "accepted"
    revs = {code: shift.event(code).rev for code in codes}
    start = Barrier(8)
    now = shift.now_ms + MINUTE

    def officer(k: int) -> list[str]:
        start.wait()
        out = []
        for i in range(25):
            n = (k * 25 + i) % 20
            item = Action("dispatch", now, codes[n], unit_code=f"V{n}", rev=revs[codes[n]])
            outcome = act(town.desk, OFFICER, [Submitted({}, item)], feed="t/actions", now_ms=now, keep_refused=False,
                          audit=town.access.audit)[0]  # fmt: skip
            out.append(f"{outcome.status} {outcome.field}")
        return out

    with ThreadPoolExecutor(8) as pool:
        said = [word for words in pool.map(officer, range(8)) for word in words]
    assert (said.count("accepted "), said.count("dropped rev")) == (20, 180)
    assert [len(shift.tasks(code)) for code in codes] == [1] * 20
    assert len(town.lines("dispatch")) == 20


def test_two_units_that_sign_in_the_same_moment_have_both_signed(shift: Shift) -> None:
    code = shift.dispatched("U1", "U2")
    at_ms = shift.now_ms + MINUTE
    shift.do(U1, "accept", code, at_ms=at_ms)
    shift.do(U2, "accept", code, at_ms=at_ms)
    assert [t.accepted_ms for t in shift.tasks(code)] == [at_ms, at_ms]


def test_what_a_unit_did_without_a_network_counts_although_others_went_on_meanwhile(shift: Shift) -> None:
    code = shift.dispatched("U1", "U2")
    sent_ms = shift.now_ms
    shift.now_ms += 20 * MINUTE
    shift.do(U1, "accept", code)
    shift.do(U2, "accept", code, at_ms=sent_ms + 2 * MINUTE)
    shift.do(U2, "report_back", code, at_ms=sent_ms + 9 * MINUTE)
    assert [t.ended_ms for t in shift.tasks(code)] == [None, sent_ms + 9 * MINUTE]
    assert shift.refused(U1, "arrive", code, at_ms=sent_ms)[0] == "at"


def test_a_request_lapses_when_the_unit_is_let_go_and_no_grant_takes_time_away(shift: Shift) -> None:
    code = shift.dispatched("U1")
    shift.do(U1, "accept", code)
    limit = shift.event(code).deadline_ms or 0
    shift.do(U1, "ask_extend", code, reason="缺件", until_ms=limit + HOUR)
    shift.do(HEAD, "suspend", code, reason="待专项", until_ms=shift.now_ms + WEEK_MS)
    shift.now_ms += 5 * HOUR
    shift.do(HEAD, "resume", code)
    shift.do(OFFICER, "dispatch", code, unit_code="U2")
    assert shift.refused(SHIFT, "grant_extend", code) == ("action", "finds no request")
    shift.do(U2, "accept", code)
    shift.do(U2, "ask_extend", code, reason="缺件", until_ms=(shift.event(code).deadline_ms or 0) + HOUR)
    with shift.town.store.read() as conn:
        first, second = pauses.extensions(conn, shift.event(code).id)
    assert (first.granted, first.decided_by, second.granted) == (0, "", None)


def test_a_suspended_event_that_is_closed_by_force_is_judged_by_the_clock_that_stood(shift: Shift) -> None:
    code = shift.open()
    limit = shift.event(code).deadline_ms or 0
    shift.do(CLERK, "register", code)
    shift.do(HEAD, "suspend", code, reason="待专项", until_ms=shift.now_ms + WEEK_MS)
    from_ms = shift.now_ms
    shift.now_ms = limit + DAY
    shift.do(SHIFT, "force_close", code, reason="转专项")
    event = shift.event(code)
    assert (event.stood_ms, event.deadline_ms) == (shift.now_ms - from_ms, limit + shift.now_ms - from_ms)
    assert event.ended_ms is not None
    assert event.ended_ms <= (event.deadline_ms or 0), "it was in time"
    with shift.town.store.read() as conn:
        assert [line.ended_ms for line in pauses.suspensions(conn, event.id)] == [shift.now_ms]


def test_a_leading_unit_that_has_reported_is_free_while_the_others_work(shift: Shift) -> None:
    code = shift.dispatched("U1", "U2")
    shift.do(U1, "accept", code)
    shift.do(U1, "report_back", code)
    other = shift.open()
    shift.do(CLERK, "register", other)
    with shift.town.store.read() as conn:
        u1 = units.by_codes(conn, ["U1"])["U1"].id
        assert tasks.open_of_unit(conn, u1) == []
    shift.do(OFFICER, "dispatch", other, unit_code="U1")


def test_the_clock_of_a_reopened_event_begins_anew_and_one_that_stood_goes_on(shift: Shift) -> None:
    code = shift.open()
    assert shift.event(code).clock_ms is None
    shift.do(CLERK, "register", code)
    shift.do(HEAD, "suspend", code, reason="待专项", until_ms=shift.now_ms + WEEK_MS)
    shift.now_ms += 2 * HOUR
    shift.do(HEAD, "resume", code)
    event = shift.event(code)
    assert event.clock_ms == event.reported_ms + 2 * HOUR + MINUTE
    shift.do(SHIFT, "force_close", code, reason="转专项")
    shift.do(SHIFT, "reopen", code, reason="复发")
    assert shift.event(code).clock_ms == shift.now_ms


def test_whoever_was_on_scene_before_a_suspension_does_not_check(shift: Shift) -> None:
    code = shift.dispatched("U1")
    shift.do(U1, "accept", code)
    shift.do(HEAD, "suspend", code, reason="待专项", until_ms=shift.now_ms + WEEK_MS)
    shift.do(HEAD, "resume", code)
    shift.do(OFFICER, "dispatch", code, unit_code="U2")
    shift.do(U2, "accept", code)
    shift.do(U2, "report_back", code)
    assert shift.refused(U1, "check", code)[1] == "is not for its handler"
    shift.do(U3, "check", code)


def test_a_busy_unit_does_not_tell_what_it_does_beyond_the_askers_reach(shift: Shift) -> None:
    far = shift.dispatched("U1", at="D2")
    near = shift.open()
    shift.do(CLERK, "register", near)
    here = of("ling", Role.DUTY_OFFICER, areas=["D1"])
    field, rule = shift.refused(here, "dispatch", near, unit_code="U1")
    assert field == "confirmed"
    assert far not in rule
