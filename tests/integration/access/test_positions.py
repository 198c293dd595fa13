"""Where units were: taken only while they are signed on, kept for some days, shown to few and written down."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from geodata.domain.roles import Role, Scope
from geodata.intake import door as door_module
from geodata.intake.door import Door
from geodata.services import keeping, looking
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.looking import NotThereError
from geodata.store.folder import City
from geodata.store.units import UnitNow, all_units
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, SECOND, Town, all_kept, feed, kept_in, of

SENDER = feed(Scope.POSITIONS, Scope.ENROL)
MEMBER = of("member", Role.UNIT_MEMBER, areas=["D1"], unit_code="U1")


def unit(city: Town, code: str = "U1") -> UnitNow:
    with city.store.read() as conn:
        return next(u for u in all_units(conn) if u.code == code)


def nothing_is_kept(city: Town) -> bool:
    places = ("lon", "lat", "fix_ms", "received_ms", "accuracy_m", "speed_ms", "battery", "area_id")
    return (
        not kept_in(city.store, "track") and not kept_in(city.store, "quarantine")
        and all(getattr(unit(city), name) is None for name in places)
    )  # fmt: skip


@pytest.fixture
def on(city: Town) -> Town:
    """U1 was enrolled an hour ago and is signed on since now."""
    city.enrol("U1", at_ms=NOW - HOUR)
    assert city.enrol("U1", status="on_duty", at_ms=NOW).status == "accepted"
    return city


@pytest.mark.parametrize("sender", [SENDER, MEMBER])
def test_before_signing_on_at_any_time_a_position_is_dropped_and_kept_nowhere(city: Town, sender: Actor) -> None:
    city.enrol("U1", at_ms=NOW - HOUR)
    for fix_ms in (NOW - 2 * HOUR, NOW - MINUTE, NOW, NOW + MINUTE, NOW + HOUR, NOW + 999 * DAY, 0):
        said = city.fix("U1", fix_ms, by=sender, now_ms=NOW)
        assert (said.status, said.field, said.rule) == ("dropped", "unit", "was not signed on then")
    assert nothing_is_kept(city)


def test_from_before_the_sign_on_nothing_is_taken_after_it_either(on: Town) -> None:
    assert on.fix("U1", NOW - 1, now_ms=NOW + MINUTE).status == "dropped"
    assert nothing_is_kept(on)
    assert on.fix("U1", NOW).status == "accepted"


def test_while_signed_on_in_any_way_positions_are_taken_and_the_sign_on_stays_the_first(on: Town) -> None:
    for k, status in enumerate(["en_route", "on_scene", "busy", "break", "on_duty"], 1):
        on.enrol("U1", status=status, at_ms=NOW + k * MINUTE)
        assert on.fix("U1", NOW + k * MINUTE).status == "accepted"
        assert unit(on).signed_on_ms == NOW
    assert (unit(on).lon, unit(on).lat, unit(on).area_id) == (0.5, 0.5, 6)


def test_signing_off_takes_the_position_away_and_no_late_one_brings_it_back(on: Town) -> None:
    on.fix("U1", NOW + MINUTE)
    on.enrol("U1", status="off_duty", at_ms=NOW + HOUR)
    for fix_ms in (NOW + 2 * MINUTE, NOW + HOUR - 1, NOW + HOUR, NOW + HOUR + 1):
        assert on.fix("U1", fix_ms, now_ms=NOW + HOUR + MINUTE).status == "dropped"
    assert (unit(on).lon, unit(on).lat, unit(on).fix_ms, unit(on).area_id) == (None, None, None, None)
    assert [row["fix_ms"] for row in kept_in(on.store, "track")] == [NOW + MINUTE]
    assert kept_in(on.store, "quarantine") == []


def test_a_second_turn_takes_nothing_from_between_the_turns(on: Town) -> None:
    on.enrol("U1", status="off_duty", at_ms=NOW + HOUR)
    on.enrol("U1", status="on_duty", at_ms=NOW + 3 * HOUR)
    for fix_ms in (NOW + HOUR - 1, NOW + 2 * HOUR, NOW + 3 * HOUR - 1):
        assert on.fix("U1", fix_ms, now_ms=NOW + 3 * HOUR).status == "dropped"
    assert nothing_is_kept(on)
    assert on.fix("U1", NOW + 3 * HOUR).status == "accepted"


def test_from_the_future_a_position_of_a_unit_on_duty_waits_and_is_no_place(on: Town) -> None:
    said = on.fix("U1", NOW + HOUR, now_ms=NOW)
    assert (said.status, said.field) == ("quarantined", "at")
    assert unit(on).lon is None


WRONG: list[dict[str, Any]] = [{"battery": 5}, {"at": "yesterday"}, {"at": None}, {"lon": "x"}, {"lon": 181}]


@pytest.mark.parametrize("status", ["off_duty", "on_duty", "never enrolled"])
def test_an_unreadable_position_waits_without_its_place_and_of_a_unit_off_duty_it_is_kept_nowhere(
    city: Town, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(door_module, "now_ms", lambda: NOW)
    if status != "never enrolled":
        city.enrol("U1", status=status, at_ms=NOW - HOUR)
    good: dict[str, Any] = {"unit": "U1", "lon": 0.123454321, "lat": 0.543212345, "at": NOW}
    door = Door(city.access, City())
    said = door.take("positions", SENDER, None, json.dumps([good | wrong for wrong in WRONG]).encode())
    is_on = status == "on_duty"
    assert {o.status for o in said} == {"quarantined" if is_on else "dropped"}
    assert len(kept_in(city.store, "quarantine")) == (len(WRONG) if is_on else 0)
    odd = [[0.123454321, 0.543212345], good | {"unit": 7}, {"unit": good}, 0.543212345, good | {"unit": "\x00"}]
    assert {o.status for o in door.take("positions", SENDER, None, json.dumps(odd).encode())} == {"dropped"}
    assert "0.543212345" not in all_kept(city.store)


def test_an_unknown_unit_and_one_beyond_the_reach_are_answered_alike(on: Town) -> None:
    sender = feed(Scope.POSITIONS, areas=["S2", "D2"])
    on.enrol("U3", "G3", "on_duty", at_ms=NOW)
    for fix_ms in (NOW, NOW + HOUR, NOW - HOUR):
        known, unknown = (on.fix(code, fix_ms, by=sender, now_ms=NOW) for code in ("U1", "U9"))
        assert (known.status, known.field, known.rule) == (unknown.status, unknown.field, unknown.rule)
        assert known.status == "dropped"
    assert nothing_is_kept(on)
    assert on.fix("U3", NOW, by=sender).status == "accepted"


def test_a_unit_member_sends_for_its_own_unit_only(on: Town) -> None:
    on.enrol("U2", "G1", "on_duty", at_ms=NOW)
    assert on.fix("U1", NOW, by=MEMBER).status == "accepted"
    assert on.fix("U2", NOW, by=MEMBER).status == "dropped"
    without = of("member", Role.UNIT_MEMBER)
    assert on.fix("U2", NOW, by=without).status == "dropped"
    leads_too = of("both", Role.UNIT_MEMBER, Role.SHIFT_LEADER, unit_code="U1")
    assert on.fix("U2", NOW, by=leads_too).status == "dropped"


@pytest.mark.parametrize("sender", [feed(*(s for s in Scope if s != Scope.POSITIONS)), of("x", Role.SHIFT_LEADER)])
def test_without_the_right_no_position_is_even_looked_at(on: Town, sender: Actor) -> None:
    with pytest.raises(NotAllowedError):
        on.fix("U1", NOW, by=sender)
    assert nothing_is_kept(on)


def forget(city: Town, now_ms: int, **rules: Any) -> keeping.Forgotten:
    return keeping.forget(city.access, City(**rules), now_ms)


@pytest.mark.parametrize("days", [1, 30, 90])
def test_tracks_are_gone_after_the_configured_days_and_are_there_just_before(on: Town, days: int) -> None:
    on.fix("U1", NOW)
    assert forget(on, NOW + days * DAY, track_days=days).tracks == 0
    assert len(kept_in(on.store, "track")) == 1
    assert forget(on, NOW + days * DAY + MINUTE, track_days=days).tracks == 1
    assert kept_in(on.store, "track") == []
    assert forget(on, NOW + days * DAY + MINUTE, track_days=days).tracks == 0


def test_only_what_is_old_enough_is_forgotten(on: Town) -> None:
    for k in range(4):
        on.fix("U1", NOW + k * DAY)
    assert forget(on, NOW + 2 * DAY + SECOND, track_days=1).tracks == 2
    assert [row["fix_ms"] for row in kept_in(on.store, "track")] == [NOW + 2 * DAY, NOW + 3 * DAY]


def test_positions_that_wait_are_forgotten_as_the_tracks_are(on: Town) -> None:
    on.fix("U1", NOW + HOUR, now_ms=NOW)
    assert len(kept_in(on.store, "quarantine")) == 1
    assert forget(on, NOW + DAY, track_days=1).tracks == 0
    assert forget(on, NOW + DAY + 1, track_days=1).tracks == 1
    assert kept_in(on.store, "quarantine") == []


def test_a_track_is_read_by_shift_leaders_and_heads_only_and_written_down_first(on: Town) -> None:
    on.fix("U1", NOW)
    span = {"from_ms": NOW, "to_ms": NOW + 1, "now_ms": NOW + HOUR}
    readers = {Role.SHIFT_LEADER, Role.CENTRE_HEAD}
    for role in set(Role) - readers:
        actor = feed(*Scope) if role == Role.FEED else of("reader", role, areas=["D1"], unit_code="U1")
        with pytest.raises(NotAllowedError):
            looking.track(on.access, on.desk, actor, "U1", **span)
    assert on.lines("read_track") == []
    for role in readers:
        actor = of("reader", role, areas=["D1"])
        assert looking.track(on.access, on.desk, actor, "U1", **span) == [(NOW, 0.5, 0.5)]
        line = on.lines("read_track")[-1]
        assert (line.actor, line.subject, line.area, line.at_ms) == ("reader", "unit:U1", "G1", NOW + HOUR)
        assert json.loads(line.new) == {"from_ms": NOW, "to_ms": NOW + 1}
    assert len(on.lines("read_track")) == 2


def test_a_track_beyond_the_reach_is_as_unknown_as_none(on: Town) -> None:
    texts = set()
    for areas, code in itertools.product((["S2"], ["D2"], [], ["gone"]), ("U1", "U9", "\x00", "")):
        actor = of("reader", Role.SHIFT_LEADER, areas=areas)
        with pytest.raises(NotThereError) as caught:
            looking.track(on.access, on.desk, actor, code, from_ms=0, to_ms=NOW + DAY, now_ms=NOW)
        texts.add(str(caught.value))
    assert len(texts) == 1
    assert on.lines("read_track") == []
