"""The events behind a figure: the same masks as the counters count by, so that a list is as long as its number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from geodata.domain.events import STATES, URGENCIES, Mark
from geodata.domain.figures import RECENT_MS, Figure, ListOrder
from geodata.situation.columns import FORCED, SUSPENDED
from geodata.situation.event_book import Bools, EventBook
from geodata.situation.handling import handling_s
from geodata.situation.judging import IS_CLOSED, closed_on_time
from geodata.situation.runs import Longs

Ints = npt.NDArray[np.signedinteger]
Mask = Callable[[EventBook, Longs, int], Bools]


def _reported(book: EventBook, slots: Longs, o: int) -> Bools:
    return book.day.holds(book.columns.reported_ms[slots])


def _open(book: EventBook, slots: Longs, o: int) -> Bools:
    return book.columns.is_open(slots)


def _overdue(book: EventBook, slots: Longs, o: int) -> Bools:
    return book.columns.overdue[slots]


def _due_soon(book: EventBook, slots: Longs, o: int) -> Bools:
    return book.columns.due_soon[slots]


def _closed(book: EventBook, slots: Longs, o: int) -> Bools:
    closed: Bools = IS_CLOSED[book.columns.state[slots]] & book.day.holds(book.columns.ended_ms[slots])
    return closed


def _on_time(book: EventBook, slots: Longs, o: int) -> Bools:
    return _closed(book, slots, o) & closed_on_time(book.columns, slots)[0]


def _late(book: EventBook, slots: Longs, o: int) -> Bools:
    return _closed(book, slots, o) & closed_on_time(book.columns, slots)[1]


def _judged(book: EventBook, slots: Longs, o: int) -> Bools:
    return _on_time(book, slots, o) | _late(book, slots, o)


def _timed(book: EventBook, slots: Longs, o: int) -> Bools:
    mask = np.zeros(len(slots), np.bool_)
    mask[handling_s(book.columns, slots, book.day)[0]] = True
    return mask


def _unplaced(book: EventBook, slots: Longs, o: int) -> Bools:
    """Open ones that stand directly at the area although it has children."""
    if book.tree.is_leaf(o):
        return np.zeros(len(slots), np.bool_)
    here: Bools = book.columns.is_open(slots) & (book.columns.o[slots] == o)
    return here


def _recent(book: EventBook, slots: Longs, o: int) -> Bools:
    since: Bools = book.columns.reported_ms[slots] >= book.now_ms - RECENT_MS
    return since


def _on_pile(book: EventBook, slots: Longs, o: int) -> Bools:
    """Open ones whose place is a suspicious pile; the map leaves them out unless it is asked for them."""
    c = book.columns
    piled: Bools = c.is_open(slots) & c.on_pile[slots] & ~np.isnan(c.lon[slots])
    return piled


def _suspended(book: EventBook, slots: Longs, o: int) -> Bools:
    suspended: Bools = book.columns.state[slots] == SUSPENDED
    return suspended


def _forced(book: EventBook, slots: Longs, o: int) -> Bools:
    forced: Bools = _closed(book, slots, o) & (book.columns.state[slots] == FORCED)
    return forced


def _reopened(book: EventBook, slots: Longs, o: int) -> Bools:
    reopened: Bools = book.columns.is_open(slots) & ((book.columns.marks[slots] & Mark.REOPENED) != 0)
    return reopened


def _marked(mark: Mark) -> Mask:
    """Open ones that carry a mark."""

    def mask(book: EventBook, slots: Longs, o: int) -> Bools:
        carried: Bools = book.columns.is_open(slots) & ((book.columns.marks[slots] & mark) != 0)
        return carried

    return mask


BEHIND: Mapping[str, Mask] = MappingProxyType({
    Figure.REPORTED: _reported, Figure.OPEN: _open, Figure.OVERDUE: _overdue, Figure.DUE_SOON: _due_soon,
    Figure.CLOSED: _closed, Figure.JUDGED: _judged, Figure.ON_TIME: _on_time, Figure.LATE: _late,
    Figure.TIMED: _timed, Figure.UNPLACED: _unplaced, Figure.RECENT: _recent, Figure.ON_PILE: _on_pile,
    Figure.SUSPENDED: _suspended, Figure.FORCED: _forced, Figure.REOPENED: _reopened,
    Figure.SUPERVISED: _marked(Mark.SUPERVISED), Figure.PLACARDED: _marked(Mark.PLACARDED),
})  # fmt: skip


def standing_behind(book: EventBook, figure: str, slots: Longs, o: int, hour: int | None = None) -> Longs:
    """Those of an area's events (by slot) that the figure counts, of a local hour of today only where one is given;
    KeyError for a figure that is not live.
    """
    slots = slots[BEHIND[figure](book, slots, o)]
    if hour is None:
        return slots
    c = book.columns
    moments = c.ended_ms[slots] if figure == Figure.CLOSED else c.reported_ms[slots]
    within: Longs = slots[book.day.hours(moments) == hour]
    return within


def sorted_out(book: EventBook, slots: Longs) -> dict[str, dict[str, int]]:
    """How many of these events there are of each class, urgency, source and state that occurs."""
    c, words = book.columns, book.book
    columns: tuple[tuple[str, Ints, Sequence[object]], ...] = (
        ("classes", c.cls[slots], words.classes.texts), ("urgencies", c.urgency[slots] - 1, URGENCIES),
        ("sources", c.source[slots], words.sources.texts), ("states", c.state[slots], STATES),
    )  # fmt: skip
    return {
        name: {str(names[i]): n for i, n in enumerate(np.bincount(column).tolist()) if n}
        for name, column, names in columns
    }


def ordered(book: EventBook, slots: Longs, order: ListOrder) -> Longs:
    """These slots in an order; equal ones stand by their ids."""
    c = book.columns
    newest, ids = -c.reported_ms[slots], c.id[slots]
    keys: Mapping[ListOrder, tuple[Longs, ...]] = {
        ListOrder.NEWEST: (-ids, newest), ListOrder.OLDEST: (ids, -newest),
        ListOrder.DEADLINE: (ids, c.deadline_ms[slots]),
        ListOrder.URGENCY: (-ids, newest, c.urgency[slots].astype(np.int64)),
    }  # fmt: skip
    return slots[np.lexsort(keys[order])]
