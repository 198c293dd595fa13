"""An instant: the live picture as it was, of the same class as the one of now, and stepped forward as that one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.catalogue import Catalogue
from geodata.situation.clockwork import Clockwork
from geodata.situation.columns import NUMBERS, Codebook, EventBatch
from geodata.situation.replay.daylog import STATUS_OF, DayLog
from geodata.situation.roster_book import RosterBook
from geodata.situation.runs import Longs
from geodata.situation.situation import Situation
from geodata.situation.strata import Strata
from geodata.situation.unit_book import OFF_DUTY
from geodata.store.past import Fix
from geodata.store.units import UnitNow

NO_FIX = None, None, None, None, None
WORDS = ("cls", "subtype", "source")


class Fixes(Protocol):
    """The newest points of the tracks of some units at an instant."""

    def __call__(self, unit_ids: Sequence[int], at_ms: int) -> list[Fix]: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What does not depend on the instant. ``units``: who they are now, by id."""

    strata: Strata
    catalogue: Catalogue
    zone: ZoneInfo
    clockwork: Clockwork
    units: dict[int, UnitNow]
    fixes: Fixes


class Instant:
    """The situation at ``at_ms``; of a unit the newest point of its thinned track stands for its fix."""

    def __init__(self, setting: Setting, log: DayLog, at_ms: int, roster: RosterBook) -> None:
        self.log, self.at_ms = log, at_ms
        self._setting, self._moved = setting, 1
        self._shown: dict[int, tuple[object, int | None]] = {}
        self._book = Codebook(setting.catalogue)
        self._numbers = {
            name: np.array(getattr(self._book, plural).numbers(log.words[name]), NUMBERS[name])
            for name, plural in zip(WORDS, ("classes", "subtypes", "sources"), strict=True)
        }
        self.situation = Situation(
            setting.strata.tree, setting.catalogue, setting.zone, at_ms, events=self._batch(log.held(at_ms)),
            units=self._units(at_ms), book=self._book, clockwork=setting.clockwork, strata=setting.strata,
        )  # fmt: skip
        self.situation.set_ever(log.ever_at(at_ms, setting.strata))
        self.situation.set_roster(roster)
        self.situation.change_ms = at_ms

    def can_reach(self, at_ms: int) -> bool:
        """Whether stepping forward leads there: within the same log."""
        return self.at_ms <= at_ms <= self.log.to_ms

    def step(self, at_ms: int) -> None:
        """Go forward to a later instant of the same log, as the tail does: the clock, then what changed meanwhile."""
        situation, changed = self.situation, self.log.changed(self.at_ms, at_ms)
        situation.advance(at_ms)
        if len(changed):
            ids = self.log.events["id"][changed].tolist()
            back = situation.not_held(ids)
            situation.apply_batch(self._batch(changed))
            if back:
                # What a returned event counted as is not known any more.
                situation.set_ever(self.log.ever_at(at_ms, self._setting.strata))
        self._moved += 1
        situation.apply_units(self._units(at_ms))
        self.at_ms = situation.change_ms = at_ms

    def _batch(self, at: Longs) -> EventBatch:
        numbers = {name: column[at] for name, column in self.log.events.items()}
        numbers |= {name: self._numbers[name][numbers[name]] for name in WORDS}
        code = self.log.code
        return EventBatch(numbers, {"code": [code[i] for i in at.tolist()], "description": [""] * len(at)})

    def _units(self, at_ms: int) -> list[UnitNow]:
        """The units that are not as they were at the last step; at first, all that are known."""
        units = self.log.units
        at = self.log.units_held(at_ms)
        on = units["status"][at] != OFF_DUTY
        seen = {fix[0]: fix for fix in self._setting.fixes(units["unit_id"][at[on]].tolist(), at_ms)}
        names = ("unit_id", "status", "status_ms", "signed_on_ms", "home_area_id")
        rows = zip(*(units[name][at].tolist() for name in names), strict=True)
        known, shown, found = self._setting.units, self._shown, []
        for row in rows:
            unit_id, status, since, signed_on, home = row
            fix = seen.get(unit_id)
            fix = fix if fix is not None and fix[1] >= signed_on else None
            so = (row, fix and fix[1])
            if shown.get(unit_id) == so or (u := known.get(unit_id)) is None:
                continue
            shown[unit_id] = so
            _, ms, lon, lat, area = fix or NO_FIX
            found.append(UnitNow(
                u.id, u.code, u.call_sign, u.kind, home, u.skills, STATUS_OF[status], since, 1, lon, lat, ms, ms, None,
                None, None, area, self._moved, 0, signed_on,
            ))  # fmt: skip
        return found
