"""Programmes of walls and how screens hang: set up by whoever manages screens, within its own jurisdiction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from geodata.domain import kiosk as kiosks
from geodata.domain.areas import AreaTree
from geodata.domain.programmes import Programme, ProgrammeError, Step, check
from geodata.domain.roles import Right, Role
from geodata.domain.view import MapView, ViewError
from geodata.services.access import Access
from geodata.services.accounts import managed
from geodata.services.actors import Actor
from geodata.services.declining import Declined
from geodata.services.looking import NotThereError
from geodata.store import programmes
from geodata.store.accounts import Account
from geodata.store.engine import Connection
from geodata.store.programmes import KeptProgramme, Screen

Read = Callable[[str], MapView]
"""Reads an address; raises ViewError."""
NUMBER_MAX = 2**31 - 1
PROGRAMMES_MAX = 200


def listed(access: Access, actor: Actor, tree: AreaTree) -> list[KeptProgramme]:
    """The programmes of areas within reach, by name. Raises NotAllowedError."""
    actor.needs(Right.MANAGE_SCREENS)
    with access.store.read() as conn:
        return [kept for kept in programmes.all_programmes(conn) if _reaches(actor, tree, kept)]


def one(access: Access, actor: Actor, tree: AreaTree, number: int) -> KeptProgramme:
    """A programme. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.MANAGE_SCREENS)
    with access.store.read() as conn:
        return _one(conn, actor, tree, number)


def add(access: Access, actor: Actor, tree: AreaTree, programme: Programme, read: Read, now_ms: int) -> int:
    """A new programme; its number. Raises NotAllowedError, Declined."""
    actor.needs(Right.MANAGE_SCREENS)
    programme = _checked(actor, tree, programme, read)
    with access.store.begin() as conn:
        if len(programmes.all_programmes(conn)) >= PROGRAMMES_MAX:
            raise Declined("name", "programmes_many", n=PROGRAMMES_MAX)
        number = programmes.add(conn, programme, now_ms)
        access.audit.record(conn, actor, "add_programme", f"programme:{number}", at_ms=now_ms, area=programme.area,
                            new=_logged(programme))  # fmt: skip
    return number


def change(
    access: Access, actor: Actor, tree: AreaTree, number: int, rev: int, to: Callable[[Programme], Programme],
    read: Read, now_ms: int,
) -> None:  # fmt: skip
    """A programme is changed, as it was seen at revision ``rev``; whoever came second is told so.

    Raises NotAllowedError, NotThereError, Declined.
    """
    actor.needs(Right.MANAGE_SCREENS)
    with access.store.begin() as conn:
        kept = _one(conn, actor, tree, number)
        if kept.rev != rev:
            raise Declined("name", "programme_changed")
        programme = _checked(actor, tree, to(kept.programme), read)
        if programme == kept.programme:
            return
        programmes.change(conn, number, kept.rev + 1, programme, now_ms)
        access.audit.record(conn, actor, "change_programme", f"programme:{number}", at_ms=now_ms, area=programme.area,
                            old=_logged(kept.programme), new=_logged(programme))  # fmt: skip


