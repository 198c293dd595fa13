"""The little city with people in it: accounts of every kind, whoever asks, and a look at all that the store keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa
from cryptography.fernet import Fernet

from geodata.domain.areas import AreaTree
from geodata.domain.roles import Role, Scope
from geodata.services.access import Access, actor_of
from geodata.services.accounts import Wanted, create
from geodata.services.actors import Actor
from geodata.services.auditing import CHANGES, Audit
from geodata.services.desk import Desk
from geodata.services.enrolling import UnitReport, enrol_units
from geodata.services.outcomes import Outcome, Submitted
from geodata.services.passwords import rehash
from geodata.services.reporting import NewEvent, report_events
from geodata.services.sealing import Seal
from geodata.services.tracking import Position, report_positions
from geodata.store import accounts, audit, settings
from geodata.store.accounts import Account
from geodata.store.audit import Line
from geodata.store.engine import Store
from geodata.store.folder import AccessRules, City

NOW = 1_790_000_000_000
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
PASSWORD = "seven herons over the old bridge"
OTHER_PASSWORD = "nine lanterns under a wide gate"
OPERATOR = Actor.operator()
# A point in the middle of each area that has no area below it, and one that only D1's S1 and S2 do not share.
POINT = {"G1": (0.5, 0.5), "G2": (1.5, 0.5), "G3": (2.5, 0.5), "D2": (3.5, 0.5), "C": (4.5, 0.5)}
T = TypeVar("T")
_desks: list[Desk] = []  # the little city is always the same, and reading it is most of a test's time


@dataclass(frozen=True, slots=True)
class Town:
    """The little city with its access and its desk."""

    access: Access
    desk: Desk

    @property
    def store(self) -> Store:
        return self.access.store

    @property
    def tree(self) -> AreaTree:
        return self.desk.tree

    def create(self, login: str, roles: Sequence[str], areas: Sequence[str] = ("C",), *, by: Actor = OPERATOR,
               at_ms: int = NOW, **other: Any) -> tuple[Account, str]:  # fmt: skip
        """A new account by the service, and its secret."""
        return create(self.access, by, self.tree, Wanted(login, roles=roles, areas=areas, **other), at_ms)

    def person(self, login: str, *roles: Role, areas: Sequence[str] = ("C",), password: str = PASSWORD,
               **other: Any) -> Account:  # fmt: skip
        """A person who can sign in already."""
        fresh = Account(0, login, "", tuple(roles), tuple(areas), password=rehash(password), created_ms=NOW, **other)
        with self.store.begin() as conn:
            return accounts.add(conn, fresh)

    def account(self, login: str) -> Account:
        """The account as it is kept now."""
        with self.store.read() as conn:
            found = accounts.by_login(conn, login)
        assert found is not None
        return found

    def actor(self, login: str) -> Actor:
        """Whoever this account is now."""
        return actor_of(self.account(login), address="10.0.0.9")

    def lines(self, action: str = "") -> list[Line]:
        """The audit, oldest line first; of one action, or all that tell more than that changes are covered."""
        with self.store.read() as conn:
            found = list(audit.walk(conn))
        return [line for line in found if (line.action == action if action else line.action != CHANGES)]

    def unbroken(self) -> bool:
        """Whether the audit holds, and the change log is what it covers."""
        with self.store.read() as conn:
            return self.access.audit.check(conn)[2] is None and not self.access.audit.check_changes(conn).broken

    def report(self, source_id: str, *, by: Actor = OPERATOR, at: str | None = "G1", at_ms: int = NOW,
               **other: Any) -> Outcome:  # fmt: skip
        """Report one event at an area's point."""
        lon, lat = POINT[at] if at else (None, None)
        told: dict[str, Any] = {
            "source": "hotline", "source_system": "12345", "source_id": source_id, "subtype_code": "0101",
            "reported_ms": at_ms - HOUR, "lon": lon, "lat": lat,
        }  # fmt: skip
        item = NewEvent(**(told | other))
        return report_events(self.desk, by, [Submitted({}, item)], feed="t/events", now_ms=at_ms)[0]

    def enrol(self, code: str, home: str | None = "G1", status: str | None = None, *, by: Actor = OPERATOR,
              at_ms: int = NOW, call_sign: str | None = "巡1", kind: str | None = "grid_post") -> Outcome:  # fmt: skip
        """Enrol a unit, or tell something of it."""
        item = UnitReport(code, call_sign, kind, home, None, status, at_ms)
        return enrol_units(self.desk, by, [Submitted({}, item)], feed="t/units", now_ms=at_ms)[0]

    def fix(self, code: str, fix_ms: int, *, by: Actor = OPERATOR, at: str = "G1", now_ms: int | None = None,
            record: object = None) -> Outcome:  # fmt: skip
        """Send one position of a unit."""
        item = Position(code, *POINT[at], fix_ms)
        sent = [Submitted(record or {"unit": code}, item)]
        return report_positions(self.desk, by, sent, feed="t/positions", now_ms=now_ms or fix_ms)[0]


def town(store: Store, **rules: Any) -> Town:
    """The access and the desk of the little city in this store."""
    seal = Seal([Fernet.generate_key().decode()])
    access = Access(store, seal, Audit(seal), AccessRules(**rules))
    if not _desks:
        _desks.append(Desk.load(store, City()))
        _desks[0].placer.place(*np.array([POINT["C"]]).T)  # reads the upper levels, too, while this store is there
    return Town(access, replace(_desks[0], store=store))


def of(name: str, *roles: Role, areas: Collection[str] = ("C",), scopes: Collection[Scope] = (),
       systems: Collection[str] | None = None, unit_code: str = "") -> Actor:  # fmt: skip
    """An actor without an account behind it."""
    spoken = None if systems is None else frozenset(systems)
    return Actor.of(name, frozenset(roles), frozenset(areas), scopes=frozenset(scopes), systems=spoken,
                    account_id=99, unit_code=unit_code)  # fmt: skip


def feed(*scopes: Scope, areas: Collection[str] = ("C",), systems: Collection[str] | None = None) -> Actor:
    """A system with a key of these scopes."""
    return of("kiosk", Role.FEED, areas=areas, scopes=scopes, systems=systems)


def all_kept(store: Store) -> str:
    """Every value of every row of every table, one after the other; of a SQLite store the bytes of its files, too."""
    with store.read() as conn:
        tables = sa.MetaData()
        tables.reflect(conn)
        rows = [list(map(str, row)) for t in tables.tables.values() for row in conn.execute(sa.select(t))]
    text = json.dumps(rows, ensure_ascii=False)
    if store.dialect == "sqlite":
        path = store.url.removeprefix("sqlite:///")
        text += "".join(p.read_bytes().decode("latin-1") for p in (Path(path), Path(f"{path}-wal")) if p.exists())
    return text


def kept_in(store: Store, name: str) -> list[dict[str, Any]]:
    """The rows of one table."""
    with store.read() as conn:
        rows = conn.execute(sa.text(f'SELECT * FROM "{name}"')).mappings().all()
    return [dict(row) for row in rows]


def setting(store: Store, key: str) -> str | None:
    """One of the city's settings."""
    with store.read() as conn:
        return settings.get(conn, key)


def at_once(n: int, work: Callable[[int], T], threads: int = 20) -> list[T | Exception]:
    """Call ``work`` n times, in threads that start together; what it answered or raised."""
    together = Barrier(min(n, threads))

    def one(k: int) -> T | Exception:
        if k < threads:
            together.wait(30)
        try:
            return work(k)
        except Exception as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(n)))
