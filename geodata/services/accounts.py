"""Accounts of people, screens and feeds: made, changed and ended by those who may, within their own jurisdiction."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from geodata.domain.areas import AreaTree
from geodata.domain.roles import PEOPLE, Right, Role, Scope
from geodata.domain.view import SCREEN_PAGES
from geodata.services.access import Access, actor_of, roles_of
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.store import accounts, tokens
from geodata.store.accounts import Account
from geodata.store.engine import Connection
from geodata.store.tokens import Token

HOUR_MS = 3_600_000
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}", re.ASCII)
NAME_MAX = 64
AREAS_MAX = 50
FIRST_LOGIN = "admin"
OWN_FIXED = ("unit_code", "totp_required", "federated")
LOGGED = ("name", "roles", "areas", "scopes", "systems", "page", "unit_code", "totp_required", "federated")
EVERY_KIND: tuple[tokens.Kind, ...] = ("session", "half", "invite", "screen", "feed", "field")
MANAGES = {Role.SCREEN: Right.MANAGE_SCREENS, Role.FEED: Right.MANAGE_FEEDS}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an account shall be. ``roles``, ``areas``, ``scopes`` and ``systems`` as they were typed or ticked."""

    login: str
    name: str = ""
    roles: Sequence[str] = ()
    areas: Sequence[str] = ()
    scopes: Sequence[str] = ()
    systems: Sequence[str] = ()
    page: str = ""
    unit_code: str = ""
    totp_required: bool = False
    federated: bool = False


def create(access: Access, actor: Actor, tree: AreaTree, wanted: Wanted, now_ms: int) -> tuple[Account, str]:
    """A new account and its secret: a screen's link, a feed's key, a person's one-time invitation ("" if federated).

    Raises NotAllowedError, and Declined with the field that is wrong.
    """
    account = _checked(actor, tree, wanted)
    with access.store.begin() as conn:
        if accounts.by_login(conn, account.login) is not None:
            raise Declined("login", "login_taken", value=account.login)
        account = accounts.add(conn, replace(account, created_ms=now_ms))
        access.audit.record(conn, actor, "create_account", _subject(account), at_ms=now_ms, area=account.areas[0],
                            new=_logged(account))  # fmt: skip
        if account.federated:
            return account, ""
        return account, _secret(access, conn, account, now_ms)


def change(access: Access, actor: Actor, tree: AreaTree, wanted: Wanted, now_ms: int) -> Account:
    """The account of this login as wanted; its open sessions see the change within seconds."""
    with access.store.begin() as conn:
        old = _manageable(conn, actor, tree, wanted.login)
        new = _checked(actor, tree, wanted)
        if _kind(old) != _kind(new):
            raise Declined("roles", "kind_fixed")
        if old.id == actor.account_id and any(set(getattr(old, n)) != set(getattr(new, n)) for n in ("roles", "areas")):
            raise Declined("roles", "not_oneself")
        if old.id == actor.account_id and any(getattr(old, n) != getattr(new, n) for n in OWN_FIXED):
            raise Declined("login", "not_oneself")
        kept = {name: getattr(new, name) for name in LOGGED}
        account = replace(old, **kept, rev=old.rev + 1)
        if old.federated != account.federated:
            account = replace(account, password="", totp="", subject="")
            tokens.end_all(conn, account.id, now_ms, kinds=("half", "invite"))
        accounts.save(conn, account)
        access.audit.record(conn, actor, "change_account", _subject(account), at_ms=now_ms, area=account.areas[0],
                            old=_logged(old), new=_logged(account))  # fmt: skip
    return account


def end(access: Access, actor: Actor, tree: AreaTree, login: str, now_ms: int) -> None:
    """Nobody comes in with this account any more; it is kept for the audit, and its secrets are dead."""
    with access.store.begin() as conn:
        account = _manageable(conn, actor, tree, login)
        if account.id == actor.account_id:
            raise Declined("login", "not_oneself")
        if not account.active:
            raise Declined("login", "unknown_account", value=login)
        accounts.save(conn, replace(account, ended_ms=now_ms, password="", totp="", subject="", rev=account.rev + 1))
        tokens.end_all(conn, account.id, now_ms, kinds=EVERY_KIND)
        access.audit.record(conn, actor, "end_account", _subject(account), at_ms=now_ms, area=account.areas[0],
                            old=_logged(account))  # fmt: skip


