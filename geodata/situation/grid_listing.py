"""The list of grids: those of an area that match a query, in an order, and how many there are of which sort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from geodata.domain.areas import AreaTree
from geodata.domain.coverage import Bools, Longs
from geodata.situation.walk_book import NEVER_WALKED, WalkBook


class GridState(StrEnum):
    """How a grid stands in the shift that runs: due with it and covered, or not yet; due later, or covered already."""

    MISSING = "missing"
    COVERED = "covered"
    LATER = "later"
    AHEAD = "ahead"


GRID_STATES: tuple[GridState, ...] = tuple(GridState)


class GridOrder(StrEnum):
    """In which order grids stand: longest not walked, due first, by code."""

    OLDEST = "oldest"
    DUE = "due"
    CODE = "code"


GRID_ORDERS: tuple[GridOrder, ...] = tuple(GridOrder)


@dataclass(frozen=True, slots=True)
class GridQuery:
    """Which grids; an empty tuple or text means all. ``due``: only those whose period ends with this shift."""

    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    due: bool = False
    text: str = ""
    order: GridOrder = GridOrder.OLDEST


@dataclass(frozen=True, slots=True)
class GridListing:
    """``ids`` of areas in the order asked for; the counts are of all grids of the area, whatever was asked."""

    ids: Longs
    total: int
    by_state: Mapping[str, int]
    by_kind: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GridLine:
    """One grid. ``last_ms`` None: never walked. ``inside_ms`` and ``fixes`` are of the shift that runs, ``until_ms`` is
    the end of its period; ``every`` as in ``PatrolRule``."""

    id: int
    area: int
    kind: str
    state: GridState
    last_ms: int | None
    until_ms: int
    every: int
    inside_ms: int
    fixes: int
    need_ms: int
    need_fixes: int


def list_grids(book: WalkBook, tree: AreaTree, o: int, query: GridQuery) -> GridListing:
    """The grids of the area that match, and the counts of all of them."""
    here = book.within(o)
    every = np.arange(here.start, here.stop)
    state = _states(book, every)
    areas = [tree.areas[i] for i in book.grids.o[every].tolist()]
    kinds = np.array([a.kind for a in areas], object)
    mask = np.ones(len(every), np.bool_)
    if query.states:
        mask &= np.isin(state, [GRID_STATES.index(GridState(s)) for s in query.states])
    if query.kinds:
        mask &= np.isin(kinds, query.kinds)
    if query.due:
        mask &= book.due[every]
    if query.text:
        wanted = query.text.casefold()
        mask &= np.array([wanted in f"{a.code}\n{a.name}\n{a.name_en}".casefold() for a in areas], np.bool_)
    at = every[mask]
    names, counts = np.unique(kinds.astype(str), return_counts=True)
    by_state = np.bincount(state, minlength=len(GRID_STATES)).tolist()
    return GridListing(
        book.grids.id[_ordered(book, at, query.order)], len(every),
        {s.value: n for s, n in zip(GRID_STATES, by_state, strict=True)},
        dict(zip(names.tolist(), counts.tolist(), strict=True)),
    )  # fmt: skip


def grid_lines(book: WalkBook, tree: AreaTree, ids: Sequence[int] | Longs) -> list[GridLine]:
    """These grids as lines, in this order; what is no grid is left out."""
    at = book.grids.places(np.asarray(ids, np.int64))
    at = at[at >= 0]
    inside, fixes = book.this_shift(at)
    columns = (
        book.grids.id[at], book.grids.o[at], _states(book, at), book.last_ms[at], book.end_ms[at],
        book.grids.every[at], inside, fixes, book.grids.need_ms[at], book.grids.need_fixes[at],
    )  # fmt: skip
    return [
        GridLine(i, o, tree.areas[o].kind, GRID_STATES[s], None if last == NEVER_WALKED else last, *rest)
        for i, o, s, last, *rest in zip(*(c.tolist() for c in columns), strict=True)
    ]


def _states(book: WalkBook, at: Longs) -> Longs:
    due: Bools = book.due[at]
    met: Bools = book.met[at]
    states: Longs = np.where(due, np.where(met, 1, 0), np.where(met, 3, 2))
    return states


def _ordered(book: WalkBook, at: Longs, order: GridOrder) -> Longs:
    if order is GridOrder.CODE:
        return at  # ordinals follow the codes
    if order is GridOrder.DUE:
        return at[np.lexsort((book.grids.o[at], book.last_ms[at], book.end_ms[at], book.met[at]))]
    return at[np.lexsort((book.grids.o[at], book.last_ms[at]))]
