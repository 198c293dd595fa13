"""The unit's side of the loop, by its phone: duty, steps, photos; delivered once, and for the own unit only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from geodata.domain.events import State
from geodata.domain.roles import Role, Scope
from geodata.services import duty, keeping, photos
from geodata.services.acting import act
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.case import Action
from geodata.services.duty import CONSENT, Signing
from geodata.services.looking import NotThereError
from geodata.services.outcomes import Outcome, Submitted
from geodata.services.photos import NewPhoto
from geodata.services.tasks import tasks
from geodata.store import changes, events, units
from geodata.store import tasks as store_tasks
from geodata.store.events import EventNow
from geodata.store.folder import City
from geodata.store.units import UnitNow
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, OPERATOR, SECOND, Town, all_kept, feed, kept_in, of
from tests.factories.pictures import photograph

SENT = NOW - HOUR


@pytest.fixture
def sent(city: Town) -> Town:
    """The event of G1 was sent to U1 an hour ago; U2 stands beside; both have a phone's account."""
    for code in ("U1", "U2"):
        city.enrol(code, at_ms=SENT - HOUR)
        city.person(f"phone.{code.lower()}", Role.UNIT_MEMBER, areas=["D1"], unit_code=code)
    city.report("E1", at_ms=SENT)
    step(city, OPERATOR, "register", SENT, reason="r")
    step(city, OPERATOR, "dispatch", SENT, unit_code="U1")
    return city


def event(city: Town) -> EventNow:
    with city.store.read() as conn:
        return events.by_source_ids(conn, "12345", ["E1"])["E1"]


def unit(city: Town, code: str = "U1") -> UnitNow:
    with city.store.read() as conn:
        return units.by_codes(conn, [code])[code]


def step(city: Town, by: Actor, action: str, at_ms: int = NOW, **more: Any) -> Outcome:
    item = Action(action, at_ms, event(city).code, **more)
    return act(city.desk, by, [Submitted({}, item)], feed="t/actions", now_ms=max(NOW, at_ms),
               audit=city.access.audit, keep_refused=False)[0]  # fmt: skip


def phone(city: Town, code: str = "U1") -> Actor:
    return city.actor(f"phone.{code.lower()}")


def sign(city: Town, on: bool, key: str, at_ms: int = NOW, by: Actor | None = None, consent: str = CONSENT) -> Outcome:
    item = Signing(on, at_ms, key, consent if on else "")
    return duty.sign(city.desk, by or phone(city), item, now_ms=max(NOW, at_ms), audit=city.access.audit)


def take(city: Town, key: str, stage: str = "after", by: Actor | None = None, at_ms: int = NOW, **more: Any) -> Outcome:
    item = NewPhoto(event(city).code, stage, at_ms, photograph(), key)
    return photos.take(city.desk, by or phone(city), replace(item, **more), now_ms=max(NOW, at_ms),
                       audit=city.access.audit)  # fmt: skip


def test_a_unit_signs_on_with_consent_and_it_is_written_down_who_agreed_to_which_text_when(sent: Town) -> None:
    assert sign(sent, True, "key-1").status == "accepted"
    assert (unit(sent).status, unit(sent).signed_on_ms) == ("on_duty", NOW)
    agreed = kept_in(sent.store, "consent")
    assert [(row["version"], row["at_ms"]) for row in agreed] == [(CONSENT, NOW)]
    (line,) = [line for line in sent.lines("sign_on") if line.actor == "phone.u1"]
    assert (line.subject, json.loads(line.new)["consent"]) == ("unit:U1", CONSENT)
    assert sign(sent, False, "key-2", NOW + HOUR).status == "accepted"
    assert sign(sent, True, "key-3", NOW + 2 * HOUR).status == "accepted"
    assert kept_in(sent.store, "consent") == agreed, "the first time counts"
    assert sent.unbroken()


