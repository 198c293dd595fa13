"""Replies: every reporter who waits is answered once for each end, also where the event went on in another one."""

from __future__ import annotations

import json

import pytest

from geodata.domain.events import Mark, marks_of
from geodata.domain.roles import Role, Scope
from geodata.services import contacts, replying
from geodata.services.acting import act, possible
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.case import Action
from geodata.services.casework import casework
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Submitted
from geodata.store import recount, replies, rollups
from tests.factories.access_city import Town, feed, of
from tests.factories.loop import CLERK, LEADER, SHIFT, Shift


@pytest.fixture
def shift(city: Town) -> Shift:
    return Shift(city)


def to_reply(shift: Shift) -> int:
    """How many of the whole city wait, as it is kept; a recount says the same."""
    with shift.town.store.read() as conn:
        kept = rollups.totals(conn)
        assert sum(c.to_reply for c in recount.events_by_area(conn)) == kept.to_reply.max(initial=0)
    return int(kept.to_reply.max(initial=0))


def offered(shift: Shift, by: Actor, code: str) -> bool:
    event = shift.event(code)
    with shift.town.store.read() as conn:
        return "reply" in possible(conn, shift.town.desk, by, [event], None)[event.id]


def told(shift: Shift, code: str, by: Actor = CLERK) -> tuple[str, list[str]]:
    """Into which event it was merged, and what its reporter was told."""
    event = shift.event(code)
    with shift.town.store.read() as conn:
        said = [r.text for r in replies.of_events(conn, [event.id])[event.id]]
    found = replying.told(shift.town.desk, by, [event])[event.id]
    assert (found.reply.text if found.reply else None) == (said[-1] if said else None)
    return found.into, said


@pytest.mark.parametrize(("source", "waits"), [
    ("hotline", True), ("public", True), ("transfer", True), ("patrol", False), ("sensor", False), ("order", False),
])  # fmt: skip
def test_only_where_somebody_waits_an_end_asks_for_a_reply(shift: Shift, source: str, waits: bool) -> None:
    code = shift.open(source=source)
    assert shift.refused(CLERK, "reply", code, reason="已办理")[0] == "action", "it has not ended yet"
    shift.do(CLERK, "reject", code, reason="不属受理范围")
    assert (offered(shift, CLERK, code), to_reply(shift)) == (waits, int(waits))
    assert ("to_reply" in marks_of(shift.event(code).marks)) is waits
    if not waits:
        assert shift.refused(CLERK, "reply", code, reason="x") == (
            "action", "finds no reporter who waits for an answer"
        )  # fmt: skip


def test_a_reply_is_written_once_by_whoever_may_and_leaves_the_event_as_it_ended(shift: Shift) -> None:
    code = shift.open()
    shift.do(SHIFT, "void", code, reason="测试")
    before = shift.event(code)
    assert shift.refused(of("ling", Role.DUTY_OFFICER), "reply", code, reason="x")[0] == "action"
    assert shift.refused(of("far", Role.INTAKE, areas=["D2"]), "reply", code, reason="x")[0] == "code"
    assert shift.refused(CLERK, "reply", code)[0] == "reason"
    shift.do(CLERK, "reply", code, reason="已核查")
    after = shift.event(code)
    assert (after.state, after.state_ms, after.ended_ms) == (before.state, before.state_ms, before.ended_ms)
    assert (after.marks, to_reply(shift), offered(shift, CLERK, code)) == (0, 0, False)
    assert shift.refused(CLERK, "reply", code, reason="还有")[0] == "action"
    assert told(shift, code) == ("", ["已核查"])
    line = shift.town.lines("reply")[-1]
    assert (line.actor, json.loads(line.old)["marks"]) == ("wen", ["to_reply"])
    assert json.loads(line.new)["reason"] == "已核查"
    assert (shift.log(code)[-1].action, shift.log(code)[-1].detail) == ("reply", "已核查")


