"""Phones 手机: the link that makes a phone the phone of a unit; made, renewed and ended, and when it was seen last."""

from __future__ import annotations

from dataclasses import dataclass

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Right, Role
from geodata.services.access import Access, actor_of, roles_of
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.signing_in import Caller
from geodata.store import accounts, tokens, units
from geodata.store.accounts import Account
from geodata.store.engine import Connection
from geodata.store.tokens import Token
from geodata.store.units import UnitNow

OPENED = "open_phone"


@dataclass(frozen=True, slots=True)
class Phone:
    """An account that a phone may be for, with its unit where there is one, and its link where it has one."""

    account: Account
    unit: UnitNow | None
    link: Token | None


def phones(access: Access, actor: Actor, tree: AreaTree) -> list[Phone]:
    """The unit members whose phones the actor may manage, by login. Raises NotAllowedError."""
    actor.needs(Right.MANAGE_PHONES)
    with access.store.read() as conn:
        found = [a for a in accounts.all_accounts(conn) if a.active and _is_member(a) and _within(actor, tree, a)]
        links = {t.account_id: t for t in reversed(tokens.all_tokens(conn, ["field"]))}
        known = units.by_codes(conn, sorted({a.unit_code for a in found}))
    return [Phone(a, known.get(a.unit_code), links.get(a.id)) for a in found]


def issue(access: Access, actor: Actor, tree: AreaTree, login: str, now_ms: int) -> tuple[Account, str]:
    """The account and a new link's secret, which is shown once; an older link of the account ends.

    Raises NotAllowedError, and Declined where there is no such unit member or its unit is not there.
    """
    with access.store.begin() as conn:
        account = _member(conn, actor, tree, login)
        if account.unit_code not in units.by_codes(conn, [account.unit_code]):
            raise Declined("unit_code", "no_unit", value=account.unit_code)
        tokens.end_all(conn, account.id, now_ms, kinds=["field"])
        _, secret = tokens.issue(conn, account.id, "field", now_ms=now_ms, expires_ms=None)
        access.audit.record(conn, actor, "issue_phone", f"account:{account.login}", at_ms=now_ms,
                            area=account.areas[0], new={"unit": account.unit_code})  # fmt: skip
        return account, secret


def end(access: Access, actor: Actor, tree: AreaTree, login: str, now_ms: int) -> None:
    """The account's phone opens nothing any more. Raises NotAllowedError, Declined."""
    with access.store.begin() as conn:
        account = _member(conn, actor, tree, login)
        tokens.end_all(conn, account.id, now_ms, kinds=["field"])
        access.audit.record(conn, actor, "end_phone", f"account:{account.login}", at_ms=now_ms,
                            area=account.areas[0])  # fmt: skip


def opened(access: Access, account: Account, token: Token, caller: Caller, now_ms: int) -> None:
    """A phone was opened by its link."""
    with access.store.begin() as conn:
        access.audit.record(
            conn, actor_of(account, token, caller.address), OPENED, f"account:{account.login}", at_ms=now_ms,
            area=account.areas[0] if account.areas else "", new={"agent": caller.agent},
        )  # fmt: skip


def may_open(account: Account) -> bool:
    """Whether a phone of this account would be the phone of anything."""
    return account.active and _is_member(account)


def _is_member(account: Account) -> bool:
    return Role.UNIT_MEMBER in roles_of(account) and bool(account.unit_code)


def _within(actor: Actor, tree: AreaTree, account: Account) -> bool:
    """A code that is no longer in force counts as the whole city."""
    return all(actor.reaches(tree, tree.ordinal.get(code, 0)) for code in account.areas)


def _member(conn: Connection, actor: Actor, tree: AreaTree, login: str) -> Account:
    actor.needs(Right.MANAGE_PHONES)
    account = accounts.by_login(conn, login[:64])
    if account is None or not account.active or not _is_member(account) or not _within(actor, tree, account):
        raise Declined("login", "unknown_account", value=login[:64])
    return account
