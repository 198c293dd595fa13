"""Counting again, slowly and obviously, what the writers keep: for ``check``."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.events import CLOSED, Mark, State
from geodata.store.events import marked
from geodata.store.models import AreaTotalRow, ChangeRow, EventRow, QuarantineRow, RollupRow
from geodata.store.tallies import TOTALS


class Counted(NamedTuple):
    """What stands directly at an area (events) or at it and below (totals)."""

    area_id: int
    reported: int
    ended: int
    closed: int
    closed_on_time: int
    closed_late: int
    forced: int
    reopened: int
    to_reply: int


def events_by_area(conn: Connection) -> list[Counted]:
    """Counts of the events that stand directly at each area, from the events themselves."""
    closed = EventRow.state.in_(sorted(CLOSED))
    # Where no source has judged, the clock does: late is what ended after its deadline.
    late = sa.and_(EventRow.deadline_ms.is_not(None), EventRow.ended_ms > EventRow.deadline_ms)
    judged = sa.func.coalesce(EventRow.on_time, sa.case((late, 0), else_=1))
    rows = conn.execute(
        sa.select(
            EventRow.area_id,
            sa.func.count(),
            sa.func.count(EventRow.ended_ms),
            sa.func.sum(sa.case((closed, 1), else_=0)),
            sa.func.sum(sa.case((sa.and_(closed, judged == 1), 1), else_=0)),
            sa.func.sum(sa.case((sa.and_(closed, judged == 0), 1), else_=0)),
            sa.func.sum(sa.case((EventRow.state == State.FORCED_CLOSED.value, 1), else_=0)),
            sa.func.sum(sa.case((marked(Mark.REOPENED), 1), else_=0)),
            sa.func.sum(sa.case((marked(Mark.TO_REPLY), 1), else_=0)),
        ).group_by(EventRow.area_id)
    )
    return [Counted(*map(int, row)) for row in rows]


def stray_states(conn: Connection) -> list[str]:
    """The codes of events whose state or revision is not that of the change that they name as their last."""
    c, e = ChangeRow, EventRow
    other = sa.or_(c.subject_id != e.id, c.rev != e.rev, c.state != e.state)
    stray = sa.or_(c.seq.is_(None), sa.and_(c.kind == "event", other), c.kind.not_in(("event", "import")))
    asked = sa.select(e.code).outerjoin(c, c.seq == e.last_seq).where(stray).order_by(e.id)
    return list(conn.execute(asked).scalars())


def totals_by_area(conn: Connection) -> list[Counted]:
    """The kept all-time counts of each area and all below it."""
    rows = conn.execute(sa.select(*(getattr(AreaTotalRow, name) for name in ("area_id", *TOTALS))))
    return [Counted(*map(int, row)) for row in rows]


def rolled_up(conn: Connection, area_id: int) -> int:
    """How many reports the roll-ups of an area hold."""
    total = conn.execute(sa.select(sa.func.sum(RollupRow.reported)).where(RollupRow.area_id == area_id)).scalar()
    return int(total or 0)


def quarantined(conn: Connection) -> dict[str, int]:
    """Records that wait in quarantine, by feed."""
    rows = conn.execute(
        sa.select(QuarantineRow.feed, sa.func.count())
        .where(QuarantineRow.replayed_ms.is_(None))
        .group_by(QuarantineRow.feed)
    )
    return {feed: int(n) for feed, n in rows}
