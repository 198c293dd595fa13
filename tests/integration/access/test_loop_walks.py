"""Random walks through the closed loop, legal and illegal: what must hold after every step, whoever takes it."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.domain.events import ASKING, AT_WORK, CLOSED, ENDED, FOLLOWS, KINDS, Mark, Need, State
from geodata.services.acting import possible
from geodata.services.actors import Actor
from geodata.store import intervals, units
from geodata.store.events import EventNow
from geodata.store.tasks import TaskNow
from tests.factories.access_city import DAY, Town
from tests.factories.loop import CLERK, HEAD, LEADER, OFFICER, SHIFT, UNITS, Shift

PEOPLE: tuple[Actor, ...] = (CLERK, OFFICER, SHIFT, HEAD, LEADER, *UNITS.values())
ACTIONS = tuple(FOLLOWS)
STEPS, FREE = 90, 0.25
"""How many steps a walk has, and how many of them are tried whether they are offered or not."""
SELDOM = {"force_close": 0.05, "void": 0.03, "merge": 0.03, "reject": 0.1, "supervise": 0.2, "placard": 0.2,
          "suspend": 0.4, "progress": 0.3}


def carried(action: str, n: int, shift: Shift, twin: str) -> dict[str, Any]:
    """Everything that the action must carry; now and then a word is missing."""
    lead = f"U{1 + n % 4}"
    told: dict[Need, dict[str, Any]] = {
        Need.REASON: {"reason": "" if n == 9 else "原因"}, Need.UNIT: {"unit_code": lead, "assists": assists(n, lead)},
        Need.UNTIL: {"until_ms": shift.now_ms + (n - 1) * DAY}, Need.INTO: {"into": twin},
        Need.KIND: {"kind": KINDS.get(action, ("",))[n % len(KINDS.get(action, ("",)))]},
        Need.ACCOUNTABLE: {"accountable": "分管领导"},
    }  # fmt: skip
    out: dict[str, Any] = {"confirmed": n % 2 == 0} if action == "dispatch" else {}
    for need in FOLLOWS[action].needs:
        out |= told[need]
    return out


def assists(n: int, lead: str) -> tuple[str, ...]:
    return tuple(code for code in list(UNITS)[: n % 3] if code != lead)


def offers(shift: Shift, event: EventNow, ids: dict[str, int]) -> list[tuple[Actor, str]]:
    with shift.town.store.read() as conn:
        may = {by.name: possible(conn, shift.town.desk, by, [event], ids.get(by.unit_code))[event.id] for by in PEOPLE}
    return [(by, action) for by in PEOPLE for action in may[by.name]]


def check_event(event: EventNow, before: EventNow, action: str, at_ms: int) -> None:
    """What a step may have changed."""
    step, state = FOLLOWS[action], State(event.state)
    assert State(before.state) in step.after
    assert state in (step.to, State(before.state), State.HANDLED)
    assert event.rev == before.rev + 1
    assert before.state_ms <= event.state_ms <= at_ms, "clocks never run backwards"
    assert (event.ended_ms is not None) == (state in ENDED)
    assert event.reported_ms == before.reported_ms
    assert event.stood_ms >= before.stood_ms
    if action not in ("reopen", "rework"):
        assert event.handled_ms is None or event.handled_ms >= (before.handled_ms or 0)
        assert (event.deadline_ms or 0) >= (before.deadline_ms or 0), "no step takes time away"
    assert not event.marks & Mark.TO_REPLY or (state in ENDED and event.source in ASKING)
    assert bool(event.marks & Mark.REOPENED) == bool(before.marks & Mark.REOPENED or action == "reopen")
    if state in ENDED and State(before.state) not in ENDED and event.source in ASKING:
        assert event.marks & Mark.TO_REPLY, "whoever reported it waits for an answer"


def check_tasks(event: EventNow, tasks: list[TaskNow]) -> None:
    """Units have something to do exactly while the event is at work, and one of them leads."""
    opened = [t for t in tasks if t.ended_ms is None]
    state = State(event.state)
    assert not opened or state in AT_WORK or state == State.RETURNED
    assert len({t.unit_id for t in opened}) == len(opened)
    if state in AT_WORK:
        assert opened
        leading = [t for t in tasks if t.lead][-1]
        assert (leading.unit_id, leading.ended in ("", "done")) == (event.unit_id, True)
    for t in tasks:
        moments = [m for m in (t.sent_ms, t.accepted_ms, t.arrived_ms, t.ended_ms) if m is not None]
        assert moments == sorted(moments)
        assert bool(t.ended) == (t.ended_ms is not None)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_whatever_people_try_no_event_is_stuck_no_clock_runs_backwards_and_nothing_is_lost(
    small: Town, seed: int
) -> None:
    dice, shift = Random(seed), Shift(small)
    shift.units()
    with small.store.read() as conn:
        ids = {code: unit.id for code, unit in units.by_codes(conn, list(UNITS)).items()}
    twin, code = shift.open(), shift.open()
    history = [(shift.event(code).state_ms, "reported")]
    lines = len(small.lines())
    for _ in range(STEPS):
        before = shift.event(code)
        offered = offers(shift, before, ids)
        assert offered or State(before.state) in ENDED - CLOSED, "an open event always has a next step"
        waits = any(action == "reply" for _, action in offered)
        assert waits == bool(before.marks & Mark.TO_REPLY), "a reporter who waits can be answered"
        by, action = dice.choice(PEOPLE), dice.choice(ACTIONS)
        if offered and dice.random() > FREE:
            by, action = dice.choices(offered, [SELDOM.get(act, 1.0) for _, act in offered])[0]
        outcome = shift.act(by, action, code, **carried(action, dice.randrange(10), shift, twin))
        after, tasks, log = shift.event(code), shift.tasks(code), shift.log(code)
        check_tasks(after, tasks)
        if outcome.status != "accepted":
            assert after == before, "what is refused changes nothing"
            assert outcome.rule
            continue
        lines += 1
        check_event(after, before, action, shift.now_ms)
        assert (log[-1].action, log[-1].actor, log[-1].state, log[-1].rev) == (action, by.name, after.state, after.rev)
        assert len(log) == after.rev, "every transition is in the log"
        assert len(small.lines()) == lines, "and in the audit"
        if after.state != before.state:
            history.append((after.state_ms, after.state))
    check_replay(shift, code, history)


def check_replay(shift: Shift, code: str, history: list[tuple[int, str]]) -> None:
    """At each moment the intervals tell the state that the event had then."""
    event_id = shift.event(code).id
    with shift.town.store.read() as conn:
        for (from_ms, state), until_ms in zip(history, [h[0] for h in history[1:]] + [shift.now_ms + 1], strict=True):
            if until_ms > from_ms:
                held = [h for h in intervals.as_of(conn, from_ms) if h.event_id == event_id]
                assert [h.state for h in held] == [state]
