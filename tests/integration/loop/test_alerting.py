"""Alerts: raised with the report, tier by tier, answered once by who is asked; what is old or imported is quiet."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geodata.domain.alerts import MACHINE, MINUTE_MS, Trigger
from geodata.domain.events import Mark
from geodata.domain.plans import Plan
from geodata.domain.roles import Role
from geodata.domain.units import UnitKind
from geodata.services import alerting, supervising
from geodata.services.acting import act
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.case import Action
from geodata.services.leasing import Claims
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Submitted
from geodata.situation.loading import load_situation
from geodata.situation.tailing import Tail, read_news
from geodata.store import alerts, changes, events, history, supervision
from geodata.store.alerts import AlertNow
from geodata.store.engine import Store
from tests.factories.access_city import HOUR, NOW, OPERATOR, Town, at_once, of
from tests.factories.little_city import history as invented

JOB = "alerts"
OFFICER = of("ling", Role.DUTY_OFFICER, areas=["D1"])
LEADER = of("qiang", Role.SHIFT_LEADER, areas=["D1"])
HEAD = of("hua", Role.CENTRE_HEAD)


def all_alerts(town: Town) -> list[AlertNow]:
    """Every alert, oldest first."""
    with town.store.read() as conn:
        return alerts.page(conn, area_ids=None, from_ms=0, to_ms=2 * NOW, before_id=None, limit=10_000)[::-1]


def red(town: Town, source_id: str = "r1", at: str = "G1", **other: Any) -> AlertNow:
    """A new red event's alert."""
    told: dict[str, Any] = {"urgency": 1, "reported_ms": NOW - MINUTE_MS} | other
    assert town.report(source_id, at=at, **told).status == "accepted"
    return all_alerts(town)[-1]


def take(town: Town, code: str, *steps: str, at_ms: int = NOW, unit: str = "", by: Actor = OPERATOR) -> list[str]:
    sent = [
        Action(step, at_ms, code, unit_code=unit if step == "dispatch" else "", reason="x", confirmed=True,
               until_ms=at_ms + 7 * 24 * 60 * MINUTE_MS if step == "suspend" else None)
        for step in steps
    ]
    found = act(town.desk, by, [Submitted({}, a) for a in sent], feed="t/actions", now_ms=at_ms)
    return [o.status for o in found]


def logged(town: Town) -> list[tuple[str, str, str]]:
    """What the change log says of alerts."""
    with town.store.read() as conn:
        return [(c.action, c.actor, c.detail) for c in changes.tail(conn, 0) if c.kind == "alert"]


def climb(town: Town, now_ms: int, claims: Claims | None = None) -> int:
    claims = claims or Claims(town.store, "only")
    assert claims.hold(JOB, now_ms) is not None
    return alerting.climb(town.desk, claims.may_write(JOB), now_ms)


def test_a_new_red_event_rings_in_the_transaction_of_its_report_and_others_do_not(city: Town) -> None:
    alert = red(city)
    assert (alert.trigger, alert.raised_ms, alert.asked, alert.ended_ms) == ("red_event", NOW, ("duty_officer",), None)
    city.report("r2", urgency=2)
    assert city.report("r1", urgency=1, reported_ms=NOW - MINUTE_MS).status == "duplicate"
    assert city.report("r3", urgency=1, subtype_code="9999").status == "quarantined"
    assert [a.id for a in all_alerts(city)] == [alert.id]
    assert logged(city) == [("alert", "operator", "red_event: duty_officer")]


def test_what_is_old_when_it_arrives_and_what_is_imported_does_not_ring(city: Town) -> None:
    city.report("old", urgency=1, reported_ms=NOW - 13 * HOUR)
    rows = replace(invented(50), urgency=np.ones(50, np.int64))
    with city.store.begin() as conn:
        history.bulk_history(conn, rows, at_ms=NOW, actor="import")
    assert all_alerts(city) == []
    red(city, "late", reported_ms=NOW - 11 * HOUR)
    assert len(all_alerts(city)) == 1, "what comes late the same day does ring"


