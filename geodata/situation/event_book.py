"""The event book: the events held, every count of them, and the orders in which lists and marks read them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import AreaTree, Ints
from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import NEVER
from geodata.situation.borders import Borders
from geodata.situation.clockwork import Clockwork
from geodata.situation.columns import FREE, IS_ENDED, Codebook, EventBatch, EventColumns
from geodata.situation.counters import Counters, Layout, Pairs, ever, gathered, lateness, of_day, standing
from geodata.situation.days import Day
from geodata.situation.handling import Closure, HandlingTimes, handling_s
from geodata.situation.judging import judge
from geodata.situation.runs import SLOT_BITS, Longs, Runs, keys_of, slots_of, times_in_keys
from geodata.situation.strata import Strata

Bools = npt.NDArray[np.bool_]
NOTHING: Longs = np.zeros(0, np.int64)


class EventBook:
    """Held are all open events and those reported or ended today (or later, by a clock that is ahead).

    ``by_place``: all held, by area. ``by_report``: all held, by time of report. ``timed``: those closed today that
    have a handling time, by area. ``marked``: open ones with
    coordinates, by urgency and pile, then area. ``late_by_place``, ``late_by_deadline``: open and overdue ones.
    """

    def __init__(
        self, tree: AreaTree, strata: Strata, book: Codebook, batch: EventBatch, now_ms: int, day: Day,
        catalogue: Catalogue, clockwork: Clockwork,
    ) -> None:  # fmt: skip
        """Hold those of these events that are wanted today; ``batch`` has each event once."""
        self.tree, self.strata, self.book, self.day, self.now_ms = tree, strata, book, day, now_ms
        self._catalogue, self._clockwork = catalogue, clockwork
        self.layout = Layout(book.classes.known)
        self.columns = EventColumns(batch)
        slots = np.arange(len(batch), dtype=np.int64)
        wanted = self._wanted(slots)
        self.columns.drop(slots[~wanted])
        slots = slots[wanted]
        self._wind(slots, now_ms)
        self.borders = Borders(slots, judge(self.columns, slots, now_ms), self.columns.size)
        self.counters = Counters(strata, self.layout.width, self._pairs(slots))
        self.handling = HandlingTimes(tree.parent, self._gather_handling)
        self.by_place, self.by_report, self.timed, self.marked, self.late_by_place, self.late_by_deadline = map(
            Runs, self._keys(slots)
        )

    def set_totals(self, areas: Longs, totals: Ints) -> Longs:
        """Take all-time counts (a row for each of these areas, in the order of TOTALS); return those that changed."""
        ever_now = self.counters.rows[:, self.layout.ever]
        differs = np.flatnonzero((ever_now[areas] != totals).any(axis=1))
        changed: Longs = areas[differs]
        ever_now[changed] = totals[differs]
        return changed

    def set_ever(self, rows: Ints) -> None:
        """Take the all-time counts of all areas."""
        self.counters.rows[:, self.layout.ever] = rows

    def apply(self, batch: EventBatch, now_ms: int) -> Longs:
        """Take newer revisions; older and equal ones are ignored. Returns the areas touched.

        An event that is not held counts as new for all time: whoever knows better sets the totals anew afterwards.
        """
        batch = batch.take(self._newer(batch))
        known = [self.columns.slot_of_id.get(i, -1) for i in batch.numbers["id"].tolist()]
        new = iter(self.columns.take_slots(known.count(-1)))
        slots = np.array([next(new) if s < 0 else s for s in known], np.int64)
        old = slots[np.array(known, np.int64) >= 0]
        before = self.columns.o[old].astype(np.int64)
        gone, gone_keys, gone_times = self._pairs(old, for_all_time=True), self._keys(old), self._closures(old)
        self.columns.write(slots, batch)
        self._wind(slots, now_ms)
        self.borders.set(slots.tolist(), judge(self.columns, slots, now_ms).tolist())
        self.counters.move(gone, self._pairs(slots, for_all_time=True))
        _reorder(self._orders, gone_keys, self._keys(slots))
        self.handling.change(gone_times, self._closures(slots))
        after = self.columns.o[slots].astype(np.int64)
        self._let_go(slots[~self._wanted(slots)])
        return np.concatenate((before, after))

    def _wind(self, slots: Longs, now_ms: int) -> None:
        """Find out when the lights of these events turn."""
        turns = self._clockwork.turns(self.columns, slots, self.book, self._catalogue, now_ms)
        self.columns.yellow_ms[slots], self.columns.dark_ms[slots] = turns.yellow_ms, turns.dark_ms

    def advance(self, now_ms: int) -> Longs:
        """Deadlines come near and pass. Returns the areas touched."""
        self.now_ms = now_ms
        slots = np.array(self.borders.passed(now_ms), np.int64)
        if len(slots):
            areas = self.columns.o[slots]
            gone = gathered(areas, lateness(self.columns, slots, self.layout))
            gone_keys = self._late_keys(slots)
            self.borders.set(slots.tolist(), judge(self.columns, slots, now_ms).tolist())
            self.counters.move(gone, gathered(areas, lateness(self.columns, slots, self.layout)))
            _reorder((self.late_by_place, self.late_by_deadline), gone_keys, self._late_keys(slots))
        return self.columns.o[slots].astype(np.int64)

    def roll(self, day: Day) -> None:
        """A new local day: today's counts begin again, and events that ended before it leave."""
        self.day = day
        held = np.flatnonzero(self.columns.o != FREE)
        self.counters.rows[:, self.layout.today] = 0
        self._let_go(held[~self._wanted(held)])
        held = np.flatnonzero(self.columns.o != FREE)
        areas = self.columns.o[held]
        self.counters.move((NOTHING, NOTHING), gathered(areas, of_day(self.columns, held, self.layout, day)))
        self.timed = Runs(self._timed_keys(held))
        self.handling.clear()

    def _newer(self, batch: EventBatch) -> Ints:
        """Which rows to take: of each event the newest revision, and only if it is newer than the one held."""
        best: dict[int, tuple[int, int]] = {}
        slot_of, held = self.columns.slot_of_id, self.columns.rev
        ids, revs = batch.numbers["id"].tolist(), batch.numbers["rev"].tolist()
        for i, (event, rev) in enumerate(zip(ids, revs, strict=True)):
            slot = slot_of.get(event)
            if (slot is None or rev > held[slot]) and (event not in best or rev > best[event][0]):
                best[event] = (rev, i)
        return np.array([i for _, i in best.values()], np.int32)

    def _wanted(self, slots: Longs) -> Bools:
        c, start = self.columns, self.day.start_ms
        ended = np.where(c.ended_ms[slots] < NEVER, c.ended_ms[slots], -NEVER)
        wanted: Bools = ~IS_ENDED[c.state[slots]] | (c.reported_ms[slots] >= start) | (ended >= start)
        return wanted

    def _let_go(self, slots: Longs) -> None:
        if len(slots):
            self.counters.move(self._pairs(slots), (NOTHING, NOTHING))
            gone = self._keys(slots)
            _reorder(self._orders, gone, [NOTHING] * len(gone))
            self.borders.set(slots.tolist(), [NEVER] * len(slots))
            self.columns.drop(slots)

    def _pairs(self, slots: Longs, *, for_all_time: bool = False) -> Pairs:
        c, layout = self.columns, self.layout
        parts = chain(standing(c, slots, layout), of_day(c, slots, layout, self.day))
        return gathered(c.o[slots], chain(parts, ever(c, slots, layout)) if for_all_time else parts)

    def _keys(self, slots: Longs) -> list[Longs]:
        """Where these events stand in each order."""
        c = self.columns
        areas, opened = c.o[slots], c.is_open(slots)
        placed = opened & ~np.isnan(c.lon[slots])
        bucket = 2 * (c.urgency[slots].astype(np.int64) - 1) + c.on_pile[slots]
        return [
            keys_of(areas, slots),
            keys_of(times_in_keys(c.reported_ms[slots]), slots),
            self._timed_keys(slots),
            keys_of(bucket[placed] * len(self.tree) + areas[placed], slots[placed]),
            *self._late_keys(slots),
        ]

    def _timed_keys(self, slots: Longs) -> Longs:
        timed = slots[handling_s(self.columns, slots, self.day)[0]]
        return keys_of(self.columns.o[timed], timed)

    def _late_keys(self, slots: Longs) -> list[Longs]:
        late = slots[self.columns.overdue[slots]]
        return [
            keys_of(self.columns.o[late], late), keys_of(times_in_keys(self.columns.deadline_ms[late]), late),
        ]  # fmt: skip

    @property
    def _orders(self) -> tuple[Runs, ...]:
        return self.by_place, self.by_report, self.timed, self.marked, self.late_by_place, self.late_by_deadline

    def _gather_handling(self, o: int) -> tuple[Longs, Longs]:
        slots = slots_of(self.timed.between(o << SLOT_BITS, int(self.tree.end[o]) << SLOT_BITS))
        which, seconds = handling_s(self.columns, slots, self.day)
        return slots[which], seconds

    def _closures(self, slots: Longs) -> list[Closure]:
        which, seconds = handling_s(self.columns, slots, self.day)
        closed = slots[which]
        return list(zip(self.columns.o[closed].tolist(), seconds.tolist(), closed.tolist(), strict=True))


def _reorder(orders: Sequence[Runs], gone: Sequence[Longs], new: Sequence[Longs]) -> None:
    for order, out, into in zip(orders, gone, new, strict=True):
        order.change(out.tolist(), into.tolist())