def test_one_reply_to_the_main_event_answers_everything_that_was_merged_into_it(shift: Shift) -> None:
    sources = ("patrol", "hotline", "public", "hotline", "video")
    main, first, second, deep, seen = (shift.open(source=s) for s in sources)
    shift.do(CLERK, "merge", deep, into=second, reason="同一事项")
    for part in (first, second, seen):
        shift.do(CLERK, "merge", part, into=main, reason="同一事项")
    assert to_reply(shift) == 3
    shift.do(CLERK, "reply", first, reason="已并案办理")
    assert told(shift, first) == (main, ["已并案办理"])
    work = casework(shift.town.desk, CLERK, shift.event(main))
    assert (work.merged, work.unanswered) == ((first, second, seen), 1)
    assert shift.refused(CLERK, "reply", main, reason="x")[0] == "action", "it goes on"
    shift.do(SHIFT, "force_close", main, reason="转专项")
    assert offered(shift, CLERK, main), "nobody reported it, but others told of the same"
    lines = len(shift.town.lines("reply"))
    shift.do(CLERK, "reply", main, reason="已办结")
    assert len(shift.town.lines("reply")) == lines + 3, "itself, and each that waited"
    assert [told(shift, code)[1] for code in (main, first, second, deep, seen)] == [
        [], ["已并案办理"], ["已办结"], ["已办结"], []
    ]  # fmt: skip
    assert (to_reply(shift), offered(shift, CLERK, main)) == (0, False)
    for code in (second, deep):
        assert len(shift.log(code)) == shift.event(code).rev
        assert shift.log(code)[-1].action == "reply"
    assert shift.refused(CLERK, "reply", second, reason="x")[0] == "action"


def test_what_lies_beyond_the_reach_waits_for_its_own_officer(shift: Shift) -> None:
    main, far = shift.open(at="G1"), shift.open(at="D2")
    shift.do(CLERK, "merge", far, into=main, reason="同一事项")
    shift.do(SHIFT, "void", main, reason="测试")
    near = of("near", Role.INTAKE, areas=["D1"])
    shift.do(near, "reply", main, reason="已核查")
    assert (told(shift, main)[1], told(shift, far)[1], to_reply(shift)) == (["已核查"], [], 1)
    assert told(shift, far, of("d2", Role.INTAKE, areas=["D2"]))[0] == "", "the other event has no code for it"
    assert not offered(shift, near, main)
    assert offered(shift, CLERK, main), "who reaches both may answer it through the main one"


def test_a_reopened_event_waits_no_more_and_is_answered_again_at_its_next_end(shift: Shift) -> None:
    code = shift.open()
    shift.do(SHIFT, "force_close", code, reason="转专项")
    shift.do(CLERK, "reply", code, reason="已转专项")
    shift.do(SHIFT, "reopen", code, reason="复发")
    assert (shift.event(code).marks, to_reply(shift)) == (Mark.REOPENED, 0)
    shift.do(SHIFT, "force_close", code, reason="转专项")
    assert shift.event(code).marks == Mark.REOPENED | Mark.TO_REPLY
    shift.do(SHIFT, "reopen", code, reason="又复发")
    assert (shift.event(code).marks, to_reply(shift)) == (Mark.REOPENED, 0), "what goes on is not answered"
    shift.do(SHIFT, "void", code, reason="重复")
    shift.do(CLERK, "reply", code, reason="已核查")
    assert told(shift, code) == ("", ["已转专项", "已核查"])


def test_who_was_told_of_an_end_that_was_none_is_told_again_also_where_it_was_merged(shift: Shift) -> None:
    main, part, deep, seen = (shift.open(source=s) for s in ("hotline", "public", "transfer", "patrol"))
    shift.do(CLERK, "merge", deep, into=part, reason="同一事项")
    for code in (part, seen):
        shift.do(CLERK, "merge", code, into=main, reason="同一事项")
    shift.do(SHIFT, "force_close", main, reason="转专项")
    shift.do(CLERK, "reply", main, reason="已转专项")
    assert to_reply(shift) == 0
    shift.do(SHIFT, "reopen", main, reason="复发")
    assert to_reply(shift) == 0, "nothing has ended"
    shift.do(LEADER, "supervise", main, kind="key", reason="x", until_ms=shift.now_ms + 3_600_000)
    assert to_reply(shift) == 0
    shift.do(SHIFT, "force_close", main, reason="已整治")
    assert to_reply(shift) == 3
    for code in (part, deep):
        assert shift.event(code).marks == Mark.TO_REPLY
        assert len(shift.log(code)) == shift.event(code).rev
    assert shift.event(seen).marks == 0, "nobody waits there"
    assert (offered(shift, CLERK, main), offered(shift, CLERK, part)) == (True, True)
    shift.do(CLERK, "reply", main, reason="已整治")
    for code in (main, part, deep):
        assert told(shift, code)[1] == ["已转专项", "已整治"]
    assert (to_reply(shift), offered(shift, CLERK, main)) == (0, False)


