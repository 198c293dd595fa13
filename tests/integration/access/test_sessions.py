"""Which account a secret stands for: kinds that are not interchangeable, ends that hold, answers kept for seconds."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from geodata.domain.roles import Role
from geodata.services import phones
from geodata.services import sessions as module
from geodata.services.accounts import Wanted, change, end, end_token
from geodata.services.actors import NOBODY
from geodata.services.sessions import KEEP_S, Sessions, at
from geodata.store import tokens
from geodata.store.engine import Store
from geodata.store.tokens import Kind
from tests.factories.access_city import DAY, HOUR, MINUTE, NOW, OPERATOR, Town, town
from tests.integration.access.coming import EVERY_KIND, KINDS, come, stands, token_of

IDLE = 120 * MINUTE


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.s = 1000.0

    def monotonic(self) -> float:
        return self.s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(module, "time", moved)
    return moved


def secrets_of_every_kind(city: Town) -> dict[Kind, str]:
    """One standing secret of each kind, each of an account of its own."""
    city.person("lin", Role.VIEWER)
    city.person("wu", Role.VIEWER, totp_required=1)
    return {
        "session": come(city).secret,
        "half": come(city, "wu").secret,
        "screen": city.create("wall1", ["screen"], page="wall")[1],
        "feed": city.create("kiosk", ["feed"], scopes=["report"])[1],
        "field": phone_of(city, "U7"),
        "invite": city.create("wang", ["admin"])[1],
    }


def phone_of(city: Town, unit: str) -> str:
    """The link of a unit's phone."""
    city.enrol(unit)
    city.person(f"phone.{unit.lower()}", Role.UNIT_MEMBER, unit_code=unit)
    return phones.issue(city.access, OPERATOR, city.tree, f"phone.{unit.lower()}", NOW)[1]


def test_a_secret_of_one_kind_is_none_of_another(city: Town) -> None:
    secrets = secrets_of_every_kind(city)
    sessions = Sessions(city.access)
    for kind, secret in secrets.items():
        others = [k for k in EVERY_KIND if k != kind]
        assert sessions.find(secret, others, NOW) is None
        assert sessions.find(secret, [kind], NOW) is not None
        assert sessions.known(secret, others) is None
        assert sessions.known(secret, [kind]) is not None


def test_half_sessions_and_invitations_ask_as_nobody(city: Town) -> None:
    sessions = Sessions(city.access)
    for kind, secret in secrets_of_every_kind(city).items():
        found = sessions.find(secret, [kind], NOW)
        assert found is not None
        assert (found[1] == NOBODY) is (kind in ("half", "invite"))


def test_an_unknown_secret_opens_nothing(city: Town) -> None:
    secrets_of_every_kind(city)
    for secret in ("", "x", "\x00", "\ud800", "é" * 43, tokens.hash_of(come(city).secret), "%", "' OR 1=1 --"):
        assert Sessions(city.access).find(secret, EVERY_KIND, NOW) is None


def test_a_session_ends_when_it_lies_idle_and_use_keeps_it(city: Town) -> None:
    city.person("lin", Role.VIEWER)
    secret = come(city).secret
    sessions = Sessions(city.access)
    assert stands(city, secret, NOW + IDLE)
    assert not stands(city, secret, NOW + IDLE + MINUTE)
    now = NOW
    for _ in range(4):
        now += IDLE
        assert sessions.find(secret, KINDS, now) is not None
        sessions.flush(now)
    assert not stands(city, secret, now + IDLE + MINUTE)


def test_a_session_ends_after_the_longest_time_however_busy_it_is(sqlite_store: Store) -> None:
    city = town(sqlite_store, session_max_h=3, session_idle_min=60)
    city.person("lin", Role.VIEWER)
    secret = come(city).secret
    sessions = Sessions(city.access)
    for now in range(NOW, NOW + 3 * HOUR, 30 * MINUTE):
        assert sessions.find(secret, KINDS, now) is not None
        sessions.flush(now)
    assert stands(city, secret, NOW + 3 * HOUR - 1)
    assert not stands(city, secret, NOW + 3 * HOUR)


def test_links_of_screens_and_keys_of_feeds_last_until_they_are_ended(city: Town) -> None:
    secrets = secrets_of_every_kind(city)
    for kind in ("screen", "feed"):
        secret = secrets[kind]
        assert Sessions(city.access).find(secret, EVERY_KIND, NOW + 900 * DAY) is not None
        end_token(city.access, OPERATOR, city.tree, token_of(city, secret).id, NOW)
        assert Sessions(city.access).find(secret, EVERY_KIND, NOW) is None


def test_a_kept_answer_outlives_an_end_from_elsewhere_by_some_seconds_at_most(city: Town, clock: Clock) -> None:
    city.person("lin", Role.VIEWER)
    secret = come(city).secret
    here = Sessions(city.access)
    assert here.known(secret, KINDS) is None
    assert here.find(secret, KINDS, NOW) is not None
    end_token(city.access, OPERATOR, city.tree, token_of(city, secret).id, NOW)
    clock.s += KEEP_S
    assert here.known(secret, KINDS) is not None
    clock.s += 0.001
    assert here.known(secret, KINDS) is None
    assert here.find(secret, KINDS, NOW) is None
    assert KEEP_S <= 3


