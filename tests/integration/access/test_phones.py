"""Links of phones: for unit members only, one at a time, ended at once; and no more than a unit's rights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geodata.domain.roles import Right, Role
from geodata.services import phones
from geodata.services.accounts import end
from geodata.services.actors import NOBODY, Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.services.sessions import Sessions
from geodata.store import accounts
from geodata.store.tokens import Kind
from tests.factories.access_city import DAY, NOW, OPERATOR, PASSWORD, Town, all_kept, of
from tests.integration.access.coming import actor_by

FIELD: tuple[Kind, ...] = ("field",)


@pytest.fixture
def posted(city: Town) -> Town:
    """U1 and the account of its phone."""
    city.enrol("U1")
    city.person("phone.u1", Role.UNIT_MEMBER, Role.SHIFT_LEADER, areas=["D1"], unit_code="U1")
    return city


def issue(city: Town, by: Actor = OPERATOR, login: str = "phone.u1") -> str:
    return phones.issue(city.access, by, city.tree, login, NOW)[1]


def stands(city: Town, secret: str, now_ms: int = NOW) -> bool:
    return Sessions(city.access).find(secret, FIELD, now_ms) is not None


def test_a_phone_is_its_unit_and_no_more_whatever_else_its_account_may_be(posted: Town) -> None:
    actor = actor_by(posted, issue(posted), FIELD)
    assert (actor.roles, actor.unit_code) == (frozenset({Role.UNIT_MEMBER}), "U1")
    assert actor.may(Right.SIGN_ON)
    assert not actor.may(Right.MANAGE_PHONES)
    assert "dispatch" not in actor.acts


def test_a_phone_of_somebody_who_is_no_unit_member_any_more_is_nobody(posted: Town) -> None:
    secret = issue(posted)
    account = replace(posted.account("phone.u1"), roles=(Role.SHIFT_LEADER.value,), rev=2)
    with posted.store.begin() as conn:
        accounts.save(conn, account)
    assert actor_by(posted, secret, FIELD) == NOBODY


def test_a_new_link_ends_the_old_one_and_it_can_be_ended_at_once(posted: Town) -> None:
    first = issue(posted)
    second = issue(posted)
    assert (stands(posted, first), stands(posted, second)) == (False, True)
    assert stands(posted, second, NOW + 300 * DAY), "a phone is not signed in again and again"
    phones.end(posted.access, OPERATOR, posted.tree, "phone.u1", NOW)
    assert not stands(posted, second)
    assert [line.action for line in posted.lines() if line.action.endswith("_phone")] == [
        "issue_phone", "issue_phone", "end_phone",
    ]  # fmt: skip


def test_it_ends_with_its_account_and_is_kept_as_a_hash(posted: Town) -> None:
    secret = issue(posted)
    assert secret not in all_kept(posted.store)
    end(posted.access, OPERATOR, posted.tree, "phone.u1", NOW)
    assert not stands(posted, secret)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SHIFT_LEADER])
def test_who_manages_phones_does_so_within_the_own_reach(posted: Town, role: Role) -> None:
    near, far = of("near", role, areas=["D1"]), of("far", role, areas=["D2"])
    assert [p.account.login for p in phones.phones(posted.access, near, posted.tree)] == ["phone.u1"]
    assert phones.phones(posted.access, far, posted.tree) == []
    secret = issue(posted, near)
    for login in ("phone.u1", "nobody.at.all"):
        with pytest.raises(Declined, match="unknown_account"):
            issue(posted, far, login)
        with pytest.raises(Declined, match="unknown_account"):
            phones.end(posted.access, far, posted.tree, login, NOW)
    assert stands(posted, secret)


def test_nobody_else_hands_out_links_and_none_is_handed_to_who_has_no_unit(posted: Town) -> None:
    for role in set(Role) - {Role.ADMIN, Role.SHIFT_LEADER}:
        for call in (lambda who: issue(posted, who), lambda who: phones.phones(posted.access, who, posted.tree)):
            with pytest.raises(NotAllowedError):
                call(of("x", role))
    posted.person("officer", Role.DUTY_OFFICER, password=PASSWORD)
    posted.person("phone.u9", Role.UNIT_MEMBER, unit_code="U9")
    posted.person("phone.none", Role.UNIT_MEMBER)
    for login, why in (("officer", "unknown_account"), ("phone.none", "unknown_account"), ("phone.u9", "no_unit")):
        with pytest.raises(Declined, match=why):
            issue(posted, login=login)