def test_of_several_events_each_is_offered_a_reply_to_its_own_parts(shift: Shift) -> None:
    main, part, deep = shift.open(source="patrol"), shift.open(source="patrol"), shift.open()
    shift.do(CLERK, "merge", deep, into=part, reason="同一事项")
    shift.do(CLERK, "merge", part, into=main, reason="同一事项")
    shift.do(SHIFT, "void", main, reason="测试")
    found = [shift.event(code) for code in (main, part, deep)]
    with shift.town.store.read() as conn:
        offers = possible(conn, shift.town.desk, CLERK, found, None)
    assert ["reply" in offers[e.id] for e in found] == [True, True, True]


@pytest.mark.parametrize("turned", [False, True])
def test_a_batch_answers_what_its_own_steps_merged_however_deep(shift: Shift, turned: bool) -> None:
    main, part, deep, deeper = (shift.open() for _ in range(4))
    shift.do(CLERK, "merge", deeper, into=deep, reason="同一事项")
    shift.now_ms += 60_000
    merges = [Action("merge", shift.now_ms, one, into=into, reason="同一事项")
              for one, into in ((deep, part), (part, main))]  # fmt: skip
    steps = [
        *merges, Action("void", shift.now_ms, main, reason="测试"),
        Action("reply", shift.now_ms, main, reason="已核查"),
    ]  # fmt: skip
    if turned:
        shift.do(CLERK, "merge", deep, into=part, reason="同一事项")
        steps = steps[1:]
    found = act(shift.town.desk, feed(Scope.ACT), [Submitted({}, s) for s in steps], feed="t", now_ms=shift.now_ms)
    assert {o.status for o in found} == {"accepted"}
    assert [told(shift, code)[1] for code in (main, part, deep, deeper)] == [["已核查"]] * 4
    assert to_reply(shift) == 0


def test_who_must_reply_reads_whom_to_reply_to_until_it_is_done(shift: Shift) -> None:
    town = shift.town
    code = town.report("told", at="G1", at_ms=shift.now_ms, sealed_contact=town.access.seal.seal("13900000000")).code

    def asked(by: Actor) -> str | None:
        return contacts.reveal(town.access, town.desk, by, code, shift.now_ms)

    with pytest.raises(NotAllowedError):
        asked(SHIFT)
    shift.do(SHIFT, "void", code, reason="测试")
    for by in (CLERK, SHIFT):
        before = len(town.lines("reveal_contact"))
        assert asked(by) == "13900000000"
        assert [line.actor for line in town.lines("reveal_contact")[before:]] == [by.name]
    with pytest.raises(NotThereError):
        asked(of("far", Role.INTAKE, areas=["D2"]))
    for other in (of("ling", Role.DUTY_OFFICER), of("lin", Role.LEADER), feed(Scope.ACT, Scope.READ)):
        with pytest.raises(NotAllowedError):
            asked(other)
    shift.do(CLERK, "reply", code, reason="已核查")
    for by in (CLERK, SHIFT):
        with pytest.raises(NotAllowedError):
            asked(by)


def test_a_feed_reads_what_its_own_callers_were_told_and_nobody_elses(shift: Shift) -> None:
    code = shift.open()
    shift.do(SHIFT, "void", code, reason="测试")
    shift.do(CLERK, "reply", code, reason="已核查")
    event = shift.event(code)
    own, other = (
        feed(Scope.READ, systems=systems) for systems in ([event.source_system], ["elsewhere"])
    )  # fmt: skip
    for by, said in ((own, "已核查"), (feed(Scope.READ), "已核查"), (CLERK, "已核查"), (other, None)):
        found = replying.told(shift.town.desk, by, [event])[event.id]
        assert (found.reply.text if found.reply else None) == said


def test_a_batch_answers_what_an_earlier_step_of_it_merged_and_nothing_twice(shift: Shift) -> None:
    main, part = shift.open(), shift.open()
    machine = feed(Scope.ACT)
    shift.now_ms += 60_000
    steps = [
        Action("merge", shift.now_ms, part, into=main, reason="同一事项"),
        Action("void", shift.now_ms, main, reason="测试"), Action("reply", shift.now_ms, main, reason="已核查"),
        Action("reply", shift.now_ms, part, reason="已核查"),
    ]  # fmt: skip
    found = act(shift.town.desk, machine, [Submitted({}, s) for s in steps], feed="t", now_ms=shift.now_ms)
    assert [o.status for o in found] == ["accepted", "accepted", "accepted", "quarantined"]
    assert [told(shift, code)[1] for code in (main, part)] == [["已核查"], ["已核查"]]
    assert to_reply(shift) == 0
