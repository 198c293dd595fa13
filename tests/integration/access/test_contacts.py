"""Contacts of reporters: sealed wherever they are kept, shown to who handles the event, written down, erased."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from geodata.domain.events import STAGE_OF, STATES, Mark, State
from geodata.domain.roles import ANSWERS, REVEALS, Right, Role, Scope
from geodata.intake import door as door_module
from geodata.intake.door import Door, Kind
from geodata.services import keeping, looking
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.contacts import may_reveal, reveal
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Outcome
from geodata.store import accounts, events, quarantine
from geodata.store.events import EventNow
from geodata.store.folder import City
from geodata.store.journal import Journal
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, OPERATOR, POINT, Town, all_kept, feed, kept_in, of

PHONE = "13983277451"
SENDER = feed(*Scope)
INTAKE = of("li", Role.INTAKE, areas=["D1"])


@dataclass
class Clock:
    ms: int = NOW

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The door's clock, which the test moves."""
    moved = Clock()
    monkeypatch.setattr(door_module, "now_ms", moved.now_ms)
    return moved


@pytest.fixture
def door(city: Town, clock: Clock) -> Door:
    return Door(city.access, City())


def an_event(source_id: str, **other: Any) -> dict[str, Any]:
    return {
        "source": "hotline", "source_system": "12345", "source_id": source_id, "subtype": "0101",
        "reported_at": NOW - HOUR, "lon": POINT["G1"][0], "lat": POINT["G1"][1], "contact": PHONE,
    } | other  # fmt: skip


def take(door: Door, *records: Any, kind: Kind = "events", by: Actor = SENDER) -> list[Outcome]:
    return door.take(kind, by, None, json.dumps(list(records)).encode())


def forget(city: Town, now_ms: int, days: int = 30) -> keeping.Forgotten:
    access = replace(city.access, rules=city.access.rules.model_copy(update={"contact_days": days}))
    return keeping.forget(access, City(), now_ms)


def of_event(city: Town, code: str, by: Actor = INTAKE) -> str | None:
    return reveal(city.access, city.desk, by, code, NOW)


def odd_records(tel: str, n: str) -> list[tuple[str, Kind, Any]]:
    """Every way in which a contact came so far, with a number by which it is found again."""
    return [
        ("taken", "events", an_event(n, contact=tel)),
        ("another field is wrong", "events", an_event(n, contact=tel, urgency=9)),
        ("the city does not know the subtype", "events", an_event(n, contact=tel, subtype="9999")),
        ("beyond the reach of the sender", "events", an_event(n, contact=tel, lon=3.5)),
        ("too long", "events", an_event(n, contact=tel * 60)),
        ("a number", "events", an_event(n, contact=int(tel))),
        ("a list", "events", an_event(n, contact=[tel, {"tel": tel}])),
        ("an object", "events", an_event(n, contact={"tel": tel})),
        ("half a character in it", "events", an_event(n, contact=f"\ud800{tel}")),
        ("a NUL in it", "events", an_event(n, contact=f"\x00{tel}")),
        ("sealed by the sender, who cannot", "events", an_event(n, contact=None, sealed_contact=tel)),
        ("sealed by the sender, and wrong", "events", an_event(n, contact="", sealed_contact=tel, urgency=9)),
        ("inside of an envelope", "events", {"events": [an_event(n, contact=tel)]}),
        ("inside of a list in the list", "events", [an_event(n, contact=tel)]),
        ("deep in what is ignored", "events", an_event(n, contact="", more={"a": [{"contact": tel}]}, urgency=9)),
        ("at an action", "actions", {"action": "fly", "contact": tel}),
        ("at a unit", "units", {"code": "U1", "contact": tel}),
        ("at a position", "positions", {"unit": "U1", "contact": tel}),
    ]  # fmt: skip


def test_in_no_table_a_contact_lies_open(city: Town, door: Door) -> None:
    narrow = feed(*Scope, areas=["D1"])
    phones = {}
    for n in range(len(odd_records("1", "e"))):
        how, kind, record = odd_records(f"139832{n:05}", f"e{n}")[n]
        phones[how] = f"139832{n:05}"
        for _ in range(2):
            said = take(door, record, kind=kind, by=narrow)
            assert len(said) == 1
            assert phones[how] not in "".join(map(str, said))
    door.replay(OPERATOR, None, 100)
    kept = all_kept(city.store)
    assert [how for how, phone in phones.items() if phone in kept] == []
    assert len(kept_in(city.store, "event")) >= 5


BROKEN = [
    b'[{"source": "hotline", "contact": "13983277451"', b'{"contact": "13983277451"}}', b"13983277451,hotline",
    b'\xff\xfe{"contact": "13983277451"}', b'{"contact": "13983277451", "x": \x00}',
    b"[" + b",".join([b'{"contact":"13983277451"}'] * 5001) + b"]", b"[" * 100_000 + b"13983277451",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["events", "positions"])