@pytest.mark.parametrize("consent", ["", "1999-01"])
def test_without_consent_to_the_text_in_force_nobody_is_signed_on(sent: Town, consent: str) -> None:
    said = sign(sent, True, "key-1", consent=consent)
    assert (said.status, said.field) == ("dropped", "consent")
    assert unit(sent).status == "off_duty"
    assert not kept_in(sent.store, "consent")


def test_signing_off_deletes_the_last_position_in_the_same_step_and_nothing_is_taken_after_it(sent: Town) -> None:
    sign(sent, True, "key-1")
    assert sent.fix("U1", NOW + MINUTE, by=phone(sent)).status == "accepted"
    sign(sent, False, "key-2", NOW + 2 * MINUTE)
    assert (unit(sent).lon, unit(sent).fix_ms) == (None, None)
    assert sent.fix("U1", NOW + 3 * MINUTE, by=phone(sent)).status == "dropped"


def test_a_phone_signs_no_unit_but_its_own_and_nobody_else_signs_by_phone(sent: Town) -> None:
    sign(sent, True, "key-1", by=phone(sent, "U2"))
    assert (unit(sent).status, unit(sent, "U2").status) == ("off_duty", "on_duty")
    for other in (of("boss", Role.SHIFT_LEADER), feed(*Scope), of("look", Role.VIEWER), Actor()):
        with pytest.raises(NotAllowedError):
            sign(sent, True, "key-2", by=other)
    unbound = sign(sent, True, "key-3", by=replace(phone(sent), unit_code=""))
    assert (unbound.status, unbound.field) == ("dropped", "unit")


def test_what_is_delivered_twice_is_done_once_however_much_has_happened_since(sent: Town) -> None:
    mine = phone(sent)
    deliveries: list[Callable[[], Outcome]] = [
        lambda: sign(sent, True, "key-sign"),
        lambda: step(sent, mine, "accept", NOW, receipt="key-accept"),
        lambda: step(sent, mine, "arrive", NOW + SECOND, receipt="key-arrive"),
        lambda: take(sent, "key-photo", at_ms=NOW + 2 * SECOND),
        lambda: step(sent, mine, "report_back", NOW + 3 * SECOND, receipt="key-report"),
    ]
    first = [deliver() for deliver in deliveries]
    assert [o.status for o in first] == ["accepted"] * 5
    rev, lines = event(sent).rev, len(sent.lines())
    again = [deliver() for deliver in deliveries]
    assert [o.status for o in again] == ["duplicate"] * 5
    assert [o.code for o in again] == [o.code for o in first]
    assert (event(sent).rev, event(sent).state, len(sent.lines())) == (rev, "handled", lines)
    assert len(kept_in(sent.store, "photo")) == 1


def test_the_keys_of_one_phone_mean_nothing_to_another(sent: Town) -> None:
    assert step(sent, phone(sent), "accept", receipt="key-1").status == "accepted"
    said = step(sent, phone(sent, "U2"), "accept", receipt="key-1")
    assert (said.status, said.rule) == ("dropped", "is for the event's own unit")


def test_what_was_refused_may_be_delivered_again(sent: Town) -> None:
    assert step(sent, phone(sent), "arrive", receipt="key-1").field == "action"
    assert step(sent, phone(sent), "accept", receipt="key-2").status == "accepted"
    assert step(sent, phone(sent), "arrive", receipt="key-1").status == "accepted"


def test_receipts_are_forgotten_when_no_phone_repeats_them_any_more(sent: Town) -> None:
    step(sent, phone(sent), "accept", receipt="key-1")
    keeping.forget(sent.access, City(), NOW + 29 * DAY)
    assert len(kept_in(sent.store, "receipt")) == 1
    keeping.forget(sent.access, City(), NOW + 31 * DAY)
    assert kept_in(sent.store, "receipt") == []


