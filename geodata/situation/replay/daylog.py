"""The log of a day: every version of its events and units as columns, so that any instant of it is one look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import AreaTree, Ints
from geodata.domain.clocks import NEVER
from geodata.domain.events import STATES, Mark
from geodata.situation.columns import CLOCK, IS_ENDED, NO_UNIT, NUMBERS, STATE_INDEX, TIMES_OR_NEVER, Words
from geodata.situation.judging import IS_CLOSED
from geodata.situation.replay.narrow import Columns
from geodata.situation.runs import Longs
from geodata.situation.strata import Strata
from geodata.situation.unit_batch import STATUS_INDEX
from geodata.store.past import NONE, UnitVersions, Versions
from geodata.store.tallies import NO_CASE, TOTALS, months_of

Bools = npt.NDArray[np.bool_]
IS_CASE = np.array([state not in NO_CASE for state in STATES])
FORCED = STATE_INDEX["forced_closed"]
Arrays = dict[str, npt.NDArray[Any]]
UNITS: dict[str, type[np.generic]] = {
    "unit_id": np.int64, "from_ms": np.int64, "to_ms": np.int64, "status_ms": np.int64, "signed_on_ms": np.int64,
    "home_area_id": np.int64, "status": np.int8,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rest:
    """What is counted of events that are not in the log, because nothing about them changed in its day.

    ``ever``: (areas, len(TOTALS)) of each area and all below it. ``month``: (2, areas) of what stands directly at each:
    due and closed in time of the month of the day.
    """

    ever: Ints
    month: Ints


@dataclass(frozen=True, slots=True)
class DayLog:
    """Versions known at some moment of [from_ms, to_ms], n rows, those of an event one after the other.

    ``events`` are the columns of ``columns.NUMBERS`` by which the live picture holds events; ``begun`` and ``left`` are
    from when up to before when each was known; ``cls``, ``subtype`` and ``source`` number the texts of the same names,
    ``event`` the codes. ``units``: the columns of UNITS. ``seq``: of a day that is still running, the newest change.
    """

    day: date
    from_ms: int
    to_ms: int
    events: Columns
    begun: Longs
    left: Longs
    event: Ints
    code: list[str]
    words: dict[str, list[str]]
    units: Arrays
    rest: Rest
    seq: int = 0

    def held(self, at_ms: int) -> Longs:
        """The versions known at an instant: of each event at most one."""
        return np.flatnonzero((self.begun <= at_ms) & (self.left > at_ms))

    def changed(self, after_ms: int, at_ms: int) -> Longs:
        """The versions known at an instant that were not known yet at an earlier one."""
        return np.flatnonzero((self.begun > after_ms) & (self.begun <= at_ms) & (self.left > at_ms))

    def units_held(self, at_ms: int) -> Longs:
        """The versions of units known at an instant."""
        begun, left = self.units["from_ms"], self.units["to_ms"]
        return np.flatnonzero((begun <= at_ms) & (left > at_ms))

    def ever_at(self, at_ms: int, strata: Strata) -> Ints:
        """The all-time counts of every area at an instant, a row for each area in the order of TOTALS."""
        rows = counted(self.events, self.held(at_ms), len(strata.tree))
        strata.add_up(rows)
        rows += self.rest.ever
        return rows

    def month_at(self, at_ms: int, zone: ZoneInfo) -> Longs:
        """(2, areas): due and closed in time, of what stands directly at each area, at an instant."""
        return cases(self.events, self.held(at_ms), at_ms, month_of(self.day), zone, self.rest.month.shape[1]) + (
            self.rest.month
        )


def month_of(day: date) -> int:
    """The month as the store numbers it."""
    return day.year * 12 + day.month - 1


def counted(events: Columns, at: Longs, areas: int) -> Ints:
    """(areas, len(TOTALS)): what these versions add to the all-time counts where they stand directly."""
    state, on_time, marks = events["state"][at], events["on_time"][at], events["marks"][at]
    closed = IS_CLOSED[state]
    late: Bools = np.where(on_time == CLOCK, events["ended_ms"][at] > events["deadline_ms"][at], on_time == 0)
    in_time = np.where(on_time == CLOCK, ~late, on_time == 1)
    masks = {
        "ended": IS_ENDED[state], "closed": closed, "closed_on_time": closed & in_time, "closed_late": closed & late,
        "forced": state == FORCED, "reopened": (marks & Mark.REOPENED) != 0, "to_reply": (marks & Mark.TO_REPLY) != 0,
    }  # fmt: skip
    where = events["o"][at]
    rows = np.zeros((areas, len(TOTALS)), np.int32)
    rows[:, 0] = np.bincount(where, minlength=areas)
    for name, mask in masks.items():
        rows[:, TOTALS.index(name)] = np.bincount(where[mask], minlength=areas)
    return rows


def cases(events: Columns, at: Longs, at_ms: int, month: int, zone: ZoneInfo, areas: int) -> Longs:
    """(2, areas): those of these versions that are cases due in a month up to an instant, and closed in time."""
    deadline = events["deadline_ms"][at].astype(np.int64)
    at = at[deadline < NEVER]
    deadline, on_time, state = events["deadline_ms"][at], events["on_time"][at], events["state"][at]
    due = IS_CASE[state] & (on_time != -1) & (IS_ENDED[state] | (deadline <= at_ms))
    at, deadline, on_time, state = at[due], deadline[due], on_time[due], state[due]
    here = months_of(deadline.astype(np.int64), zone) == month
    good = np.where(on_time == CLOCK, events["ended_ms"][at] <= deadline, on_time == 1) & IS_CLOSED[state]
    where = events["o"][at]
    return np.stack([np.bincount(where[m], minlength=areas) for m in (here, here & good)]).astype(np.int64)


def numbered(ids: Longs) -> Ints:
    """The number of each version's event, where those of an event stand together."""
    return np.cumsum(np.diff(ids, prepend=ids[:1]) != 0, dtype=np.int32)


