"""Marks: what the map draws one by one while it fits a budget, and counts at areas when it does not."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from geodata.domain.areas import AreaTree, Ints
from geodata.domain.events import STATES
from geodata.domain.units import FRESHNESS
from geodata.domain.view import Filters
from geodata.situation.briefs import Cells, EventMarks, Floats, UnitMarks
from geodata.situation.counters import URGENCY_N
from geodata.situation.event_book import Bools, EventBook
from geodata.situation.runs import SLOT_BITS, Longs, slots_of
from geodata.situation.selecting import Selector
from geodata.situation.strata import Strata
from geodata.situation.unit_book import MARKED, UnitBook

Four = tuple[int, int, int, int]


def event_marks(
    select: Selector, o: int, filters: Filters, stamp: Hashable, budget: int, without_piles: bool
) -> EventMarks:
    """Whole tiers of urgency, the most urgent first, as long as they fit; counted from counters, read by place."""
    if filters:
        return _filtered_marks(select, select.matching(o, filters, stamp), budget, without_piles)
    book = select.book
    row = book.counters.rows[o]
    total = row[book.layout.columns("urgency")].astype(np.int64)
    placed = row[book.layout.columns("marked")].reshape(URGENCY_N, 2).astype(np.int64)
    drawn = placed[:, 0] if without_piles else placed.sum(axis=1)
    tiers = _fitting(drawn, budget)
    buckets = [2 * u + pile for u in range(tiers) for pile in ((0,) if without_piles else (0, 1))]
    parts = [select.inside(book.marked, o, b) for b in buckets]
    slots = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    return _marks(book, slots, drawn, tiers, total, placed, int(row[book.layout["overdue"]]))


def _filtered_marks(select: Selector, slots: Longs, budget: int, without_piles: bool) -> EventMarks:
    c = select.book.columns
    slots = slots[c.is_open(slots)]
    urgency, pile = c.urgency[slots].astype(np.int64) - 1, c.on_pile[slots]
    has_place = ~np.isnan(c.lon[slots])
    total = np.bincount(urgency, minlength=URGENCY_N)
    placed = np.bincount((2 * urgency + pile)[has_place], minlength=2 * URGENCY_N).reshape(URGENCY_N, 2)
    drawn = placed[:, 0] if without_piles else placed.sum(axis=1)
    tiers = _fitting(drawn, budget)
    shown = slots[has_place & (urgency < tiers) & ~(pile & without_piles)]
    return _marks(select.book, shown, drawn, tiers, total, placed, int(np.count_nonzero(c.overdue[slots])))


def _fitting(drawn: Longs, budget: int) -> int:
    """How many tiers from the most urgent on fit together."""
    return int(np.searchsorted(np.cumsum(drawn), budget, side="right"))


def _marks(
    book: EventBook, slots: Longs, drawn: Longs, tiers: int, total: Longs, placed: Longs, overdue_n: int
) -> EventMarks:
    c, at = book.columns, slots.tolist()
    classes, subtypes = book.book.classes.texts, book.book.subtypes.texts
    return EventMarks(
        [c.code[s] for s in at], c.lon[slots], c.lat[slots], c.urgency[slots],
        [classes[i] for i in c.cls[slots].tolist()], [subtypes[i] for i in c.subtype[slots].tolist()],
        [STATES[i].value for i in c.state[slots].tolist()], c.overdue[slots], c.due_soon[slots],
        c.reported_ms[slots],
        _four([n if u < tiers else 0 for u, n in enumerate(drawn.tolist())]), _four(total.tolist()),
        int(placed.sum() - drawn.sum()), int(total.sum() - placed.sum()), overdue_n,
    )  # fmt: skip


def _four(numbers: Sequence[int]) -> Four:
    a, b, c, d = numbers
    return a, b, c, d


def density(
    select: Selector, o: int, filters: Filters, stamp: Hashable, budget: int, without_piles: bool
) -> Cells:
    """Open events with coordinates: one point each if they fit, else counted at the finest areas that fit."""
    book, c = select.book, select.book.columns
    if filters:
        slots = select.matching(o, filters, stamp)
        slots = slots[_drawable(book, slots, without_piles)]
        if len(slots) <= budget:
            return _points(c.lon[slots], c.lat[slots])
        return _counted(book.strata, book.tree, o, budget, slots_areas=c.o[slots])
    first = book.layout["marked"]
    columns = [first + 2 * u + pile for u in range(URGENCY_N) for pile in ((0,) if without_piles else (0, 1))]
    if int(book.counters.rows[o, columns].sum()) > budget:
        cells, inner = book.strata.ranks_below(o, budget)
        weights = book.counters.rows[cells[:, None], columns].sum(axis=1)
        direct = book.strata.direct(book.counters.rows, columns, inner)
        return _at_areas(book.tree, np.concatenate((cells, inner)), np.concatenate((weights, direct)))
    parts = [select.inside(book.marked, o, column - first) for column in columns]
    slots = np.concatenate(parts)
    return _points(c.lon[slots], c.lat[slots])


def unit_marks(units: UnitBook, strata: Strata, o: int, budget: int) -> UnitMarks:
    """Signed-on units with a fix: one by one if they fit, else counted at the finest areas that fit."""
    tree, rows = units.tree, units.counters.rows
    total = int(rows[o, MARKED])
    if total > budget:
        cells, inner = strata.ranks_below(o, budget)
        direct = strata.direct(rows, [MARKED], inner)
        counted = _at_areas(tree, np.concatenate((cells, inner)), np.concatenate((rows[cells, MARKED], direct)))
        none = np.zeros(0)
        return UnitMarks([], none, none, [], [], [], counted, total)
    slots = slots_of(units.place.between(o << SLOT_BITS, int(tree.end[o]) << SLOT_BITS))
    now = [units.now[s] for s in slots.tolist()]
    return UnitMarks(
        [u.code for u in now], units.lon[slots], units.lat[slots], [u.kind for u in now], [u.status for u in now],
        [FRESHNESS[i].value for i in units.fresh[slots].tolist()], None, total,
    )  # fmt: skip


def _drawable(book: EventBook, slots: Longs, without_piles: bool) -> Bools:
    c = book.columns
    drawable: Bools = c.is_open(slots) & ~np.isnan(c.lon[slots])
    if without_piles:
        drawable &= ~c.on_pile[slots]
    return drawable


def _counted(strata: Strata, tree: AreaTree, o: int, budget: int, *, slots_areas: Ints) -> Cells:
    cells, _ = strata.ranks_below(o, budget)
    at = np.searchsorted(cells, slots_areas, side="right") - 1
    below = (at >= 0) & (slots_areas < tree.end[cells[at]])
    areas, weights = np.unique(np.where(below, cells[at], slots_areas), return_counts=True)
    return _at_areas(tree, areas.astype(np.int32), weights)


def _at_areas(tree: AreaTree, areas: Ints, weights: Longs | Ints) -> Cells:
    some = weights > 0
    areas = areas[some]
    return Cells(tree.lon[areas], tree.lat[areas], weights[some].astype(np.float64), areas)


def _points(lon: Floats, lat: Floats) -> Cells:
    return Cells(lon, lat, np.ones(len(lon)), None)
