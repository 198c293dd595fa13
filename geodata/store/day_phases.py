"""Where the time went: mean times between the marks of the way, of the cases of an area closed over days."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.figures import Figure
from geodata.domain.view import Filters
from geodata.store import lists
from geodata.store.figures import BEHIND, of_classes
from geodata.store.models import EventRow


class Phases(NamedTuple):
    """Of the n cases behind ``Figure.PERIOD_HANDLED``: Σ ms from report to dispatch, to handled, to the end.

    Suspensions between are in them: the whole way, as who waits sees it.
    """

    n: int
    dispatch_ms: int
    handle_ms: int
    close_ms: int


def spent(
    conn: Connection, area_ids: Collection[int] | None, low_ms: int, high_ms: int, filters: Filters,
    listed: Collection[str],
) -> Phases:  # fmt: skip
    """Of cases closed in [low, high) at these areas (None: all). Of ``filters`` classes and sources count; ``listed``
    as in ``figures.of_classes``."""
    e = EventRow
    sums = (sa.func.count(), sa.func.sum(e.dispatched_ms - e.reported_ms), sa.func.sum(e.handled_ms - e.dispatched_ms),
            sa.func.sum(e.ended_ms - e.handled_ms))  # fmt: skip
    parts = [e.ended_ms >= low_ms, e.ended_ms < high_ms, BEHIND[Figure.PERIOD_HANDLED](0)]
    if filters.classes:
        parts.append(of_classes(e.class_code, filters, listed))
    if filters.sources:
        parts.append(e.source.in_(filters.sources))
    within = [e.area_id.in_(some) for some in lists.parts(area_ids or ())]
    totals = [0, 0, 0, 0]
    for inside in within if area_ids is not None else [sa.true()]:
        row = conn.execute(sa.select(*sums).where(*parts, inside)).one()
        totals = [a + int(b or 0) for a, b in zip(totals, row, strict=True)]
    return Phases(*totals)
