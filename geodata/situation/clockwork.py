"""Clockwork: when the lights of events turn, by the city's working days and its shares of the limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.domain.catalogue import Catalogue
from geodata.domain.clocks import NEVER, WorkCalendar
from geodata.domain.lights import DEFAULT_RULES, LightRules, Turns, turns
from geodata.domain.worktime import YEAR_MS, WorkTime, work_time
from geodata.situation.columns import Codebook, EventColumns
from geodata.situation.runs import Longs

BY_CLOCK = WorkTime(*(np.zeros(0, np.int64),) * 3)
"""No working time is known: every hour counts."""


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Without a calendar every limit runs by the clock."""

    calendar: WorkCalendar | None = None
    rules: LightRules = DEFAULT_RULES

    def turns(
        self, columns: EventColumns, slots: Longs, book: Codebook, catalogue: Catalogue, now_ms: int
    ) -> Turns:
        """The turns of these events."""
        known = (catalogue.subtypes.get(code) for code in book.subtypes.texts)
        by_work = np.array([s is not None and s.limit_unit != "h" for s in known], np.bool_)
        work = BY_CLOCK if self.calendar is None else work_time(self.calendar, now_ms // YEAR_MS)
        working = by_work[columns.subtype[slots]] if len(by_work) else np.zeros(len(slots), np.bool_)
        clock = columns.clock_ms[slots]
        start = np.where(clock < NEVER, clock, columns.reported_ms[slots])
        return turns(start, columns.deadline_ms[slots], working, work, self.rules)


BY_THE_CLOCK = Clockwork()