def test_nobody_answers_and_the_next_tier_is_asked_once_whoever_looks(city: Town) -> None:
    alert = red(city)
    first, second = Claims(city.store, "a"), Claims(city.store, "b")
    assert climb(city, NOW + 3 * MINUTE_MS - 1, first) == 0
    assert second.hold(JOB, NOW + 3 * MINUTE_MS) is None
    assert climb(city, NOW + 3 * MINUTE_MS, first) == 1
    assert climb(city, NOW + 3 * MINUTE_MS, first) == 0
    assert alerting.climb(city.desk, second.may_write(JOB), NOW + 60 * MINUTE_MS) == 0, "it does not hold the lease"
    assert climb(city, NOW + 60 * MINUTE_MS, second) == 1, "the first one is gone"
    (now,) = all_alerts(city)
    assert (now.id, now.tier, now.asked) == (alert.id, 2, ("duty_officer", "shift_leader", "centre_head"))
    assert [line[0] for line in logged(city)] == ["alert", "alert_next", "alert_next"]


def test_who_is_asked_answers_and_it_is_written_down_who_when_and_on_which_tier(city: Town) -> None:
    alert = red(city)
    with pytest.raises(NotAllowedError, match="duty_officer"):
        alerting.acknowledge(city.access, city.desk, LEADER, alert.id, NOW)
    climb(city, NOW + 3 * MINUTE_MS)
    done = alerting.acknowledge(city.access, city.desk, LEADER, alert.id, NOW + 4 * MINUTE_MS)
    assert done.first
    ended = (done.alert.ended_ms, done.alert.answer, done.alert.ended_by)
    assert ended == (NOW + 4 * MINUTE_MS, "acknowledged", "qiang")
    again = alerting.acknowledge(city.access, city.desk, OFFICER, alert.id, NOW + 5 * MINUTE_MS)
    assert (again.first, again.alert.ended_by) == (False, "qiang"), "the second is told who was first"
    (line,) = city.lines("acknowledge")
    assert (line.actor, line.subject, line.area) == ("qiang", f"event:{alert.code}", "G1")
    assert '"tier": 2' in line.new
    assert climb(city, NOW + 60 * MINUTE_MS) == 0, "it is silent"


def test_of_twenty_officers_who_answer_at_once_one_was_first(city: Town) -> None:
    alert = red(city)
    officers = [of(f"o{k}", Role.DUTY_OFFICER) for k in range(20)]
    got = at_once(20, lambda k: alerting.acknowledge(city.access, city.desk, officers[k], alert.id, NOW + k))
    assert [r for r in got if isinstance(r, Exception)] == []
    assert Counter(r.first for r in got if not isinstance(r, Exception)) == {True: 1, False: 19}
    assert len(city.lines("acknowledge")) == 1
    assert len({r.alert.ended_by for r in got if not isinstance(r, Exception)}) == 1


def test_what_lies_beyond_ones_reach_is_not_there_and_without_the_right_nothing_is(small: Town) -> None:
    alert = red(small, at="D2")
    for known in (alert.id, 4711):
        with pytest.raises(NotThereError, match="there is no such alert"):
            alerting.acknowledge(small.access, small.desk, OFFICER, known, NOW)
    for role in (Role.VIEWER, Role.ADMIN, Role.AUDITOR):
        with pytest.raises(NotAllowedError):
            alerting.acknowledge(small.access, small.desk, of("x", role), alert.id, NOW)
        with pytest.raises(NotAllowedError):
            alerting.mine(small.desk, of("x", role))
    assert alerting.mine(small.desk, OFFICER) == []
    assert alerting.past(small.desk, LEADER, area=None, from_ms=0, to_ms=2 * NOW, before_id=None, limit=9) == []
    with pytest.raises(NotThereError):
        alerting.past(small.desk, LEADER, area="D2", from_ms=0, to_ms=2 * NOW, before_id=None, limit=9)
    with pytest.raises(NotAllowedError):
        alerting.past(small.desk, OFFICER, area=None, from_ms=0, to_ms=2 * NOW, before_id=None, limit=9)


