"""Every transition hangs on the audit: whatever is done to the change log behind its back shows, with its number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.alerts import MACHINE
from geodata.domain.roles import Role, Scope
from geodata.services import alerting, supervising
from geodata.services.acting import act
from geodata.services.auditing import CHANGES
from geodata.services.case import Action
from geodata.services.checking import check_audit
from geodata.services.covering import Covered
from geodata.services.escalating import escalate
from geodata.services.leasing import Claims
from geodata.services.outcomes import Submitted
from geodata.services.reporting import NewEvent, report_events
from geodata.store import alerts, changes, history
from geodata.store.audit import Line
from geodata.store.changes import Change
from geodata.store.engine import Store
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, POINT, Town, at_once, feed, of, town
from tests.factories.little_city import history as invented
from tests.factories.loop import CLERK, Shift

FEED = feed(Scope.REPORT, Scope.ACT)
BATCH = 6
OTHER: dict[str, Any] = {"at_ms": 1, "kind": "positions", "subject_id": 99, "rev": 7}


def batch(city: Town, first: int, n: int = BATCH) -> list[str]:
    """The codes of events that a system reports at once."""
    lon, lat = POINT["G1"]
    new = [
        Submitted({}, NewEvent("hotline", "12345", f"b{first + k}", "0101", NOW - HOUR, lon=lon, lat=lat))
        for k in range(n)
    ]
    return [o.code for o in report_events(city.desk, FEED, new, feed="t/events", now_ms=NOW)]


@pytest.fixture
def told(city: Town) -> Town:
    """A batch of a system, steps of people, and another batch."""
    batch(city, 0)
    shift = Shift(city)
    shift.units()
    shift.dispatched("U1")
    batch(city, BATCH)
    return city


def follow(city: Town) -> Covered:
    with city.store.read() as conn:
        assert city.access.audit.check(conn)[2] is None
        return city.access.audit.check_changes(conn)


def log(city: Town) -> list[Change]:
    """The change log without positions."""
    with city.store.read() as conn:
        return list(changes.transitions(conn))


def covering(city: Town) -> list[Line]:
    return [line for line in (*city.lines(), *city.lines(CHANGES)) if line.first_seq]


def by_force(city: Town, statement: str, **values: Any) -> None:
    with city.store.begin() as conn:
        conn.execute(sa.text(statement), values)


def test_every_change_is_covered_by_exactly_one_line(told: Town) -> None:
    found = follow(told)
    assert (found.broken, found.covered + found.before) == ("", len(log(told)))
    spans = [range(line.first_seq, line.last_seq + 1) for line in covering(told)]
    assert sorted(seq for span in spans for seq in span) == [c.seq for c in log(told)][found.before :]
    batches = [line for line in told.lines(CHANGES) if line.actor == FEED.name]
    assert [line.last_seq - line.first_seq + 1 for line in batches] == [BATCH, BATCH]


def test_a_persons_step_is_covered_by_the_line_that_tells_of_it(told: Town) -> None:
    by_seq = {c.seq: c for c in log(told)}
    steps = [line for line in told.lines() if line.action in ("register", "dispatch")]
    assert len(steps) == 2
    for line in steps:
        change = by_seq[line.first_seq]
        assert line.first_seq == line.last_seq
        assert (change.action, change.actor, f"{change.at_ms}") == (line.action, line.actor, f"{line.at_ms}")


def test_a_change_of_any_field_of_any_row_shows_with_its_number(told: Town) -> None:
    for row in log(told)[follow(told).before :]:
        for field in ("at_ms", "kind", "subject_id", "rev", "action", "state", "actor", "detail"):
            statement = f"UPDATE change SET {field} = :value WHERE seq = :seq"
            by_force(told, statement, value=OTHER.get(field, "x"), seq=row.seq)
            broken = follow(told).broken
            assert broken.startswith(f"change {row.seq} "), (row, field, broken)
            by_force(told, statement, value=getattr(row, field), seq=row.seq)
    assert not follow(told).broken


def test_a_row_that_was_taken_away_shows_with_its_number(told: Town) -> None:
    for row in log(told)[follow(told).before :]:
        by_force(told, "DELETE FROM change WHERE seq = :seq", seq=row.seq)
        assert follow(told).broken.startswith(f"change {row.seq} is missing")
        with told.store.begin() as conn:
            put(conn, row)
    assert not follow(told).broken


def put(conn: Connection, row: Change) -> None:
    """A row that goes by the way of nobody's service."""
    names = ", ".join(Change._fields)
    values = ", ".join(f":{name}" for name in Change._fields)
    conn.execute(sa.text(f"INSERT INTO change ({names}) VALUES ({values})"), row._asdict())


