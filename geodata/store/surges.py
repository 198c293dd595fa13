"""Surges as they are kept, each step of them in the change log; and the columns of events in which they are looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.surges import HOUR_MS, SurgeState
from geodata.store import changes
from geodata.store.ancestry import Longs
from geodata.store.changes import Change
from geodata.store.lists import parts
from geodata.store.models import ChangeRow, EventRow
from geodata.store.models_surges import SurgeRow

BEGIN, GO_ON, END, JUDGE = "surge", "surge_goes_on", "surge_end", "surge_judged"
"""The actions of the change log; the subject is the surge."""


class SurgeNow(NamedTuple):
    """The columns of SurgeRow, in their order."""

    id: int
    area_id: int
    class_code: str
    began_ms: int
    from_ms: int
    to_ms: int
    last_id: int
    n: int
    expected: float
    p: float
    peak_n: int
    peak_expected: float
    peak_p: float
    peak_to_ms: int
    peak_last_id: int
    ended_ms: int | None
    into_id: int | None
    verdict: str
    judged_ms: int | None
    judged_by: str
    note: str

    @property
    def state(self) -> SurgeState:
        """Where it stands."""
        if self.ended_ms is not None:
            return SurgeState.ENDED
        return SurgeState(self.verdict) if self.verdict else SurgeState.OPEN


class Hour(NamedTuple):
    """How much there is of a series in the hour before ``to_ms``, among the events up to ``last_id``."""

    to_ms: int
    last_id: int
    n: int
    expected: float
    p: float


class Reported(NamedTuple):
    """Events of a span as columns: when and where they were reported, the number of their class (-1: none of those
    asked for), and the number of the newest event that there was."""

    reported_ms: Longs
    area_id: Longs
    cls: Longs
    last_id: int


_NOW = sa.select(*(getattr(SurgeRow, name) for name in SurgeNow._fields))


def reported(conn: Connection, from_ms: int, to_ms: int, classes: Sequence[str]) -> Reported:
    """The events reported in [from, to)."""
    asked = sa.select(EventRow.reported_ms, EventRow.area_id, EventRow.class_code)
    cursor = conn.execute(asked.where(EventRow.reported_ms >= from_ms, EventRow.reported_ms < to_ms)).cursor
    rows = cursor.fetchall() if cursor is not None else []
    last_id = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(EventRow.id), 0))).scalar_one())
    place = {code: i for i, code in enumerate(classes)}
    table = np.array([(ms, area_id, place.get(code, -1)) for ms, area_id, code in rows], np.int64).reshape(-1, 3)
    return Reported(table[:, 0], table[:, 1], table[:, 2], last_id)


def standing(conn: Connection) -> list[SurgeNow]:
    """All that stand, the oldest first."""
    return [SurgeNow(*row) for row in conn.execute(_NOW.where(SurgeRow.ended_ms.is_(None)).order_by(SurgeRow.id))]


def at(conn: Connection, at_ms: int) -> list[SurgeNow]:
    """All that stood at a moment as they were known then, the oldest first."""
    stood = SurgeRow.began_ms <= at_ms, sa.or_(SurgeRow.ended_ms.is_(None), SurgeRow.ended_ms > at_ms)
    rows = [SurgeNow(*row) for row in conn.execute(_NOW.where(*stood).order_by(SurgeRow.id))]
    return [then for row in rows if (then := _as_known(conn, row, at_ms)) is not None]


def _as_known(conn: Connection, surge: SurgeNow, at_ms: int) -> SurgeNow | None:
    """A surge by the steps in the change log up to a moment; None where they were not written in full yet."""
    asked = sa.select(ChangeRow.at_ms, ChangeRow.action, ChangeRow.actor, ChangeRow.detail).order_by(ChangeRow.seq)
    # The literal is what lets both databases use the index of surges.
    its = sa.text("kind = 'surge'"), ChangeRow.subject_id == surge.id, ChangeRow.at_ms <= at_ms
    steps = conn.execute(asked.where(*its)).all()
    hours = [hour for s in steps if s.action in (BEGIN, GO_ON) and (hour := _hour(s.detail)) is not None]
    if not hours:
        return None
    judged = [s for s in steps if s.action == JUDGE][-1:]
    said: dict[str, object] = {"verdict": "", "judged_ms": None, "judged_by": "", "note": ""}
    for step in judged:
        note = surge.note if surge.judged_ms == step.at_ms else ""
        said = {"verdict": step.detail, "judged_ms": step.at_ms, "judged_by": step.actor, "note": note}
    height = min(hours, key=lambda hour: hour.p)
    known: dict[str, Any] = {**_now(hours[-1]), **_peak(height), "ended_ms": None, "into_id": None, **said}
    return surge._replace(**known)


def by_ids(conn: Connection, ids: Collection[int]) -> list[SurgeNow]:
    """The surges with these numbers, in their order."""
    listed, found = sorted(ids), list[SurgeNow]()
    for some in parts(listed):
        asked = _NOW.where(SurgeRow.id.in_(some)).order_by(SurgeRow.id)
        found += [SurgeNow(*row) for row in conn.execute(asked)]
    return found


def page(
    conn: Connection, *, area_ids: Collection[int] | None, from_ms: int, to_ms: int, before_id: int | None, limit: int
) -> list[SurgeNow]:
    """Surges that began in a span of time, of these areas (None: all), newest first."""
    asked = _NOW.where(SurgeRow.began_ms >= from_ms, SurgeRow.began_ms < to_ms).order_by(SurgeRow.id.desc())
    if before_id is not None:
        asked = asked.where(SurgeRow.id < before_id)
    if area_ids is None:
        return [SurgeNow(*row) for row in conn.execute(asked.limit(limit))]
    within = frozenset(area_ids)
    # Some a day: reading a month of them is less than naming thousands of areas.
    return [one for row in conn.execute(asked) if (one := SurgeNow(*row)).area_id in within][:limit]


def begin(conn: Connection, new: Sequence[tuple[int, str, Hour]], *, at_ms: int, actor: str) -> list[int]:
    """New surges of (area id, class); their numbers."""
    first = int(conn.execute(sa.select(sa.func.coalesce(sa.func.max(SurgeRow.id), 0))).scalar_one()) + 1
    rows = [
        {"id": first + i, "area_id": area_id, "class_code": code, "began_ms": at_ms, **_now(hour), **_peak(hour),
         "ended_ms": None, "into_id": None, "verdict": "", "judged_ms": None, "judged_by": "", "note": ""}
        for i, (area_id, code, hour) in enumerate(new)
    ]  # fmt: skip
    if rows:
        conn.execute(sa.insert(SurgeRow), rows)
    _log(conn, [(first + i, BEGIN, _told(hour)) for i, (_, _, hour) in enumerate(new)], at_ms, actor)
    return [first + i for i in range(len(new))]


def go_on(conn: Connection, hours: Sequence[tuple[SurgeNow, Hour]], *, at_ms: int, actor: str) -> None:
    """What there is now of those that stand; the least probable hour is kept besides."""
    for surge, hour in hours:
        peak = _peak(hour) if hour.p < surge.peak_p else {}
        conn.execute(sa.update(SurgeRow).where(SurgeRow.id == surge.id).values(**_now(hour), **peak))
    _log(conn, [(surge.id, GO_ON, _told(hour)) for surge, hour in hours], at_ms, actor)


def end(conn: Connection, over: Sequence[tuple[SurgeNow, int | None]], *, at_ms: int, actor: str) -> None:
    """These are over, each taken in by another one or of itself: what is kept of them is the hour of their height."""
    for surge, into_id in over:
        height = Hour(surge.peak_to_ms, surge.peak_last_id, surge.peak_n, surge.peak_expected, surge.peak_p)
        conn.execute(
            sa.update(SurgeRow).where(SurgeRow.id == surge.id).values(ended_ms=at_ms, into_id=into_id, **_now(height))
        )
    _log(conn, [(surge.id, END, "" if into is None else f"#{into}") for surge, into in over], at_ms, actor)


def judge(conn: Connection, surge_id: int, verdict: str, *, note: str, at_ms: int, by: str) -> None:
    """What a person says of it."""
    values = {"verdict": verdict, "note": note, "judged_ms": at_ms, "judged_by": by}
    conn.execute(sa.update(SurgeRow).where(SurgeRow.id == surge_id).values(**values))
    _log(conn, [(surge_id, JUDGE, verdict)], at_ms, by)


def purge(conn: Connection, before_ms: int) -> int:
    """Forget those that ended before a moment, but for the newest, whose number is not given again; return how many."""
    newest = sa.select(sa.func.max(SurgeRow.id)).correlate(None).scalar_subquery()
    return conn.execute(sa.delete(SurgeRow).where(SurgeRow.ended_ms < before_ms, SurgeRow.id < newest)).rowcount


def _now(hour: Hour) -> dict[str, object]:
    return {"from_ms": hour.to_ms - HOUR_MS, **hour._asdict()}


def _peak(hour: Hour) -> dict[str, object]:
    return {f"peak_{name}": value for name, value in hour._asdict().items()}


def _told(hour: Hour) -> str:
    """An hour as the change log keeps it: events, usual, probability, when it ended, number of the newest event."""
    return f"{hour.n}/{hour.expected!r}/{hour.p!r}/{hour.to_ms}/{hour.last_id}"


def _hour(told: str) -> Hour | None:
    parts = told.split("/")
    if len(parts) != len(Hour._fields):
        return None
    n, expected, p, to_ms, last_id = parts
    return Hour(int(to_ms), int(last_id), int(n), float(expected), float(p))


def _log(conn: Connection, steps: Sequence[tuple[int, str, str]], at_ms: int, actor: str) -> None:
    if steps:
        first = changes.next_seq(conn)
        changes.append_all(
            conn, [Change(first + i, at_ms, "surge", surge_id, 0, action, "", actor, detail)
                   for i, (surge_id, action, detail) in enumerate(steps)]
        )  # fmt: skip
