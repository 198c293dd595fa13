"""The unit book: every unit, where it is, what it does and how old its fix is, counted per area."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from geodata.domain.areas import AreaTree, Ints
from geodata.domain.clocks import NEVER
from geodata.domain.roads import Bools
from geodata.domain.skills import Skill, held
from geodata.domain.units import DEPARTMENTS, FRESHNESS, STALE_AFTER_S, UNIT_STATUSES, Freshness, UnitStatus
from geodata.situation.borders import Borders
from geodata.situation.briefs import UnitBrief
from geodata.situation.counters import Counters, Pairs
from geodata.situation.runs import Longs, Runs, keys_of
from geodata.situation.strata import Strata
from geodata.situation.unit_batch import NUMBERS, UnitBatch
from geodata.store.units import UnitNow

OFF_DUTY = UNIT_STATUSES.index(UnitStatus.OFF_DUTY)
FRESHNESS_AT, MARKED = len(UNIT_STATUSES), len(UNIT_STATUSES) + len(FRESHNESS)
WIDTH = MARKED + 1
STALE_MS = int(STALE_AFTER_S[Freshness.STALE] * 1000)
LOST_MS = int(STALE_AFTER_S[Freshness.LOST] * 1000)
KEPT_SKILLS = 64
GONE_TEXTS = 256
"""Texts of skills that no unit has any more are let go when there are so many of them and more than units."""
KEPT: dict[str, type[np.generic]] = {"fresh": np.int8, "skills": np.int32}
"""What is not told of a unit but found out about it: by the clock, and by the texts of the others."""
OTHER_INDEX = len(DEPARTMENTS) - 1


def signed_on(rows: Ints) -> Ints:
    """Of rows of unit counters: how many units are signed on."""
    on: Ints = rows[..., :FRESHNESS_AT].sum(axis=-1, dtype=np.int32) - rows[..., OFF_DUTY]
    return on


class UnitBook:
    """Units in slots; a unit is never forgotten and keeps its code. ``place``: signed-on ones with a fix, by area.

    A signed-on unit counts in the area of its fix, else in its home area, as a signed-off one does. ``placed``: its
    fix lies in an area of the city. ``skills`` index ``skill_texts``: few of them differ.
    """

    moved_seq: Longs
    o: Ints
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    fix_ms: Longs
    status: npt.NDArray[np.int8]
    fresh: npt.NDArray[np.int8]
    home: Ints
    kind: npt.NDArray[np.int8]
    id: Longs
    placed: npt.NDArray[np.bool_]
    since: Longs
    skills: Ints

    def __init__(self, tree: AreaTree, strata: Strata, batch: UnitBatch, now_ms: int) -> None:
        self.tree, self.strata, self.now = tree, strata, batch.now
        slots = np.arange(len(batch.code), dtype=np.int64)
        for name in NUMBERS:
            setattr(self, name, batch.numbers[name].copy())
        for name, kind in KEPT.items():
            setattr(self, name, np.zeros(len(slots), kind))
        self.skills[:] = batch.skill
        self.skill_texts = {text: i for i, text in enumerate(batch.skills)}
        self._able: OrderedDict[tuple[Skill, ...], Bools] = OrderedDict()
        self.kinds_version = 0
        self._by_id: tuple[int, Longs, Longs] = -1, self.id, self.id
        self.slot_of_id: dict[int, int] = dict(zip(self.id.tolist(), range(len(slots)), strict=True))
        self.slot_of_code: dict[str, int] = dict(zip(batch.code, range(len(slots)), strict=True))
        self.borders = Borders(slots, self._age(slots, now_ms), len(slots))
        self.counters = Counters(strata, WIDTH, self._pairs(slots))
        self.place = Runs(self._keys(slots))

    def apply(self, rows: Sequence[UnitNow], now_ms: int) -> Longs:
        """Take what is newer (a higher ``moved_seq``); return the areas touched."""
        newest = list({row.id: row for row in sorted(rows, key=attrgetter("moved_seq"))}.values())
        known = np.array([self.slot_of_id.get(row.id, -1) for row in newest], np.int64)
        newer = np.ones(len(newest), np.bool_)
        newer[known >= 0] = [row.moved_seq for row, at in zip(newest, known, strict=True) if at >= 0] > (
            self.moved_seq[known[known >= 0]]
        )
        fresh, old = [newest[i] for i in np.flatnonzero(newer)], known[newer & (known >= 0)]
        before, gone, gone_keys = self.o[old].astype(np.int64), self._pairs(old), self._keys(old)
        slots = self._write(UnitBatch.of(fresh, self.strata), known[newer])
        self.borders.set(slots.tolist(), self._age(slots, now_ms).tolist())
        self.counters.move(gone, self._pairs(slots))
        self.place.change(gone_keys.tolist(), self._keys(slots).tolist())
        return np.concatenate((before, self.o[slots].astype(np.int64)))

    def advance(self, now_ms: int) -> Longs:
        """Fixes get stale and lost; return the areas touched."""
        slots = np.array(self.borders.passed(now_ms), np.int64)
        if len(slots):
            gone = self._pairs(slots)
            self.borders.set(slots.tolist(), self._age(slots, now_ms).tolist())
            self.counters.move(gone, self._pairs(slots))
        return self.o[slots].astype(np.int64)

    def brief(self, code: str) -> UnitBrief | None:
        """One unit by its code."""
        slot = self.slot_of_code.get(code)
        if slot is None:
            return None
        row, at_home = self.now[slot], self.tree.ordinal_by_id.get(self.now[slot].home_area_id, 0)
        return UnitBrief(
            row.id, row.code, row.call_sign, row.kind, row.skills, UnitStatus(row.status), row.status_ms,
            int(self.o[slot]), at_home, row.lon, row.lat, row.fix_ms, row.speed_ms, row.battery,
            FRESHNESS[self.fresh[slot]],
        )  # fmt: skip

    def having(self, wanted: tuple[Skill, ...]) -> Bools:
        """Which units have any of these skills. What the texts say is kept: they are read once."""
        able = self._able.pop(wanted, np.zeros(0, np.bool_))
        if len(able) < len(self.skill_texts):
            more = islice(self.skill_texts, len(able), None)
            able = np.concatenate((able, [bool(held(wanted, text)) for text in more])).astype(np.bool_)
        self._able[wanted] = able
        if len(self._able) > KEPT_SKILLS:
            self._able.popitem(last=False)
        return able[self.skills[: len(self.now)]]

    def departments(self, unit_ids: Longs) -> Longs:
        """The place in DEPARTMENTS of each of these units (by id), the last one for what is no unit of a known kind."""
        if self._by_id[0] != self.kinds_version:
            n = len(self.now)
            order = np.argsort(self.id[:n])
            self._by_id = self.kinds_version, self.id[:n][order], self.kind[:n][order].astype(np.int64)
        _, ids, kinds = self._by_id
        at = np.searchsorted(ids, unit_ids)
        known = at < len(ids)
        known[known] = ids[at[known]] == unit_ids[known]
        found = np.full(len(unit_ids), OTHER_INDEX, np.int64)
        found[known] = kinds[at[known]]
        return np.where(found < 0, OTHER_INDEX, found)

    def _write(self, batch: UnitBatch, known: Longs) -> Longs:
        """Write these units into their slots (``known``, -1 for a new unit); return the slots."""
        slots = np.array([
            self._slot(row, at) for row, at in zip(batch.now, known.tolist(), strict=True)
        ], np.int64)  # fmt: skip
        more = len(self.now) - len(self.o)
        if more > 0:
            for name, kind in (*NUMBERS.items(), *KEPT.items()):
                column = getattr(self, name)
                spare = np.zeros(max(more, len(column) // 2), kind)
                setattr(self, name, np.concatenate((column, spare)))
        self.kinds_version += bool((known < 0).any() or (self.kind[slots] != batch.numbers["kind"]).any())
        for name in NUMBERS:
            getattr(self, name)[slots] = batch.numbers[name]
        texts = np.array([self.skill_texts.setdefault(s, len(self.skill_texts)) for s in batch.skills], np.int32)
        self.skills[slots] = texts[batch.skill]
        if len(self.skill_texts) > GONE_TEXTS + 2 * len(self.now):
            self._forget_texts()
        return slots

    def _forget_texts(self) -> None:
        """Number the texts of skills anew: most of them are no unit's any more."""
        self._able.clear()
        self.skill_texts = {}
        self.skills[: len(self.now)] = [self.skill_texts.setdefault(u.skills, len(self.skill_texts)) for u in self.now]

    def _slot(self, row: UnitNow, slot: int) -> int:
        if slot < 0:
            slot = self.slot_of_id[row.id] = self.slot_of_code[row.code] = len(self.now)
            self.now.append(row)
            return slot
        self.now[slot] = row
        return slot

    def _age(self, slots: Longs, now_ms: int) -> Longs:
        """Set the freshness of these units; return the moment at which each changes (or NEVER)."""
        fix = self.fix_ms[slots]
        stale, lost = now_ms - fix > STALE_MS, now_ms - fix > LOST_MS
        self.fresh[slots] = stale.astype(np.int8) + lost
        moments: Longs = np.where(lost, NEVER, fix + 1 + np.where(stale, LOST_MS, STALE_MS))
        return np.where(self.status[slots] == OFF_DUTY, NEVER, moments)

    def _pairs(self, slots: Longs) -> Pairs:
        on = self.status[slots] != OFF_DUTY
        marked = on & ~np.isnan(self.lon[slots])
        where = self.o[slots].astype(np.int64)
        what = np.concatenate((
            self.status[slots], FRESHNESS_AT + self.fresh[slots][on], np.full(int(marked.sum()), MARKED),
        ))  # fmt: skip
        return np.concatenate((where, where[on], where[marked])), what.astype(np.int64)

    def _keys(self, slots: Longs) -> Longs:
        marked = slots[(self.status[slots] != OFF_DUTY) & ~np.isnan(self.lon[slots])]
        return keys_of(self.o[marked], marked)