@pytest.mark.parametrize("place", ["end", "beginning", "positions"])
def test_a_forged_row_shows_with_its_number(told: Town, place: str) -> None:
    newest = log(told)[-1]
    if place == "positions":
        told.fix("U1", NOW + MINUTE, now_ms=NOW + MINUTE)
        batch(told, 90)
        seq = newest.seq + 1
        assert not follow(told).broken, "positions need no line"
        by_force(told, "UPDATE change SET kind = 'event', action = 'close', state = 'closed' WHERE seq = :s", s=seq)
    else:
        seq = newest.seq + 1 if place == "end" else -4
        with told.store.begin() as conn:
            put(conn, newest._replace(seq=seq, action="close", state="closed"))
    assert follow(told).broken == f"change {seq} is covered by no line"


def test_rows_that_have_changed_places_show(told: Town) -> None:
    a, b = log(told)[-2:]
    for new, old in ((-1, a.seq), (a.seq, b.seq), (b.seq, -1)):
        by_force(told, "UPDATE change SET seq = :new WHERE seq = :old", new=new, old=old)
    assert follow(told).broken.startswith(f"change {a.seq} ")


def test_check_says_what_is_covered_and_what_is_broken(told: Town) -> None:
    n, before = follow(told).covered, follow(told).before
    said = {f.subject: f for f in check_audit(told.access)}
    assert [f.subject for f in said.values() if f.wrong] == []
    assert said["changes"].text.startswith(f"{n} covered")
    assert before == 0 or f"{before} older ones" in said["changes"].text
    last = log(told)[-1].seq
    by_force(told, "UPDATE change SET state = 'closed' WHERE seq = :seq", seq=last)
    wrong = {f.subject: f.text for f in check_audit(told.access) if f.wrong}
    assert f"change {last} was changed" in wrong["changes"]


def test_an_event_that_stands_otherwise_than_its_last_change_says_is_named(told: Town) -> None:
    code = batch(told, 50, 1)[0]
    by_force(told, "UPDATE event SET state = 'closed' WHERE code = :code", code=code)
    wrong = {f.subject: f.text for f in check_audit(told.access) if f.wrong}
    assert set(wrong) == {"states"}
    assert code in wrong["states"]


def test_what_was_there_before_the_audit_covered_anything_is_counted_and_not_vouched_for(store: Store) -> None:
    bare = Shift(town(store))
    store.attend(lambda conn, first: None)  # as an older version would have written
    old = bare.open()
    before = len(log(bare.town))
    store.attend(bare.town.access.audit.cover)
    bare.do(CLERK, "register", old)
    found = follow(bare.town)
    assert (found.before, found.covered, found.broken) == (before, 1, "")
    by_force(bare.town, "UPDATE change SET state = 'closed' WHERE seq = :seq", seq=before)
    assert not follow(bare.town).broken


def test_a_process_that_does_not_sign_is_found(told: Town) -> None:
    last = log(told)[-1].seq
    told.store.attend(lambda conn, first: None)
    batch(told, 70, 2)
    told.store.attend(told.access.audit.cover)
    batch(told, 80, 2)
    assert follow(told).broken == f"change {last + 1} is covered by no line"


def test_forgotten_lines_take_the_proof_of_older_changes_along(told: Town) -> None:
    covered = follow(told).covered
    last = log(told)[-1]
    with told.store.begin() as conn:
        assert told.access.audit.forget(conn, NOW + 1)
    found = follow(told)
    assert (found.broken, found.covered + found.before) == ("", len(log(told)))
    assert 0 < found.covered < covered
    by_force(told, "DELETE FROM change WHERE seq = :seq", seq=last.seq)
    assert follow(told).broken.startswith(f"change {last.seq} is missing")