def test_asking_again_does_not_make_a_kept_answer_last_longer(small: Town, clock: Clock) -> None:
    small.person("lin", Role.VIEWER)
    secret = come(small).secret
    here = Sessions(small.access)
    here.find(secret, KINDS, NOW)
    for _ in range(3):
        clock.s += 0.9
        assert here.known(secret, KINDS) is not None
    clock.s += 0.9
    assert here.known(secret, KINDS) is None


def test_what_was_changed_here_is_looked_up_again_at_once(city: Town) -> None:
    city.person("lin", Role.VIEWER)
    secret = come(city).secret
    here = Sessions(city.access)
    here.find(secret, KINDS, NOW)
    change(city.access, OPERATOR, city.tree, Wanted("lin", roles=["intake"], areas=["D1"]), NOW)
    kept = here.known(secret, KINDS)
    assert kept is not None
    assert kept[1].roles == {Role.VIEWER}
    here.forget()
    assert here.known(secret, KINDS) is None
    found = here.find(secret, KINDS, NOW)
    assert found is not None
    assert (found[1].roles, found[1].areas) == (frozenset({Role.INTAKE}), frozenset({"D1"}))


def test_only_so_many_answers_are_kept(small: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_MAX", 3)
    small.person("lin", Role.VIEWER)
    secrets = [come(small).secret for _ in range(5)]
    here = Sessions(small.access)
    for secret in secrets:
        here.find(secret, KINDS, NOW)
    assert [here.known(s, KINDS) is not None for s in secrets] == [False, False, True, True, True]


def test_open_sockets_lose_what_was_ended_what_ran_out_and_what_was_changed(city: Town) -> None:
    logins = ["stays", "token ended", "account ended", "changed", "idle"]
    held: dict[str, tuple[int, int]] = {}
    for n, what in enumerate(logins):
        account = city.person(f"p{n}", Role.VIEWER)
        held[what] = token_of(city, come(city, f"p{n}", now_ms=NOW - IDLE if what == "idle" else NOW).secret).id, 1
        assert account.rev == 1
    screen = token_of(city, city.create("wall1", ["screen"], page="wall")[1])
    held["screen"] = screen.id, 1
    held["never was"] = 9999, 1
    sessions = Sessions(city.access)
    asked = dict(held.values())
    names = {token_id: what for what, (token_id, _) in held.items()}

    def standing(now_ms: int) -> set[str]:
        return {names[i] for i in sessions.standing(asked, now_ms)}

    assert standing(NOW) == {*logins, "screen"}
    end_token(city.access, OPERATOR, city.tree, held["token ended"][0], NOW)
    end(city.access, OPERATOR, city.tree, "p2", NOW)
    change(city.access, OPERATOR, city.tree, Wanted("p3", roles=["viewer"], areas=["D1"]), NOW)
    assert standing(NOW + MINUTE) == {"stays", "screen"}
    assert Sessions(city.access).standing({}, NOW) == frozenset()
    assert standing(NOW + 13 * HOUR) == {"screen"}


def test_an_open_socket_is_in_use(city: Town) -> None:
    city.person("lin", Role.VIEWER)
    secret = come(city).secret
    sessions = Sessions(city.access)
    held = {token_of(city, secret).id: 1}
    for now in (NOW + IDLE, NOW + 2 * IDLE):
        assert sessions.standing(held, now)
        sessions.flush(now)
    assert stands(city, secret, NOW + 3 * IDLE)
    assert token_of(city, secret).used_ms == (NOW + 2 * IDLE) // MINUTE * MINUTE


def test_use_is_written_down_once_and_without_use_nothing_is_written(small: Town) -> None:
    small.person("lin", Role.VIEWER)
    secret = come(small).secret
    sessions = Sessions(small.access)
    sessions.flush(NOW)
    assert token_of(small, secret).used_ms is None
    sessions.find(secret, KINDS, NOW)
    sessions.flush(NOW + HOUR)
    sessions.flush(NOW + 2 * HOUR)
    assert token_of(small, secret).used_ms == (NOW + HOUR) // MINUTE * MINUTE


def test_an_actor_asks_from_where_its_request_comes(small: Town) -> None:
    actor = small.person("lin", Role.VIEWER)
    found = Sessions(small.access).find(come(small).secret, KINDS, NOW)
    assert found is not None
    assert at(found[1], "10.1.1.1") == replace(found[1], address="10.1.1.1")
    assert at(at(found[1], "10.1.1.1"), "10.1.1.1").account_id == actor.id


def test_a_kept_answer_costs_no_look_into_the_store(small: Town) -> None:
    small.person("lin", Role.VIEWER)
    secret = come(small).secret
    here = Sessions(small.access)
    here.find(secret, KINDS, NOW)
    began = time.perf_counter()
    for _ in range(1000):
        assert here.known(secret, KINDS) is not None
    assert time.perf_counter() - began < 0.5
