"""The line of phones: each hears of its own unit that something is new, nobody else hears anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from callbacks.live import bells
from geodata.domain.roles import Role
from geodata.services.acting import act
from geodata.services.actors import Actor
from geodata.services.case import Action
from geodata.services.outcomes import Submitted
from geodata.store import accounts
from tests.integration.security.asking import Talk
from tests.integration.security.place import SOON_S, STRANGERS, Place, Who, event_code, now_ms
from tests.integration.security.test_frames import view

PATH = "/field/live"
OPERATOR = Actor.operator()
SAID = [{"k": "hello"}, {"k": "beat"}, {"k": "new"}]
NEW: Callable[[Talk], bool] = lambda t: bool(t.of("new"))  # noqa: E731


def listen(place: Place, who: Who, patience_s: float = 2, between: Callable[[], None] | None = None) -> Talk:
    """What a line says until something is new on it."""
    return place.asker.talk(who.headers(), [], path=PATH, until=NEW, patience_s=patience_s, between=between)


def sign_for(place: Place, area: str) -> None:
    """The unit of an area signs for the event that it was sent to."""
    code = event_code(place, f"mark{area.lower()}-system", f"MARK{area}LATER")
    item = Action("accept", now_ms(), code)
    (said,) = act(place.room.door.desk(), OPERATOR, [Submitted({}, item)], feed="machine", now_ms=now_ms())
    assert said.status == "accepted", said


def link(place: Place, who: Who) -> Who:
    """The same account by the link of its phone."""
    with place.room.store.read() as conn:
        found = accounts.by_login(conn, who.name)
    assert found is not None
    return Who(who.name, place.token(found.id, "field"))


def told(talk: Talk) -> list[dict[str, object]]:
    return [{k: v for k, v in said.items() if k != "build"} for said in talk.said]


def test_a_unit_hears_of_its_own_tasks_that_something_is_new_and_nothing_of_what(other_place: Place) -> None:
    own = listen(other_place, other_place.who("unit_member"), between=lambda: sign_for(other_place, "D1"))
    assert own.of("new")
    assert all(said in SAID for said in told(own))


def test_a_unit_hears_nothing_of_the_tasks_of_another(other_place: Place) -> None:
    neighbour = other_place.who("unit_member", "D2")
    heard = listen(other_place, neighbour, between=lambda: sign_for(other_place, "D1"))
    assert (heard.code, heard.of("new")) == (0, [])
    assert heard.of("hello")
    assert listen(other_place, neighbour, between=lambda: sign_for(other_place, "D2")).of("new")


@pytest.mark.parametrize("role", [r.value for r in Role if r not in (Role.UNIT_MEMBER, Role.FEED)])
def test_no_other_account_has_a_line(place: Place, role: str) -> None:
    for area in ("D1", "C"):
        heard = listen(place, place.who(role, area))
        assert (heard.code, heard.said) == (4403, [])


def test_a_unit_member_without_a_unit_has_no_line(place: Place) -> None:
    heard = listen(place, place.newcomer(Role.UNIT_MEMBER, unit_code=""))
    assert (heard.code, heard.said) == (4403, [])


def test_an_account_that_names_a_unit_but_may_not_sign_on_has_no_line(place: Place) -> None:
    heard = listen(place, place.newcomer(Role.DUTY_OFFICER, unit_code="MARKD1UNIT"))
    assert (heard.code, heard.said) == (4403, [])


def test_no_more_lines_are_held_than_there_is_room_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bells, "SOCKETS_MAX", 0)
    heard = listen(place, place.who("unit_member"))
    assert (heard.code, heard.said) == (1013, [])


@pytest.mark.parametrize("kind", STRANGERS)
def test_whoever_has_not_signed_in_has_no_line(place: Place, kind: str) -> None:
    talk = place.asker.talk(place.stranger(kind).headers(origin="http://localhost"), [], path=PATH, until=NEW)
    assert (talk.code, talk.said) == (4401, [])


def test_a_key_of_a_feed_has_no_line(place: Place) -> None:
    assert listen(place, place.who(Role.FEED)).code == 4401


def test_a_page_of_another_site_has_no_line(place: Place) -> None:
    who = place.who("unit_member")
    talk = place.asker.talk(who.headers(own=False, origin="http://evil.example"), [], path=PATH, until=NEW)
    assert (talk.code, talk.said) == (4003, [])


def test_a_phones_link_has_its_line_and_no_other_socket(place: Place) -> None:
    phone = link(place, place.newcomer(Role.UNIT_MEMBER))
    heard = listen(place, phone, patience_s=0.5)
    assert (heard.code, told(heard)[0]) == (0, {"k": "hello"})
    other = place.asker.talk(phone.headers(), [view("area", "D1")])
    assert (other.code, other.said) == (4401, [])


def test_whoever_says_something_on_a_line_is_hung_up_on(place: Place) -> None:
    """So that no other unit, and no view, can be asked for on it."""
    who = place.who("unit_member")
    for said in ({"k": "sub", "unit": "MARKD2UNIT"}, view("area", "D1"), "{", b"\x00"):
        talk = place.asker.talk(who.headers(), [said], path=PATH, until=NEW)
        assert talk.code == 1008
        assert all(one == {"k": "hello"} for one in told(talk))


def test_a_line_ends_with_the_link_that_opened_it(place: Place) -> None:
    who = place.newcomer(Role.UNIT_MEMBER)
    phone = link(place, who)
    talk = listen(place, phone, patience_s=SOON_S + 3, between=lambda: place.end(who.name))
    assert (talk.code, talk.of("new")) == (4401, [])


def test_an_account_that_becomes_another_units_hears_nothing_of_the_first(other_place: Place) -> None:
    who = other_place.newcomer(Role.UNIT_MEMBER)

    def become() -> None:
        with other_place.room.store.begin() as conn:
            found = accounts.by_login(conn, who.name)
            assert found is not None
            accounts.save(conn, replace(found, unit_code="MARKD2UNIT", rev=found.rev + 1))

    talk = listen(other_place, who, patience_s=SOON_S + 3, between=become)
    assert (talk.code, talk.of("new")) == (4401, []), "the line of the first unit ends"
    other_place.room.sessions.forget()
    talk = listen(other_place, who, between=lambda: sign_for(other_place, "D1"))
    assert (talk.code, talk.of("new")) == (0, [])
    assert listen(other_place, who, between=lambda: sign_for(other_place, "D2")).of("new")
