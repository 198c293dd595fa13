"""The audit's lines: appended, read, and, when they are old, taken away from the beginning. Who seals them is above."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.store.lists import parts
from geodata.store.models_access import COVERS, TOLD, AuditRow

PAGE = 5_000


class Line(NamedTuple):
    """The columns of AuditRow, in their order."""

    seq: int
    at_ms: int
    actor: str
    address: str
    action: str
    subject: str
    area: str
    old: str
    new: str
    mac: str
    first_seq: int = 0
    last_seq: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines: texts are equal or empty; ``areas`` None is all, else only lines about these codes.

    ``told``: leave out the lines that tell only that changes are covered.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    areas: Collection[str] | None = None
    before_seq: int | None = None
    told: bool = False


_COLUMNS = tuple(getattr(AuditRow, name) for name in Line._fields)
_NEWEST = sa.select(*_COLUMNS).order_by(AuditRow.seq.desc()).limit(1)
_AT = AuditRow.first_seq == sa.bindparam("change")
# The literal is what lets both databases use the index; so does the bound, which the other two terms imply.
_COVERING = (
    sa.select(*_COLUMNS)
    .where(sa.text(COVERS), AuditRow.first_seq >= sa.bindparam("change"))
    .where(sa.or_(AuditRow.first_seq > sa.bindparam("change"), sa.and_(_AT, AuditRow.seq > sa.bindparam("line"))))
    .order_by(AuditRow.first_seq, AuditRow.seq)
    .limit(PAGE)
)


def newest(conn: Connection) -> Line | None:
    """The last line."""
    row = conn.execute(_NEWEST).first()
    return Line(*row) if row else None


def append(conn: Connection, lines: Collection[Line]) -> None:
    """Write lines that follow the newest one."""
    if lines:
        conn.execute(sa.insert(AuditRow), [line._asdict() for line in lines])


def walk(conn: Connection) -> Iterator[Line]:
    """Every line, oldest first."""
    last = -(2**63)
    while True:
        rows = conn.execute(sa.select(*_COLUMNS).where(AuditRow.seq > last).order_by(AuditRow.seq).limit(PAGE)).all()
        if not rows:
            return
        last = int(rows[-1][0])
        yield from (Line(*row) for row in rows)


def covering(conn: Connection, from_change: int = 1) -> Iterator[Line]:
    """The lines that cover changes from a number on, in the order of these."""
    change, line = from_change, -(2**63)
    while True:
        found = [Line(*row) for row in conn.execute(_COVERING, {"change": change, "line": line})]
        yield from found
        if len(found) < PAGE:
            return
        change, line = found[-1].first_seq, found[-1].seq


def page(conn: Connection, sought: Sought, limit: int) -> list[Line]:
    """Lines that are sought, newest first."""
    asked = sa.select(*_COLUMNS).order_by(AuditRow.seq.desc()).limit(limit)
    for name in ("actor", "action", "subject"):
        value = getattr(sought, name)
        if value:
            asked = asked.where(getattr(AuditRow, name) == value)
    if sought.from_ms is not None:
        asked = asked.where(AuditRow.at_ms >= sought.from_ms)
    if sought.to_ms is not None:
        asked = asked.where(AuditRow.at_ms < sought.to_ms)
    if sought.before_seq is not None:
        asked = asked.where(AuditRow.seq < sought.before_seq)
    if sought.told:
        asked = asked.where(sa.text(TOLD))
    if sought.areas is None:
        return [Line(*row) for row in conn.execute(asked)]
    found: list[Line] = []
    for some in parts(sought.areas):
        found += [Line(*row) for row in conn.execute(asked.where(AuditRow.area.in_(some)))]
    return sorted(found, key=lambda line: -line.seq)[:limit]


def last_before(conn: Connection, at_ms: int) -> Line | None:
    """The last line of an unbroken beginning that is older than a moment."""
    first_kept = conn.execute(sa.select(sa.func.min(AuditRow.seq)).where(AuditRow.at_ms >= at_ms)).scalar()
    older = sa.select(*_COLUMNS).order_by(AuditRow.seq.desc()).limit(1)
    row = conn.execute(older if first_kept is None else older.where(AuditRow.seq < first_kept)).first()
    return Line(*row) if row else None


def drop_through(conn: Connection, seq: int) -> int:
    """Take away all lines up to this one; how many went."""
    return conn.execute(sa.delete(AuditRow).where(AuditRow.seq <= seq)).rowcount
