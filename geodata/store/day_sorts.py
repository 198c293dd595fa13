"""What was reported over days by class and source: from the daily roll-ups, of small areas from their own events."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.areas import AreaTree
from geodata.domain.periods import Period
from geodata.store.lists import parts
from geodata.store.models import AreaTotalRow, EventRow
from geodata.store.models_days import DAYS

Sorts = dict[tuple[str, str], int]


def reported(conn: Connection, tree: AreaTree, o: int, period: Period, zone: ZoneInfo) -> Sorts:
    """(class, source) → how many events of an area were reported over these days; pairs without any are left out."""
    days = period.numbers()
    if conn.execute(sa.select(AreaTotalRow.rolled).where(AreaTotalRow.area_id == tree.areas[o].id)).scalar():
        asked = sa.select(DAYS.c.class_code, DAYS.c.source, sa.func.sum(DAYS.c.reported)).where(
            DAYS.c.area_id == tree.areas[o].id, DAYS.c.day >= days.start, DAYS.c.day < days.stop, DAYS.c.source != ""
        )
        rows = conn.execute(asked.group_by(DAYS.c.class_code, DAYS.c.source)).all()
        return {(code, source): int(n) for code, source, n in rows if n}
    low, high = period.span_ms(zone)
    ids = [tree.areas[i].id for i in range(o, int(tree.end[o]))]
    found: Sorts = {}
    for some in parts(ids):
        counted = sa.select(EventRow.class_code, EventRow.source, sa.func.count()).where(
            EventRow.area_id.in_(some), EventRow.reported_ms >= low, EventRow.reported_ms < high
        )
        for code, source, n in conn.execute(counted.group_by(EventRow.class_code, EventRow.source)):
            found[code, source] = found.get((code, source), 0) + int(n)
    return found