def test_a_dispatch_and_an_end_answer_what_rang_and_a_step_between_does_not(city: Town) -> None:
    sent, closed = red(city, "a"), red(city, "b")
    assert city.enrol("U1", status="on_duty").status == "accepted"
    assert take(city, sent.code, "register") == ["accepted"]
    assert all_alerts(city)[0].ended_ms is None
    assert take(city, sent.code, "dispatch", unit="U1", by=of("ling", Role.DUTY_OFFICER)) == ["accepted"]
    assert take(city, closed.code, "void") == ["accepted"]
    told = [(a.answer, a.ended_by, a.ended_ms) for a in all_alerts(city)]
    assert told == [("dispatched", "ling", NOW), ("ended", "operator", NOW)]


def test_an_alert_whose_event_went_on_unseen_is_swept(city: Town) -> None:
    alert = red(city)
    with city.store.begin() as conn:
        conn.exec_driver_sql(f"UPDATE event SET state = 'closed', ended_ms = {NOW} WHERE code = '{alert.code}'")
        alerting.sweep(conn, alerting.overtaken(conn), NOW + 1)
    (now,) = all_alerts(city)
    assert (now.answer, now.ended_by) == ("ended", MACHINE)


def test_a_unit_is_asked_for_its_own_events_only(small: Town) -> None:
    small.enrol("U1")
    small.enrol("U2")
    alert = red(small)
    take(small, alert.code, "register")
    take(small, alert.code, "dispatch", unit="U1")
    with small.store.begin() as conn:
        (event,) = events.by_ids(conn, [alert.event_id])
        new = alerting.new_alert(small.desk, event, Trigger.YELLOW, NOW)
        alerts.raise_all(conn, [new], at_ms=NOW, actor="t")
    own, other = (of(name, Role.UNIT_MEMBER, unit_code=name) for name in ("U1", "U2"))
    (mine,) = alerting.mine(small.desk, own)
    assert (mine.trigger, mine.asked, alerting.mine(small.desk, other)) == ("yellow", (), [])
    with pytest.raises(NotAllowedError):
        alerting.acknowledge(small.access, small.desk, other, mine.id, NOW)
    assert alerting.acknowledge(small.access, small.desk, own, mine.id, NOW).first


def test_past_alerts_come_by_day_and_area_newest_first_in_pages(city: Town) -> None:
    ids = [red(city, f"e{k}", at=at).id for k, at in enumerate(("G1", "G3", "D2", "G1"))]
    span = {"from_ms": NOW, "to_ms": NOW + 1}

    def got(actor: Actor, area: str | None = None, before: int | None = None, limit: int = 9) -> list[int]:
        return [a.id for a in alerting.past(city.desk, actor, area=area, before_id=before, limit=limit, **span)]

    assert got(HEAD) == ids[::-1]
    assert got(LEADER) == got(HEAD, "D1") == [ids[3], ids[1], ids[0]]
    assert got(HEAD, "S1") == [ids[3], ids[0]]
    assert got(LEADER, limit=1) == [ids[3]]
    assert got(LEADER, before=ids[3], limit=1) == [ids[1]]
    assert alerting.past(city.desk, HEAD, area=None, from_ms=NOW + 1, to_ms=2 * NOW, before_id=None, limit=9) == []


