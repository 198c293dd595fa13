"""Making the logs of days: read from the store, each beginning with what the one after it says of its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.areas import Ints
from geodata.domain.catalogue import Catalogue
from geodata.situation.columns import Codebook, Words
from geodata.situation.days import midnight_ms
from geodata.situation.replay.daylog import (
    Arrays,
    DayLog,
    Rest,
    cases,
    columns_of,
    counted,
    firsts,
    month_of,
    numbered,
    unit_columns_of,
)
from geodata.situation.runs import Longs
from geodata.situation.strata import Strata
from geodata.store import changes, past, rollups
from geodata.store.engine import Connection, Store
from geodata.store.tallies import TOTALS

OVERLAP, OVERLAP_MS = 1_000, 60_000
"""So many changes, and so long before the end of a log, are read once more: clocks of several servers differ."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The counts of every area at the end of a day: ``ever`` as Rest, ``month`` of the month of that day."""

    ever: Ints
    month: Longs


@dataclass(frozen=True, slots=True)
class Maker:
    """What logs are made of and for: one edition of the boundaries and one catalogue."""

    store: Store
    strata: Strata
    catalogue: Catalogue
    zone: ZoneInfo

    def today(self, day: date, now_ms: int) -> DayLog:
        """The log of the day that is running, up to now."""
        with self.store.read() as conn:
            month = self._month_now(conn, month_of(day), now_ms, midnight_ms(_next_month(day), self.zone))
            ends, (seq, _) = Ends(self._totals(conn), month), changes.newest(conn)
            return replace(self._read(conn, day, now_ms, ends), seq=seq)

    def longer(self, log: DayLog, now_ms: int) -> DayLog:
        """The log of the running day up to now: what changed since it was read is read, and nothing else."""
        with self.store.read() as conn:
            seq, _ = changes.newest(conn)
            changed = changes.of_events(conn, log.seq - OVERLAP)
            after = min([log.to_ms - OVERLAP_MS, *(at_ms - 1 for number, at_ms, _ in changed if number > log.seq)])
            ids = np.unique(np.array([event for *_, event in changed], np.int64))
            back = ids[~np.isin(ids, log.events["id"][:])]
            versions = past.versions_since(conn, ids.tolist(), after, back.tolist())
            units = unit_columns_of(past.units_in(conn, after, now_ms + 1, begun=True))
        words: dict[str, Words] = {name: Words(texts) for name, texts in log.words.items()}
        events = columns_of(versions, self.strata.tree, words)
        rest, old = log.rest, np.flatnonzero(versions.from_ms <= after)
        if len(old):  # what came back was counted as what it had been, whatever this day knew of it
            ever = counted(events, old, len(self.strata.tree))
            self.strata.add_up(ever)
            month = cases(events, old, now_ms, month_of(log.day), self.zone, len(self.strata.tree))
            rest = Rest(rest.ever - ever, rest.month - month.astype(np.int32))
        known = log.events["id"][firsts(log.event)].tolist()
        code = dict(zip(known, log.code, strict=True))
        code |= dict(zip(versions.id.tolist(), versions.code, strict=True))
        grown = grow(
            {**{name: column[:] for name, column in log.events.items()}, "from_ms": log.begun, "to_ms": log.left},
            {**events, "from_ms": versions.from_ms, "to_ms": versions.to_ms}, "id", after,
        )  # fmt: skip
        begun, left, event = grown.pop("from_ms"), grown.pop("to_ms"), numbered(grown["id"])
        texts = {name: list(known.texts) for name, known in words.items()}
        named = [code[i] for i in grown["id"][firsts(event)].tolist()]
        units = grow(log.units, units, "unit_id", after)
        return DayLog(log.day, log.from_ms, now_ms, grown, begun, left, event, named, texts, units, rest, seq)

    def before(self, later: DayLog) -> DayLog:
        """The log of the day before another."""
        day = later.day - timedelta(days=1)
        with self.store.read() as conn:
            if month_of(day) == month_of(later.day):
                month = later.month_at(later.from_ms, self.zone)
            else:
                month = self._month_now(conn, month_of(day), later.from_ms, later.from_ms)
            ends = Ends(later.ever_at(later.from_ms, self.strata), month)
            return self._read(conn, day, later.from_ms, ends)

    def _read(self, conn: Connection, day: date, end_ms: int, ends: Ends) -> DayLog:
        """``ends`` are the counts at ``end_ms``, the last instant of the log; that of a whole day is the midnight after
        it, which is the first instant of the next."""
        begin = midnight_ms(day, self.zone)
        versions = past.versions_in(conn, begin, end_ms + 1)
        order = np.lexsort((versions.from_ms, versions.id))
        book = Codebook(self.catalogue)
        words: dict[str, Words] = {"cls": book.classes, "subtype": book.subtypes, "source": book.sources}
        events = {name: c[order] for name, c in columns_of(versions, self.strata.tree, words).items()}
        begun, left, event = versions.from_ms[order], versions.to_ms[order], numbered(events["id"])
        units = unit_columns_of(past.units_in(conn, begin, end_ms + 1))
        areas = len(self.strata.tree)
        last = np.flatnonzero((begun <= end_ms) & (left > end_ms))
        ever = counted(events, last, areas)
        self.strata.add_up(ever)
        month = ends.month - cases(events, last, end_ms, month_of(day), self.zone, areas)
        rest = Rest(ends.ever - ever, month.astype(np.int32))
        texts = {name: list(known.texts) for name, known in words.items()}
        code = [versions.code[i] for i in order[firsts(event)].tolist()]
        return DayLog(day, begin, end_ms, events, begun, left, event, code, texts, units, rest)

    def _totals(self, conn: Connection) -> Ints:
        totals = rollups.totals(conn)
        at = self.strata.ordinals_of(totals.area_id.tolist())
        rows = np.zeros((len(self.strata.tree), len(TOTALS)), np.int32)
        known = np.array([i in self.strata.tree.ordinal_by_id for i in totals.area_id.tolist()], np.bool_)
        for k, name in enumerate(TOTALS):
            rows[at[known], k] = getattr(totals, name)[known]
        return rows

    def _month_now(self, conn: Connection, month: int, now_ms: int, end_ms: int) -> Longs:
        """What is due in a month up to now and what of it was closed in time, as the store counts it."""
        rows = np.zeros((2, len(self.strata.tree)), np.int64)
        found = rollups.months(conn, month)
        later_id, later = rollups.not_due_yet(conn, now_ms, end_ms)
        for into, ids, counts in (
            (0, found.area_id, found.due), (1, found.area_id, found.due_on_time), (0, later_id, -later),
        ):  # fmt: skip
            np.add.at(rows[into], self.strata.ordinals_of(ids.tolist()), counts)
        return rows


def grow(old: Arrays, new: Arrays, key: str, after_ms: int) -> Arrays:
    """Versions and those that began after a moment, of which all are told that some of the same ``key`` have."""
    ids, first = np.unique(new[key], return_inverse=True)
    begun = np.full(len(ids), past.FOR_EVER)
    later = new["from_ms"] > after_ms
    np.minimum.at(begun, first[later], new["from_ms"][later])
    at = np.searchsorted(ids, old[key])
    at[at == len(ids)] = 0
    told = ids[at] == old[key] if len(ids) else np.zeros(len(at), np.bool_)
    left = old["to_ms"].copy()
    left[told] = np.minimum(left[told], begun[at[told]])
    stays = ~(told & (old["from_ms"] > after_ms)) & (left > old["from_ms"])
    whole = {name: np.concatenate((c[stays], new[name])) for name, c in {**old, "to_ms": left}.items()}
    order = np.lexsort((whole["from_ms"], whole[key]))
    return {name: column[order] for name, column in whole.items()}


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
