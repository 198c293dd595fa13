"""Random walks through the closed loop, legal and illegal: what must hold after every step, whoever takes it: people,
systems by their feed, or the machine as lights turn."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.domain.events import ASKING, AT_WORK, CLOSED, ENDED, FOLLOWS, KINDS, Mark, Need, State
from geodata.domain.roles import Scope
from geodata.services import supervising
from geodata.services.acting import possible
from geodata.services.actors import Actor
from geodata.services.escalating import escalate
from geodata.services.leasing import Claims
from geodata.store import audit, changes, intervals, units
from geodata.store.events import EventNow
from geodata.store.tasks import TaskNow
from tests.factories.access_city import DAY, HOUR, NOW, Town, feed
from tests.factories.loop import CLERK, HEAD, LEADER, OFFICER, SHIFT, UNITS, Shift

FEED = feed(Scope.REPORT, Scope.ACT)
PEOPLE: tuple[Actor, ...] = (CLERK, OFFICER, SHIFT, HEAD, LEADER, *UNITS.values())
ALL = (*PEOPLE, FEED)
ACTIONS = tuple(FOLLOWS)
STEPS, FREE, BY_FEED, MACHINE_RUNS = 90, 0.25, 0.15, 0.08
"""How many steps a walk has, how many of them are tried whether they are offered or not, how many a system takes, and
before how many the machine looks at the lights, some hours later."""
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
        may = {by.name: possible(conn, shift.town.desk, by, [event], ids.get(by.unit_code))[event.id] for by in ALL}
    return [(by, action) for by in ALL for action in may[by.name]]


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
    dice, shift = Random(seed), Shift(small, later(small))
    shift.units()
    claims = Claims(small.store, "walks")
    escalate(small.desk, claims, shift.now_ms)
    with small.store.read() as conn:
        ids = {code: unit.id for code, unit in units.by_codes(conn, list(UNITS)).items()}
    twin, code = shift.open(), shift.open()
    history = [(shift.event(code).state_ms, "reported")]
    lines = len(small.lines())
    for _ in range(STEPS):
        if dice.random() < MACHINE_RUNS:
            shift.now_ms += dice.randrange(1, 30) * HOUR
            escalate(small.desk, claims, shift.now_ms, supervising.open_order)
        before = shift.event(code)
        offered = offers(shift, before, ids)
        by_people = [one for one in offered if one[0] is not FEED]
        assert by_people or State(before.state) in ENDED - CLOSED, "an open event always has a next step"
        waits = any(action == "reply" for _, action in by_people)
        assert waits == bool(before.marks & Mark.TO_REPLY), "a reporter who waits can be answered"
        by, action = dice.choice(ALL), dice.choice(ACTIONS)
        those = [one for one in offered if one[0] is FEED] if dice.random() < BY_FEED else by_people
        if those and dice.random() > FREE:
            by, action = dice.choices(those, [SELDOM.get(act, 1.0) for _, act in those])[0]
        outcome = shift.act(by, action, code, **carried(action, dice.randrange(10), shift, twin))
        after, tasks, log = shift.event(code), shift.tasks(code), shift.log(code)
        check_tasks(after, tasks)
        if outcome.status != "accepted":
            assert after == before, "what is refused changes nothing"
            assert outcome.rule
            continue
        lines += by is not FEED
        check_event(after, before, action, shift.now_ms)
        assert (log[-1].action, log[-1].actor, log[-1].state, log[-1].rev) == (action, by.name, after.state, after.rev)
        assert len(log) == after.rev, "every transition is in the log"
        assert len(small.lines()) == lines, "and what a person did is told in the audit"
        if after.state != before.state:
            history.append((after.state_ms, after.state))
    check_replay(shift, code, history)
    check_covered(shift)


def later(town: Town) -> int:
    """A moment after all that happened so far."""
    with town.store.read() as conn:
        newest = changes.newest(conn)[1]
    return max(NOW, (newest or 0) + DAY)


def check_covered(shift: Shift) -> None:
    """Every change of every event, whoever made it, is covered by exactly one signed line, and is what it was then."""
    with shift.town.store.read() as conn:
        written = list(changes.transitions(conn))
        lines = [line for line in audit.walk(conn) if line.first_seq]
    seqs = sorted(seq for line in lines for seq in range(line.first_seq, line.last_seq + 1))
    assert seqs == [c.seq for c in written]
    by_seq = {seq: line.actor for line in lines for seq in range(line.first_seq, line.last_seq + 1)}
    assert all(by_seq[c.seq] == c.actor for c in written)
    assert shift.town.unbroken()


def check_replay(shift: Shift, code: str, history: list[tuple[int, str]]) -> None:
    """At each moment the intervals tell the state that the event had then."""
    event_id = shift.event(code).id
    with shift.town.store.read() as conn:
        for (from_ms, state), until_ms in zip(history, [h[0] for h in history[1:]] + [shift.now_ms + 1], strict=True):
            if until_ms > from_ms:
                held = [h for h in intervals.as_of(conn, from_ms) if h.event_id == event_id]
                assert [h.state for h in held] == [state]
