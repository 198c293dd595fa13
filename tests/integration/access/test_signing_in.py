"""Signing in with a password: one answer to every wrong try, locks that grow and open, invitations, the provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest
from argon2 import PasswordHasher

from geodata.domain.roles import Role
from geodata.services import passwords, signing_in
from geodata.services.accounts import Wanted, change, end, renew
from geodata.services.passwords import hash_password, is_outdated, is_password
from geodata.services.sessions import Sessions
from geodata.services.signing_in import accept_invitation, change_password, sign_in_federated, sign_out
from geodata.store import accounts
from geodata.store.engine import Store
from tests.factories.access_city import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    OPERATOR,
    OTHER_PASSWORD,
    PASSWORD,
    SECOND,
    Town,
    town,
)
from tests.integration.access.coming import EVERY_KIND, HERE, INVITE, KINDS, come, declined, stands, token_of


def test_the_right_password_opens_a_session_and_is_in_the_audit(city: Town) -> None:
    account = city.person("lin", Role.INTAKE, areas=("D1",))
    signed = come(city, "Lin")
    found = Sessions(city.access).find(signed.secret, KINDS, NOW)
    assert found is not None
    assert (signed.kind, found[1].name, found[1].areas) == ("session", "lin", frozenset({"D1"}))
    assert (found[0].token.address, found[0].token.agent, found[1].account_id) == ("10.0.0.7", "a browser", account.id)
    line = city.lines("sign_in")[0]
    assert (line.actor, line.address, line.subject, line.at_ms) == ("lin", "10.0.0.7", "account:lin", NOW)
    assert city.unbroken()


def test_every_wrong_try_is_answered_in_the_same_words(city: Town) -> None:
    for login in ("lin", "gone", "locked"):
        city.person(login, Role.INTAKE)
    city.create("wall1", ["screen"], page="wall")
    city.create("new", ["viewer"])
    with city.store.begin() as conn:
        accounts.save(conn, replace(city.account("gone"), ended_ms=NOW))
        accounts.save(conn, replace(city.account("locked"), locked_until_ms=NOW + HOUR))
    tries = [
        ("lin", OTHER_PASSWORD), ("lin", ""), ("lin", PASSWORD + "x"), ("lin", "x" * 5000), ("lin", "\ud800" * 12),
        ("who", PASSWORD), ("", PASSWORD), ("a\x00b", PASSWORD), ("\ud800", PASSWORD), ("l" * 5000, PASSWORD),
        ("gone", PASSWORD), ("locked", PASSWORD), ("locked", OTHER_PASSWORD), ("wall1", ""), ("new", ""),
    ]  # fmt: skip
    answers = [declined(come, city, *one) for one in tries]
    assert answers == [("login", "wrong_login", {"n": 15})] * len(tries)
    assert len(city.lines("sign_in_failed")) == len(tries)
    told = {line.subject for line in city.lines("sign_in_failed")}
    assert told == {"account:lin", "account:gone", "account:locked", "account:wall1", "account:new", "account:?"}


def test_an_unknown_login_costs_a_verification_as_a_known_one_does(
    small: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.person("lin", Role.INTAKE)
    seen: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - its name there
            seen.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1))
    for login in ("lin", "who", "a\x00b"):
        declined(come, small, login, OTHER_PASSWORD)
    assert len(seen) == 3


def test_an_account_is_locked_after_the_allowed_failures_twice_as_long_with_each_and_opens_again(city: Town) -> None:
    city.person("lin", Role.INTAKE)
    now = NOW
    for _ in range(4):
        declined(come, city, password=OTHER_PASSWORD, now_ms=now)
    assert city.account("lin").locked_until_ms <= now
    spans = []
    for _ in range(6):
        declined(come, city, password=OTHER_PASSWORD, now_ms=now)
        until = city.account("lin").locked_until_ms
        spans.append((until - now) // MINUTE)
        declined(come, city, now_ms=until - 1)
        assert city.account("lin").locked_until_ms == until, "a try against a lock does not make it longer"
        now = until
    assert spans == [1, 2, 4, 8, 15, 15]
    assert come(city, now_ms=now).kind == "session"
    assert (city.account("lin").failures, city.account("lin").locked_until_ms) == (0, 0)
    declined(come, city, password=OTHER_PASSWORD, now_ms=now)
    assert come(city, now_ms=now).kind == "session", "after a success counting begins anew"


def test_a_lock_is_one_accounts_and_tells_nothing_of_another(small: Town) -> None:
    small.person("lin", Role.INTAKE)
    small.person("wang", Role.INTAKE)
    for _ in range(9):
        declined(come, small, password=OTHER_PASSWORD)
    assert come(small, "wang").kind == "session"
    assert small.account("wang").failures == 0


def test_the_allowed_failures_and_the_longest_lock_are_the_citys(sqlite_store: Store) -> None:
    city = town(sqlite_store, failures_max=3, lock_max_min=1)
    city.person("lin", Role.INTAKE)
    for _ in range(3):
        assert declined(come, city, password=OTHER_PASSWORD)[2] == {"n": 1}
    assert city.account("lin").locked_until_ms == NOW + MINUTE
    declined(come, city, password=OTHER_PASSWORD, now_ms=NOW + MINUTE)
    assert city.account("lin").locked_until_ms == NOW + 2 * MINUTE


WEAK: list[tuple[str, str]] = [
    ("seven heron", "password_short"),
    ("x9$" * 43, "password_long"),
    ("123456789012", "password_weak"),
    ("passwordpassword", "password_weak"),
    ("            ", "password_weak"),
    ("aaaaaaaaaaaaaaaaaaaaaaaa", "password_weak"),
    ("wanghongmei1", "password_weak"),
    ("wanghongmeiwanghongmei", "password_weak"),
    ("Liu Xiaoming 1", "password_weak"),
]


@pytest.mark.parametrize(("password", "reason"), WEAK)
def test_a_password_that_is_short_long_or_tried_first_is_declined(password: str, reason: str) -> None:
    assert declined(hash_password, password, ("wanghongmei", "Liu Xiaoming"))[:2] == ("password", reason)


GOOD = [PASSWORD, "七只白鹭站在旧桥上看月亮升起来", "ééé qV7 kestrel pond", PASSWORD + " " * 90]


@pytest.mark.parametrize("password", GOOD)
def test_a_good_password_is_kept_as_argon2id_and_is_that_password_only(password: str) -> None:
    kept = hash_password(password, ("lin",))
    assert kept.startswith("$argon2id$")
    assert is_password(password, kept)
    assert not is_password(password + " ", kept)
    assert not is_password(password[:-1], kept)


def test_without_a_hash_nothing_is_the_password() -> None:
    for kept in ("", "plain", "$argon2id$broken"):
        assert not is_password("", kept)
        assert not is_password("the password of an account that does not exist", kept)


def test_a_hash_with_outdated_parameters_is_made_anew_when_its_owner_comes_in(
    city: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.person("lin", Role.INTAKE)
    old = city.account("lin").password
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    declined(come, city, password=OTHER_PASSWORD)
    assert city.account("lin").password == old
    come(city)
    new = city.account("lin").password
    assert is_outdated(old)
    assert not is_outdated(new)
    assert come(city).kind == "session"
    assert city.account("lin").password == new


def test_another_password_ends_all_other_sessions_but_not_this_one(city: Town) -> None:
    city.person("lin", Role.INTAKE)
    here, elsewhere = come(city), come(city)
    sessions = Sessions(city.access)
    found = sessions.find(here.secret, KINDS, NOW)
    assert found is not None
    actor = found[1]
    assert declined(change_password, city.access, actor, "wrong", OTHER_PASSWORD, NOW)[1] == "wrong_password"
    assert declined(change_password, city.access, actor, PASSWORD, "short", NOW)[1] == "password_short"
    assert stands(city, elsewhere.secret, NOW)
    change_password(city.access, actor, PASSWORD, OTHER_PASSWORD, NOW)
    assert (stands(city, here.secret, NOW), stands(city, elsewhere.secret, NOW)) == (True, False)
    declined(come, city)
    assert come(city, password=OTHER_PASSWORD).kind == "session"
    assert len(city.lines("set_password")) == 1


def test_who_guesses_at_the_old_password_from_an_open_session_is_locked_out_as_at_the_door(city: Town) -> None:
    city.person("lin", Role.INTAKE)
    actor = city.actor("lin")
    for n in range(1, 6):
        said = declined(change_password, city.access, actor, "wrong", OTHER_PASSWORD, NOW)
        assert (said[:2], city.account("lin").failures) == (("old", "wrong_password"), n)
    assert declined(change_password, city.access, actor, PASSWORD, OTHER_PASSWORD, NOW)[1] == "wrong_password"
    change_password(city.access, actor, PASSWORD, OTHER_PASSWORD, NOW + MINUTE)
    assert come(city, password=OTHER_PASSWORD, now_ms=NOW + MINUTE).kind == "session"


def test_signing_out_ends_this_session_and_everywhere_ends_all_of_this_account(city: Town) -> None:
    city.person("lin", Role.INTAKE)
    city.person("wang", Role.INTAKE)
    mine, others = [come(city) for _ in range(3)], come(city, "wang")
    found = Sessions(city.access).find(mine[0].secret, KINDS, NOW)
    assert found is not None
    sign_out(city.access, found[1], NOW)
    assert [stands(city, s.secret, NOW) for s in mine] == [False, True, True]
    sign_out(city.access, found[1], NOW, everywhere=True)
    assert [stands(city, s.secret, NOW) for s in [*mine, others]] == [False, False, False, True]
    assert [line.action for line in city.lines()[-2:]] == ["sign_out", "sign_out_everywhere"]


def test_an_invitation_sets_the_password_once(city: Town) -> None:
    _, secret = city.create("wang", ["viewer"], ["D1"])
    invite = token_of(city, secret)
    weak = declined(accept_invitation, city.access, invite, "wang wang wang", HERE, NOW)
    assert weak[:2] == ("password", "password_weak")
    signed = accept_invitation(city.access, invite, PASSWORD, HERE, NOW)
    assert stands(city, signed.secret, NOW)
    again = declined(accept_invitation, city.access, invite, OTHER_PASSWORD, HERE, NOW)
    assert again[:2] == ("password", "link_used")
    declined(come, city, "wang", OTHER_PASSWORD)
    assert come(city, "wang").kind == "session"


def test_an_invitation_expires_and_opens_nothing_else(city: Town) -> None:
    _, secret = city.create("wang", ["viewer"])
    sessions = Sessions(city.access)
    assert sessions.find(secret, INVITE, NOW + 72 * HOUR - 1) is not None
    assert sessions.find(secret, INVITE, NOW + 72 * HOUR) is None
    assert sessions.find(secret, [k for k in EVERY_KIND if k != "invite"], NOW) is None


def test_a_renewed_invitation_ends_the_old_one_and_a_new_password_the_open_sessions(city: Town) -> None:
    city.person("wang", Role.VIEWER)
    before = come(city, "wang")
    first, second = (
        token_of(city, renew(city.access, OPERATOR, city.tree, "wang", NOW)) for _ in range(2)
    )
    assert declined(accept_invitation, city.access, first, OTHER_PASSWORD, HERE, NOW)[1] == "link_used"
    assert stands(city, before.secret, NOW)
    accept_invitation(city.access, second, OTHER_PASSWORD, HERE, NOW)
    assert not stands(city, before.secret, NOW)


def test_the_provider_lets_in_only_whom_an_account_was_made_for(city: Town) -> None:
    city.create("chen", ["viewer"], federated=True)
    city.person("lin", Role.VIEWER)
    strangers = [("s1", "who"), ("s1", "lin"), ("", "chen"), ("s1", ""), ("s\x001", "c\x00"), ("s1", "chen\ud800")]
    for subject, login in strangers:
        answer = declined(sign_in_federated, city.access, subject, login, HERE, NOW)
        assert answer == ("login", "unknown_federated", {})
    assert city.account("chen").subject == ""
    signed = sign_in_federated(city.access, "s1", "Chen", HERE, NOW)
    assert (signed.kind, city.account("chen").subject) == ("session", "s1")
    assert city.lines("sign_in_oidc")[0].actor == "chen"


def test_who_signs_in_at_the_provider_has_no_password_here_any_more(city: Town) -> None:
    account = city.person("lin", Role.INTAKE)
    with city.access.store.begin() as conn:
        accounts.save(conn, replace(account, federated=1))
    assert declined(come, city)[1] == "wrong_login"
    assert renew(city.access, OPERATOR, city.tree, "lin", NOW) == ""


def test_the_first_subject_is_bound_for_good_and_the_login_at_the_provider_may_change(city: Town) -> None:
    city.create("chen", ["viewer"], federated=True)
    sign_in_federated(city.access, "s1", "chen", HERE, NOW)
    assert declined(sign_in_federated, city.access, "s2", "chen", HERE, NOW)[1] == "unknown_federated"
    assert sign_in_federated(city.access, "s1", "chen.renamed", HERE, NOW).account.login == "chen"
    city.create("other", ["admin"], federated=True)
    assert sign_in_federated(city.access, "s1", "other", HERE, NOW).account.login == "chen"


@pytest.mark.parametrize("claimed", ["ſun", "ＳＵＮ", "sun\u200b", "sun\uff0e"])
def test_a_name_at_the_provider_that_only_looks_like_a_login_is_not_it(small: Town, claimed: str) -> None:
    small.create("sun", ["admin"], federated=True)
    assert declined(sign_in_federated, small.access, "s1", claimed, HERE, NOW)[1] == "unknown_federated"


def test_an_ended_account_is_let_in_by_nothing(city: Town) -> None:
    city.create("chen", ["viewer"], federated=True)
    sign_in_federated(city.access, "s1", "chen", HERE, NOW)
    city.person("lin", Role.INTAKE)
    signed = come(city)
    for login in ("chen", "lin"):
        end(city.access, OPERATOR, city.tree, login, NOW)
    assert not stands(city, signed.secret, NOW + SECOND)
    assert declined(come, city)[1] == "wrong_login"
    assert declined(sign_in_federated, city.access, "s1", "chen", HERE, NOW + DAY)[1] == "unknown_federated"


def test_what_changes_while_a_password_is_being_verified_counts(city: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(what: Callable[[], object]) -> None:
        def slow(given: str, kept: str) -> bool:
            monkeypatch.setattr(signing_in, "is_password", is_password)
            good = is_password(given, kept)
            what()
            return good

        monkeypatch.setattr(signing_in, "is_password", slow)

    city.person("lin", Role.ADMIN, failures=1)
    meanwhile(lambda: change(city.access, OPERATOR, city.tree, Wanted("lin", roles=["viewer"], areas=["D1"]), NOW))
    come(city)
    assert (city.account("lin").roles, city.account("lin").areas, city.account("lin").rev) == (("viewer",), ("D1",), 2)
    actor = city.actor("lin")
    meanwhile(lambda: change_password(city.access, actor, PASSWORD, OTHER_PASSWORD, NOW))
    assert declined(come, city)[1] == "wrong_login"
    meanwhile(lambda: end(city.access, OPERATOR, city.tree, "lin", NOW))
    assert declined(come, city)[1] == "wrong_login"
    assert not city.account("lin").active


def test_a_lock_that_falls_while_the_right_password_is_being_verified_holds(
    small: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.person("lin", Role.ADMIN, failures=4)

    def slow(given: str, kept: str) -> bool:
        monkeypatch.setattr(signing_in, "is_password", is_password)
        declined(come, small, password=OTHER_PASSWORD)
        return is_password(given, kept)

    monkeypatch.setattr(signing_in, "is_password", slow)
    assert declined(come, small)[:2] == ("login", "wrong_login")
    assert small.account("lin").locked_until_ms == NOW + MINUTE
