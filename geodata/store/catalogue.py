"""The city's own event catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.catalogue import Catalogue, EventClass, LimitUnit, Subtype
from geodata.store.models import ClassRow, EventRow, SubtypeRow


def load_catalogue(conn: Connection) -> Catalogue:
    """The city's catalogue in printed order; the built-in one while the city has none of its own."""
    classes = [
        EventClass(r.code, r.name_zh, r.name_en)
        for r in conn.execute(
            sa.select(ClassRow.code, ClassRow.name_zh, ClassRow.name_en).order_by(ClassRow.position, ClassRow.code)
        )
    ]
    if not classes:
        return Catalogue.read()
    row = SubtypeRow
    asked = sa.select(
        row.code, row.class_code, row.name_zh, row.name_en, row.urgency, row.limit_value, row.limit_unit
    ).order_by(row.position, row.code)
    subtypes = [
        Subtype(code, class_code, zh, en, urgency, limit, cast(LimitUnit, unit))
        for code, class_code, zh, en, urgency, limit, unit in conn.execute(asked)
    ]
    return Catalogue.of(classes, subtypes)


def extend_catalogue(conn: Connection, classes: Iterable[EventClass], subtypes: Iterable[Subtype]) -> None:
    """Add what is new after what is there; rows that exist stay as the city has edited them.

    A city that has worked with the built-in catalogue keeps it beside what is added.
    """
    classes, subtypes = list(classes), list(subtypes)
    has_own = conn.execute(sa.select(ClassRow.code).limit(1)).first() is not None
    if classes and not has_own and conn.execute(sa.select(EventRow.id).limit(1)).first() is not None:
        built_in = Catalogue.read()
        classes = [*built_in.classes.values(), *classes]
        subtypes = [*built_in.subtypes.values(), *subtypes]
    _add(conn, ClassRow, [{"code": c.code, "name_zh": c.name_zh, "name_en": c.name_en} for c in classes])
    _add(
        conn, SubtypeRow,
        [
            {
                "code": s.code, "class_code": s.class_code, "name_zh": s.name_zh, "name_en": s.name_en,
                "urgency": s.urgency, "limit_value": s.limit, "limit_unit": s.limit_unit,
            }
            for s in subtypes
        ],
    )  # fmt: skip


def _add(conn: Connection, row: type[ClassRow] | type[SubtypeRow], values: list[dict[str, Any]]) -> None:
    known = set(conn.execute(sa.select(row.code)).scalars())
    last = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(row.position), -1))).scalar_one())
    new = {v["code"]: v for v in values if v["code"] not in known}
    if new:
        conn.execute(sa.insert(row), [v | {"position": last + k} for k, v in enumerate(new.values(), 1)])
