"""The second factor: who needs one, setting it up, and codes that count once and not twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyotp
import pytest

from geodata.domain.roles import Role
from geodata.services.access import actor_of
from geodata.services.accounts import Wanted, change, end, renew
from geodata.services.sessions import Sessions
from geodata.services.signing_in import (
    accept_invitation,
    new_second_factor,
    pass_second_factor,
    second_factor_address,
    set_up_second_factor,
    sign_in_federated,
    sign_out,
)
from geodata.store import accounts
from geodata.store.engine import Store
from geodata.store.tokens import Token
from tests.factories.access_city import MINUTE, NOW, OPERATOR, OTHER_PASSWORD, PASSWORD, SECOND, Town, all_kept, town
from tests.integration.access.coming import EVERY_KIND, HALF, HERE, come, declined, stands, token_of

STEP = 30 * SECOND
SECRET = "JBSWY3DPEHPK3PXP" * 2


def code_at(now_ms: int, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(now_ms // 1000)


def with_app(city: Town, login: str = "lin", *roles: Role, **other: Any) -> None:
    """A person whose authenticator app is set up."""
    city.person(login, *(roles or (Role.ADMIN,)), totp=city.access.seal.seal(SECRET), **other)


def half(city: Town, login: str = "lin", now_ms: int = NOW) -> Token:
    signed = come(city, login, now_ms=now_ms)
    assert signed.kind == "half"
    return token_of(city, signed.secret)


def test_without_any_demand_the_password_is_enough(small: Town) -> None:
    small.person("lin", Role.ADMIN)
    assert come(small).kind == "session"


@pytest.mark.parametrize(("roles", "required", "kind"), [
    ((Role.ADMIN,), 0, "half"), ((Role.VIEWER, Role.ADMIN), 0, "half"), ((Role.VIEWER,), 0, "session"),
    ((Role.VIEWER,), 1, "half"),
])  # fmt: skip
def test_the_citys_rules_ask_it_of_roles_and_an_admin_asks_it_of_accounts(
    sqlite_store: Store, roles: tuple[Role, ...], required: int, kind: str
) -> None:
    city = town(sqlite_store, totp_roles=(Role.ADMIN, Role.AUDITOR))
    city.person("lin", *roles, totp_required=required)
    assert come(city).kind == kind


def test_whoever_has_set_one_up_needs_it_from_then_on(small: Town) -> None:
    with_app(small, "lin", Role.VIEWER)
    assert come(small).kind == "half"


def test_an_invitation_leads_to_it_too_and_the_providers_own_factor_is_enough(sqlite_store: Store) -> None:
    city = town(sqlite_store, totp_roles=(Role.ADMIN,))
    _, secret = city.create("wang", ["admin"])
    assert accept_invitation(city.access, token_of(city, secret), OTHER_PASSWORD, HERE, NOW).kind == "half"
    city.create("chen", ["admin"], federated=True)
    assert sign_in_federated(city.access, "s1", "chen", HERE, NOW).kind == "session"


def test_half_a_session_opens_nothing_lasts_ten_minutes_and_asks_as_nobody(city: Town) -> None:
    with_app(city)
    signed = come(city)
    sessions = Sessions(city.access)
    assert sessions.find(signed.secret, [k for k in EVERY_KIND if k != "half"], NOW) is None
    found = sessions.find(signed.secret, HALF, NOW + 10 * MINUTE - 1)
    assert found is not None
    assert (found[1].rights, found[1].account_id, found[1].areas) == (frozenset(), 0, frozenset())
    assert sessions.find(signed.secret, HALF, NOW + 10 * MINUTE) is None


def test_the_code_of_the_app_makes_it_whole_and_the_half_is_used_up(city: Town) -> None:
    with_app(city, failures=3)
    waiting = half(city)
    assert city.account("lin").failures == 3, "a password alone does not set the count back"
    signed = pass_second_factor(city.access, waiting, code_at(NOW), HERE, NOW)
    assert signed.kind == "session"
    assert stands(city, signed.secret, NOW)
    assert (city.account("lin").failures, city.account("lin").totp_step) == (0, NOW // STEP)
    later = NOW + 2 * STEP
    assert declined(pass_second_factor, city.access, waiting, code_at(later), HERE, later)[1] == "link_used"
    assert city.account("lin").totp_step == NOW // STEP


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_step(small: Town, steps: int, good: bool) -> None:
    with_app(small)
    code = code_at(NOW + steps * STEP)
    if good:
        assert pass_second_factor(small.access, half(small), f"{code[:3]} {code[3:]}", HERE, NOW).kind == "session"
    else:
        assert declined(pass_second_factor, small.access, half(small), code, HERE, NOW)[:2] == ("code", "wrong_code")


def test_a_code_counts_once_and_so_does_an_older_one(city: Town) -> None:
    with_app(city)
    pass_second_factor(city.access, half(city), code_at(NOW), HERE, NOW)
    for code, now in ((NOW - STEP, NOW), (NOW, NOW), (NOW, NOW + STEP)):
        waiting = half(city, now_ms=now)
        assert declined(pass_second_factor, city.access, waiting, code_at(code), HERE, now)[1] == "wrong_code"
    then = NOW + STEP
    assert pass_second_factor(city.access, half(city, now_ms=then), code_at(then), HERE, then).kind == "session"


def test_a_wrong_code_counts_as_a_failure_and_locks(city: Town) -> None:
    with_app(city)
    waiting = half(city)
    for n, code in enumerate(["", "000000", "abcdef", "\ud800", "１２３４５６"], 1):
        assert declined(pass_second_factor, city.access, waiting, code, HERE, NOW) == ("code", "wrong_code", {})
        assert city.account("lin").failures == n
    assert city.account("lin").locked_until_ms == NOW + MINUTE
    right = declined(pass_second_factor, city.access, waiting, code_at(NOW), HERE, NOW)
    assert right == ("code", "wrong_code", {})
    assert declined(come, city)[1] == "wrong_login"
    later = city.account("lin").locked_until_ms
    assert pass_second_factor(city.access, waiting, code_at(later), HERE, later).kind == "session"
    assert {line.new for line in city.lines("sign_in_failed")} >= {'{"why": "second_factor", "failures": 5}'}


def test_setting_one_up_needs_a_code_and_is_kept_sealed(city: Town) -> None:
    city.person("lin", Role.ADMIN, totp_required=1, failures=2)
    waiting, secret = half(city), new_second_factor()
    wrong = declined(set_up_second_factor, city.access, waiting.account_id, secret, "000000", HERE, NOW, waiting)
    assert wrong == ("code", "wrong_code", {})
    assert city.account("lin").totp == ""
    signed = set_up_second_factor(
        city.access, waiting.account_id, secret, code_at(NOW, secret), HERE, NOW, waiting
    )
    assert signed is not None
    assert stands(city, signed.secret, NOW)
    assert city.access.seal.unseal(city.account("lin").totp) == secret
    assert city.account("lin").failures == 0
    assert secret not in all_kept(city.store)
    assert [line.action for line in city.lines()] == ["set_second_factor", "sign_in"]
    replayed = declined(pass_second_factor, city.access, half(city), code_at(NOW, secret), HERE, NOW)
    assert replayed[1] == "wrong_code", "the code that proved it is used up"


def test_half_a_session_cannot_replace_a_second_factor_that_is_there(city: Town) -> None:
    with_app(city)
    secret = new_second_factor()
    waiting = half(city)
    said = declined(
        set_up_second_factor, city.access, waiting.account_id, secret, code_at(NOW, secret), HERE, NOW, waiting
    )
    assert said[1] == "wrong_code"
    assert city.access.seal.unseal(city.account("lin").totp) == SECRET


def test_one_half_session_sets_up_one_second_factor(city: Town) -> None:
    city.person("lin", Role.ADMIN, totp_required=1)
    waiting, secret = half(city), new_second_factor()
    sign_out(city.access, actor_of(city.account("lin")), NOW, everywhere=True)
    code = code_at(NOW, secret)
    said = declined(set_up_second_factor, city.access, waiting.account_id, secret, code, HERE, NOW, waiting)
    assert said[1] == "link_used"
    assert city.account("lin").totp == ""


def test_whoever_is_signed_in_replaces_it_by_the_password_too_and_keeps_the_session(city: Town) -> None:
    with_app(city)
    secret, account = new_second_factor(), city.account("lin")
    for n, password in enumerate(["", OTHER_PASSWORD], 1):
        said = declined(set_up_second_factor, city.access, account.id, secret, code_at(NOW, secret), HERE, NOW,
                        password=password)  # fmt: skip
        assert said[:2] == ("password", "wrong_password")
        assert city.account("lin").failures == n
    assert city.access.seal.unseal(city.account("lin").totp) == SECRET
    done = set_up_second_factor(
        city.access, account.id, secret, code_at(NOW, secret), HERE, NOW, password=PASSWORD
    )
    assert done is None
    then = NOW + STEP
    waiting = half(city, now_ms=then)
    assert declined(pass_second_factor, city.access, waiting, code_at(then), HERE, then)[1] == "wrong_code"
    assert pass_second_factor(city.access, waiting, code_at(then, secret), HERE, then).kind == "session"


def test_whoever_is_signed_in_sets_up_the_first_one_by_a_code_alone(small: Town) -> None:
    account, secret = small.person("lin", Role.VIEWER), new_second_factor()
    assert set_up_second_factor(small.access, account.id, secret, code_at(NOW, secret), HERE, NOW) is None
    assert come(small).kind == "half"


def test_an_admin_who_makes_it_forgotten_lets_its_owner_set_up_a_new_one(city: Town) -> None:
    with_app(city, "lin", Role.VIEWER)
    renew(city.access, OPERATOR, city.tree, "lin", NOW)
    assert city.account("lin").totp
    invitation = renew(city.access, OPERATOR, city.tree, "lin", NOW, forget_second_factor=True)
    assert (city.account("lin").totp, city.account("lin").totp_step, city.account("lin").rev) == ("", 0, 2)
    assert declined(come, city)[1] == "wrong_login", "the old password alone sets up nothing"
    change(city.access, OPERATOR, city.tree, Wanted("lin", roles=["viewer"], areas=["C"], totp_required=True), NOW)
    assert accept_invitation(city.access, token_of(city, invitation), OTHER_PASSWORD, HERE, NOW).kind == "half"


def test_the_half_session_of_an_account_that_was_ended_is_worth_nothing(city: Town) -> None:
    with_app(city)
    waiting = half(city)
    end(city.access, OPERATOR, city.tree, "lin", NOW)
    assert declined(pass_second_factor, city.access, waiting, code_at(NOW), HERE, NOW)[1] == "link_used"


def test_a_second_factor_whose_key_is_lost_lets_nobody_in(small: Town) -> None:
    with_app(small)
    waiting = half(small)
    with small.store.begin() as conn:
        accounts.save(conn, replace(small.account("lin"), totp="gAAAA-not-ours"))
    assert declined(pass_second_factor, small.access, waiting, code_at(NOW), HERE, NOW)[1] == "wrong_code"


def test_the_address_for_the_app_names_the_city_and_the_login(small: Town) -> None:
    account = small.person("lin", Role.VIEWER)
    address = second_factor_address(account, SECRET)
    parsed = pyotp.parse_uri(address)
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.secret, parsed.name, parsed.issuer) == (SECRET, "lin", "OneScreen")
    assert parsed.at(NOW // 1000) == code_at(NOW)
    assert len({new_second_factor() for _ in range(20)}) == 20
