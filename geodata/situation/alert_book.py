"""The alert book: what is alerted now, and for a minute what was answered, so that every desk can say by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from geodata.domain.alerts import Answer, Trigger
from geodata.domain.areas import AreaTree, Ints
from geodata.situation.runs import Longs
from geodata.store.alerts import AlertNow

LINGER_MS = 60_000
_FIRST = {trigger.value: rank for rank, trigger in enumerate(
    (Trigger.RED_EVENT, Trigger.JOINT, Trigger.DARK, Trigger.RED, Trigger.YELLOW)
)}  # fmt: skip
Heard = tuple[str, tuple[str, ...]]
"""A trigger and the roles that an alert asks: whoever hears one of a kind hears all of it."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """Of one area: how many alerts of each kind stand, and rows, what rings before what is only told, each trigger
    newest first; those that were answered a moment ago among them."""

    standing: Mapping[Heard, int]
    rows: Sequence[AlertNow]


class AlertBook:
    """Alerts by id, and in the order in which lists show them, numbered by area."""

    def __init__(self, tree: AreaTree, rows: Iterable[AlertNow], now_ms: int) -> None:
        self._tree = tree
        self._held: dict[int, AlertNow] = {}
        self._ended: dict[int, int] = {}
        self._order: list[AlertNow] = []
        self._o: Ints = np.zeros(0, np.int32)
        self._kinds: list[tuple[Heard, bool]] = []
        self._kind: Ints = np.zeros(0, np.int32)
        self._sorted = True
        self.apply(list(rows), now_ms)

    def apply(self, rows: Sequence[AlertNow], now_ms: int) -> Longs:
        """Take alerts as they are now; the areas of those that differ from what is held."""
        touched: list[int] = []
        for row in rows:
            if row == self._held.get(row.id) or not self._lingers(row, now_ms):
                continue
            self._held[row.id] = row
            if row.ended_ms is not None:
                self._ended[row.id] = row.ended_ms
            touched.append(self._at(row))
        self._sorted = self._sorted and not touched
        return np.array(touched, np.int64)

    def advance(self, now_ms: int) -> Longs:
        """Forget what was answered a while ago; the areas touched."""
        gone = [i for i, ended_ms in self._ended.items() if ended_ms + LINGER_MS <= now_ms]
        areas = [self._at(self._held.pop(i)) for i in gone]
        for i in gone:
            del self._ended[i]
        self._sorted = self._sorted and not gone
        return np.array(areas, np.int64)

    def within(self, o: int, each: int) -> Alerts:
        """The alerts of an area and all below it, at most ``each`` rows of a kind that stand and as many answered:
        nobody's alerts crowd out those of another."""
        self._sort()
        here = np.flatnonzero((self._o >= o) & (self._o < self._tree.end[o]))
        kind = self._kind[here]
        counts = np.bincount(kind, minlength=len(self._kinds))
        standing = {heard: n for (heard, stands), n in zip(self._kinds, counts.tolist(), strict=True) if stands and n}
        by_kind = np.argsort(kind, kind="stable")
        place = np.arange(len(here)) - (np.cumsum(counts) - counts)[kind[by_kind]]
        some = np.sort(here[by_kind[place < each]])
        return Alerts(MappingProxyType(standing), [self._order[i] for i in some.tolist()])

    def _sort(self) -> None:
        if self._sorted:
            return
        # What a new light took the place of is nobody's news.
        shown = (a for a in self._held.values() if a.answer != Answer.SUPERSEDED)
        self._order = sorted(shown, key=lambda a: (_FIRST[a.trigger], -a.id))
        kinds: dict[tuple[Heard, bool], int] = {}
        kind = [kinds.setdefault(((a.trigger, a.asked), a.ended_ms is None), len(kinds)) for a in self._order]
        self._o = np.array([self._at(a) for a in self._order], np.int32)
        self._kind, self._kinds = np.array(kind, np.int32), list(kinds)
        self._sorted = True

    def _lingers(self, row: AlertNow, now_ms: int) -> bool:
        return row.ended_ms is None or row.id in self._held or row.ended_ms + LINGER_MS > now_ms

    def _at(self, row: AlertNow) -> int:
        return self._tree.ordinal_by_id.get(row.area_id, 0)