def test_the_live_picture_follows_forgets_after_a_minute_and_loads_the_same(city: Town) -> None:
    picture = load_situation(city.store, city.desk.calendar.zone, NOW)
    o = city.tree.ordinal
    first, _ = red(city, "a"), red(city, "b", at="D2")
    before = {code: picture.stamp("alerts", o[code]) for code in o}
    follow(city.store, picture)
    assert {code for code in o if picture.stamp("alerts", o[code]) != before[code]} == {"C", "D1", "S1", "G1", "D2"}
    heard = (first.trigger, first.asked)
    assert dict(picture.alerts(o["D1"], 9).standing) == {heard: 1}
    assert dict(picture.alerts(0, 1).standing) == {heard: 2}
    assert len(picture.alerts(0, 1).rows) == 1
    data_ms = picture.change_ms
    alerting.acknowledge(city.access, city.desk, OFFICER, first.id, NOW + 5)
    follow(city.store, picture)
    assert picture.change_ms == data_ms, "an answer is no data that came in"
    (row,) = picture.alerts(o["D1"], 9).rows
    assert (row.ended_by, dict(picture.alerts(o["D1"], 9).standing)) == ("ling", {})
    fresh = load_situation(city.store, city.desk.calendar.zone, NOW + 10)
    assert fresh.alerts(0, 9) == picture.alerts(0, 9)
    assert picture.advance(NOW + 60_005)
    assert picture.alerts(o["D1"], 9).rows == []


def follow(store: Store, picture: object) -> None:
    """One look at the store, as a running process takes it."""
    tail = Tail(store, picture, now=lambda: NOW)  # type: ignore[arg-type]
    news = read_news(store, tail.situation)
    assert news is not None
    tail._take(news)


def test_a_joint_dispatch_tells_whoever_the_plan_names_and_another_dispatch_nobody(city: Town) -> None:
    plan = Plan("火情", "Fire", ("0101",), UnitKind.GRID_POST, (), (Role.SHIFT_LEADER, Role.CENTRE_HEAD))
    planned = replace(city.desk, joint=(plan,))
    for unit in ("U1", "U2"):
        city.enrol(unit, status="on_duty")
    codes = [city.report(f"joint {n}", urgency=3).code for n in range(2)]
    for code, unit, joint in zip(codes, ("U1", "U2"), (True, False), strict=True):
        steps = [Action("register", NOW, code, reason="r"), Action("dispatch", NOW, code, unit_code=unit, joint=joint)]
        found = act(planned, OPERATOR, [Submitted({}, s) for s in steps], feed="t/actions", now_ms=NOW)
        assert [o.status for o in found] == ["accepted", "accepted"]
    with city.store.read() as conn:
        (told,) = alerts.standing(conn)
    assert (told.code, told.trigger, told.asked) == (codes[0], Trigger.JOINT, ("shift_leader", "centre_head"))


def test_a_dark_light_opens_an_order_that_the_machine_issues(city: Town) -> None:
    code = city.report("dark").code
    with city.store.begin() as conn:
        event = events.by_code(conn, code)
        assert event is not None
        supervising.open_order(conn, event, kind="overdue", now_ms=NOW)
    with city.store.read() as conn:
        after = events.by_code(conn, code)
        assert after is not None
        (order,) = supervision.orders(conn, event.id)
        last = changes.of_event(conn, event.id, 5)[-1]
    assert (after.marks, after.rev, after.state) == (Mark.SUPERVISED, event.rev + 1, event.state)
    assert (order.kind, order.issued_by, order.due_ms) == ("overdue", MACHINE, NOW + 24 * 60 * MINUTE_MS)
    assert (last.action, last.actor, last.detail) == ("supervise", MACHINE, "overdue")


def test_the_unit_that_is_asked_is_the_one_that_the_event_has_now(city: Town) -> None:
    for unit in ("U1", "U2"):
        city.enrol(unit, status="on_duty")
    code = city.report("handed on").code
    assert take(city, code, "register", "dispatch", unit="U1") == ["accepted", "accepted"]
    with city.store.begin() as conn:
        event = events.by_code(conn, code)
        assert event is not None
        alerts.raise_all(conn, [alerting.new_alert(city.desk, event, Trigger.YELLOW, NOW)], at_ms=NOW, actor=MACHINE)
    members = [of(f"m{n}", Role.UNIT_MEMBER, unit_code=f"U{n}") for n in (1, 2)]
    assert [len(alerting.mine(city.desk, m)) for m in members] == [1, 0]
    steps = take(city, code, "return", "confirm_return", "dispatch", unit="U2", at_ms=NOW + MINUTE_MS)
    assert steps == ["accepted"] * 3
    assert [len(alerting.mine(city.desk, m)) for m in members] == [0, 1]
