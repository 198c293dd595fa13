"""Areas in the store: editions of the hierarchy, the tree in force, polygons and outlines as WKB (WGS-84)."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import compress
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection as Connection  # boundaries writes within the store's transactions

from geodata.domain.areas import Area, AreaTree, Level
from geodata.store import bulk, settings
from geodata.store.lists import parts
from geodata.store.models import AreaRow, EventRow, LevelRow, SettingRow, UnitRow, table

EDITION = "areas_edition"
"""Setting: the day (ISO) whose areas are in force: those without ``valid_to``, or with a later one."""

What = Literal["event", "fix", "home"]
Which = Literal["all", "leaves", "parents"]
_EDITION = sa.select(SettingRow.value).where(SettingRow.key == EDITION).scalar_subquery()
_IN_FORCE = sa.or_(AreaRow.valid_to.is_(None), AreaRow.valid_to > _EDITION)
_TREE = sa.select(
    AreaRow.id, AreaRow.code, AreaRow.name, AreaRow.name_en, AreaRow.initials, AreaRow.depth, AreaRow.parent_id,
    AreaRow.kind, AreaRow.lon, AreaRow.lat, AreaRow.west, AreaRow.south, AreaRow.east, AreaRow.north, AreaRow.area_m2,
    AreaRow.valid_from, AreaRow.valid_to,
).where(_IN_FORCE).order_by(AreaRow.id)  # fmt: skip


class Known(NamedTuple):
    """An area of the edition in force."""

    id: int
    name: str
    valid_from: str


def load_tree(conn: Connection) -> AreaTree:
    """The hierarchy in force. Raises HierarchyError on a store without areas."""
    levels = [
        Level(*row)
        for row in conn.execute(
            sa.select(LevelRow.depth, LevelRow.key, LevelRow.name_zh, LevelRow.name_en).order_by(LevelRow.depth)
        )
    ]
    # Half of the time would go into looking for garbage among a million new objects that all stay.
    collecting = gc.isenabled()
    gc.disable()
    try:
        rows: Sequence[Any] = conn.execute(_TREE).all()
        code_of: dict[int | None, str] = {row[0]: row[1] for row in rows}
        return AreaTree(levels, [_area(row, code_of) for row in rows])
    finally:
        if collecting:
            gc.enable()


def _area(row: Sequence[Any], code_of: dict[int | None, str]) -> Area:
    i, code, name, name_en, initials, depth, parent, kind, lon, lat, w, s, e, n, m2, since, until = row
    return Area(i, code, name, depth, code_of.get(parent), lon, lat, (w, s, e, n), m2, name_en, kind, initials,
                _day(since), _day(until))  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def has_areas(conn: Connection) -> bool:
    """Whether any area is in force."""
    return conn.execute(sa.select(AreaRow.id).where(_IN_FORCE).limit(1)).first() is not None


def in_force(conn: Connection) -> dict[str, Known]:
    """The areas in force by code."""
    return _known(conn, _IN_FORCE)


def closed_on(conn: Connection, day: str) -> dict[str, Known]:
    """The areas that the edition of this day has closed, by code: importing once more may take them up again."""
    return _known(conn, sa.and_(~_IN_FORCE, AreaRow.valid_to == day))


def _known(conn: Connection, where: sa.ColumnElement[bool]) -> dict[str, Known]:
    rows = conn.execute(sa.select(AreaRow.code, AreaRow.id, AreaRow.name, AreaRow.valid_from).where(where))
    return {code: Known(i, name, since) for code, i, name, since in rows}


def assign_ids(
    conn: Connection, codes: Sequence[str], valid_from: Sequence[str], known: Mapping[str, Known]
) -> list[int]:
    """An id for each area of an edition: that of ``known``, of a closed row with the same first day, or a new one."""
    closed = {
        (code, since): i
        for code, since, i in conn.execute(sa.select(AreaRow.code, AreaRow.valid_from, AreaRow.id).where(~_IN_FORCE))
    }
    following = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(AreaRow.id), 0))).scalar_one())
    ids = []
    for code, since in zip(codes, valid_from, strict=True):
        found = known[code].id if code in known else closed.get((code, since))
        if found is None:
            following += 1
            found = following
        ids.append(found)
    return ids


def replace_levels_and_areas(
    conn: Connection, levels: Sequence[Level], columns: Mapping[str, Sequence[Any]], edition: str
) -> None:
    """Make these the areas in force from the day ``edition`` (ISO).

    ``columns``: the columns of AreaRow with ids from ``assign_ids``; parents stand before their children. Areas in
    force that are not among them are closed on that day; ids that exist are written over, the others added.
    """
    area = table(AreaRow)
    ids = set(columns["id"])
    gone = [known.id for known in in_force(conn).values() if known.id not in ids]
    bulk.update(conn, area, "id", {"id": gone, "valid_to": [edition] * len(gone)})
    known = set(conn.execute(sa.select(AreaRow.id)).scalars())
    new = [i not in known for i in columns["id"]]
    bulk.insert(conn, area, {name: list(compress(values, new)) for name, values in columns.items()})
    kept = [not is_new for is_new in new]
    bulk.update(conn, area, "id", {name: list(compress(values, kept)) for name, values in columns.items()})
    conn.execute(sa.delete(LevelRow))
    conn.execute(
        sa.insert(LevelRow),
        [{"depth": x.depth, "key": x.key, "name_zh": x.name_zh, "name_en": x.name_en} for x in levels],
    )
    settings.put(conn, EDITION, edition)


def outlines(conn: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    """The simplified polygons of these areas."""
    found: dict[int, bytes] = {}
    for some in parts(int(i) for i in ids):
        rows = conn.execute(sa.select(AreaRow.id, AreaRow.outline).where(AreaRow.id.in_(some)))
        found |= {row.id: row.outline for row in rows}
    return found


class Drawn(NamedTuple):
    """Outlines to draw for an area: its own extent in degrees (west, south, east, north), codes and polygons."""

    bbox: tuple[float, float, float, float]
    codes: list[str]
    wkb: list[bytes]


def own_outline(conn: Connection, code: str) -> Drawn | None:
    """The outline of one area; None where no area in force has this code."""
    a = AreaRow
    box = (a.west, a.south, a.east, a.north)
    own = conn.execute(sa.select(a.outline, *box).where(a.code == code, _IN_FORCE)).first()
    return None if own is None else Drawn((own.west, own.south, own.east, own.north), [code], [own.outline])


def child_outlines(conn: Connection, code: str) -> Drawn | None:
    """The outlines of the areas below one, of a leaf its own; None where no area in force has this code."""
    own = own_outline(conn, code)
    if own is None:
        return None
    a, parent = AreaRow, sa.select(AreaRow.id).where(AreaRow.code == code, _IN_FORCE).scalar_subquery()
    below = conn.execute(sa.select(a.code, a.outline).where(a.parent_id == parent, _IN_FORCE).order_by(a.code)).all()
    return Drawn(own.bbox, [row.code for row in below], [row.outline for row in below]) if below else own


def polygons(conn: Connection, which: Which = "all") -> tuple[list[int], list[bytes]]:
    """Ids, ascending, and polygons of the areas in force: all, those with nothing below, or those with something."""
    child = sa.orm.aliased(AreaRow)
    below = sa.exists().where(
        child.parent_id == AreaRow.id, sa.or_(child.valid_to.is_(None), child.valid_to > _EDITION)
    )
    chosen = {"all": sa.true(), "leaves": ~below, "parents": below}[which]
    rows = conn.execute(sa.select(AreaRow.id, AreaRow.polygon).where(_IN_FORCE, chosen).order_by(AreaRow.id)).all()
    return [row[0] for row in rows], [row[1] for row in rows]


def edition(conn: Connection) -> str:
    """The day of the edition in force; empty before the first import."""
    return settings.get(conn, EDITION) or ""


class Standing(NamedTuple):
    """Something that stands at an area: its id, its coordinates where it has any, the area's id."""

    id: int
    lon: float | None
    lat: float | None
    area_id: int