def test_an_import_is_covered_with_what_of_its_events_never_changes(city: Town) -> None:
    with city.store.begin() as conn:
        first = history.bulk_history(conn, invented(12), at_ms=NOW, actor="old/import")
    row = log(city)[-1]
    assert (row.kind, row.subject_id) == ("import", 12)
    assert follow(city).covered
    assert not any(f.wrong for f in check_audit(city.access))
    by_force(city, "UPDATE event SET reported_ms = reported_ms + 1 WHERE id = :id", id=first + 5)
    wrong = {f.subject: f.text for f in check_audit(city.access) if f.wrong}
    assert f"the events of change {row.seq} are not" in wrong["imports"]
    by_force(city, "UPDATE event SET reported_ms = reported_ms - 1 WHERE id = :id", id=first + 5)
    by_force(city, "UPDATE change SET detail = '' WHERE seq = :seq", seq=row.seq)
    assert follow(city).broken.startswith(f"change {row.seq} ")


def test_what_the_machine_does_is_covered(city: Town) -> None:
    claims = Claims(city.store, "one")
    escalate(city.desk, claims, NOW, supervising.open_order)
    city.report("m1", at_ms=NOW, urgency=1, reported_ms=NOW - MINUTE)
    far = NOW + 400 * DAY
    assert escalate(city.desk, Claims(city.store, "two"), far, supervising.open_order) > 0
    alerting.climb(city.desk, lambda conn: True, far + DAY)
    machine = [c for c in log(city) if c.actor == MACHINE]
    assert {c.kind for c in machine} == {"event", "alert"}
    assert any(c.action == "supervise" for c in machine)
    assert (follow(city).broken, follow(city).before) == ("", 0)


def test_an_order_that_fails_half_way_leaves_no_gap(city: Town) -> None:
    """What was undone inside of a transaction gave its numbers back."""
    claims = Claims(city.store, "one")
    escalate(city.desk, claims, NOW)
    for n in range(3):
        city.report(f"h{n}", at_ms=NOW)

    def second_fails(conn: Connection, event: Any, **told: Any) -> None:
        supervising.open_order(conn, event, **told)
        if event.source_id == "h1":
            raise RuntimeError("half way")

    assert escalate(city.desk, Claims(city.store, "two"), NOW + 400 * DAY, second_fails) > 0
    assert not follow(city).broken


def test_whoever_acknowledges_signs_the_end_of_the_alert(city: Town) -> None:
    city.report("r1", at_ms=NOW, urgency=1, reported_ms=NOW - MINUTE)
    officer = of("ling", Role.DUTY_OFFICER)
    with city.store.read() as conn:
        standing = alerts.standing(conn)
    alerting.acknowledge(city.access, city.desk, officer, standing[0].id, NOW + MINUTE)
    line, row = city.lines("acknowledge")[0], log(city)[-1]
    assert (line.first_seq, row.kind, row.actor) == (row.seq, "alert", "ling")
    assert not follow(city).broken


def test_several_processes_at_once_leave_nothing_uncovered(city: Town) -> None:
    def work(k: int) -> object:
        if k % 3 == 0:
            city.enrol(f"P{k}", status="on_duty")
            return city.fix(f"P{k}", NOW + k, now_ms=NOW + k)
        return batch(other if k % 2 else city, 1000 + 10 * k, 3)

    twin = Store.open(city.store.url)
    other = Town(replace(city.access, store=twin), replace(city.desk, store=twin))
    assert not [r for r in at_once(24, work, 8) if isinstance(r, Exception)]
    twin.close()
    found = follow(city)
    assert (found.broken, found.covered + found.before) == ("", len(log(city)))


def test_a_step_of_a_system_that_repeats_or_is_refused_needs_no_line(city: Town) -> None:
    code = batch(city, 0, 1)[0]
    n = len(city.lines(CHANGES))
    steps = [Submitted({}, Action(name, NOW, code, reason="属受理范围")) for name in ("register", "register", "close")]
    outcomes = act(city.desk, FEED, steps, feed="t/actions", now_ms=NOW)
    assert [o.status for o in outcomes] == ["accepted", "duplicate", "quarantined"]
    assert len(city.lines(CHANGES)) == n + 1
    act(city.desk, FEED, steps[1:], feed="t/actions", now_ms=NOW)
    assert len(city.lines(CHANGES)) == n + 1
