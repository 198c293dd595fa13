"""What is forgotten of alerts, surges and walks, and what has to stay."""

from __future__ import annotations

from dataclasses import replace

from geodata.services.keeping import forget
from geodata.services.walk_keeping import keep_walks
from geodata.store import alerts, changes, events, surges, walk_log
from geodata.store.alerts import NewAlert
from geodata.store.folder import City
from geodata.store.journal import Journal
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, Town, kept_in, town

AUDIT_DAYS = 200


def alerted(city: Town, source_id: str, at_ms: int) -> int:
    """The alert of a new event."""
    outcome = city.report(source_id, at_ms=at_ms)
    with city.store.begin() as conn:
        event = events.by_codes(conn, [str(outcome.code)])[str(outcome.code)]
        return alerts.raise_all(
            conn, [NewAlert(event.id, "red", at_ms, 0, ("duty_officer",), handler=False)], at_ms=at_ms, actor="test"
        )[0]


def answered(city: Town, alert_id: int, at_ms: int, *, closed: bool) -> None:
    """Somebody said "seen"; at times the event ends with it."""
    with city.store.begin() as conn:
        alerts.end(conn, [alert_id], at_ms=at_ms, answer="acknowledged", by="somebody")
        if closed:
            (alert,) = alerts.by_ids(conn, [alert_id])
            (event,) = events.by_ids(conn, [alert.event_id])
            journal = Journal(conn, at_ms)
            journal.move(event, replace(event, state="void", state_ms=at_ms, ended_ms=at_ms), "void", "test")
            journal.write()


def surged(city: Town, began_ms: int, ended_ms: int | None) -> int:
    """A surge."""
    with city.store.begin() as conn:
        (number,) = surges.begin(conn, [(1, "01", surges.Hour(began_ms, 1, 9, 2.0, 0.001))], at_ms=began_ms, actor="t")
        if ended_ms is not None:
            surges.end(conn, [(surges.by_ids(conn, [number])[0], None)], at_ms=ended_ms, actor="t")
    return number


def test_alerts_and_surges_that_are_over_go_with_the_audit_lines(city: Town) -> None:
    city = Town(town(city.store, audit_days=AUDIT_DAYS).access, city.desk)
    old, late = NOW - (AUDIT_DAYS + 20) * DAY, NOW - (AUDIT_DAYS - 20) * DAY
    over, of_open, lately, stands, newest = (
        alerted(city, str(k), at) for k, at in enumerate((old, old, late, old, old))
    )
    ends = {over: (old, True), of_open: (old, False), lately: (late, True), newest: (old, True)}
    for alert_id, (at_ms, closed) in ends.items():
        answered(city, alert_id, at_ms + HOUR, closed=closed)
    gone, recent, standing, last = (
        surged(city, at, end) for at, end in ((old, old + HOUR), (old, late), (old, None), (old, old + HOUR))
    )
    forget(city.access, City(), NOW)
    assert sorted(r["id"] for r in kept_in(city.store, "alert")) == [of_open, lately, stands, newest]
    assert sorted(r["id"] for r in kept_in(city.store, "surge")) == [recent, standing, last]
    assert over
    assert gone
    assert alerted(city, "next", NOW) == newest + 1, "no number is given again"
    assert surged(city, NOW, None) == last + 1


def test_what_was_walked_when_goes_with_the_tracks(city: Town) -> None:
    city.enrol("U1", at_ms=NOW - 50 * DAY)
    for day in (40, 35, 20, 10):
        at = NOW - day * DAY
        city.enrol("U1", status="off_duty", at_ms=at)
        city.enrol("U1", status="on_duty", at_ms=at)
        for k in range(6):
            city.fix("U1", at + k * MINUTE, at=("G1", "G2")[k % 2])
        keep_walks(city.desk, lambda _: True, at - 30 * DAY, at + HOUR)
    with city.store.read() as conn:
        seq_of = {c.seq: c.at_ms for c in changes.tail(conn, 0)}
    forget(city.access, City(), NOW)
    left = [seq_of[r["seq"]] for r in kept_in(city.store, "walk_change")]
    assert left
    assert min(left) >= NOW - 30 * DAY
    with city.store.read() as conn:
        first = walk_log.known_since(conn)
        assert first is not None
        assert first <= NOW - 30 * DAY, "what the first instants are made of stays"
        assert walk_log.leading_to(conn, NOW - 30 * DAY)
    assert [r for r in kept_in(city.store, "walk_log") if r["to_ms"] < first] == []