def test_a_unit_reports_back_with_a_photo_of_after_or_says_why_there_is_none(sent: Town) -> None:
    mine = phone(sent)
    step(sent, mine, "accept")
    take(sent, "key-before", "before")
    said = step(sent, mine, "report_back")
    assert (said.status, said.field) == ("dropped", "photo")
    assert step(sent, mine, "report_back", reason=" ").field == "photo"
    assert step(sent, mine, "report_back", reason="相机损坏").status == "accepted"


def test_a_photo_of_after_from_before_the_rework_does_not_count(sent: Town) -> None:
    mine = phone(sent)
    step(sent, mine, "accept")
    take(sent, "key-1")
    assert step(sent, mine, "report_back", NOW + MINUTE).status == "accepted"
    assert step(sent, OPERATOR, "rework", NOW + HOUR, reason="还有残留").status == "accepted"
    assert step(sent, mine, "report_back", NOW + 2 * HOUR).field == "photo"
    assert take(sent, "key-2", at_ms=NOW + 2 * HOUR).status == "accepted"
    assert step(sent, mine, "report_back", NOW + 3 * HOUR).status == "accepted"


def test_a_system_with_a_key_reports_back_as_before(sent: Town) -> None:
    system = feed(Scope.ACT)
    step(sent, system, "accept")
    assert step(sent, system, "report_back").status == "accepted"


def test_a_photo_is_kept_without_what_the_phone_wrote_beside_it(sent: Town) -> None:
    step(sent, phone(sent), "accept")
    said = take(sent, "key-1", lon=0.25, lat=0.75)
    (row,) = kept_in(sent.store, "photo")
    assert (row["id"], row["stage"], row["lon"], row["lat"], row["taken_by"]) == (
        said.code, "after", 0.25, 0.75, "phone.u1",
    )  # fmt: skip
    kept = all_kept(sent.store)
    assert "FieldPhone" not in kept
    assert "taken by somebody" not in kept
    assert [json.loads(line.new)["photo"] for line in sent.lines("photo")] == [said.code]


def test_only_the_unit_at_work_takes_photos_of_an_event_and_not_without_end(sent: Town) -> None:
    assert take(sent, "key-0").field == "code", "it was not signed for yet"
    assert take(sent, "key-1", "before").status == "accepted"
    assert take(sent, "key-2", "before", by=phone(sent, "U2")).field == "code"
    assert take(sent, "key-3", "later").field == "stage"
    assert take(sent, "key-4", "before", code="H000000-0").rule == "is not an event of this city"
    far = replace(phone(sent), areas=frozenset({"D2"}))
    assert take(sent, "key-5", "before", by=far).rule == "is not an event of this city"
    assert take(sent, "key-6", "before", content=b"no picture").field == "photo"
    assert take(sent, "key-7", "before", at_ms=NOW + HOUR, ).status == "accepted"
    for other in (of("boss", Role.SHIFT_LEADER), feed(*Scope), Actor()):
        with pytest.raises(NotAllowedError):
            take(sent, "key-8", "before", by=other)
    statuses = [take(sent, f"key-many-{n}", "before").status for n in range(photos.OF_EVENT_MAX)]
    assert statuses == ["accepted"] * (photos.OF_EVENT_MAX - 2) + ["dropped"] * 2


def test_a_photo_is_opened_by_whoever_may_open_its_event_and_is_not_there_for_others(sent: Town) -> None:
    photo_id = take(sent, "key-1", "before").code
    for reader in (phone(sent, "U2"), of("clerk", Role.INTAKE, areas=["D1"])):
        photo, content = photos.open_photo(sent.desk, reader, photo_id, small=False)
        assert (photo.id, content[:2]) == (photo_id, b"\xff\xd8")
        assert len(photos.open_photo(sent.desk, reader, photo_id, small=True)[1]) < len(content)
    for stranger in (of("clerk", Role.INTAKE, areas=["D2"]), of("clerk", Role.INTAKE, areas=["GONE"])):
        with pytest.raises(NotThereError) as far:
            photos.open_photo(sent.desk, stranger, photo_id, small=False)
        with pytest.raises(NotThereError) as none:
            photos.open_photo(sent.desk, stranger, "nothing\x00", small=False)
        assert str(far.value) == str(none.value)
    for closed in (of("look", Role.VIEWER), of("root", Role.ADMIN), of("wall", Role.SCREEN)):
        with pytest.raises(NotAllowedError):
            photos.open_photo(sent.desk, closed, photo_id, small=False)