def renew(
    access: Access, actor: Actor, tree: AreaTree, login: str, now_ms: int, *, forget_second_factor: bool = False
) -> str:
    """Another secret for an account: an invitation that sets a new password, a screen's link, a feed's key.

    "" for who signs in at the OpenID provider.
    A screen's old link ends at once; a feed's old keys go on until they are ended, so that its system can change over.
    """
    with access.store.begin() as conn:
        account = _manageable(conn, actor, tree, login)
        if not account.active:
            raise Declined("login", "unknown_account", value=login)
        if account.id == actor.account_id:
            raise Declined("login", "not_oneself")  # an open session alone is no way to another password
        if forget_second_factor:
            # Who knows the old password alone must not be the one who sets up the next factor.
            account = replace(account, totp="", totp_step=0, password="", rev=account.rev + 1)
            accounts.save(conn, account)
            tokens.end_all(conn, account.id, now_ms)
        if _kind(account) is not Role.FEED:
            old: tuple[tokens.Kind, ...] = ("invite", "screen")
            tokens.end_all(conn, account.id, now_ms, kinds=old)
        access.audit.record(conn, actor, "renew_secret", _subject(account), at_ms=now_ms, area=account.areas[0],
                            new={"second_factor_forgotten": forget_second_factor})  # fmt: skip
        return "" if account.federated else _secret(access, conn, account, now_ms)


def end_token(access: Access, actor: Actor, tree: AreaTree, token_id: int, now_ms: int) -> None:
    """End one session, link or key: the actor's own, or one of an account that it manages."""
    with access.store.begin() as conn:
        found = tokens.standing(conn, [token_id]).get(token_id)
        if found is None:
            raise Declined("token", "unknown_token")
        token, account = found
        if account.id != actor.account_id:
            try:
                _manageable(conn, actor, tree, account.login)
            except Declined:
                raise Declined("token", "unknown_token") from None
        tokens.end(conn, token.id, now_ms)
        access.audit.record(conn, actor, "end_token", f"token:{token.id}", at_ms=now_ms, area=account.areas[0],
                            old={"account": account.login, "kind": token.kind})  # fmt: skip


def managed(access: Access, actor: Actor, tree: AreaTree, roles: Collection[Role]) -> list[Account]:
    """The accounts with any of these roles that the actor may manage, by login."""
    with access.store.read() as conn:
        found = accounts.with_roles(conn, [role.value for role in roles])
    return [a for a in found if _may_manage(actor, tree, a)]


def tokens_of(access: Access, account_ids: Collection[int], kinds: Collection[tokens.Kind]) -> dict[int, list[Token]]:
    """The standing tokens of accounts, by account; what an account's page may list is for its caller to know."""
    with access.store.read() as conn:
        found = tokens.all_tokens(conn, kinds)
    held: dict[int, list[Token]] = {i: [] for i in account_ids}
    for token in found:
        if token.account_id in held:
            held[token.account_id].append(token)
    return held


def first_invitation(access: Access, root_code: str, now_ms: int) -> str | None:
    """The one-time secret by which the first admin comes in; None where there is an admin who can."""
    with access.store.begin() as conn:
        admins = [a for a in accounts.all_accounts(conn) if Role.ADMIN in roles_of(a) and a.active]
        if any(a.password or a.federated for a in admins):
            return None
        first = next((a for a in admins if a.login == FIRST_LOGIN), None)
        if first is None:
            first = accounts.by_login(conn, FIRST_LOGIN)
            fresh = Account(0, FIRST_LOGIN, FIRST_LOGIN, (Role.ADMIN.value,), (root_code,), created_ms=now_ms)
            if first is None:
                first = accounts.add(conn, fresh)
            else:
                first = replace(fresh, id=first.id, rev=first.rev + 1)
                accounts.save(conn, first)
        tokens.end_all(conn, first.id, now_ms, kinds=EVERY_KIND)
        access.audit.record(conn, Actor.operator(), "invite_first_admin", _subject(first), at_ms=now_ms)
        return _secret(access, conn, first, now_ms)