def firsts(event: Ints) -> Longs:
    """The first version of each event."""
    return np.flatnonzero(np.diff(event, prepend=-1))


def columns_of(versions: Versions, tree: AreaTree, words: dict[str, Words]) -> Arrays:
    """Versions as the live picture's columns; a text that is not known yet gets the next number."""
    place = tree.ordinal_by_id.get
    got: dict[str, npt.ArrayLike] = {name: getattr(versions, name) for name in NUMBERS if hasattr(versions, name)}
    got["o"] = [place(i, 0) for i in versions.area_id.tolist()]
    got["state"] = [STATE_INDEX[s] for s in versions.state]
    got["cls"] = words["cls"].numbers(versions.class_code)
    got["subtype"] = words["subtype"].numbers(versions.subtype_code)
    got["source"] = words["source"].numbers(versions.source)
    for name in TIMES_OR_NEVER:
        moments: Longs = getattr(versions, name)
        got[name] = np.where(moments == NONE, NEVER, moments)
    got["on_time"] = np.where(versions.on_time == NONE, CLOCK, versions.on_time)
    got["unit_id"] = np.where(versions.unit_id == NONE, NO_UNIT, versions.unit_id)
    return {name: np.asarray(got[name]).astype(kind) for name, kind in NUMBERS.items()}


def unit_columns_of(versions: UnitVersions) -> Arrays:
    """Versions of units as columns."""
    got: dict[str, npt.ArrayLike] = {name: getattr(versions, name) for name in UNITS if name != "status"}
    got["status"] = [STATUS_INDEX[s] for s in versions.status]
    return {name: np.asarray(got[name]).astype(kind) for name, kind in UNITS.items()}


def local_day(ms: int, zone: ZoneInfo) -> date:
    """The calendar day of a moment in the city."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).date()