def test_a_body_that_is_not_json_is_not_kept_open(city: Town, door: Door, kind: Kind) -> None:
    for body in BROKEN:
        said = door.take(kind, SENDER, None, body)
        assert [o.status for o in said] == ["quarantined"]
        assert PHONE not in str(said)
        door.take(kind, SENDER, None, body)
    door.replay(OPERATOR, None, 100)
    assert PHONE not in all_kept(city.store)
    assert len(kept_in(city.store, "quarantine")) == len(BROKEN)


def test_a_record_that_is_nested_too_deep_is_refused_and_its_neighbours_are_taken(city: Town, door: Door) -> None:
    deep: Any = PHONE
    for _ in range(900):
        deep = {"contact": deep}
    said = take(door, an_event("a", contact=deep), an_event("b"), an_event("c", contact="", more=deep, urgency=9))
    assert [o.status for o in said][1] == "accepted"
    assert "accepted" not in (said[0].status, said[2].status)
    assert PHONE not in all_kept(city.store)


def test_whoever_handles_the_event_gets_the_contact_as_it_was_told_and_it_is_written_down(
    city: Town, door: Door
) -> None:
    for n, told in enumerate([PHONE, "王女士 微信 wx_0815 🙂", " "]):
        code = take(door, an_event(f"e{n}", contact=told))[0].code
        assert of_event(city, code) == told
        line = city.lines("reveal_contact")[-1]
        assert (line.actor, line.subject, line.area) == ("li", f"event:{code}", "G1")
        assert json.loads(line.new) == {"found": True}
        assert told.strip() == "" or told not in str(line)


def test_without_a_contact_there_is_none_to_reveal(city: Town, door: Door) -> None:
    for told in (None, ""):
        said = take(door, an_event(f"with {told}", contact=told))[0]
        assert said.status == "accepted"
        assert of_event(city, said.code) is None
        assert json.loads(city.lines("reveal_contact")[-1].new) == {"found": False}
    assert kept_in(city.store, "contact") == []


def put_into(city: Town, code: str, state: State, unit_id: int | None, marks: int = 0) -> EventNow:
    with city.store.begin() as conn:
        old = events.by_code(conn, code)
        assert old is not None
        journal = Journal(conn, NOW)
        new = journal.move(old, replace(old, state=state.value, unit_id=unit_id, marks=marks), "test", "test")
        journal.write()
    return new


@pytest.mark.parametrize("waits", [False, True])
def test_only_the_role_of_the_stage_reveals_or_who_must_reply_and_a_unit_only_its_own_event(
    city: Town, door: Door, waits: bool
) -> None:
    code = take(door, an_event("a"))[0].code
    city.enrol("U1")
    city.enrol("U2")
    shown = 0
    for state in STATES:
        event = put_into(city, code, state, 1, Mark.TO_REPLY if waits else 0)
        for role in Role:
            for unit_code in ("U1", "U2"):
                actor = SENDER if role == Role.FEED else of("x", role, areas=["D1"], unit_code=unit_code)
                stage = STAGE_OF.get(state)
                expected = role in REVEALS[stage] if stage is not None else waits and role in ANSWERS
                expected = expected and (role != Role.UNIT_MEMBER or unit_code == "U1")
                assert may_reveal(actor, event, "U1") is expected
                if expected:
                    assert of_event(city, code, actor) == PHONE
                    shown += 1
                else:
                    with pytest.raises(NotAllowedError):
                        of_event(city, code, actor)
    assert len(city.lines("reveal_contact")) == shown > 0


def test_beyond_the_reach_an_event_with_a_contact_is_as_unknown_as_none(city: Town, door: Door) -> None:
    code, texts = take(door, an_event("a"))[0].code, set()
    for areas in (["S2"], ["D2"], ["G2"], [], ["gone"]):
        actor = of("x", *(set(Role) - {Role.FEED, Role.SCREEN}), areas=areas, unit_code="U1")
        for asked in (code, "H000000-1", "", "\x00"):
            with pytest.raises(NotThereError) as caught:
                of_event(city, asked, actor)
            texts.add(str(caught.value))
    assert len(texts) == 1
    assert city.lines("reveal_contact") == []


@pytest.mark.parametrize("days", [1, 30])
def test_contacts_are_erased_after_the_configured_days_and_are_there_just_before(
    city: Town, door: Door, days: int
) -> None:
    code = take(door, an_event("a"))[0].code
    assert forget(city, NOW + days * DAY, days).contacts == 0
    assert of_event(city, code) == PHONE
    assert forget(city, NOW + days * DAY + MINUTE, days).contacts == 1
    assert of_event(city, code) is None
    assert kept_in(city.store, "contact") == []
    assert looking.event(city.desk, INTAKE, code)[0].code == code