def is_configured(access: Access) -> bool:
    """Whether there is an admin who can sign in: only then may the server listen beyond this machine."""
    with access.store.read() as conn:
        found = accounts.all_accounts(conn)
    return any(a.active and Role.ADMIN in roles_of(a) and (a.password or a.federated) for a in found)


def _checked(actor: Actor, tree: AreaTree, wanted: Wanted) -> Account:
    """The account that is wanted, where everything in it is known and within the actor's rights and jurisdiction."""
    login = wanted.login.strip().casefold()
    if not LOGIN.fullmatch(login):
        raise Declined("login", "login_form")
    roles = _roles(wanted.roles)
    actor.needs(_right(roles))
    areas = tuple(dict.fromkeys(code.strip() for code in wanted.areas if code.strip()))
    if not areas or len(areas) > AREAS_MAX:
        raise Declined("areas", "areas_missing", n=AREAS_MAX)
    for code in areas:
        o = tree.ordinal.get(code)
        if o is None or not actor.reaches(tree, o):
            raise Declined("areas", "unknown_area", value=code[:64])
    screen, feed = Role.SCREEN in roles, Role.FEED in roles
    if screen and (wanted.page not in SCREEN_PAGES or len(areas) != 1):
        raise Declined("page", "screen_page")
    scopes = tuple(s.value for s in Scope if s.value in wanted.scopes) if feed else ()
    if feed and not scopes:
        raise Declined("scopes", "scopes_missing")
    systems = tuple(dict.fromkeys(s.strip() for s in wanted.systems if s.strip())) if feed else ()
    if any(len(s) > 32 or not s.isprintable() for s in systems):
        raise Declined("systems", "systems_form")
    return Account(
        0, login, _plain(wanted.name), tuple(r.value for r in Role if r in roles), areas, scopes, systems,
        wanted.page if screen else "", _plain(wanted.unit_code) if Role.UNIT_MEMBER in roles else "",
        totp_required=int(wanted.totp_required), federated=int(wanted.federated and not (screen or feed)),
    )  # fmt: skip


def _roles(told: Sequence[str]) -> frozenset[Role]:
    known = {r.value for r in Role}
    if not told or not set(told) <= known:
        raise Declined("roles", "roles_missing")
    roles = frozenset(Role(r) for r in told)
    if len(roles) > 1 and not roles <= PEOPLE:
        raise Declined("roles", "roles_alone")
    return roles


def _plain(text: str) -> str:
    return "".join(c for c in text.strip() if c.isprintable())[:NAME_MAX]


def _right(roles: frozenset[Role]) -> Right:
    return next((right for role, right in MANAGES.items() if role in roles), Right.MANAGE_ACCOUNTS)


def _kind(account: Account) -> Role | None:
    return next((role for role in MANAGES if role in roles_of(account)), None)


def _may_manage(actor: Actor, tree: AreaTree, account: Account) -> bool:
    """All areas of the account lie within the actor's; a code that is no longer in force counts as the whole city."""
    within = all(actor.reaches(tree, tree.ordinal.get(code, 0)) for code in account.areas)
    return within and actor.may(_right(roles_of(account)))


def _manageable(conn: Connection, actor: Actor, tree: AreaTree, login: str) -> Account:
    account = accounts.by_login(conn, login[:64])
    if account is None or not _may_manage(actor, tree, account):
        raise Declined("login", "unknown_account", value=login[:64])
    return account


def _secret(access: Access, conn: Connection, account: Account, now_ms: int) -> str:
    kind = _kind(account)
    if kind is None:
        expires_ms = now_ms + access.rules.invite_h * HOUR_MS
        return tokens.issue(conn, account.id, "invite", now_ms=now_ms, expires_ms=expires_ms)[1]
    lasting: tokens.Kind = "screen" if kind is Role.SCREEN else "feed"
    return tokens.issue(conn, account.id, lasting, now_ms=now_ms, expires_ms=None)[1]


def _subject(account: Account) -> str:
    return f"account:{account.login}"


def _logged(account: Account) -> dict[str, object]:
    return {name: getattr(account, name) for name in LOGGED}


__all__ = [
    "Wanted", "actor_of", "change", "create", "end", "end_token", "first_invitation", "is_configured", "managed",
    "renew", "tokens_of",
]  # fmt: skip