def end(access: Access, actor: Actor, tree: AreaTree, number: int, now_ms: int) -> None:
    """A programme is forgotten; its screens show their own page. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.MANAGE_SCREENS)
    with access.store.begin() as conn:
        kept = _one(conn, actor, tree, number)
        programmes.drop(conn, number)
        access.audit.record(conn, actor, "end_programme", f"programme:{number}", at_ms=now_ms,
                            area=kept.programme.area, old=_logged(kept.programme))  # fmt: skip


def screen(access: Access, actor: Actor, tree: AreaTree, login: str) -> tuple[Account, Screen]:
    """An account of a screen, and how it hangs. Raises NotAllowedError, NotThereError."""
    actor.needs(Right.MANAGE_SCREENS)
    account = next((a for a in managed(access, actor, tree, (Role.SCREEN,)) if a.login == login and a.active), None)
    if account is None:
        raise NotThereError(f"there is no screen {login[:64]!r}")
    with access.store.read() as conn:
        return account, programmes.screens_of(conn, [account.id]).get(account.id, Screen())


def offered(access: Access, actor: Actor, tree: AreaTree, account: Account, shown: Screen) -> list[KeptProgramme]:
    """The programmes that a screen may show: all that they show lies in its area. And the one that it has: its area
    may have become another since."""
    if account.page != "wall":
        return []
    inside = [kept for kept in listed(access, actor, tree) if within(tree, account.areas[0], kept.programme.area)]
    if shown.programme_id is None or shown.programme_id in {kept.id for kept in inside}:
        return inside
    with access.store.read() as conn:
        own = programmes.by_id(conn, shown.programme_id)
    return [*inside, own] if own else inside


def hang(access: Access, actor: Actor, tree: AreaTree, login: str, wanted: Screen, now_ms: int) -> None:
    """How a screen hangs and what it shows from now on. Raises NotAllowedError, NotThereError, Declined."""
    account, old = screen(access, actor, tree, login)
    if fault := kiosks.broken(wanted.kiosk):
        raise Declined(fault[0], fault[2], value=fault[1])
    number = wanted.programme_id
    if number is not None and number not in {kept.id for kept in offered(access, actor, tree, account, old)}:
        raise Declined("programme", "programme_unknown")
    with access.store.begin() as conn:
        if number is not None and programmes.by_id(conn, number) is None:  # deleted a moment ago
            raise Declined("programme", "programme_unknown")
        programmes.put_screen(conn, account.id, wanted)
        access.audit.record(conn, actor, "hang_screen", f"account:{account.login}", at_ms=now_ms, area=account.areas[0],
                            old=_hanging(old), new=_hanging(wanted))  # fmt: skip


def within(tree: AreaTree, top: str, code: str) -> bool:
    """Whether an area lies in another or is it."""
    o, inside = tree.ordinal.get(top), tree.ordinal.get(code)
    return o is not None and inside is not None and o <= inside < tree.end[o]


def _one(conn: Connection, actor: Actor, tree: AreaTree, number: int) -> KeptProgramme:
    kept = programmes.by_id(conn, number) if 0 < number <= NUMBER_MAX else None
    if kept is None or not _reaches(actor, tree, kept):
        raise NotThereError(f"there is no programme {number}")
    return kept


def _reaches(actor: Actor, tree: AreaTree, kept: KeptProgramme) -> bool:
    """A code that is no longer in force counts as the whole city."""
    return actor.reaches(tree, tree.ordinal.get(kept.programme.area, 0))


def _checked(actor: Actor, tree: AreaTree, programme: Programme, read: Read) -> Programme:
    """The programme with its addresses in their fixed form."""
    o = tree.ordinal.get(programme.area)
    if o is None or not actor.reaches(tree, o):
        raise Declined("area", "unknown_area", value=programme.area[:64])
    programme = replace(programme, name=" ".join(programme.name.split()))
    try:
        check(programme)
    except ProgrammeError as error:
        raise Declined(error.field, error.rule, value=error.value) from error
    return replace(programme, steps=tuple(_fixed(tree, programme.area, step, read) for step in programme.steps))


def _fixed(tree: AreaTree, top: str, step: Step, read: Read) -> Step:
    try:
        view = read(step.address)
    except ViewError as error:
        raise Declined("address", "step_address", part=error.field, value=error.value) from error
    if view.page != "wall" or view.at:
        raise Declined("address", "step_wall")
    if not within(tree, top, view.area):
        raise Declined("address", "step_area", value=view.area)
    return replace(step, address=view.to(selected="").address())


def _logged(programme: Programme) -> dict[str, object]:
    steps = [f"{s.address} {s.dwell_s}s {''.join(map(str, s.days))} {s.from_min}-{s.to_min}" for s in programme.steps]
    return {"name": programme.name, "areas": [programme.area], "steps": steps,
            "transition": programme.transition, "hold_s": programme.hold_s}  # fmt: skip


def _hanging(shown: Screen) -> dict[str, object]:
    return {"programme": shown.programme_id, **asdict(shown.kiosk)}
