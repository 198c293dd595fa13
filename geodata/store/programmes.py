"""Programmes and screens as they are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.kiosk import Kiosk
from geodata.domain.programmes import Programme, Step
from geodata.store import rows
from geodata.store.lists import filled
from geodata.store.models_programmes import ProgrammeRow, ScreenRow


@dataclass(frozen=True, slots=True)
class KeptProgramme:
    """A programme with its number and its revision."""

    id: int
    rev: int
    programme: Programme


@dataclass(frozen=True, slots=True)
class Screen:
    """How a screen hangs, and the number of its programme."""

    programme_id: int | None = None
    kiosk: Kiosk = field(default_factory=Kiosk)


_NOW = sa.select(
    ProgrammeRow.id, ProgrammeRow.rev, ProgrammeRow.name, ProgrammeRow.area_code, ProgrammeRow.content
)  # fmt: skip


def all_programmes(conn: Connection) -> list[KeptProgramme]:
    """Every programme, by name."""
    return [_kept(*row) for row in conn.execute(_NOW.order_by(ProgrammeRow.name, ProgrammeRow.id))]


def by_id(conn: Connection, number: int) -> KeptProgramme | None:
    """One programme."""
    row = conn.execute(_NOW.where(ProgrammeRow.id == number)).first()
    return _kept(*row) if row else None


def add(conn: Connection, programme: Programme, now_ms: int) -> int:
    """Keep a new programme; its number."""
    return rows.add(conn, ProgrammeRow, _columns(programme, now_ms) | {"rev": 1})


def change(conn: Connection, number: int, rev: int, programme: Programme, now_ms: int) -> None:
    """A programme becomes this one, under its next revision."""
    rows.change(conn, ProgrammeRow, number, _columns(programme, now_ms) | {"rev": rev})


def drop(conn: Connection, number: int) -> None:
    """Forget a programme; the screens that showed it have none."""
    shown = ScreenRow.programme_id == number
    conn.execute(sa.update(ScreenRow).where(shown).values(programme_id=None))
    conn.execute(sa.delete(ProgrammeRow).where(ProgrammeRow.id == number))


def screens_of(conn: Connection, account_ids: Iterable[int]) -> dict[int, Screen]:
    """How the screens of these accounts hang; those that nobody has set up are left out."""
    asked = sa.select(ScreenRow.account_id, ScreenRow.programme_id, ScreenRow.kiosk)
    found = conn.execute(asked.where(ScreenRow.account_id.in_(filled(account_ids))))
    return {account: Screen(programme, Kiosk(**json.loads(kiosk))) for account, programme, kiosk in found}


def put_screen(conn: Connection, account_id: int, screen: Screen) -> None:
    """Keep how a screen hangs."""
    values = {"programme_id": screen.programme_id, "kiosk": json.dumps(asdict(screen.kiosk))}
    if not conn.execute(sa.update(ScreenRow).where(ScreenRow.account_id == account_id).values(values)).rowcount:
        conn.execute(sa.insert(ScreenRow).values(values | {"account_id": account_id}))


def _columns(programme: Programme, now_ms: int) -> dict[str, object]:
    content = asdict(programme)
    name, area = content.pop("name"), content.pop("area")
    return {"name": name, "area_code": area, "content": json.dumps(content), "changed_ms": now_ms}


def _kept(number: int, rev: int, name: str, area: str, content: str) -> KeptProgramme:
    told = json.loads(content)
    steps = tuple(Step(**(s | {"days": tuple(s["days"])})) for s in told.pop("steps"))
    return KeptProgramme(number, rev, Programme(name, area, steps, **told))