def test_in_quarantined_records_they_are_erased_too_and_the_record_is_taken_without(city: Town, door: Door) -> None:
    city.create("kiosk", ["feed"], scopes=["report"])
    said = take(door, an_event("a", area="Z9"), {"events": [an_event("b")]}, by=city.actor("kiosk"))
    assert [o.status for o in said] == ["quarantined"] * 2
    assert forget(city, NOW + 30 * DAY).quarantined == 0
    assert forget(city, NOW + 30 * DAY + MINUTE).quarantined == 2
    assert forget(city, NOW + 30 * DAY + MINUTE).quarantined == 0
    kept = kept_in(city.store, "quarantine")
    assert "sealed" not in str(kept)
    assert json.loads(kept[0]["record"])["source_id"] == "a"
    with city.store.begin() as conn:
        found = json.loads(kept[0]["record"]) | {"area": "G1"}
        quarantine.rewrite(conn, kept[0]["id"], json.dumps(found))
    assert door.replay(OPERATOR, None, 10) == {"accepted": 1, "quarantined": 1}
    with city.store.read() as conn:
        assert events.by_source_ids(conn, "12345", ["a"])["a"].state == "reported"
    assert len(kept_in(city.store, "quarantine")) == 2


def test_a_replayed_record_brings_its_contact_along(city: Town, door: Door) -> None:
    city.create("kiosk", ["feed"], ["D2"], scopes=["report"])
    kiosk = city.actor("kiosk")
    assert take(door, an_event("a"), by=kiosk)[0].field == "lon"
    widen(city)
    assert door.replay(OPERATOR, None, 10) == {"accepted": 1}
    with city.store.read() as conn:
        code = events.by_source_ids(conn, "12345", ["a"])["a"].code
    assert of_event(city, code) == PHONE
    assert forget(city, NOW + 31 * DAY).quarantined == 1, "what was replayed is erased as well"


def test_the_days_of_a_replayed_contact_count_from_when_it_first_came(city: Town, door: Door, clock: Clock) -> None:
    city.create("kiosk", ["feed"], ["D2"], scopes=["report"])
    take(door, an_event("a"), by=city.actor("kiosk"))
    widen(city)
    clock.ms = NOW + 29 * DAY
    assert door.replay(OPERATOR, None, 10) == {"accepted": 1}
    assert forget(city, NOW + 30 * DAY - MINUTE).contacts == 0
    assert forget(city, NOW + 30 * DAY + MINUTE).contacts == 1


def test_what_waits_is_listed_without_its_contact(city: Town, door: Door) -> None:
    city.create("kiosk", ["feed"], ["D2"], scopes=["report", "quarantine"])
    take(door, an_event("a"), by=city.actor("kiosk"))
    (listed,) = looking.quarantined(city.access, city.tree, city.actor("kiosk"), None, 0, 10)
    assert "sealed" not in listed.record
    assert json.loads(listed.record)["source_id"] == "a"


def widen(city: Town) -> None:
    with city.store.begin() as conn:
        accounts.save(conn, replace(city.account("kiosk"), areas=("C",)))


@pytest.mark.parametrize("contact", [PHONE, int(PHONE), {"tel": [PHONE]}, PHONE * 60, "", None])
def test_a_record_that_is_replayed_in_vain_waits_once_and_its_days_go_on(
    city: Town, door: Door, clock: Clock, contact: Any
) -> None:
    city.create("kiosk", ["feed"], scopes=["report"])
    record = an_event("a", urgency=9, contact=contact)
    take(door, record, b'{"x"'.decode(), by=city.actor("kiosk"))
    door.take("events", city.actor("kiosk"), None, b'{"contact": "x"')
    clock.ms = NOW + 29 * DAY
    for _ in range(3):
        door.replay(OPERATOR, None, 10)
    take(door, record, by=city.actor("kiosk"))
    assert [row["received_ms"] for row in kept_in(city.store, "quarantine")] == [NOW] * 3
    assert forget(city, NOW + 30 * DAY + MINUTE).quarantined == (2 if contact else 1)
    for _ in range(3):
        door.replay(OPERATOR, None, 10)
    assert len(kept_in(city.store, "quarantine")) == 3
    assert "sealed" not in str(kept_in(city.store, "quarantine"))


def test_records_that_differ_in_their_contact_only_wait_both_and_are_erased_both(city: Town, door: Door) -> None:
    take(door, an_event("a", urgency=9), an_event("a", urgency=9, contact="another"))
    assert len(kept_in(city.store, "quarantine")) == 2
    assert forget(city, NOW + 31 * DAY).quarantined == 2
    assert "sealed" not in str(kept_in(city.store, "quarantine"))


def test_no_role_has_a_right_that_reveals_without_handling() -> None:
    assert not {r for r in Right if "contact" in r.value}
    assert "contact" not in (s.value for s in Scope)