def test_a_phone_is_told_its_own_units_tasks_and_those_that_it_may_check_but_no_others(sent: Town) -> None:
    assert [(t.event.source_id, t.own, t.acts) for t in tasks(sent.desk, phone(sent)).tasks] == [
        ("E1", True, ("accept", "return")),
    ]  # fmt: skip
    assert tasks(sent.desk, phone(sent, "U2")).tasks == ()
    step(sent, phone(sent), "accept")
    step(sent, phone(sent), "arrive", NOW + SECOND)
    (task,) = tasks(sent.desk, phone(sent)).tasks
    assert (task.arrived_ms, task.acts) == (NOW + SECOND, ("report_back", "return", "ask_extend"))
    take(sent, "key-1")
    step(sent, phone(sent), "report_back", NOW + MINUTE)
    step(sent, OPERATOR, "ask_check", NOW + 2 * MINUTE)
    (own,) = tasks(sent.desk, phone(sent)).tasks
    assert (own.own, own.acts, len(own.photos)) == (True, (), 1)
    (other,) = tasks(sent.desk, phone(sent, "U2")).tasks
    assert (other.own, other.acts) == (False, ("check", "rework"))
    assert take(sent, "key-2", "check", by=phone(sent, "U2"), at_ms=NOW + 3 * MINUTE).status == "accepted"
    far = replace(phone(sent, "U2"), areas=frozenset({"D2"}))
    assert tasks(sent.desk, far).tasks == ()


def test_a_task_that_was_sent_again_has_not_been_arrived_at_and_tells_why_it_came_back(sent: Town) -> None:
    step(sent, phone(sent), "accept")
    step(sent, phone(sent), "arrive", NOW + SECOND)
    step(sent, phone(sent), "return", NOW + MINUTE, reason="不属于本单位职责")
    assert tasks(sent.desk, phone(sent)).tasks == ()
    step(sent, OPERATOR, "confirm_return", NOW + 2 * MINUTE)
    step(sent, OPERATOR, "dispatch", NOW + 2 * MINUTE, unit_code="U1")
    (task,) = tasks(sent.desk, phone(sent)).tasks
    assert task.arrived_ms is None
    assert task.said is not None
    assert (task.said.action, task.said.detail) == ("return", "不属于本单位职责")


def test_whoever_is_no_unit_member_has_no_tasks(sent: Town) -> None:
    for other in (of("boss", Role.SHIFT_LEADER), feed(*Scope), Actor()):
        with pytest.raises(NotAllowedError):
            tasks(sent.desk, other)
    assert tasks(sent.desk, replace(phone(sent), unit_code="U99")).unit is None


def test_a_units_open_events_are_found_without_reading_the_others(sent: Town) -> None:
    if sent.store.dialect != "sqlite":
        return
    asked = "SELECT * FROM event WHERE unit_id = 1 AND ended_ms IS NULL ORDER BY id"
    with sent.store.read() as conn:
        plan = " ".join(str(row) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}"))
    assert "ix_event_unit" in plan
    assert event(sent).state == State.DISPATCHED


def test_a_change_is_about_the_unit_that_has_its_event(sent: Town) -> None:
    with sent.store.read() as conn:
        before, _ = changes.newest(conn)
        assert store_tasks.touched(conn, 0, before) == {"U1", "U2"}, "both were enrolled"
    assert step(sent, OPERATOR, "accept").status == "accepted"
    with sent.store.read() as conn:
        after, _ = changes.newest(conn)
        assert store_tasks.touched(conn, before, after) == {"U1"}
        assert store_tasks.touched(conn, after, after) == frozenset()
