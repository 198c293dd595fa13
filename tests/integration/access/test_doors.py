"""The doors: what an actor of which scopes, systems and areas may send, and what it learns of what is not its own."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from geodata.domain.events import FOLLOWS, State
from geodata.domain.roles import Right, Role, Scope
from geodata.intake import door as door_module
from geodata.intake.door import Door, Kind
from geodata.services.acting import act
from geodata.services.actors import NOBODY, Actor, NotAllowedError
from geodata.services.case import Action
from geodata.services.outcomes import Outcome, Submitted
from geodata.store import events, feeds
from geodata.store.folder import City
from tests.factories.access_city import HOUR, NOW, OPERATOR, POINT, SECOND, Town, feed, kept_in, of

NEEDED: dict[Kind, Scope] = {
    "events": Scope.REPORT, "actions": Scope.ACT, "units": Scope.ENROL, "positions": Scope.POSITIONS,
}  # fmt: skip
D1 = feed(*Scope, areas=["D1"])


@pytest.fixture
def door(city: Town, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(door_module, "now_ms", lambda: NOW)
    return Door(city.access, City())


def acts(city: Town, by: Actor, action: str, code: str = "", **other: Any) -> Outcome:
    item = Action(action, other.pop("at_ms", NOW), code, **other)
    return act(city.desk, by, [Submitted({}, item)], feed="t/actions", now_ms=NOW)[0]


def said(outcome: Outcome, *told: str) -> tuple[str, ...]:
    """The words of an answer without the value that was told."""
    texts = [outcome.status, outcome.code, outcome.field, outcome.value, outcome.rule]
    for value in told:
        texts = [text.replace(value, "…") for text in texts]
    return tuple(texts)


@pytest.mark.parametrize("kind", list(NEEDED))
def test_each_door_opens_to_its_scope_and_to_no_other(city: Town, door: Door, kind: Kind) -> None:
    for scope in Scope:
        if scope == NEEDED[kind]:
            assert door.take(kind, feed(scope), None, b"[]") == []
            continue
        with pytest.raises(NotAllowedError):
            door.take(kind, feed(scope), None, b"[{}]")
    for actor in (NOBODY, feed(), feed(*(s for s in Scope if s != NEEDED[kind])), of("x", Role.ADMIN)):
        with pytest.raises(NotAllowedError):
            door.take(kind, actor, None, b"not even JSON")
    assert kept_in(city.store, "quarantine") == []
    assert kept_in(city.store, "feed") == []


PLACES: list[tuple[str, dict[str, Any], str]] = [
    ("own", {"area_code": "D1", "at": None}, "accepted"),
    ("child", {"area_code": "G1", "at": None}, "accepted"),
    ("own by its point", {"at": "G3"}, "accepted"),
    ("sibling", {"area_code": "D2", "at": None}, "area"),
    ("parent", {"area_code": "C", "at": None}, "area"),
    ("unknown", {"area_code": "Atlantis", "at": None}, "area"),
    ("nowhere", {"at": None}, "area"),
    ("sibling by its point", {"at": "D2"}, "lon"),
    ("outside of every area below the city", {"at": "C"}, "lon"),
    ("outside of the city", {"at": "G1", "lon": 50.0}, "lon"),
    ("own by its point, sibling by its code", {"at": "G1", "area_code": "D2"}, "area"),
    ("sibling by its point, own by its code", {"at": "D2", "area_code": "G1"}, "lon"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_events_are_taken_for_the_own_areas_and_what_is_below(small: Town, told: dict[str, Any], expected: str) -> None:
    outcome = small.report("a", by=D1, **told)
    assert expected in (outcome.status, outcome.field), outcome
    assert len(kept_in(small.store, "event")) == (expected == "accepted")


def test_a_sibling_area_and_one_that_does_not_exist_are_refused_in_the_same_words(small: Town) -> None:
    words = {
        said(small.report("a", by=D1, area_code=code, at=None), code) for code in ("D2", "C", "Atlantis", "gone")
    }
    assert words == {("quarantined", "", "area", "…", "is not an area of this city")}
    words = {said(small.enrol("U7", code, by=D1), code) for code in ("D2", "C", "Atlantis")}
    assert words == {("quarantined", "", "home_area", "…", "is not an area of this city")}


def test_a_feed_speaks_for_its_systems_only(small: Town) -> None:
    one = feed(Scope.REPORT, systems=["kiosk"])
    assert small.report("a", by=one, source_system="kiosk").status == "accepted"
    other = small.report("a", by=one, source_system="12345")
    assert (other.field, other.value) == ("source_system", "12345")
    assert small.report("b", by=of("li", Role.INTAKE), source_system="people").status == "accepted"
    assert small.report("c", by=of("li", Role.INTAKE), source_system="12345").field == "source_system"
    assert small.report("d", by=feed(Scope.REPORT), source_system="anything").status == "accepted"


@pytest.mark.parametrize("described", ["", "another text"])
def test_of_events_of_other_systems_or_areas_nothing_is_learned_by_their_numbers(small: Town, described: str) -> None:
    code = small.report("no-7", at="D2").code
    other_system = feed(Scope.REPORT, systems=["kiosk"])
    words = {said(small.report(n, by=other_system, at="D2", description=described), n) for n in ("no-7", "no-8")}
    assert len(words) == 1
    words = {said(small.report(n, by=D1, at="D2", description=described), n) for n in ("no-7", "no-8")}
    assert len(words) == 1
    taken = small.report("no-7", by=D1, at="G1", description=described)
    assert (taken.status, taken.field) == ("quarantined", "source_id")
    assert code not in str(taken)


def test_a_repeat_of_an_own_report_still_answers_its_code(small: Town) -> None:
    first, again = (small.report("a", by=D1) for _ in range(2))
    assert (first.status, again.status, again.code) == ("accepted", "duplicate", first.code)
    closed = small.report("a", by=D1, area_code="an area of an older edition")
    assert (closed.status, closed.code) == ("duplicate", first.code)


@pytest.mark.parametrize("at", ["D2", "C"])
def test_an_event_beyond_the_reach_is_as_unknown_as_none_to_every_step(small: Town, at: str) -> None:
    code = small.report("no-7", at=at).code
    for action in FOLLOWS:
        far, none = (said(acts(small, D1, action, c), c) for c in (code, "H999999-9"))
        assert far == none == ("quarantined", "", "code", "…", "is not an event of this city")
        by_id = [
            said(acts(small, D1, action, source_system="12345", source_id=n), n) for n in ("no-7", "no-8")
        ]
        assert by_id[0] == by_id[1]
        assert "never reported" in by_id[0][-1]
    with small.store.read() as conn:
        event = events.by_code(conn, code)
    assert event is not None
    assert (event.state, event.rev) == ("reported", 1)


def test_a_unit_beyond_the_reach_is_as_unknown_as_none_to_a_dispatch(small: Town) -> None:
    code = small.report("a").code
    small.enrol("U1", "G1")
    small.enrol("U2", "D2")
    acts(small, OPERATOR, "register", code, reason="r")
    far, none = (said(acts(small, D1, "dispatch", code, unit_code=u), u) for u in ("U2", "U9"))
    assert far == none == ("quarantined", "", "unit", "…", "is not a unit of this city")
    assert acts(small, D1, "dispatch", code, unit_code="U1", at_ms=NOW + SECOND).status == "accepted"


def test_a_unit_of_another_district_is_not_enrolled_anew_or_drawn_over(small: Town) -> None:
    small.enrol("U2", "D2", "on_duty")
    before = kept_in(small.store, "unit")
    for home in (None, "D2", "G1", "D1"):
        assert small.enrol("U2", home, "off_duty", by=D1, at_ms=NOW + HOUR).status == "quarantined"
    assert kept_in(small.store, "unit") == before
    assert small.enrol("U3", "S1", by=D1).status == "accepted"
    assert small.enrol("U3", "D2", by=D1).field == "home_area"


# How an event gets into the state in which a step can be tried, and by which unit it is handled then.
ROAD: dict[str, list[str]] = {
    "accept": ["register", "dispatch"],
    "arrive": ["register", "dispatch", "accept"],
    "report_back": ["register", "dispatch", "accept"],
    "return": ["register", "dispatch"],
    "check": ["register", "dispatch", "accept", "report_back", "ask_check"],
    "rework": ["register", "dispatch", "accept", "report_back"],
    "verify": ["ask_verify"],
}  # fmt: skip
OWN, OTHER = ("accept", "arrive", "report_back", "return"), ("check", "rework")


@pytest.mark.parametrize("action", list(ROAD))
def test_a_unit_takes_steps_of_its_own_events_and_never_checks_its_own_work(small: Town, action: str) -> None:
    small.enrol("U1")
    small.enrol("U2")
    for unit_code, more in itertools.product(("U1", "U2", ""), (Role.UNIT_MEMBER, Role.INTAKE, Role.SHIFT_LEADER)):
        expected = action not in OTHER if unit_code == "U1" else action not in OWN
        code = small.report(f"for {unit_code} {more}").code
        for step in ROAD[action]:
            unit = "U1" if step == "dispatch" else ""
            assert acts(small, OPERATOR, step, code, unit_code=unit, reason="r", at_ms=NOW - SECOND,
                        confirmed=True).status == "accepted"  # fmt: skip
        member = of("m", Role.UNIT_MEMBER, more, areas=["D1"], unit_code=unit_code)
        outcome = acts(small, member, action, code, reason="r")
        assert (outcome.status == "accepted") is expected, (unit_code, outcome)
        if not expected:
            assert outcome.field == "action"
            assert outcome.rule == ("is for the event's own unit" if action in OWN else "is not for its handler")


@pytest.mark.parametrize("role", [r for r in Role if r != Role.FEED])
def test_every_step_that_is_not_the_roles_is_refused_and_changes_nothing(small: Town, role: Role) -> None:
    code = small.report("a").code
    actor = of("x", role, unit_code="U1")
    for action in FOLLOWS:
        if action in actor.acts:
            continue
        if not actor.acts:
            with pytest.raises(NotAllowedError):
                acts(small, actor, action, code, reason="r")
            continue
        outcome = acts(small, actor, action, code, reason="r", unit_code="")
        assert (outcome.status, outcome.field) == ("quarantined", "action")
        assert "see the table of roles" in outcome.rule
    with small.store.read() as conn:
        event = events.by_code(conn, code)
    assert event is not None
    assert (event.state, event.rev) == (State.REPORTED, 1)


TOLD: list[tuple[Actor, str | None, str]] = [
    (feed(Scope.REPORT), None, "kiosk/events"),
    (feed(Scope.REPORT), "12345", "12345/events"),
    (feed(Scope.REPORT), "a/b", "kiosk/events"),
    (feed(Scope.REPORT), "x" * 33, "kiosk/events"),
    (feed(Scope.REPORT, systems=["12345"]), None, "12345/events"),
    (feed(Scope.REPORT, systems=["12345"]), "other", "12345/events"),
    (feed(Scope.REPORT, systems=["a", "b"]), "b", "b/events"),
    (feed(Scope.REPORT, systems=["a", "b"]), "other", "kiosk/events"),
    (of("l" * 64, Role.FEED, scopes=[Scope.REPORT]), None, "l" * 57 + "/events"),
    (of("li", Role.INTAKE), None, "people/events"),
    (of("li", Role.INTAKE), "12345", "people/events"),
]  # fmt: skip


def test_a_batch_is_booked_under_a_system_that_the_actor_speaks_for(city: Town, door: Door) -> None:
    for n, (actor, told, name) in enumerate(TOLD):
        outcome = door.take("events", actor, told, json.dumps({"source_id": n}).encode())
        assert outcome[0].status == "quarantined"
        assert kept_in(city.store, "quarantine")[-1]["feed"] == name
    names = {name for _, _, name in TOLD}
    with city.store.read() as conn:
        assert {f.name for f in feeds.all_feeds(conn)} == names
    assert sum(sum(door.replay(OPERATOR, name, 10).values()) for name in names) == len(TOLD)


def test_who_reported_is_the_login_in_the_change_log(city: Town, door: Door) -> None:
    record = {"source": "hotline", "source_system": "people", "source_id": "a", "subtype": "0101", "reported_at": NOW,
              "lon": POINT["G1"][0], "lat": POINT["G1"][1]}  # fmt: skip
    assert door.take("events", of("li", Role.INTAKE), None, json.dumps(record).encode())[0].status == "accepted"
    assert [row["actor"] for row in kept_in(city.store, "change")] == ["li"]
    assert of("li", Role.INTAKE).may(Right.REPORT)
