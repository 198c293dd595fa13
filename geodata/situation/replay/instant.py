"""An instant: the live picture as it was, of the same class as the one of now, and stepped forward as that one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from geodata.domain.catalogue import Catalogue
from geodata.domain.coverage import PatrolPlan
from geodata.situation.clockwork import Clockwork
from geodata.situation.columns import NUMBERS, Codebook, EventBatch
from geodata.situation.replay.daylog import DayLog
from geodata.situation.replay.units_then import Fixes, Fleet, UnitsThen
from geodata.situation.replay.walks_then import differing
from geodata.situation.roster_book import RosterBook
from geodata.situation.runs import Longs
from geodata.situation.situation import Situation
from geodata.situation.strata import Strata
from geodata.store.surges import SurgeNow
from geodata.store.walks import NO_WALKS, Walks

WORDS = ("cls", "subtype", "source")


@dataclass(frozen=True, slots=True)
class Setting:
    """What does not depend on the instant. ``surges``: those that stood at one; ``walks``: what had been walked, None
    where it is not known."""

    strata: Strata
    catalogue: Catalogue
    zone: ZoneInfo
    clockwork: Clockwork
    fleet: Fleet
    fixes: Fixes
    surges: Callable[[int], list[SurgeNow]]
    plan: PatrolPlan
    walks: Callable[[int], Walks | None]


class Instant:
    """The situation at ``at_ms``."""

    def __init__(self, setting: Setting, log: DayLog, at_ms: int, roster: RosterBook) -> None:
        self.log, self.at_ms = log, at_ms
        self._setting = setting
        self._units = UnitsThen(setting.fleet, setting.strata, log, setting.fixes)
        self._book = Codebook(setting.catalogue)
        self._numbers = {
            name: np.array(getattr(self._book, plural).numbers(log.words[name]), NUMBERS[name])
            for name, plural in zip(WORDS, ("classes", "subtypes", "sources"), strict=True)
        }
        self._walks = setting.walks(at_ms)
        self.situation = Situation(
            setting.strata.tree, setting.catalogue, setting.zone, at_ms, events=self._batch(log.held(at_ms)),
            units=self._units.all(at_ms), surges=setting.surges(at_ms), book=self._book,
            clockwork=setting.clockwork, strata=setting.strata, patrol=setting.plan, walks=self._walks or NO_WALKS,
        )  # fmt: skip
        self._see()
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
        situation.apply_units(self._units.changed(at_ms))
        stand = self._setting.surges(at_ms)
        standing = {surge.id for surge in stand}
        over = [s._replace(ended_ms=at_ms) for s in situation.surges(0) if s.id not in standing]
        situation.apply_surges([*stand, *over])
        self._walk(at_ms)
        self.at_ms = situation.change_ms = at_ms

    def _walk(self, at_ms: int) -> None:
        before, self._walks = self._walks, self._setting.walks(at_ms)
        if before is None or self._walks is None:
            self.situation.set_walks(self._walks or NO_WALKS)
        elif len((moved := differing(before, self._walks)).area_id):
            self.situation.apply_walks(moved)
        self._see()

    def _see(self) -> None:
        """Where units were seen was walked then, as the live picture takes it."""
        if self._walks is not None:
            self.situation.walks.seen(*self._units.seen())

    def _batch(self, at: Longs) -> EventBatch:
        numbers = {name: self.log.events[name][at] for name in NUMBERS}
        numbers |= {name: self._numbers[name][numbers[name]] for name in WORDS}
        code = self.log.code
        return EventBatch(
            numbers, {"code": [code[i] for i in self.log.event[at].tolist()], "description": [""] * len(at)}
        )
