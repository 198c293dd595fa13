"""Roles of the demo: whoever tries the demo city steps into one without a password."""

from __future__ import annotations

import re
from dataclasses import replace

from geodata.domain.areas import AreaTree
from geodata.domain.events import State
from geodata.domain.roles import PEOPLE, Role
from geodata.services.access import Access, actor_of, roles_of
from geodata.services.accounts import LOGIN
from geodata.services.actors import Actor, NotAllowedError
from geodata.services.declining import Declined
from geodata.services.signing_in import Caller, SignedIn, step_in
from geodata.store import accounts, events, tokens, units
from geodata.store.accounts import Account
from geodata.store.engine import Connection

STEPPED_IN: tuple[Role, ...] = (
    Role.SCREEN, Role.LEADER, Role.DUTY_OFFICER, Role.INTAKE, Role.SHIFT_LEADER, Role.CENTRE_HEAD, Role.UNIT_MEMBER,
    Role.UNIT_HEAD, Role.VIEWER, Role.AUDITOR, Role.ADMIN,
)  # fmt: skip
"""The roles one may step into: all but a feed's, which only has a key."""
SENT = (State.DISPATCHED.value, State.HANDLING.value)
SCREEN_MS = 30 * 86_400_000
NOT_IN_LOGIN = re.compile(r"[^a-z0-9.-]", re.ASCII)


def step_into(access: Access, tree: AreaTree, told_role: str, area: str, caller: Caller, now_ms: int) -> SignedIn:
    """A session (of a screen: its link's secret) for a role in an area.

    Raises NotAllowedError where this is no demo, Declined for a role or an area that is not there.
    """
    if not access.demo:
        raise NotAllowedError(Actor(address=caller.address), "step_in")
    role = next((r for r in STEPPED_IN if r.value == told_role), None)
    if role is None:
        raise Declined("role", "roles_missing")
    if area not in tree.ordinal:
        raise Declined("area", "unknown_area", value=area[:64])
    with access.store.begin() as conn:
        account = _account(access, conn, tree, role, area, caller, now_ms)
        if role is Role.SCREEN:
            _, secret = tokens.issue(
                conn, account.id, "screen", now_ms=now_ms, expires_ms=now_ms + SCREEN_MS, address=caller.address,
                agent=caller.agent,
            )  # fmt: skip
            actor = actor_of(account, address=caller.address)
            access.audit.record(conn, actor, "step_in", f"account:{account.login}", at_ms=now_ms, area=area)
            return SignedIn(secret, "screen", account)
    return step_in(access, account, caller, now_ms)


def _account(
    access: Access, conn: Connection, tree: AreaTree, role: Role, area: str, caller: Caller, now_ms: int
) -> Account:
    """The account of this role in this area, made where there is none, and put right where somebody changed it."""
    login = f"demo-{role.value.replace('_', '-')}-{NOT_IN_LOGIN.sub('-', area.casefold())}"[:64]
    old = accounts.by_login(conn, login)
    if old is not None and old.areas != (area,):  # two codes that differ in what a login cannot hold
        login = f"{login[:50]}-{tree.ordinal[area]}"
        old = accounts.by_login(conn, login)
    assert LOGIN.fullmatch(login)
    unit_code = _unit_in(conn, tree, area) if role is Role.UNIT_MEMBER else ""
    wanted = Account(
        0, login, "", (role.value,), (area,), page="wall" if role is Role.SCREEN else "", unit_code=unit_code,
        created_ms=now_ms,
    )  # fmt: skip
    unchanged = old is not None and roles_of(old) == {role} and old.active and old.areas == (area,)
    same_unit = old is not None and (old.unit_code == unit_code or _is_sent(conn, tree, area, old.unit_code))
    if old is not None and unchanged and same_unit:
        return old
    new = accounts.add(conn, wanted) if old is None else replace(wanted, id=old.id, rev=old.rev + 1)
    if old is not None:
        accounts.save(conn, new)
    access.audit.record(
        conn, Actor("demo", PEOPLE, address=caller.address), "create_account", f"account:{login}", at_ms=now_ms,
        area=area, new={"roles": list(new.roles), "areas": list(new.areas), "unit_code": unit_code},
    )  # fmt: skip
    return new


def _unit_in(conn: Connection, tree: AreaTree, area: str) -> str:
    """The code of a unit at home in the area or below it, of those that are sent somewhere the busiest; "" for none."""
    o = tree.ordinal[area]
    busy = events.busiest_units(conn, SENT)
    home = {u.id: u for u in units.by_ids(conn, busy) if o <= tree.ordinal_by_id.get(u.home_area_id, -1) < tree.end[o]}
    for unit_id in busy:
        if unit_id in home and _is_sent(conn, tree, area, home[unit_id].code):
            return home[unit_id].code
    ids = [tree.areas[i].id for i in range(o, int(tree.end[o]))]
    found = units.page(conn, area_ids=None if o == 0 else ids, after_id=0, limit=1)
    return found[0].code if found else ""


def _is_sent(conn: Connection, tree: AreaTree, area: str, unit_code: str) -> bool:
    """Whether a unit has something to do in this area."""
    o = tree.ordinal[area]
    unit = units.by_codes(conn, [unit_code]).get(unit_code)
    sent = [e for e in events.of_unit(conn, unit.id) if e.state in SENT] if unit is not None else []
    return any(o <= tree.ordinal_by_id.get(e.area_id, -1) < tree.end[o] for e in sent)