def has_events(conn: Connection) -> bool:
    """Whether there is any event."""
    return conn.execute(sa.select(EventRow.id).limit(1)).first() is not None


_STANDS: Mapping[What, tuple[Any, str]] = MappingProxyType(
    {"event": (EventRow, "area_id"), "fix": (UnitRow, "area_id"), "home": (UnitRow, "home_area_id")}
)


def loose(conn: Connection, what: What) -> list[Standing]:
    """Events, units' fixes or units' homes at areas that are closed, and events and fixes at areas with areas below."""
    row, column = _STANDS[what]
    place = getattr(row, column)
    where = place.in_(sa.select(AreaRow.id).where(~_IN_FORCE))
    if what != "home":
        below = sa.select(AreaRow.parent_id).where(AreaRow.parent_id.is_not(None), _IN_FORCE)
        where = sa.or_(where, sa.and_(place.in_(below), row.lon.is_not(None)))
    return [Standing(*r) for r in conn.execute(sa.select(row.id, row.lon, row.lat, place).where(where))]


def move(conn: Connection, what: What, ids: Sequence[int], area_ids: Sequence[int]) -> None:
    """Attach these to other areas."""
    row, column = _STANDS[what]
    bulk.update(conn, table(row), "id", {"id": ids, column: area_ids})


def label_points(conn: Connection, ids: Iterable[int]) -> dict[int, tuple[float, float]]:
    """The label points of areas, closed ones included."""
    wanted = set(ids)
    rows = conn.execute(sa.select(AreaRow.id, AreaRow.lon, AreaRow.lat))
    return {i: (lon, lat) for i, lon, lat in rows if i in wanted}
